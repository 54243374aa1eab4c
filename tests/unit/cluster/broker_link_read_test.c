#include <criterion/criterion.h>
#include <string.h>

#include "tests/unit/cluster/bridge.h"

TestSuite(broker_link_read, .init = bridge_set_up, .fini = bridge_tear_down);

static void
ask_one(void)
{
	bridge_start_far();
	bridge_open();
	bridge_ask(0, 3);
	bridge_run(BRIDGE_SECOND_US);
	cr_assert_eq(bridge.received_count, 1);
}

Test(broker_link_read, takes_answers_in_pieces)
{
	bridge.net.short_transfer = 1000;
	bridge.answers_at_once = true;
	bridge_start_far();
	bridge_open();
	bridge_ask_many(0, 10);
	bridge_run(3 * BRIDGE_SECOND_US);
	for (int i = 0; i < 10; i++) {
		bridge_expect(i, ERROR_NONE);
		cr_assert_eq(bridge.asked[i].code, i + 1);
	}
}

Test(broker_link_read, waits_for_the_rest_of_a_size)
{
	ask_one();
	bridge_send("\0\0", 2);
	bridge_run(BRIDGE_SECOND_US);
	cr_assert_eq(bridge.answer_count, 0);
	/* 2 more of the size, correlation id, throttle time, error code */
	bridge_send("\0\x0a\0\0\0\0\0\0\0\0\0\x05", 12);
	bridge_run(BRIDGE_SECOND_US);
	bridge_expect(0, ERROR_NONE);
	cr_assert_eq(bridge.asked[0].code, 5);
}

Test(broker_link_read, refuses_another_correlation_id)
{
	ask_one();
	bridge_answer_wrongly(0, bridge.received[0].correlation_id + 1, 0);
	bridge_run(BRIDGE_SECOND_US);
	bridge_expect(0, ERROR_MALFORMED);
}

Test(broker_link_read, refuses_bytes_behind_an_answer)
{
	ask_one();
	bridge_answer_wrongly(0, bridge.received[0].correlation_id, 1);
	bridge_run(BRIDGE_SECOND_US);
	bridge_expect(0, ERROR_MALFORMED);
}

Test(broker_link_read, refuses_an_answer_that_ends_too_early)
{
	ask_one();
	bridge_send("\0\0\0\x05\0\0\0\0\0", 9);
	bridge_run(BRIDGE_SECOND_US);
	bridge_expect(0, ERROR_MALFORMED);
}

Test(broker_link_read, refuses_an_empty_frame)
{
	ask_one();
	bridge_send("\0\0\0\0", 4);
	bridge_run(BRIDGE_SECOND_US);
	bridge_expect(0, ERROR_MALFORMED);
}

Test(broker_link_read, refuses_a_negative_size)
{
	ask_one();
	bridge_send("\xff\xff\xff\xff", 4);
	bridge_run(BRIDGE_SECOND_US);
	bridge_expect(0, ERROR_MALFORMED);
}

Test(broker_link_read, refuses_a_size_above_the_limit)
{
	uint8_t size[4];

	store_int32(size, BRIDGE_LARGEST + 1);
	ask_one();
	bridge_send(size, sizeof(size));
	bridge_run(BRIDGE_SECOND_US);
	bridge_expect(0, ERROR_TOO_LARGE);
}

Test(broker_link_read, refuses_what_was_not_asked)
{
	bridge.answers_at_once = true;
	ask_one();
	bridge_expect(0, ERROR_NONE);
	bridge_answer(0, 1);
	bridge_run(BRIDGE_SECOND_US);
	cr_assert_eq(bridge.answer_count, 1);
	bridge_ask(1, 3);
	bridge_run(BRIDGE_SECOND_US);
	cr_assert_eq(bridge.connections, 2);
	bridge_expect(1, ERROR_NONE);
}

Test(broker_link_read, one_bad_answer_ends_all_that_were_sent)
{
	bridge_start_far();
	bridge_open();
	bridge_ask_many(0, 3);
	bridge_run(BRIDGE_SECOND_US);
	bridge_answer(0, 1);
	bridge_answer_wrongly(1, 1000, 0);
	bridge_answer(2, 1);
	bridge_run(BRIDGE_SECOND_US);
	bridge_expect(0, ERROR_NONE);
	bridge_expect(1, ERROR_MALFORMED);
	bridge_expect(2, ERROR_MALFORMED);
}

/* Asks for records, holds them. */
static void
fetch(size_t size)
{
	static struct fetch_request body;

	bridge_start_far();
	bridge_open();
	bridge_ask(0, 3);
	bridge_run(BRIDGE_SECOND_US);
	bridge_answer(0, 1);
	bridge_run(BRIDGE_SECOND_US);
	body = fetch_request_defaults;
	bridge.asked[1].request = bridge.asked[0].request;
	bridge.asked[1].request.key = API_KEY_FETCH;
	bridge.asked[1].request.version = 4;
	bridge.asked[1].request.body = &body;
	bridge.asked[1].holds = true;
	bridge_enter();
	broker_link_ask(bridge.link, &bridge.asked[1].request);
	bridge_leave();
	bridge_run(BRIDGE_SECOND_US);
	bridge_answer_fetch(1, size);
	bridge_run(10 * BRIDGE_SECOND_US);
	bridge_expect(1, ERROR_NONE);
}

static void
expect_records(size_t size)
{
	const struct fetch_response *response = bridge.asked[1].response;
	struct slice records = response->responses.items[0].partitions.items[0].records.bytes;

	cr_assert_eq(records.size, size);
	for (size_t i = 0; i < size; i++)
		cr_assert_eq(records.bytes[i], (uint8_t)i);
}

Test(broker_link_read, reads_a_large_answer_into_its_frame)
{
	bridge.net.short_transfer = 300;
	fetch(150000);
	expect_records(150000);
	broker_link_answer_release(bridge.asked[1].held);
}

Test(broker_link_read, a_held_answer_outlives_the_link)
{
	fetch(5000);
	bridge_close();
	bridge_run(BRIDGE_SECOND_US);
	cr_assert(bridge.closed);
	expect_records(5000);
	broker_link_answer_release(bridge.asked[1].held);
}

Test(broker_link_read, forgets_half_an_answer_with_its_connection)
{
	ask_one();
	bridge_send("\0\0\0\x0a\0\0", 6);
	bridge_run(BRIDGE_SECOND_US);
	bridge_hang_up();
	bridge.answers_at_once = true;
	bridge_run(BRIDGE_SECOND_US);
	bridge_expect(0, ERROR_CONNECTION_CLOSED);
	bridge_ask(1, 3);
	bridge_run(BRIDGE_SECOND_US);
	bridge_expect(1, ERROR_NONE);
	cr_assert_eq(bridge.asked[1].code, 2);
}
