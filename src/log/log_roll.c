/* Beginning a new segment. */
#include "log/log_private.h"

enum error
log_roll_at(struct log *log, int64_t base_offset, int64_t now_ms)
{
	struct segment_place place = log_place(log);
	struct segment *old = log_active(log);
	struct segment *segment;
	enum error error;

	/*
	 * What may fail goes first and can be done again; only the new segment's
	 * files are taken back. A snapshot that is left over is a true one.
	 */
	error = segment_finish(old, &log->config);
	if (error == ERROR_NONE)
		error = log_write_snapshot(log, base_offset);
	if (error == ERROR_NONE)
		error = segment_create(&place, &log->config, base_offset, now_ms, &segment);
	if (error != ERROR_NONE)
		return log_failed(log, error);
	log->folder_unsynced = true;
	log_draw_jitter(log, segment);
	log_add_segment(log, segment);
	error = segment_seal(old);
	return log_failed(log, error);
}

enum error
log_roll(struct log *log, int64_t now_ms)
{
	if (log->state != ERROR_NONE)
		return log->state;
	if (log_active(log)->size == 0)
		return ERROR_NONE;
	return log_roll_at(log, log->end_offset, now_ms);
}
