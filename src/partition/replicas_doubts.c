/*
 * Replicas that may lack what was acknowledged (F17, F18): which ones, kept in
 * their log dirs and told to the listener until a leader was found for them. And
 * the entries that leaders of small ISRs note, one write for all that wait for the
 * same log dir.
 */
#include <stdlib.h>

#include "base/memory.h"
#include "partition/replicas_private.h"

enum { PROTECTED_FROM = 2 }; /* min.insync.replicas: less promises no more than one log */

void
replicas_doubts_init(struct replicas *it)
{
	for (int i = 0; i < it->dirs->count; i++)
		list_init(&it->watches[i].notes);
	it->home->note_shrunk_isr = replicas_note_shrunk_isr;
}

void
replicas_tell_doubts(struct replicas *it)
{
	struct replicas_listener *listener = it->options.listener;

	if (listener->doubts_changed != NULL && it->loaded && !it->stopping)
		listener->doubts_changed(listener);
}

/* ------------------------------------------------------------- what is in doubt */

static bool
is_protected(struct replicas *it, const struct log_partition *stored)
{
	struct topic_settings *settings = it->options.settings_of(it->options.context,
	    slice_of_text(stored->topic));
	bool is = settings->config.min_insync_replicas >= PROTECTED_FROM;

	topic_settings_release(settings);
	return is;
}

/*
 * A dir without any log: it may be another disk, and what is missing is known when the
 * controller has told what should be there. Its registration says so until then.
 */
static void
doubt_what_is_missing(struct replicas *it, struct log_dir *dir)
{
	if (!it->home->protects_last_replica)
		(void)shrunk_isr_checkpoint_remove(&dir->shrunk_isrs, slice_of_text(SHRUNK_ISR_ANY), 0);
	else if (dir->log_count == 0)
		shrunk_isr_checkpoint_set(&dir->shrunk_isrs, slice_of_text(SHRUNK_ISR_ANY), 0, -1,
		    SHRUNK_ISR_NEVER);
#ifndef CANARY_EMPTY_DIR_IS_TRUSTED
	if (shrunk_isr_checkpoint_find(&dir->shrunk_isrs, slice_of_text(SHRUNK_ISR_ANY), 0) != NULL)
		it->doubts_missing = true;
#endif
}

void
replicas_doubt(const struct log_partition *stored)
{
	shrunk_isr_checkpoint_set(&stored->dir->shrunk_isrs, slice_of_text(stored->topic),
	    stored->partition, -1, SHRUNK_ISR_NEVER);
}

/*
 * Without an entry the ISR was large enough, and what was acknowledged may have
 * been in memory alone; or in a log dir that is away now, or was in the place of another disk, where
 * the partition was made while this one was away (F24).
 */
void
replicas_doubt_loaded(struct replicas *it, const struct log_partition *stored)
{
	struct shrunk_isr_checkpoint *entries = &stored->dir->shrunk_isrs;
	struct slice topic = slice_of_text(stored->topic);
	const struct shrunk_isr_entry *entry =
	    shrunk_isr_checkpoint_find(entries, topic, stored->partition);
	bool is_doubtful = entry != NULL ? log_end_offset(stored->log) < entry->end_offset :
	    !stored->dir->pages_survived || it->dirs->any_is_away;

	/* What a start before this one was in doubt of stays so. */
	if (!it->home->protects_last_replica ||
	    (!is_protected(it, stored) && (entry == NULL || entry->end_offset != SHRUNK_ISR_NEVER))) {
		(void)shrunk_isr_checkpoint_remove(entries, topic, stored->partition);
		return;
	}
#ifdef CANARY_DOUBT_NEVER
	return;
#endif
	if (is_doubtful)
		replicas_doubt(stored);
}

const struct shrunk_isr_mark *
replicas_entry_of(const struct log_partition *stored, struct shrunk_isr_mark *mark)
{
	const struct shrunk_isr_entry *entry = shrunk_isr_checkpoint_find(
	    &stored->dir->shrunk_isrs, slice_of_text(stored->topic), stored->partition);

	*mark = (struct shrunk_isr_mark){ -1, SHRUNK_ISR_NONE };
	if (entry == NULL)
		return NULL;
	*mark = (struct shrunk_isr_mark){ entry->leader_epoch, entry->end_offset };
	return mark;
}

void
replicas_doubt_ends(struct replicas *it, struct replica *replica)
{
	replicas_was_asked(it, replica);
	if (!replica->is_doubtful)
		return;
	replica->is_doubtful = false;
	replicas_tell_doubts(it);
}

static size_t
count_doubts(const struct local_topic *topic)
{
	size_t count = 0;

	for (int32_t i = 0; i < topic->room; i++)
		count += topic->replicas[i] != NULL && topic->replicas[i]->is_doubtful;
	return count;
}

struct doubts_list {
	struct arena *arena;
	const struct unmade_name *unmade; /* who could not be made is in doubt, too */
	size_t unmade_count;
	struct payload_doubtful_topic *topics;
	size_t count;
};

/* The first of the topic, or where it would stand. */
static size_t
first_unmade(const struct doubts_list *list, struct slice topic)
{
	size_t low = 0, high = list->unmade_count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (slice_compare(list->unmade[middle].topic, topic) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static size_t
count_unmade(const struct doubts_list *list, size_t first, struct slice topic)
{
	size_t at = first;

	while (at < list->unmade_count && slice_equal(list->unmade[at].topic, topic))
		at++;
	return at - first;
}

/* `topic` NULL: none of its replicas is here. */
static void
list_topic(struct doubts_list *list, struct slice name, const struct local_topic *topic)
{
	size_t first = first_unmade(list, name), unmade = count_unmade(list, first, name), count = 0;
	int32_t *indexes = arena_array(list->arena,
	    unmade + (topic == NULL ? 0 : count_doubts(topic)) + 1, sizeof(*indexes));

	for (int32_t i = 0; topic != NULL && i < topic->room; i++)
		if (topic->replicas[i] != NULL && topic->replicas[i]->is_doubtful)
			indexes[count++] = i;
	for (size_t i = 0; i < unmade; i++)
		indexes[count++] = list->unmade[first + i].index;
	if (count > 0)
		list->topics[list->count++] = (struct payload_doubtful_topic){
			slice_of(arena_text(list->arena, name.bytes, name.size), name.size),
			{ indexes, count } };
}

size_t
replicas_list_doubts(const struct replicas *it, struct arena *arena,
    const struct payload_doubtful_topic **topics)
{
	struct doubts_list list = { .arena = arena };

	list.unmade_count = replicas_unmade_list(it, arena, &list.unmade);
	list.topics = arena_array(arena, it->topics.count + list.unmade_count + 1,
	    sizeof(*list.topics));
	if (it->doubts_missing)
		list.topics[list.count++] = (struct payload_doubtful_topic){
			slice_of_text(PAYLOAD_BROKER_ANY_TOPIC), { NULL, 0 } };
	HASH_TABLE_FOREACH(link, &it->topics) {
		const struct local_topic *topic = container_of(hash_node_of(link),
		    const struct local_topic, node);

		list_topic(&list, topic->name, topic);
	}
	for (size_t i = 0; i < list.unmade_count; i += count_unmade(&list, i, list.unmade[i].topic))
		if (replicas_find_topic(it, list.unmade[i].topic) == NULL)
			list_topic(&list, list.unmade[i].topic, NULL);
	*topics = list.topics;
	return list.count;
}

/* ----------------------------------------------------------- kept after the start */

struct keep_work {
	struct replicas *replicas;
	struct log_shrunk_job job;
	void (*kept)(struct replicas *replicas);
	struct work work;
};

static void
run_keep(struct work *work)
{
	log_shrunk_run(&container_of(work, struct keep_work, work)->job);
}

/* Without room for it the next start has the same doubts: the boot id stays. */
static void
keep_done(struct work *work)
{
	struct keep_work *keep = container_of(work, struct keep_work, work);
	struct replicas *it = keep->replicas;
	void (*kept)(struct replicas *replicas) = keep->kept;
	struct log_dir *dir = keep->job.dir;
	enum error error = log_shrunk_done(it->dirs, &keep->job);

	if (error != ERROR_NONE)
		log_error(it->world->logger, "%s: what is in doubt cannot be written: %s", dir->path,
		    error_text(error));
	free(keep);
	if (--it->keeping == 0)
		kept(it);
	replicas_end(it);
}

static void
keep(struct replicas *it, struct log_dir *dir, bool writes_boot_id,
    void (*kept)(struct replicas *replicas))
{
	struct keep_work *keep = memory_new(sizeof(*keep));

	keep->replicas = it;
	keep->kept = kept;
	log_shrunk_prepare(it->dirs, dir, writes_boot_id, &keep->job);
	keep->work = (struct work){ .loop = it->world->control, .run = run_keep,
		.done = keep_done, .queue = dir };
	it->keeping++;
	replicas_begin(it);
	workers_submit(it->world->workers, &keep->work);
}

static bool
is_to_be_kept(const struct replicas *it, const struct log_dir *dir)
{
	return dir->state == ERROR_NONE &&
	    (dir->has_shrunk_isrs || dir->shrunk_isrs.entries.count > 0 ||
	    log_dir_lacks_boot_id(it->dirs, dir));
}

static void
warn(const struct replicas *it)
{
	size_t count = 0;

	HASH_TABLE_FOREACH(link, &it->topics)
		count += count_doubts(container_of(hash_node_of(link), struct local_topic, node));
	if (count > 0)
		log_warn(it->world->logger, "%zu partitions may lack acknowledged records, as %s: they "
		    "lead when all replicas were asked, unless the controller is not a klammd", count,
		    it->dirs->any_is_away ? "a log dir is away, or new, that may have had newer ones" :
		    "the machine has lost its memory");
}

void
replicas_keep_doubts(struct replicas *it, void (*kept)(struct replicas *replicas))
{
	warn(it);
	it->keeping = 1;
	for (int i = 0; i < it->dirs->count; i++) {
		struct log_dir *dir = &it->dirs->dirs[i];

		if (dir->state == ERROR_NONE)
			doubt_what_is_missing(it, dir);
		if (is_to_be_kept(it, dir))
			keep(it, dir, true, kept);
	}
	if (--it->keeping == 0)
		kept(it);
}

static void
forgotten(struct replicas *it UNUSED)
{
}

/* Should the dir not be told, the next start has the doubts once more. */
void
replicas_forget_missing(struct replicas *it)
{
	if (it->doubts_missing || it->unmade_lacking > 0)
		return;
	for (int i = 0; i < it->dirs->count; i++) {
		struct log_dir *dir = &it->dirs->dirs[i];

		if (shrunk_isr_checkpoint_remove(&dir->shrunk_isrs, slice_of_text(SHRUNK_ISR_ANY), 0) &&
		    dir->state == ERROR_NONE)
			keep(it, dir, false, forgotten);
	}
}

void
replicas_missing_are_known(struct replicas *it)
{
	if (!it->doubts_missing)
		return;
	it->doubts_missing = false;
	replicas_tell_doubts(it);
	replicas_forget_missing(it);
}

/* ------------------------------------------------------------- leaders' entries */

struct note_work {
	struct replicas *replicas;
	struct log_shrunk_job job;
	struct list notes; /* struct partition_note that it is written for */
	struct work work;
};

static void begin_notes(struct replicas *it, struct log_dir *dir);

static struct replica *
replica_of(const struct replicas *it, const struct partition_note *note)
{
	struct replica *replica = replicas_find(it, partition_topic(note->partition),
	    partition_index(note->partition));

	return replica != NULL && replica->partition == note->partition && !replica->is_offline ?
	    replica : NULL;
}

static void
run_notes(struct work *work)
{
	log_shrunk_run(&container_of(work, struct note_work, work)->job);
}

/* Who has obeyed a leader, or leads, has what there is. */
static void
take_written(struct replicas *it, const struct partition_note *note)
{
	struct replica *replica = replica_of(it, note);

	if (replica != NULL && note->mark.end_offset != SHRUNK_ISR_NEVER)
		replicas_doubt_ends(it, replica);
}

static void
notes_done(struct work *work)
{
	struct note_work *written = container_of(work, struct note_work, work);
	struct replicas *it = written->replicas;
	struct log_dir *dir = written->job.dir;
	struct dir_watch *watch = replicas_watch_of(it, dir);
	enum error error = log_shrunk_done(it->dirs, &written->job);
	struct list *link;

	log_pulse_beat(&dir->pulse);
	if (error != ERROR_NONE)
		log_error(it->world->logger, "%s/" SHRUNK_ISR_CHECKPOINT " cannot be written: %s",
		    dir->path, error_text(error));
	while ((link = list_take_first(&written->notes)) != NULL) {
		struct partition_note *note = container_of(link, struct partition_note, link);

		if (error == ERROR_NONE)
			take_written(it, note);
		partition_noted(note, error == ERROR_NONE);
	}
	free(written);
	watch->writes_notes = false;
	if (!list_is_empty(&watch->notes))
		begin_notes(it, dir);
	replicas_fail_offline_dirs(it);
	replicas_end(it);
}

static void
begin_notes(struct replicas *it, struct log_dir *dir)
{
	struct dir_watch *watch = replicas_watch_of(it, dir);
	struct note_work *notes = memory_new(sizeof(*notes));
	struct list *link;

	watch->writes_notes = true;
	notes->replicas = it;
	list_init(&notes->notes);
	while ((link = list_take_first(&watch->notes)) != NULL)
		list_append(&notes->notes, link);
	log_shrunk_prepare(it->dirs, dir, false, &notes->job);
	notes->work = (struct work){ .loop = it->world->control, .run = run_notes,
		.done = notes_done, .queue = dir };
	replicas_begin(it);
	workers_submit(it->world->workers, &notes->work);
}

void
replicas_note_shrunk_isr(void *context, struct partition_note *note)
{
	struct replicas *it = context;
	struct replica *replica = replica_of(it, note);
	struct log_dir *dir;

	/* Its log is gone or on its way out: an entry that stays makes it more careful. */
	if (replica == NULL || it->stopping) {
		partition_noted(note, false);
		return;
	}
	dir = replica->stored->dir;
	if (note->mark.end_offset == SHRUNK_ISR_NONE)
		(void)shrunk_isr_checkpoint_remove(&dir->shrunk_isrs, replica->topic->name,
		    replica->index);
	else
		shrunk_isr_checkpoint_set(&dir->shrunk_isrs, replica->topic->name, replica->index,
		    note->mark.leader_epoch, note->mark.end_offset);
	list_append(&replicas_watch_of(it, dir)->notes, &note->link);
	if (!replicas_watch_of(it, dir)->writes_notes)
		begin_notes(it, dir);
}
