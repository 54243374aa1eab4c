#include <criterion/criterion.h>

#include "tests/unit/group/club.h"

static struct club club;
static struct arena arena;
static struct describe_groups_response_described_group described;
static const char *const two[] = { "a", "b" };

static void
setup(void)
{
	club_init(&club);
	arena_init(&arena, 1 << 20);
	described = describe_groups_response_described_group_defaults;
}

static void
teardown(void)
{
	club_fini(&club);
	arena_fini(&arena);
}

#define DESCRIBE_TEST(name) Test(group_describe, name, .init = setup, .fini = teardown)

DESCRIBE_TEST(stable_group_shows_protocol_metadata_and_assignments)
{
	struct test_call *joined[2];

	club_stabilize(&club, two, joined, 2);
	cr_assert_eq(group_describe(club.group, &arena, &described), ERROR_NONE);
	assert_text(described.group_state, "Stable");
	assert_text(described.protocol_type, "consumer");
	assert_text(described.protocol_data, "range");
	cr_assert_eq(described.members.count, 2);
	assert_text(described.members.items[1].client_id, "b");
	assert_text(described.members.items[1].client_host, "/127.0.0.1");
	assert_text(described.members.items[1].member_metadata, "brange");
	assert_text(described.members.items[1].member_assignment,
	    "for b-02020202-0202-4202-8202-020202020202");
	cr_assert(slice_is_null(described.members.items[1].group_instance_id));
}

DESCRIBE_TEST(rebalancing_group_shows_members_only)
{
	struct test_call *joined[2];

	club_stabilize(&club, two, joined, 1);
	club_join_static(&club, 5, "one", "range");
	cr_assert_eq(group_describe(club.group, &arena, &described), ERROR_NONE);
	assert_text(described.group_state, "PreparingRebalance");
	assert_text(described.protocol_data, "");
	cr_assert_eq(described.members.count, 2);
	cr_assert_eq(described.members.items[0].member_metadata.size, 0);
	cr_assert_eq(described.members.items[0].member_assignment.size, 0);
	assert_text(described.members.items[1].group_instance_id, "one");
}

DESCRIBE_TEST(states_have_kafkas_names)
{
	static const char *const names[] = { "Empty", "PreparingRebalance", "CompletingRebalance",
		"Stable", "Dead" };

	for (int i = 0; i < GROUP_STATE_COUNT; i++)
		cr_assert_str_eq(group_state_name((enum group_state)i), names[i]);
}

DESCRIBE_TEST(full_arena_is_an_error)
{
	struct test_call *joined[2];

	club_stabilize(&club, two, joined, 2);
	arena.cap = 100;
	cr_assert_eq(group_describe(club.group, &arena, &described), ERROR_NO_MEMORY);
}

DESCRIBE_TEST(unknown_offsets_and_groups_are_minus_one)
{
	struct group_offset offset = group_fetch_offset(NULL, club_text("t"), 0, true);

	cr_assert_eq(offset.offset, -1);
	cr_assert_eq(offset.leader_epoch, -1);
	cr_assert_eq(offset.error, KAFKA_ERROR_NONE);
	assert_text(offset.metadata, "");
	cr_assert_eq(club_offset(&club, "t", 0), -1);
}

DESCRIBE_TEST(stable_fetch_waits_for_commits_under_way)
{
	club_commit(&club, club_text(""), -1, "t", 0, 5);
	cr_assert_eq(group_fetch_offset(club.group, club_text("t"), 0, true).error,
	    KAFKA_ERROR_UNSTABLE_OFFSET_COMMIT);
	cr_assert_eq(group_fetch_offset(club.group, club_text("t"), 0, false).error,
	    KAFKA_ERROR_NONE);
	club_complete_all(&club);
	cr_assert_eq(group_fetch_offset(club.group, club_text("t"), 0, true).offset, 5);
}
