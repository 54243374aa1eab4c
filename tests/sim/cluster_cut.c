/*
 * All machines lose their power at one instant (F19), without
 * klamm.flush.before.ack. What level D1 promises then, of records that were
 * acknowledged with acks=all or served:
 *
 *	min.insync.replicas = 1, or one replica: whoever was in sync and is back leads.
 *		There is what it had on its disk; so what all in sync had on theirs.
 *	2 or more: nobody leads before all assigned replicas are back, then the one that has
 *		most. There is all that any replica in sync had on its disk.
 *
 * What is gone is the end of a log, and others come to its place; what is left
 * stays for ever, as do records from then on, and no two replicas differ.
 */
#include <string.h>

#include "klammd/broker_private.h"
#include "log/log.h"
#include "partition/replicas_private.h"
#include "tests/sim/cluster_unclean.h"

const struct partition *
cluster_loaded(const struct broker_town *town, int broker, const struct cluster_partition *partition)
{
	const struct broker *host = broker_host_broker(&town->processes[broker]);
	const struct replica *replica = host == NULL || host->replicas == NULL ? NULL :
	    replicas_find(host->replicas, slice_of_text(partition->topic), partition->index);

	return replica == NULL || replica->is_offline || replica->partition->log == NULL ? NULL :
	    replica->partition;
}

bool
cluster_has_log(const struct broker_town *town, const struct cluster_partition *partition,
    int broker)
{
	return broker_host_is_registered(&town->processes[broker]) &&
	    cluster_loaded(town, broker, partition) != NULL;
}

struct ledger_log *
cluster_ledger_log(const struct broker_town *town, const struct cluster_partition *partition)
{
	for (int i = 0; i < TOWN_LASTING; i++) {
		if (strcmp(town->ledger.topics[i].name, partition->topic) == 0)
			return &town->ledger.topics[i].logs[partition->index];
	}
	return NULL;
}

void
cluster_note_flushed(const struct sim_process *process)
{
	struct broker_town *town = broker_town_of(process);

	for (int i = 0; i < town->cluster->count; i++) {
		struct cluster_partition *partition = &town->cluster->partitions[i];
		const struct partition *replica = cluster_loaded(town, process->number, partition);

		cluster_cut_look(town, partition);
		if (replica != NULL)
			partition->flushed[process->number] = log_flushed_offset(replica->log);
		else if (broker_host_has_failed_dir(process))
			partition->flushed[process->number] = -1; /* what it was before may be cut */
	}
}

void
cluster_nothing_is_flushed(const struct sim_process *process)
{
	struct cluster *cluster = broker_town_of(process)->cluster;

	for (int i = 0; i < cluster->count; i++)
		cluster->partitions[i].flushed[process->number] = -1;
}

/* ---------------------------------------------------------------- what is kept */

static bool
is_protected(const struct ledger_log *log)
{
	return log->topic->min_isr >= 2;
}

static int64_t
floor_of(const struct cluster_partition *partition, const struct ledger_log *log)
{
	int64_t least = INT64_MAX, most = 0;

	for (int i = 0; i < partition->isr.count; i++) {
		int64_t flushed = MAX(partition->flushed[partition->isr.ids[i] - 1], (int64_t)0);

		least = MIN(least, flushed);
		most = MAX(most, flushed);
	}
	return is_protected(log) ? most : partition->isr.count > 0 ? least : 0;
}

/* What comes and goes may go. */
static void
cut_passing(struct broker_town *town)
{
	struct ledger *ledger = &town->ledger;

	for (int i = TOWN_LASTING; i < ledger->topic_count; i++) {
		for (int p = 0; p < ledger->topics[i].partitions; p++)
			ledger_log_cut(ledger, &ledger->topics[i].logs[p], 0);
	}
}

void
cluster_all_are_cut(struct broker_town *town)
{
	struct cluster *cluster = town->cluster;

	town->lost_life = broker_town_lives(town);
	for (int i = 0; i < town->broker_count; i++)
		town->cut_lives[i] = town->processes[i].lives;
	for (int i = 0; i < cluster->count; i++) {
		struct cluster_partition *partition = &cluster->partitions[i];
		struct ledger_log *log = cluster_ledger_log(town, partition);

		for (int r = 0; r < partition->replicas.count; r++)
			partition->damaged |= 1U << (partition->replicas.ids[r] - 1);
		if (log == NULL)
			continue;
		partition->excused = is_protected(log) ? 0 : partition->damaged;
		if (log->is_undecided) {
			cluster_unclean_is_cut(town, partition, log);
			continue;
		}
		ledger_log_cut(&town->ledger, log, floor_of(partition, log));
		partition->is_cut = partition->replicas.count > 1;
		if (!partition->is_cut)
			ledger_log_is_left(&town->ledger, log, 0);
		partition->cut_isr = partition->isr;
		partition->choice = (struct cluster_choice){ .epoch = -1 };
	}
	cut_passing(town);
}

/* ------------------------------------------------------------- what is there */

/* What it has of what counts: who was not in sync may have other records at its end. */
static int64_t
end_of(const struct broker_town *town, int broker, const struct partition *replica,
    const struct ledger_log *log)
{
	return cluster_agrees_up_to(town, broker, replica, log_end_offset(replica->log), log);
}

/* Of all that is in sync as it stands in ZooKeeper: so much each of them has. */
static int64_t
least_end(const struct broker_town *town, const struct cluster_partition *partition,
    const struct ledger_log *log)
{
	int64_t end = INT64_MAX;

	for (int i = 0; i < partition->isr.count; i++) {
		const struct partition *replica = cluster_loaded(town, partition->isr.ids[i] - 1, partition);

		end = MIN(end, replica == NULL ? 0 :
		    end_of(town, partition->isr.ids[i] - 1, replica, log));
	}
	return end;
}

/* Who was in sync and has most of what counted: that is not lost. */
static int64_t
most_of_all(const struct broker_town *town, const struct cluster_partition *partition,
    const struct ledger_log *log)
{
	int64_t most = 0;

	for (int i = 0; i < partition->cut_isr.count; i++) {
		const struct partition *replica =
		    cluster_loaded(town, partition->cut_isr.ids[i] - 1, partition);

		if (replica != NULL)
			most = MAX(most, MIN(end_of(town, partition->cut_isr.ids[i] - 1, replica, log),
			    ledger_log_lost_end(log)));
	}
	return most;
}

void
cluster_cut_is_decided(struct cluster *cluster, struct cluster_partition *partition)
{
	struct broker_town *town = cluster->town;
	struct ledger_log *log = cluster_ledger_log(town, partition);
	struct cluster_choice *choice = &partition->choice;
	const struct partition *leader;

	*choice = (struct cluster_choice){ .epoch = -1 };
	if (log == NULL || partition->state.leader < 1)
		return;
	leader = cluster_loaded(town, partition->state.leader - 1, partition);
	if (leader == NULL || !broker_host_is_registered(&town->processes[partition->state.leader - 1])) {
		/* Of a controller that is dead, or takes this one to be alive: another ISR may count. */
		if (!is_protected(log))
			ledger_log_cut(&town->ledger, log, floor_of(partition, log));
		return;
	}
	*choice = (struct cluster_choice){ partition->state.leader, partition->state.leader_epoch,
		end_of(town, partition->state.leader - 1, leader, log), least_end(town, partition, log),
		most_of_all(town, partition, log) };
}

/* The one that was chosen leads: then it was no mistake. Its log was as it is since the start. */
static void
take_choice(struct broker_town *town, struct cluster_partition *partition)
{
	struct ledger_log *log = cluster_ledger_log(town, partition);
	const struct cluster_choice *choice = &partition->choice;
	uint64_t forgiven = town->ledger.forgiven;

	sim_check(town->sim, !is_protected(log) || choice->end >= choice->most,
	    "after a power cut of all broker %d leads %s-%d, which ends at %lld, and another has "
	    "acknowledged records up to %lld", (int)choice->leader, partition->topic,
	    (int)partition->index, (long long)choice->end, (long long)choice->most);
	ledger_log_is_left(&town->ledger, log, choice->least);
	partition->is_cut = false;
	if (town->ledger.forgiven > forgiven)
		broker_town_mark(town, is_protected(log) ? "what no disk had is lost" :
		    "what one disk had not is lost");
}

void
cluster_cut_look(struct broker_town *town, struct cluster_partition *partition)
{
	const struct partition *leader = !partition->is_cut || partition->state.leader < 1 ? NULL :
	    cluster_loaded(town, partition->state.leader - 1, partition);

	if (leader == NULL || !leader_is_here(&leader->leader) ||
	    leader->leader.epoch != partition->state.leader_epoch)
		return;
	if (partition->choice.epoch == leader->leader.epoch) {
		take_choice(town, partition);
		return;
	}
	/* It has led on, in the epoch that it had. */
	ledger_log_is_left(&town->ledger, cluster_ledger_log(town, partition), 0);
	partition->is_cut = false;
}

/* ------------------------------------------------------------------ mending */

/* The leader, or one that follows it and has all that it has, and no more: that it has yet to cut. */
static bool
has_all(const struct cluster_partition *partition, const struct partition *leader,
    const struct partition *replica)
{
	return replica == leader || (replica->leader.epoch == partition->state.leader_epoch &&
	    log_end_offset(replica->log) == log_end_offset(leader->log));
}

void
cluster_lack_of_others(struct broker_town *town, struct cluster_partition *partition,
    const struct partition *leader, const struct ledger_log *log)
{
	if (is_protected(log))
		return;
	for (int b = 0; b < town->broker_count; b++) {
		const struct partition *replica = cluster_loaded(town, b, partition);

		if (!brokers_of_has(&partition->isr, b) ||
		    (replica != NULL && has_all(partition, leader, replica)))
			continue;
		partition->damaged |= 1U << b;
		partition->excused |= 1U << b;
	}
}

void
cluster_mend(struct cluster *cluster)
{
	struct broker_town *town = cluster->town;

	for (int i = 0; i < cluster->count; i++) {
		struct cluster_partition *partition = &cluster->partitions[i];
		const struct partition *leader = partition->damaged == 0 || !partition->state.exists ||
		    partition->state.leader < 1 ? NULL :
		    cluster_loaded(town, partition->state.leader - 1, partition);

		if (leader == NULL || !leader_is_here(&leader->leader) ||
		    leader->leader.epoch != partition->state.leader_epoch)
			continue;
		cluster_cut_look(town, partition);
		for (int b = 0; b < town->broker_count; b++) {
			const struct partition *replica = cluster_loaded(town, b, partition);

			if (replica != NULL && brokers_of_has(&partition->isr, b) &&
			    has_all(partition, leader, replica))
				partition->damaged &= ~(1U << b);
		}
	}
}
