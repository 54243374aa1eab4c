#include "controller/deletion.h"

#include <inttypes.h>

#include "controller/jobs.h"
#include "controller/partition_changes.h"
#include "controller/replica_changes.h"
#include "controller/responses.h"

enum deletion_next
deletion_decide(const struct context *context, const struct context_topic *topic)
{
	if (!topic->to_delete)
		return DELETION_NONE;
	if (context_topic_all_replicas_in(topic, REPLICA_DELETION_SUCCESSFUL))
		return context_all_have_heard(context, topic->deletion_told) ? DELETION_COMPLETE :
		    DELETION_TELLS;
	if (topic->deletion_ineligible ||
	    context_topic_any_replica_in(topic, REPLICA_DELETION_STARTED))
		return DELETION_WAITS;
	return DELETION_BEGINS;
}

static void
log_topic(struct reign *reign, const struct context_topic *topic, const char *what)
{
	log_info(reign->options->world->logger, "controller epoch %" PRId32 ": topic %.*s: %s",
	    reign->epoch, (int)topic->name.size, (const char *)topic->name.bytes, what);
}

/* ------------------------------------------------------------------ begin */

struct deletion_round {
	struct context_topic **topics; /* that are complete */
	bool *is_cleared;              /* their trees are gone */
	size_t topic_count;
	struct job_replicas replicas;  /* to be deleted now */
};

static void
end_partitions(struct job *job, struct context_topic *topic)
{
	struct job_partitions partitions = job_partitions_of_topic(job, topic);

	if (topic->deletion_begun)
		return;
	log_topic(job->reign, topic, "deletion begins");
	partition_changes_set(job->reign, partitions, PARTITION_OFFLINE);
	partition_changes_set(job->reign, partitions, PARTITION_NON_EXISTENT);
	topic->deletion_begun = true;
}

static void
part_replicas(struct job *job, struct context_partition *partition)
{
	struct context_topic *topic = partition->topic;

	for (int32_t i = 0; i < partition->replica_count; i++) {
		struct context_replica *replica = &partition->replicas[i];

		if (replica->state == REPLICA_DELETION_SUCCESSFUL)
			continue;
		if (context_replica_is_online(&job->reign->context, replica)) {
			job_replicas_add(&job->deletion_round->replicas, partition, replica->broker);
			continue;
		}
#ifdef CANARY_DELETION_WAITS_FOR_NOBODY
		replica->state = REPLICA_DELETION_SUCCESSFUL;
		continue;
#endif
		if (replica_state_may_follow(replica->state, REPLICA_DELETION_INELIGIBLE))
			replica->state = REPLICA_DELETION_INELIGIBLE;
		if (!topic->deletion_ineligible)
			log_topic(job->reign, topic, "deletion waits for a broker that is away");
		topic->deletion_ineligible = true;
	}
}

static size_t
count_replicas(const struct context *context)
{
	size_t count = 0;

	CONTEXT_TOPICS_FOREACH(link, context) {
		const struct context_topic *topic = context_topic_of(link);

		for (int32_t i = 0; i < topic->partition_count && topic->to_delete; i++)
			count += (size_t)topic->partitions[i]->replica_count;
	}
	return count;
}

static void
begin(struct job *job)
{
	struct context *context = &job->reign->context;
	bool any = false;

	job->deletion_round->replicas = job_replicas_new(job, count_replicas(context));
	CONTEXT_TOPICS_FOREACH(link, context) {
		struct context_topic *topic = context_topic_of(link);

		if (deletion_decide(context, topic) != DELETION_BEGINS)
			continue;
		any = true;
		end_partitions(job, topic);
		for (int32_t i = 0; i < topic->partition_count; i++) {
			outgoing_metadata_of(&job->reign->outgoing, topic->partitions[i]);
			part_replicas(job, topic->partitions[i]);
		}
	}
	if (!any) {
		job_next(job);
		return;
	}
	outgoing_metadata_to_all(&job->reign->outgoing);
	reign_send(job->reign);
	CONTEXT_TOPICS_FOREACH(link, context)
		if (context_topic_of(link)->to_delete)
			context_topic_of(link)->deletion_told = job->reign->sent;
	replica_changes_offline(job, job->deletion_round->replicas);
}

static void
start(struct job *job)
{
	replica_changes_set(job->reign, job->deletion_round->replicas, REPLICA_DELETION_STARTED);
	job_next(job);
}

/* --------------------------------------------------------------- complete */

static void
delete_node(struct job *job, const struct paths_place *place, job_written *written, void *item)
{
	job_write(job, &(struct znode_operation){ .type = ZNODE_OP_DELETE,
	    .path = job_path(job, place), .version = -1 }, written, item);
}

static void
on_tree_gone(struct job *job, void *item, enum znode_error error,
    const struct znode_result *result UNUSED)
{
	size_t at = (size_t)((struct context_topic **)item - job->deletion_round->topics);

	job->deletion_round->is_cleared[at] = error == ZNODE_OK || error == ZNODE_NO_NODE;
}

/* Leaves first: ZooKeeper keeps the order. */
static void
clear_tree(struct job *job, struct context_topic **item)
{
	struct context_topic *topic = *item;

	for (int32_t i = 0; i < topic->partition_count; i++) {
		int32_t index = topic->partitions[i]->index;

		delete_node(job, &(struct paths_place){ .kind = PATHS_PARTITION_STATE,
		    .name = topic->name, .id = index }, NULL, NULL);
		delete_node(job, &(struct paths_place){ .kind = PATHS_PARTITION,
		    .name = topic->name, .id = index }, NULL, NULL);
	}
	delete_node(job, &(struct paths_place){ .kind = PATHS_TOPIC_PARTITIONS,
	    .name = topic->name }, NULL, NULL);
	delete_node(job, &(struct paths_place){ .kind = PATHS_TOPIC, .name = topic->name },
	    on_tree_gone, item);
}

static void
clear_trees(struct job *job)
{
	struct context *context = &job->reign->context;
	struct deletion_round *round = arena_new(&job->arena, sizeof(*round));

	job->deletion_round = round;
	round->topics = arena_array(&job->arena, MAX(context->topics.count, 1),
	    sizeof(struct context_topic *));
	round->is_cleared = arena_array(&job->arena, MAX(context->topics.count, 1), sizeof(bool));
	CONTEXT_TOPICS_FOREACH(link, context) {
		struct context_topic *topic = context_topic_of(link);
		enum deletion_next next = deletion_decide(context, topic);

		job->reign->deletion_waits |= next == DELETION_TELLS;
		if (next != DELETION_COMPLETE)
			continue;
		reign_unwatch_topic(job->reign, topic);
		round->topics[round->topic_count] = topic;
		clear_tree(job, &round->topics[round->topic_count++]);
	}
	job_wait(job);
}

/* Somebody has put more below it than belongs there. */
static void
clear_rest(struct job *job)
{
	struct deletion_round *round = job->deletion_round;

	for (size_t i = 0; i < round->topic_count; i++)
		if (!round->is_cleared[i])
			job_delete_tree(job, job_path(job, &(struct paths_place){ .kind = PATHS_TOPIC,
			    .name = round->topics[i]->name }), on_tree_gone, &round->topics[i]);
	job_wait(job);
}

/* The mark last: as long as it is there the next controller goes on from here. */
static void
clear_marks(struct job *job)
{
	struct deletion_round *round = job->deletion_round;

	for (size_t i = 0; i < round->topic_count; i++) {
		struct slice name = round->topics[i]->name;

		if (!round->is_cleared[i])
			continue;
		delete_node(job, &(struct paths_place){ .kind = PATHS_CONFIG_TOPIC, .name = name },
		    NULL, NULL);
		delete_node(job, &(struct paths_place){ .kind = PATHS_DELETE_TOPIC, .name = name },
		    NULL, NULL);
	}
	job_wait(job);
}

static void
forget(struct job *job)
{
	struct deletion_round *round = job->deletion_round;

	for (size_t i = 0; i < round->topic_count; i++) {
		struct context_topic *topic = round->topics[i];

		if (!round->is_cleared[i]) {
			log_topic(job->reign, topic, "its znodes cannot be deleted");
			topic->deletion_ineligible = true;
			continue;
		}
		log_topic(job->reign, topic, "deleted");
		reign_forget_topic(job->reign, topic);
	}
	job_next(job);
}

static job_step *const resume_steps[] = { clear_trees, clear_rest, clear_marks, forget, begin,
	start, NULL };

void
deletion_resume(struct job *job)
{
	job_call(job, resume_steps);
}

static job_step *const steps[] = { deletion_resume, NULL };

const struct job_type job_deletion_resume = { "deletions go on", steps, sizeof(struct job), NULL,
	JOB_TOPIC_DELETION };

/* ---------------------------------------------------------------- answers */

static void
mark_ineligible(struct job_replicas replicas)
{
	for (size_t i = 0; i < replicas.count; i++)
		replicas.items[i].partition->topic->deletion_ineligible = true;
}

/* Those that may change so; others are where they belong already. */
static struct job_replicas
that_may_become(struct job *job, struct job_replicas replicas, enum replica_state state)
{
	struct job_replicas some = job_replicas_new(job, replicas.count);

	for (size_t i = 0; i < replicas.count; i++) {
		const struct context_replica *replica =
		    context_replica_find(replicas.items[i].partition, replicas.items[i].broker);

		if (replica != NULL && replicas.items[i].partition->topic->to_delete &&
		    replica_state_may_follow(replica->state, state))
			some.items[some.count++] = replicas.items[i];
	}
	return some;
}

void
deletion_fail(struct job *job, struct job_replicas replicas)
{
	if (replicas.count == 0) {
		job_next(job);
		return;
	}
	replica_changes_set(job->reign, that_may_become(job, replicas, REPLICA_DELETION_INELIGIBLE),
	    REPLICA_DELETION_INELIGIBLE);
	mark_ineligible(replicas);
	job_call(job, resume_steps);
}

void
deletion_succeed(struct job *job, struct job_replicas replicas)
{
	if (replicas.count == 0) {
		job_next(job);
		return;
	}
	replica_changes_set(job->reign, that_may_become(job, replicas, REPLICA_DELETION_SUCCESSFUL),
	    REPLICA_DELETION_SUCCESSFUL);
	job_call(job, resume_steps);
}

void
deletion_allow_of_broker(struct reign *reign, int32_t broker)
{
	CONTEXT_TOPICS_FOREACH(link, &reign->context) {
		struct context_topic *topic = context_topic_of(link);

		for (int32_t i = 0; topic->deletion_ineligible && i < topic->partition_count; i++)
			if (context_replica_find(topic->partitions[i], broker) != NULL)
				topic->deletion_ineligible = context_topic_is_reassigned(topic);
	}
}
