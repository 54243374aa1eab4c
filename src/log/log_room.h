/*
 * log/log_room.h: how many bytes the logs of one dir may still append before
 * the reserve is touched that is kept for what has to be written on a full
 * disk: indexes, snapshots, checkpoints, notes (F20). Who owns the dir sets it
 * now and then; each append takes its bytes out of it. Any thread.
 */
#ifndef KLAMM_LOG_LOG_ROOM_H
#define KLAMM_LOG_LOG_ROOM_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct log_room {
	_Atomic(int64_t) left; /* negative: the reserve is in use */
};

static inline void
log_room_init(struct log_room *room)
{
	atomic_init(&room->left, INT64_MAX);
}

static inline void
log_room_set(struct log_room *room, int64_t left)
{
	atomic_store_explicit(&room->left, left, memory_order_relaxed);
}

static inline int64_t
log_room_left(struct log_room *room)
{
	return atomic_load_explicit(&room->left, memory_order_relaxed);
}

/* False: there is no room for them. NULL has room for everything. */
static inline bool
log_room_take(struct log_room *room, int64_t bytes)
{
	if (room == NULL ||
	    atomic_fetch_sub_explicit(&room->left, bytes, memory_order_relaxed) >= bytes)
		return true;
	atomic_fetch_add_explicit(&room->left, bytes, memory_order_relaxed);
	return false;
}

#endif
