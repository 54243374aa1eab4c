#include "controller/state_update.h"

#include <inttypes.h>

#include "controller/eligible.h"

struct state_updates
state_updates_new(struct job *job, size_t count)
{
	return (struct state_updates){
		arena_array(&job->arena, MAX(count, 1), sizeof(struct state_update)), count };
}

bool
state_updates_any(const struct state_updates *updates, enum state_update_progress progress)
{
	for (size_t i = 0; i < updates->count; i++)
		if (updates->items[i].progress == progress)
			return true;
	return false;
}

void
state_update_fail(struct job *job, struct state_update *update, const char *why)
{
	log_warn(job->reign->options->world->logger,
	    "controller %d epoch %" PRId32 ": %.*s-%" PRId32 " stays %s: %s",
	    (int)job->reign->options->broker_id, job->reign->epoch,
	    (int)update->partition->topic->name.size,
	    (const char *)update->partition->topic->name.bytes, update->partition->index,
	    partition_state_text(update->partition->state), why);
	update->progress = STATE_UPDATE_FAILED;
}

static struct slice
state_path(struct job *job, const struct context_partition *partition)
{
	return job_path(job, &(struct paths_place){ .kind = PATHS_PARTITION_STATE,
	    .name = partition->topic->name, .id = partition->index });
}

static struct slice
encode(struct job *job, const struct payload_partition_state *state)
{
	struct buffer data;

	buffer_init(&data);
	payload_partition_state_encode(state, &data);
	return job_take_data(job, &data);
}

static void
written(struct state_update *update, int32_t version)
{
	context_partition_set_leadership(update->partition, &update->next, version);
	update->progress = STATE_UPDATE_WRITTEN;
}

void
state_update_leave(struct state_update *update)
{
	context_partition_set_leadership(update->partition, &update->current, update->version);
	update->progress = STATE_UPDATE_UNCHANGED;
}

void
state_update_withhold(struct state_update *update)
{
	if (update->partition->leader_is_withheld)
		update->next.leader = CONTEXT_NO_LEADER;
}

/* ----------------------------------------------------------------- create */

static void
on_created(struct job *job, void *item, enum znode_error error,
    const struct znode_result *result UNUSED)
{
	struct state_update *update = item;

	if (error == ZNODE_OK) {
		update->was_created = true;
		written(update, 0);
	} else if (error == ZNODE_NODE_EXISTS) {
		update->was_there = true;
		update->progress = STATE_UPDATE_TO_READ;
	} else {
		state_update_fail(job, update, "its state cannot be created in ZooKeeper");
	}
}

static void
create_empty(struct job *job, const struct context_partition *partition, enum paths_kind kind)
{
	job_write(job, &(struct znode_operation){ .type = ZNODE_OP_CREATE,
	    .path = job_path(job, &(struct paths_place){ .kind = kind,
	    .name = partition->topic->name, .id = partition->index }) }, NULL, NULL);
}

/*
 * Parents first: ZooKeeper keeps the order of what we send. That they are there
 * already is no matter.
 */
void
state_updates_create(struct job *job, struct state_updates *updates)
{
	const struct context_topic *topic = NULL;

	for (size_t i = 0; i < updates->count; i++) {
		struct state_update *update = &updates->items[i];
		struct context_partition *partition = update->partition;

		if (update->progress != STATE_UPDATE_TO_CREATE)
			continue;
		if (partition->topic != topic)
			create_empty(job, partition, PATHS_TOPIC_PARTITIONS);
		topic = partition->topic;
		create_empty(job, partition, PATHS_PARTITION);
		update->data = encode(job, &update->next);
		job_write(job, &(struct znode_operation){ .type = ZNODE_OP_CREATE,
		    .path = state_path(job, partition), .data = update->data }, on_created, update);
	}
}

/* ------------------------------------------------------------------- read */

static void
on_read(struct job *job, void *item, const struct coord_answer *answer)
{
	struct state_update *update = item;
	struct payload_complaint complaint;

	if (answer->error != ZNODE_OK) {
		state_update_fail(job, update, answer->error == ZNODE_NO_NODE ?
		    "it has no state in ZooKeeper" : "its state cannot be read");
		return;
	}
	if (!slice_is_null(update->data) && slice_equal(update->data, answer->data)) {
		update->was_created = update->was_there && answer->stat.version == 0;
		written(update, answer->stat.version);
		return;
	}
	char *copy = arena_text(&job->arena, answer->data.bytes, answer->data.size);
	if (payload_partition_state_decode(slice_of(copy, answer->data.size), &job->arena,
	    &update->current, &complaint) != ERROR_NONE) {
		update->partition->is_quarantined = true;
		update->partition->state = PARTITION_OFFLINE;
		state_update_fail(job, update, complaint.text);
		return;
	}
	update->version = answer->stat.version;
	update->progress = STATE_UPDATE_READ;
}

/*
 * What the context knows is decided upon without a read, of thousands when a broker
 * is gone: whether it still stands there the write finds out. Who has met another
 * version, or does not know who leads by what stands there, reads.
 */
static bool
is_known(const struct state_update *update)
{
	const struct context_partition *partition = update->partition;

	return slice_is_null(update->data) && partition->has_leadership &&
	    !partition->is_quarantined && !partition->leader_is_withheld;
}

static struct payload_int32_list
copy_ids(struct job *job, struct payload_int32_list ids)
{
	int32_t *copy = arena_array(&job->arena, MAX(ids.count, 1), sizeof(*copy));

	for (size_t i = 0; i < ids.count; i++)
		copy[i] = ids.values[i];
	return (struct payload_int32_list){ copy, ids.count };
}

static void
take_known(struct job *job, struct state_update *update)
{
	update->current = context_partition_payload(update->partition);
	update->current.isr = copy_ids(job, update->current.isr);
	update->current.eligible = copy_ids(job, update->current.eligible);
	update->version = update->partition->leadership.version;
	update->progress = STATE_UPDATE_READ;
}

void
state_updates_read(struct job *job, struct state_updates *updates)
{
	for (size_t i = 0; i < updates->count; i++) {
		struct state_update *update = &updates->items[i];

		if (update->progress != STATE_UPDATE_TO_READ)
			continue;
		if (is_known(update))
			take_known(job, update);
		else
			job_get(job, state_path(job, update->partition), on_read, update);
	}
}

/* ------------------------------------------------------------------ write */

/* Somebody leads who was not in the ISR. */
static void
count_unclean(const struct job *job, const struct state_update *update)
{
	const struct payload_partition_state *before = &update->current, *next = &update->next;

	if (next->leader == CONTEXT_NO_LEADER || next->leader == before->leader)
		return;
	for (size_t i = 0; i < before->isr.count; i++)
		if (before->isr.values[i] == next->leader)
			return;
	metrics_count(job->reign->options->world->control->metrics,
	    METRIC_UNCLEAN_LEADER_ELECTIONS, 1);
}

static void
on_written(struct job *job, void *item, enum znode_error error,
    const struct znode_result *result UNUSED)
{
	struct state_update *update = item;

	if (error == ZNODE_OK) {
		count_unclean(job, update);
		written(update, update->version + 1);
	} else if (error == ZNODE_BAD_VERSION) {
#ifdef CANARY_STALE_VERSION_IS_KEPT
		state_update_fail(job, update, "its version is another one");
		return;
#endif
		update->progress = STATE_UPDATE_TO_READ;
	} else {
		state_update_fail(job, update, "its state cannot be written");
	}
}

void
state_updates_write(struct job *job, struct state_updates *updates)
{
	for (size_t i = 0; i < updates->count; i++) {
		struct state_update *update = &updates->items[i];

		if (update->progress != STATE_UPDATE_TO_WRITE)
			continue;
		update->next.eligible = eligible_after(update->partition, &update->current,
		    update->next.isr, &job->arena);
		update->data = encode(job, &update->next);
		job_write(job, &(struct znode_operation){ .type = ZNODE_OP_SET_DATA,
		    .path = state_path(job, update->partition), .data = update->data,
#ifdef CANARY_KNOWN_STATE_IS_BELIEVED
		    .version = -1 }, on_written, update);
#else
		    .version = update->version }, on_written, update);
#endif
	}
}
