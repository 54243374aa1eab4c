/* New logs that LeaderAndIsr wants: many of one request at once. */
#include <stdlib.h>

#include "base/memory.h"
#include "log/move_mark.h"
#include "partition/replicas_obey_private.h"

/* More go into further pieces: other work of the dir gets its turn between them. */
enum { MAKE_AT_ONCE = 512 };

static struct replicas *
replicas_of(const struct item *item)
{
	return item->obedience->replicas;
}

static bool
is_added(const struct item *item)
{
	for (int32_t i = 0; i < item->state->adding_replicas.count; i++)
		if (item->state->adding_replicas.items[i] == replicas_of(item)->options.broker_id)
			return true;
	return false;
}

/*
 * Nothing of it was ever here. A controller of Kafka says so of who is added each time it goes
 * on with the reassignment, also when that one has joined.
 */
static bool
is_new(const struct item *item)
{
	bool has_joined = is_added(item) && replicas_item_is_in_sync(item);

	return (item->state->is_new && !has_joined) || replicas_unmade_is_new(replicas_of(item), item->topic,
	    item->index, item->topic_id);
}

/*
 * It had a log, others may have its records, and it is to lead them; or it may be
 * elected, being in sync, before it has fetched them: while nobody leads, or when
 * whoever does dies soon. Nothing is lost of what was made in this life, in epoch 0 (a
 * controller has died before it could tell of a new partition); but of all that the first
 * request tells it may be, though it is told before it is another epoch.
 */
static bool
lacks_records(const struct item *item)
{
	return !is_new(item) &&
	    (item->leader_epoch > 0 || !replicas_of(item)->was_told ||
	    replicas_unmade_lacks(replicas_of(item), item->topic, item->index, item->topic_id)) &&
	    item->state->replicas.count >= 2 &&
	    (replicas_item_is_to_lead(item) || replicas_item_is_in_sync(item)) &&
	    replicas_of(item)->home->protects_last_replica;
}

static void
refuse_creation(struct item *item, enum error error)
{
	struct unmade_kind kind = {
		.is_new = is_new(item),
		.waits_for_room = error == ERROR_NO_SPACE || error == ERROR_TOO_MANY_FILES,
		.lacks_records = item->lacks_records,
	};

	log_error(replicas_of(item)->world->logger, "%.*s-%d cannot be made: %s",
	    (int)item->topic.size, (const char *)item->topic.bytes, item->index,
	    error_text(error));
	if (kind.waits_for_room || kind.lacks_records || kind.is_new)
		replicas_remember_unmade(replicas_of(item), item->topic, item->index, item->topic_id,
		    kind);
	else
		replicas_forget_unmade(replicas_of(item), item->topic, item->index);
	replicas_fail_offline_dirs(replicas_of(item));
	replicas_item_done(item, KAFKA_ERROR_KAFKA_STORAGE_ERROR);
}

static void
end(struct item *item)
{
	if (item->lacks_records)
		replicas_tell_doubts(replicas_of(item));
	if (replicas_may_not_lead(item))
		replicas_refuse_to_lead(item);
	else
		replicas_item_change_leader(item, item->state->leader);
}

static void
created(struct item *item)
{
	struct replicas *replicas = replicas_of(item);
	struct log_partition *stored = item->load.partition;
	struct log_dir *dir = stored->dir;
	enum error error = log_load_done(&item->load);
	bool was_asked = replicas_unmade_is_asked(replicas, item->topic, item->index, item->topic_id);

	if (error != ERROR_NONE) {
		refuse_creation(item, error);
		return;
	}
	item->replica = replicas_add(replicas, stored, item->topic_id);
	if (item->lacks_records && !was_asked)
		replicas_is_unasked(replicas, item->replica);
	/* Now, so that it is in doubt all the time. */
	replicas_forget_unmade(replicas, item->topic, item->index);
	if (dir->state != ERROR_NONE) { /* meanwhile */
		replicas_fail_dir(replicas, dir, dir->state);
		replicas_item_done(item, KAFKA_ERROR_KAFKA_STORAGE_ERROR);
		return;
	}
	end(item);
}

/* New partitions of one dir, made by one piece of work: their syncs are shared. */
struct making {
	struct list link; /* while it is gathered */
	struct work work;
	struct obedience *obedience;
	struct log_dir *dir;
	size_t count;
	struct log_load *loads[MAKE_AT_ONCE]; /* of items */
	bool has_doubts;
	struct log_shrunk_job doubts;
};

static void
run_making(struct work *work)
{
	struct making *making = container_of(work, struct making, work);

	if (making->has_doubts)
		log_shrunk_run(&making->doubts);
	if (!making->has_doubts || making->doubts.error == ERROR_NONE)
		log_loads_make(making->loads, making->count);
	else
		log_loads_give_up(making->loads, making->count, making->doubts.error);
}

/*
 * A log without records that lacks some is nowhere on the disk before it is known to be in doubt: a
 * kill in between would have it trusted. The last item takes the obedience with it.
 */
static void
made(struct work *work)
{
	struct making *making = container_of(work, struct making, work);

	log_pulse_beat(&making->dir->pulse);
	/* What is wrong with the dir each of the loads says, too. */
	if (making->has_doubts && log_shrunk_done(making->obedience->replicas->dirs,
	    &making->doubts) != ERROR_NONE)
		log_error(making->obedience->replicas->world->logger, "%s: which replicas lack their "
		    "records cannot be written: %s", making->dir->path, error_text(making->doubts.error));
	for (size_t i = 0; i < making->count; i++)
		created(container_of(making->loads[i], struct item, load));
	free(making);
}

void
replicas_make_gathered(struct obedience *it)
{
	struct list *link;

	while ((link = list_take_first(&it->makings)) != NULL) {
		struct making *making = container_of(link, struct making, link);

		for (size_t i = 0; i < making->count; i++)
			log_load_renew_doubts(making->loads[i]);
		if (making->has_doubts)
			log_shrunk_prepare(it->replicas->dirs, making->dir, false, &making->doubts);
		making->work = (struct work){ .loop = it->replicas->world->control,
			.run = run_making, .done = made, .queue = making->dir };
		workers_submit(it->replicas->world->workers, &making->work);
	}
}

static struct making *
making_of(struct obedience *it, struct log_dir *dir)
{
	struct making *making;

	LIST_FOREACH(link, &it->makings) {
		making = container_of(link, struct making, link);
		if (making->dir == dir && making->count < MAKE_AT_ONCE)
			return making;
	}
	making = memory_new(sizeof(*making));
	making->obedience = it;
	making->dir = dir;
	list_init(&making->link);
	list_append(&it->makings, &making->link);
	return making;
}

static void
gather(struct item *item)
{
	struct making *making = making_of(item->obedience, item->load.partition->dir);

	making->loads[making->count++] = &item->load;
	if (!item->lacks_records)
		return;
	making->has_doubts = true;
	replicas_doubt(item->load.partition);
}

/* Where a tool wants it (AlterReplicaLogDirs), else where the fewest are. */
static enum error
begin_creation(struct item *item)
{
	struct replicas *replicas = replicas_of(item);
	struct log_dir *dir = replicas_take_preferred(replicas, item->topic, item->index);
	int64_t now_ms = clock_wall_ms(replicas->world->clock);
	enum error error = dir != NULL ?
	    log_dirs_create_in(replicas->dirs, dir, item->topic, item->index, item->topic_id,
	    now_ms, &item->load) :
	    log_dirs_create(replicas->dirs, item->topic, item->index, item->topic_id, now_ms,
	    &item->load);

	if (error == ERROR_NONE && log_dirs_online_count(replicas->dirs) < replicas->dirs->count)
		item->load.mark = move_mark_made(atomic_load_explicit(&replicas->broker_epoch,
		    memory_order_relaxed));
	return error;
}

/*
 * With a dir offline, a replica that is not new may lie there (checklist 71). One that is
 * new may do so too, from before this broker was taken off it: that one is older (move_mark.h).
 */
void
replicas_item_create(struct item *item)
{
	struct replicas *replicas = replicas_of(item);
	bool all_online = log_dirs_online_count(replicas->dirs) == replicas->dirs->count;
	enum error error = ERROR_OFFLINE;

	item->lacks_records = lacks_records(item);
	if (is_new(item) || all_online)
		error = begin_creation(item);
	if (error != ERROR_NONE) {
		refuse_creation(item, error);
		return;
	}
	if (!is_new(item))
		log_error(replicas->world->logger, "%.*s-%d is not new, but in no log dir: it is "
		    "made without records", (int)item->topic.size, (const char *)item->topic.bytes,
		    item->index);
	gather(item);
	if (!item->obedience->gathers)
		replicas_make_gathered(item->obedience);
}
