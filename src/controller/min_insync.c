#include "controller/min_insync.h"

#include <stdio.h>

#include "controller/reign_config.h"

struct min_insync_item {
	struct context_topic *topic;
	struct slice config;
	bool is_read;
};

struct min_insync {
	struct slice cluster_wide, own; /* of brokers; null: there is no such node */
	struct min_insync_item *items;
	size_t count;
};

static struct slice
copy(struct job *job, const struct coord_answer *answer)
{
	return slice_of(arena_text(&job->arena, answer->data.bytes, answer->data.size),
	    answer->data.size);
}

static void
on_brokers(struct job *job, void *item, const struct coord_answer *answer)
{
	if (answer->error == ZNODE_OK)
		*(struct slice *)item = copy(job, answer);
}

/* Without a node it has no configuration of its own. */
static void
on_topic(struct job *job, void *into, const struct coord_answer *answer)
{
	struct min_insync_item *item = into;

	item->is_read = answer->error == ZNODE_OK || answer->error == ZNODE_NO_NODE;
	if (answer->error == ZNODE_OK)
		item->config = copy(job, answer);
}

static void
get(struct job *job, enum paths_kind kind, struct slice name, job_answered *answered, void *item)
{
	job_get(job, job_path(job, &(struct paths_place){ .kind = kind, .name = name }), answered,
	    item);
}

static void
read_all(struct job *job)
{
	struct min_insync *it = job->min_insync;
	char id[16];

	if (it->count > 0) {
		snprintf(id, sizeof(id), "%d", (int)job->reign->options->broker_id);
		get(job, PATHS_CONFIG_BROKER, slice_of_text(PATHS_DEFAULT_ENTITY), on_brokers,
		    &it->cluster_wide);
		get(job, PATHS_CONFIG_BROKER, slice_of_text(id), on_brokers, &it->own);
	}
	for (size_t i = 0; i < it->count; i++)
		get(job, PATHS_CONFIG_TOPIC, it->items[i].topic->name, on_topic, &it->items[i]);
	job_wait(job);
}

static void
take_all(struct job *job)
{
	struct min_insync *it = job->min_insync;
	struct broker_config *config = it->count == 0 ? NULL :
	    reign_config_of_brokers(job->reign->options->config, it->cluster_wide, it->own);

	for (size_t i = 0; config != NULL && i < it->count; i++)
		if (it->items[i].is_read)
			it->items[i].topic->min_insync =
			    reign_config_min_insync(config, it->items[i].config);
	if (config != NULL)
		broker_config_free(config);
	job_next(job);
}

static job_step *const steps[] = { read_all, take_all, NULL };

void
min_insync_learn(struct job *job)
{
	struct context *context = &job->reign->context;
	struct min_insync *it = arena_new(&job->arena, sizeof(*it));

	it->items = arena_array(&job->arena, MAX(context->topics.count, 1), sizeof(*it->items));
	CONTEXT_TOPICS_FOREACH(link, context)
		if (context_topic_of(link)->min_insync == 0)
			it->items[it->count++].topic = context_topic_of(link);
	job->min_insync = it;
	job_call(job, steps);
}
