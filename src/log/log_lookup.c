#include "log/log_lookup.h"

#include "log/log_private.h"
#include "wire/batch_records.h"

/* The first segment that may hold the timestamp: that with the max timestamp for -3. */
static struct segment *
choose_segment(const struct log *log, struct log_lookup *lookup)
{
	struct segment *best = NULL;

	for (int i = 0; i < log->count; i++) {
		struct segment *segment = log->segments[i];

		if (segment->max_timestamp < 0 || segment->next_offset <= log->start_offset)
			continue;
		if (lookup->timestamp != LOG_LOOKUP_MAX_TIMESTAMP) {
			if (segment->max_timestamp >= lookup->timestamp)
				return segment;
		} else if (best == NULL || segment->max_timestamp > best->max_timestamp) {
			best = segment;
		}
	}
	return best;
}

/* Where batches that may hold the timestamp begin, by both indexes. */
static enum error
find_floor(struct log_lookup *lookup, struct segment *segment, bool resident_only)
{
	struct time_entry time;
	struct offset_entry offset;
	/* The entry below it, since equal timestamps may stand before their entry. */
	enum error error = time_index_lookup(&segment->time_index, lookup->wanted - 1,
	    resident_only, &time);

	if (error == ERROR_NONE)
		error = offset_index_lookup(&segment->offset_index, time.offset, resident_only,
		    &offset);
	if (error != ERROR_NONE)
		return error;
	lookup->floor = offset.position;
	lookup->floor_offset = time.offset;
	lookup->floor_timestamp = time.timestamp_ms;
	return ERROR_NONE;
}

/* The first batch to be looked at; the indexes are believed if the batch fits the entry. */
static enum error
find_first(const struct log_lookup *lookup, struct batch_scan *scan, struct scanned_batch *batch)
{
	enum error error = ERROR_END_OF_STREAM;

	if (lookup->floor_timestamp >= 0)
		error = batch_scan_find(scan, lookup->floor_offset, batch);
	if (error == ERROR_NONE && batch->base_offset <= lookup->floor_offset &&
	    batch->max_timestamp == lookup->floor_timestamp)
		return ERROR_NONE;
	if (error != ERROR_NONE && error != ERROR_END_OF_STREAM)
		return error;
	scan->position = 0;
	return batch_scan_next(scan, batch);
}

enum error
log_lookup_prepare(struct log *log, struct log_lookup *lookup)
{
	enum error error = ERROR_NONE;

	lookup->segment = NULL;
	lookup->found = false;
	lookup->found_timestamp = lookup->found_offset = -1;
	lookup->leader_epoch = -1;
	lookup->news = ERROR_NONE;
	if (log->state != ERROR_NONE)
		return log->state;
	log->jobs++;
	struct segment *segment = choose_segment(log, lookup);
	if (segment == NULL)
		return ERROR_NONE;
	lookup->wanted = lookup->timestamp == LOG_LOOKUP_MAX_TIMESTAMP ? segment->max_timestamp :
	    lookup->timestamp;
	lookup->start_offset = log->start_offset;
	lookup->limit = segment->size;
	damage_watch_begin(&lookup->watch, segment,
	    log_segment_end(log, log_segment_number(log, segment->base_offset)));
	lookup->floor = -1;
	if (segment->active)
		error = find_floor(lookup, segment, true);
	if (error == ERROR_NONE)
		lookup->segment = segment_hold(segment);
	else
		log->jobs--;
	return error;
}

/* The first record of the batch with the wanted timestamp, at or after the log start. */
static enum error
search_batch(struct log_lookup *lookup, struct slice bytes)
{
	struct decompression_limit limit = decompression_limit_default();
	struct batch_records records;
	struct batch_cursor cursor;
	struct batch_view view;
	struct record record;
	enum error error;

	batch_cursor_init(&cursor, bytes);
	error = batch_cursor_next(&cursor, &view);
	if (error == ERROR_NONE && !batch_view_check_crc(&view))
		error = ERROR_CORRUPT;
	if (error != ERROR_NONE)
		return ERROR_CORRUPT;
	error = batch_records_open(&records, &view, &limit);
	while (error == ERROR_NONE && !lookup->found) {
		error = batch_records_next(&records, &record);
		if (error != ERROR_NONE)
			break;
		if (record.timestamp < lookup->wanted || record.offset < lookup->start_offset)
			continue;
		lookup->found = true;
		lookup->found_timestamp = record.timestamp;
		lookup->found_offset = record.offset;
	}
	batch_records_fini(&records);
	return error == ERROR_END_OF_STREAM ? ERROR_NONE : error;
}

static enum error
search_found(struct log_lookup *lookup, struct batch_scan *scan,
    const struct scanned_batch *batch, struct buffer *spill)
{
	struct slice bytes;
	enum error error = batch_scan_bytes(scan, batch, spill, &bytes);

	if (error == ERROR_NONE)
		error = search_batch(lookup, bytes);
	if (error == ERROR_CORRUPT)
		scan->position = batch->position; /* that is the bad one */
	if (error == ERROR_NONE && lookup->found)
		lookup->leader_epoch = batch->partition_leader_epoch;
	return error;
}

static enum error
run_pinned(struct log_lookup *lookup, struct disk_file *file, bool resident_only)
{
	uint8_t window[BATCH_SCAN_WINDOW_BYTES];
	struct scanned_batch batch;
	struct batch_scan scan;
	struct buffer spill;
	enum error error = ERROR_NONE;

	if (lookup->floor < 0)
		error = find_floor(lookup, lookup->segment, resident_only);
	if (error != ERROR_NONE)
		return error;
	buffer_init(&spill);
	batch_scan_init(&scan, file, lookup->floor, lookup->limit, resident_only, window, sizeof(window));
	scan.damages = &lookup->watch.known;
	error = find_first(lookup, &scan, &batch);
	while (error == ERROR_NONE && !lookup->found) {
		if (batch.max_timestamp >= lookup->wanted &&
		    batch.last_offset >= lookup->start_offset)
			error = search_found(lookup, &scan, &batch, &spill);
		if (error == ERROR_NONE && !lookup->found)
			error = batch_scan_next(&scan, &batch);
	}
	buffer_fini(&spill);
	if (error == ERROR_CORRUPT || error == ERROR_TRUNCATED || error == ERROR_IO)
		error = resident_only ? ERROR_WOULD_BLOCK :
		    damage_watch_found(&lookup->watch, lookup->segment, file, scan.position, error);
	return error == ERROR_END_OF_STREAM ? ERROR_NONE : error;
}

enum error
log_lookup_run(struct log_lookup *lookup, bool resident_only)
{
	struct disk_file *file;
	enum error error;

	if (lookup->segment == NULL)
		return ERROR_NONE;
	struct cached_file *log = &lookup->segment->log;
	error = resident_only ? cached_file_pin_if_open(log, &file) : cached_file_pin(log, &file);
	if (error != ERROR_NONE)
		return error;
	error = run_pinned(lookup, file, resident_only);
	cached_file_unpin(log, false);
	switch (error) {
	case ERROR_TRUNCATED:
	case ERROR_MALFORMED:
	case ERROR_TOO_LARGE:
	case ERROR_UNSUPPORTED:
		return ERROR_CORRUPT;
	default:
		return error;
	}
}

void
log_lookup_done(struct log *log, struct log_lookup *lookup)
{
	log->jobs--;
	if (lookup->segment != NULL && damage_watch_end(&lookup->watch, lookup->segment)) {
		log->is_damaged = true;
		lookup->news = lookup->watch.news;
	}
	segment_release(lookup->segment);
	lookup->segment = NULL;
}

enum error
log_lookup(struct log *log, struct log_lookup *lookup, bool resident_only)
{
	enum error error = log_lookup_prepare(log, lookup);

	if (error != ERROR_NONE)
		return error;
	error = log_lookup_run(lookup, resident_only);
	log_lookup_done(log, lookup);
	return error;
}
