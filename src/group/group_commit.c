/* OffsetCommit: checked, appended, and only then what others read. */
#include "group/append_errors.h"
#include "group/group_private.h"
#include "group/java_text.h"
#include "wire/batch_builder.h"

typedef struct offset_commit_request_offset_commit_request_partition commit_partition;

static int16_t
check(const struct group *group, const struct offset_commit_request *request)
{
	int32_t generation = request->generation_id_or_member_epoch;

	if (group_is_dead(group))
		return KAFKA_ERROR_COORDINATOR_NOT_AVAILABLE;
	if (generation < 0 && group->state == GROUP_EMPTY)
		return KAFKA_ERROR_NONE; /* an administrator, or a consumer outside any group */
	if (generation >= 0 || request->member_id.size > 0 ||
	    !slice_is_null(request->group_instance_id)) {
		int16_t error = group_check_generation(group, request->member_id,
		    request->group_instance_id, generation);

		if (error != KAFKA_ERROR_NONE)
			return error;
	} else {
		return KAFKA_ERROR_UNKNOWN_MEMBER_ID; /* only members may, while there are any */
	}
	return group->state == GROUP_COMPLETING_REBALANCE ? KAFKA_ERROR_REBALANCE_IN_PROGRESS :
	    KAFKA_ERROR_NONE;
}

static struct committed_offset
value_of(const struct offset_commit_request *request, const commit_partition *partition,
    int64_t now_ms)
{
	return (struct committed_offset){
		.offset = partition->committed_offset,
		.leader_epoch = partition->committed_leader_epoch,
		.metadata = slice_is_null(partition->committed_metadata) ? slice_of("", 0) :
		    partition->committed_metadata,
		.commit_ms = partition->commit_timestamp == -1 ? now_ms :
		    partition->commit_timestamp,
		.expire_ms = request->retention_time_ms == -1 ? OFFSET_NO_EXPIRY :
		    now_ms + request->retention_time_ms,
	};
}

static bool
metadata_fits(const struct group *group, const commit_partition *partition)
{
	size_t max = (size_t)MAX(group->config->offset_metadata_max_bytes, 0);

	/* No text has more UTF-16 units than bytes. */
	return partition->committed_metadata.size <= max ||
	    java_text_length(partition->committed_metadata) <= max;
}

static size_t
count_partitions(const struct offset_commit_request *request)
{
	size_t count = 0;

	for (int32_t i = 0; i < request->topics.count; i++)
		count += (size_t)MAX(request->topics.items[i].partitions.count, 0);
	return count;
}

/* One offset: its record, and its entry as pending. */
static void
add(struct group *group, struct group_append *append, struct batch_builder *builder,
    struct slice topic, int32_t partition, const struct committed_offset *value, int64_t now_ms)
{
	struct buffer key, body;

	buffer_init(&key);
	buffer_init(&body);
	group_records_write_offset_key(&key, group->id, topic, partition);
	group_records_write_offset(&body, value);
	enum error error = batch_builder_add(builder, &(struct record){ .timestamp = now_ms,
	    .key = buffer_slice(&key), .value = buffer_slice(&body) });
	assert(error == ERROR_NONE); /* a request is far below 2 GiB */
	buffer_fini(&key);
	buffer_fini(&body);
	append->values[append->entry_count] = *value;
	append->entries[append->entry_count++] = offsets_hold(&group->offsets, topic, partition);
}

/* NULL when there is nothing that may be stored. */
static struct group_append *
make_append(struct group_turn *turn, struct group *group,
    const struct offset_commit_request *request)
{
	struct batch_builder_options options = batch_builder_options_default();
	struct group_append *append = group_append_new(GROUP_APPEND_COMMIT, group);
	size_t count = count_partitions(request);
	int64_t now_ms = turn->event->now_ms;
	struct batch_builder builder;

	options.base_sequence = 0; /* as Kafka has it here, and only here */
	batch_builder_init(&builder, &options);
	append->entries = memory_array(count, sizeof(struct kept_offset *));
	append->values = memory_array(count, sizeof(*append->values));
	for (int32_t t = 0; t < request->topics.count; t++) {
		for (int32_t p = 0; p < request->topics.items[t].partitions.count; p++) {
			const commit_partition *partition =
			    &request->topics.items[t].partitions.items[p];
			struct committed_offset value = value_of(request, partition, now_ms);

			if (metadata_fits(group, partition))
				add(group, append, &builder, request->topics.items[t].name,
				    partition->partition_index, &value, now_ms);
		}
	}
	if (append->entry_count > 0) {
		enum error error = batch_builder_finish(&builder, &append->batch);
		assert(error == ERROR_NONE);
	}
	batch_builder_fini(&builder);
	if (append->entry_count > 0)
		return append;
	group_append_free(append);
	return NULL;
}

/* What was too long is told beside what became of the rest. */
static void
answer(struct group_turn *turn, const struct group *group, struct group_call *call, int16_t error)
{
	const struct offset_commit_request *request = call->request;
	struct offset_commit_response *response = call->response;

	answer_error(call, error);
	for (int32_t t = 0; t < response->topics.count; t++) {
		for (int32_t p = 0; p < response->topics.items[t].partitions.count; p++) {
			if (!metadata_fits(group, &request->topics.items[t].partitions.items[p]))
				response->topics.items[t].partitions.items[p].error_code =
				    KAFKA_ERROR_OFFSET_METADATA_TOO_LARGE;
		}
	}
	group_answer(turn, call);
}

void
group_commit(struct group_turn *turn, struct group *group, struct group_call *call)
{
	const struct offset_commit_request *request = call->request;
	int16_t error = check(group, request);
	struct group_member *member = group_find_member(group, request->member_id);
	struct group_append *append;

	if (error != KAFKA_ERROR_NONE) {
		answer_error(call, error);
		group_answer(turn, call);
		return;
	}
	if (member != NULL)
		group_restart_session(turn, group, member);
	append = make_append(turn, group, request);
	if (append == NULL) {
		answer(turn, group, call, KAFKA_ERROR_NONE);
		return;
	}
#ifdef CANARY_COMMIT_ACKNOWLEDGED_BEFORE_APPEND
	for (size_t i = 0; i < append->entry_count; i++)
		append->values[i].metadata = slice_of("", 0); /* the request goes with its answer */
	answer(turn, group, call, KAFKA_ERROR_NONE);
#else
	append->call = call;
#endif
	group_append(turn, group, append);
}

void
group_commit_stored(struct group_turn *turn, struct group *group, struct group_append *append,
    int16_t error)
{
	for (size_t i = 0; i < append->entry_count; i++)
		offsets_release(&group->offsets, append->entries[i],
		    error == KAFKA_ERROR_NONE ? &append->values[i] : NULL,
		    turn->event->base_offset);
	if (append->call != NULL)
		answer(turn, group, append->call, append_error_of_commit(error));
}
