#include "klammd/broker_channels.h"

#include <assert.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "cluster/broker_link.h"

enum {
	AGAIN_US = 100 * 1000,
	ANSWER_BYTES_MAX = 100 << 20,
	/* Levels of inter.broker.protocol.version. */
	IBP_3_2_IV0 = 30200,
	IBP_3_4_IV0 = 30400,
};

struct broker_channel {
	struct list link;
	struct broker_channels *channels;
	int32_t broker;
	struct list waiting;              /* struct controller_message */
	/* Of other brokers. */
	struct broker_link *broker_link;  /* NULL: it has no listener for us */
	struct broker_link_request request;
	struct controller_message *asked; /* under way; NULL: none */
	struct timer again;
	bool is_closed;
};

static struct broker_channels *
of(struct controller_channels *channels)
{
	return container_of(channels, struct broker_channels, channels);
}

static struct broker_channel *
find(struct broker_channels *it, int32_t broker)
{
	LIST_FOREACH(link, &it->open) {
		struct broker_channel *channel = container_of(link, struct broker_channel, link);

		if (channel->broker == broker)
			return channel;
	}
	return NULL;
}

static void
check_stopped(struct broker_channels *it)
{
	void (*stopped)(void *context) = it->stopped;

	if (stopped == NULL || it->closing > 0 || it->is_obeying || it->turn_is_due)
		return;
	it->stopped = NULL;
	stopped(it->context);
}

/* ------------------------------------------------------------ this broker */

static void
take_turn_later(struct broker_channels *it)
{
	if (it->turn_is_due || it->is_obeying || it->own == NULL ||
	    list_is_empty(&it->own->waiting))
		return;
	it->turn_is_due = true;
	loop_post(it->options.world->control, &it->turn);
}

static void
obeyed(struct broker_control_call *call)
{
	struct broker_channels *it = container_of(call, struct broker_channels, call);
	struct controller_message *message = it->obeyed;

	it->is_obeying = false;
	it->obeyed = NULL;
	if (message != NULL)
		message->answered(message, call->response);
	arena_fini(&it->arena);
	take_turn_later(it);
	check_stopped(it);
}

/* Never inside a call of the controller's. */
static void
take_turn(struct loop_message *message)
{
	struct broker_channels *it = container_of(message, struct broker_channels, turn);
	struct list *link;

	it->turn_is_due = false;
	link = it->own == NULL || it->is_obeying ? NULL : list_take_first(&it->own->waiting);
	if (link == NULL) {
		check_stopped(it);
		return;
	}
	it->obeyed = container_of(link, struct controller_message, link);
	it->is_obeying = true;
	/* Ours until it is obeyed, as the message may be gone before. */
	it->arena = it->obeyed->arena;
	arena_init(&it->obeyed->arena, SIZE_MAX);
	it->call = (struct broker_control_call){
		.key = it->obeyed->key,
		.request = it->obeyed->request,
		.response = &it->response,
		.arena = &it->arena,
		.loop = it->options.world->control,
		.done = obeyed,
	};
	it->options.control->obey(it->options.control, &it->call);
}

/* ---------------------------------------------------------- other brokers */

static int16_t
version_of(const struct broker_channels *it, const struct controller_message *message)
{
	int32_t level = it->options.config->protocol_level;

	if (level >= IBP_3_4_IV0 || message->key == API_KEY_LIST_OFFSETS ||
	    message->key == API_KEY_FETCH)
		return message->version;
	if (message->key == API_KEY_LEADER_AND_ISR)
		return level >= IBP_3_2_IV0 ? 6 : 5;
	return message->key == API_KEY_UPDATE_METADATA ? 7 : 3;
}

/* Before 3.2 no replica is recovering, as nobody tells that it is. */
static void
forget_recovery(struct leader_and_isr_request *request)
{
	for (int32_t i = 0; i < request->topic_states.count; i++) {
		struct leader_and_isr_request_leader_and_isr_topic_state *topic =
		    &request->topic_states.items[i];

		for (int32_t j = 0; j < topic->partition_states.count; j++)
			topic->partition_states.items[j].leader_recovery_state = 0;
	}
}

static void
ask(struct broker_channel *channel)
{
	broker_link_ask(channel->broker_link, &channel->request);
}

static void
go_on(struct broker_channel *channel)
{
	struct broker_channels *it = channel->channels;
	struct list *link;

	if (channel->broker_link == NULL || channel->asked != NULL || channel->is_closed ||
	    (link = list_take_first(&channel->waiting)) == NULL)
		return;
	channel->asked = container_of(link, struct controller_message, link);
	channel->request.key = channel->asked->key;
	channel->request.version = version_of(it, channel->asked);
	channel->request.body = channel->asked->request;
	if (channel->request.key == API_KEY_LEADER_AND_ISR && channel->request.version < 6)
		forget_recovery(channel->asked->request);
	ask(channel);
}

static void
again(struct timer *timer)
{
	struct broker_channel *channel = container_of(timer, struct broker_channel, again);

	ask(channel);
}

static void
answered(struct broker_link_request *request, enum error error, const void *response,
    struct broker_link_answer *answer UNUSED)
{
	struct broker_channel *channel = container_of(request, struct broker_channel, request);
	struct broker_channels *it = channel->channels;
	struct controller_message *message = channel->asked;

	if (channel->is_closed)
		return;
	/* Of the connection's troubles the link tells; these would come again and again. */
	if (error == ERROR_UNSUPPORTED || error == ERROR_INVALID_ARGUMENT ||
	    error == ERROR_TOO_LARGE)
		log_error(it->options.world->logger, "%s of broker %" PRId32 " fails: %s",
		    message_type_find(request->key, false)->name, channel->broker,
		    error_text(error));
	if (error != ERROR_NONE) {
		struct world *world = it->options.world;

		timer_start(world->control, &channel->again,
		    clock_monotonic_us(world->clock) + AGAIN_US);
		return;
	}
	channel->asked = NULL;
	message->answered(message, response);
	go_on(channel);
}

/* ------------------------------------------------------------- connections */

static const struct payload_endpoint *
endpoint_of(const struct payload_broker *registration, const char *listener)
{
	for (size_t i = 0; i < registration->endpoint_count; i++) {
		const struct payload_endpoint *endpoint = &registration->endpoints[i];

		if (slice_equal_text(endpoint->listener, listener) && endpoint->host.size > 0 &&
		    endpoint->port > 0 && endpoint->port <= UINT16_MAX)
			return endpoint;
	}
	return NULL;
}

static struct broker_link *
link_to(struct broker_channels *it, const char *host, uint16_t port)
{
	const struct broker_config *config = it->options.config;
	struct broker_link_options options = {
		.world = it->options.world,
		.loop = it->options.world->control,
		.client_id = it->client_id,
		.host = host,
		.port = port,
		.largest_answer = ANSWER_BYTES_MAX,
		.connect_timeout_ms =
		    broker_value(config, CONFIG_SOCKET_CONNECTION_SETUP_TIMEOUT_MS)->integer,
	};

	return broker_link_new(&options);
}

/* Where it is now, as it has registered. */
static void
set_address(struct broker_channel *channel, const struct payload_broker *registration)
{
	struct broker_channels *it = channel->channels;
	const struct broker_listeners *listeners = &it->options.config->listeners;
	const char *name =
	    listeners->control_plane != NULL ? listeners->control_plane : listeners->inter_broker;
	const struct payload_endpoint *endpoint = endpoint_of(registration, name);
	char *host;

	if (endpoint == NULL) {
		log_error(it->options.world->logger, "broker %" PRId32 " has no listener %s: it "
		    "cannot be told anything", channel->broker, name);
		return;
	}
	host = memory_text(endpoint->host.bytes, endpoint->host.size);
	if (channel->broker_link == NULL)
		channel->broker_link = link_to(it, host, (uint16_t)endpoint->port);
	else
		broker_link_set_address(channel->broker_link, host, (uint16_t)endpoint->port);
	free(host);
	go_on(channel);
}

static void
link_closed(void *context)
{
	struct broker_channel *channel = context;
	struct broker_channels *it = channel->channels;

	free(channel);
	it->closing--;
	check_stopped(it);
}

/* --------------------------------------------------------- the controller's */

static struct broker_channel *
channel_new(struct broker_channels *it, int32_t broker)
{
	struct broker_channel *channel = memory_new(sizeof(*channel));

	channel->channels = it;
	channel->broker = broker;
	list_init(&channel->waiting);
	channel->request.answered = answered;
	channel->request.timeout_ms =
	    broker_value(it->options.config, CONFIG_CONTROLLER_SOCKET_TIMEOUT_MS)->integer;
	timer_init(&channel->again, again);
	list_append(&it->open, &channel->link);
	if (broker == it->options.broker_id)
		it->own = channel;
	return channel;
}

static void
open_channel(struct controller_channels *channels, int32_t broker, int64_t epoch UNUSED,
    const struct payload_broker *registration)
{
	struct broker_channels *it = of(channels);
	struct broker_channel *channel = find(it, broker);

	assert(it->stopped == NULL && channel == NULL);
	channel = channel_new(it, broker);
	if (channel != it->own)
		set_address(channel, registration);
}

static void
change_channel(struct controller_channels *channels, int32_t broker,
    const struct payload_broker *registration)
{
	struct broker_channels *it = of(channels);
	struct broker_channel *channel = find(it, broker);

	assert(channel != NULL);
	if (channel != it->own)
		set_address(channel, registration);
}

static void
give_up(struct controller_message *message)
{
	if (message != NULL)
		message->answered(message, NULL);
}

static void
close_channel(struct controller_channels *channels, int32_t broker)
{
	struct broker_channels *it = of(channels);
	struct broker_channel *channel = find(it, broker);
	struct controller_message *asked, *taken = NULL;
	bool has_link;
	struct list *link;

	assert(channel != NULL);
	list_remove(&channel->link);
	channel->is_closed = true;
	asked = channel->asked;
	has_link = channel->broker_link != NULL;
	timer_stop(it->options.world->control, &channel->again);
	if (it->own == channel) {
		taken = it->obeyed;
		it->own = NULL;
		it->obeyed = NULL;
	}
	if (has_link) {
		it->closing++;
		broker_link_close(channel->broker_link, link_closed, channel);
	}
	give_up(asked);
	give_up(taken);
	while ((link = list_take_first(&channel->waiting)) != NULL)
		give_up(container_of(link, struct controller_message, link));
	if (!has_link)
		free(channel);
}

static void
send_message(struct controller_channels *channels, int32_t broker,
    struct controller_message *message)
{
	struct broker_channels *it = of(channels);
	struct broker_channel *channel = find(it, broker);

	assert(channel != NULL);
	list_append(&channel->waiting, &message->link);
	if (channel == it->own)
		take_turn_later(it);
	else
		go_on(channel);
}

/* ------------------------------------------------------------- begin, end */

void
broker_channels_init(struct broker_channels *it, const struct broker_channels_options *options)
{
	*it = (struct broker_channels){
		.channels = { open_channel, close_channel, send_message, change_channel },
		.options = *options,
		.turn = { .run = take_turn },
	};
	(void)snprintf(it->client_id, sizeof(it->client_id), "%" PRId32, options->broker_id);
	list_init(&it->open);
}

bool
broker_channels_are_quiet(const struct broker_channels *it)
{
	LIST_FOREACH(link, &it->open) {
		const struct broker_channel *channel = container_of(link, struct broker_channel, link);

		if (channel->asked != NULL || !list_is_empty(&channel->waiting))
			return false;
	}
	return it->obeyed == NULL;
}

void
broker_channels_stop(struct broker_channels *it, void (*stopped)(void *context), void *context)
{
	while (!list_is_empty(&it->open))
		close_channel(&it->channels,
		    container_of(it->open.next, struct broker_channel, link)->broker);
	it->stopped = stopped;
	it->context = context;
	check_stopped(it);
}

void
broker_channels_fini(struct broker_channels *it)
{
	assert(list_is_empty(&it->open) && it->closing == 0 && !it->is_obeying && !it->turn_is_due);
}
