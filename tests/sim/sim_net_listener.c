#include <stdlib.h>
#include <string.h>

#include "tests/sim/sim_net_private.h"

enum error
sim_net_listen(struct net *port, const struct net_address *address,
    const struct net_sockets *sockets UNUSED, struct net_listener **opened)
{
	struct sim_net_end *end = container_of(port, struct sim_net_end, net);
	int machine = end->process->machine->number;
	struct net_address own;
	struct sim_listener *listener;

	sim_net_address(machine, address->port, &own);
	if (address->host[0] != '\0' && strcmp(address->host, own.host) != 0)
		return ERROR_ADDRESS_NOT_AVAILABLE;
	if (end->dead)
		return ERROR_ADDRESS_IN_USE;
	if (own.port == 0)
		own.port = end->owner->next_port++;
	else if (sim_net_listener_at(end->owner, machine, own.port) != NULL)
		return ERROR_ADDRESS_IN_USE;
	listener = sim_memory_new(sizeof(*listener));
	listener->listener = (struct net_listener){ port, own };
	listener->end = end;
	list_init(&listener->acceptors);
	list_init(&listener->backlog);
	list_init(&listener->link);
	list_append(&end->listeners, &listener->link);
	*opened = &listener->listener;
	return ERROR_NONE;
}

struct sim_listener *
sim_net_listener_at(struct sim_net *net, int machine, uint16_t port)
{
	LIST_FOREACH(link, &net->ends) {
		struct sim_net_end *end = container_of(link, struct sim_net_end, link);

		if (end->dead || end->process->machine->number != machine)
			continue;
		LIST_FOREACH(place, &end->listeners) {
			struct sim_listener *listener =
			    container_of(place, struct sim_listener, link);

			if (listener->listener.address.port == port)
				return listener;
		}
	}
	return NULL;
}

static struct sim_acceptor *
any_acceptor(struct sim_listener *listener)
{
	struct prng *prng = sim_stream(listener->end->owner->sim, SIM_NET);
	struct sim_acceptor *chosen = NULL;
	uint64_t candidates = 0;

	LIST_FOREACH(link, &listener->acceptors) {
		if (prng_below(prng, ++candidates) == 0)
			chosen = container_of(link, struct sim_acceptor, link);
	}
	return chosen;
}

static void
give_to_acceptor(struct sim_listener *listener, struct sim_socket *socket)
{
	struct sim_acceptor *acceptor = any_acceptor(listener);

	if (acceptor == NULL)
		return;
	list_remove(&socket->link);
	list_append(&listener->end->sockets, &socket->link);
	socket->connection.loop = acceptor->loop;
	socket->acceptor = acceptor;
	sim_schedule(listener->end->owner->sim, &socket->notify, sim_delay(listener->end->owner->sim, SIM_NET, 1, 300));
}

void
sim_listener_offer(struct sim_listener *listener, struct sim_tcp *stream)
{
	struct sim_socket *socket = sim_socket_new(listener->end, stream, 1);

	sim_note(stream->net->sim, SIM_WHAT_accepted, listener->end->process, stream->number, 0);
	socket->state = SOCKET_ACCEPTING;
	list_remove(&socket->link);
	list_append(&listener->backlog, &socket->link);
	give_to_acceptor(listener, socket);
}

enum error
sim_net_accept_on(struct net_listener *port, struct loop *loop, struct net_acceptor *acceptor)
{
	struct sim_listener *listener = container_of(port, struct sim_listener, listener);
	struct sim_acceptor *added = sim_memory_new(sizeof(*added));

	added->loop = loop;
	added->acceptor = acceptor;
	list_init(&added->link);
	list_append(&listener->acceptors, &added->link);
	LIST_FOREACH(link, &listener->backlog)
		give_to_acceptor(listener, container_of(link, struct sim_socket, link));
	return ERROR_NONE;
}

/* Those on their way to this loop wait for another acceptor. */
void
sim_net_stop_accepting(struct net_listener *port, struct loop *loop)
{
	struct sim_listener *listener = container_of(port, struct sim_listener, listener);

	LIST_FOREACH(link, &listener->acceptors) {
		struct sim_acceptor *acceptor = container_of(link, struct sim_acceptor, link);

		if (acceptor->loop != loop)
			continue;
		list_remove(&acceptor->link);
		free(acceptor);
	}
	LIST_FOREACH(link, &listener->end->sockets) {
		struct sim_socket *socket = container_of(link, struct sim_socket, link);

		if (socket->state != SOCKET_ACCEPTING || socket->connection.loop != loop ||
		    socket->local.port != port->address.port)
			continue;
		sim_cancel(listener->end->owner->sim, &socket->notify);
		list_remove(&socket->link);
		list_append(&listener->backlog, &socket->link);
		give_to_acceptor(listener, socket);
	}
}

void
sim_net_close_listener(struct net_listener *port)
{
	struct sim_listener *listener = container_of(port, struct sim_listener, listener);

	while (!list_is_empty(&listener->backlog)) {
		struct sim_socket *socket =
		    container_of(listener->backlog.next, struct sim_socket, link);

		sim_socket_detach(socket, true, listener->end->dead);
		sim_socket_free(socket);
	}
	while (!list_is_empty(&listener->acceptors))
		free(container_of(list_take_first(&listener->acceptors), struct sim_acceptor, link));
	list_remove(&listener->link);
	free(listener);
}
