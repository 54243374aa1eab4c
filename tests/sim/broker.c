/*
 * Scenario `broker`: one whole broker and its clients, while it is killed,
 * loses its power, stops, and the network fails. See broker_town.h.
 */
#include <stdlib.h>

#include "tests/sim/broker_town.h"
#include "tests/sim/scenario.h"

enum {
	WORK_US = 60000000,
	LIVE_US = 26000000,    /* healed, and still used */
	HEALED_US = 120000000, /* then everything has to be well within */
	STEP_US = 500000,
	SETTLE_US = 2000000,
	PROPERTIES_SIZE = 2048,
};

static struct prng *
prng(const struct broker_town *town)
{
	return sim_stream(town->sim, SIM_WORKLOAD);
}

/* ------------------------------------------------------------ the broker's config */

/* One of the values, as a line. */
static void
draw(struct broker_town *town, char *text, const char *key, const int *values, size_t count)
{
	size_t size = strlen(text);

	snprintf(text + size, PROPERTIES_SIZE - size, "%s=%d\n", key,
	    values[prng_below(prng(town), count)]);
}

#define DRAW(key, ...) \
	draw(town, text, key, (const int[]){ __VA_ARGS__ }, \
	    ARRAY_LENGTH(((const int[]){ __VA_ARGS__ })))

/* Small segments and short intervals, so that what happens daily happens in a minute. */
static void
draw_properties(struct broker_town *town, char *text)
{
	size_t size;

	snprintf(text, PROPERTIES_SIZE, "broker.id=1\nlisteners=PLAINTEXT://:%d\nlog.dirs=%s\n"
	    "auto.create.topics.enable=false\noffsets.topic.replication.factor=1\n"
	    "log.retention.ms=-1\nklamm.flush.before.ack=%s\nzookeeper.connect=", TOWN_PORT,
	    prng_chance(prng(town), 1, 2) ? "/one" : "/one,/two",
	    prng_chance(prng(town), 1, 2) ? "true" : "false");
	for (int i = 0; i < town->servers; i++) {
		struct net_address address = sim_coord_address(i);

		size = strlen(text);
		snprintf(text + size, PROPERTIES_SIZE - size, "%s%s:%d", i == 0 ? "" : ",",
		    address.host, (int)address.port);
	}
	size = strlen(text);
	snprintf(text + size, PROPERTIES_SIZE - size, "\n");
	DRAW("log.segment.bytes", 16384, 20000, 65536);
	DRAW("log.index.interval.bytes", 0, 200, 4096);
	DRAW("log.retention.check.interval.ms", 1000, 5000);
	DRAW("log.initial.task.delay.ms", 0, 2000);
	DRAW("log.flush.scheduler.interval.ms", 300, 2000, 60000);
	DRAW("log.flush.interval.ms", 500, 3000, 60000);
	DRAW("log.flush.offset.checkpoint.interval.ms", 300, 2000, 10000);
	DRAW("log.flush.start.offset.checkpoint.interval.ms", 300, 2000, 10000);
	DRAW("replica.high.watermark.checkpoint.interval.ms", 300, 5000);
	DRAW("log.segment.delete.delay.ms", 0, 1000, 5000);
	DRAW("zookeeper.session.timeout.ms", 2000, 4000, 6000);
	DRAW("klamm.produce.in.flight", 1, 5, 16);
	DRAW("offsets.topic.num.partitions", 1, 3);
	DRAW("offsets.topic.segment.bytes", 16384, 100000);
	DRAW("group.initial.rebalance.delay.ms", 0, 500);
	DRAW("num.recovery.threads.per.data.dir", 1, 3);
}

static void
make_config(struct broker_town *town)
{
	struct config_problems problems;
	struct config_map map;
	char text[PROPERTIES_SIZE];

	draw_properties(town, text);
	sim_trace(town->sim, "%s", text);
	config_problems_init(&problems);
	config_map_init(&map);
	config_map_read(&map, slice_of_text(text), &problems);
	town->config = broker_config_new(&map, &problems);
	for (size_t i = 0; i < problems.count && town->config == NULL; i++)
		sim_fail(town->sim, "the configuration has errors: %s", problems.items[i].reason);
	config_map_fini(&map);
	config_problems_fini(&problems);
}

/* ------------------------------------------------------------------- making */

static void
clients_boot(struct sim_process *process)
{
	struct broker_town *town = process->scenario;
	struct loop *loop = process->world.control;
	int at = process->number - 1;

	for (int i = 0; i < TOWN_PRODUCERS; i++) {
		if (i % 2 == at)
			town_producer_start(town->producers[i], process, loop);
	}
	for (int i = 0; i < TOWN_FETCHERS; i++) {
		if (i % 2 == at)
			town_fetcher_start(town->fetchers[i], process, loop);
	}
	for (int i = 0; i < TOWN_MEMBERS; i++) {
		if (i % 2 == at)
			town_member_start(town->members[i], process, loop);
	}
	if (at == 0)
		town_admin_start(town->admin, process, loop);
}

static void
make_network(struct broker_town *town)
{
	static const size_t sizes[] = { 2048, 8192, 65536 };
	struct prng *net = sim_stream(town->sim, SIM_NET);

	sim_net_init(&town->net, town->sim);
	town->net.buffer_size = sizes[prng_below(net, ARRAY_LENGTH(sizes))];
	town->net.short_transfer = prng_chance(net, 1, 3) ? 100 : 0;
	town->net.refuse_accept = prng_chance(net, 1, 6) ? 100 : 0;
	town->net.delay_high_us = prng_between(net, 100, 5000);
}

static void
make_ensemble(struct broker_town *town)
{
	static const int sizes[] = { 1, 3 };

	town->servers = sizes[prng_below(prng(town), ARRAY_LENGTH(sizes))];
	town->ensemble = sim_coord_new(town->sim, &(struct sim_coord_options){
		.servers = town->servers,
		.tick_us = 250000,
		.delay_high_us = prng_between(prng(town), 300, 10000),
		.lag_high_us = prng_between(prng(town), 100, 100000),
		.committed = broker_marks_committed,
		.context = town,
	});
}

static void
make_town(struct broker_town *town, struct sim *sim)
{
	static const char *const names[TOWN_MACHINES] = { "broker", "clients1", "clients2" };

	town->sim = sim;
	ledger_init(&town->ledger, sim);
	ledger_add(&town->ledger, "kept", 3, true);
	ledger_add(&town->ledger, "trimmed", 2, false);
	make_network(town);
	make_ensemble(town);
	make_config(town);
	town->ledger.flushes = town->config->logs.flush_before_ack;
	town->ledger.waits_for_sync = town->ledger.flushes;
	for (int i = 0; i < TOWN_PRODUCERS; i++)
		town->producers[i] = town_producer_new(town, i);
	for (int i = 0; i < TOWN_FETCHERS; i++)
		town->fetchers[i] = town_fetcher_new(town, i);
	for (int i = 0; i < TOWN_MEMBERS; i++)
		town->members[i] = town_member_new(town, i);
	town->admin = town_admin_new(town);
	for (int i = 0; i < TOWN_MACHINES; i++) {
		struct sim_process *process = &town->processes[i];

		sim_machine_init(&town->machines[i], sim, &town->net, i);
		sim_process_init(process, &town->machines[i], names[i], i,
		    i == 0 ? (int)prng_between(prng(town), 1, 3) : 1,
		    i == 0 ? broker_host_boot : clients_boot);
		process->scenario = town;
	}
	broker_faults_begin(town);
	broker_marks_begin(town);
	for (int i = 0; i < TOWN_MACHINES; i++)
		sim_process_start(&town->processes[i]);
}

static void
free_town(struct broker_town *town)
{
	for (int i = 0; i < TOWN_MACHINES; i++)
		sim_process_fini(&town->processes[i]);
	sim_coord_free(town->ensemble);
	for (int i = 0; i < TOWN_MACHINES; i++)
		sim_machine_fini(&town->machines[i]);
	sim_net_fini(&town->net);
	for (int i = 0; i < TOWN_PRODUCERS; i++)
		town_producer_free(town->producers[i]);
	for (int i = 0; i < TOWN_FETCHERS; i++)
		town_fetcher_free(town->fetchers[i]);
	for (int i = 0; i < TOWN_MEMBERS; i++)
		town_member_free(town->members[i]);
	town_admin_free(town->admin);
	broker_faults_end(town);
	ledger_fini(&town->ledger);
	broker_config_free(town->config);
	free(town);
}

/* -------------------------------------------------------------------- phases */

static bool
goes_on(const struct broker_town *town)
{
	return !town->sim->failed && !town->sim->stopped;
}

static void
heal(struct broker_town *town)
{
	town->phase = TOWN_HEALED;
	town->healed_us = town->sim->now_us;
	broker_faults_heal(town);
	/* What has failed comes back with a restart only; it may become known a little later. */
	for (int i = 0; i < 3 && goes_on(town); i++) {
		if (broker_host_has_failed_dir(town))
			broker_host_stop(town);
		sim_run(town->sim, town->sim->now_us + SETTLE_US);
	}
}

static bool
producers_are_quiet(const struct broker_town *town)
{
	for (int i = 0; i < TOWN_PRODUCERS; i++) {
		if (!town_producer_is_quiet(town->producers[i]))
			return false;
	}
	return true;
}

static bool
all_is_read(const struct broker_town *town)
{
	for (int i = 0; i < TOWN_FETCHERS; i++) {
		if (!town_fetcher_has_read_all(town->fetchers[i]))
			return false;
	}
	return true;
}

static bool
is_down(const struct broker_town *town)
{
	return town->processes[0].state == SIM_PROCESS_DOWN;
}

/* Runs until all is so, for a while at most. */
static void
expect(struct broker_town *town, bool (*is_so)(const struct broker_town *town), const char *what)
{
	int64_t until_us = town->sim->now_us + HEALED_US;

	while (goes_on(town) && !is_so(town) && town->sim->now_us < until_us)
		sim_run(town->sim, town->sim->now_us + STEP_US);
	if (goes_on(town))
		sim_check(town->sim, is_so(town), "%s, though all is well", what);
}

static void
run(struct sim *sim)
{
	struct broker_town *town = sim_memory_new(sizeof(*town));

	make_town(town, sim);
	sim_run(sim, WORK_US);
	if (goes_on(town))
		heal(town);
	sim_run(sim, sim->now_us + LIVE_US);
	town->phase = TOWN_FINISHING;
	expect(town, producers_are_quiet, "records are not acknowledged");
	expect(town, town_groups_are_well, "the groups do not settle");
	town->phase = TOWN_READING;
	expect(town, all_is_read, "the logs are not served");
	broker_marks_end(town);
	if (goes_on(town)) {
		broker_host_check_registration(town);
		ledger_check_orders(&town->ledger);
		town->processes[0].died = NULL;
		broker_host_stop(town);
	}
	expect(town, is_down, "the broker does not stop");
	free_town(town);
}

static const char *const marks[] = {
	"a batch in flight is unknown after a restart",
	"a batch of an earlier life is answered as a duplicate",
	"a broker registers anew",
	"a clean stop while fetches are parked",
	"a crash in the middle of a disk call",
	"a fetch is parked when its broker dies",
	"a fetch is parked when its topic is deleted",
	"a log dir goes offline",
	"a member meets a group that is being loaded",
	"a power cut between a write and its index",
	"a power cut in a checkpoint",
	"a power cut in a roll",
	"a power cut loses sectors",
	"a producer's records are lost, it begins anew",
	"a rebalance is cut by a crash",
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
	.run = run,
};
