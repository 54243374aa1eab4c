#include "group/answer.h"

#include <criterion/criterion.h>

#include "tests/unit/group/house.h"

static struct house house;
static struct asked *asked;

static void
setup(void)
{
	house_init(&house);
}

static void
teardown(void)
{
	asked->answers = 1;
	asked_free(asked);
	house_fini(&house);
}

#define ANSWER_TEST(name) Test(answer, name, .init = setup, .fini = teardown)

/* The response can be encoded in its version. */
static void
assert_encodes(void)
{
	struct buffer_list list;

	buffer_list_init(&list);
	cr_assert_eq(message_encode(message_type_find(asked->call.key, true), asked->call.version,
	    asked->response, &list), ERROR_NONE);
	buffer_list_fini(&list);
}

ANSWER_TEST(join_errors_repeat_the_member_id)
{
	for (int16_t version = 0; version <= 9; version++) {
		struct join_group_response *response;

		if (version > 0)
			teardown();
		if (version > 0)
			setup();
		asked = asked_new(&house, API_KEY_JOIN_GROUP, version);
		((struct join_group_request *)asked->request)->member_id = slice_of_text("m");
		answer_error(&asked->call, KAFKA_ERROR_UNKNOWN_MEMBER_ID);
		response = asked->response;
		cr_assert_eq(response->error_code, KAFKA_ERROR_UNKNOWN_MEMBER_ID);
		cr_assert_eq(response->generation_id, -1);
		cr_assert(slice_equal_text(response->member_id, "m"));
		cr_assert_eq(slice_is_null(response->protocol_name), version >= 7);
		assert_encodes();
	}
}

ANSWER_TEST(commit_errors_stand_at_each_partition)
{
	struct offset_commit_request_offset_commit_request_partition partitions[2] = { { 0 } };
	struct offset_commit_request_offset_commit_request_topic topic = {
		.name = slice_of_text("t"), .partitions = { partitions, 2 } };
	struct offset_commit_response *response;

	asked = asked_new(&house, API_KEY_OFFSET_COMMIT, 8);
	partitions[1].partition_index = 7;
	((struct offset_commit_request *)asked->request)->topics.items = &topic;
	((struct offset_commit_request *)asked->request)->topics.count = 1;
	answer_error(&asked->call, KAFKA_ERROR_NOT_COORDINATOR);
	response = asked->response;
	cr_assert_eq(response->topics.items[0].partitions.items[1].partition_index, 7);
	cr_assert_eq(response->topics.items[0].partitions.items[1].error_code,
	    KAFKA_ERROR_NOT_COORDINATOR);
	assert_encodes();
}

static void
fetch_error(int16_t version)
{
	static int32_t indexes[] = { 3 };
	static struct offset_fetch_request_offset_fetch_request_topic topic;
	static struct offset_fetch_request_offset_fetch_request_group group;
	struct offset_fetch_request *request;

	asked = asked_new(&house, API_KEY_OFFSET_FETCH, version);
	request = asked->request;
	topic.name = slice_of_text("t");
	topic.partition_indexes.items = indexes;
	topic.partition_indexes.count = 1;
	group.group_id = slice_of_text("g");
	request->topics.items = &topic;
	request->topics.count = 1;
	request->groups.items = &group;
	request->groups.count = 1;
	answer_error(&asked->call, KAFKA_ERROR_NOT_COORDINATOR);
	assert_encodes();
}

ANSWER_TEST(old_fetches_have_the_error_at_each_partition)
{
	struct offset_fetch_response *response;

	fetch_error(1);
	response = asked->response;
	cr_assert_eq(response->topics.items[0].partitions.items[0].error_code,
	    KAFKA_ERROR_NOT_COORDINATOR);
	cr_assert_eq(response->topics.items[0].partitions.items[0].committed_offset, -1);
	cr_assert_eq(response->topics.items[0].partitions.items[0].partition_index, 3);
}

ANSWER_TEST(fetches_have_one_error)
{
	fetch_error(7);
	cr_assert_eq(((struct offset_fetch_response *)asked->response)->error_code,
	    KAFKA_ERROR_NOT_COORDINATOR);
}

ANSWER_TEST(fetches_of_several_groups_have_one_each)
{
	struct offset_fetch_response *response;

	fetch_error(8);
	response = asked->response;
	cr_assert_eq(response->groups.count, 1);
	cr_assert(slice_equal_text(response->groups.items[0].group_id, "g"));
	cr_assert_eq(response->groups.items[0].error_code, KAFKA_ERROR_NOT_COORDINATOR);
}

ANSWER_TEST(unknown_group_has_no_member_that_could_leave)
{
	struct leave_group_request_member_identity members[2] = {
		{ .member_id = slice_of_text("a") }, { .member_id = slice_of_text("b") } };
	struct leave_group_response *response;

	asked = asked_new(&house, API_KEY_LEAVE_GROUP, 3);
	((struct leave_group_request *)asked->request)->members.items = members;
	((struct leave_group_request *)asked->request)->members.count = 2;
	answer_unknown_group(&asked->call);
	response = asked->response;
	cr_assert_eq(response->error_code, KAFKA_ERROR_NONE);
	cr_assert_eq(response->members.count, 2);
	cr_assert_eq(response->members.items[1].error_code, KAFKA_ERROR_UNKNOWN_MEMBER_ID);
	asked->call.version = 1;
	answer_unknown_group(&asked->call);
	cr_assert_eq(response->error_code, KAFKA_ERROR_UNKNOWN_MEMBER_ID);
}

ANSWER_TEST(texts_are_copied_and_null_stays_null)
{
	bool failed = false;

	asked = asked_new(&house, API_KEY_HEARTBEAT, 4);
	cr_assert(slice_is_null(answer_text(&asked->arena, slice_null(), &failed)));
	cr_assert(slice_equal_text(answer_text(&asked->arena, slice_of_text(""), &failed), ""));
	cr_assert(slice_equal_text(answer_text(&asked->arena, slice_of_text("ab"), &failed), "ab"));
	cr_assert_not(failed);
	asked->arena.cap = asked->arena.used;
	cr_assert_eq(answer_text(&asked->arena, slice_of_text("ab"), &failed).size, 0);
	cr_assert(failed);
}
