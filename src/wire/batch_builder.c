#include "wire/batch_builder.h"

#include <assert.h>

/* More than the lengths and deltas of a record can take, less its headers. */
enum { LARGEST_RECORD_OVERHEAD = 64 };

/* What fits behind a header, leaving room for what compression may add. */
static const size_t LARGEST_PAYLOAD = (size_t)INT32_MAX - BATCH_HEADER_BYTES;

struct batch_builder_options
batch_builder_options_default(void)
{
	return (struct batch_builder_options){
		.compression = compression_of(COMPRESSION_NONE),
		.partition_leader_epoch = BATCH_NO_PARTITION_LEADER_EPOCH,
		.append_time_ms = BATCH_NO_TIMESTAMP,
		.producer_id = BATCH_NO_PRODUCER_ID,
		.producer_epoch = BATCH_NO_PRODUCER_EPOCH,
		.base_sequence = BATCH_NO_SEQUENCE,
	};
}

static void
reset(struct batch_builder *builder)
{
	buffer_clear(&builder->records);
	builder->count = 0;
	builder->last_offset_delta = -1;
	builder->base_timestamp = BATCH_NO_TIMESTAMP;
	builder->max_timestamp = BATCH_NO_TIMESTAMP;
}

void
batch_builder_init(struct batch_builder *builder, const struct batch_builder_options *options)
{
	builder->options = *options;
	buffer_init(&builder->records);
	reset(builder);
}

void
batch_builder_fini(struct batch_builder *builder)
{
	buffer_fini(&builder->records);
}

enum error
batch_builder_add_at(struct batch_builder *builder, int32_t offset_delta,
    const struct record *record)
{
	size_t room = LARGEST_PAYLOAD - builder->records.size;
	uint64_t delta;

	assert(offset_delta > builder->last_offset_delta);
	if (record->key.size > room || record->value.size > room || record->headers.size > room
	    || record->key.size + record->value.size + record->headers.size
	            + LARGEST_RECORD_OVERHEAD > room)
		return ERROR_TOO_LARGE;
	if (builder->count == 0)
		builder->base_timestamp = record->timestamp;
	delta = (uint64_t)record->timestamp - (uint64_t)builder->base_timestamp;
	record_write(&builder->records, record, offset_delta, (int64_t)delta);
	builder->max_timestamp = MAX(builder->max_timestamp, record->timestamp);
	builder->last_offset_delta = offset_delta;
	builder->count++;
	return ERROR_NONE;
}

enum error
batch_builder_add(struct batch_builder *builder, const struct record *record)
{
	if (builder->last_offset_delta == INT32_MAX)
		return ERROR_TOO_LARGE;
	return batch_builder_add_at(builder, builder->last_offset_delta + 1, record);
}

size_t
batch_builder_size(const struct batch_builder *builder)
{
	return BATCH_HEADER_BYTES + builder->records.size;
}

static int16_t
attributes(const struct batch_builder_options *options)
{
	int attributes = (int)options->compression.codec;

	if (options->log_append_time)
		attributes |= BATCH_LOG_APPEND_TIME;
	if (options->transactional)
		attributes |= BATCH_TRANSACTIONAL;
	if (options->control)
		attributes |= BATCH_CONTROL;
	return (int16_t)attributes;
}

static void
write_header(const struct batch_builder *builder, struct buffer *out)
{
	const struct batch_builder_options *options = &builder->options;

	buffer_int64(out, options->base_offset);
	buffer_int32(out, 0); /* length and CRC are set by the caller */
	buffer_int32(out, options->partition_leader_epoch);
	buffer_int8(out, BATCH_MAGIC_V2);
	buffer_int32(out, 0);
	buffer_int16(out, attributes(options));
	buffer_int32(out, builder->last_offset_delta);
	buffer_int64(out, builder->base_timestamp);
	buffer_int64(out, options->log_append_time ? options->append_time_ms
	                                           : builder->max_timestamp);
	buffer_int64(out, options->producer_id);
	buffer_int16(out, options->producer_epoch);
	buffer_int32(out, options->base_sequence);
	buffer_int32(out, builder->count);
}

enum error
batch_builder_finish(struct batch_builder *builder, struct buffer *out)
{
	size_t position = out->size;
	size_t size;

	assert(builder->count > 0);
	write_header(builder, out);
	compression_write(out, &builder->options.compression, buffer_slice(&builder->records));
	size = out->size - position;
	if (size - BATCH_OVERHEAD_BYTES > INT32_MAX) {
		out->size = position;
		return ERROR_TOO_LARGE;
	}
	buffer_set_int32(out, position + BATCH_AT_LENGTH, (int32_t)(size - BATCH_OVERHEAD_BYTES));
	batch_set_crc(out->bytes + position);
	reset(builder);
	return ERROR_NONE;
}
