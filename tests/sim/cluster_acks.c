#include <inttypes.h>

#include "log/leader_epochs.h"
#include "partition/partition_follow.h"
#include "partition/partition_private.h"
#include "tests/sim/cluster.h"

/* What it lost with its memory it may lack; who knows that is not elected as it is. */
static bool
may_lack(const struct cluster_partition *partition, int broker, const struct partition *replica)
{
	return replica == NULL || (partition->damaged & (1U << broker)) != 0 ||
	    partition_is_in_doubt(replica);
}

/* It came to the leader of before, which gave it to this one. */
static void
mark_duplicate(struct broker_town *town, const struct cluster_partition *partition,
    const struct cluster_ack *ack)
{
	const struct partition *leader = ack->broker < 0 || ack->broker == ack->first_broker ? NULL :
	    cluster_replica(town, ack->broker, partition);
	const struct leader_epoch *epoch = leader == NULL || !leader_is_here(&leader->leader) ? NULL :
	    leader_epochs_at(log_leader_epochs(leader->log), ack->base_offset);

	if (epoch != NULL && epoch->epoch < leader->leader.epoch)
		broker_town_mark(town, "another leader knows a batch already");
}

void
cluster_check_ack(struct broker_town *town, const struct cluster_ack *ack)
{
	const struct cluster_partition *partition =
	    cluster_find(town->cluster, slice_of_text(ack->topic), ack->partition);
	int64_t end = ack->base_offset + ack->count;

	if (partition != NULL && partition->state.exists)
		cluster_note_start(town->cluster, partition);
	/* It may come from before all lost their power. */
	if (partition == NULL || !partition->state.exists || partition->is_cut ||
	    !cluster_hears(town, ack->log, ack->broker, ack->asked_us) ||
	    end > ack->log->cut_floor)
		return;
	for (int i = 0; i < partition->isr.count; i++) {
		int broker = partition->isr.ids[i] - 1;
		const struct partition *replica = cluster_replica(town, broker, partition);

		sim_check(town->sim, may_lack(partition, broker, replica) ||
		    log_end_offset(replica->log) >= end, "broker %d acknowledges %s-%d up to %" PRId64
		    ", and broker %d is in sync and ends at %" PRId64, ack->broker + 1, ack->topic,
		    ack->partition, end, broker + 1, log_end_offset(replica->log));
	}
	mark_duplicate(town, partition, ack);
}
