/*
 * DeleteRecords: the log start moves at once; the answer waits until it has at
 * all replicas that are alive, in sync or not (Kafka's low watermark). Segments
 * go by retention.
 */
#include "partition/partition_private.h"

static struct partition_delete_records *
deletion_of(struct list *waiting)
{
	return container_of(waiting, struct partition_delete_records, operation.waiting);
}

void
partition_delete_records(struct partition *partition, struct partition_delete_records *deletion)
{
	deletion->low_watermark = -1;
	partition_submit(partition, &deletion->operation, PARTITION_EVENT_DELETE_RECORDS);
}

static int64_t
low_watermark(const struct partition *partition)
{
	return leader_low_watermark(&partition->leader, log_start_offset(partition->log));
}

static enum partition_status
check(const struct partition *partition)
{
	enum partition_status status = partition_leads(partition);

	if (status != PARTITION_OK)
		return status;
	if (!partition->settings->config.log.cleanup_delete)
		return PARTITION_POLICY_VIOLATION;
	return log_state(partition->log) == ERROR_NONE ? PARTITION_OK : PARTITION_STORAGE;
}

static enum partition_status
advance(struct partition *partition, struct partition_delete_records *deletion)
{
	enum error error;

	if (deletion->offset == PARTITION_HIGH_WATERMARK)
		deletion->offset = log_high_watermark(partition->log);
	if (deletion->offset < 0)
		return PARTITION_OFFSET_OUT_OF_RANGE;
	error = log_advance_start_offset(partition->log, deletion->offset);
	if (error == ERROR_OUT_OF_RANGE)
		return PARTITION_OFFSET_OUT_OF_RANGE;
	return error == ERROR_NONE ? PARTITION_OK :
	    partition_failed(partition, error, PARTITION_FAULT_WRITE);
}

/* The timed-out ones tell how far it has got, too. */
static bool
is_done(const struct partition *partition, struct partition_delete_records *deletion)
{
	deletion->low_watermark = low_watermark(partition);
	return deletion->low_watermark >= deletion->offset;
}

void
partition_on_delete_records(struct partition *partition, struct partition_event *event)
{
	struct partition_delete_records *deletion = container_of(partition_operation_of(event),
	    struct partition_delete_records, operation);
	enum partition_status status = check(partition);

	deletion->operation.seen = true;
	if (status == PARTITION_OK)
		status = advance(partition, deletion);
	if (status != PARTITION_OK) {
		partition_answer(partition, &deletion->operation, status);
		return;
	}
	if (is_done(partition, deletion))
		partition_answer(partition, &deletion->operation, PARTITION_OK);
	else if (deletion->operation.cancelled)
		partition_answer(partition, &deletion->operation, PARTITION_TIMED_OUT);
	else
		list_append(&partition->deletions, &deletion->operation.waiting);
	partition_wake_fetches(partition); /* of offsets that are gone now */
}

void
partition_look_at_deletions(struct partition *partition)
{
	LIST_FOREACH(link, &partition->deletions) {
		struct partition_delete_records *deletion = deletion_of(link);

		if (is_done(partition, deletion))
			partition_answer(partition, &deletion->operation, PARTITION_OK);
	}
}

void
partition_refuse_deletions(struct partition *partition, enum partition_status status)
{
	struct list *link;

	while ((link = list_take_first(&partition->deletions)) != NULL) {
		deletion_of(link)->low_watermark = -1;
		partition_answer(partition, &deletion_of(link)->operation, status);
	}
}
