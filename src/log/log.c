#include "log/log_private.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

static const char *const status_texts[] = {
#define LOG_APPEND_STATUS_TEXT(name, text) text,
	LOG_APPEND_STATUS_TABLE(LOG_APPEND_STATUS_TEXT)
#undef LOG_APPEND_STATUS_TEXT
};

const char *
log_append_status_text(enum log_append_status status)
{
	return (size_t)status < ARRAY_LENGTH(status_texts) ? status_texts[status] :
	    "unknown status";
}

/* ---------------------------------------------------------------- offsets */

int64_t
log_start_offset(const struct log *log)
{
	return log->start_offset;
}

int64_t
log_end_offset(const struct log *log)
{
	return log->end_offset;
}

int64_t
log_high_watermark(const struct log *log)
{
	return log->high_watermark;
}

int64_t
log_last_stable_offset(const struct log *log)
{
	int64_t unstable = producer_state_first_unstable_offset(&log->producers);

	return unstable >= 0 ? MIN(unstable, log->high_watermark) : log->high_watermark;
}

int64_t
log_recovery_point(const struct log *log)
{
	return log->recovery_point;
}

int64_t
log_flushed_offset(const struct log *log)
{
	return log->flushed_offset;
}

int64_t
log_start_offset_to_checkpoint(const struct log *log)
{
	/* Segments that are on their way out may be there again after a kill, or a power cut. */
	return log->is_removing || log->removals_synced != log->removals_failed ||
	    log->start_offset > log->segments[0]->base_offset ? log->start_offset : -1;
}

void
log_publish(struct log *log)
{
	atomic_store_explicit(&log->published_recovery_point, log->recovery_point,
	    memory_order_relaxed);
	atomic_store_explicit(&log->published_start_offset, log_start_offset_to_checkpoint(log),
	    memory_order_relaxed);
	atomic_store_explicit(&log->published_high_watermark, log->high_watermark,
	    memory_order_relaxed);
	atomic_store_explicit(&log->published_size, log_size(log), memory_order_relaxed);
	log_publish_growth(log, 0);
}

/* Nobody else writes them, so there is nothing to lose between load and store. */
void
log_publish_growth(struct log *log, int64_t bytes)
{
	int64_t size = atomic_load_explicit(&log->published_size, memory_order_relaxed);

	atomic_store_explicit(&log->published_size, size + bytes, memory_order_relaxed);
	atomic_store_explicit(&log->published_end_offset, log->end_offset, memory_order_relaxed);
}

struct log_published
log_published(struct log *log)
{
	return (struct log_published){
		.recovery_point = atomic_load_explicit(&log->published_recovery_point,
		    memory_order_relaxed),
		.log_start_offset = atomic_load_explicit(&log->published_start_offset,
		    memory_order_relaxed),
		.high_watermark = atomic_load_explicit(&log->published_high_watermark,
		    memory_order_relaxed),
		.end_offset = atomic_load_explicit(&log->published_end_offset,
		    memory_order_relaxed),
		.size = atomic_load_explicit(&log->published_size, memory_order_relaxed),
	};
}

void
log_lower_recovery_point(struct log *log, int64_t offset)
{
	int64_t base = log->segments[log_segment_number(log, offset)]->base_offset;

	if (offset >= log->end_offset)
		return;
	/* The batch that holds the offset goes too; it is in this segment. */
	log->recovery_point = MIN(log->recovery_point, MIN(base, offset));
	log->flushed_offset = MIN(log->flushed_offset, MIN(base, offset));
	log_publish(log);
}

void
log_lower_high_watermark(struct log *log, int64_t offset)
{
	log->high_watermark = MAX(log->start_offset, MIN(log->high_watermark, offset));
	log_publish(log);
}

void
log_set_high_watermark(struct log *log, int64_t offset)
{
#ifndef CANARY_FOLLOWER_BELIEVES_HIGH_WATERMARK
	offset = MIN(offset, log->end_offset);
#endif
#ifndef CANARY_HIGH_WATERMARK_GOES_BACK
	if (offset <= log->high_watermark)
		return;
#endif
	log->high_watermark = offset;
	atomic_store_explicit(&log->published_high_watermark, offset, memory_order_relaxed);
	producer_state_high_watermark_moved(&log->producers, offset);
}

enum error
log_advance_start_offset(struct log *log, int64_t offset)
{
	if (log->state != ERROR_NONE)
		return log->state;
	if (offset > log->high_watermark)
		return ERROR_OUT_OF_RANGE;
	if (offset <= log->start_offset)
		return ERROR_NONE;
	log->start_offset = offset;
	log->epochs_unwritten |= leader_epochs_truncate_from_start(&log->epochs, offset);
	producer_state_log_start_moved(&log->producers, offset);
	log_publish(log);
	return ERROR_NONE;
}

/* ------------------------------------------------------------------ state */

enum error
log_state(const struct log *log)
{
	return log->state;
}

void
log_folder_is_synced(struct log *log)
{
	log->folder_unsynced = false;
}

void
log_set_offline(struct log *log)
{
	log->state = ERROR_OFFLINE;
}

bool
log_damage(const struct log *log, int64_t *from, int64_t *to)
{
	for (int i = 0; log->is_damaged && i < log->count; i++) {
		const struct damages *damages = &log->segments[i]->damages;

		for (int j = 0; j < damages->count; j++) {
			*from = MAX(damages->items[j].offset, log->start_offset);
			*to = damages->items[j].end_offset;
			if (*from < *to)
				return true;
		}
	}
	return false;
}

bool
log_has_damage_behind(const struct log *log, int64_t offset)
{
	for (int i = log->count - 1; log->is_damaged && i >= 0; i--) {
		const struct damages *damages = &log->segments[i]->damages;

		if (damages->count > 0)
			return MIN(damages->items[damages->count - 1].end_offset, log->end_offset) >
			    offset;
	}
	return false;
}

enum error
log_failed(struct log *log, enum error error)
{
	switch (error) {
	case ERROR_NONE:
	case ERROR_NO_SPACE:
	case ERROR_TOO_MANY_FILES:
	case ERROR_NO_MEMORY:
	case ERROR_WOULD_BLOCK:
	case ERROR_NAME_TOO_LONG:
		break;
	default:
		log->state = ERROR_OFFLINE;
	}
	return error;
}

void
log_assert_exclusive(const struct log *log)
{
	assert(log->jobs == 0);
}

int64_t
log_size(const struct log *log)
{
	int64_t size = 0;

	for (int i = 0; i < log->count; i++)
		size += log->segments[i]->size;
	return size;
}

int
log_segment_count(const struct log *log)
{
	return log->count;
}

int64_t
log_active_base_offset(const struct log *log)
{
	return log_active(log)->base_offset;
}

const char *
log_path(const struct log *log)
{
	return log->path;
}

struct log_pulse *
log_pulse(const struct log *log)
{
	return log->pulse;
}

const struct log_config *
log_config(const struct log *log)
{
	return &log->config;
}

void
log_set_config(struct log *log, const struct log_config *config)
{
	log->config = *config;
}

const struct leader_epochs *
log_leader_epochs(const struct log *log)
{
	return &log->epochs;
}

struct producer_state *
log_producer_state(struct log *log)
{
	return &log->producers;
}

void
log_assign_leader_epoch(struct log *log, int32_t leader_epoch)
{
	log->epochs_unwritten |= leader_epochs_assign(&log->epochs, leader_epoch,
	    log->end_offset);
}

void
log_expire_producers(struct log *log, int64_t now_ms)
{
	(void)producer_state_expire(&log->producers, now_ms,
	    log->config.producer_id_expiration_ms);
}

/* --------------------------------------------------------------- segments */

enum error
log_file_path(const struct log *log, char *into, const char *name)
{
	int length = snprintf(into, LOG_PATH_SIZE, "%s/%s", log->path, name);

	return length < LOG_PATH_SIZE ? ERROR_NONE : ERROR_NAME_TOO_LONG;
}

void
log_add_segment(struct log *log, struct segment *segment)
{
	if (log->count == log->capacity) {
		log->capacity = MAX(2 * log->capacity, 2);
		log->segments = memory_resize(log->segments,
		    (size_t)log->capacity * sizeof(struct segment *));
	}
	log->segments[log->count++] = segment;
}

void
log_damage_gone(struct log *log)
{
	int64_t from, to;

	log->is_damaged = log_damage(log, &from, &to);
}

void
log_drop_segments(struct log *log, int at, int count)
{
	if (count == 0)
		return;
	for (int i = at; i < at + count; i++)
		segment_release(log->segments[i]);
	memmove(log->segments + at, log->segments + at + count,
	    (size_t)(log->count - at - count) * sizeof(struct segment *));
	log->count -= count;
	log_damage_gone(log);
}

int
log_segment_number(const struct log *log, int64_t offset)
{
	int low = 0, high = log->count;

	while (high - low > 1) {
		int middle = low + (high - low) / 2;
		if (log->segments[middle]->base_offset <= offset)
			low = middle;
		else
			high = middle;
	}
	return low;
}

int64_t
log_segment_end(const struct log *log, int number)
{
	return number + 1 < log->count ? log->segments[number + 1]->base_offset :
	    log->segments[number]->next_offset;
}

void
log_draw_jitter(struct log *log, struct segment *segment)
{
	int64_t bound = MIN(log->config.segment_jitter_ms, log->config.segment_ms);

	segment->roll_jitter_ms = bound > 0 ?
	    (int64_t)prng_below(&log->prng, (uint64_t)bound) : 0;
}

/* ------------------------------------------------------------- end of life */

void
log_free(struct log *log)
{
	if (log == NULL)
		return;
	log_assert_exclusive(log);
	log_drop_segments(log, 0, log->count);
	free(log->segments);
	leader_epochs_fini(&log->epochs);
	producer_state_fini(&log->producers);
	free(log->path);
	free(log);
}

enum error
log_rename(struct log *log, const char *path)
{
	enum error error;

	log_assert_exclusive(log);
	if (strlen(path) >= LOG_PATH_SIZE - SEGMENT_NAME_ROOM)
		return ERROR_NAME_TOO_LONG;
	error = disk_rename(log->cache->disk, log->path, path);
	if (error != ERROR_NONE)
		return log_failed(log, error);
	free(log->path);
	log->path = memory_text(path, strlen(path));
	for (int i = 0; i < log->count; i++)
		segment_moved(log->segments[i], path);
	return ERROR_NONE;
}
