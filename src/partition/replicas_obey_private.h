/*
 * partition/replicas_obey_private.h: one request of a controller on its way,
 * shared by replicas_obey.c (requests, answers, StopReplica), replicas_lead.c
 * (what LeaderAndIsr makes of a partition) and replicas_make.c (new logs).
 */
#ifndef KLAMM_PARTITION_REPLICAS_OBEY_PRIVATE_H
#define KLAMM_PARTITION_REPLICAS_OBEY_PRIVATE_H

#include "partition/replicas_private.h"
#include "wire/kafka_error.h"

typedef struct leader_and_isr_request_leader_and_isr_partition_state leader_state;

/* One partition of it. */
struct item {
	struct hash_node node;
	struct obedience *obedience;
	struct slice topic;
	struct uuid topic_id;
	int32_t index;
	int32_t leader_epoch;
	int16_t code;
	const leader_state *state; /* NULL: of StopReplica */
	bool deletes;
	bool may_be_late; /* StopReplica: perhaps for what was answered before the last LeaderAndIsr */
	struct replica *replica;
	struct partition_leader_change change;
	struct partition_surrender surrender;
	struct log_load load;
	struct log_deletion deletion;
	struct move_waiter waiter;
	bool lacks_records; /* its log is made, and in doubt */
	struct work work;
	char *path;       /* of what a worker writes, as `error` is its result */
	enum error error;
};

/* One request. */
struct obedience {
	struct replicas *replicas;
	struct item *items;
	size_t count;
	size_t left; /* and one while the items are begun */
	struct hash_table named;
	struct arena *arena;
	const struct leader_and_isr_request *request; /* LeaderAndIsr */
	struct leader_and_isr_response *leader_and_isr; /* of which it is */
	struct stop_replica_response *stop_replica;
	bool is_deposing; /* of replicas_deposed.c, as version 0, which nobody sends any more */
	bool by_id;  /* LeaderAndIsr from version 5 on */
	bool gathers;        /* while the items are begun: what is to be made waits for the others */
	struct list makings; /* of replicas_make.c */
	void (*done)(void *context);
	void *context;
};

/* LeaderAndIsr: this broker is the leader that it tells. */
static inline bool
replicas_item_is_to_lead(const struct item *item)
{
	return item->state->leader == item->obedience->replicas->options.broker_id;
}

/* LeaderAndIsr: this broker is in the ISR that it tells. */
static inline bool
replicas_item_is_in_sync(const struct item *item)
{
	for (int32_t i = 0; i < item->state->isr.count; i++)
		if (item->state->isr.items[i] == item->obedience->replicas->options.broker_id)
			return true;
	return false;
}

/* The last one answers the request and frees it, and the items with it. */
void replicas_item_done(struct item *item, enum kafka_error code);
/* LeaderAndIsr; the item is done later, or at once. */
void replicas_obey_leader(struct item *item);
/* It has no replica: a log is made, then it is led or follows. */
void replicas_item_create(struct item *item);
/* What was gathered is made. */
void replicas_make_gathered(struct obedience *it);
/* Its replica gets this leader; then the item is done. */
void replicas_item_change_leader(struct item *item, int32_t leader);

/* ------------------------------------------------------ replicas_unasked.c */

/* It is to lead, and lacks records that its controller may take it to have. */
bool replicas_may_not_lead(const struct item *item);
/* The controller is answered so; the item is done. */
void replicas_refuse_to_lead(struct item *item);

/* ------------------------------------------------------ replicas_damaged.c */

/* LeaderAndIsr of a replica that is damaged, and in sync with others. */
bool replicas_gives_up(const struct item *item);
/* A leader may make it whole: it is not in the ISR, so nobody elects it meanwhile. */
bool replicas_may_repair(const struct item *item);
/* The controller is answered so; the item is done. */
void replicas_give_up(struct item *item);

/* --------------------------------------------------------- replicas_full.c */

/* LeaderAndIsr of a replica in sync that has no space, or leads on a disk that hangs, while enough others are. */
bool replicas_is_to_be_relieved(const struct item *item);
/* ... of one that was given up, is not in sync, and whose disk hangs yet: it is held for offline. */
bool replicas_waits_for_disk(const struct item *item);
/* The controller is answered so; the item is done. */
void replicas_relieve(struct item *item);

#endif
