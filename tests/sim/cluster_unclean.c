#include "tests/sim/cluster_unclean.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "klammd/broker_private.h"
#include "log/log.h"
#include "partition/partition_follow.h"
#include "partition/partition_private.h"
#include "partition/replicas_private.h"
#include "tests/sim/cluster_walk.h"
#include "wire/batch_records.h"
#include "zk/payload_broker.h"
#include "zk/payload_partition_state.h"
#include "zk/tree/tree.h"

enum {
	BY_HAND_US = 30000000, /* what an operator has asked for may be done so much later */
	SURELY_US = 10000000,  /* a controller knows who is registered */
	NEVER = -1,
};

void
cluster_unclean_draw(struct broker_town *town)
{
	struct prng own; /* so that other draws stay as they are */

	if (broker_town_replicas(town) == 1)
		return;
	prng_init(&own, town->sim->seed ^ 0x756e636c65616eU);
	town->has_operator = prng_chance(&own, 1, 3);
	for (int i = 0; i < TOWN_LASTING; i++)
		town->ledger.topics[i].is_unclean = prng_chance(&own, 1, 4);
}

/* ---------------------------------------------------------------- what is lost */

/* What counts at the offset, or did before a power cut of all; 0: nothing. */
static uint64_t
value_at(const struct ledger_log *log, int64_t offset)
{
	if (offset < log->lost_room && log->lost[offset] != 0)
		return log->lost[offset];
	return offset < log->room && ledger_is_firm(log, offset) ? log->values[offset] : 0;
}

/* The first offset at which another record stands than the one that counts; -1: none of this batch. */
static int64_t
first_other(const struct ledger_log *log, const struct batch_view *view)
{
	struct decompression_limit limit = decompression_limit_default();
	struct batch_records records;
	struct record record;
	enum error error = batch_records_open(&records, view, &limit);
	int64_t found = -1;

	while (error == ERROR_NONE && found < 0) {
		error = batch_records_next(&records, &record);
		if (error == ERROR_NONE && value_at(log, record.offset) != 0 &&
		    ledger_read(record.key, record.value) != value_at(log, record.offset))
			found = record.offset;
	}
	batch_records_fini(&records);
	return found;
}

int64_t
cluster_agrees_up_to(const struct broker_town *town, int broker, const struct partition *replica,
    int64_t end, const struct ledger_log *log)
{
	struct cluster_walk walk = cluster_walk_begin(town, broker, replica->log);
	int64_t found = -1;

	for (; walk.base_offset >= 0 && walk.base_offset < end && found < 0; cluster_walk_on(&walk)) {
		uint8_t *bytes = sim_memory_new((size_t)walk.size);
		struct batch_cursor cursor;
		struct batch_view view;

		batch_cursor_init(&cursor, slice_of(bytes, (size_t)walk.size));
		if (sim_disk_peek_at(walk.file, walk.at - walk.size, bytes, (size_t)walk.size) &&
		    batch_cursor_next(&cursor, &view) == ERROR_NONE)
			found = first_other(log, &view);
		free(bytes);
	}
	return found >= 0 ? found : end;
}

static void
decide(struct broker_town *town, struct cluster_partition *partition, struct ledger_log *log,
    int broker, const struct partition *leader)
{
	int64_t floor = cluster_agrees_up_to(town, broker, leader,
	    leader->leader.epoch_start_offset, log);
	uint64_t lost = ledger_log_elected(&town->ledger, log,
	    log_start_offset(leader->log), floor);

	sim_trace(town->sim, "%s-%d: broker %d was not in sync and leads epoch %d from %" PRId64 " on, %"
	    PRIu64 " records from %" PRId64 " on are lost", partition->topic, (int)partition->index,
	    broker + 1, (int)leader->leader.epoch, leader->leader.epoch_start_offset, lost, floor);
	broker_town_mark(town, lost > 0 ? "an unclean election loses records" :
	    "an unclean election loses nothing");
	partition->heard_us[broker] = sim_now_us(town->sim);
}

/* Who leads, or is in sync, has nothing any more of what is lost. */
static void
hear(struct broker_town *town, struct cluster_partition *partition)
{
	for (int b = 0; b < town->broker_count; b++) {
		const struct partition *replica = partition->heard_us[b] != NEVER ||
		    !brokers_of_has(&partition->isr, b) ? NULL : cluster_replica(town, b, partition);

		if (replica != NULL && replica->leader.epoch >= partition->unclean_epoch)
			partition->heard_us[b] = sim_now_us(town->sim);
	}
}

void
cluster_unclean_look_at(struct broker_town *town, struct cluster_partition *partition)
{
	struct ledger_log *log = partition->has_unclean ? cluster_ledger_log(town, partition) : NULL;
	int broker = partition->state.leader - 1;
	const struct partition *leader;

	if (log == NULL || !partition->state.exists)
		return;
	leader = broker < 0 || !log->is_undecided ? NULL : cluster_replica(town, broker, partition);
	if (leader != NULL && leader_is_here(&leader->leader) &&
	    leader->leader.epoch == partition->state.leader_epoch) {
		decide(town, partition, log, broker, leader);
		cluster_lack_of_others(town, partition, leader, log);
	}
	if (!log->is_undecided)
		hear(town, partition);
}

/*
 * It tells its controller so: for longer than it is (a disk hangs that is to have noted its end),
 * or as a log dir is empty, and nobody has told it yet what should be there.
 */
static bool
tells_doubt(const struct broker_town *town, int broker, const struct cluster_partition *partition)
{
	const struct broker *host = broker_host_broker(&town->processes[broker]);
	const struct replica *replica = host == NULL || host->replicas == NULL ? NULL :
	    replicas_find(host->replicas, slice_of_text(partition->topic), partition->index);

	return host != NULL && host->replicas != NULL && (host->replicas->doubts_missing ||
	    (replica != NULL && replica->is_doubtful));
}

/*
 * A life of it that is over has said so, and what it has said stands until its session ends: who is the
 * controller takes it for alive, and in doubt. It may have ended before anybody looked.
 */
static bool
has_left_doubt(const struct broker_town *town, int broker, const struct cluster_partition *partition)
{
	const struct tree_caller caller = { .ids = NULL };
	struct payload_complaint complaint;
	struct payload_broker registration;
	struct znode_stat stat;
	struct slice data;
	struct arena arena;
	char path[32];
	bool result;

	snprintf(path, sizeof(path), "/brokers/ids/%d", broker + 1);
	if (tree_get_data(sim_coord_tree(town->ensemble), &caller, slice_of_text(path), &data,
	    &stat) != ZNODE_OK)
		return false;
	arena_init(&arena, SIZE_MAX);
	result = payload_broker_decode(data, &arena, &registration, &complaint) == ERROR_NONE &&
	    payload_broker_doubts(&registration, slice_of_text(partition->topic), partition->index);
	arena_fini(&arena);
	return result;
}

/* Who is in sync and says that it may lack something, or has no log. */
static void
look_for_doubts(const struct broker_town *town, struct cluster_partition *partition,
    const struct brokers_of *in_sync)
{
	for (int b = 0; b < town->broker_count; b++) {
		const struct partition *replica;
		bool is_doubtful;

		if (!partition->state.exists || !brokers_of_has(in_sync, b))
			continue;
		replica = cluster_loaded(town, b, partition);
		is_doubtful = broker_host_is_registered(&town->processes[b]) ?
		    replica == NULL || partition_is_in_doubt(replica) || tells_doubt(town, b, partition) :
		    has_left_doubt(town, b, partition);
		if (is_doubtful)
			partition->doubted_us[b] = sim_now_us(town->sim);
	}
}

/* It has lost something, or has told the controller so, who may not know yet that it is over. */
static bool
may_lack(const struct broker_town *town, const struct cluster_partition *partition, int broker)
{
	return (partition->damaged & (1U << broker)) != 0 || (partition->doubted_us[broker] != 0 &&
	    sim_now_us(town->sim) - partition->doubted_us[broker] < SURELY_US);
}

/*
 * Who leads another epoch has been told to, and has space or no others. What it answered
 * before its controller may hear a little later.
 */
static void
look_who_leads(const struct broker_town *town, struct cluster_partition *partition)
{
	int broker = partition->state.leader - 1;
	const struct partition *replica = partition->given_up == 0 || !partition->state.exists ||
	    broker < 0 ? NULL : cluster_replica(town, broker, partition);

	if (replica == NULL || !leader_is_here(&replica->leader) ||
	    replica->leader.epoch <= partition->given_up_epoch)
		return;
	if (partition->leads_again_us[broker] == 0)
		partition->leads_again_us[broker] = sim_now_us(town->sim);
	if (sim_now_us(town->sim) - partition->leads_again_us[broker] >= SURELY_US)
		partition->given_up &= ~(1U << broker);
}

static void
look_who_is_registered(struct cluster *cluster)
{
	const struct broker_town *town = cluster->town;

	for (int b = 0; b < town->broker_count; b++) {
		int64_t session = broker_host_session(&town->processes[b]);

		if (!broker_host_is_registered(&town->processes[b]))
			cluster->registered_us[b] = NEVER;
		else if (cluster->registered_us[b] == NEVER || cluster->registered_by[b] != session)
			cluster->registered_us[b] = sim_now_us(town->sim);
		cluster->registered_by[b] = session;
	}
}

void
cluster_unclean_look(struct cluster *cluster)
{
	struct broker_town *town = cluster->town;

	look_who_is_registered(cluster);
	for (int i = 0; i < cluster->count; i++) {
		look_for_doubts(town, &cluster->partitions[i], &cluster->partitions[i].isr);
		look_who_leads(town, &cluster->partitions[i]);
		cluster_unclean_look_at(town, &cluster->partitions[i]);
	}
}

bool
cluster_hears(const struct broker_town *town, const struct ledger_log *log, int broker,
    int64_t asked_us)
{
	const struct cluster_partition *partition = log == NULL || log->unclean == 0 ? NULL :
	    cluster_find(town->cluster, slice_of_text(log->topic->name), log->partition);

	return partition == NULL || (!log->is_undecided && partition->heard_us[broker] != NEVER &&
	    asked_us >= partition->heard_us[broker]);
}

int
cluster_teller(const struct broker_town *town, const struct ledger_log *log,
    const struct client_request *request)
{
	return town->is_cluster && !cluster_hears(town, log, request->link->broker->number,
	    request->asked_us) ? LEDGER_NOBODYS : broker_town_teller(town, request);
}

void
cluster_unclean_is_cut(struct broker_town *town, struct cluster_partition *partition,
    struct ledger_log *log)
{
	ledger_log_cut(&town->ledger, log, 0);
	ledger_log_is_left(&town->ledger, log, 0);
	partition->is_cut = false;
}

/* ---------------------------------------------------------------- elections */

static bool
is_allowed(const struct broker_town *town, const struct cluster_partition *partition,
    const struct ledger_log *log)
{
	return log != NULL && (log->topic->is_unclean || (partition->by_hand_us != 0 &&
	    sim_now_us(town->sim) <= partition->by_hand_us + BY_HAND_US));
}

void
cluster_gives_up(struct sim_process *process, const char *line)
{
	struct broker_town *town = broker_town_of(process);

	for (int i = 0; i < town->cluster->count; i++) {
		struct cluster_partition *partition = &town->cluster->partitions[i];
		char name[LEDGER_NAME_SIZE + 16];

		snprintf(name, sizeof(name), "%s-%d ", partition->topic, (int)partition->index);
		if (strncmp(line, name, strlen(name)) != 0)
			continue;
		partition->given_up |= 1U << process->number;
		partition->given_up_epoch = partition->state.leader_epoch;
		partition->leads_again_us[process->number] = 0;
	}
}

/*
 * Nobody who was in sync, and has lost nothing, is there for long. Who shuts down, or has
 * no space, counts for gone; as in Kafka, where a full disk is a failed one.
 */
static void
check_nobody(const struct cluster *cluster, const struct cluster_partition *partition,
    const struct brokers_of *before, int32_t leader)
{
	const struct broker_town *town = cluster->town;
	int64_t now_us = sim_now_us(town->sim);

	for (int b = 0; b < town->broker_count; b++)
		sim_check(town->sim, !brokers_of_has(before, b) ||
		    may_lack(town, partition, b) || (partition->given_up & (1U << b)) != 0 ||
		    cluster->registered_us[b] == NEVER || now_us - cluster->registered_us[b] < SURELY_US ||
		    town->seats[b].is_stopping || !broker_host_is_registered(&town->processes[b]) ||
		    broker_host_has_failed_dir(&town->processes[b]),
		    "%s-%d: broker %d is elected, and broker %d is there and in sync", partition->topic,
		    (int)partition->index, (int)leader, b + 1);
}

/* Somebody of them may have lost something, or says so. */
static bool
is_in_doubt(const struct broker_town *town, const struct cluster_partition *partition,
    const struct brokers_of *before)
{
	for (int b = 0; b < town->broker_count; b++) {
		if (brokers_of_has(before, b) && may_lack(town, partition, b))
			return true;
	}
	return false;
}

static void
begin(struct cluster *cluster, struct cluster_partition *partition, struct ledger_log *log,
    int32_t epoch)
{
	if (partition->is_cut)
		cluster_unclean_is_cut(cluster->town, partition, log);
	ledger_log_is_undecided(log);
	partition->has_unclean = true;
	partition->unclean_epoch = epoch;
	for (int b = 0; b < TOWN_BROKERS; b++)
		partition->heard_us[b] = NEVER;
}

void
cluster_unclean_replicas_written(struct cluster *cluster, struct cluster_partition *partition)
{
	const struct ledger_log *log = cluster_ledger_log(cluster->town, partition);
	unsigned left = 0, gone = 0;

	for (int b = 0; b < cluster->town->broker_count; b++) {
		if (brokers_of_has(&partition->isr, b) && brokers_of_has(&partition->replicas, b))
			left |= 1U << b;
		else if (brokers_of_has(&partition->isr, b))
			gone |= 1U << b;
	}
	if (log != NULL && log->topic->min_isr < 2 && gone != 0 && (left & ~partition->damaged) == 0)
		partition->excused |= left;
}

static void
elected(struct cluster *cluster, struct cluster_partition *partition,
    const struct brokers_of *before, const struct payload_partition_state *state)
{
	struct ledger_log *log = cluster_ledger_log(cluster->town, partition);
	int leader = state->leader - 1;
	bool is_allowed_here = is_allowed(cluster->town, partition, log);
	bool has_lost = (partition->damaged & (1U << leader)) != 0;
	bool is_excused = has_lost && (partition->excused & (1U << leader)) != 0;

	sim_check(cluster->town->sim, !brokers_of_has(before, leader) || partition->recovers ||
	    state->leader_recovery != PAYLOAD_RECOVERING || may_lack(cluster->town, partition, leader),
	    "%s-%d: broker %d is to recover, was in sync, and lacks nothing", partition->topic,
	    (int)partition->index, leader + 1);
	/* What an earlier election has left in the state says nothing of this one. */
	if (brokers_of_has(before, leader) && !(is_allowed_here &&
	    (has_lost || !partition->recovers) && state->leader_recovery == PAYLOAD_RECOVERING)) {
		if (is_excused && !partition->is_cut && log != NULL)
			begin(cluster, partition, log, state->leader_epoch);
		return;
	}
	/* Where who is in sync may lack something the one that has most leads (F17). */
	sim_check(cluster->town->sim, is_allowed_here || is_in_doubt(cluster->town, partition, before),
	    "%s-%d: broker %d is elected, was not in sync, and nobody has asked for it",
	    partition->topic, (int)partition->index, leader + 1);
	if (!is_allowed_here)
		return;
	check_nobody(cluster, partition, before, state->leader);
	broker_town_mark(cluster->town, log->topic->is_unclean ? "an election is unclean" :
	    "an election is unclean by hand");
	begin(cluster, partition, log, state->leader_epoch);
}

void
cluster_unclean_written(struct cluster *cluster, struct cluster_partition *partition,
    const struct brokers_of *before, int32_t epoch, const struct payload_partition_state *state)
{
	look_who_is_registered(cluster);
	look_for_doubts(cluster->town, partition, before);
	if (state->leader >= 1 && state->leader_epoch != epoch && before->count > 0)
		elected(cluster, partition, before, state);
	partition->recovers = state->leader_recovery == PAYLOAD_RECOVERING;
}
