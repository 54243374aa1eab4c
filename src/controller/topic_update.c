#include "controller/topic_update.h"

#include <stdlib.h>

#include "base/memory.h"

/* Together well below the 1 MiB of jute.maxbuffer. */
enum { WRITES_MAX = 128, BYTES_MAX = 256 * 1024 };

struct topic_update {
	struct topic_update_change *changes; /* of one topic */
	size_t count;
	enum { UPDATE_TO_READ, UPDATE_READ, UPDATE_WRITTEN, UPDATE_FAILED } progress;
	struct payload_topic payload;
	int32_t version;
	struct slice data; /* what was to be written last */
};

struct topic_updates {
	struct topic_update *items;
	size_t count;
};

static struct context_topic *
topic_of(const struct topic_update *update)
{
	return update->changes[0].partition->topic;
}

static void
fail(struct job *job, struct topic_update *update, const char *why)
{
	const struct context_topic *topic = topic_of(update);

	log_error(job->reign->options->world->logger,
	    "the assignment of topic %.*s stays as it was: %s", (int)topic->name.size,
	    (const char *)topic->name.bytes, why);
	update->progress = UPDATE_FAILED;
}

static struct slice
path_of(struct job *job, const struct topic_update *update)
{
	return job_path(job, &(struct paths_place){ .kind = PATHS_TOPIC,
	    .name = topic_of(update)->name });
}

/* ----------------------------------------------------------------- change */

/* Lists that may be changed. */
struct lists {
	struct payload_assignment *entries;
	size_t count;
};

static struct lists
copy(struct payload_assignments there, size_t more, struct arena *arena)
{
	struct lists lists = { arena_array(arena, MAX(there.count + more, 1),
	    sizeof(*lists.entries)), there.count };

	for (size_t i = 0; i < there.count; i++)
		lists.entries[i] = there.entries[i];
	return lists;
}

/* An empty list takes the partition out. */
static void
set(struct lists *lists, int32_t partition, struct payload_int32_list replicas)
{
	size_t at = 0;

	while (at < lists->count && lists->entries[at].partition != partition)
		at++;
	if (replicas.count > 0) {
		lists->entries[at] = (struct payload_assignment){ partition, replicas };
		lists->count = MAX(lists->count, at + 1);
	} else if (at < lists->count) {
		lists->count--;
		memmove(&lists->entries[at], &lists->entries[at + 1],
		    (lists->count - at) * sizeof(lists->entries[at]));
	}
}

struct topic_lists {
	struct lists replicas, adding, removing;
};

static void
change(struct topic_lists *lists, const struct topic_update_change *change)
{
	set(&lists->replicas, change->partition->index, change->to.replicas);
	set(&lists->adding, change->partition->index, change->to.adding);
	set(&lists->removing, change->partition->index, change->to.removing);
}

static struct payload_assignments
as_they_are(const struct lists *lists)
{
	return (struct payload_assignments){ lists->entries, lists->count };
}

static struct slice
encode(struct job *job, const struct topic_update *update, const struct topic_lists *lists)
{
	struct payload_topic payload = {
		.topic_id = update->payload.topic_id,
		.partitions = as_they_are(&lists->replicas),
		.adding_replicas = as_they_are(&lists->adding),
		.removing_replicas = as_they_are(&lists->removing),
	};
	struct buffer data;

	buffer_init(&data);
	payload_topic_encode(&payload, &data);
	return job_take_data(job, &data);
}

/* ------------------------------------------------------------------- read */

static void
on_read(struct job *job, void *item, const struct coord_answer *answer)
{
	struct topic_update *update = item;
	struct payload_complaint complaint;

	if (answer->error != ZNODE_OK) {
		fail(job, update, "its znode cannot be read");
		return;
	}
	if (!slice_is_null(update->data) && slice_equal(update->data, answer->data)) {
		update->progress = UPDATE_WRITTEN; /* the answer to our own write was lost (F6) */
		return;
	}
	char *copy = arena_text(&job->arena, answer->data.bytes, answer->data.size);
	if (payload_topic_decode(slice_of(copy, answer->data.size), &job->arena, &update->payload,
	    &complaint) != ERROR_NONE) {
		fail(job, update, complaint.text);
		return;
	}
	if (!uuid_equal(update->payload.topic_id, topic_of(update)->id)) {
		fail(job, update, "the topic has another id now");
		return;
	}
	update->version = answer->stat.version;
	update->progress = UPDATE_READ;
}

static void
read_all(struct job *job)
{
	struct topic_updates *updates = job->topic_updates;

	for (size_t i = 0; i < updates->count; i++)
		if (updates->items[i].progress == UPDATE_TO_READ)
			job_get(job, path_of(job, &updates->items[i]), on_read, &updates->items[i]);
	job_wait(job);
}

/* ------------------------------------------------------------------ write */

static void
on_written(struct job *job, void *item, enum znode_error error,
    const struct znode_result *result UNUSED)
{
	struct topic_update *update = item;

	if (error == ZNODE_OK)
		update->progress = UPDATE_WRITTEN;
	else if (error == ZNODE_BAD_VERSION)
		update->progress = UPDATE_TO_READ;
	else if (update->progress != UPDATE_FAILED)
		fail(job, update, "ZooKeeper refuses it");
}

static void
write_topic(struct job *job, struct topic_update *update)
{
	struct znode_operation *operations =
	    arena_array(&job->arena, update->count, sizeof(*operations));
	struct topic_lists lists = {
		copy(update->payload.partitions, update->count, &job->arena),
		copy(update->payload.adding_replicas, update->count, &job->arena),
		copy(update->payload.removing_replicas, update->count, &job->arena),
	};
	struct slice path = path_of(job, update);
	size_t count = 0, bytes = 0;

	for (size_t i = 0; i < update->count; i++) {
		change(&lists, &update->changes[i]);
		if (i + 1 < update->count && (update->count > WRITES_MAX || bytes > BYTES_MAX))
			continue;
		update->data = encode(job, update, &lists);
		bytes += update->data.size;
		operations[count] = (struct znode_operation){ .type = ZNODE_OP_SET_DATA, .path = path,
			.data = update->data, .version = update->version + (int32_t)count };
		count++;
	}
	job_write_together(job, operations, count, on_written, update);
}

static void
write_all(struct job *job)
{
	struct topic_updates *updates = job->topic_updates;

	for (size_t i = 0; i < updates->count; i++)
		if (updates->items[i].progress == UPDATE_READ)
			write_topic(job, &updates->items[i]);
	job_wait(job);
}

static job_step *const write_steps[] = { read_all, write_all, NULL };

/* As long as another write came in between. */
static void
write_until_done(struct job *job)
{
	struct topic_updates *updates = job->topic_updates;

	for (size_t i = 0; i < updates->count; i++)
		if (updates->items[i].progress == UPDATE_TO_READ) {
			job_call_again(job, write_steps);
			return;
		}
	job_next(job);
}

static void
take_results(struct job *job)
{
	struct topic_updates *updates = job->topic_updates;

	for (size_t i = 0; i < updates->count; i++)
		for (size_t j = 0; j < updates->items[i].count; j++)
			updates->items[i].changes[j].is_written =
			    updates->items[i].progress == UPDATE_WRITTEN;
	job_next(job);
}

static job_step *const steps[] = { write_until_done, take_results, NULL };

static int
by_topic(const void *left, const void *right)
{
	const struct context_partition *a = ((const struct topic_update_change *)left)->partition;
	const struct context_partition *b = ((const struct topic_update_change *)right)->partition;

	if (a->topic != b->topic)
		return slice_compare(a->topic->name, b->topic->name);
	return a->index < b->index ? -1 : a->index > b->index;
}

void
topic_update_write(struct job *job, struct topic_update_change *changes, size_t count)
{
	struct topic_updates *updates = arena_new(&job->arena, sizeof(*updates));

	updates->items = arena_array(&job->arena, MAX(count, 1), sizeof(*updates->items));
	if (count > 0)
		qsort(changes, count, sizeof(*changes), by_topic);
	for (size_t i = 0; i < count; i++)
		if (i > 0 && changes[i].partition->topic == changes[i - 1].partition->topic)
			updates->items[updates->count - 1].count++;
		else
			updates->items[updates->count++] =
			    (struct topic_update){ .changes = &changes[i], .count = 1 };
	job->topic_updates = updates;
	job_call(job, steps);
}
