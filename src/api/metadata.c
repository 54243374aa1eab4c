/* Metadata: brokers, topics, partitions and who leads them (checklist 39 to 42). */
#include "api/auto_create.h"
#include "api/leader_waits.h"
#include "api/names.h"
#include "api/operations.h"
#include "wire/messages.h"
#include "zk/topic_name.h"

/* What was asked for by name and is not there. */
struct missing_topics {
	struct slice *names;
	size_t count;
};

static const struct image_endpoint *
endpoint_of(const struct request *request, int32_t broker_id)
{
	const struct image_broker *broker =
	    image_broker_find(request->view->image, broker_id);

	return broker == NULL ? NULL : image_endpoint_find(broker, request->listener);
}

static void
tell_brokers(struct request *request)
{
	const struct image *image = request->view->image;
	struct metadata_response *response = request->response;

	response->brokers.items =
	    request_array(request, image->broker_count, sizeof(*response->brokers.items));
	response->brokers.count = 0;
	for (size_t i = 0; i < image->broker_count; i++) {
		const struct image_broker *broker = &image->brokers[i];
		const struct image_endpoint *endpoint =
		    image_endpoint_find(broker, request->listener);
		if (endpoint == NULL)
			continue;
		response->brokers.items[response->brokers.count++] =
		    (struct metadata_response_metadata_response_broker){
			.node_id = broker->id,
			.host = endpoint->host,
			.port = endpoint->port,
			.rack = broker->rack,
		};
	}
}

static void
tell_cluster(struct request *request)
{
	const struct metadata_request *body = request->body;
	struct metadata_response *response = request->response;

	tell_brokers(request);
	response->cluster_id = request_cluster_id(request);
	response->controller_id = request->view->image->controller;
	if (body->include_cluster_authorized_operations)
		response->cluster_authorized_operations = OPERATIONS_OF_CLUSTER;
	request_answer(request);
}

/* The whole request is answered with one code, as Kafka does when it cannot be read. */
static void
refuse(struct request *request, int16_t code)
{
	const struct metadata_request *body = request->body;
	struct metadata_response *response = request->response;

	response->topics.items =
	    request_array(request, (size_t)body->topics.count, sizeof(*response->topics.items));
	response->topics.count = body->topics.count;
	for (int32_t i = 0; i < body->topics.count; i++) {
		struct slice name = body->topics.items[i].name;
		struct metadata_response_metadata_response_topic *topic =
		    &response->topics.items[i];
		*topic = metadata_response_metadata_response_topic_defaults;
		topic->error_code = code;
		topic->name = slice_is_null(name) ? slice_of("", 0) : name;
		topic->topic_id = body->topics.items[i].topic_id;
	}
	request_answer(request);
}

static struct metadata_response_metadata_response_topic *
add_topic(struct request *request, struct slice name, int16_t code)
{
	const struct metadata_request *body = request->body;
	struct metadata_response *response = request->response;
	struct metadata_response_metadata_response_topic *topic =
	    &response->topics.items[response->topics.count++];

	*topic = metadata_response_metadata_response_topic_defaults;
	topic->error_code = code;
	topic->name = name;
	topic->is_internal = topic_name_is_internal(name);
	if (body->include_topic_authorized_operations)
		topic->topic_authorized_operations = OPERATIONS_OF_TOPIC;
	return topic;
}

static void
add_unknown_id(struct request *request, struct uuid id)
{
	struct metadata_response *response = request->response;
	struct metadata_response_metadata_response_topic *topic =
	    &response->topics.items[response->topics.count++];

	*topic = metadata_response_metadata_response_topic_defaults;
	topic->error_code = KAFKA_ERROR_UNKNOWN_TOPIC_ID;
	topic->name = slice_null();
	topic->topic_id = id;
}

/* Version 0 leaves out replicas that cannot be reached; `*count` is how many stay. */
static int32_t *
replicas_told(struct request *request, const struct image_replicas *replicas, int32_t *count)
{
	if (request->version > 0) {
		*count = replicas->count;
		return (int32_t *)(uintptr_t)replicas->ids; /* they are only read */
	}
	int32_t *ids = request_array(request, (size_t)replicas->count, sizeof(*ids));
	*count = 0;
	for (int32_t i = 0; i < replicas->count; i++)
		if (endpoint_of(request, replicas->ids[i]) != NULL)
			ids[(*count)++] = replicas->ids[i];
	return ids;
}

static int16_t
leader_error(const struct request *request, int32_t leader)
{
	if (endpoint_of(request, leader) != NULL)
		return KAFKA_ERROR_NONE;
	if (request->version >= 6 && image_broker_find(request->view->image, leader) != NULL)
		return KAFKA_ERROR_LISTENER_NOT_FOUND;
	return KAFKA_ERROR_LEADER_NOT_AVAILABLE;
}

static void
tell_partition(struct request *request, const struct image_partition *partition,
    struct metadata_response_metadata_response_partition *told)
{
	*told = metadata_response_metadata_response_partition_defaults;
	told->error_code = leader_error(request, partition->leader);
	told->partition_index = partition->index;
	told->leader_id = told->error_code == KAFKA_ERROR_NONE ? partition->leader : -1;
	told->leader_epoch = partition->leader_epoch;
	told->replica_nodes.items =
	    replicas_told(request, &partition->replicas, &told->replica_nodes.count);
	told->isr_nodes.items = replicas_told(request, &partition->isr, &told->isr_nodes.count);
	told->offline_replicas.items = (int32_t *)(uintptr_t)partition->offline.ids;
	told->offline_replicas.count = partition->offline.count;
	if (told->error_code == KAFKA_ERROR_NONE &&
	    (told->replica_nodes.count < partition->replicas.count ||
	    told->isr_nodes.count < partition->isr.count))
		told->error_code = KAFKA_ERROR_REPLICA_NOT_AVAILABLE;
}

static void
add_known(struct request *request, const struct image_topic *known)
{
	struct metadata_response_metadata_response_topic *topic =
	    add_topic(request, known->name, KAFKA_ERROR_NONE);

	topic->topic_id = known->id;
	topic->partitions.items = request_array(request, (size_t)known->partition_count,
	    sizeof(*topic->partitions.items));
	topic->partitions.count = 0;
	for (int32_t i = 0; i < known->partition_count; i++)
		if (known->partitions[i] != NULL)
			tell_partition(request, known->partitions[i],
			    &topic->partitions.items[topic->partitions.count++]);
}

static void
make_room(struct request *request, size_t count)
{
	struct metadata_response *response = request->response;

	response->topics.items = request_array(request, count, sizeof(*response->topics.items));
	response->topics.count = 0;
}

static void
tell_all(struct request *request)
{
	struct persistent_map *topics = request->view->image->topics;
	struct persistent_map_walk walk;
	struct counted *topic;

	make_room(request, persistent_map_count(topics));
	persistent_map_walk_init(&walk, topics);
	while ((topic = persistent_map_walk_next(&walk)) != NULL)
		add_known(request, container_of(topic, const struct image_topic, counted));
	tell_cluster(request);
}

/* Where one is asked for by its id, names count no longer, as in Kafka. */
static void
tell_by_id(struct request *request)
{
	const struct metadata_request *body = request->body;
	size_t count = (size_t)body->topics.count;
	struct slice *ids = request_array(request, count, sizeof(*ids));

	for (size_t i = 0; i < count; i++)
		ids[i] = slice_of(body->topics.items[i].topic_id.bytes, sizeof(struct uuid));
	const uint8_t *repeats = names_repeats(request, ids, count);

	make_room(request, count);
	for (int is_known = 0; is_known <= 1; is_known++) {
		for (size_t i = 0; i < count; i++) {
			struct uuid id = body->topics.items[i].topic_id;
			if (uuid_is_zero(id) || repeats[i] == NAME_AGAIN)
				continue;
			const struct image_topic *topic =
			    image_topic_find_id(request->view->image, id);
			if (topic != NULL && is_known)
				add_known(request, topic);
			else if (topic == NULL && !is_known)
				add_unknown_id(request, id);
		}
	}
	tell_cluster(request);
}

static void
created(struct request *request, const int16_t *codes, void *context)
{
	const struct missing_topics *missing = context;

	for (size_t i = 0; i < missing->count; i++)
		add_topic(request, missing->names[i], codes[i]);
	tell_cluster(request);
}

/*
 * No controller has told this broker of any topic, nor of itself, in this life: what it does not
 * know may be there. A producer that is told that its topic is not would give up what it has.
 */
static bool
knows_nothing(const struct request *request)
{
	return request->view->image->controller == IMAGE_NO_BROKER;
}

static void
tell_missing(struct request *request, struct missing_topics *missing)
{
	const struct metadata_request *body = request->body;
	bool create = request_config(request)->topics.auto_create &&
	    body->allow_auto_topic_creation;
	size_t creatable = 0;

	for (size_t i = 0; i < missing->count; i++) {
		struct slice name = missing->names[i];
		if (topic_name_fault(name) != NULL)
			add_topic(request, name, KAFKA_ERROR_INVALID_TOPIC_EXCEPTION);
		else if (knows_nothing(request))
			add_topic(request, name, KAFKA_ERROR_LEADER_NOT_AVAILABLE);
		else if (create)
			missing->names[creatable++] = name;
		else
			add_topic(request, name, KAFKA_ERROR_UNKNOWN_TOPIC_OR_PARTITION);
	}
	missing->count = creatable;
	if (creatable > 0)
		auto_create(request, missing->names, creatable, created, missing);
	else
		tell_cluster(request);
}

static bool
asks_for_all(const struct request *request)
{
	const struct metadata_request *body = request->body;

	return body->topics.count < 0 || (body->topics.count == 0 && request->version == 0);
}

static bool
asks_by_id(const struct metadata_request *body)
{
	for (int32_t i = 0; i < body->topics.count; i++)
		if (!uuid_is_zero(body->topics.items[i].topic_id))
			return true;
	return false;
}

static void
tell_by_name(struct request *request)
{
	const struct metadata_request *body = request->body;
	size_t count = (size_t)body->topics.count;
	struct slice *names = request_array(request, count, sizeof(*names));
	struct missing_topics *missing = request_new(request, sizeof(*missing));

	for (size_t i = 0; i < count; i++) {
		names[i] = body->topics.items[i].name;
		if (slice_is_null(names[i])) {
			/* Neither name nor id. */
			refuse(request, KAFKA_ERROR_UNKNOWN_SERVER_ERROR);
			return;
		}
	}
	const uint8_t *repeats = names_repeats(request, names, count);

	missing->names = request_array(request, count, sizeof(*missing->names));
	make_room(request, count);
	for (size_t i = 0; i < count; i++) {
		if (repeats[i] == NAME_AGAIN)
			continue;
		const struct image_topic *topic = image_topic_find(request->view->image, names[i]);
		if (topic != NULL)
			add_known(request, topic);
		else
			missing->names[missing->count++] = names[i];
	}
	tell_missing(request, missing);
}

/* ------------------------------------------------------ leaders in doubt */

/* Without a leader that is alive, one that was lost may be why: others are to be elected. */
static int32_t
partition_doubt_ms(const struct request *request, const struct image_partition *partition,
    int64_t now_us)
{
	const struct lost_leaders *lost = request_services(request)->lost_leaders;
	int32_t doubt_ms = lost_leaders_doubt_ms(lost, partition->leader, now_us);

	if (image_broker_find(request->view->image, partition->leader) == NULL)
		for (int32_t i = 0; i < partition->replicas.count; i++)
			doubt_ms = MAX(doubt_ms, lost_leaders_doubt_ms(lost, partition->replicas.ids[i],
			    now_us));
	return doubt_ms;
}

static int32_t
topic_doubt_ms(const struct request *request, const struct image_topic *topic, int64_t now_us)
{
	int32_t doubt_ms = 0;

	for (int32_t i = 0; topic != NULL && i < topic->partition_count; i++)
		if (topic->partitions[i] != NULL)
			doubt_ms = MAX(doubt_ms, partition_doubt_ms(request, topic->partitions[i], now_us));
	return doubt_ms;
}

/* For how long who leads some of the topics asked for is in doubt. */
static int32_t
leaders_doubt_ms(const struct request *request)
{
	const struct lost_leaders *lost = request_services(request)->lost_leaders;
	int64_t now_us = clock_monotonic_us(request_world(request)->clock);
	const struct metadata_request *body = request->body;
	const struct image *image = request->view->image;
	struct persistent_map_walk walk;
	struct counted *topic;
	int32_t doubt_ms = 0;

	if (lost == NULL || !lost_leaders_are_any(lost, now_us))
		return 0;
	for (int32_t i = 0; i < body->topics.count; i++)
		doubt_ms = MAX(doubt_ms, topic_doubt_ms(request,
		    uuid_is_zero(body->topics.items[i].topic_id) ?
		    image_topic_find(image, body->topics.items[i].name) :
		    image_topic_find_id(image, body->topics.items[i].topic_id), now_us));
	if (!asks_for_all(request))
		return doubt_ms;
	persistent_map_walk_init(&walk, image->topics);
	while ((topic = persistent_map_walk_next(&walk)) != NULL)
		doubt_ms = MAX(doubt_ms, topic_doubt_ms(request,
		    container_of(topic, const struct image_topic, counted), now_us));
	return doubt_ms;
}

static void
tell(struct request *request)
{
	const struct metadata_request *body = request->body;
	int32_t doubt_ms = leaders_doubt_ms(request);

	if (doubt_ms > 0)
		leader_waits_add(request_leader_waits(request), request, doubt_ms, tell);
	else if (asks_for_all(request))
		tell_all(request);
	else if (asks_by_id(body))
		tell_by_id(request);
	else
		tell_by_name(request);
}

void
api_metadata(struct request *request)
{
	const struct metadata_request *body = request->body;

	/* Versions 10 and 11 have the fields, and nothing stands behind them. */
	for (int32_t i = 0; i < body->topics.count && request->version < 12; i++) {
		if (!uuid_is_zero(body->topics.items[i].topic_id) ||
		    slice_is_null(body->topics.items[i].name)) {
			refuse(request, KAFKA_ERROR_INVALID_REQUEST);
			return;
		}
	}
	tell(request);
}
