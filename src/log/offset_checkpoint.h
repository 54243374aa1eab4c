/*
 * log/offset_checkpoint.h: recovery-point-, log-start-, replication- and
 * cleaner-offset-checkpoint: a map from topic-partition to an offset, and its
 * file. Iteration goes in order of insertion, so a file that was read is
 * written with its lines in the same order.
 */
#ifndef KLAMM_LOG_OFFSET_CHECKPOINT_H
#define KLAMM_LOG_OFFSET_CHECKPOINT_H

#include "base/hash_table.h"
#include "log/checkpoint_file.h"
#include "world/disk.h"

#define RECOVERY_POINT_CHECKPOINT "recovery-point-offset-checkpoint"
#define LOG_START_CHECKPOINT "log-start-offset-checkpoint"
#define REPLICATION_CHECKPOINT "replication-offset-checkpoint"
#define CLEANER_CHECKPOINT "cleaner-offset-checkpoint"

struct offset_checkpoint_entry {
	struct hash_node node;
	int64_t offset;
	int32_t partition;
	uint32_t topic_size;
	char topic[]; /* terminated */
};

struct offset_checkpoint {
	struct hash_table entries;
};

void offset_checkpoint_init(struct offset_checkpoint *checkpoint, const uint64_t seed[2]);
void offset_checkpoint_fini(struct offset_checkpoint *checkpoint);
size_t offset_checkpoint_count(const struct offset_checkpoint *checkpoint);

/* Adds or changes; the topic must be a legal name (no blanks). Offset >= 0. */
void offset_checkpoint_set(struct offset_checkpoint *checkpoint, struct slice topic,
    int32_t partition, int64_t offset);
/* False when there is none; `*offset` is then left alone. */
bool offset_checkpoint_get(const struct offset_checkpoint *checkpoint, struct slice topic,
    int32_t partition, int64_t *offset);
void offset_checkpoint_remove(struct offset_checkpoint *checkpoint, struct slice topic,
    int32_t partition);
void offset_checkpoint_clear(struct offset_checkpoint *checkpoint);

static inline struct offset_checkpoint_entry *
offset_checkpoint_entry_of(struct list *link)
{
	return container_of(hash_node_of(link), struct offset_checkpoint_entry, node);
}

/* `link` goes through the entries; offset_checkpoint_entry_of(link) is the entry. */
#define OFFSET_CHECKPOINT_FOREACH(link, checkpoint) HASH_TABLE_FOREACH(link, &(checkpoint)->entries)

/*
 * Adds what the text says; the last line of a topic-partition counts. On an
 * error the map is empty and `*complaint` says why.
 */
NODISCARD enum error offset_checkpoint_parse(struct offset_checkpoint *checkpoint,
    struct slice text, struct text_complaint *complaint);
void offset_checkpoint_format(const struct offset_checkpoint *checkpoint, struct buffer *text);

/* Errors as parse and whole_file_read; ERROR_NOT_FOUND leaves an empty map. */
NODISCARD enum error offset_checkpoint_read(struct offset_checkpoint *checkpoint,
    struct disk *disk, const char *path, struct text_complaint *complaint);
NODISCARD enum error offset_checkpoint_write(const struct offset_checkpoint *checkpoint,
    struct disk *disk, const char *path);

#endif
