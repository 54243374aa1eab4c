/*
 * log/damage_watch.h: what a job that reads a segment knows of its damages, and what
 * it finds. Bytes are looked at before they are served where a bad one could be new:
 * those that this process has neither written nor recovered nor looked at yet, and
 * those that come from the disk.
 *
 *	damage_watch_begin()   on the actor, when the job is prepared
 *	damage_watch_check() and damage_watch_found()  on a worker
 *	damage_watch_end()     on the actor: the segment remembers it
 */
#ifndef KLAMM_LOG_DAMAGE_WATCH_H
#define KLAMM_LOG_DAMAGE_WATCH_H

#include "base/error.h"
#include "log/damage.h"

struct segment;
struct disk_file;

struct damage_watch {
	struct damages known;
	int64_t end_offset;     /* where the segment after it begins; of the last one its end, and ... */
	int64_t limit;          /* ... bytes of whole batches in it, at the beginning */
	int64_t unchecked_from; /* bytes that nobody has looked at yet */
	int64_t unchecked_to;
	unsigned cuts;
	/* What was found. */
	int64_t checked_from;   /* bytes that are sound */
	int64_t checked_to;
	enum error news;        /* NONE, CORRUPT, or IO when it could not be read (F22) */
	struct damage damage;   /* with news */
};

/* `end_offset`: no record of the segment has it, or a higher one. */
void damage_watch_begin(struct damage_watch *watch, const struct segment *segment,
    int64_t end_offset);
/* Whether nobody has looked yet at some of these bytes. */
bool damage_watch_is_new(const struct damage_watch *watch, int64_t from, int64_t to);
/*
 * Blocks. Looks at the batches that begin in [from, *to); `*to` falls to where a bad one
 * begins. CORRUPT: that is the first one. In both cases there are news.
 */
NODISCARD enum error damage_watch_check(struct damage_watch *watch,
    const struct segment *segment, struct disk_file *file, int64_t from, int64_t *to);
/* Blocks. The batch at `position` cannot be read, or made sense of: `why`. Returns CORRUPT. */
NODISCARD enum error damage_watch_found(struct damage_watch *watch,
    const struct segment *segment, struct disk_file *file, int64_t position, enum error why);
/* True when the segment has got a damage that nobody knew of. */
bool damage_watch_end(struct damage_watch *watch, struct segment *segment);

#endif
