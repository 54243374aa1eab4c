#include "log/log_flush.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "log/leader_epoch_file.h"
#include "log/log_private.h"

struct log_flush_part {
	struct segment *segment; /* held */
	struct disk_file *indexes[SEGMENT_INDEX_FILES]; /* NULL: nothing to sync */
	enum error index_error;
};

bool
log_flush_is_due(const struct log *log, int64_t now_ms)
{
	if (log->state != ERROR_NONE)
		return false;
	if (log->recovery_point < log_active(log)->base_offset)
		return true; /* a segment was rolled */
	if (log_has_damage_behind(log, log->recovery_point))
		return true;
	if (log->flushed_offset >= log->end_offset)
		return false;
	return log->end_offset - log->flushed_offset >= log->config.flush_messages ||
	    now_ms < log->flushed_ms || /* the wall clock went back: nobody knows how long it is */
	    now_ms - log->flushed_ms >= log->config.flush_ms;
}

static struct index_file *
index_of(struct segment *segment, int number)
{
	switch (number) {
	case 0:
		return &segment->offset_index.file;
	case 1:
		return &segment->time_index.file;
	default:
		return &segment->transaction_index.file;
	}
}

static void
end_index_syncs(struct log_flush_part *part, enum error error)
{
	for (int i = 0; i < SEGMENT_INDEX_FILES; i++) {
		if (part->indexes[i] != NULL)
			index_file_sync_end(index_of(part->segment, i), error);
	}
}

static enum error
begin_index_syncs(struct log_flush_part *part)
{
	enum error error = ERROR_NONE;

	for (int i = 0; i < SEGMENT_INDEX_FILES && error == ERROR_NONE; i++)
		error = index_file_sync_begin(index_of(part->segment, i), &part->indexes[i]);
	if (error != ERROR_NONE)
		end_index_syncs(part, error);
	return error;
}

static void
release_parts(struct log_flush *flush)
{
	for (int i = 0; i < flush->count; i++) {
		struct segment *segment = flush->parts[i].segment;

		if (!segment->active)
			segment_release_indexes(segment);
		segment_release(segment);
	}
	free(flush->parts);
	flush->parts = NULL;
	flush->count = 0;
}

static struct leader_epochs *
copy_epochs(const struct leader_epochs *epochs)
{
	struct leader_epochs *copy = memory_new(sizeof(*copy));

	leader_epochs_init(copy);
	leader_epochs_copy(copy, epochs);
	return copy;
}

/* Everything that a job may need, held; nothing of the log is changed yet. */
static enum error
collect_parts(struct log *log, struct log_flush *flush)
{
	bool all = flush->kind == LOG_FLUSH_ALL;
	int first = log_segment_number(log, all ? log->recovery_point : log->flushed_offset);
	enum error error = ERROR_NONE;

	/* A recovery point on a boundary: the segment below it may have unsynced indexes. */
	if (all && first > 0 && log->segments[first]->base_offset == log->recovery_point)
		first--;
	flush->parts = memory_array((size_t)(log->count - first), sizeof(flush->parts[0]));
	for (int i = first; i < log->count && error == ERROR_NONE; i++) {
		struct log_flush_part *part = &flush->parts[flush->count];

		part->segment = segment_hold(log->segments[i]);
		flush->count++;
		if (all)
			error = begin_index_syncs(part);
		if (error != ERROR_NONE)
			memset(part->indexes, 0, sizeof(part->indexes));
	}
	if (error == ERROR_NONE)
		return ERROR_NONE;
	for (int i = 0; i < flush->count; i++)
		end_index_syncs(&flush->parts[i], error);
	release_parts(flush);
	return error;
}

enum error
log_flush_prepare(struct log *log, struct log_flush *flush, enum log_flush_kind kind)
{
	if (log->state != ERROR_NONE)
		return log->state;
	*flush = (struct log_flush){
		.kind = kind,
		.offset = log->end_offset,
		.disk = log->cache->disk,
		.removals_failed = log->removals_failed,
	};
	enum error error = collect_parts(log, flush);
	if (error != ERROR_NONE)
		return log_failed(log, error);
	if (log->folder_unsynced || (kind == LOG_FLUSH_ALL && log->epochs_unwritten))
		flush->path = memory_text(log->path, strlen(log->path));
	if (kind == LOG_FLUSH_ALL && log->epochs_unwritten)
		flush->epochs = copy_epochs(&log->epochs);
	log->folder_unsynced = false;
	log->epochs_unwritten &= flush->epochs == NULL;
	log->jobs++;
	return ERROR_NONE;
}

static enum error
write_epochs(const struct log_flush *flush)
{
	size_t size = strlen(flush->path) + sizeof("/" LEADER_EPOCH_CHECKPOINT);
	char *path = memory_new(size);

	memcpy(path, flush->path, strlen(flush->path));
	memcpy(path + strlen(flush->path), "/" LEADER_EPOCH_CHECKPOINT,
	    sizeof("/" LEADER_EPOCH_CHECKPOINT));
	enum error error = leader_epoch_file_write(flush->epochs, flush->disk, path);
	free(path);
	return error;
}

void
log_flush_run(struct log_flush *flush)
{
	enum error error = ERROR_NONE;

#ifdef CANARY_FLUSH_OF_NEWEST_SEGMENT
	for (int i = flush->count - 1; i < flush->count && error == ERROR_NONE; i++) {
#else
	for (int i = 0; i < flush->count && error == ERROR_NONE; i++) {
#endif
		struct log_flush_part *part = &flush->parts[i];

		error = cached_file_sync(&part->segment->log);
		for (int j = 0; j < SEGMENT_INDEX_FILES && error == ERROR_NONE; j++) {
			if (part->indexes[j] != NULL)
				error = disk_sync(part->indexes[j]);
		}
	}
	if (error == ERROR_NONE && flush->path != NULL)
		error = disk_sync_directory(flush->disk, flush->path);
	if (error == ERROR_NONE && flush->epochs != NULL)
		error = write_epochs(flush);
#ifdef CANARY_FAILED_SYNC_IGNORED
	error = ERROR_NONE;
#endif
	flush->error = error;
}

enum error
log_flush_done(struct log *log, struct log_flush *flush, int64_t now_ms)
{
	enum error error = flush->error;

	for (int i = 0; i < flush->count; i++)
		end_index_syncs(&flush->parts[i], error);
	release_parts(flush);
	log->jobs--;
	if (error == ERROR_NONE) {
		log->flushed_offset = MAX(log->flushed_offset, flush->offset);
		if (flush->kind == LOG_FLUSH_ALL)
			log->recovery_point = MAX(log->recovery_point, flush->offset);
		log->flushed_ms = now_ms;
		if (flush->path != NULL)
			log->removals_synced = MAX(log->removals_synced, flush->removals_failed);
		log_publish(log);
	} else {
		log->folder_unsynced |= flush->path != NULL;
		log->epochs_unwritten |= flush->epochs != NULL;
	}
	if (flush->epochs != NULL)
		leader_epochs_fini(flush->epochs);
	free(flush->epochs);
	free(flush->path);
	flush->epochs = NULL;
	flush->path = NULL;
	return log_failed(log, error);
}

enum error
log_flush_now(struct log *log, enum log_flush_kind kind, int64_t now_ms)
{
	struct log_flush flush;
	enum error error = log_flush_prepare(log, &flush, kind);

	if (error != ERROR_NONE)
		return error;
	log_flush_run(&flush);
	return log_flush_done(log, &flush, now_ms);
}
