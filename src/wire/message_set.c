#include "wire/message_set.h"

#include <assert.h>

#include "wire/crc32c.h"

enum {
	NULL_LENGTH = -1,
	MESSAGE_AT_CRC = 12,
	MESSAGE_AT_MAGIC = 16,
	MESSAGE_AT_BODY = 18, /* after the attributes */
};

void
message_set_iterator_init(struct message_set_iterator *iterator, struct slice set,
    const struct decompression_limit *limit)
{
	*iterator = (struct message_set_iterator){ .limit = *limit };
	batch_cursor_init(&iterator->outer, set);
	batch_cursor_init(&iterator->inner, slice_null());
	buffer_init(&iterator->unpacked);
}

void
message_set_iterator_fini(struct message_set_iterator *iterator)
{
	buffer_fini(&iterator->unpacked);
}

static int
codec_of(const struct batch_view *view)
{
	return view->attributes & BATCH_CODEC_MASK;
}

static struct slice
read_bytes(struct reader *reader)
{
	int32_t length = reader_int32(reader);

	if (length == NULL_LENGTH)
		return slice_null();
	if (length < 0) {
		reader_fail(reader, ERROR_MALFORMED);
		return slice_null();
	}
	return reader_bytes(reader, (size_t)length);
}

static enum error
read_message(const struct batch_view *view, struct record *record)
{
	struct reader reader;

	if (!batch_view_check_crc(view))
		return ERROR_CORRUPT;
	reader_init(&reader, view->bytes);
	reader_skip(&reader, MESSAGE_AT_BODY);
	*record = (struct record){
		.offset = view->base_offset,
		.timestamp = BATCH_NO_TIMESTAMP,
		.headers = slice_of(NULL, 0),
	};
	if (view->magic == BATCH_MAGIC_V1)
		record->timestamp = reader_int64(&reader);
	record->key = read_bytes(&reader);
	record->value = read_bytes(&reader);
	return reader_failed(&reader) || reader_remaining(&reader) > 0 ? ERROR_MALFORMED
	                                                               : ERROR_NONE;
}

/*
 * Inner offsets of v1 count from 0, and the outer one is the last record's;
 * those of v0 are absolute (KIP-31). Some producers leave the outer one 0.
 */
static enum error
find_shift(struct message_set_iterator *iterator)
{
	struct batch_cursor cursor = iterator->inner;
	struct batch_view inner;
	enum error error;
	size_t count = 0;

	while ((error = batch_cursor_next(&cursor, &inner)) == ERROR_NONE) {
		if (inner.magic != iterator->entry.magic || codec_of(&inner) != COMPRESSION_NONE)
			return ERROR_MALFORMED;
		count++;
	}
	if (error != ERROR_END_OF_STREAM || count == 0)
		return ERROR_MALFORMED;
	iterator->shift = 0;
	if (iterator->entry.magic == BATCH_MAGIC_V0 || iterator->entry.last_offset == 0)
		return ERROR_NONE;
	if (iterator->entry.last_offset < inner.last_offset)
		return ERROR_MALFORMED;
	iterator->shift = (uint64_t)iterator->entry.last_offset - (uint64_t)inner.last_offset;
	return ERROR_NONE;
}

static enum error
unpack(struct message_set_iterator *iterator)
{
	const struct batch_view *entry = &iterator->entry;
	struct record wrapper;
	enum error error = read_message(entry, &wrapper);

	if (error != ERROR_NONE)
		return error;
	if (codec_of(entry) > COMPRESSION_LZ4)
		return ERROR_UNSUPPORTED; /* zstd came with v2 (KIP-110) */
	if (slice_is_null(wrapper.value))
		return ERROR_MALFORMED;
	buffer_clear(&iterator->unpacked);
	error = decompress(&iterator->unpacked, codec_of(entry),
	    entry->magic == BATCH_MAGIC_V0 ? COMPRESSION_DIALECT_MESSAGE_V0
	                                   : COMPRESSION_DIALECT_PLAIN,
	    wrapper.value, &iterator->limit);
	if (error == ERROR_TRUNCATED)
		error = ERROR_MALFORMED; /* the set itself is whole */
	if (error != ERROR_NONE)
		return error;
	batch_cursor_init(&iterator->inner, buffer_slice(&iterator->unpacked));
	return find_shift(iterator);
}

static enum error
next_inner(struct message_set_iterator *iterator, struct record *record)
{
	struct batch_view inner;
	enum error error = batch_cursor_next(&iterator->inner, &inner);

	if (error != ERROR_NONE)
		return error;
	error = read_message(&inner, record);
	if (error != ERROR_NONE)
		return error;
	record->offset = (int64_t)((uint64_t)record->offset + iterator->shift);
	if ((iterator->entry.attributes & BATCH_LOG_APPEND_TIME) != 0)
		record->timestamp = iterator->entry.max_timestamp;
	return ERROR_NONE;
}

static enum error
next(struct message_set_iterator *iterator, struct record *record)
{
	enum error error = next_inner(iterator, record);

	if (error != ERROR_END_OF_STREAM)
		return error;
	error = batch_cursor_next(&iterator->outer, &iterator->entry);
	if (error != ERROR_NONE)
		return error;
	if (iterator->entry.magic > BATCH_MAGIC_V1)
		return ERROR_UNSUPPORTED;
	if (codec_of(&iterator->entry) == COMPRESSION_NONE)
		return read_message(&iterator->entry, record);
	error = unpack(iterator);
	return error != ERROR_NONE ? error : next_inner(iterator, record);
}

enum error
message_set_iterator_next(struct message_set_iterator *iterator, struct record *record)
{
	if (iterator->error == ERROR_NONE)
		iterator->error = next(iterator, record);
	return iterator->error;
}

static void
write_bytes(struct buffer *out, struct slice bytes)
{
	assert(bytes.size <= INT32_MAX);
	buffer_int32(out, slice_is_null(bytes) ? NULL_LENGTH : (int32_t)bytes.size);
	buffer_append_slice(out, bytes);
}

void
message_set_write(struct buffer *out, const struct message_set_entry *message)
{
	size_t position = out->size;
	size_t size;

	buffer_int64(out, message->offset);
	buffer_int32(out, 0); /* size and CRC are set below */
	buffer_int32(out, 0);
	buffer_int8(out, message->magic);
	buffer_int8(out, message->attributes);
	if (message->magic == BATCH_MAGIC_V1)
		buffer_int64(out, message->timestamp);
	write_bytes(out, message->key);
	write_bytes(out, message->value);
	size = out->size - position;
	buffer_set_int32(out, position + BATCH_AT_LENGTH, (int32_t)(size - BATCH_OVERHEAD_BYTES));
	message_set_write_crc(out->bytes + position);
}

void
message_set_write_crc(uint8_t *message)
{
	struct reader reader;
	size_t size;

	reader_init(&reader, slice_of(message + BATCH_AT_LENGTH, sizeof(int32_t)));
	size = BATCH_OVERHEAD_BYTES + (size_t)reader_int32(&reader);
	assert(size >= MESSAGE_V0_OVERHEAD_BYTES);
	store_int32(message + MESSAGE_AT_CRC,
	    (int32_t)crc32_message(0, message + MESSAGE_AT_MAGIC, size - MESSAGE_AT_MAGIC));
}
