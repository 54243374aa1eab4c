/*
 * metrics/snapshot.h: what is looked up when somebody asks for the metrics:
 * numbers of the whole broker, of partitions and topics here, and samples with
 * labels of their own. Made on the loop that knows, then given to who writes
 * the page; it points to nothing outside.
 */
#ifndef KLAMM_METRICS_SNAPSHOT_H
#define KLAMM_METRICS_SNAPSHOT_H

#include "base/buffer.h"
#include "metrics/metrics.h"

enum metric_gauge {
#define METRIC_GAUGE(id, name, labels, help) METRIC_##id,
#include "metrics/metrics.def"
	METRIC_GAUGES
};

enum metric_partition_gauge {
#define METRIC_PARTITION_GAUGE(id, name, help) METRIC_PARTITION_##id,
#include "metrics/metrics.def"
	METRIC_PARTITION_GAUGES
};

enum metric_series {
#define METRIC_SERIES(id, name, type, help) METRIC_SERIES_##id,
#include "metrics/metrics.def"
	METRIC_SERIES_COUNT
};

struct snapshot_partition {
	int32_t index;
	int64_t gauges[METRIC_PARTITION_GAUGES];
};

/* Its partitions follow those of the topic before. */
struct snapshot_topic {
	size_t name_at, name_size;        /* in `texts` */
	size_t partition_count;
	uint64_t counters[METRIC_TOPIC_COUNTERS];
};

struct snapshot_sample {
	enum metric_series series;
	size_t labels_at, labels_size;    /* in `texts`; as they stand between the braces */
	double value;
};

struct snapshot {
	double gauges[METRIC_GAUGES];
	struct snapshot_topic *topics;
	size_t topic_count, topic_room;
	struct snapshot_partition *partitions;
	size_t partition_count, partition_room;
	struct snapshot_sample *samples;
	size_t sample_count, sample_room;
	struct buffer texts;
};

/* Zeroed memory, and afterwards, is an empty one. */
void snapshot_fini(struct snapshot *snapshot);

/* Valid until the next one is added; its counters are 0. */
struct snapshot_topic *snapshot_add_topic(struct snapshot *snapshot, struct slice name);
/* Of the topic that was added last; valid until the next one. */
struct snapshot_partition *snapshot_add_partition(struct snapshot *snapshot, int32_t index);

/* A sample; its labels follow. */
void snapshot_add_sample(struct snapshot *snapshot, enum metric_series series, double value);
/* Of the sample that was added last. */
void snapshot_add_label(struct snapshot *snapshot, const char *name, struct slice value);
void snapshot_add_label_number(struct snapshot *snapshot, const char *name, int64_t value);

#endif
