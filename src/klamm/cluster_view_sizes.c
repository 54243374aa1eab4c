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

/* Each broker gets its share of the time: one that hangs shall not take that of the others. */
static bool
ask(struct cluster_view *view, struct client *client, size_t at, struct answer *answer)
{
	static const struct request_kind kind = { &describe_log_dirs_request_type, 0, 4 };
	struct describe_log_dirs_request request = describe_log_dirs_request_defaults;
	struct describe_log_dirs_response response;
	int64_t deadline_us = client->deadline_us, now_us = transport_now_us(client->transport);

	request.topics.count = -1; /* null: all of them */
	client->deadline_us = now_us + (deadline_us - now_us) / (int64_t)(view->broker_count - at + 1);
	enum error error = client_call(client, view->brokers[at].id, &kind, &request, answer,
	    &response);
	client->deadline_us = deadline_us;
	return error == ERROR_NONE && take_dirs(view, &view->brokers[at], &response);
}

void
cluster_view_load_sizes(struct cluster_view *view, struct client *client)
{
	struct answer answer;

	view->has_sizes = true;
	answer_init(&answer);
	for (size_t i = 0; i < view->broker_count; i++) {
		/* Who does not tell is told of where it matters; nothing else fails for it. */
		if (view->brokers[i].is_there && !ask(view, client, i, &answer))
			view->has_sizes = false;
	}
	answer_fini(&answer);
}
