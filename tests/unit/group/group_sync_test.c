#include <criterion/criterion.h>

#include "tests/unit/group/club.h"

static struct club club;

static void
setup(void)
{
	club_init(&club);
}

static void
teardown(void)
{
	club_fini(&club);
}

#define SYNC_TEST(name) Test(group_sync, name, .init = setup, .fini = teardown)

static const char *const two[] = { "a", "b" };

/* Two members that have joined; the group waits for SyncGroup. */
static void
join_two(struct test_call **joined)
{
	joined[0] = club_join(&club, "a");
	joined[1] = club_join(&club, "b");
	club_elapse(&club, 0);
}

SYNC_TEST(followers_wait_for_the_leader_and_the_log)
{
	struct test_call *joined[2], *follower, *leader;

	join_two(joined);
	follower = club_sync(&club, joined[1]);
	cr_assert_not(follower->answered);
	leader = club_sync(&club, joined[0]);
	cr_assert_not(leader->answered, "the assignment is not in the log yet");
	cr_assert_eq(club.group->state, GROUP_COMPLETING_REBALANCE);
	club_complete(&club, KAFKA_ERROR_NONE);
	cr_assert_eq(club.group->state, GROUP_STABLE);
	assert_text(follower->response.sync.assignment, "for b-02020202-0202-4202-8202-020202020202");
	assert_text(leader->response.sync.protocol_name, "range");
	assert_text(leader->response.sync.protocol_type, "consumer");
}

SYNC_TEST(late_follower_gets_its_assignment_from_the_stable_group)
{
	struct test_call *joined[2], *late;

	join_two(joined);
	club_sync(&club, joined[0]);
	club_complete(&club, KAFKA_ERROR_NONE);
	late = club_sync(&club, joined[1]);
	cr_assert(late->answered);
	assert_text(late->response.sync.assignment, "for b-02020202-0202-4202-8202-020202020202");
}

SYNC_TEST(forgotten_members_get_nothing)
{
	struct test_call *joined[2], *follower, *leader;

	join_two(joined);
	follower = club_sync(&club, joined[1]);
	leader = club_sync_call(&club, joined[0]);
	leader->request.sync.assignments.count = 1;
	club_ask(&club, leader);
	club_complete(&club, KAFKA_ERROR_NONE);
	cr_assert(follower->answered);
	cr_assert_eq(follower->response.sync.error_code, KAFKA_ERROR_NONE);
	cr_assert_eq(follower->response.sync.assignment.size, 0);
}

SYNC_TEST(store_that_fails_is_told_to_all_and_makes_a_rebalance)
{
	struct test_call *joined[2], *follower, *leader;

	join_two(joined);
	follower = club_sync(&club, joined[1]);
	leader = club_sync(&club, joined[0]);
	club_complete(&club, KAFKA_ERROR_REQUEST_TIMED_OUT);
	cr_assert_eq(leader->response.sync.error_code, KAFKA_ERROR_REBALANCE_IN_PROGRESS);
	cr_assert_eq(follower->response.sync.error_code, KAFKA_ERROR_REBALANCE_IN_PROGRESS);
	cr_assert_eq(club.group->state, GROUP_PREPARING_REBALANCE);
}

SYNC_TEST(assignment_of_an_older_generation_is_nobodys)
{
	struct test_call *joined[2], *leader, *again;

	join_two(joined);
	leader = club_sync(&club, joined[0]);
	club_join(&club, "c");
	cr_assert_eq(leader->response.sync.error_code, KAFKA_ERROR_REBALANCE_IN_PROGRESS);
	again = club_rejoin(&club, joined[0]->response.join.member_id, "a");
	club_rejoin(&club, joined[1]->response.join.member_id, "b");
	cr_assert_eq(again->response.join.generation_id, 2);
	club_complete(&club, KAFKA_ERROR_NONE);
	cr_assert_eq(club.group->state, GROUP_COMPLETING_REBALANCE);
}

SYNC_TEST(second_sync_of_the_leader_changes_nothing_of_the_first)
{
	struct test_call *joined[2], *first, *second;

	join_two(joined);
	first = club_sync(&club, joined[0]);
	second = club_sync_call(&club, joined[0]);
	second->request.sync.assignments.items[0].assignment = club_text("other");
	club_ask(&club, second);
	cr_assert_eq(first->response.sync.error_code, KAFKA_ERROR_REBALANCE_IN_PROGRESS);
	cr_assert_eq(club.append_count, 1);
	club_complete(&club, KAFKA_ERROR_NONE);
	assert_text(second->response.sync.assignment, "for a-01010101-0101-4101-8101-010101010101");
}

SYNC_TEST(wrong_generation_member_protocol_or_state_is_refused)
{
	struct test_call *joined[2], *call;

	call = club_sync_call(&club, club_join_call(&club, 3, "x", "x", "range"));
	call->request.sync.member_id = club_text("x");
	club_ask(&club, call);
	cr_assert_eq(call->response.sync.error_code, KAFKA_ERROR_UNKNOWN_MEMBER_ID);
	club.calls->next->answered = true; /* that join was never asked */

	join_two(joined);
	call = club_sync_call(&club, joined[1]);
	call->request.sync.generation_id = 7;
	club_ask(&club, call);
	cr_assert_eq(call->response.sync.error_code, KAFKA_ERROR_ILLEGAL_GENERATION);
	call = club_sync_call(&club, joined[1]);
	call->request.sync.protocol_type = club_text("connect");
	club_ask(&club, call);
	cr_assert_eq(call->response.sync.error_code, KAFKA_ERROR_INCONSISTENT_GROUP_PROTOCOL);
	call = club_sync_call(&club, joined[1]);
	call->request.sync.protocol_name = club_text("sticky");
	club_ask(&club, call);
	cr_assert_eq(call->response.sync.error_code, KAFKA_ERROR_INCONSISTENT_GROUP_PROTOCOL);
	club_join(&club, "c");
	call = club_sync(&club, joined[1]);
	cr_assert_eq(call->response.sync.error_code, KAFKA_ERROR_REBALANCE_IN_PROGRESS);
}

SYNC_TEST(generation_rises_and_members_agree_on_it)
{
	struct test_call *joined[2];

	club_stabilize(&club, two, joined, 2);
	cr_assert_eq(club.group->generation, 1);
	club_leave(&club, joined[1]->response.join.member_id);
	club_rejoin(&club, joined[0]->response.join.member_id, "a");
	cr_assert_eq(club.group->generation, 2);
}

SYNC_TEST(static_member_that_was_replaced_is_fenced)
{
	struct test_call *joined = club_join_static(&club, 5, "one", "range"), *again, *call;

	club_elapse(&club, 0);
	call = club_sync(&club, joined);
	again = club_join_static(&club, 5, "one", "range");
	cr_assert_eq(call->response.sync.error_code, KAFKA_ERROR_FENCED_INSTANCE_ID);
	cr_assert(again->answered);
	cr_assert_eq(again->response.join.generation_id, 2);
	call = club_sync_call(&club, joined);
	call->request.sync.group_instance_id = club_text("one");
	club_ask(&club, call);
	cr_assert_eq(call->response.sync.error_code, KAFKA_ERROR_FENCED_INSTANCE_ID);
}
