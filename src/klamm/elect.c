#include "klamm/elect.h"

#include <stdlib.h>

#include "base/memory.h"
#include "wire/kafka_error.h"

/* One entry a topic, whose partitions stand in `numbers`, which has room for all. */
static void
fill(struct elect_leaders_request *request, int32_t *numbers, const struct cluster_view *view,
    const bool *chosen)
{
	struct elect_leaders_request_topic_partitions *topic = NULL;

	for (size_t i = 0; i < view->partition_count; i++) {
		const struct view_partition *partition = &view->partitions[i];

		if (!chosen[i])
			continue;
		if (topic == NULL || !slice_equal(topic->topic, partition->topic)) {
			topic = &request->topic_partitions.items[request->topic_partitions.count++];
			*topic = elect_leaders_request_topic_partitions_defaults;
			topic->topic = partition->topic;
			topic->partitions.items = numbers;
		}
		topic->partitions.items[topic->partitions.count++] = partition->index;
		numbers++;
	}
}

static int
compare(const void *a, const void *b)
{
	const struct election *first = a, *second = b;
	int order = slice_compare(first->topic, second->topic);

	if (order != 0)
		return order;
	return (first->partition > second->partition) - (first->partition < second->partition);
}

static void
take(struct elections *elections, const struct elect_leaders_response *response)
{
	size_t count = 0;

	for (int32_t i = 0; i < response->replica_election_results.count; i++)
		count += (size_t)MAX(
		    response->replica_election_results.items[i].partition_result.count, 0);
	elections->items = memory_array(MAX(count, 1), sizeof(*elections->items));
	for (int32_t i = 0; i < response->replica_election_results.count; i++) {
		const struct elect_leaders_response_replica_election_result *topic =
		    &response->replica_election_results.items[i];

		for (int32_t j = 0; j < topic->partition_result.count; j++) {
			elections->items[elections->count++] = (struct election){
				.topic = topic->topic,
				.partition = topic->partition_result.items[j].partition_id,
				.error_code = topic->partition_result.items[j].error_code,
				.error_message = topic->partition_result.items[j].error_message,
			};
		}
	}
	qsort(elections->items, elections->count, sizeof(*elections->items), compare);
}

static enum error
call(struct elections *elections, struct client *client, struct elect_leaders_request *request)
{
	/* Version 0 knows preferred leaders alone. */
	const struct request_kind kind = { &elect_leaders_request_type,
		request->election_type == ELECTION_UNCLEAN ? 1 : 0, 2 };
	struct elect_leaders_response response;
	enum error error;

	do {
		request->timeout_ms = client_request_timeout_ms(client);
		error = client_call_controller(client, &kind, request, &elections->answer,
		    &response);
	} while (error == ERROR_NONE && client_again(client, response.error_code));
	if (error == ERROR_NONE && response.error_code != KAFKA_ERROR_NONE) {
		client_refused(client, "election", response.error_code, slice_null());
		error = ERROR_OFFLINE;
	}
	if (error == ERROR_NONE)
		take(elections, &response);
	return error;
}

enum error
elections_ask(struct elections *elections, struct client *client, const struct cluster_view *view,
    const bool *chosen, enum election_type type)
{
	struct elect_leaders_request request = elect_leaders_request_defaults;
	size_t room = view->partition_count + 1;
	int32_t *numbers = memory_array(room, sizeof(*numbers));

	*elections = (struct elections){ .count = 0 };
	answer_init(&elections->answer);
	request.election_type = (int8_t)type;
	request.topic_partitions.items = memory_array(room, sizeof(*request.topic_partitions.items));
	if (chosen != NULL)
		fill(&request, numbers, view, chosen);
	else
		request.topic_partitions.count = -1;
	void *topics = request.topic_partitions.items;
	enum error error = call(elections, client, &request);
	free(topics);
	free(numbers);
	return error;
}

void
elections_fini(struct elections *elections)
{
	free(elections->items);
	elections->items = NULL;
	elections->count = 0;
	answer_fini(&elections->answer);
}
