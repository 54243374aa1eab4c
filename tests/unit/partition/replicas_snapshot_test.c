#include <criterion/criterion.h>

#include "partition/replicas_private.h"
#include "tests/unit/partition/far_leader.h"
#include "wire/kafka_error.h"

static struct depot depot;
static struct far_leader far;
static struct snapshot snapshot;

static void
set_up(void)
{
	depot_init(&depot, 1, "");
	depot.links = &far_leader_links;
	far_leader_init(&far, &depot);
	depot_start(&depot);
}

static void
tear_down(void)
{
	snapshot_fini(&snapshot);
	depot_fini(&depot);
	far_leader_fini(&far);
}

TestSuite(replicas_snapshot, .init = set_up, .fini = tear_down);

static void
look(bool partitions)
{
	snapshot_fini(&snapshot);
	depot_enter(&depot);
	replicas_snapshot(depot.replicas, partitions, &snapshot);
	depot_leave(&depot);
}

static double
gauge(enum metric_gauge which)
{
	return snapshot.gauges[which];
}

/* -1: there is none. */
static double
sample(enum metric_series series, const char *labels)
{
	for (size_t i = 0; i < snapshot.sample_count; i++) {
		const struct snapshot_sample *it = &snapshot.samples[i];

		if (it->series == series && slice_equal_text(slice_of(
		    snapshot.texts.bytes + it->labels_at, it->labels_size), labels))
			return it->value;
	}
	return -1;
}

static void
send(struct depot_order order)
{
	depot_send_leader_and_isr(&depot, &order, 1);
	cr_assert_eq(depot_code(&depot, order.topic, order.index), KAFKA_ERROR_NONE);
	depot_run(&depot, 10000);
}

Test(replicas_snapshot, of_nothing_is_0)
{
	look(true);
	cr_expect_eq(gauge(METRIC_PARTITION_COUNT), 0);
	cr_expect_eq(snapshot.topic_count, 0);
	cr_expect_eq(gauge(METRIC_OFFLINE_LOG_DIRECTORY_COUNT), 0);
	cr_expect_eq(sample(METRIC_SERIES_LOG_DIRECTORY_OFFLINE, "logDirectory=\"/a\""), 0);
}

Test(replicas_snapshot, counts_who_leads_and_whose_isr_is_short)
{
	send((struct depot_order){ .topic = "orders", .index = 0, .leader_epoch = 1 });
	send((struct depot_order){ .topic = "orders", .index = 2, .leader_epoch = 1,
		.replicas = 3 });
	send((struct depot_order){ .topic = "others", .leader_epoch = 1, .leader = 2,
		.replicas = 2 });
	look(false);
	cr_expect_eq(gauge(METRIC_PARTITION_COUNT), 3);
	cr_expect_eq(gauge(METRIC_LEADER_COUNT), 2);
	cr_expect_eq(gauge(METRIC_UNDER_REPLICATED_PARTITIONS), 0);
	cr_expect_eq(gauge(METRIC_UNDER_MIN_ISR_PARTITION_COUNT), 0);
	cr_expect_eq(gauge(METRIC_AT_MIN_ISR_PARTITION_COUNT), 1, "the one of a single replica");
	cr_expect_eq(snapshot.topic_count, 2);
	cr_expect_eq(snapshot.partition_count, 0, "nobody asked for them");
}

Test(replicas_snapshot, a_replica_that_left_the_isr_is_missed)
{
	struct replica *replica;

	send((struct depot_order){ .topic = "orders", .leader_epoch = 1, .replicas = 2 });
	replica = depot_replica(&depot, "orders", 0);
	atomic_store(&replica->partition->figures->isr_count, 1);
	atomic_store(&replica->partition->figures->min_insync_replicas, 2);
	look(true);
	cr_expect_eq(gauge(METRIC_UNDER_REPLICATED_PARTITIONS), 1);
	cr_expect_eq(gauge(METRIC_UNDER_MIN_ISR_PARTITION_COUNT), 1);
	cr_expect_eq(gauge(METRIC_AT_MIN_ISR_PARTITION_COUNT), 0);
	cr_assert_eq(snapshot.partition_count, 1);
	cr_expect_eq(snapshot.partitions[0].gauges[METRIC_PARTITION_UNDER_REPLICATED], 1);
	cr_expect_eq(snapshot.partitions[0].gauges[METRIC_PARTITION_UNDER_MIN_ISR], 1);
	cr_expect_eq(snapshot.partitions[0].gauges[METRIC_PARTITION_REPLICAS_COUNT], 2);
	replica->adding_count = 1;
	replica->is_reassigned = true;
	look(false);
	cr_expect_eq(gauge(METRIC_UNDER_REPLICATED_PARTITIONS), 0, "it is only being added");
	cr_expect_eq(gauge(METRIC_REASSIGNING_PARTITIONS), 1);
}

Test(replicas_snapshot, partitions_and_topics_have_what_was_appended)
{
	send((struct depot_order){ .topic = "orders", .index = 1, .leader_epoch = 1 });
	cr_assert_eq(depot_append(&depot, "orders", 1, 3, 10), PARTITION_OK);
	look(true);
	cr_assert_eq(snapshot.topic_count, 1);
	cr_expect_eq(snapshot.topics[0].counters[METRIC_MESSAGES_IN], 3);
	cr_assert_eq(snapshot.partition_count, 1);
	cr_expect_eq(snapshot.partitions[0].index, 1);
	cr_expect_eq(snapshot.partitions[0].gauges[METRIC_PARTITION_LOG_END_OFFSET], 3);
	cr_expect_gt(snapshot.partitions[0].gauges[METRIC_PARTITION_LOG_SIZE], 0);
	cr_expect_eq(snapshot.partitions[0].gauges[METRIC_PARTITION_NUM_LOG_SEGMENTS], 1);
}

#define CLIENT "clientId=\"ReplicaFetcherThread-0-2\""

Test(replicas_snapshot, who_follows_shows_its_lag_and_its_fetcher)
{
	send((struct depot_order){ .topic = "orders", .leader_epoch = 5, .leader = 2,
		.replicas = 2 });
	look(true);
	cr_expect_eq(gauge(METRIC_FETCHER_MAX_LAG), 0);
	far_leader_add(&far, "orders", 0, 4);
	far_leader_add_records(&far, 0, 1, 5);
	far_leader_send(&far, 0);
	look(true);
	cr_expect_eq(gauge(METRIC_LEADER_COUNT), 0);
	cr_expect_eq(gauge(METRIC_FETCHER_MAX_LAG), 3, "of 4 it has 1");
	cr_expect_eq(sample(METRIC_SERIES_FETCHER_LAG, CLIENT ",partition=\"0\",topic=\"orders\""),
	    3);
	cr_expect_eq(sample(METRIC_SERIES_FETCHER_REQUESTS, "brokerPort=\"9002\"," CLIENT), 1);
	cr_expect_gt(sample(METRIC_SERIES_FETCHER_BYTES, "brokerPort=\"9002\"," CLIENT), 60);
	cr_expect_gt(metrics_counter(depot.process.world.metrics, METRIC_REPLICATION_BYTES_IN), 60);
	cr_expect_gt(gauge(METRIC_FETCHER_MIN_RATE), 0);
	look(false);
	cr_expect_eq(sample(METRIC_SERIES_FETCHER_LAG, CLIENT ",partition=\"0\",topic=\"orders\""),
	    -1);
}

Test(replicas_snapshot, a_failed_dir_is_offline_with_its_replicas)
{
	struct replica *replica;

	send((struct depot_order){ .topic = "orders", .leader_epoch = 1 });
	replica = depot_replica(&depot, "orders", 0);
	depot_enter(&depot);
	replicas_fail_dir(depot.replicas, replica->stored->dir, ERROR_IO);
	depot_leave(&depot);
	depot_run(&depot, DEPOT_SECOND_US);
	look(true);
	cr_expect_eq(gauge(METRIC_OFFLINE_LOG_DIRECTORY_COUNT), 1);
	cr_expect_eq(gauge(METRIC_OFFLINE_REPLICA_COUNT), 1);
	cr_expect_eq(gauge(METRIC_LEADER_COUNT), 0);
	cr_expect_eq(sample(METRIC_SERIES_LOG_DIRECTORY_OFFLINE, "logDirectory=\"/a\"") +
	    sample(METRIC_SERIES_LOG_DIRECTORY_OFFLINE, "logDirectory=\"/b\""), 1);
}

Test(replicas_snapshot, counts_who_is_in_doubt)
{
	send((struct depot_order){ .topic = "orders", .index = 0, .leader_epoch = 1 });
	look(false);
	cr_expect_eq(gauge(METRIC_REPLICAS_IN_DOUBT), 0);
	atomic_store(&depot_replica(&depot, "orders", 0)->partition->is_in_doubt, true);
	look(false);
	cr_expect_eq(gauge(METRIC_REPLICAS_IN_DOUBT), 1);
}
