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

#define LEAVE_TEST(name) Test(group_leave, name, .init = setup, .fini = teardown)

static const char *const two[] = { "a", "b" };

static struct test_call *
leave_call(int32_t count)
{
	struct test_call *call = club_call(&club, API_KEY_LEAVE_GROUP, 5);
	struct leave_group_request *request = &call->request.leave;

	request->members.items =
	    arena_array(&call->arena, (size_t)count, sizeof(*request->members.items));
	request->members.count = count;
	for (int32_t i = 0; i < count; i++)
		request->members.items[i] = leave_group_request_member_identity_defaults;
	return call;
}

LEAVE_TEST(who_leaves_makes_the_others_rebalance)
{
	struct test_call *joined[2];

	club_stabilize(&club, two, joined, 2);
	cr_assert_eq(club_leave(&club, joined[0]->response.join.member_id), KAFKA_ERROR_NONE);
	cr_assert_eq(club.group->state, GROUP_PREPARING_REBALANCE);
	club_rejoin(&club, joined[1]->response.join.member_id, "b");
	cr_assert_eq(club.group->state, GROUP_COMPLETING_REBALANCE);
	cr_assert_eq(club_leave(&club, joined[0]->response.join.member_id),
	    KAFKA_ERROR_UNKNOWN_MEMBER_ID);
}

LEAVE_TEST(last_one_leaves_an_empty_group_of_the_next_generation)
{
	struct test_call *joined[2];

	club_stabilize(&club, two, joined, 1);
	cr_assert_eq(club_leave(&club, joined[0]->response.join.member_id), KAFKA_ERROR_NONE);
	cr_assert_eq(club.group->state, GROUP_EMPTY);
	cr_assert_eq(club.group->generation, 2);
	cr_assert_eq(club.append_count, 1, "it is told to the log");
	cr_assert(slice_is_null(club.group->protocol_name));
	cr_assert_null(club.group->leader);
}

LEAVE_TEST(nobody_is_known_to_an_empty_group)
{
	cr_assert_eq(club_leave(&club, club_text("x")), KAFKA_ERROR_UNKNOWN_MEMBER_ID);
}

LEAVE_TEST(leaving_while_the_group_gathers_lets_it_go_on)
{
	struct test_call *joined[2], *again;

	club_stabilize(&club, two, joined, 2);
	again = club_rejoin(&club, joined[0]->response.join.member_id, "a");
	cr_assert_not(again->answered);
	club_leave(&club, joined[1]->response.join.member_id);
	cr_assert(again->answered);
	cr_assert_eq(again->response.join.members.count, 1);
}

LEAVE_TEST(parked_join_of_who_leaves_is_answered)
{
	struct test_call *joined[2], *again;

	club_stabilize(&club, two, joined, 2);
	again = club_rejoin(&club, joined[0]->response.join.member_id, "a");
	club_leave(&club, joined[0]->response.join.member_id);
	cr_assert(again->answered);
	cr_assert_eq(again->response.join.error_code, KAFKA_ERROR_UNKNOWN_MEMBER_ID);
	assert_text(again->response.join.member_id, "");
}

LEAVE_TEST(several_leave_at_once_each_with_its_own_result)
{
	struct test_call *joined[2], *one, *call;

	club_stabilize(&club, two, joined, 2);
	one = club_join_static(&club, 5, "one", "range");
	call = leave_call(4);
	call->request.leave.members.items[0].member_id = joined[0]->response.join.member_id;
	call->request.leave.members.items[1].member_id = club_text("stranger");
	call->request.leave.members.items[2].group_instance_id = club_text("one");
	call->request.leave.members.items[3].group_instance_id = club_text("two");
	club_ask(&club, call);
	cr_assert_eq(call->response.leave.error_code, KAFKA_ERROR_NONE);
	cr_assert_eq(call->response.leave.members.count, 4);
	cr_assert_eq(call->response.leave.members.items[0].error_code, KAFKA_ERROR_NONE);
	cr_assert_eq(call->response.leave.members.items[1].error_code,
	    KAFKA_ERROR_UNKNOWN_MEMBER_ID);
	cr_assert_eq(call->response.leave.members.items[2].error_code, KAFKA_ERROR_NONE);
	cr_assert_eq(call->response.leave.members.items[3].error_code,
	    KAFKA_ERROR_UNKNOWN_MEMBER_ID);
	assert_text(call->response.leave.members.items[2].group_instance_id, "one");
	cr_assert(one->answered);
	cr_assert_eq(club.group->members.count, 1);
}

LEAVE_TEST(other_id_of_the_instance_is_fenced)
{
	struct test_call *joined = club_join_static(&club, 5, "one", "range"), *call;

	club_elapse(&club, 0);
	cr_assert(joined->answered);
	call = leave_call(1);
	call->request.leave.members.items[0].member_id = club_text("other");
	call->request.leave.members.items[0].group_instance_id = club_text("one");
	club_ask(&club, call);
	cr_assert_eq(call->response.leave.members.items[0].error_code,
	    KAFKA_ERROR_FENCED_INSTANCE_ID);
}

LEAVE_TEST(id_that_was_given_out_can_be_given_back)
{
	struct test_call *join = club_join_call(&club, 4, "", "a", "range");

	club_ask(&club, join);
	cr_assert_eq(club_leave(&club, join->response.join.member_id), KAFKA_ERROR_NONE);
	cr_assert_eq(club.group->pending.count, 0);
}
