/*
 * Log dirs whose disk hangs (F23). The control loop writes the checkpoint of high watermarks
 * at least twice within klamm.disk.hang.ms and counts, as whoever flushes a log does, what has
 * ended; nobody waits. What such a dir leads is given up as where it is full (replicas_full.c).
 */
#include "partition/replicas_private.h"

static int64_t
limit_ms(const struct replicas *it)
{
	return MIN(it->options.config->logs.disk_hang_ms, INT64_C(1) << 40);
}

int64_t
replicas_probe_ms(const struct replicas *it, int64_t every_ms)
{
	return limit_ms(it) <= 0 ? every_ms : MIN(every_ms, limit_ms(it) / 2);
}

bool
replicas_checkpoint_begins(struct replicas *it, struct log_dir *dir, enum log_dir_checkpoint kind)
{
	bool *is_out = &replicas_watch_of(it, dir)->writing[kind];

	if (*is_out)
		return false;
	*is_out = true;
	log_pulse_begin(&dir->pulse);
	return true;
}

void
replicas_checkpoint_ends(struct replicas *it, struct log_dir *dir, enum log_dir_checkpoint kind)
{
	replicas_watch_of(it, dir)->writing[kind] = false;
	log_pulse_end(&dir->pulse);
}

static void
look_at(struct replicas *it, struct log_dir *dir)
{
	struct disk_hang *hang = &replicas_watch_of(it, dir)->hang;
	/* What ends between the two has begun, too. */
	uint64_t ended = atomic_load_explicit(&dir->pulse.ended, memory_order_acquire);
	uint64_t begun = atomic_load_explicit(&dir->pulse.begun, memory_order_relaxed);

#ifdef CANARY_HANG_NEVER_ENDS
	if (dir->hangs)
		return;
#endif
	if (!disk_hang_look(hang, begun, ended, limit_ms(it) * 1000,
	    clock_monotonic_us(it->world->clock)))
		return;
	dir->hangs = hang->hangs;
	if (dir->hangs) {
		replicas_relief_is_due(it);
		log_error(it->world->logger, "log dir %s hangs: nothing that is to be on its disk has "
		    "come there for %lld ms", dir->path, (long long)(hang->stalled_us / 1000));
		return;
	}
	log_info(it->world->logger, "log dir %s goes on", dir->path);
	it->follow_us = 0; /* whoever was given up need not wait */
}

void
replicas_look_for_hangs(struct replicas *it)
{
	for (int i = 0; i < it->dirs->count; i++) {
		struct log_dir *dir = &it->dirs->dirs[i];

		if (dir->state == ERROR_NONE)
			look_at(it, dir);
		else
			dir->hangs = false;
	}
}
