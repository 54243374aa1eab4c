/*
 * partition/live_brokers.h: which brokers are alive, by the newest metadata
 * that the controller has sent. Written on the control loop alone; read by
 * partitions on all loops, without a lock: a reader sees what was there before
 * a change of one broker, or what is there after it.
 */
#ifndef KLAMM_PARTITION_LIVE_BROKERS_H
#define KLAMM_PARTITION_LIVE_BROKERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct live_brokers;

/* Nobody. */
struct live_brokers *live_brokers_new(void);
/* NULL is no set. */
void live_brokers_free(struct live_brokers *brokers);
/* These and nobody else; ids that are negative are none. True: one that was there is gone. */
bool live_brokers_set(struct live_brokers *brokers, const int32_t *ids, size_t count);
bool live_brokers_contains(const struct live_brokers *brokers, int32_t id);

#endif
