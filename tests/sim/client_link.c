#include "tests/sim/client_link.h"

#include <assert.h>
#include <inttypes.h>

#include "base/memory.h"
#include "tests/sim/sim_net.h"
#include "wire/frame.h"

enum {
	READ_BYTES = 8192,
	ARENA_BYTES = 4 << 20,
	CONNECT_US = 10000000,
	AGAIN_LOW_US = 20000,
	AGAIN_HIGH_US = 800000,
	FRAME_MAX = 4 << 20,
};

static struct sim *
sim_of(const struct client_link *link)
{
	return link->process->sim;
}

static int64_t
now_us(const struct client_link *link)
{
	return clock_monotonic_us(link->process->world.clock);
}

static void
arm(struct client_link *link, int64_t us)
{
	timer_start(link->loop, &link->timer, now_us(link) + us);
}

/* The oldest request says how long to wait. */
static void
arm_for_answers(struct client_link *link)
{
	const struct client_request *oldest;

	if (list_is_empty(&link->waiting)) {
		timer_stop(link->loop, &link->timer);
		return;
	}
	oldest = container_of(link->waiting.next, struct client_request, in_link);
	arm(link, oldest->patience_ms * 1000LL);
}

void
client_link_drop(struct client_link *link)
{
	bool was_open = link->is_open;
	struct list *first;

	if (link->connection != NULL)
		net_close(link->connection);
	link->connection = NULL;
	link->is_open = false;
	buffer_clear(&link->in);
	buffer_clear(&link->out);
	link->out_at = 0;
	while ((first = list_take_first(&link->waiting)) != NULL) {
		struct client_request *request = container_of(first, struct client_request, in_link);

		request->answered(request, NULL);
	}
	link->losses += was_open;
	if (was_open && link->lost != NULL)
		link->lost(link);
	arm(link, sim_delay(sim_of(link), SIM_WORKLOAD, AGAIN_LOW_US, AGAIN_HIGH_US));
}

/* ----------------------------------------------------------------- sending */

static void
send_some(struct client_link *link)
{
	while (link->out_at < link->out.size) {
		struct iovec part = { link->out.bytes + link->out_at, link->out.size - link->out_at };
		size_t written;
		enum error error = net_write(link->connection, &part, 1, &written);

		if (error == ERROR_WOULD_BLOCK)
			break;
		if (error != ERROR_NONE)
			return; /* a read tells it too */
		link->out_at += written;
	}
	if (link->out_at == link->out.size) {
		buffer_clear(&link->out);
		link->out_at = 0;
	}
	net_want(link->connection, true, link->out.size > 0);
}

static void
encode(struct client_link *link, const struct client_request *request, const void *body)
{
	const struct request_header header = {
		.request_api_key = request->key,
		.request_api_version = request->version,
		.correlation_id = request->correlation_id,
		.client_id = slice_of_text(link->client_id),
	};
	const struct buffer_part *part;
	struct buffer_list list;
	struct frame frame;
	bool well;

	buffer_list_init(&list);
	well = request_begin(&list, &header, &frame) == ERROR_NONE &&
	    message_encode(message_type_find(request->key, false), request->version, body, &list) ==
	        ERROR_NONE &&
	    frame_finish(&list, &frame) == ERROR_NONE;
	sim_check(sim_of(link), well, "%s cannot encode key %d version %d", link->client_id,
	    (int)request->key, (int)request->version);
	while (well && (part = buffer_list_front(&list)) != NULL) {
		buffer_append(&link->out, part->bytes, part->length);
		buffer_list_consume(&list, part->length);
	}
	buffer_list_fini(&list);
}

void
client_link_ask(struct client_link *link, struct client_request *request, const void *body,
    bool is_answered)
{
	assert(link->is_open);
	request->correlation_id = link->next_correlation_id++;
	request->asked_us = sim_now_us(sim_of(link));
	request->link = link;
	request->life = link->life;
	list_init(&request->in_link);
	encode(link, request, body);
	if (is_answered) {
		list_append(&link->waiting, &request->in_link);
		if (link->waiting.next == &request->in_link)
			arm_for_answers(link);
	}
	send_some(link);
}

/* ----------------------------------------------------------------- answers */

static void
take_answer(struct client_link *link, struct slice frame)
{
	struct client_request *request;
	const struct message_type *type;
	struct response_header header;
	struct reader in;
	struct arena arena;
	void *response;

	if (list_is_empty(&link->waiting)) {
		sim_fail(sim_of(link), "%s gets an answer that it did not ask for", link->client_id);
		return;
	}
	request = container_of(list_take_first(&link->waiting), struct client_request, in_link);
	type = message_type_find(request->key, true);
	reader_init(&in, frame);
	arena_init(&arena, ARENA_BYTES);
	response = arena_new(&arena, type->structure->size);
	if (response_header_decode(&in, type, request->version, &header) != ERROR_NONE ||
	    header.correlation_id != request->correlation_id) {
		sim_fail(sim_of(link), "%s gets an answer with correlation id %d in place of %d (%s)",
		    link->client_id, (int)header.correlation_id, (int)request->correlation_id,
		    type->name);
	} else if (message_decode(type, request->version, &in, &arena, response) != ERROR_NONE ||
	    reader_remaining(&in) != 0) {
		sim_fail(sim_of(link), "%s gets a %s version %d that is none", link->client_id,
		    type->name, (int)request->version);
	} else {
		link->answered++;
		sim_of(link)->answered++;
		arm_for_answers(link);
		request->answered(request, response);
	}
	arena_fini(&arena);
}

/* Answers may drop the link: then nothing is left of the input. */
static void
take_frames(struct client_link *link)
{
	size_t at = 0, size = 0;
	uint64_t losses = link->losses;

	while (!sim_of(link)->failed && losses == link->losses) {
		enum error error =
		    frame_size(slice_of(link->in.bytes + at, link->in.size - at), FRAME_MAX, &size);

		if (error == ERROR_TRUNCATED)
			break;
		if (error != ERROR_NONE) {
			sim_fail(sim_of(link), "%s gets a frame of an impossible size",
			    link->client_id);
			return;
		}
		if (link->in.size - at - FRAME_SIZE_BYTES < size)
			break;
		take_answer(link, slice_of(link->in.bytes + at + FRAME_SIZE_BYTES, size));
		at += FRAME_SIZE_BYTES + size;
	}
	if (losses != link->losses || at == 0)
		return;
	memmove(link->in.bytes, link->in.bytes + at, link->in.size - at);
	link->in.size -= at;
}

static void
readable(struct net_handler *handler)
{
	struct client_link *link = container_of(handler, struct client_link, handler);
	uint8_t *at = buffer_extend(&link->in, READ_BYTES);
	size_t got = 0;
	enum error error = net_read(link->connection, at, READ_BYTES, &got);

	link->in.size -= READ_BYTES - got;
	if (error == ERROR_NONE)
		take_frames(link);
	else if (error != ERROR_WOULD_BLOCK)
		client_link_drop(link);
}

static void
writable(struct net_handler *handler)
{
	send_some(container_of(handler, struct client_link, handler));
}

/* -------------------------------------------------------------- connecting */

static void
connected(struct net_handler *handler, enum error error)
{
	struct client_link *link = container_of(handler, struct client_link, handler);

	if (error != ERROR_NONE) {
		client_link_drop(link);
		return;
	}
	link->is_open = true;
	link->life = (int)link->broker->lives;
	timer_stop(link->loop, &link->timer);
	net_want(link->connection, true, false);
	if (link->opened != NULL)
		link->opened(link);
}

static void
connect_now(struct client_link *link)
{
	struct net_address address;

	sim_net_address(link->broker->machine->number, link->port, &address);
	if (net_connect(link->process->world.net, link->loop, &address, &link->handler,
	    &link->connection) != ERROR_NONE) {
		link->connection = NULL;
		client_link_drop(link);
		return;
	}
	arm(link, CONNECT_US);
}

static void
timer_fired(struct timer *timer)
{
	struct client_link *link = container_of(timer, struct client_link, timer);

	if (link->connection == NULL)
		connect_now(link);
	else
		client_link_drop(link);
}

void
client_link_open(struct client_link *link)
{
	link->handler =
	    (struct net_handler){ .connected = connected, .readable = readable, .writable = writable };
	list_init(&link->waiting);
	buffer_init(&link->in);
	buffer_init(&link->out);
	timer_init(&link->timer, timer_fired);
	connect_now(link);
}

int
client_link_waiting(const struct client_link *link)
{
	int count = 0;

	LIST_FOREACH(at, (struct list *)(uintptr_t)&link->waiting) {
		count += at != NULL;
	}
	return count;
}
