/* Opening a log, and closing it so that the next opening has nothing to recover. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "log/leader_epoch_file.h"
#include "log/log_flush.h"
#include "log/log_private.h"

static struct log *
log_new(const struct log_open_options *options)
{
	struct log *log = memory_new(sizeof(*log));

	log->cache = options->cache;
	log->indexes = options->indexes;
	log->room = options->room;
	log->pulse = options->pulse;
	log->path = memory_text(options->path, strlen(options->path));
	log->config = *options->config;
	log->prng = *options->prng;
	log->flushed_ms = options->now_ms;
	log->start_offset = options->log_start_offset;
	log->recovery_point = options->recovery_point;
	leader_epochs_init(&log->epochs);
	producer_state_init(&log->producers, options->hash_seed);
	return log;
}

static enum error
create_first_segment(struct log *log, int64_t base_offset, int64_t now_ms)
{
	struct segment_place place = log_place(log);
	struct segment *segment;
	enum error error = segment_create(&place, &log->config, base_offset, now_ms, &segment);

	if (error != ERROR_NONE)
		return error;
	log->folder_unsynced = true;
	log_add_segment(log, segment);
	return ERROR_NONE;
}

static enum error
open_segments(struct log *log, const struct log_listing *listing, bool *needs)
{
	struct segment_place place = log_place(log);
	enum error error = ERROR_NONE;

	for (int i = 0; i < listing->count && error == ERROR_NONE; i++) {
		enum segment_damage damage;
		struct segment *segment;

		error = segment_open(&place, &log->config, listing->bases[i],
		    i == listing->count - 1, &segment, &damage);
		if (error != ERROR_NONE)
			break;
		/* No record of it can have an offset of the next segment's. */
		needs[i] = damage == SEGMENT_NEEDS_RECOVERY ||
		    (i + 1 < listing->count && segment->next_offset > listing->bases[i + 1]);
		log_add_segment(log, segment);
	}
	return error;
}

/* --------------------------------------------------------------- epochs */

/* Of the batches that begin before `until`. */
static enum error
collect_epochs(struct log *log, struct segment *segment, int64_t until)
{
	uint8_t window[BATCH_SCAN_WINDOW_BYTES];
	struct scanned_batch batch;
	struct batch_scan scan;
	struct disk_file *file;
	enum error error = cached_file_pin(&segment->log, &file);

	if (error != ERROR_NONE)
		return error;
	batch_scan_init(&scan, file, 0, segment->size, false, window, sizeof(window));
	while ((error = batch_scan_next(&scan, &batch)) == ERROR_NONE && batch.base_offset < until) {
		const struct leader_epoch *latest = leader_epochs_latest(&log->epochs);

		if (batch.partition_leader_epoch > (latest != NULL ? latest->epoch : -1))
			log->epochs_unwritten |= leader_epochs_assign(&log->epochs,
			    batch.partition_leader_epoch, batch.base_offset);
	}
	cached_file_unpin(&segment->log, false);
	/* A torn tail is dealt with where its segment is recovered. */
	if (error == ERROR_END_OF_STREAM || error == ERROR_TRUNCATED || error == ERROR_CORRUPT)
		return ERROR_NONE;
	return error;
}

/* -1: it has none, as batches of before version 2. */
static enum error
find_first_epoch(struct segment *segment, int32_t *epoch)
{
	uint8_t window[BATCH_SCAN_WINDOW_BYTES];
	struct scanned_batch batch;
	struct batch_scan scan;
	struct disk_file *file;
	enum error error = cached_file_pin(&segment->log, &file);

	*epoch = -1;
	if (error != ERROR_NONE)
		return error;
	batch_scan_init(&scan, file, 0, segment->size, false, window, sizeof(window));
	error = batch_scan_next(&scan, &batch);
	cached_file_unpin(&segment->log, false);
	if (error == ERROR_NONE)
		*epoch = batch.partition_leader_epoch;
	return error == ERROR_END_OF_STREAM || error == ERROR_TRUNCATED || error == ERROR_CORRUPT ?
	    ERROR_NONE : error;
}

/*
 * The file may have been written for a higher log start, which a power cut has taken back: records are
 * there whose epochs it lacks, and a follower that has others at their offsets would keep those (seed
 * 742765 of scenario cluster).
 */
static enum error
collect_earlier_epochs(struct log *log)
{
	const struct leader_epoch *earliest = leader_epochs_earliest(&log->epochs);
	struct leader_epochs later = { 0 };
	enum error error;
	int64_t until;
	int32_t first;

	if (log->count == 0 || earliest == NULL ||
	    earliest->start_offset <= MAX(log->start_offset, log->segments[0]->base_offset))
		return ERROR_NONE;
	error = find_first_epoch(log->segments[0], &first);
	if (error != ERROR_NONE || first < 0)
		return error;
	until = earliest->start_offset;
	leader_epochs_copy(&later, &log->epochs);
	leader_epochs_clear(&log->epochs);
	for (int i = 0; i < log->count && error == ERROR_NONE &&
	    log->segments[i]->base_offset < until; i++)
		error = collect_epochs(log, log->segments[i], until);
	for (size_t i = 0; i < later.count; i++)
		leader_epochs_assign(&log->epochs, later.entries[i].epoch, later.entries[i].start_offset);
	leader_epochs_fini(&later);
	log->epochs_unwritten = true;
	return error;
}

/* A damaged or missing file is rebuilt from the batches (F16). */
static enum error
load_epochs(struct log *log)
{
	struct text_complaint complaint;
	char path[LOG_PATH_SIZE];
	enum error error = log_file_path(log, path, LEADER_EPOCH_CHECKPOINT);

	if (error == ERROR_NONE)
		error = leader_epoch_file_read(&log->epochs, log->cache->disk, path, &complaint);
	if (error == ERROR_NONE)
		return collect_earlier_epochs(log);
	if (error == ERROR_IO || error == ERROR_NAME_TOO_LONG)
		return error;
	error = ERROR_NONE;
	for (int i = 0; i < log->count && error == ERROR_NONE; i++)
		error = collect_epochs(log, log->segments[i], INT64_MAX);
	return error;
}

enum error
log_write_epochs(struct log *log)
{
	char path[LOG_PATH_SIZE];
	enum error error = log_file_path(log, path, LEADER_EPOCH_CHECKPOINT);

	if (error == ERROR_NONE && log->epochs_unwritten)
		error = leader_epoch_file_write(&log->epochs, log->cache->disk, path);
	if (error == ERROR_NONE)
		log->epochs_unwritten = false;
	return error;
}

/* ------------------------------------------------------------------ opening */

static enum error
remove_all_segments(struct log *log)
{
	enum error error = ERROR_NONE;

	while (log->count > 0 && error == ERROR_NONE) {
		error = segment_unlink(log->segments[log->count - 1], log->cache->disk, false);
		if (error == ERROR_NONE)
			log_drop_segments(log, log->count - 1, 1);
	}
	log->folder_unsynced = true;
	if (error == ERROR_NONE)
		error = log_remove_snapshots(log, 0, INT64_MAX);
	return error;
}

enum error
log_start_empty(struct log *log, int64_t offset, int64_t now_ms)
{
	enum error error = remove_all_segments(log);

	if (error == ERROR_NONE)
		error = create_first_segment(log, offset, now_ms);
	if (error != ERROR_NONE)
		return error;
	log->epochs_unwritten |= log->epochs.count > 0;
	leader_epochs_clear(&log->epochs);
	producer_state_reset(&log->producers, offset);
	log->start_offset = log->end_offset = offset;
	log->high_watermark = offset;
	log->recovery_point = log->flushed_offset = offset;
	return ERROR_NONE;
}

/* Offsets that the checkpoints gave are made to fit the log that is there. */
static void
settle_offsets(struct log *log, const struct log_open_options *options)
{
	log->end_offset = log_active(log)->next_offset;
	log->start_offset = MAX(log->start_offset, log->segments[0]->base_offset);
	log->high_watermark = MAX(options->high_watermark, log->start_offset);
#ifndef CANARY_HIGH_WATERMARK_AHEAD
	log->high_watermark = MIN(log->high_watermark, log->end_offset);
#endif
	log->recovery_point = options->clean_shutdown ? log->end_offset :
	    MIN(log->recovery_point, log->end_offset);
	log->flushed_offset = log->recovery_point;
	log->epochs_unwritten |= leader_epochs_truncate_from_end(&log->epochs, log->end_offset);
	log->epochs_unwritten |= leader_epochs_truncate_from_start(&log->epochs,
	    log->start_offset);
}

/*
 * All of the log has been removed: the epoch in force there is that of its last
 * record. A replica that is asked for it (F17) would else have less than one that
 * lacks the end of what was removed. (Kafka forgets it.)
 */
static void
keep_last_epoch(struct log *log, const struct leader_epochs *before)
{
	const struct leader_epoch *last = leader_epochs_at(before, log->end_offset);

	if (last == NULL || log->start_offset < log->end_offset ||
	    leader_epochs_latest(&log->epochs) != NULL)
		return;
	log->epochs_unwritten |= leader_epochs_assign(&log->epochs, last->epoch, log->end_offset);
}

/* A log whose cleaner, or whose leader's, was Kafka's has gaps that lose nothing. */
static bool
gaps_are_losses(const struct log *log, const struct log_open_options *options)
{
#ifdef CANARY_GAP_TAKEN_FOR_COMPACTION
	return !options->recovery_point_unknown && !log->config.cleanup_compact;
#endif
	return !options->recovery_point_unknown && (!log->config.cleanup_compact ||
	    (options->rolls_without_gaps && !options->pages_survived));
}

static enum error
recover_if_needed(struct log *log, const struct log_open_options *options, const bool *needs)
{
	struct log_recovery_plan plan = {
		.first = options->clean_shutdown ? log->count :
		    log_segment_number(log, options->recovery_point),
		.needs = needs,
		.sync_first = options->sync_first,
		.pages_survived = options->pages_survived,
		.gaps_are_losses = gaps_are_losses(log, options),
		.now_ms = options->now_ms,
		.progress = options->progress,
		.context = options->context,
	};

	if (log->count == 0)
		return ERROR_NONE;
	return log_recover(log, &plan);
}

static enum error
settle_producers(struct log *log, const struct log_open_options *options)
{
	enum error error = log_remove_snapshots(log, log->end_offset + 1, INT64_MAX);

	if (error == ERROR_NONE && log->producers.end_offset != log->end_offset)
		error = log_rebuild_producers(log, log->end_offset, options->now_ms);
	if (error == ERROR_NONE && !options->clean_shutdown && log->end_offset > log->start_offset)
		error = log_write_snapshot(log, log->end_offset);
	if (error == ERROR_NONE && !options->clean_shutdown)
		error = log_check_snapshots(log, options->now_ms);
	producer_state_high_watermark_moved(&log->producers, log->high_watermark);
	return error;
}

/* `epochs` becomes what the file says. */
static enum error
load_segments(struct log *log, const struct log_open_options *options,
    struct leader_epochs *epochs)
{
	struct log_listing listing;
	bool *needs = NULL;
	enum error error = log_load_names(log, &listing);

	if (error == ERROR_NONE) {
		needs = memory_array((size_t)listing.count + 1, sizeof(needs[0]));
		error = open_segments(log, &listing, needs);
	}
	if (error == ERROR_NONE)
		error = load_epochs(log);
	leader_epochs_copy(epochs, &log->epochs);
	if (error == ERROR_NONE)
		error = recover_if_needed(log, options, needs);
	free(needs);
	log_listing_fini(&listing);
	return error;
}

/*
 * What is below the log start must not come back with a power cut, nor what begins there be
 * gone: the checkpoint does not tell it any more.
 */
static enum error
begin_at_start(struct log *log, const struct log_open_options *options)
{
	bool is_fresh = log->count == 0 && options->log_start_offset <= 0;
	enum error error = log_start_empty(log, options->log_start_offset, options->now_ms);

	return error == ERROR_NONE && !is_fresh ?
	    disk_sync_directory(log->cache->disk, log->path) : error;
}

static enum error
load(struct log *log, const struct log_open_options *options)
{
	struct leader_epochs epochs = { 0 };
	enum error error = load_segments(log, options, &epochs);

	if (error == ERROR_NONE && (log->count == 0 ||
	    log_active(log)->next_offset < options->log_start_offset))
		error = begin_at_start(log, options);
	if (error == ERROR_NONE) {
		settle_offsets(log, options);
		keep_last_epoch(log, &epochs);
	}
	leader_epochs_fini(&epochs);
	if (error != ERROR_NONE)
		return error;
	log_publish(log);
	log_draw_jitter(log, log_active(log));
	return settle_producers(log, options);
}

/*
 * Else it is taken for a torn tail after a power cut, and what follows is cut with it (F15). For
 * want of space or files a log serves nevertheless: a flush stays due.
 */
static enum error
flush_damage(struct log *log, int64_t now_ms)
{
	enum error error;

	if (!log_has_damage_behind(log, log->recovery_point))
		return ERROR_NONE;
	error = log_flush_now(log, LOG_FLUSH_ALL, now_ms);
	return log->state != ERROR_NONE ? error : ERROR_NONE;
}

enum error
log_open(const struct log_open_options *options, struct log **opened)
{
	struct log *log = log_new(options);
	enum error error = load(log, options);

	if (error == ERROR_NONE)
		error = flush_damage(log, options->now_ms);
	if (error != ERROR_NONE) {
		log_free(log);
		return error;
	}
	*opened = log;
	return ERROR_NONE;
}

enum error
log_close(struct log *log, int64_t now_ms)
{
	enum error error = log->state;

	(void)now_ms;
	log_assert_exclusive(log);
	if (error == ERROR_NONE)
		error = segment_finish(log_active(log), &log->config);
	for (int i = 0; i < log->count && error == ERROR_NONE; i++)
		error = segment_sync(log->segments[i]);
	if (error == ERROR_NONE && log->end_offset > log->start_offset)
		error = log_write_snapshot(log, log->end_offset);
	if (error == ERROR_NONE)
		error = log_write_epochs(log);
	if (error == ERROR_NONE && log->folder_unsynced)
		error = disk_sync_directory(log->cache->disk, log->path);
	log_free(log);
	return error;
}
