#include "controller/replica_changes.h"

#include <inttypes.h>
#include <stdlib.h>

#include "controller/leader_election.h"
#include "controller/responses.h"
#include "controller/state_update.h"

#define FROM(state) (1u << REPLICA_##state)

/* To each state from which. */
static const unsigned int moves[REPLICA_STATE_COUNT] = {
	[REPLICA_NON_EXISTENT] = FROM(DELETION_SUCCESSFUL),
	[REPLICA_NEW] = FROM(NON_EXISTENT),
	[REPLICA_ONLINE] = FROM(NEW) | FROM(ONLINE) | FROM(OFFLINE) | FROM(DELETION_INELIGIBLE),
	[REPLICA_OFFLINE] = FROM(NEW) | FROM(ONLINE) | FROM(OFFLINE) | FROM(DELETION_INELIGIBLE),
	[REPLICA_DELETION_STARTED] = FROM(OFFLINE),
	[REPLICA_DELETION_SUCCESSFUL] = FROM(DELETION_STARTED),
	[REPLICA_DELETION_INELIGIBLE] = FROM(OFFLINE) | FROM(DELETION_STARTED),
};

#undef FROM

bool
replica_state_may_follow(enum replica_state before, enum replica_state after)
{
	return (moves[after] & 1u << before) != 0;
}

/* NULL, and a line in the log, when it may not change so. */
static struct context_replica *
may_change(struct reign *reign, const struct replica *replica, enum replica_state state)
{
	const struct context_partition *partition = replica->partition;
	struct context_replica *found = context_replica_find(partition, replica->broker);

	if (found != NULL && replica_state_may_follow(found->state, state))
		return found;
	log_error(reign->options->world->logger,
	    "%.*s-%" PRId32 ": replica %" PRId32 " has no move from %s to %s",
	    (int)partition->topic->name.size, (const char *)partition->topic->name.bytes,
	    partition->index, replica->broker,
	    found == NULL ? "nowhere" : replica_state_text(found->state), replica_state_text(state));
	return NULL;
}

static void
tell(struct reign *reign, const struct replica *replica, enum replica_state before,
    enum replica_state state)
{
	struct context_partition *partition = replica->partition;

	switch (state) {
	case REPLICA_NEW:
	case REPLICA_ONLINE: /* whoever was New has been told with the partition's first leader */
		if (partition->has_leadership && before != REPLICA_NEW)
			outgoing_leader_and_isr(&reign->outgoing, &reign->context, replica->broker, partition,
			    state == REPLICA_NEW);
		return;
	case REPLICA_DELETION_STARTED:
		outgoing_stop_replica(&reign->outgoing, &reign->context, replica->broker, partition, true);
		return;
	default:
		return;
	}
}

void
replica_changes_set(struct reign *reign, struct job_replicas replicas, enum replica_state state)
{
	for (size_t i = 0; i < replicas.count; i++) {
		struct context_replica *replica = may_change(reign, &replicas.items[i], state);

		if (replica == NULL)
			continue;
		tell(reign, &replicas.items[i], replica->state, state);
		replica->state = state;
	}
	reign_send(reign);
}

/* ---------------------------------------------------------------- offline */

/* One broker after the other, as the ISR shrinks by one at a time. */
struct replica_changes {
	struct job_replicas replicas;
	size_t from, to; /* of the broker at hand */
	struct state_updates updates;
};

static int
by_broker(const void *left, const void *right)
{
	const struct replica *a = left, *b = right;

	if (a->broker != b->broker)
		return a->broker < b->broker ? -1 : 1;
	if (a->partition->topic != b->partition->topic)
		return slice_compare(a->partition->topic->name, b->partition->topic->name);
	return a->partition->index < b->partition->index ? -1 :
	    a->partition->index > b->partition->index;
}

static int32_t
broker_at_hand(const struct replica_changes *changes)
{
	return changes->replicas.items[changes->from].broker;
}

static void
read_states(struct job *job)
{
	state_updates_read(job, &job->replica_changes->updates);
	job_wait(job);
}

static void
decide(struct job *job, struct state_update *update, int32_t broker)
{
	switch (leader_election_without(&job->reign->context, update->partition, &update->current,
	    broker, &job->arena, &update->next)) {
	case LEADER_ELECTED:
		state_update_withhold(update);
		update->progress = STATE_UPDATE_TO_WRITE;
		return;
	case LEADER_NEWER_CONTROLLER:
		state_update_fail(job, update, "a controller of a newer epoch has written its state");
		return;
	default:
		state_update_leave(update);
		return;
	}
}

static void
write_states(struct job *job)
{
	struct replica_changes *changes = job->replica_changes;

	for (size_t i = 0; i < changes->updates.count; i++)
		if (changes->updates.items[i].progress == STATE_UPDATE_READ)
			decide(job, &changes->updates.items[i], broker_at_hand(changes));
	state_updates_write(job, &changes->updates);
	job_wait(job);
}

static job_step *const shrink_steps[] = { read_states, write_states, NULL };

/* As long as somebody else has written in between. */
static void
shrink(struct job *job)
{
	if (state_updates_any(&job->replica_changes->updates, STATE_UPDATE_TO_READ))
		job_call_again(job, shrink_steps);
	else
		job_next(job);
}

/* All brokers hear of it, also when no other replica is there to be told. */
static void
tell_others(struct reign *reign, struct context_partition *partition, int32_t broker)
{
	outgoing_metadata_to_all(&reign->outgoing);
	outgoing_metadata_of(&reign->outgoing, partition);
	for (int32_t i = 0; i < partition->replica_count; i++)
		if (partition->replicas[i].broker != broker)
			outgoing_leader_and_isr(&reign->outgoing, &reign->context,
			    partition->replicas[i].broker, partition, false);
}

static void
end_round(struct job *job)
{
	struct reign *reign = job->reign;
	struct replica_changes *changes = job->replica_changes;

	for (size_t i = 0; i < changes->updates.count; i++) {
		struct state_update *update = &changes->updates.items[i];
		struct context_replica *replica =
		    context_replica_find(update->partition, broker_at_hand(changes));

		replica->state = REPLICA_OFFLINE;
		if (update->progress != STATE_UPDATE_FAILED && context_topic_is_kept(update->partition->topic))
			tell_others(reign, update->partition, replica->broker);
	}
	changes->from = changes->to;
	job_next(job);
}

static void begin_round(struct job *job);

static job_step *const round_steps[] = { shrink, end_round, NULL };

static void
begin_round(struct job *job)
{
	struct reign *reign = job->reign;
	struct replica_changes *changes = job->replica_changes;
	struct job_replicas *replicas = &changes->replicas;

	if (changes->from == replicas->count) {
		reign_send(reign);
		job_next(job);
		return;
	}
	while (changes->to < replicas->count &&
	    replicas->items[changes->to].broker == broker_at_hand(changes))
		changes->to++;
	changes->updates = state_updates_new(job, changes->to - changes->from);
	changes->updates.count = 0;
	for (size_t i = changes->from; i < changes->to; i++) {
		struct context_partition *partition = replicas->items[i].partition;
		struct context_replica *replica =
		    may_change(reign, &replicas->items[i], REPLICA_OFFLINE);

		if (replica == NULL)
			continue;
		if (!replica->was_away) /* else it is about to be told who leads */
			outgoing_stop_replica(&reign->outgoing, &reign->context, replica->broker,
			    partition, false);
		if (partition->has_leadership) {
			changes->updates.items[changes->updates.count++] = (struct state_update){
				.partition = partition, .progress = STATE_UPDATE_TO_READ };
		} else {
			outgoing_metadata_to_all(&reign->outgoing);
			replica->state = REPLICA_OFFLINE;
		}
	}
	job_call_again(job, round_steps);
}

static job_step *const offline_steps[] = { begin_round, NULL };

void
replica_changes_offline(struct job *job, struct job_replicas replicas)
{
	struct replica_changes *changes = arena_new(&job->arena, sizeof(*changes));

	changes->replicas = replicas;
	if (replicas.count > 0)
		qsort(replicas.items, replicas.count, sizeof(replicas.items[0]), by_broker);
	job->replica_changes = changes;
	job_call(job, offline_steps);
}

/* ------------------------------------------------------------------ lists */

struct job_replicas
job_replicas_new(struct job *job, size_t room)
{
	return (struct job_replicas){
		arena_array(&job->arena, MAX(room, 1), sizeof(struct replica)), 0 };
}

void
job_replicas_add(struct job_replicas *replicas, struct context_partition *partition,
    int32_t broker)
{
	replicas->items[replicas->count++] = (struct replica){ partition, broker };
}

struct job_replicas
job_replicas_of_broker(struct job *job, int32_t broker)
{
	struct context *context = &job->reign->context;
	struct job_replicas replicas = job_replicas_new(job, context_partition_count(context));

	CONTEXT_TOPICS_FOREACH(link, context) {
		struct context_topic *topic = context_topic_of(link);

		for (int32_t i = 0; i < topic->partition_count; i++)
			if (context_replica_find(topic->partitions[i], broker) != NULL)
				job_replicas_add(&replicas, topic->partitions[i], broker);
	}
	return replicas;
}

struct job_replicas
job_replicas_of(struct job *job, struct job_partitions partitions)
{
	struct job_replicas replicas;
	size_t room = 0;

	for (size_t i = 0; i < partitions.count; i++)
		room += (size_t)partitions.items[i]->replica_count;
	replicas = job_replicas_new(job, room);
	for (size_t i = 0; i < partitions.count; i++)
		for (int32_t j = 0; j < partitions.items[i]->replica_count; j++)
			job_replicas_add(&replicas, partitions.items[i],
			    partitions.items[i]->replicas[j].broker);
	return replicas;
}
