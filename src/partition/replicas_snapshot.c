/* What the metrics show of replicas: read from what partitions and fetchers show of themselves. */
#include <stdio.h>

#include "partition/partition_follow.h"
#include "partition/replicas_private.h"

enum { CLIENT_ID_SIZE = 64 };

struct walk {
	const struct replicas *replicas;
	struct snapshot *snapshot;
	bool partitions; /* each by itself */
};

static void
add(struct walk *it, enum metric_gauge gauge, int64_t more)
{
	it->snapshot->gauges[gauge] += (double)more;
}

#define READ(figures, member) atomic_load_explicit(&(figures)->member, memory_order_relaxed)

/* ---------------------------------------------------------- one that leads */

struct standing {
	int32_t replicas, isr;
	bool under_replicated, under_min, at_min;
};

/* As Kafka counts: who is only being added is not missed. */
static struct standing
standing_of(const struct replica *replica, const struct partition_figures *figures)
{
	struct standing it = { .replicas = READ(figures, replica_count) };
	int32_t least = READ(figures, min_insync_replicas);

	if (it.replicas == 0)
		return it;
	it.replicas = MAX(it.replicas - replica->adding_count, 1);
	it.isr = READ(figures, isr_count);
	it.under_replicated = it.isr < it.replicas;
	it.under_min = it.isr < least;
	it.at_min = it.isr == least;
	return it;
}

static void
count_leader(struct walk *it, const struct replica *replica, const struct standing *standing)
{
	if (standing->replicas == 0)
		return;
	add(it, METRIC_LEADER_COUNT, 1);
	add(it, METRIC_UNDER_REPLICATED_PARTITIONS, standing->under_replicated);
	add(it, METRIC_UNDER_MIN_ISR_PARTITION_COUNT, standing->under_min);
	add(it, METRIC_AT_MIN_ISR_PARTITION_COUNT, standing->at_min);
	add(it, METRIC_REASSIGNING_PARTITIONS, replica->is_reassigned);
}

/* ---------------------------------------------------------- each replica */

static void
add_partition(struct walk *it, const struct replica *replica,
    const struct partition_figures *figures, const struct standing *standing)
{
	int64_t *gauges = snapshot_add_partition(it->snapshot, replica->index)->gauges;

	gauges[METRIC_PARTITION_AT_MIN_ISR] = standing->at_min;
	gauges[METRIC_PARTITION_UNDER_MIN_ISR] = standing->under_min;
	gauges[METRIC_PARTITION_UNDER_REPLICATED] = standing->under_replicated;
	gauges[METRIC_PARTITION_IN_SYNC_REPLICAS_COUNT] = standing->isr;
	gauges[METRIC_PARTITION_REPLICAS_COUNT] = standing->replicas;
	gauges[METRIC_PARTITION_LOG_START_OFFSET] = READ(figures, log_start_offset);
	gauges[METRIC_PARTITION_LOG_END_OFFSET] = READ(figures, log_end_offset);
	gauges[METRIC_PARTITION_LOG_SIZE] = READ(figures, log_size);
	gauges[METRIC_PARTITION_NUM_LOG_SEGMENTS] = READ(figures, segments);
}

static void
client_id_of(const struct replica_fetcher *place, char text[CLIENT_ID_SIZE])
{
	(void)snprintf(text, CLIENT_ID_SIZE, "ReplicaFetcherThread-%d-%d", (int)place->number,
	    (int)place->leader);
}

static void
add_lag(struct walk *it, const struct replica *replica, const struct partition_figures *figures)
{
	double *largest = &it->snapshot->gauges[METRIC_FETCHER_MAX_LAG];
	int64_t lag = READ(figures, lag);
	char client_id[CLIENT_ID_SIZE];

	*largest = MAX(*largest, (double)lag);
	if (!it->partitions)
		return;
	client_id_of(replica->fetcher, client_id);
	snapshot_add_sample(it->snapshot, METRIC_SERIES_FETCHER_LAG, (double)lag);
	snapshot_add_label(it->snapshot, "clientId", slice_of_text(client_id));
	snapshot_add_label_number(it->snapshot, "partition", replica->index);
	snapshot_add_label(it->snapshot, "topic", replica->topic->name);
}

static void
add_replica(struct walk *it, const struct replica *replica, struct snapshot_topic *topic)
{
	const struct partition_figures *figures = replica->partition->figures;
	struct standing standing;

	add(it, METRIC_PARTITION_COUNT, 1);
	add(it, METRIC_REPLICAS_IN_DOUBT, partition_is_in_doubt(replica->partition));
	if (replica->is_offline) {
		add(it, METRIC_OFFLINE_REPLICA_COUNT, 1);
		return;
	}
	if (partition_is_damaged(replica->partition))
		add(it, METRIC_DAMAGED_REPLICA_COUNT, 1);
	if (figures == NULL)
		return;
	for (int i = 0; i < METRIC_TOPIC_COUNTERS; i++)
		topic->counters[i] += READ(figures, counters[i]);
	standing = standing_of(replica, figures);
	count_leader(it, replica, &standing);
	if (it->partitions)
		add_partition(it, replica, figures, &standing);
	if (replica->fetcher != NULL)
		add_lag(it, replica, figures);
}

static void
add_topic(struct walk *it, const struct local_topic *local)
{
	struct snapshot_topic *topic = NULL;

	for (int32_t i = 0; i < local->room; i++) {
		if (local->replicas[i] == NULL)
			continue;
		if (topic == NULL)
			topic = snapshot_add_topic(it->snapshot, local->name);
		add_replica(it, local->replicas[i], topic);
	}
}

/* ------------------------------------------------------- fetchers and dirs */

static void
add_fetcher(struct walk *it, const struct replica_fetcher *place)
{
	struct fetcher_figures figures = fetcher_figures(place->fetcher,
	    clock_monotonic_us(it->replicas->world->clock));
	double *slowest = &it->snapshot->gauges[METRIC_FETCHER_MIN_RATE];
	const struct {
		enum metric_series series;
		uint64_t value;
	} samples[] = {
		{ METRIC_SERIES_FETCHER_BYTES, figures.bytes },
		{ METRIC_SERIES_FETCHER_REQUESTS, figures.requests },
	};
	char client_id[CLIENT_ID_SIZE];

	*slowest = place->link.previous == &it->replicas->fetchers ? figures.rate :
	    MIN(*slowest, figures.rate);
	client_id_of(place, client_id);
	for (size_t i = 0; i < ARRAY_LENGTH(samples); i++) {
		snapshot_add_sample(it->snapshot, samples[i].series, (double)samples[i].value);
		snapshot_add_label_number(it->snapshot, "brokerPort", place->port);
		snapshot_add_label(it->snapshot, "clientId", slice_of_text(client_id));
	}
}

static void
add_dirs(struct walk *it)
{
	const struct log_dirs *dirs = it->replicas->dirs;

	for (int i = 0; i < dirs->count; i++) {
		bool offline = dirs->dirs[i].state != ERROR_NONE;

		add(it, METRIC_OFFLINE_LOG_DIRECTORY_COUNT, offline);
		snapshot_add_sample(it->snapshot, METRIC_SERIES_LOG_DIRECTORY_OFFLINE, offline);
		snapshot_add_label(it->snapshot, "logDirectory",
		    slice_of_text(dirs->dirs[i].path));
	}
}

void
replicas_snapshot(const struct replicas *replicas, bool partitions, struct snapshot *snapshot)
{
	struct walk it = { replicas, snapshot, partitions };

	HASH_TABLE_FOREACH(link, &replicas->topics)
		add_topic(&it, container_of(hash_node_of(link), struct local_topic, node));
	LIST_FOREACH(link, &replicas->fetchers)
		add_fetcher(&it, container_of(link, struct replica_fetcher, link));
	add_dirs(&it);
}
