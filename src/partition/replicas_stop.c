/* The end: partitions give their logs, which are closed on workers; then the dirs. */
#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "partition/replicas_private.h"

struct close_job {
	struct partition_surrender surrender;
	struct work work;
	struct replicas *replicas;
	struct replica *replica; /* NULL: the copy of one that is moved */
	struct log_partition *stored;
	struct log *log;
	enum error error;
};

void
replicas_begin(struct replicas *it)
{
	it->out++;
}

static void
close_dirs(struct work *work)
{
	struct replicas *it = container_of(work, struct replicas, work);

	it->load_error = log_dirs_close(it->dirs);
}

static void
dirs_closed(struct work *work)
{
	struct replicas *it = container_of(work, struct replicas, work);

	if (it->load_error != ERROR_NONE)
		log_error(it->world->logger, "the log dirs are not closed well: %s",
		    error_text(it->load_error));
	it->on_stopped(it->stopped_context, it->clean && it->load_error == ERROR_NONE);
}

static void
close_log(struct work *work)
{
	struct close_job *job = container_of(work, struct close_job, work);

	job->error = log_close(job->log, clock_wall_ms(job->replicas->world->clock));
}

static void
log_closed(struct work *work)
{
	struct close_job *job = container_of(work, struct close_job, work);
	struct replicas *it = job->replicas;

	log_partition_closed(it->dirs, job->stored, job->error);
	it->clean = it->clean && job->error == ERROR_NONE;
	free(job);
	replicas_end(it);
}

static void
begin_closing(struct close_job *job)
{
	struct replicas *it = job->replicas;

	job->log = log_partition_take(job->stored);
	job->work = (struct work){ .loop = it->world->control, .run = close_log,
		.done = log_closed };
	workers_submit(it->world->workers, &job->work);
}

static void
surrendered(struct partition_operation *operation)
{
	struct close_job *job = container_of(operation, struct close_job, surrender.operation);
	struct replicas *it = job->replicas;

	assert(job->surrender.log == job->replica->stored->log);
	if (log_state(job->surrender.log) == ERROR_OFFLINE) {
		it->clean = false; /* it stays with its dir, unclean */
		free(job);
		replicas_end(it);
		return;
	}
	job->stored = job->replica->stored;
	begin_closing(job);
}

/* Copies of replicas that are moved: nobody is at them any more. */
static void
close_copies(struct replicas *it)
{
	replicas_forget_moves(it);
	LOG_DIRS_FOREACH(link, it->dirs) {
		struct log_partition *stored = log_partition_of(link);
		struct close_job *job;

		if (!stored->is_future || stored->log == NULL || stored->dir->state != ERROR_NONE)
			continue;
		job = memory_new(sizeof(*job));
		job->replicas = it;
		job->stored = stored;
		replicas_begin(it);
		begin_closing(job);
	}
}

static void
surrender_all(struct replicas *it)
{
	HASH_TABLE_FOREACH(link, &it->topics) {
		struct local_topic *topic = container_of(hash_node_of(link), struct local_topic, node);

		for (int32_t i = 0; i < topic->room; i++) {
			struct close_job *job;

			if (topic->replicas[i] == NULL || topic->replicas[i]->is_offline)
				continue;
			job = memory_new(sizeof(*job));
			job->replicas = it;
			job->replica = topic->replicas[i];
			job->surrender.gone = PARTITION_NOT_LEADER;
			job->surrender.operation.loop = it->world->control;
			job->surrender.operation.answered = surrendered;
			replicas_begin(it);
			partition_surrender(job->replica->partition, &job->surrender);
		}
	}
}

/* First what is under way ends; then the logs are closed; then the dirs. */
static void
go_on(struct replicas *it)
{
	if (it->closing == 0) {
		it->closing = 1;
		replicas_begin(it);
		close_copies(it);
		surrender_all(it);
		replicas_end(it);
	} else if (it->closing == 1 && !it->loaded) {
		/* What was not loaded may not be called closed: the next start recovers it. */
		it->closing = 2;
		it->on_stopped(it->stopped_context, false);
	} else if (it->closing == 1) {
		it->closing = 2;
		it->work = (struct work){ .loop = it->world->control, .run = close_dirs,
			.done = dirs_closed };
		workers_submit(it->world->workers, &it->work);
	}
}

void
replicas_end(struct replicas *it)
{
	assert(it->out > 0);
	if (--it->out == 0 && it->stopping)
		go_on(it);
}

void
replicas_stop(struct replicas *it, void (*stopped)(void *context, bool clean), void *context)
{
	it->stopping = true;
	isr_changes_close(&it->isr_changes);
	it->on_stopped = stopped;
	it->stopped_context = context;
	/* Logs that were never loaded are as they were found. */
	it->clean = it->loaded;
	replicas_begin(it);
	replicas_periodic_stop(it);
	replicas_unfollow_all(it);
	replicas_end(it);
}
