/*
 * Scenario `groups`: coordinators die, move, and have slow or failing logs;
 * afterwards every group has to settle. Members check what they are told: no
 * generation has two assignments (I37), no committed offset is older than the
 * last one acknowledged, no commit of an older generation is taken (I38), and
 * nobody is forgotten whose session runs.
 */
#include "tests/sim/groups_town.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "tests/sim/scenario.h"
#include "wire/batch.h"

enum {
	WORK_US = 90000000,
	HEALED_US = 120000000, /* after the faults everything has to be well within */
};

static struct prng *
faults(struct town *town)
{
	return sim_stream(town->sim, SIM_FAULTS);
}

/* ----------------------------------------------------------------- leaders */

/* What was not acknowledged may be lost with its leader: from some batch on. */
static void
cut_tail(struct town *town, struct town_log *log)
{
	struct batch_cursor cursor;
	struct batch_view view;

	batch_cursor_init(&cursor, slice_of(log->bytes, log->size));
	while (batch_cursor_next(&cursor, &view) == ERROR_NONE) {
		if (view.position < log->acked_size || !prng_chance(faults(town), 1, 2))
			continue;
		log->size = view.position;
		log->end_offset = view.base_offset;
		sim_mark(town->sim, "an unacknowledged tail is lost");
		return;
	}
}

static void
lead(struct town *town, int partition, int broker)
{
	struct town_log *log = &town->logs[partition];

	if (log->leader != broker)
		cut_tail(town, log);
	log->leader = broker;
	log->epoch++;
	sim_trace(town->sim, "broker %d leads %d, epoch %d", broker, partition, (int)log->epoch);
}

/* A partition without a leader gets one that is alive. */
static void
elect(struct sim *sim, void *context)
{
	struct town *town = context;

	if (sim->failed)
		return;
	for (int p = 0; p < TOWN_PARTITIONS; p++) {
		int broker = (int)prng_below(faults(town), TOWN_BROKERS);

		if (town->logs[p].leader == -1 && sim_process_is_up(&town->processes[broker]))
			lead(town, p, broker);
	}
	sim_after(sim, prng_between(faults(town), 50000, town->is_healed ? 200000 : 1500000), elect,
	    town);
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
	struct town_broker *broker = process->scenario;
	struct town *town = broker->town;

	town_clients_lost(town, broker->number);
	for (int p = 0; p < TOWN_PARTITIONS; p++) {
		if (town->logs[p].leader == broker->number)
			town->logs[p].leader = -1;
	}
	sim_after(town->sim, prng_between(faults(town), 1000, 3000000), start_again, process);
}

/* ------------------------------------------------------------------ faults */

static void
well_again(struct sim *sim UNUSED, void *context)
{
	struct town *town = context;

	town->refuses_appends = false;
	town->is_slow = false;
}

static void
some_fault(struct sim *sim, void *context)
{
	struct town *town = context;
	int partition = (int)prng_below(faults(town), TOWN_PARTITIONS);
	int broker = (int)prng_below(faults(town), TOWN_BROKERS);

	if (town->is_healed)
		return;
	switch (prng_below(faults(town), 6)) {
	case 0:
		sim_mark(sim, "a coordinator is killed");
		sim_process_kill(&town->processes[broker]);
		break;
	case 1:
		if (town->logs[partition].leader < 0 || !sim_process_is_up(&town->processes[broker]))
			break;
		sim_mark(sim, town->logs[partition].leader == broker ?
		    "a coordinator goes on in another epoch" : "a coordinator moves");
		lead(town, partition, broker);
		break;
	case 2:
		town->refuses_appends = true;
		sim_after(sim, prng_between(faults(town), 100000, 3000000), well_again, town);
		break;
	case 3:
		town->is_slow = true;
		sim_after(sim, prng_between(faults(town), 100000, 3000000), well_again, town);
		break;
	default:
		break;
	}
	sim_after(sim, prng_between(faults(town), 500000, 8000000), some_fault, town);
}

/* ------------------------------------------------------------- making it */

static void
make_clients(struct town *town)
{
	for (int i = 0; i < TOWN_CLIENTS; i++) {
		struct town_client *client = &town->clients[i];

		*client = (struct town_client){ .town = town, .number = i, .group = i / TOWN_MEMBERS,
			.is_static = i % TOWN_MEMBERS == 0 && prng_chance(faults(town), 1, 2),
			.synced_generation = -1, .committed = -1, .tried = -1 };
		snprintf(client->name, sizeof(client->name), "client%d", i);
	}
}

static void
make_town(struct town *town, struct sim *sim)
{
	static const char *const names[TOWN_BROKERS] = { "broker0", "broker1" };

	town->sim = sim;
	town->config.groups = (struct broker_groups){
		.initial_rebalance_delay_ms = prng_chance(faults(town), 1, 2) ? 0 : 3000,
		.min_session_timeout_ms = 6000,
		.max_session_timeout_ms = 1800000,
		.max_size = INT32_MAX,
		.offset_metadata_max_bytes = 4096,
		.offsets_commit_timeout_ms = 5000,
		.offsets_retention_ms = 604800000,
		.offsets_retention_check_interval_ms = 20000,
	};
	sim_net_init(&town->net, sim);
	make_clients(town);
	for (int p = 0; p < TOWN_PARTITIONS; p++)
		town->logs[p].leader = -1;
	for (int i = 0; i < TOWN_BROKERS; i++) {
		struct sim_process *process = &town->processes[i];
		struct town_broker *broker = memory_new(sizeof(*broker));

		*broker = (struct town_broker){ .town = town, .number = i };
		sim_machine_init(&town->machines[i], sim, &town->net, i);
		sim_process_init(process, &town->machines[i], names[i], i, 2, town_broker_boot);
		process->scenario = broker;
		process->died = died;
		sim_process_start(process);
	}
	elect(sim, town);
	some_fault(sim, town);
}

static void
free_town(struct town *town)
{
	for (int i = 0; i < TOWN_BROKERS; i++) {
		sim_process_fini(&town->processes[i]);
		free(town->processes[i].scenario);
	}
	for (int i = 0; i < TOWN_BROKERS; i++)
		sim_machine_fini(&town->machines[i]);
	sim_net_fini(&town->net);
	free(town);
}

/* ------------------------------------------------------------------ the end */

/* I39: everybody is in the same generation, and all partitions have an owner. */
static bool
group_is_well(const struct town *town, int group)
{
	const struct town_client *clients = &town->clients[(ptrdiff_t)group * TOWN_MEMBERS];
	unsigned owned = 0;

	for (int i = 0; i < TOWN_MEMBERS; i++) {
		if (clients[i].phase != TOWN_STEADY || clients[i].generation != clients[0].generation ||
		    (owned & clients[i].assigned) != 0)
			return false;
		owned |= clients[i].assigned;
	}
	return owned == (1U << TOWN_ASSIGNED) - 1;
}

static bool
all_is_well(const struct town *town)
{
	for (int group = 0; group < TOWN_GROUPS; group++) {
		if (!group_is_well(town, group))
			return false;
	}
	return true;
}

static void
heal(struct town *town)
{
	town->is_healed = true;
	town->refuses_appends = false;
	town->is_slow = false;
}

static void
run(struct sim *sim)
{
	struct town *town = memory_new(sizeof(*town));
	int64_t until_us;

	make_town(town, sim);
	sim_run(sim, WORK_US);
	heal(town);
	until_us = sim->now_us + HEALED_US;
	while (!sim->failed && !sim->stopped && !all_is_well(town) && sim->now_us < until_us)
		sim_run(sim, sim->now_us + 500000);
	sim_check(sim, sim->stopped || all_is_well(town), "the groups do not settle");
	free_town(town);
}

static const char *const marks[] = {
	"a coordinator is killed",
	"a coordinator moves",
	"a coordinator goes on in another epoch",
	"a rebalance is cut by a crash",
	"a call comes while a shard loads",
	"a log cannot be read",
	"a silent member is expelled",
	"an append is refused",
	"an append takes too long",
	"an unacknowledged tail is lost",
};

const struct scenario scenario_groups = {
	.name = "groups",
	.marks = marks,
	.mark_count = ARRAY_LENGTH(marks),
	.run = run,
};
