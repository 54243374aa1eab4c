#include <criterion/criterion.h>

#include "tests/unit/cluster/bridge.h"

TestSuite(broker_link_connect, .init = bridge_set_up, .fini = bridge_tear_down);

Test(broker_link_connect, refused_answers_all_that_wait)
{
	bridge_open();
	bridge_ask_many(0, 3);
	bridge_run(BRIDGE_SECOND_US);
	for (int i = 0; i < 3; i++)
		bridge_expect(i, ERROR_CONNECTION_REFUSED);
}

Test(broker_link_connect, waits_longer_from_failure_to_failure)
{
	int64_t before_us, waited_us[4];

	bridge.log_text = "cannot connect to broker at 10.0.0.2:9092: connection refused";
	bridge_open();
	for (int i = 0; i < 4; i++) {
		before_us = bridge.sim.now_us;
		bridge_ask(i, 3);
		while (bridge.asked[i].answers == 0)
			bridge_run(1000);
		waited_us[i] = bridge.asked[i].answered_us - before_us;
		bridge_expect(i, ERROR_CONNECTION_REFUSED);
	}
	cr_assert_lt(waited_us[0], 50000);
	cr_assert_geq(waited_us[1], 90000);
	cr_assert_lt(waited_us[1], 150000);
	cr_assert_geq(waited_us[2], 190000);
	cr_assert_lt(waited_us[2], 250000);
	cr_assert_geq(waited_us[3], 390000);
	cr_assert_lt(waited_us[3], 450000);
	cr_assert_eq(bridge.logged_count, 1);
}

Test(broker_link_connect, an_answer_shortens_the_wait_again)
{
	bridge_open();
	for (int i = 0; i < 4; i++) {
		bridge_ask(i, 3);
		bridge_run(BRIDGE_SECOND_US);
	}
	bridge.answers_at_once = true;
	bridge_start_far();
	bridge_ask(4, 3);
	bridge_run(BRIDGE_SECOND_US);
	bridge_expect(4, ERROR_NONE);
	sim_process_kill(&bridge.far);
	bridge_run(BRIDGE_SECOND_US);
	bridge_ask(5, 3);
	bridge_run(50000);
	bridge_expect(5, ERROR_CONNECTION_REFUSED);
	bridge_ask(6, 3);
	bridge_run(150000);
	bridge_expect(6, ERROR_CONNECTION_REFUSED);
}

Test(broker_link_connect, gives_up_a_machine_that_does_not_answer)
{
	bridge_start_far();
	sim_net_block_both(&bridge.net, 0, 1);
	bridge_open();
	bridge_ask(0, 3);
	bridge_run(2900000);
	cr_assert_eq(bridge.answer_count, 0);
	bridge_run(300000);
	bridge_expect(0, ERROR_TIMED_OUT);
	sim_net_heal(&bridge.net);
	bridge.answers_at_once = true;
	bridge_ask(1, 3);
	bridge_run(BRIDGE_SECOND_US);
	bridge_expect(1, ERROR_NONE);
}

/* ------------------------------------------------------------------ names */

static void
open_by_name(void)
{
	bridge.options.host = "broker";
	bridge.answers_at_once = true;
	bridge_start_far();
	bridge_open();
}

Test(broker_link_connect, looks_a_name_up)
{
	open_by_name();
	bridge_ask(0, 3);
	bridge_run(BRIDGE_SECOND_US);
	bridge_expect(0, ERROR_NONE);
	cr_assert_eq(bridge.lookups, 1);
}

Test(broker_link_connect, looks_up_no_address)
{
	bridge.answers_at_once = true;
	bridge_start_far();
	bridge_open();
	bridge_ask(0, 3);
	bridge_run(BRIDGE_SECOND_US);
	bridge_expect(0, ERROR_NONE);
	cr_assert_eq(bridge.lookups, 0);
}

Test(broker_link_connect, looks_a_name_up_again_after_a_loss)
{
	open_by_name();
	bridge_ask(0, 3);
	bridge_run(BRIDGE_SECOND_US);
	bridge_hang_up();
	bridge_start_other();
	sim_net_address(2, 0, &bridge.names[0]);
	bridge_ask(1, 3);
	bridge_run(BRIDGE_SECOND_US);
	bridge_expect(1, ERROR_NONE);
	cr_assert_eq(bridge.lookups, 2);
}

Test(broker_link_connect, tells_that_a_name_is_unknown)
{
	bridge.lookup_error = ERROR_NOT_FOUND;
	bridge.name_count = 0;
	open_by_name();
	bridge_ask_many(0, 2);
	bridge_run(BRIDGE_SECOND_US);
	bridge_expect(0, ERROR_NOT_FOUND);
	bridge_expect(1, ERROR_NOT_FOUND);
}

Test(broker_link_connect, tries_each_address_of_a_name)
{
	sim_net_address(20, 0, &bridge.names[0]); /* no such machine */
	sim_net_address(2, 0, &bridge.names[1]);  /* nobody listens */
	sim_net_address(1, 0, &bridge.names[2]);
	bridge.name_count = 3;
	open_by_name();
	bridge_ask(0, 3);
	bridge_run(BRIDGE_SECOND_US);
	bridge_expect(0, ERROR_NONE);
}

Test(broker_link_connect, goes_on_to_the_next_address_when_one_says_nothing)
{
	sim_net_address(2, 0, &bridge.names[0]);
	sim_net_address(1, 0, &bridge.names[1]);
	bridge.name_count = 2;
	sim_net_block_both(&bridge.net, 0, 2);
	open_by_name();
	bridge_ask(0, 3);
	bridge_run(2 * BRIDGE_SECOND_US);
	cr_assert_eq(bridge.answer_count, 0);
	bridge_run(2 * BRIDGE_SECOND_US);
	bridge_expect(0, ERROR_NONE);
}

Test(broker_link_connect, a_close_does_not_wait_for_the_look_up)
{
	open_by_name();
	bridge_ask(0, 3);
	bridge_close();
	while (!bridge.closed)
		bridge_run(1);
	cr_assert_eq(bridge.lookups, 0);
	bridge_expect(0, ERROR_CANCELLED);
	bridge_run(BRIDGE_SECOND_US);
	cr_assert_eq(bridge.lookups, 1);
	cr_assert_eq(bridge.connections, 0);
}

Test(broker_link_connect, a_look_up_of_an_old_name_is_not_used)
{
	open_by_name();
	bridge_start_other();
	bridge_ask(0, 3);
	bridge_enter();
	broker_link_set_address(bridge.link, "10.0.0.3", BRIDGE_PORT);
	bridge_leave();
	sim_process_kill(&bridge.far);
	bridge.names[0] = bridge.names[1] = (struct net_address){ 0 };
	bridge.name_count = 0;
	bridge_run(BRIDGE_SECOND_US);
	bridge_expect(0, ERROR_NONE);
}

/* --------------------------------------------------------------- versions */

static void
take_newest(struct broker_link_request *request, struct broker_link *link)
{
	request->version = broker_link_version(link, API_KEY_HEARTBEAT, 0, 4);
}

static void
open_negotiating(void)
{
	bridge.options.negotiate = true;
	bridge.answers_at_once = true;
	bridge_start_far();
	bridge_open();
	for (int i = 0; i < BRIDGE_REQUESTS; i++)
		bridge.asked[i].request.prepare = take_newest;
}

Test(broker_link_connect, takes_the_newest_version_that_both_have)
{
	open_negotiating();
	bridge_ask(0, 4);
	bridge_run(BRIDGE_SECOND_US);
	bridge_expect(0, ERROR_NONE);
	cr_assert_eq(bridge.received[0].version, 2);
	bridge_enter();
	cr_assert_eq(broker_link_version(bridge.link, API_KEY_HEARTBEAT, 0, 1), 1);
	cr_assert_eq(broker_link_version(bridge.link, API_KEY_HEARTBEAT, 0, 0), -1);
	cr_assert_eq(broker_link_version(bridge.link, API_KEY_HEARTBEAT, 3, 4), -1);
	cr_assert_eq(broker_link_version(bridge.link, API_KEY_FETCH, 0, 20), 17);
	cr_assert_eq(broker_link_version(bridge.link, API_KEY_PRODUCE, 0, 20), -1);
	bridge_leave();
}

Test(broker_link_connect, asks_for_versions_on_each_connection)
{
	open_negotiating();
	bridge_ask(0, 4);
	bridge_run(BRIDGE_SECOND_US);
	bridge_hang_up();
	bridge_run(BRIDGE_SECOND_US);
	bridge_enter();
	cr_assert_eq(broker_link_version(bridge.link, API_KEY_HEARTBEAT, 0, 4), -1);
	bridge_leave();
	bridge.heartbeat_max_version = 3;
	bridge_ask(1, 4);
	bridge_run(BRIDGE_SECOND_US);
	bridge_expect(1, ERROR_NONE);
	cr_assert_eq(bridge.received[1].version, 3);
}

Test(broker_link_connect, a_request_without_a_version_in_common_is_not_sent)
{
	open_negotiating();
	bridge.heartbeat_max_version = 0; /* below its own first one */
	bridge_ask(0, 4);
	bridge_run(BRIDGE_SECOND_US);
	bridge_expect(0, ERROR_UNSUPPORTED);
	cr_assert_eq(bridge.received_count, 0);
}

Test(broker_link_connect, a_refused_exchange_of_versions_is_a_failed_attempt)
{
	bridge.api_versions_error = 35;
	bridge.log_text = "cannot connect";
	open_negotiating();
	bridge_ask(0, 4);
	bridge_run(BRIDGE_SECOND_US);
	bridge_expect(0, ERROR_UNSUPPORTED);
	cr_assert_eq(bridge.logged_count, 1);
}
