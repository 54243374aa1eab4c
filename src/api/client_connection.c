#include <assert.h>
#include <stdlib.h>

#include "api/api_private.h"
#include "api/file_slice.h"
#include "base/memory.h"
#include "wire/frame.h"

static int64_t
now_us(const struct request_connection *it)
{
	return clock_monotonic_us(it->loop->api->world->clock);
}

static struct request_connection *
of_handler(struct net_handler *handler)
{
	return container_of(handler, struct request_connection, handler);
}

/* ------------------------------------------------------------------ the end */

static bool
is_favoured(const struct request_connection *it)
{
	return it->loop->api->favoured == it;
}

static void
favour_no_more(struct request_connection *it)
{
	if (is_favoured(it))
		it->loop->api->favoured = NULL;
}

/* What is under way goes on without it. */
static void
let_requests_go(struct request_connection *it)
{
	struct list *link;

	while ((link = list_take_first(&it->requests)) != NULL) {
		struct api_request *request = container_of(link, struct api_request, link);

		request->request.connection = NULL;
		if (request->has_ended)
			api_request_free(request);
	}
}

void
client_connection_free(struct request_connection *it)
{
	struct api_loop *loop = it->loop;

	let_requests_go(it);
	loop_task_cancel(&it->send);
	list_remove(&it->link);
	file_slice_free_all(&it->pinned);
	free(it->input);
	loop->api->connections--;
	free(it);
	api_loop_check(loop);
}

void
client_connection_close(struct request_connection *it, const char *why)
{
	if (it->net == NULL)
		return;
	if (why != NULL)
		log_info(it->loop->api->world->logger, "connection of %s closed: %s", it->host + 1,
		    why);
	net_close(it->net);
	it->net = NULL;
	atomic_fetch_add_explicit(&connection_counts_of(it->acceptor)->closed, 1,
	    memory_order_release);
	client_connection_give_place_back(it);
	favour_no_more(it);
	it->loop->api->frame_bytes -= (int64_t)it->input_room;
	it->input_at = it->input_size = it->input_room = 0;
	/* A worker may be reading the file of a request; who is inside frees the connection. */
	if (!it->working)
		let_requests_go(it);
	if (!it->working && !it->ending)
		client_connection_free(it);
}

/* Around what may close the connection: who is outermost frees it. */
static bool
enter(struct request_connection *it)
{
	bool outermost = !it->ending;

	it->ending = true;
	return outermost;
}

static void
leave(struct request_connection *it, bool outermost)
{
	if (!outermost)
		return;
	it->ending = false;
	if (it->net == NULL && !it->working)
		client_connection_free(it);
}

/* ------------------------------------------------------------------ reading */

/* What has come and was not taken yet. */
static struct slice
received(const struct request_connection *it)
{
	return it->input == NULL ? slice_null() :
	    slice_of(it->input + it->input_at, it->input_size);
}

/* Room for a piece, or for the rest of the frame that has begun, as its bytes come. */
static size_t
make_room(struct request_connection *it)
{
	size_t frame = 0, wanted = API_READ_BYTES, room;

	if (it->input_at > 0)
		memmove(it->input, it->input + it->input_at, it->input_size);
	it->input_at = 0;
	if (it->input_size >= FRAME_SIZE_BYTES &&
	    frame_size(received(it), INT32_MAX, &frame) == ERROR_NONE &&
	    frame + FRAME_SIZE_BYTES > it->input_size)
		wanted = frame + FRAME_SIZE_BYTES - it->input_size;
	/* Memory follows what was received: at most as much again. */
	room = MIN(wanted, MAX(it->input_size, (size_t)API_READ_BYTES));
	if (it->input_room < it->input_size + room) {
		size_t before = it->input_room;

		it->input_room = it->input_size + room;
		it->input = memory_resize(it->input, it->input_room);
		it->loop->api->frame_bytes += (int64_t)(it->input_room - before);
	}
	return MIN(room, it->input_room - it->input_size);
}

/* The frame at the front of the input, with its size; it leaves the input. */
static uint8_t *
take_frame(struct request_connection *it, size_t size)
{
	struct api *api = it->loop->api;
	size_t whole = FRAME_SIZE_BYTES + size;
	uint8_t *frame;

	if (it->input_at == 0 && it->input_size == whole && size > API_READ_BYTES / 4) {
		/* Nothing before or behind it: the input itself becomes the frame. */
		frame = it->input;
		api->frame_bytes -= (int64_t)(it->input_room - size);
		it->input = NULL;
		it->input_size = it->input_room = 0;
		return frame;
	}
	frame = memory_resize(NULL, whole);
	memcpy(frame, it->input + it->input_at, whole);
	it->input_size -= whole;
	it->input_at = it->input_size == 0 ? 0 : it->input_at + whole;
	api->frame_bytes += (int64_t)size;
	return frame;
}

/* What is answered before there is an image for clients. */
static bool
is_asked_by_brokers(int16_t key)
{
	switch (key) {
	case API_KEY_LEADER_AND_ISR:
	case API_KEY_STOP_REPLICA:
	case API_KEY_UPDATE_METADATA:
	case API_KEY_CONTROLLED_SHUTDOWN:
	case API_KEY_API_VERSIONS:
	case API_KEY_ALTER_PARTITION:
	case API_KEY_ENVELOPE:
	case API_KEY_ALLOCATE_PRODUCER_IDS:
		return true;
	default:
		return false;
	}
}

/* Whether the next request may begin, and beside those in progress (design section 4). */
static bool
may_begin(struct request_connection *it, const uint8_t *frame)
{
	int16_t key = (int16_t)(frame[0] << 8 | frame[1]);

	if (!it->loop->admits_clients && !is_asked_by_brokers(key))
		return false;
	if (it->in_progress == 0)
		return true;
	return key == API_KEY_PRODUCE && it->in_progress == it->produces &&
	    it->produces < it->loop->api->config->produce_in_flight;
}

/* True: a request was begun, and more may follow. */
static bool
begin_next(struct request_connection *it)
{
	const struct api *api = it->loop->api;
	size_t size = 0;
	enum error error = frame_size(received(it),
	    (size_t)api->config->network.request_max_bytes, &size);

	if (error != ERROR_NONE && error != ERROR_TRUNCATED) {
		client_connection_close(it, error == ERROR_TOO_LARGE ?
		    "a request is larger than socket.request.max.bytes" :
		    "a request has a negative size");
		return false;
	}
	if (error != ERROR_NONE || it->input_size - FRAME_SIZE_BYTES < size)
		return false;
	if (size < 2) {
		client_connection_close(it, "a request is too short to be one");
		return false;
	}
	if (!may_begin(it, received(it).bytes + FRAME_SIZE_BYTES) ||
	    it->unsent_bytes > API_UNSENT_MAX)
		return false;
	file_slice_free_all(&it->pinned); /* the peer has what was sent before */
	favour_no_more(it);
	api_request_begin(it, take_frame(it, size), size);
	return it->net != NULL;
}

/* Is there a whole frame that has to wait? Then nothing behind it is read. */
static bool
has_whole_frame(const struct request_connection *it)
{
	size_t size;

	return frame_size(received(it), INT32_MAX, &size) == ERROR_NONE &&
	    it->input_size - FRAME_SIZE_BYTES >= size;
}

/* One half frame goes on when memory is full, so that one ends. */
static bool
has_memory(struct request_connection *it)
{
	struct api *api = it->loop->api;
	struct request_connection *nobody = NULL;

	if (api->frame_bytes <= api->frame_bytes_max || is_favoured(it))
		return true;
	if (it->input_size == 0 ||
	    !atomic_compare_exchange_strong(&api->favoured, &nobody, it))
		return false;
	it->favoured_us = now_us(it);
	return true;
}

/* While we do not read, the peer cannot show that it goes on: that time does not count. */
static void
count_pause(struct request_connection *it, bool pauses)
{
	if (pauses && !it->pauses)
		it->paused_us = now_us(it);
	else if (!pauses && it->pauses)
		it->read_us += now_us(it) - it->paused_us;
	it->pauses = pauses;
}

static void
want(struct request_connection *it)
{
	bool reads = !has_whole_frame(it) && it->unsent_bytes <= API_UNSENT_MAX &&
	    !it->loop->stopping;

	if (!reads)
		favour_no_more(it);
	it->starved = reads && !has_memory(it);
	if (it->starved)
		timer_start(it->loop->loop, &it->loop->sweep, now_us(it) + API_STARVED_US);
	count_pause(it, !reads || it->starved);
	net_want(it->net, reads && !it->starved, it->sending);
}

/* Is there more than one frame, or the begin of another? */
static bool
has_several(const struct request_connection *it)
{
	size_t size;

	return frame_size(received(it), INT32_MAX, &size) == ERROR_NONE &&
	    it->input_size - FRAME_SIZE_BYTES > size;
}

/* What came together is gathered by the partitions that it is for. */
void
client_connection_go_on(struct request_connection *it)
{
	struct loop *loop = it->loop->loop;
	bool outermost = enter(it), holds = !loop->holding && has_several(it);

	if (holds)
		loop_hold_actors(loop);
	while (it->net != NULL && !it->loop->stopping && begin_next(it))
		continue;
	if (holds)
		loop_let_actors_go(loop);
	if (it->net != NULL)
		want(it);
	leave(it, outermost);
}

static void
readable(struct net_handler *handler)
{
	struct request_connection *it = of_handler(handler);
	bool outermost = enter(it);
	size_t room, got = 0;
	enum error error;

	if (!has_memory(it)) {
		want(it); /* others have taken it since */
		leave(it, outermost);
		return;
	}
	room = make_room(it);
	error = net_read(it->net, it->input + it->input_size, room, &got);
	if (error == ERROR_NONE) {
		it->input_size += got;
		it->read_us = it->arrived_us = now_us(it);
		client_connection_go_on(it);
	} else if (error != ERROR_WOULD_BLOCK) {
		client_connection_close(it, error == ERROR_END_OF_STREAM ? NULL : error_text(error));
	}
	leave(it, outermost);
}

static void
writable(struct net_handler *handler)
{
	struct request_connection *it = of_handler(handler);
	bool outermost = enter(it);

	client_connection_send(it);
	leave(it, outermost);
}

/* ---------------------------------------------------------------- from outside */

bool
client_connection_is_quiet(const struct request_connection *it)
{
	return list_is_empty(&it->requests);
}

void
client_connection_sweep(struct request_connection *it, int64_t time_us)
{
	int64_t idle_ms = it->loop->api->config->network.idle_ms;
	bool outermost = enter(it);

	if (it->net != NULL && it->starved)
		want(it);
	if (it->net == NULL || !it->admitted)
		; /* a worker lets it go, or nothing was asked of it yet */
	else if (it->sending && time_us - it->sent_us > API_SEND_STALL_US)
		client_connection_close(it, "it does not take its answers");
	else if (list_is_empty(&it->requests) && it->input_size > 0 && !it->pauses &&
	    time_us - it->read_us > API_FRAME_STALL_US)
		client_connection_close(it, "half a request came, and no more");
	else if (is_favoured(it) && time_us - it->favoured_us > API_FRAME_STALL_US)
		client_connection_close(it, "a request came too slowly while memory is short");
	else if (list_is_empty(&it->requests) && idle_ms >= 0 &&
	    time_us - MAX(it->read_us, it->sent_us) > idle_ms * 1000)
		client_connection_close(it, NULL);
	leave(it, outermost);
}

void
client_connection_begin(struct request_connection *it)
{
	it->handler = (struct net_handler){ .readable = readable, .writable = writable };
	it->read_us = it->sent_us = now_us(it);
	net_set_handler(it->net, &it->handler);
	net_want(it->net, true, false);
}
