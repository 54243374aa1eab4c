/*
 * tests/sim/log_fixture.h: a log on the simulated disk, and batches for
 * it. Tests and the simulator's scenarios share it.
 */
#ifndef KLAMM_TESTS_LOG_FIXTURE_H
#define KLAMM_TESTS_LOG_FIXTURE_H

#include "base/buffer.h"
#include "log/log.h"
#include "log/log_flush.h"
#include "log/log_lookup.h"
#include "log/log_read.h"
#include "log/log_removal.h"
#include "tests/sim/sim_disk.h"
#include "wire/control_record.h"

#define LOG_FIXTURE_PATH "/data/orders-0"

struct log_fixture {
	struct sim_disk *disk;
	struct sim_mount *mount;
	struct disk *port;
	struct file_cache cache;
	struct index_cache index_cache;
	struct index_place indexes;
	struct log_config config;
	struct prng prng;
	struct log *log;
	struct log_open_options options; /* of the next open */
	int64_t now_ms;
};

/* Makes the disk and the directories, opens nothing. */
void log_fixture_init(struct log_fixture *fixture, uint64_t seed);
void log_fixture_fini(struct log_fixture *fixture);
/* The two halves of a process's end and beginning, without a log. */
void log_fixture_unmount(struct log_fixture *fixture);
void log_fixture_mount(struct log_fixture *fixture);
enum error log_fixture_open(struct log_fixture *fixture);
/* Closes cleanly and opens again as a clean start does. */
enum error log_fixture_reopen(struct log_fixture *fixture);
/* kill -9, and a start that does not know better than the given recovery point. */
enum error log_fixture_kill(struct log_fixture *fixture, int64_t recovery_point);
/* The same with a loss of power. */
enum error log_fixture_power_cut(struct log_fixture *fixture, enum sim_disk_crash crash,
    int64_t recovery_point);

/* What records of a batch have in common; timestamps count up from the first. */
struct log_sample {
	int records;
	int value_size;
	int64_t timestamp; /* of the first record, and one more each; 0: 1,000,000 */
	int64_t producer_id; /* 0: none */
	int16_t producer_epoch;
	int32_t base_sequence;
	bool transactional;
};

/* Appends a v2 batch to `out`. Values tell record numbers from `first` on. */
void log_sample_batch(struct buffer *out, const struct log_sample *sample, int64_t first);
void log_sample_marker(struct buffer *out, int64_t producer_id, enum control_record_type type);

/* Appends one batch as a leader of epoch 3; the base offset, -1 when it was refused. */
int64_t log_fixture_append(struct log_fixture *fixture, const struct log_sample *sample);
/* `batches` batches of one record with `value_size` bytes. */
void log_fixture_fill(struct log_fixture *fixture, int batches, int value_size);

/*
 * Reads from `offset` to the log end, slice by slice, and counts the records;
 * -1 when something is wrong: an offset missing, a checksum, an error.
 */
int64_t log_fixture_count(struct log_fixture *fixture, int64_t offset);
/* How many files of the log's directory end so. */
int log_fixture_files(struct log_fixture *fixture, const char *suffix);

#endif
