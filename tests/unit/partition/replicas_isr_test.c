/* ISRs of the partitions that a broker leads: who fell behind, and who is alive. */
#include <criterion/criterion.h>

#include "tests/unit/partition/depot.h"
#include "wire/kafka_error.h"

#define SECONDS * (int64_t)DEPOT_SECOND_US

static struct depot depot;

static void
set_up(void)
{
	depot_init(&depot, 10, "replica.lag.time.max.ms=10000\n");
	depot_start(&depot);
}

static void
nobody_answers(void)
{
	struct isr_alteration *out = depot.alteration;

	depot.alteration = NULL;
	depot_enter(&depot);
	out->done(out, ERROR_CANCELLED, NULL);
	depot_leave(&depot);
}

static void
tear_down(void)
{
	if (depot.alteration != NULL)
		nobody_answers();
	depot_fini(&depot);
}

TestSuite(replicas_isr, .init = set_up, .fini = tear_down);

/* Other replicas never fetch. */
static void
lead(const char *topic, int32_t index, int replicas)
{
	struct depot_order order = { .topic = topic, .index = index, .leader_epoch = 1,
		.replicas = replicas };

	depot_send_leader_and_isr(&depot, &order, 1);
	cr_assert_eq(depot_code(&depot, topic, index), KAFKA_ERROR_NONE);
}

Test(replicas_isr, who_has_fallen_behind_is_to_leave)
{
	lead("orders", 0, 2);
	depot_run(&depot, 9 SECONDS);
	cr_assert_eq(depot.alterations, 0);
	depot_run(&depot, 8 SECONDS);
	cr_assert_eq(depot.alterations, 1);
	cr_assert_eq(depot.alteration->request.topics.count, 1);
	cr_expect(slice_equal_text(depot.alteration->request.topics.items[0].topic_name, "orders"));
	isr_alteration_fit(depot.alteration, 2);
	cr_expect_eq(depot.alteration->request.topics.items[0].partitions.items[0].new_isr.count, 1);
	cr_expect_eq(depot.alteration->request.broker_id, DEPOT_BROKER);
}

/* F27: lags are measured by the clock that nobody sets. */
Test(replicas_isr, a_jump_of_the_wall_clock_makes_nobody_leave)
{
	lead("orders", 0, 2);
	depot.machine.wall_start_ms += 365 * (int64_t)86400 * 1000;
	depot_run(&depot, 9 SECONDS);
	cr_expect_eq(depot.alterations, 0);
	depot.machine.wall_start_ms -= 2 * 365 * (int64_t)86400 * 1000;
	depot_run(&depot, 8 SECONDS);
	cr_expect_eq(depot.alterations, 1, "nor does it make anybody stay");
}

Test(replicas_isr, of_several_partitions_are_asked_for_together)
{
	lead("orders", 0, 2);
	lead("prices", 0, 3);
	lead("alone", 0, 1);
	depot_run(&depot, 20 SECONDS);
	nobody_answers();
	depot_run(&depot, 1 SECONDS);
	cr_assert_eq(depot.alterations, 2);
	cr_expect_eq(depot.alteration->request.topics.count, 2);
}

Test(replicas_isr, are_nothing_to_a_broker_that_stops)
{
	lead("orders", 0, 2);
	depot_run(&depot, 20 SECONDS);
	cr_assert_eq(depot.alterations, 1);
	depot_stop(&depot);
	depot.alteration->done(depot.alteration, ERROR_CONNECTION_RESET, NULL); /* too late */
	depot.alteration = NULL;
	cr_expect(depot.is_clean);
}

Test(replicas_isr, only_who_is_alive_joins)
{
	static const int32_t ids[] = { 1, 3 };
	const struct partition_home *home;

	lead("orders", 0, 2);
	home = depot_partition(&depot, "orders", 0)->home;
	cr_expect_not(live_brokers_contains(home->live, 3));
	depot_enter(&depot);
	replicas_set_live_brokers(depot.replicas, ids, 2);
	depot_leave(&depot);
	cr_expect(live_brokers_contains(home->live, 3));
	cr_expect_not(live_brokers_contains(home->live, 2));
	cr_expect_eq(home->max_lag_us, 10 SECONDS);
}

Test(replicas_isr, are_looked_at_when_a_broker_is_gone)
{
	static const int32_t ids[] = { 1, 2, 3 };

	depot_run(&depot, DEPOT_SECOND_US / 2); /* between two looks of every five seconds */
	lead("orders", 0, 2);
	depot_enter(&depot);
	replicas_set_live_brokers(depot.replicas, ids, 3);
	depot_leave(&depot);
	depot_run(&depot, 10 SECONDS + DEPOT_SECOND_US / 2);
	cr_assert_eq(depot.alterations, 0, "it is not the time yet");
	depot_enter(&depot);
	replicas_set_live_brokers(depot.replicas, ids, 3);
	depot_leave(&depot);
	depot_run(&depot, 1000);
	cr_assert_eq(depot.alterations, 0);
	depot_enter(&depot);
	replicas_set_live_brokers(depot.replicas, ids, 2);
	depot_leave(&depot);
	depot_run(&depot, 1000);
	cr_assert_eq(depot.alterations, 1);
}
