#include "tests/sim/sim_coord.h"

#include <assert.h>
#include <stdlib.h>

#include "tests/sim/sim_coord_private.h"

enum { NOTICE_TICKS = 2, PORT = 2181 };

#define SEEN_TEXT(name, text) text,
static const char *const seen_texts[SIM_COORD_SEEN_COUNT] = { SIM_COORD_SEEN_TABLE(SEEN_TEXT) };

const char *
sim_coord_seen_text(enum sim_coord_seen what)
{
	return seen_texts[what];
}

uint64_t
sim_coord_seen(const struct sim_coord *ensemble, enum sim_coord_seen what)
{
	return ensemble->seen[what];
}

struct sim_coord_faults *
sim_coord_faults(struct sim_coord *ensemble)
{
	return &ensemble->faults;
}

struct net_address
sim_coord_address(int server)
{
	struct net_address address = { .port = PORT };

	snprintf(address.host, sizeof(address.host), "10.1.0.%d", server + 1);
	return address;
}

int
sim_coord_leader(const struct sim_coord *ensemble)
{
	return ensemble->leader;
}

/* --------------------------------------------------------------- sessions */

/* Sessions end in buckets of a tick. */
static void
renew(struct sim_coord *ensemble, struct sim_coord_member *member)
{
	int64_t tick_us = ensemble->options.tick_us;
	int64_t at_us = sim_now_us(ensemble->sim) + member->timeout_ms * (int64_t)1000;

	member->expires_at_us = (at_us / tick_us + 1) * tick_us;
}

static void
renew_those_heard(struct sim_coord *ensemble, struct sim_coord_server *server)
{
	LIST_FOREACH(link, &server->connections) {
		struct sim_coord_connection *connection =
		    container_of(link, struct sim_coord_connection, link);

		if (connection->heard && connection->member != NULL &&
		    connection->member->connection == connection->number)
			renew(ensemble, connection->member);
		connection->heard = false;
	}
}

static void
expire(struct sim_coord *ensemble)
{
	LIST_FOREACH(link, &ensemble->members) {
		struct sim_coord_member *member = container_of(link, struct sim_coord_member, link);

		if (member->ended_at_us == INT64_MAX &&
		    member->expires_at_us <= sim_now_us(ensemble->sim))
			sim_coord_commit_session(ensemble, member, true, 0);
	}
	sim_coord_committed(ensemble);
}

bool
sim_coord_session_lives(const struct sim_coord *ensemble, int64_t session)
{
	const struct sim_coord_member *member = sim_coord_find_member(ensemble, session);

	return member != NULL && member->ended_at_us == INT64_MAX;
}

bool
sim_coord_session_has_leftovers(const struct sim_coord *ensemble, int64_t session)
{
	const struct sim_coord_member *member = sim_coord_find_member(ensemble, session);

	return member != NULL && member->leftovers;
}

void
sim_coord_clear_leftovers(struct sim_coord *ensemble)
{
	if (ensemble->leader < 0)
		return;
	LIST_FOREACH(link, &ensemble->members) {
		struct sim_coord_member *member = container_of(link, struct sim_coord_member, link);

		if (member->leftovers)
			sim_coord_commit_session(ensemble, member, true, 0);
	}
	sim_coord_committed(ensemble);
}

/* ---------------------------------------------------------------- servers */

static bool
is_available(const struct sim_coord_server *server)
{
	return server->is_up && !server->isolated;
}

static bool
has_quorum(const struct sim_coord *ensemble)
{
	int available = 0;

	for (int i = 0; i < ensemble->options.servers; i++)
		available += is_available(&ensemble->servers[i]);
	return available * 2 > ensemble->options.servers;
}

/* It refuses its clients until there is a leader. */
static void
stop_serving(struct sim_coord_server *server, bool silent)
{
	struct sim_coord *ensemble = server->ensemble;

	server->serves = false;
	LIST_FOREACH(link, &server->connections)
		sim_coord_server_close(container_of(link, struct sim_coord_connection, link),
		    sim_coord_chance(ensemble, 500), silent);
}

static void
lose_leader(struct sim_coord *ensemble)
{
	ensemble->leader = -1;
	ensemble->elect_at_us = sim_now_us(ensemble->sim) +
	    sim_coord_delay(ensemble, ensemble->options.tick_us * 3);
	sim_note(ensemble->sim, SIM_WHAT_coord_leader, NULL, 0, 0);
	for (int i = 0; i < ensemble->options.servers; i++) {
		if (is_available(&ensemble->servers[i]))
			stop_serving(&ensemble->servers[i], false);
	}
}

static void
reconsider_leader(struct sim_coord *ensemble)
{
	bool quorum = has_quorum(ensemble);

	if (ensemble->had_quorum && !quorum)
		sim_coord_saw(ensemble, SIM_COORD_SEEN_QUORUM_LOST);
	ensemble->had_quorum = quorum;
	if (ensemble->leader >= 0 &&
	    (!quorum || !is_available(&ensemble->servers[ensemble->leader])))
		lose_leader(ensemble);
}

/* What was committed is known to a quorum, so any of them finds it. All sessions begin anew. */
static void
elect(struct sim_coord *ensemble)
{
	int leader;

	do
		leader = (int)prng_below(sim_stream(ensemble->sim, SIM_COORD),
		    (uint64_t)ensemble->options.servers);
	while (!is_available(&ensemble->servers[leader]));
	ensemble->leader = leader;
	if (ensemble->last_leader >= 0 && ensemble->last_leader != leader)
		sim_coord_saw(ensemble, SIM_COORD_SEEN_LEADER_CHANGED);
	ensemble->last_leader = leader;
	ensemble->servers[leader].serves = true;
	sim_note(ensemble->sim, SIM_WHAT_coord_leader, NULL, (uint64_t)leader + 1, 0);
	sim_coord_catch_up(&ensemble->servers[leader]);
	LIST_FOREACH(link, &ensemble->members)
		renew(ensemble, container_of(link, struct sim_coord_member, link));
}

static void
join(struct sim_coord_server *server)
{
	sim_coord_catch_up(server);
	server->serves = true;
}

static void
look_after(struct sim_coord_server *server)
{
	struct sim_coord *ensemble = server->ensemble;
	int64_t now_us = sim_now_us(ensemble->sim);

	if (server->serves && server->isolated && now_us >= server->notices_at_us)
		stop_serving(server, false);
	if (!server->serves && is_available(server) && ensemble->leader >= 0 &&
	    sim_coord_chance(ensemble, 700))
		join(server);
	if (server->serves && is_available(server) && ensemble->leader >= 0)
		renew_those_heard(ensemble, server);
	LIST_FOREACH(link, &server->connections) {
		struct sim_coord_connection *connection =
		    container_of(link, struct sim_coord_connection, link);

		if (now_us - connection->heard_at_us > ensemble->options.tick_us * 20)
			sim_coord_server_close(connection, false, false);
	}
}

static void
tick(struct sim *sim, struct sim_event *event)
{
	struct sim_coord *ensemble = container_of(event, struct sim_coord, tick);

	if (ensemble->leader < 0 && has_quorum(ensemble) &&
	    sim_now_us(sim) >= ensemble->elect_at_us)
		elect(ensemble);
	for (int i = 0; i < ensemble->options.servers; i++)
		look_after(&ensemble->servers[i]);
	if (ensemble->leader >= 0 && ++ensemble->ticks % 2 == 0)
		expire(ensemble);
	LIST_FOREACH(link, &ensemble->clients) {
		struct sim_coord_client *client = container_of(link, struct sim_coord_client, link);

		if (sim_coord_client_is_dead(client) && client->depth == 0)
			sim_coord_client_free(client);
	}
	sim_schedule(sim, &ensemble->tick, ensemble->options.tick_us / 2);
}

/* ----------------------------------------------------------------- faults */

void
sim_coord_server_down(struct sim_coord *ensemble, int number)
{
	struct sim_coord_server *server = &ensemble->servers[number];

	if (!server->is_up)
		return;
	sim_note(ensemble->sim, SIM_WHAT_coord_server, NULL, (uint64_t)number, 0);
	server->is_up = false;
	stop_serving(server, sim_coord_chance(ensemble, 300));
	reconsider_leader(ensemble);
}

void
sim_coord_server_up(struct sim_coord *ensemble, int number)
{
	struct sim_coord_server *server = &ensemble->servers[number];

	sim_note(ensemble->sim, SIM_WHAT_coord_server, NULL, (uint64_t)number, 1);
	if (server->isolated)
		stop_serving(server, false); /* it has to look for the leader */
	server->is_up = true;
	server->isolated = false;
	reconsider_leader(ensemble);
}

void
sim_coord_server_isolate(struct sim_coord *ensemble, int number)
{
	struct sim_coord_server *server = &ensemble->servers[number];

	if (server->isolated)
		return;
	sim_note(ensemble->sim, SIM_WHAT_coord_server, NULL, (uint64_t)number, 2);
	server->isolated = true;
	server->notices_at_us = sim_now_us(ensemble->sim) +
	    prng_between(sim_stream(ensemble->sim, SIM_COORD), ensemble->options.tick_us,
	    ensemble->options.tick_us * NOTICE_TICKS);
	reconsider_leader(ensemble);
}

void
sim_coord_block(struct sim_coord *ensemble, int machine, int server, bool to_server,
    bool from_server)
{
	sim_note(ensemble->sim, SIM_WHAT_partition, NULL, (uint64_t)machine, (uint64_t)server);
	ensemble->blocked_up[machine][server] |= to_server;
	ensemble->blocked_down[machine][server] |= from_server;
}

void
sim_coord_unblock(struct sim_coord *ensemble, int machine, int server)
{
	ensemble->blocked_up[machine][server] = false;
	ensemble->blocked_down[machine][server] = false;
}

void
sim_coord_reset(struct sim_coord *ensemble, int machine)
{
	for (int i = 0; i < ensemble->options.servers; i++) {
		LIST_FOREACH(link, &ensemble->servers[i].connections) {
			struct sim_coord_connection *connection =
			    container_of(link, struct sim_coord_connection, link);

			if (connection->process->machine->number == machine)
				sim_coord_server_close(connection, sim_coord_chance(ensemble, 500), false);
		}
	}
}

void
sim_coord_heal(struct sim_coord *ensemble)
{
	sim_note(ensemble->sim, SIM_WHAT_heal, NULL, 0, 0);
	ensemble->faults = (struct sim_coord_faults){ 0 };
	memset(ensemble->blocked_up, 0, sizeof(ensemble->blocked_up));
	memset(ensemble->blocked_down, 0, sizeof(ensemble->blocked_down));
	for (int i = 0; i < ensemble->options.servers; i++) {
		if (!is_available(&ensemble->servers[i]))
			sim_coord_server_up(ensemble, i);
	}
}

/* ------------------------------------------------------------ begin and end */

static void
server_init(struct sim_coord *ensemble, int number)
{
	struct sim_coord_server *server = &ensemble->servers[number];
	const uint64_t seed[2] = { ensemble->sim->seed, (uint64_t)number };

	server->ensemble = ensemble;
	server->number = number;
	server->is_up = server->serves = true;
	server->sink.event = sim_coord_server_event;
	server->tree = tree_new(seed, &server->sink);
	list_init(&server->connections);
	sim_event_init(&server->apply, SIM_WHAT_coord_apply, NULL, sim_coord_apply_due);
}

struct sim_coord *
sim_coord_new(struct sim *sim, const struct sim_coord_options *options)
{
	struct sim_coord *ensemble = sim_memory_new(sizeof(*ensemble));

	assert(options->servers > 0 && options->servers <= SIM_COORD_SERVERS_MAX);
	ensemble->sim = sim;
	ensemble->options = *options;
	ensemble->last_leader = -1;
	ensemble->had_quorum = true;
	list_init(&ensemble->members);
	list_init(&ensemble->ports);
	list_init(&ensemble->clients);
	for (int i = 0; i < options->servers; i++)
		server_init(ensemble, i);
	elect(ensemble);
	sim_event_init(&ensemble->tick, SIM_WHAT_coord_tick, NULL, tick);
	sim_schedule(sim, &ensemble->tick, options->tick_us / 2);
	return ensemble;
}

static void
server_fini(struct sim_coord_server *server)
{
	LIST_FOREACH(link, &server->connections)
		sim_coord_connection_free(container_of(link, struct sim_coord_connection, link));
	sim_cancel(server->ensemble->sim, &server->apply);
	tree_free(server->tree);
}

void
sim_coord_free(struct sim_coord *ensemble)
{
	LIST_FOREACH(link, &ensemble->clients)
		sim_coord_client_free(container_of(link, struct sim_coord_client, link));
	for (int i = 0; i < ensemble->options.servers; i++)
		server_fini(&ensemble->servers[i]);
	LIST_FOREACH(link, &ensemble->members) {
		struct sim_coord_member *member = container_of(link, struct sim_coord_member, link);

		free(member->digest);
		free(member);
	}
	LIST_FOREACH(link, &ensemble->ports)
		free(container_of(link, struct sim_coord_port, link));
	sim_cancel(ensemble->sim, &ensemble->tick);
	sim_coord_free_history(ensemble);
	free(ensemble);
}

struct coord *
sim_coord_attach(struct sim_coord *ensemble, struct sim_process *process)
{
	struct sim_coord_port *port = sim_memory_new(sizeof(*port));

	port->coord.ops = &sim_coord_client_ops;
	port->coord.loop = process->world.control;
	port->ensemble = ensemble;
	port->process = process;
	port->life = process->lives;
	list_append(&ensemble->ports, &port->link);
	return &port->coord;
}
