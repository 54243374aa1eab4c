/*
 * What LeaderAndIsr makes of a partition: a leader or a follower. Before that,
 * where needed, a log (replicas_make.c); the topic's id, in its file; room for the
 * log, when an older topic of that name has left one.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "log/partition_metadata.h"
#include "partition/replicas_obey_private.h"
#include "zk/topic_name.h"

static struct replicas *
replicas_of(const struct item *item)
{
	return item->obedience->replicas;
}

/* ---------------------------------------------------------------- leadership */

/* NULL: nobody leads it any more. */
static void
note_reassignment(struct replica *replica, const leader_state *state)
{
	int32_t adding = state == NULL ? 0 : MAX(state->adding_replicas.count, 0);
	int32_t removing = state == NULL ? 0 : MAX(state->removing_replicas.count, 0);

	replica->adding_count = adding;
	replica->is_reassigned = replica->leads && adding + removing > 0;
}

static void
leader_changed(struct partition_operation *operation)
{
	struct item *item = container_of(operation, struct item, change.operation);
	struct replicas *replicas = replicas_of(item);
	struct replica *replica = item->replica;

	/* Its dir may have failed since it said so. */
	if (operation->status != PARTITION_OK || replica->is_offline) {
		replicas_item_done(item, KAFKA_ERROR_KAFKA_STORAGE_ERROR);
		return;
	}
	if (!item->change.leads)
		replicas_resign(replicas, replica);
	replica->leader_epoch = item->leader_epoch;
	replica->leads = item->change.leads;
	replica->has_others = item->change.change.replica_count > 1 ||
	    item->change.change.isr_count > 1;
	note_reassignment(replica, item->state);
	/* For each epoch: what is appended by a coordinator names its own. */
	if (!replica->leads && !replicas->stopping && operation->leader != LEADER_NONE)
		replicas_follow(replicas, replica, operation->leader, item->obedience->request);
	if (item->state == NULL) {
		if (item->may_be_late)
			replicas_wait_for_a_leader(replicas, replica);
	} else if (item->state->leader >= 0) { /* else it is not told, perhaps, who is elected */
		replicas_damage_obeyed(replicas, replica);
		replicas_relief_obeyed(replicas, replica);
	}
	if (replica->leads && !replicas->stopping)
		replicas->options.listener->elected(replicas->options.listener, replica->partition,
		    item->leader_epoch);
	replicas_item_done(item, KAFKA_ERROR_NONE);
}

void
replicas_item_change_leader(struct item *item, int32_t leader)
{
	const leader_state *state = item->state;

	replicas_unfollow(item->replica);
	item->change.operation.loop = replicas_of(item)->world->control;
	item->change.operation.answered = leader_changed;
	item->change.change = (struct leader_change){ .leader = leader,
		.leader_epoch = item->leader_epoch };
	item->change.repairs = replicas_may_repair(item);
	/* A copy that is on its way would not know. */
	item->change.compares = item->change.repairs && item->replica->move == NULL;
	if (state != NULL) {
		item->change.change.controller_epoch = state->controller_epoch;
		item->change.change.partition_epoch = state->partition_epoch;
		item->change.change.replicas = state->replicas.items;
		item->change.change.replica_count = (size_t)MAX(state->replicas.count, 0);
		item->change.change.isr = state->isr.items;
		item->change.change.isr_count = (size_t)MAX(state->isr.count, 0);
	}
	partition_change_leader(item->replica->partition, &item->change);
}

/* ------------------------------------------------------ an older topic's log */

static void
run_setting_aside(struct work *work)
{
	log_deletion_run(&container_of(work, struct item, work)->deletion);
}

static void
set_aside(struct work *work)
{
	struct item *item = container_of(work, struct item, work);
	struct replicas *replicas = replicas_of(item);
	struct log_dir *dir = item->deletion.dir;
	enum error error = log_deletion_done(replicas->dirs, &item->deletion);

	log_pulse_beat(&dir->pulse);
	if (error == ERROR_NONE) {
		replicas_item_create(item);
		return;
	}
	replicas_fail_dir(replicas, dir, error);
	replicas_item_done(item, KAFKA_ERROR_KAFKA_STORAGE_ERROR);
}

static void
surrendered(struct partition_operation *operation)
{
	struct item *item = container_of(operation, struct item, surrender.operation);
	struct replicas *replicas = replicas_of(item);
	struct replica *replica = item->replica;

	if (replica->is_offline) { /* meanwhile; the log stays with its dir */
		replicas_item_done(item, KAFKA_ERROR_KAFKA_STORAGE_ERROR);
		return;
	}
	log_set_aside_prepare(replicas->dirs, replica->stored, &item->deletion);
	log_warn(replicas->world->logger, "%.*s-%d is of an older topic of that name: its log is "
	    "set aside as %s", (int)item->topic.size, (const char *)item->topic.bytes, item->index,
	    item->deletion.path != NULL ? item->deletion.path : "?");
	replicas_drop(replicas, replica);
	item->replica = NULL;
	item->work = (struct work){ .loop = replicas->world->control, .run = run_setting_aside,
		.done = set_aside, .queue = item->deletion.dir };
	workers_submit(replicas->world->workers, &item->work);
}

static void begin_setting_aside(struct item *item);

static void
move_ended(struct move_waiter *waiter)
{
	begin_setting_aside(container_of(waiter, struct item, waiter));
}

/* A move of it ends first. */
static void
begin_setting_aside(struct item *item)
{
	struct partition *partition = item->replica->partition;

	if (item->replica->is_offline) {
		replicas_item_done(item, KAFKA_ERROR_KAFKA_STORAGE_ERROR);
		return;
	}
	if (item->replica->move != NULL) {
		item->waiter.ended = move_ended;
		replica_move_cancel(item->replica->move, &item->waiter);
		return;
	}
	item->replica->is_leaving = true;
	replicas_unfollow(item->replica);
	item->surrender.gone = PARTITION_NOT_LEADER;
	item->surrender.operation.loop = replicas_of(item)->world->control;
	item->surrender.operation.answered = surrendered;
	partition_surrender(partition, &item->surrender);
}

/* ------------------------------------------------------------ the topic's id */

static void
run_naming(struct work *work)
{
	struct item *item = container_of(work, struct item, work);

	item->error = partition_metadata_write(replicas_of(item)->world->disk, item->path,
	    item->topic_id);
}

/* An equal epoch tells nothing else (checklist 71). */
static void
named(struct work *work)
{
	struct item *item = container_of(work, struct item, work);
	struct replicas *replicas = replicas_of(item);
	struct replica *replica = item->replica;
	enum error error = item->error;

	log_pulse_beat(&replica->stored->dir->pulse);
	if (error != ERROR_NONE)
		log_error(replicas->world->logger, "%s cannot be written: %s", item->path,
		    error_text(error));
	free(item->path);
	item->path = NULL;
	/* A start without the file is told the id again, too. */
	if (error != ERROR_NONE && error != ERROR_NO_SPACE && error != ERROR_TOO_MANY_FILES)
		replicas_fail_dir(replicas, replica->stored->dir, error);
	if (replica->is_offline) {
		replicas_item_done(item, KAFKA_ERROR_KAFKA_STORAGE_ERROR);
		return;
	}
	partition_set_topic_id(replica->partition, item->topic_id);
	replicas_name_topic(replica->topic, item->topic_id);
	if (item->leader_epoch == replica->leader_epoch)
		replicas_item_done(item, KAFKA_ERROR_NONE);
	else
		replicas_item_change_leader(item, item->state->leader);
}

static void
begin_naming(struct item *item)
{
	struct replicas *replicas = replicas_of(item);
	const struct log_partition *stored = item->replica->stored;
	const char *folder = log_path(stored->log);
	size_t size = strlen(folder) + sizeof("/" PARTITION_METADATA);

	item->path = memory_new(size);
	(void)snprintf(item->path, size, "%s/%s", folder, PARTITION_METADATA);
	item->work = (struct work){ .loop = replicas->world->control, .run = run_naming,
		.done = named, .queue = stored->dir };
	workers_submit(replicas->world->workers, &item->work);
}

/* ------------------------------------------------------------------ the item */

/*
 * It follows nobody, and is told whom, or that it leads: it was stopped, or there was no address,
 * or another controller said that nobody leads, and has died before it elected anybody.
 */
static bool
has_found_one(const struct item *item)
{
	return item->replica->fetched == NULL && (replicas_item_is_to_lead(item) ||
	    replicas_knows_address(item->obedience->request, item->state->leader));
}

/*
 * Its log is damaged, or its dir full: it was stopped for that, or follows and may be
 * told that it is not in sync.
 */
static bool
waits_for_a_leader(const struct item *item)
{
	const struct replica *replica = item->replica;

	return !replica->leads &&
	    (replica->tells_damage || replica->was_given_up || has_found_one(item));
}

/* It was given up, and nobody else has led since. */
static void
take_back(struct item *item)
{
	replicas_relief_ends(replicas_of(item), item->replica);
	replicas_item_done(item, KAFKA_ERROR_NONE);
}

/*
 * A topic has one id as long as it lives, and requests that are older than what
 * was obeyed before are refused by their epochs. So another id than that of the
 * log tells of a topic that was deleted and made again, whatever the leader epoch.
 */
static void
obey_known(struct item *item)
{
	struct replica *replica = item->replica;
	struct uuid known = partition_topic_id(replica->partition);
	bool brings_id = !uuid_is_zero(item->topic_id);

	replicas_relief_named(replicas_of(item), replica);
	if (replica->is_offline)
		replicas_item_done(item, KAFKA_ERROR_KAFKA_STORAGE_ERROR);
	else if (brings_id && !uuid_is_zero(known) && !uuid_equal(known, item->topic_id))
		begin_setting_aside(item);
	else if (item->leader_epoch < replica->leader_epoch)
		replicas_item_done(item, KAFKA_ERROR_STALE_CONTROLLER_EPOCH);
	else if (replicas_may_not_lead(item))
		replicas_refuse_to_lead(item);
	else if (replicas_gives_up(item))
		replicas_give_up(item);
	else if (replicas_is_to_be_relieved(item))
		replicas_relieve(item);
	else if (replicas_waits_for_disk(item))
		replicas_item_done(item, KAFKA_ERROR_KAFKA_STORAGE_ERROR);
	else if (brings_id && uuid_is_zero(known))
		begin_naming(item);
	else if (item->leader_epoch == replica->leader_epoch && replica->was_given_up &&
	    replica->leads)
		take_back(item);
	else if (item->leader_epoch == replica->leader_epoch && !waits_for_a_leader(item))
		replicas_item_done(item, KAFKA_ERROR_STALE_CONTROLLER_EPOCH);
	else
		replicas_item_change_leader(item, item->state->leader);
}

static bool
is_assigned(const leader_state *state, int32_t broker)
{
	for (int32_t i = 0; i < state->replicas.count; i++)
		if (state->replicas.items[i] == broker)
			return true;
	return false;
}

/*
 * What no controller says. Partitions of a topic are an array: one number may
 * not ask for all memory.
 */
static bool
may_be_here(const struct item *item)
{
	enum { INDEX_MAX = (1 << 18) - 1 }; /* as in cluster/image.c */

	return topic_name_fault(item->topic) == NULL && item->index >= 0 &&
	    item->index <= INDEX_MAX && item->leader_epoch >= 0;
}

void
replicas_obey_leader(struct item *item)
{
	item->obedience->left++;
	if (!may_be_here(item))
		replicas_item_done(item, KAFKA_ERROR_KAFKA_STORAGE_ERROR);
	else if (!is_assigned(item->state, replicas_of(item)->options.broker_id))
		replicas_item_done(item, KAFKA_ERROR_UNKNOWN_TOPIC_OR_PARTITION);
	else if (item->replica != NULL)
		obey_known(item);
	else
		replicas_item_create(item);
}
