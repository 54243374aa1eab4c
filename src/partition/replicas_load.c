/* The start: all logs are loaded, and where needed recovered, side by side. */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "log/partition_metadata.h"
#include "partition/replicas_private.h"

enum { TELL_US = 3 * 1000 * 1000 };

struct load_job {
	struct list link; /* of those that are not done */
	struct work work;
	struct replicas *replicas;
	struct log_load *load;
	struct uuid topic_id;
	_Atomic(int) recovered, to_recover; /* segments; by its worker */
};

/* -------------------------------------------------------------- progress */

/* On a worker. */
static void
segment_recovered(void *context, int done, int total)
{
	struct load_job *job = context;

	atomic_store(&job->to_recover, total);
	atomic_store(&job->recovered, done);
}

/* What takes long says so, until it is done: all in all, and the logs that are at work. */
static void
tell_progress(struct timer *timer)
{
	struct replicas *it = container_of(timer, struct replicas, load_timer);

	log_info(it->world->logger, "%d of %d logs are loaded", it->loads_done, it->load_count);
	LIST_FOREACH(link, &it->loading) {
		const struct load_job *job = container_of(link, struct load_job, link);
		const struct log_partition *stored = job->load->partition;
		int total = atomic_load(&job->to_recover);

		if (total > 1)
			log_info(it->world->logger, "%s-%d: %d of %d segments are recovered",
			    stored->topic, stored->partition, atomic_load(&job->recovered), total);
	}
	timer_start(it->world->control, timer, clock_monotonic_us(it->world->clock) + TELL_US);
}

/* ------------------------------------------------------------------- jobs */

static void
report(struct replicas *it, enum error error)
{
	const char *complaint = it->guilty != NULL ? it->guilty->complaint : NULL;

	timer_stop(it->world->control, &it->load_timer);
	if (error == ERROR_NONE && log_dirs_online_count(it->dirs) == 0)
		error = ERROR_OFFLINE;
	if (error == ERROR_OFFLINE && complaint == NULL)
		complaint = it->dirs->dirs[0].complaint;
	it->loaded = error == ERROR_NONE;
	if (error == ERROR_NONE && !it->stopping) {
		replicas_fail_offline_dirs(it);
		replicas_write_notes(it);
		replicas_publish(it);
		replicas_periodic_start(it);
		replicas_resume_moves(it);
	}
	if (!it->stopping)
		it->on_loaded(it->loaded_context, error, complaint);
}

static void
doubts_kept(struct replicas *it)
{
	report(it, ERROR_NONE);
}

static void
one_settled(struct replicas *it)
{
	if (--it->settling == 0)
		replicas_keep_doubts(it, doubts_kept);
}

/*
 * High watermarks of logs that end before them, as power was lost: else what is appended
 * there would count, after a kill, as known to all in sync. And recovery points of
 * logs where damage was found: the next power cut must not have them cut there.
 */
static void
settle_checkpoints(struct replicas *it)
{
	it->settling = 1;
	for (int i = 0; i < it->dirs->count; i++) {
		struct log_dir *dir = &it->dirs->dirs[i];

		if (dir->state == ERROR_NONE &&
		    log_dir_offsets_fell(it->dirs, dir, LOG_DIR_HIGH_WATERMARK))
			it->settling += replicas_write_dir_checkpoint(it, dir, LOG_DIR_HIGH_WATERMARK,
			    one_settled);
		if (dir->state == ERROR_NONE &&
		    log_dir_offsets_rose(it->dirs, dir, LOG_DIR_RECOVERY_POINT))
			it->settling += replicas_write_dir_checkpoint(it, dir, LOG_DIR_RECOVERY_POINT,
			    one_settled);
	}
	one_settled(it);
}

static void
all_loaded(struct replicas *it)
{
	log_loads_fini(&it->loads);
	if (it->load_count > 0)
		log_info(it->world->logger, "%d logs are loaded", it->load_count);
	settle_checkpoints(it);
}

static void
add_loaded(struct replicas *it, const struct load_job *job)
{
	replicas_doubt_loaded(it, job->load->partition);
	(void)replicas_add(it, job->load->partition, job->topic_id);
}

static void
run_load(struct work *work)
{
	struct load_job *job = container_of(work, struct load_job, work);
	struct text_complaint complaint;
	char path[LOG_PATH_SIZE];

	log_load_run(job->load);
	if (job->load->error != ERROR_NONE ||
	    snprintf(path, sizeof(path), "%s/" PARTITION_METADATA, log_path(job->load->log)) >=
	    (int)sizeof(path))
		return;
	/* A hint: what LeaderAndIsr says is compared with it where it is there. */
	if (partition_metadata_read(job->replicas->world->disk, path, &job->topic_id, &complaint) !=
	    ERROR_NONE)
		job->topic_id = (struct uuid){ 0 };
}

static void
load_done(struct work *work)
{
	struct load_job *job = container_of(work, struct load_job, work);
	struct replicas *it = job->replicas;
	struct log_partition *stored = job->load->partition;
	struct log_dir *dir = stored->dir;
	enum error error = log_load_done(job->load);

	it->loads_done++;
	if (error != ERROR_NONE)
		log_error(it->world->logger, "log dir %s is offline: %s", dir->path, dir->complaint);
	else if (!stored->is_future && stored->log != NULL)
		add_loaded(it, job);
	else
		stored->topic_id = job->topic_id;
	list_remove(&job->link);
	free(job);
	if (it->loads_done == it->load_count)
		all_loaded(it);
	replicas_end(it);
}

static void
list_dirs(struct work *work)
{
	struct replicas *it = container_of(work, struct replicas, work);

	it->load_error = log_dirs_list(it->dirs, clock_wall_ms(it->world->clock), &it->loads,
	    &it->guilty);
}

static void
dirs_listed(struct work *work)
{
	struct replicas *it = container_of(work, struct replicas, work);

	it->load_count = it->load_error == ERROR_NONE ? it->loads.count : 0;
	log_loads_configure(&it->loads, it->dirs);
	if (it->load_error != ERROR_NONE) {
		log_loads_fini(&it->loads);
		report(it, it->load_error);
	} else if (it->load_count == 0) {
		all_loaded(it);
	}
	for (int i = 0; i < it->load_count; i++) {
		struct load_job *job = memory_new(sizeof(*job));

		job->replicas = it;
		job->load = &it->loads.loads[i];
		job->load->options.progress = segment_recovered;
		job->load->options.context = job;
		list_append(&it->loading, &job->link);
		job->work = (struct work){ .loop = it->world->control, .run = run_load,
			.done = load_done };
		replicas_begin(it);
		workers_submit(it->world->workers, &job->work);
	}
	replicas_end(it);
}

void
replicas_load(struct replicas *it,
    void (*loaded)(void *context, enum error error, const char *complaint), void *context)
{
	list_init(&it->loading);
	timer_init(&it->load_timer, tell_progress);
	timer_start(it->world->control, &it->load_timer,
	    clock_monotonic_us(it->world->clock) + TELL_US);
	it->on_loaded = loaded;
	it->loaded_context = context;
	it->work = (struct work){ .loop = it->world->control, .run = list_dirs,
		.done = dirs_listed };
	replicas_begin(it);
	workers_submit(it->world->workers, &it->work);
}
