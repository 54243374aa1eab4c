#include "api/api.h"

#include <assert.h>
#include <stdlib.h>

#include "api/api_private.h"
#include "base/memory.h"

/* ---------------------------------------------------------------- the view */

static void
view_free(struct counted *counted)
{
	struct api_view *view = container_of(counted, struct api_view, counted);

	image_release(view->image);
	persistent_map_release(view->hosted);
	free(view);
}

static struct api_view *
view_new(struct image *image, struct persistent_map *hosted)
{
	struct api_view *view = memory_new(sizeof(*view));

	counted_init(&view->counted, view_free);
	view->image = image;
	view->hosted = hosted;
	return view;
}

struct publication {
	struct loop_message message;
	struct api_loop *loop;
	struct api_view *view;
};

static void
take_view(struct loop_message *message)
{
	struct publication *it = container_of(message, struct publication, message);

	counted_release(&it->loop->view->counted);
	it->loop->view = it->view;
	leader_waits_look(&it->loop->leader_waits);
	free(it);
}

void
api_publish(struct api *it, struct image *image, struct persistent_map *hosted)
{
	struct api_view *view = view_new(image, hosted);

	for (int i = 0; i < it->loop_count; i++) {
		struct publication *publication = memory_new(sizeof(*publication));

		counted_hold(&view->counted);
		*publication = (struct publication){ { .run = take_view }, &it->loops[i], view };
		loop_post(it->loops[i].loop, &publication->message);
	}
	counted_release(&view->counted);
}

/* ----------------------------------------------------------- on each loop */

static void
loop_told(struct loop_message *message)
{
	struct api_loop *loop = container_of(message, struct api_loop, told);
	struct api *it = loop->api;

	if (--it->left == 0)
		it->done(it->context);
}

static void
tell(struct api_loop *loop)
{
	loop->told.run = loop_told;
	loop_post(loop->api->world->control, &loop->told);
}

/* Every loop that is posted to now answers with tell(). */
static void
expect_all(struct api *it, void (*done)(void *context), void *context)
{
	it->left = it->loop_count;
	it->done = done;
	it->context = context;
}

static void
close_quiet_ones(struct api_loop *loop, bool all)
{
	LIST_FOREACH(link, &loop->connections) {
		struct request_connection *connection =
		    container_of(link, struct request_connection, link);

		if (all || client_connection_is_quiet(connection))
			client_connection_close(connection, NULL);
	}
}

void
api_loop_check(struct api_loop *loop)
{
	if (loop->stopping && list_is_empty(&loop->connections)) {
		loop->stopping = false;
		timer_stop(loop->loop, &loop->sweep);
		tell(loop);
	} else if (loop->settling && loop->requests == 0 && loop->reading == 0 &&
	    loop->tickets == 0) {
		loop->settling = false;
		tell(loop);
	}
}

static void
sweep(struct timer *timer)
{
	struct api_loop *loop = container_of(timer, struct api_loop, sweep);
	int64_t now_us = clock_monotonic_us(loop->api->world->clock);

	LIST_FOREACH(link, &loop->connections) {
		client_connection_sweep(container_of(link, struct request_connection, link), now_us);
	}
	if (loop->stopping)
		close_quiet_ones(loop, now_us >= loop->patience_until_us);
	if (!timer_is_running(timer) && !list_is_empty(&loop->connections))
		timer_start(loop->loop, timer, now_us +
		    (loop->stopping ? API_STARVED_US : API_SWEEP_US));
}

static void
accepted(struct net_acceptor *acceptor, struct net_connection *net)
{
	client_connection_new(container_of(acceptor, struct api_acceptor, acceptor), net);
}

static void
accept_failed(struct net_acceptor *acceptor, enum error error)
{
	struct api_acceptor *it = container_of(acceptor, struct api_acceptor, acceptor);

	log_error(it->loop->api->world->logger, "connections of listener %.*s cannot be accepted: "
	    "%s", (int)it->listener->name.size, (const char *)it->listener->name.bytes,
	    error_text(error));
}

static void
accept_on(struct api_acceptor *it)
{
	enum error error = net_accept_on(it->listener->net, it->loop->loop, &it->acceptor);

	it->accepting = error == ERROR_NONE;
	if (error != ERROR_NONE)
		accept_failed(&it->acceptor, error);
}

void
api_acceptor_pause(struct api_acceptor *it)
{
	if (it->waiting++ == 0 && it->accepting) {
		net_stop_accepting(it->listener->net, it->loop->loop);
		it->accepting = false;
	}
}

void
api_acceptor_resume(struct api_acceptor *it)
{
	if (--it->waiting == 0 && it->loop->accepts)
		accept_on(it);
}

static void
start_loop(struct loop_message *message)
{
	struct api_loop *loop = container_of(message, struct api_loop, start);

	for (size_t i = 0; i < loop->api->listener_count; i++) {
		struct api_acceptor *acceptor = &loop->acceptors[i];

		*acceptor = (struct api_acceptor){ .acceptor = { accepted, accept_failed },
			.loop = loop, .listener = &loop->api->listeners[i] };
		accept_on(acceptor);
	}
	loop->accepts = true;
	loop->started = true;
}

static void
admit_clients(struct loop_message *message)
{
	struct api_loop *loop = container_of(message, struct api_loop, admit);

	loop->admits_clients = true;
	LIST_FOREACH(link, &loop->connections) {
		struct request_connection *connection =
		    container_of(link, struct request_connection, link);

		if (connection->admitted)
			client_connection_go_on(connection);
	}
}

static void
stop_loop(struct loop_message *message)
{
	struct api_loop *loop = container_of(message, struct api_loop, stop);
	int64_t now_us = clock_monotonic_us(loop->api->world->clock);

	loop->accepts = false;
	for (size_t i = 0; i < loop->api->listener_count; i++)
		if (loop->acceptors[i].accepting)
			net_stop_accepting(loop->acceptors[i].listener->net, loop->loop);
	loop->patience_until_us = now_us + loop->api->patience_ms * 1000;
	close_quiet_ones(loop, false);
	loop->stopping = true;
	if (!list_is_empty(&loop->connections))
		timer_start(loop->loop, &loop->sweep, now_us + API_STARVED_US);
	api_loop_check(loop);
}

static void
hurry_followers(struct loop_message *message)
{
	struct api_loop *loop = container_of(message, struct api_loop, hurry);

	/* Before it hurries: what is led from here on needs another one. */
	atomic_store_explicit(&loop->hurries, false, memory_order_release);
	follower_waits_hurry(&loop->follower_waits, clock_monotonic_us(loop->api->world->clock));
}

static void
settle_loop(struct loop_message *message)
{
	struct api_loop *loop = container_of(message, struct api_loop, settle);

	loop->settling = true;
	api_loop_check(loop);
}

/* ------------------------------------------------------- the control loop */

/* Half of it may be read at once; unset: a part of what the machine has. */
static int64_t
frame_bytes_max(const struct broker_config *config)
{
	enum { DEFAULT_BYTES = 256 << 20 };

	if (config->network.queued_max_request_bytes > 0)
		return config->network.queued_max_request_bytes;
	return config->memory_requests > 0 ? config->memory_requests : DEFAULT_BYTES;
}

static struct fetch_session_cache *
fetch_sessions_new(const struct api *it, int loop)
{
	int64_t slots = broker_value(it->config,
	    CONFIG_MAX_INCREMENTAL_FETCH_SESSION_CACHE_SLOTS)->integer;
	uint64_t seed;

	entropy_fill(it->world->entropy, &seed, sizeof(seed));
	return fetch_session_cache_new((size_t)slots, loop, it->loop_count, seed);
}

struct api *
api_new(const struct api_options *options)
{
	struct api *it = memory_new(sizeof(*it));

	it->options = *options;
	it->world = options->world;
	it->config = options->config;
	it->broker_id = options->broker_id;
	it->services = options->services;
	it->frame_bytes_max = frame_bytes_max(options->config);
	it->listener_count = options->config->listeners.bound.count;
	it->listeners = memory_array(MAX(it->listener_count, 1), sizeof(*it->listeners));
	it->limits = connection_limits_new(options->world, options->config);
	it->loop_count = options->world->loop_count;
	it->loops = memory_array((size_t)MAX(it->loop_count, 1), sizeof(*it->loops));
	for (int i = 0; i < it->loop_count; i++) {
		struct api_loop *loop = &it->loops[i];

		loop->api = it;
		loop->loop = options->world->loops[i];
		loop->view = view_new(image_new(), NULL);
		loop->fetch_sessions = fetch_sessions_new(it, i);
		loop->acceptors = memory_array(MAX(it->listener_count, 1), sizeof(*loop->acceptors));
		loop->counts = memory_array(MAX(it->listener_count, 1), sizeof(*loop->counts));
		list_init(&loop->connections);
		follower_waits_init(&loop->follower_waits);
		leader_waits_init(&loop->leader_waits);
		timer_init(&loop->sweep, sweep);
		loop->start.run = start_loop;
		loop->admit.run = admit_clients;
		loop->stop.run = stop_loop;
		loop->settle.run = settle_loop;
		loop->hurry.run = hurry_followers;
	}
	return it;
}

static void
close_listeners(struct api *it)
{
	for (size_t i = 0; i < it->listener_count; i++) {
		if (it->listeners[i].net != NULL)
			net_close_listener(it->listeners[i].net);
		it->listeners[i].net = NULL;
	}
}

void
api_free(struct api *it)
{
	assert(!it->started || it->stopped);
	close_listeners(it);
	for (int i = 0; i < it->loop_count; i++) {
		assert(it->loops[i].requests == 0 && list_is_empty(&it->loops[i].connections));
		counted_release(&it->loops[i].view->counted);
		fetch_session_cache_free(it->loops[i].fetch_sessions);
		free(it->loops[i].acceptors);
		free(it->loops[i].counts);
	}
	connection_limits_free(it->limits);
	free(it->loops);
	free(it->listeners);
	free(it->cluster_id);
	free(it);
}

/* A name is looked up here, before anybody is served. */
static enum error
find_address(struct api *it, const struct listener *listener, struct net_address *address)
{
	size_t count = 0;
	enum error error = ERROR_NONE;

	*address = (struct net_address){ 0 };
	if (listener->host[0] != '\0')
		error = net_resolve(it->world->net, listener->host, address, 1, &count);
	if (listener_is_wildcard(listener) && listener->host[0] == '0')
		address->host[0] = '\0'; /* IPv6 too, as Java does */
	address->port = listener->port;
	return error;
}

enum error
api_listen(struct api *it, const char **complaint)
{
	const struct broker_network *network = &it->config->network;
	struct net_sockets sockets = { network->backlog, network->send_buffer_bytes,
		network->receive_buffer_bytes };

	for (size_t i = 0; i < it->listener_count; i++) {
		const struct listener *listener = &it->config->listeners.bound.items[i];
		struct net_address address;
		enum error error;

		it->listeners[i].name = slice_of_text(listener->name);
		*complaint = listener->name;
		error = find_address(it, listener, &address);
		if (error == ERROR_NONE)
			error = net_listen_with(it->world->net, &address, &sockets,
			    &it->listeners[i].net);
		if (error != ERROR_NONE)
			return error;
	}
	return connection_limits_resolve(it->limits, it->world->net, complaint);
}

uint16_t
api_port(const struct api *it, const char *listener)
{
	for (size_t i = 0; i < it->listener_count; i++)
		if (it->listeners[i].net != NULL && slice_equal_text(it->listeners[i].name, listener))
			return it->listeners[i].net->address.port;
	return 0;
}

void
api_start(struct api *it, int32_t broker_id, const char *cluster_id,
    const struct api_services *services)
{
	assert(!it->started);
	it->started = true;
	it->broker_id = broker_id;
	it->cluster_id = memory_text(cluster_id, strlen(cluster_id));
	it->services = *services;
	for (int i = 0; i < it->loop_count; i++)
		loop_post(it->loops[i].loop, &it->loops[i].start);
}

void
api_admit_clients(struct api *it)
{
	for (int i = 0; i < it->loop_count; i++)
		loop_post(it->loops[i].loop, &it->loops[i].admit);
}

void
api_hurry_followers(struct api *it)
{
	for (int i = 0; i < it->loop_count; i++)
		if (!atomic_exchange_explicit(&it->loops[i].hurries, true, memory_order_acq_rel))
			loop_post(it->loops[i].loop, &it->loops[i].hurry);
}

void
api_stop(struct api *it, int64_t patience_ms, void (*stopped)(void *context), void *context)
{
	it->stopped = true;
	it->patience_ms = patience_ms;
	if (!it->started) {
		stopped(context);
		return;
	}
	expect_all(it, stopped, context);
	for (int i = 0; i < it->loop_count; i++)
		loop_post(it->loops[i].loop, &it->loops[i].stop);
}

void
api_settle(struct api *it, void (*settled)(void *context), void *context)
{
	expect_all(it, settled, context);
	for (int i = 0; i < it->loop_count; i++)
		loop_post(it->loops[i].loop, &it->loops[i].settle);
}
