/*
 * base/reader.h: reads big-endian fields from untrusted bytes. The first
 * failure is remembered and every later read gives zero, so a parser reads
 * straight on and asks reader_failed() once, before it acts on what it read.
 * Nothing is copied: slices point into the bytes that the reader was made of.
 *
 * Encodings are those of the Kafka protocol (varint is zigzag, uvarint is
 * not; 7 bits a byte, low first, at most 5 or 10 bytes).
 */
#ifndef KLAMM_BASE_READER_H
#define KLAMM_BASE_READER_H

#include "base/error.h"
#include "base/slice.h"

struct reader {
	const uint8_t *at;
	const uint8_t *end;
	enum error error; /* the first one */
};

void reader_init(struct reader *reader, struct slice bytes);

static inline bool
reader_failed(const struct reader *reader)
{
	return reader->error != ERROR_NONE;
}

/* Bytes not read yet; 0 after a failure. */
size_t reader_remaining(const struct reader *reader);

/* Remembers `error` unless there is one already; nothing more can be read. */
void reader_fail(struct reader *reader, enum error error);

int8_t reader_int8(struct reader *reader);
int16_t reader_int16(struct reader *reader);
int32_t reader_int32(struct reader *reader);
int64_t reader_int64(struct reader *reader);
uint8_t reader_uint8(struct reader *reader);
uint16_t reader_uint16(struct reader *reader);
uint32_t reader_uint32(struct reader *reader);
double reader_float64(struct reader *reader);

/* An over-long or overflowing encoding is ERROR_MALFORMED. */
int32_t reader_varint(struct reader *reader);
int64_t reader_varlong(struct reader *reader);
uint32_t reader_uvarint(struct reader *reader);

/* The next `size` bytes; ERROR_TRUNCATED and an empty slice when fewer remain. */
struct slice reader_bytes(struct reader *reader, size_t size);
void reader_skip(struct reader *reader, size_t size);

#endif
