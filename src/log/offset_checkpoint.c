#include "log/offset_checkpoint.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "log/whole_file.h"

struct key {
	struct slice topic;
	int32_t partition;
};

static bool
matches(const struct hash_node *node, const void *key)
{
	const struct key *wanted = key;
	const struct offset_checkpoint_entry *entry =
	    container_of(node, const struct offset_checkpoint_entry, node);

	return entry->partition == wanted->partition &&
	    slice_equal(slice_of(entry->topic, entry->topic_size), wanted->topic);
}

static uint64_t
hash_of(const struct offset_checkpoint *checkpoint, const struct key *key)
{
	uint64_t topic = hash_table_hash(&checkpoint->entries, key->topic);

	return topic ^ ((uint64_t)(uint32_t)key->partition * UINT64_C(0x9e3779b97f4a7c15));
}

static struct offset_checkpoint_entry *
find(const struct offset_checkpoint *checkpoint, const struct key *key)
{
	struct hash_node *node =
	    hash_table_find(&checkpoint->entries, hash_of(checkpoint, key), key);

	return node == NULL ? NULL : container_of(node, struct offset_checkpoint_entry, node);
}

void
offset_checkpoint_init(struct offset_checkpoint *checkpoint, const uint64_t seed[2])
{
	hash_table_init(&checkpoint->entries, seed, matches);
}

void
offset_checkpoint_fini(struct offset_checkpoint *checkpoint)
{
	offset_checkpoint_clear(checkpoint);
	hash_table_fini(&checkpoint->entries);
}

size_t
offset_checkpoint_count(const struct offset_checkpoint *checkpoint)
{
	return checkpoint->entries.count;
}

void
offset_checkpoint_set(struct offset_checkpoint *checkpoint, struct slice topic, int32_t partition,
    int64_t offset)
{
	struct key key = { topic, partition };
	struct offset_checkpoint_entry *entry = find(checkpoint, &key);

	assert(topic.size > 0 && topic.size <= UINT32_MAX && partition >= 0 && offset >= 0);
	if (entry != NULL) {
		entry->offset = offset;
		return;
	}
	entry = memory_new(sizeof(*entry) + topic.size + 1);
	memcpy(entry->topic, topic.bytes, topic.size);
	entry->topic_size = (uint32_t)topic.size;
	entry->partition = partition;
	entry->offset = offset;
	hash_table_insert(&checkpoint->entries, &entry->node, hash_of(checkpoint, &key));
}

bool
offset_checkpoint_get(const struct offset_checkpoint *checkpoint, struct slice topic,
    int32_t partition, int64_t *offset)
{
	struct key key = { topic, partition };
	const struct offset_checkpoint_entry *entry = find(checkpoint, &key);

	if (entry == NULL)
		return false;
	*offset = entry->offset;
	return true;
}

static void
drop(struct offset_checkpoint *checkpoint, struct offset_checkpoint_entry *entry)
{
	hash_table_remove(&checkpoint->entries, &entry->node);
	free(entry);
}

void
offset_checkpoint_remove(struct offset_checkpoint *checkpoint, struct slice topic,
    int32_t partition)
{
	struct key key = { topic, partition };
	struct offset_checkpoint_entry *entry = find(checkpoint, &key);

	if (entry != NULL)
		drop(checkpoint, entry);
}

void
offset_checkpoint_clear(struct offset_checkpoint *checkpoint)
{
	OFFSET_CHECKPOINT_FOREACH(link, checkpoint)
		drop(checkpoint, offset_checkpoint_entry_of(link));
}

static enum error
parse_entry(struct offset_checkpoint *checkpoint, struct checkpoint_reader *reader)
{
	struct slice words[3];
	int64_t partition, offset;
	enum error error = checkpoint_reader_next(reader, words, 3);

	if (error != ERROR_NONE)
		return error;
	if (!checkpoint_number(words[1], 0, INT32_MAX, &partition))
		return checkpoint_reader_reject(reader, "not a partition number");
	if (!checkpoint_number(words[2], 0, INT64_MAX, &offset))
		return checkpoint_reader_reject(reader, "not an offset");
	offset_checkpoint_set(checkpoint, words[0], (int32_t)partition, offset);
	return ERROR_NONE;
}

enum error
offset_checkpoint_parse(struct offset_checkpoint *checkpoint, struct slice text,
    struct text_complaint *complaint)
{
	struct checkpoint_reader reader;
	enum error error = checkpoint_reader_init(&reader, text);

	while (error == ERROR_NONE)
		error = parse_entry(checkpoint, &reader);
	*complaint = reader.complaint;
	if (error == ERROR_END_OF_STREAM)
		return ERROR_NONE;
	offset_checkpoint_clear(checkpoint);
	return error;
}

void
offset_checkpoint_format(const struct offset_checkpoint *checkpoint, struct buffer *text)
{
	checkpoint_begin(text, checkpoint->entries.count);
	OFFSET_CHECKPOINT_FOREACH(link, checkpoint) {
		const struct offset_checkpoint_entry *entry = offset_checkpoint_entry_of(link);
		buffer_append(text, entry->topic, entry->topic_size);
		buffer_append(text, " ", 1);
		checkpoint_append_number(text, entry->partition);
		buffer_append(text, " ", 1);
		checkpoint_append_number(text, entry->offset);
		buffer_append(text, "\n", 1);
	}
}

enum error
offset_checkpoint_read(struct offset_checkpoint *checkpoint, struct disk *disk, const char *path,
    struct text_complaint *complaint)
{
	struct buffer text;

	*complaint = (struct text_complaint){ 0, NULL };
	offset_checkpoint_clear(checkpoint);
	buffer_init(&text);
	enum error error = whole_file_read(disk, path, CHECKPOINT_SIZE_MAX, &text);
	if (error == ERROR_NONE)
		error = offset_checkpoint_parse(checkpoint, buffer_slice(&text), complaint);
	buffer_fini(&text);
	return error;
}

enum error
offset_checkpoint_write(const struct offset_checkpoint *checkpoint, struct disk *disk,
    const char *path)
{
	struct buffer text;

	buffer_init(&text);
	offset_checkpoint_format(checkpoint, &text);
	enum error error = whole_file_replace(disk, path, buffer_slice(&text));
	buffer_fini(&text);
	return error;
}
