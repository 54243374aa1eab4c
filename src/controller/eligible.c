#include "controller/eligible.h"

/* Of more than there are replicas none can be asked for, as its leader has it. */
static bool
is_enough(const struct context_partition *partition, size_t in_sync)
{
	return in_sync >= (size_t)MIN(partition->topic->min_insync, partition->replica_count);
}

/* In the order of the assignment; who is assigned no longer may not lead. */
struct payload_int32_list
eligible_after(const struct context_partition *partition,
    const struct payload_partition_state *before, struct payload_int32_list isr,
    struct arena *arena)
{
	int32_t *ids;
	size_t count = 0;

	if (is_enough(partition, isr.count))
		return (struct payload_int32_list){ NULL, 0 };
	ids = arena_array(arena, (size_t)MAX(partition->replica_count, 1), sizeof(*ids));
	for (int32_t i = 0; i < partition->replica_count; i++) {
		int32_t id = partition->replicas[i].broker;

		if (!payload_int32_list_has(isr, id) && (payload_int32_list_has(before->isr, id) ||
		    payload_int32_list_has(before->eligible, id)))
			ids[count++] = id;
	}
	return (struct payload_int32_list){ ids, count };
}

void
eligible_forget(struct context_partition *partition)
{
	if (is_enough(partition, (size_t)partition->leadership.isr_count))
		partition->leadership.eligible_count = 0;
}
