#include "klamm/cluster_view.h"

#include <stdlib.h>

#include "base/memory.h"
#include "wire/kafka_error.h"

enum { BROKERS_MAX = 4096, TOPICS_A_REQUEST = 500, RESOURCE_TOPIC = 2 };

typedef struct metadata_response_metadata_response_topic topic_metadata;
typedef struct metadata_response_metadata_response_partition partition_metadata;
typedef struct describe_configs_response_describe_configs_result configs_result;

/* ------------------------------------------------------------- looking up */

static int
compare_brokers(const void *a, const void *b)
{
	const struct view_broker *first = a, *second = b;

	return (first->id > second->id) - (first->id < second->id);
}

static int
compare_partitions(const void *a, const void *b)
{
	const struct view_partition *first = a, *second = b;
	int order = slice_compare(first->topic, second->topic);

	if (order != 0)
		return order;
	return (first->index > second->index) - (first->index < second->index);
}

struct view_broker *
cluster_view_broker(const struct cluster_view *view, int32_t id)
{
	struct view_broker key = { .id = id };

	return view->broker_count == 0 ? NULL :
	    bsearch(&key, view->brokers, view->broker_count, sizeof(key), compare_brokers);
}

struct view_partition *
cluster_view_partition(const struct cluster_view *view, struct slice topic, int32_t index)
{
	struct view_partition key = { .topic = topic, .index = index };

	return view->partition_count == 0 ? NULL :
	    bsearch(&key, view->partitions, view->partition_count, sizeof(key),
		compare_partitions);
}

struct view_partition *
cluster_view_topic(const struct cluster_view *view, struct slice topic)
{
	size_t low = 0, high = view->partition_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (slice_compare(view->partitions[middle].topic, topic) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < view->partition_count && slice_equal(view->partitions[low].topic, topic)
	    ? &view->partitions[low] : NULL;
}

bool
view_ids_have(struct view_ids ids, int32_t id)
{
	for (int32_t i = 0; i < ids.count; i++) {
		if (ids.items[i] == id)
			return true;
	}
	return false;
}

int64_t
view_partition_bytes(const struct view_partition *partition)
{
	int64_t most = -1;

	for (int32_t i = 0; i < partition->replicas.count; i++)
		most = MAX(most, partition->replica_bytes[i]);
	return most;
}

int32_t
view_partition_factor(const struct view_partition *partition)
{
	return partition->replicas.count - partition->adding.count;
}

/* --------------------------------------------------- brokers and partitions */

static void
add_broker(struct cluster_view *view, const struct view_broker *broker)
{
	if (view->broker_count == BROKERS_MAX)
		return;
	view->brokers = memory_resize(view->brokers,
	    (view->broker_count + 1) * sizeof(*view->brokers));
	view->brokers[view->broker_count++] = *broker;
	qsort(view->brokers, view->broker_count, sizeof(*view->brokers), compare_brokers);
}

static void
take_brokers(struct cluster_view *view, const struct metadata_response *metadata)
{
	for (int32_t i = 0; i < metadata->brokers.count; i++) {
		const struct metadata_response_metadata_response_broker *told =
		    &metadata->brokers.items[i];
		struct view_broker broker = { .id = told->node_id, .is_there = true,
			.host = told->host, .port = told->port, .rack = told->rack, .bytes = -1 };

		if (cluster_view_broker(view, told->node_id) == NULL)
			add_broker(view, &broker);
	}
}

static struct view_ids
ids_of(const int32_t *items, int32_t count)
{
	return (struct view_ids){ items, MAX(count, 0) };
}

static void
take_partition(struct cluster_view *view, const topic_metadata *topic,
    const partition_metadata *told)
{
	struct view_partition *partition = &view->partitions[view->partition_count++];
	const struct view_broker *leader = cluster_view_broker(view, told->leader_id);

	*partition = (struct view_partition){
		.topic = topic->name,
		.index = told->partition_index,
		.is_internal = topic->is_internal,
		.leader = leader != NULL && leader->is_there ? told->leader_id : -1,
		.replicas = ids_of(told->replica_nodes.items, told->replica_nodes.count),
		.isr = ids_of(told->isr_nodes.items, told->isr_nodes.count),
		.away = ids_of(told->offline_replicas.items, told->offline_replicas.count),
		.min_isr = -1,
	};
}

/* Whoever a partition has a replica on is a broker, there or not. */
static void
take_missing_brokers(struct cluster_view *view)
{
	for (size_t i = 0; i < view->partition_count; i++) {
		struct view_ids replicas = view->partitions[i].replicas;

		for (int32_t j = 0; j < replicas.count; j++) {
			struct view_broker broker = { .id = replicas.items[j], .bytes = -1 };

			if (cluster_view_broker(view, broker.id) == NULL)
				add_broker(view, &broker);
		}
	}
}

static size_t
replica_count(const struct cluster_view *view)
{
	size_t count = 0;

	for (size_t i = 0; i < view->partition_count; i++)
		count += (size_t)view->partitions[i].replicas.count;
	return count;
}

/* Brokers before Metadata 5 do not tell it: who is not there is away. */
static void
complete_away(struct cluster_view *view)
{
	int32_t *away = memory_array(replica_count(view) + 1, sizeof(*away));

	view->all_away = away;
	for (size_t i = 0; i < view->partition_count; i++) {
		struct view_partition *partition = &view->partitions[i];
		struct view_ids told = partition->away;

		partition->away = (struct view_ids){ away, 0 };
		for (int32_t j = 0; j < partition->replicas.count; j++) {
			int32_t id = partition->replicas.items[j];
			const struct view_broker *broker = cluster_view_broker(view, id);

			if (view_ids_have(told, id) || broker == NULL || !broker->is_there)
				away[partition->away.count++] = id;
		}
		away += partition->away.count;
	}
}

static void
make_room_for_bytes(struct cluster_view *view)
{
	size_t count = replica_count(view), used = 0;

	view->all_bytes = memory_array(MAX(count, 1), sizeof(*view->all_bytes));
	for (size_t i = 0; i < count; i++)
		view->all_bytes[i] = -1;
	for (size_t i = 0; i < view->partition_count; i++) {
		view->partitions[i].replica_bytes = &view->all_bytes[used];
		used += (size_t)view->partitions[i].replicas.count;
	}
}

static void
take_metadata(struct cluster_view *view, const struct metadata_response *metadata)
{
	size_t count = 0;

	view->cluster_id = metadata->cluster_id;
	view->controller_id = metadata->controller_id;
	take_brokers(view, metadata);
	for (int32_t i = 0; i < metadata->topics.count; i++)
		count += (size_t)MAX(metadata->topics.items[i].partitions.count, 0);
	view->partitions = memory_array(MAX(count, 1), sizeof(*view->partitions));
	for (int32_t i = 0; i < metadata->topics.count; i++) {
		const topic_metadata *topic = &metadata->topics.items[i];

		for (int32_t j = 0; j < topic->partitions.count; j++)
			take_partition(view, topic, &topic->partitions.items[j]);
	}
	qsort(view->partitions, view->partition_count, sizeof(*view->partitions),
	    compare_partitions);
	take_missing_brokers(view);
	complete_away(view);
	make_room_for_bytes(view);
}

/* A controller that does not answer gets a third of the time, and any other broker the rest. */
static enum error
ask_controller(struct client *client, const struct request_kind *kind,
    const struct metadata_request *request, struct answer *answer,
    struct metadata_response *response)
{
	int64_t deadline_us = client->deadline_us, now_us = transport_now_us(client->transport);

	if (client->controller_id < 0)
		return ERROR_NOT_FOUND;
	client->deadline_us = now_us + (deadline_us - now_us) / 3;
	enum error error = client_call(client, client->controller_id, kind, request, answer,
	    response);
	client->deadline_us = deadline_us;
	return error;
}

static enum error
load_metadata(struct cluster_view *view, struct client *client)
{
	static const struct request_kind kind = { &metadata_request_type, 1, 12 };
	struct metadata_request request = metadata_request_defaults;
	struct metadata_response response;
	enum error error = client_learn(client);

	if (error != ERROR_NONE)
		return error;
	request.topics.count = -1; /* null: all of them */
	error = ask_controller(client, &kind, &request, &view->metadata, &response);
	bool has_controller = error == ERROR_NONE;
	if (!has_controller)
		error = client_call(client, CLIENT_ANY_BROKER, &kind, &request, &view->metadata,
		    &response);
	if (error == ERROR_NONE)
		take_metadata(view, &response);
	if (!has_controller) /* one that is dead, or hangs, is named until another is elected */
		view->controller_id = client->controller_id = -1;
	return error;
}

/* ---------------------------------------------------------------- min ISR */

static int32_t
min_isr_of(const configs_result *result)
{
	int64_t number = 0;

	if (result->error_code != KAFKA_ERROR_NONE || result->configs.count != 1)
		return -1;
	struct slice text = result->configs.items[0].value;
	for (size_t i = 0; i < text.size; i++) {
		if (text.bytes[i] < '0' || text.bytes[i] > '9' || number > INT32_MAX)
			return -1;
		number = number * 10 + (text.bytes[i] - '0');
	}
	return text.size == 0 || number > INT32_MAX ? -1 : (int32_t)number;
}

/* Of as many topics as a request shall ask for, from partition *at on. */
static void
fill_resources(const struct cluster_view *view, size_t *at, struct slice *key,
    struct describe_configs_request *request)
{
	request->resources.count = 0;
	while (*at < view->partition_count && request->resources.count < TOPICS_A_REQUEST) {
		struct describe_configs_request_describe_configs_resource *resource =
		    &request->resources.items[request->resources.count++];
		struct slice topic = view->partitions[*at].topic;

		*resource = describe_configs_request_describe_configs_resource_defaults;
		resource->resource_type = RESOURCE_TOPIC;
		resource->resource_name = topic;
		resource->configuration_keys.items = key;
		resource->configuration_keys.count = 1;
		while (*at < view->partition_count &&
		    slice_equal(view->partitions[*at].topic, topic))
			(*at)++;
	}
}

static void
take_min_isr(struct cluster_view *view, const configs_result *result)
{
	struct view_partition *end = view->partitions + view->partition_count;
	struct view_partition *partition = cluster_view_topic(view, result->resource_name);
	int32_t min_isr = min_isr_of(result);

	for (; partition != NULL && partition < end &&
	     slice_equal(partition->topic, result->resource_name); partition++)
		partition->min_isr = min_isr;
}

static enum error
load_min_isr(struct cluster_view *view, struct client *client)
{
	static const struct request_kind kind = { &describe_configs_request_type, 0, 4 };
	struct describe_configs_request request = describe_configs_request_defaults;
	struct describe_configs_response response;
	struct slice key = slice_of_text("min.insync.replicas");
	struct answer answer;
	enum error error = ERROR_NONE;

	request.resources.items = memory_array(TOPICS_A_REQUEST, sizeof(*request.resources.items));
	answer_init(&answer);
	for (size_t at = 0; error == ERROR_NONE && at < view->partition_count;) {
		fill_resources(view, &at, &key, &request);
		error = client_call(client, CLIENT_ANY_BROKER, &kind, &request, &answer, &response);
		for (int32_t i = 0; error == ERROR_NONE && i < response.results.count; i++)
			take_min_isr(view, &response.results.items[i]);
	}
	answer_fini(&answer);
	free(request.resources.items);
	return error == ERROR_UNSUPPORTED ? ERROR_NONE : error;
}

/* ---------------------------------------------------------- reassignments */

static void
take_reassignments(struct cluster_view *view,
    const struct list_partition_reassignments_response *response)
{
	for (int32_t i = 0; i < response->topics.count; i++) {
		const struct list_partition_reassignments_response_ongoing_topic_reassignment *topic =
		    &response->topics.items[i];

		for (int32_t j = 0; j < topic->partitions.count; j++) {
			const struct list_partition_reassignments_response_ongoing_partition_reassignment
			    *told = &topic->partitions.items[j];
			struct view_partition *partition =
			    cluster_view_partition(view, topic->name, told->partition_index);

			if (partition == NULL)
				continue; /* made since */
			partition->adding = ids_of(told->adding_replicas.items,
			    told->adding_replicas.count);
			partition->removing = ids_of(told->removing_replicas.items,
			    told->removing_replicas.count);
			partition->is_reassigning = true;
		}
	}
}

static enum error
load_reassignments(struct cluster_view *view, struct client *client)
{
	static const struct request_kind kind =
	    { &list_partition_reassignments_request_type, 0, 0 };
	struct list_partition_reassignments_request request =
	    list_partition_reassignments_request_defaults;
	struct list_partition_reassignments_response response;
	enum error error;

	request.topics.count = -1; /* null: all that go on */
	do {
		request.timeout_ms = client_request_timeout_ms(client);
		error = client_call_controller(client, &kind, &request, &view->reassignments,
		    &response);
	} while (error == ERROR_NONE && client_again(client, response.error_code));
	if (error == ERROR_NONE && response.error_code != KAFKA_ERROR_NONE) {
		client_refused(client, "reassignments", response.error_code, response.error_message);
		error = ERROR_OFFLINE;
	}
	if (error == ERROR_NONE)
		take_reassignments(view, &response);
	return error;
}

enum error
cluster_view_load(struct cluster_view *view, struct client *client, int parts)
{
	*view = (struct cluster_view){ .controller_id = -1 };
	answer_init(&view->metadata);
	answer_init(&view->reassignments);
	enum error error = load_metadata(view, client);
	if (error == ERROR_NONE && (parts & VIEW_MIN_ISR) != 0)
		error = load_min_isr(view, client);
	/* Without a controller there is nobody to ask, and nobody who moves anything. */
	if (error == ERROR_NONE && (parts & VIEW_REASSIGNMENTS) != 0 && view->controller_id >= 0)
		error = load_reassignments(view, client);
	if (error == ERROR_NONE && (parts & VIEW_SIZES) != 0)
		cluster_view_load_sizes(view, client);
	return error;
}

void
cluster_view_fini(struct cluster_view *view)
{
	answer_fini(&view->metadata);
	answer_fini(&view->reassignments);
	free(view->brokers);
	free(view->partitions);
	free(view->all_bytes);
	free(view->all_away);
	*view = (struct cluster_view){ .controller_id = -1 };
}
