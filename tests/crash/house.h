/*
 * crash/house.h: two log dirs below one folder, started and stopped as a
 * broker does it, but on one thread; and batches to fill them with.
 */
#ifndef KLAMM_TESTS_CRASH_HOUSE_H
#define KLAMM_TESTS_CRASH_HOUSE_H

#include "log/log_dirs.h"
#include "model.h"
#include "wire/compression.h"

enum { HOUSE_DIRS = 2, HOUSE_PATH_SIZE = 512 };

struct house {
	struct log_dirs *dirs;
	struct entropy entropy;
	struct prng prng;
	struct log_config config;
	struct log_config preallocated; /* of CRASH_LATE */
	char paths[HOUSE_DIRS][HOUSE_PATH_SIZE];
	const char *path_list[HOUSE_DIRS];
	char complaint[HOUSE_PATH_SIZE]; /* why house_start failed */
};

/* Small segments and dense indexes. */
void house_init(struct house *house, const char *folder, uint64_t seed);
/* Opens, claims and loads all. After an error there is nothing to stop. */
NODISCARD enum error house_start(struct house *house, struct disk *disk, int64_t now_ms);
/* Closes all logs and dirs, so that the next start is a clean one. */
NODISCARD enum error house_stop(struct house *house, int64_t now_ms);
/* Frees memory and descriptors and writes nothing. */
void house_drop(struct house *house);
struct log_partition *house_find(struct house *house, int partition);

/* One batch as a producer sends it. */
struct house_batch {
	int records;
	int value_size;
	enum compression_codec codec;
	int64_t producer_id;   /* 0: none */
	int16_t producer_epoch;
	int32_t base_sequence;
	bool transactional;
	bool random;           /* values that do not compress */
	int64_t timestamp;     /* of the first record; the next ones follow by 1 ms */
	int64_t base_offset;   /* for what a follower fetches, with the epoch */
	int32_t leader_epoch;
	int64_t number;        /* told in keys and values, so that no two are equal */
};

struct buffer;
void house_batch_write(struct buffer *out, const struct house_batch *batch);

#endif
