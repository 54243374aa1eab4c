/* crash/workload_private.h: what the files of the workload share. */
#ifndef KLAMM_TESTS_CRASH_WORKLOAD_PRIVATE_H
#define KLAMM_TESTS_CRASH_WORKLOAD_PRIVATE_H

#include "base/buffer.h"
#include "house.h"
#include "log/log_flush.h"
#include "workload.h"

struct workload {
	const struct workload_options *options;
	struct house house;
	struct prng prng;
	int64_t now_ms;
	int64_t number;       /* of the next batch */
	int32_t leader_epoch;
};

/* Ends the process unless it is ERROR_NONE. */
void workload_must(enum error error, const char *what);
void workload_tell(struct workload *work, enum event_type type, int partition, int64_t offset);
struct log *workload_log(struct workload *work, int partition);
void workload_checkpoint(struct workload *work, enum log_dir_checkpoint kind);

enum { WORKLOAD_SETS_MAX = 8 };

/* Fills in number and timestamp, appends the batches with one call, acknowledges them. */
void workload_append(struct workload *work, int partition, struct house_batch *batches, int count);
/* As a follower, all in one set at the log end, with the epoch of `work`. */
void workload_append_fetched(struct workload *work, struct house_batch *batches, int count);
void workload_append_marker(struct workload *work, int64_t producer_id, bool commit);
/* A batch that was sent before: nothing may be appended. */
void workload_append_again(struct workload *work, int partition, const struct house_batch *batch);

#endif
