#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/sim_net_private.h"

enum { RETRY_US = 200000 };

static bool
blocked(const struct sim_tcp *stream, int from_side)
{
	return stream->net->blocked[stream->machines[from_side]][stream->machines[1 - from_side]];
}

static bool
has_power(const struct sim_tcp *stream, int side)
{
	return stream->net->machines[stream->machines[side]]->has_power;
}

static int64_t
delay(struct sim_tcp *stream, int from_side)
{
	struct sim_net *net = stream->net;
	int64_t us = sim_delay(net->sim, SIM_NET, net->delay_low_us, net->delay_high_us);
	int64_t clogged_us =
	    net->clogged_until_us[stream->machines[from_side]][stream->machines[1 - from_side]] -
	    sim_now_us(net->sim);

	return MAX(us, clogged_us);
}

static bool
something_to_deliver(const struct sim_pipe *pipe)
{
	if (pipe->reset)
		return !pipe->reset_delivered;
	return !pipe->given_up && (pipe->written > pipe->delivered || (pipe->end && !pipe->end_delivered));
}

void
sim_pipe_kick(struct sim_pipe *pipe)
{
	if (something_to_deliver(pipe) && !sim_is_scheduled(&pipe->deliver))
		sim_schedule(pipe->stream->net->sim, &pipe->deliver,
		    delay(pipe->stream, pipe->writer));
}

void
sim_pipe_reset(struct sim_pipe *pipe)
{
	pipe->reset = true;
	sim_pipe_kick(pipe);
}

size_t
sim_pipe_space(const struct sim_pipe *pipe)
{
	return pipe->capacity - (size_t)(pipe->written - pipe->acknowledged);
}

size_t
sim_pipe_ready(const struct sim_pipe *pipe)
{
	return (size_t)(pipe->delivered - pipe->taken);
}

int
sim_pipe_parts(struct sim_pipe *pipe, uint64_t position, size_t size, struct iovec parts[2])
{
	size_t at = (size_t)(position % pipe->capacity);
	size_t first = MIN(size, pipe->capacity - at);

	if (pipe->ring == NULL)
		pipe->ring = sim_memory_new(pipe->capacity);
	parts[0] = (struct iovec){ pipe->ring + at, first };
	parts[1] = (struct iovec){ pipe->ring, size - first };
	return size > first ? 2 : 1;
}

void
sim_pipe_acknowledge(struct sim_pipe *pipe)
{
	struct sim_socket *writer = pipe->stream->sockets[pipe->writer];

	if (blocked(pipe->stream, 1 - pipe->writer))
		return;
	pipe->acknowledged = pipe->taken;
	if (writer != NULL)
		sim_socket_update(writer);
}

size_t
sim_net_part(struct sim_net *net, size_t size)
{
	struct prng *prng = sim_stream(net->sim, SIM_NET);

	if (size > 1 && sim_chance(net->sim, SIM_NET, net->short_transfer))
		return 1 + (size_t)prng_below(prng, size - 1);
	return size;
}

/*
 * Nobody is there to take it, or to say that it came; the writer finds out, in
 * the end. What it has closed its system goes on sending just as long.
 */
static void
wait_or_give_up(struct sim_pipe *pipe)
{
	struct sim_net *net = pipe->stream->net;
	struct sim_socket *writer = pipe->stream->sockets[pipe->writer];

	if (pipe->waiting_since_us < 0)
		pipe->waiting_since_us = net->sim->now_us;
	if (net->sim->now_us - pipe->waiting_since_us < net->give_up_us) {
		sim_schedule(net->sim, &pipe->deliver,
		    RETRY_US + sim_delay(net->sim, SIM_NET, 0, RETRY_US));
		return;
	}
	pipe->given_up = true;
	if (pipe->reset)
		pipe->reset_delivered = true;
	if (writer != NULL)
		sim_socket_break(writer, ERROR_TIMED_OUT);
}

/* Its bytes met a closed end. */
static void
answer_with_reset(struct sim_pipe *pipe)
{
	struct sim_tcp *stream = pipe->stream;
	bool had_data = pipe->written > pipe->delivered;

	pipe->taken = pipe->delivered = pipe->written;
	pipe->end_delivered = pipe->end;
	if (had_data && stream->sockets[pipe->writer] != NULL)
		sim_pipe_reset(&stream->pipes[1 - pipe->writer]);
	sim_tcp_settle(stream);
}

static void
deliver_to(struct sim_pipe *pipe, struct sim_socket *reader)
{
	struct sim_net *net = pipe->stream->net;
	size_t waiting = (size_t)(pipe->written - pipe->delivered);

	if (sim_chance(net->sim, SIM_NET, net->cut))
		pipe->reset = true;
	if (pipe->reset) {
		pipe->reset_delivered = true;
		sim_socket_break(reader, ERROR_CONNECTION_RESET);
		return;
	}
	if (waiting > 0)
		pipe->delivered += sim_net_part(net, waiting);
	sim_note(net->sim, SIM_WHAT_deliver, NULL, pipe->stream->number, pipe->delivered);
	if (pipe->end && pipe->delivered == pipe->written)
		pipe->end_delivered = true;
	sim_socket_update(reader);
	sim_pipe_kick(pipe);
	sim_tcp_settle(pipe->stream);
}

static void
deliver(struct sim *sim UNUSED, struct sim_event *event)
{
	struct sim_pipe *pipe = container_of(event, struct sim_pipe, deliver);
	struct sim_tcp *stream = pipe->stream;
	struct sim_socket *reader = stream->sockets[1 - pipe->writer];
	bool unheard = blocked(stream, 1 - pipe->writer);

	if (blocked(stream, pipe->writer) || !has_power(stream, 1 - pipe->writer)) {
		wait_or_give_up(pipe);
		return;
	}
	if (!unheard)
		pipe->waiting_since_us = -1;
	if (reader != NULL) {
		deliver_to(pipe, reader);
		if (unheard && !pipe->reset && !pipe->given_up && !sim_is_scheduled(event))
			wait_or_give_up(pipe);
	} else if (pipe->reset) {
		pipe->reset_delivered = true;
		sim_tcp_settle(stream);
	} else {
		answer_with_reset(pipe);
	}
}

static void
answer_connect(struct sim_tcp *stream, enum error error)
{
	if (stream->sockets[0] != NULL)
		sim_socket_answer(stream->sockets[0], error);
	sim_tcp_settle(stream);
}

/* The first packet arrives, or does not. */
static void
arrive(struct sim *sim, struct sim_event *event)
{
	struct sim_tcp *stream = container_of(event, struct sim_tcp, connect);
	struct sim_listener *listener;

	if (stream->sockets[0] == NULL) {
		sim_tcp_settle(stream);
		return;
	}
	if (stream->sockets[0]->state != SOCKET_CONNECTING)
		return; /* it was reset, and has been told */
	if (blocked(stream, 0) || blocked(stream, 1) || !has_power(stream, 1)) {
		if (sim->now_us >= stream->gives_up_us)
			answer_connect(stream, ERROR_TIMED_OUT);
		else
			sim_schedule(sim, event, RETRY_US + sim_delay(sim, SIM_NET, 0, RETRY_US));
		return;
	}
	listener = sim_net_listener_at(stream->net, stream->machines[1], stream->addresses[1].port);
	if (listener == NULL) {
		answer_connect(stream, ERROR_CONNECTION_REFUSED);
		return;
	}
	sim_listener_offer(listener, stream);
	answer_connect(stream, ERROR_NONE);
}

struct sim_tcp *
sim_tcp_new(struct sim_net *net, int from, int to)
{
	struct sim_tcp *stream = sim_memory_new(sizeof(*stream));

	stream->net = net;
	stream->number = net->next_stream++;
	stream->machines[0] = from;
	stream->machines[1] = to;
	stream->gives_up_us = sim_now_us(net->sim) + net->give_up_us;
	for (int side = 0; side < 2; side++) {
		struct sim_pipe *pipe = &stream->pipes[side];

		pipe->stream = stream;
		pipe->writer = side;
		pipe->capacity = net->buffer_size;
		pipe->waiting_since_us = -1;
		sim_event_init(&pipe->deliver, SIM_WHAT_deliver, NULL, deliver);
	}
	sim_event_init(&stream->connect, SIM_WHAT_connect, NULL, arrive);
	list_init(&stream->link);
	list_append(&net->streams, &stream->link);
	sim_schedule(net->sim, &stream->connect, delay(stream, 0));
	return stream;
}

void
sim_tcp_free(struct sim_tcp *stream)
{
	list_remove(&stream->link);
	sim_cancel(stream->net->sim, &stream->connect);
	for (int side = 0; side < 2; side++) {
		sim_cancel(stream->net->sim, &stream->pipes[side].deliver);
		free(stream->pipes[side].ring);
	}
	free(stream);
}

void
sim_tcp_settle(struct sim_tcp *stream)
{
	if (stream->sockets[0] != NULL || stream->sockets[1] != NULL)
		return;
	/* Nobody is left who would read what is still on its way. */
	sim_tcp_free(stream);
}

void
sim_net_heal(struct sim_net *net)
{
	memset(net->blocked, 0, sizeof(net->blocked));
	memset(net->clogged_until_us, 0, sizeof(net->clogged_until_us));
	sim_note(net->sim, SIM_WHAT_heal, NULL, 0, 0);
	LIST_FOREACH(link, &net->streams) {
		struct sim_tcp *stream = container_of(link, struct sim_tcp, link);

		for (int side = 0; side < 2; side++) {
			sim_pipe_acknowledge(&stream->pipes[side]);
			/* It may have been put off to the end of a clog. */
			sim_cancel(net->sim, &stream->pipes[side].deliver);
			sim_pipe_kick(&stream->pipes[side]);
		}
		if (sim_is_scheduled(&stream->connect)) {
			sim_cancel(net->sim, &stream->connect);
			sim_schedule(net->sim, &stream->connect, delay(stream, 0));
		}
	}
}

void
sim_net_reset_between(struct sim_net *net, int a, int b)
{
	LIST_FOREACH(link, &net->streams) {
		struct sim_tcp *stream = container_of(link, struct sim_tcp, link);

		if ((stream->machines[0] == a && stream->machines[1] == b) ||
		    (stream->machines[0] == b && stream->machines[1] == a)) {
			sim_pipe_reset(&stream->pipes[0]);
			sim_pipe_reset(&stream->pipes[1]);
		}
	}
}
