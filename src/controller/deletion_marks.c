#include <inttypes.h>

#include "controller/deletion.h"
#include "controller/jobs.h"

static void
delete_mark(struct job *job, struct slice name)
{
	job_write(job, &(struct znode_operation){ .type = ZNODE_OP_DELETE,
	    .path = job_path(job, &(struct paths_place){ .kind = PATHS_DELETE_TOPIC, .name = name }),
	    .version = -1 }, NULL, NULL);
}

/*
 * There is no such topic: a controller died between the topic's znode and its
 * mark, so its configuration may be left.
 */
static void
clear_unknown(struct job *job, struct slice name)
{
	job_write(job, &(struct znode_operation){ .type = ZNODE_OP_DELETE,
	    .path = job_path(job, &(struct paths_place){ .kind = PATHS_CONFIG_TOPIC, .name = name }),
	    .version = -1 }, NULL, NULL);
	delete_mark(job, name);
}

static void
take_mark(struct job *job, struct slice name)
{
	struct reign *reign = job->reign;
	struct context_topic *topic = context_topic_find(&reign->context, name);
	bool is_enabled = broker_value(reign->options->config, CONFIG_DELETE_TOPIC_ENABLE)->boolean;

	if (!is_enabled) {
		log_warn(reign->options->world->logger,
		    "topic %.*s is marked for deletion, which delete.topic.enable forbids", (int)name.size,
		    (const char *)name.bytes);
		delete_mark(job, name);
	} else if (topic == NULL) {
		clear_unknown(job, name);
	} else if (topic->is_quarantined) {
		log_warn(reign->options->world->logger,
		    "topic %.*s is marked for deletion, but its znode cannot be read", (int)name.size,
		    (const char *)name.bytes);
	} else if (!topic->to_delete) {
		topic->to_delete = true;
		topic->deletion_ineligible = context_topic_is_reassigned(topic);
	}
}

static void
on_marks(struct job *job, void *item UNUSED, const struct coord_answer *answer)
{
	if (answer->error != ZNODE_OK)
		log_warn(job->reign->options->world->logger, "/admin/delete_topics cannot be read");
	for (size_t i = 0; answer->error == ZNODE_OK && i < answer->child_count; i++)
		take_mark(job, slice_of(arena_text(&job->arena, answer->children[i].bytes,
		    answer->children[i].size), answer->children[i].size));
}

void
deletion_load(struct job *job)
{
	job_children(job, slice_of_text(paths_text(PATHS_DELETE_TOPICS)), on_marks, NULL);
	job_wait(job);
}

static job_step *const steps[] = { deletion_load, deletion_resume, NULL };

const struct job_type job_deletion_changes = { "deletion changes", steps, sizeof(struct job), NULL,
	JOB_TOPIC_DELETION };
