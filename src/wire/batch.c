#include "wire/batch.h"

#include <assert.h>

#include "base/buffer.h"
#include "base/reader.h"
#include "wire/crc32c.h"

enum {
	SHORTEST_MAGIC_BYTES = BATCH_AT_MAGIC + 1,
	MESSAGE_AT_CRC = 12,
	MESSAGE_AT_ATTRIBUTES = 17,
	MESSAGE_AT_TIMESTAMP = 18,
};

static uint32_t
load_uint32(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static int64_t
load_int64(const uint8_t *at)
{
	return (int64_t)((uint64_t)load_uint32(at) << 32 | load_uint32(at + 4));
}

static uint32_t
crc_of(struct slice batch)
{
	return crc32c(0, batch.bytes + BATCH_AT_ATTRIBUTES, batch.size - BATCH_AT_ATTRIBUTES);
}

enum error
batch_header_read(struct slice bytes, struct batch_header *header)
{
	struct reader reader;

	reader_init(&reader, slice_of(bytes.bytes, bytes.size));
	header->base_offset = reader_int64(&reader);
	header->length = reader_int32(&reader);
	header->partition_leader_epoch = reader_int32(&reader);
	header->magic = reader_int8(&reader);
	header->crc = reader_uint32(&reader);
	header->attributes = reader_int16(&reader);
	header->last_offset_delta = reader_int32(&reader);
	header->base_timestamp = reader_int64(&reader);
	header->max_timestamp = reader_int64(&reader);
	header->producer_id = reader_int64(&reader);
	header->producer_epoch = reader_int16(&reader);
	header->base_sequence = reader_int32(&reader);
	header->count = reader_int32(&reader);
	if (bytes.size > BATCH_AT_MAGIC && header->magic != BATCH_MAGIC_V2)
		return ERROR_UNSUPPORTED;
	if (reader_failed(&reader))
		return reader.error;
	if (header->length < BATCH_HEADER_BYTES - BATCH_OVERHEAD_BYTES)
		return ERROR_MALFORMED;
	return batch_size(header) > bytes.size ? ERROR_TRUNCATED : ERROR_NONE;
}

struct slice
batch_payload(const struct batch_header *header, struct slice batch)
{
	assert(batch_size(header) <= batch.size);
	return slice_of(batch.bytes + BATCH_HEADER_BYTES, batch_size(header) - BATCH_HEADER_BYTES);
}

int64_t
batch_last_offset(const struct batch_header *header)
{
	return (int64_t)((uint64_t)header->base_offset + (uint64_t)header->last_offset_delta);
}

int32_t
batch_sequence_after(int32_t sequence, int32_t increment)
{
	if (sequence > INT32_MAX - increment)
		return increment - (INT32_MAX - sequence) - 1;
	return sequence + increment;
}

int32_t
batch_last_sequence(const struct batch_header *header)
{
	if (header->base_sequence < 0)
		return BATCH_NO_SEQUENCE;
	return batch_sequence_after(header->base_sequence, MAX(header->last_offset_delta, 0));
}

bool
batch_check_crc(const struct batch_header *header, struct slice bytes)
{
	assert(batch_size(header) <= bytes.size);
	return crc_of(slice_of(bytes.bytes, batch_size(header))) == header->crc;
}

void
batch_set_base_offset(uint8_t *batch, int64_t base_offset)
{
	store_int64(batch + BATCH_AT_BASE_OFFSET, base_offset);
}

void
batch_set_partition_leader_epoch(uint8_t *batch, int32_t partition_leader_epoch)
{
	store_int32(batch + BATCH_AT_PARTITION_LEADER_EPOCH, partition_leader_epoch);
}

void
batch_set_max_timestamp(uint8_t *batch, bool log_append_time, int64_t max_timestamp)
{
	uint8_t low = batch[BATCH_AT_ATTRIBUTES + 1];
	bool had_append_time = (low & BATCH_LOG_APPEND_TIME) != 0;
	int attributes = low & BATCH_ATTRIBUTES_MASK & ~BATCH_LOG_APPEND_TIME;

	if (had_append_time == log_append_time
	    && load_int64(batch + BATCH_AT_MAX_TIMESTAMP) == max_timestamp)
		return;
	if (log_append_time)
		attributes |= BATCH_LOG_APPEND_TIME;
	store_int16(batch + BATCH_AT_ATTRIBUTES, (int16_t)attributes);
	store_int64(batch + BATCH_AT_MAX_TIMESTAMP, max_timestamp);
	batch_set_crc(batch);
}

void
batch_set_crc(uint8_t *batch)
{
	size_t size = BATCH_OVERHEAD_BYTES + (size_t)load_uint32(batch + BATCH_AT_LENGTH);

	assert(size >= BATCH_HEADER_BYTES);
	store_int32(batch + BATCH_AT_CRC, (int32_t)crc_of(slice_of(batch, size)));
}

void
batch_cursor_init(struct batch_cursor *cursor, struct slice bytes)
{
	cursor->bytes = slice_of(bytes.bytes, bytes.size);
	cursor->position = 0;
}

/* The smallest size, after the overhead, of a batch with this magic; 0 for an unknown one. */
static int32_t
smallest_size(int8_t magic)
{
	switch (magic) {
	case BATCH_MAGIC_V0:
		return MESSAGE_V0_OVERHEAD_BYTES - BATCH_OVERHEAD_BYTES;
	case BATCH_MAGIC_V1:
		return MESSAGE_V1_OVERHEAD_BYTES - BATCH_OVERHEAD_BYTES;
	case BATCH_MAGIC_V2:
		return BATCH_HEADER_BYTES - BATCH_OVERHEAD_BYTES;
	default:
		return 0;
	}
}

static void
view_message(struct batch_view *view)
{
	const uint8_t *bytes = view->bytes.bytes;

	view->attributes = bytes[MESSAGE_AT_ATTRIBUTES];
	view->base_offset = load_int64(bytes);
	view->last_offset = view->base_offset;
	view->max_timestamp = view->magic == BATCH_MAGIC_V0
	    ? BATCH_NO_TIMESTAMP : load_int64(bytes + MESSAGE_AT_TIMESTAMP);
}

static void
view_batch(struct batch_view *view)
{
	struct batch_header header;
	enum error error = batch_header_read(view->bytes, &header);

	assert(error == ERROR_NONE);
	view->attributes = header.attributes;
	view->base_offset = header.base_offset;
	view->last_offset = batch_last_offset(&header);
	view->max_timestamp = header.max_timestamp;
}

enum error
batch_cursor_next(struct batch_cursor *cursor, struct batch_view *view)
{
	const uint8_t *at = cursor->bytes.bytes + cursor->position;
	size_t left = cursor->bytes.size - cursor->position;
	int32_t length;

	if (left == 0)
		return ERROR_END_OF_STREAM;
	if (left < BATCH_OVERHEAD_BYTES)
		return ERROR_TRUNCATED;
	length = (int32_t)load_uint32(at + BATCH_AT_LENGTH);
	if (length < smallest_size(BATCH_MAGIC_V0))
		return ERROR_CORRUPT;
	if (left < SHORTEST_MAGIC_BYTES)
		return ERROR_TRUNCATED;
	view->magic = (int8_t)at[BATCH_AT_MAGIC];
	if (smallest_size(view->magic) == 0 || length < smallest_size(view->magic))
		return ERROR_CORRUPT;
	if (left - BATCH_OVERHEAD_BYTES < (size_t)length)
		return ERROR_TRUNCATED;
	view->bytes = slice_of(at, BATCH_OVERHEAD_BYTES + (size_t)length);
	view->position = cursor->position;
	if (view->magic == BATCH_MAGIC_V2)
		view_batch(view);
	else
		view_message(view);
	cursor->position += view->bytes.size;
	return ERROR_NONE;
}

bool
batch_view_check_crc(const struct batch_view *view)
{
	const uint8_t *bytes = view->bytes.bytes;

	if (view->magic == BATCH_MAGIC_V2)
		return crc_of(view->bytes) == load_uint32(bytes + BATCH_AT_CRC);
	return crc32_message(0, bytes + BATCH_AT_MAGIC, view->bytes.size - BATCH_AT_MAGIC)
	    == load_uint32(bytes + MESSAGE_AT_CRC);
}

bool
batch_view_check_offsets(const struct batch_view *view)
{
	return view->base_offset >= 0 && view->last_offset >= view->base_offset &&
	    view->last_offset < INT64_MAX;
}
