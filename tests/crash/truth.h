/*
 * crash/truth.h: what the segments' files of a partition say when they are
 * read from front to back, without indexes and without the log room.
 */
#ifndef KLAMM_TESTS_CRASH_TRUTH_H
#define KLAMM_TESTS_CRASH_TRUTH_H

#include "base/buffer.h"
#include "wire/batch.h"
#include "world/disk.h"

struct truth_record {
	int64_t offset;
	int64_t timestamp;
	int32_t leader_epoch;
};

struct truth_batch {
	struct batch_header header;
	int64_t last_offset;
	uint64_t hash;     /* as model_hash */
	size_t position;   /* in `bytes` */
	int16_t control;   /* type of a control record, else -1 */
};

struct truth {
	struct buffer bytes; /* of all segments */
	struct truth_batch *batches;
	size_t batch_count;
	struct truth_record *records;
	size_t record_count;
	int64_t end_offset;  /* of the last segment's last batch */
	bool preallocated;   /* the last segment may end with zeros */
	char complaint[256];
};

/*
 * False, with a complaint: a batch is torn or has a wrong checksum, offsets
 * leave gaps, a segment's name is not its first offset.
 */
bool truth_read(struct truth *truth, struct disk *disk, const char *path, bool preallocated);
void truth_fini(struct truth *truth);

#endif
