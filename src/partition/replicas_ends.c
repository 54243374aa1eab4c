#include "partition/replicas_ends.h"

#include <stdlib.h>

#include "base/memory.h"
#include "partition/replicas_private.h"
#include "wire/kafka_error.h"

typedef struct list_offsets_response_list_offsets_partition_response partition_response;
typedef struct fetch_response_partition_data partition_data;

struct ends {
	struct replicas *replicas;
	size_t left; /* and one while they are asked */
	void (*done)(void *context);
	void *context;
};

struct end {
	struct ends *of;
	struct partition_list_offsets list;
	partition_response *response;
};

struct prefix {
	struct ends *of;
	struct partition_epoch_end end;
	int64_t offset;
	partition_data *response;
};

static void
one_less(struct ends *it)
{
	struct replicas *replicas = it->replicas;

	if (--it->left > 0)
		return;
	it->done(it->context);
	free(it);
	replicas_end(replicas);
}

static void
answered(struct partition_operation *operation)
{
	struct end *end = container_of(operation, struct end, list.operation);
	struct ends *it = end->of;

	end->response->error_code = partition_status_code(operation->status);
	if (operation->status == PARTITION_OK) {
		end->response->offset = end->list.found_offset;
		end->response->leader_epoch = end->list.found_leader_epoch;
	}
	free(end);
	one_less(it);
}

/* What is not here may lie in a dir that has failed. */
static int16_t
absent(const struct replicas *it, const struct replica *replica)
{
	return replica != NULL || log_dirs_online_count(it->dirs) < it->dirs->count ?
	    KAFKA_ERROR_KAFKA_STORAGE_ERROR : KAFKA_ERROR_NOT_LEADER_OR_FOLLOWER;
}

static void
ask(struct ends *it, struct slice topic, int32_t index, partition_response *response)
{
	struct replica *replica = replicas_find(it->replicas, topic, index);
	struct end *end;

	*response = list_offsets_response_list_offsets_partition_response_defaults;
	response->partition_index = index;
	if (replica != NULL)
		replicas_was_asked(it->replicas, replica);
	else
		replicas_unmade_was_asked(it->replicas, topic, index);
	if (replica == NULL || replica->is_offline) {
		response->error_code = absent(it->replicas, replica);
		return;
	}
	end = memory_new(sizeof(*end));
	end->of = it;
	end->response = response;
	end->list = (struct partition_list_offsets){
		.operation = { .loop = it->replicas->world->control, .answered = answered },
		.timestamp = PARTITION_LATEST,
		.isolation = PARTITION_READ_LOG_END,
		.any_replica = true,
		.current_leader_epoch = -1,
	};
	it->left++;
	partition_list_offsets(replica->partition, &end->list);
}

static void
ask_topic(struct ends *it, const struct list_offsets_request_list_offsets_topic *asked,
    struct arena *arena, struct list_offsets_response_list_offsets_topic_response *topic)
{
	int32_t count = MAX(asked->partitions.count, 0);

	*topic = list_offsets_response_list_offsets_topic_response_defaults;
	topic->name = asked->name;
	topic->partitions.items = arena_array(arena, (size_t)MAX(count, 1),
	    sizeof(*topic->partitions.items));
	for (int32_t i = 0; topic->partitions.items != NULL && i < count; i++) {
		ask(it, asked->name, asked->partitions.items[i].partition_index,
		    &topic->partitions.items[i]);
		topic->partitions.count++;
	}
}

static struct ends *
begin(struct replicas *replicas, void (*done)(void *context), void *context)
{
	struct ends *it = memory_new(sizeof(*it));

	*it = (struct ends){ .replicas = replicas, .left = 1, .done = done, .context = context };
	replicas_begin(replicas);
	return it;
}

void
replicas_log_ends(struct replicas *replicas, const struct list_offsets_request *request,
    struct arena *arena, struct list_offsets_response *response, void (*done)(void *context),
    void *context)
{
	int32_t count = MAX(request->topics.count, 0);
	struct ends *it = begin(replicas, done, context);

	response->topics.items = arena_array(arena, (size_t)MAX(count, 1),
	    sizeof(*response->topics.items));
	for (int32_t i = 0; response->topics.items != NULL && i < count; i++) {
		ask_topic(it, &request->topics.items[i], arena, &response->topics.items[i]);
		response->topics.count++;
	}
	one_less(it);
}

/* --------------------------------------------------------------- prefixes */

static void
prefix_answered(struct partition_operation *operation)
{
	struct prefix *prefix = container_of(operation, struct prefix, end.operation);
	const struct partition_epoch_end *end = &prefix->end;
	struct ends *it = prefix->of;

	prefix->response->error_code = partition_status_code(operation->status);
	if (operation->status == PARTITION_OK && end->found_epoch < 0)
		prefix->response->error_code = KAFKA_ERROR_OFFSET_OUT_OF_RANGE;
	else if (operation->status == PARTITION_OK && (end->found_epoch < end->leader_epoch ||
	    end->found_end_offset < prefix->offset))
		prefix->response->diverging_epoch =
		    (struct fetch_response_epoch_end_offset){ end->found_epoch, end->found_end_offset };
	free(prefix);
	one_less(it);
}

static void
ask_prefix(struct ends *it, struct slice topic, const struct fetch_request_fetch_partition *asked,
    partition_data *response)
{
	struct replica *replica = replicas_find(it->replicas, topic, asked->partition);
	struct prefix *prefix;

	*response = fetch_response_partition_data_defaults;
	response->partition_index = asked->partition;
	if (replica == NULL || replica->is_offline) {
		response->error_code = absent(it->replicas, replica);
		return;
	}
	prefix = memory_new(sizeof(*prefix));
	prefix->of = it;
	prefix->response = response;
	prefix->offset = asked->fetch_offset;
	prefix->end = (struct partition_epoch_end){
		.operation = { .loop = it->replicas->world->control, .answered = prefix_answered },
		.any_replica = true,
		.current_leader_epoch = -1,
		.leader_epoch = asked->last_fetched_epoch,
	};
	it->left++;
	partition_epoch_end(replica->partition, &prefix->end);
}

static void
ask_topic_prefixes(struct ends *it, const struct fetch_request_fetch_topic *asked,
    struct arena *arena, struct fetch_response_fetchable_topic_response *topic)
{
	int32_t count = MAX(asked->partitions.count, 0);

	*topic = fetch_response_fetchable_topic_response_defaults;
	topic->topic = asked->topic;
	topic->partitions.items = arena_array(arena, (size_t)MAX(count, 1),
	    sizeof(*topic->partitions.items));
	for (int32_t i = 0; topic->partitions.items != NULL && i < count; i++) {
		ask_prefix(it, asked->topic, &asked->partitions.items[i], &topic->partitions.items[i]);
		topic->partitions.count++;
	}
}

void
replicas_log_prefixes(struct replicas *replicas, const struct fetch_request *request,
    struct arena *arena, struct fetch_response *response, void (*done)(void *context),
    void *context)
{
	int32_t count = MAX(request->topics.count, 0);
	struct ends *it = begin(replicas, done, context);

	response->responses.items = arena_array(arena, (size_t)MAX(count, 1),
	    sizeof(*response->responses.items));
	for (int32_t i = 0; response->responses.items != NULL && i < count; i++) {
		ask_topic_prefixes(it, &request->topics.items[i], arena, &response->responses.items[i]);
		response->responses.count++;
	}
	one_less(it);
}
