#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/buffer.h"
#include "base/reader.h"
#include "tests/sim/actors.h"

enum { TIME_OUT_US = 3000000, BACK_OFF_US = 100000 };

/* One life of a sender; what it has to remember over lives is in the bank. */
struct life {
	struct net_handler handler;
	struct sender *sender;
	struct world *world;
	struct loop *loop;
	struct net_connection *connection; /* NULL: none now */
	struct timer timer;                /* gives up, or connects again */
	struct timer pace;                 /* more may be issued */
	uint64_t sent[ACTORS_ACCOUNTS];    /* on this connection */
	uint8_t in[ACTORS_ANSWER_SIZE];
	size_t in_size;
	struct buffer out;
	size_t out_at;
	bool connected, had_connection;
};

struct start {
	struct loop_message message;
	struct life *life;
};

static uint64_t *
acknowledged(const struct life *life)
{
	return life->sender->bank->acknowledged[life->sender->number];
}

static uint64_t *
issued(const struct life *life)
{
	return life->sender->bank->issued[life->sender->number];
}

static struct sim *
sim_of(const struct life *life)
{
	return life->sender->bank->sim;
}

static void
start_timer(struct life *life, int64_t us)
{
	timer_start(life->loop, &life->timer, clock_monotonic_us(life->world->clock) + us);
}

static void
disconnect(struct life *life)
{
	if (life->connection != NULL)
		net_reset(life->connection);
	life->connection = NULL;
	life->connected = false;
	buffer_clear(&life->out);
	life->out_at = 0;
	start_timer(life, BACK_OFF_US);
}

static void
put_request(struct life *life, uint64_t account)
{
	uint64_t sequence = ++life->sent[account];
	uint64_t sender = (uint64_t)life->sender->number;

	issued(life)[account] = MAX(issued(life)[account], sequence);
	buffer_int32(&life->out, (int32_t)sender);
	buffer_int32(&life->out, (int32_t)account);
	buffer_int64(&life->out, (int64_t)sequence);
	buffer_int64(&life->out, bank_amount(sender, account, sequence));
	buffer_int64(&life->out, 0);
}

/* Commands come over the whole time in which there are faults. */
static uint64_t
may_be_issued(const struct life *life)
{
	int64_t now_us = MIN(sim_now_us(sim_of(life)), (int64_t)ACTORS_WORK_US);

	return life->sender->commands * (uint64_t)now_us / ACTORS_WORK_US;
}

/* What was issued before goes first; then new ones, as the window lets them. */
static void
put_requests(struct life *life)
{
	struct prng *prng = sim_stream(sim_of(life), SIM_WORKLOAD);
	uint64_t in_flight = 0, total = 0;

	for (int a = 0; a < ACTORS_ACCOUNTS; a++) {
		while (life->sent[a] < issued(life)[a])
			put_request(life, (uint64_t)a);
		in_flight += life->sent[a] - acknowledged(life)[a];
		total += issued(life)[a];
	}
	while (in_flight < life->sender->window && total < may_be_issued(life)) {
		put_request(life, prng_below(prng, ACTORS_ACCOUNTS));
		in_flight++;
		total++;
	}
}

static void
send_requests(struct life *life)
{
	put_requests(life);
	while (life->out_at < life->out.size) {
		struct iovec part = { life->out.bytes + life->out_at, life->out.size - life->out_at };
		size_t written;
		enum error error = net_write(life->connection, &part, 1, &written);

		if (error == ERROR_WOULD_BLOCK)
			break;
		if (error != ERROR_NONE) {
			disconnect(life);
			return;
		}
		life->out_at += written;
	}
	if (life->out_at == life->out.size) {
		buffer_clear(&life->out);
		life->out_at = 0;
	}
	net_want(life->connection, true, life->out.size > 0);
}

static void
take_answer(struct life *life)
{
	struct reader in;
	uint32_t sender, account;
	uint64_t sequence;

	reader_init(&in, slice_of(life->in, sizeof(life->in)));
	sender = reader_uint32(&in);
	account = reader_uint32(&in);
	sequence = (uint64_t)reader_int64(&in);
	life->in_size = 0;
	if (sender != (uint32_t)life->sender->number || account >= ACTORS_ACCOUNTS ||
	    sequence != acknowledged(life)[account] + 1) {
		sim_fail(sim_of(life), "sender %d: the answer to %d comes after that to %d",
		    life->sender->number, (int)sequence,
		    (int)acknowledged(life)[account % ACTORS_ACCOUNTS]);
		return;
	}
	acknowledged(life)[account] = sequence;
	start_timer(life, TIME_OUT_US);
}

static void
readable(struct net_handler *handler)
{
	struct life *life = container_of(handler, struct life, handler);
	enum error error = ERROR_NONE;

	while (error == ERROR_NONE) {
		size_t got;

		error = net_read(life->connection, life->in + life->in_size,
		    sizeof(life->in) - life->in_size, &got);
		life->in_size += got;
		if (life->in_size == sizeof(life->in))
			take_answer(life);
	}
	if (error != ERROR_WOULD_BLOCK)
		disconnect(life);
	else
		send_requests(life);
}

static void
writable(struct net_handler *handler)
{
	send_requests(container_of(handler, struct life, handler));
}

static void
connected(struct net_handler *handler, enum error error)
{
	struct life *life = container_of(handler, struct life, handler);

	if (error != ERROR_NONE) {
		disconnect(life);
		return;
	}
	if (life->had_connection)
		sim_mark(sim_of(life), "a sender connects again");
	life->connected = life->had_connection = true;
	life->in_size = 0;
	memcpy(life->sent, acknowledged(life), sizeof(life->sent));
	start_timer(life, TIME_OUT_US);
	send_requests(life);
}

static void
connect_now(struct life *life)
{
	struct net_address address;

	sim_net_address(life->sender->server_machine, ACTORS_PORT, &address);
	if (net_connect(life->world->net, life->loop, &address, &life->handler,
		&life->connection) != ERROR_NONE) {
		life->connection = NULL;
		disconnect(life);
		return;
	}
	start_timer(life, TIME_OUT_US);
}

static void
timer_fired(struct timer *timer)
{
	struct life *life = container_of(timer, struct life, timer);

	if (life->connection == NULL)
		connect_now(life);
	else if (!sender_is_done(life->sender))
		disconnect(life);
}

static void
pace_fired(struct timer *timer)
{
	struct life *life = container_of(timer, struct life, pace);
	int64_t delay_us = prng_between(sim_stream(sim_of(life), SIM_WORKLOAD), 1000, 100000);

	if (life->connected)
		send_requests(life);
	if (!sender_is_done(life->sender))
		timer_start(life->loop, timer, clock_monotonic_us(life->world->clock) + delay_us);
}

static void
begin(struct loop_message *message)
{
	struct start *start = container_of(message, struct start, message);

	connect_now(start->life);
	pace_fired(&start->life->pace);
	free(start);
}

void
sender_boot(struct sim_process *process)
{
	struct sender_group *group = process->scenario;

	for (int i = 0; i < group->count; i++) {
		struct life *life = memory_new(sizeof(*life));
		struct start *start = memory_new(sizeof(*start));

		life->sender = &group->senders[i];
		life->world = &process->world;
		life->loop = process->world.loops[i % process->world.loop_count];
		life->handler.connected = connected;
		life->handler.readable = readable;
		life->handler.writable = writable;
		buffer_init(&life->out);
		timer_init(&life->timer, timer_fired);
		timer_init(&life->pace, pace_fired);
		start->message.run = begin;
		start->life = life;
		loop_post(life->loop, &start->message);
	}
}

bool
sender_is_done(const struct sender *sender)
{
	const struct bank *bank = sender->bank;
	uint64_t total = 0;

	for (int a = 0; a < ACTORS_ACCOUNTS; a++)
		total += bank->acknowledged[sender->number][a];
	return total >= sender->commands;
}
