/*
 * zk/payload.h: what all payload_*.h share. A payload is what stands in one
 * kind of znode, nearly always JSON. Each has two functions:
 *
 * _decode takes any order of keys, keys that it does not know (skipped), null
 * for a missing optional value, the last of a repeated key, and the older
 * versions that Kafka has written; it is strict about types and ranges. What
 * it gives lives in the arena that is passed in. It returns ERROR_MALFORMED,
 * ERROR_UNSUPPORTED for a version that Kafka refuses too, or ERROR_NO_MEMORY at
 * the arena's cap, and then the complaint says why, for the log. Nobody may
 * overwrite a znode that cannot be decoded.
 *
 * _encode appends the very bytes that Kafka 3.9 writes, keys in its order.
 */
#ifndef KLAMM_ZK_PAYLOAD_H
#define KLAMM_ZK_PAYLOAD_H

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"

enum {
	PAYLOAD_SIZE_MAX = 4 << 20, /* ZooKeeper's own limit is 1 MiB, unless jute.maxbuffer is set */
	PAYLOAD_DEPTH_MAX = 32,
};

/* Empty when nothing was wrong. */
struct payload_complaint {
	char text[192];
};

/* Of a partition, or of a part of a partition: broker ids, the preferred leader first. */
struct payload_int32_list {
	const int32_t *values;
	size_t count;
};

static inline bool
payload_int32_list_has(struct payload_int32_list list, int32_t value)
{
	for (size_t i = 0; i < list.count; i++)
		if (list.values[i] == value)
			return true;
	return false;
}

struct payload_topic_partition {
	struct slice topic;
	int32_t partition;
};

#endif
