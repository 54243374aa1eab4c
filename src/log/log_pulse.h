/*
 * log/log_pulse.h: what was begun to be made durable in a log dir, and what of it has
 * ended, well or not: so its owner sees a disk that hangs (F23). Any thread.
 */
#ifndef KLAMM_LOG_LOG_PULSE_H
#define KLAMM_LOG_LOG_PULSE_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

struct log_pulse {
	_Atomic(uint64_t) begun, ended;
};

static inline void
log_pulse_init(struct log_pulse *pulse)
{
	atomic_init(&pulse->begun, 0);
	atomic_init(&pulse->ended, 0);
}

/* Before it is given to a worker. NULL: nobody counts. */
static inline void
log_pulse_begin(struct log_pulse *pulse)
{
	if (pulse != NULL)
		atomic_fetch_add_explicit(&pulse->begun, 1, memory_order_relaxed);
}

/* Once for each that has begun. */
static inline void
log_pulse_end(struct log_pulse *pulse)
{
	if (pulse != NULL)
		atomic_fetch_add_explicit(&pulse->ended, 1, memory_order_release);
}

/* Something that nobody has told of before has ended: the disk works. */
static inline void
log_pulse_beat(struct log_pulse *pulse)
{
	log_pulse_begin(pulse);
	log_pulse_end(pulse);
}

#endif
