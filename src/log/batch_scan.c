#include "log/batch_scan.h"

#include <assert.h>

#include "base/reader.h"

enum {
	AT_V1_TIMESTAMP = 18,
	/* The least that may follow the size field. */
	MIN_LENGTH_V0 = MESSAGE_V0_OVERHEAD_BYTES - BATCH_OVERHEAD_BYTES,
	MIN_LENGTH_V1 = MESSAGE_V1_OVERHEAD_BYTES - BATCH_OVERHEAD_BYTES,
	MIN_LENGTH_V2 = BATCH_HEADER_BYTES - BATCH_OVERHEAD_BYTES,
};

static const int32_t min_length[] = { MIN_LENGTH_V0, MIN_LENGTH_V1, MIN_LENGTH_V2 };

void
batch_scan_init(struct batch_scan *scan, struct disk_file *file, int64_t position, int64_t end,
    bool resident_only, uint8_t *window, size_t window_capacity)
{
	assert(window_capacity >= BATCH_HEADER_BYTES);
	*scan = (struct batch_scan){
		.file = file,
		.position = position,
		.end = end,
		.resident_only = resident_only,
		.window = window,
		.window_capacity = window_capacity,
		.window_at = position,
	};
}

static enum error
read_v2(struct reader *in, struct scanned_batch *batch)
{
	int32_t last_offset_delta;

	reader_skip(in, sizeof(uint32_t)); /* CRC */
	batch->attributes = reader_int16(in);
	last_offset_delta = reader_int32(in);
	batch->base_timestamp = reader_int64(in);
	batch->max_timestamp = reader_int64(in);
	batch->producer_id = reader_int64(in);
	batch->producer_epoch = reader_int16(in);
	batch->base_sequence = reader_int32(in);
	batch->count = reader_int32(in);
	if (reader_failed(in))
		return ERROR_TRUNCATED;
	if (last_offset_delta < 0 || batch->count < 0 ||
	    batch->base_offset >= INT64_MAX - last_offset_delta)
		return ERROR_CORRUPT;
	batch->last_offset = batch->base_offset + last_offset_delta;
	return ERROR_NONE;
}

static enum error
read_old(struct slice bytes, struct scanned_batch *batch)
{
	struct reader in;

	batch->attributes = (int16_t)(int8_t)bytes.bytes[BATCH_AT_MAGIC + 1];
	if (batch->base_offset == INT64_MAX)
		return ERROR_CORRUPT;
	batch->last_offset = batch->base_offset;
	batch->partition_leader_epoch = BATCH_NO_PARTITION_LEADER_EPOCH;
	batch->producer_id = BATCH_NO_PRODUCER_ID;
	batch->producer_epoch = BATCH_NO_PRODUCER_EPOCH;
	batch->base_sequence = BATCH_NO_SEQUENCE;
	batch->count = -1;
	batch->base_timestamp = batch->max_timestamp = BATCH_NO_TIMESTAMP;
	if (batch->magic == BATCH_MAGIC_V0)
		return ERROR_NONE;
	reader_init(&in, bytes);
	reader_skip(&in, AT_V1_TIMESTAMP);
	batch->base_timestamp = batch->max_timestamp = reader_int64(&in);
	return reader_failed(&in) ? ERROR_TRUNCATED : ERROR_NONE;
}

enum error
batch_scan_header(struct slice bytes, struct scanned_batch *batch)
{
	struct reader in;

	*batch = (struct scanned_batch){ 0 };
	reader_init(&in, bytes);
	batch->base_offset = reader_int64(&in);
	int32_t length = reader_int32(&in);
	batch->partition_leader_epoch = reader_int32(&in); /* in v0 and v1: the CRC */
	batch->magic = reader_int8(&in);
	if (reader_failed(&in) || bytes.size < BATCH_AT_MAGIC + 2)
		return ERROR_TRUNCATED;
	if (batch->base_offset < 0 || batch->magic < BATCH_MAGIC_V0 ||
	    batch->magic > BATCH_MAGIC_V2 || length < min_length[batch->magic])
		return ERROR_CORRUPT;
	batch->size = (int64_t)BATCH_OVERHEAD_BYTES + length;
	return batch->magic == BATCH_MAGIC_V2 ? read_v2(&in, batch) : read_old(bytes, batch);
}

/* Brings at least `needed` bytes from `position` into the window. */
static enum error
fill_window(struct batch_scan *scan, int64_t position, size_t needed)
{
	int64_t left = scan->end - position;
	size_t wanted = (size_t)MIN(left, (int64_t)scan->window_capacity);
	enum error error;

	if (position >= scan->window_at &&
	    position + (int64_t)needed <= scan->window_at + (int64_t)scan->window_size)
		return ERROR_NONE;
	scan->window_at = position;
	scan->window_size = 0;
	if (scan->resident_only)
		error = disk_read_resident(scan->file, scan->window, wanted, position,
		    &scan->window_size);
	else
		error = disk_read(scan->file, scan->window, wanted, position, &scan->window_size);
	/* What cannot be read may lie behind what is needed. */
	if (error == ERROR_IO && !scan->resident_only && wanted > needed)
		error = disk_read(scan->file, scan->window, needed, position, &scan->window_size);
	if (error != ERROR_NONE)
		scan->window_size = 0;
	if (error != ERROR_NONE)
		return error;
	if (scan->window_size >= needed)
		return ERROR_NONE;
	return scan->resident_only ? ERROR_WOULD_BLOCK : ERROR_TRUNCATED;
}

static struct slice
window_from(const struct batch_scan *scan, int64_t position)
{
	size_t skip = (size_t)(position - scan->window_at);

	return slice_of(scan->window + skip, scan->window_size - skip);
}

enum error
batch_scan_next(struct batch_scan *scan, struct scanned_batch *batch)
{
	int64_t left;
	enum error error;

	if (scan->damages != NULL)
		scan->position = damages_skip(scan->damages, scan->position);
	left = scan->end - scan->position;
	if (left <= 0)
		return ERROR_END_OF_STREAM;
	error = fill_window(scan, scan->position, (size_t)MIN(left, BATCH_HEADER_BYTES));
	if (error != ERROR_NONE)
		return error;
	error = batch_scan_header(window_from(scan, scan->position), batch);
	if (error != ERROR_NONE)
		return error;
	batch->position = scan->position;
	if (batch->size > left)
		return ERROR_TRUNCATED;
	scan->position += batch->size;
	return ERROR_NONE;
}

static enum error
find_from_here(struct batch_scan *scan, int64_t offset, struct scanned_batch *batch)
{
	enum error error;

	do
		error = batch_scan_next(scan, batch);
	while (error == ERROR_NONE && batch->last_offset < offset);
	return error;
}

enum error
batch_scan_find(struct batch_scan *scan, int64_t offset, struct scanned_batch *batch)
{
	int64_t start = scan->position;
	enum error error = start < scan->end ? batch_scan_next(scan, batch) : ERROR_CORRUPT;
	bool lied = error == ERROR_NONE && batch->base_offset > offset;

	if (error == ERROR_NONE && !lied && batch->last_offset < offset)
		error = find_from_here(scan, offset, batch);
	if (start == 0)
		return scan->end == 0 ? ERROR_END_OF_STREAM : error;
	if (!lied && error != ERROR_CORRUPT && error != ERROR_TRUNCATED)
		return error;
	scan->position = 0;
	return find_from_here(scan, offset, batch);
}

enum error
batch_scan_bytes(struct batch_scan *scan, const struct scanned_batch *batch, struct buffer *spill,
    struct slice *bytes)
{
	size_t size = (size_t)batch->size;
	enum error error;

	if (size <= scan->window_capacity) {
		error = fill_window(scan, batch->position, size);
		if (error == ERROR_NONE)
			*bytes = slice_of(window_from(scan, batch->position).bytes, size);
		return error;
	}
	buffer_clear(spill);
	uint8_t *into = buffer_extend(spill, size);
	size_t got = 0;
	if (scan->resident_only)
		error = disk_read_resident(scan->file, into, size, batch->position, &got);
	else
		error = disk_read(scan->file, into, size, batch->position, &got);
	if (error == ERROR_NONE && got < size)
		error = scan->resident_only ? ERROR_WOULD_BLOCK : ERROR_TRUNCATED;
	*bytes = slice_of(into, size);
	return error;
}
