#include <criterion/criterion.h>
#include <stdlib.h>

#include "base/memory.h"
#include "tests/unit/group/house.h"

static void
done(struct group_call *call)
{
	struct asked *asked = container_of(call, struct asked, call);

	cr_assert_eq(loop_current(), call->loop);
	asked->answers++;
	cr_assert_eq(asked->answers, 1);
}

struct asked *
asked_new(struct house *house, int16_t key, int16_t version)
{
	struct asked *asked = memory_new(sizeof(*asked));

	arena_init(&asked->arena, 1 << 26);
	asked->request = memory_new(4096);
	asked->response = memory_new(4096);
	message_set_defaults(message_type_find(key, false), asked->request);
	message_set_defaults(message_type_find(key, true), asked->response);
	asked->call = (struct group_call){
		.key = key,
		.version = version,
		.request = asked->request,
		.response = asked->response,
		.arena = &asked->arena,
		.client_id = slice_of_text("client"),
		.client_host = slice_of_text("/127.0.0.1"),
		.loop = house->world_loops[0],
		.done = done,
	};
	return asked;
}

void
asked_free(struct asked *asked)
{
	cr_assert_eq(asked->answers, 1, "a call of key %d has %d answers", asked->call.key,
	    asked->answers);
	arena_fini(&asked->arena);
	free(asked->request);
	free(asked->response);
	free(asked);
}

void
house_ask(struct house *house, struct asked *asked)
{
	loop_enter(house->world_loops[0]);
	groups_ask(house->groups, &asked->call);
	loop_leave(house->world_loops[0]);
}

struct asked *
house_join(struct house *house, const char *group, struct slice member_id)
{
	struct asked *asked = asked_new(house, API_KEY_JOIN_GROUP, 3);
	struct join_group_request *request = asked->request;

	request->group_id = slice_of_text(group);
	request->session_timeout_ms = 10000;
	request->rebalance_timeout_ms = 60000;
	request->member_id = member_id;
	request->protocol_type = slice_of_text("consumer");
	request->protocols.items = arena_array(&asked->arena, 1, sizeof(*request->protocols.items));
	request->protocols.items[0].name = slice_of_text("range");
	request->protocols.items[0].metadata = slice_of_text("metadata");
	request->protocols.count = 1;
	house_ask(house, asked);
	house_run(house);
	return asked;
}

struct asked *
house_sync(struct house *house, const char *group, const struct asked *joined)
{
	const struct join_group_response *join = joined->response;
	struct asked *asked = asked_new(house, API_KEY_SYNC_GROUP, 5);
	struct sync_group_request *request = asked->request;

	request->group_id = slice_of_text(group);
	request->generation_id = join->generation_id;
	request->member_id = join->member_id;
	request->protocol_type = slice_of_text("consumer");
	request->protocol_name = slice_of_text("range");
	request->assignments.items =
	    arena_array(&asked->arena, (size_t)join->members.count, sizeof(*request->assignments.items));
	for (int32_t i = 0; i < join->members.count; i++) {
		request->assignments.items[i].member_id = join->members.items[i].member_id;
		request->assignments.items[i].assignment = join->members.items[i].member_id;
	}
	request->assignments.count = join->members.count;
	house_ask(house, asked);
	house_run(house);
	return asked;
}

struct asked *
house_commit(struct house *house, const char *group, struct slice member_id, int32_t generation,
    const char *topic, int64_t offset)
{
	struct asked *asked = asked_new(house, API_KEY_OFFSET_COMMIT, 8);
	struct offset_commit_request *request = asked->request;

	request->group_id = slice_of_text(group);
	request->generation_id_or_member_epoch = generation;
	request->member_id = member_id;
	request->topics.items = arena_array(&asked->arena, 1, sizeof(*request->topics.items));
	request->topics.count = 1;
	request->topics.items[0].name = slice_of_text(topic);
	request->topics.items[0].partitions.items =
	    arena_array(&asked->arena, 1, sizeof(*request->topics.items[0].partitions.items));
	request->topics.items[0].partitions.count = 1;
	request->topics.items[0].partitions.items[0] =
	    offset_commit_request_offset_commit_request_partition_defaults;
	request->topics.items[0].partitions.items[0].committed_offset = offset;
	house_ask(house, asked);
	house_run(house);
	return asked;
}

int16_t
house_commit_error(const struct asked *commit)
{
	const struct offset_commit_response *response = commit->response;

	cr_assert_eq(commit->answers, 1);
	return response->topics.items[0].partitions.items[0].error_code;
}

int64_t
house_fetch(struct house *house, const char *group, const char *topic)
{
	struct asked *asked = asked_new(house, API_KEY_OFFSET_FETCH, 7);
	struct offset_fetch_request *request = asked->request;
	const struct offset_fetch_response *response = asked->response;
	int64_t offset;

	request->group_id = slice_of_text(group);
	request->topics.items = arena_array(&asked->arena, 1, sizeof(*request->topics.items));
	request->topics.count = 1;
	request->topics.items[0].name = slice_of_text(topic);
	request->topics.items[0].partition_indexes.items =
	    arena_array(&asked->arena, 1, sizeof(int32_t));
	request->topics.items[0].partition_indexes.count = 1;
	house_ask(house, asked);
	house_run(house);
	if (response->error_code != KAFKA_ERROR_NONE)
		offset = -1000 - response->error_code;
	else if (response->topics.items[0].partitions.items[0].error_code != KAFKA_ERROR_NONE)
		offset = -1000 - response->topics.items[0].partitions.items[0].error_code;
	else
		offset = response->topics.items[0].partitions.items[0].committed_offset;
	asked_free(asked);
	return offset;
}
