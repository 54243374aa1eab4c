/* A connection that was accepted gets its place (connection_limits.h), or is refused. */
#include <stdio.h>
#include <stdlib.h>

#include "api/api_private.h"
#include "api/client_host.h"
#include "base/memory.h"

static void
waits_no_longer(struct request_connection *it)
{
	if (it->waits)
		api_acceptor_resume(it->acceptor);
	it->waits = false;
}

static void
judged(struct connection_ticket *ticket, enum connection_verdict verdict)
{
	struct request_connection *it = ticket->context;

	if (verdict == CONNECTION_WAITS) {
		it->waits = true;
		api_acceptor_pause(it->acceptor);
		return;
	}
	waits_no_longer(it);
	if (verdict == CONNECTION_ADMITTED) {
		it->admitted = true;
		client_connection_begin(it);
		return;
	}
	log_warn(it->loop->api->world->logger, "connection of %s refused: too many connections",
	    it->host + 1);
	client_connection_close(it, NULL);
}

static void
place_is_back(struct connection_ticket *ticket)
{
	struct api_loop *loop = ticket->context;

	free(ticket);
	loop->tickets--;
	api_loop_check(loop);
}

void
client_connection_give_place_back(struct request_connection *it)
{
	struct connection_ticket *ticket = it->ticket;

	waits_no_longer(it);
	it->ticket = NULL;
	ticket->context = it->loop;
	connection_limits_leave(ticket);
}

static void
ask_for_a_place(struct request_connection *it, const char *host)
{
	struct connection_ticket *ticket = memory_new(sizeof(*ticket));
	struct api *api = it->loop->api;

	ticket->loop = it->loop->loop;
	ticket->listener = (size_t)(it->acceptor->listener - api->listeners);
	(void)snprintf(ticket->host, sizeof(ticket->host), "%s", host);
	ticket->judged = judged;
	ticket->left = place_is_back;
	ticket->context = it;
	it->ticket = ticket;
	it->loop->tickets++;
	connection_limits_enter(api->limits, ticket);
}

void
client_connection_new(struct api_acceptor *acceptor, struct net_connection *net)
{
	struct api_loop *loop = acceptor->loop;
	struct request_connection *it = memory_new(sizeof(*it));
	int64_t now_us = clock_monotonic_us(loop->api->world->clock);
	struct net_address peer;

	net_peer(net, &peer);
	client_host_print(peer.host, it->host);
	it->net = net;
	it->loop = loop;
	it->acceptor = acceptor;
	list_init(&it->requests);
	list_init(&it->pinned);
	list_init(&it->send.link);
	list_append(&loop->connections, &it->link);
	loop->api->connections++;
	atomic_fetch_add_explicit(&connection_counts_of(acceptor)->created, 1,
	    memory_order_release);
	it->tried_offset = -1;
	if (!timer_is_running(&loop->sweep))
		timer_start(loop->loop, &loop->sweep, now_us + API_SWEEP_US);
	ask_for_a_place(it, peer.host);
}
