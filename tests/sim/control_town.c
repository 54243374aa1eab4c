#include "tests/sim/control_town.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "tests/sim/control_obey.h"
#include "zk/ephemeral.h"
#include "zk/operations.h"
#include "zk/paths.h"

enum { RETRY_US = 200000, TEXT_SIZE = 512 };

struct life {
	struct town_broker *broker;
	struct zk_session *session;
	struct zk_listener listener;
	struct zk_create_path make;
	size_t made;
	struct zk_ephemeral ephemeral;
	char path[TOWN_NAME_SIZE];
	char data[TEXT_SIZE];
	struct controller *controller;
	struct town_channels channels;
	struct timer retry;
	bool is_registering;
};

static struct life *
life_of(const struct town_broker *broker)
{
	return broker->process.application;
}

static struct town_broker *
broker_of(struct sim_process *process)
{
	return container_of(process, struct town_broker, process);
}

static int32_t
id_of(const struct town_broker *broker)
{
	return broker->town->first + broker->process.number;
}

/* ----------------------------------------------------------- registration */

static void
on_registered(struct zk_ephemeral *ephemeral, enum znode_error error,
    const struct znode_stat *stat)
{
	struct life *it = container_of(ephemeral, struct life, ephemeral);

	it->is_registering = false;
	if (error == ZNODE_NODE_EXISTS) {
		timer_start(it->broker->process.world.control, &it->retry,
		    clock_monotonic_us(it->broker->process.world.clock) + RETRY_US);
		return;
	}
	if (error != ZNODE_OK)
		return;
	it->broker->epoch = stat->czxid;
	/* Whoever registers anew is told everything, but not what has gone while it was away. */
	it->broker->metadata.count = 0;
	controller_elect(it->controller);
	if (it->broker->town->registered != NULL)
		it->broker->town->registered(it->broker);
}

static void
register_it(struct life *it)
{
	it->is_registering = true;
	zk_ephemeral_register(&it->ephemeral);
}

static void
on_retry(struct timer *timer)
{
	struct life *it = container_of(timer, struct life, retry);

	if (!it->is_registering && zk_session_is_established(it->session))
		register_it(it);
}

static void
on_made(struct zk_create_path *make, enum znode_error error)
{
	struct life *it = container_of(make, struct life, make);

	if (error == ZNODE_SESSION_EXPIRED)
		return;
	sim_check(it->broker->town->sim, error == ZNODE_OK || error == ZNODE_NODE_EXISTS,
	    "a path of the start cannot be made: %d", (int)error);
	if (++it->made < PATHS_STARTUP_COUNT)
		zk_create_path(it->session, &it->make,
		    slice_of_text(paths_text(paths_startup[it->made])), slice_null(), on_made);
	else
		register_it(it);
}

static void
established(struct zk_listener *listener)
{
	struct life *it = container_of(listener, struct life, listener);

	if (it->broker->is_tool) {
		if (it->broker->town->registered != NULL)
			it->broker->town->registered(it->broker);
		return;
	}
	it->made = 0;
	zk_create_path(it->session, &it->make, slice_of_text(paths_text(paths_startup[0])),
	    slice_null(), on_made);
}

static void
expired(struct zk_listener *listener)
{
	struct life *it = container_of(listener, struct life, listener);

	timer_stop(it->broker->process.world.control, &it->retry);
	it->broker->epoch = -1;
	controller_expired(it->controller);
}

static void
on_known(void *context, int32_t broker)
{
	((struct life *)context)->broker->known = broker;
}

/* ------------------------------------------------------------------- boot */

static void
open_session(struct life *it)
{
	struct control_town *town = it->broker->town;
	char servers[TEXT_SIZE];
	struct zk_session_options options = { .connect_string = servers,
		.session_timeout_ms = town->session_timeout_ms, .max_in_flight = ZK_MAX_IN_FLIGHT };
	const char *reason;
	size_t size = 0;

	for (int i = 0; i < town->servers; i++) {
		struct net_address address = sim_coord_address(i);

		size += (size_t)snprintf(servers + size, sizeof(servers) - size, "%s%s:%d",
		    i == 0 ? "" : ",", address.host, (int)address.port);
	}
	if (zk_session_new(&it->broker->process.world, &options, &it->session, &reason) !=
	    ERROR_NONE)
		sim_fail(town->sim, "a session cannot be made: %s", reason);
	it->listener = (struct zk_listener){ .established = established, .expired = expired };
	zk_session_listen(it->session, &it->listener);
}

static void
boot(struct sim_process *process)
{
	struct town_broker *broker = broker_of(process);
	struct life *it = memory_new(sizeof(*it));

	process->application = it;
	it->broker = broker;
	broker->known = -1;
	broker->epoch = -1;
	broker->metadata.count = 0;
	broker->alive_count = 0;
	broker->first_heard = -1;
	broker->has_failed_dir = false;
	broker->controller_epoch = 0;
	process->world.coord = sim_coord_attach(broker->town->ensemble, process);
	open_session(it);
	snprintf(it->path, sizeof(it->path), "/brokers/ids/%d", (int)id_of(broker));
	snprintf(it->data, sizeof(it->data), "{\"features\":{},"
	    "\"listener_security_protocol_map\":{\"PLAINTEXT\":\"PLAINTEXT\"},"
	    "\"endpoints\":[\"PLAINTEXT://host%d:9092\"],\"jmx_port\":-1,\"port\":9092,"
	    "\"host\":\"host%d\",\"version\":5,\"timestamp\":\"%d\"%s}", (int)id_of(broker),
	    (int)id_of(broker), (int)process->lives,
	    broker->doubts_t ? ",\"klamm_doubtful_partitions\":{\"t\":[0,1]}" : "");
	it->ephemeral = (struct zk_ephemeral){ .session = it->session,
		.path = slice_of_text(it->path), .data = slice_of_text(it->data),
		.done = on_registered };
	timer_init(&it->retry, on_retry);
	town_channels_init(&it->channels, broker);
	it->controller = controller_new(&(struct controller_options){ .session = it->session,
		.world = &process->world, .config = broker->town->config, .broker_id = id_of(broker),
		.channels = &it->channels.channels, .known = on_known, .context = it });
	zk_session_start(it->session);
}

static void
died(struct sim_process *process)
{
	struct town_broker *broker = broker_of(process);

	process->application = NULL;
	broker->epoch = -1;
	if (broker->town->died != NULL)
		broker->town->died(process);
}

static void
committed(struct sim_coord *ensemble UNUSED, const struct sim_coord_commit *commit,
    void *context)
{
	struct control_town *town = context;

	if (town->committed != NULL)
		town->committed(town, commit);
}

static struct broker_config *
make_config(struct sim *sim, const char *properties)
{
	struct config_problems problems;
	struct broker_config *config;
	struct config_map map;

	config_problems_init(&problems);
	config_map_init(&map);
	config_map_read(&map, slice_of_text("zookeeper.connect=zk:2181\nlog.dirs=/data\n"), &problems);
	if (properties != NULL)
		config_map_read(&map, slice_of_text(properties), &problems);
	config = broker_config_new(&map, &problems);
	sim_check(sim, config != NULL, "the configuration has errors");
	config_map_fini(&map);
	config_problems_fini(&problems);
	return config;
}

void
control_town_init(struct control_town *town, struct sim *sim,
    const struct sim_coord_options *options, int brokers, const char *properties)
{
	static const char *const names[TOWN_BROKERS_MAX] = { "broker0", "broker1", "broker2",
		"broker3", "broker4" };
	struct sim_coord_options own = *options;

	town->sim = sim;
	town->broker_count = brokers;
	town->servers = options->servers;
	town->config = make_config(sim, properties);
	if (town->session_timeout_ms == 0)
		town->session_timeout_ms = 6000;
	sim_net_init(&town->net, sim);
	own.committed = committed;
	own.context = town;
	town->ensemble = sim_coord_new(sim, &own);
	for (int i = 0; i < brokers; i++) {
		struct town_broker *broker = &town->brokers[i];

		broker->town = town;
		broker->known = -1;
		broker->epoch = -1;
		sim_machine_init(&broker->machine, sim, &town->net, i);
		sim_process_init(&broker->process, &broker->machine, names[i], i, 1, boot);
		broker->process.died = died;
	}
}

void
control_town_fini(struct control_town *town)
{
	for (int i = 0; i < town->broker_count; i++)
		sim_process_fini(&town->brokers[i].process);
	sim_coord_free(town->ensemble);
	for (int i = 0; i < town->broker_count; i++)
		sim_machine_fini(&town->brokers[i].machine);
	sim_net_fini(&town->net);
	broker_config_free(town->config);
}

void
control_town_start(struct control_town *town, int broker)
{
	sim_process_start(&town->brokers[broker].process);
}

static void
on_stopped(void *context)
{
	struct life *it = context;
	struct town_broker *broker = it->broker;

	controller_free(it->controller);
	town_channels_fini(&it->channels);
	zk_session_free(it->session);
	free(it);
	broker->process.application = NULL; /* the loop's turn goes on */
	sim_process_kill(&broker->process);
}

void
control_town_stop(struct control_town *town, int broker)
{
	struct life *it = life_of(&town->brokers[broker]);

	if (it == NULL)
		return;
	town_enter(it->broker);
	controller_stop(it->controller);
	timer_stop(it->broker->process.world.control, &it->retry);
	zk_session_stop(it->session, on_stopped, it);
	town_leave(&town->brokers[broker]);
}

/* --------------------------------------------------------------- looks in */

struct controller *
town_controller(const struct town_broker *broker)
{
	return life_of(broker) == NULL ? NULL : life_of(broker)->controller;
}

struct zk_session *
town_session(const struct town_broker *broker)
{
	return life_of(broker) == NULL ? NULL : life_of(broker)->session;
}

int
town_changed(const struct town_broker *broker, int32_t to)
{
	return life_of(broker)->channels.to[to - broker->town->first].changed;
}

int
town_active(const struct control_town *town)
{
	for (int i = 0; i < town->broker_count; i++)
		if (life_of(&town->brokers[i]) != NULL &&
		    controller_is_active(life_of(&town->brokers[i])->controller))
			return i;
	return -1;
}

void
town_enter(struct town_broker *broker)
{
	sim_process_enter(&broker->process);
	loop_enter(broker->process.world.control);
}

void
town_leave(struct town_broker *broker)
{
	loop_leave(broker->process.world.control);
	sim_process_leave(&broker->process);
}

struct town_entry *
town_find(struct town_entries *entries, const char *topic, int32_t index)
{
	for (int i = 0; i < entries->count; i++)
		if (entries->items[i].index == index && strcmp(entries->items[i].topic, topic) == 0)
			return &entries->items[i];
	return NULL;
}

const char *
town_node(const struct control_town *town, const char *path)
{
	static char text[1 << 16];
	struct tree_caller caller = { .ids = NULL };
	struct znode_stat stat;
	struct slice data;

	if (tree_get_data(sim_coord_tree(town->ensemble), &caller, slice_of_text(path), &data,
	    &stat) != ZNODE_OK)
		return NULL;
	snprintf(text, sizeof(text), "%.*s", (int)data.size, (const char *)data.bytes);
	return text;
}

int32_t
town_version(const struct control_town *town, const char *path)
{
	struct znode_stat stat;

	return tree_exists(sim_coord_tree(town->ensemble), slice_of_text(path), &stat) == ZNODE_OK ?
	    stat.version : -1;
}

struct tool_write {
	struct zk_write write;
	char path[TEXT_SIZE];
	char data[TEXT_SIZE];
};

static void
on_tool_written(struct zk_call *call, const struct coord_answer *answer UNUSED)
{
	free(container_of(call, struct tool_write, write.call));
}

void
town_write(struct town_broker *broker, enum znode_operation_type type, const char *path,
    const char *data)
{
	struct tool_write *it;
	struct znode_operation operation = { .type = type, .version = -1 };

	town_enter(broker);
	it = memory_new(sizeof(*it));
	snprintf(it->path, sizeof(it->path), "%s", path);
	operation.path = slice_of_text(it->path);
	if (data != NULL) {
		snprintf(it->data, sizeof(it->data), "%s", data);
		operation.data = slice_of_text(it->data);
	}
	zk_write(town_session(broker), &it->write, &operation, on_tool_written);
	town_leave(broker);
}
