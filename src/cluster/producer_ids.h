/*
 * cluster/producer_ids.h: ids for producers, from blocks that the controller
 * hands out (KIP-730): never one twice. Asked on any data loop, kept on the
 * control loop. Who gives blocks is told by whoever makes it, so that this room
 * need not know the controller.
 */
#ifndef KLAMM_CLUSTER_PRODUCER_IDS_H
#define KLAMM_CLUSTER_PRODUCER_IDS_H

#include "world/loop.h"

struct producer_ids;

struct producer_id_request {
	struct loop *loop;
	/* On `loop`; an id of -1: no block could be had. */
	void (*given)(struct producer_id_request *request);
	int64_t id;
	struct producer_ids *ids;     /* its own, as all below */
	struct loop_message message;
	struct list waiting;
};

/*
 * `fetch_block` asks for a block, on the control loop, and has
 * producer_ids_take_block called there once: one at a time.
 */
struct producer_ids *producer_ids_new(struct loop *control, void (*fetch_block)(void *context),
    void *context);
/* What waits is dropped: the loops have been told to stop. */
void producer_ids_free(struct producer_ids *ids);
/* Any data loop. */
void producer_ids_ask(struct producer_ids *ids, struct producer_id_request *request);
/* `length` 0: there is none now, and who waits is told so. */
void producer_ids_take_block(struct producer_ids *ids, int64_t first, int32_t length);

#endif
