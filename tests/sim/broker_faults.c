#include <stdlib.h>

#include "tests/sim/broker_faults.h"
#include "tests/sim/cluster_bits.h"

enum {
	DOWN_HIGH_US = 3000000,
	CALM_US = 1000000,
	CRASH_CALLS = 60,
};

#define NAME(name, text) text,
const char *const town_fault_names[TOWN_FAULT_COUNT] = { TOWN_FAULT_TABLE(NAME) };
#undef NAME

static struct prng *
prng(struct broker_town *town)
{
	return town_faults_prng(town);
}

struct prng *
town_faults_prng(struct broker_town *town)
{
	struct town_faults *faults = town->faults;

	return faults->is_drawing ? &faults->own : sim_stream(town->sim, SIM_FAULTS);
}

void
town_faults_end_later(struct broker_town *town, int64_t low_us, int64_t high_us,
    void (*end)(struct sim *sim, void *context), void *context)
{
	struct town_faults *faults = town->faults;
	int64_t delay_us = prng_between(prng(town), low_us, high_us);

	faults->until_us = MAX(faults->until_us, town->sim->now_us + delay_us);
	sim_after(town->sim, delay_us, end, context);
}

struct sim_process *
town_faults_some_broker(struct broker_town *town)
{
	return &town->processes[town->broker_count == 1 ? 0 :
	    (int)prng_below(prng(town), (uint64_t)town->broker_count)];
}

/* Of a cluster often the controller: it is to be deposed while it has something to say. */
static struct sim_process *
some_decider(struct broker_town *town)
{
	int controller = town->broker_count == 1 ? -1 : cluster_controller(town);

	return controller >= 0 && prng_chance(prng(town), 1, 3) ? &town->processes[controller] :
	    town_faults_some_broker(town);
}

/* ------------------------------------------------------------- death and life */

static void
start_again(struct sim *sim, void *context)
{
	struct sim_process *process = context;

	broker_town_seat(process)->is_away = false;
	if (process->state == SIM_PROCESS_DOWN && !sim->failed)
		sim_process_start(process);
}

static void
died(struct sim_process *process)
{
	struct town_seat *seat = broker_town_seat(process);
	int64_t away_us = prng_between(sim_stream(process->sim, SIM_FAULTS), 1000, DOWN_HIGH_US);

	process->machine->disk->crash_at = 0;
	town_faults_wipe_if_due(process);
	cluster_bits_died(process);
	seat->is_away = seat->away_us > 0;
	sim_after(process->sim, MAX(away_us, seat->away_us), start_again, process);
	seat->away_us = 0;
}

void
broker_faults_kill(struct sim_process *process)
{
	if (!sim_process_is_up(process))
		return;
	process->sim->crashes++;
	broker_marks_dies(process);
	broker_host_dies(process, false);
	sim_process_kill(process);
}

/* Where it takes what only memory or one disk has, nothing else may go wrong. */
bool
town_faults_may_damage(const struct sim_process *process, enum atlas_damage damage)
{
	struct broker_town *town = broker_town_of(process);

	if (damage == ATLAS_MEMORY && town->ledger.flushes)
		return true;
	if (town->is_strict && damage != ATLAS_BITS)
		return cluster_may_damage(process, damage);
	for (int i = 0; i < town->broker_count; i++) {
		if (town->machines[i].disk->crash_at != 0)
			return false;
	}
	return ((struct town_faults *)town->faults)->until_us + CALM_US < town->sim->now_us &&
	    cluster_may_damage(process, damage);
}

static enum sim_disk_crash
some_loss(struct broker_town *town)
{
	return prng_chance(prng(town), 1, 6) ? SIM_DISK_KEEP_NOTHING : SIM_DISK_KEEP_RANDOM;
}

static void
cut_power(struct sim_process *process, enum sim_disk_crash crash)
{
	struct broker_town *town = broker_town_of(process);
	struct sim_disk *disk = process->machine->disk;
	uint64_t torn = disk->torn_sectors;

	if (!sim_process_is_up(process)) {
		sim_machine_power_cut(process->machine, crash);
		return;
	}
	process->sim->crashes++;
	broker_marks_dies(process);
	broker_host_dies(process, true);
	if (town->is_cluster)
		cluster_power_is_cut(process);
	broker_town_seat(process)->pages_are_lost = false;
	sim_process_power_cut(process, crash);
	if (disk->torn_sectors > torn)
		broker_town_mark(town, "a power cut loses sectors");
}

void
broker_faults_power_cut(struct sim_process *process)
{
	struct broker_town *town = broker_town_of(process);

	if (!sim_process_is_up(process))
		return;
	if (town->is_cluster && !town_faults_may_damage(process, ATLAS_MEMORY))
		broker_faults_kill(process);
	else
		cut_power(process, some_loss(town));
}

/* ------------------------------------------------- last replicas, whole clusters */

static void
cut_last(struct sim *sim UNUSED, void *context)
{
	struct sim_process *process = context;
	struct broker_town *town = broker_town_of(process);

	if (town->phase != TOWN_WORKING || !sim_process_is_up(process))
		return;
	if (town_faults_may_damage(process, ATLAS_MEMORY))
		broker_town_mark(town, "the last replica loses its memory");
	broker_faults_power_cut(process);
}

/* All others are killed; before they are back, mostly, the one that is left loses its memory. */
static void
lose_last_replica(struct broker_town *town)
{
	struct sim_process *last = town_faults_some_broker(town);

	for (int i = 0; i < town->broker_count; i++)
		if (&town->processes[i] != last && !prng_chance(prng(town), 1, 8))
			broker_faults_kill(&town->processes[i]);
	town_faults_end_later(town, 1, prng_chance(prng(town), 1, 2) ? 300000 : 4000000, cut_last, last);
}

/* At one instant, those of brokers that are down too. */
static void
cut_all(struct broker_town *town)
{
	/* Else each disk keeps something else, and three of them most. */
	bool keeps_nothing = prng_chance(prng(town), 1, 2);

	/* What is bad and not yet found counts for a torn end then. */
	if (cluster_has_bad_bits(town))
		return;
	for (int i = 0; i < town->broker_count; i++) {
		town->machines[i].disk->crash_at = 0;
		town->seats[i].wipes = NULL;
		cut_power(&town->processes[i], keeps_nothing ? SIM_DISK_KEEP_NOTHING : some_loss(town));
	}
	broker_town_mark(town, "all machines lose their power");
	if (!town->ledger.flushes)
		cluster_all_are_cut(town);
}

static void
crashed_in_disk_call(struct sim_disk *disk, void *context)
{
	struct sim_process *process = context;
	struct broker_town *town = broker_town_of(process);

	disk->crash_at = 0;
	broker_town_mark(town, "a crash in the middle of a disk call");
	if (prng_chance(prng(town), 1, 3)) {
		broker_faults_kill(process);
		return;
	}
	if (sim_process_is_up(process))
		broker_marks_power_cut(process);
	broker_faults_power_cut(process);
}

/* ------------------------------------------------------------------ faults */

static void
resume(struct sim *sim UNUSED, void *context)
{
	sim_process_resume(context);
}

static void
heal_network(struct sim *sim UNUSED, void *context)
{
	sim_net_heal(&((struct broker_town *)context)->net);
}

static void
pause_for(struct sim_process *process, int64_t high_us)
{
	if (process->state != SIM_PROCESS_UP)
		return;
	sim_process_pause(process);
	town_faults_end_later(broker_town_of(process), 1000, high_us, resume, process);
}

static void
stop(struct sim_process *process)
{
	struct broker_town *town = broker_town_of(process);

	for (int i = 0; i < TOWN_FETCHERS && broker_town_seat(process)->serves; i++) {
		if (town_fetcher_is_parked(town->fetchers[i]))
			broker_town_mark(town, "a clean stop while fetches are parked");
	}
	broker_host_stop(process);
}

static void
crash_soon(struct sim_process *process)
{
	struct sim_disk *disk = process->machine->disk;

	disk->crash_at = disk->operations + 1 + prng_below(prng(broker_town_of(process)), CRASH_CALLS);
	disk->crash_when = (enum sim_disk_when)prng_below(prng(broker_town_of(process)), 3);
}

/* What a replica on its way has to survive: a crash while it is copied, and right after its swap. */
void
broker_faults_moving(struct sim_process *process)
{
	struct broker_town *town = broker_town_of(process);

	if (town->phase == TOWN_WORKING && process->machine->disk->crash_at == 0 &&
	    !(town->is_cluster && cluster_is_fragile(town)) && prng_chance(prng(town), 1, 6))
		crash_soon(process);
}

static void
process_fault(struct broker_town *town, enum town_fault fault)
{
	struct sim_process *broker =
	    fault == FAULT_PAUSE ? some_decider(town) : town_faults_some_broker(town);

	switch (fault) {
	case FAULT_KILL:
		broker_faults_kill(broker);
		break;
	case FAULT_POWER_CUT:
		broker_faults_power_cut(broker);
		break;
	case FAULT_CRASH_IN_DISK_CALL:
		crash_soon(broker);
		break;
	case FAULT_PAUSE:
		pause_for(broker, 9000000);
		break;
	case FAULT_STOP:
		stop(broker);
		break;
	default:
		pause_for(&town->processes[town->broker_count +
		    (int)prng_below(prng(town), TOWN_CLIENTS)], 3000000);
	}
}

/* The other end: a machine of clients, or another broker. */
static int
some_peer(struct broker_town *town, int broker)
{
	int peer;

	if (town->broker_count == 1 || prng_chance(prng(town), 1, 3))
		return town->broker_count + (int)prng_below(prng(town), TOWN_CLIENTS);
	peer = (int)prng_below(prng(town), (uint64_t)town->broker_count - 1);
	return peer < broker ? peer : peer + 1;
}

static void
network_fault(struct broker_town *town, enum town_fault fault)
{
	int broker = town_faults_some_broker(town)->number, peer = some_peer(town, broker);
	bool from_broker = prng_chance(prng(town), 1, 2);
	int from = from_broker ? broker : peer, to = from_broker ? peer : broker;

	switch (fault) {
	case FAULT_ONE_WAY_CUT:
		sim_net_block(&town->net, from, to);
		break;
	case FAULT_CUT:
		sim_net_block_both(&town->net, from, to);
		break;
	case FAULT_CLOG:
		sim_net_clog(&town->net, from, to, prng_between(prng(town), 1000, 2000000));
		return;
	default:
		sim_net_reset_between(&town->net, from, to);
		return;
	}
	town_faults_end_later(town, 1000, 8000000, heal_network, town);
}

/* From everybody else: other brokers, or these and the clients. */
static void
isolate(struct broker_town *town)
{
	int broker = some_decider(town)->number;
	int count = prng_chance(prng(town), 1, 2) ? town->broker_count :
	    town->broker_count + TOWN_CLIENTS;
	bool one_way = prng_chance(prng(town), 1, 3), from_broker = prng_chance(prng(town), 1, 2);

	for (int peer = 0; peer < count; peer++) {
		if (peer == broker)
			continue;
		if (!one_way || from_broker)
			sim_net_block(&town->net, broker, peer);
		if (!one_way || !from_broker)
			sim_net_block(&town->net, peer, broker);
	}
	town_faults_end_later(town, 1000, 12000000, heal_network, town);
}

static void
heal_zookeeper(struct sim *sim UNUSED, void *context)
{
	struct broker_town *town = context;

	for (int server = 0; server < town->servers; server++) {
		for (int broker = 0; broker < town->broker_count; broker++)
			sim_coord_unblock(town->ensemble, broker, server);
		sim_coord_server_up(town->ensemble, server);
	}
}

static void
zookeeper_fault(struct broker_town *town, enum town_fault fault)
{
	bool both_ways = prng_chance(prng(town), 1, 2);
	int broker = town_faults_some_broker(town)->number;

	switch (fault) {
	case FAULT_ZK_CUT:
		for (int server = 0; server < town->servers; server++)
			sim_coord_block(town->ensemble, broker, server, true, both_ways);
		break;
	case FAULT_ZK_RESET:
		sim_coord_reset(town->ensemble, broker);
		return;
	default:
		for (int i = prng_chance(prng(town), 1, 2) ? 1 : town->servers; i > 0; i--)
			sim_coord_server_down(town->ensemble,
			    (int)prng_below(prng(town), (uint64_t)town->servers));
	}
	town_faults_end_later(town, 10000, 12000000, heal_zookeeper, town);
}

static void
move_clock(struct broker_town *town)
{
	static const int64_t hours[] = { -365 * 24, -1, 1 };

	town_faults_some_broker(town)->machine->wall_start_ms +=
	    hours[prng_below(prng(town), ARRAY_LENGTH(hours))] * 3600000;
}

static void
begin(struct town_faults *faults, enum town_fault fault)
{
	if (fault == FAULT_CLOCK)
		move_clock(faults->town);
	else if (fault == FAULT_ISOLATE)
		isolate(faults->town);
	else if (fault == FAULT_LAST_REPLICA)
		lose_last_replica(faults->town);
	else if (fault == FAULT_POWER_CUT_OF_ALL)
		cut_all(faults->town);
	else if (fault == FAULT_LAST_IN_SYNC)
		town_faults_lose_last_in_sync(faults->town);
	else if (fault == FAULT_BITS)
		cluster_bits_flip(faults->town);
	else if (fault >= FAULT_NO_SPACE)
		town_faults_of_disk(faults->town, fault);
	else if (fault >= FAULT_ZK_CUT)
		zookeeper_fault(faults->town, fault);
	else if (fault >= FAULT_CUT)
		network_fault(faults->town, fault);
	else
		process_fault(faults->town, fault);
}

/* What a fault draws is its own: without it the others stay as they are. */
void
town_faults_happen(struct town_faults *faults, enum town_fault fault, uint64_t seed)
{
	struct sim *sim = faults->town->sim;

	if (faults->town->is_cluster && cluster_is_fragile(faults->town))
		return;
	sim_decided(sim, (int)fault, seed);
	sim_trace(sim, "fault %s", town_fault_names[fault]);
	prng_init(&faults->own, seed);
	faults->is_drawing = true;
	begin(faults, fault);
	faults->is_drawing = false;
}

static void
some_fault(struct sim *sim, void *context)
{
	struct town_faults *faults = context;
	enum town_fault fault = (enum town_fault)prng_below(&faults->choices, TOWN_FAULTS_DRAWN);
	uint64_t seed = prng_next(&faults->choices);

	if (faults->town->phase != TOWN_WORKING)
		return;
	if (faults->enabled[fault])
		town_faults_happen(faults, fault, seed);
	sim_after(sim, prng_between(&faults->choices, 100000, 2200000), some_fault, faults);
}

/* Those of the plan, one after the other. */
static void
next_fault(struct sim *sim, void *context)
{
	struct town_faults *faults = context;
	const struct sim_decision *decision = &sim->plan->decisions[faults->next++];

	if (faults->town->phase != TOWN_WORKING)
		return;
	town_faults_happen(faults, (enum town_fault)decision->what, decision->seed);
	if (faults->next < sim->plan->count)
		sim_after(sim, MAX((int64_t)1, decision[1].at_us - sim->now_us), next_fault, faults);
}

static void
begin_plan(struct broker_town *town, struct town_faults *faults)
{
	if (town->sim->plan->count > 0)
		sim_after(town->sim, MAX((int64_t)1, town->sim->plan->decisions[0].at_us), next_fault,
		    faults);
}

static void
make_disk(struct sim_process *process)
{
	struct broker_town *town = broker_town_of(process);
	struct sim_disk *disk = process->machine->disk;

	disk->ordered_journal = prng_chance(prng(town), 1, 2);
	disk->write_back = prng_chance(prng(town), 1, 2) ? 50 : 0;
	disk->short_write = prng_chance(prng(town), 1, 3) ? 100 : 0;
	disk->evict = prng_chance(prng(town), 1, 3) ? 100 : 0;
	town_faults_normal_speed(process);
	disk->is_for_workers = true;
	disk->crashed = crashed_in_disk_call;
	disk->crashed_context = process;
}

static void
make_zookeeper(struct broker_town *town)
{
	struct sim_coord_faults *knobs = sim_coord_faults(town->ensemble);

	if (prng_chance(prng(town), 1, 2))
		knobs->lose_reply = (int)prng_below(prng(town), 40);
	if (prng_chance(prng(town), 1, 2))
		knobs->lose_request = (int)prng_below(prng(town), 40);
	knobs->lose_on_break = 500;
}

/* What a cluster is not asked to live through yet; README says why. */
static bool
is_served(const struct broker_town *town, enum town_fault fault)
{
	switch (fault) {
	case FAULT_ISOLATE:
		return town->broker_count > 1;
	case FAULT_LAST_REPLICA:
		return town->is_strict;
	case FAULT_POWER_CUT_OF_ALL:
	case FAULT_WIPED_DISK:
		return town->is_cluster;
	case FAULT_LOST_DIR:
		return town->is_cluster && town->seats[0].config->logs.dir_count > 1;
	case FAULT_SYNC_ERROR:
		/* What a replica has lost so is not repaired from its peers yet (F15). */
		return !town->is_cluster;
	default:
		return true;
	}
}

void
broker_faults_begin(struct broker_town *town)
{
	struct town_faults *faults = sim_memory_new(sizeof(*faults));

	faults->town = town;
	town->faults = faults;
	prng_init(&faults->choices, prng_next(prng(town)));
	for (int i = 0; i < TOWN_FAULTS_DRAWN; i++)
		faults->enabled[i] = prng_chance(prng(town), 1, 2) && is_served(town, (enum town_fault)i);
	/* Each run has a crash. */
	if (!faults->enabled[FAULT_POWER_CUT])
		faults->enabled[FAULT_KILL] = true;
	for (int i = 0; i < town->broker_count; i++) {
		town->processes[i].died = died;
		make_disk(&town->processes[i]);
	}
	make_zookeeper(town);
	town_faults_aim(faults);
	if (town->sim->plan != NULL)
		begin_plan(town, faults);
	else
		sim_after(town->sim, prng_between(&faults->choices, 3000000, 6000000), some_fault, faults);
}

void
broker_faults_heal(struct broker_town *town)
{
	for (int i = 0; i < town->broker_count; i++) {
		struct sim_disk *disk = town->machines[i].disk;

		disk->crash_at = disk->sync_error_at = 0;
		disk->short_write = disk->write_error = disk->sync_error = 0;
		disk->write_back_error = 0;
		/* A sync that has begun hangs until then. */
		town->healed_us = MAX(town->healed_us, disk->hangs_until_us);
		disk->hangs_until_us = 0;
		disk->capacity = INT64_MAX;
		town_faults_heal_disk(&town->processes[i]);
		town->seats[i].away_us = 0;
		if (town->seats[i].is_away)
			start_again(town->sim, &town->processes[i]);
	}
	sim_net_heal(&town->net);
	sim_coord_heal(town->ensemble);
	for (int i = 0; i < town->broker_count + TOWN_CLIENTS; i++)
		sim_process_resume(&town->processes[i]);
}

void
broker_faults_end(struct broker_town *town)
{
	free(town->faults);
}
