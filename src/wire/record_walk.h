/*
 * wire/record_walk.h: passes once over the records of a v2 batch, compressed
 * or not, and tells what a broker checks of each. Keys, values and headers
 * are checked for structure but not kept: whatever a record's size, a walk
 * over compressed records holds COMPRESSION_STEP_BYTES of them (and what its
 * codec needs).
 */
#ifndef KLAMM_WIRE_RECORD_WALK_H
#define KLAMM_WIRE_RECORD_WALK_H

#include "wire/batch.h"
#include "wire/compression.h"

struct record_shape {
	int64_t timestamp_delta;
	int32_t offset_delta;
	bool key_is_null;
};

struct record_walk {
	const uint8_t *at; /* in the window */
	const uint8_t *end;
	size_t record_left; /* bytes of the record at hand */
	int32_t left;       /* records to come */
	enum error error;   /* the first one; sticks */
	bool compressed;
	struct decompressor decompressor; /* unless it is not */
	struct buffer window;
};

/* Borrows `batch`, whose header was read, until _fini. */
void record_walk_init(struct record_walk *walk, const struct batch_header *header,
    struct slice batch, const struct decompression_limit *limit);
void record_walk_fini(struct record_walk *walk);
/*
 * END_OF_STREAM after as many records as the header counts. MALFORMED or
 * TRUNCATED for bytes that do not fit, bytes left at the end among them; the
 * decompressor's errors.
 */
NODISCARD enum error record_walk_next(struct record_walk *walk, struct record_shape *shape);

#endif
