/*
 * Replicas whose log dir is full (F20): what was to be appended was refused. Where enough
 * others are in sync to take it, the controller is to have one of them lead, and this one
 * out of the ISR, as with a damaged log (replicas_damaged.c); asked once more it has it follow. It
 * comes back by itself when there is room. Where too few are in sync to take
 * anything it stays: its readers would gain nothing by another.
 */
#include "partition/replicas_private.h"
#include "partition/replicas_obey_private.h"

enum {
	/* Retention, or whoever else fills the disk, may make room meanwhile. */
	SETTLE_US = 2 * 1000 * 1000,
	FIRST_WAIT_US = 2 * 1000 * 1000,
	LAST_WAIT_US = 300 * 1000 * 1000,
};

static int64_t
now_us(const struct replicas *it)
{
	return clock_monotonic_us(it->world->clock);
}

void
replicas_was_refused(struct replicas *it, struct replica *replica)
{
	replicas_dir_is_full(it, replica->stored->dir, "no bytes or no descriptors are left");
	replica->refused_us = now_us(it);
	replicas_watch_of(it, replica->stored->dir)->refused_us = replica->refused_us;
}

static bool
dir_stays_full(const struct dir_watch *watch, int64_t now)
{
	return watch->is_full && now - watch->full_us >= SETTLE_US;
}

static bool
lacks_space(const struct replicas *it, const struct replica *replica)
{
	const struct dir_watch *watch = replicas_watch_of(it, replica->stored->dir);

	return dir_stays_full(watch, now_us(it)) && replica->refused_us >= watch->full_us;
}

/* Without it they would still take what is to be acknowledged by all. */
static bool
others_suffice(const struct replica *replica, int32_t in_sync)
{
	return in_sync - 1 >= MAX(replica->topic->settings->config.min_insync_replicas, 1);
}

/* ----------------------------------------------------------------- asking */

static bool
has_to_ask(const struct replicas *it, const struct replica *replica)
{
	if (replica->is_offline || replica->is_leaving)
		return false;
	return replica->was_given_up || (lacks_space(it, replica) && (!replica->leads ||
	    others_suffice(replica, partition_in_sync(replica->partition))));
}

static int
count_who_ask(const struct replicas *it)
{
	int count = 0;

	HASH_TABLE_FOREACH(link, &it->topics) {
		const struct local_topic *topic = container_of(hash_node_of(link),
		    const struct local_topic, node);

		for (int32_t i = 0; i < topic->room; i++)
			count += topic->replicas[i] != NULL && has_to_ask(it, topic->replicas[i]);
	}
	return count;
}

static bool
any_stays_full(const struct replicas *it, int64_t now)
{
	for (int i = 0; i < it->dirs->count; i++)
		if (it->dirs->dirs[i].state == ERROR_NONE && dir_stays_full(&it->watches[i], now))
			return true;
	return false;
}

void
replicas_seek_relief(struct replicas *it)
{
	int64_t now = now_us(it);
	int count;

	if (it->given_up == 0 && !any_stays_full(it, now)) {
		it->relief_us = now;
		it->relief_wait_us = FIRST_WAIT_US;
		return;
	}
	if (now < it->relief_us || (count = count_who_ask(it)) == 0)
		return;
	it->relief_us = now + it->relief_wait_us;
	it->relief_wait_us = MIN(2 * it->relief_wait_us, (int64_t)LAST_WAIT_US);
	log_warn(it->world->logger, "log dirs are, or were, full: the controller is asked who leads "
	    "what has no space (replicas: %d)", count);
	it->options.listener->has_room(it->options.listener);
}

/* ------------------------------------------------------------ LeaderAndIsr */

bool
replicas_is_to_be_relieved(const struct item *item)
{
	const struct replicas *it = item->obedience->replicas;

	return lacks_space(it, item->replica) && others_suffice(item->replica, item->state->isr.count) &&
	    replicas_item_is_in_sync(item);
}

void
replicas_relieve(struct item *item)
{
	struct replica *replica = item->replica;

	log_warn(item->obedience->replicas->world->logger, "%s-%d has no space, and enough others "
	    "are in sync: it is given up", replica->stored->topic, replica->index);
	item->obedience->replicas->given_up += !replica->was_given_up;
	replica->was_given_up = true;
	replicas_item_done(item, KAFKA_ERROR_KAFKA_STORAGE_ERROR);
}

void
replicas_relief_ends(struct replicas *it, struct replica *replica)
{
	it->given_up -= replica->was_given_up;
	replica->was_given_up = false;
}
