#include "controller/eligible.h"

static bool
has(struct payload_int32_list list, int32_t id)
{
	for (size_t i = 0; i < list.count; i++)
		if (list.values[i] == id)
			return true;
	return false;
}

/* In the order of the assignment; who is assigned no longer may not lead. */
struct payload_int32_list
eligible_after(const struct context_partition *partition,
    const struct payload_partition_state *before, struct payload_int32_list isr,
    struct arena *arena)
{
	int32_t *ids;
	size_t count = 0;

	if (isr.count >= (size_t)MIN(partition->topic->min_insync, partition->replica_count))
		return (struct payload_int32_list){ NULL, 0 };
	ids = arena_array(arena, (size_t)MAX(partition->replica_count, 1), sizeof(*ids));
	for (int32_t i = 0; i < partition->replica_count; i++) {
		int32_t id = partition->replicas[i].broker;

		if (!has(isr, id) && (has(before->isr, id) || has(before->eligible, id)))
			ids[count++] = id;
	}
	return (struct payload_int32_list){ ids, count };
}
