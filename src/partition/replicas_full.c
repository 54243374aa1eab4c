/*
 * Replicas whose log dir is full (F20), where what was to be appended was refused, and leaders
 * whose log dir hangs (F23; replicas_hang.c). Where enough others are in sync to take what
 * comes, the controller is to have one of them lead, and this one out of the ISR, as with a
 * damaged log (replicas_damaged.c); asked once more it has it follow. It comes back by itself
 * when there is room, or the disk goes on. Where too few are in sync to take anything it
 * stays: its readers would gain nothing by another.
 */
#include "partition/replicas_private.h"
#include "partition/replicas_obey_private.h"

enum {
	/* Retention, or whoever else fills the disk, may make room meanwhile. */
	SETTLE_US = 2 * 1000 * 1000,
	/* Where all in sync lack space at once the last one assigned stays meanwhile. */
	LAST_SETTLE_US = 15 * 1000 * 1000,
	/* ... and where all hang, since that was found: it asks 14 s after the first time. */
	LAST_HANG_US = 10 * 1000 * 1000,
	/* Who is relied on was there so long ago at most: no session has to have ended. */
	HEARD_US = 5 * 1000 * 1000,
	FIRST_WAIT_US = 2 * 1000 * 1000,
	LAST_WAIT_US = 300 * 1000 * 1000,
	/* Whoever is not named for so long has moved away, and its StopReplica was lost. */
	NAMED_US = 1800 * 1000 * 1000,
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
dir_stays_full(const struct dir_watch *watch, int64_t now, int64_t settle_us)
{
	return watch->is_full && now - watch->full_us >= settle_us;
}

static bool
lacks_space(const struct replicas *it, const struct replica *replica, int64_t settle_us)
{
	const struct dir_watch *watch = replicas_watch_of(it, replica->stored->dir);

	return dir_stays_full(watch, now_us(it), settle_us) &&
	    replica->refused_us >= watch->full_us;
}

/* Who follows counts for the ISR as long as its leader sees it fetch. */
static bool
hangs(const struct replica *replica)
{
	return replica->leads && replica->stored->dir->hangs;
}

/*
 * Who leads has heard of all in sync; who follows was sent what it had no space for. Else the ISR
 * might be left to brokers that have died, and hold their sessions yet.
 */
static bool
are_others_there(const struct replicas *it, const struct replica *replica)
{
	int64_t heard_us = replica->leads ? partition_heard_us(replica->partition) :
	    replica->refused_us;

	return now_us(it) - HEARD_US <= heard_us;
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
	if (replica->was_given_up || replica->is_offline || replica->is_leaving)
		return false;
	return (lacks_space(it, replica, SETTLE_US) || hangs(replica)) && are_others_there(it, replica) &&
	    (!replica->leads ||
	    others_suffice(replica, partition_in_sync(replica->partition)));
}

/* To follow it needs the disk. Who leads still, as its controller has died, asks on. */
static bool
waits_for_disk(const struct replica *replica)
{
	return replica->was_given_up && !replica->leads && replica->stored->dir->hangs;
}

static bool
waits_for_a_leader(const struct replica *replica)
{
	return replica->was_given_up && !replica->is_offline && !replica->is_leaving &&
	    !waits_for_disk(replica);
}

/* How many there are, of those that are due. */
static int
count_who_ask(const struct replicas *it, bool space_is_due, bool leader_is_due)
{
	int count = 0;

	HASH_TABLE_FOREACH(link, &it->topics) {
		const struct local_topic *topic = container_of(hash_node_of(link),
		    const struct local_topic, node);

		for (int32_t i = 0; i < topic->room; i++) {
			const struct replica *replica = topic->replicas[i];

			count += replica != NULL && ((space_is_due && has_to_ask(it, replica)) ||
			    (leader_is_due && waits_for_a_leader(replica)));
		}
	}
	return count;
}

/* Who waits for its disk asks nothing meanwhile, so nobody need have named it. */
static void
forget_if_not_named(struct replicas *it, struct replica *replica, int64_t now)
{
	if (waits_for_disk(replica))
		replica->given_up_us = now;
	else if (now - replica->given_up_us > NAMED_US)
		replicas_relief_ends(it, replica);
}

static void
forget_who_is_not_named(struct replicas *it, int64_t now)
{
	HASH_TABLE_FOREACH(link, &it->topics) {
		struct local_topic *topic = container_of(hash_node_of(link), struct local_topic, node);

		for (int32_t i = 0; i < topic->room; i++)
			if (topic->replicas[i] != NULL)
				forget_if_not_named(it, topic->replicas[i], now);
	}
}

static bool
any_is_unfit(const struct replicas *it, int64_t now)
{
	for (int i = 0; i < it->dirs->count; i++)
		if (it->dirs->dirs[i].state == ERROR_NONE && (it->dirs->dirs[i].hangs ||
		    dir_stays_full(&it->watches[i], now, SETTLE_US)))
			return true;
	return false;
}

static void
wait_longer(int64_t *next_us, int64_t *wait_us, int64_t now)
{
	*next_us = now + *wait_us;
	*wait_us = MIN(2 * *wait_us, (int64_t)LAST_WAIT_US);
}

void
replicas_relief_is_due(struct replicas *it)
{
	it->relief_us = now_us(it);
	it->relief_wait_us = FIRST_WAIT_US;
}

void
replicas_seek_relief(struct replicas *it)
{
	int64_t now = now_us(it);
	bool space_is_due, leader_is_due;
	int count;

	if (!any_is_unfit(it, now)) {
		replicas_relief_is_due(it);
		if (it->given_up == 0)
			return;
	}
	space_is_due = now >= it->relief_us;
	leader_is_due = it->given_up > 0 && now >= it->follow_us;
	if (leader_is_due)
		forget_who_is_not_named(it, now);
	if ((!space_is_due && !leader_is_due) ||
	    (count = count_who_ask(it, space_is_due, leader_is_due)) == 0)
		return;
	if (space_is_due)
		wait_longer(&it->relief_us, &it->relief_wait_us, now);
	if (leader_is_due)
		wait_longer(&it->follow_us, &it->follow_wait_us, now);
	log_warn(it->world->logger, "the controller is asked who leads %d replicas: their log dirs are "
	    "full or hang, or they were stopped", count);
	it->options.listener->has_room(it->options.listener);
}

/* ------------------------------------------------------------ LeaderAndIsr */

static bool
is_last_assigned_in_sync(const struct item *item)
{
	const leader_state *state = item->state;

	for (int32_t i = state->replicas.count - 1; i >= 0; i--)
		for (int32_t j = 0; j < state->isr.count; j++)
			if (state->isr.items[j] == state->replicas.items[i])
				return state->replicas.items[i] ==
				    item->obedience->replicas->options.broker_id;
	return false;
}

/* Who is only now to lead does so first: it has yet to hear of those in sync. */
static bool
is_new_leader(const struct item *item)
{
	return replicas_item_is_to_lead(item) && !item->replica->leads;
}

/* It leads, and is to lead on; the last one assigned waits here, too. */
static bool
hangs_too_long(const struct item *item)
{
	const struct replicas *it = item->obedience->replicas;
	const struct dir_watch *watch = replicas_watch_of(it, item->replica->stored->dir);

	return hangs(item->replica) && replicas_item_is_to_lead(item) &&
	    (!is_last_assigned_in_sync(item) ||
	    now_us(it) - watch->hang.since_us >= LAST_HANG_US);
}

bool
replicas_is_to_be_relieved(const struct item *item)
{
	const struct replicas *it = item->obedience->replicas;
	int64_t settle_us = is_last_assigned_in_sync(item) ? LAST_SETTLE_US : SETTLE_US;

	return replicas_item_is_in_sync(item) && !is_new_leader(item) &&
	    (lacks_space(it, item->replica, settle_us) || hangs_too_long(item)) &&
	    others_suffice(item->replica, item->state->isr.count) &&
	    are_others_there(it, item->replica);
}

bool
replicas_waits_for_disk(const struct item *item)
{
	return waits_for_disk(item->replica) && !replicas_item_is_in_sync(item);
}

/*
 * A controller stops who has answered KAFKA_STORAGE_ERROR, also long after something else was
 * obeyed: nobody would tell whom to follow any more.
 */
void
replicas_wait_for_a_leader(struct replicas *it, struct replica *replica)
{
	if (replica->was_given_up)
		return;
	replica->was_given_up = true;
	replica->given_up_us = now_us(it);
	if (it->given_up++ == 0)
		it->follow_us = INT64_MAX;
	it->follow_wait_us = FIRST_WAIT_US;
	/* However many more come, those that wait already do not wait longer. */
	it->follow_us = MIN(it->follow_us, now_us(it) + FIRST_WAIT_US);
}

void
replicas_relieve(struct item *item)
{
	struct replica *replica = item->replica;

	log_warn(item->obedience->replicas->world->logger, "%s-%d has %s, and enough others "
	    "are in sync: it is given up", replica->stored->topic, replica->index,
	    hangs(replica) ? "a disk that hangs" : "no space");
	replicas_wait_for_a_leader(item->obedience->replicas, replica);
	replicas_item_done(item, KAFKA_ERROR_KAFKA_STORAGE_ERROR);
}

void
replicas_relief_named(struct replicas *it, struct replica *replica)
{
	replica->given_up_us = now_us(it);
}

void
replicas_relief_obeyed(struct replicas *it, struct replica *replica)
{
	replicas_relief_ends(it, replica);
	replica->refused_us = 0;
}

void
replicas_relief_ends(struct replicas *it, struct replica *replica)
{
	it->given_up -= replica->was_given_up;
	replica->was_given_up = false;
}
