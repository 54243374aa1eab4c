/* cluster/image.c: an image, and the next one that an UpdateMetadata request makes of it. */
#include "cluster/image.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/macros.h"
#include "base/memory.h"
#include "config/listeners.h"

enum {
	LEADER_DURING_DELETE = -2,
	/*
	 * Topics are arrays by index, so one number may not ask for more memory
	 * than any cluster has partitions in a topic: 2 MiB of pointers.
	 */
	PARTITION_INDEX_MAX = (1 << 18) - 1,
};

typedef struct update_metadata_request_update_metadata_partition_state partition_state;
typedef struct update_metadata_request_update_metadata_broker broker_state;
typedef struct update_metadata_request_update_metadata_endpoint endpoint_state;

/* With the memory of its brokers. */
struct image_owner {
	struct image image;
	struct arena arena;
};

static void
image_free(struct counted *counted)
{
	struct image_owner *owner = container_of(counted, struct image_owner, image.counted);

	persistent_map_release(owner->image.topics);
	persistent_map_release(owner->image.topics_by_id);
	arena_fini(&owner->arena);
	free(owner);
}

static struct image_owner *
owner_new(void)
{
	struct image_owner *owner = memory_new(sizeof(*owner));

	counted_init(&owner->image.counted, image_free);
	arena_init(&owner->arena, SIZE_MAX);
	owner->image.controller = IMAGE_NO_BROKER;
	return owner;
}

struct image *
image_new(void)
{
	return &owner_new()->image;
}

/* ------------------------------------------------------------ partitions */

static void
partition_free(struct counted *counted)
{
	free(container_of(counted, struct image_partition, counted));
}

static size_t
length_of(int32_t count)
{
	return count > 0 ? (size_t)count : 0;
}

static struct image_replicas
copy_ids(int32_t **to, const int32_t *ids, int32_t count)
{
	struct image_replicas replicas = { .ids = *to, .count = (int32_t)length_of(count) };

	for (int32_t i = 0; i < replicas.count; i++)
		*(*to)++ = ids[i];
	return replicas;
}

static struct image_partition *
partition_new(const partition_state *state)
{
	size_t ids = length_of(state->replicas.count) + length_of(state->isr.count) +
	    length_of(state->offline_replicas.count);
	struct image_partition *partition = memory_new(sizeof(*partition) + ids * sizeof(int32_t));
	int32_t *to = (int32_t *)(void *)(partition + 1);

	counted_init(&partition->counted, partition_free);
	partition->index = state->partition_index;
	partition->controller_epoch = state->controller_epoch;
	partition->leader = state->leader;
	partition->leader_epoch = state->leader_epoch;
	partition->partition_epoch = state->zk_version;
	partition->replicas = copy_ids(&to, state->replicas.items, state->replicas.count);
	partition->isr = copy_ids(&to, state->isr.items, state->isr.count);
	partition->offline = copy_ids(&to, state->offline_replicas.items,
	    state->offline_replicas.count);
	return partition;
}

static void
partition_release(struct image_partition *partition)
{
	counted_release(partition == NULL ? NULL : &partition->counted);
}

/* ---------------------------------------------------------------- topics */

/* What a request says of one topic. */
struct topic_change {
	struct slice name;
	struct uuid id; /* zero: not told */
	const partition_state *states;
	int32_t count;
};

static void
topic_free(struct counted *counted)
{
	struct image_topic *topic = container_of(counted, struct image_topic, counted);

	for (int32_t i = 0; i < topic->partition_count; i++)
		partition_release(topic->partitions[i]);
	free(topic);
}

static bool
index_is_usable(int32_t index)
{
	return index >= 0 && index <= PARTITION_INDEX_MAX;
}

static int32_t
room_for(const struct image_topic *old, const struct topic_change *change)
{
	int32_t room = old == NULL ? 0 : old->partition_count;

	for (int32_t i = 0; i < change->count; i++) {
		if (index_is_usable(change->states[i].partition_index))
			room = MAX(room, change->states[i].partition_index + 1);
	}
	return room;
}

/* Name and pointers lie behind the struct, in one piece of memory. */
static struct image_topic *
topic_new(struct slice name, struct uuid id, int32_t room)
{
	size_t pointers = (size_t)room * sizeof(struct image_partition *);
	struct image_topic *topic = memory_new(sizeof(*topic) + pointers + name.size);
	uint8_t *text = (uint8_t *)(topic + 1) + pointers;

	counted_init(&topic->counted, topic_free);
	topic->partitions = (struct image_partition **)(void *)(topic + 1);
	if (name.size > 0)
		memcpy(text, name.bytes, name.size);
	topic->name = slice_of(text, name.size);
	topic->id = id;
	memcpy(topic->id_key, id.bytes, sizeof(topic->id_key));
	return topic;
}

static void
apply_state(struct image_topic *topic, const partition_state *state)
{
	struct image_partition **slot = &topic->partitions[state->partition_index];

#ifdef CANARY_DELETED_TOPIC_STAYS_LISTED
	if (state->leader == LEADER_DURING_DELETE)
		return;
#endif
	partition_release(*slot);
	*slot = state->leader == LEADER_DURING_DELETE ? NULL : partition_new(state);
}

/* The topic after the change; NULL when no partition is left. */
static struct image_topic *
topic_changed(const struct image_topic *old, const struct topic_change *change)
{
	struct uuid id = change->id;

	if (old != NULL && uuid_is_zero(id))
		id = old->id;
	/* Under another id it is another topic: nothing of the old one is true of it. */
	if (old != NULL && !uuid_is_zero(old->id) && !uuid_equal(old->id, id))
		old = NULL;
	struct image_topic *topic = topic_new(change->name, id, room_for(old, change));

	for (int32_t i = 0; old != NULL && i < old->partition_count; i++) {
		topic->partitions[i] = old->partitions[i];
		if (topic->partitions[i] != NULL)
			counted_hold(&topic->partitions[i]->counted);
	}
	topic->partition_count = room_for(old, change);
	for (int32_t i = 0; i < change->count; i++) {
		if (index_is_usable(change->states[i].partition_index))
			apply_state(topic, &change->states[i]);
	}
	while (topic->partition_count > 0 && topic->partitions[topic->partition_count - 1] == NULL)
		topic->partition_count--;
	if (topic->partition_count > 0)
		return topic;
	counted_release(&topic->counted);
	return NULL;
}

static struct slice
id_key(const struct image_topic *topic)
{
	return slice_of(topic->id_key, sizeof(topic->id_key));
}

/* Unless another topic has the same id, against all rules. */
static void
forget_id(struct image *image, const struct image_topic *topic)
{
	if (persistent_map_find(image->topics_by_id, id_key(topic)) == &topic->counted)
		image->topics_by_id =
		    persistent_map_take_without(image->topics_by_id, id_key(topic));
}

static void
change_topic(struct image *image, const struct topic_change *change)
{
	const struct image_topic *old = image_topic_find(image, change->name);
	struct image_topic *topic = topic_changed(old, change);

	if (old != NULL)
		forget_id(image, old);
	if (topic == NULL) {
		image->topics = persistent_map_take_without(image->topics, change->name);
		return;
	}
	if (!uuid_is_zero(topic->id)) {
		counted_hold(&topic->counted);
		image->topics_by_id =
		    persistent_map_take_with(image->topics_by_id, id_key(topic), &topic->counted);
	}
	image->topics = persistent_map_take_with(image->topics, topic->name, &topic->counted);
}

/* By topic, and then as they came. */
static int
compare_states(const void *a, const void *b)
{
	const partition_state *left = *(const partition_state *const *)a;
	const partition_state *right = *(const partition_state *const *)b;
	int order = slice_compare(left->topic_name, right->topic_name);

	return order != 0 ? order : (left > right) - (left < right);
}

/* Versions 0 to 4: partitions of all topics in any order. */
static void
change_ungrouped(struct image *image, const partition_state *states, int32_t count)
{
	const partition_state **sorted = memory_array((size_t)count, sizeof(*sorted));
	partition_state *grouped = memory_array((size_t)count, sizeof(*grouped));

	for (int32_t i = 0; i < count; i++)
		sorted[i] = &states[i];
	qsort(sorted, (size_t)count, sizeof(*sorted), compare_states);
	for (int32_t i = 0; i < count; i++)
		grouped[i] = *sorted[i];
	for (int32_t first = 0, end; first < count; first = end) {
		struct slice name = grouped[first].topic_name;

		for (end = first + 1; end < count && slice_equal(grouped[end].topic_name, name);)
			end++;
		change_topic(image, &(struct topic_change){ .name = name,
			.states = &grouped[first], .count = end - first });
	}
	free(grouped);
	free(sorted);
}

/* --------------------------------------------------------------- brokers */

static struct slice
copy_text(struct arena *arena, struct slice text)
{
	if (slice_is_null(text))
		return text;
	return slice_of(arena_text(arena, text.bytes, text.size), text.size);
}

/* Versions below 3 have no name of a listener: it is that of its protocol. */
static struct slice
listener_of(const endpoint_state *state)
{
	if (state->listener.size > 0)
		return state->listener;
	if (state->security_protocol < 0 || state->security_protocol >= SECURITY_PROTOCOL_COUNT)
		return slice_of("", 0);
	return slice_of_text(security_protocol_name(
	    (enum security_protocol)state->security_protocol));
}

static void
fill_broker(struct arena *arena, const broker_state *state, struct image_broker *broker)
{
	const endpoint_state old = { .host = state->v0_host, .port = state->v0_port };
	bool is_old = state->endpoints.count <= 0 && state->v0_host.size > 0;
	size_t count = is_old ? 1 : length_of(state->endpoints.count);
	struct image_endpoint *endpoints = arena_array(arena, count, sizeof(*endpoints));

	for (size_t i = 0; i < count; i++) {
		const endpoint_state *from = is_old ? &old : &state->endpoints.items[i];

		endpoints[i] = (struct image_endpoint){
			.listener = copy_text(arena, listener_of(from)),
			.host = copy_text(arena, from->host),
			.port = from->port,
			.security_protocol = from->security_protocol,
		};
	}
	broker->id = state->id;
	broker->rack = state->rack.size > 0 ? copy_text(arena, state->rack) : slice_null();
	broker->endpoints = endpoints;
	broker->endpoint_count = count;
}

static int
compare_brokers(const void *a, const void *b)
{
	int32_t left = ((const struct image_broker *)a)->id;
	int32_t right = ((const struct image_broker *)b)->id;

	return (left > right) - (left < right);
}

static void
set_brokers(struct image_owner *owner, const broker_state *states, int32_t count)
{
	struct image_broker *brokers = arena_array(&owner->arena, length_of(count),
	    sizeof(*brokers));
	size_t distinct = 0;

	for (int32_t i = 0; i < count; i++)
		fill_broker(&owner->arena, &states[i], &brokers[i]);
	if (count > 0)
		qsort(brokers, (size_t)count, sizeof(*brokers), compare_brokers);
	for (int32_t i = 0; i < count; i++) {
		if (distinct == 0 || brokers[distinct - 1].id != brokers[i].id)
			brokers[distinct++] = brokers[i];
	}
	owner->image.brokers = brokers;
	owner->image.broker_count = distinct;
}

/* ----------------------------------------------------------------- image */

/* `next` has the topics that were there before. */
static void
fill_image(struct image_owner *owner, const struct update_metadata_request *request)
{
	struct image *next = &owner->image;

	next->controller_epoch = request->controller_epoch;
	next->controller = request->controller_id < 0 ? IMAGE_NO_BROKER : request->controller_id;
	set_brokers(owner, request->live_brokers.items, request->live_brokers.count);
	for (int32_t i = 0; i < request->topic_states.count; i++) {
		const struct update_metadata_request_update_metadata_topic_state *state =
		    &request->topic_states.items[i];

		change_topic(next, &(struct topic_change){ .name = state->topic_name,
			.id = state->topic_id, .states = state->partition_states.items,
			.count = state->partition_states.count });
	}
	if (request->ungrouped_partition_states.count > 0)
		change_ungrouped(next, request->ungrouped_partition_states.items,
		    request->ungrouped_partition_states.count);
}

struct image *
image_updated(const struct image *image, const struct update_metadata_request *request)
{
	struct image_owner *owner = owner_new();

	owner->image.version = image->version + 1;
	owner->image.topics = persistent_map_hold(image->topics);
	owner->image.topics_by_id = persistent_map_hold(image->topics_by_id);
	fill_image(owner, request);
	return &owner->image;
}

struct image *
image_replaced(const struct image *image, const struct update_metadata_request *request)
{
	struct image_owner *owner = owner_new();

	owner->image.version = image->version + 1;
	fill_image(owner, request);
	return &owner->image;
}

static const struct image_topic *
find_topic(const struct persistent_map *map, struct slice key)
{
	struct counted *counted = persistent_map_find(map, key);

	return counted == NULL ? NULL : container_of(counted, struct image_topic, counted);
}

const struct image_topic *
image_topic_find(const struct image *image, struct slice name)
{
	return find_topic(image->topics, name);
}

const struct image_topic *
image_topic_find_id(const struct image *image, struct uuid id)
{
	return find_topic(image->topics_by_id, slice_of(id.bytes, sizeof(id.bytes)));
}

const struct image_partition *
image_partition_find(const struct image_topic *topic, int32_t index)
{
	return index < 0 || index >= topic->partition_count ? NULL : topic->partitions[index];
}

const struct image_broker *
image_broker_find(const struct image *image, int32_t id)
{
	struct image_broker wanted = { .id = id };

	if (image->broker_count == 0)
		return NULL;
	return bsearch(&wanted, image->brokers, image->broker_count, sizeof(wanted),
	    compare_brokers);
}

const struct image_endpoint *
image_endpoint_find(const struct image_broker *broker, struct slice listener)
{
	for (size_t i = 0; i < broker->endpoint_count; i++) {
		if (slice_equal(broker->endpoints[i].listener, listener))
			return &broker->endpoints[i];
	}
	return NULL;
}
