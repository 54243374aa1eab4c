/* What replicas ask of a partition: leadership, settings, upkeep, its end. */
#include <assert.h>

#include "partition/partition_private.h"

/* -------------------------------------------------------------- leadership */

void
partition_show_heard(struct partition *partition)
{
	atomic_store_explicit(&partition->heard_us, leader_heard_us(&partition->leader),
	    memory_order_relaxed);
}

int64_t
partition_heard_us(const struct partition *partition)
{
	return atomic_load_explicit(&partition->heard_us, memory_order_relaxed);
}

void
partition_change_leader(struct partition *partition, struct partition_leader_change *change)
{
	partition_submit(partition, &change->operation, PARTITION_EVENT_CHANGE_LEADER);
}

/* Under flush before ack the high watermark waits for what is not on disk yet. */
static void
begin_epoch(struct partition *partition)
{
	log_assign_leader_epoch(partition->log, partition->leader.epoch);
	partition_advance(partition);
	partition_flush_if_due(partition, clock_wall_ms(partition->home->world->clock));
}

void
partition_on_change_leader(struct partition *partition, struct partition_event *event)
{
	struct partition_leader_change *change = container_of(partition_operation_of(event),
	    struct partition_leader_change, operation);

	change->operation.seen = true;
	if (partition->log == NULL || partition->surrender != NULL) {
		partition_answer(partition, &change->operation, partition->gone);
		return;
	}
	change->led = leader_is_here(&partition->leader);
	change->led_epoch = partition->leader.epoch;
	if (log_state(partition->log) != ERROR_NONE) {
		partition_answer(partition, &change->operation, PARTITION_STORAGE);
		return;
	}
	partition_end_following(partition, PARTITION_NOT_LEADER);
	leader_apply(&partition->leader, &change->change, log_end_offset(partition->log),
	    clock_monotonic_us(partition->home->world->clock));
	change->leads = leader_is_here(&partition->leader);
	partition_show_heard(partition);
	partition_review_isr(partition);
	follower_end(&partition->follower);
	partition_show_lag(partition, PARTITION_LAG_UNKNOWN);
	if (change->leads) {
		if (!change->led && partition->leader.epoch > 0)
			partition_refused(partition, PARTITION_NOT_LEADER);
		begin_epoch(partition);
	} else {
		partition_refuse_unacknowledged(partition, PARTITION_NOT_LEADER);
		partition_end_leading(partition);
		partition_refuse_deletions(partition, PARTITION_NOT_LEADER);
		if (partition->leader.id != LEADER_NONE)
			follower_begin(&partition->follower, partition->leader.epoch);
		if (change->compares)
			follower_compares(&partition->follower);
		partition_begin_repair(partition, change->repairs);
	}
	partition_answer(partition, &change->operation, PARTITION_OK);
}

/* ---------------------------------------------------------------- settings */

void
partition_change_settings(struct partition *partition, struct partition_settings_change *change)
{
	partition_submit(partition, &change->operation, PARTITION_EVENT_CHANGE_SETTINGS);
}

void
partition_take_settings(struct partition *partition)
{
	const struct topic_settings *settings = partition->settings;
	int32_t broker = partition->home->broker_id;

	leader_set_min_insync_replicas(&partition->leader, settings->config.min_insync_replicas);
	partition->leader_throttled =
	    throttled_replicas_have(&settings->leader_throttled, partition->index, broker);
	atomic_store_explicit(&partition->follower_throttled,
	    throttled_replicas_have(&settings->follower_throttled, partition->index, broker),
	    memory_order_relaxed);
}

void
partition_on_change_settings(struct partition *partition, struct partition_event *event)
{
	struct partition_settings_change *change = container_of(partition_operation_of(event),
	    struct partition_settings_change, operation);

	change->operation.seen = true;
	topic_settings_release(partition->settings);
	partition->settings = change->settings;
	change->settings = NULL;
	partition_take_settings(partition);
	if (partition->log != NULL) {
		log_set_config(partition->log, &partition->settings->config.log);
		partition_review_isr(partition);
		partition_advance(partition);
	}
	partition_answer(partition, &change->operation, PARTITION_OK);
}

/* ------------------------------------------------------------------ upkeep */

void
partition_upkeep(struct partition *partition, struct partition_upkeep *upkeep)
{
	upkeep->error = ERROR_NONE;
	upkeep->log_size = 0;
	upkeep->log_start_offset = -1;
	upkeep->removal = (struct log_removal){ 0 };
	partition_submit(partition, &upkeep->operation, PARTITION_EVENT_UPKEEP);
}

static void
retain(struct partition *partition, struct partition_upkeep *upkeep)
{
	bool ages = (upkeep->work & PARTITION_NOTHING_AGES) == 0;
	int64_t aged_ms = ages ? upkeep->now_ms : INT64_MIN;

	if (log_retention(partition->log, aged_ms, &upkeep->removal.retention) == 0)
		return;
	upkeep->error = log_removal_prepare(partition->log, &upkeep->removal, aged_ms,
	    upkeep->now_ms);
	if (upkeep->error != ERROR_NONE)
		(void)partition_failed(partition, upkeep->error, PARTITION_FAULT_WRITE);
	else if (upkeep->removal.count > 0)
		partition->jobs++;
	partition_wake_fetches(partition); /* of offsets that are gone now */
}

/* What could not be written, for want of space, is tried again. */
static void
look_after_the_disk(struct partition *partition, int64_t now_ms)
{
	partition_flush_if_due(partition, now_ms);
	partition_go_on_noting(partition);
}

void
partition_on_upkeep(struct partition *partition, struct partition_event *event)
{
	struct partition_upkeep *upkeep = container_of(partition_operation_of(event),
	    struct partition_upkeep, operation);
	struct log *log = partition->log;

	upkeep->operation.seen = true;
	if (log == NULL || partition->surrender != NULL || log_state(log) != ERROR_NONE) {
		partition_answer(partition, &upkeep->operation, PARTITION_STORAGE);
		return;
	}
	if ((upkeep->work & PARTITION_EXPIRE_PRODUCERS) != 0 &&
	    (upkeep->work & PARTITION_NOTHING_AGES) == 0)
		log_expire_producers(log, upkeep->now_ms);
	if ((upkeep->work & PARTITION_RETAIN) != 0 && partition->truncation == NULL &&
	    partition->swap == NULL)
		retain(partition, upkeep);
	if ((upkeep->work & PARTITION_FLUSH_IF_DUE) != 0)
		look_after_the_disk(partition, upkeep->now_ms);
	upkeep->log_size = log_size(log);
	upkeep->log_start_offset = log_start_offset(log);
	partition_answer(partition, &upkeep->operation, PARTITION_OK);
}

void
partition_removed(struct partition *partition, struct partition_upkeep *upkeep)
{
	partition_submit(partition, &upkeep->operation, PARTITION_EVENT_REMOVED);
}

void
partition_on_removed(struct partition *partition, struct partition_event *event)
{
	struct partition_upkeep *upkeep = container_of(partition_operation_of(event),
	    struct partition_upkeep, operation);

	upkeep->operation.seen = true;
	upkeep->error = log_removal_done(partition->log, &upkeep->removal);
	if (upkeep->error != ERROR_NONE)
		(void)partition_failed(partition, upkeep->error, PARTITION_FAULT_WRITE);
	partition_answer(partition, &upkeep->operation, PARTITION_OK);
	partition_job_done(partition);
}

/* ----------------------------------------------------------------- the end */

static void
give_log(struct partition *partition)
{
	struct partition_surrender *surrender = partition->surrender;

	if (surrender == NULL || partition->jobs > 0 || partition->log == NULL)
		return;
	surrender->log = partition->log;
	partition->log = NULL;
	partition->surrender = NULL;
	partition_answer(partition, &surrender->operation, PARTITION_OK);
}

void
partition_job_done(struct partition *partition)
{
	assert(partition->jobs > 0);
	partition->jobs--;
	give_log(partition);
}

void
partition_surrender(struct partition *partition, struct partition_surrender *surrender)
{
	surrender->log = NULL;
	partition_submit(partition, &surrender->operation, PARTITION_EVENT_SURRENDER);
}

void
partition_on_surrender(struct partition *partition, struct partition_event *event)
{
	struct partition_surrender *surrender = container_of(partition_operation_of(event),
	    struct partition_surrender, operation);

	surrender->operation.seen = true;
	assert(partition->log != NULL && partition->surrender == NULL);
	partition->gone = surrender->gone;
	partition->surrender = surrender;
	partition_answer_all(partition, surrender->gone);
	partition_end_swap(partition, surrender->gone);
	give_log(partition);
}
