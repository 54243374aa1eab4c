#include "log/leader_epochs.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static struct leader_epochs epochs;

static void
setup(void)
{
	leader_epochs_init(&epochs);
}

static void
teardown(void)
{
	leader_epochs_fini(&epochs);
}

TestSuite(leader_epochs, .init = setup, .fini = teardown);

/* "epoch@start epoch@start" */
static void
expect(const char *expected)
{
	char text[256] = "";
	size_t length = 0;

	for (size_t i = 0; i < epochs.count; i++)
		length += (size_t)snprintf(text + length, sizeof(text) - length, "%s%d@%lld",
		    i == 0 ? "" : " ", epochs.entries[i].epoch,
		    (long long)epochs.entries[i].start_offset);
	cr_expect_str_eq(text, expected);
}

static void
fill(void)
{
	cr_assert(leader_epochs_assign(&epochs, 2, 10));
	cr_assert(leader_epochs_assign(&epochs, 4, 20));
	cr_assert(leader_epochs_assign(&epochs, 7, 30));
}

static void
expect_end(int32_t epoch, int32_t expected_epoch, int64_t expected_end)
{
	struct leader_epoch_end end = leader_epochs_end_offset(&epochs, epoch, 40);

	cr_expect_eq(end.epoch, expected_epoch, "of %d: %d", epoch, end.epoch);
	cr_expect_eq(end.end_offset, expected_end, "of %d: %lld", epoch, (long long)end.end_offset);
}

Test(leader_epochs, adds_only_what_is_newer)
{
	fill();
	cr_expect_not(leader_epochs_assign(&epochs, 7, 30));
	cr_expect_not(leader_epochs_assign(&epochs, 7, 35));
	expect("2@10 4@20 7@30");
}

Test(leader_epochs, a_new_entry_drops_those_that_contradict_it)
{
	fill();
	cr_expect(leader_epochs_assign(&epochs, 8, 20));
	expect("2@10 8@20");
	cr_expect(leader_epochs_assign(&epochs, 5, 100));
	expect("2@10 5@100");
	cr_expect(leader_epochs_assign(&epochs, 5, 50));
	expect("2@10 5@50");
	cr_expect(leader_epochs_assign(&epochs, 0, 0));
	expect("0@0");
}

Test(leader_epochs, truncation_of_the_end_drops_what_begins_at_or_after_it)
{
	fill();
	cr_expect_not(leader_epochs_truncate_from_end(&epochs, 31));
	cr_expect(leader_epochs_truncate_from_end(&epochs, 30));
	expect("2@10 4@20");
	cr_expect(leader_epochs_truncate_from_end(&epochs, 0));
	expect("");
	cr_expect_not(leader_epochs_truncate_from_end(&epochs, 0));
}

Test(leader_epochs, truncation_of_the_start_keeps_the_epoch_in_force)
{
	fill();
	cr_expect_not(leader_epochs_truncate_from_start(&epochs, 9));
	cr_expect_not(leader_epochs_truncate_from_start(&epochs, 10));
	expect("2@10 4@20 7@30");
	cr_expect(leader_epochs_truncate_from_start(&epochs, 15));
	expect("2@15 4@20 7@30");
	cr_expect(leader_epochs_truncate_from_start(&epochs, 20));
	expect("4@20 7@30");
	cr_expect(leader_epochs_truncate_from_start(&epochs, 99));
	expect("7@99");
}

Test(leader_epochs, end_offset_of_the_latest_is_the_log_end)
{
	fill();
	expect_end(7, 7, 40);
}

Test(leader_epochs, end_offset_of_an_older_one_is_where_the_next_begins)
{
	fill();
	expect_end(2, 2, 20);
	expect_end(4, 4, 30);
	expect_end(3, 2, 20);
	expect_end(6, 4, 30);
}

Test(leader_epochs, below_all_the_wanted_epoch_ends_where_the_first_begins)
{
	fill();
	expect_end(0, 0, 10);
	expect_end(1, 1, 10);
}

Test(leader_epochs, unknown_and_future_epochs_have_no_end)
{
	expect_end(0, LEADER_EPOCH_NONE, -1);
	expect_end(LEADER_EPOCH_NONE, LEADER_EPOCH_NONE, -1);
	fill();
	expect_end(LEADER_EPOCH_NONE, LEADER_EPOCH_NONE, -1);
	expect_end(8, LEADER_EPOCH_NONE, -1);
	expect_end(INT32_MAX, LEADER_EPOCH_NONE, -1);
}

Test(leader_epochs, finds_latest_earliest_previous_and_the_one_at_an_offset)
{
	cr_expect_null(leader_epochs_latest(&epochs));
	cr_expect_null(leader_epochs_earliest(&epochs));
	cr_expect_null(leader_epochs_previous(&epochs, 5));
	cr_expect_null(leader_epochs_at(&epochs, 0));
	fill();
	cr_expect_eq(leader_epochs_latest(&epochs)->epoch, 7);
	cr_expect_eq(leader_epochs_earliest(&epochs)->epoch, 2);
	cr_expect_eq(leader_epochs_previous(&epochs, 7)->epoch, 4);
	cr_expect_eq(leader_epochs_previous(&epochs, INT32_MAX)->epoch, 7);
	cr_expect_null(leader_epochs_previous(&epochs, 2));
	cr_expect_null(leader_epochs_previous(&epochs, INT32_MIN));
	cr_expect_eq(leader_epochs_at(&epochs, 29)->epoch, 4);
	cr_expect_eq(leader_epochs_at(&epochs, 30)->epoch, 7);
	cr_expect_null(leader_epochs_at(&epochs, 9));
}

Test(leader_epochs, a_copy_is_by_itself)
{
	struct leader_epochs copy = { 0 };

	leader_epochs_clear(&epochs);
	cr_assert(leader_epochs_assign(&epochs, 4, 10));
	cr_assert(leader_epochs_assign(&epochs, 6, 20));
	leader_epochs_copy(&copy, &epochs);
	leader_epochs_clear(&epochs);
	cr_assert_eq(copy.count, 2);
	cr_expect_eq(leader_epochs_latest(&copy)->epoch, 6);
	leader_epochs_fini(&copy);
}

Test(leader_epochs, clear_forgets_all)
{
	fill();
	leader_epochs_clear(&epochs);
	expect("");
}
