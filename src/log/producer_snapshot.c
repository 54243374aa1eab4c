#include "log/producer_snapshot.h"

#include "base/reader.h"
#include "log/whole_file.h"
#include "wire/crc32c.h"

enum { CHECKSUM_AT = 2, CHECKED_FROM = 6 };

static void
append_entry(struct buffer *bytes, const struct producer_entry *entry)
{
	static const struct producer_batch none = { -1, -1, PRODUCER_SEQUENCE_NONE, 0 };
	const struct producer_batch *last = producer_entry_last_batch(entry);
	int32_t last_sequence;

	if (last == NULL)
		last = &none;
	last_sequence = last->last_sequence;
#ifdef CANARY_PRODUCER_SNAPSHOT_OFF_BY_ONE
	if (last_sequence > 0)
		last_sequence--;
#endif
	buffer_int64(bytes, entry->producer_id);
	buffer_int16(bytes, entry->epoch);
	buffer_int32(bytes, last_sequence);
	buffer_int64(bytes, last->last_offset);
	buffer_int32(bytes, last->offset_delta);
	buffer_int64(bytes, entry->last_timestamp_ms);
	buffer_int32(bytes, entry->coordinator_epoch);
	buffer_int64(bytes, entry->transaction_first_offset);
}

static void
append_earlier(struct buffer *bytes, const struct producer_entry *entry)
{
	buffer_int64(bytes, entry->producer_id);
	buffer_int8(bytes, (int8_t)(entry->batch_count - 1));
	for (uint8_t i = 0; i + 1 < entry->batch_count; i++) {
		buffer_int32(bytes, entry->batches[i].last_sequence);
		buffer_int64(bytes, entry->batches[i].last_offset);
		buffer_int32(bytes, entry->batches[i].offset_delta);
		buffer_int64(bytes, entry->batches[i].timestamp_ms);
	}
}

/* Nothing where no producer has more than one batch: then it is Kafka's to the byte. */
static void
append_tail(struct buffer *bytes, const struct producer_state *state)
{
	bool began = false;

	PRODUCER_STATE_FOREACH(link, state) {
		const struct producer_entry *entry = producer_entry_of(link);

		if (entry->batch_count < 2)
			continue;
		if (!began)
			buffer_int32(bytes, PRODUCER_SNAPSHOT_TAIL);
		began = true;
		append_earlier(bytes, entry);
	}
}

void
producer_snapshot_format(const struct producer_state *state, struct buffer *bytes)
{
	size_t start = bytes->size;

	buffer_int16(bytes, PRODUCER_SNAPSHOT_VERSION);
	buffer_int32(bytes, 0);
	buffer_int32(bytes, (int32_t)producer_state_count(state));
	PRODUCER_STATE_FOREACH(link, state)
		append_entry(bytes, producer_entry_of(link));
	append_tail(bytes, state);
	uint32_t checksum = crc32c(0, bytes->bytes + start + CHECKED_FROM,
	    bytes->size - start - CHECKED_FROM);
	buffer_set_int32(bytes, start + CHECKSUM_AT, (int32_t)checksum);
}

/* Checks all that does not need the entries, and leaves the reader at the first one. */
static enum error
read_header(struct reader *reader, struct slice bytes, int32_t *count)
{
	int16_t version = reader_int16(reader);
	uint32_t checksum = reader_uint32(reader);

	*count = reader_int32(reader);
	if (reader_failed(reader))
		return ERROR_TRUNCATED;
	if (version != PRODUCER_SNAPSHOT_VERSION)
		return ERROR_UNSUPPORTED;
	if (crc32c(0, bytes.bytes + CHECKED_FROM, bytes.size - CHECKED_FROM) != checksum)
		return ERROR_CORRUPT;
	if (*count < 0)
		return ERROR_MALFORMED;
	uint64_t expected = (uint64_t)*count * PRODUCER_SNAPSHOT_ENTRY_SIZE;
	uint64_t remaining = reader_remaining(reader);
	return remaining < expected ? ERROR_TRUNCATED : ERROR_NONE;
}

static bool
is_possible_batch(const struct producer_batch *batch)
{
	return batch->last_sequence >= 0 && batch->offset_delta >= 0 &&
	    batch->offset_delta <= batch->last_offset;
}

static bool
is_possible(const struct producer_entry *fields, const struct producer_batch *batch)
{
	return fields->producer_id >= 0 && fields->epoch >= PRODUCER_EPOCH_NONE &&
	    fields->transaction_first_offset >= -1 && batch->last_offset >= -1 &&
	    (batch->last_offset < 0 || is_possible_batch(batch));
}

static enum error
read_entry(struct producer_state *state, struct reader *reader, int64_t now_ms,
    int64_t expiration_ms)
{
	struct producer_entry fields = { .producer_id = reader_int64(reader) };
	struct producer_batch batch;

	fields.epoch = reader_int16(reader);
	batch.last_sequence = reader_int32(reader);
	batch.last_offset = reader_int64(reader);
	batch.offset_delta = reader_int32(reader);
	batch.timestamp_ms = reader_int64(reader);
	fields.last_timestamp_ms = batch.timestamp_ms;
	fields.coordinator_epoch = reader_int32(reader);
	fields.transaction_first_offset = reader_int64(reader);
	if (reader_failed(reader))
		return reader->error;
	if (!is_possible(&fields, &batch) ||
	    producer_state_find(state, fields.producer_id) != NULL)
		return ERROR_MALFORMED;
	if (!producer_entry_is_expired(&fields, now_ms, expiration_ms))
		producer_state_load(state, &fields, batch.last_offset < 0 ? NULL : &batch);
	return ERROR_NONE;
}

static enum error
read_earlier(struct producer_state *state, struct reader *reader)
{
	struct producer_batch batches[PRODUCER_BATCHES_KEPT - 1];
	int64_t producer_id = reader_int64(reader);
	int8_t count = reader_int8(reader);
	int64_t end = 0; /* of the batch before */
	bool fits = count > 0 && count < PRODUCER_BATCHES_KEPT;

	for (int8_t i = 0; fits && i < count; i++) {
		batches[i].last_sequence = reader_int32(reader);
		batches[i].last_offset = reader_int64(reader);
		batches[i].offset_delta = reader_int32(reader);
		batches[i].timestamp_ms = reader_int64(reader);
		if (reader_failed(reader))
			return reader->error;
		fits = is_possible_batch(&batches[i]) &&
		    batches[i].last_offset - batches[i].offset_delta >= end;
		end = batches[i].last_offset + 1;
	}
	if (reader_failed(reader))
		return reader->error;
	return fits && producer_state_load_earlier(state, producer_id, batches, (uint8_t)count) ?
	    ERROR_NONE : ERROR_MALFORMED;
}

static enum error
read_tail(struct producer_state *state, struct reader *reader)
{
	enum error error = ERROR_NONE;

	if (reader_remaining(reader) == 0)
		return ERROR_NONE;
	if (reader_int32(reader) != PRODUCER_SNAPSHOT_TAIL)
		return ERROR_MALFORMED;
	while (error == ERROR_NONE && reader_remaining(reader) > 0)
		error = read_earlier(state, reader);
	return error;
}

enum error
producer_snapshot_parse(struct producer_state *state, struct slice bytes, int64_t now_ms,
    int64_t expiration_ms)
{
	struct reader reader;
	int32_t count;

	reader_init(&reader, bytes);
	enum error error = read_header(&reader, bytes, &count);
	for (int32_t i = 0; error == ERROR_NONE && i < count; i++)
		error = read_entry(state, &reader, now_ms, expiration_ms);
	if (error == ERROR_NONE)
		error = read_tail(state, &reader);
	if (error != ERROR_NONE)
		producer_state_reset(state, state->end_offset);
	return error;
}

/* Whether it can be removed or not, its checksum tells that it is torn. */
static void
remove_torn(struct disk *disk, const char *path)
{
	enum error error UNUSED = disk_unlink(disk, path);
}

static enum error
write_and_sync(struct disk_file *file, struct slice bytes)
{
	size_t written;
	enum error error = disk_write(file, bytes.bytes, bytes.size, 0, &written);

	if (error == ERROR_NONE)
		error = disk_sync(file);
	enum error closed = disk_close(file);
	return error != ERROR_NONE ? error : closed;
}

enum error
producer_snapshot_write(const struct producer_state *state, struct disk *disk, const char *path)
{
	struct buffer bytes;
	struct disk_file *file;

	enum error error = disk_open(disk, path, DISK_WRITE | DISK_CREATE | DISK_TRUNCATE, &file);
	if (error != ERROR_NONE)
		return error;
	buffer_init(&bytes);
	producer_snapshot_format(state, &bytes);
	error = write_and_sync(file, buffer_slice(&bytes));
	buffer_fini(&bytes);
	if (error != ERROR_NONE)
		remove_torn(disk, path);
	else
		error = whole_file_sync_directory(disk, path);
	return error;
}

enum error
producer_snapshot_read(struct producer_state *state, struct disk *disk, const char *path,
    int64_t now_ms, int64_t expiration_ms)
{
	struct buffer bytes;

	buffer_init(&bytes);
	enum error error = whole_file_read(disk, path, PRODUCER_SNAPSHOT_SIZE_MAX, &bytes);
	if (error == ERROR_NONE)
		error = producer_snapshot_parse(state, buffer_slice(&bytes), now_ms, expiration_ms);
	buffer_fini(&bytes);
	return error;
}
