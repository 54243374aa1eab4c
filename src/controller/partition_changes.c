#include "controller/partition_changes.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

#include "config/topic_config.h"
#include "controller/doubts_ask.h"
#include "controller/reign_config.h"
#include "controller/responses.h"
#include "controller/state_update.h"

#define FROM(state) (1u << PARTITION_##state)

/* To each state from which. */
static const unsigned int moves[PARTITION_STATE_COUNT] = {
	[PARTITION_NON_EXISTENT] = FROM(OFFLINE),
	[PARTITION_NEW] = FROM(NON_EXISTENT),
	[PARTITION_ONLINE] = FROM(NEW) | FROM(ONLINE) | FROM(OFFLINE),
	[PARTITION_OFFLINE] = FROM(NEW) | FROM(ONLINE) | FROM(OFFLINE),
};

#undef FROM

bool
partition_state_may_follow(enum partition_state before, enum partition_state after)
{
	return (moves[after] & 1u << before) != 0;
}

void
partition_changes_set(struct reign *reign, struct job_partitions partitions,
    enum partition_state state)
{
	for (size_t i = 0; i < partitions.count; i++) {
		struct context_partition *partition = partitions.items[i];

		if (partition_state_may_follow(partition->state, state))
			partition->state = state;
		else
			log_error(reign->options->world->logger, "%.*s-%" PRId32 ": no move from %s to %s",
			    (int)partition->topic->name.size, (const char *)partition->topic->name.bytes,
			    partition->index, partition_state_text(partition->state),
			    partition_state_text(state));
	}
}

/* ----------------------------------------------------------------- online */

struct partition_changes {
	enum leader_election_type type;
	struct state_updates updates;
	/* Of /config/brokers: for all, and for us; null: there is none, or it was not asked for. */
	struct slice cluster_wide, own;
	bool reads_brokers;
};

static void
create_states(struct job *job)
{
	state_updates_create(job, &job->partition_changes->updates);
	job_wait(job);
}

static void
read_states(struct job *job)
{
	state_updates_read(job, &job->partition_changes->updates);
	job_wait(job);
}

static bool
has_live_in_isr(const struct context *context, const struct state_update *update)
{
	for (size_t i = 0; i < update->current.isr.count; i++) {
		const struct context_replica *replica =
		    context_replica_find(update->partition, update->current.isr.values[i]);
		if (replica != NULL && context_replica_is_online(context, replica))
			return true;
	}
	return false;
}

static void
on_config(struct job *job, void *item, const struct coord_answer *answer)
{
	if (answer->error == ZNODE_OK)
		*(struct slice *)item = slice_of(arena_text(&job->arena, answer->data.bytes,
		    answer->data.size), answer->data.size);
}

static void
read_config(struct job *job, const struct paths_place *place, struct slice *bytes)
{
	job_get(job, job_path(job, place), on_config, bytes);
}

static void
read_configs_of_brokers(struct job *job)
{
	struct partition_changes *changes = job->partition_changes;
	char id[16];

	if (changes->reads_brokers)
		return;
	changes->reads_brokers = true;
	snprintf(id, sizeof(id), "%" PRId32, job->reign->options->broker_id);
	read_config(job, &(struct paths_place){ .kind = PATHS_CONFIG_BROKER,
	    .name = slice_of_text(PATHS_DEFAULT_ENTITY) }, &changes->cluster_wide);
	read_config(job, &(struct paths_place){ .kind = PATHS_CONFIG_BROKER,
	    .name = slice_of_text(id) }, &changes->own);
}

/*
 * unclean.leader.election.enable of the topic is asked for only where nobody in
 * sync is alive: of partitions of one topic, which stand together, once.
 */
static void
read_configs(struct job *job)
{
	struct partition_changes *changes = job->partition_changes;
	const struct context_topic *topic = NULL;

	for (size_t i = 0; i < changes->updates.count; i++) {
		struct state_update *update = &changes->updates.items[i];

		if (update->progress != STATE_UPDATE_READ || changes->type != LEADER_ELECTION_OFFLINE ||
		    update->partition->topic == topic ||
		    has_live_in_isr(&job->reign->context, update))
			continue;
		topic = update->partition->topic;
		read_configs_of_brokers(job);
		read_config(job, &(struct paths_place){ .kind = PATHS_CONFIG_TOPIC,
		    .name = topic->name }, &update->config);
	}
	job_wait(job);
}

/* The one that was there when its state was to be created may have a leader that lives. */
static bool
is_led(const struct context *context, const struct state_update *update)
{
	const struct context_replica *replica =
	    context_replica_find(update->partition, update->current.leader);

	return update->was_there && replica != NULL && context_replica_is_online(context, replica);
}

/* What stands there counts meanwhile: others are told who is in sync, but nobody to follow. */
static void
wait_for_answers(struct job *job, struct state_update *update)
{
	struct context_partition *partition = update->partition;

	partition->leader_is_withheld = true;
	context_partition_set_leadership(partition, &update->current, update->version);
	doubts_add(&job->reign->doubts, partition);
	state_update_fail(job, update, "who is in sync and alive may lack acknowledged records, and "
	    "not all replicas have told yet what they have");
}

/* Who is chosen may lack records. RECOVERING says so of an earlier election, too. */
static bool
is_unclean(const struct context *context, const struct state_update *update)
{
	return !payload_int32_list_has(update->current.isr, update->next.leader) ||
	    context_replica_is_doubtful(context, update->partition, update->next.leader);
}

/* Of those in doubt, and where an operator does not wait for their end. */
static enum leader_election_result
elect_leader(struct job *job, struct state_update *update, enum leader_election_type type)
{
	const struct context *context = &job->reign->context;
	const struct doubts *doubts = &job->reign->doubts;
	enum leader_election_result result = leader_election_decide(context, update->partition,
	    &update->current, type, &job->arena, &update->next);
	int32_t winner = doubts_winner(doubts, context, update->partition, result == LEADER_IN_DOUBT);

	if (winner == DOUBTS_NOBODY)
		return result;
	if (result == LEADER_IN_DOUBT)
		return leader_election_among_all(context, &update->current, winner, &job->arena,
		    &update->next);
	if (result == LEADER_ELECTED && is_unclean(context, update))
		leader_election_prefer(winner, &job->arena, &update->next);
	return result;
}

static void
decide(struct job *job, struct state_update *update, bool allows_unclean)
{
	const struct context *context = &job->reign->context;
	enum leader_election_type type = job->partition_changes->type;

	if (is_led(context, update)) {
		state_update_leave(update);
		return;
	}
#ifdef CANARY_UNCLEAN_UNASKED
	allows_unclean = true;
#endif
	if (type == LEADER_ELECTION_OFFLINE && allows_unclean)
		type = LEADER_ELECTION_UNCLEAN;
	switch (elect_leader(job, update, type)) {
	case LEADER_ELECTED:
		update->partition->leader_is_withheld = false;
		update->progress = STATE_UPDATE_TO_WRITE;
		return;
	case LEADER_NOT_NEEDED:
		state_update_leave(update);
		return;
	case LEADER_NONE_ELIGIBLE:
		/* What stands there counts meanwhile: others are told who is in sync. */
		context_partition_set_leadership(update->partition, &update->current, update->version);
		state_update_fail(job, update, type == LEADER_ELECTION_PREFERRED ?
		    "its preferred leader is not alive and in sync" :
		    "no replica that is in sync is alive");
		return;
	case LEADER_IN_DOUBT:
		wait_for_answers(job, update);
		return;
	case LEADER_NEWER_CONTROLLER:
		state_update_fail(job, update, "a controller of a newer epoch has written its state");
		return;
	}
}

/* `config` NULL: what stands in ZooKeeper for brokers cannot be read, so nothing is allowed. */
static void
decide_all(struct job *job, const struct broker_config *config)
{
	struct state_updates *updates = &job->partition_changes->updates;
	const struct context_topic *topic = NULL;
	bool allows_unclean = false;

	for (size_t i = 0; i < updates->count; i++) {
		struct state_update *update = &updates->items[i];

		if (update->progress != STATE_UPDATE_READ)
			continue;
		if (update->partition->topic != topic)
			allows_unclean = false;
		topic = update->partition->topic;
		allows_unclean |= config != NULL && !slice_is_null(update->config) &&
		    reign_config_allows_unclean(config, update->config);
		decide(job, update, allows_unclean);
	}
}

static void
write_states(struct job *job)
{
	struct partition_changes *changes = job->partition_changes;
	struct broker_config *config = NULL;

	if (changes->reads_brokers)
		config = reign_config_of_brokers(job->reign->options->config, changes->cluster_wide,
		    changes->own);
	decide_all(job, config);
	if (config != NULL)
		broker_config_free(config);
	state_updates_write(job, &changes->updates);
	job_wait(job);
}

static job_step *const election_steps[] = { read_states, read_configs, write_states, NULL };

/* As long as somebody else has written in between. */
static void
elect(struct job *job)
{
	if (state_updates_any(&job->partition_changes->updates, STATE_UPDATE_TO_READ))
		job_call_again(job, election_steps);
	else
		job_next(job);
}

static void
log_leader(struct reign *reign, const struct context_partition *partition)
{
	log_info(reign->options->world->logger,
	    "controller epoch %" PRId32 ": %.*s-%" PRId32 " has leader %" PRId32
	    ", leader epoch %" PRId32 ", %" PRId32 " in sync", reign->epoch,
	    (int)partition->topic->name.size, (const char *)partition->topic->name.bytes,
	    partition->index, partition->leadership.leader, partition->leadership.leader_epoch,
	    partition->leadership.isr_count);
}

/* Whoever gives a leadership up by shutting down has to hear of it too. */
static bool
is_told(const struct reign *reign, enum leader_election_type type,
    const struct context_replica *replica)
{
	return type == LEADER_ELECTION_CONTROLLED_SHUTDOWN ? !replica->dir_offline :
	    context_replica_is_online(&reign->context, replica);
}

/* To all of its replicas that are alive. */
static void
tell_replicas(struct reign *reign, struct state_update *update, enum leader_election_type type)
{
	struct context_partition *partition = update->partition;

	for (int32_t i = 0; i < partition->replica_count; i++)
		if (is_told(reign, type, &partition->replicas[i]))
			outgoing_leader_and_isr(&reign->outgoing, &reign->context,
			    partition->replicas[i].broker, partition, update->was_created);
}

static void
tell(struct job *job)
{
	struct reign *reign = job->reign;
	struct partition_changes *changes = job->partition_changes;

	for (size_t i = 0; i < changes->updates.count; i++) {
		struct state_update *update = &changes->updates.items[i];
		bool is_kept = update->progress == STATE_UPDATE_UNCHANGED && update->was_there;

		if (update->progress != STATE_UPDATE_WRITTEN && !is_kept)
			continue;
		update->partition->state = PARTITION_ONLINE;
		doubts_end(&reign->doubts, update->partition->topic->name,
		    update->partition->index);
		tell_replicas(reign, update, changes->type);
		if (!update->was_created)
			log_leader(reign, update->partition);
	}
	reign_send(reign);
	doubts_ask(reign);
	job_next(job);
}

static job_step *const online_steps[] = { create_states, elect, tell, NULL };

static void
add(struct job *job, struct partition_changes *changes, struct context_partition *partition)
{
	struct state_update *update = &changes->updates.items[changes->updates.count++];

	*update = (struct state_update){ .partition = partition, .progress = STATE_UPDATE_TO_READ };
	if (partition->state != PARTITION_NEW)
		return;
	if (leader_election_begin(&job->reign->context, partition, &job->arena, &update->next))
		update->progress = STATE_UPDATE_TO_CREATE;
	else
		state_update_fail(job, update, "none of its replicas is alive");
}

void
partition_changes_online(struct job *job, struct job_partitions partitions,
    enum leader_election_type type)
{
	struct partition_changes *changes = arena_new(&job->arena, sizeof(*changes));

	changes->type = type;
	changes->updates = state_updates_new(job, partitions.count);
	changes->updates.count = 0;
	for (size_t i = 0; i < partitions.count; i++) {
		assert(partition_state_may_follow(partitions.items[i]->state, PARTITION_ONLINE));
		add(job, changes, partitions.items[i]);
	}
	job->partition_changes = changes;
	job_call(job, online_steps);
}

void
partition_changes_online_all(struct job *job)
{
	struct context *context = &job->reign->context;
	struct job_partitions partitions =
	    job_partitions_new(job, context_partition_count(context));

	CONTEXT_TOPICS_FOREACH(link, context) {
		struct context_topic *topic = context_topic_of(link);

		for (int32_t i = 0; context_topic_is_kept(topic) && i < topic->partition_count; i++)
			if (topic->partitions[i]->state == PARTITION_NEW ||
			    topic->partitions[i]->state == PARTITION_OFFLINE)
				partitions.items[partitions.count++] = topic->partitions[i];
	}
	partition_changes_online(job, partitions, LEADER_ELECTION_OFFLINE);
}

struct job_partitions
job_partitions_new(struct job *job, size_t room)
{
	return (struct job_partitions){
		arena_array(&job->arena, MAX(room, 1), sizeof(struct context_partition *)), 0 };
}

struct job_partitions
job_partitions_of_topic(struct job *job, struct context_topic *topic)
{
	struct job_partitions partitions = job_partitions_new(job, (size_t)topic->partition_count);

	for (int32_t i = 0; i < topic->partition_count; i++)
		partitions.items[partitions.count++] = topic->partitions[i];
	return partitions;
}
