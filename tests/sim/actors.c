#include "tests/sim/actors.h"

#include <string.h>

#include "tests/sim/scenario.h"

enum {
	HEALED_US = 60000000, /* after the faults everything has to be answered within */
	GROUPS = 2,            /* of senders, each a process */
	MACHINES = ACTORS_SERVERS + GROUPS,
};

/* Each seed has some of these. */
enum fault {
	FAULT_KILL,
	FAULT_POWER_CUT,
	FAULT_PAUSE,
	FAULT_ONE_WAY_CUT,
	FAULT_CUT,
	FAULT_CLOG,
	FAULT_RESET,
	FAULT_FAILING_SYNC,
	FAULT_CRASH_IN_DISK_CALL,
	FAULT_KILL_SENDERS,
	FAULT_COUNT,
};

struct town {
	struct sim *sim;
	struct sim_net net;
	struct sim_machine machines[MACHINES];
	struct sim_process processes[MACHINES]; /* servers first */
	struct bank banks[ACTORS_SERVERS];
	struct sender_group groups[GROUPS];
	char names[MACHINES][24];
	bool enabled[FAULT_COUNT];
	bool healed;
};

int64_t
bank_amount(uint64_t sender, uint64_t account, uint64_t sequence)
{
	return (int64_t)((sender * 7 + account * 13 + sequence * 5) % 97) + 1;
}

int64_t
bank_balance(uint64_t account, const uint64_t last[ACTORS_SENDERS])
{
	int64_t balance = 0;

	for (uint64_t sender = 0; sender < ACTORS_SENDERS; sender++) {
		for (uint64_t sequence = 1; sequence <= last[sender]; sequence++)
			balance += bank_amount(sender, account, sequence);
	}
	return balance;
}

static struct prng *
faults(struct town *town)
{
	return sim_stream(town->sim, SIM_FAULTS);
}

static int
any_machine(struct town *town)
{
	return (int)prng_below(faults(town), MACHINES);
}

static struct sim_process *
any_server(struct town *town)
{
	return &town->processes[prng_below(faults(town), ACTORS_SERVERS)];
}

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
	sim_after(process->sim, prng_between(sim_stream(process->sim, SIM_FAULTS), 1000, 2000000),
	    start_again, process);
}

static void
resume(struct sim *sim UNUSED, void *context)
{
	sim_process_resume(context);
}

static void
heal_network(struct sim *sim UNUSED, void *context)
{
	sim_net_heal(&((struct town *)context)->net);
}

static void
heal_disk(struct sim *sim UNUSED, void *context)
{
	((struct sim_process *)context)->machine->disk->sync_error = 0;
}

static void
crashed_in_disk_call(struct sim_disk *disk, void *context)
{
	struct sim_process *process = context;

	disk->crash_at = 0;
	sim_mark(process->sim, "a crash in the middle of a disk call");
	if (prng_chance(sim_stream(process->sim, SIM_FAULTS), 1, 2))
		sim_process_power_cut(process, SIM_DISK_KEEP_RANDOM);
	else
		sim_process_kill(process);
}

static void
power_cut(struct town *town, struct sim_process *server)
{
	uint64_t torn = server->machine->disk->torn_sectors;

	if (!sim_process_is_up(server))
		return;
	sim_process_power_cut(server, SIM_DISK_KEEP_RANDOM);
	if (server->machine->disk->torn_sectors > torn)
		sim_mark(town->sim, "a power cut loses sectors");
}

static void
disk_fault(struct town *town, enum fault fault)
{
	struct sim_process *server = any_server(town);
	struct sim_disk *disk = server->machine->disk;

	if (fault == FAULT_FAILING_SYNC) {
		disk->failed_sync_drops = prng_chance(faults(town), 1, 2);
		disk->sync_error = 200;
		sim_after(town->sim, 500000, heal_disk, server);
		return;
	}
	disk->crash_at = disk->operations + 1 + prng_below(faults(town), 40);
	disk->crash_when = (enum sim_disk_when)prng_below(faults(town), 3);
}

static void
process_fault(struct town *town, enum fault fault)
{
	struct sim_process *server = any_server(town);

	switch (fault) {
	case FAULT_KILL:
		sim_process_kill(server);
		break;
	case FAULT_POWER_CUT:
		power_cut(town, server);
		break;
	case FAULT_PAUSE:
		if (server->state != SIM_PROCESS_UP)
			break;
		sim_process_pause(server);
		sim_mark(town->sim, "a server is paused");
		sim_after(town->sim, prng_between(faults(town), 1000, 6000000), resume, server);
		break;
	default:
		sim_process_kill(&town->processes[ACTORS_SERVERS + prng_below(faults(town), GROUPS)]);
	}
}

static void
network_fault(struct town *town, enum fault fault)
{
	int a = any_machine(town), b = any_machine(town);

	switch (fault) {
	case FAULT_ONE_WAY_CUT:
		sim_net_block(&town->net, a, b);
		break;
	case FAULT_CUT:
		sim_net_block_both(&town->net, a, b);
		break;
	case FAULT_CLOG:
		sim_net_clog(&town->net, a, b, prng_between(faults(town), 1000, 2000000));
		return;
	default:
		sim_net_reset_between(&town->net, a, b);
		return;
	}
	sim_after(town->sim, prng_between(faults(town), 1000, 8000000), heal_network, town);
}

static void
some_fault(struct sim *sim, void *context)
{
	struct town *town = context;
	enum fault fault = (enum fault)prng_below(faults(town), FAULT_COUNT);

	if (town->healed)
		return;
	if (town->enabled[fault]) {
		sim_trace(sim, "fault %d", (int)fault);
		if (fault == FAULT_FAILING_SYNC || fault == FAULT_CRASH_IN_DISK_CALL)
			disk_fault(town, fault);
		else if (fault >= FAULT_ONE_WAY_CUT && fault <= FAULT_RESET)
			network_fault(town, fault);
		else
			process_fault(town, fault);
	}
	sim_after(sim, prng_between(faults(town), 10000, 1000000), some_fault, town);
}

static void
make_disk(struct sim *sim, struct sim_process *process)
{
	struct prng *prng = sim_stream(sim, SIM_FAULTS);
	struct sim_disk *disk = process->machine->disk;

	disk->ordered_journal = prng_chance(prng, 1, 2);
	disk->write_back = prng_chance(prng, 1, 2) ? 50 : 0;
	disk->short_write = prng_chance(prng, 1, 2) ? 100 : 0;
	disk->sync_us = prng_between(prng, 100, 20000);
	disk->write_us = 20;
	disk->read_us = 200;
	disk->crashed = crashed_in_disk_call;
	disk->crashed_context = process;
}

static void
make_process(struct town *town, int i)
{
	struct sim_process *process = &town->processes[i];
	int loops = (int)prng_between(sim_stream(town->sim, SIM_SCHEDULE), 2, 3);
	bool is_server = i < ACTORS_SERVERS;

	snprintf(town->names[i], sizeof(town->names[i]), "%s%d", is_server ? "server" : "senders", i);
	sim_machine_init(&town->machines[i], town->sim, &town->net, i);
	sim_process_init(process, &town->machines[i], town->names[i], i, loops,
	    is_server ? bank_server_boot : sender_boot);
	process->died = died;
	if (is_server) {
		town->banks[i].sim = town->sim;
		town->banks[i].slow_accounts = prng_chance(faults(town), 1, 2);
		process->scenario = &town->banks[i];
		make_disk(town->sim, process);
	} else {
		process->scenario = &town->groups[i - ACTORS_SERVERS];
	}
}

static void
make_senders(struct town *town)
{
	struct prng *prng = sim_stream(town->sim, SIM_WORKLOAD);

	for (int server = 0; server < ACTORS_SERVERS; server++) {
		for (int i = 0; i < ACTORS_SENDERS; i++) {
			struct sender_group *group = &town->groups[prng_below(prng, GROUPS)];

			group->senders[group->count++] = (struct sender){
				.bank = &town->banks[server],
				.number = i,
				.server_machine = server,
				.commands = (uint64_t)prng_between(prng, 50, 400),
				.window = (uint64_t)prng_between(prng, 1, 16),
			};
		}
	}
}

static void
make_town(struct town *town, struct sim *sim)
{
	static const size_t buffer_sizes[] = { 64, 512, 4096, 65536 };
	struct prng *prng = sim_stream(sim, SIM_NET);

	*town = (struct town){ .sim = sim };
	sim_net_init(&town->net, sim);
	town->net.buffer_size = buffer_sizes[prng_below(prng, ARRAY_LENGTH(buffer_sizes))];
	town->net.short_transfer = prng_chance(prng, 1, 2) ? 200 : 0;
	town->net.refuse_accept = prng_chance(prng, 1, 4) ? 200 : 0;
	town->net.delay_high_us = prng_between(prng, 100, 20000);
	for (int i = 0; i < FAULT_COUNT; i++)
		town->enabled[i] = prng_chance(faults(town), 1, 2);
	for (int i = 0; i < MACHINES; i++)
		make_process(town, i);
	make_senders(town);
	for (int i = 0; i < MACHINES; i++)
		sim_process_start(&town->processes[i]);
	some_fault(sim, town);
}

static bool
all_done(const struct town *town)
{
	for (int g = 0; g < GROUPS; g++) {
		for (int i = 0; i < town->groups[g].count; i++) {
			if (!sender_is_done(&town->groups[g].senders[i]))
				return false;
		}
	}
	return true;
}

static bool
all_up(const struct town *town)
{
	for (int i = 0; i < ACTORS_SERVERS; i++) {
		if (town->processes[i].application == NULL)
			return false;
	}
	return true;
}

/* From now on nothing fails, so everything has to be answered in the end. */
static void
heal(struct town *town)
{
	town->healed = true;
	sim_net_heal(&town->net);
	for (int i = 0; i < MACHINES; i++) {
		struct sim_disk *disk = town->machines[i].disk;

		disk->sync_error = disk->short_write = 0;
		disk->crash_at = 0;
		sim_process_resume(&town->processes[i]);
	}
}

static void
check_at_end(struct town *town)
{
	sim_check(town->sim, all_done(town), "commands are unanswered though all is well");
	/* Messages to the counters may still be under way. */
	sim_run(town->sim, town->sim->now_us + 1000000);
	for (int i = 0; i < ACTORS_SERVERS && !town->sim->failed; i++)
		bank_server_check(&town->processes[i]);
}

static void
run(struct sim *sim)
{
	struct town town;
	int64_t until_us;

	make_town(&town, sim);
	sim_run(sim, ACTORS_WORK_US);
	heal(&town);
	until_us = sim->now_us + HEALED_US;
	while (!sim->failed && !sim->stopped && !(all_done(&town) && all_up(&town)) &&
	    sim->now_us < until_us)
		sim_run(sim, sim->now_us + 500000);
	if (!sim->failed && !sim->stopped)
		check_at_end(&town);
	for (int i = 0; i < MACHINES; i++)
		sim_process_fini(&town.processes[i]);
	for (int i = 0; i < MACHINES; i++)
		sim_machine_fini(&town.machines[i]);
	sim_net_fini(&town.net);
}

static const char *const marks[] = {
	"a command comes twice",
	"an account waits for a worker",
	"a sync fails",
	"a torn record is cut",
	"a sender connects again",
	"a crash in the middle of a disk call",
	"a power cut loses sectors",
	"a server is paused",
	"an accept fails",
};

const struct scenario scenario_actors = {
	.name = "actors",
	.marks = marks,
	.mark_count = ARRAY_LENGTH(marks),
	.run = run,
};
