#include "group/offsets.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"

struct offset_key {
	struct slice topic;
	int32_t partition;
};

static struct kept_offset *
entry_of(const struct hash_node *node)
{
	return container_of(node, struct kept_offset, node);
}

static bool
matches(const struct hash_node *node, const void *key)
{
	const struct kept_offset *entry = entry_of(node);
	const struct offset_key *wanted = key;

	return entry->partition == wanted->partition && slice_equal(entry->topic, wanted->topic);
}

static uint64_t
hash_of(const struct offsets *offsets, const struct offset_key *key)
{
	/* Odd, so that partitions of a topic fall into different buckets. */
	static const uint64_t spread = 0x9E3779B97F4A7C15;

	return hash_table_hash(&offsets->entries, key->topic) + (uint32_t)key->partition * spread;
}

void
offsets_init(struct offsets *offsets, const uint64_t seed[2])
{
	hash_table_init(&offsets->entries, seed, matches);
}

void
offsets_fini(struct offsets *offsets)
{
	OFFSETS_FOREACH(link, offsets)
		offsets_remove(offsets, kept_offset_of(link));
	hash_table_fini(&offsets->entries);
}

size_t
offsets_count(const struct offsets *offsets)
{
	return offsets->entries.count;
}

struct kept_offset *
kept_offset_of(struct list *link)
{
	return entry_of(hash_node_of(link));
}

static struct kept_offset *
find(const struct offsets *offsets, const struct offset_key *key, uint64_t hash)
{
	struct hash_node *node = hash_table_find(&offsets->entries, hash, key);

	return node == NULL ? NULL : entry_of(node);
}

struct kept_offset *
offsets_find(const struct offsets *offsets, struct slice topic, int32_t partition)
{
	struct offset_key key = { topic, partition };

	return find(offsets, &key, hash_of(offsets, &key));
}

static struct kept_offset *
find_or_make(struct offsets *offsets, struct slice topic, int32_t partition)
{
	struct offset_key key = { topic, partition };
	uint64_t hash = hash_of(offsets, &key);
	struct kept_offset *entry = find(offsets, &key, hash);

	if (entry != NULL)
		return entry;
	entry = memory_new(sizeof(*entry) + topic.size);
	memcpy(entry + 1, topic.bytes, topic.size);
	entry->topic = slice_of(entry + 1, topic.size);
	entry->partition = partition;
	entry->position = -1;
	hash_table_insert(&offsets->entries, &entry->node, hash);
	return entry;
}

static void
free_metadata(struct kept_offset *entry)
{
	if (entry->committed.metadata.size > 0)
		free((void *)(uintptr_t)entry->committed.metadata.bytes);
	entry->committed.metadata = slice_of("", 0);
}

static void
free_when_unheld(struct kept_offset *entry)
{
	if (entry->holders > 0)
		return;
	free_metadata(entry);
	free(entry);
}

static void
set(struct kept_offset *entry, const struct committed_offset *committed, int64_t position)
{
	struct slice metadata = committed->metadata;

	if (metadata.size > 0)
		metadata = slice_of(memory_text(metadata.bytes, metadata.size), metadata.size);
	else
		metadata = slice_of("", 0);
	free_metadata(entry);
	entry->committed = *committed;
	entry->committed.metadata = metadata;
	entry->position = position;
	entry->is_committed = true;
}

struct kept_offset *
offsets_hold(struct offsets *offsets, struct slice topic, int32_t partition)
{
	struct kept_offset *entry = find_or_make(offsets, topic, partition);

	entry->holders++;
	return entry;
}

void
offsets_release(struct offsets *offsets, struct kept_offset *entry,
    const struct committed_offset *committed, int64_t position)
{
	assert(entry->holders > 0);
	entry->holders--;
	if (entry->is_removed) {
		free_when_unheld(entry);
		return;
	}
	if (committed != NULL && entry->position <= position)
		set(entry, committed, position);
	if (entry->holders == 0 && !entry->is_committed)
		offsets_remove(offsets, entry);
}

void
offsets_load(struct offsets *offsets, struct slice topic, int32_t partition,
    const struct committed_offset *committed, int64_t position)
{
	set(find_or_make(offsets, topic, partition), committed, position);
}

void
offsets_forget(struct offsets *offsets, struct kept_offset *entry)
{
	entry->is_committed = false;
	entry->position = -1;
	if (entry->holders == 0)
		offsets_remove(offsets, entry);
}

void
offsets_delete(struct offsets *offsets, struct kept_offset *entry, int64_t position)
{
	if (!entry->is_removed && entry->position <= position) {
		entry->is_committed = false;
		entry->position = position;
	}
	offsets_release(offsets, entry, NULL, -1);
}

void
offsets_remove(struct offsets *offsets, struct kept_offset *entry)
{
	hash_table_remove(&offsets->entries, &entry->node);
	entry->is_removed = true;
	free_when_unheld(entry);
}
