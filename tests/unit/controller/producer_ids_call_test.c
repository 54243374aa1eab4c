/* ALLOCATE_PRODUCER_IDS (zookeeper.md 5.15). */
#include <criterion/criterion.h>

#include "controller/call_job.h"
#include "town.h"

static struct town_fixture it;
static struct town_call call;

static void
set_up(void)
{
	town_begin(&it, 1, NULL);
}

static void
tear_down(void)
{
	town_end(&it);
}

TestSuite(producer_ids_call, .init = set_up, .fini = tear_down);

static int16_t
ask(int32_t broker, int64_t epoch)
{
	town_call_init(&call, CONTROLLER_ALLOCATE_PRODUCER_IDS, 0);
	call.request.ids.broker_id = broker;
	call.request.ids.broker_epoch = epoch;
	town_ask_and_wait(&it, &call, TOWN_SECOND_US);
	town_call_fini(&call);
	return call.response.ids.error_code;
}

Test(producer_ids_call, gives_one_block_after_the_other)
{
	for (int i = 0; i < 3; i++) {
		cr_assert_eq(ask(1, town_leader(&it)->epoch), KAFKA_ERROR_NONE);
		cr_assert_eq(call.response.ids.producer_id_start, 1000 * i);
		cr_assert_eq(call.response.ids.producer_id_len, 1000);
	}
	cr_assert_str_eq(town_node(&it.town, "/latest_producer_id_block"),
	    "{\"version\":1,\"broker\":1,\"block_start\":\"2000\",\"block_end\":\"2999\"}");
}

Test(producer_ids_call, goes_on_from_what_stands_there)
{
	town_write(town_leader(&it), ZNODE_OP_SET_DATA, "/latest_producer_id_block",
	    "{\"version\":1,\"broker\":7,\"block_start\":\"5000\",\"block_end\":\"5499\"}");
	town_run(&it, TOWN_SECOND_US);
	cr_assert_eq(ask(1, town_leader(&it)->epoch), KAFKA_ERROR_NONE);
	cr_assert_eq(call.response.ids.producer_id_start, 5500);
}

Test(producer_ids_call, refuses_brokers_that_are_not_what_they_say)
{
	cr_assert_eq(ask(9, 1), KAFKA_ERROR_BROKER_ID_NOT_REGISTERED);
	cr_assert_eq(ask(1, town_leader(&it)->epoch - 1), KAFKA_ERROR_STALE_BROKER_EPOCH);
	cr_assert_str_eq(town_node(&it.town, "/latest_producer_id_block"), "");
}

Test(producer_ids_call, does_not_overwrite_what_it_cannot_read)
{
	town_write(town_leader(&it), ZNODE_OP_SET_DATA, "/latest_producer_id_block", "junk");
	town_run(&it, TOWN_SECOND_US);
	cr_assert_eq(ask(1, town_leader(&it)->epoch), KAFKA_ERROR_UNKNOWN_SERVER_ERROR);
	cr_assert_str_eq(town_node(&it.town, "/latest_producer_id_block"), "junk");
}

Test(producer_ids_call, ends_with_the_numbers)
{
	town_write(town_leader(&it), ZNODE_OP_SET_DATA, "/latest_producer_id_block",
	    "{\"version\":1,\"broker\":7,\"block_start\":\"9223372036854774000\","
	    "\"block_end\":\"9223372036854774999\"}");
	town_run(&it, TOWN_SECOND_US);
	cr_assert_eq(ask(1, town_leader(&it)->epoch), KAFKA_ERROR_UNKNOWN_SERVER_ERROR);
}
