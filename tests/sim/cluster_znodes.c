#include <stdlib.h>
#include <string.h>

#include "klammd/broker_private.h"
#include "tests/sim/cluster_unclean.h"
#include "zk/payload_broker.h"
#include "zk/payload_topic.h"

struct cluster *
cluster_new(struct broker_town *town)
{
	struct cluster *cluster = sim_memory_new(sizeof(*cluster));

	cluster->town = town;
	for (int i = 0; i < TOWN_BROKERS; i++)
		cluster->registered_us[i] = -1;
	cluster->mover = cluster_mover_new(town);
	cluster->courier = cluster_courier_new(town);
	cluster->operator = cluster_operator_new(town);
	return cluster;
}

void
cluster_free(struct cluster *cluster)
{
	cluster_mover_free(cluster->mover);
	cluster_courier_free(cluster->courier);
	cluster_operator_free(cluster->operator);
	free(cluster);
}

struct cluster_partition *
cluster_find(struct cluster *cluster, struct slice topic, int32_t index)
{
	for (int i = 0; i < cluster->count; i++) {
		struct cluster_partition *partition = &cluster->partitions[i];

		if (partition->index == index && slice_equal_text(topic, partition->topic))
			return partition;
	}
	return NULL;
}

int
cluster_leader(const struct broker_town *town, const char *topic, int32_t index, int32_t *epoch)
{
	const struct cluster_partition *partition =
	    cluster_find(town->cluster, slice_of_text(topic), index);

	*epoch = -1;
	if (partition == NULL || !partition->state.exists || partition->state.leader < 0)
		return -1;
	*epoch = partition->state.leader_epoch;
	return partition->state.leader - 1;
}

int
cluster_controller(const struct broker_town *town)
{
	for (int i = 0; i < town->broker_count; i++) {
		if (sim_process_is_up(&town->processes[i]) && town->cluster->controllers_session != 0 &&
		    broker_host_session(&town->processes[i]) == town->cluster->controllers_session)
			return i;
	}
	return -1;
}

/* ------------------------------------------------------------- partitions */

static struct cluster_partition *
find_or_add(struct cluster *cluster, struct slice topic, int32_t index)
{
	struct cluster_partition *partition = cluster_find(cluster, topic, index);

	if (partition != NULL || cluster->count == CLUSTER_PARTITIONS || topic.size >= LEDGER_NAME_SIZE)
		return partition;
	partition = &cluster->partitions[cluster->count++];
	*partition = (struct cluster_partition){ .index = index };
	for (int i = 0; i < TOWN_BROKERS; i++)
		partition->flushed[i] = -1;
	memcpy(partition->topic, topic.bytes, topic.size);
	return partition;
}

static void
take_list(struct brokers_of *set, struct payload_int32_list list)
{
	set->count = 0;
	for (size_t i = 0; i < list.count && i < TOWN_BROKERS; i++)
		set->ids[set->count++] = list.values[i];
}

/* Seen through ISRs: what marks are made of. */
static void
isr_changed(struct cluster *cluster, const struct cluster_partition *partition,
    const struct brokers_of *before)
{
	struct broker_town *town = cluster->town;

	for (int i = 0; i < town->broker_count; i++) {
		bool was = brokers_of_has(before, i), is = brokers_of_has(&partition->isr, i);

		if (was && !is)
			broker_town_mark(town, sim_process_is_up(&town->processes[i]) ?
			    "an ISR shrinks by a broker that lives" : "an ISR shrinks");
		if (is && !was) {
			broker_town_mark(town, "an ISR expands");
			cluster_check_joined(cluster, partition, i);
		}
	}
}

static void
state_written(struct cluster *cluster, const struct paths_place *place, struct slice data,
    int32_t version)
{
	struct cluster_partition *partition = find_or_add(cluster, place->name, place->id);
	struct payload_partition_state state;
	struct brokers_of before;
	struct arena arena;
	int32_t leader, epoch;

	if (partition == NULL)
		return;
	cluster_cut_look(cluster->town, partition);
	cluster_unclean_look_at(cluster->town, partition);
	before = partition->isr;
	if (!partition->state.exists)
		before.count = 0;
	leader = partition->state.exists ? partition->state.leader : -1;
	epoch = partition->state.exists ? partition->state.leader_epoch : -1;
	arena_init(&arena, SIZE_MAX);
	if (znode_rules_take_state(cluster->town->sim, place, data, &arena, &partition->state,
	    &state)) {
		take_list(&partition->isr, state.isr);
		partition->version = version;
		cluster_unclean_written(cluster, partition, &before, epoch, &state);
		for (int i = 0; i < partition->isr.count && partition->replicas.count > 0; i++)
			sim_check(cluster->town->sim,
			    brokers_of_has(&partition->replicas, partition->isr.ids[i] - 1) ||
			    brokers_of_has(&before, partition->isr.ids[i] - 1),
			    "%s-%d: broker %d joins the ISR, and is no replica", partition->topic,
			    (int)partition->index, (int)partition->isr.ids[i]);
		if (leader >= 0 && state.leader >= 0 && leader != state.leader)
			broker_town_mark(cluster->town, "another broker leads");
		isr_changed(cluster, partition, &before);
		/* Who comes back into the ISR has caught up. */
		for (int i = 0; i < cluster->town->broker_count; i++) {
			if (brokers_of_has(&before, i) || !brokers_of_has(&partition->isr, i))
				continue;
			partition->damaged &= ~(1U << i);
			if (state.leader != i + 1) /* else it is elected, and who elects may not know */
				partition->given_up &= ~(1U << i);
		}
		partition->excused &= partition->damaged;
		/* Who was elected has lost nothing, or has most of what there is. */
		if (state.leader >= 1 && state.leader != leader &&
		    (partition->excused & (1U << (state.leader - 1))) == 0 &&
		    cluster_has_log(cluster->town, partition, state.leader - 1))
			partition->damaged &= ~(1U << (state.leader - 1));
		if (partition->is_cut)
			cluster_cut_is_decided(cluster, partition);
	}
	arena_fini(&arena);
}

/* What who is a replica no longer has lost does not matter any more. */
static void
replicas_written(struct cluster *cluster, struct cluster_partition *partition,
    struct payload_int32_list list, bool is_adding)
{
	struct brokers_of before = partition->replicas;

	take_list(&partition->replicas, list);
	partition->has_adding_replicas = is_adding;
	cluster_unclean_replicas_written(cluster, partition);
	for (int i = 0; i < cluster->town->broker_count; i++) {
		if (brokers_of_has(&partition->replicas, i))
			continue;
		partition->damaged &= ~(1U << i);
		if (brokers_of_has(&before, i) && !is_adding)
			broker_town_mark(cluster->town, "a partition moves to other brokers");
	}
}

static void
topic_written(struct cluster *cluster, const struct paths_place *place, struct slice data)
{
	struct payload_complaint complaint;
	struct payload_topic topic;
	struct arena arena;

	arena_init(&arena, SIZE_MAX);
	if (payload_topic_decode(data, &arena, &topic, &complaint) != ERROR_NONE) {
		sim_fail(cluster->town->sim, "a topic that cannot be read is written: %s",
		    complaint.text);
	} else {
		for (int32_t i = 0; i < LEDGER_PARTITIONS; i++) {
			struct payload_int32_list list = payload_assignments_find(topic.partitions, i);
			struct cluster_partition *partition =
			    list.count == 0 ? NULL : find_or_add(cluster, place->name, i);

			if (partition != NULL)
				partition->id = topic.topic_id;
			if (partition != NULL)
				replicas_written(cluster, partition, list,
				    payload_assignments_find(topic.adding_replicas, i).count > 0);
		}
	}
	arena_fini(&arena);
}

static void
partition_gone(struct cluster *cluster, const struct paths_place *place)
{
	for (int i = 0; i < cluster->count; i++) {
		struct cluster_partition *partition = &cluster->partitions[i];

		if (slice_equal_text(place->name, partition->topic) &&
		    (place->kind == PATHS_TOPIC || partition->index == place->id)) {
			partition->state.exists = partition->is_cut = false;
			partition->damaged = 0;
		}
	}
}

/* ---------------------------------------------------------------- commits */

static void
operation_done(struct cluster *cluster, const struct sim_coord_commit *commit, size_t at)
{
	const struct znode_operation *operation = &commit->operations[at];
	struct sim *sim = cluster->town->sim;
	struct paths_place place;

	if (operation->type == ZNODE_OP_CHECK || paths_parse(operation->path, &place) != ERROR_NONE)
		return;
	if (place.kind == PATHS_CONTROLLER_EPOCH && operation->type == ZNODE_OP_SET_DATA)
		cluster->controllers_session = commit->session;
	if (!znode_rules_is_controllers(&place) ||
	    (place.kind == PATHS_PRODUCER_ID_BLOCK && operation->type == ZNODE_OP_CREATE))
		return;
	/* I16 */
	sim_check(sim, commit->session == cluster->controllers_session,
	    "session %lx writes %.*s, and session %lx is the controller's",
	    (unsigned long)commit->session, (int)operation->path.size,
	    (const char *)operation->path.bytes, (unsigned long)cluster->controllers_session);
	if (operation->type == ZNODE_OP_DELETE &&
	    (place.kind == PATHS_PARTITION_STATE || place.kind == PATHS_TOPIC))
		partition_gone(cluster, &place);
	else if (operation->type != ZNODE_OP_DELETE && place.kind == PATHS_PARTITION_STATE)
		state_written(cluster, &place, operation->data, commit->results[at].stat.version);
	else if (operation->type != ZNODE_OP_DELETE && place.kind == PATHS_TOPIC)
		topic_written(cluster, &place, operation->data);
}

void
cluster_committed(struct cluster *cluster, const struct sim_coord_commit *commit)
{
	if (!commit->succeeded && commit->count > 1 &&
	    commit->session != cluster->controllers_session &&
	    commit->operations[0].type == ZNODE_OP_CHECK)
		broker_town_mark(cluster->town, "controller deposed");
	for (size_t i = 0; commit->succeeded && i < commit->count; i++)
		operation_done(cluster, commit, i);
}

/* ------------------------------------------------------------- power cuts */

/* Who is about to stop is as good as gone. */
static bool
is_there(const struct broker_town *town, int broker)
{
	const struct broker *host = broker_host_broker(&town->processes[broker]);

	return town->seats[broker].serves && host != NULL && host->stage == BROKER_SERVING;
}

static unsigned
bits(const struct brokers_of *set)
{
	unsigned result = 0;

	for (int i = 0; i < set->count; i++)
		result |= 1U << (set->ids[i] - 1);
	return result;
}

struct atlas_copies
cluster_copies(const struct broker_town *town, const struct cluster_partition *partition,
    enum atlas_damage damage)
{
	struct atlas_copies copies = {
		.assigned = bits(&partition->replicas),
		.in_sync = bits(&partition->isr),
		.damaged = partition->damaged |
		    (cluster_partition_rots(partition) ? 1U << partition->rot.broker : 0),
		.is_led = partition->state.leader >= 0,
		.is_protected = town->is_strict && damage != ATLAS_BITS,
	};

	for (int b = 0; b < town->broker_count; b++)
		copies.there |= is_there(town, b) ? 1U << b : 0;
	return copies;
}

bool
cluster_may_damage(const struct sim_process *process, enum atlas_damage damage)
{
	const struct broker_town *town = broker_town_of(process);

	for (int i = 0; i < town->cluster->count; i++) {
		const struct cluster_partition *partition = &town->cluster->partitions[i];
		struct atlas_copies copies = cluster_copies(town, partition, damage);

		if (partition->state.exists && !atlas_allows(&copies, process->number, damage))
			return false;
	}
	return true;
}

bool
cluster_is_fragile(const struct broker_town *town)
{
	for (int i = 0; i < town->cluster->count; i++) {
		const struct cluster_partition *partition = &town->cluster->partitions[i];

		if (partition->state.exists && partition->damaged != 0)
			return !town->is_strict;
	}
	return false;
}

bool
cluster_may_stop(const struct sim_process *process)
{
	const struct broker_town *town = broker_town_of(process);

	for (int i = 0; i < town->cluster->count; i++) {
		const struct cluster_partition *partition = &town->cluster->partitions[i];

		if (partition->state.exists && brokers_of_has(&partition->isr, process->number) &&
		    partition->isr.count > 1 && (partition->damaged & ~(1U << process->number)) != 0)
			return town->is_strict;
	}
	return true;
}

void
cluster_power_is_cut(const struct sim_process *process)
{
	struct cluster *cluster = broker_town_of(process)->cluster;
	unsigned self = 1U << process->number;

	if (!broker_town_of(process)->ledger.flushes) {
		cluster_is_damaged(process);
		return;
	}
	/* Nobody was told of what is not on its disk; but by those who led before it was elected out of sync. */
	for (int i = 0; i < cluster->count; i++) {
		struct cluster_partition *partition = &cluster->partitions[i];

		if (!partition->recovers || !brokers_of_has(&partition->isr, process->number))
			continue;
		partition->damaged |= self;
		partition->excused |= self;
	}
}

void
cluster_is_damaged(const struct sim_process *process)
{
	struct cluster *cluster = broker_town_of(process)->cluster;
	unsigned self = 1U << process->number;

	for (int i = 0; i < cluster->count; i++) {
		struct cluster_partition *partition = &cluster->partitions[i];

		if (!brokers_of_has(&partition->replicas, process->number))
			continue;
		partition->damaged |= self;
	}
}
