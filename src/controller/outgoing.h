/*
 * controller/outgoing.h: what is to be told to which brokers: gathered while
 * states change, then sent as one request of a kind to each broker, in the
 * order LeaderAndIsr, UpdateMetadata, StopReplica (zookeeper.md 5.4). Requests
 * are made of the context as it is when they are sent. Private.
 */
#ifndef KLAMM_CONTROLLER_OUTGOING_H
#define KLAMM_CONTROLLER_OUTGOING_H

#include "controller/context.h"
#include "controller/controller.h"

struct outgoing_item {
	int32_t broker;             /* of `metadata` none: it goes to all that are told */
	struct context_partition *partition;
	bool is_new;                /* LEADER_AND_ISR: nobody had it before */
	bool is_deletion;           /* STOP_REPLICA */
};

struct outgoing_items {
	struct outgoing_item *items;
	size_t count;
	size_t capacity;
};

struct outgoing_list {
	int32_t *brokers;
	size_t count;
	size_t capacity;
};

struct outgoing {
	struct outgoing_items leader_and_isr;
	struct outgoing_items stop_replica;
	struct outgoing_items metadata;
	struct outgoing_list told; /* brokers that get UpdateMetadata */
	bool tell_all;             /* all of them do */
};

/* Who sends, and how. */
struct outgoing_sender {
	const struct context *context;
	int32_t controller_id;
	const char *inter_broker_listener;
	/* A message with its arena; the rest is filled in, but for `answered`. */
	struct controller_message *(*make)(void *owner);
	/* Takes it; in the order of sending. */
	void (*send)(void *owner, int32_t broker, struct controller_message *message);
	void *owner;
};

void outgoing_init(struct outgoing *outgoing);
void outgoing_fini(struct outgoing *outgoing);

/*
 * To a broker that is not alive nothing is told. A LeaderAndIsr also tells all
 * brokers the partition's metadata; it needs a leadership.
 */
void outgoing_leader_and_isr(struct outgoing *outgoing, const struct context *context,
    int32_t broker, struct context_partition *partition, bool is_new);
void outgoing_stop_replica(struct outgoing *outgoing, const struct context *context,
    int32_t broker, struct context_partition *partition, bool is_deletion);
/* To all brokers, or one; partitions without a leadership are not told. */
void outgoing_metadata_to(struct outgoing *outgoing, int32_t broker);
void outgoing_metadata_to_all(struct outgoing *outgoing);
void outgoing_metadata_of(struct outgoing *outgoing, struct context_partition *partition);

/* Makes the requests, sends them, and forgets what was gathered. */
void outgoing_send(struct outgoing *outgoing, const struct outgoing_sender *sender);

#endif
