/*
 * Replicas that could not be made. The controller has been answered
 * KAFKA_STORAGE_ERROR and holds them for offline; those for want of space or
 * descriptors (F20) it is moved to ask for again when there is room, less and less
 * often as long as that does not help. Who lacks records that it is to have stays in
 * doubt by name meanwhile (F18): who elects may not have heard the answer yet.
 */
#include <stdlib.h>

#include "base/memory.h"
#include "partition/replicas_private.h"

enum {
	FIRST_WAIT_US = 1000 * 1000,
	LAST_WAIT_US = 60 * 1000 * 1000,
	/* Whoever is not named meanwhile is not wanted here any more. */
	ASKS_MAX = 10,
};

struct unmade {
	struct hash_node node;
	struct slice topic;
	int32_t index;
	struct uuid topic_id;
	struct unmade_kind kind;
	bool was_asked; /* by the controller, since it lacks records or lacks none */
	int asks; /* since it was tried */
};

struct unmade_key {
	struct slice topic;
	int32_t index;
};

static bool
matches(const struct hash_node *node, const void *key)
{
	const struct unmade *unmade = container_of(node, const struct unmade, node);
	const struct unmade_key *wanted = key;

	return unmade->index == wanted->index && slice_equal(unmade->topic, wanted->topic);
}

static uint64_t
hash_of(const struct replicas *it, const struct unmade_key *key)
{
	return hash_table_hash(&it->unmade, key->topic) + (uint64_t)key->index;
}

static struct unmade *
find(const struct replicas *it, struct slice topic, int32_t index)
{
	struct unmade_key key = { topic, index };
	struct hash_node *node = hash_table_find(&it->unmade, hash_of(it, &key), &key);

	return node == NULL ? NULL : container_of(node, struct unmade, node);
}

static void
forget(struct replicas *it, struct unmade *unmade)
{
	it->unmade_for_room -= unmade->kind.waits_for_room;
	it->unmade_lacking -= unmade->kind.lacks_records;
	hash_table_remove(&it->unmade, &unmade->node);
	free((char *)(uintptr_t)unmade->topic.bytes);
	free(unmade);
}

void
replicas_unmade_init(struct replicas *it, const uint64_t seed[2])
{
	hash_table_init(&it->unmade, seed, matches);
}

void
replicas_unmade_fini(struct replicas *it)
{
	HASH_TABLE_FOREACH(link, &it->unmade)
		forget(it, container_of(hash_node_of(link), struct unmade, node));
	hash_table_fini(&it->unmade);
}

void
replicas_remember_unmade(struct replicas *it, struct slice topic, int32_t index,
    struct uuid topic_id, struct unmade_kind kind)
{
	struct unmade_key key = { topic, index };
	struct unmade *unmade = find(it, topic, index);
	bool changes;

	if (kind.waits_for_room && it->unmade_for_room == 0) {
		it->ask_wait_us = FIRST_WAIT_US;
		it->ask_us = clock_monotonic_us(it->world->clock) + it->ask_wait_us;
	}
	if (unmade == NULL) {
		unmade = memory_new(sizeof(*unmade));
		unmade->topic = slice_of(memory_text(topic.bytes, topic.size), topic.size);
		unmade->index = index;
		hash_table_insert(&it->unmade, &unmade->node, hash_of(it, &key));
	}
	it->unmade_for_room -= unmade->kind.waits_for_room;
	it->unmade_for_room += kind.waits_for_room;
	it->unmade_lacking -= unmade->kind.lacks_records;
	it->unmade_lacking += kind.lacks_records;
	changes = unmade->kind.lacks_records != kind.lacks_records;
	unmade->was_asked = unmade->was_asked && !changes && uuid_equal(unmade->topic_id, topic_id);
	unmade->topic_id = topic_id;
	unmade->kind = kind;
	unmade->asks = 0;
	if (!changes)
		return;
	replicas_tell_doubts(it);
	replicas_forget_missing(it);
}

void
replicas_forget_unmade(struct replicas *it, struct slice topic, int32_t index)
{
	struct unmade *unmade = find(it, topic, index);
	bool lacked = unmade != NULL && unmade->kind.lacks_records;

	if (unmade != NULL)
		forget(it, unmade);
	if (!lacked)
		return;
	replicas_tell_doubts(it);
	replicas_forget_missing(it);
}

bool
replicas_unmade_is_new(const struct replicas *it, struct slice topic, int32_t index,
    struct uuid topic_id)
{
	const struct unmade *unmade = find(it, topic, index);

	return unmade != NULL && unmade->kind.is_new && uuid_equal(unmade->topic_id, topic_id);
}

bool
replicas_unmade_lacks(const struct replicas *it, struct slice topic, int32_t index,
    struct uuid topic_id)
{
	const struct unmade *unmade = find(it, topic, index);

	return unmade != NULL && unmade->kind.lacks_records && uuid_equal(unmade->topic_id, topic_id);
}

void
replicas_unmade_was_asked(struct replicas *it, struct slice topic, int32_t index)
{
	struct unmade *unmade = find(it, topic, index);

	if (unmade != NULL)
		unmade->was_asked = true;
}

bool
replicas_unmade_is_asked(const struct replicas *it, struct slice topic, int32_t index,
    struct uuid topic_id)
{
	const struct unmade *unmade = find(it, topic, index);

	return unmade != NULL && unmade->was_asked && unmade->kind.lacks_records &&
	    uuid_equal(unmade->topic_id, topic_id);
}

static int
by_name(const void *a, const void *b)
{
	const struct unmade_name *one = a, *other = b;
	int order = slice_compare(one->topic, other->topic);

	return order != 0 ? order : (one->index > other->index) - (one->index < other->index);
}

size_t
replicas_unmade_list(const struct replicas *it, struct arena *arena,
    const struct unmade_name **names)
{
	struct unmade_name *list = arena_array(arena, it->unmade.count + 1, sizeof(*list));
	size_t count = 0;

	HASH_TABLE_FOREACH(link, &it->unmade) {
		const struct unmade *unmade = container_of(hash_node_of(link), struct unmade, node);

		if (unmade->kind.lacks_records)
			list[count++] = (struct unmade_name){ unmade->topic, unmade->index };
	}
	qsort(list, count, sizeof(*list), by_name);
	*names = list;
	return count;
}

static bool
has_room(const struct replicas *it)
{
	for (int i = 0; i < it->dirs->count; i++)
		if (it->dirs->dirs[i].state == ERROR_NONE &&
		    log_room_left(&it->dirs->dirs[i].room) > 0)
			return true;
	return false;
}

void
replicas_ask_for_unmade(struct replicas *it)
{
	int64_t now_us = clock_monotonic_us(it->world->clock);

	if (it->unmade_for_room == 0 || now_us < it->ask_us || !has_room(it))
		return;
	it->ask_wait_us = MIN(2 * it->ask_wait_us, LAST_WAIT_US);
	it->ask_us = now_us + it->ask_wait_us;
	HASH_TABLE_FOREACH(link, &it->unmade) {
		struct unmade *unmade = container_of(hash_node_of(link), struct unmade, node);

		if (unmade->kind.waits_for_room && ++unmade->asks > ASKS_MAX)
			replicas_forget_unmade(it, unmade->topic, unmade->index);
	}
	if (it->unmade_for_room == 0)
		return;
	log_info(it->world->logger, "%zu replicas could not be made: there is room now, the "
	    "controller is to ask again", it->unmade_for_room);
	it->options.listener->has_room(it->options.listener);
}
