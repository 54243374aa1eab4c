/*
 * Scenario `cluster`: one to five whole brokers and their clients, while they
 * are killed, cut off and stopped, and leaders, coordinators and the controller
 * move. See broker_town.h, cluster.h and README.
 */
#include "tests/sim/broker_faults.h"
#include "tests/sim/cluster_bits.h"
#include "tests/sim/cluster_unclean.h"
#include "tests/sim/scenario.h"

enum {
	READING_US = 240000000, /* more than a minute, where that goes on */
	LIVE_US = 16000000, /* healed, and still used */
	SWEEP_US = 1000000,
	LOOK_US = 20000,
	COMPARE_EVERY = 5, /* sweeps */
};

static void
sweep(struct sim *sim, void *context)
{
	struct cluster *cluster = context;

	cluster_bits_look(cluster);
	cluster_check_logs(cluster, ++cluster->sweeps % COMPARE_EVERY == 0);
	cluster_mend(cluster);
	if (!sim->failed && !sim->stopped)
		sim_after(sim, SWEEP_US, sweep, cluster);
}

static void
look(struct sim *sim, void *context)
{
	cluster_check_obedience(context);
	cluster_unclean_look(context);
	if (!sim->failed && !sim->stopped)
		sim_after(sim, LOOK_US, look, context);
}

/* All at once, or one after the other: then leaders move until the last one goes. */
static void
stop_all(struct broker_town *town)
{
	bool at_once = prng_chance(sim_stream(town->sim, SIM_FAULTS), 1, 2);

	for (int i = 0; i < town->broker_count && broker_town_goes_on(town); i++) {
		town->processes[i].died = NULL;
		broker_host_stop(&town->processes[i]);
		if (!at_once)
			sim_run(town->sim, town->sim->now_us + SWEEP_US);
	}
}

static void
run(struct sim *sim)
{
	struct broker_town *town = sim_memory_new(sizeof(*town));
	struct prng *prng = sim_stream(sim, SIM_WORKLOAD);

	town->is_cluster = true;
	town->broker_count = prng_chance(prng, 1, 2) ? 3 :
	    (int)prng_between(prng, 1, TOWN_BROKERS);
	town->is_strict = town->broker_count >= TOWN_REPLICAS && prng_chance(prng, 1, 2);
	town->cluster = cluster_new(town);
	broker_town_begin(town, sim);
	sim_after(sim, SWEEP_US, sweep, town->cluster);
	sim_after(sim, LOOK_US, look, town->cluster);
	sim_run(sim, sim_work_us(sim, CLUSTER_WORK_US));
	if (broker_town_goes_on(town))
		broker_town_heal(town);
	sim_run(sim, sim->now_us + LIVE_US);
	town->phase = TOWN_FINISHING;
	broker_town_expect(town, broker_town_producers_are_quiet, "records are not acknowledged");
	broker_town_expect(town, town_groups_are_well, "the groups do not settle");
	broker_town_expect(town, cluster_is_level, town->cluster->why);
	broker_town_expect(town, cluster_is_known, town->cluster->why);
	town->phase = TOWN_READING;
	/* Of segments with a batch each a round trip brings one. */
	broker_town_wait(town, broker_town_is_read, READING_US);
	broker_town_expect(town, broker_town_is_read, "the logs are not served");
	/* What was damaged has been read, and found, by now. */
	broker_town_expect(town, cluster_is_level, town->cluster->why);
	cluster_bits_look(town->cluster);
	if (broker_town_goes_on(town)) {
		cluster_check_logs(town->cluster, true);
		for (int i = 0; i < town->broker_count; i++)
			broker_host_check_registration(&town->processes[i]);
		ledger_check_orders(&town->ledger);
		stop_all(town);
	}
	broker_town_expect(town, broker_town_is_down, "the brokers do not stop");
	cluster_free(town->cluster);
	broker_town_end(town);
}

static const char *const marks[] = {
	"a bit flips",
	"a broker finds a bit that has flipped",
	"a broker registers anew",
	"a broker shuts down through the controller",
	"a change of the ISR is refused",
	"a damaged replica is given up",
	"a replica without space is given up",
	"a leader whose disk hangs is given up",
	"a broker sees that its disk goes on",
	"a broker sees that its disk hangs",
	"a damaged replica is made good",
	"a disk hangs",
	"a disk is slow",
	"a disk is wiped",
	"partitions are removed by hand",
	"a controller sees a broker come back",
	"a coordinator moves",
	"a fetch is parked when its broker dies",
	"a follower truncates",
	"a follower truncates below its high watermark",
	"a late request is refused",
	"a leader dies with acks=all in flight",
	"a log dir goes offline",
	"a log dir is lost",
	"a member meets a group that is being loaded",
	"a move goes on after a restart",
	"a partition moves to other brokers",
	"a power cut loses sectors",
	"a rebalance is cut by a crash",
	"a replica moves to another log dir",
	"a request for an earlier life is refused",
	"a request of a deposed controller is refused",
	"a silent member is expelled",
	"a throttle is lifted",
	"a topic is deleted while records are on their way",
	"all machines lose their power",
	"an election is unclean",
	"an election is unclean by hand",
	"an unclean election loses nothing",
	"an unclean election loses records",
	"an ISR expands",
	"an ISR shrinks",
	"an ISR shrinks by a broker that lives",
	"another broker leads",
	"another leader knows a batch already",
	"records are read from a follower",
	"replication is throttled",
	"the controller dies",
	"the end of a log is asked for",
	"the last replica loses its memory",
	"what no disk had is lost",
	"what the log dirs have that are left is in doubt",
	"what one disk had not is lost",
	"who leads no longer acknowledges nothing",
};

const struct scenario scenario_cluster = {
	.name = "cluster",
	.marks = marks,
	.mark_count = ARRAY_LENGTH(marks),
	.mark_seeds = 200,
	.default_seeds = 10,
	.median_simulated_us = 60000000,
	.median_answered = 5000,
	.median_crashes = 1,
	.median_fault_kinds = 3,
	.faults = town_fault_names,
	.fault_count = TOWN_FAULT_COUNT,
	.run = run,
};
