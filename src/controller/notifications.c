#include <inttypes.h>

#include "controller/jobs.h"
#include "controller/replica_changes.h"
#include "zk/payload_log_dir_event.h"

struct notifications {
	struct job job;
	int32_t *brokers; /* whose log dirs have failed, or can do more again */
	size_t broker_count;
};

struct notification {
	struct slice path;
};

static void
delete_node(struct job *job, struct slice path)
{
	job_write(job, &(struct znode_operation){ .type = ZNODE_OP_DELETE, .path = path,
	    .version = -1 }, NULL, NULL);
}

/* One that cannot be read tells nothing, and would be read for ever. */
static void
on_log_dir_event(struct job *job, void *item, const struct coord_answer *answer)
{
	struct notifications *it = container_of(job, struct notifications, job);
	struct notification *notification = item;
	struct payload_log_dir_event event;
	struct payload_complaint complaint;

	if (answer->error != ZNODE_OK)
		return;
	delete_node(job, notification->path);
	if (payload_log_dir_event_decode(answer->data, &job->arena, &event, &complaint) != ERROR_NONE) {
		log_warn(job->reign->options->world->logger, "%.*s cannot be read: %s",
		    (int)notification->path.size, (const char *)notification->path.bytes, complaint.text);
		return;
	}
	for (size_t i = 0; i < it->broker_count; i++)
		if (it->brokers[i] == event.broker)
			return;
	it->brokers[it->broker_count++] = event.broker;
}

static struct notification *
notification_of(struct job *job, enum paths_kind parent, struct slice name)
{
	struct notification *notification = arena_new(&job->arena, sizeof(*notification));
	struct buffer path;

	buffer_init(&path);
	buffer_append_slice(&path, slice_of_text(paths_text(parent)));
	buffer_append(&path, "/", 1);
	buffer_append_slice(&path, name);
	notification->path = job_take_data(job, &path);
	return notification;
}

static void
on_log_dir_events(struct job *job, void *item UNUSED, const struct coord_answer *answer)
{
	struct notifications *it = container_of(job, struct notifications, job);

	if (answer->error != ZNODE_OK)
		return;
	it->brokers = arena_array(&job->arena, MAX(answer->child_count, 1), sizeof(*it->brokers));
	for (size_t i = 0; i < answer->child_count; i++) {
		struct notification *notification =
		    notification_of(job, PATHS_LOG_DIR_EVENTS, answer->children[i]);

		job_get(job, notification->path, on_log_dir_event, notification);
	}
}

static void
read_log_dir_events(struct job *job)
{
	job_children(job, slice_of_text(paths_text(PATHS_LOG_DIR_EVENTS)), on_log_dir_events, NULL);
	job_wait(job);
}

/* The broker is told everything again: its answer says which partitions it has lost, or has now. */
static void
ask_brokers(struct job *job)
{
	struct notifications *it = container_of(job, struct notifications, job);

	for (size_t i = 0; i < it->broker_count; i++) {
		struct job_replicas all = job_replicas_of_broker(job, it->brokers[i]);
		struct job_replicas some = job_replicas_new(job, all.count);

		log_info(job->reign->options->world->logger,
		    "controller epoch %" PRId32 ": broker %" PRId32 " tells of its log dirs",
		    job->reign->epoch, it->brokers[i]);
		for (size_t j = 0; j < all.count; j++)
			if (replica_state_may_follow(context_replica_find(all.items[j].partition,
			    all.items[j].broker)->state, REPLICA_ONLINE))
				some.items[some.count++] = all.items[j];
		replica_changes_set(job->reign, some, REPLICA_ONLINE);
	}
	job_next(job);
}

static job_step *const log_dir_steps[] = { read_log_dir_events, ask_brokers, NULL };

const struct job_type job_log_dir_events = { "log dir events", log_dir_steps,
	sizeof(struct notifications), NULL, JOB_LOG_DIR_CHANGE };

/* ------------------------------------------------------------- isr changes */

/*
 * Leaders of an IBP below 2.7 write states themselves and tell so here. klamm
 * speaks with brokers of 3.9, which do not; what is left of a former life of
 * the cluster is taken away.
 */
static void
on_isr_changes(struct job *job, void *item UNUSED, const struct coord_answer *answer)
{
	for (size_t i = 0; answer->error == ZNODE_OK && i < answer->child_count; i++)
		delete_node(job, notification_of(job, PATHS_ISR_CHANGES, answer->children[i])->path);
}

static void
clear_isr_changes(struct job *job)
{
	job_children(job, slice_of_text(paths_text(PATHS_ISR_CHANGES)), on_isr_changes, NULL);
	job_wait(job);
}

static job_step *const isr_steps[] = { clear_isr_changes, NULL };

const struct job_type job_isr_changes = { "isr changes", isr_steps, sizeof(struct job), NULL,
	JOB_ISR_CHANGE };
