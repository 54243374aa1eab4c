#include "log/shrunk_isr_checkpoint.h"

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
	const struct shrunk_isr_entry *entry =
	    container_of(node, const struct shrunk_isr_entry, node);

	return entry->partition == wanted->partition &&
	    slice_equal(slice_of(entry->topic, entry->topic_size), wanted->topic);
}

static uint64_t
hash_of(const struct shrunk_isr_checkpoint *checkpoint, const struct key *key)
{
	return hash_table_hash(&checkpoint->entries, key->topic) + (uint64_t)key->partition;
}

static struct shrunk_isr_entry *
find(const struct shrunk_isr_checkpoint *checkpoint, const struct key *key)
{
	struct hash_node *node =
	    hash_table_find(&checkpoint->entries, hash_of(checkpoint, key), key);

	return node == NULL ? NULL : container_of(node, struct shrunk_isr_entry, node);
}

void
shrunk_isr_checkpoint_init(struct shrunk_isr_checkpoint *checkpoint, const uint64_t seed[2])
{
	hash_table_init(&checkpoint->entries, seed, matches);
}

static void
drop(struct shrunk_isr_checkpoint *checkpoint, struct shrunk_isr_entry *entry)
{
	hash_table_remove(&checkpoint->entries, &entry->node);
	free(entry);
}

void
shrunk_isr_checkpoint_clear(struct shrunk_isr_checkpoint *checkpoint)
{
	SHRUNK_ISR_FOREACH(link, checkpoint)
		drop(checkpoint, shrunk_isr_entry_of(link));
}

void
shrunk_isr_checkpoint_fini(struct shrunk_isr_checkpoint *checkpoint)
{
	shrunk_isr_checkpoint_clear(checkpoint);
	hash_table_fini(&checkpoint->entries);
}

void
shrunk_isr_checkpoint_set(struct shrunk_isr_checkpoint *checkpoint, struct slice topic,
    int32_t partition, int32_t leader_epoch, int64_t end_offset)
{
	struct key key = { topic, partition };
	struct shrunk_isr_entry *entry = find(checkpoint, &key);

	assert(topic.size > 0 && topic.size <= UINT32_MAX && partition >= 0 && end_offset >= 0);
	if (entry == NULL) {
		entry = memory_new(sizeof(*entry) + topic.size + 1);
		memcpy(entry->topic, topic.bytes, topic.size);
		entry->topic_size = (uint32_t)topic.size;
		entry->partition = partition;
		hash_table_insert(&checkpoint->entries, &entry->node, hash_of(checkpoint, &key));
	}
	entry->leader_epoch = leader_epoch;
	entry->end_offset = end_offset;
}

const struct shrunk_isr_entry *
shrunk_isr_checkpoint_find(const struct shrunk_isr_checkpoint *checkpoint, struct slice topic,
    int32_t partition)
{
	return find(checkpoint, &(struct key){ topic, partition });
}

bool
shrunk_isr_checkpoint_remove(struct shrunk_isr_checkpoint *checkpoint, struct slice topic,
    int32_t partition)
{
	struct shrunk_isr_entry *entry = find(checkpoint, &(struct key){ topic, partition });

	if (entry == NULL)
		return false;
	drop(checkpoint, entry);
	return true;
}

static enum error
parse_entry(struct shrunk_isr_checkpoint *checkpoint, struct checkpoint_reader *reader)
{
	enum { WORDS = 4 };
	struct slice words[WORDS];
	int64_t partition, epoch, offset;
	enum error error = checkpoint_reader_next(reader, words, WORDS);

	if (error != ERROR_NONE)
		return error;
	if (!checkpoint_number(words[1], 0, INT32_MAX, &partition))
		return checkpoint_reader_reject(reader, "not a partition number");
	if (!checkpoint_number(words[2], -1, INT32_MAX, &epoch))
		return checkpoint_reader_reject(reader, "not a leader epoch");
	if (!checkpoint_number(words[3], 0, INT64_MAX, &offset))
		return checkpoint_reader_reject(reader, "not an offset");
	shrunk_isr_checkpoint_set(checkpoint, words[0], (int32_t)partition, (int32_t)epoch, offset);
	return ERROR_NONE;
}

enum error
shrunk_isr_checkpoint_parse(struct shrunk_isr_checkpoint *checkpoint, struct slice text,
    struct text_complaint *complaint)
{
	struct checkpoint_reader reader;
	enum error error = checkpoint_reader_init(&reader, text);

	while (error == ERROR_NONE)
		error = parse_entry(checkpoint, &reader);
	*complaint = reader.complaint;
	if (error == ERROR_END_OF_STREAM)
		return ERROR_NONE;
	shrunk_isr_checkpoint_clear(checkpoint);
	return error;
}

void
shrunk_isr_checkpoint_format(const struct shrunk_isr_checkpoint *checkpoint, struct buffer *text)
{
	checkpoint_begin(text, checkpoint->entries.count);
	SHRUNK_ISR_FOREACH(link, checkpoint) {
		const struct shrunk_isr_entry *entry = shrunk_isr_entry_of(link);

		buffer_append(text, entry->topic, entry->topic_size);
		buffer_append(text, " ", 1);
		checkpoint_append_number(text, entry->partition);
		buffer_append(text, " ", 1);
		checkpoint_append_number(text, entry->leader_epoch);
		buffer_append(text, " ", 1);
		checkpoint_append_number(text, entry->end_offset);
		buffer_append(text, "\n", 1);
	}
}

enum error
shrunk_isr_checkpoint_read(struct shrunk_isr_checkpoint *checkpoint, struct disk *disk,
    const char *path, struct text_complaint *complaint)
{
	struct buffer text;

	*complaint = (struct text_complaint){ 0, NULL };
	shrunk_isr_checkpoint_clear(checkpoint);
	buffer_init(&text);
	enum error error = whole_file_read(disk, path, CHECKPOINT_SIZE_MAX, &text);
	if (error == ERROR_NONE)
		error = shrunk_isr_checkpoint_parse(checkpoint, buffer_slice(&text), complaint);
	buffer_fini(&text);
	return error;
}
