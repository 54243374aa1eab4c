/* Cutting the end of a log: what a follower does that has what its leader has not. */
#include <assert.h>

#include "log/log_private.h"

static enum error
remove_segments_from(struct log *log, int number)
{
	enum error error = ERROR_NONE;

	while (log->count > number && error == ERROR_NONE) {
		error = segment_unlink(log->segments[log->count - 1], log->cache->disk, false);
		if (error == ERROR_NONE)
			log_drop_segments(log, log->count - 1, 1);
	}
	log->folder_unsynced = true;
	return error;
}

static enum error
cut_segments(struct log *log, int64_t offset)
{
	int number = log_segment_number(log, offset);
	bool removes = number + 1 < log->count;
	enum error error;

	/* A cut at a segment's first offset leaves that segment, empty. */
	error = remove_segments_from(log, number + 1);
	if (error == ERROR_NONE && !log_active(log)->active)
		error = segment_activate(log_active(log));
	if (error == ERROR_NONE)
		error = segment_truncate_to(log_active(log), offset);
	/* What was cut must not come back among what is appended now. */
	if (error == ERROR_NONE)
		error = cached_file_sync(&log_active(log)->log);
	if (error == ERROR_NONE && removes)
		error = disk_sync_directory(log->cache->disk, log->path);
	return error;
}

/* A leader that appended nothing has left its epoch at the log end: no other log has it. */
static enum error
drop_empty_epochs(struct log *log)
{
	if (!leader_epochs_truncate_from_end(&log->epochs, log->end_offset))
		return ERROR_NONE;
	log->epochs_unwritten = true;
	return log_failed(log, log_write_epochs(log));
}

enum error
log_truncate_to(struct log *log, int64_t offset, int64_t now_ms)
{
	enum error error;

	log_assert_exclusive(log);
	assert(offset >= 0);
	if (log->state != ERROR_NONE)
		return log->state;
	if (offset >= log->end_offset)
		return drop_empty_epochs(log);
	if (offset < log->segments[0]->base_offset)
		return log_truncate_fully_and_start_at(log, offset, now_ms);

	log_lower_recovery_point(log, offset);
	error = cut_segments(log, offset);
	/* A batch that holds the offset has gone as a whole, and so has what was damaged. */
	offset = MAX(log_active(log)->next_offset, log_active(log)->base_offset);
	if (error == ERROR_NONE)
		error = log_remove_snapshots(log, offset + 1, INT64_MAX);
	if (error != ERROR_NONE) {
		log->state = ERROR_OFFLINE; /* memory and files no longer agree */
		return error;
	}
	log->end_offset = offset;
	log->recovery_point = MIN(log->recovery_point, log->end_offset);
	log->flushed_offset = MIN(log->flushed_offset, log->end_offset);
	log->start_offset = MIN(log->start_offset, log->end_offset);
	log->high_watermark = MIN(log->high_watermark, log->end_offset);
	log->epochs_unwritten |= leader_epochs_truncate_from_end(&log->epochs, log->end_offset);
	log_publish(log);
	error = log_rebuild_producers(log, log->end_offset, now_ms);
	if (error == ERROR_NONE)
		producer_state_high_watermark_moved(&log->producers, log->high_watermark);
	if (error == ERROR_NONE)
		error = log_write_epochs(log);
	return log_failed(log, error);
}

enum error
log_truncate_fully_and_start_at(struct log *log, int64_t offset, int64_t now_ms)
{
	enum error error;

	log_assert_exclusive(log);
	if (log->state != ERROR_NONE)
		return log->state;
	error = log_start_empty(log, offset, now_ms);
	if (error == ERROR_NONE)
		error = disk_sync_directory(log->cache->disk, log->path);
	if (error != ERROR_NONE) {
		log->state = ERROR_OFFLINE;
		return error;
	}
	log_publish(log);
	log_draw_jitter(log, log_active(log));
	return log_failed(log, log_write_epochs(log));
}
