/*
 * klammd/local_channel.h: the controller's channels to brokers. The one to
 * this broker itself hands over its messages without a socket, one at a time
 * and in order, as every channel does; those to other brokers come with the
 * cluster (their messages wait until the channel is closed).
 */
#ifndef KLAMM_KLAMMD_LOCAL_CHANNEL_H
#define KLAMM_KLAMMD_LOCAL_CHANNEL_H

#include "controller/controller.h"
#include "world/world.h"

struct local_channel;

struct local_channels {
	struct controller_channels channels;
	struct world *world;
	int32_t broker_id;
	/*
	 * Obeys one request of that key and calls local_channels_answer, at once or
	 * later; until then request and arena are there. Never called from inside a
	 * call of the controller's.
	 */
	void (*obey)(void *context, int16_t key, const void *request, struct arena *arena);
	void *context;
	struct list open;               /* struct local_channel */
	struct local_channel *own;      /* to this broker; NULL: closed */
	bool is_obeying;
	struct controller_message *obeyed; /* NULL: none, or its channel was closed meanwhile */
	struct arena arena;             /* of the request that is obeyed */
	struct loop_message turn;
	bool turn_is_due;
};

void local_channels_init(struct local_channels *channels, struct world *world, int32_t broker_id,
    void (*obey)(void *context, int16_t key, const void *request, struct arena *arena),
    void *context);
/* Closes what is open. */
void local_channels_fini(struct local_channels *channels);
/* The request that was given to obey(); `response` is of its key, and borrowed. */
void local_channels_answer(struct local_channels *channels, const void *response);
/* Nothing is under way: it may be finished. */
bool local_channels_are_idle(const struct local_channels *channels);

#endif
