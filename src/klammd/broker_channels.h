/*
 * klammd/broker_channels.h: the controller's channels to the brokers, itself
 * among them. Each has one message under way, and the next when that is
 * answered. Its own broker gets it without a socket, through the queue that
 * requests of connections go through too. Others get it over a connection to
 * their control plane listener (control.plane.listener.name of ours, else
 * inter.broker.listener.name), in the version that inter.broker.protocol.version
 * says, again after 100 ms until it is answered or the channel closed. On the
 * control loop.
 */
#ifndef KLAMM_KLAMMD_BROKER_CHANNELS_H
#define KLAMM_KLAMMD_BROKER_CHANNELS_H

#include "api/broker_control.h"
#include "controller/controller.h"
#include "world/world.h"

struct broker_channel;

struct broker_channels_options {
	struct world *world;
	const struct broker_config *config; /* borrowed */
	int32_t broker_id;
	struct broker_control_port *control; /* of this broker */
};

struct broker_channels {
	struct controller_channels channels;
	struct broker_channels_options options;
	char client_id[16];
	struct list open;            /* struct broker_channel */
	int closing;                 /* connections whose end is awaited */
	/* This broker's. */
	struct broker_channel *own;  /* NULL: closed */
	bool is_obeying;
	struct controller_message *obeyed; /* NULL: none, or its channel was closed meanwhile */
	struct arena arena;          /* of the request that is obeyed */
	struct broker_control_call call;
	union {
		struct leader_and_isr_response leader_and_isr;
		struct update_metadata_response update_metadata;
		struct stop_replica_response stop_replica;
		struct list_offsets_response list_offsets;
		struct fetch_response fetch;
	} response;
	struct loop_message turn;
	bool turn_is_due;
	/* The stop. */
	void (*stopped)(void *context);
	void *context;
};

void broker_channels_init(struct broker_channels *channels,
    const struct broker_channels_options *options);
/* Everybody has answered all that was sent. */
bool broker_channels_are_quiet(const struct broker_channels *channels);
/* Closes what is open, and calls `stopped` once, maybe at once, when nothing is under way any more. */
void broker_channels_stop(struct broker_channels *channels, void (*stopped)(void *context),
    void *context);
/* Stopped, or nothing was ever opened. */
void broker_channels_fini(struct broker_channels *channels);

#endif
