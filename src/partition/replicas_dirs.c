/* Log dirs that fail, the notes of it in the others, and what partitions tell of theirs. */
#include <stdlib.h>

#include "base/memory.h"
#include "partition/replicas_private.h"

/* -------------------------------------------------------------------- notes */

struct notes_work {
	struct replicas *replicas;
	struct log_notes_job job;
	struct work work;
};

static void
run_notes(struct work *work)
{
	log_notes_run(&container_of(work, struct notes_work, work)->job);
}

static void
notes_done(struct work *work)
{
	struct notes_work *it = container_of(work, struct notes_work, work);
	struct replicas *replicas = it->replicas;
	enum error error = log_notes_done(replicas->dirs, &it->job);

	replicas->noting = false;
	if (error != ERROR_NONE)
		log_error(replicas->world->logger, "no log dir can note that another one has failed: "
		    "%s", error_text(error));
	replicas_fail_offline_dirs(replicas);
	free(it);
	replicas_end(replicas);
}

void
replicas_write_notes(struct replicas *it)
{
	struct notes_work *notes;

	if (it->noting || !log_dirs_notes_are_due(it->dirs))
		return;
	it->noting = true;
	notes = memory_new(sizeof(*notes));
	notes->replicas = it;
	log_notes_prepare(it->dirs, &notes->job);
	notes->work = (struct work){ .loop = it->world->control, .run = run_notes,
		.done = notes_done };
	replicas_begin(it);
	workers_submit(it->world->workers, &notes->work);
}

/* ------------------------------------------------------------ dirs that fail */

/* Of a partition whose dir has failed. */
struct failed_surrender {
	struct partition_surrender surrender;
	struct replicas *replicas;
};

static void
surrendered(struct partition_operation *operation)
{
	struct failed_surrender *it = container_of(operation, struct failed_surrender,
	    surrender.operation);
	struct replicas *replicas = it->replicas;

	free(it); /* the log stays with its dir, to be freed with it */
	replicas_end(replicas);
}

static void
give_up(struct replicas *it, struct replica *replica)
{
	struct failed_surrender *failed;

	replica->is_offline = true;
	replicas_relief_ends(it, replica);
	replicas_was_asked(it, replica);
	replica->topic->changed = true;
	replicas_resign(it, replica);
	replicas_unfollow(replica);
	if (replica->is_leaving)
		return; /* who asked for the log sees what has become of it */
	failed = memory_new(sizeof(*failed));
	failed->replicas = it;
	failed->surrender.gone = PARTITION_STORAGE;
	failed->surrender.operation.loop = it->world->control;
	failed->surrender.operation.answered = surrendered;
	replicas_begin(it);
	partition_surrender(replica->partition, &failed->surrender);
}

static void
give_up_all(struct replicas *it, const struct log_dir *dir)
{
	HASH_TABLE_FOREACH(link, &it->topics) {
		struct local_topic *topic = container_of(hash_node_of(link), struct local_topic, node);

		for (int32_t i = 0; i < topic->room; i++)
			if (topic->replicas[i] != NULL && topic->replicas[i]->stored->dir == dir &&
			    !topic->replicas[i]->is_offline)
				give_up(it, topic->replicas[i]);
	}
	replicas_close_idle_fetchers(it);
	replicas_publish(it);
}

void
replicas_fail_dir(struct replicas *it, struct log_dir *dir, enum error error)
{
	struct dir_watch *watch = replicas_watch_of(it, dir);

	if (it->stopping)
		return;
	/* Again, if it was before: all its logs are to know, and a note is due. */
	log_dirs_set_offline(it->dirs, dir, error);
	give_up_all(it, dir);
	replicas_end_moves_of(it, dir);
	replicas_write_notes(it);
	if (watch->told)
		return;
	watch->told = true;
	it->options.listener->dir_failed(it->options.listener, dir->path,
	    log_dirs_online_count(it->dirs));
}

void
replicas_fail_offline_dirs(struct replicas *it)
{
	for (int i = 0; i < it->dirs->count; i++)
		if (it->dirs->dirs[i].state != ERROR_NONE && !it->watches[i].told)
			replicas_fail_dir(it, &it->dirs->dirs[i], it->dirs->dirs[i].state);
}

/* A bad place of a disk is its partition's trouble (F22); two of them within a minute are the disk's. */
static void
read_has_failed(struct replicas *it, const struct replica *replica)
{
	enum { REPEATED_US = 60 * 1000 * 1000 };
	struct log_dir *dir = replica->stored->dir;
	struct dir_watch *watch = replicas_watch_of(it, dir);
	int64_t now_us = clock_monotonic_us(it->world->clock);
	bool again = watch->read_failed != NULL && watch->read_failed != replica->partition &&
	    now_us - watch->read_failed_us < REPEATED_US;

	watch->read_failed = replica->partition;
	watch->read_failed_us = now_us;
	log_error(it->world->logger, "%s-%d: a segment cannot be read%s", replica->stored->topic,
	    replica->index, again ? ", and another one of this log dir a minute ago" : "");
	if (again && !replica->is_offline)
		replicas_fail_dir(it, dir, ERROR_IO);
}

void
replicas_partition_failed(void *context, struct partition *partition, unsigned faults)
{
	struct replicas *it = context;
	struct slice topic = partition_topic(partition);
	struct replica *replica = replicas_find(it, topic, partition_index(partition));

	if (replica == NULL || replica->partition != partition)
		return;
	if ((faults & PARTITION_FAULT_FULL) != 0)
		replicas_was_refused(it, replica);
	if ((faults & PARTITION_FAULT_DAMAGE) != 0)
		log_error(it->world->logger, "%.*s-%d: a segment is damaged", (int)topic.size,
		    (const char *)topic.bytes, replica->index);
	if ((faults & (PARTITION_FAULT_READ | PARTITION_FAULT_DAMAGE)) != 0 &&
	    partition_is_damaged(partition))
		replicas_damage_found(it, replica);
	if ((faults & PARTITION_FAULT_READ) != 0)
		read_has_failed(it, replica);
	if ((faults & PARTITION_FAULT_WRITE) != 0 && !replica->is_offline)
		replicas_fail_dir(it, replica->stored->dir, ERROR_IO);
}
