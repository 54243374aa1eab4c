/*
 * A log that has damage (F15, F22): who may know of it, and what readers of it are
 * answered. What is done about it is the control loop's (replicas_damaged.c).
 */
#include "partition/partition_private.h"

bool
partition_is_damaged(const struct partition *partition)
{
	return atomic_load_explicit(&partition->is_damaged, memory_order_relaxed);
}

int32_t
partition_in_sync(const struct partition *partition)
{
	return atomic_load_explicit(&partition->in_sync, memory_order_relaxed);
}

static void
tell(const struct partition *partition, enum error news, const struct damage *damage)
{
	log_error(partition->home->world->logger, "%.*s-%d: offsets %lld to %lld %s: they are not "
	    "served", partition->topic_size, partition->topic, partition->index,
	    (long long)damage->offset, (long long)damage->end_offset - 1,
	    news == ERROR_IO ? "cannot be read" : "are damaged");
}

void
partition_tell_damage(struct partition *partition)
{
	struct damage damage;

	if (partition->log != NULL &&
	    log_damage(partition->log, &damage.offset, &damage.end_offset))
		tell(partition, ERROR_CORRUPT, &damage);
}

void
partition_show_damage(struct partition *partition)
{
	int64_t from, to;
	bool damaged = partition->log != NULL && log_damage(partition->log, &from, &to);
	int32_t in_sync = leader_is_here(&partition->leader) ? partition->leader.isr_count : 0;

	if (damaged != partition_is_damaged(partition))
		atomic_store_explicit(&partition->is_damaged, damaged, memory_order_relaxed);
	if (in_sync != partition_in_sync(partition))
		atomic_store_explicit(&partition->in_sync, in_sync, memory_order_relaxed);
}

void
partition_note_damage(struct partition *partition, enum error news, const struct damage *damage)
{
	if (news == ERROR_NONE)
		return;
	tell(partition, news, damage);
	partition_show_damage(partition);
	(void)partition_failed(partition, news, PARTITION_FAULT_READ);
	partition_flush_if_due(partition, clock_wall_ms(partition->home->world->clock));
}

/*
 * Where another broker can lead it, clients are to look for that one, and they wait
 * without a word. Where none can their users have to hear of it.
 */
enum partition_status
partition_damage_status(const struct partition *partition)
{
	const struct leader *leader = &partition->leader;

	if (leader_is_here(leader) && leader->isr_count <= 1)
		return PARTITION_CORRUPT_MESSAGE;
	return PARTITION_STORAGE;
}
