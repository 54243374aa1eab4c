#include "partition/partition_figures.h"

#include "base/memory.h"
#include "partition/partition_private.h"

struct partition_figures *
partition_figures_new(const struct world *world)
{
	struct partition_figures *it;

	if (world->metrics == NULL)
		return NULL;
	it = memory_new(sizeof(*it));
	atomic_init(&it->lag, PARTITION_LAG_UNKNOWN);
	return it;
}

#define SHOW(member, value) atomic_store_explicit(&it->member, (value), memory_order_relaxed)

void
partition_show(struct partition *partition)
{
	struct partition_figures *it = partition->figures;
	const struct leader *leader = &partition->leader;
	bool leads;

	if (it == NULL)
		return;
	leads = partition_leads(partition) == PARTITION_OK;
	SHOW(replica_count, leads ? leader->replica_count : 0);
	SHOW(isr_count, leads ? leader->isr_count : 0);
	SHOW(min_insync_replicas, leader_effective_min_insync_replicas(leader));
	if (partition->log == NULL)
		return;
	SHOW(segments, log_segment_count(partition->log));
	SHOW(log_start_offset, log_start_offset(partition->log));
	SHOW(log_end_offset, log_end_offset(partition->log));
	SHOW(log_size, log_size(partition->log));
}

void
partition_show_lag(struct partition *partition, int64_t leaders_high_watermark)
{
	struct partition_figures *it = partition->figures;

	if (it == NULL)
		return;
	SHOW(lag, leaders_high_watermark < 0 ? PARTITION_LAG_UNKNOWN :
	    MAX(leaders_high_watermark - log_end_offset(partition->log), 0));
}

/* ---------------------------------------------------------------- counting */

static struct metrics_cell *
cell(void)
{
	struct loop *loop = loop_current();

	return loop == NULL ? NULL : loop->metrics;
}

void
partition_count(struct partition *partition, enum metric_topic_counter counter, uint64_t more)
{
	struct partition_figures *it = partition->figures;

	if (it == NULL)
		return;
	atomic_fetch_add_explicit(&it->counters[counter], more, memory_order_relaxed);
	metrics_count(cell(), (int)counter, more);
}

void
partition_count_all(enum metric_counter counter, uint64_t more)
{
	metrics_count(cell(), (int)counter, more);
}

void
partition_count_waiting(struct partition_operation *operation, enum metric_level level)
{
	if (operation->is_counted)
		return;
	operation->is_counted = true;
	operation->counted_as = level;
	metrics_move(cell(), level, 1);
}

void
partition_count_answered(struct partition_operation *operation)
{
	if (!operation->is_counted)
		return;
	operation->is_counted = false;
	metrics_move(cell(), operation->counted_as, -1);
}

/* As in Kafka: what a client or a move of the leader causes is no failure of the broker. */
static bool
is_failure(enum partition_status status)
{
	switch (status) {
	case PARTITION_OK:
	case PARTITION_NOT_LEADER:
	case PARTITION_RECORD_LIST_TOO_LARGE:
	case PARTITION_CORRUPT_MESSAGE:
	case PARTITION_STORAGE:
		return false;
	default:
		return true;
	}
}

void
partition_count_append(struct partition *partition, enum partition_status status,
    uint64_t bytes, uint64_t records)
{
	if (partition->figures == NULL)
		return;
	partition_count(partition, METRIC_TOTAL_PRODUCE, 1);
	if (is_failure(status))
		partition_count(partition, METRIC_FAILED_PRODUCE, 1);
	partition_count(partition, METRIC_BYTES_IN, bytes);
	partition_count(partition, METRIC_MESSAGES_IN, records);
}

void
partition_count_refused(struct partition *partition, int16_t code)
{
	partition_count(partition, METRIC_TOTAL_PRODUCE, 1);
	if (code != KAFKA_ERROR_CORRUPT_MESSAGE && code != KAFKA_ERROR_MESSAGE_TOO_LARGE &&
	    code != KAFKA_ERROR_RECORD_LIST_TOO_LARGE)
		partition_count(partition, METRIC_FAILED_PRODUCE, 1);
}

void
partition_count_fetched(struct partition *partition, const struct partition_fetch *fetch)
{
	uint64_t bytes;

	if (partition->figures == NULL || fetch->slice.segment == NULL)
		return;
	bytes = (uint64_t)fetch->slice.size;
	if (fetch->is_follower)
		partition_count_all(METRIC_REPLICATION_BYTES_OUT, bytes);
	else if (fetch->isolation != PARTITION_READ_LOG_END) /* tools, coordinators */
		partition_count(partition, METRIC_BYTES_OUT, bytes);
}
