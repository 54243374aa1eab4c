#include "cluster/broker_link.h"

#include <criterion/criterion.h>

#include "tests/unit/cluster/bridge.h"

TestSuite(broker_link, .init = bridge_set_up, .fini = bridge_tear_down);

Test(broker_link, answers_in_the_order_of_asking)
{
	bridge.answers_at_once = true;
	bridge_start_far();
	bridge_open();
	bridge_ask_many(0, 5);
	bridge_run(BRIDGE_SECOND_US);
	for (int i = 0; i < 5; i++) {
		bridge_expect(i, ERROR_NONE);
		cr_assert_eq(bridge.asked[i].code, i + 1);
		cr_assert_eq(bridge.asked[i].order, i + 1);
	}
	cr_assert_eq(bridge.connections, 1);
}

Test(broker_link, connects_only_when_something_is_asked)
{
	bridge_start_far();
	bridge_open();
	bridge_run(BRIDGE_SECOND_US);
	cr_assert_eq(bridge.connections, 0);
}

Test(broker_link, sends_the_next_before_the_first_is_answered)
{
	bridge_start_far();
	bridge_open();
	bridge_ask(0, 3);
	bridge_run(BRIDGE_SECOND_US);
	bridge_ask(1, 1);
	bridge_run(BRIDGE_SECOND_US);
	cr_assert_eq(bridge.received_count, 2);
	cr_assert_eq(bridge.received[0].version, 3);
	cr_assert_eq(bridge.received[1].version, 1);
	cr_assert_eq(bridge.answer_count, 0);
	bridge_answer(0, 7);
	bridge_run(BRIDGE_SECOND_US);
	bridge_expect(0, ERROR_NONE);
	cr_assert_eq(bridge.asked[0].code, 7);
	cr_assert_eq(bridge.answer_count, 1);
	bridge_answer(1, 8);
	bridge_run(BRIDGE_SECOND_US);
	bridge_expect(1, ERROR_NONE);
	cr_assert_eq(bridge.asked[1].code, 8);
}

Test(broker_link, drops_the_connection_when_an_answer_takes_too_long)
{
	bridge_start_far();
	bridge_open();
	bridge.asked[0].request.timeout_ms = 4000;
	bridge.asked[1].request.timeout_ms = 1000;
	bridge_ask_many(0, 2);
	bridge_run(900000);
	cr_assert_eq(bridge.answer_count, 0);
	bridge_run(300000);
	bridge_expect(0, ERROR_TIMED_OUT);
	bridge_expect(1, ERROR_TIMED_OUT);
	bridge_ask(2, 3);
	bridge_run(BRIDGE_SECOND_US / 2);
	cr_assert_eq(bridge.connections, 2);
	bridge_answer(2, 9);
	bridge_run(BRIDGE_SECOND_US / 2);
	bridge_expect(2, ERROR_NONE);
	cr_assert_eq(bridge.asked[2].code, 9);
}

Test(broker_link, counts_the_time_of_each_request_from_its_own_sending)
{
	bridge_start_far();
	bridge_open();
	bridge.asked[0].request.timeout_ms = 1000;
	bridge.asked[1].request.timeout_ms = 1000;
	bridge_ask(0, 3);
	bridge_run(700000);
	bridge_ask(1, 3);
	bridge_answer(0, 1);
	bridge_run(700000);
	bridge_expect(0, ERROR_NONE);
	cr_assert_eq(bridge.answer_count, 1);
	bridge_answer(1, 1);
	bridge_run(100000);
	bridge_expect(1, ERROR_NONE);
	bridge_run(5 * BRIDGE_SECOND_US);
	cr_assert_eq(bridge.connections, 1);
}

Test(broker_link, answers_what_was_sent_when_the_connection_is_lost)
{
	bridge.log_text = "lost";
	bridge_start_far();
	bridge_open();
	bridge_ask_many(0, 2);
	bridge_run(BRIDGE_SECOND_US);
	bridge_hang_up();
	bridge_run(BRIDGE_SECOND_US);
	bridge_expect(0, ERROR_CONNECTION_CLOSED);
	bridge_expect(1, ERROR_CONNECTION_CLOSED);
	cr_assert_eq(bridge.logged_count, 1);
	bridge.answers_at_once = true;
	bridge_ask(2, 3);
	bridge_run(BRIDGE_SECOND_US);
	bridge_expect(2, ERROR_NONE);
}

Test(broker_link, finds_out_without_a_request_that_it_was_closed)
{
	bridge.answers_at_once = true;
	bridge.log_text = "lost";
	bridge_start_far();
	bridge_open();
	bridge_ask(0, 3);
	bridge_run(BRIDGE_SECOND_US);
	bridge_hang_up();
	bridge_run(BRIDGE_SECOND_US);
	bridge_ask(1, 3);
	bridge_run(BRIDGE_SECOND_US);
	bridge_expect(1, ERROR_NONE);
	cr_assert_eq(bridge.connections, 2);
	cr_assert_eq(bridge.logged_count, 0);
}

Test(broker_link, may_be_asked_from_inside_an_answer)
{
	bridge.answers_at_once = true;
	bridge_start_far();
	bridge_open();
	bridge.asked[0].asks_again = true;
	bridge_ask(0, 3);
	bridge_run(BRIDGE_SECOND_US);
	cr_assert_eq(bridge.asked[0].answers, 2);
	cr_assert_eq(bridge.asked[0].code, 2);
	cr_assert_eq(bridge.connections, 1);
}

Test(broker_link, does_not_send_what_cannot_be_encoded)
{
	bridge.answers_at_once = true;
	bridge_start_far();
	bridge_open();
	bridge_ask(0, 100);
	bridge_ask(1, 3);
	bridge_run(BRIDGE_SECOND_US);
	bridge_expect(0, ERROR_UNSUPPORTED);
	bridge_expect(1, ERROR_NONE);
	cr_assert_eq(bridge.received_count, 1);
}

Test(broker_link, close_answers_what_is_out)
{
	bridge_start_far();
	bridge_open();
	bridge_ask(0, 3);
	bridge_run(BRIDGE_SECOND_US);
	bridge_ask(1, 3);
	bridge_close();
	bridge_run(BRIDGE_SECOND_US);
	cr_assert(bridge.closed);
	bridge_expect(0, ERROR_CANCELLED);
	bridge_expect(1, ERROR_CANCELLED);
}

Test(broker_link, close_answers_what_was_never_sent)
{
	bridge_open();
	bridge_ask(0, 3);
	bridge_close();
	bridge_run(BRIDGE_SECOND_US);
	cr_assert(bridge.closed);
	cr_assert_eq(bridge.asked[0].answers, 1);
}

Test(broker_link, may_be_closed_from_inside_an_answer)
{
	bridge.answers_at_once = true;
	bridge_start_far();
	bridge_open();
	bridge.asked[0].closes = true;
	bridge_ask_many(0, 3);
	bridge_run(BRIDGE_SECOND_US);
	cr_assert(bridge.closed);
	bridge_expect(0, ERROR_NONE);
	bridge_expect(1, ERROR_CANCELLED);
	bridge_expect(2, ERROR_CANCELLED);
}

Test(broker_link, may_be_closed_from_inside_the_answer_of_a_loss)
{
	bridge_start_far();
	bridge_open();
	bridge.asked[0].closes = true;
	bridge_ask_many(0, 3);
	bridge_run(BRIDGE_SECOND_US);
	bridge_hang_up();
	bridge_run(BRIDGE_SECOND_US);
	cr_assert(bridge.closed);
	bridge_expect(0, ERROR_CONNECTION_CLOSED);
	bridge_expect(2, ERROR_CONNECTION_CLOSED);
}

Test(broker_link, goes_to_a_new_address_at_once)
{
	bridge_start_far();
	bridge_start_other();
	bridge_open();
	bridge_ask(0, 3);
	bridge_run(BRIDGE_SECOND_US);
	cr_assert_eq(bridge.received_count, 1);
	bridge.answers_at_once = true;
	bridge_enter();
	broker_link_set_address(bridge.link, "10.0.0.3", BRIDGE_PORT);
	cr_assert_eq(bridge.asked[0].answers, 0);
	bridge_leave();
	bridge_ask(1, 3);
	bridge_run(BRIDGE_SECOND_US);
	bridge_expect(0, ERROR_CONNECTION_RESET);
	bridge_expect(1, ERROR_NONE);
	cr_assert_eq(bridge.received[1].connection, 2);
}

Test(broker_link, takes_what_waits_to_a_new_address)
{
	bridge.answers_at_once = true;
	bridge_start_other();
	sim_net_block_both(&bridge.net, 0, 1);
	bridge_open();
	bridge_ask(0, 3);
	bridge_run(BRIDGE_SECOND_US);
	cr_assert_eq(bridge.asked[0].answers, 0);
	bridge_enter();
	broker_link_set_address(bridge.link, "10.0.0.3", BRIDGE_PORT);
	bridge_leave();
	bridge_run(BRIDGE_SECOND_US);
	bridge_expect(0, ERROR_NONE);
}

Test(broker_link, the_same_address_changes_nothing)
{
	bridge_start_far();
	bridge_open();
	bridge_ask(0, 3);
	bridge_run(BRIDGE_SECOND_US);
	bridge_enter();
	broker_link_set_address(bridge.link, "10.0.0.2", BRIDGE_PORT);
	bridge_leave();
	bridge_answer(0, 4);
	bridge_run(BRIDGE_SECOND_US);
	bridge_expect(0, ERROR_NONE);
	cr_assert_eq(bridge.connections, 1);
}

Test(broker_link, a_reset_answers_what_is_out_and_connects_anew)
{
	bridge_start_far();
	bridge_open();
	bridge_ask(0, 3);
	bridge_run(BRIDGE_SECOND_US);
	cr_assert_eq(bridge.received_count, 1);
	bridge.answers_at_once = true;
	bridge_enter();
	broker_link_reset(bridge.link);
	cr_assert_eq(bridge.asked[0].answers, 0, "not inside the call");
	bridge_leave();
	bridge_ask(1, 3);
	bridge_run(BRIDGE_SECOND_US);
	bridge_expect(0, ERROR_CONNECTION_RESET);
	bridge_expect(1, ERROR_NONE);
	cr_assert_eq(bridge.connections, 2);
}

Test(broker_link, a_reset_answers_what_waits_for_a_connection)
{
	sim_net_block_both(&bridge.net, 0, 1);
	bridge_open();
	bridge_ask(0, 3);
	bridge_run(BRIDGE_SECOND_US);
	cr_assert_eq(bridge.asked[0].answers, 0);
	bridge_enter();
	broker_link_reset(bridge.link);
	bridge_leave();
	bridge_run(BRIDGE_SECOND_US / 10);
	bridge_expect(0, ERROR_CONNECTION_RESET);
}
