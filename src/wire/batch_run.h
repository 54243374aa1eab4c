/*
 * wire/batch_run.h: what a follower and a recovery check of a run of batches
 * that a leader has validated before: structure, checksums, ascending offsets.
 */
#ifndef KLAMM_WIRE_BATCH_RUN_H
#define KLAMM_WIRE_BATCH_RUN_H

#include "wire/batch.h"

struct batch_run {
	size_t size;           /* of the batches that are good */
	size_t count;          /* of them */
	int64_t first_offset;  /* of the first one; a compressed v0 or v1 message's last */
	int64_t last_offset;
	int64_t max_timestamp; /* NO_TIMESTAMP without any */
	/* Last offset of the first batch that holds max_timestamp. */
	int64_t offset_of_max_timestamp;
};

/*
 * `run` tells about the good batches before the error, whatever it is:
 * TRUNCATED, the last batch is partial; CORRUPT, size, magic or checksum;
 * MALFORMED, a header that contradicts itself; OUT_OF_RANGE, an offset that is
 * negative or not above those before.
 */
NODISCARD enum error batch_run_check(struct slice bytes, struct batch_run *run);

#endif
