#include "klammd/local_channel.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/memory.h"

struct local_channel {
	struct list link;
	int32_t broker;
	struct list waiting; /* struct controller_message */
};

static struct local_channels *
of(struct controller_channels *channels)
{
	return container_of(channels, struct local_channels, channels);
}

static struct local_channel *
find(struct local_channels *it, int32_t broker)
{
	LIST_FOREACH(link, &it->open) {
		struct local_channel *channel = container_of(link, struct local_channel, link);

		if (channel->broker == broker)
			return channel;
	}
	return NULL;
}

static void
take_turn_later(struct local_channels *it)
{
	if (it->turn_is_due || it->is_obeying || it->own == NULL ||
	    list_is_empty(&it->own->waiting))
		return;
	it->turn_is_due = true;
	loop_post(it->world->control, &it->turn);
}

static void
take_turn(struct loop_message *message)
{
	struct local_channels *it = container_of(message, struct local_channels, turn);
	struct list *link;

	it->turn_is_due = false;
	if (it->is_obeying || it->own == NULL)
		return;
	link = list_take_first(&it->own->waiting);
	if (link == NULL)
		return;
	it->obeyed = container_of(link, struct controller_message, link);
	it->is_obeying = true;
	/* Ours until it is obeyed, as the message may be gone before. */
	it->arena = it->obeyed->arena;
	arena_init(&it->obeyed->arena, SIZE_MAX);
	it->obey(it->context, it->obeyed->key, it->obeyed->request, &it->arena);
}

void
local_channels_answer(struct local_channels *it, const void *response)
{
	struct controller_message *message = it->obeyed;

	assert(it->is_obeying);
	it->is_obeying = false;
	it->obeyed = NULL;
	if (message != NULL)
		message->answered(message, response);
	arena_fini(&it->arena);
	take_turn_later(it);
}

static void
open_channel(struct controller_channels *channels, int32_t broker, int64_t epoch,
    const struct payload_broker *registration)
{
	struct local_channels *it = of(channels);
	struct local_channel *channel = memory_new(sizeof(*channel));

	(void)epoch;
	(void)registration;
	assert(find(it, broker) == NULL);
	channel->broker = broker;
	list_init(&channel->waiting);
	list_append(&it->open, &channel->link);
	if (broker == it->broker_id)
		it->own = channel;
	else
		log_error(it->world->logger, "broker %d is in the cluster too: it is not told "
		    "anything, as this version of klamm serves clusters of one broker", broker);
}

static void
give_up(struct controller_message *message)
{
	message->answered(message, NULL);
}

static void
close_channel(struct controller_channels *channels, int32_t broker)
{
	struct local_channels *it = of(channels);
	struct local_channel *channel = find(it, broker);
	struct list *link;

	assert(channel != NULL);
	list_remove(&channel->link);
	if (it->own == channel) {
		struct controller_message *obeyed = it->obeyed;

		it->own = NULL;
		it->obeyed = NULL;
		if (obeyed != NULL)
			give_up(obeyed);
	}
	while ((link = list_take_first(&channel->waiting)) != NULL)
		give_up(container_of(link, struct controller_message, link));
	free(channel);
}

static void
send_message(struct controller_channels *channels, int32_t broker,
    struct controller_message *message)
{
	struct local_channels *it = of(channels);
	struct local_channel *channel = find(it, broker);

	assert(channel != NULL);
	list_append(&channel->waiting, &message->link);
	take_turn_later(it);
}

void
local_channels_init(struct local_channels *it, struct world *world, int32_t broker_id,
    void (*obey)(void *context, int16_t key, const void *request, struct arena *arena),
    void *context)
{
	*it = (struct local_channels){
		.channels = { open_channel, close_channel, send_message },
		.world = world,
		.broker_id = broker_id,
		.obey = obey,
		.context = context,
		.turn = { .run = take_turn },
	};
	list_init(&it->open);
}

void
local_channels_fini(struct local_channels *it)
{
	while (!list_is_empty(&it->open))
		close_channel(&it->channels,
		    container_of(it->open.next, struct local_channel, link)->broker);
	assert(local_channels_are_idle(it));
}

bool
local_channels_are_idle(const struct local_channels *it)
{
	return !it->is_obeying && !it->turn_is_due;
}
