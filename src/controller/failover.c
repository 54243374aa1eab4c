#include <inttypes.h>

#include "controller/broker_list.h"
#include "controller/deletion.h"
#include "controller/eligible.h"
#include "controller/jobs.h"
#include "controller/min_insync.h"
#include "controller/partition_changes.h"
#include "controller/reassign.h"
#include "controller/rebalance.h"
#include "controller/replica_changes.h"
#include "controller/responses.h"
#include "controller/topic_list.h"
#include "zk/payload_feature.h"

/* ---------------------------------------------------------------- feature */

/* Since IBP 3.3; klamm speaks as 3.9 alone. */
enum { FEATURE_VERSION = 2 };

static struct slice
encode_feature(struct job *job)
{
	struct payload_feature feature = { .version = FEATURE_VERSION,
		.status = PAYLOAD_FEATURE_ENABLED };
	struct buffer data;

	buffer_init(&data);
	payload_feature_encode(&feature, &data);
	return job_take_data(job, &data);
}

static void
write_feature(struct job *job, enum znode_operation_type type, int32_t version)
{
	job_write(job, &(struct znode_operation){ .type = type,
	    .path = slice_of_text(paths_text(PATHS_FEATURE)), .data = encode_feature(job),
	    .version = version }, NULL, NULL);
}

/* What is finalized stays; one that was switched off is switched on without any. */
static void
on_feature(struct job *job, void *item UNUSED, const struct coord_answer *answer)
{
	struct payload_feature feature;
	struct payload_complaint complaint;

	if (answer->error == ZNODE_NO_NODE)
		write_feature(job, ZNODE_OP_CREATE, -1);
	else if (answer->error != ZNODE_OK)
		log_warn(job->reign->options->world->logger, "/feature cannot be read");
	else if (payload_feature_decode(answer->data, &job->arena, &feature, &complaint) != ERROR_NONE)
		log_error(job->reign->options->world->logger, "/feature is left as it is: %s",
		    complaint.text);
	else if (feature.status == PAYLOAD_FEATURE_DISABLED)
		write_feature(job, ZNODE_OP_SET_DATA, answer->stat.version);
}

static void
take_feature(struct job *job)
{
	job_get(job, slice_of_text(paths_text(PATHS_FEATURE)), on_feature, NULL);
	job_wait(job);
}

/* ---------------------------------------------------------- notifications */

/* Of before this reign: all brokers will be told everything. Sets the watches. */
static void
on_notifications(struct job *job, void *item, const struct coord_answer *answer)
{
	const char *parent = item;

	for (size_t i = 0; answer->error == ZNODE_OK && i < answer->child_count; i++) {
		struct buffer path;

		buffer_init(&path);
		buffer_append_slice(&path, slice_of_text(parent));
		buffer_append(&path, "/", 1);
		buffer_append_slice(&path, answer->children[i]);
		job_write(job, &(struct znode_operation){ .type = ZNODE_OP_DELETE,
		    .path = job_take_data(job, &path), .version = -1 }, NULL, NULL);
	}
}

static void
clear_notifications(struct job *job)
{
	static const enum paths_kind kinds[] = { PATHS_LOG_DIR_EVENTS, PATHS_ISR_CHANGES };

	for (size_t i = 0; i < ARRAY_LENGTH(kinds); i++)
		job_children(job, slice_of_text(paths_text(kinds[i])), on_notifications,
		    (void *)(uintptr_t)paths_text(kinds[i]));
	job_wait(job);
}

/* ---------------------------------------------------------------- context */

static void
take_brokers(struct job *job)
{
	struct broker_list *list = job->broker_list;

	for (size_t i = 0; i < list->count; i++)
		(void)broker_list_take(job, &list->entries[i]);
	job_wait(job);
}

struct failover {
	struct job job;
	struct slice *names;
	size_t name_count;
	/* Whose leader may have been away; nobody else can lead. */
	struct job_partitions to_elect;
};

static void
on_topics(struct job *job, void *item UNUSED, const struct coord_answer *answer)
{
	struct failover *it = container_of(job, struct failover, job);

	if (answer->error != ZNODE_OK) {
		controller_resign(job->reign->controller, job->reign, "/brokers/topics cannot be read");
		return;
	}
	it->names = arena_array(&job->arena, MAX(answer->child_count, 1), sizeof(*it->names));
	for (size_t i = 0; i < answer->child_count; i++)
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
	struct failover *it = container_of(job, struct failover, job);

	topic_list_load(job, it->names, it->name_count);
}

/*
 * A broker that was registered after the state was written may have been away
 * with nobody there to see it, and have lost what was not on its disk. Whoever
 * led before may not lead on in the same epoch: the log of that epoch would
 * have two ends. Others in sync go first. (Kafka's broker cannot be back before
 * its old session has ended.)
 */
static void
look_who_was_away(struct failover *it, struct context_partition *partition, int64_t written)
{
	struct context *context = &it->job.reign->context;
	const struct context_leadership *leadership = &partition->leadership;
	int32_t live = 0, away = 0;

#ifdef CANARY_LEADER_BACK_IN_ITS_EPOCH
	return;
#endif
	for (int32_t i = 0; i < partition->replica_count && partition->replica_count > 1; i++) {
		struct context_replica *replica = &partition->replicas[i];
		const struct context_broker *broker = context_broker_find(context, replica->broker);

		if (broker == NULL || !context_isr_has(leadership, replica->broker))
			continue;
		replica->was_away = broker->epoch > written;
		live++;
		away += replica->was_away;
	}
	if (away < live)
		return;
	for (int32_t i = 0; i < partition->replica_count; i++)
		partition->replicas[i].was_away = false;
	if (away == 0)
		return;
	/* Nor is it told before that it leads, in the epoch of before. */
	partition->leader_is_withheld = true;
	partition->leadership.leader = CONTEXT_NO_LEADER;
	it->to_elect.items[it->to_elect.count++] = partition;
}

static void
on_state(struct job *job, void *item, const struct coord_answer *answer)
{
	struct failover *it = container_of(job, struct failover, job);
	struct context_partition *partition = item;
	struct payload_partition_state state;
	struct payload_complaint complaint;

	if (answer->error == ZNODE_NO_NODE)
		return;
	if (answer->error == ZNODE_OK && payload_partition_state_decode(answer->data, &job->arena,
	    &state, &complaint) == ERROR_NONE) {
		partition->leader_is_withheld =
		    context_replica_is_doubtful(&job->reign->context, partition, state.leader);
		context_partition_set_leadership(partition, &state, answer->stat.version);
		eligible_forget(partition);
		look_who_was_away(it, partition, answer->stat.mzxid);
		return;
	}
	partition->is_quarantined = true;
	log_error(job->reign->options->world->logger,
	    "the state of %.*s-%" PRId32 " cannot be read, it is left alone: %s",
	    (int)partition->topic->name.size, (const char *)partition->topic->name.bytes,
	    partition->index, answer->error == ZNODE_OK ? complaint.text : "ZooKeeper refuses it");
}

static void
load_states(struct job *job)
{
	struct failover *it = container_of(job, struct failover, job);
	struct job_partitions partitions = topic_list_partitions(job);

	it->to_elect = job_partitions_new(job, partitions.count);
	for (size_t i = 0; i < partitions.count; i++)
		job_get(job, job_path(job, &(struct paths_place){ .kind = PATHS_PARTITION_STATE,
		    .name = partitions.items[i]->topic->name, .id = partitions.items[i]->index }),
		    on_state, partitions.items[i]);
	job_wait(job);
}

/* ----------------------------------------------------------------- states */

static enum partition_state
first_state(const struct context *context, const struct context_partition *partition)
{
	const struct context_replica *leader;

	if (partition->is_quarantined)
		return PARTITION_OFFLINE;
	if (!partition->has_leadership)
		return PARTITION_NEW;
	leader = context_replica_find(partition, partition->leadership.leader);
	return leader != NULL && context_replica_is_online(context, leader) ? PARTITION_ONLINE :
	    PARTITION_OFFLINE;
}

static struct job_replicas
replicas_that_are(struct job *job, bool online)
{
	struct job_replicas all = job_replicas_of(job, topic_list_partitions(job));
	struct job_replicas some = job_replicas_new(job, all.count);

	for (size_t i = 0; i < all.count; i++) {
		struct context_replica *replica =
		    context_replica_find(all.items[i].partition, all.items[i].broker);

		if (context_replica_is_online(&job->reign->context, replica) == online)
			some.items[some.count++] = all.items[i];
	}
	return some;
}

static void
tell_who_is_alive(struct job *job)
{
	outgoing_metadata_to_all(&job->reign->outgoing);
	reign_send(job->reign);
	job_next(job);
}

/* Whoever is not alive may not have deleted what it was told to delete. */
static void
start_replicas(struct job *job)
{
	struct job_replicas online = replicas_that_are(job, true);
	struct job_replicas offline = replicas_that_are(job, false);

	for (size_t i = 0; i < online.count; i++)
		context_replica_find(online.items[i].partition, online.items[i].broker)->state =
		    REPLICA_ONLINE;
	for (size_t i = 0; i < offline.count; i++)
		context_replica_find(offline.items[i].partition, offline.items[i].broker)->state =
		    REPLICA_DELETION_INELIGIBLE;
	replica_changes_set(job->reign, online, REPLICA_ONLINE);
	replica_changes_offline(job, offline);
}

static void
start_partitions(struct job *job)
{
	struct failover *it = container_of(job, struct failover, job);
	struct job_partitions partitions = topic_list_partitions(job);

	for (size_t i = 0; i < partitions.count; i++)
		partitions.items[i]->state = first_state(&job->reign->context, partitions.items[i]);
	for (size_t i = 0; i < it->to_elect.count; i++)
		it->to_elect.items[i]->state = PARTITION_OFFLINE;
	partition_changes_online_all(job);
}

/* They are back, as new brokers are. */
static void
take_in_who_was_away(struct job *job)
{
	struct job_replicas all = job_replicas_of(job, topic_list_partitions(job));
	struct job_replicas back = job_replicas_new(job, all.count);

	for (size_t i = 0; i < all.count; i++) {
		struct context_replica *replica =
		    context_replica_find(all.items[i].partition, all.items[i].broker);

		if (replica->was_away)
			back.items[back.count++] = all.items[i];
		replica->was_away = false;
	}
	replica_changes_set(job->reign, back, REPLICA_ONLINE);
	job_next(job);
}

static void
finish(struct job *job)
{
	struct reign *reign = job->reign;

	reign->is_established = true;
	log_info(reign->options->world->logger,
	    "controller epoch %" PRId32 ": took over, %zu brokers, %zu topics, %zu partitions",
	    reign->epoch, reign->context.broker_count, reign->context.topics.count,
	    context_partition_count(&reign->context));
	reign_post_once(reign, &job_preferred_election);
	rebalance_begin(reign);
	job_next(job);
}

/* zookeeper.md 5.3; the watches of lists are set since the reign began. */
static job_step *const failover_steps[] = {
	take_feature,
	clear_notifications,
	config_changes_skip,
	broker_list_read,
	take_brokers,
	list_topics,
	load_topics,
	min_insync_learn,
	load_states,
#ifndef CANARY_DELETION_NOT_RESUMED
	deletion_load,
#endif
	tell_who_is_alive,
	start_replicas,
	start_partitions,
	take_in_who_was_away,
	reassign_resume_all,
	deletion_resume,
	finish,
	NULL,
};

const struct job_type job_failover = { "failover", failover_steps, sizeof(struct failover), NULL,
	JOB_CONTROLLER_CHANGE };
