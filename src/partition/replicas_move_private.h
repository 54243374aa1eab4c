/*
 * partition/replicas_move_private.h: one replica on its way to another log dir,
 * shared by replicas_move.c (begin, turns, end) and replicas_move_copy.c (what
 * is copied, and the swap at the end).
 */
#ifndef KLAMM_PARTITION_REPLICAS_MOVE_PRIVATE_H
#define KLAMM_PARTITION_REPLICAS_MOVE_PRIVATE_H

#include "base/buffer.h"
#include "partition/replicas_private.h"

enum {
	MOVE_LATER_US = 1000 * 1000,
	MOVE_EPOCH = 0, /* of the follower's machine: a move has one leader only */
};

struct replica_move {
	struct list link; /* replicas.moves */
	struct replicas *replicas;
	struct replica *replica;
	struct log_partition *future;
	bool is_at_work;
	bool is_out;      /* a step */
	bool is_cancelled; /* the copy goes when the step has ended */
	bool is_over;     /* the same, but the copy stays */
	int64_t later_us;
	struct list waiters; /* struct move_waiter */
	/* The beginning. */
	struct log_load load;
	void (*begun)(void *context, enum error error);
	void *context;
	/* Copying. */
	struct follower follower;
	struct follower_answer answer;
	int64_t end_when_asked; /* of the replica's log */
	struct partition_fetch fetch;
	struct partition_list_offsets list;
	struct buffer bytes;
	/* The end. */
	struct log_swap log_swap;
	struct partition_swap swap;
	struct log *old;
	struct log_deletion deletion;
	struct work work;
	enum error error;
};

static inline int64_t
move_now_ms(const struct replica_move *move)
{
	return clock_wall_ms(move->replicas->world->clock);
}

static inline struct loop *
move_control(const struct replica_move *move)
{
	return move->replicas->world->control;
}

static inline struct replica_move *
move_of(struct work *work)
{
	return container_of(work, struct replica_move, work);
}

/* A step is out between them; what comes next is begun by the end. */
void move_begin_step(struct replica_move *move);
void move_end_step(struct replica_move *move);
void move_submit(struct replica_move *move, void (*run)(struct work *work),
    void (*done)(struct work *work), void *queue);
/* Others have their turn. */
void move_wait(struct replica_move *move, int64_t us);
/* The replica has no move any more; frees it. */
void move_end(struct replica_move *move);
/* A line of the log. */
void move_tell(const struct replica_move *move, const char *format, ...) PRINTF_LIKE(2, 3);

/* ---------------------------------------------------- replicas_move_copy.c */

/* No step is out: the next one. */
void move_ask(struct replica_move *move);

#endif
