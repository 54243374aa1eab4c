/*
 * log/shrunk_isr_checkpoint.h: klamm-shrunk-isr-checkpoint: of each partition
 * whose ISR is smaller than min.insync.replicas, as its leader here has noted:
 * in which leader epoch, and where its log ended, all of it synced (faults.md
 * F17). Nothing at or behind that end is acknowledged while the entry is there.
 * So a log that reaches its entry lacks nothing; one that does not is in doubt.
 *
 * An entry that no log reaches (SHRUNK_ISR_NEVER) says that the log is in doubt
 * since an earlier start. One of SHRUNK_ISR_ANY, which is no topic, says that a start has
 * found no log in the dir, and no controller has told since what should be there (F18).
 *
 * The file is the project's own, in the format of Kafka's checkpoints: topic,
 * partition, leader epoch, end offset. Kafka ignores files that it does not know.
 */
#ifndef KLAMM_LOG_SHRUNK_ISR_CHECKPOINT_H
#define KLAMM_LOG_SHRUNK_ISR_CHECKPOINT_H

#include "base/hash_table.h"
#include "log/checkpoint_file.h"
#include "world/disk.h"

#define SHRUNK_ISR_CHECKPOINT "klamm-shrunk-isr-checkpoint"
#define SHRUNK_ISR_NEVER INT64_MAX
#define SHRUNK_ISR_ANY "*"

struct shrunk_isr_entry {
	struct hash_node node;
	int32_t leader_epoch; /* -1 with SHRUNK_ISR_NEVER */
	int64_t end_offset;
	int32_t partition;
	uint32_t topic_size;
	char topic[]; /* terminated */
};

struct shrunk_isr_checkpoint {
	struct hash_table entries;
};

void shrunk_isr_checkpoint_init(struct shrunk_isr_checkpoint *checkpoint,
    const uint64_t seed[2]);
void shrunk_isr_checkpoint_fini(struct shrunk_isr_checkpoint *checkpoint);
void shrunk_isr_checkpoint_clear(struct shrunk_isr_checkpoint *checkpoint);

/* Adds or changes; the topic must be a legal name, or SHRUNK_ISR_ANY. */
void shrunk_isr_checkpoint_set(struct shrunk_isr_checkpoint *checkpoint, struct slice topic,
    int32_t partition, int32_t leader_epoch, int64_t end_offset);
/* NULL when there is none; borrowed until the next change. */
const struct shrunk_isr_entry *shrunk_isr_checkpoint_find(
    const struct shrunk_isr_checkpoint *checkpoint, struct slice topic, int32_t partition);
/* False when there was none. */
bool shrunk_isr_checkpoint_remove(struct shrunk_isr_checkpoint *checkpoint, struct slice topic,
    int32_t partition);

static inline struct shrunk_isr_entry *
shrunk_isr_entry_of(struct list *link)
{
	return container_of(hash_node_of(link), struct shrunk_isr_entry, node);
}

/* `link` goes through the entries; shrunk_isr_entry_of(link) is the entry. */
#define SHRUNK_ISR_FOREACH(link, checkpoint) HASH_TABLE_FOREACH(link, &(checkpoint)->entries)

/* As offset_checkpoint_parse: on an error the map is empty and `*complaint` says why. */
NODISCARD enum error shrunk_isr_checkpoint_parse(struct shrunk_isr_checkpoint *checkpoint,
    struct slice text, struct text_complaint *complaint);
void shrunk_isr_checkpoint_format(const struct shrunk_isr_checkpoint *checkpoint,
    struct buffer *text);
/* Blocks. Errors as parse and whole_file_read; ERROR_NOT_FOUND leaves an empty map. */
NODISCARD enum error shrunk_isr_checkpoint_read(struct shrunk_isr_checkpoint *checkpoint,
    struct disk *disk, const char *path, struct text_complaint *complaint);

#endif
