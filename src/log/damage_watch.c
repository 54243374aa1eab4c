#include "log/damage_watch.h"

#include "log/batch_check.h"
#include "log/segment.h"

void
damage_watch_begin(struct damage_watch *watch, const struct segment *segment, int64_t end_offset)
{
	watch->known.count = 0;
	if (segment->damages.count > 0)
		watch->known = segment->damages;
	watch->end_offset = end_offset;
	watch->limit = segment->size;
	watch->unchecked_from = segment->unchecked_from;
	watch->unchecked_to = segment->unchecked_to;
	watch->cuts = atomic_load_explicit(&segment->cuts, memory_order_relaxed);
	watch->checked_from = watch->checked_to = 0;
	watch->news = ERROR_NONE;
}

bool
damage_watch_is_new(const struct damage_watch *watch, int64_t from, int64_t to)
{
	return from < watch->unchecked_to && watch->unchecked_from < to;
}

static struct batch_check
check_of(const struct damage_watch *watch, const struct segment *segment, struct disk_file *file)
{
	return (struct batch_check){
		.file = file,
		.base_offset = segment->base_offset,
		.end_offset = watch->end_offset,
		.limit = watch->limit,
		.known = &watch->known,
	};
}

enum error
damage_watch_found(struct damage_watch *watch, const struct segment *segment,
    struct disk_file *file, int64_t position, enum error why)
{
	struct batch_check check = check_of(watch, segment, file);

	batch_check_measure(&check, position, &watch->damage);
	watch->news = why == ERROR_IO ? ERROR_IO : ERROR_CORRUPT;
	return ERROR_CORRUPT;
}

enum error
damage_watch_check(struct damage_watch *watch, const struct segment *segment,
    struct disk_file *file, int64_t from, int64_t *to)
{
	struct batch_check check = check_of(watch, segment, file);
	int64_t bad;
	enum error error = batch_check_run(&check, from, *to, &bad);

	if (error != ERROR_NONE && error != ERROR_CORRUPT && error != ERROR_TRUNCATED &&
	    error != ERROR_IO)
		return error; /* not the bytes' fault */
	watch->checked_from = from;
	watch->checked_to = bad;
	if (error == ERROR_NONE)
		return ERROR_NONE;
	error = damage_watch_found(watch, segment, file, bad, error);
	*to = bad;
	return bad > from ? ERROR_NONE : error;
}

bool
damage_watch_end(struct damage_watch *watch, struct segment *segment)
{
	/* What was cut since then says nothing of what is there now. */
	if (watch->cuts != atomic_load_explicit(&segment->cuts, memory_order_relaxed))
		return false;
	if (watch->checked_from <= segment->unchecked_from)
		segment->unchecked_from = MAX(segment->unchecked_from, watch->checked_to);
	if (watch->news == ERROR_NONE)
		return false;
	damages_add(&segment->damages, &watch->damage);
	/* What a start took from a bad batch at its end: those offsets are not the next one's. */
	segment->next_offset = MAX(segment->next_offset, watch->damage.end_offset);
	return true;
}
