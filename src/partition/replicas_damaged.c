/*
 * Replicas whose log is damaged (F15, F22). Where others are in sync, the controller is
 * to take this one out of leadership and ISR: by a znode, as of a failed log dir, it is
 * moved to tell its partitions again, and is answered KAFKA_STORAGE_ERROR for this one. It
 * stops the replica then; asked once more, it has it follow, out of the ISR. Where
 * nobody else is in sync it leads on, and serves what is whole.
 */
#include "partition/replicas_private.h"
#include "partition/replicas_obey_private.h"

enum { FIRST_WAIT_US = 1000 * 1000, LAST_WAIT_US = 60 * 1000 * 1000 };

static int64_t
now_us(const struct replicas *it)
{
	return clock_monotonic_us(it->world->clock);
}

void
replicas_damage_found(struct replicas *it, struct replica *replica)
{
	if (replica->tells_damage)
		return;
	replica->tells_damage = true;
	it->damaged++;
	replica->tell_wait_us = FIRST_WAIT_US;
	replica->tell_us = now_us(it);
}

void
replicas_damage_ends(struct replicas *it, struct replica *replica)
{
	it->damaged -= replica->tells_damage;
	replica->tells_damage = false;
}

/* It leads among others, or was stopped for it, or follows and may be in the ISR. */
static bool
has_to_tell(const struct replica *replica)
{
	return replica->tells_damage && !replica->is_offline && !replica->is_leaving &&
	    (!replica->leads || partition_in_sync(replica->partition) > 1);
}

static bool
look_at(struct replicas *it, struct replica *replica, int64_t now)
{
	if (replica->tells_damage && !replica->was_stopped &&
	    !partition_is_damaged(replica->partition))
		replicas_damage_ends(it, replica);
	if (!has_to_tell(replica) || now < replica->tell_us)
		return false;
	replica->tell_us = now + replica->tell_wait_us;
	replica->tell_wait_us = MIN(2 * replica->tell_wait_us, (int64_t)LAST_WAIT_US);
	log_warn(it->world->logger, "%s-%d is damaged: the controller is asked %s",
	    replica->stored->topic, replica->index,
	    replica->was_stopped ? "whom to follow" : "to give it to another replica");
	return true;
}

void
replicas_tell_damaged(struct replicas *it)
{
	int64_t now = now_us(it);
	bool tells = false;

	if (it->damaged == 0)
		return;
	HASH_TABLE_FOREACH(link, &it->topics) {
		struct local_topic *topic = container_of(hash_node_of(link), struct local_topic, node);

		for (int32_t i = 0; i < topic->room; i++)
			if (topic->replicas[i] != NULL)
				tells |= look_at(it, topic->replicas[i], now);
	}
	if (tells)
		it->options.listener->has_room(it->options.listener);
}

/* --------------------------------------------------------------- LeaderAndIsr */

bool
replicas_may_repair(const struct item *item)
{
	int32_t self = item->obedience->replicas->options.broker_id;

	return item->state != NULL && item->state->leader >= 0 && item->state->leader != self &&
	    !replicas_item_is_in_sync(item);
}

bool
replicas_gives_up(const struct item *item)
{
#ifdef CANARY_DAMAGED_STAYS_IN_SYNC
	return false;
#endif
	return partition_is_damaged(item->replica->partition) && item->state->isr.count > 1 &&
	    replicas_item_is_in_sync(item);
}

void
replicas_give_up(struct item *item)
{
	struct replicas *replicas = item->obedience->replicas;
	struct replica *replica = item->replica;

	log_warn(replicas->world->logger, "%s-%d is damaged, and others are in sync: it is given "
	    "up", replica->stored->topic, replica->index);
	replicas_damage_found(replicas, replica);
	replica->was_stopped = true;
	replica->tell_us = now_us(replicas) + replica->tell_wait_us;
	replicas_item_done(item, KAFKA_ERROR_KAFKA_STORAGE_ERROR);
}

void
replicas_damage_obeyed(struct replicas *it, struct replica *replica)
{
	replica->was_stopped = false;
	replicas_damage_ends(it, replica);
	if (!partition_is_damaged(replica->partition))
		return;
	/* Nobody else was in sync: as soon as somebody is, the controller is to know. */
	if (replica->leads)
		replicas_damage_found(it, replica);
}
