#include "log/log_swap.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/reader.h"
#include "log/leader_epochs.h"
#include "log/log_dirs_private.h"
#include "log/log_flush.h"
#include "log/move_mark.h"

enum { REST_BYTES = 1 << 20 };

static bool
heals(enum error error)
{
	return error == ERROR_NO_SPACE || error == ERROR_TOO_MANY_FILES;
}

/* ------------------------------------------------------------------ announcing */

/*
 * What is in doubt stays so. An entry of a small ISR is written anew when the
 * partition has moved: it may change until then, and without one it is in doubt.
 */
static void
prepare_doubt(struct log_dirs *dirs, struct log_swap *swap)
{
	const struct shrunk_isr_entry *entry = shrunk_isr_checkpoint_find(
	    &swap->from->shrunk_isrs, slice_of_text(swap->current->topic),
	    swap->current->partition);

	swap->tells_doubt = entry != NULL && entry->end_offset == SHRUNK_ISR_NEVER;
	if (!swap->tells_doubt)
		return;
	shrunk_isr_checkpoint_set(&swap->to->shrunk_isrs, slice_of_text(swap->current->topic),
	    swap->current->partition, entry->leader_epoch, entry->end_offset);
	log_shrunk_prepare(dirs, swap->to, false, &swap->doubt);
}

void
log_swap_prepare(struct log_dirs *dirs, struct log_partition *current,
    struct log_partition *future, int64_t now_ms, struct log_swap *swap)
{
	*swap = (struct log_swap){
		.disk = dirs->options.disk,
		.current = current,
		.future = future,
		.from = current->dir,
		.to = future->dir,
		.old = current->log,
		.new = future->log,
		.plain = log_dirs_path(dirs, future->dir, future, PARTITION_DIRECTORY_PLAIN),
		.deleted = log_dirs_path(dirs, current->dir, current, PARTITION_DIRECTORY_DELETE),
		.now_ms = now_ms,
		.deleted_due_ms = now_ms + log_config(current->log)->file_delete_delay_ms,
		.leader_epoch = -1,
	};
	if (swap->plain == NULL || swap->deleted == NULL)
		swap->error = ERROR_NAME_TOO_LONG;
	/* Should a crash follow the renames, the new one is found as well known as the old one. */
	log_dirs_checkpoint_as_current(future);
	for (int i = 0; i < LOG_DIR_CHECKPOINT_COUNT; i++)
		log_checkpoint_prepare(dirs, swap->to, (enum log_dir_checkpoint)i,
		    &swap->checkpoints[i]);
	prepare_doubt(dirs, swap);
}

void
log_swap_announce(struct log_swap *swap)
{
	int64_t number = 0;
	enum error error = swap->error;

	if (error == ERROR_NONE) {
		error = move_mark_read(swap->disk, log_path(swap->old), &number);
		/* One that the last move removed may not come back with a power cut, beside the next one's. */
		if (error == ERROR_NONE && number == 0)
			error = disk_sync_directory(swap->disk, log_path(swap->old));
		swap->reading = error != ERROR_NONE;
	}
	swap->was_marked = number > 0;
	swap->number = number + 1;
	if (error == ERROR_NONE)
		error = move_mark_write(swap->disk, log_path(swap->new), swap->number);
	for (int i = 0; i < LOG_DIR_CHECKPOINT_COUNT && error == ERROR_NONE; i++) {
		log_checkpoint_run(&swap->checkpoints[i]);
		error = swap->checkpoints[i].error;
	}
	if (error == ERROR_NONE && swap->tells_doubt) {
		log_shrunk_run(&swap->doubt);
		error = swap->doubt.error;
	}
	swap->error = error;
}

enum error
log_swap_announced(struct log_swap *swap)
{
	for (int i = 0; i < LOG_DIR_CHECKPOINT_COUNT; i++)
		buffer_fini(&swap->checkpoints[i].text);
	if (swap->tells_doubt)
		buffer_fini(&swap->doubt.text);
	return swap->error;
}

/* --------------------------------------------------------------------- copying */

bool
log_is_prefix(const struct log *copy, const struct log *log)
{
	const struct leader_epoch *latest = leader_epochs_latest(log_leader_epochs(copy));
	struct leader_epoch_end end;

	if (log_end_offset(copy) > log_end_offset(log) ||
	    log_end_offset(copy) < log_start_offset(log) ||
	    log_start_offset(copy) > log_start_offset(log))
		return false;
	if (latest == NULL)
		return true;
	end = leader_epochs_end_offset(log_leader_epochs(log), latest->epoch, log_end_offset(log));
	return end.epoch == latest->epoch && end.end_offset >= log_end_offset(copy);
}

/* DeleteRecords may have left the log start within a batch: an empty copy begins with that batch. */
static enum error
begin_with_batch(struct log *into, struct slice batches, int64_t now_ms)
{
	struct reader reader;
	int64_t base_offset;

	reader_init(&reader, batches);
	base_offset = reader_int64(&reader);
	if (reader_failed(&reader) || log_size(into) > 0 || base_offset < 0 ||
	    base_offset >= log_end_offset(into))
		return ERROR_NONE;
	return log_truncate_fully_and_start_at(into, base_offset, now_ms);
}

enum error
log_copy_slice(struct log *into, const struct log_slice *slice, struct buffer *buffer,
    int64_t now_ms)
{
	struct log_append set = { .origin = LOG_FROM_LEADER };
	int64_t before = log_end_offset(into);
	size_t got;
	enum error error;

	buffer_clear(buffer);
	set.bytes = buffer_extend(buffer, (size_t)slice->size);
	set.size = (size_t)slice->size;
	error = disk_read(slice->file, set.bytes, set.size, slice->position, &got);
	if (error == ERROR_NONE && (got < set.size || !log_slice_is_intact(slice)))
		error = ERROR_CORRUPT; /* cut meanwhile */
	if (error == ERROR_NONE)
		error = begin_with_batch(into, buffer_slice(buffer), now_ms);
	if (error != ERROR_NONE)
		return error;
	error = log_append_as_follower(into, &set, now_ms);
	if (error != ERROR_NONE)
		return error;
	return set.status == LOG_APPEND_DONE && log_end_offset(into) > before ? ERROR_NONE :
	    ERROR_CORRUPT;
}

/* Nobody appends meanwhile. */
static enum error
copy_rest(struct log_swap *swap, struct buffer *buffer)
{
	enum error error = ERROR_NONE;

#ifdef CANARY_SWAP_BEFORE_CAUGHT_UP
	return ERROR_NONE;
#endif
	while (log_end_offset(swap->new) < log_end_offset(swap->old) && error == ERROR_NONE) {
		struct log_read read = {
			.offset = log_end_offset(swap->new),
			.upper_bound = log_end_offset(swap->old),
			.max_bytes = REST_BYTES,
			.at_least_one = true,
		};

		error = log_read(swap->old, &read, false);
		swap->reading = error != ERROR_NONE;
		if (error == ERROR_NONE && read.slice.segment == NULL)
			error = ERROR_CORRUPT;
		if (error == ERROR_NONE)
			error = log_copy_slice(swap->new, &read.slice, buffer, swap->now_ms);
		swap->reading |= error == ERROR_CORRUPT;
		log_slice_release(&read.slice);
	}
	return error;
}

/* -------------------------------------------------------------------- swapping */

/* What is known of the old one beside its records. */
static enum error
take_offsets(struct log_swap *swap)
{
	log_set_high_watermark(swap->new, log_high_watermark(swap->old));
	if (swap->leader_epoch >= 0)
		log_assign_leader_epoch(swap->new, swap->leader_epoch);
	return log_advance_start_offset(swap->new,
	    MIN(log_start_offset(swap->old), log_high_watermark(swap->new)));
}

/*
 * Nobody knows under which name a start will find the new one. Nothing was appended to
 * it: marked higher, the old one is the partition as before. Where that cannot be
 * noted both stay as they are, and neither is written to.
 */
static void
take_back(struct log_swap *swap)
{
	log_set_offline(swap->new);
	swap->renamed = move_mark_write(swap->disk, log_path(swap->old), swap->number + 1) !=
	    ERROR_NONE;
}

static void
rename_new(struct log_swap *swap)
{
	swap->error = log_rename(swap->new, swap->plain);
	if (swap->error == ERROR_NONE) {
		swap->renamed = true;
#ifndef CANARY_OLD_DIR_GONE_BEFORE_RENAME_IS_SYNCED
		swap->error = disk_sync_directory(swap->disk, swap->to->path);
#endif
	}
	if (swap->error != ERROR_NONE && (swap->renamed || !heals(swap->error)))
		take_back(swap);
}

/* A mark that cannot be removed does no harm. */
static void
rename_old(struct log_swap *swap)
{
	swap->from_error = log_rename(swap->old, swap->deleted);
	if (swap->from_error == ERROR_NONE)
		swap->from_error = disk_sync_directory(swap->disk, swap->from->path);
	if (swap->from_error == ERROR_NONE && !swap->was_marked &&
	    move_mark_remove(swap->disk, swap->plain) != ERROR_NONE)
		return;
}

void
log_swap_run(struct log_swap *swap)
{
	struct buffer buffer;

	buffer_init(&buffer);
	swap->error = copy_rest(swap, &buffer);
	buffer_fini(&buffer);
	if (swap->error == ERROR_NONE)
		swap->error = log_take_producers(swap->new, swap->old, swap->now_ms);
	if (swap->error == ERROR_NONE)
		swap->error = take_offsets(swap);
	if (swap->error == ERROR_NONE)
		swap->error = log_flush_now(swap->new, LOG_FLUSH_ALL, swap->now_ms);
	if (swap->error == ERROR_NONE)
		rename_new(swap);
	if (swap->renamed && swap->error == ERROR_NONE)
		rename_old(swap);
}

void
log_swap_done(struct log_dirs *dirs, struct log_swap *swap)
{
	if (!swap->renamed) {
		if (!swap->reading && (!heals(swap->error) || log_state(swap->new) != ERROR_NONE))
			log_dirs_set_offline(dirs, swap->to, swap->error);
		return;
	}
	log_dirs_forget(dirs, swap->current);
	swap->current = NULL;
	log_dirs_become_current(dirs, swap->future);
	if (swap->error != ERROR_NONE) {
		/* Where it was it still is, too, and is not closed; neither is written to any more. */
		swap->from->unclean = true;
		log_dirs_set_offline(dirs, swap->to, swap->error);
	} else if (swap->from_error != ERROR_NONE) {
		log_dirs_set_offline(dirs, swap->from, swap->from_error);
	} else {
		log_dirs_condemn(dirs, swap->from, swap->deleted, swap->deleted_due_ms);
		swap->deleted = NULL;
	}
}

void
log_swap_fini(struct log_swap *swap)
{
	free(swap->plain);
	free(swap->deleted);
	swap->plain = swap->deleted = NULL;
}
