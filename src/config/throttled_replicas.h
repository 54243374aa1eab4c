/*
 * config/throttled_replicas.h: leader.replication.throttled.replicas and
 * follower.replication.throttled.replicas of a topic: "*", or PARTITION:BROKER
 * pairs (KIP-73). Pure.
 */
#ifndef KLAMM_CONFIG_THROTTLED_REPLICAS_H
#define KLAMM_CONFIG_THROTTLED_REPLICAS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct throttled_replica {
	int32_t partition;
	int32_t broker;
};

/* All zero: none. */
struct throttled_replicas {
	bool all;
	size_t count;
	struct throttled_replica *items; /* sorted */
};

/* `text` has been parsed as a value of its key (config/value.h). */
void throttled_replicas_read(struct throttled_replicas *replicas, const char *text);
void throttled_replicas_fini(struct throttled_replicas *replicas);
bool throttled_replicas_have(const struct throttled_replicas *replicas, int32_t partition,
    int32_t broker);

#endif
