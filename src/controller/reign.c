#include "controller/reign.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "controller/doubts_ask.h"
#include "controller/job.h"
#include "controller/jobs.h"
#include "controller/rebalance.h"
#include "controller/waiter.h"

struct topic_watch {
	struct zk_watch watch;
	struct reign *reign;
	struct context_topic *topic;
	struct buffer path;
};

struct broker_watch {
	struct zk_watch watch;
	struct reign *reign;
	struct buffer path;
};

static void
on_watch(struct zk_watch *watch, enum znode_event_type type UNUSED)
{
	struct reign_watch *it = container_of(watch, struct reign_watch, watch);
	static const struct job_type *const types[REIGN_WATCH_COUNT] = {
		[REIGN_WATCH_BROKERS] = &job_broker_changes,
		[REIGN_WATCH_TOPICS] = &job_topic_changes,
		[REIGN_WATCH_DELETIONS] = &job_deletion_changes,
		[REIGN_WATCH_LOG_DIR_EVENTS] = &job_log_dir_events,
		[REIGN_WATCH_CONFIG_CHANGES] = &job_config_changes,
		[REIGN_WATCH_ISR_CHANGES] = &job_isr_changes,
		[REIGN_WATCH_PREFERRED_ELECTION] = &job_preferred_election,
		[REIGN_WATCH_REASSIGNMENT] = &job_reassignment,
	};

	reign_post_once(it->reign, types[it - it->reign->watches]);
}

static void
init_watches(struct reign *reign)
{
#define WATCH(name, watched, path_kind) \
	reign->watches[REIGN_WATCH_##name].watch = (struct zk_watch){ \
		.type = ZK_WATCH_##watched, \
		.path = slice_of_text(paths_text(PATHS_##path_kind)), \
		.fired = on_watch, \
	};
	REIGN_WATCHES(WATCH)
#undef WATCH

	for (size_t i = 0; i < REIGN_WATCH_COUNT; i++) {
		reign->watches[i].reign = reign;
		zk_watch_add(reign->options->session, &reign->watches[i].watch);
	}
}

struct reign *
reign_new(struct controller *controller, const struct controller_options *options,
    int32_t epoch, int32_t fence_version)
{
	struct reign *reign = memory_new(sizeof(*reign));
	uint64_t seed[2];

	list_init(&reign->link);
	list_init(&reign->jobs);
	list_init(&reign->waiting);
	reign->controller = controller;
	reign->options = options;
	reign->epoch = epoch;
	reign->config_change = -1;
	reign->fence = (struct zk_fence){ slice_of_text(paths_text(PATHS_CONTROLLER_EPOCH)),
		fence_version };
	entropy_fill(options->world->entropy, seed, sizeof(seed));
	context_init(&reign->context, epoch, seed);
	outgoing_init(&reign->outgoing);
	doubts_ask_init(reign);
	init_watches(reign);
	list_append(&reign->jobs, &job_new(reign, &job_failover)->link);
	return reign;
}

static void
drop(struct job *job)
{
	if (job->type->dropped != NULL)
		job->type->dropped(job);
}

void
reign_end(struct reign *reign)
{
	struct context *context = &reign->context;

	assert(!reign->is_over);
	reign->is_over = true;
	rebalance_end(reign);
	doubts_ask_end(reign);
	for (size_t i = 0; i < REIGN_WATCH_COUNT; i++)
		zk_watch_remove(reign->options->session, &reign->watches[i].watch);
	CONTEXT_TOPICS_FOREACH(link, context)
		reign_unwatch_topic(reign, context_topic_of(link));
	for (size_t i = 0; i < context->broker_count; i++) {
		reign_unwatch_broker(reign, context->brokers[i]);
		reign->options->channels->close(reign->options->channels, context->brokers[i]->id);
	}
	if (reign->job != NULL)
		drop(reign->job);
	LIST_FOREACH(link, &reign->jobs)
		drop(container_of(link, struct job, link));
	waiters_drop(reign);
}

void
reign_free(struct reign *reign)
{
	struct list *link;

	assert(reign->is_over);
	while ((link = list_take_first(&reign->jobs)) != NULL)
		job_free(container_of(link, struct job, link));
	if (reign->job != NULL)
		job_free(reign->job);
	outgoing_fini(&reign->outgoing);
	doubts_fini(&reign->doubts);
	context_fini(&reign->context);
	free(reign);
}

/* -------------------------------------------------------- topics, brokers */

static void
on_topic(struct zk_watch *watch, enum znode_event_type type UNUSED)
{
	struct topic_watch *it = container_of(watch, struct topic_watch, watch);

	it->topic->is_changed = true;
	reign_post_once(it->reign, &job_assignment_changes);
}

void
reign_watch_topic(struct reign *reign, struct context_topic *topic)
{
	struct topic_watch *it;

	if (topic->watch != NULL)
		return;
	it = memory_new(sizeof(*it));
	it->reign = reign;
	it->topic = topic;
	paths_topic(&it->path, topic->name);
	it->watch = (struct zk_watch){ .type = ZK_WATCH_NODE, .path = buffer_slice(&it->path),
		.fired = on_topic };
	zk_watch_add(reign->options->session, &it->watch);
	topic->watch = it;
}

void
reign_unwatch_topic(struct reign *reign, struct context_topic *topic)
{
	if (topic->watch == NULL)
		return;
	zk_watch_remove(reign->options->session, &topic->watch->watch);
	buffer_fini(&topic->watch->path);
	free(topic->watch);
	topic->watch = NULL;
}

void
reign_forget_topic(struct reign *reign, struct context_topic *topic)
{
	reign_unwatch_topic(reign, topic);
	context_topic_remove(&reign->context, topic);
}

static void
on_broker(struct zk_watch *watch, enum znode_event_type type UNUSED)
{
	reign_post_once(container_of(watch, struct broker_watch, watch)->reign, &job_broker_changes);
}

void
reign_watch_broker(struct reign *reign, struct context_broker *broker)
{
	struct broker_watch *it;

	if (broker->watch != NULL)
		return;
	it = memory_new(sizeof(*it));
	it->reign = reign;
	paths_broker(&it->path, broker->id);
	it->watch = (struct zk_watch){ .type = ZK_WATCH_NODE, .path = buffer_slice(&it->path),
		.fired = on_broker };
	zk_watch_add(reign->options->session, &it->watch);
	broker->watch = it;
}

void
reign_unwatch_broker(struct reign *reign, struct context_broker *broker)
{
	if (broker->watch == NULL)
		return;
	zk_watch_remove(reign->options->session, &broker->watch->watch);
	buffer_fini(&broker->watch->path);
	free(broker->watch);
	broker->watch = NULL;
}

/* ------------------------------------------------------------------- jobs */

void
reign_begin(struct reign *reign)
{
	reign->is_begun = true;
	reign_run(reign);
}

void
reign_post(struct reign *reign, struct job *job)
{
	assert(!reign->is_over);
	list_append(&reign->jobs, &job->link);
	reign_run(reign);
}

void
reign_post_once(struct reign *reign, const struct job_type *type)
{
	LIST_FOREACH(link, &reign->jobs)
		if (container_of(link, struct job, link)->type == type)
			return;
	reign_post(reign, job_new(reign, type));
}

/* Jobs that end at once lead on to the next, not deeper into the stack. */
void
reign_run(struct reign *reign)
{
	if (reign->is_running || !reign->is_begun)
		return;
	reign->is_running = true;
	while (!reign->is_over && reign->job == NULL && !list_is_empty(&reign->jobs)) {
		reign->job = container_of(list_take_first(&reign->jobs), struct job, link);
		job_run(reign->job);
	}
	reign->is_running = false;
}
