/* Produce: gathering, appending, and acknowledging in order. */
#include "log/producer_state.h"
#include "partition/partition_private.h"
#include "wire/batch.h"

/*
 * A client has several requests in flight: those behind a refused one arrive before it
 * comes again, and leave a gap in its sequence that is none; the leader before this one
 * may have refused it, too. They are refused alike for so long. Kafka answers
 * OUT_OF_ORDER_SEQUENCE, whereupon librdkafka begins another epoch, and sends again what
 * stands in the log unacknowledged: duplicates.
 */
enum { COMES_AGAIN_US = 5 * 1000 * 1000 };

static struct partition_append *
append_of(struct list *waiting)
{
	return container_of(waiting, struct partition_append, operation.waiting);
}

void
partition_append(struct partition *partition, struct partition_append *append)
{
	append->base_offset = append->last_offset = -1;
	append->log_append_time_ms = -1;
	append->log_start_offset = -1;
	partition_submit(partition, &append->operation, PARTITION_EVENT_APPEND);
}

void
partition_on_append(struct partition *partition, struct partition_event *event)
{
	struct partition_operation *operation = partition_operation_of(event);

	operation->seen = true;
	list_append(&partition->gathered, &operation->waiting);
	partition->gathered_count++;
}

/* ---------------------------------------------------------------- writing */

static enum partition_status
check(const struct partition *partition, const struct partition_append *append)
{
	enum partition_status status = partition_leads(partition);

	if (status != PARTITION_OK)
		return status;
	/* Of a coordinator that was elected before, or that knows more than this replica. */
	if (append->required_leader_epoch >= 0 &&
	    append->required_leader_epoch != partition->leader.epoch)
		return PARTITION_NOT_LEADER;
	if (append->required_acks == -1 && !leader_has_enough_insync_replicas(&partition->leader))
		return PARTITION_NOT_ENOUGH_REPLICAS;
	return PARTITION_OK;
}

static enum partition_status
status_of(struct partition *partition, const struct log_append *append)
{
	switch (append->status) {
	case LOG_APPEND_DONE:
	case LOG_APPEND_DUPLICATE:
		/* A later set of the same call may have taken the log offline. */
		return log_state(partition->log) == ERROR_NONE ? PARTITION_OK :
		    PARTITION_STORAGE;
	case LOG_APPEND_STORAGE:
		return partition_failed(partition, append->error, PARTITION_FAULT_WRITE);
	case LOG_APPEND_TOO_LARGE:
		return PARTITION_RECORD_LIST_TOO_LARGE;
	case LOG_APPEND_MALFORMED:
		return PARTITION_CORRUPT_MESSAGE;
	case LOG_APPEND_OUT_OF_ORDER_SEQUENCE:
		return PARTITION_OUT_OF_ORDER_SEQUENCE;
	case LOG_APPEND_INVALID_PRODUCER_EPOCH:
		return PARTITION_INVALID_PRODUCER_EPOCH;
	case LOG_APPEND_INVALID_TRANSACTION_STATE:
		return PARTITION_INVALID_TXN_STATE;
	case LOG_APPEND_COORDINATOR_FENCED:
		return PARTITION_COORDINATOR_FENCED;
	default:
		return PARTITION_UNKNOWN;
	}
}

struct gather {
	struct partition_append *appends[LOG_APPEND_GATHER];
	struct log_append sets[LOG_APPEND_GATHER];
	int count;
	int64_t now_ms;
};

static void
add(struct gather *gather, struct partition_append *append)
{
	if (append->log_append_time)
		batch_set_max_timestamp(append->bytes, true, append->now_ms);
	gather->appends[gather->count] = append;
	gather->sets[gather->count] = (struct log_append){
		.bytes = append->bytes,
		.size = append->size,
		.origin = append->origin,
	};
	gather->count++;
	gather->now_ms = MAX(gather->now_ms, append->now_ms);
}

/* ------------------------------------------------- refused, and sent again */

static int64_t
now_us(const struct partition *partition)
{
	return clock_monotonic_us(partition->home->world->clock);
}

void
partition_refused(struct partition *partition, enum partition_status status)
{
	partition->refused = status;
	partition->refused_us = now_us(partition);
}

static void
remember_refusal(struct partition *partition, const struct partition_append *append,
    enum partition_status status)
{
	if (append->origin == LOG_FROM_CLIENT && (status == PARTITION_NOT_LEADER ||
	    status == PARTITION_NOT_ENOUGH_REPLICAS || status == PARTITION_STORAGE))
		partition_refused(partition, status);
}

/* When it is long ago it is forgotten: the clock is looked at no more. */
static bool
has_just_refused(struct partition *partition)
{
	if (partition->refused != PARTITION_OK &&
	    now_us(partition) - partition->refused_us >= COMES_AGAIN_US)
		partition->refused = PARTITION_OK;
	return partition->refused != PARTITION_OK;
}

/*
 * Its producer is not known, and it is not its first one: any sequence would be
 * taken, and those that come again before it would be out of order for ever.
 */
static bool
begins_late(struct partition *partition, const struct partition_append *append)
{
	struct batch_header header;

	return append->origin == LOG_FROM_CLIENT && has_just_refused(partition) &&
	    batch_header_read(slice_of(append->bytes, append->size), &header) == ERROR_NONE &&
	    header.producer_id > BATCH_NO_PRODUCER_ID && header.base_sequence > 0 &&
	    producer_state_find(log_producer_state(partition->log), header.producer_id) == NULL;
}

/* -------------------------------------------------------------- gathering */

/* What may be appended; the rest is answered. */
static void
sort_out(struct partition *partition, struct gather *gather)
{
	struct list *link;

	gather->count = 0;
	gather->now_ms = INT64_MIN;
	while ((link = list_take_first(&partition->gathered)) != NULL) {
		struct partition_append *append = append_of(link);
		enum partition_status status = check(partition, append);

		if (status != PARTITION_OK)
			remember_refusal(partition, append, status);
		else if (begins_late(partition, append))
			status = partition->refused;
		if (status == PARTITION_OK) {
			add(gather, append);
			continue;
		}
		partition_count_append(partition, status, 0, 0);
		partition_answer(partition, &append->operation, status);
	}
	partition->gathered_count = 0;
}

/* ---------------------------------------------------------- acknowledging */

static enum partition_status
acknowledgement(const struct partition *partition)
{
	return leader_has_enough_acknowledgements(&partition->leader) ?
	    PARTITION_OK :
	    PARTITION_NOT_ENOUGH_REPLICAS_AFTER_APPEND;
}

static void
acknowledge(struct partition *partition)
{
	int64_t high_watermark = log_high_watermark(partition->log);
	enum partition_status status = acknowledgement(partition);

	LIST_FOREACH(link, &partition->unacknowledged) {
		struct partition_append *append = append_of(link);

		if (append->last_offset >= high_watermark)
			return;
		partition_answer(partition, &append->operation, status);
	}
}

/* How far the own log counts: under flush before ack as far as it is on disk. */
static int64_t
counted_end(const struct partition *partition)
{
#ifdef CANARY_HIGH_WATERMARK_BEYOND_FLUSH
	return log_end_offset(partition->log);
#endif
	return partition->home->flush_before_ack ? log_flushed_offset(partition->log) :
	    log_end_offset(partition->log);
}

/* False when nothing may be acknowledged or shown. */
static bool
move_high_watermark(struct partition *partition)
{
	struct log *log = partition->log;

	if (partition_leads(partition) != PARTITION_OK)
		return false;
	if (log_state(log) != ERROR_NONE) {
		/* What was not synced is in doubt (F21). */
		partition_answer_all(partition, PARTITION_STORAGE);
		return false;
	}
	leader_log_grew(&partition->leader, log_end_offset(log), counted_end(partition));
	log_set_high_watermark(log, MIN(shrunk_isr_limit(&partition->shrunk_isr),
	    leader_high_watermark(&partition->leader, log_high_watermark(log),
	        clock_monotonic_us(partition->home->world->clock))));
	acknowledge(partition);
	return true;
}

void
partition_advance(struct partition *partition)
{
	if (move_high_watermark(partition))
		partition_wake_fetches(partition);
}

/* Behind all with a lower last offset; only a duplicate is not the newest. */
static void
wait_for_high_watermark(struct partition *partition, struct partition_append *append)
{
	struct list *before = partition->unacknowledged.previous;

	while (before != &partition->unacknowledged &&
	    append_of(before)->last_offset > append->last_offset)
		before = before->previous;
	list_prepend(before, &append->operation.waiting);
	partition_count_waiting(&append->operation, METRIC_PURGATORY_PRODUCE);
}

static void
tell_appended(struct loop_message *message)
{
	struct partition_append *append = container_of(message, struct partition_append,
	    operation.told);

	append->appended(append);
}

/* All replicas in sync have to have it. */
static void
appended_for_all(struct partition *partition, struct partition_append *append)
{
	if (append->last_offset < log_high_watermark(partition->log)) {
		partition_answer(partition, &append->operation, acknowledgement(partition));
	} else if (append->operation.cancelled) {
		partition_answer(partition, &append->operation, PARTITION_TIMED_OUT);
	} else {
		wait_for_high_watermark(partition, append);
		if (append->appended != NULL)
			partition_tell(&append->operation, tell_appended);
	}
}

static void
count(struct partition *partition, enum partition_status status, const struct log_append *set)
{
	bool is_new = status == PARTITION_OK && set->status == LOG_APPEND_DONE;

	partition_count_append(partition, status, is_new ? set->size : 0,
	    is_new ? (uint64_t)(set->last_offset - set->base_offset + 1) : 0);
}

static void
take_result(struct partition *partition, struct partition_append *append,
    const struct log_append *set)
{
	enum partition_status status = status_of(partition, set);

	remember_refusal(partition, append, status);
	if (status == PARTITION_OUT_OF_ORDER_SEQUENCE && has_just_refused(partition))
		status = partition->refused;
	append->log_start_offset = log_start_offset(partition->log);
	count(partition, status, set);
#ifdef CANARY_ACKNOWLEDGE_BEFORE_APPEND
	if (status == PARTITION_STORAGE) {
		append->base_offset = append->last_offset = log_end_offset(partition->log);
		status = PARTITION_OK;
	}
#endif
	if (status != PARTITION_OK) {
		partition_answer(partition, &append->operation, status);
		return;
	}
	append->base_offset = set->base_offset;
	append->last_offset = set->last_offset;
	if (append->log_append_time)
		append->log_append_time_ms = set->max_timestamp;
	if (append->required_acks == -1)
		appended_for_all(partition, append);
	else
		partition_answer(partition, &append->operation, PARTITION_OK);
}

void
partition_write_gathered(struct partition *partition)
{
	struct gather gather;

	if (partition->gathered_count == 0)
		return;
	sort_out(partition, &gather);
	if (gather.count == 0)
		return;
	/* What went wrong stands in each set. */
	enum error error = log_append_as_leader(partition->log, gather.sets, gather.count,
	    partition->leader.epoch, gather.now_ms);
	(void)error;
	bool serves = move_high_watermark(partition);
	for (int i = 0; i < gather.count; i++)
		take_result(partition, gather.appends[i], &gather.sets[i]);
	if (serves)
		partition_wake_fetches(partition);
	partition_flush_if_due(partition, gather.now_ms);
}
