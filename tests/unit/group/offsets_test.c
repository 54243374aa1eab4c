#include "group/offsets.h"

#include <criterion/criterion.h>

static struct offsets offsets;

static void
setup(void)
{
	static const uint64_t seed[2] = { 1, 2 };

	offsets_init(&offsets, seed);
}

static void
teardown(void)
{
	offsets_fini(&offsets);
}

#define OFFSETS_TEST(name) Test(offsets, name, .init = setup, .fini = teardown)

static struct committed_offset
at(int64_t offset)
{
	return (struct committed_offset){ .offset = offset, .leader_epoch = 3,
		.metadata = slice_of_text("m"), .expire_ms = OFFSET_NO_EXPIRY };
}

static struct kept_offset *
hold(int32_t partition)
{
	return offsets_hold(&offsets, slice_of_text("t"), partition);
}

static const struct kept_offset *
find(int32_t partition)
{
	return offsets_find(&offsets, slice_of_text("t"), partition);
}

static void
release(struct kept_offset *entry, int64_t offset, int64_t position)
{
	struct committed_offset committed = at(offset);

	offsets_release(&offsets, entry, &committed, position);
}

OFFSETS_TEST(commit_counts_when_it_is_in_the_log)
{
	struct kept_offset *entry = hold(0);

	cr_assert(kept_offset_is_pending(find(0)));
	cr_assert_not(find(0)->is_committed);
	release(entry, 7, 100);
	cr_assert_not(kept_offset_is_pending(find(0)));
	cr_assert_eq(find(0)->committed.offset, 7);
	cr_assert(slice_equal_text(find(0)->committed.metadata, "m"));
	cr_assert_null(find(1));
}

OFFSETS_TEST(later_commit_wins_whatever_the_order_of_answers)
{
	struct kept_offset *first = hold(0), *second = hold(0);

	release(second, 20, 101);
	release(first, 10, 100);
	cr_assert_eq(find(0)->committed.offset, 20);
}

OFFSETS_TEST(last_one_of_a_batch_wins)
{
	struct kept_offset *first = hold(0), *second = hold(0);

	release(first, 10, 100);
	release(second, 20, 100);
	cr_assert_eq(find(0)->committed.offset, 20);
}

OFFSETS_TEST(failed_commit_leaves_what_was_there)
{
	struct kept_offset *entry = hold(0);

	offsets_release(&offsets, entry, NULL, -1);
	cr_assert_null(find(0), "nothing was there");
	release(hold(0), 5, 1);
	entry = hold(0);
	offsets_release(&offsets, entry, NULL, -1);
	cr_assert_eq(find(0)->committed.offset, 5);
}

OFFSETS_TEST(commit_under_way_for_a_removed_offset_is_dropped)
{
	struct kept_offset *entry = hold(0), *second;

	offsets_remove(&offsets, entry);
	cr_assert_null(find(0));
	second = hold(0);
	release(entry, 10, 100);
	cr_assert_not(find(0)->is_committed, "it is older than the removal");
	release(second, 20, 102);
	cr_assert_eq(find(0)->committed.offset, 20);
	cr_assert_eq(offsets_count(&offsets), 1);
}

OFFSETS_TEST(deletion_and_commits_count_in_the_order_of_the_log)
{
	struct kept_offset *before = hold(0), *deletion = hold(0), *behind = hold(0);

	release(hold(0), 5, 99);
	offsets_delete(&offsets, deletion, 101);
	cr_assert_not(find(0)->is_committed);
	release(before, 10, 100);
	cr_assert_not(find(0)->is_committed, "it is older than the deletion");
	deletion = hold(0);
	release(behind, 20, 103);
	offsets_delete(&offsets, deletion, 102);
	cr_assert_eq(find(0)->committed.offset, 20);
	offsets_delete(&offsets, hold(0), 104);
	cr_assert_null(find(0));
	cr_assert_eq(offsets_count(&offsets), 0);
}

OFFSETS_TEST(deletion_of_what_was_removed_meanwhile_changes_nothing)
{
	struct kept_offset *entry = hold(0);

	offsets_remove(&offsets, entry);
	release(hold(0), 7, 100);
	offsets_delete(&offsets, entry, 101);
	cr_assert_eq(find(0)->committed.offset, 7);
}

OFFSETS_TEST(loading_takes_the_last_one)
{
	struct committed_offset first = at(1), second = at(2);

	second.metadata = slice_of_text("");
	offsets_load(&offsets, slice_of_text("t"), 4, &first, 10);
	offsets_load(&offsets, slice_of_text("t"), 4, &second, 11);
	cr_assert_eq(find(4)->committed.offset, 2);
	cr_assert_eq(find(4)->committed.metadata.size, 0);
	cr_assert_eq(find(4)->position, 11);
}

OFFSETS_TEST(entries_of_many_partitions_are_kept_apart)
{
	for (int32_t i = 0; i < 1000; i++) {
		struct committed_offset committed = at(i);

		offsets_load(&offsets, slice_of_text(i % 2 == 0 ? "t" : "u"), i, &committed, i);
	}
	cr_assert_eq(offsets_count(&offsets), 1000);
	cr_assert_eq(find(998)->committed.offset, 998);
	cr_assert_null(find(999));
	cr_assert_eq(offsets_find(&offsets, slice_of_text("u"), 999)->committed.offset, 999);
}
