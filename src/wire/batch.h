/*
 * wire/batch.h: headers of record batches (v2) and of the entries of message
 * sets (v0, v1) over bytes in place. Records are read by record.h,
 * message_set.h and, whatever the format, batch_records.h.
 */
#ifndef KLAMM_WIRE_BATCH_H
#define KLAMM_WIRE_BATCH_H

#include "base/error.h"
#include "base/slice.h"

/* Positions of the v2 header's fields. */
enum {
	BATCH_AT_BASE_OFFSET = 0,
	BATCH_AT_LENGTH = 8,
	BATCH_AT_PARTITION_LEADER_EPOCH = 12,
	BATCH_AT_MAGIC = 16, /* also in v0 and v1 */
	BATCH_AT_CRC = 17,
	BATCH_AT_ATTRIBUTES = 21, /* the CRC covers from here to the end */
	BATCH_AT_LAST_OFFSET_DELTA = 23,
	BATCH_AT_BASE_TIMESTAMP = 27,
	BATCH_AT_MAX_TIMESTAMP = 35,
	BATCH_AT_PRODUCER_ID = 43,
	BATCH_AT_PRODUCER_EPOCH = 51,
	BATCH_AT_BASE_SEQUENCE = 53,
	BATCH_AT_COUNT = 57,
	BATCH_HEADER_BYTES = 61,

	/* Offset and size, which the size does not count; in all formats. */
	BATCH_OVERHEAD_BYTES = 12,
};

enum batch_attribute {
	BATCH_CODEC_MASK = 0x07,
	BATCH_LOG_APPEND_TIME = 0x08, /* v1 and v2 */
	BATCH_TRANSACTIONAL = 0x10,   /* from here on v2 */
	BATCH_CONTROL = 0x20,
	BATCH_DELETE_HORIZON = 0x40,  /* base_timestamp is the horizon */
	BATCH_ATTRIBUTES_MASK = 0x7f, /* the rest means nothing */
};

enum {
	BATCH_MAGIC_V0 = 0,
	BATCH_MAGIC_V1 = 1,
	BATCH_MAGIC_V2 = 2,
	BATCH_NO_TIMESTAMP = -1,
	BATCH_NO_PRODUCER_ID = -1,
	BATCH_NO_PRODUCER_EPOCH = -1,
	BATCH_NO_SEQUENCE = -1,
	BATCH_NO_PARTITION_LEADER_EPOCH = -1,
};

struct batch_header {
	int64_t base_offset;
	int32_t length; /* of what follows this field */
	int32_t partition_leader_epoch;
	int8_t magic;
	uint32_t crc;
	int16_t attributes;
	int32_t last_offset_delta;
	int64_t base_timestamp;
	int64_t max_timestamp;
	int64_t producer_id;
	int16_t producer_epoch;
	int32_t base_sequence;
	int32_t count;
};

/*
 * Reads the v2 header at the beginning of `bytes`, which may go on after the
 * batch. TRUNCATED when the batch does not end within `bytes`; MALFORMED for
 * a length shorter than a header; UNSUPPORTED for another magic.
 */
NODISCARD enum error batch_header_read(struct slice bytes, struct batch_header *header);

/* Of the whole batch, in bytes. */
static inline size_t
batch_size(const struct batch_header *header)
{
	return BATCH_OVERHEAD_BYTES + (size_t)header->length;
}

static inline int
batch_codec(const struct batch_header *header)
{
	return header->attributes & BATCH_CODEC_MASK;
}

static inline bool
batch_has(const struct batch_header *header, enum batch_attribute attribute)
{
	return (header->attributes & (int16_t)attribute) != 0;
}

static inline bool
batch_has_producer_id(const struct batch_header *header)
{
	return header->producer_id > BATCH_NO_PRODUCER_ID;
}

/* What follows the header in `batch`, which header was read from. */
struct slice batch_payload(const struct batch_header *header, struct slice batch);
/* Wraps on overflow, as nothing bounds what a peer's header says. */
int64_t batch_last_offset(const struct batch_header *header);
/* NO_SEQUENCE without one; 0 follows 2^31 - 1. */
int32_t batch_last_sequence(const struct batch_header *header);
/* `sequence` moved on by `increment` >= 0, with the same wrap. */
int32_t batch_sequence_after(int32_t sequence, int32_t increment);

/* Whether the CRC of the v2 batch at the beginning of `bytes` is right. */
bool batch_check_crc(const struct batch_header *header, struct slice bytes);

/* Setters; `batch` begins with a whole v2 batch. These two leave the CRC right. */
void batch_set_base_offset(uint8_t *batch, int64_t base_offset);
void batch_set_partition_leader_epoch(uint8_t *batch, int32_t partition_leader_epoch);
/*
 * Timestamp type and maximum. Unless nothing changes the CRC is computed anew,
 * and attributes that mean nothing are cleared, as Kafka does it.
 */
void batch_set_max_timestamp(uint8_t *batch, bool log_append_time, int64_t max_timestamp);
/* Computes the CRC from the bytes as they are. */
void batch_set_crc(uint8_t *batch);

/* The header of one v0 or v1 message: the entry of a message set. */
enum {
	/* offset, size, CRC, magic, attributes, key length, value length */
	MESSAGE_V0_OVERHEAD_BYTES = 26,
	MESSAGE_V1_OVERHEAD_BYTES = 34, /* and the timestamp */
};

/* A batch of any format, or a message of an old set. */
struct batch_view {
	struct slice bytes;
	size_t position; /* in what the cursor was given */
	int8_t magic;
	int16_t attributes;
	/* v0 and v1: of the entry; a compressed one's is its last record's. */
	int64_t base_offset;
	int64_t last_offset;
	int64_t max_timestamp; /* NO_TIMESTAMP in v0 */
};

/* Walks a run of batches, of mixed formats. */
struct batch_cursor {
	struct slice bytes;
	size_t position;
};

void batch_cursor_init(struct batch_cursor *cursor, struct slice bytes);
/*
 * END_OF_STREAM after the last one, TRUNCATED at a partial one, CORRUPT at an
 * impossible size or magic. The cursor stays where it fails: its position is
 * the size of the run that is whole. Checksums are not looked at.
 */
NODISCARD enum error batch_cursor_next(struct batch_cursor *cursor, struct batch_view *view);

/* Whether the CRC of the viewed batch or message, of any format, is right. */
bool batch_view_check_crc(const struct batch_view *view);
/* Whether its offsets can stand in a log: not negative, ascending, and with an offset after them. */
bool batch_view_check_offsets(const struct batch_view *view);

#endif
