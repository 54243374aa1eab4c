#include <stdlib.h>

#include "base/memory.h"
#include "klammd/broker_private.h"
#include "log/log.h"
#include "partition/replicas_private.h"
#include "tests/sim/cluster.h"
#include "tests/sim/cluster_bits.h"

enum {
	OPEN_FILES = 24,   /* few, so that logs close and open files again */
	QUIET_US = 500000, /* after a stop */
	OFFSETS_PARTITIONS = 3, /* at most */
};

/* What main() has around a broker; in the process' memory. */
struct host {
	struct broker_town *town;
	struct town_seat *seat;
	struct sim_process *process;
	struct broker *broker;
	struct broker_handler handler;
	struct net_address address;
	struct loop_message stop, exit;
	struct timer quiet;
	bool is_stopping;
	size_t blocks; /* of memory, before the broker */
};

static struct host *
host_of(const struct sim_process *process)
{
	return process->application;
}

struct broker *
broker_host_broker(const struct sim_process *process)
{
	const struct host *host = sim_process_is_up(process) ? host_of(process) : NULL;

	return host == NULL ? NULL : host->broker;
}

/* ------------------------------------------------------------------- logs */

/* NULL: it is not here, or nobody may look into it now. */
static struct log *
log_of(const struct host *host, const struct ledger_log *log)
{
	const struct ledger_topic *topic = log->topic;
	const struct replica *replica;

	if (host == NULL || host->broker == NULL || host->broker->replicas == NULL)
		return NULL;
	replica = replicas_find(host->broker->replicas, slice_of_text(topic->name), log->partition);
	if (replica == NULL || replica->is_offline || replica->partition->log == NULL)
		return NULL;
	if (!uuid_is_zero(topic->id) && !uuid_equal(topic->id, replica->topic->id))
		return NULL;
	return replica->partition->log;
}

bool
broker_host_leads(const struct sim_process *process, const char *topic, int32_t partition)
{
	const struct broker *broker = broker_host_broker(process);
	const struct replica *replica = broker == NULL || broker->replicas == NULL ? NULL :
	    replicas_find(broker->replicas, slice_of_text(topic), partition);

	return replica != NULL && replica->leads;
}

static void
for_each_log(const struct host *host, struct broker_town *town,
    void (*call)(struct broker_town *town, struct ledger_log *stated, struct log *log))
{
	struct ledger *ledger = &town->ledger;

	for (int i = 0; i < ledger->topic_count; i++) {
		for (int p = 0; p < ledger->topics[i].partitions; p++) {
			struct ledger_log *stated = &ledger->topics[i].logs[p];

			call(town, stated, log_of(host, stated));
		}
	}
}

static void
log_dies(struct broker_town *town, struct ledger_log *stated, struct log *log)
{
	ledger_log_died(&town->ledger, stated, log != NULL ? log_recovery_point(log) : -1);
}

static void
log_lives(struct broker_town *town, struct ledger_log *stated, struct log *log)
{
	struct ledger *ledger = &town->ledger;
	int64_t from, to;

	if (log == NULL)
		return;
	/* What was found by a read is not looked for by a start; or it was its end, and is cut. */
	stated->is_damaged |= log_damage(log, &from, &to);
	sim_check(ledger->sim, !stated->is_damaged || ledger->trusts_no_sync, "%s is damaged",
	    ledger_name(stated));
	ledger_log_restarted(ledger, stated, log_end_offset(log));
}

/* Groups are in no ledger's log. */
static bool
offsets_are_damaged(const struct host *host)
{
	for (int32_t p = 0; p < OFFSETS_PARTITIONS; p++) {
		const struct replica *replica = replicas_find(host->broker->replicas,
		    slice_of_text("__consumer_offsets"), p);

		int64_t from, to;

		if (replica != NULL && replica->partition->log != NULL &&
		    log_damage(replica->partition->log, &from, &to))
			return true;
	}
	return false;
}

void
broker_host_dies(struct sim_process *process, bool loses_page_cache)
{
	struct broker_town *town = broker_town_of(process);
	struct town_seat *seat = broker_town_seat(process);
	struct host *host = host_of(process);

	if (town->is_cluster)
		cluster_note_flushed(process);
	seat->serves = false;
	/* Without a broker, not made yet or freed already, only the page cache can go. */
	if (town->is_cluster || ((host == NULL || host->broker == NULL) && !loses_page_cache))
		return;
	loses_page_cache = loses_page_cache || seat->sync_has_failed || town->ledger.trusts_no_sync;
	ledger_died(&town->ledger, loses_page_cache);
	if (loses_page_cache && !town->ledger.flushes)
		town->lost_life = broker_town_lives(town);
	for_each_log(host, town, log_dies);
}

bool
broker_host_has_failed_dir(const struct sim_process *process)
{
	const struct host *host = host_of(process);

	if (host == NULL || host->broker == NULL || host->broker->replicas == NULL)
		return false;
	for (int i = 0; i < host->broker->replicas->dirs->count; i++) {
		if (host->broker->replicas->dirs->dirs[i].state != ERROR_NONE)
			return true;
	}
	return false;
}

int64_t
broker_host_session(const struct sim_process *process)
{
	const struct host *host = host_of(process);

	return host == NULL || host->broker == NULL || host->broker->session == NULL ? 0 :
	    zk_session_id(host->broker->session);
}

static bool
registration_of(const struct sim_process *process, struct znode_stat *stat)
{
	char path[32];

	snprintf(path, sizeof(path), "/brokers/ids/%d", process->number + 1);
	return tree_exists(sim_coord_tree(broker_town_of(process)->ensemble), slice_of_text(path),
	    stat) == ZNODE_OK;
}

bool
broker_host_is_registered(const struct sim_process *process)
{
	struct znode_stat stat;
	int64_t session = sim_process_is_up(process) ? broker_host_session(process) : 0;

	return session != 0 && registration_of(process, &stat) && stat.ephemeral_owner == session;
}

void
broker_host_check_registration(const struct sim_process *process)
{
	const struct broker_town *town = broker_town_of(process);
	const struct host *host = host_of(process);
	struct znode_stat stat;

	if (host == NULL || host->broker == NULL)
		return;
	if (!registration_of(process, &stat))
		sim_fail(town->sim, "%s is not registered", process->name);
	else
		sim_check(town->sim, host->broker->epoch == stat.czxid, "%s takes %lld for its epoch, "
		    "and is registered with %lld", process->name, (long long)host->broker->epoch,
		    (long long)stat.czxid);
}

/* ---------------------------------------------------------- start and stop */

/* The ledger's one broker serves again. */
static void
take_up(struct host *host)
{
	struct broker_town *town = host->town;
	uint64_t cuts = town->ledger.cuts;

	ledger_restarted(&town->ledger, broker_town_lives(town));
	for_each_log(host, town, log_lives);
	town->offsets_are_damaged |= offsets_are_damaged(host);
	sim_check(town->sim, !town->offsets_are_damaged || town->ledger.trusts_no_sync,
	    "__consumer_offsets is damaged");
	if (town->ledger.cuts > cuts)
		broker_town_mark(town, "a tail is cut in a recovery");
}

static void
on_started(struct broker_handler *handler, int32_t broker_id UNUSED)
{
	struct host *host = container_of(handler, struct host, handler);

	host->seat->serves = true;
	if (!host->town->is_cluster)
		take_up(host);
}

static void
stop_now(struct loop_message *message)
{
	broker_stop(container_of(message, struct host, stop)->broker);
}

static void
stop(struct host *host)
{
	if (host->is_stopping)
		return;
	host->is_stopping = true;
	host->seat->is_stopping = true;
	host->stop.run = stop_now;
	loop_post(host->process->world.control, &host->stop);
}

static void
on_failed(struct broker_handler *handler, const char *reason)
{
	struct host *host = container_of(handler, struct host, handler);

	sim_trace(host->process->sim, "the broker cannot go on: %s", reason);
	broker_faults_refused(host->process, reason);
	if (!host->seat->serves)
		broker_town_mark(host->town, "a start fails");
	stop(host);
}

/* Nothing may be left of the broker; each loop keeps the array of its timers, the world what it has counted. */
static void
is_quiet(struct timer *timer)
{
	struct host *host = container_of(timer, struct host, quiet);
	size_t worlds = (size_t)host->process->data_loops + 1 +
	    metrics_parts(host->process->world.metrics);

	sim_check(host->process->sim, host->process->memory.blocks <= host->blocks + worlds,
	    "%zu blocks of memory are left of a broker that has stopped",
	    host->process->memory.blocks - host->blocks - worlds);
	sim_process_kill(host->process);
}

/* The end of main(): what is on its way between loops comes to its end. */
static void
exit_now(struct loop_message *message)
{
	struct host *host = container_of(message, struct host, exit);
	struct broker *broker = host->broker;

	host->broker = NULL;
	broker_free(broker);
	timer_init(&host->quiet, is_quiet);
	timer_start(host->process->world.control, &host->quiet,
	    clock_monotonic_us(host->process->world.clock) + QUIET_US);
}

static void
on_stopped(struct broker_handler *handler, bool clean)
{
	struct host *host = container_of(handler, struct host, handler);

	sim_trace(host->process->sim, "the broker has stopped%s", clean ? "" : ", not cleanly");
	if (!clean)
		cluster_bits_spare(host->process);
	broker_host_dies(host->process, false);
	host->exit.run = exit_now;
	loop_post(host->process->world.control, &host->exit);
}

void
broker_host_stop(struct sim_process *process)
{
	struct host *host = host_of(process);

	if (process->state != SIM_PROCESS_UP || host == NULL || host->is_stopping)
		return;
	sim_process_enter(host->process);
	loop_enter(host->process->world.control);
	stop(host);
	loop_leave(host->process->world.control);
	sim_process_leave(host->process);
}

void
broker_host_boot(struct sim_process *process)
{
	struct broker_town *town = broker_town_of(process);
	struct town_seat *seat = broker_town_seat(process);
	struct host *host = memory_new(sizeof(*host));
	struct broker_options options = {
		.world = &process->world,
		.config = seat->config,
		.handler = &host->handler,
		.open_files = OPEN_FILES,
		.many_new_logs = (int)prng_between(sim_stream(town->sim, SIM_WORKLOAD), 1, 4),
		.host_name = host->address.host,
	};

	sim_net_address(process->machine->number, TOWN_PORT, &host->address);
	host->town = town;
	host->seat = seat;
	host->process = process;
	host->handler = (struct broker_handler){ on_started, on_failed, on_stopped };
	process->application = host;
	process->world.coord = sim_coord_attach(town->ensemble, process);
	seat->is_stopping = seat->topics_are_unknown = false;
	/* Where it is known that a sync has failed, the start mends it. */
	seat->pages_are_lost = seat->pages_are_lost && town->ledger.trusts_no_sync;
	seat->sync_has_failed = process->machine->disk->sync_error > 0 ||
	    process->machine->disk->write_back_error > 0;
	host->blocks = process->memory.blocks;
	host->broker = broker_new(&options);
	broker_start(host->broker);
}
