#include "tests/sim/control_obey.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "wire/kafka_error.h"

enum { DELIVERY_US = 500 };

/* ------------------------------------------------------------------ model */

static struct town_entry *
entry_of(struct town_broker *broker, struct town_entries *entries, struct slice topic,
    int32_t index)
{
	char name[TOWN_NAME_SIZE];
	struct town_entry *entry;

	snprintf(name, sizeof(name), "%.*s", (int)topic.size, (const char *)topic.bytes);
	entry = town_find(entries, name, index);
	if (entry != NULL)
		return entry;
	sim_check(broker->town->sim, entries->count < TOWN_ENTRIES_MAX, "too many partitions");
	entry = &entries->items[entries->count % TOWN_ENTRIES_MAX];
	entries->count += entries->count < TOWN_ENTRIES_MAX;
	*entry = (struct town_entry){ .index = index, .leader_epoch = -1, .version = -1 };
	memcpy(entry->topic, name, sizeof(name));
	return entry;
}

static void
drop(struct town_entries *entries, struct slice topic, int32_t index)
{
	char name[TOWN_NAME_SIZE];
	struct town_entry *entry;

	snprintf(name, sizeof(name), "%.*s", (int)topic.size, (const char *)topic.bytes);
	entry = town_find(entries, name, index);
	if (entry != NULL)
		*entry = entries->items[--entries->count];
}

/* Of another controller, or of another life: refused (I17). */
static int16_t
check_epochs(struct town_broker *broker, int32_t controller_epoch, int64_t broker_epoch)
{
	if (broker_epoch < broker->epoch)
		return KAFKA_ERROR_STALE_BROKER_EPOCH;
	if (controller_epoch < broker->controller_epoch)
		return KAFKA_ERROR_STALE_CONTROLLER_EPOCH;
	broker->controller_epoch = controller_epoch;
	return KAFKA_ERROR_NONE;
}

static int16_t
lead_or_follow(struct town_broker *broker,
    const struct leader_and_isr_request_leader_and_isr_topic_state *topic,
    const struct leader_and_isr_request_leader_and_isr_partition_state *state)
{
	struct town_entry *entry =
	    entry_of(broker, &broker->replicas, topic->topic_name, state->partition_index);

	if (broker->has_failed_dir)
		return KAFKA_ERROR_KAFKA_STORAGE_ERROR;
	if (!uuid_equal(entry->id, topic->topic_id))
		entry->leader_epoch = -1; /* what it has is of a topic that is gone, and is set aside */
	if (state->leader_epoch <= entry->leader_epoch)
		return KAFKA_ERROR_STALE_CONTROLLER_EPOCH;
	entry->leader = state->leader;
	entry->leader_epoch = state->leader_epoch;
	entry->leaderships += state->leader == (int)(broker - broker->town->brokers) + 1;
	entry->version = state->partition_epoch;
	entry->isr_count = state->isr.count;
	entry->was_new = state->is_new;
	entry->id = topic->topic_id;
	entry->replica_count = 0;
	for (int32_t i = 0; i < state->replicas.count && i < TOWN_BROKERS_MAX; i++)
		entry->replicas[entry->replica_count++] = state->replicas.items[i];
	return KAFKA_ERROR_NONE;
}

static void
obey_leader_and_isr(struct town_broker *broker, const struct leader_and_isr_request *request,
    struct arena *arena, struct leader_and_isr_response *response)
{
	response->error_code = check_epochs(broker, request->controller_epoch, request->broker_epoch);
	if (response->error_code != KAFKA_ERROR_NONE)
		return;
	broker->leader_and_isr++;
	response->topics.count = request->topic_states.count;
	response->topics.items = arena_array(arena, (size_t)request->topic_states.count,
	    sizeof(*response->topics.items));
	for (int32_t i = 0; i < request->topic_states.count; i++) {
		const struct leader_and_isr_request_leader_and_isr_topic_state *topic =
		    &request->topic_states.items[i];
		struct leader_and_isr_response_leader_and_isr_topic_error *answer =
		    &response->topics.items[i];
		int32_t count = topic->partition_states.count;

		*answer = leader_and_isr_response_leader_and_isr_topic_error_defaults;
		answer->topic_id = topic->topic_id;
		answer->partition_errors.count = count;
		answer->partition_errors.items = arena_array(arena, (size_t)count,
		    sizeof(*answer->partition_errors.items));
		for (int32_t j = 0; j < count; j++) {
			answer->partition_errors.items[j] =
			    leader_and_isr_response_leader_and_isr_partition_error_defaults;
			answer->partition_errors.items[j].partition_index =
			    topic->partition_states.items[j].partition_index;
			answer->partition_errors.items[j].error_code =
			    lead_or_follow(broker, topic, &topic->partition_states.items[j]);
		}
	}
}

static int
count_partitions(const struct update_metadata_request *request)
{
	int count = 0;

	for (int32_t i = 0; i < request->topic_states.count; i++)
		count += request->topic_states.items[i].partition_states.count;
	return count;
}

static void
obey_metadata(struct town_broker *broker, const struct update_metadata_request *request,
    struct update_metadata_response *response)
{
	response->error_code = check_epochs(broker, request->controller_epoch, request->broker_epoch);
	if (response->error_code != KAFKA_ERROR_NONE)
		return;
	broker->update_metadata++;
	if (broker->first_heard < 0)
		broker->first_heard = count_partitions(request);
	broker->alive_count = 0;
	for (int32_t i = 0; i < request->live_brokers.count && i < TOWN_BROKERS_MAX; i++)
		broker->alive[broker->alive_count++] = request->live_brokers.items[i].id;
	for (int32_t i = 0; i < request->topic_states.count; i++) {
		const struct update_metadata_request_update_metadata_topic_state *topic =
		    &request->topic_states.items[i];

		for (int32_t j = 0; j < topic->partition_states.count; j++) {
			const struct update_metadata_request_update_metadata_partition_state *state =
			    &topic->partition_states.items[j];
			struct town_entry *entry;

			sim_trace(broker->town->sim, "%s hears of %.*s-%d: leader %d epoch %d, of epoch %d",
			    broker->process.name, (int)topic->topic_name.size,
			    (const char *)topic->topic_name.bytes, (int)state->partition_index,
			    (int)state->leader, (int)state->leader_epoch, (int)request->controller_epoch);
			if (state->leader == -2) {
				drop(&broker->metadata, topic->topic_name, state->partition_index);
				continue;
			}
			entry = entry_of(broker, &broker->metadata, topic->topic_name,
			    state->partition_index);
			entry->leader = state->leader;
			entry->leader_epoch = state->leader_epoch;
			entry->version = state->zk_version;
			entry->isr_count = state->isr.count;
		}
	}
}

static int16_t
stop(struct town_broker *broker, struct slice topic,
    const struct stop_replica_request_stop_replica_partition_state *state)
{
	char name[TOWN_NAME_SIZE];
	const struct town_entry *entry;

	snprintf(name, sizeof(name), "%.*s", (int)topic.size, (const char *)topic.bytes);
	entry = town_find(&broker->replicas, name, state->partition_index);
	if (broker->has_failed_dir)
		return KAFKA_ERROR_KAFKA_STORAGE_ERROR;
	if (entry != NULL && state->leader_epoch >= 0 && state->leader_epoch < entry->leader_epoch)
		return KAFKA_ERROR_FENCED_LEADER_EPOCH; /* KIP-570 */
	if (state->delete_partition && broker->town->deleted != NULL)
		broker->town->deleted(broker, name, state);
	if (state->delete_partition)
		drop(&broker->replicas, topic, state->partition_index);
	return KAFKA_ERROR_NONE;
}

static void
obey_stop(struct town_broker *broker, const struct stop_replica_request *request,
    struct arena *arena, struct stop_replica_response *response)
{
	int32_t count = 0;

	response->error_code = check_epochs(broker, request->controller_epoch, request->broker_epoch);
	if (response->error_code != KAFKA_ERROR_NONE)
		return;
	broker->stop_replica++;
	for (int32_t i = 0; i < request->topic_states.count; i++)
		count += request->topic_states.items[i].partition_states.count;
	response->partition_errors.items = arena_array(arena, (size_t)count,
	    sizeof(*response->partition_errors.items));
	response->partition_errors.count = 0;
	for (int32_t i = 0; i < request->topic_states.count; i++) {
		const struct stop_replica_request_stop_replica_topic_state *topic =
		    &request->topic_states.items[i];

		for (int32_t j = 0; j < topic->partition_states.count; j++) {
			struct stop_replica_response_stop_replica_partition_error *error =
			    &response->partition_errors.items[response->partition_errors.count++];

			*error = stop_replica_response_stop_replica_partition_error_defaults;
			error->topic_name = topic->topic_name;
			error->partition_index = topic->partition_states.items[j].partition_index;
			error->error_code = stop(broker, topic->topic_name, &topic->partition_states.items[j]);
		}
	}
}

/* All logs of the broker end alike. */
static void
tell_ends(struct town_broker *broker, const struct list_offsets_request *request,
    struct arena *arena, struct list_offsets_response *response)
{
	broker->asked_for_ends++;
	response->topics.items = arena_array(arena, (size_t)request->topics.count,
	    sizeof(*response->topics.items));
	response->topics.count = request->topics.count;
	for (int32_t i = 0; i < request->topics.count; i++) {
		struct list_offsets_response_list_offsets_topic_response *topic =
		    &response->topics.items[i];

		*topic = list_offsets_response_list_offsets_topic_response_defaults;
		topic->name = request->topics.items[i].name;
		topic->partitions.items = arena_new(arena, sizeof(*topic->partitions.items));
		topic->partitions.count = 1;
		*topic->partitions.items =
		    list_offsets_response_list_offsets_partition_response_defaults;
		topic->partitions.items->partition_index =
		    request->topics.items[i].partitions.items[0].partition_index;
		topic->partitions.items->error_code = broker->ends_code;
		topic->partitions.items->leader_epoch = broker->last_epoch;
		topic->partitions.items->offset = broker->end_offset;
	}
}

static void
tell_prefixes(struct town_broker *broker, const struct fetch_request *request,
    struct arena *arena, struct fetch_response *response)
{
	broker->asked_for_prefixes++;
	response->responses.items = arena_array(arena, (size_t)request->topics.count,
	    sizeof(*response->responses.items));
	response->responses.count = request->topics.count;
	for (int32_t i = 0; i < request->topics.count; i++) {
		const struct fetch_request_fetch_partition *asked =
		    request->topics.items[i].partitions.items;
		struct fetch_response_partition_data *told = arena_new(arena, sizeof(*told));

		response->responses.items[i] = fetch_response_fetchable_topic_response_defaults;
		response->responses.items[i].topic = request->topics.items[i].topic;
		response->responses.items[i].partitions.items = told;
		response->responses.items[i].partitions.count = 1;
		*told = fetch_response_partition_data_defaults;
		told->partition_index = asked->partition;
		told->error_code = broker->prefix_code;
		if (broker->parts_at != 0 && broker->parts_at < asked->fetch_offset) {
			told->diverging_epoch.epoch = asked->last_fetched_epoch;
			told->diverging_epoch.end_offset = broker->parts_at;
		}
	}
}

/* --------------------------------------------------------------- channels */

union request {
	struct leader_and_isr_request leader_and_isr;
	struct update_metadata_request metadata;
	struct stop_replica_request stop;
	struct list_offsets_request ends;
	struct fetch_request prefixes;
};

union response {
	struct leader_and_isr_response leader_and_isr;
	struct update_metadata_response metadata;
	struct stop_replica_response stop;
	struct list_offsets_response ends;
	struct fetch_response prefixes;
};

/* Over the wire, so that what cannot be encoded shows. */
static void
carry(struct town_channels *it, const struct controller_message *message, struct arena *arena,
    struct buffer *bytes, union request *request)
{
	struct sim *sim = it->owner->town->sim;
	const struct message_type *type = message_type_find(message->key, false);
	struct buffer_list list;
	struct reader reader;
	enum error error;

	buffer_list_init(&list);
	error = message_encode(type, message->version, message->request, &list);
	sim_check(sim, error == ERROR_NONE, "a request cannot be encoded: %s", error_text(error));
	while (buffer_list_size(&list) > 0) {
		const struct buffer_part *part = buffer_list_front(&list);

		buffer_append(bytes, part->bytes, part->length);
		buffer_list_consume(&list, part->length);
	}
	buffer_list_fini(&list);
	reader_init(&reader, buffer_slice(bytes));
	error = message_decode(type, message->version, &reader, arena, request);
	sim_check(sim, error == ERROR_NONE && reader_remaining(&reader) == 0,
	    "a request cannot be decoded: %s", error_text(error));
}

static void
deliver(struct town_channels *it, struct town_broker *to, struct controller_message *message)
{
	union request request;
	union response response;
	struct arena arena;
	struct buffer bytes;

	buffer_init(&bytes);
	arena_init(&arena, SIZE_MAX);
	carry(it, message, &arena, &bytes, &request);
	message_set_defaults(message_type_find(message->key, true), &response);
	if (message->key == API_KEY_LEADER_AND_ISR)
		obey_leader_and_isr(to, &request.leader_and_isr, &arena, &response.leader_and_isr);
	else if (message->key == API_KEY_UPDATE_METADATA)
		obey_metadata(to, &request.metadata, &response.metadata);
	else if (message->key == API_KEY_LIST_OFFSETS)
		tell_ends(to, &request.ends, &arena, &response.ends);
	else if (message->key == API_KEY_FETCH)
		tell_prefixes(to, &request.prefixes, &arena, &response.prefixes);
	else
		obey_stop(to, &request.stop, &arena, &response.stop);
	message->answered(message, &response);
	arena_fini(&arena);
	buffer_fini(&bytes);
}

static void
again(struct town_channels *it)
{
	timer_start(it->owner->process.world.control, &it->timer,
	    clock_monotonic_us(it->owner->process.world.clock) + DELIVERY_US);
}

static void
on_timer(struct timer *timer)
{
	struct town_channels *it = container_of(timer, struct town_channels, timer);
	bool left = false;

	for (int i = 0; i < it->owner->town->broker_count; i++) {
		struct town_broker *to = &it->owner->town->brokers[i];
		struct town_channel *channel = &it->to[i];
		struct list *link;

		if (!channel->is_open || list_is_empty(&channel->messages))
			continue;
		left = true;
		/* A broker that is not there, or is another life's, does not answer. */
		if (to->is_mute || to->process.state != SIM_PROCESS_UP || to->epoch != channel->epoch)
			continue;
		link = list_take_first(&channel->messages);
		deliver(it, to, container_of(link, struct controller_message, link));
	}
	if (left)
		again(it);
}

static struct town_channel *
channel_of(struct town_channels *it, int32_t broker)
{
	return &it->to[broker - it->owner->town->first];
}

static void
open_channel(struct controller_channels *channels, int32_t broker, int64_t epoch,
    const struct payload_broker *registration UNUSED)
{
	struct town_channels *it = container_of(channels, struct town_channels, channels);
	struct town_channel *channel = channel_of(it, broker);

	sim_check(it->owner->town->sim, !channel->is_open, "a channel is opened twice");
	channel->is_open = true;
	channel->epoch = epoch;
}

static void
close_channel(struct controller_channels *channels, int32_t broker)
{
	struct town_channels *it = container_of(channels, struct town_channels, channels);
	struct town_channel *channel = channel_of(it, broker);
	struct list *link;

	sim_check(it->owner->town->sim, channel->is_open, "a channel is closed twice");
	channel->is_open = false;
	while ((link = list_take_first(&channel->messages)) != NULL) {
		struct controller_message *message =
		    container_of(link, struct controller_message, link);

		message->answered(message, NULL);
	}
}

static void
send_message(struct controller_channels *channels, int32_t broker,
    struct controller_message *message)
{
	struct town_channels *it = container_of(channels, struct town_channels, channels);

	sim_check(it->owner->town->sim, channel_of(it, broker)->is_open,
	    "a message for a channel that is closed");
	list_append(&channel_of(it, broker)->messages, &message->link);
	if (!timer_is_running(&it->timer))
		again(it);
}

static void
change_channel(struct controller_channels *channels, int32_t broker,
    const struct payload_broker *registration UNUSED)
{
	struct town_channels *it = container_of(channels, struct town_channels, channels);

	sim_check(it->owner->town->sim, channel_of(it, broker)->is_open,
	    "a channel that is closed is told of a change");
	channel_of(it, broker)->changed++;
}

void
town_channels_init(struct town_channels *channels, struct town_broker *owner)
{
	channels->channels = (struct controller_channels){ open_channel, close_channel,
		send_message, change_channel };
	channels->owner = owner;
	timer_init(&channels->timer, on_timer);
	for (int i = 0; i < TOWN_BROKERS_MAX; i++) {
		channels->to[i].is_open = false;
		channels->to[i].changed = 0;
		list_init(&channels->to[i].messages);
	}
}

void
town_channels_fini(struct town_channels *channels)
{
	timer_stop(channels->owner->process.world.control, &channels->timer);
}
