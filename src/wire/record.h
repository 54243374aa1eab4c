/*
 * wire/record.h: one record, whatever format it comes from, and the records
 * of a v2 batch as they lie in its uncompressed bytes. Every length is
 * checked; views point into those bytes.
 */
#ifndef KLAMM_WIRE_RECORD_H
#define KLAMM_WIRE_RECORD_H

#include "base/buffer.h"
#include "base/reader.h"
#include "wire/batch.h"

struct record {
	int64_t offset;
	int64_t timestamp;  /* NO_TIMESTAMP without one */
	struct slice key;   /* null or not */
	struct slice value; /* null or not */
	/* As encoded, without their count; checked. Empty in v0 and v1. */
	struct slice headers;
	int32_t header_count;
};

/* In which frame of reference a batch's records are read. */
struct record_frame {
	int64_t base_offset;
	int64_t base_timestamp;
	bool log_append_time; /* then every record has max_timestamp */
	int64_t max_timestamp;
};

struct record_iterator {
	struct reader reader;
	struct record_frame frame;
	int32_t left; /* records to come, after the batch's count */
};

/*
 * `bytes` are the uncompressed records of the batch, for as long as the views
 * are used.
 */
void record_iterator_init(struct record_iterator *iterator, const struct batch_header *header,
    struct slice bytes);
/*
 * END_OF_STREAM after as many records as the header counts; MALFORMED or
 * TRUNCATED for bytes that do not fit, bytes left at the end among them.
 */
NODISCARD enum error record_iterator_next(struct record_iterator *iterator,
    struct record *record);

struct record_header {
	struct slice key;   /* never null */
	struct slice value; /* null or not */
};

struct record_header_iterator {
	struct reader reader;
};

void record_header_iterator_init(struct record_header_iterator *iterator,
    const struct record *record);
/* False after the last one: the record's headers were checked before. */
bool record_header_iterator_next(struct record_header_iterator *iterator,
    struct record_header *header);

/* Appends a header in encoded form, to be given as record.headers. */
void record_header_write(struct buffer *out, struct slice key, struct slice value);

/*
 * Appends the record in v2 form. Only what is encoded is taken from `record`:
 * key, value, headers.
 */
void record_write(struct buffer *out, const struct record *record, int32_t offset_delta,
    int64_t timestamp_delta);

#endif
