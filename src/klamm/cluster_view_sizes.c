/* How many bytes each replica has, as each broker tells of itself (DescribeLogDirs). */
#include "klamm/cluster_view.h"

#include "wire/kafka_error.h"

typedef struct describe_log_dirs_response_describe_log_dirs_topic dir_topic;
typedef struct describe_log_dirs_response_describe_log_dirs_partition dir_partition;

static void
take_replica(struct cluster_view *view, struct view_broker *broker, struct slice topic,
    const dir_partition *told)
{
	struct view_partition *partition;

	/* A replica on its way to another dir is there twice until it has arrived. */
	if (told->is_future_key || told->partition_size < 0)
		return;
	broker->bytes += told->partition_size;
	partition = cluster_view_partition(view, topic, told->partition_index);
	for (int32_t i = 0; partition != NULL && i < partition->replicas.count; i++) {
		if (partition->replicas.items[i] == broker->id)
			partition->replica_bytes[i] = told->partition_size;
	}
}

/* False when a dir is offline: what it holds is not known. */
static bool
take_dirs(struct cluster_view *view, struct view_broker *broker,
    const struct describe_log_dirs_response *response)
{
	bool all = response->error_code == KAFKA_ERROR_NONE;

	broker->bytes = 0;
	for (int32_t i = 0; i < response->results.count; i++) {
		const struct describe_log_dirs_response_describe_log_dirs_result *dir =
		    &response->results.items[i];

		all = all && dir->error_code == KAFKA_ERROR_NONE;
		for (int32_t j = 0; j < dir->topics.count; j++) {
			const dir_topic *topic = &dir->topics.items[j];

			for (int32_t k = 0; k < topic->partitions.count; k++)
				take_replica(view, broker, topic->name, &topic->partitions.items[k]);
		}
	}
	if (!all)
		broker->bytes = -1;
	return all;
}

void
cluster_view_load_sizes(struct cluster_view *view, struct client *client)
{
	static const struct request_kind kind = { &describe_log_dirs_request_type, 0, 4 };
	struct describe_log_dirs_request request = describe_log_dirs_request_defaults;
	struct describe_log_dirs_response response;
	struct answer answer;

	request.topics.count = -1; /* null: all of them */
	view->has_sizes = true;
	answer_init(&answer);
	for (size_t i = 0; i < view->broker_count; i++) {
		struct view_broker *broker = &view->brokers[i];

		/* Who does not tell is told of where it matters; nothing else fails for it. */
		if (broker->is_there && (client_call(client, broker->id, &kind, &request, &answer,
		    &response) != ERROR_NONE || !take_dirs(view, broker, &response)))
			view->has_sizes = false;
	}
	answer_fini(&answer);
}
