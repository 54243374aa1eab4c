#include <criterion/criterion.h>

#include "tests/unit/group/club.h"

static struct club club;
static const char *const two[] = { "a", "b" };

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

#define SESSION_TEST(name) Test(group_session, name, .init = setup, .fini = teardown)

SESSION_TEST(heartbeats_are_answered_by_the_state)
{
	struct test_call *joined[2];
	struct slice a;

	cr_assert_eq(club_heartbeat(&club, club_text("x"), 0), KAFKA_ERROR_UNKNOWN_MEMBER_ID);
	joined[0] = club_join(&club, "a");
	club_elapse(&club, 0);
	a = joined[0]->response.join.member_id;
	cr_assert_eq(club.group->state, GROUP_COMPLETING_REBALANCE);
	cr_assert_eq(club_heartbeat(&club, a, 1), KAFKA_ERROR_NONE);
	club_sync(&club, joined[0]);
	club_complete(&club, KAFKA_ERROR_NONE);
	cr_assert_eq(club_heartbeat(&club, a, 1), KAFKA_ERROR_NONE);
	cr_assert_eq(club_heartbeat(&club, a, 0), KAFKA_ERROR_ILLEGAL_GENERATION);
	cr_assert_eq(club_heartbeat(&club, club_text("x"), 1), KAFKA_ERROR_UNKNOWN_MEMBER_ID);
	club_join(&club, "b");
	cr_assert_eq(club_heartbeat(&club, a, 1), KAFKA_ERROR_REBALANCE_IN_PROGRESS);
}

SESSION_TEST(silent_member_is_expelled_and_the_others_rebalance)
{
	struct test_call *joined[2];

	club_stabilize(&club, two, joined, 2);
	club_elapse(&club, 5000);
	club_heartbeat(&club, joined[1]->response.join.member_id, 1);
	club_elapse(&club, 4999);
	cr_assert_eq(club.group->state, GROUP_STABLE);
	club_elapse(&club, 1);
	cr_assert_eq(club.group->state, GROUP_PREPARING_REBALANCE);
	cr_assert_eq(club.group->members.count, 1);
}

SESSION_TEST(heartbeat_renews_the_session_while_the_group_gathers)
{
	struct test_call *joined[2];

	club_stabilize(&club, two, joined, 2);
	club_join(&club, "c");
	for (int i = 0; i < 4; i++) {
		club_elapse(&club, 9000);
		club_heartbeat(&club, joined[0]->response.join.member_id, 1);
		club_heartbeat(&club, joined[1]->response.join.member_id, 1);
	}
	cr_assert_eq(club.group->members.count, 3);
}

SESSION_TEST(who_waits_for_us_need_not_send_heartbeats)
{
	struct test_call *joined[2], *again;

	club_stabilize(&club, two, joined, 2);
	again = club_rejoin(&club, joined[0]->response.join.member_id, "a");
	for (int i = 0; i < 5; i++) {
		club_elapse(&club, 9000);
		club_heartbeat(&club, joined[1]->response.join.member_id, 1);
	}
	cr_assert_not(again->answered);
	cr_assert_eq(club.group->members.count, 2);
	club_rejoin(&club, joined[1]->response.join.member_id, "b");
	cr_assert_eq(again->response.join.generation_id, 2);
	club_elapse(&club, 9999);
	cr_assert_eq(club.group->members.count, 2, "sessions begin again with the answer");
	club_elapse(&club, 1);
	cr_assert_eq(club.group->members.count, 0);
}

SESSION_TEST(waiting_for_the_leaders_sync_does_not_end_a_session)
{
	struct test_call *joined[2], *follower;

	joined[0] = club_join(&club, "a");
	joined[1] = club_join(&club, "b");
	club_elapse(&club, 0);
	follower = club_sync(&club, joined[1]);
	club_elapse(&club, 8000);
	club_heartbeat(&club, joined[0]->response.join.member_id, 1);
	club_elapse(&club, 8000);
	cr_assert_not(follower->answered);
	club_sync(&club, joined[0]);
	club_complete(&club, KAFKA_ERROR_NONE);
	cr_assert_eq(follower->response.sync.error_code, KAFKA_ERROR_NONE);
}

SESSION_TEST(fenced_instance_is_told_before_anything_else)
{
	struct test_call *joined = club_join_static(&club, 5, "one", "range"), *call;

	club_elapse(&club, 0);
	call = club_call(&club, API_KEY_HEARTBEAT, 4);
	call->request.heartbeat.group_instance_id = club_text("one");
	call->request.heartbeat.member_id = club_text("old");
	call->request.heartbeat.generation_id = 99;
	club_ask(&club, call);
	cr_assert_eq(call->response.heartbeat.error_code, KAFKA_ERROR_FENCED_INSTANCE_ID);
	call = club_call(&club, API_KEY_HEARTBEAT, 4);
	call->request.heartbeat.group_instance_id = club_text("two");
	call->request.heartbeat.member_id = joined->response.join.member_id;
	club_ask(&club, call);
	cr_assert_eq(call->response.heartbeat.error_code, KAFKA_ERROR_UNKNOWN_MEMBER_ID);
}
