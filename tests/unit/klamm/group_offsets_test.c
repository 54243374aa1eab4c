#include "klamm/group_offsets.h"

#include <criterion/criterion.h>

#include "tests/unit/klamm/fake_cluster.h"

static int32_t
assigned(const char *protocol_type, const void *bytes, size_t size)
{
	struct describe_groups_response_described_group_member member =
	    describe_groups_response_described_group_member_defaults;
	struct describe_groups_response_described_group group =
	    describe_groups_response_described_group_defaults;

	member.member_assignment = slice_of(bytes, size);
	group.protocol_type = slice_of_text(protocol_type);
	group.members.items = &member;
	group.members.count = 1;
	return group_offsets_assigned(&group, 0);
}

Test(group_offsets, count_what_a_consumer_was_given)
{
	static const uint8_t two[] = { 0, 1, 0, 0, 0, 1, 0, 1, 't', 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0,
		1, 0xff, 0xff, 0xff, 0xff };
	static const uint8_t none[] = { 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff };

	cr_expect_eq(assigned("consumer", two, sizeof(two)), 2);
	cr_expect_eq(assigned("consumer", none, sizeof(none)), 0);
}

Test(group_offsets, do_not_guess_at_other_bytes)
{
	static const uint8_t huge[] = { 0, 0, 0x7f, 0xff, 0xff, 0xff };
	static const uint8_t none[] = { 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff };

	cr_expect_eq(assigned("consumer", huge, sizeof(huge)), -1);
	cr_expect_eq(assigned("consumer", "", 0), -1);
	cr_expect_eq(assigned("connect", none, sizeof(none)), -1);
	cr_expect_eq(assigned("consumer", none, 5), -1);
}

static void
add(struct listed_offsets *offsets, int32_t partition, int64_t offset)
{
	listed_offsets_add(offsets, slice_of_text("t"), partition);
	offsets->items[offsets->count - 1].offset = offset;
}

Test(group_offsets, lag_is_the_sum_of_what_is_known_and_never_negative)
{
	struct group_offsets offsets;

	group_offsets_init(&offsets);
	cr_expect_eq(group_offsets_lag(&offsets), -1);
	add(&offsets.ends, 0, -1);
	add(&offsets.committed, 0, 5);
	cr_expect_eq(group_offsets_lag(&offsets), -1);
	add(&offsets.ends, 1, 10);
	cr_expect_eq(group_offsets_lag(&offsets), -1);
	add(&offsets.committed, 1, 12);
	cr_expect_eq(group_offsets_lag(&offsets), 0);
	add(&offsets.ends, 2, 10);
	add(&offsets.committed, 2, 3);
	cr_expect_eq(group_offsets_lag(&offsets), 7);
	group_offsets_fini(&offsets);
}
