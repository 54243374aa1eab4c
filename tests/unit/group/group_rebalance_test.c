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

#define REBALANCE_TEST(name) Test(group_rebalance, name, .init = setup, .fini = teardown)

REBALANCE_TEST(dynamic_members_that_do_not_rejoin_in_time_are_dropped)
{
	struct test_call *joined[2], *again;

	club_stabilize(&club, two, joined, 2);
	again = club_rejoin(&club, joined[0]->response.join.member_id, "a");
	for (int i = 0; i < 6; i++) {
		club_elapse(&club, 9999);
		club_heartbeat(&club, joined[1]->response.join.member_id, 1);
	}
	cr_assert_not(again->answered);
	club_elapse(&club, 6);
	cr_assert(again->answered, "the rebalance timeout is 60 s");
	cr_assert_eq(again->response.join.members.count, 1);
	cr_assert_eq(club_heartbeat(&club, joined[1]->response.join.member_id, 1),
	    KAFKA_ERROR_UNKNOWN_MEMBER_ID);
}

REBALANCE_TEST(static_members_stay_and_a_joined_one_leads)
{
	struct test_call *one = club_join_static(&club, 5, "one", "range");
	struct test_call *other = club_join(&club, "b"), *again;

	club_elapse(&club, 0);
	club_sync(&club, one);
	club_complete_all(&club);
	again = club_rejoin(&club, other->response.join.member_id, "changed");
	cr_assert_eq(club.group->state, GROUP_PREPARING_REBALANCE);
	for (int i = 0; i < 6; i++) {
		struct test_call *beat = club_call(&club, API_KEY_HEARTBEAT, 4);

		club_elapse(&club, 9999);
		beat->request.heartbeat.member_id = one->response.join.member_id;
		beat->request.heartbeat.generation_id = 1;
		club_ask(&club, beat);
	}
	club_elapse(&club, 6);
	cr_assert(again->answered);
	cr_assert(slice_equal(again->response.join.leader, other->response.join.member_id));
	cr_assert_eq(again->response.join.members.count, 2);
}

REBALANCE_TEST(static_members_that_are_all_away_are_waited_for_until_their_sessions_end)
{
	struct test_call *one = club_join_call(&club, 5, "", "one", "range");

	one->request.join.group_instance_id = club_text("one");
	one->request.join.session_timeout_ms = 100000;
	club_ask(&club, one);
	club_elapse(&club, 0);
	club_sync(&club, one);
	club_complete_all(&club);
	club_ask(&club, club_join_call(&club, 3, "", "b", "range"));
	cr_assert_eq(club.group->state, GROUP_PREPARING_REBALANCE);
	cr_assert_eq(club_leave(&club, club_text("b-05050505-0505-4505-8505-050505050505")),
	    KAFKA_ERROR_NONE);
	club_elapse(&club, 99999); /* past the rebalance timeout */
	cr_assert_eq(club.group->state, GROUP_PREPARING_REBALANCE);
	cr_assert_eq(club.group->members.count, 1);
	club_elapse(&club, 1);
	cr_assert_eq(club.group->state, GROUP_EMPTY);
}

REBALANCE_TEST(members_that_do_not_sync_in_time_are_dropped)
{
	struct test_call *joined[2], *again;

	joined[0] = club_join(&club, "a");
	joined[1] = club_join(&club, "b");
	club_elapse(&club, 0);
	club_sync(&club, joined[0]);
	club_complete_all(&club);
	for (int i = 0; i < 7 && club.group->state == GROUP_STABLE; i++) {
		club_heartbeat(&club, joined[0]->response.join.member_id, 1);
		club_heartbeat(&club, joined[1]->response.join.member_id, 1);
		club_elapse(&club, 9000);
	}
	cr_assert_eq(club.group->state, GROUP_PREPARING_REBALANCE);
	cr_assert_eq(club.group->members.count, 1);
	again = club_rejoin(&club, joined[0]->response.join.member_id, "a");
	cr_assert_eq(again->response.join.generation_id, 2);
}

REBALANCE_TEST(group_whose_initial_members_have_all_left_becomes_empty)
{
	struct test_call *join;

	club.config.initial_rebalance_delay_ms = 3000;
	join = club_join(&club, "a");
	cr_assert_eq(club.group->members.count, 1);
	club_leave(&club, club_text("a-01010101-0101-4101-8101-010101010101"));
	cr_assert(join->answered);
	cr_assert_eq(club.group->state, GROUP_PREPARING_REBALANCE, "the delay runs to its end");
	club_elapse(&club, 3000);
	cr_assert_eq(club.group->state, GROUP_EMPTY);
	cr_assert_eq(club.group->generation, 1);
}

REBALANCE_TEST(emptied_group_is_written_without_members)
{
	struct test_call *joined[2];

	club_stabilize(&club, two, joined, 1);
	club_elapse(&club, 10000);
	cr_assert_eq(club.group->state, GROUP_EMPTY);
	cr_assert_eq(club.append_count, 1);
	cr_assert_eq(club.appends[0]->kind, GROUP_APPEND_EMPTY);
	club_complete(&club, KAFKA_ERROR_NOT_ENOUGH_REPLICAS);
	cr_assert_eq(club.group->state, GROUP_EMPTY, "nobody waits for it");
}

REBALANCE_TEST(rebalance_timeouts_of_nothing_do_not_spin)
{
	struct test_call *one = club_join_call(&club, 5, "", "one", "range"), *gone;

	one->request.join.group_instance_id = club_text("one");
	one->request.join.rebalance_timeout_ms = 1;
	one->request.join.session_timeout_ms = 1800000;
	club_ask(&club, one);
	club_elapse(&club, 0);
	club_sync(&club, one);
	club_complete_all(&club);
	gone = club_join_call(&club, 3, "", "b", "range");
	gone->request.join.rebalance_timeout_ms = -5;
	club_ask(&club, gone);
	cr_assert_eq(club_leave(&club, club_text("b-05050505-0505-4505-8505-050505050505")),
	    KAFKA_ERROR_NONE);
	club_elapse(&club, 60000);
	cr_assert_eq(club.group->state, GROUP_PREPARING_REBALANCE);
	cr_assert_leq(club.next_random, 100, "it was stepped %d times", club.next_random);
}
