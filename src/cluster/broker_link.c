#include "cluster/broker_link.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "cluster/broker_link_private.h"
#include "wire/frame.h"

enum { PARTS = 64, CONNECT_TIMEOUT_MS = 10000, REQUEST_BYTES_MAX = 1 << 30 };

static int64_t
now_us(const struct broker_link *it)
{
	return clock_monotonic_us(it->world->clock);
}

/* ------------------------------------------------------------------ timer */

/* The first that runs out; they need not do so in their order. */
static int64_t
first_deadline(const struct broker_link *it)
{
	int64_t first_us = INT64_MAX;

	for (const struct list *link = it->sent.next; link != &it->sent; link = link->next)
		first_us = MIN(first_us,
		    container_of(link, const struct broker_link_request, link)->deadline_us);
	return first_us;
}

void
broker_link_arm(struct broker_link *it)
{
	switch (it->state) {
	case BROKER_LINK_IDLE:
		if (list_is_empty(&it->waiting))
			timer_stop(it->loop, &it->timer);
		else
			timer_start(it->loop, &it->timer, it->next_attempt_us);
		return;
	case BROKER_LINK_OPEN:
		if (list_is_empty(&it->sent))
			timer_stop(it->loop, &it->timer);
		else if (!timer_is_running(&it->timer))
			timer_start(it->loop, &it->timer, first_deadline(it));
		return; /* a deadline that is over already costs a wake-up, no more */
	case BROKER_LINK_RESOLVING:
	case BROKER_LINK_CONNECTING:
	case BROKER_LINK_NEGOTIATING:
		timer_start(it->loop, &it->timer, now_us(it) + it->connect_timeout_us);
		return;
	case BROKER_LINK_CLOSED:
		timer_stop(it->loop, &it->timer);
		return;
	}
}

static void
timer_fired(struct timer *timer)
{
	struct broker_link *it = container_of(timer, struct broker_link, timer);

	if (it->state == BROKER_LINK_IDLE)
		broker_link_go_on(it);
	else if (it->state != BROKER_LINK_OPEN)
		broker_link_connect_timed_out(it);
	else if (first_deadline(it) <= now_us(it))
		broker_link_drop(it, ERROR_TIMED_OUT);
	else
		broker_link_arm(it);
}

/* ------------------------------------------------------------------- loss */

static void
lose(struct broker_link *it, struct list *requests, enum error error)
{
	struct list *link;

	while ((link = list_take_first(requests)) != NULL) {
		container_of(link, struct broker_link_request, link)->error = error;
		list_append(&it->lost, link);
	}
}

static void
end_connection(struct broker_link *it)
{
	if (it->net != NULL)
		net_close(it->net);
	it->net = NULL;
	buffer_list_fini(&it->out);
	buffer_list_init(&it->out);
	broker_link_forget_input(it);
	broker_link_answer_release(it->versions_answer);
	it->versions_answer = NULL;
	it->versions = NULL;
}

static void
tell(struct broker_link *it, bool was_open, enum error error)
{
	if (was_open && !list_is_empty(&it->sent))
		log_info(it->world->logger, "connection to broker at %s:%d lost: %s", it->host,
		    (int)it->port, error_text(error));
	if (was_open || it->complained)
		return;
	it->complained = true;
	log_warn(it->world->logger, "cannot connect to broker at %s:%d: %s", it->host,
	    (int)it->port, error_text(error));
}

void
broker_link_drop(struct broker_link *it, enum error error)
{
	bool was_open = it->state == BROKER_LINK_OPEN;

	assert(it->state != BROKER_LINK_CLOSED && error != ERROR_NONE);
	tell(it, was_open, error);
	end_connection(it);
	lose(it, &it->sent, error);
	if (!was_open) {
		lose(it, &it->waiting, error);
		it->next_attempt_us = now_us(it) + it->backoff_us;
		it->backoff_us = MIN(2 * it->backoff_us, it->backoff_high_us);
	}
	it->state = BROKER_LINK_IDLE;
	timer_stop(it->loop, &it->timer);
	broker_link_go_on(it);
}

/* Those that are lost meanwhile, by what is called here, are among them. */
static void
answer_lost(struct broker_link *it)
{
	struct list *link;

	while ((link = list_take_first(&it->lost)) != NULL) {
		struct broker_link_request *request =
		    container_of(link, struct broker_link_request, link);

		request->answered(request, request->error, NULL, NULL);
	}
}

/* ---------------------------------------------------------------- sending */

static enum error
encode(struct broker_link *it, const struct broker_link_request *request)
{
	const struct request_header header = {
		.request_api_key = request->key,
		.request_api_version = request->version,
		.correlation_id = request->correlation_id,
		.client_id = slice_of_text(it->client_id),
	};
	const struct message_type *type = message_type_find(request->key, false);
	struct frame frame;
	size_t size;
	enum error error;

	assert(type != NULL);
	/* Whether it can be encoded, before anything of it is behind what others have asked. */
	error = message_encoded_size(type, request->version, request->body, &size);
	if (error == ERROR_NONE && size > REQUEST_BYTES_MAX)
		error = ERROR_TOO_LARGE;
	if (error != ERROR_NONE)
		return error;
	error = request_begin(&it->out, &header, &frame);
	assert(error == ERROR_NONE);
	error = message_encode(type, request->version, request->body, &it->out);
	assert(error == ERROR_NONE);
	error = frame_finish(&it->out, &frame);
	assert(error == ERROR_NONE);
	return error;
}

enum error
broker_link_send(struct broker_link *it, struct broker_link_request *request)
{
	enum error error;

	request->correlation_id = it->next_correlation_id;
	error = encode(it, request);
	if (error != ERROR_NONE)
		return error;
	it->next_correlation_id = (it->next_correlation_id + 1) & INT32_MAX;
	request->deadline_us = now_us(it) + request->timeout_ms * 1000;
	list_append(&it->sent, &request->link);
	if (!timer_is_running(&it->timer) || it->timer.node.key > request->deadline_us)
		timer_start(it->loop, &it->timer, request->deadline_us);
	return ERROR_NONE;
}

static void
send_waiting(struct broker_link *it)
{
	struct list *link;

	while ((link = list_take_first(&it->waiting)) != NULL) {
		struct broker_link_request *request =
		    container_of(link, struct broker_link_request, link);

		if (request->prepare != NULL)
			request->prepare(request, it);
		request->error = request->version < 0 ? ERROR_UNSUPPORTED :
		    broker_link_send(it, request);
		if (request->error != ERROR_NONE)
			list_append(&it->lost, &request->link);
	}
}

void
broker_link_flush(struct broker_link *it)
{
	while (buffer_list_size(&it->out) > 0) {
		struct iovec parts[PARTS];
		const struct buffer_part *part;
		size_t written;
		enum error error;
		int count = 0;

		while (count < PARTS &&
		    (part = buffer_list_part(&it->out, (size_t)count)) != NULL) {
			assert(part->type == BUFFER_PART_BYTES);
			parts[count++] = (struct iovec){ (void *)(uintptr_t)part->bytes, part->length };
		}
		error = net_write(it->net, parts, count, &written);
		if (error == ERROR_WOULD_BLOCK)
			break;
		if (error != ERROR_NONE) {
			broker_link_drop(it, error);
			return;
		}
		buffer_list_consume(&it->out, written);
	}
	net_want(it->net, true, buffer_list_size(&it->out) > 0);
}

static void
writable(struct net_handler *handler)
{
	broker_link_flush(container_of(handler, struct broker_link, handler));
}

void
broker_link_opened(struct broker_link *it)
{
	it->state = BROKER_LINK_OPEN;
	it->complained = false;
	timer_stop(it->loop, &it->timer);
	net_want(it->net, true, false);
	broker_link_go_on(it);
}

/* ------------------------------------------------------------------ turns */

static void
ended(struct loop_message *message)
{
	struct broker_link *it = container_of(message, struct broker_link, end);
	void (*closed)(void *context) = it->closed;
	void *context = it->context;

	loop_task_cancel(&it->turn); /* it was closed inside of it */
	buffer_list_fini(&it->out);
	free(it->input);
	free(it->client_id);
	free(it->host);
	free(it);
	closed(context);
}

static void
take_turn(struct loop_task *task)
{
	struct broker_link *it = container_of(task, struct broker_link, turn);

	answer_lost(it);
	if (it->state == BROKER_LINK_IDLE && !list_is_empty(&it->waiting)) {
		if (it->next_attempt_us <= now_us(it))
			broker_link_connect(it);
		else
			broker_link_arm(it);
	} else if (it->state == BROKER_LINK_OPEN && !list_is_empty(&it->waiting)) {
		send_waiting(it);
		if (!list_is_empty(&it->lost))
			broker_link_go_on(it);
		broker_link_flush(it);
	} else if (it->state == BROKER_LINK_CLOSED && !it->has_ended) {
		it->has_ended = true;
		it->end.run = ended;
		loop_post(it->loop, &it->end);
	}
}

void
broker_link_ask(struct broker_link *it, struct broker_link_request *request)
{
	assert(loop_current() == it->loop && it->state != BROKER_LINK_CLOSED);
	assert(request->answered != NULL && request->timeout_ms > 0);
	list_init(&request->link);
	list_append(&it->waiting, &request->link);
	broker_link_go_on(it);
}

static void
begin_anew(struct broker_link *it)
{
	end_connection(it);
	lose(it, &it->sent, ERROR_CONNECTION_RESET);
	it->state = BROKER_LINK_IDLE;
	it->next_attempt_us = 0;
	it->backoff_us = it->backoff_low_us;
	it->complained = false;
	timer_stop(it->loop, &it->timer);
	broker_link_go_on(it);
}

void
broker_link_set_address(struct broker_link *it, const char *host, uint16_t port)
{
	assert(loop_current() == it->loop && it->state != BROKER_LINK_CLOSED);
	if (strcmp(host, it->host) == 0 && port == it->port)
		return;
	free(it->host);
	it->host = memory_text(host, strlen(host));
	it->port = port;
	begin_anew(it);
}

void
broker_link_reset(struct broker_link *it)
{
	assert(loop_current() == it->loop && it->state != BROKER_LINK_CLOSED);
	lose(it, &it->waiting, ERROR_CONNECTION_RESET);
	begin_anew(it);
}

void
broker_link_close(struct broker_link *it, void (*closed)(void *context), void *context)
{
	assert(loop_current() == it->loop && it->state != BROKER_LINK_CLOSED);
	it->closed = closed;
	it->context = context;
	it->state = BROKER_LINK_CLOSED;
	if (it->lookup != NULL)
		it->lookup->link = NULL;
	timer_stop(it->loop, &it->timer);
	end_connection(it);
	lose(it, &it->sent, ERROR_CANCELLED);
	lose(it, &it->waiting, ERROR_CANCELLED);
	broker_link_go_on(it);
}

struct broker_link *
broker_link_new(const struct broker_link_options *options)
{
	struct broker_link *it = memory_new(sizeof(*it));
	int64_t timeout_ms = options->connect_timeout_ms;

	it->world = options->world;
	it->loop = options->loop;
	it->client_id = memory_text(options->client_id, strlen(options->client_id));
	it->host = memory_text(options->host, strlen(options->host));
	it->port = options->port;
	it->largest_answer = options->largest_answer;
	it->backoff_low_us = options->reconnect_backoff_ms * 1000;
	it->backoff_high_us = MAX(options->reconnect_backoff_max_ms * 1000, it->backoff_low_us);
	it->backoff_us = it->backoff_low_us;
	it->connect_timeout_us = (timeout_ms > 0 ? timeout_ms : CONNECT_TIMEOUT_MS) * 1000;
	it->negotiate = options->negotiate;
	it->handler.readable = broker_link_readable;
	it->handler.writable = writable;
	it->turn.run = take_turn;
	list_init(&it->turn.link);
	list_init(&it->waiting);
	list_init(&it->sent);
	list_init(&it->lost);
	timer_init(&it->timer, timer_fired);
	buffer_list_init(&it->out);
	return it;
}
