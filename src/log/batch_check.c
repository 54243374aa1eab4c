#include "log/batch_check.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/reader.h"

enum { PAGE_BYTES = 4096, WINDOW_BYTES = 256 * 1024 };

enum error
batch_check_sum(struct batch_scan *scan, const struct scanned_batch *batch, struct buffer *spill)
{
	struct batch_cursor cursor;
	struct batch_view view;
	struct slice bytes;
	enum error error = batch_scan_bytes(scan, batch, spill, &bytes);

	if (error != ERROR_NONE)
		return error;
	batch_cursor_init(&cursor, bytes);
	if (batch_cursor_next(&cursor, &view) != ERROR_NONE || !batch_view_check_crc(&view))
		return ERROR_CORRUPT;
	return ERROR_NONE;
}

enum error
batch_check_run(const struct batch_check *check, int64_t from, int64_t to, int64_t *bad)
{
	size_t capacity = (size_t)MIN(check->limit - from, (int64_t)WINDOW_BYTES);
	int64_t least = check->base_offset;
	struct scanned_batch batch;
	struct batch_scan scan;
	struct buffer spill;
	enum error error = ERROR_NONE;

	capacity = MAX(capacity, (size_t)BATCH_HEADER_BYTES);
	uint8_t *window = memory_new(capacity);
	buffer_init(&spill);
	batch_scan_init(&scan, check->file, from, check->limit, false, window, capacity);
	scan.damages = check->known;
	for (*bad = from; *bad < to && error == ERROR_NONE; *bad = scan.position) {
		error = batch_scan_next(&scan, &batch);
		if (error == ERROR_NONE)
			error = batch_check_sum(&scan, &batch, &spill);
		if (error == ERROR_NONE && (batch.base_offset < least ||
		    batch.last_offset >= check->end_offset))
			error = ERROR_CORRUPT;
		if (error != ERROR_NONE)
			break;
		least = batch.last_offset + 1;
	}
	buffer_fini(&spill);
	free(window);
	return error == ERROR_END_OF_STREAM ? ERROR_NONE : error;
}

/* -------------------------------------------------------------- measuring */

/* A whole batch of an offset that may stand there. */
static bool
is_sound(const struct batch_check *check, int64_t position, int64_t least,
    struct scanned_batch *batch)
{
	uint8_t window[BATCH_SCAN_WINDOW_BYTES];
	struct batch_scan scan;
	struct buffer spill;
	bool sound;

	batch_scan_init(&scan, check->file, position, check->limit, false, window, sizeof(window));
	if (batch_scan_next(&scan, batch) != ERROR_NONE || batch->base_offset < least ||
	    batch->last_offset >= check->end_offset)
		return false;
	buffer_init(&spill);
	sound = batch_check_sum(&scan, batch, &spill) == ERROR_NONE;
	buffer_fini(&spill);
	return sound;
}

/* Where the bad batch ends by its own word; -1: that cannot be true. */
static int64_t
claimed_end(const struct batch_check *check, int64_t position)
{
	uint8_t window[BATCH_HEADER_BYTES];
	struct scanned_batch batch;
	struct batch_scan scan;

	batch_scan_init(&scan, check->file, position, check->limit, false, window, sizeof(window));
	return batch_scan_next(&scan, &batch) == ERROR_NONE ? scan.position : -1;
}

/* Cheap: most bytes are none. */
static bool
may_begin(const struct batch_check *check, struct slice bytes, int64_t position, int64_t least)
{
	struct scanned_batch batch;
	struct reader in;

	reader_init(&in, bytes);
	int64_t base_offset = reader_int64(&in);
	if (reader_failed(&in) || base_offset < least || base_offset >= check->end_offset)
		return false;
	return batch_scan_header(bytes, &batch) == ERROR_NONE &&
	    batch.size <= check->limit - position;
}

/* In the bytes of a page, which is followed by what a header needs. */
static bool
search_page(const struct batch_check *check, struct slice bytes, int64_t position, int64_t least,
    size_t first_behind, int64_t *at, struct scanned_batch *batch)
{
	const uint8_t *from = bytes.bytes + BATCH_AT_MAGIC;

	while (from < bytes.bytes + bytes.size) {
		size_t left = (size_t)(bytes.bytes + bytes.size - from);
		const uint8_t *magic = memchr(from, BATCH_MAGIC_V2, left);
		size_t skip;

		if (magic == NULL)
			return false;
		skip = (size_t)(magic - bytes.bytes) - BATCH_AT_MAGIC;
		if (skip >= first_behind)
			return false;
		*at = position + (int64_t)skip;
		if (may_begin(check, slice_of(bytes.bytes + skip, bytes.size - skip), *at, least) &&
		    is_sound(check, *at, least, batch))
			return true;
		from = magic + 1;
	}
	return false;
}

/* The next sound batch; at the limit when there is none. Of the newest format alone. */
static int64_t
search(const struct batch_check *check, int64_t from, int64_t least, struct scanned_batch *batch)
{
	uint8_t bytes[PAGE_BYTES + BATCH_HEADER_BYTES];
	int64_t at;

	while (from < check->limit) {
		int64_t page_end = MIN((from / PAGE_BYTES + 1) * PAGE_BYTES, check->limit);
		size_t wanted = (size_t)MIN(page_end - from + BATCH_HEADER_BYTES - 1,
		    check->limit - from);
		size_t got;

		if (disk_read(check->file, bytes, wanted, from, &got) == ERROR_NONE &&
		    search_page(check, slice_of(bytes, got), from, least,
		        (size_t)(page_end - from), &at, batch))
			return at;
		from = page_end;
	}
	return check->limit;
}

/*
 * By the headers from the file's beginning on: which offset comes at the position.
 * Where they end before it, there is the damage.
 */
static void
find_beginning(const struct batch_check *check, struct damage *damage)
{
	uint8_t window[BATCH_SCAN_WINDOW_BYTES];
	struct scanned_batch batch;
	struct batch_scan scan;
	int64_t position = damage->position;

	damage->position = 0;
	damage->offset = check->base_offset;
	batch_scan_init(&scan, check->file, 0, check->limit, false, window, sizeof(window));
	scan.damages = check->known;
	while (scan.position < position && batch_scan_next(&scan, &batch) == ERROR_NONE &&
	    batch.position < position && batch.base_offset >= damage->offset &&
	    batch.last_offset < check->end_offset) {
		damage->position = damages_skip(check->known, scan.position);
		damage->offset = batch.last_offset + 1;
		scan.position = damage->position;
	}
}

void
batch_check_measure(const struct batch_check *check, int64_t position, struct damage *damage)
{
	struct scanned_batch next;
	int64_t end;

	damage->position = position;
	find_beginning(check, damage);
	end = claimed_end(check, damage->position);
	if (end != check->limit && (end < 0 || !is_sound(check, end, damage->offset, &next)))
		end = search(check, damage->position + 1, damage->offset, &next);
	damage->end_position = end;
	damage->end_offset = end < check->limit ? next.base_offset :
	    MAX(check->end_offset, damage->offset);
}
