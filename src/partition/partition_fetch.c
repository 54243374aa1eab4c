/* Fetch: reads on the loop what is in memory, on a worker what is not, and lets the rest wait. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "log/leader_epochs.h"
#include "log/segment.h"
#include "partition/partition_private.h"

static void serve(struct partition *partition, struct partition_fetch *fetch);

static struct partition_fetch *
fetch_of(struct list *waiting)
{
	return container_of(waiting, struct partition_fetch, operation.waiting);
}

void
partition_fetch(struct partition *partition, struct partition_fetch *fetch)
{
	fetch->slice = (struct log_slice){ 0 };
	fetch->high_watermark = fetch->last_stable_offset = fetch->log_start_offset = -1;
	fetch->diverging_epoch = -1;
	fetch->diverging_end_offset = -1;
	fetch->aborted = NULL;
	fetch->aborted_count = 0;
	fetch->is_throttled = false;
	fetch->damage_end = -1;
	fetch->preferred_replica = LEADER_NONE;
	partition_submit(partition, &fetch->operation, PARTITION_EVENT_FETCH);
}

static int64_t
now_us(const struct partition *partition)
{
	return clock_monotonic_us(partition->home->world->clock);
}

/* ---------------------------------------------------------------- throttles */

void
partition_sent(struct partition *partition, const struct partition_fetch *fetch)
{
	if (fetch->is_throttled && fetch->slice.size > 0)
		replication_quota_count(&partition->home->quotas->leader, fetch->slice.size,
		    now_us(partition));
}

/* Only who is not in sync is held back, so that a throttle never ends an ISR (KIP-73). */
static bool
is_held_back(const struct partition *partition, const struct partition_fetch *fetch)
{
	return fetch->is_throttled && !leader_has_in_sync(&partition->leader, fetch->replica_id) &&
	    replication_quota_is_exceeded(&partition->home->quotas->leader, now_us(partition));
}

/* ---------------------------------------------------------------- answers */

static void
set_offsets(const struct partition *partition, struct partition_fetch *fetch)
{
	fetch->high_watermark = log_high_watermark(partition->log);
	fetch->last_stable_offset = log_last_stable_offset(partition->log);
	fetch->log_start_offset = log_start_offset(partition->log);
}

static void
forget_aborted(struct partition_fetch *fetch)
{
	free(fetch->aborted);
	fetch->aborted = NULL;
	fetch->aborted_count = 0;
}

static void
refuse(struct partition *partition, struct partition_fetch *fetch, enum partition_status status)
{
	log_slice_release(&fetch->slice);
	forget_aborted(fetch);
	fetch->high_watermark = fetch->last_stable_offset = fetch->log_start_offset = -1;
	partition_answer(partition, &fetch->operation, status);
}

static void
refuse_for_error(struct partition *partition, struct partition_fetch *fetch, enum error error)
{
	switch (error) {
	case ERROR_OUT_OF_RANGE:
		refuse(partition, fetch, PARTITION_OFFSET_OUT_OF_RANGE);
		return;
	case ERROR_CORRUPT:
		fetch->damage_end = fetch->read.damage_end;
		refuse(partition, fetch, partition_damage_status(partition));
		return;
	case ERROR_OFFLINE:
		/* Whoever took it offline has told, or knows. */
		refuse(partition, fetch, PARTITION_STORAGE);
		return;
	default:
		partition_count(partition, METRIC_FAILED_FETCH, 1);
		refuse(partition, fetch, partition_failed(partition, error, PARTITION_FAULT_READ));
	}
}

/* What tells of aborted transactions is no record: no damage is noted. */
static void
refuse_unreadable(struct partition *partition, struct partition_fetch *fetch, enum error error)
{
	if (error == ERROR_OFFLINE)
		refuse_for_error(partition, fetch, error);
	else
		refuse(partition, fetch, partition_failed(partition, error, PARTITION_FAULT_READ));
}

static void
answer(struct partition *partition, struct partition_fetch *fetch)
{
	set_offsets(partition, fetch);
	if (fetch->is_follower && fetch->slice.size > 0)
		leader_follower_given(&partition->leader, fetch->replica_id, fetch->offset);
	partition_count_fetched(partition, fetch);
	partition_answer(partition, &fetch->operation, PARTITION_OK);
}

/* A follower learns soon how far it may show its log (and consumers of it, KIP-392). */
static bool
has_news(const struct partition *partition, const struct partition_fetch *fetch)
{
	return fetch->is_follower &&
	    log_high_watermark(partition->log) > fetch->known_high_watermark;
}

static void
park(struct partition *partition, struct partition_fetch *fetch)
{
	set_offsets(partition, fetch);
	if (fetch->operation.cancelled) {
		partition_answer(partition, &fetch->operation, PARTITION_TIMED_OUT);
		return;
	}
	list_append(&partition->parked, &fetch->operation.waiting);
	partition_count_waiting(&fetch->operation, METRIC_PURGATORY_FETCH);
}

/* There is nothing to read (yet). */
static void
park_or_answer(struct partition *partition, struct partition_fetch *fetch)
{
	if (!fetch->wait || has_news(partition, fetch))
		answer(partition, fetch);
	else
		park(partition, fetch);
}

/* --------------------------------------------------- aborted transactions */

static void
add_aborted(void *context, const struct aborted_transaction *transaction)
{
	struct partition_fetch *fetch = context;
	int32_t count = fetch->aborted_count;

	if ((count & (count - 1)) == 0)
		fetch->aborted = memory_resize(fetch->aborted,
		    (size_t)MAX(2 * count, 1) * sizeof(fetch->aborted[0]));
	fetch->aborted[fetch->aborted_count++] = *transaction;
}

/* Those of the slice's segment: no more than what the reader has to know by its end. */
static enum error
collect_aborted(struct partition *partition, struct partition_fetch *fetch, bool resident_only)
{
	int64_t bound = MIN(fetch->bound, fetch->slice.segment->next_offset);

	forget_aborted(fetch);
	return log_collect_aborted(partition->log, fetch->offset, bound, resident_only,
	    add_aborted, fetch);
}

static void
with_aborted(struct partition *partition, struct partition_fetch *fetch)
{
	enum error error = ERROR_NONE;

	if (fetch->isolation == PARTITION_READ_COMMITTED)
		error = collect_aborted(partition, fetch, true);
	if (error == ERROR_WOULD_BLOCK)
		list_append(&partition->exclusive, &fetch->operation.waiting);
	else if (error != ERROR_NONE)
		refuse_unreadable(partition, fetch, error);
	else
		answer(partition, fetch);
}

static void
run_alone(struct work *work)
{
	struct partition_fetch *first = container_of(work, struct partition_fetch, work);
	struct partition *partition = first->operation.partition;

	LIST_FOREACH(link, &partition->exclusive)
		fetch_of(link)->error = collect_aborted(partition, fetch_of(link), false);
}

static void
resume(struct work *work)
{
	struct partition_fetch *first = container_of(work, struct partition_fetch, work);

	actor_resume(&first->operation.partition->actor, &first->operation.event.event);
}

bool
partition_read_alone(struct partition *partition)
{
	if (list_is_empty(&partition->exclusive))
		return false;
	struct partition_fetch *first = fetch_of(partition->exclusive.next);

	first->operation.event.type = PARTITION_EVENT_FETCH_READ_ALONE;
	first->work = (struct work){
		.loop = partition->actor.home,
		.run = run_alone,
		.done = resume,
	};
	workers_submit(partition->home->world->workers, &first->work);
	return true;
}

void
partition_on_fetch_read_alone(struct partition *partition, struct partition_event *event UNUSED)
{
	struct list *link;

	while ((link = list_take_first(&partition->exclusive)) != NULL) {
		struct partition_fetch *fetch = fetch_of(link);

		if (fetch->error != ERROR_NONE)
			refuse_unreadable(partition, fetch, fetch->error);
		else
			answer(partition, fetch);
	}
}

/* ---------------------------------------------------------------- reading */

/*
 * Below the end of what may be seen: compaction has left no record up to there,
 * or the limits allow nothing. More may have come while a worker looked.
 */
static void
nothing_read(struct partition *partition, struct partition_fetch *fetch)
{
	if (partition_visible_end(partition, fetch->isolation) > fetch->bound)
		serve(partition, fetch);
	else
		park_or_answer(partition, fetch);
}

static void
take_slice(struct partition *partition, struct partition_fetch *fetch)
{
	fetch->slice = fetch->read.slice;
	if (fetch->slice.segment == NULL)
		nothing_read(partition, fetch);
	else
		with_aborted(partition, fetch);
}

static void
run_read(struct work *work)
{
	struct partition_fetch *fetch = container_of(work, struct partition_fetch, work);

	fetch->error = log_read_run(&fetch->read, false);
}

static void
post_read(struct work *work)
{
	struct partition_fetch *fetch = container_of(work, struct partition_fetch, work);

	actor_post(&fetch->operation.partition->actor, &fetch->operation.event.event);
}

static void
read_on_worker(struct partition *partition, struct partition_fetch *fetch)
{
	enum error error;

	/* Its jobs are to come to an end: it is read when another has taken its place. */
	if (partition->swap != NULL) {
		park(partition, fetch);
		return;
	}
	error = log_read_prepare(partition->log, &fetch->read);
	if (error != ERROR_NONE) {
		refuse_for_error(partition, fetch, error);
		return;
	}
	if (fetch->is_follower)
		leader_follower_waits(&partition->leader, fetch->replica_id, now_us(partition));
	partition->jobs++;
	fetch->operation.event.type = PARTITION_EVENT_FETCH_READ;
	fetch->work = (struct work){
		.loop = partition->actor.home,
		.run = run_read,
		.done = post_read,
	};
	workers_submit(partition->home->world->workers, &fetch->work);
}

/* From `offset` on: where a segment has nothing (any more), from the next one's begin. */
static void
read_from(struct partition *partition, struct partition_fetch *fetch, int64_t offset)
{
	enum error error;

	fetch->read = (struct log_read){
		.offset = offset,
		.upper_bound = fetch->bound,
		.max_bytes = fetch->max_bytes,
		.at_least_one = fetch->at_least_one,
		.looks = fetch->is_follower &&
		    leader_follower_was_given(&partition->leader, fetch->replica_id, offset),
	};
	error = log_read(partition->log, &fetch->read, true);
	partition_note_damage(partition, fetch->read.news, &fetch->read.watch.damage);
	if (error == ERROR_WOULD_BLOCK)
		read_on_worker(partition, fetch);
	else if (error != ERROR_NONE)
		refuse_for_error(partition, fetch, error);
	else
		take_slice(partition, fetch);
}

/* On the way to the offset; it is gone around from now on. */
static bool
found_another_damage(const struct partition_fetch *fetch)
{
	const struct log_read *read = &fetch->read;

	return fetch->error == ERROR_CORRUPT && read->news != ERROR_NONE &&
	    (read->offset < read->watch.damage.offset ||
	    read->offset >= read->watch.damage.end_offset);
}

/* What was removed meanwhile is refused: what tells of its aborted transactions is gone, too. */
void
partition_on_fetch_read(struct partition *partition, struct partition_event *event)
{
	struct partition_fetch *fetch = container_of(partition_operation_of(event),
	    struct partition_fetch, operation);
	struct log_read *read = &fetch->read;
	int64_t behind = read->segment->next_offset;
	bool is_last = log_active_base_offset(partition->log) == read->segment->base_offset;
	enum partition_status status = partition_check_epoch(partition,
	    fetch->current_leader_epoch, fetch->any_replica);

	if (fetch->is_follower)
		leader_follower_waits_no_longer(&partition->leader, fetch->replica_id,
		    now_us(partition));
	log_read_done(partition->log, read);
	partition_note_damage(partition, read->news, &read->watch.damage);
	fetch->slice = read->slice;
	if (status == PARTITION_OK && fetch->offset < log_start_offset(partition->log))
		status = PARTITION_OFFSET_OUT_OF_RANGE;
	if (status != PARTITION_OK)
		refuse(partition, fetch, status);
	else if (fetch->error == ERROR_END_OF_STREAM && !is_last && behind > read->offset)
		read_from(partition, fetch, behind);
	else if (found_another_damage(fetch))
		read_from(partition, fetch, read->offset);
	else if (fetch->error != ERROR_NONE && fetch->error != ERROR_END_OF_STREAM)
		refuse_for_error(partition, fetch, fetch->error);
	else
		take_slice(partition, fetch);
	partition_job_done(partition);
}

/* ---------------------------------------------------------------- serving */

/* Where the reader's log and this one part, if they do (KIP-595). */
static enum partition_status
check_divergence(const struct partition *partition, struct partition_fetch *fetch)
{
	struct leader_epoch_end end = leader_epochs_end_offset(log_leader_epochs(partition->log),
	    fetch->last_fetched_epoch, log_end_offset(partition->log));

	if (fetch->offset < log_start_offset(partition->log) || end.epoch < 0 ||
	    end.end_offset < 0)
		return PARTITION_OFFSET_OUT_OF_RANGE;
	if (end.epoch < fetch->last_fetched_epoch || end.end_offset < fetch->offset) {
		fetch->diverging_epoch = end.epoch;
		fetch->diverging_end_offset = end.end_offset;
	}
	return PARTITION_OK;
}

/* Up to the log end an offset is nothing wrong, only not to be seen yet. */
static enum partition_status
check_offset(const struct partition *partition, const struct partition_fetch *fetch)
{
	return fetch->offset < log_start_offset(partition->log) ||
		fetch->offset > log_end_offset(partition->log) ?
	    PARTITION_OFFSET_OUT_OF_RANGE :
	    PARTITION_OK;
}

/* Whether the reader is one of those that may copy this log (CVE-2018-1288). */
static enum partition_status
check_follower(const struct partition *partition, const struct partition_fetch *fetch)
{
	switch (leader_follower_of(&partition->leader, fetch->replica_id, fetch->replica_epoch)) {
	case LEADER_FOLLOWER_KNOWN:
		return PARTITION_OK;
	case LEADER_FOLLOWER_FOREIGN:
		/* It may know of an assignment that this broker has not been told of yet. */
		return fetch->current_leader_epoch >= 0 ? PARTITION_UNKNOWN_LEADER_EPOCH :
		    PARTITION_NOT_LEADER;
	default:
		return PARTITION_NOT_LEADER;
	}
}

/*
 * Whoever neither leads nor follows may have lost the end of its log (F17), and
 * knows nothing of where the partition ends: it tells a consumer nothing.
 */
static bool
knows_no_leader(const struct partition *partition, const struct partition_fetch *fetch)
{
	return fetch->any_replica && fetch->isolation != PARTITION_READ_LOG_END &&
	    partition->leader.id == LEADER_NONE;
}

static enum partition_status
check(const struct partition *partition, struct partition_fetch *fetch)
{
	enum partition_status status = partition_check_epoch(partition,
	    fetch->current_leader_epoch, fetch->any_replica);

	if (status == PARTITION_OK && knows_no_leader(partition, fetch))
		status = PARTITION_NOT_LEADER;
	if (status == PARTITION_OK && fetch->is_follower)
		status = check_follower(partition, fetch);
	if (status == PARTITION_OK && log_state(partition->log) != ERROR_NONE)
		status = PARTITION_STORAGE;
#ifdef CANARY_DIVERGENCE_UNTOLD
	fetch->last_fetched_epoch = -1;
#endif
	if (status == PARTITION_OK && fetch->last_fetched_epoch >= 0)
		status = check_divergence(partition, fetch);
	if (status == PARTITION_OK && fetch->diverging_epoch < 0)
		status = check_offset(partition, fetch);
	return status;
}

/* What it asks for tells what it has, unless the logs part. */
static void
note_follower(struct partition *partition, struct partition_fetch *fetch)
{
	struct leader *leader = &partition->leader;
	bool moved;

	if (check(partition, fetch) != PARTITION_OK)
		return;
	if (fetch->known_high_watermark < 0)
		fetch->known_high_watermark = log_high_watermark(partition->log);
	if (fetch->diverging_epoch >= 0)
		return;
	moved = leader_follower_fetched(leader, fetch->replica_id, fetch->replica_epoch,
	    fetch->offset, log_end_offset(partition->log), now_us(partition));
	leader_follower_starts(leader, fetch->replica_id, fetch->replica_log_start);
	partition_show_heard(partition);
	partition_look_at_deletions(partition);
	partition_expand_isr(partition, fetch->replica_id);
	if (moved)
		partition_advance(partition);
}

/* Somebody nearer to the consumer has it (KIP-392). */
static bool
is_sent_elsewhere(const struct partition *partition, struct partition_fetch *fetch)
{
	if (fetch->nearer_count > 0 && leader_is_here(&partition->leader))
		fetch->preferred_replica = leader_choose_reader(&partition->leader, fetch->nearer,
		    fetch->nearer_count, fetch->offset);
	return fetch->preferred_replica != LEADER_NONE;
}

/* What the disk has does not matter to it. */
static bool
wants_nothing(const struct partition_fetch *fetch)
{
	return fetch->max_bytes == 0 && !fetch->at_least_one;
}

static void
serve(struct partition *partition, struct partition_fetch *fetch)
{
	enum partition_status status = check(partition, fetch);

	if (status != PARTITION_OK) {
		refuse(partition, fetch, status);
		return;
	}
	if (fetch->diverging_epoch >= 0 || is_sent_elsewhere(partition, fetch)) {
		answer(partition, fetch);
		return;
	}
	fetch->bound = partition_visible_end(partition, fetch->isolation);
	if (fetch->offset >= fetch->bound || is_held_back(partition, fetch) || wants_nothing(fetch))
		park_or_answer(partition, fetch);
	else
		read_from(partition, fetch, fetch->offset);
}

void
partition_on_fetch(struct partition *partition, struct partition_event *event)
{
	struct partition_operation *operation = partition_operation_of(event);
	struct partition_fetch *fetch = container_of(operation, struct partition_fetch, operation);

	operation->seen = true;
	fetch->is_throttled = fetch->is_follower && partition->leader_throttled &&
	    partition->home->quotas != NULL;
	partition_count(partition, METRIC_TOTAL_FETCH, 1);
	if (fetch->is_follower)
		note_follower(partition, fetch);
	serve(partition, fetch);
}

/* One whose reader has to know something new: there may be records, or an error. */
static bool
is_due(const struct partition *partition, const struct partition_fetch *fetch)
{
	return (fetch->offset < partition_visible_end(partition, fetch->isolation) &&
	    !is_held_back(partition, fetch)) || has_news(partition, fetch) || check_offset(partition, fetch) != PARTITION_OK;
}

/* Those that find nothing are parked again: none is looked at twice. */
void
partition_wake_fetches(struct partition *partition)
{
	struct list due;
	struct list *link;

	list_init(&due);
	LIST_FOREACH(waiting, &partition->parked) {
		if (!is_due(partition, fetch_of(waiting)))
			continue;
#ifdef CANARY_LOST_WAKE_UP_OF_PARKED_FETCH
		if (waiting_next == &partition->parked)
			continue;
#endif
		list_remove(waiting);
		list_append(&due, waiting);
	}
	while ((link = list_take_first(&due)) != NULL)
		serve(partition, fetch_of(link));
}

void
partition_refuse_parked(struct partition *partition, enum partition_status status)
{
	struct list *link;

	while ((link = list_take_first(&partition->parked)) != NULL)
		refuse(partition, fetch_of(link), status);
}

/* Those that any replica may serve are looked at again, in the new epoch. */
void
partition_end_leading(struct partition *partition)
{
	struct list left;
	struct list *link;

	list_init(&left);
	while ((link = list_take_first(&partition->parked)) != NULL)
		list_append(&left, link);
	while ((link = list_take_first(&left)) != NULL) {
		if (fetch_of(link)->any_replica)
			serve(partition, fetch_of(link));
		else
			refuse(partition, fetch_of(link), PARTITION_NOT_LEADER);
	}
}
