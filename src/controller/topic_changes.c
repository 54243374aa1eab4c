#include <inttypes.h>

#include "controller/jobs.h"
#include "controller/min_insync.h"
#include "controller/names.h"
#include "controller/new_partitions.h"
#include "controller/partition_changes.h"
#include "controller/topic_list.h"

/* --------------------------------------------------------------- the list */

struct topic_changes {
	struct job job;
	struct slice *names; /* that are new */
	size_t name_count;
};

/* Kafka forgets such a topic too, without a word to the brokers. */
static void
forget(struct reign *reign, struct context_topic *topic)
{
	log_warn(reign->options->world->logger,
	    "topic %.*s is gone from ZooKeeper without having been deleted", (int)topic->name.size,
	    (const char *)topic->name.bytes);
	reign_forget_topic(reign, topic);
}

static void
forget_unlisted(struct job *job, const struct coord_answer *answer)
{
	struct reign *reign = job->reign;
	struct names listed;

	names_init(&listed, &job->arena, reign->context.topics.seed);
	for (size_t i = 0; i < answer->child_count; i++)
		names_add(&listed, answer->children[i]);
	CONTEXT_TOPICS_FOREACH(link, &reign->context)
		if (!names_has(&listed, context_topic_of(link)->name))
			forget(reign, context_topic_of(link));
	names_fini(&listed);
}

static void
on_topics(struct job *job, void *item UNUSED, const struct coord_answer *answer)
{
	struct topic_changes *it = container_of(job, struct topic_changes, job);

	if (answer->error != ZNODE_OK) {
		log_warn(job->reign->options->world->logger, "/brokers/topics cannot be read");
		return;
	}
	forget_unlisted(job, answer);
	it->names = arena_array(&job->arena, MAX(answer->child_count, 1), sizeof(*it->names));
	for (size_t i = 0; i < answer->child_count; i++)
		if (context_topic_find(&job->reign->context, answer->children[i]) == NULL)
			it->names[it->name_count++] = slice_of(arena_text(&job->arena,
			    answer->children[i].bytes, answer->children[i].size), answer->children[i].size);
}

static void
list_topics(struct job *job)
{
	job_children(job, slice_of_text(paths_text(PATHS_TOPICS)), on_topics, NULL);
	job_wait(job);
}

static void
load_topics(struct job *job)
{
	struct topic_changes *it = container_of(job, struct topic_changes, job);

	topic_list_load(job, it->names, it->name_count);
}

static void
begin_partitions(struct job *job)
{
	new_partitions_begin(job, topic_list_partitions(job));
}

static job_step *const list_steps[] = { list_topics, load_topics, min_insync_learn,
	begin_partitions, NULL };

const struct job_type job_topic_changes = { "topic changes", list_steps,
	sizeof(struct topic_changes), NULL, JOB_TOPIC_CHANGE };
