/*
 * wire/message_set.h: records of message sets, the formats v0 and v1. A
 * compressed message is unpacked, within the limit, and its records are given
 * as if they had stood in the set themselves, with absolute offsets.
 */
#ifndef KLAMM_WIRE_MESSAGE_SET_H
#define KLAMM_WIRE_MESSAGE_SET_H

#include "wire/batch.h"
#include "wire/compression.h"
#include "wire/record.h"

struct message_set_iterator {
	struct batch_cursor outer;
	struct batch_view entry; /* of the set; what the last record came from */
	struct decompression_limit limit;
	struct buffer unpacked;
	struct batch_cursor inner; /* in `unpacked` */
	uint64_t shift;            /* what is added to inner offsets, modulo 2^64 */
	enum error error;          /* the first one; sticks */
};

/* Borrows `set` until _fini. The limit is for each compressed message. */
void message_set_iterator_init(struct message_set_iterator *iterator, struct slice set,
    const struct decompression_limit *limit);
void message_set_iterator_fini(struct message_set_iterator *iterator);
/*
 * The view is good until the next call. END_OF_STREAM after the last record;
 * TRUNCATED when the set ends in a partial entry; CORRUPT for a wrong
 * checksum, size or magic; MALFORMED for contents that do not fit; UNSUPPORTED
 * for a v2 batch or an unknown codec; TOO_LARGE at the limit.
 */
NODISCARD enum error message_set_iterator_next(struct message_set_iterator *iterator,
    struct record *record);

struct message_set_entry {
	int8_t magic; /* 0 or 1 */
	int8_t attributes;
	int64_t offset;
	int64_t timestamp; /* v1 only */
	struct slice key;
	struct slice value;
};

/* Appends an entry; a compressed one's value is a set that was compressed. */
void message_set_write(struct buffer *out, const struct message_set_entry *message);
/* Computes the CRC of the whole entry at `message` from the bytes as they are. */
void message_set_write_crc(uint8_t *message);

#endif
