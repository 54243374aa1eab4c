#include "partition/shrunk_isr.h"

#include <criterion/criterion.h>

static struct shrunk_isr it;

static void
set_up(void)
{
	shrunk_isr_init(&it, NULL);
}

TestSuite(shrunk_isr, .init = set_up);

static void
write(bool works)
{
	shrunk_isr_begin(&it);
	shrunk_isr_done(&it, works);
}

Test(shrunk_isr, without_an_entry_nothing_is_limited)
{
	cr_expect(shrunk_isr_is_clear(&it));
	cr_expect(shrunk_isr_is_settled(&it));
	cr_expect_eq(shrunk_isr_limit(&it), INT64_MAX);
	cr_expect_eq(shrunk_isr_next(&it, 0), SHRUNK_ISR_REST);
}

Test(shrunk_isr, is_written_behind_the_sync)
{
	shrunk_isr_want(&it, 4, 10);
	cr_expect_eq(shrunk_isr_limit(&it), 10);
	cr_expect_eq(shrunk_isr_next(&it, 9), SHRUNK_ISR_SYNC);
	cr_expect_eq(shrunk_isr_next(&it, 10), SHRUNK_ISR_WRITE);
	shrunk_isr_begin(&it);
	cr_expect_eq(shrunk_isr_next(&it, 10), SHRUNK_ISR_REST);
	cr_expect_not(shrunk_isr_is_settled(&it));
	shrunk_isr_done(&it, true);
	cr_expect(shrunk_isr_is_settled(&it));
	cr_expect_not(shrunk_isr_is_clear(&it));
	cr_expect_eq(shrunk_isr_limit(&it), 10);
}

Test(shrunk_isr, limits_until_its_removal_is_on_disk)
{
	shrunk_isr_want(&it, 4, 10);
	write(true);
	shrunk_isr_drop(&it);
	cr_expect_eq(shrunk_isr_limit(&it), 10);
	cr_expect_eq(shrunk_isr_next(&it, 0), SHRUNK_ISR_WRITE);
	write(false);
	cr_expect_eq(shrunk_isr_limit(&it), 10, "it may be there still");
	cr_expect_eq(shrunk_isr_next(&it, 0), SHRUNK_ISR_WRITE);
	write(true);
	cr_expect_eq(shrunk_isr_limit(&it), INT64_MAX);
	cr_expect(shrunk_isr_is_clear(&it));
}

Test(shrunk_isr, of_two_that_may_be_there_the_lower_one_limits)
{
	shrunk_isr_want(&it, 4, 10);
	write(true);
	shrunk_isr_want(&it, 5, 20);
	cr_expect_eq(shrunk_isr_limit(&it), 10);
	write(false);
	cr_expect_eq(shrunk_isr_limit(&it), 10);
	cr_expect_not(shrunk_isr_is_settled(&it));
	write(true);
	cr_expect_eq(shrunk_isr_limit(&it), 20);
}

Test(shrunk_isr, that_could_not_be_written_may_be_there)
{
	shrunk_isr_want(&it, 4, 10);
	write(false);
	shrunk_isr_drop(&it);
	cr_expect_eq(shrunk_isr_limit(&it), 10);
	cr_expect_not(shrunk_isr_is_clear(&it));
	cr_expect_eq(shrunk_isr_next(&it, 0), SHRUNK_ISR_WRITE);
}

Test(shrunk_isr, that_is_dropped_on_its_way_is_removed_then)
{
	shrunk_isr_want(&it, 4, 10);
	shrunk_isr_begin(&it);
	shrunk_isr_drop(&it);
	cr_expect_eq(shrunk_isr_limit(&it), 10);
	shrunk_isr_done(&it, true);
	cr_expect_not(shrunk_isr_is_settled(&it));
	cr_expect_eq(shrunk_isr_next(&it, 0), SHRUNK_ISR_WRITE);
}

Test(shrunk_isr, of_an_earlier_life_is_there_already)
{
	shrunk_isr_init(&it, &(struct shrunk_isr_mark){ 3, 7 });
	cr_expect(shrunk_isr_is_settled(&it));
	cr_expect_eq(shrunk_isr_limit(&it), 7);
}

Test(shrunk_isr, of_a_log_that_has_moved_is_written_again)
{
	shrunk_isr_want(&it, 4, 10);
	write(true);
	shrunk_isr_moved(&it);
	cr_expect_eq(shrunk_isr_limit(&it), 10);
	cr_expect_eq(shrunk_isr_next(&it, 10), SHRUNK_ISR_WRITE);
	write(true);
	cr_expect(shrunk_isr_is_settled(&it));
	shrunk_isr_init(&it, &(struct shrunk_isr_mark){ -1, INT64_MAX });
	shrunk_isr_moved(&it);
	cr_expect_eq(shrunk_isr_next(&it, 10), SHRUNK_ISR_WRITE, "no log reaches it, and no sync");
	shrunk_isr_drop(&it);
	shrunk_isr_init(&it, NULL);
	shrunk_isr_moved(&it);
	cr_expect_eq(shrunk_isr_next(&it, 10), SHRUNK_ISR_REST);
}
