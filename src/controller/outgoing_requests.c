#include "controller/outgoing_private.h"

#include <assert.h>

#include "config/listeners.h"
#include "controller/reassignment.h"

/* During a topic's deletion (zookeeper.md 5.7). */
enum { LEADER_DURING_DELETION = -2, EPOCH_DURING_DELETION = -2, NO_EPOCH = -1 };

#define MAKE_ARRAY(arena, array, size) \
	((array).count = (int32_t)(size), \
	    (array).items = arena_array(arena, (size_t)MAX((array).count, 1), sizeof((array).items[0])))

static struct slice
copy_text(struct arena *arena, struct slice text)
{
	return slice_is_null(text) ? text : slice_of(arena_text(arena, text.bytes, text.size), text.size);
}

#define COPY_IDS(arena, array, ids, size) \
	do { \
		MAKE_ARRAY(arena, array, size); \
		for (int32_t at = 0; at < (array).count; at++) \
			(array).items[at] = (ids)[at]; \
	} while (0)

#define COPY_REPLICAS(arena, array, partition) \
	do { \
		MAKE_ARRAY(arena, array, (partition)->replica_count); \
		for (int32_t at = 0; at < (array).count; at++) \
			(array).items[at] = (partition)->replicas[at].broker; \
	} while (0)

static size_t
count_topics(const struct outgoing_item *items, size_t count)
{
	size_t topics = 0;

	for (size_t i = 0; i < count; i++)
		topics += i == 0 || items[i].partition->topic != items[i - 1].partition->topic;
	return topics;
}

/* How many of the items from the first on are of its topic. */
static size_t
count_same_topic(const struct outgoing_item *items, size_t count)
{
	size_t same = 1;

	while (same < count && items[same].partition->topic == items[0].partition->topic)
		same++;
	return same;
}

/* ---------------------------------------------------------- LeaderAndIsr */

/*
 * Who is added is new for each controller that begins or goes on with it; but who has joined has
 * records, perhaps in a log dir that is offline, and may not make another log of them.
 */
static bool
is_new(const struct outgoing_item *item)
{
	const struct context_partition *partition = item->partition;

	return item->is_new && !(reassignment_adds(partition, item->broker) &&
	    context_may_have_all(&partition->leadership, item->broker));
}

static void
fill_leader_and_isr(struct arena *arena, const struct outgoing_item *item,
    struct leader_and_isr_request_leader_and_isr_partition_state *state)
{
	const struct context_partition *partition = item->partition;
	const struct context_leadership *leadership = &partition->leadership;

	*state = leader_and_isr_request_leader_and_isr_partition_state_defaults;
	state->topic_name = slice_of_text("");
	state->partition_index = partition->index;
	state->controller_epoch = leadership->controller_epoch;
	state->leader = leadership->leader;
	state->leader_epoch = leadership->leader_epoch;
	COPY_IDS(arena, state->isr, leadership->isr, leadership->isr_count);
	state->partition_epoch = leadership->version;
	COPY_REPLICAS(arena, state->replicas, partition);
	COPY_IDS(arena, state->adding_replicas, partition->adding, partition->adding_count);
	COPY_IDS(arena, state->removing_replicas, partition->removing, partition->removing_count);
	state->is_new = is_new(item);
	state->leader_recovery_state = (int8_t)leadership->recovery;
}

static const struct payload_endpoint *
endpoint_of(const struct context_broker *broker, const char *listener)
{
	for (size_t i = 0; i < broker->registration.endpoint_count; i++)
		if (slice_equal_text(broker->registration.endpoints[i].listener, listener))
			return &broker->registration.endpoints[i];
	return NULL;
}

static bool
leads_any(const struct outgoing_item *items, size_t count, int32_t broker)
{
	for (size_t i = 0; i < count; i++)
		if (items[i].partition->leadership.leader == broker)
			return true;
	return false;
}

/* Where the leaders of these partitions are, as far as they are alive. */
static void
fill_live_leaders(const struct outgoing_sender *sender, struct arena *arena,
    const struct outgoing_item *items, size_t count, struct leader_and_isr_request *request)
{
	const struct context *context = sender->context;
	int32_t found = 0;

	MAKE_ARRAY(arena, request->live_leaders, context->broker_count);
	for (size_t i = 0; i < context->broker_count; i++) {
		const struct payload_endpoint *endpoint =
		    endpoint_of(context->brokers[i], sender->inter_broker_listener);
		struct leader_and_isr_request_leader_and_isr_live_leader *leader =
		    &request->live_leaders.items[found];

		if (endpoint == NULL || !leads_any(items, count, context->brokers[i]->id))
			continue;
		*leader = leader_and_isr_request_leader_and_isr_live_leader_defaults;
		leader->broker_id = context->brokers[i]->id;
		leader->host_name = copy_text(arena, endpoint->host);
		leader->port = endpoint->port;
		found++;
	}
	request->live_leaders.count = found;
}

void
outgoing_make_leader_and_isr(const struct outgoing_sender *sender,
    const struct context_broker *broker, const struct outgoing_item *items, size_t count,
    struct controller_message *message)
{
	struct arena *arena = &message->arena;
	struct leader_and_isr_request *request = arena_new(arena, sizeof(*request));

	*request = leader_and_isr_request_defaults;
	request->controller_id = sender->controller_id;
	request->controller_epoch = sender->context->epoch;
	request->broker_epoch = broker->epoch;
	MAKE_ARRAY(arena, request->topic_states, count_topics(items, count));
	for (size_t i = 0, t = 0; i < count; t++) {
		struct leader_and_isr_request_leader_and_isr_topic_state *topic =
		    &request->topic_states.items[t];
		size_t same = count_same_topic(&items[i], count - i);

		*topic = leader_and_isr_request_leader_and_isr_topic_state_defaults;
		topic->topic_name = copy_text(arena, items[i].partition->topic->name);
		topic->topic_id = items[i].partition->topic->id;
		MAKE_ARRAY(arena, topic->partition_states, same);
		for (size_t j = 0; j < same; j++)
			fill_leader_and_isr(arena, &items[i + j], &topic->partition_states.items[j]);
		i += same;
	}
	fill_live_leaders(sender, arena, items, count, request);
	message->key = API_KEY_LEADER_AND_ISR;
	message->version = 7;
	message->request = request;
}

/* ----------------------------------------------------------- StopReplica */

static int32_t
stop_epoch(const struct context_partition *partition)
{
	if (partition->topic->to_delete)
		return EPOCH_DURING_DELETION;
	return partition->has_leadership ? partition->leadership.leader_epoch : NO_EPOCH;
}

void
outgoing_make_stop_replica(const struct outgoing_sender *sender,
    const struct context_broker *broker, const struct outgoing_item *items, size_t count,
    struct controller_message *message)
{
	struct arena *arena = &message->arena;
	struct stop_replica_request *request = arena_new(arena, sizeof(*request));

	*request = stop_replica_request_defaults;
	request->controller_id = sender->controller_id;
	request->controller_epoch = sender->context->epoch;
	request->broker_epoch = broker->epoch;
	MAKE_ARRAY(arena, request->topic_states, count_topics(items, count));
	for (size_t i = 0, t = 0; i < count; t++) {
		struct stop_replica_request_stop_replica_topic_state *topic =
		    &request->topic_states.items[t];
		size_t same = count_same_topic(&items[i], count - i);

		*topic = stop_replica_request_stop_replica_topic_state_defaults;
		topic->topic_name = copy_text(arena, items[i].partition->topic->name);
		MAKE_ARRAY(arena, topic->partition_states, same);
		for (size_t j = 0; j < same; j++) {
			struct stop_replica_request_stop_replica_partition_state *state =
			    &topic->partition_states.items[j];

			*state = stop_replica_request_stop_replica_partition_state_defaults;
			state->partition_index = items[i + j].partition->index;
			state->leader_epoch = stop_epoch(items[i + j].partition);
			state->delete_partition = items[i + j].is_deletion;
		}
		i += same;
	}
	message->key = API_KEY_STOP_REPLICA;
	message->version = 4;
	message->request = request;
}

/* -------------------------------------------------------- UpdateMetadata */

/*
 * Whoever waits for the end of a reassignment to be deleted is there until then: whom brokers do
 * not know nobody follows, and the reassignment would not end.
 */
static void
fill_metadata(const struct context *context, struct arena *arena,
    const struct context_partition *partition,
    struct update_metadata_request_update_metadata_partition_state *state)
{
	const struct context_leadership *leadership = &partition->leadership;
	bool is_deleted = !context_topic_is_kept(partition->topic);
	int32_t offline = 0;

	*state = update_metadata_request_update_metadata_partition_state_defaults;
	state->topic_name = slice_of_text("");
	state->partition_index = partition->index;
	state->controller_epoch = leadership->controller_epoch;
	state->leader = is_deleted ? LEADER_DURING_DELETION : leadership->leader;
	state->leader_epoch = is_deleted ? 0 : leadership->leader_epoch;
	state->zk_version = is_deleted ? 0 : leadership->version;
	COPY_IDS(arena, state->isr, leadership->isr, leadership->isr_count);
	COPY_REPLICAS(arena, state->replicas, partition);
	MAKE_ARRAY(arena, state->offline_replicas, partition->replica_count);
	for (int32_t i = 0; i < partition->replica_count; i++)
		if (!context_replica_is_online(context, &partition->replicas[i]))
			state->offline_replicas.items[offline++] = partition->replicas[i].broker;
	state->offline_replicas.count = offline;
}

static void
fill_broker(struct arena *arena, const struct context_broker *broker,
    struct update_metadata_request_update_metadata_broker *told)
{
	const struct payload_broker *registration = &broker->registration;

	*told = update_metadata_request_update_metadata_broker_defaults;
	told->id = broker->id;
	told->v0_host = slice_of_text("");
	told->rack = copy_text(arena, registration->rack);
	MAKE_ARRAY(arena, told->endpoints, registration->endpoint_count);
	for (size_t i = 0; i < registration->endpoint_count; i++) {
		enum security_protocol protocol = SECURITY_PROTOCOL_PLAINTEXT;

		told->endpoints.items[i] = update_metadata_request_update_metadata_endpoint_defaults;
		told->endpoints.items[i].port = registration->endpoints[i].port;
		told->endpoints.items[i].host = copy_text(arena, registration->endpoints[i].host);
		told->endpoints.items[i].listener = copy_text(arena, registration->endpoints[i].listener);
		/* The decoder has looked that it is one of Kafka's. */
		if (security_protocol_find(registration->endpoints[i].protocol, &protocol) == ERROR_NONE)
			told->endpoints.items[i].security_protocol = (int16_t)protocol;
	}
}

void
outgoing_make_metadata(const struct outgoing_sender *sender, const struct context_broker *broker,
    const struct outgoing_item *items, size_t count, struct controller_message *message)
{
	const struct context *context = sender->context;
	struct arena *arena = &message->arena;
	struct update_metadata_request *request = arena_new(arena, sizeof(*request));

	*request = update_metadata_request_defaults;
	request->controller_id = sender->controller_id;
	request->controller_epoch = context->epoch;
	request->broker_epoch = broker->epoch;
	MAKE_ARRAY(arena, request->topic_states, count_topics(items, count));
	for (size_t i = 0, t = 0; i < count; t++) {
		struct update_metadata_request_update_metadata_topic_state *topic =
		    &request->topic_states.items[t];
		size_t same = count_same_topic(&items[i], count - i);

		*topic = update_metadata_request_update_metadata_topic_state_defaults;
		topic->topic_name = copy_text(arena, items[i].partition->topic->name);
		topic->topic_id = items[i].partition->topic->id;
		MAKE_ARRAY(arena, topic->partition_states, same);
		for (size_t j = 0; j < same; j++)
			fill_metadata(context, arena, items[i + j].partition,
			    &topic->partition_states.items[j]);
		i += same;
	}
	MAKE_ARRAY(arena, request->live_brokers, context->broker_count);
	for (size_t i = 0; i < context->broker_count; i++)
		fill_broker(arena, context->brokers[i], &request->live_brokers.items[i]);
	message->key = API_KEY_UPDATE_METADATA;
	message->version = 8;
	message->request = request;
}
