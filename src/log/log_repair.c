#include "log/log_repair.h"

#include "log/log_private.h"
#include "wire/batch.h"

/* The first one that a reader could meet; NULL: there is none. */
static struct damage *
first_damage(const struct log *log, struct segment **segment)
{
	for (int i = 0; i < log->count; i++) {
		struct damages *damages = &log->segments[i]->damages;

		for (int j = 0; j < damages->count; j++) {
			struct damage *damage = &damages->items[j];

			if (MAX(damage->offset, log->start_offset) < damage->end_offset) {
				*segment = log->segments[i];
				return damage;
			}
		}
	}
	return NULL;
}

/*
 * How many of the bytes can take the place, whole batches; what is left of the damage
 * then. 0: they do not fit.
 */
static int64_t
fit(const struct damage *damage, struct slice records, struct damage *left)
{
	struct batch_cursor cursor;
	struct batch_view view;

	*left = *damage;
	batch_cursor_init(&cursor, records);
	while (left->offset < damage->end_offset && batch_cursor_next(&cursor, &view) == ERROR_NONE) {
		int64_t size = (int64_t)view.bytes.size;

		if (!batch_view_check_offsets(&view) || !batch_view_check_crc(&view) ||
		    view.base_offset < left->offset || view.last_offset >= damage->end_offset ||
		    size > damage->end_position - left->position)
			return 0;
		left->position += size;
		left->offset = view.last_offset + 1;
	}
	/* All bytes and all offsets, or some of both. */
	if ((left->offset == damage->end_offset) != (left->position == damage->end_position))
		return 0;
	return left->position - damage->position;
}

static enum error
write_over(struct segment *segment, struct slice bytes, int64_t position)
{
	struct disk_file *file;
	size_t written;
	enum error error = cached_file_pin(&segment->log, &file);

	if (error != ERROR_NONE)
		return error;
	error = disk_write(file, bytes.bytes, bytes.size, position, &written);
	cached_file_unpin(&segment->log, true);
	return error == ERROR_NONE ? cached_file_sync(&segment->log) : error;
}

enum error
log_repair(struct log *log, struct slice records)
{
	struct segment *segment;
	struct damage *damage = first_damage(log, &segment);
	struct damage left;
	int64_t size;
	enum error error;

	log_assert_exclusive(log);
	if (log->state != ERROR_NONE)
		return log->state;
	size = damage == NULL ? 0 : fit(damage, records, &left);
	if (size <= 0)
		return ERROR_MALFORMED;
	error = write_over(segment, slice_of(records.bytes, (size_t)size), damage->position);
	if (error == ERROR_NONE) {
		damages_heal(&segment->damages, damage, &left);
		log_damage_gone(log);
	}
	return log_failed(log, error);
}
