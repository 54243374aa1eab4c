#include "wire/record.h"

#include <assert.h>

enum { NULL_LENGTH = -1 };

void
record_iterator_init(struct record_iterator *iterator, const struct batch_header *header,
    struct slice bytes)
{
	reader_init(&iterator->reader, slice_of(bytes.bytes, bytes.size));
	iterator->left = header->count;
	iterator->frame = (struct record_frame){
		.base_offset = header->base_offset,
		.base_timestamp = header->base_timestamp,
		.log_append_time = batch_has(header, BATCH_LOG_APPEND_TIME),
		.max_timestamp = header->max_timestamp,
	};
	if (header->count < 0)
		reader_fail(&iterator->reader, ERROR_MALFORMED);
}

/* A nullable run of bytes with its varint length. */
static struct slice
read_bytes(struct reader *reader)
{
	int32_t length = reader_varint(reader);

	if (length == NULL_LENGTH)
		return slice_null();
	if (length < 0) {
		reader_fail(reader, ERROR_MALFORMED);
		return slice_null();
	}
	return reader_bytes(reader, (size_t)length);
}

static void
read_header(struct reader *reader, struct record_header *header)
{
	header->key = read_bytes(reader);
	if (slice_is_null(header->key))
		reader_fail(reader, ERROR_MALFORMED);
	header->value = read_bytes(reader);
}

static void
read_headers(struct reader *reader, struct record *record)
{
	const uint8_t *first;
	struct record_header header;

	record->header_count = reader_varint(reader);
	if (record->header_count < 0)
		reader_fail(reader, ERROR_MALFORMED);
	first = reader->at;
	for (int32_t i = 0; i < record->header_count && !reader_failed(reader); i++)
		read_header(reader, &header);
	record->headers = slice_of(first, (size_t)(reader->at - first));
}

/* Sums wrap: a peer may write any delta, and Kafka's reader does not mind. */
static void
read_record(struct reader *reader, const struct record_frame *frame, struct record *record)
{
	uint64_t timestamp;

	(void)reader_int8(reader); /* attributes: none are defined */
	timestamp = (uint64_t)frame->base_timestamp + (uint64_t)reader_varlong(reader);
	record->timestamp = frame->log_append_time ? frame->max_timestamp : (int64_t)timestamp;
	record->offset = (int64_t)((uint64_t)frame->base_offset
	    + (uint64_t)(int64_t)reader_varint(reader));
	record->key = read_bytes(reader);
	record->value = read_bytes(reader);
	read_headers(reader, record);
}

enum error
record_iterator_next(struct record_iterator *iterator, struct record *record)
{
	struct reader *reader = &iterator->reader;
	struct reader body;
	int32_t length;

	if (reader_failed(reader))
		return reader->error;
	if (iterator->left == 0 && reader_remaining(reader) == 0)
		return ERROR_END_OF_STREAM;
	length = reader_varint(reader);
	if (length < 0 || iterator->left == 0)
		reader_fail(reader, ERROR_MALFORMED);
	reader_init(&body, reader_bytes(reader, (size_t)length));
	if (reader_failed(reader))
		return reader->error;
	read_record(&body, &iterator->frame, record);
	/* What runs over the record's own length is malformed, not cut short. */
	if (reader_failed(&body) || reader_remaining(&body) > 0)
		reader_fail(reader, ERROR_MALFORMED);
	iterator->left--;
	return reader->error;
}

void
record_header_iterator_init(struct record_header_iterator *iterator, const struct record *record)
{
	reader_init(&iterator->reader, slice_of(record->headers.bytes, record->headers.size));
}

bool
record_header_iterator_next(struct record_header_iterator *iterator, struct record_header *header)
{
	if (reader_remaining(&iterator->reader) == 0)
		return false;
	read_header(&iterator->reader, header);
	return !reader_failed(&iterator->reader);
}

static size_t
bytes_size(struct slice bytes)
{
	return slice_is_null(bytes) ? varint_size(NULL_LENGTH)
	                            : varint_size((int32_t)bytes.size) + bytes.size;
}

static void
write_bytes(struct buffer *out, struct slice bytes)
{
	if (slice_is_null(bytes)) {
		buffer_varint(out, NULL_LENGTH);
		return;
	}
	assert(bytes.size <= INT32_MAX);
	buffer_varint(out, (int32_t)bytes.size);
	buffer_append_slice(out, bytes);
}

void
record_header_write(struct buffer *out, struct slice key, struct slice value)
{
	assert(!slice_is_null(key));
	write_bytes(out, key);
	write_bytes(out, value);
}

void
record_write(struct buffer *out, const struct record *record, int32_t offset_delta,
    int64_t timestamp_delta)
{
	size_t length = 1 + varlong_size(timestamp_delta) + varint_size(offset_delta)
	    + bytes_size(record->key) + bytes_size(record->value)
	    + varint_size(record->header_count) + record->headers.size;

	assert(length <= INT32_MAX);
	buffer_varint(out, (int32_t)length);
	buffer_int8(out, 0);
	buffer_varlong(out, timestamp_delta);
	buffer_varint(out, offset_delta);
	write_bytes(out, record->key);
	write_bytes(out, record->value);
	buffer_varint(out, record->header_count);
	buffer_append_slice(out, record->headers);
}
