/* A group's life as a whole: its making, static members, and the end. */
#include "group/group_private.h"

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

#define GROUP_TEST(name) Test(group, name, .init = setup, .fini = teardown)

/* ---------------------------------------------------------- static members */

/* One static member and one other, stable. */
static struct test_call *
stable_static(const char *protocols)
{
	struct test_call *one = club_join_static(&club, 9, "one", protocols);
	struct test_call *other = club_join_call(&club, 3, "", "b", protocols);

	club_ask(&club, other);
	club_elapse(&club, 0);
	club_sync(&club, one);
	club_sync(&club, other);
	club_complete_all(&club);
	cr_assert_eq(club.group->state, GROUP_STABLE);
	return one;
}

GROUP_TEST(static_leader_comes_again_and_skips_the_assignment)
{
	struct test_call *one = stable_static("range"), *again;

	again = club_join_static(&club, 9, "one", "range");
	cr_assert_not(again->answered, "its new id is not in the log yet");
	cr_assert_eq(club.group->state, GROUP_STABLE);
	club_complete(&club, KAFKA_ERROR_NONE);
	cr_assert(again->answered);
	cr_assert_eq(again->response.join.generation_id, 1);
	cr_assert(again->response.join.skip_assignment);
	cr_assert_eq(again->response.join.members.count, 2);
	cr_assert(slice_equal(again->response.join.leader, again->response.join.member_id));
	cr_assert_not(slice_equal(again->response.join.member_id, one->response.join.member_id));
	cr_assert_eq(club_sync(&club, again)->response.sync.assignment.size,
	    one->response.join.member_id.size + 4, "the assignment is the old one");
}

GROUP_TEST(before_version_9_the_leader_is_told_the_old_leader)
{
	struct test_call *one = stable_static("range"), *again;

	again = club_join_static(&club, 8, "one", "range");
	club_complete(&club, KAFKA_ERROR_NONE);
	cr_assert_not(again->response.join.skip_assignment);
	cr_assert_eq(again->response.join.members.count, 0);
	cr_assert(slice_equal(again->response.join.leader, one->response.join.member_id));
}

GROUP_TEST(static_follower_comes_again_without_a_rebalance)
{
	struct test_call *leader = club_join(&club, "a"), *one, *again;

	one = club_join_static(&club, 9, "one", "range");
	club_elapse(&club, 0);
	club_sync(&club, leader);
	club_sync(&club, one);
	club_complete_all(&club);
	again = club_join_static(&club, 9, "one", "range");
	club_complete(&club, KAFKA_ERROR_NONE);
	cr_assert_not(again->response.join.skip_assignment);
	cr_assert(slice_equal(again->response.join.leader, leader->response.join.member_id));
	cr_assert_eq(club.group->state, GROUP_STABLE);
	cr_assert_eq(club_heartbeat(&club, one->response.join.member_id, 1),
	    KAFKA_ERROR_UNKNOWN_MEMBER_ID);
}

GROUP_TEST(new_id_that_cannot_be_stored_is_taken_back)
{
	struct test_call *one = stable_static("range"), *again;

	again = club_join_static(&club, 9, "one", "range");
	club_complete(&club, KAFKA_ERROR_NOT_ENOUGH_REPLICAS);
	cr_assert_eq(again->response.join.error_code, KAFKA_ERROR_COORDINATOR_NOT_AVAILABLE);
	assert_text(again->response.join.member_id, "");
	cr_assert_eq(club_heartbeat(&club, one->response.join.member_id, 1), KAFKA_ERROR_NONE);
}

GROUP_TEST(session_begins_with_the_answer_however_long_the_new_id_took)
{
	struct test_call *again;

	stable_static("range");
	again = club_join_static(&club, 9, "one", "range");
	club_elapse(&club, 9000);
	club_heartbeat(&club, club_text("b-02020202-0202-4202-8202-020202020202"), 1);
	club_elapse(&club, 5000); /* its session has run out while it waits */
	club_complete(&club, KAFKA_ERROR_NONE);
	cr_assert_eq(again->response.join.error_code, KAFKA_ERROR_NONE);
	club_elapse(&club, 20000);
	cr_assert_eq(club.group->members.count, 0, "it is silent like the other one");
}

GROUP_TEST(static_member_that_changes_the_protocol_makes_a_rebalance)
{
	stable_static("range sticky");
	club_join_static(&club, 9, "one", "sticky");
	cr_assert_eq(club.group->state, GROUP_PREPARING_REBALANCE);
}

GROUP_TEST(static_member_that_comes_again_while_others_gather_takes_part)
{
	struct test_call *one = stable_static("range"), *again;

	again = club_join_static(&club, 9, "one", "range");
	club_join(&club, "c");
	cr_assert_eq(club.group->state, GROUP_PREPARING_REBALANCE);
	club_complete(&club, KAFKA_ERROR_NONE);
	cr_assert_not(again->answered, "with the next generation");
	club_elapse(&club, 60000);
	cr_assert(again->answered);
	cr_assert_eq(again->response.join.generation_id, 2);
	cr_assert_not(slice_equal(again->response.join.member_id, one->response.join.member_id));
}

GROUP_TEST(static_join_with_the_wrong_id_is_fenced)
{
	struct test_call *one = stable_static("range"), *call;

	call = club_join_call(&club, 9, "other", "one", "range");
	call->request.join.group_instance_id = club_text("one");
	club_ask(&club, call);
	cr_assert_eq(call->response.join.error_code, KAFKA_ERROR_FENCED_INSTANCE_ID);
	call = club_join_call(&club, 9, "", "one", "range");
	call->request.join.member_id = one->response.join.member_id;
	call->request.join.group_instance_id = club_text("unknown");
	club_ask(&club, call);
	cr_assert_eq(call->response.join.error_code, KAFKA_ERROR_UNKNOWN_MEMBER_ID);
}

GROUP_TEST(parked_join_of_a_replaced_static_member_is_fenced)
{
	struct test_call *one = stable_static("range"), *parked, *again;

	parked = club_join_call(&club, 9, "", "one", "range");
	parked->request.join.member_id = one->response.join.member_id;
	parked->request.join.group_instance_id = club_text("one");
	club_ask(&club, parked); /* the leader's: gathers */
	cr_assert_eq(club.group->state, GROUP_PREPARING_REBALANCE);
	again = club_join_static(&club, 9, "one", "range");
	cr_assert_eq(parked->response.join.error_code, KAFKA_ERROR_FENCED_INSTANCE_ID);
	cr_assert_not(again->answered);
}

GROUP_TEST(id_that_was_given_out_is_no_instances)
{
	struct test_call *given = club_join_call(&club, 5, "", "a", "range"), *call;

	club_ask(&club, given);
	call = club_join_call(&club, 5, "", "a", "range");
	call->request.join.member_id = given->response.join.member_id;
	call->request.join.group_instance_id = club_text("one");
	club_ask(&club, call);
	cr_assert_eq(call->response.join.error_code, KAFKA_ERROR_UNKNOWN_SERVER_ERROR);
}

/* ------------------------------------------------------- out of the log */

static struct group_metadata_value
stored(struct group_metadata_value_member_metadata *members, int32_t count)
{
	struct group_metadata_value value = group_metadata_value_defaults;

	for (int32_t i = 0; i < count; i++) {
		members[i] = (struct group_metadata_value_member_metadata){
			.member_id = club_text(i == 0 ? "m0" : "m1"),
			.group_instance_id = i == 0 ? club_text("one") : slice_null(),
			.client_id = club_text("c"),
			.client_host = club_text("/h"),
			.rebalance_timeout = 60000,
			.session_timeout = 10000,
			.subscription = club_text("s"),
			.assignment = club_text("mine"),
		};
	}
	value.protocol_type = club_text("consumer");
	value.generation = 7;
	value.protocol = club_text("range");
	value.leader = club_text("m1");
	value.current_state_timestamp = 55;
	value.members.items = members;
	value.members.count = count;
	return value;
}

GROUP_TEST(stored_members_go_on_in_their_generation)
{
	struct group_metadata_value_member_metadata members[2];
	struct group_metadata_value value = stored(members, 2);
	struct test_call *call;

	group_restore(club.group, &value);
	club_step(&club, (struct group_event){ .type = GROUP_LOADED });
	cr_assert_eq(club.group->state, GROUP_STABLE);
	assert_text(club.group->leader->id, "m1");
	cr_assert_eq(club_heartbeat(&club, club_text("m0"), 7), KAFKA_ERROR_NONE);
	call = club_call(&club, API_KEY_SYNC_GROUP, 5);
	call->request.sync.member_id = club_text("m0");
	call->request.sync.generation_id = 7;
	club_ask(&club, call);
	assert_text(call->response.sync.assignment, "mine");
	club_elapse(&club, 9999);
	cr_assert_eq(club.group->state, GROUP_STABLE);
	club_elapse(&club, 1);
	cr_assert_eq(club.group->members.count, 0, "both sessions have ended");
	cr_assert_eq(club.group->generation, 8);
}

GROUP_TEST(stored_group_without_members_is_empty_since_then)
{
	struct group_metadata_value value = stored(NULL, 0);

	group_restore(club.group, &value);
	cr_assert_eq(club.group->state, GROUP_EMPTY);
	cr_assert_eq(club.group->state_ms, 55);
	cr_assert_eq(club.group->generation, 7);
}

GROUP_TEST(strange_records_are_taken_as_far_as_they_make_sense)
{
	struct group_metadata_value_member_metadata members[2];
	struct group_metadata_value value = stored(members, 2);

	members[1].member_id = members[0].member_id;
	value.leader = club_text("nobody");
	value.protocol = slice_null();
	value.protocol_type = club_text("");
	group_restore(club.group, &value);
	cr_assert_eq(club.group->members.count, 1);
	assert_text(club.group->leader->id, "m0");
	cr_assert(slice_is_null(club.group->protocol_type));
	club_step(&club, (struct group_event){ .type = GROUP_LOADED });
	club_elapse(&club, 10000);
	cr_assert_eq(club.group->state, GROUP_EMPTY);
}

GROUP_TEST(unloading_answers_all_and_leaves_no_timer)
{
	struct test_call *joined[2], *join, *sync;

	club_stabilize(&club, two, joined, 2);
	join = club_join(&club, "c");
	club_ask(&club, club_join_call(&club, 4, "", "d", "range"));
	club_step(&club, (struct group_event){ .type = GROUP_UNLOADED,
	    .error = KAFKA_ERROR_NOT_COORDINATOR });
	cr_assert_eq(join->response.join.error_code, KAFKA_ERROR_NOT_COORDINATOR);
	cr_assert_eq(group_next_deadline_us(club.group), INT64_MAX);
	cr_assert_eq(club_heartbeat(&club, joined[0]->response.join.member_id, 1),
	    KAFKA_ERROR_COORDINATOR_NOT_AVAILABLE);
	cr_assert_eq(club_leave(&club, joined[0]->response.join.member_id),
	    KAFKA_ERROR_COORDINATOR_NOT_AVAILABLE);
	join = club_join(&club, "e");
	cr_assert_eq(join->response.join.error_code, KAFKA_ERROR_COORDINATOR_NOT_AVAILABLE);
	sync = club_sync(&club, joined[0]);
	cr_assert_eq(sync->response.sync.error_code, KAFKA_ERROR_COORDINATOR_NOT_AVAILABLE);
	cr_assert_eq(club_commit_error(club_commit(&club, club_text(""), -1, "t", 0, 1)),
	    KAFKA_ERROR_COORDINATOR_NOT_AVAILABLE);
}

GROUP_TEST(syncs_that_wait_are_answered_when_the_group_is_unloaded)
{
	struct test_call *a = club_join(&club, "a"), *b = club_join(&club, "b"), *sync;

	club_elapse(&club, 0);
	cr_assert(a->answered && b->answered);
	sync = club_sync(&club, b);
	club_sync(&club, a);
	club_step(&club, (struct group_event){ .type = GROUP_UNLOADED,
	    .error = KAFKA_ERROR_NOT_COORDINATOR });
	cr_assert_eq(sync->response.sync.error_code, KAFKA_ERROR_NOT_COORDINATOR);
	club_complete(&club, KAFKA_ERROR_NONE);
	cr_assert_eq(club.group->state, GROUP_DEAD);
}
