/*
 * cluster/consumer_offsets.h: offsets that consumers keep in ZooKeeper, at
 * /consumers/GROUP/offsets/TOPIC/PARTITION: OffsetCommit and OffsetFetch of
 * version 0 (zookeeper.md 6). Asked on any loop, done on the control loop.
 * While ZooKeeper is away a call waits, until the stop.
 */
#ifndef KLAMM_CLUSTER_CONSUMER_OFFSETS_H
#define KLAMM_CLUSTER_CONSUMER_OFFSETS_H

#include "zk/session.h"

struct consumer_offsets;

/* Its maker's until `done`, called once, on `loop`; names stay until then. */
struct consumer_offset_call {
	struct loop *loop;
	struct slice group;
	struct slice topic;
	int32_t partition;
	bool commits;
	int64_t offset; /* to be committed; or the one that was found */
	bool found;
	bool failed;    /* a name or a value that ZooKeeper cannot have, an error of it, the stop */
	void (*done)(struct consumer_offset_call *call);
	/* The room's. */
	struct consumer_offsets *offsets;
	struct loop_message message;
};

struct consumer_offsets *consumer_offsets_new(struct world *world, struct zk_session *session);
/* What is out is answered with a failure, and whatever comes. */
void consumer_offsets_stop(struct consumer_offsets *offsets);
/* Stopped, or never asked; and the session has ended. */
void consumer_offsets_free(struct consumer_offsets *offsets);

/* Any loop. */
void consumer_offsets_ask(struct consumer_offsets *offsets, struct consumer_offset_call *call);

#endif
