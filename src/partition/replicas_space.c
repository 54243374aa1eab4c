/*
 * Log dirs whose disk is full (F20): appends are refused as long as only the
 * reserve is left (log_room.h), and taken again by themselves. Reads, retention
 * and checkpoints go on.
 */
#include <stdlib.h>

#include "base/memory.h"
#include "partition/replicas_private.h"

/* So long after the last append that was refused. */
enum { REFUSED_US = 3 * 1000 * 1000 };

struct space_work {
	struct replicas *replicas;
	struct log_space_job job;
	struct work work;
};

void
replicas_dir_is_full(struct replicas *it, const struct log_dir *dir, const char *why)
{
	struct dir_watch *watch = replicas_watch_of(it, dir);

	if (watch->is_full)
		return;
	watch->is_full = true;
	watch->full_us = clock_monotonic_us(it->world->clock);
	log_error(it->world->logger, "log dir %s: %s: appends are refused until there are more",
	    dir->path, why);
}

/* What is left may be too little for one, or there may be no descriptors. */
static bool
has_just_refused(const struct replicas *it, const struct dir_watch *watch)
{
	return watch->refused_us != 0 &&
	    clock_monotonic_us(it->world->clock) - watch->refused_us < REFUSED_US;
}

static void
look_at_room(struct replicas *it, struct log_dir *dir)
{
	struct dir_watch *watch = replicas_watch_of(it, dir);

	if (log_room_left(&dir->room) <= 0) {
		replicas_dir_is_full(it, dir, "only the last bytes of the disk are left");
	} else if (watch->is_full && !has_just_refused(it, watch)) {
		watch->is_full = false;
		it->follow_us = 0; /* whoever was given up need not wait */
		log_info(it->world->logger, "log dir %s takes appends again", dir->path);
	}
}

static void
run_measuring(struct work *work)
{
	log_space_run(&container_of(work, struct space_work, work)->job);
}

static void
measured(struct work *work)
{
	struct space_work *it = container_of(work, struct space_work, work);
	struct replicas *replicas = it->replicas;
	struct log_dir *dir = it->job.dir;
	enum error error = log_space_done(replicas->dirs, &it->job);

	replicas_watch_of(replicas, dir)->measuring = false;
	if (error == ERROR_NONE)
		look_at_room(replicas, dir);
	replicas_fail_offline_dirs(replicas);
	free(it);
	replicas_end(replicas);
}

void
replicas_measure_space(struct replicas *it)
{
	for (int i = 0; i < it->dirs->count; i++) {
		struct log_dir *dir = &it->dirs->dirs[i];
		struct space_work *space;

		if (dir->state != ERROR_NONE || it->watches[i].measuring)
			continue;
		it->watches[i].measuring = true;
		space = memory_new(sizeof(*space));
		space->replicas = it;
		log_space_prepare(dir, &space->job);
		space->work = (struct work){ .loop = it->world->control, .run = run_measuring,
			.done = measured };
		replicas_begin(it);
		workers_submit(it->world->workers, &space->work);
	}
}
