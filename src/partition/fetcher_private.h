/*
 * partition/fetcher_private.h: a fetcher's inside: fetcher.c (life, what each
 * partition waits for), fetcher_exchange.c (requests and their answers).
 */
#ifndef KLAMM_PARTITION_FETCHER_PRIVATE_H
#define KLAMM_PARTITION_FETCHER_PRIVATE_H

#include "base/hash_table.h"
#include "partition/fetcher.h"
#include "partition/fetcher_rate.h"
#include "partition/fetcher_session.h"
#include "partition/partition_follow.h"
#include "wire/messages.h"

/*
 *	           .-> READY -----------> ASKED -.
 *	TAKING ---+--> READY_FOR_BOUND -> ASKED -+-> TAKING ...
 *	           '-> WAITING ------------------'
 *	           '-> ENDED
 */
enum fetcher_partition_state {
	FETCHER_TAKING,          /* the partition has the answer */
	FETCHER_READY,           /* goes with the next Fetch */
	FETCHER_READY_FOR_BOUND, /* with the next ListOffsets */
	FETCHER_ASKED,           /* in a request that is out */
	FETCHER_WAITING,         /* until `due_us` */
	FETCHER_ENDED,           /* it follows no longer */
};

struct fetcher_partition {
	struct list link;       /* by state: ready, bounds, an exchange's `asked`, waiting */
	struct hash_node node;  /* of an exchange's `by_name` */
	struct fetcher_membership membership;
	struct fetcher *fetcher;
	struct partition *partition; /* held */
	int32_t leader_epoch;
	enum fetcher_partition_state state;
	bool removed;           /* freed when it is neither TAKING nor ASKED */
	int64_t due_us;
	/* What the last answer told it; -1: nothing. */
	int64_t told_high_watermark;
	int64_t told_log_start;
	bool in_sync;           /* it has all that is safe, as the last good answer told it */
	struct partition_follow follow;    /* its `next` is what to ask */
	struct broker_link_answer *answer; /* held while it is TAKING records of it */
};

/* One kind of request, one of it at a time. */
struct fetcher_exchange {
	struct broker_link_request request;
	struct fetcher *fetcher;
	bool is_out;
	int64_t asked_us;  /* since then */
	int64_t room_left; /* of the answer at hand, in bytes */
	struct list asked;
	struct hash_table by_name;  /* the same, by topic (id or name) and index */
	bool by_id;
	union {
		struct fetch_request fetch;
		struct list_offsets_request list_offsets;
	} body;
	void *topics;               /* arrays of the body */
	void *partitions;
};

struct fetcher {
	struct fetcher_options options;
	struct world *world;
	struct loop *loop;
	char *host;                 /* until the link is made */
	struct broker_link *link;   /* NULL: not yet, or closed */
	int partitions;             /* that are not freed */
	int taking;
	struct list ready;
	struct list bounds;
	struct list waiting;
	struct list ended;
	struct fetcher_exchange fetch;
	struct fetcher_session session; /* of its Fetches */
	struct fetcher_exchange list_offsets;
	int64_t ready_since_us;     /* the first of `ready` */
	struct timer timer;
	struct loop_task task;      /* sends */
	struct fetcher_rate rate;   /* of Fetches */
	_Atomic(uint64_t) bytes;    /* of records that came; any thread reads */
	bool troubled;              /* the last exchange failed, and the log says so */
	/* The end. */
	bool closing, link_closed;
	struct loop_message closed_message;
	void (*closed)(void *context);
	void *context;
};

/* ---------------------------------------------------------------- fetcher.c */

/* It is asked for again later. */
void fetcher_wait(struct fetcher_partition *it, int64_t wait_ms);
/* Goes (back) to those that are asked for with the next Fetch. */
void fetcher_make_ready(struct fetcher_partition *it);
/* `follow.answer` is set; `answer`, which may be NULL, is held meanwhile. */
void fetcher_give(struct fetcher_partition *it, struct broker_link_answer *answer);
/* After anything that may let a request go out, or the end come. */
void fetcher_go_on(struct fetcher *fetcher);

/* ------------------------------------------------------- fetcher_exchange.c */

void fetcher_exchanges_init(struct fetcher *fetcher);
void fetcher_exchanges_fini(struct fetcher *fetcher);
/* Whether it asks for this partition; by id, or by name. */
bool fetcher_exchange_has(const struct fetcher_exchange *exchange, struct slice topic,
    struct uuid id, int32_t index);
/* Asks for all that are ready. */
void fetcher_send_fetch(struct fetcher *fetcher, int32_t max_wait_ms);
void fetcher_send_list_offsets(struct fetcher *fetcher);

#endif
