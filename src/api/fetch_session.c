#include "api/fetch_session.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* Of a topic, by whichever of the two is used. */
struct topic_key {
	struct slice name;
	struct uuid id;
};

struct partition_key {
	const struct fetch_session_topic *topic;
	int32_t index;
};

static bool
topic_matches(const struct hash_node *node, const void *key)
{
	const struct fetch_session_topic *topic = container_of(node,
	    const struct fetch_session_topic, node);
	const struct topic_key *wanted = key;

	return slice_equal(topic->name, wanted->name) && uuid_equal(topic->id, wanted->id);
}

static bool
partition_matches(const struct hash_node *node, const void *key)
{
	const struct fetch_session_partition *partition = container_of(node,
	    const struct fetch_session_partition, node);
	const struct partition_key *wanted = key;

	return partition->topic == wanted->topic && partition->asked.index == wanted->index;
}

struct fetch_session *
fetch_session_new(const uint64_t seed[2], bool uses_ids, bool is_privileged)
{
	struct fetch_session *it = memory_new(sizeof(*it));

	it->epoch = fetch_session_next_epoch(FETCH_SESSION_INITIAL_EPOCH);
	it->uses_ids = uses_ids;
	it->is_privileged = is_privileged;
	list_init(&it->by_use);
	list_init(&it->order);
	hash_table_init(&it->topics, seed, topic_matches);
	hash_table_init(&it->partitions, seed, partition_matches);
	return it;
}

int32_t
fetch_session_next_epoch(int32_t epoch)
{
	assert(epoch >= 0);
	return epoch == INT32_MAX ? 1 : epoch + 1;
}

/* ------------------------------------------------------------------- topics */

static struct topic_key
key_of(const struct fetch_session *it, struct slice name, struct uuid id)
{
	return it->uses_ids ? (struct topic_key){ slice_of("", 0), id } :
	    (struct topic_key){ name, { { 0 } } };
}

static uint64_t
topic_hash(const struct fetch_session *it, const struct topic_key *key)
{
	return hash_table_hash(&it->topics, it->uses_ids ?
	    slice_of(&key->id, sizeof(key->id)) : key->name);
}

static struct fetch_session_topic *
find_topic(const struct fetch_session *it, const struct topic_key *key)
{
	struct hash_node *node = hash_table_find(&it->topics, topic_hash(it, key), key);

	return node == NULL ? NULL : container_of(node, struct fetch_session_topic, node);
}

static struct fetch_session_topic *
add_topic(struct fetch_session *it, const struct topic_key *key)
{
	struct fetch_session_topic *topic = memory_new(sizeof(*topic));

	topic->name = slice_of(memory_text(key->name.bytes, key->name.size), key->name.size);
	topic->id = key->id;
	hash_table_insert(&it->topics, &topic->node, topic_hash(it, key));
	return topic;
}

static void
topic_free(struct fetch_session *it, struct fetch_session_topic *topic)
{
	hash_table_remove(&it->topics, &topic->node);
	free((char *)(uintptr_t)topic->name.bytes);
	free(topic);
}

/* --------------------------------------------------------------- partitions */

static uint64_t
partition_hash(const struct partition_key *key)
{
	return key->topic->node.hash + (uint64_t)(uint32_t)key->index;
}

static struct fetch_session_partition *
find_partition(const struct fetch_session *it, const struct partition_key *key)
{
	struct hash_node *node = hash_table_find(&it->partitions, partition_hash(key), key);

	return node == NULL ? NULL : container_of(node, struct fetch_session_partition, node);
}

static void
partition_free(struct fetch_session *it, struct fetch_session_partition *partition)
{
	struct fetch_session_topic *topic = partition->topic;

	hash_table_remove(&it->partitions, &partition->node);
	list_remove(&partition->link);
	free(partition);
	if (--topic->count == 0)
		topic_free(it, topic);
}

void
fetch_session_free(struct fetch_session *it)
{
	LIST_FOREACH(link, &it->order)
		partition_free(it, container_of(link, struct fetch_session_partition, link));
	hash_table_fini(&it->partitions);
	hash_table_fini(&it->topics);
	free(it);
}

struct fetch_session_partition *
fetch_session_ask(struct fetch_session *it, struct slice name, struct uuid id,
    const struct fetch_asked *asked)
{
	struct topic_key key = key_of(it, name, id);
	struct fetch_session_topic *topic = find_topic(it, &key);
	struct fetch_session_partition *partition = topic == NULL ? NULL :
	    find_partition(it, &(struct partition_key){ topic, asked->index });

	if (partition != NULL) {
#ifndef CANARY_FETCH_SESSION_KEEPS_OFFSET
		partition->asked = *asked;
#endif
		return partition;
	}
	if (fetch_session_count(it) == FETCH_SESSION_PARTITIONS_MAX)
		return NULL;
	if (topic == NULL)
		topic = add_topic(it, &key);
	partition = memory_new(sizeof(*partition));
	partition->topic = topic;
	partition->asked = *asked;
	partition->high_watermark = partition->log_start_offset = -1;
	list_init(&partition->link);
	list_append(&it->order, &partition->link);
	hash_table_insert(&it->partitions, &partition->node,
	    partition_hash(&(struct partition_key){ topic, asked->index }));
	topic->count++;
	return partition;
}

void
fetch_session_forget(struct fetch_session *it, struct slice name, struct uuid id, int32_t index)
{
	struct topic_key key = key_of(it, name, id);
	struct fetch_session_topic *topic = find_topic(it, &key);
	struct fetch_session_partition *partition = topic == NULL ? NULL :
	    find_partition(it, &(struct partition_key){ topic, index });

	if (partition != NULL)
		partition_free(it, partition);
}

bool
fetch_session_tell(struct fetch_session *it, struct fetch_session_partition *partition,
    const struct fetch_told *told)
{
	bool is_news = told->has_records || told->has_error || told->diverges || told->has_preferred ||
	    told->high_watermark != partition->high_watermark ||
	    told->log_start_offset != partition->log_start_offset;

	if (!is_news)
		return false;
	/* Who cuts its log first takes nothing else of it: it is told once more (seed 520629). */
	partition->high_watermark = told->has_error || told->diverges ? -1 : told->high_watermark;
	partition->log_start_offset = told->log_start_offset;
	if (told->has_records) {
		list_remove(&partition->link);
		list_append(&it->order, &partition->link);
	}
	return true;
}
