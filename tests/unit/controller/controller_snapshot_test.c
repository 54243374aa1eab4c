#include <criterion/criterion.h>

#include "controller/job.h"
#include "town.h"

static struct town_fixture it;
static struct snapshot snapshot;

static void
set_up(void)
{
	town_begin(&it, 3, NULL);
}

static void
tear_down(void)
{
	snapshot_fini(&snapshot);
	town_end(&it);
}

TestSuite(controller_snapshot, .init = set_up, .fini = tear_down);

static void
look(struct town_broker *broker)
{
	snapshot_fini(&snapshot);
	controller_snapshot(town_controller(broker), &snapshot);
}

static double
gauge(enum metric_gauge which)
{
	return snapshot.gauges[which];
}

static struct histogram_sum
times(const struct town_broker *broker, enum metric_histogram which)
{
	struct histogram_sum sum = { 0 };

	metrics_histogram(broker->process.world.metrics, which, &sum);
	return sum;
}

Test(controller_snapshot, knows_the_cluster_where_it_leads_and_nothing_elsewhere)
{
	cr_assert_eq(town_create(&it, "orders", 3, 2), KAFKA_ERROR_NONE);
	look(town_leader(&it));
	cr_expect_eq(gauge(METRIC_ACTIVE_CONTROLLER_COUNT), 1);
	cr_expect_eq(gauge(METRIC_CONTROLLER_STATE), JOB_IDLE);
	cr_expect_eq(gauge(METRIC_ACTIVE_BROKER_COUNT), 3);
	cr_expect_eq(gauge(METRIC_GLOBAL_TOPIC_COUNT), 1);
	cr_expect_eq(gauge(METRIC_GLOBAL_PARTITION_COUNT), 3);
	cr_expect_eq(gauge(METRIC_OFFLINE_PARTITIONS_COUNT), 0);
	cr_expect_eq(gauge(METRIC_PREFERRED_REPLICA_IMBALANCE_COUNT), 0);
	cr_expect_eq(gauge(METRIC_EVENT_QUEUE_SIZE), 0);
	look(town_another(&it, 1));
	cr_expect_eq(gauge(METRIC_ACTIVE_CONTROLLER_COUNT), 0);
	cr_expect_eq(gauge(METRIC_GLOBAL_TOPIC_COUNT), 0);
}

Test(controller_snapshot, what_the_controller_does_is_timed_by_kind)
{
	struct town_broker *broker = town_leader(&it);

	cr_assert_eq(town_create(&it, "orders", 1, 1), KAFKA_ERROR_NONE);
	cr_expect_eq(times(broker, METRIC_CONTROLLER_CHANGE).count, 1);
	cr_expect_gt(times(broker, METRIC_TOPIC_CHANGE).count, 0);
	cr_expect_gt(times(broker, METRIC_EVENT_QUEUE_TIME).count, 1);
	cr_assert_eq(town_delete(&it, "orders"), KAFKA_ERROR_NONE);
	cr_expect_gt(times(broker, METRIC_TOPIC_DELETION).count, 0);
}

Test(controller_snapshot, a_partition_without_a_leader_is_offline_and_another_leader_is_an_imbalance)
{
	struct town_broker *leader = town_leader(&it), *victim = town_another(&it, 1);
	struct context_partition *partition;

	cr_assert_eq(town_create(&it, "alone", 3, 1), KAFKA_ERROR_NONE);
	cr_assert_eq(town_create(&it, "pair", 3, 2), KAFKA_ERROR_NONE);
	control_town_stop(&it.town, (int)(victim - it.town.brokers));
	town_run(&it, 60 * (int64_t)TOWN_SECOND_US);
	leader = town_leader(&it);
	look(leader);
	cr_expect_eq(gauge(METRIC_ACTIVE_BROKER_COUNT), 2);
	cr_expect_eq(gauge(METRIC_OFFLINE_PARTITIONS_COUNT), 1, "of three, one had it alone");
	cr_expect_geq(gauge(METRIC_PREFERRED_REPLICA_IMBALANCE_COUNT), 1);
	cr_expect_gt(times(leader, METRIC_LEADER_ELECTION).count, 0);
	cr_expect_eq(metrics_counter(leader->process.world.metrics,
	    METRIC_UNCLEAN_LEADER_ELECTIONS), 0);
	partition = town_partition(&it, "pair", 0);
	partition->topic->to_delete = true;
	look(leader);
	cr_expect_eq(gauge(METRIC_TOPICS_TO_DELETE_COUNT), 1);
	cr_expect_eq(gauge(METRIC_REPLICAS_TO_DELETE_COUNT), 6);
	partition->topic->to_delete = false;
}
