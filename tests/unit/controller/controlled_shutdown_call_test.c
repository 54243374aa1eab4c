/* CONTROLLED_SHUTDOWN (zookeeper.md 5.10). */
#include <criterion/criterion.h>

#include "controller/call_job.h"
#include "town.h"

static struct town_fixture it;
static struct town_call call;

static void
set_up(void)
{
	town_begin(&it, 3, "auto.leader.rebalance.enable=false\n");
}

static void
tear_down(void)
{
	town_call_fini(&call);
	town_end(&it);
}

TestSuite(controlled_shutdown_call, .init = set_up, .fini = tear_down);

static int16_t
ask(int32_t broker, int64_t epoch)
{
	town_call_fini(&call);
	town_call_init(&call, CONTROLLER_CONTROLLED_SHUTDOWN, 3);
	call.request.shutdown.broker_id = broker;
	call.request.shutdown.broker_epoch = epoch;
	town_ask_and_wait(&it, &call, TOWN_SECOND_US);
	return call.response.shutdown.error_code;
}

Test(controlled_shutdown_call, moves_leaders_and_leaves_isrs)
{
	struct town_broker *leaving = town_another(&it, 1);
	int stops = leaving->stop_replica;

	cr_assert_eq(town_create(&it, "t", 6, 3), KAFKA_ERROR_NONE);
	cr_assert_eq(ask(town_id(leaving), leaving->epoch), KAFKA_ERROR_NONE);
	cr_assert_eq(call.response.shutdown.remaining_partitions.count, 0);
	town_run(&it, TOWN_SECOND_US);
	for (int32_t i = 0; i < 6; i++) {
		const struct town_entry *told = town_find(&town_another(&it, 0)->metadata, "t", i);

		cr_assert_neq(told->leader, town_id(leaving));
		cr_assert_eq(told->isr_count, 2);
		cr_assert_eq(told->leader_epoch, 1);
	}
	for (int i = 0; i < leaving->replicas.count; i++)
		cr_assert_neq(leaving->replicas.items[i].leader, town_id(leaving), "it has not heard");
	cr_assert_geq(leaving->stop_replica, stops + 2);
	cr_assert_eq(town_another(&it, 0)->alive_count, 3); /* as long as it is registered */
}

Test(controlled_shutdown_call, tells_what_nobody_else_can_lead)
{
	struct town_broker *leaving = town_another(&it, 1);
	char wanted[64];

	cr_assert_eq(town_create(&it, "t", 1, 3), KAFKA_ERROR_NONE);
	cr_assert_eq(town_create(&it, "alone", 3, 1), KAFKA_ERROR_NONE);
	control_town_stop(&it.town, town_another(&it, 2)->process.number);
	town_run(&it, 2 * TOWN_SECOND_US);
	cr_assert_eq(ask(town_id(town_another(&it, 0)), town_another(&it, 0)->epoch), KAFKA_ERROR_NONE);
	cr_assert_eq(call.response.shutdown.remaining_partitions.count, 0);
	cr_assert_eq(ask(town_id(leaving), leaving->epoch), KAFKA_ERROR_NONE);
	cr_assert_eq(call.response.shutdown.remaining_partitions.count, 1);
	cr_assert_str_eq(town_text(call.response.shutdown.remaining_partitions.items[0].topic_name),
	    "t");
	snprintf(wanted, sizeof(wanted), "\"leader\":%d,", (int)town_id(leaving));
	cr_assert_not_null(strstr(town_node(&it.town, "/brokers/topics/t/partitions/0/state"),
	    wanted));
	/* and once more, as brokers do */
	cr_assert_eq(ask(town_id(leaving), leaving->epoch), KAFKA_ERROR_NONE);
	cr_assert_eq(call.response.shutdown.remaining_partitions.count, 1);
}

Test(controlled_shutdown_call, is_forgotten_when_the_broker_comes_back)
{
	struct town_broker *leaving = town_another(&it, 1);

	cr_assert_eq(town_create(&it, "t", 6, 3), KAFKA_ERROR_NONE);
	cr_assert_eq(ask(town_id(leaving), leaving->epoch), KAFKA_ERROR_NONE);
	control_town_stop(&it.town, leaving->process.number);
	town_run(&it, 2 * TOWN_SECOND_US);
	control_town_start(&it.town, leaving->process.number);
	town_run(&it, 2 * TOWN_SECOND_US);
	cr_assert_eq(town_create(&it, "u", 1, 3), KAFKA_ERROR_NONE);
	cr_assert_eq(town_find(&town_another(&it, 0)->metadata, "u", 0)->isr_count, 3);
}

Test(controlled_shutdown_call, refuses_brokers_that_are_not_what_they_say)
{
	struct town_broker *leaving = town_another(&it, 1);

	cr_assert_eq(ask(9, -1), KAFKA_ERROR_BROKER_NOT_AVAILABLE);
	cr_assert_eq(ask(town_id(leaving), leaving->epoch - 1), KAFKA_ERROR_STALE_BROKER_EPOCH);
	cr_assert_eq(ask(town_id(leaving), -1), KAFKA_ERROR_NONE);
}

Test(controlled_shutdown_call, is_for_the_controller)
{
	town_call_init(&call, CONTROLLER_CONTROLLED_SHUTDOWN, 3);
	town_ask(town_another(&it, 1), &call);
	town_run(&it, TOWN_SECOND_US);
	cr_assert(call.is_answered);
	cr_assert_eq(call.response.shutdown.error_code, KAFKA_ERROR_STALE_CONTROLLER_EPOCH);
}

Test(controlled_shutdown_call, says_when_its_answer_has_no_room)
{
	struct town_broker *leaving = town_another(&it, 1);

	cr_assert_eq(town_create(&it, "t", 6, 3), KAFKA_ERROR_NONE);
	town_call_init(&call, CONTROLLER_CONTROLLED_SHUTDOWN, 3);
	arena_fini(&call.arena);
	arena_init(&call.arena, 0);
	call.request.shutdown.broker_id = town_id(leaving);
	town_ask_and_wait(&it, &call, TOWN_SECOND_US);
	cr_assert_eq(call.response.shutdown.error_code, KAFKA_ERROR_UNKNOWN_SERVER_ERROR);
	cr_assert_eq(call.response.shutdown.remaining_partitions.count, 0);
}
