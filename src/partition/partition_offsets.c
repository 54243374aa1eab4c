/* ListOffsets: what the log knows at once, and look-ups by timestamp (protocol.md 8). OffsetForLeaderEpoch. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "log/leader_epochs.h"
#include "log/log_offsets_before.h"
#include "partition/partition_private.h"

void
partition_list_offsets(struct partition *partition, struct partition_list_offsets *list)
{
	list->found_offset = list->found_timestamp = -1;
	list->found_leader_epoch = -1;
	list->lookup = NULL;
	list->offsets = NULL;
	list->offset_count = 0;
	partition_submit(partition, &list->operation, PARTITION_EVENT_LIST_OFFSETS);
}

static void
answer(struct partition *partition, struct partition_list_offsets *list,
    enum partition_status status)
{
	free(list->lookup);
	list->lookup = NULL;
	partition_answer(partition, &list->operation, status);
}

/* A new leader does not tell an end below one that was told before (KIP-207). */
static bool
knows_its_end(const struct partition *partition, const struct partition_list_offsets *list)
{
#ifdef CANARY_NEW_LEADER_TELLS_END
	return true;
#endif
	return list->isolation == PARTITION_READ_LOG_END ||
	    log_high_watermark(partition->log) >= partition->leader.epoch_start_offset;
}

/* ---------------------------------------------------------------- look-ups */

/* Not found, or not to be seen: a new leader may only not know it yet. */
static void
take_result(struct partition *partition, struct partition_list_offsets *list, enum error error)
{
	const struct log_lookup *lookup = list->lookup;

	if (error == ERROR_OFFLINE) {
		answer(partition, list, PARTITION_STORAGE);
	} else if (lookup->news != ERROR_NONE) {
		answer(partition, list, partition_damage_status(partition));
	} else if (error != ERROR_NONE) {
		answer(partition, list, partition_failed(partition, error, PARTITION_FAULT_READ));
	} else if (lookup->found &&
	    lookup->found_offset < partition_visible_end(partition, list->isolation)) {
		list->found_offset = lookup->found_offset;
		list->found_timestamp = lookup->found_timestamp;
		list->found_leader_epoch = lookup->leader_epoch;
		answer(partition, list, PARTITION_OK);
	} else {
		answer(partition, list, knows_its_end(partition, list) ? PARTITION_OK :
		    PARTITION_OFFSET_NOT_AVAILABLE);
	}
}

static void
run(struct work *work)
{
	struct partition_list_offsets *list = container_of(work, struct partition_list_offsets,
	    work);

	list->error = log_lookup_run(list->lookup, false);
}

static void
hand_back(struct work *work)
{
	struct partition_list_offsets *list = container_of(work, struct partition_list_offsets,
	    work);

	actor_post(&list->operation.partition->actor, &list->operation.event.event);
}

static void
look_up(struct partition *partition, struct partition_list_offsets *list)
{
	enum error error;

	*list->lookup = (struct log_lookup){ .timestamp = list->timestamp };
	error = log_lookup(partition->log, list->lookup, true);
	if (error != ERROR_WOULD_BLOCK) {
		take_result(partition, list, error);
		return;
	}
	*list->lookup = (struct log_lookup){ .timestamp = list->timestamp };
	error = log_lookup_prepare(partition->log, list->lookup);
	if (error != ERROR_NONE) {
		take_result(partition, list, error);
		return;
	}
	partition->jobs++;
	list->operation.event.type = PARTITION_EVENT_LOOKED_UP;
	list->work = (struct work){ .loop = partition->actor.home, .run = run, .done = hand_back };
	workers_submit(partition->home->world->workers, &list->work);
}

/* Where segments were removed meanwhile, what was looked at may be gone: once more. */
void
partition_on_looked_up(struct partition *partition, struct partition_event *event)
{
	struct partition_list_offsets *list = container_of(partition_operation_of(event),
	    struct partition_list_offsets, operation);
	enum partition_status status = partition_check_epoch(partition, list->current_leader_epoch,
	    list->any_replica);
	bool looked = list->lookup->segment != NULL;

	log_lookup_done(partition->log, list->lookup);
	partition_note_damage(partition, list->lookup->news, &list->lookup->watch.damage);
	if (status != PARTITION_OK)
		answer(partition, list, status);
	else if (looked && list->lookup->start_offset < log_start_offset(partition->log))
		look_up(partition, list);
	else
		take_result(partition, list, list->error);
	partition_job_done(partition);
}

/* ------------------------------------------------------------- known at once */

static void
answer_earliest(struct partition *partition, struct partition_list_offsets *list)
{
	const struct leader_epoch *epoch;

	list->found_offset = log_start_offset(partition->log);
	epoch = leader_epochs_at(log_leader_epochs(partition->log), list->found_offset);
	if (epoch != NULL)
		list->found_leader_epoch = epoch->epoch;
	answer(partition, list, PARTITION_OK);
}

/*
 * Of the last record; of an empty log what is known of those before. Whoever leads
 * or not, it tells what is here.
 */
static int32_t
last_epoch(const struct log *log)
{
	const struct leader_epochs *epochs = log_leader_epochs(log);
	const struct leader_epoch *last = log_end_offset(log) == 0 ? NULL :
	    leader_epochs_at(epochs, log_end_offset(log) - 1);

	if (last == NULL && log_end_offset(log) > 0 && log_start_offset(log) == log_end_offset(log))
		last = leader_epochs_latest(epochs);
	return last != NULL ? last->epoch : LEADER_EPOCH_NONE;
}

static void
answer_latest(struct partition *partition, struct partition_list_offsets *list)
{
	if (!knows_its_end(partition, list)) {
		answer(partition, list, PARTITION_OFFSET_NOT_AVAILABLE);
		return;
	}
	list->found_offset = partition_visible_end(partition, list->isolation);
	list->found_leader_epoch = list->any_replica ? last_epoch(partition->log) :
	    partition->leader.epoch;
	answer(partition, list, PARTITION_OK);
}

/* A consumer sees nothing above the high watermark, but that itself instead. */
static void
hide_invisible(const struct partition *partition, struct partition_list_offsets *list)
{
	int64_t high_watermark = log_high_watermark(partition->log);
	int32_t above = 0;

	while (above < list->offset_count && list->offsets[above] > high_watermark)
		above++;
	if (above == 0)
		return;
	list->offsets[0] = high_watermark;
	memmove(list->offsets + 1, list->offsets + above,
	    (size_t)(list->offset_count - above) * sizeof(*list->offsets));
	list->offset_count -= above - 1;
}

static void
answer_before(struct partition *partition, struct partition_list_offsets *list)
{
	int32_t max = MIN(list->max_offsets, log_offsets_before_max(partition->log));

	list->offsets = memory_array((size_t)MAX(max, 1), sizeof(*list->offsets));
	list->offset_count = log_offsets_before(partition->log, list->timestamp, list->now_ms,
	    list->offsets, max);
	if (list->isolation != PARTITION_READ_LOG_END)
		hide_invisible(partition, list);
	answer(partition, list, PARTITION_OK);
}

void
partition_on_list_offsets(struct partition *partition, struct partition_event *event)
{
	struct partition_list_offsets *list = container_of(partition_operation_of(event),
	    struct partition_list_offsets, operation);
	enum partition_status status = partition_check_epoch(partition, list->current_leader_epoch,
	    list->any_replica);

	list->operation.seen = true;
	if (status == PARTITION_OK && log_state(partition->log) != ERROR_NONE)
		status = PARTITION_STORAGE;
	if (status != PARTITION_OK) {
		answer(partition, list, status);
		return;
	}
	if (list->before) {
		answer_before(partition, list);
	} else if (list->timestamp == PARTITION_EARLIEST || list->timestamp == PARTITION_EARLIEST_LOCAL) {
		answer_earliest(partition, list);
	} else if (list->timestamp == PARTITION_LATEST_TIERED) {
		answer(partition, list, PARTITION_OK); /* nothing is tiered */
	} else if (list->timestamp == PARTITION_LATEST) {
		answer_latest(partition, list);
	} else {
		list->lookup = memory_new(sizeof(*list->lookup));
		look_up(partition, list);
	}
}

/* --------------------------------------------------------- ends of leader epochs */

void
partition_epoch_end(struct partition *partition, struct partition_epoch_end *end)
{
	end->found_epoch = -1;
	end->found_end_offset = -1;
	partition_submit(partition, &end->operation, PARTITION_EVENT_EPOCH_END);
}

void
partition_on_epoch_end(struct partition *partition, struct partition_event *event)
{
	struct partition_epoch_end *end = container_of(partition_operation_of(event),
	    struct partition_epoch_end, operation);
	enum partition_status status = partition_check_epoch(partition, end->current_leader_epoch,
	    end->any_replica);

	end->operation.seen = true;
	if (status == PARTITION_OK && log_state(partition->log) != ERROR_NONE)
		status = PARTITION_STORAGE;
	if (status == PARTITION_OK) {
		struct leader_epoch_end found = leader_epochs_end_offset(
		    log_leader_epochs(partition->log), end->leader_epoch,
		    log_end_offset(partition->log));

		end->found_epoch = found.epoch;
		end->found_end_offset = found.end_offset;
	}
	partition_answer(partition, &end->operation, status);
}
