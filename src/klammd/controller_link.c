#include "klammd/controller_link.h"

#include <assert.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "wire/kafka_error.h"

enum {
	AGAIN_US = 100 * 1000,
	ANSWER_BYTES_MAX = 100 << 20,
	ARENA_BYTES = 64 << 20, /* of an answer of this process */
};

struct controller_link {
	struct controller_link_options options;
	char client_id[16];
	struct list waiting; /* struct controller_link_request: to be tried now */
	struct list resting; /* until the timer fires, or there is another controller */
	int out;             /* requests of either kind that are under way */
	struct loop_task turn;
	struct timer again;
	/* The controller of the image. */
	int32_t controller;  /* -1: nobody */
	int32_t epoch;       /* its: the same broker may be it once more, in another life */
	char *host;          /* NULL: it has no listener for us */
	uint16_t port;
	struct broker_link *remote; /* NULL: nothing was asked yet */
	/* The end. */
	bool is_closed;
	bool has_ended;
	struct loop_message end;
	void (*closed)(void *context);
	void *context;
};

/* ------------------------------------------------------ what can be asked */

struct controller_errand {
	int16_t key;
	enum controller_call_type type;
	int16_t first_version, last_version;
	/* Whether it came to another broker than the controller. */
	bool (*is_refused)(const void *response);
};

static bool
alter_partition_is_refused(const void *response)
{
	const struct alter_partition_response *it = response;

	return it->error_code == KAFKA_ERROR_NOT_CONTROLLER;
}

static bool
allocate_is_refused(const void *response)
{
	const struct allocate_producer_ids_response *it = response;

	return it->error_code == KAFKA_ERROR_NOT_CONTROLLER;
}

static bool
create_topics_is_refused(const void *response)
{
	const struct create_topics_response *it = response;

	for (int32_t i = 0; i < it->topics.count; i++)
		if (it->topics.items[i].error_code == KAFKA_ERROR_NOT_CONTROLLER)
			return true;
	return false;
}

static bool
controlled_shutdown_is_refused(const void *response)
{
	const struct controlled_shutdown_response *it = response;

	return it->error_code == KAFKA_ERROR_NOT_CONTROLLER ||
	    it->error_code == KAFKA_ERROR_STALE_CONTROLLER_EPOCH;
}

static const struct controller_errand errands[] = {
	{ API_KEY_ALTER_PARTITION, CONTROLLER_ALTER_PARTITION, 0, 3, alter_partition_is_refused },
	{ API_KEY_ALLOCATE_PRODUCER_IDS, CONTROLLER_ALLOCATE_PRODUCER_IDS, 0, 0,
	    allocate_is_refused },
	/* Since version 4 a topic may have the defaults of the controller. */
	{ API_KEY_CREATE_TOPICS, CONTROLLER_AUTO_CREATE, 4, 7, create_topics_is_refused },
	{ API_KEY_CONTROLLED_SHUTDOWN, CONTROLLER_CONTROLLED_SHUTDOWN, 0, 3,
	    controlled_shutdown_is_refused },
};

static const struct controller_errand *
errand_of(int16_t key)
{
	for (size_t i = 0; i < ARRAY_LENGTH(errands); i++)
		if (errands[i].key == key)
			return &errands[i];
	return NULL;
}

static int16_t
newest_of(const struct controller_link_request *request)
{
	int16_t last = request->errand->last_version;

	return request->newest_version > 0 ? MIN(request->newest_version, last) : last;
}

static void
fit(struct controller_link_request *request, int16_t version)
{
	request->version = version;
	if (request->fit != NULL && version >= 0)
		request->fit(request, version);
}

/* ----------------------------------------------------------------- the ends */

static int64_t
now_us(const struct controller_link *it)
{
	return clock_monotonic_us(it->options.world->clock);
}

static void
go_on(struct controller_link *it)
{
	loop_run_at_end(it->options.world->control, &it->turn);
}

static void
rest(struct controller_link *it, struct controller_link_request *request)
{
	list_append(&it->resting, &request->link);
	if (!timer_is_running(&it->again))
		timer_start(it->options.world->control, &it->again, now_us(it) + AGAIN_US);
}

static void
wake_resting(struct controller_link *it)
{
	struct list *link;

	while ((link = list_take_first(&it->resting)) != NULL)
		list_append(&it->waiting, link);
	go_on(it);
}

static void
rested(struct timer *timer)
{
	wake_resting(container_of(timer, struct controller_link, again));
}

/* The request was answered, somehow, by somebody. */
static void
conclude(struct controller_link *it, struct controller_link_request *request, enum error error,
    const void *response)
{
	if (error == ERROR_NONE && !request->errand->is_refused(response)) {
		request->done(request, ERROR_NONE, response);
	} else if (error == ERROR_UNSUPPORTED || error == ERROR_INVALID_ARGUMENT) {
		request->done(request, error, NULL);
	} else if (it->is_closed) {
		request->done(request, ERROR_CANCELLED, NULL);
	} else {
		rest(it, request);
	}
}

/* --------------------------------------------------------- in this process */

static void
answered_here(struct controller_call *call)
{
	struct controller_link_request *request =
	    container_of(call, struct controller_link_request, local);
	struct controller_link *it = request->owner;
	struct arena arena = request->arena; /* the request may be gone with its answer */

	it->out--;
	conclude(it, request, ERROR_NONE, call->response);
	arena_fini(&arena);
	go_on(it);
}

static void
ask_here(struct controller_link *it, struct controller_link_request *request)
{
	const struct message_type *type = message_type_find(request->key, true);

	arena_init(&request->arena, ARENA_BYTES);
	fit(request, newest_of(request));
	request->local = (struct controller_call){
		.type = request->errand->type,
		.version = request->version,
		.request = request->body,
		.response = arena_new(&request->arena, type->structure->size),
		.arena = &request->arena,
		.loop = it->options.world->control,
		.done = answered_here,
	};
	message_set_defaults(type, request->local.response);
	it->out++;
	controller_ask(it->options.controller, &request->local);
}

/* --------------------------------------------------------------- elsewhere */

static void
prepare(struct broker_link_request *remote, struct broker_link *link)
{
	struct controller_link_request *request =
	    container_of(remote, struct controller_link_request, remote);

	fit(request, broker_link_version(link, request->key, request->errand->first_version,
	    newest_of(request)));
	remote->version = request->version;
	remote->body = request->body;
}

static void
answered_there(struct broker_link_request *remote, enum error error, const void *response,
    struct broker_link_answer *answer UNUSED)
{
	struct controller_link_request *request =
	    container_of(remote, struct controller_link_request, remote);
	struct controller_link *it = request->owner;

	it->out--;
	conclude(it, request, error, response);
	go_on(it);
}

static void
connect_to_controller(struct controller_link *it)
{
	const struct broker_config *config = it->options.config;
	struct broker_link_options options = {
		.world = it->options.world,
		.loop = it->options.world->control,
		.client_id = it->client_id,
		.host = it->host,
		.port = it->port,
		.largest_answer = ANSWER_BYTES_MAX,
		.connect_timeout_ms =
		    broker_value(config, CONFIG_SOCKET_CONNECTION_SETUP_TIMEOUT_MS)->integer,
		.negotiate = true,
	};

	if (it->remote == NULL)
		it->remote = broker_link_new(&options);
	else
		broker_link_set_address(it->remote, it->host, it->port);
}

static void
ask_there(struct controller_link *it, struct controller_link_request *request)
{
	connect_to_controller(it);
	request->remote = (struct broker_link_request){
		.key = request->key,
		.timeout_ms = broker_value(it->options.config, CONFIG_REQUEST_TIMEOUT_MS)->integer,
		.prepare = prepare,
		.answered = answered_there,
	};
	it->out++;
	broker_link_ask(it->remote, &request->remote);
}

/* ------------------------------------------------------------------- turns */

static void
begin(struct controller_link *it, struct controller_link_request *request)
{
	if (it->is_closed)
		request->done(request, ERROR_CANCELLED, NULL);
	else if (request->deadline_us != 0 && request->deadline_us <= now_us(it))
		request->done(request, ERROR_TIMED_OUT, NULL);
	else if (controller_is_active(it->options.controller))
		ask_here(it, request);
	else if (it->host != NULL && it->controller != it->options.broker_id)
		ask_there(it, request);
	else
		rest(it, request);
}

static void
ended(struct loop_message *message)
{
	struct controller_link *it = container_of(message, struct controller_link, end);
	void (*closed)(void *context) = it->closed;
	void *context = it->context;

	loop_task_cancel(&it->turn);
	free(it->host);
	free(it);
	closed(context);
}

static void
check_ended(struct controller_link *it)
{
	if (!it->is_closed || it->has_ended || it->out > 0 || it->remote != NULL ||
	    !list_is_empty(&it->waiting))
		return;
	it->has_ended = true;
	it->end.run = ended;
	loop_post(it->options.world->control, &it->end);
}

static void
take_turn(struct loop_task *task)
{
	struct controller_link *it = container_of(task, struct controller_link, turn);
	struct list *link;

	while ((link = list_take_first(&it->waiting)) != NULL)
		begin(it, container_of(link, struct controller_link_request, link));
	check_ended(it);
}

static void
remote_closed(void *context)
{
	struct controller_link *it = context;

	it->remote = NULL;
	check_ended(it);
}

/* ------------------------------------------------------------- the callers' */

void
controller_link_ask(struct controller_link *it, struct controller_link_request *request)
{
	assert(loop_current() == it->options.world->control && !it->has_ended);
	request->owner = it;
	request->errand = errand_of(request->key);
	assert(request->errand != NULL && request->done != NULL);
	list_init(&request->link);
	list_append(&it->waiting, &request->link);
	go_on(it);
}

static bool
is_for_us(const struct controller_link *it, struct slice host, int32_t port)
{
	return it->host != NULL && it->port == port && slice_equal_text(host, it->host);
}

void
controller_link_take_image(struct controller_link *it, const struct image *image)
{
	const struct broker_listeners *listeners = &it->options.config->listeners;
	const char *name =
	    listeners->control_plane != NULL ? listeners->control_plane : listeners->inter_broker;
	const struct image_broker *broker = image_broker_find(image, image->controller);
	const struct image_endpoint *endpoint =
	    broker == NULL ? NULL : image_endpoint_find(broker, slice_of_text(name));

	if (endpoint != NULL && (endpoint->host.size == 0 || endpoint->port <= 0 ||
	    endpoint->port > UINT16_MAX))
		endpoint = NULL;
	if (it->controller == image->controller && it->epoch == image->controller_epoch &&
	    (endpoint == NULL ? it->host == NULL : is_for_us(it, endpoint->host, endpoint->port)))
		return;
	it->controller = image->controller;
	it->epoch = image->controller_epoch;
	free(it->host);
	it->host = NULL;
	if (endpoint != NULL) {
		it->host = memory_text(endpoint->host.bytes, endpoint->host.size);
		it->port = (uint16_t)endpoint->port;
	}
	/* Whoever was controller may be gone without a word, and would be waited for until a time-out. */
	if (it->remote != NULL && !it->is_closed)
		broker_link_reset(it->remote);
	wake_resting(it);
}

void
controller_link_close(struct controller_link *it, void (*closed)(void *context), void *context)
{
	assert(!it->is_closed);
	it->is_closed = true;
	it->closed = closed;
	it->context = context;
	timer_stop(it->options.world->control, &it->again);
	wake_resting(it);
	if (it->remote != NULL)
		broker_link_close(it->remote, remote_closed, it);
}

struct controller_link *
controller_link_new(const struct controller_link_options *options)
{
	struct controller_link *it = memory_new(sizeof(*it));

	it->options = *options;
	(void)snprintf(it->client_id, sizeof(it->client_id), "%" PRId32, options->broker_id);
	it->controller = IMAGE_NO_BROKER;
	it->turn.run = take_turn;
	list_init(&it->turn.link);
	list_init(&it->waiting);
	list_init(&it->resting);
	timer_init(&it->again, rested);
	return it;
}
