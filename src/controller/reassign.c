#include "controller/reassign.h"

#include <inttypes.h>

#include "base/memory.h"
#include "controller/deletion.h"
#include "controller/partition_changes.h"
#include "controller/replica_changes.h"
#include "controller/responses.h"
#include "controller/state_update.h"
#include "controller/topic_update.h"

struct reassign {
	struct reassign_items all;
	struct topic_update_change *changes;
	size_t change_count;
	struct state_updates renewals;
	struct reassign_item **renewed;
};

static struct reassign *
reassign_of(struct job *job)
{
	return job->reassign;
}

static void
log_item(struct reign *reign, const struct reassign_item *item, const char *what)
{
	log_info(reign->options->world->logger, "controller epoch %" PRId32
	    ": %.*s-%" PRId32 ": reassignment %s", reign->epoch,
	    (int)item->partition->topic->name.size, (const char *)item->partition->topic->name.bytes,
	    item->partition->index, what);
}

static void
take(struct context_partition *partition, const struct reassignment *to)
{
	context_partition_set_replicas(partition, to->replicas);
	context_partition_set_reassignment(partition, to->adding, to->removing);
}

struct chosen {
	struct reassign_item **items;
	size_t count;
};

/* Those that go through phase B, or those that do not. */
static struct chosen
choose(struct job *job, bool complete)
{
	struct reassign *it = reassign_of(job);
	struct chosen chosen = {
		arena_array(&job->arena, MAX(it->all.count, 1), sizeof(*chosen.items)), 0 };

	for (size_t i = 0; i < it->all.count; i++)
		if (!it->all.items[i].failed && it->all.items[i].is_complete == complete)
			chosen.items[chosen.count++] = &it->all.items[i];
	return chosen;
}

/* --------------------------------------------------------------- the znode */

static void
begin_changes(struct job *job)
{
	struct reassign *it = reassign_of(job);

	it->changes = arena_array(&job->arena, MAX(it->all.count, 1), sizeof(*it->changes));
	it->change_count = 0;
}

static void
add_change(struct reassign *it, struct reassign_item *item, const struct reassignment *to)
{
	it->changes[it->change_count++] = (struct topic_update_change){
		.partition = item->partition, .to = *to, .item = item };
}

static void
write_new(struct job *job)
{
	struct reassign *it = reassign_of(job);

	begin_changes(job);
	for (size_t i = 0; i < it->all.count; i++) {
		struct reassign_item *item = &it->all.items[i];

		item->before = reassignment_of(item->partition, &job->arena);
		/* Their logs may be needed until it is known that who leads is there. */
		item->keeps_left = item->partition->leaving_count > 0 &&
		    !context_broker_has_answered(&job->reign->context,
		    item->partition->leadership.leader);
		if (!reassignment_is_same(&item->before, &item->to))
			add_change(it, item, &item->to);
	}
	topic_update_write(job, it->changes, it->change_count);
}

/* A topic that is to be deleted waits until its partitions have moved. */
static void
take_new(struct job *job)
{
	struct reassign *it = reassign_of(job);

	for (size_t i = 0; i < it->change_count; i++) {
		struct reassign_item *item = it->changes[i].item;

		item->is_refused = !it->changes[i].is_written;
		item->failed = item->is_refused;
		if (item->is_refused)
			continue;
		take(item->partition, &item->to);
		log_item(job->reign, item, "begins");
	}
	for (size_t i = 0; i < it->all.count; i++)
		it->all.items[i].partition->topic->deletion_ineligible |=
		    it->all.items[i].partition->topic->to_delete;
	job_next(job);
}

/* ------------------------------------------------------------- those that go */

/* Nobody deletes what it has as long as it counts as in sync. */
static bool
may_leave(const struct context_partition *partition, const struct context_replica *replica,
    enum replica_state state)
{
	return replica_state_may_follow(replica->state, state) &&
	    (state == REPLICA_OFFLINE || !partition->has_leadership ||
	    !context_isr_has(&partition->leadership, replica->broker));
}

static bool
stays(const struct reassign_item *item, enum replica_state state)
{
	return item->failed || (item->keeps_left && state != REPLICA_OFFLINE);
}

static struct job_replicas
leaving(struct job *job, enum replica_state state)
{
	struct reassign *it = reassign_of(job);
	struct job_replicas replicas;
	size_t room = 0;

	for (size_t i = 0; i < it->all.count; i++)
		room += (size_t)it->all.items[i].partition->leaving_count;
	replicas = job_replicas_new(job, room);
	for (size_t i = 0; i < it->all.count; i++) {
		struct context_partition *partition = it->all.items[i].partition;
		const struct context_replica *first = &partition->replicas[partition->replica_count];

		for (int32_t j = 0; !stays(&it->all.items[i], state) && j < partition->leaving_count; j++)
			if (may_leave(partition, &first[j], state))
				job_replicas_add(&replicas, partition, first[j].broker);
	}
	return replicas;
}

static void
stop_leaving(struct job *job)
{
#ifdef CANARY_LEAVING_STAYS_IN_SYNC
	job_next(job);
	return;
#endif
	replica_changes_offline(job, leaving(job, REPLICA_OFFLINE));
}

/* Whoever is away, or fails at it, keeps what it has: as in Kafka it is not asked again. */
static void
delete_leaving(struct job *job)
{
	static const enum replica_state states[] = { REPLICA_DELETION_STARTED,
		REPLICA_DELETION_SUCCESSFUL, REPLICA_NON_EXISTENT };
	struct reassign *it = reassign_of(job);

	for (size_t i = 0; i < ARRAY_LENGTH(states); i++)
		replica_changes_set(job->reign, leaving(job, states[i]), states[i]);
	for (size_t i = 0; i < it->all.count; i++)
		if (!stays(&it->all.items[i], REPLICA_NON_EXISTENT))
			context_partition_forget_leaving(it->all.items[i].partition);
	job_next(job);
}

/* One that has gone may have led; whoever is left in sync leads then. */
static void
elect_lost(struct job *job)
{
	struct reassign *it = reassign_of(job);
	struct job_partitions partitions = job_partitions_new(job, it->all.count);

	for (size_t i = 0; i < it->all.count; i++) {
		struct context_partition *partition = it->all.items[i].partition;

		if (!it->all.items[i].failed && partition->state == PARTITION_ONLINE &&
		    partition->has_leadership && partition->leadership.leader == CONTEXT_NO_LEADER)
			partitions.items[partitions.count++] = partition;
	}
	partition_changes_set(job->reign, partitions, PARTITION_OFFLINE);
	partition_changes_online(job, partitions, LEADER_ELECTION_OFFLINE);
}

static void
sort_items(struct job *job)
{
	struct reassign *it = reassign_of(job);

	for (size_t i = 0; i < it->all.count; i++)
		it->all.items[i].is_complete =
		    reassignment_is_complete(&job->reign->context, it->all.items[i].partition);
	job_next(job);
}

/* ------------------------------------------------------------ leader epochs */

static void
begin_renewals(struct job *job)
{
	struct reassign *it = reassign_of(job);

	it->renewals = state_updates_new(job, it->all.count);
	it->renewals.count = 0;
	it->renewed = arena_array(&job->arena, MAX(it->all.count, 1), sizeof(*it->renewed));
}

static void
add_renewal(struct reassign *it, struct reassign_item *item)
{
	it->renewed[it->renewals.count] = item;
	it->renewals.items[it->renewals.count++] = (struct state_update){
		.partition = item->partition, .progress = STATE_UPDATE_TO_READ };
}

static void
read_states(struct job *job)
{
	state_updates_read(job, &reassign_of(job)->renewals);
	job_wait(job);
}

static void
write_states(struct job *job)
{
	struct state_updates *updates = &reassign_of(job)->renewals;

	for (size_t i = 0; i < updates->count; i++) {
		struct state_update *update = &updates->items[i];

		if (update->progress != STATE_UPDATE_READ)
			continue;
		if (leader_election_renew(&job->reign->context, &update->current, &update->next) ==
		    LEADER_ELECTED) {
			state_update_withhold(update);
			update->progress = STATE_UPDATE_TO_WRITE;
		} else
			state_update_fail(job, update, "a controller of a newer epoch has written its state");
	}
	state_updates_write(job, updates);
	job_wait(job);
}

static job_step *const renewal_steps[] = { read_states, write_states, NULL };

static void
renew(struct job *job)
{
	if (state_updates_any(&reassign_of(job)->renewals, STATE_UPDATE_TO_READ))
		job_call_again(job, renewal_steps);
	else
		job_next(job);
}

/* All replicas hear of the assignment; where one was added it may take any log dir. */
static void
tell_renewed(struct job *job)
{
	struct reign *reign = job->reign;
	struct reassign *it = reassign_of(job);

	for (size_t i = 0; i < it->renewals.count; i++) {
		struct context_partition *partition = it->renewals.items[i].partition;

		it->renewed[i]->failed = it->renewals.items[i].progress != STATE_UPDATE_WRITTEN;
		for (int32_t j = 0; !it->renewed[i]->failed && j < partition->replica_count; j++)
			outgoing_leader_and_isr(&reign->outgoing, &reign->context,
			    partition->replicas[j].broker, partition,
			    reassignment_adds(partition, partition->replicas[j].broker));
	}
	reign_send(reign);
	job_next(job);
}

static job_step *const tell_steps[] = { renew, tell_renewed, NULL };

/* ----------------------------------------------------------------- phase A */

static void
begin_move(struct job *job)
{
	struct chosen moving = choose(job, false);

	begin_renewals(job);
	for (size_t i = 0; i < moving.count; i++)
		add_renewal(reassign_of(job), moving.items[i]);
	job_call(job, tell_steps);
}

/* Those of the items that may change so. */
static struct job_replicas
added(struct job *job, bool complete, enum replica_state state)
{
	struct reassign *it = reassign_of(job);
	struct job_replicas replicas;
	size_t room = 0;

	for (size_t i = 0; i < it->all.count; i++)
		room += (size_t)it->all.items[i].partition->adding_count;
	replicas = job_replicas_new(job, room);
	for (size_t i = 0; i < it->all.count; i++) {
		const struct reassign_item *item = &it->all.items[i];
		struct context_partition *partition = item->partition;

		if (item->is_refused || item->is_complete != complete)
			continue;
		for (int32_t j = 0; j < partition->adding_count; j++)
			if (replica_state_may_follow(context_replica_find(partition,
			    partition->adding[j])->state, state))
				job_replicas_add(&replicas, partition, partition->adding[j]);
	}
	return replicas;
}

static void
start_added(struct job *job)
{
	replica_changes_set(job->reign, added(job, false, REPLICA_NEW), REPLICA_NEW);
	job_next(job);
}

/* ----------------------------------------------------------------- phase B */

/* In memory: the next controller has to find what is to go. */
static void
take_target(struct job *job)
{
	struct chosen done = choose(job, true);

	replica_changes_set(job->reign, added(job, true, REPLICA_ONLINE), REPLICA_ONLINE);
	for (size_t i = 0; i < done.count; i++) {
		struct context_partition *partition = done.items[i]->partition;

		done.items[i]->before = reassignment_of(partition, &job->arena);
		take(partition, &(struct reassignment){
			.replicas = reassignment_target(partition, &job->arena) });
		done.items[i]->has_taken = true;
		done.items[i]->epoch = partition->leadership.leader_epoch;
	}
	job_next(job);
}

/* NULL: none of those that stay leads. */
static const struct context_replica *
leading_target(const struct context_partition *partition)
{
	for (int32_t i = 0; partition->has_leadership && i < partition->replica_count; i++)
		if (partition->replicas[i].broker == partition->leadership.leader)
			return &partition->replicas[i];
	return NULL;
}

static bool
is_led_by_target(const struct context *context, const struct context_partition *partition)
{
	const struct context_replica *leader = leading_target(partition);

	return leader != NULL && context_replica_is_online(context, leader);
}

static void
renew_led(struct job *job)
{
	struct chosen done = choose(job, true);

	begin_renewals(job);
	for (size_t i = 0; i < done.count; i++)
		if (is_led_by_target(&job->reign->context, done.items[i]->partition))
			add_renewal(reassign_of(job), done.items[i]);
	job_call(job, tell_steps);
}

static void
elect_others(struct job *job)
{
	struct chosen done = choose(job, true);
	struct job_partitions partitions = job_partitions_new(job, done.count);

	for (size_t i = 0; i < done.count; i++) {
		struct context_partition *partition = done.items[i]->partition;

		if (!is_led_by_target(&job->reign->context, partition) &&
		    partition_state_may_follow(partition->state, PARTITION_ONLINE))
			partitions.items[partitions.count++] = partition;
	}
	partition_changes_online(job, partitions, LEADER_ELECTION_REASSIGN);
}

/* Where nobody of the target leads nobody goes: who leads, or did, may be the last one who has all. */
static void
keep_unled(struct job *job)
{
	struct chosen done = choose(job, true);

	for (size_t i = 0; i < done.count; i++)
		done.items[i]->failed |= done.items[i]->before.removing.count > 0 &&
		    done.items[i]->partition->has_leadership &&
		    leading_target(done.items[i]->partition) == NULL;
	job_next(job);
}

/* Who leads and is about to shut down, as nobody else can, still has to hear of its replicas. */
static void
renew_rest(struct job *job)
{
	struct chosen done = choose(job, true);

	begin_renewals(job);
	for (size_t i = 0; i < done.count; i++)
		if (done.items[i]->partition->has_leadership &&
		    !done.items[i]->partition->is_quarantined &&
		    done.items[i]->partition->leadership.leader_epoch == done.items[i]->epoch)
			add_renewal(reassign_of(job), done.items[i]);
	job_call(job, tell_steps);
}

/* What cannot be read is left alone, and its replicas stay (F30). */
static void
give_up_failed(struct job *job)
{
	struct reassign *it = reassign_of(job);

	for (size_t i = 0; i < it->all.count; i++) {
		struct reassign_item *item = &it->all.items[i];

		if (!item->has_taken)
			continue;
		item->failed |= item->partition->is_quarantined;
		if (!item->failed)
			continue;
		take(item->partition, &item->before);
		log_item(job->reign, item, "cannot end");
	}
	job_next(job);
}

static void
write_target(struct job *job)
{
	struct reassign *it = reassign_of(job);
	struct chosen done = choose(job, true);

	begin_changes(job);
	for (size_t i = 0; i < done.count; i++) {
		struct reassignment to = reassignment_of(done.items[i]->partition, &job->arena);

		add_change(it, done.items[i], &to);
	}
	topic_update_write(job, it->changes, it->change_count);
}

static void
clear_znode(struct job *job)
{
	struct chosen done = choose(job, true);
	struct reassign_items items = reassign_items_new(job, done.count);

	for (size_t i = 0; i < done.count; i++)
		items.items[items.count++] = *done.items[i];
	reassign_znode_remove(job, items, true);
}

/* All hear of the replicas that are left; deletions that have waited go on. */
static void
finish(struct job *job)
{
	struct reign *reign = job->reign;
	struct chosen done = choose(job, true);

	if (done.count == 0) {
		job_next(job);
		return;
	}
	for (size_t i = 0; i < done.count; i++) {
		struct context_topic *topic = done.items[i]->partition->topic;

		outgoing_metadata_of(&reign->outgoing, done.items[i]->partition);
		if (topic->to_delete)
			topic->deletion_ineligible = context_topic_is_reassigned(topic);
		log_item(reign, done.items[i], "is done");
	}
	outgoing_metadata_to_all(&reign->outgoing);
	reign_send(reign);
	deletion_resume(job);
}

static job_step *const steps[] = {
	write_new, take_new, stop_leaving, delete_leaving, elect_lost, sort_items,
	begin_move, start_added,
	take_target, renew_led, elect_others, keep_unled, renew_rest, give_up_failed,
	stop_leaving, delete_leaving, write_target, clear_znode, finish,
	NULL,
};

/* ------------------------------------------------------------------- lists */

struct reassign_items
reassign_items_new(struct job *job, size_t room)
{
	return (struct reassign_items){
		arena_array(&job->arena, MAX(room, 1), sizeof(struct reassign_item)), 0 };
}

void
reassign_add(struct job *job, struct reassign_items *items, struct context_partition *partition)
{
	items->items[items->count++] = (struct reassign_item){ .partition = partition,
		.to = reassignment_of(partition, &job->arena) };
}

void
reassign_run(struct job *job, struct reassign_items items)
{
	struct reassign *it;

	if (items.count == 0) {
		job_next(job);
		return;
	}
	it = arena_new(&job->arena, sizeof(*it));
	it->all = items;
	job->reassign = it;
	job_call(job, steps);
}
