#include "base/reader.h"

#include <assert.h>

void
reader_init(struct reader *reader, struct slice bytes)
{
	reader->at = bytes.bytes;
	reader->end = bytes.bytes + bytes.size;
	reader->error = ERROR_NONE;
}

size_t
reader_remaining(const struct reader *reader)
{
	return (size_t)(reader->end - reader->at);
}

void
reader_fail(struct reader *reader, enum error error)
{
	assert(error != ERROR_NONE);
	if (reader->error == ERROR_NONE)
		reader->error = error;
	reader->at = reader->end;
}

static const uint8_t *
take(struct reader *reader, size_t size)
{
	const uint8_t *taken = reader->at;

	if (reader->error != ERROR_NONE || reader_remaining(reader) < size) {
		reader_fail(reader, ERROR_TRUNCATED);
		return NULL;
	}
	if (size > 0)
		reader->at += size;
	return taken;
}

uint8_t
reader_uint8(struct reader *reader)
{
	const uint8_t *p = take(reader, 1);

	return p == NULL ? 0 : p[0];
}

uint16_t
reader_uint16(struct reader *reader)
{
	const uint8_t *p = take(reader, 2);

	if (p == NULL)
		return 0;
	return (uint16_t)(p[0] << 8 | p[1]);
}

uint32_t
reader_uint32(struct reader *reader)
{
	const uint8_t *p = take(reader, 4);

	if (p == NULL)
		return 0;
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static uint64_t
read_uint64(struct reader *reader)
{
	const uint8_t *p = take(reader, 8);
	uint64_t value = 0;

	if (p == NULL)
		return 0;
	for (int i = 0; i < 8; i++)
		value = value << 8 | p[i];
	return value;
}

int8_t
reader_int8(struct reader *reader)
{
	return (int8_t)reader_uint8(reader);
}

int16_t
reader_int16(struct reader *reader)
{
	return (int16_t)reader_uint16(reader);
}

int32_t
reader_int32(struct reader *reader)
{
	return (int32_t)reader_uint32(reader);
}

int64_t
reader_int64(struct reader *reader)
{
	return (int64_t)read_uint64(reader);
}

double
reader_float64(struct reader *reader)
{
	uint64_t bits = read_uint64(reader);
	double value;

	memcpy(&value, &bits, sizeof(value));
	return value;
}

/*
 * `bits` is 32 or 64. A byte too many is malformed in Kafka too. Bits too many
 * in the last byte Kafka drops; no writer makes them, so here they are malformed.
 */
static uint64_t
read_groups_of_seven(struct reader *reader, int bits)
{
	uint64_t value = 0;

	for (int shift = 0; shift < bits; shift += 7) {
		uint8_t byte = reader_uint8(reader);
		uint64_t part = byte & 0x7f;

		if (reader_failed(reader))
			return 0; /* not what the bytes before the cut add up to */
		if (shift + 7 > bits && part >> (bits - shift) != 0)
			break;
		value |= part << shift;
		if ((byte & 0x80) == 0)
			return value;
	}
	reader_fail(reader, ERROR_MALFORMED);
	return 0;
}

uint32_t
reader_uvarint(struct reader *reader)
{
	return (uint32_t)read_groups_of_seven(reader, 32);
}

int32_t
reader_varint(struct reader *reader)
{
	uint32_t value = reader_uvarint(reader);

	return (int32_t)(value >> 1 ^ (~(value & 1) + 1));
}

int64_t
reader_varlong(struct reader *reader)
{
	uint64_t value = read_groups_of_seven(reader, 64);

	return (int64_t)(value >> 1 ^ (~(value & 1) + 1));
}

struct slice
reader_bytes(struct reader *reader, size_t size)
{
	const uint8_t *p = take(reader, size);

	return p == NULL ? slice_of(NULL, 0) : slice_of(p, size);
}

void
reader_skip(struct reader *reader, size_t size)
{
	(void)take(reader, size);
}
