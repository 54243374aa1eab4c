#include "controller/min_insync.h"

#include <stdio.h>

#include "controller/eligible.h"
#include "controller/reign_config.h"

/* A node that was read; without it nothing is configured. */
struct min_insync_node {
	int32_t value; /* 0: none, -1: it cannot be read */
	bool is_read;
};

struct min_insync_topic {
	struct context_topic *topic;
	struct min_insync_node node;
};

struct min_insync {
	bool reads_brokers;
	struct min_insync_node cluster_wide, own;
	struct min_insync_topic *topics;
	size_t count;
};

static void
on_node(struct job *job UNUSED, void *item, const struct coord_answer *answer)
{
	struct min_insync_node *node = item;

	node->is_read = answer->error == ZNODE_OK || answer->error == ZNODE_NO_NODE;
	if (answer->error == ZNODE_OK)
		node->value = reign_config_min_insync(answer->data);
}

static void
get(struct job *job, enum paths_kind kind, struct slice name, struct min_insync_node *node)
{
	job_get(job, job_path(job, &(struct paths_place){ .kind = kind, .name = name }), on_node,
	    node);
}

static struct slice
own_name(const struct reign *reign, char into[16])
{
	snprintf(into, 16, "%d", (int)reign->options->broker_id);
	return slice_of_text(into);
}

static void
read_all(struct job *job)
{
	struct min_insync *it = job->min_insync;
	char id[16];

	if (it->reads_brokers) {
		get(job, PATHS_CONFIG_BROKER, slice_of_text(PATHS_DEFAULT_ENTITY), &it->cluster_wide);
		get(job, PATHS_CONFIG_BROKER, own_name(job->reign, id), &it->own);
	}
	for (size_t i = 0; i < it->count; i++)
		get(job, PATHS_CONFIG_TOPIC, it->topics[i].topic->name, &it->topics[i].node);
	job_wait(job);
}

/* The broker's own before that of all, and what cannot be read before none. */
static void
take_brokers(const struct job *job, struct context *context)
{
	const struct min_insync *it = job->min_insync;

	if (!it->reads_brokers || !it->cluster_wide.is_read || !it->own.is_read ||
	    it->own.value < 0 || (it->own.value == 0 && it->cluster_wide.value < 0))
		return;
	context->default_min_insync = it->own.value > 0 ? it->own.value :
	    it->cluster_wide.value > 0 ? it->cluster_wide.value :
	    (int32_t)broker_value(job->reign->options->config, CONFIG_MIN_INSYNC_REPLICAS)->integer;
}

static void
set(const struct context *context, struct context_topic *topic)
{
	topic->min_insync = !topic->min_insync_is_read || topic->own_min_insync < 0 ? 0 :
	    topic->own_min_insync > 0 ? topic->own_min_insync : context->default_min_insync;
	for (int32_t i = 0; i < topic->partition_count; i++)
		eligible_forget(topic->partitions[i]);
}

static void
take_all(struct job *job)
{
	const struct min_insync *it = job->min_insync;
	struct context *context = &job->reign->context;

	take_brokers(job, context);
	for (size_t i = 0; i < it->count; i++) {
		it->topics[i].topic->min_insync_is_read = it->topics[i].node.is_read;
		it->topics[i].topic->own_min_insync = it->topics[i].node.value;
		set(context, it->topics[i].topic);
	}
	CONTEXT_TOPICS_FOREACH(link, context)
		if (it->reads_brokers)
			set(context, context_topic_of(link));
	job_next(job);
}

static job_step *const steps[] = { read_all, take_all, NULL };

static size_t
count_unread(const struct context *context)
{
	size_t count = 0;

	CONTEXT_TOPICS_FOREACH(link, context)
		count += !context_topic_of(link)->min_insync_is_read;
	return count;
}

void
min_insync_learn(struct job *job)
{
	const struct context *context = &job->reign->context;
	struct min_insync *it = arena_new(&job->arena, sizeof(*it));
	size_t room = count_unread(context);

	it->reads_brokers = context->default_min_insync == 0;
	it->topics = arena_array(&job->arena, MAX(room, 1), sizeof(*it->topics));
	CONTEXT_TOPICS_FOREACH(link, context)
		if (!context_topic_of(link)->min_insync_is_read)
			it->topics[it->count++].topic = context_topic_of(link);
	job->min_insync = it;
	job_call(job, steps);
}

void
min_insync_is_changed(struct reign *reign, const struct paths_entity *entity)
{
	struct context_topic *topic;
	char id[16];

	if (entity->type == PATHS_ENTITY_BROKER &&
	    (slice_equal_text(entity->name, PATHS_DEFAULT_ENTITY) ||
	    slice_equal(entity->name, own_name(reign, id))))
		reign->context.default_min_insync = 0;
	topic = entity->type == PATHS_ENTITY_TOPIC ?
	    context_topic_find(&reign->context, entity->name) : NULL;
	if (topic != NULL)
		topic->min_insync_is_read = false;
}
