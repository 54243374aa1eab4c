#include "controller/eligible.h"

#include <criterion/criterion.h>

#include "model.h"

static struct model it;
static struct context_partition *partition;
static struct payload_partition_state before;

static void
set_up(void)
{
	model_init(&it);
	partition = model_led(model_topic(&it, "a", "2,3,1"), 0, 2, "2,3,1");
	partition->topic->min_insync = 2;
	before = context_partition_payload(partition);
}

static void
tear_down(void)
{
	model_fini(&it);
}

TestSuite(eligible, .init = set_up, .fini = tear_down);

/* Beside an ISR of these. */
static const char *
after(const char *isr)
{
	return model_text(eligible_after(partition, &before, model_ids(&it, isr), &it.arena));
}

Test(eligible, is_nobody_where_enough_are_in_sync)
{
	before.isr = model_ids(&it, "2,3");
	before.eligible = model_ids(&it, "1");
	cr_expect_str_eq(after("2,3"), "");
	cr_expect_str_eq(after("2,1"), "");
	cr_expect_str_eq(after("2,3,1"), "");
}

Test(eligible, is_whoever_left_since_enough_were)
{
	cr_expect_str_eq(after("3"), "2,1");
	before.isr = model_ids(&it, "2,3");
	cr_expect_str_eq(after("3"), "2", "1 had left before");
	before.isr = model_ids(&it, "3");
	before.eligible = model_ids(&it, "2");
	cr_expect_str_eq(after("3"), "2");
	cr_expect_str_eq(after("1"), "2,3", "the one in doubt had less");
}

Test(eligible, is_nobody_who_is_assigned_no_longer)
{
	before.isr = model_ids(&it, "2,4");
	cr_expect_str_eq(after("2"), "");
}

Test(eligible, is_nobody_where_one_is_enough_or_nothing_is_known)
{
	partition->topic->min_insync = 1;
	cr_expect_str_eq(after("3"), "");
	partition->topic->min_insync = 0;
	cr_expect_str_eq(after("3"), "");
	partition->topic->min_insync = 4;
	cr_expect_str_eq(after("2,3,1"), "", "there are no more than three");
}

Test(eligible, is_forgotten_where_enough_are_in_sync_by_what_was_learned)
{
	before.isr = model_ids(&it, "2,3");
	before.eligible = model_ids(&it, "1");
	context_partition_set_leadership(partition, &before, 4);
	partition->topic->min_insync = 3;
	eligible_forget(partition);
	cr_expect_eq(partition->leadership.eligible_count, 1);
	partition->topic->min_insync = 2;
	eligible_forget(partition);
	cr_expect_eq(partition->leadership.eligible_count, 0);
}
