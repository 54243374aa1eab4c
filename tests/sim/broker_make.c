/* The town: brokers, ensemble, network and clients, all drawn. */
#include <stdlib.h>

#include "tests/sim/cluster_unclean.h"

enum {
	HEALED_US = 120000000, /* after the faults everything has to be well within */
	STEP_US = 500000,
	SETTLE_US = 2000000,
	HEAL_ROUNDS = 4,
	HEAL_ROUNDS_MAX = 30, /* so long brokers may wait for each other: one at a time may stop */
	PROPERTIES_SIZE = 2048,
};

int
broker_town_lives(const struct broker_town *town)
{
	uint64_t lives = 0;

	for (int i = 0; i < town->broker_count; i++)
		lives += town->processes[i].lives;
	return (int)lives;
}

static struct prng *
prng(const struct broker_town *town)
{
	return sim_stream(town->sim, SIM_WORKLOAD);
}

/* ------------------------------------------------------------ the broker's config */

/* One of the values, as a line. The same for all brokers. */
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

	snprintf(text, PROPERTIES_SIZE, "listeners=PLAINTEXT://:%d\nlog.dirs=%s\n"
	    "auto.create.topics.enable=false\noffsets.topic.replication.factor=%d\n"
	    "log.retention.ms=-1\nklamm.flush.before.ack=%s\nzookeeper.connect=", TOWN_PORT,
	    prng_chance(prng(town), 1, 2) ? "/one" : "/one,/two", broker_town_replicas(town),
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

/* The others' draws stay as they are. Some disks that are merely slow count for hung then. */
static void
draw_patience(const struct broker_town *town, char *text)
{
	static const int limits_ms[] = { 1000, 2000, 4000, 10000, -1 };
	size_t size = strlen(text);
	struct prng own;

	prng_init(&own, town->sim->seed ^ 0x68616e67U);
	snprintf(text + size, PROPERTIES_SIZE - size, "klamm.disk.hang.ms=%d\n",
	    limits_ms[prng_below(&own, ARRAY_LENGTH(limits_ms))]);
}

static void
draw_replication(struct broker_town *town, char *text)
{
	DRAW("replica.lag.time.max.ms", 500, 2000, 8000);
	DRAW("replica.fetch.wait.max.ms", 20, 200, 500);
	DRAW("replica.fetch.max.bytes", 2000, 1048576);
	DRAW("replica.fetch.response.max.bytes", 20000, 1048576);
	DRAW("replica.fetch.backoff.ms", 50, 500);
	DRAW("num.replica.fetchers", 1, 2);
	DRAW("controller.socket.timeout.ms", 2000, 10000);
	DRAW("replica.socket.timeout.ms", 2000, 10000);
	DRAW("leader.imbalance.check.interval.seconds", 3, 20);
	DRAW("controlled.shutdown.max.retries", 0, 3);
	DRAW("controlled.shutdown.retry.backoff.ms", 100, 1000);
	if (town->is_strict)
		DRAW("min.insync.replicas", 2);
	if (prng_chance(prng(town), 2, 3))
		(void)strncat(text, "replica.selector.class="
		    "org.apache.kafka.common.replica.RackAwareReplicaSelector\n",
		    PROPERTIES_SIZE - strlen(text) - 1);
}

static void
read_config(struct broker_town *town, int broker, const char *shared)
{
	struct config_problems problems;
	struct config_map map;
	char text[PROPERTIES_SIZE + 64];

	snprintf(text, sizeof(text), "broker.id=%d\n%s%s", broker + 1,
	    !town->is_cluster ? "" : broker % 2 == 0 ? "broker.rack=r0\n" : "broker.rack=r1\n", shared);
	config_problems_init(&problems);
	config_map_init(&map);
	config_map_read(&map, slice_of_text(text), &problems);
	town->seats[broker].config = broker_config_new(&map, &problems);
	for (size_t i = 0; i < problems.count && town->seats[broker].config == NULL; i++)
		sim_fail(town->sim, "the configuration has errors: %s", problems.items[i].reason);
	config_map_fini(&map);
	config_problems_fini(&problems);
}

static void
make_configs(struct broker_town *town)
{
	char text[PROPERTIES_SIZE];

	draw_properties(town, text);
	if (town->is_cluster)
		draw_replication(town, text);
	draw_patience(town, text);
	sim_trace(town->sim, "%s", text);
	for (int i = 0; i < town->broker_count; i++)
		read_config(town, i, text);
}

/* ------------------------------------------------------------------- making */

static void
clients_boot(struct sim_process *process)
{
	struct broker_town *town = process->scenario;
	struct loop *loop = process->world.control;
	int at = process->number - town->broker_count;

	for (int i = 0; i < TOWN_PRODUCERS; i++) {
		if (i % TOWN_CLIENTS == at)
			town_producer_start(town->producers[i], process, loop);
	}
	for (int i = 0; i < TOWN_FETCHERS; i++) {
		if (i % TOWN_CLIENTS == at)
			town_fetcher_start(town->fetchers[i], process, loop);
	}
	for (int i = 0; i < TOWN_MEMBERS; i++) {
		if (i % TOWN_CLIENTS == at)
			town_member_start(town->members[i], process, loop);
	}
	if (at == 0)
		town_admin_start(town->admin, process, loop);
	if (at == 1 && town->is_cluster) {
		cluster_mover_start(town->cluster->mover, process, loop);
		cluster_courier_start(town->cluster->courier, process, loop);
		cluster_operator_start(town->cluster->operator, process, loop);
	}
}

static void
make_network(struct broker_town *town)
{
	static const size_t sizes[] = { 2048, 8192, 65536 };
	struct prng *net = sim_stream(town->sim, SIM_NET);

	sim_net_init(&town->net, town->sim);
	town->net.buffer_size = sizes[prng_below(net, ARRAY_LENGTH(sizes))];
	town->net.short_transfer = prng_chance(net, 1, 3) ? 100 : 0;
	town->net.copied_bytes = prng_chance(net, 1, 2) ? 4096 : 0;
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
make_topics(struct broker_town *town)
{
	struct ledger *ledger = &town->ledger;

	ledger_init(ledger, town->sim);
	ledger_add(ledger, "kept", 3, true);
	ledger_add(ledger, "trimmed", 2, false);
	ledger->flushes = ledger->waits_for_sync = town->seats[0].config->logs.flush_before_ack;
	if (!town->is_cluster)
		return;
	ledger->is_replicated = true;
	ledger->life = 1;
	ledger->topics[0].replicas = broker_town_replicas(town);
	ledger->topics[0].min_isr = (int)prng_between(prng(town), 1,
	    MIN(ledger->topics[0].replicas, 2));
	ledger->topics[1].replicas = MIN(broker_town_replicas(town), 2);
	ledger->topics[1].min_isr = 1;
	cluster_unclean_draw(town);
	if (!town->is_strict)
		return;
	ledger->topics[1].replicas = ledger->topics[0].replicas;
	ledger->topics[0].min_isr = ledger->topics[1].min_isr = 2;
}

static void
make_machines(struct broker_town *town)
{
	static const char *const brokers[TOWN_BROKERS] = { "broker1", "broker2", "broker3",
		"broker4", "broker5" };
	static const char *const clients[TOWN_CLIENTS] = { "clients1", "clients2" };

	for (int i = 0; i < town->broker_count + TOWN_CLIENTS; i++) {
		struct sim_process *process = &town->processes[i];
		bool is_broker = i < town->broker_count;

		sim_machine_init(&town->machines[i], town->sim, &town->net, i);
		sim_process_init(process, &town->machines[i],
		    is_broker ? brokers[i] : clients[i - town->broker_count], i,
		    is_broker ? (int)prng_between(prng(town), 1, 3) : 1,
		    is_broker ? broker_host_boot : clients_boot);
		process->scenario = town;
	}
}

void
broker_town_begin(struct broker_town *town, struct sim *sim)
{
	town->sim = sim;
	make_network(town);
	make_ensemble(town);
	make_configs(town);
	make_topics(town);
	for (int i = 0; i < TOWN_PRODUCERS; i++)
		town->producers[i] = town_producer_new(town, i);
	for (int i = 0; i < TOWN_FETCHERS; i++)
		town->fetchers[i] = town_fetcher_new(town, i);
	for (int i = 0; i < TOWN_MEMBERS; i++)
		town->members[i] = town_member_new(town, i);
	town->admin = town_admin_new(town);
	make_machines(town);
	broker_faults_begin(town);
	broker_marks_begin(town);
	for (int i = 0; i < town->broker_count + TOWN_CLIENTS; i++)
		sim_process_start(&town->processes[i]);
}

void
broker_town_end(struct broker_town *town)
{
	int machines = town->broker_count + TOWN_CLIENTS;

	for (int i = 0; i < machines; i++)
		sim_process_fini(&town->processes[i]);
	sim_coord_free(town->ensemble);
	for (int i = 0; i < machines; i++)
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
	for (int i = 0; i < town->broker_count; i++)
		broker_config_free(town->seats[i].config);
	free(town);
}

/* -------------------------------------------------------------------- phases */

/* Who has not registered yet was not told what to have. */
static bool
needs_restart(const struct broker_town *town, const struct sim_process *process)
{
	return broker_host_has_failed_dir(process) || (town->is_cluster &&
	    broker_host_is_registered(process) && cluster_lacks_replica(process));
}

/* False: nobody needs it. */
static bool
restart_who_needs_it(struct broker_town *town)
{
	bool found = false;

	for (int broker = 0; broker < town->broker_count; broker++) {
		struct sim_process *process = &town->processes[broker];

		if (!needs_restart(town, process))
			continue;
		found = true;
		if (!town->is_cluster || cluster_may_stop(process))
			broker_host_stop(process);
	}
	return found;
}

void
broker_town_heal(struct broker_town *town)
{
	town->phase = TOWN_HEALED;
	town->healed_us = town->sim->now_us;
	broker_faults_heal(town);
	/* What has failed comes back with a restart only; it may become known a little later. */
	for (int i = 0; i < HEAL_ROUNDS_MAX && broker_town_goes_on(town); i++) {
		bool found = restart_who_needs_it(town);

		if (i >= HEAL_ROUNDS && !found)
			break;
		if (found)
			town->healed_us = MAX(town->healed_us, town->sim->now_us); /* it is quiet from then on */
		sim_run(town->sim, town->sim->now_us + SETTLE_US);
	}
}

bool
broker_town_producers_are_quiet(const struct broker_town *town)
{
	for (int i = 0; i < TOWN_PRODUCERS; i++) {
		if (!town_producer_is_quiet(town->producers[i]))
			return false;
	}
	return true;
}

bool
broker_town_is_read(const struct broker_town *town)
{
	for (int i = 0; i < TOWN_FETCHERS; i++) {
		if (!town_fetcher_has_read_all(town->fetchers[i]))
			return false;
	}
	return true;
}

bool
broker_town_is_down(const struct broker_town *town)
{
	for (int i = 0; i < town->broker_count; i++) {
		if (town->processes[i].state != SIM_PROCESS_DOWN)
			return false;
	}
	return true;
}

void
broker_town_wait(struct broker_town *town, bool (*is_so)(const struct broker_town *town),
    int64_t us)
{
	int64_t until_us = town->sim->now_us + us;

	while (broker_town_goes_on(town) && !is_so(town) && town->sim->now_us < until_us)
		sim_run(town->sim, town->sim->now_us + STEP_US);
}

void
broker_town_expect(struct broker_town *town, bool (*is_so)(const struct broker_town *town),
    const char *what)
{
	broker_town_wait(town, is_so, HEALED_US);
	if (broker_town_goes_on(town))
		sim_check(town->sim, is_so(town), "%s, though all is well", what);
}
