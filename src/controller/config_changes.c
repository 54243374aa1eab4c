#include "controller/jobs.h"
#include "controller/min_insync.h"
#include "controller/partition_changes.h"
#include "controller/reassign.h"
#include "zk/payload_config_change.h"

/* The reign's own number rises with what is read: notifications stay for a quarter of an hour. */
static bool
is_news(struct reign *reign, struct slice name, struct paths_place *place)
{
	if (paths_parse_child(PATHS_CONFIG_CHANGE, name, place) != ERROR_NONE)
		return false;
	return place->sequence > reign->config_change;
}

/* Topics that have nobody who leads them, and may be given somebody now. */
static void
mark_all(struct context *context)
{
	CONTEXT_TOPICS_FOREACH(link, context)
		context_topic_of(link)->config_is_changed = true;
}

/* One that cannot be read is every broker's to complain of. */
static void
on_change(struct job *job, void *item UNUSED, const struct coord_answer *answer)
{
	struct context *context = &job->reign->context;
	struct payload_config_change change;
	struct payload_complaint complaint;
	struct context_topic *topic;

	if (answer->error != ZNODE_OK || payload_config_change_decode(answer->data, &job->arena,
	    &change, &complaint) != ERROR_NONE)
		return;
	min_insync_is_changed(job->reign, &change.entity);
	if (change.entity.type == PATHS_ENTITY_BROKER)
		mark_all(context);
	if (change.entity.type != PATHS_ENTITY_TOPIC)
		return;
	topic = context_topic_find(context, change.entity.name);
	if (topic != NULL)
		topic->config_is_changed = true;
}

static void
on_changes(struct job *job, void *item UNUSED, const struct coord_answer *answer)
{
	struct reign *reign = job->reign;
	int32_t last = reign->config_change;

	for (size_t i = 0; answer->error == ZNODE_OK && i < answer->child_count; i++) {
		struct paths_place place;

		if (!is_news(reign, answer->children[i], &place))
			continue;
		last = MAX(last, place.sequence);
		job_get(job, job_path(job, &place), on_change, NULL);
	}
	reign->config_change = last;
}

static void
read_changes(struct job *job)
{
	job_children(job, slice_of_text(paths_text(PATHS_CONFIG_CHANGES)), on_changes, NULL);
	job_wait(job);
}

static void
elect(struct job *job)
{
	struct context *context = &job->reign->context;
	struct job_partitions partitions =
	    job_partitions_new(job, context_partition_count(context));

	CONTEXT_TOPICS_FOREACH(link, context) {
		struct context_topic *topic = context_topic_of(link);

		bool may_be_led = topic->config_is_changed && context_topic_is_kept(topic);

		for (int32_t i = 0; may_be_led && i < topic->partition_count; i++)
			if (topic->partitions[i]->state == PARTITION_OFFLINE)
				partitions.items[partitions.count++] = topic->partitions[i];
		topic->config_is_changed = false;
	}
	if (partitions.count > 0)
		partition_changes_online(job, partitions, LEADER_ELECTION_OFFLINE);
	else
		job_next(job);
}

static job_step *const steps[] = { read_changes, min_insync_learn, elect,
	reassign_resume_complete, NULL };

const struct job_type job_config_changes = { "config changes", steps, sizeof(struct job), NULL,
	JOB_UNCLEAN_ELECTION_ENABLE };

/* --------------------------------------------------------------- failover */

/* The elections of the failover read what stands there now. */
static void
on_old_changes(struct job *job, void *item UNUSED, const struct coord_answer *answer)
{
	struct paths_place place;

	for (size_t i = 0; answer->error == ZNODE_OK && i < answer->child_count; i++)
		if (is_news(job->reign, answer->children[i], &place))
			job->reign->config_change = place.sequence;
}

void
config_changes_skip(struct job *job)
{
	job_children(job, slice_of_text(paths_text(PATHS_CONFIG_CHANGES)), on_old_changes, NULL);
	job_wait(job);
}
