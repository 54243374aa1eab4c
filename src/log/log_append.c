/* Appending: what a leader takes, and what a follower fetched. */
#include <assert.h>

#include "log/log_private.h"
#include "wire/batch_run.h"

/* Record sets that will be written with one call. */
struct gather {
	struct iovec parts[LOG_APPEND_GATHER];
	struct segment_set sets[LOG_APPEND_GATHER];
	int count;
	int64_t bytes;
	int64_t next_offset; /* the log end when it is written */
};

static void
gather_begin(struct log *log, struct gather *gather)
{
	gather->count = 0;
	gather->bytes = 0;
	gather->next_offset = log->end_offset;
	producer_state_begin(&log->producers);
}

static void
gather_add(struct gather *gather, uint8_t *bytes, const struct segment_set *set)
{
	gather->parts[gather->count] = (struct iovec){ bytes, (size_t)set->size };
	gather->sets[gather->count] = *set;
	gather->count++;
	gather->bytes += set->size;
	gather->next_offset = set->last_offset + 1;
}

/* The log is as it was at gather_begin(), or offline. Returns the error. */
static enum error
gather_drop(struct log *log, enum error error)
{
	struct segment *segment = log_active(log);

	producer_state_rollback(&log->producers);
	/* An entry of a transaction that was not written would hide records. */
	if (transaction_index_truncate_to(&segment->transaction_index, log->end_offset) !=
	    ERROR_NONE)
		segment->broken = true;
	if (segment->broken)
		log->state = ERROR_OFFLINE;
	return log_failed(log, error);
}

/* Writes what was gathered, or drops it. */
static enum error
gather_write(struct log *log, struct gather *gather, int64_t now_ms)
{
	struct segment *segment = log_active(log);
	enum error error = ERROR_NONE;

	if (gather->count > 0)
		error = segment_append(segment, &log->config, gather->parts, gather->count,
		    gather->sets, gather->count);
	if (error != ERROR_NONE)
		return gather_drop(log, error);
	producer_state_set_end(&log->producers, gather->next_offset);
	producer_state_commit(&log->producers);
	log->end_offset = gather->next_offset;
	log_publish_growth(log, gather->bytes);
	segment->modified_ms = now_ms;
	return ERROR_NONE;
}

/* Puts a batch into the producers' state, and an aborted transaction into its index. */
static enum error
apply(struct log *log, const struct producer_append *append)
{
	struct completed_transaction completed;

	if (!producer_state_apply(&log->producers, append, &completed) || !completed.aborted)
		return ERROR_NONE;
	return transaction_index_append(&log_active(log)->transaction_index,
	    &completed.transaction);
}

static bool
must_roll(const struct log *log, const struct gather *gather, int64_t size, int64_t last_offset,
    int64_t max_timestamp, int64_t now_ms)
{
	const struct segment *active = log_active(log);

	return !segment_fits(active, &log->config, gather->bytes + size, last_offset,
	    gather->count + 1) ||
	    segment_is_old(active, &log->config, max_timestamp, now_ms);
}

/* ------------------------------------------------------------------ leader */

static enum log_append_status
status_of(enum producer_verdict verdict)
{
	switch (verdict) {
	case PRODUCER_ACCEPTED:
		return LOG_APPEND_DONE;
	case PRODUCER_DUPLICATE:
		return LOG_APPEND_DUPLICATE;
	case PRODUCER_OUT_OF_ORDER_SEQUENCE:
		return LOG_APPEND_OUT_OF_ORDER_SEQUENCE;
	case PRODUCER_INVALID_EPOCH:
		return LOG_APPEND_INVALID_PRODUCER_EPOCH;
	case PRODUCER_INVALID_TRANSACTION_STATE:
		return LOG_APPEND_INVALID_TRANSACTION_STATE;
	default:
		return LOG_APPEND_COORDINATOR_FENCED;
	}
}

/* One whole v2 batch, and nothing else? */
static bool
read_batch(const struct log_append *append, struct scanned_batch *batch)
{
	return batch_scan_header(slice_of(append->bytes, append->size), batch) == ERROR_NONE &&
	    batch->magic == BATCH_MAGIC_V2 && batch->size == (int64_t)append->size;
}

/* Gives the batch its place in the log. */
static bool
stamp(struct log_append *append, struct scanned_batch *batch, int64_t base_offset,
    int32_t leader_epoch)
{
	int64_t delta = batch->last_offset - batch->base_offset;

	if (base_offset > INT64_MAX - 1 - delta)
		return false;
	batch_set_base_offset(append->bytes, base_offset);
	batch_set_partition_leader_epoch(append->bytes, leader_epoch);
	batch->base_offset = append->base_offset = base_offset;
	batch->last_offset = append->last_offset = base_offset + delta;
	append->max_timestamp = batch->max_timestamp;
	return true;
}

/* Asks the producers' state; an accepted batch is taken in. */
static enum error
check_producer(struct log *log, struct log_append *append, const struct scanned_batch *batch)
{
	struct producer_append producer;
	struct producer_duplicate duplicate;
	bool relevant;

	if (log_producer_append_of(batch, slice_of(append->bytes, append->size), append->origin,
	        &producer, &relevant) != ERROR_NONE) {
		append->status = LOG_APPEND_MALFORMED;
		return ERROR_NONE;
	}
	if (!relevant)
		return ERROR_NONE;
	append->status = status_of(producer_state_check(&log->producers, &producer, &duplicate));
	if (append->status == LOG_APPEND_DUPLICATE) {
		append->base_offset = duplicate.first_offset;
		append->last_offset = duplicate.last_offset;
		append->max_timestamp = duplicate.timestamp_ms;
	}
	return append->status == LOG_APPEND_DONE ? apply(log, &producer) : ERROR_NONE;
}

enum added { ADDED, REFUSED, NO_ROOM };

/* Adds one record set; NO_ROOM: what is gathered must be written first. */
static enum error
add_set(struct log *log, struct gather *gather, struct log_append *append, int32_t leader_epoch,
    int64_t now_ms, enum added *added)
{
	struct scanned_batch batch;
	enum error error;

	append->status = LOG_APPEND_DONE;
	append->error = ERROR_NONE;
	*added = REFUSED;
	if (!read_batch(append, &batch)) {
		append->status = LOG_APPEND_MALFORMED;
		return ERROR_NONE;
	}
	if (batch.size > log->config.segment_bytes) {
		append->status = LOG_APPEND_TOO_LARGE;
		return ERROR_NONE;
	}
	if (!stamp(append, &batch, gather->next_offset, leader_epoch)) {
		append->status = LOG_APPEND_MALFORMED;
		return ERROR_NONE;
	}
	if (must_roll(log, gather, batch.size, batch.last_offset, batch.max_timestamp, now_ms)) {
		*added = NO_ROOM;
		if (gather->count > 0)
			return ERROR_NONE;
		error = log_roll_at(log, log->end_offset, now_ms);
		if (error != ERROR_NONE)
			return error;
		*added = REFUSED;
	}
	error = check_producer(log, append, &batch);
	if (error != ERROR_NONE || append->status != LOG_APPEND_DONE)
		return error;
	struct segment_set set = {
		.size = batch.size,
		.last_offset = batch.last_offset,
		.max_timestamp = batch.max_timestamp,
		.max_timestamp_offset = batch.last_offset,
	};
	gather_add(gather, append->bytes, &set);
	*added = ADDED;
	return ERROR_NONE;
}

static void
refuse_all(struct log_append *appends, int count, enum error error)
{
	for (int i = 0; i < count; i++) {
		/* A duplicate may be one of what was not written after all. */
		if (appends[i].status != LOG_APPEND_DONE &&
		    appends[i].status != LOG_APPEND_DUPLICATE)
			continue;
		appends[i].status = LOG_APPEND_STORAGE;
		appends[i].error = error;
	}
}

/* As many sets as one write can take; `*taken` of them have their result. */
static enum error
append_some(struct log *log, struct log_append *appends, int count, int32_t leader_epoch,
    int64_t now_ms, int *taken)
{
	struct gather gather;
	enum added added = REFUSED;
	int64_t first_offset = log->end_offset;
	enum error error = ERROR_NONE;
	int i = 0;

	gather_begin(log, &gather);
	for (; i < count && gather.count < LOG_APPEND_GATHER && error == ERROR_NONE; i++) {
		error = add_set(log, &gather, &appends[i], leader_epoch, now_ms, &added);
		if (added == NO_ROOM)
			break;
	}
	error = error == ERROR_NONE ? gather_write(log, &gather, now_ms) :
	    gather_drop(log, error);
	*taken = i;
	if (error == ERROR_NONE && gather.count > 0) {
		const struct leader_epoch *latest = leader_epochs_latest(&log->epochs);
		if (latest == NULL || latest->epoch < leader_epoch)
			log->epochs_unwritten |= leader_epochs_assign(&log->epochs,
			    leader_epoch, first_offset);
	}
	return error;
}

enum error
log_append_as_leader(struct log *log, struct log_append *appends, int count, int32_t leader_epoch,
    int64_t now_ms)
{
	enum error error = log->state;
	int64_t size = 0;
	int done = 0;

	assert(leader_epoch >= 0);
	for (int i = 0; i < count; i++) {
		appends[i].status = LOG_APPEND_DONE;
		size += (int64_t)appends[i].size;
	}
	if (error == ERROR_NONE && !log_room_take(log->room, size))
		error = ERROR_NO_SPACE;
	while (error == ERROR_NONE && done < count) {
		int taken;

		error = append_some(log, appends + done, count - done, leader_epoch, now_ms,
		    &taken);
		if (error == ERROR_NONE)
			done += taken;
	}
	if (error != ERROR_NONE)
		refuse_all(appends + done, count - done, error);
	return error;
}

/* ---------------------------------------------------------------- follower */

/* What a run of batches means for producers; the index gets one entry for all of it. */
static enum error
take_run(struct log *log, struct slice run, struct segment_set *set)
{
	struct scanned_batch batch;
	enum error error = ERROR_NONE;

	*set = (struct segment_set){ .size = (int64_t)run.size, .max_timestamp = -1 };
	for (size_t at = 0; at < run.size && error == ERROR_NONE; at += (size_t)batch.size) {
		struct slice rest = slice_of(run.bytes + at, run.size - at);
		struct producer_append producer;
		bool relevant;

		error = batch_scan_header(rest, &batch);
		if (error != ERROR_NONE)
			break;
		set->last_offset = batch.last_offset;
		if (batch.max_timestamp > set->max_timestamp) {
			set->max_timestamp = batch.max_timestamp;
			set->max_timestamp_offset = batch.last_offset;
		}
#ifdef CANARY_PRODUCERS_UNKNOWN_TO_FOLLOWER
		continue;
#endif
		/* The leader took it: what cannot be read as a marker is not one. */
		if (log_producer_append_of(&batch, rest, LOG_FROM_LEADER, &producer,
		        &relevant) == ERROR_NONE && relevant)
			error = apply(log, &producer);
	}
	return error;
}

static void
take_epochs(struct log *log, struct slice run)
{
	struct scanned_batch batch;

	for (size_t at = 0; at < run.size; at += (size_t)batch.size) {
		const struct leader_epoch *latest = leader_epochs_latest(&log->epochs);

		if (batch_scan_header(slice_of(run.bytes + at, run.size - at), &batch) !=
		    ERROR_NONE)
			return;
		if (batch.partition_leader_epoch > (latest != NULL ? latest->epoch : -1))
			log->epochs_unwritten |= leader_epochs_assign(&log->epochs,
			    batch.partition_leader_epoch, batch.base_offset);
	}
}

/* Batches that are written together. */
struct chunk {
	struct slice bytes;
	int64_t last_offset;
	int64_t max_timestamp;
};

/* The first batches of `bytes` that fit a segment together, at least one. */
static struct chunk
first_chunk(const struct log *log, struct slice bytes)
{
	struct chunk chunk = { .max_timestamp = BATCH_NO_TIMESTAMP };
	struct scanned_batch batch;
	int64_t base_offset = 0;
	size_t size = 0;

	while (size < bytes.size &&
	    batch_scan_header(slice_of(bytes.bytes + size, bytes.size - size), &batch) ==
		ERROR_NONE) {
		if (size == 0)
			base_offset = batch.magic == BATCH_MAGIC_V2 ? batch.base_offset :
			    log->end_offset;
		else if ((int64_t)size + batch.size > log->config.segment_bytes ||
		    batch.last_offset - base_offset > INT32_MAX)
			break;
		size += (size_t)batch.size;
		chunk.last_offset = batch.last_offset;
		chunk.max_timestamp = MAX(chunk.max_timestamp, batch.max_timestamp);
	}
	chunk.bytes = slice_of(bytes.bytes, size);
	return chunk;
}

/*
 * The new segment begins at the log end, although the batch may come later
 * (compaction on the leader): a gap between segments looks like a loss to a
 * recovery. Only offsets that would not fit the index make one.
 */
static enum error
roll_for_follower(struct log *log, const struct chunk *chunk, int64_t now_ms)
{
	struct segment *old = log_active(log);
	int64_t base = MAX(log->end_offset, chunk->last_offset - INT32_MAX);
	bool was_empty = old->size == 0;
	int number = log->count - 1;

	if (base == old->base_offset)
		return ERROR_NONE; /* empty, and a larger batch than a segment: it must do */
	enum error error = log_roll_at(log, base, now_ms);
	if (error != ERROR_NONE || !was_empty)
		return error;
	error = segment_unlink(old, log->cache->disk, false);
	log_drop_segments(log, number, 1);
	return log_failed(log, error);
}

static enum error
append_chunk(struct log *log, const struct chunk *chunk, int64_t now_ms)
{
	struct segment_set set;
	struct gather gather;
	enum error error = ERROR_NONE;

	gather_begin(log, &gather);
	if (must_roll(log, &gather, (int64_t)chunk->bytes.size, chunk->last_offset,
	        chunk->max_timestamp, now_ms))
		error = roll_for_follower(log, chunk, now_ms);
	if (error == ERROR_NONE)
		error = take_run(log, chunk->bytes, &set);
	if (error != ERROR_NONE)
		return gather_drop(log, error);
	gather_add(&gather, (uint8_t *)(uintptr_t)chunk->bytes.bytes, &set);
	error = gather_write(log, &gather, now_ms);
	if (error == ERROR_NONE)
		take_epochs(log, chunk->bytes);
	return error;
}

enum error
log_append_as_follower(struct log *log, struct log_append *append, int64_t now_ms)
{
	struct slice left = slice_of(append->bytes, append->size);
	struct batch_run run;
	enum error error = log->state;

	if (error == ERROR_NONE && !log_room_take(log->room, (int64_t)append->size))
		error = ERROR_NO_SPACE;
	append->status = LOG_APPEND_STORAGE;
	append->error = error;
	if (error != ERROR_NONE)
		return error;
	error = batch_run_check(left, &run);
	append->error = error;
	append->status = LOG_APPEND_MALFORMED;
	if (error != ERROR_NONE && error != ERROR_TRUNCATED)
		return ERROR_NONE;
	append->status = LOG_APPEND_OUT_OF_ORDER_OFFSET;
	if (run.count > 0 && run.first_offset < log->end_offset)
		return ERROR_NONE;

	left.size = run.size;
	append->status = LOG_APPEND_DONE;
	append->error = ERROR_NONE;
	append->base_offset = run.count > 0 ? run.first_offset : log->end_offset;
	append->max_timestamp = run.max_timestamp;
	append->last_offset = log->end_offset - 1;
	while (left.size > 0) {
		struct chunk chunk = first_chunk(log, left);

		error = append_chunk(log, &chunk, now_ms);
		if (error != ERROR_NONE) {
			append->status = LOG_APPEND_STORAGE;
			append->error = error;
			return error;
		}
		append->last_offset = log->end_offset - 1;
		left = slice_of(left.bytes + chunk.bytes.size, left.size - chunk.bytes.size);
	}
	return ERROR_NONE;
}
