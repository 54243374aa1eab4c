#include "tests/sim/sim_net.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/sim_net_private.h"

enum { FIRST_PORT = 32768, TRANSFER_MAX = 256 * 1024 };

static struct sim_socket *
socket_of(struct net_connection *connection)
{
	return container_of(connection, struct sim_socket, connection);
}

static struct sim_net_end *
end_of(struct net *net)
{
	return container_of(net, struct sim_net_end, net);
}

static struct sim_loop *
loop_of(struct sim_socket *socket)
{
	return container_of(socket->connection.loop, struct sim_loop, loop);
}

static struct sim *
sim_of(struct sim_socket *socket)
{
	return socket->end->owner->sim;
}

void
sim_net_address(int machine, uint16_t port, struct net_address *address)
{
	*address = (struct net_address){ .port = port };
	snprintf(address->host, sizeof(address->host), "10.0.0.%d", machine + 1);
}

static bool
is_readable(const struct sim_socket *socket)
{
	const struct sim_pipe *pipe;

	if (socket->error != ERROR_NONE)
		return true;
	pipe = &socket->stream->pipes[1 - socket->side];
	return sim_pipe_ready(pipe) > 0 || pipe->end_delivered;
}

static bool
is_writable(const struct sim_socket *socket)
{
	return socket->error != ERROR_NONE ||
	    sim_pipe_space(&socket->stream->pipes[socket->side]) > 0;
}

void
sim_socket_update(struct sim_socket *socket)
{
	if (socket->state != SOCKET_OPEN || socket->closed || socket->stream == NULL ||
	    sim_is_scheduled(&socket->notify))
		return;
	if ((socket->want_read && is_readable(socket)) ||
	    (socket->want_write && is_writable(socket)))
		sim_schedule(sim_of(socket), &socket->notify,
		    sim_delay(sim_of(socket), SIM_NET, 1, 200));
}

void
sim_socket_break(struct sim_socket *socket, enum error error)
{
	if (socket->error == ERROR_NONE)
		socket->error = error;
	if (socket->state == SOCKET_CONNECTING)
		sim_socket_answer(socket, error);
	else
		sim_socket_update(socket);
}

void
sim_socket_answer(struct sim_socket *socket, enum error error)
{
	assert(socket->state == SOCKET_CONNECTING);
	socket->state = SOCKET_ANSWERED;
	socket->error = error;
	sim_schedule(sim_of(socket), &socket->notify, sim_delay(sim_of(socket), SIM_NET, 1, 500));
}

void
sim_socket_free(struct sim_socket *socket)
{
	sim_cancel(sim_of(socket), &socket->notify);
	list_remove(&socket->link);
	free(socket);
}

/* As the real end does without descriptors: the connection is closed, and it is told once. */
static void
accept_or_refuse(struct sim_socket *socket)
{
	struct sim_acceptor *at = socket->acceptor;

	socket->state = SOCKET_OPEN;
	if (!sim_chance(sim_of(socket), SIM_NET, socket->end->owner->refuse_accept)) {
		at->failing = false;
		at->acceptor->accepted(at->acceptor, &socket->connection);
		return;
	}
	sim_socket_detach(socket, false, false);
	socket->closed = true;
	if (!at->failing) {
		at->failing = true;
		at->acceptor->failed(at->acceptor, ERROR_TOO_MANY_FILES);
	}
}

static void
call_handlers(struct sim_socket *socket)
{
	struct net_handler *handler = socket->connection.handler;

	if (socket->state == SOCKET_ANSWERED) {
		socket->state = SOCKET_OPEN;
		handler->connected(handler, socket->error);
		return;
	}
	if (socket->state == SOCKET_ACCEPTING) {
		accept_or_refuse(socket);
		return;
	}
	if (socket->want_read && is_readable(socket))
		handler->readable(handler);
	handler = socket->connection.handler;
	if (!socket->closed && socket->stream != NULL && socket->want_write && is_writable(socket))
		handler->writable(handler);
}

static void
notify(struct sim *sim, struct sim_event *event)
{
	struct sim_socket *socket = container_of(event, struct sim_socket, notify);
	struct sim_loop *loop = loop_of(socket);

	if (!sim_loop_enter(loop, event))
		return;
	sim_note(sim, SIM_WHAT_notify, socket->end->process, socket->stream->number,
	    (uint64_t)socket->state);
	socket->in_handler = true;
	call_handlers(socket);
	socket->in_handler = false;
	if (socket->closed)
		sim_socket_free(socket);
	else
		sim_socket_update(socket);
	sim_loop_leave(loop);
}

struct sim_socket *
sim_socket_new(struct sim_net_end *end, struct sim_tcp *stream, int side)
{
	struct sim_socket *socket = sim_memory_new(sizeof(*socket));

	socket->connection.net = &end->net;
	socket->end = end;
	socket->stream = stream;
	socket->side = side;
	socket->local = stream->addresses[side];
	socket->peer = stream->addresses[1 - side];
	stream->sockets[side] = socket;
	sim_event_init(&socket->notify, SIM_WHAT_notify, end->process, notify);
	list_init(&socket->link);
	list_append(&end->sockets, &socket->link);
	return socket;
}

void
sim_socket_detach(struct sim_socket *socket, bool reset, bool silent)
{
	struct sim_tcp *stream = socket->stream;
	struct sim_pipe *out, *in;

	if (stream == NULL)
		return;
	out = &stream->pipes[socket->side];
	in = &stream->pipes[1 - socket->side];
	stream->sockets[socket->side] = NULL;
	socket->stream = NULL;
	if (socket->error == ERROR_NONE)
		socket->error = ERROR_CONNECTION_RESET;
	if (out->given_up)
		silent = true;
	if (!silent && (reset || sim_pipe_ready(in) > 0)) {
		sim_pipe_reset(out);
	} else if (!silent) {
		out->end = true;
		sim_pipe_kick(out);
	}
	sim_tcp_settle(stream);
}

static void
close_socket(struct net_connection *connection, bool reset)
{
	struct sim_socket *socket = socket_of(connection);

	assert(!socket->closed);
	if (socket->stream != NULL)
		sim_note(sim_of(socket), reset ? SIM_WHAT_reset : SIM_WHAT_close,
		    socket->end->process, socket->stream->number, 0);
	sim_socket_detach(socket, reset, false);
	socket->closed = true;
	if (!socket->in_handler)
		sim_socket_free(socket);
}

static int
machine_at(struct sim_net *net, const char *host)
{
	for (int i = 0; i < SIM_MACHINES_MAX; i++) {
		struct net_address address;

		if (net->machines[i] == NULL)
			continue;
		sim_net_address(i, 0, &address);
		if (strcmp(address.host, host) == 0)
			return i;
	}
	return -1;
}

static enum error
connect_to(struct net *port, struct loop *loop, const struct net_address *address,
    struct net_handler *handler, struct net_connection **connection)
{
	struct sim_net_end *end = end_of(port);
	int from = end->process->machine->number;
	int to = machine_at(end->owner, address->host);
	struct sim_tcp *stream;
	struct sim_socket *socket;

	if (to < 0 || end->dead)
		return ERROR_UNREACHABLE;
	stream = sim_tcp_new(end->owner, from, to);
	sim_net_address(from, end->owner->next_port++, &stream->addresses[0]);
	stream->addresses[1] = *address;
	socket = sim_socket_new(end, stream, 0);
	socket->state = SOCKET_CONNECTING;
	socket->connection.loop = loop;
	socket->connection.handler = handler;
	*connection = &socket->connection;
	return ERROR_NONE;
}

static enum error
resolve(struct net *port, const char *name, struct net_address *addresses, size_t capacity,
    size_t *count)
{
	int machine = machine_at(end_of(port)->owner, name);

	*count = 0;
	if (machine < 0 || capacity == 0)
		return ERROR_NOT_FOUND;
	sim_net_address(machine, 0, &addresses[0]);
	*count = 1;
	return ERROR_NONE;
}

static void
set_handler(struct net_connection *connection, struct net_handler *handler)
{
	connection->handler = handler;
}

static void
want(struct net_connection *connection, bool read, bool write)
{
	struct sim_socket *socket = socket_of(connection);

	socket->want_read = read;
	socket->want_write = write;
	sim_socket_update(socket);
}

static enum error
read_some(struct net_connection *connection, void *bytes, size_t size, size_t *got)
{
	struct sim_socket *socket = socket_of(connection);
	struct iovec parts[2];
	struct sim_pipe *pipe;
	size_t ready;
	int count;

	*got = 0;
	if (socket->error != ERROR_NONE)
		return socket->error;
	pipe = &socket->stream->pipes[1 - socket->side];
	ready = MIN(sim_pipe_ready(pipe), size);
	if (ready == 0)
		return pipe->end_delivered ? ERROR_END_OF_STREAM : ERROR_WOULD_BLOCK;
	*got = sim_net_part(socket->end->owner, ready);
	count = sim_pipe_parts(pipe, pipe->taken, *got, parts);
	memcpy(bytes, parts[0].iov_base, parts[0].iov_len);
	if (count == 2)
		memcpy((uint8_t *)bytes + parts[0].iov_len, parts[1].iov_base, parts[1].iov_len);
	pipe->taken += *got;
	sim_note(sim_of(socket), SIM_WHAT_read, socket->end->process, socket->stream->number, *got);
	sim_pipe_acknowledge(pipe);
	return ERROR_NONE;
}

static void
written(struct sim_socket *socket, enum sim_what what, size_t size)
{
	struct sim_pipe *pipe = &socket->stream->pipes[socket->side];

	pipe->written += size;
	sim_note(sim_of(socket), what, socket->end->process, socket->stream->number, size);
	sim_pipe_kick(pipe);
}

static void
put_bytes(struct sim_pipe *pipe, uint64_t position, const void *bytes, size_t size)
{
	struct iovec parts[2];

	if (sim_pipe_parts(pipe, position, size, parts) == 2)
		memcpy(parts[1].iov_base, (const uint8_t *)bytes + parts[0].iov_len, parts[1].iov_len);
	memcpy(parts[0].iov_base, bytes, parts[0].iov_len);
}

static enum error
write_some(struct net_connection *connection, const struct iovec *parts, int count, size_t *size)
{
	struct sim_socket *socket = socket_of(connection);
	struct sim_pipe *pipe;
	size_t room, total = 0;

	*size = 0;
	if (socket->error != ERROR_NONE)
		return socket->error;
	pipe = &socket->stream->pipes[socket->side];
	for (int i = 0; i < count; i++)
		total += parts[i].iov_len;
	room = MIN(sim_pipe_space(pipe), total);
	if (room == 0)
		return total == 0 ? ERROR_NONE : ERROR_WOULD_BLOCK;
	room = sim_net_part(socket->end->owner, room);
	for (int i = 0; i < count && *size < room; i++) {
		size_t part = MIN(parts[i].iov_len, room - *size);

		put_bytes(pipe, pipe->written + *size, parts[i].iov_base, part);
		sim_mix_bytes(sim_of(socket), parts[i].iov_base, part);
		*size += part;
	}
	written(socket, SIM_WHAT_write, *size);
	return ERROR_NONE;
}

static enum error
send_file(struct net_connection *connection, struct disk_file *file, int64_t offset, size_t size,
    size_t *sent)
{
	struct sim_socket *socket = socket_of(connection);
	struct iovec parts[2];
	struct sim_pipe *pipe;
	enum error error;
	size_t room;
	int count;

	*sent = 0;
	if (socket->error != ERROR_NONE)
		return socket->error;
	pipe = &socket->stream->pipes[socket->side];
	room = MIN(MIN(sim_pipe_space(pipe), size), (size_t)TRANSFER_MAX);
	if (room == 0)
		return size == 0 ? ERROR_NONE : ERROR_WOULD_BLOCK;
	count = sim_pipe_parts(pipe, pipe->written, sim_net_part(socket->end->owner, room), parts);
	error = file->disk->ops->read_at(file, parts, count, offset, false, sent);
	if (error == ERROR_NONE && *sent == 0)
		error = ERROR_END_OF_STREAM;
	if (error == ERROR_NONE)
		written(socket, SIM_WHAT_send_file, *sent);
	return error;
}

static void
peer(struct net_connection *connection, struct net_address *address)
{
	*address = socket_of(connection)->peer;
}

static void
local(struct net_connection *connection, struct net_address *address)
{
	*address = socket_of(connection)->local;
}

static const struct net_ops ops = {
	.listen = sim_net_listen,
	.accept_on = sim_net_accept_on,
	.stop_accepting = sim_net_stop_accepting,
	.close_listener = sim_net_close_listener,
	.connect = connect_to,
	.resolve = resolve,
	.set_handler = set_handler,
	.want = want,
	.read = read_some,
	.write = write_some,
	.send_file = send_file,
	.peer = peer,
	.local = local,
	.close = close_socket,
};

struct sim_net_end *
sim_net_end_new(struct sim_process *process)
{
	struct sim_net_end *end = sim_memory_new(sizeof(*end));

	end->net.ops = &ops;
	end->net.copied_bytes = process->machine->net->copied_bytes;
	end->owner = process->machine->net;
	end->process = process;
	list_init(&end->sockets);
	list_init(&end->listeners);
	list_init(&end->link);
	list_append(&end->owner->ends, &end->link);
	return end;
}

struct net *
sim_net_end_port(struct sim_net_end *end)
{
	return &end->net;
}

static void
detach_all(struct list *sockets, bool silent)
{
	LIST_FOREACH(link, sockets)
		sim_socket_detach(container_of(link, struct sim_socket, link), false, silent);
}

void
sim_net_end_kill(struct sim_net_end *end, bool power_cut)
{
	end->dead = true;
	detach_all(&end->sockets, power_cut);
	LIST_FOREACH(link, &end->listeners)
		detach_all(&container_of(link, struct sim_listener, link)->backlog, power_cut);
}

void
sim_net_end_free(struct sim_net_end *end)
{
	assert(end->dead);
	while (!list_is_empty(&end->sockets))
		sim_socket_free(container_of(end->sockets.next, struct sim_socket, link));
	while (!list_is_empty(&end->listeners))
		sim_net_close_listener(
		    &container_of(end->listeners.next, struct sim_listener, link)->listener);
	list_remove(&end->link);
	free(end);
}

void
sim_net_init(struct sim_net *net, struct sim *sim)
{
	*net = (struct sim_net){
		.sim = sim,
		.delay_low_us = 20,
		.delay_high_us = 2000,
		.give_up_us = 15000000,
		.buffer_size = 16384,
		.next_port = FIRST_PORT,
	};
	list_init(&net->ends);
	list_init(&net->streams);
}

void
sim_net_fini(struct sim_net *net)
{
	assert(list_is_empty(&net->ends));
	while (!list_is_empty(&net->streams))
		sim_tcp_free(container_of(net->streams.next, struct sim_tcp, link));
}

void
sim_net_block(struct sim_net *net, int from, int to)
{
	sim_note(net->sim, SIM_WHAT_partition, NULL, (uint64_t)from, (uint64_t)to);
	net->blocked[from][to] = true;
}

void
sim_net_block_both(struct sim_net *net, int a, int b)
{
	sim_net_block(net, a, b);
	sim_net_block(net, b, a);
}

void
sim_net_clog(struct sim_net *net, int from, int to, int64_t us)
{
	net->clogged_until_us[from][to] = sim_now_us(net->sim) + us;
}
