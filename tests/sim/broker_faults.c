#include <stdlib.h>

#include "tests/sim/broker_town.h"
#include "tests/sim/cluster.h"

/* Each seed has some of these. */
enum fault {
	FAULT_KILL,
	FAULT_POWER_CUT,
	FAULT_CRASH_IN_DISK_CALL,
	FAULT_PAUSE,
	FAULT_STOP,
	FAULT_PAUSE_CLIENTS,
	FAULT_CUT,
	FAULT_ONE_WAY_CUT,
	FAULT_CLOG,
	FAULT_RESET,
	FAULT_NO_SPACE,
	FAULT_WRITE_ERROR,
	FAULT_SYNC_ERROR,
	FAULT_ZK_CUT,
	FAULT_ZK_RESET,
	FAULT_ZK_SERVER,
	FAULT_CLOCK,
	FAULT_ISOLATE,
	FAULT_LAST_REPLICA,
	FAULT_POWER_CUT_OF_ALL,
	FAULT_COUNT,
};

enum {
	DOWN_HIGH_US = 3000000,
	CALM_US = 1000000,
	CRASH_CALLS = 60,
	SPACE_LEFT_MAX = 60000, /* bytes */
};

struct faults {
	struct broker_town *town;
	bool enabled[FAULT_COUNT];
	int64_t until_us; /* when all that was begun so far has ended */
};

static struct prng *
prng(const struct broker_town *town)
{
	return sim_stream(town->sim, SIM_FAULTS);
}

/* It ends by itself. */
static void
end_later(struct broker_town *town, int64_t low_us, int64_t high_us,
    void (*end)(struct sim *sim, void *context), void *context)
{
	struct faults *faults = town->faults;
	int64_t delay_us = prng_between(prng(town), low_us, high_us);

	faults->until_us = MAX(faults->until_us, town->sim->now_us + delay_us);
	sim_after(town->sim, delay_us, end, context);
}

/* One of the brokers. */
static struct sim_process *
some_broker(struct broker_town *town)
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
	    some_broker(town);
}

/* ------------------------------------------------------------- death and life */

static void
start_again(struct sim *sim, void *context)
{
	struct sim_process *process = context;

	if (process->state == SIM_PROCESS_DOWN && !sim->failed)
		sim_process_start(process);
}

static void
died(struct sim_process *process)
{
	process->machine->disk->crash_at = 0;
	sim_after(process->sim, prng_between(sim_stream(process->sim, SIM_FAULTS), 1000,
	    DOWN_HIGH_US), start_again, process);
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

/* Where it takes what only memory has, nothing else may go wrong. */
static bool
may_cut_power(const struct sim_process *process)
{
	struct broker_town *town = broker_town_of(process);

	if (town->ledger.flushes)
		return true;
	if (town->is_strict)
		return cluster_may_cut_power(process);
	for (int i = 0; i < town->broker_count; i++) {
		if (town->machines[i].disk->crash_at != 0)
			return false;
	}
	return ((struct faults *)town->faults)->until_us + CALM_US < town->sim->now_us &&
	    cluster_may_cut_power(process);
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
	if (town->is_cluster && !may_cut_power(process))
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
	if (may_cut_power(process))
		broker_town_mark(town, "the last replica loses its memory");
	broker_faults_power_cut(process);
}

/* All others are killed; before they are back, mostly, the one that is left loses its memory. */
static void
lose_last_replica(struct broker_town *town)
{
	struct sim_process *last = some_broker(town);

	for (int i = 0; i < town->broker_count; i++)
		if (&town->processes[i] != last && !prng_chance(prng(town), 1, 8))
			broker_faults_kill(&town->processes[i]);
	end_later(town, 1, prng_chance(prng(town), 1, 2) ? 300000 : 4000000, cut_last, last);
}

/* At one instant, those of brokers that are down too. */
static void
cut_all(struct broker_town *town)
{
	/* Else each disk keeps something else, and three of them most. */
	bool keeps_nothing = prng_chance(prng(town), 1, 2);

	for (int i = 0; i < town->broker_count; i++) {
		town->machines[i].disk->crash_at = 0;
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
	end_later(broker_town_of(process), 1000, high_us, resume, process);
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
process_fault(struct broker_town *town, enum fault fault)
{
	struct sim_process *broker = fault == FAULT_PAUSE ? some_decider(town) : some_broker(town);

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
network_fault(struct broker_town *town, enum fault fault)
{
	int broker = some_broker(town)->number, peer = some_peer(town, broker);
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
	end_later(town, 1000, 8000000, heal_network, town);
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
	end_later(town, 1000, 12000000, heal_network, town);
}

/* What has failed in a log dir stays so until a restart. */
static void
heal_disk(struct sim *sim UNUSED, void *context)
{
	struct sim_process *process = context;
	struct sim_disk *disk = process->machine->disk;

	disk->capacity = INT64_MAX;
	disk->write_error = disk->sync_error = disk->write_back_error = 0;
	if (broker_host_has_failed_dir(process) && prng_chance(prng(broker_town_of(process)), 2, 3))
		broker_host_stop(process);
}

static void
disk_fault(struct broker_town *town, enum fault fault)
{
	struct sim_process *process = some_broker(town);
	struct sim_disk *disk = process->machine->disk;
	int64_t high_us = 1500000;

	switch (fault) {
	case FAULT_NO_SPACE:
		disk->capacity = disk->pages_used * SIM_PAGE_SIZE +
		    prng_between(prng(town), 0, SPACE_LEFT_MAX);
		high_us = 6000000;
		break;
	case FAULT_WRITE_ERROR:
		disk->write_error = (int)prng_between(prng(town), 1, 100);
		break;
	default:
		disk->failed_sync_drops = prng_chance(prng(town), 1, 3);
		broker_town_seat(process)->sync_has_failed = true;
		disk->sync_error_at = disk->operations + (uint64_t)prng_between(prng(town), 1, 20);
		if (prng_chance(prng(town), 2, 3))
			return; /* one of them */
		disk->sync_error = (int)prng_between(prng(town), 10, 400);
		disk->write_back_error = disk->sync_error / 2;
	}
	end_later(town, 10000, high_us, heal_disk, process);
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
zookeeper_fault(struct broker_town *town, enum fault fault)
{
	bool both_ways = prng_chance(prng(town), 1, 2);
	int broker = some_broker(town)->number;

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
	end_later(town, 10000, 12000000, heal_zookeeper, town);
}

static void
move_clock(struct broker_town *town)
{
	static const int64_t hours[] = { -365 * 24, -1, 1 };

	some_broker(town)->machine->wall_start_ms +=
	    hours[prng_below(prng(town), ARRAY_LENGTH(hours))] * 3600000;
}

static void
some_fault(struct sim *sim, void *context)
{
	struct faults *faults = context;
	enum fault fault = (enum fault)prng_below(prng(faults->town), FAULT_COUNT);

	if (faults->town->phase != TOWN_WORKING)
		return;
	if (faults->enabled[fault] && !(faults->town->is_cluster && cluster_is_fragile(faults->town))) {
		sim_trace(sim, "fault %d", (int)fault);
		if (fault == FAULT_CLOCK)
			move_clock(faults->town);
		else if (fault == FAULT_ISOLATE)
			isolate(faults->town);
		else if (fault == FAULT_LAST_REPLICA)
			lose_last_replica(faults->town);
		else if (fault == FAULT_POWER_CUT_OF_ALL)
			cut_all(faults->town);
		else if (fault >= FAULT_ZK_CUT)
			zookeeper_fault(faults->town, fault);
		else if (fault >= FAULT_NO_SPACE)
			disk_fault(faults->town, fault);
		else if (fault >= FAULT_CUT)
			network_fault(faults->town, fault);
		else
			process_fault(faults->town, fault);
	}
	sim_after(sim, prng_between(prng(faults->town), 100000, 2200000), some_fault, faults);
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
	disk->sync_us = prng_between(prng(town), 100, 20000);
	disk->write_us = 20;
	disk->read_us = 200;
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
is_served(const struct broker_town *town, enum fault fault)
{
	switch (fault) {
	case FAULT_ISOLATE:
		return town->broker_count > 1;
	case FAULT_LAST_REPLICA:
		return town->is_strict;
	case FAULT_POWER_CUT_OF_ALL:
		return town->is_cluster;
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
	struct faults *faults = sim_memory_new(sizeof(*faults));

	faults->town = town;
	town->faults = faults;
	for (int i = 0; i < FAULT_COUNT; i++)
		faults->enabled[i] = prng_chance(prng(town), 1, 2) && is_served(town, (enum fault)i);
	/* Each run has a crash. */
	if (!faults->enabled[FAULT_POWER_CUT])
		faults->enabled[FAULT_KILL] = true;
	for (int i = 0; i < town->broker_count; i++) {
		town->processes[i].died = died;
		make_disk(&town->processes[i]);
	}
	make_zookeeper(town);
	sim_after(town->sim, prng_between(prng(town), 3000000, 6000000), some_fault, faults);
}

void
broker_faults_heal(struct broker_town *town)
{
	for (int i = 0; i < town->broker_count; i++) {
		struct sim_disk *disk = town->machines[i].disk;

		disk->crash_at = disk->sync_error_at = 0;
		disk->short_write = disk->write_error = disk->sync_error = 0;
		disk->write_back_error = 0;
		disk->capacity = INT64_MAX;
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
