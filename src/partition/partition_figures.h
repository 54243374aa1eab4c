/*
 * partition/partition_figures.h: what a partition shows to who asks for
 * metrics, and how it counts. The actor writes, any thread reads: each number
 * whole, several of them at slightly different moments. A partition has none
 * where nothing is counted. Private.
 */
#ifndef KLAMM_PARTITION_PARTITION_FIGURES_H
#define KLAMM_PARTITION_PARTITION_FIGURES_H

#include "partition/partition.h"

struct partition_figures {
	_Atomic(int32_t) replica_count; /* assigned; 0: it is not led here */
	_Atomic(int32_t) isr_count;     /* the same */
	_Atomic(int32_t) min_insync_replicas; /* as effective */
	_Atomic(int32_t) segments;
	_Atomic(int64_t) log_start_offset, log_end_offset, log_size;
	_Atomic(int64_t) lag; /* behind the leader's high watermark; -1: not known */
	_Atomic(uint64_t) counters[METRIC_TOPIC_COUNTERS];
};

enum { PARTITION_LAG_UNKNOWN = -1 };

/* NULL where nothing is counted. */
struct partition_figures *partition_figures_new(const struct world *world);
/* The actor: shows what is so now. */
void partition_show(struct partition *partition);
/* The actor, which follows: the leader's high watermark is known; PARTITION_LAG_UNKNOWN: not any more. */
void partition_show_lag(struct partition *partition, int64_t leaders_high_watermark);

/* On a loop: by topic and in all. */
void partition_count(struct partition *partition, enum metric_topic_counter counter,
    uint64_t more);
/* A counter of the broker alone. */
void partition_count_all(enum metric_counter counter, uint64_t more);
/* The operation waits, until it is answered; harmless when it waits already. */
void partition_count_waiting(struct partition_operation *operation, enum metric_level level);
void partition_count_answered(struct partition_operation *operation);

/* What becomes of an append and of a fetch. */
void partition_count_append(struct partition *partition, enum partition_status status,
    uint64_t bytes, uint64_t records);
void partition_count_fetched(struct partition *partition, const struct partition_fetch *fetch);

#endif
