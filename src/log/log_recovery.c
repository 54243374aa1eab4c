/* What a start does after a crash: checks records, rebuilds what hangs on them. */
#include "log/log_private.h"
#include "log/segment_recovery.h"

struct taking {
	struct log *log;
	struct segment *segment;
};

/* A good batch: leader epoch, producer state and aborted transactions follow from it. */
static enum error
take(void *context, const struct scanned_batch *batch, struct slice bytes)
{
	struct taking *taking = context;
	struct log *log = taking->log;
	const struct leader_epoch *latest = leader_epochs_latest(&log->epochs);
	struct log_batch_effects effects;

	if (batch->partition_leader_epoch >= 0 &&
	    (latest == NULL || batch->partition_leader_epoch > latest->epoch))
		log->epochs_unwritten |= leader_epochs_assign(&log->epochs,
		    batch->partition_leader_epoch, batch->base_offset);
	enum error error = log_replay_batch(log, batch, bytes, &effects);
	if (error == ERROR_MALFORMED)
		return ERROR_NONE; /* its checksum is right: so the leader took it */
	if (error == ERROR_NONE && effects.aborted)
		error = transaction_index_append(&taking->segment->transaction_index,
		    &effects.transaction);
	return error;
}

static enum error
remove_later(struct log *log, int number, int64_t end_offset)
{
	enum error error = ERROR_NONE;

	/* From the end on, so that a crash leaves no gap. */
	while (log->count > number + 1 && error == ERROR_NONE) {
		error = segment_unlink(log->segments[log->count - 1], log->cache->disk, false);
		if (error == ERROR_NONE)
			log_drop_segments(log, log->count - 1, 1);
		log->folder_unsynced = true;
	}
	if (error == ERROR_NONE)
		error = log_remove_snapshots(log, end_offset + 1, INT64_MAX);
	if (error == ERROR_NONE && !log_active(log)->active)
		error = segment_activate(log_active(log));
	/* They must not come back behind what is appended now. */
	return error == ERROR_NONE ? disk_sync_directory(log->cache->disk, log->path) : error;
}

/*
 * Names reach the disk in any order: a power cut may have kept a segment and
 * lost the one before, or brought back one that had been removed. And records: a
 * segment may have lost its last batches, with its size, and the next one not.
 * Only compaction leaves gaps, and that of a Kafka broker alone.
 */
static bool
next_does_not_follow(const struct log *log, int number, bool gap_is_loss)
{
	if (number + 1 >= log->count)
		return false;
	int64_t end = log->segments[number]->next_offset;
	int64_t next = log->segments[number + 1]->base_offset;
	return next < end || (next > end && gap_is_loss);
}

/* Before the recovery point all is there up to the next segment. */
static int64_t
least_end(const struct log *log, int number)
{
	return number + 1 < log->count ? log->segments[number + 1]->base_offset :
	    log->recovery_point;
}

static enum error
recover_one(struct log *log, int number, const struct log_recovery_plan *plan)
{
	struct segment *segment = log->segments[number];
	struct segment_place place = log_place(log);
	struct taking taking = { log, segment };
	bool in_tail = number >= plan->first;
	struct segment_recovery recovery = {
		.config = &log->config,
		/* Before the tail, and after a stop in order, nothing can be torn. */
		.recovery_point = in_tail ? log->recovery_point : INT64_MAX,
		.pages_survived = plan->pages_survived,
		.is_followed = number + 1 < log->count,
		.least_end = least_end(log, number),
		.sync_first = plan->sync_first,
		.take = take,
		.context = &taking,
	};
	enum error error = ERROR_NONE;

	if (log->producers.end_offset != segment->base_offset)
		error = log_rebuild_producers(log, segment->base_offset, plan->now_ms);
	else
		error = log_add_removed_producers(log, segment->base_offset, plan->now_ms);
	if (error == ERROR_NONE && in_tail)
		log->epochs_unwritten |= leader_epochs_truncate_from_end(&log->epochs,
		    segment->base_offset);
	if (error == ERROR_NONE)
		error = segment_recover(segment, &place, &recovery);
	log->folder_unsynced = true;
	if (error != ERROR_NONE)
		return error;
	log->is_damaged |= recovery.damaged;
	if ((in_tail || recovery.cut_bytes > 0) &&
	    next_does_not_follow(log, number,
	        recovery.cut_bytes > 0 || plan->gaps_are_losses))
		return remove_later(log, number, segment->next_offset);
	if (number + 1 == log->count)
		return ERROR_NONE;
	error = segment_finish(segment, &log->config);
	return error == ERROR_NONE ? segment_seal(segment) : error;
}

static bool
is_wanted(const struct log_recovery_plan *plan, int number)
{
	return number >= plan->first || plan->needs[number];
}

enum error
log_recover(struct log *log, const struct log_recovery_plan *plan)
{
	int total = 0, done = 0;
	enum error error = ERROR_NONE;

	for (int i = 0; i < log->count; i++)
		total += is_wanted(plan, i);
	for (int i = 0; i < log->count && error == ERROR_NONE; i++) {
		if (!is_wanted(plan, i))
			continue;
		error = recover_one(log, i, plan);
		if (error == ERROR_NONE && plan->progress != NULL)
			plan->progress(plan->context, ++done, total);
	}
	return error;
}
