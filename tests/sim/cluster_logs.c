/*
 * Replicas beside each other, as their brokers have them in memory and on
 * disk. What is read of a disk is peeked at: nothing takes time, and no cache
 * changes.
 */
#include <inttypes.h>
#include <stdio.h>

#include "klammd/broker_private.h"
#include "log/log_private.h"
#include "partition/partition_follow.h"
#include "partition/replicas_private.h"
#include "tests/sim/cluster_bits.h"
#include "tests/sim/cluster_walk.h"

const struct partition *
cluster_replica(const struct broker_town *town, int broker, const struct cluster_partition *partition)
{
	const struct broker *host = broker_host_broker(&town->processes[broker]);
	const struct replica *replica;

	if (host == NULL || host->replicas == NULL || !town->seats[broker].serves)
		return NULL;
	replica = replicas_find(host->replicas, slice_of_text(partition->topic), partition->index);
	if (replica == NULL || replica->is_offline || replica->is_leaving ||
	    replica->partition->log == NULL || replica->partition->is_busy ||
	    log_state(replica->partition->log) != ERROR_NONE)
		return NULL;
	/* What was left of an older topic of that name (HACKING) is not this one's. */
	return uuid_is_zero(partition->id) ||
	    uuid_equal(partition_topic_id(replica->partition), partition->id) ? replica->partition : NULL;
}

/* ---------------------------------------------------------------- batches */

/* I3, and of I7 what can be seen: two batches of one epoch at one offset are the same one. */
static void
compare(struct cluster *cluster, const struct cluster_partition *partition, int a, int b,
    const struct log *left_log, const struct log *right_log)
{
	struct cluster_walk left = cluster_walk_begin(cluster->town, a, left_log);
	struct cluster_walk right = cluster_walk_begin(cluster->town, b, right_log);
	/* What is below a log start is gone, though its segment may be there. */
	int64_t begin = MAX(MAX(left.base_offset, right.base_offset),
	    MAX(log_start_offset(left_log), log_start_offset(right_log)));
	int64_t parted = -1;

	while (left.base_offset >= 0 && right.base_offset >= 0) {
		if (left.base_offset != right.base_offset || left.epoch != right.epoch) {
			if (parted < 0 && MIN(left.base_offset, right.base_offset) >= begin)
				parted = MIN(left.base_offset, right.base_offset);
			if (left.base_offset < right.base_offset) {
				cluster_walk_on(&left);
			} else if (right.base_offset < left.base_offset) {
				cluster_walk_on(&right);
			} else {
				cluster_walk_on(&left);
				cluster_walk_on(&right);
			}
			continue;
		}
		sim_check(cluster->town->sim, left.crc == right.crc && left.size == right.size,
		    "%s-%d: brokers %d and %d have different batches of epoch %d at %" PRId64,
		    partition->topic, (int)partition->index, a + 1, b + 1, (int)left.epoch,
		    left.base_offset);
		sim_check(cluster->town->sim, parted < 0, "%s-%d: brokers %d and %d have the same batch"
		    " at %" PRId64 ", and not at %" PRId64, partition->topic, (int)partition->index,
		    a + 1, b + 1, left.base_offset, parted);
		cluster_walk_on(&left);
		cluster_walk_on(&right);
	}
}

/* ---------------------------------------------------------------- offsets */

/* I1, and who leads an epoch. */
static void
check_replica(struct cluster *cluster, const struct cluster_partition *partition, int broker,
    const struct partition *replica)
{
	struct sim *sim = cluster->town->sim;
	const struct log *log = replica->log;

	sim_check(sim, log_start_offset(log) <= log_high_watermark(log) &&
	    log_high_watermark(log) <= log_end_offset(log),
	    "%s-%d of broker %d begins at %" PRId64 ", ends at %" PRId64
	    ", and its high watermark is %" PRId64, partition->topic, (int)partition->index,
	    broker + 1, log_start_offset(log), log_end_offset(log), log_high_watermark(log));
	sim_check(sim, !leader_is_here(&replica->leader) ||
	    replica->leader.epoch < partition->state.leader_epoch ||
	    (replica->leader.epoch == partition->state.leader_epoch &&
	    partition->state.leader == broker + 1),
	    "%s-%d: broker %d leads epoch %d, and broker %d leads epoch %d", partition->topic,
	    (int)partition->index, broker + 1, (int)replica->leader.epoch,
	    (int)partition->state.leader, (int)partition->state.leader_epoch);
}

/*
 * I6: nobody is in sync whom a leader does not wait for. What it has asked for and the controller
 * refuses for knowing better it does not know (yet).
 */
static void
check_leader(struct cluster *cluster, const struct cluster_partition *partition,
    const struct leader *leader)
{
	if (!leader_is_here(leader) || leader->epoch != partition->state.leader_epoch)
		return;
	for (int i = 0; i < partition->isr.count; i++) {
		int32_t id = partition->isr.ids[i];
		bool waits = id == leader->self;

		for (int32_t j = 0; j < leader->other_count; j++)
			waits |= leader->others[j].replica == id &&
			    (leader->others[j].in_isr || leader->others[j].is_changing);
		sim_check(cluster->town->sim, waits, "%s-%d: broker %d is in sync, and leader %d does not "
		    "wait for it", partition->topic, (int)partition->index, (int)id, (int)leader->self);
	}
}

/* I12: who joins has what the leader had when its epoch began, and all that is safe. */
void
cluster_check_joined(struct cluster *cluster, const struct cluster_partition *partition, int broker)
{
	const struct partition *leader = partition->state.leader < 1 ? NULL :
	    cluster_replica(cluster->town, partition->state.leader - 1, partition);
	const struct partition *joined = cluster_replica(cluster->town, broker, partition);

	if (leader == NULL || joined == NULL || !leader_is_here(&leader->leader) ||
	    leader->leader.epoch != partition->state.leader_epoch ||
	    joined->leader.epoch != partition->state.leader_epoch)
		return;
	sim_check(cluster->town->sim, log_end_offset(joined->log) >= leader->leader.epoch_start_offset,
	    "%s-%d: broker %d joins the ISR with %" PRId64 ", and leader epoch %d begins at %" PRId64,
	    partition->topic, (int)partition->index, broker + 1, log_end_offset(joined->log),
	    (int)leader->leader.epoch, leader->leader.epoch_start_offset);
}

/* What retention has taken nobody need know any more. */
static void
note_start(struct cluster *cluster, const struct cluster_partition *partition,
    const struct partition *replica)
{
	for (int i = 0; i < TOWN_LASTING; i++) {
		struct ledger_topic *topic = &cluster->town->ledger.topics[i];
		struct ledger_log *log = &topic->logs[partition->index];

		if (leader_is_here(&replica->leader) &&
		    replica->leader.epoch == partition->state.leader_epoch &&
		    strcmp(topic->name, partition->topic) == 0)
			log->start = MAX(log->start, log_start_offset(replica->log));
	}
}

void
cluster_note_start(struct cluster *cluster, const struct cluster_partition *partition)
{
	const struct partition *leader = partition->state.leader < 1 ? NULL :
	    cluster_replica(cluster->town, partition->state.leader - 1, partition);

	if (leader != NULL)
		note_start(cluster, partition, leader);
}

bool
cluster_has_removed(const struct broker_town *town, const struct ledger_log *log, uint64_t number)
{
	const struct ledger_value *value = log == NULL ? NULL : &town->ledger.values[number];
	const struct cluster_partition *partition = log == NULL ? NULL :
	    cluster_find(town->cluster, slice_of_text(log->topic->name), log->partition);

	if (partition == NULL || number == 0 || value->log != log)
		return false;
	cluster_note_start(town->cluster, partition);
	return value->offset < log->start;
}

/* I5: who is in sync has all that anybody was told of. */
static void
check_in_sync(struct cluster *cluster, const struct cluster_partition *partition, int broker,
    const struct log *log)
{
	const struct ledger *ledger = &cluster->town->ledger;

	for (int i = 0; i < TOWN_LASTING; i++) {
		const struct ledger_topic *topic = &ledger->topics[i];

		if (strcmp(topic->name, partition->topic) != 0 ||
		    topic->logs[partition->index].is_undecided)
			continue;
		sim_check(cluster->town->sim,
		    log_end_offset(log) >= topic->logs[partition->index].high_watermark,
		    "broker %d is in sync, and its %s-%d ends at %" PRId64
		    ", before the high watermark %" PRId64, broker + 1, partition->topic,
		    (int)partition->index, log_end_offset(log),
		    topic->logs[partition->index].high_watermark);
	}
}

static void
check_partition(struct cluster *cluster, const struct cluster_partition *partition,
    bool compares)
{
	const struct partition *replicas[TOWN_BROKERS];
	int count = cluster->town->broker_count;

	for (int i = 0; i < count; i++) {
		replicas[i] = cluster_replica(cluster->town, i, partition);
		if (replicas[i] == NULL)
			continue;
		check_replica(cluster, partition, i, replicas[i]);
		check_leader(cluster, partition, &replicas[i]->leader);
		note_start(cluster, partition, replicas[i]);
		/* Who knows that it may lack some of it is not elected as it is. */
		if (brokers_of_has(&partition->isr, i) && (partition->damaged & (1U << i)) == 0 &&
		    !partition_is_in_doubt(replicas[i]))
			check_in_sync(cluster, partition, i, replicas[i]->log);
	}
	for (int a = 0; a < count && compares; a++) {
		for (int b = a + 1; b < count; b++) {
			/* A broker that was away may still have a topic that was deleted, of the same name. */
			if (replicas[a] != NULL && replicas[b] != NULL &&
			    !cluster_bits_are_bad(partition, a) && !cluster_bits_are_bad(partition, b) &&
			    uuid_equal(replicas[a]->topic_id, replicas[b]->topic_id))
				compare(cluster, partition, a, b, replicas[a]->log, replicas[b]->log);
		}
	}
}

/* I17, of controllers. */
static void
check_obedience(struct cluster *cluster, int broker)
{
	const struct sim_process *process = &cluster->town->processes[broker];
	const struct broker *host = broker_host_broker(process);
	struct cluster_obedience *before = &cluster->obedience[broker];

	if (host == NULL || !host->control_made)
		return;
	if (before->life == process->lives)
		sim_check(cluster->town->sim, host->control.controller_epoch >= before->controller_epoch,
		    "broker %d obeys a controller of epoch %d after one of epoch %d", broker + 1,
		    (int)host->control.controller_epoch, (int)before->controller_epoch);
	*before = (struct cluster_obedience){ process->lives, host->control.controller_epoch };
}

void
cluster_check_obedience(struct cluster *cluster)
{
	for (int i = 0; i < cluster->town->broker_count; i++)
		check_obedience(cluster, i);
}

void
cluster_check_logs(struct cluster *cluster, bool compares)
{
	for (int i = 0; i < cluster->count && !cluster->town->sim->failed; i++) {
		if (cluster->partitions[i].state.exists)
			check_partition(cluster, &cluster->partitions[i], compares);
	}
}

uint64_t
cluster_small_isr(const struct broker_town *town, int broker, const char *topic, int32_t index)
{
	const struct cluster_partition *partition =
	    cluster_find(town->cluster, slice_of_text(topic), index);
	const struct partition *replica =
	    partition == NULL || broker < 0 ? NULL : cluster_replica(town, broker, partition);
	const struct leader *leader;

	if (replica == NULL || !leader_is_here(&replica->leader))
		return 0;
	leader = &replica->leader;
	if (leader->isr_state == LEADER_ISR_EXPANDS ||
	    leader->isr_count >= MIN(leader->min_insync_replicas, leader->replica_count))
		return 0;
	return ((uint64_t)leader->epoch << 32 | (uint32_t)leader->partition_epoch) + 1;
}

/* -------------------------------------------------------------- quiescence */

bool
cluster_lacks_replica(const struct sim_process *process)
{
	const struct broker_town *town = broker_town_of(process);
	const struct broker *host = broker_host_broker(process);

	for (int i = 0; i < town->cluster->count && host != NULL && host->replicas != NULL; i++) {
		const struct cluster_partition *partition = &town->cluster->partitions[i];

		if (partition->state.exists && brokers_of_has(&partition->replicas, process->number) &&
		    replicas_find(host->replicas, slice_of_text(partition->topic), partition->index) ==
		        NULL)
			return true;
	}
	return false;
}

/* False, and why, for the failure's text. */
static bool
not_yet(const struct broker_town *town, const struct cluster_partition *partition, int broker,
    const char *why)
{
	snprintf(town->cluster->why, sizeof(town->cluster->why), "%s-%d: broker %d %s",
	    partition->topic, (int)partition->index, broker + 1, why);
	return false;
}

static bool
partition_is_level(const struct broker_town *town, const struct cluster_partition *partition)
{
	int broker = partition->state.leader - 1;
	const struct partition *leader = broker < 0 ? NULL : cluster_replica(town, broker, partition);

	if (leader == NULL)
		return not_yet(town, partition, broker, "does not lead");
	if (partition->isr.count != partition->replicas.count)
		return not_yet(town, partition, broker, "leads, and not all are in sync");
	for (int i = 0; i < partition->replicas.count; i++) {
		const struct partition *replica;

		broker = partition->replicas.ids[i] - 1;
		replica = cluster_replica(town, broker, partition);
		if (replica == NULL)
			return not_yet(town, partition, broker, "has no log");
		if (partition_is_damaged(replica))
			return not_yet(town, partition, broker, "has damaged records");
		if (log_end_offset(replica->log) < log_high_watermark(leader->log))
			return not_yet(town, partition, broker, "has not caught up");
		if (log_start_offset(replica->log) < log_start_offset(leader->log))
			return not_yet(town, partition, broker, "has records that its leader has deleted");
		if (replica->leader.epoch != partition->state.leader_epoch)
			return not_yet(town, partition, broker, "is in another epoch");
	}
	return true;
}

bool
cluster_is_level(const struct broker_town *town)
{
	for (int i = 0; i < town->cluster->count; i++) {
		const struct cluster_partition *partition = &town->cluster->partitions[i];

		if (partition->state.exists &&
		    !partition_is_level(town, partition))
			return false;
	}
	return true;
}

static bool
knows(const struct image *image, const struct cluster_partition *partition)
{
	const struct image_topic *topic = image_topic_find(image, slice_of_text(partition->topic));
	const struct image_partition *known =
	    topic == NULL ? NULL : image_partition_find(topic, partition->index);

	return known != NULL && known->leader == partition->state.leader &&
	    known->leader_epoch == partition->state.leader_epoch &&
	    known->partition_epoch == partition->version && known->isr.count == partition->isr.count &&
	    known->replicas.count == partition->replicas.count;
}

static bool
is_known_to(const struct broker_town *town, int broker)
{
	const struct broker *host = broker_host_broker(&town->processes[broker]);
	const struct cluster_partition none = { .topic = "", .index = -1 };

	if (host == NULL || host->image == NULL)
		return not_yet(town, &none, broker, "is not there");
	if (host->image->broker_count != (size_t)town->broker_count)
		return not_yet(town, &none, broker, "does not know all brokers");
	if (host->image->controller != cluster_controller(town) + 1)
		return not_yet(town, &none, broker, "does not know the controller");
	for (int i = 0; i < town->cluster->count; i++) {
		const struct cluster_partition *partition = &town->cluster->partitions[i];

		/* Of a topic that is gone nothing is said: another of its name may have come. */
		if (partition->state.exists &&
		    !knows(host->image, partition))
			return not_yet(town, partition, broker, "does not know what stands in ZooKeeper");
	}
	return true;
}

bool
cluster_is_known(const struct broker_town *town)
{
	for (int broker = 0; broker < town->broker_count; broker++) {
		if (!is_known_to(town, broker))
			return false;
	}
	return true;
}
