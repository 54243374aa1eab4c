#include "tests/unit/group/house.h"

#include <criterion/criterion.h>

static struct house house;
static struct asked *asked;

static void
setup(void)
{
	static const char *const topics[] = { "u", "t", "u", "t" };

	house_init(&house);
	house_open(&house);
	for (int64_t i = 0; i < 4; i++) {
		struct asked *commit = asked_new(&house, API_KEY_OFFSET_COMMIT, 8);
		struct offset_commit_request_offset_commit_request_partition partition =
		    offset_commit_request_offset_commit_request_partition_defaults;
		struct offset_commit_request_offset_commit_request_topic topic = {
			.name = slice_of_text(topics[i]), .partitions = { &partition, 1 } };
		struct offset_commit_request *request = commit->request;

		partition.partition_index = (int32_t)(10 - i);
		partition.committed_offset = i;
		partition.committed_leader_epoch = 4;
		partition.committed_metadata = slice_of_text("meta");
		request->group_id = slice_of_text("g");
		request->topics.items = &topic;
		request->topics.count = 1;
		house_ask(&house, commit);
		house_run(&house);
		asked_free(commit);
	}
}

static void
teardown(void)
{
	asked_free(asked);
	house_fini(&house);
}

#define FETCH_TEST(name) Test(shard_fetch, name, .init = setup, .fini = teardown)

static void
run(void)
{
	house_ask(&house, asked);
	house_run(&house);
	cr_assert_eq(asked->answers, 1);
}

FETCH_TEST(all_offsets_come_by_topic_and_partition)
{
	struct offset_fetch_request *request;
	struct offset_fetch_response *response;

	asked = asked_new(&house, API_KEY_OFFSET_FETCH, 5);
	request = asked->request;
	request->group_id = slice_of_text("g");
	request->topics.count = -1;
	run();
	response = asked->response;
	cr_assert_eq(response->topics.count, 2);
	cr_assert(slice_equal_text(response->topics.items[0].name, "t"));
	cr_assert_eq(response->topics.items[0].partitions.count, 2);
	cr_assert_eq(response->topics.items[0].partitions.items[0].partition_index, 7);
	cr_assert_eq(response->topics.items[0].partitions.items[0].committed_offset, 3);
	cr_assert_eq(response->topics.items[0].partitions.items[0].committed_leader_epoch, 4);
	cr_assert(slice_equal_text(response->topics.items[0].partitions.items[0].metadata, "meta"));
	cr_assert_eq(response->topics.items[1].partitions.items[1].partition_index, 10);
}

FETCH_TEST(all_offsets_of_nobody_are_none)
{
	struct offset_fetch_request *request;

	asked = asked_new(&house, API_KEY_OFFSET_FETCH, 5);
	request = asked->request;
	request->group_id = slice_of_text("nobody");
	request->topics.count = -1;
	run();
	cr_assert_eq(((struct offset_fetch_response *)asked->response)->topics.count, 0);
	cr_assert_eq(((struct offset_fetch_response *)asked->response)->error_code, 0);
}

/* Another one may lead, and have taken newer ones (I38). */
Test(shard_fetch, whom_no_follower_asks_any_more_tells_nothing, .init = setup, .fini = teardown)
{
	struct partition *partition = house_partition_of(&house, "g");
	struct offset_fetch_request *request;

	for (int i = 0; i < 2; i++) {
		partition->heard_us = house.now_us - 3000000 - i;
		if (i > 0)
			asked_free(asked);
		asked = asked_new(&house, API_KEY_OFFSET_FETCH, 5);
		request = asked->request;
		request->group_id = slice_of_text("g");
		request->topics.count = -1;
		run();
		struct offset_fetch_response *response = asked->response;
		cr_expect_eq(response->topics.count, i == 0 ? 2 : 0);
		cr_expect_eq(response->error_code,
		    i == 0 ? KAFKA_ERROR_NONE : KAFKA_ERROR_NOT_COORDINATOR);
	}
}

FETCH_TEST(several_groups_are_answered_each)
{
	struct offset_fetch_request_offset_fetch_request_group groups[3];
	int32_t index = 10;
	struct offset_fetch_request_offset_fetch_request_topics topic = {
		.name = slice_of_text("u"), .partition_indexes = { &index, 1 } };
	struct offset_fetch_request *request;
	struct offset_fetch_response *response;

	for (int i = 0; i < 3; i++)
		groups[i] = offset_fetch_request_offset_fetch_request_group_defaults;
	groups[0].group_id = slice_of_text("nobody");
	groups[1].group_id = slice_of_text("g");
	groups[2].group_id = slice_of_text("g");
	groups[0].topics.items = groups[1].topics.items = &topic;
	groups[0].topics.count = groups[1].topics.count = 1;
	groups[2].topics.count = -1;
	asked = asked_new(&house, API_KEY_OFFSET_FETCH, 8);
	request = asked->request;
	request->groups.items = groups;
	request->groups.count = 3;
	run();
	response = asked->response;
	cr_assert_eq(response->groups.count, 3);
	cr_assert(slice_equal_text(response->groups.items[0].group_id, "nobody"));
	cr_assert_eq(response->groups.items[0].error_code, KAFKA_ERROR_NONE);
	cr_assert_eq(response->groups.items[0].topics.items[0].partitions.items[0].committed_offset, -1);
	cr_assert_eq(response->groups.items[1].topics.items[0].partitions.items[0].committed_offset, 0);
	cr_assert_eq(response->groups.items[2].topics.count, 2);
}

FETCH_TEST(group_of_another_coordinator_has_its_own_error)
{
	struct offset_fetch_request_offset_fetch_request_group groups[2];
	struct offset_fetch_request *request;
	struct offset_fetch_response *response;
	const char *other = "g";

	for (int i = 0; i < 2; i++)
		groups[i] = offset_fetch_request_offset_fetch_request_group_defaults;
	while (house_partition_of(&house, other) == house_partition_of(&house, "g"))
		other = strcmp(other, "g") == 0 ? "h" : "i";
	house_resign(&house, house_partition_of(&house, other)->index, 2);
	groups[0].group_id = slice_of_text(other);
	groups[1].group_id = slice_of_text("g");
	asked = asked_new(&house, API_KEY_OFFSET_FETCH, 8);
	request = asked->request;
	request->groups.items = groups;
	request->groups.count = 2;
	run();
	response = asked->response;
	cr_assert_eq(response->groups.items[0].error_code, KAFKA_ERROR_NOT_COORDINATOR);
	cr_assert_eq(response->groups.items[1].error_code, KAFKA_ERROR_NONE);
}

FETCH_TEST(answer_that_does_not_fit_is_an_error)
{
	struct offset_fetch_request *request;

	asked = asked_new(&house, API_KEY_OFFSET_FETCH, 5);
	request = asked->request;
	request->group_id = slice_of_text("g");
	request->topics.count = -1;
	asked->arena.cap = asked->arena.used + 250;
	run();
	cr_assert_eq(((struct offset_fetch_response *)asked->response)->error_code,
	    KAFKA_ERROR_UNKNOWN_SERVER_ERROR);
	cr_assert_eq(((struct offset_fetch_response *)asked->response)->topics.count, 0);
}
