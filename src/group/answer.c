#include "group/answer.h"

#include <assert.h>

#include "wire/messages.h"

struct slice
answer_text(struct arena *arena, struct slice text, bool *failed)
{
	char *copy;

	if (slice_is_null(text) || text.size == 0)
		return text.size == 0 && !slice_is_null(text) ? slice_of("", 0) : text;
	copy = arena_text(arena, text.bytes, text.size);
	if (copy == NULL) {
		*failed = true;
		return slice_of("", 0);
	}
	return slice_of(copy, text.size);
}

static void
fail_commit(struct group_call *call, int16_t error)
{
	const struct offset_commit_request *request = call->request;
	struct offset_commit_response *response = call->response;
	int32_t count = MAX(request->topics.count, 0);

	response->topics.items =
	    arena_array(call->arena, (size_t)count, sizeof(*response->topics.items));
	if (response->topics.items == NULL)
		return;
	for (int32_t i = 0; i < count; i++) {
		int32_t partitions = MAX(request->topics.items[i].partitions.count, 0);
		struct offset_commit_response_offset_commit_response_topic *topic =
		    &response->topics.items[i];

		topic->name = request->topics.items[i].name;
		topic->partitions.items = arena_array(call->arena, (size_t)partitions,
		    sizeof(*topic->partitions.items));
		if (topic->partitions.items == NULL)
			return;
		for (int32_t p = 0; p < partitions; p++) {
			topic->partitions.items[p].partition_index =
			    request->topics.items[i].partitions.items[p].partition_index;
			topic->partitions.items[p].error_code = error;
		}
		topic->partitions.count = partitions;
		response->topics.count = i + 1;
	}
}

/* Versions 0 and 1 have no other place for it than the partitions. */
static void
fail_old_fetch(struct group_call *call, int16_t error)
{
	const struct offset_fetch_request *request = call->request;
	struct offset_fetch_response *response = call->response;
	int32_t count = MAX(request->topics.count, 0);

	response->topics.items =
	    arena_array(call->arena, (size_t)count, sizeof(*response->topics.items));
	if (response->topics.items == NULL)
		return;
	for (int32_t i = 0; i < count; i++) {
		int32_t partitions = MAX(request->topics.items[i].partition_indexes.count, 0);
		struct offset_fetch_response_offset_fetch_response_topic *topic =
		    &response->topics.items[i];

		topic->name = request->topics.items[i].name;
		topic->partitions.items = arena_array(call->arena, (size_t)partitions,
		    sizeof(*topic->partitions.items));
		if (topic->partitions.items == NULL)
			return;
		for (int32_t p = 0; p < partitions; p++) {
			topic->partitions.items[p] =
			    (struct offset_fetch_response_offset_fetch_response_partition){
				    .partition_index =
				        request->topics.items[i].partition_indexes.items[p],
				    .committed_offset = -1,
				    .committed_leader_epoch = -1,
				    .metadata = slice_of("", 0),
				    .error_code = error,
			    };
		}
		topic->partitions.count = partitions;
		response->topics.count = i + 1;
	}
}

static void
fail_fetch(struct group_call *call, int16_t error)
{
	const struct offset_fetch_request *request = call->request;
	struct offset_fetch_response *response = call->response;

	if (call->version < 2) {
		fail_old_fetch(call, error);
	} else if (call->version < 8) {
		response->error_code = error;
	} else {
		int32_t count = MAX(request->groups.count, 0);

		response->groups.items =
		    arena_array(call->arena, (size_t)count, sizeof(*response->groups.items));
		for (int32_t i = 0; response->groups.items != NULL && i < count; i++) {
			response->groups.items[i] =
			    offset_fetch_response_offset_fetch_response_group_defaults;
			response->groups.items[i].group_id = request->groups.items[i].group_id;
			response->groups.items[i].error_code = error;
			response->groups.count = i + 1;
		}
	}
}

static void
fail_describe(struct group_call *call, int16_t error)
{
	const struct describe_groups_request *request = call->request;
	struct describe_groups_response *response = call->response;
	int32_t count = MAX(request->groups.count, 0);

	response->groups.items =
	    arena_array(call->arena, (size_t)count, sizeof(*response->groups.items));
	for (int32_t i = 0; response->groups.items != NULL && i < count; i++) {
		response->groups.items[i] = describe_groups_response_described_group_defaults;
		response->groups.items[i].group_id = request->groups.items[i];
		response->groups.items[i].error_code = error;
		response->groups.count = i + 1;
	}
}

static void
fail_delete(struct group_call *call, int16_t error)
{
	const struct delete_groups_request *request = call->request;
	struct delete_groups_response *response = call->response;
	int32_t count = MAX(request->groups_names.count, 0);

	response->results.items =
	    arena_array(call->arena, (size_t)count, sizeof(*response->results.items));
	for (int32_t i = 0; response->results.items != NULL && i < count; i++) {
		response->results.items[i].group_id = request->groups_names.items[i];
		response->results.items[i].error_code = error;
		response->results.count = i + 1;
	}
}

static void
fail_join(struct group_call *call, int16_t error)
{
	const struct join_group_request *request = call->request;
	struct join_group_response *response = call->response;

	*response = join_group_response_defaults;
	response->error_code = error;
	response->member_id = request->member_id;
	if (call->version >= 7)
		response->protocol_name = slice_null(); /* older ones cannot say so */
}

void
answer_error(struct group_call *call, int16_t error)
{
	switch (call->key) {
	case API_KEY_JOIN_GROUP:
		fail_join(call, error);
		break;
	case API_KEY_SYNC_GROUP:
		((struct sync_group_response *)call->response)->error_code = error;
		break;
	case API_KEY_HEARTBEAT:
		((struct heartbeat_response *)call->response)->error_code = error;
		break;
	case API_KEY_LEAVE_GROUP:
		((struct leave_group_response *)call->response)->error_code = error;
		break;
	case API_KEY_OFFSET_COMMIT:
		fail_commit(call, error);
		break;
	case API_KEY_OFFSET_FETCH:
		fail_fetch(call, error);
		break;
	case API_KEY_OFFSET_DELETE:
		*(struct offset_delete_response *)call->response = offset_delete_response_defaults;
		((struct offset_delete_response *)call->response)->error_code = error;
		break;
	case API_KEY_DESCRIBE_GROUPS:
		fail_describe(call, error);
		break;
	case API_KEY_LIST_GROUPS:
		((struct list_groups_response *)call->response)->error_code = error;
		break;
	default:
		assert(call->key == API_KEY_DELETE_GROUPS);
		fail_delete(call, error);
	}
}

void
answer_loading(struct group_call *call)
{
	/* Whoever beats is told at the next beat; whoever syncs has to join again anyway. */
	if (call->key == API_KEY_HEARTBEAT)
		answer_error(call, KAFKA_ERROR_NONE);
	else if (call->key == API_KEY_SYNC_GROUP)
		answer_error(call, KAFKA_ERROR_REBALANCE_IN_PROGRESS);
	else
		answer_error(call, KAFKA_ERROR_COORDINATOR_LOAD_IN_PROGRESS);
}

/* Each member that is to leave is told apart from version 3 on. */
static void
answer_unknown_members(struct group_call *call)
{
	const struct leave_group_request *request = call->request;
	struct leave_group_response *response = call->response;
	int32_t count = MAX(request->members.count, 0);

	response->members.items = arena_array(call->arena, (size_t)count,
	    sizeof(*response->members.items));
	for (int32_t i = 0; response->members.items != NULL && i < count; i++) {
		response->members.items[i] = (struct leave_group_response_member_response){
			.member_id = request->members.items[i].member_id,
			.group_instance_id = request->members.items[i].group_instance_id,
			.error_code = KAFKA_ERROR_UNKNOWN_MEMBER_ID,
		};
		response->members.count = i + 1;
	}
}

void
answer_unknown_group(struct group_call *call)
{
	if (call->key == API_KEY_OFFSET_COMMIT)
		answer_error(call, KAFKA_ERROR_ILLEGAL_GENERATION);
	else if (call->key == API_KEY_OFFSET_DELETE)
		answer_error(call, KAFKA_ERROR_GROUP_ID_NOT_FOUND);
	else if (call->key == API_KEY_LEAVE_GROUP && call->version >= 3)
		answer_unknown_members(call);
	else
		answer_error(call, KAFKA_ERROR_UNKNOWN_MEMBER_ID);
}
