/* What has to be done from time to time, in small portions. */
#include <stdlib.h>

#include "base/memory.h"
#include "partition/replicas_private.h"

enum {
	TICK_US = 500 * 1000,
	SPACE_MS = 1000,
	PORTION = 200, /* partitions looked after in one tick */
};

struct upkeep_job {
	struct list link; /* waits for its turn, or for the time to unlink files */
	struct replicas *replicas;
	char *topic;
	int32_t index;
	struct partition *partition;
	struct partition_upkeep upkeep;
	struct work work;
	int64_t due_ms;
};

static int64_t
now_us(const struct replicas *it)
{
	return clock_monotonic_us(it->world->clock);
}

static void
job_free(struct upkeep_job *job)
{
	struct replicas *it = job->replicas;

	partition_release(job->partition);
	free(job);
	replicas_end(it);
}

/* ---------------------------------------------------------------- retention */

static void
unlink_files(struct work *work)
{
	struct upkeep_job *job = container_of(work, struct upkeep_job, work);

	if (log_removal_unlink(&job->upkeep.removal) != ERROR_NONE)
		log_warn(job->replicas->world->logger, "%s-%d: files of removed segments are left "
		    "until the next start", job->topic, job->index);
}

static void
files_unlinked(struct work *work)
{
	struct upkeep_job *job = container_of(work, struct upkeep_job, work);

	log_removal_fini(&job->upkeep.removal);
	free(job->topic);
	job_free(job);
}

/*
 * The partition knows: the files go after file.delete.delay.ms. A stop does not
 * wait for that: files with the suffix .deleted go at the next start.
 */
static void
removal_told(struct partition_operation *operation)
{
	struct upkeep_job *job = container_of(operation, struct upkeep_job, upkeep.operation);

	if (job->replicas->stopping) {
		files_unlinked(&job->work);
		return;
	}
	job->due_ms = job->upkeep.removal.due_ms;
	list_append(&job->replicas->doomed, &job->link);
	replicas_end(job->replicas);
}

static void
rename_files(struct work *work)
{
	log_removal_rename(&container_of(work, struct upkeep_job, work)->upkeep.removal);
}

static void
files_renamed(struct work *work)
{
	struct upkeep_job *job = container_of(work, struct upkeep_job, work);

	job->upkeep.operation.answered = removal_told;
	partition_removed(job->partition, &job->upkeep);
}

static void
note_size(struct replicas *it, struct upkeep_job *job)
{
	struct replica *replica = replicas_find(it, partition_topic(job->partition), job->index);

	if (replica != NULL && replica->partition == job->partition &&
	    job->upkeep.operation.status == PARTITION_OK)
		replica->size = job->upkeep.log_size;
}

static void
looked_after(struct partition_operation *operation)
{
	struct upkeep_job *job = container_of(operation, struct upkeep_job, upkeep.operation);
	struct replicas *it = job->replicas;
	struct slice topic = partition_topic(job->partition);

	note_size(it, job);
	if (job->upkeep.removal.count == 0) {
		job_free(job);
		return;
	}
	job->topic = memory_text(topic.bytes, topic.size);
	log_info(it->world->logger, "%s-%d: %d segments are removed, the log starts at %lld",
	    job->topic, job->index, job->upkeep.removal.count,
	    (long long)job->upkeep.log_start_offset);
	job->work = (struct work){ .loop = it->world->control, .run = rename_files,
		.done = files_renamed };
	workers_submit(it->world->workers, &job->work);
}

static void
look_after_all(struct replicas *it, unsigned work)
{
	HASH_TABLE_FOREACH(link, &it->topics) {
		struct local_topic *topic = container_of(hash_node_of(link), struct local_topic, node);

		for (int32_t i = 0; i < topic->room; i++) {
			struct upkeep_job *job;

			if (topic->replicas[i] == NULL || topic->replicas[i]->is_offline)
				continue;
			job = memory_new(sizeof(*job));
			job->replicas = it;
			job->index = i;
			job->partition = partition_hold(topic->replicas[i]->partition);
			job->upkeep.work = work;
			job->upkeep.operation.loop = it->world->control;
			job->upkeep.operation.answered = looked_after;
			list_append(&it->walk, &job->link);
			replicas_begin(it);
		}
	}
}

static void
take_portion(struct replicas *it)
{
	struct list *link;

	for (int i = 0; i < PORTION && (link = list_take_first(&it->walk)) != NULL; i++) {
		struct upkeep_job *job = container_of(link, struct upkeep_job, link);

		job->upkeep.now_ms = it->wall_watch.wall_ms;
		if (!wall_watch_is_trusted(&it->wall_watch))
			job->upkeep.work |= PARTITION_NOTHING_AGES;
		partition_upkeep(job->partition, &job->upkeep);
	}
}

/* F27: while the wall clock is not trusted, record times mean nothing. */
static void
look_at_clock(struct replicas *it)
{
	int64_t moved_ms = wall_watch_look(&it->wall_watch, clock_wall_ms(it->world->clock),
	    now_us(it));

	if (moved_ms != 0)
		log_warn(it->world->logger, "the wall clock moved by %lld s: nothing is removed by "
		    "age for %d minutes", (long long)(moved_ms / 1000), WALL_WATCH_SETTLE_MS / 60000);
}

static void
warn_of_offsets(struct replicas *it)
{
	enum { FIRST_WARNING = 1 << 30 };
	int64_t bytes = replicas_topic_bytes(it, slice_of_text("__consumer_offsets"));

	if (bytes < FIRST_WARNING || bytes < 2 * it->offsets_warned)
		return;
	it->offsets_warned = bytes;
	log_warn(it->world->logger, "__consumer_offsets has grown to %lld MiB: there is no cleaner "
	    "yet", (long long)(bytes >> 20));
}

static void
retention(struct replicas *it)
{
	look_after_all(it, PARTITION_FLUSH_IF_DUE | PARTITION_RETAIN);
	warn_of_offsets(it);
}

/* ------------------------------------------------------------- checkpoints */

struct checkpoint_work {
	struct replicas *replicas;
	struct log_checkpoint_job job;
	void (*written)(struct replicas *replicas); /* NULL: nobody waits */
	struct work work;
};

static void
run_checkpoint(struct work *work)
{
	log_checkpoint_run(&container_of(work, struct checkpoint_work, work)->job);
}

static void
checkpoint_done(struct work *work)
{
	struct checkpoint_work *it = container_of(work, struct checkpoint_work, work);
	struct replicas *replicas = it->replicas;
	struct log_dir *dir = it->job.dir;
	enum error error = log_checkpoint_done(replicas->dirs, &it->job);

	replicas_checkpoint_ends(replicas, dir, it->job.kind);
	if (error != ERROR_NONE)
		log_error(replicas->world->logger, "a checkpoint of %s cannot be written: %s",
		    dir->path, error_text(error));
	replicas_fail_offline_dirs(replicas);
	if (it->written != NULL)
		it->written(replicas);
	free(it);
	replicas_end(replicas);
}

/* One queue a dir: jobs of one kind do not overtake each other. */
bool
replicas_write_dir_checkpoint(struct replicas *it, struct log_dir *dir,
    enum log_dir_checkpoint kind, void (*written)(struct replicas *replicas))
{
	struct checkpoint_work *checkpoint;

	if (dir->state != ERROR_NONE || !replicas_checkpoint_begins(it, dir, kind))
		return false;
	checkpoint = memory_new(sizeof(*checkpoint));
	checkpoint->replicas = it;
	checkpoint->written = written;
	log_checkpoint_prepare(it->dirs, dir, kind, &checkpoint->job);
	checkpoint->work = (struct work){ .loop = it->world->control, .run = run_checkpoint,
		.done = checkpoint_done, .queue = dir };
	replicas_begin(it);
	workers_submit(it->world->workers, &checkpoint->work);
	return true;
}

static void
write_checkpoints(struct replicas *it, enum log_dir_checkpoint kind)
{
	for (int i = 0; i < it->dirs->count; i++)
		(void)replicas_write_dir_checkpoint(it, &it->dirs->dirs[i], kind, NULL);
}

/* ------------------------------------------------------------------ removal */

struct condemned_work {
	struct replicas *replicas;
	struct log_condemned *condemned;
	struct work work;
};

static void
run_condemned(struct work *work)
{
	log_condemned_run(container_of(work, struct condemned_work, work)->condemned);
}

static void
condemned_done(struct work *work)
{
	struct condemned_work *it = container_of(work, struct condemned_work, work);
	struct replicas *replicas = it->replicas;
	struct log_dir *dir = it->condemned->dir;
	enum error error = log_condemned_done(it->condemned);

	replicas->removing = false;
	if (error != ERROR_NONE)
		replicas_fail_dir(replicas, dir, error);
	free(it);
	replicas_end(replicas);
}

static void
remove_condemned(struct replicas *it)
{
	struct log_condemned *condemned;
	struct condemned_work *work;

	if (it->removing)
		return;
	condemned = log_dirs_take_condemned(it->dirs, clock_wall_ms(it->world->clock));
	if (condemned == NULL)
		return;
	it->removing = true;
	work = memory_new(sizeof(*work));
	work->replicas = it;
	work->condemned = condemned;
	work->work = (struct work){ .loop = it->world->control, .run = run_condemned,
		.done = condemned_done };
	replicas_begin(it);
	workers_submit(it->world->workers, &work->work);
}

static void
remove_doomed_files(struct replicas *it, int64_t wall_ms)
{
	LIST_FOREACH(link, &it->doomed) {
		struct upkeep_job *job = container_of(link, struct upkeep_job, link);

		if (job->due_ms > wall_ms)
			continue;
		list_remove(link);
		replicas_begin(it);
		job->work = (struct work){ .loop = it->world->control, .run = unlink_files,
			.done = files_unlinked };
		workers_submit(it->world->workers, &job->work);
	}
}

/* -------------------------------------------------------------- descriptors */

static void
run_room(struct work *work)
{
	struct replicas *it = container_of(work, struct replicas, room_work);

	it->room_error = file_cache_make_room(&it->dirs->cache);
}

static void
room_made(struct work *work)
{
	struct replicas *it = container_of(work, struct replicas, room_work);

	it->making_room = false;
	if (it->room_error != ERROR_NONE)
		log_error(it->world->logger, "files of logs cannot be synced: %s",
		    error_text(it->room_error));
	replicas_end(it);
}

static void
make_room(struct replicas *it)
{
	if (it->making_room || !file_cache_is_crowded(&it->dirs->cache))
		return;
	it->making_room = true;
	it->room_work = (struct work){ .loop = it->world->control, .run = run_room,
		.done = room_made };
	replicas_begin(it);
	workers_submit(it->world->workers, &it->room_work);
}

/* ------------------------------------------------------------------------ ISRs */

/* Who leads looks for followers that have fallen behind. */
void
replicas_check_isrs(const struct replicas *it)
{
	HASH_TABLE_FOREACH(link, &it->topics) {
		const struct local_topic *topic = container_of(hash_node_of(link),
		    const struct local_topic, node);

		for (int32_t i = 0; i < topic->room; i++) {
			const struct replica *replica = topic->replicas[i];

			if (replica != NULL && replica->leads && replica->has_others &&
			    !replica->is_offline)
				partition_check_isr(replica->partition);
		}
	}
}

/* ----------------------------------------------------------------- the tick */

static bool
is_due(struct replicas *it, enum replicas_period period, int64_t every_ms)
{
	int64_t time_us = now_us(it);

	if (time_us < it->next_us[period])
		return false;
	it->next_us[period] = time_us + MIN(every_ms, INT64_C(1) << 40) * 1000;
	return true;
}

static void
tick(struct timer *timer)
{
	struct replicas *it = container_of(timer, struct replicas, timer);
	const struct broker_logs *logs = &it->options.config->logs;

	timer_start(it->world->control, timer, now_us(it) + TICK_US);
	look_at_clock(it);
	if (is_due(it, PERIOD_HIGH_WATERMARK,
	    replicas_probe_ms(it, logs->high_watermark_checkpoint_interval_ms)))
		write_checkpoints(it, LOG_DIR_HIGH_WATERMARK);
	if (is_due(it, PERIOD_RECOVERY_POINT, logs->flush_offset_checkpoint_interval_ms))
		write_checkpoints(it, LOG_DIR_RECOVERY_POINT);
	if (is_due(it, PERIOD_LOG_START, logs->flush_start_offset_checkpoint_interval_ms))
		write_checkpoints(it, LOG_DIR_LOG_START);
	if (list_is_empty(&it->walk) && is_due(it, PERIOD_RETENTION, logs->retention_check_interval_ms))
		retention(it);
	if (list_is_empty(&it->walk) && is_due(it, PERIOD_FLUSH,
	    MAX(logs->flush_scheduler_interval_ms, 1000)))
		look_after_all(it, PARTITION_FLUSH_IF_DUE);
	if (list_is_empty(&it->walk) && is_due(it, PERIOD_PRODUCERS,
	    logs->producer_id_expiration_check_interval_ms))
		look_after_all(it, PARTITION_EXPIRE_PRODUCERS);
	take_portion(it);
	if (is_due(it, PERIOD_ISR, MAX(broker_value(it->options.config,
	        CONFIG_REPLICA_LAG_TIME_MAX_MS)->integer / 2, 1)))
		replicas_check_isrs(it);
	remove_condemned(it);
	remove_doomed_files(it, clock_wall_ms(it->world->clock));
	replicas_write_notes(it);
	if (is_due(it, PERIOD_SPACE, SPACE_MS))
		replicas_measure_space(it);
	replicas_ask_for_unmade(it);
	replicas_tell_damaged(it);
	replicas_look_for_unasked(it);
	replicas_look_for_hangs(it);
	replicas_seek_relief(it);
	replicas_go_on_moving(it);
	make_room(it);
}

void
replicas_periodic_start(struct replicas *it)
{
	const struct broker_logs *logs = &it->options.config->logs;

	int64_t time_us = now_us(it);

	wall_watch_init(&it->wall_watch, clock_wall_ms(it->world->clock), time_us);
	for (size_t i = 0; i < ARRAY_LENGTH(it->next_us); i++)
		it->next_us[i] = time_us;
	it->next_us[PERIOD_RETENTION] += MIN(logs->initial_task_delay_ms, INT64_C(1) << 40) * 1000;
	timer_start(it->world->control, &it->timer, time_us + TICK_US);
}

void
replicas_periodic_stop(struct replicas *it)
{
	struct list *link;

	if (it->timer.fire == NULL) {
		timer_init(&it->timer, tick);
		return;
	}
	timer_stop(it->world->control, &it->timer);
	while ((link = list_take_first(&it->walk)) != NULL)
		job_free(container_of(link, struct upkeep_job, link));
	/* Files with the suffix .deleted go at the next start. */
	while ((link = list_take_first(&it->doomed)) != NULL) {
		replicas_begin(it);
		files_unlinked(&container_of(link, struct upkeep_job, link)->work);
	}
}
