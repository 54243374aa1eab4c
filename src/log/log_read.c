#include "log/log_read.h"

#include <assert.h>

#include "log/log_private.h"

enum { BEYOND = -2 }; /* upper bound behind the segment */

void
log_slice_release(struct log_slice *slice)
{
	if (slice->segment == NULL)
		return;
	cached_file_unpin(&slice->segment->log, false);
	segment_release(slice->segment);
	*slice = (struct log_slice){ 0 };
}

bool
log_slice_is_intact(const struct log_slice *slice)
{
	struct segment *segment = slice->segment;

	return atomic_load_explicit(&segment->cuts, memory_order_acquire) == slice->cuts ||
	    slice->position + slice->size <=
		atomic_load_explicit(&segment->least_left, memory_order_relaxed);
}

static enum error
memory_floor(struct segment *segment, int64_t offset, int64_t *position)
{
	struct offset_entry entry;
	enum error error = offset_index_lookup(&segment->offset_index, offset, true, &entry);

	*position = entry.position;
	return error;
}

static bool
is_known_damage(const struct segment *segment, struct log_read *read)
{
	const struct damage *damage = damages_find(&segment->damages, read->offset);

#ifdef CANARY_DAMAGE_IS_SERVED
	return false;
#endif
	if (damage != NULL)
		read->damage_end = damage->end_offset;
	return damage != NULL;
}

enum error
log_read_prepare(struct log *log, struct log_read *read)
{
	enum error error = ERROR_NONE;

	read->slice = (struct log_slice){ 0 };
	read->segment = NULL;
	read->news = ERROR_NONE;
	if (log->state != ERROR_NONE)
		return log->state;
	if (read->offset < log->start_offset || read->offset > log->end_offset)
		return ERROR_OUT_OF_RANGE;
	int number = log_segment_number(log, read->offset);
	struct segment *segment = log->segments[number];

	/* An offset behind the segment's last batch belongs to the next one (compaction). */
	while (number + 1 < log->count && read->offset >= segment->next_offset)
		segment = log->segments[++number];
	if (is_known_damage(segment, read))
		return ERROR_CORRUPT;
	damage_watch_begin(&read->watch, segment, log_segment_end(log, number));
	read->limit = segment->size;
	read->floor = -1;
	read->bound_floor = read->upper_bound >= segment->next_offset ? BEYOND : -1;
	/* The active segment's index changes with appends: it is asked now, from memory. */
	if (segment->active) {
		error = memory_floor(segment, read->offset, &read->floor);
		if (error == ERROR_NONE && read->bound_floor != BEYOND)
			error = memory_floor(segment, read->upper_bound, &read->bound_floor);
	}
	if (error != ERROR_NONE)
		return error;
	read->segment = segment_hold(segment);
	log->jobs++;
	return ERROR_NONE;
}

/* Where the first batch begins whose last offset is at least `offset`. */
static enum error
find_batch(struct log_read *read, struct disk_file *file, int64_t offset, int64_t floor,
    bool resident_only, struct scanned_batch *batch)
{
	uint8_t window[BATCH_SCAN_WINDOW_BYTES];
	struct batch_scan scan;
	enum error error = ERROR_NONE;

	if (floor < 0) {
		struct offset_entry entry;
		error = offset_index_lookup(&read->segment->offset_index, offset, resident_only,
		    &entry);
		floor = entry.position;
	}
	if (error != ERROR_NONE)
		return error;
	batch_scan_init(&scan, file, floor, read->limit, resident_only, window, sizeof(window));
	scan.damages = &read->watch.known;
	error = batch_scan_find(&scan, offset, batch);
	if (error != ERROR_CORRUPT && error != ERROR_TRUNCATED && error != ERROR_IO)
		return error;
	/* A worker finds out how far it goes. */
	return resident_only ? ERROR_WOULD_BLOCK :
	    damage_watch_found(&read->watch, read->segment, file, scan.position, error);
}

/* Position from which on nothing may be given away. */
static enum error
find_bound(struct log_read *read, struct disk_file *file, bool resident_only, int64_t *bound)
{
	struct scanned_batch batch;

	*bound = read->limit;
	if (read->bound_floor == BEYOND)
		return ERROR_NONE;
	enum error error = find_batch(read, file, read->upper_bound, read->bound_floor,
	    resident_only, &batch);
	if (error == ERROR_NONE)
		*bound = batch.position;
	return error == ERROR_END_OF_STREAM ? ERROR_NONE : error;
}

/*
 * Whoever writes a segment has seen that its bytes are sound; what comes from an earlier
 * process, or from the disk, is looked at before it is served (F15).
 */
static enum error
check_slice(struct log_read *read, struct disk_file *file, bool resident_only, int64_t from,
    int64_t *size)
{
	int64_t to = from + *size;
	enum error error;

#ifdef CANARY_DAMAGE_IS_SERVED
	return ERROR_NONE;
#endif
	if (resident_only)
		return !read->looks && !damage_watch_is_new(&read->watch, from, to) &&
			(read->segment->active || disk_is_resident(file, from, *size)) ?
		    ERROR_NONE :
		    ERROR_WOULD_BLOCK;
	error = damage_watch_check(&read->watch, read->segment, file, from, &to);
	*size = MIN(*size, to - from);
	return error;
}

static enum error
run_pinned(struct log_read *read, struct disk_file *file, bool resident_only)
{
	struct scanned_batch first;
	int64_t bound, size;
	enum error error = find_batch(read, file, read->offset, read->floor, resident_only,
	    &first);

	if (error == ERROR_NONE)
		error = find_bound(read, file, resident_only, &bound);
	if (error != ERROR_NONE)
		return error;
	bound = damages_limit(&read->watch.known, first.position, bound);
	size = MIN(read->max_bytes, bound - first.position);
	if (size < first.size)
		size = read->at_least_one ? MIN(first.size, bound - first.position) : 0;
	read->slice_offset = first.base_offset;
	/* Its last offset is above the bound, or was damaged: then nothing would ever come. */
	if (size <= 0 && bound <= first.position)
		return check_slice(read, file, resident_only, first.position, &first.size);
	if (size <= 0)
		return ERROR_NONE;
	error = check_slice(read, file, resident_only, first.position, &size);
	if (error != ERROR_NONE)
		return error;
	read->slice = (struct log_slice){
		.segment = segment_hold(read->segment),
		.file = file,
		.position = first.position,
		.size = size,
		.cuts = atomic_load_explicit(&read->segment->cuts, memory_order_acquire),
	};
	return ERROR_NONE;
}

enum error
log_read_run(struct log_read *read, bool resident_only)
{
	struct cached_file *log = &read->segment->log;
	struct disk_file *file;
	enum error error;

	assert(read->slice.segment == NULL);
	if (read->offset >= read->upper_bound)
		return ERROR_NONE;
	error = resident_only ? cached_file_pin_if_open(log, &file) : cached_file_pin(log, &file);
	if (error != ERROR_NONE)
		return error;
	error = run_pinned(read, file, resident_only);
	if (read->slice.segment == NULL)
		cached_file_unpin(log, false);
	return error == ERROR_TRUNCATED ? ERROR_CORRUPT : error;
}

void
log_read_done(struct log *log, struct log_read *read)
{
	assert(log->jobs > 0);
	log->jobs--;
	read->damage_end = read->watch.damage.end_offset;
	if (damage_watch_end(&read->watch, read->segment)) {
		log->is_damaged = true;
		read->news = read->watch.news;
	}
	segment_release(read->segment);
	read->segment = NULL;
}

enum error
log_read(struct log *log, struct log_read *read, bool resident_only)
{
	int64_t wanted = read->offset;
	enum error error;

	for (;;) {
		error = log_read_prepare(log, read);
		if (error != ERROR_NONE)
			break;
		int64_t behind = read->segment->next_offset;
		bool is_last = read->segment == log_active(log);
		error = log_read_run(read, resident_only);
		log_read_done(log, read);
		if (error != ERROR_END_OF_STREAM)
			break;
		error = ERROR_NONE;
		if (is_last || behind <= read->offset)
			break;
		read->offset = behind;
	}
	read->offset = wanted;
	return error;
}

enum error
log_collect_aborted(struct log *log, int64_t offset, int64_t upper_bound, bool resident_only,
    void (*add)(void *context, const struct aborted_transaction *transaction), void *context)
{
	enum error error = log->state;
	bool complete = false;

	for (int i = log_segment_number(log, offset); i < log->count && error == ERROR_NONE; i++) {
		error = transaction_index_collect(&log->segments[i]->transaction_index, offset,
		    upper_bound, resident_only, add, context, &complete);
		if (complete)
			break;
	}
	return error;
}
