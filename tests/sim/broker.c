/*
 * Scenario `broker`: one whole broker and its clients, while it is killed,
 * loses its power, stops, and the network fails. See broker_town.h.
 */
#include "tests/sim/broker_faults.h"
#include "tests/sim/scenario.h"

enum {
	WORK_US = 60000000,
	LIVE_US = 26000000, /* healed, and still used */
};

static void
run(struct sim *sim)
{
	struct broker_town *town = sim_memory_new(sizeof(*town));

	town->broker_count = 1;
	broker_town_begin(town, sim);
	sim_run(sim, sim_work_us(sim, WORK_US));
	if (broker_town_goes_on(town))
		broker_town_heal(town);
	sim_run(sim, sim->now_us + LIVE_US);
	town->phase = TOWN_FINISHING;
	broker_town_expect(town, broker_town_producers_are_quiet, "records are not acknowledged");
	broker_town_expect(town, town_groups_are_well, "the groups do not settle");
	town->phase = TOWN_READING;
	broker_town_expect(town, broker_town_is_read, "the logs are not served");
	broker_marks_end(town);
	if (broker_town_goes_on(town)) {
		broker_host_check_registration(&town->processes[0]);
		ledger_check_orders(&town->ledger);
		town->processes[0].died = NULL;
		broker_host_stop(&town->processes[0]);
	}
	broker_town_expect(town, broker_town_is_down, "the broker does not stop");
	broker_town_end(town);
}

static const char *const marks[] = {
	"a batch of an earlier life is answered as a duplicate",
	"a broker registers anew",
	"a clean stop while fetches are parked",
	"a crash in the middle of a disk call",
	"a fetch is parked when its broker dies",
	"a fetch is parked when its topic is deleted",
	"a log dir goes offline",
	"a member meets a group that is being loaded",
	"a move goes on after a restart",
	"a power cut between a write and its index",
	"a power cut in a checkpoint",
	"a power cut in a roll",
	"a power cut loses sectors",
	"a producer's records are lost, it begins anew",
	"a rebalance is cut by a crash",
	"a replica moves to another log dir",
	"a session expires in a produce",
	"a silent member is expelled",
	"a start fails",
	"a static member comes back",
	"a sync fails",
	"a tail is cut in a recovery",
	"a topic is deleted while records are on their way",
	"lost reply of a create",
	"no space in a checkpoint",
	"no space in a roll",
	"no space in an append",
	"quorum lost",
	"retention removes segments",
	"the wall clock jumps",
};

const struct scenario scenario_broker = {
	.name = "broker",
	.marks = marks,
	.mark_count = ARRAY_LENGTH(marks),
	.mark_seeds = 200,
	.default_seeds = 30,
	.median_simulated_us = 60000000,
	.median_answered = 3000,
	.median_crashes = 1,
	.median_fault_kinds = 3,
	.faults = town_fault_names,
	.fault_count = TOWN_FAULT_COUNT,
	.run = run,
};
