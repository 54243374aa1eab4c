/*
 * crash/model.h: what the process that died had told before: what it was about
 * to do, and what it has acknowledged. From it follows what a recovery may
 * find. Events come through a pipe, one struct each.
 */
#ifndef KLAMM_TESTS_CRASH_MODEL_H
#define KLAMM_TESTS_CRASH_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	CRASH_PLAIN,    /* all codecs, sizes; retention and a raised log start */
	CRASH_IDEMPOTENT,
	CRASH_TRANSACTIONS,
	CRASH_FOLLOWER, /* as fetched; truncated twice */
	CRASH_DOOMED,   /* deleted on the way, and made again after the restart */
	CRASH_LATE,     /* made after the restart; preallocated */
	CRASH_PARTITIONS,
};

extern const char *const crash_topics[CRASH_PARTITIONS];

/* An upper-case pair is "begins" and "is acknowledged". */
enum event_type {
	EVENT_CREATE,
	EVENT_CREATED,
	EVENT_APPEND,   /* one batch */
	EVENT_APPENDED, /* all that were begun in the partition, up to last_offset */
	EVENT_TRUNCATE, /* to `offset` */
	EVENT_TRUNCATED,
	EVENT_START,    /* the log start will be `offset` */
	EVENT_STARTED,  /* and is kept on disk */
	EVENT_HIGH_WATERMARK,
	EVENT_HIGH_WATERMARK_KEPT,
	EVENT_DELETE,
	EVENT_DELETED,
	EVENT_END,      /* the workload is over; offset: how many operations it had */
};

struct event {
	enum event_type type;
	int32_t partition;
	int32_t leader_epoch;
	int64_t offset;
	int64_t last_offset;
	uint64_t hash; /* of what a leader does not change in a batch */
};

struct model_batch {
	int64_t offset;
	int64_t last_offset;
	uint64_t hash;
	int32_t leader_epoch;
};

struct model_partition {
	bool may_exist, must_exist;
	struct model_batch *batches; /* all that are or may be there, in order */
	size_t count;
	size_t capacity;
	int64_t least_end;           /* all acknowledged ends here */
	int64_t least_start, most_start;
	int64_t high_watermarks[2];  /* kept, and about to be */
};

struct model {
	struct model_partition partitions[CRASH_PARTITIONS];
	bool ended;
	int64_t operations;
};

void model_init(struct model *model);
void model_fini(struct model *model);
void model_take(struct model *model, const struct event *event);
/* NULL: none was ever begun at this offset. */
const struct model_batch *model_find(const struct model_partition *partition, int64_t offset);

/* Of a v2 batch without base offset and leader epoch. */
uint64_t model_hash(const uint8_t *batch, size_t size);
/* FNV-1a, of more bytes; begin with 0. */
uint64_t model_hash_more(uint64_t hash, const void *bytes, size_t size);

#endif
