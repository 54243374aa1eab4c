#include "tests/unit/group/club.h"

#include <criterion/criterion.h>

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

#define JOIN_TEST(name) Test(group_join, name, .init = setup, .fini = teardown)

JOIN_TEST(first_member_leads_the_first_generation)
{
	struct test_call *join = club_join(&club, "a");

	cr_assert_eq(club.group->state, GROUP_PREPARING_REBALANCE);
	cr_assert_not(join->answered);
	club_elapse(&club, 0);
	cr_assert(join->answered);
	cr_assert_eq(join->response.join.error_code, KAFKA_ERROR_NONE);
	cr_assert_eq(join->response.join.generation_id, 1);
	assert_text(join->response.join.protocol_name, "range");
	assert_text(join->response.join.protocol_type, "consumer");
	cr_assert(slice_equal(join->response.join.leader, join->response.join.member_id));
	cr_assert_eq(join->response.join.members.count, 1);
	assert_text(join->response.join.members.items[0].metadata, "arange");
	cr_assert_eq(club.group->state, GROUP_COMPLETING_REBALANCE);
}

JOIN_TEST(member_id_is_client_id_and_random_uuid)
{
	struct test_call *join = club_join(&club, "app");

	club_elapse(&club, 0);
	assert_text(join->response.join.member_id, "app-01010101-0101-4101-8101-010101010101");
}

JOIN_TEST(initial_delay_gathers_members)
{
	struct test_call *a, *b;

	club.config.initial_rebalance_delay_ms = 3000;
	a = club_join(&club, "a");
	club_elapse(&club, 1000);
	b = club_join(&club, "b");
	club_elapse(&club, 2000);
	cr_assert_not(a->answered, "a newcomer prolongs it");
	club_elapse(&club, 2999);
	cr_assert_not(a->answered);
	club_elapse(&club, 1);
	cr_assert(a->answered && b->answered);
	cr_assert_eq(a->response.join.members.count, 2);
	cr_assert_eq(b->response.join.members.count, 0);
	cr_assert(slice_equal(b->response.join.leader, a->response.join.member_id));
}

JOIN_TEST(initial_delay_ends_at_the_rebalance_timeout)
{
	struct test_call *first;
	int joined = 0;

	club.config.initial_rebalance_delay_ms = 3000;
	first = club_join_call(&club, 3, "", "a", "range");
	first->request.join.rebalance_timeout_ms = 8000;
	club_ask(&club, first);
	while (!first->answered) {
		struct test_call *next = club_join_call(&club, 3, "", "b", "range");

		next->request.join.rebalance_timeout_ms = 8000;
		club_ask(&club, next);
		club_elapse(&club, 500);
		joined++;
	}
	cr_assert_eq(joined, 16);
}

JOIN_TEST(version_4_has_to_come_again_with_the_id_it_is_given)
{
	struct test_call *first = club_join_call(&club, 4, "", "a", "range");
	struct test_call *second;

	club_ask(&club, first);
	cr_assert(first->answered);
	cr_assert_eq(first->response.join.error_code, KAFKA_ERROR_MEMBER_ID_REQUIRED);
	cr_assert_eq(first->response.join.generation_id, -1);
	cr_assert_eq(club.group->state, GROUP_EMPTY);
	cr_assert_eq(club.group->pending.count, 1);

	second = club_join_call(&club, 4, "", "a", "range");
	second->request.join.member_id = first->response.join.member_id;
	club_ask(&club, second);
	club_elapse(&club, 0);
	cr_assert_eq(second->response.join.error_code, KAFKA_ERROR_NONE);
	cr_assert(slice_equal(second->response.join.member_id, first->response.join.member_id));
	cr_assert_eq(club.group->pending.count, 0);
}

JOIN_TEST(id_that_was_given_out_expires_with_the_session_timeout)
{
	struct test_call *first = club_join_call(&club, 4, "", "a", "range");
	struct test_call *second;

	club_ask(&club, first);
	club_elapse(&club, 10000);
	cr_assert_eq(club.group->pending.count, 0);
	second = club_rejoin(&club, first->response.join.member_id, "a");
	cr_assert_eq(second->response.join.error_code, KAFKA_ERROR_UNKNOWN_MEMBER_ID);
}

JOIN_TEST(rebalance_waits_for_those_whose_id_was_given_out)
{
	static const char *const clients[] = { "a" };
	struct test_call *joined[1], *given, *again;

	club_stabilize(&club, clients, joined, 1);
	given = club_join_call(&club, 4, "", "b", "range");
	club_ask(&club, given);
	cr_assert_eq(club.group->state, GROUP_STABLE);
	again = club_rejoin(&club, joined[0]->response.join.member_id, "a");
	cr_assert_eq(club.group->state, GROUP_PREPARING_REBALANCE);
	cr_assert_not(again->answered);
	club_rejoin(&club, given->response.join.member_id, "b");
	cr_assert(again->answered);
	cr_assert_eq(again->response.join.members.count, 2);
}

JOIN_TEST(unknown_ids_are_refused_in_every_state)
{
	struct test_call *stranger = club_rejoin(&club, club_text("stranger"), "s");
	static const char *const clients[] = { "a" };
	struct test_call *joined[1];

	cr_assert_eq(stranger->response.join.error_code, KAFKA_ERROR_UNKNOWN_MEMBER_ID);
	assert_text(stranger->response.join.member_id, "stranger");
	club_stabilize(&club, clients, joined, 1);
	stranger = club_rejoin(&club, club_text("stranger"), "s");
	cr_assert_eq(stranger->response.join.error_code, KAFKA_ERROR_UNKNOWN_MEMBER_ID);
	cr_assert_eq(club.group->state, GROUP_STABLE);
}

JOIN_TEST(newcomer_makes_a_stable_group_rebalance)
{
	static const char *const clients[] = { "a" };
	struct test_call *joined[1], *b, *a;

	club_stabilize(&club, clients, joined, 1);
	b = club_join(&club, "b");
	cr_assert_eq(club.group->state, GROUP_PREPARING_REBALANCE);
	cr_assert_eq(club_heartbeat(&club, joined[0]->response.join.member_id, 1),
	    KAFKA_ERROR_REBALANCE_IN_PROGRESS);
	a = club_rejoin(&club, joined[0]->response.join.member_id, "a");
	cr_assert(a->answered && b->answered);
	cr_assert_eq(b->response.join.generation_id, 2);
}

JOIN_TEST(follower_with_the_same_protocols_gets_the_current_answer)
{
	static const char *const clients[] = { "a", "b" };
	struct test_call *joined[2], *again;

	club_stabilize(&club, clients, joined, 2);
	again = club_rejoin(&club, joined[1]->response.join.member_id, "b");
	cr_assert(again->answered);
	cr_assert_eq(again->response.join.generation_id, 1);
	cr_assert_eq(again->response.join.members.count, 0);
	cr_assert_eq(club.group->state, GROUP_STABLE);
}

/* Found by scenario cluster: expelled right after it was told that it is a member. */
JOIN_TEST(who_comes_again_is_alive)
{
	static const char *const clients[] = { "a", "b" };
	struct test_call *joined[2], *again;

	club_stabilize(&club, clients, joined, 2);
	for (int i = 0; i < 3; i++) {
		club_elapse(&club, 9000);
		again = club_rejoin(&club, joined[1]->response.join.member_id, "b");
		cr_assert(again->answered);
		cr_assert_eq(again->response.join.generation_id, 1);
		cr_expect_eq(club_heartbeat(&club, joined[0]->response.join.member_id, 1),
		    KAFKA_ERROR_NONE);
	}
	cr_expect_eq(club_heartbeat(&club, joined[1]->response.join.member_id, 1), KAFKA_ERROR_NONE);
}

JOIN_TEST(changed_protocols_or_the_leader_make_a_rebalance)
{
	static const char *const clients[] = { "a", "b" };
	struct test_call *joined[2], *b, *a;

	club_stabilize(&club, clients, joined, 2);
	b = club_rejoin(&club, joined[1]->response.join.member_id, "other");
	cr_assert_eq(club.group->state, GROUP_PREPARING_REBALANCE);
	a = club_rejoin(&club, joined[0]->response.join.member_id, "a");
	cr_assert(a->answered && b->answered);
	club_sync(&club, a);
	club_complete_all(&club);
	cr_assert_eq(club.group->state, GROUP_STABLE);
	club_rejoin(&club, joined[0]->response.join.member_id, "a");
	cr_assert_eq(club.group->state, GROUP_PREPARING_REBALANCE);
}

JOIN_TEST(rejoin_while_completing_gives_the_same_generation_again)
{
	struct test_call *join = club_join(&club, "a"), *again;

	club_elapse(&club, 0);
	again = club_rejoin(&club, join->response.join.member_id, "a");
	cr_assert(again->answered);
	cr_assert_eq(again->response.join.generation_id, 1);
	cr_assert_eq(again->response.join.members.count, 1);
	again = club_rejoin(&club, join->response.join.member_id, "changed");
	cr_assert_eq(again->response.join.generation_id, 2);
}

JOIN_TEST(protocol_that_all_know_and_most_vote_for_is_chosen)
{
	struct test_call *a = club_join_call(&club, 3, "", "a", "mine range roundrobin");
	struct test_call *b = club_join_call(&club, 3, "", "b", "roundrobin range");
	struct test_call *c = club_join_call(&club, 3, "", "c", "roundrobin range");

	club_ask(&club, a);
	club_ask(&club, b);
	club_ask(&club, c);
	club_elapse(&club, 0);
	assert_text(a->response.join.protocol_name, "roundrobin");
	assert_text(a->response.join.members.items[0].metadata, "aroundrobin");
}

JOIN_TEST(no_common_protocol_or_another_type_is_inconsistent)
{
	struct test_call *call = club_join_call(&club, 3, "", "a", "");

	club_ask(&club, call);
	cr_assert_eq(call->response.join.error_code, KAFKA_ERROR_INCONSISTENT_GROUP_PROTOCOL);
	call = club_join_call(&club, 3, "", "a", "range");
	call->request.join.protocol_type = club_text("");
	club_ask(&club, call);
	cr_assert_eq(call->response.join.error_code, KAFKA_ERROR_INCONSISTENT_GROUP_PROTOCOL);

	club_join(&club, "a");
	call = club_join_call(&club, 3, "", "b", "sticky");
	club_ask(&club, call);
	cr_assert_eq(call->response.join.error_code, KAFKA_ERROR_INCONSISTENT_GROUP_PROTOCOL);
	call = club_join_call(&club, 3, "", "b", "range");
	call->request.join.protocol_type = club_text("connect");
	club_ask(&club, call);
	cr_assert_eq(call->response.join.error_code, KAFKA_ERROR_INCONSISTENT_GROUP_PROTOCOL);
}

JOIN_TEST(session_timeout_outside_the_limits_is_refused)
{
	static const int32_t wrong[] = { -1, 5999, 1800001 };

	for (size_t i = 0; i < ARRAY_LENGTH(wrong); i++) {
		struct test_call *call = club_join_call(&club, 3, "", "a", "range");

		call->request.join.session_timeout_ms = wrong[i];
		club_ask(&club, call);
		cr_assert_eq(call->response.join.error_code, KAFKA_ERROR_INVALID_SESSION_TIMEOUT);
	}
}

JOIN_TEST(full_group_takes_nobody_more)
{
	static const char *const clients[] = { "a", "b" };
	struct test_call *joined[2], *c;

	club.config.max_size = 2;
	club_stabilize(&club, clients, joined, 2);
	c = club_join(&club, "c");
	cr_assert_eq(c->response.join.error_code, KAFKA_ERROR_GROUP_MAX_SIZE_REACHED);
	assert_text(c->response.join.member_id, "");
	cr_assert_eq(club.group->state, GROUP_STABLE);
}

JOIN_TEST(oversized_group_sheds_those_that_rejoin_last)
{
	static const char *const clients[] = { "a", "b" };
	struct test_call *joined[2], *a, *b;

	club_stabilize(&club, clients, joined, 2);
	club.config.max_size = 1;
	club_step(&club, (struct group_event){ .type = GROUP_LOADED });
	cr_assert_eq(club.group->state, GROUP_PREPARING_REBALANCE);
	b = club_rejoin(&club, joined[1]->response.join.member_id, "b");
	a = club_rejoin(&club, joined[0]->response.join.member_id, "a");
	cr_assert_eq(a->response.join.error_code, KAFKA_ERROR_GROUP_MAX_SIZE_REACHED);
	cr_assert(b->answered);
	cr_assert_eq(b->response.join.members.count, 1);
}

JOIN_TEST(version_0_has_the_session_timeout_as_rebalance_timeout)
{
	static const char *const clients[] = { "a" };
	struct test_call *joined[1], *b;

	club_stabilize(&club, clients, joined, 1);
	b = club_join_call(&club, 0, "", "b", "range");
	b->request.join.rebalance_timeout_ms = -1;
	club_ask(&club, b);
	club_elapse(&club, 9999);
	cr_assert_not(b->answered);
	club_leave(&club, joined[0]->response.join.member_id);
	cr_assert(b->answered);
	club_elapse(&club, 9999);
	cr_assert_eq(club.group->state, GROUP_COMPLETING_REBALANCE);
	club_elapse(&club, 1);
	cr_assert_eq(club.group->state, GROUP_EMPTY, "it had 10 s to sync");
}

JOIN_TEST(second_join_of_a_waiting_member_takes_the_place_of_the_first)
{
	static const char *const clients[] = { "a", "b" };
	struct test_call *joined[2], *first, *second;

	club_stabilize(&club, clients, joined, 2);
	first = club_rejoin(&club, joined[0]->response.join.member_id, "a");
	second = club_rejoin(&club, joined[0]->response.join.member_id, "a");
	cr_assert_eq(first->response.join.error_code, KAFKA_ERROR_REBALANCE_IN_PROGRESS);
	cr_assert_not(second->answered);
	club_rejoin(&club, joined[1]->response.join.member_id, "b");
	cr_assert_eq(second->response.join.generation_id, 2);
}

JOIN_TEST(newcomer_that_is_never_answered_is_dropped_after_five_minutes)
{
	struct test_call *join;

	club.config.initial_rebalance_delay_ms = 400000;
	join = club_join(&club, "a");
	club_elapse(&club, 299999);
	cr_assert_not(join->answered);
	club_elapse(&club, 1);
	cr_assert_eq(join->response.join.error_code, KAFKA_ERROR_UNKNOWN_MEMBER_ID);
}

JOIN_TEST(answer_that_does_not_fit_the_arena_is_an_error)
{
	struct test_call *join = club_join_call(&club, 3, "", "a", "range");

	join->arena.cap = join->arena.used + 8;
	club_ask(&club, join);
	club_elapse(&club, 0);
	cr_assert_eq(join->response.join.error_code, KAFKA_ERROR_UNKNOWN_SERVER_ERROR);
}
