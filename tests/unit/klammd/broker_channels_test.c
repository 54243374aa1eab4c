#include "klammd/broker_channels.h"

#include <criterion/criterion.h>
#include <string.h>

#include "tests/unit/cluster/bridge.h"
#include "tests/unit/config/given.h"

enum { OWN = 1, OTHER = 2 };

struct told {
	struct controller_message message;
	int answers;
	int order;
	bool was_answered; /* not given up */
	bool sends_next;   /* when it is answered */
};

static struct broker_channels channels;
static struct broker_control_port port;
static struct broker_control_call *obeyed; /* the one under way */
static int obeyed_count;
static int32_t obeyed_controllers[8];
static bool obeys_at_once;
static struct given given;
static struct told told[8];
static int answer_count;
static bool stopped;

static void send(int32_t broker, int number, int16_t key, int16_t version);

static void
obey(struct broker_control_port *it UNUSED, struct broker_control_call *call)
{
	cr_assert_null(obeyed, "one at a time");
	cr_assert_eq(call->loop, bridge.options.loop);
	obeyed_controllers[obeyed_count++] = *(const int32_t *)call->request;
	if (obeys_at_once)
		call->done(call);
	else
		obeyed = call;
}

static void
finish(void)
{
	struct broker_control_call *call = obeyed;

	cr_assert_not_null(call);
	obeyed = NULL;
	bridge_enter();
	call->done(call);
	bridge_leave();
}

static void
answered(struct controller_message *message, const void *response)
{
	struct told *it = container_of(message, struct told, message);

	it->answers++;
	it->order = ++answer_count;
	it->was_answered = response != NULL;
	/* As the controller does: it is gone with that. */
	arena_fini(&message->arena);
	memset(message, 0xdd, sizeof(*message));
	if (it->sends_next)
		send(OTHER, (int)(it - told) + 1, API_KEY_STOP_REPLICA, 4);
}

/* Told apart by their controller. */
static void
send(int32_t broker, int number, int16_t key, int16_t version)
{
	const struct message_type *type = message_type_find(key, false);
	struct controller_message *message = &told[number].message;

	*message = (struct controller_message){
		.key = key, .version = version, .answered = answered };
	list_init(&message->link);
	arena_init(&message->arena, SIZE_MAX);
	message->request = arena_new(&message->arena, type->structure->size);
	message_set_defaults(type, message->request);
	*(int32_t *)message->request = 100 + number;
	channels.channels.send(&channels.channels, broker, message);
}

static void
tell(int32_t broker, int number)
{
	bridge_enter();
	send(broker, number, API_KEY_UPDATE_METADATA, 8);
	cr_assert_eq(told[number].answers, 0);
	bridge_leave();
}

static void
register_at(int32_t broker, const char *listener, const char *host, int32_t at, bool is_new)
{
	struct payload_endpoint endpoints[2] = {
		{ .listener = slice_of_text("ELSE"), .host = slice_of_text("10.9.9.9"), .port = 1 },
		{ .listener = slice_of_text(listener), .host = slice_of_text(host), .port = at } };
	struct payload_broker registration = { .endpoints = endpoints, .endpoint_count = 2 };

	bridge_enter();
	if (is_new)
		channels.channels.open(&channels.channels, broker, 7, &registration);
	else
		channels.channels.change(&channels.channels, broker, &registration);
	bridge_leave();
}

static void
open_at(int32_t broker, const char *listener, const char *host, int32_t at)
{
	register_at(broker, listener, host, at, true);
}

static void
change_to(int32_t broker, const char *listener, const char *host, int32_t at)
{
	register_at(broker, listener, host, at, false);
}

static void
shut(int32_t broker)
{
	bridge_enter();
	channels.channels.close(&channels.channels, broker);
	bridge_leave();
}

static void
note_stop(void *context)
{
	cr_assert_eq(context, &channels);
	stopped = true;
}

static void
make(const char *properties)
{
	given_set(&given, properties);
	cr_assert_not_null(given.config, "%s", given_print(&given));
	bridge_enter();
	broker_channels_init(&channels, &(struct broker_channels_options){ &bridge.near.world,
		given.config, OWN, &port });
	bridge_leave();
}

static void
set_up(void)
{
	given_init(&given);
	bridge_set_up();
	bridge.options.loop = bridge.near.world.control;
	bridge.options.client_id = "1";
	port.obey = obey;
}

static void
stop(void)
{
	bridge_enter();
	broker_channels_stop(&channels, note_stop, &channels);
	bridge_leave();
}

static void
tear_down(void)
{
	if (!stopped)
		stop();
	bridge_run(BRIDGE_SECOND_US);
	cr_assert(stopped);
	bridge_enter();
	broker_channels_fini(&channels);
	bridge_leave();
	bridge_tear_down();
	given_fini(&given);
}

static void
open_other(void)
{
	make("");
	bridge_start_far();
	open_at(OTHER, "PLAINTEXT", "10.0.0.2", BRIDGE_PORT);
}

TestSuite(broker_channels, .init = set_up, .fini = tear_down);

/* ------------------------------------------------------------ this broker */

Test(broker_channels, does_not_obey_inside_the_call_that_sends)
{
	make("");
	obeys_at_once = true;
	open_at(OWN, "PLAINTEXT", "10.0.0.1", 1);
	bridge_enter();
	send(OWN, 0, API_KEY_UPDATE_METADATA, 8);
	cr_assert_eq(obeyed_count, 0);
	bridge_leave();
	bridge_run(BRIDGE_SECOND_US);
	cr_assert_eq(obeyed_count, 1);
	cr_assert(told[0].was_answered);
	cr_assert_eq(bridge.connections, 0);
}

Test(broker_channels, has_one_message_under_way_and_keeps_their_order)
{
	make("");
	open_at(OWN, "PLAINTEXT", "10.0.0.1", 1);
	for (int i = 0; i < 3; i++)
		tell(OWN, i);
	for (int i = 0; i < 3; i++) {
		bridge_run(BRIDGE_SECOND_US);
		cr_assert_eq(obeyed_count, i + 1);
		cr_assert_eq(obeyed_controllers[i], 100 + i);
		finish();
		cr_assert_eq(told[i].order, i + 1);
		cr_assert(told[i].was_answered);
	}
}

Test(broker_channels, gives_up_what_waits_when_it_is_closed)
{
	make("");
	open_at(OWN, "PLAINTEXT", "10.0.0.1", 1);
	tell(OWN, 0);
	bridge_run(BRIDGE_SECOND_US);
	tell(OWN, 1);
	bridge_enter();
	channels.channels.close(&channels.channels, OWN);
	cr_assert_eq(answer_count, 2, "before it returns");
	bridge_leave();
	cr_assert_not(told[0].was_answered);
	cr_assert_not(told[1].was_answered);
	finish();
	cr_assert_eq(answer_count, 2);
}

/* Its controller does not wait: the message is gone, and the request is still at work. */
Test(broker_channels, keeps_the_request_that_is_obeyed_when_it_is_closed)
{
	make("");
	open_at(OWN, "PLAINTEXT", "10.0.0.1", 1);
	tell(OWN, 0);
	bridge_run(BRIDGE_SECOND_US);
	shut(OWN);
	cr_assert_eq(*(const int32_t *)obeyed->request, 100);
	cr_assert_str_eq(arena_text(obeyed->arena, "answer", 6), "answer");
	stop();
	bridge_run(BRIDGE_SECOND_US);
	cr_assert_not(stopped, "it is at work");
	finish();
	cr_assert(stopped);
}

Test(broker_channels, obeys_the_next_term_only_after_what_was_under_way)
{
	make("");
	open_at(OWN, "PLAINTEXT", "10.0.0.1", 1);
	tell(OWN, 0);
	bridge_run(BRIDGE_SECOND_US);
	shut(OWN);
	open_at(OWN, "PLAINTEXT", "10.0.0.1", 1);
	tell(OWN, 1);
	bridge_run(BRIDGE_SECOND_US);
	cr_assert_eq(obeyed_count, 1);
	finish();
	bridge_run(BRIDGE_SECOND_US);
	cr_assert_eq(obeyed_count, 2);
	finish();
	cr_assert(told[1].was_answered);
}

/* ---------------------------------------------------------- other brokers */

Test(broker_channels, sends_one_message_at_a_time_and_the_next_when_it_is_answered)
{
	open_other();
	tell(OTHER, 0);
	tell(OTHER, 1);
	bridge_run(BRIDGE_SECOND_US);
	cr_assert_eq(bridge.received_count, 1);
	cr_assert_eq(bridge.received[0].controller, 100);
	cr_assert_eq(bridge.received[0].key, API_KEY_UPDATE_METADATA);
	cr_assert_eq(answer_count, 0);
	bridge_answer_defaults(0);
	bridge_run(BRIDGE_SECOND_US);
	cr_assert(told[0].was_answered);
	cr_assert_eq(bridge.received_count, 2);
	cr_assert_eq(bridge.received[1].controller, 101);
	bridge_answer_defaults(1);
	bridge_run(BRIDGE_SECOND_US);
	cr_assert(told[1].was_answered);
	cr_assert_eq(bridge.connections, 1);
}

Test(broker_channels, are_quiet_when_everybody_has_answered)
{
	open_other();
	open_at(OWN, "PLAINTEXT", "10.0.0.1", 1);
	cr_assert(broker_channels_are_quiet(&channels));
	tell(OTHER, 0);
	tell(OWN, 1);
	cr_assert_not(broker_channels_are_quiet(&channels));
	bridge_run(BRIDGE_SECOND_US);
	cr_assert_not(broker_channels_are_quiet(&channels));
	finish();
	cr_assert_not(broker_channels_are_quiet(&channels), "of the other nothing is heard");
	bridge_answer_defaults(0);
	bridge_run(BRIDGE_SECOND_US);
	cr_assert(broker_channels_are_quiet(&channels));
}

Test(broker_channels, sends_what_is_sent_by_an_answer)
{
	bridge.answers_at_once = true;
	open_other();
	told[0].sends_next = true;
	tell(OTHER, 0);
	bridge_run(BRIDGE_SECOND_US);
	cr_assert(told[1].was_answered);
}

Test(broker_channels, sends_again_until_it_is_answered)
{
	make("");
	open_at(OTHER, "PLAINTEXT", "10.0.0.2", BRIDGE_PORT);
	tell(OTHER, 0);
	bridge_run(3 * BRIDGE_SECOND_US); /* nobody listens */
	cr_assert_eq(answer_count, 0);
	bridge_start_far();
	bridge_run(BRIDGE_SECOND_US);
	cr_assert_eq(bridge.received_count, 1);
	bridge_hang_up();
	bridge_run(BRIDGE_SECOND_US);
	cr_assert_eq(bridge.received_count, 2);
	cr_assert_eq(bridge.received[1].controller, 100);
	bridge_answer_defaults(1);
	bridge_run(BRIDGE_SECOND_US);
	cr_assert_eq(told[0].answers, 1);
	cr_assert(told[0].was_answered);
}

Test(broker_channels, waits_a_tenth_of_a_second_between_two_attempts)
{
	bridge.log_text = "cannot connect";
	make("");
	open_at(OTHER, "PLAINTEXT", "10.0.0.2", BRIDGE_PORT);
	tell(OTHER, 0);
	bridge_run(BRIDGE_SECOND_US);
	cr_assert_eq(bridge.logged_count, 1, "one line for all of them");
	cr_assert_geq(bridge.net.next_stream, 9);
	cr_assert_leq(bridge.net.next_stream, 11);
}

Test(broker_channels, gives_up_a_broker_that_does_not_answer_in_time)
{
	bridge.log_text = "timed out";
	make("controller.socket.timeout.ms=2000");
	bridge_start_far();
	open_at(OTHER, "PLAINTEXT", "10.0.0.2", BRIDGE_PORT);
	tell(OTHER, 0);
	bridge_run(3 * BRIDGE_SECOND_US);
	cr_assert_eq(bridge.received_count, 2);
	cr_assert_eq(bridge.logged_count, 1);
	cr_assert_eq(answer_count, 0);
}

Test(broker_channels, gives_up_what_other_brokers_were_sent_when_it_is_closed)
{
	open_other();
	tell(OTHER, 0);
	bridge_run(BRIDGE_SECOND_US);
	tell(OTHER, 1);
	bridge_enter();
	channels.channels.close(&channels.channels, OTHER);
	cr_assert_eq(answer_count, 2, "before it returns");
	bridge_leave();
	cr_assert_not(told[0].was_answered);
	cr_assert_not(told[1].was_answered);
	bridge_run(BRIDGE_SECOND_US);
	cr_assert_eq(answer_count, 2);
}

Test(broker_channels, gives_up_what_waits_for_the_next_attempt)
{
	make("");
	open_at(OTHER, "PLAINTEXT", "10.0.0.2", BRIDGE_PORT);
	tell(OTHER, 0);
	bridge_run(BRIDGE_SECOND_US / 20);
	shut(OTHER);
	cr_assert_eq(answer_count, 1);
	bridge_start_far();
	cr_assert_eq(bridge.connections, 0);
}

Test(broker_channels, another_life_of_a_broker_gets_a_connection_of_its_own)
{
	bridge.answers_at_once = true;
	open_other();
	tell(OTHER, 0);
	bridge_run(BRIDGE_SECOND_US);
	shut(OTHER);
	open_at(OTHER, "PLAINTEXT", "10.0.0.2", BRIDGE_PORT);
	tell(OTHER, 1);
	bridge_run(BRIDGE_SECOND_US);
	cr_assert(told[1].was_answered);
	cr_assert_eq(bridge.connections, 2);
}

Test(broker_channels, a_living_broker_that_listens_elsewhere_is_followed)
{
	open_other();
	bridge_start_other();
	tell(OTHER, 0);
	bridge_run(BRIDGE_SECOND_US);
	tell(OTHER, 1);
	bridge.answers_at_once = true;
	change_to(OTHER, "PLAINTEXT", "10.0.0.3", BRIDGE_PORT);
	bridge_run(BRIDGE_SECOND_US);
	cr_assert_eq(told[0].order, 1);
	cr_assert_eq(told[1].order, 2);
	cr_assert(told[0].was_answered);
	cr_assert(told[1].was_answered);
	cr_assert_eq(bridge.received[1].connection, 2);
}

Test(broker_channels, a_broker_without_our_listener_is_told_when_it_has_one)
{
	bridge.log_text = "broker 2 has no listener PLAINTEXT";
	bridge.answers_at_once = true;
	make("");
	bridge_start_far();
	open_at(OTHER, "SSL", "10.0.0.2", BRIDGE_PORT);
	tell(OTHER, 0);
	bridge_run(BRIDGE_SECOND_US);
	cr_assert_eq(bridge.logged_count, 1);
	change_to(OTHER, "PLAINTEXT", "10.0.0.2", 0);
	change_to(OTHER, "PLAINTEXT", "", BRIDGE_PORT);
	cr_assert_eq(bridge.logged_count, 3);
	change_to(OTHER, "PLAINTEXT", "10.0.0.2", BRIDGE_PORT);
	bridge_run(BRIDGE_SECOND_US);
	cr_assert(told[0].was_answered);
}

Test(broker_channels, a_change_of_this_broker_itself_is_no_matter)
{
	make("");
	obeys_at_once = true;
	open_at(OWN, "PLAINTEXT", "10.0.0.1", 1);
	change_to(OWN, "PLAINTEXT", "10.0.0.1", 2);
	tell(OWN, 0);
	bridge_run(BRIDGE_SECOND_US);
	cr_assert(told[0].was_answered);
}

Test(broker_channels, a_broker_without_our_listener_can_be_closed)
{
	make("");
	open_at(OTHER, "SSL", "10.0.0.2", BRIDGE_PORT);
	tell(OTHER, 0);
	shut(OTHER);
	cr_assert_eq(answer_count, 1);
}

Test(broker_channels, the_control_plane_listener_is_preferred)
{
	bridge.answers_at_once = true;
	make("listeners=PLAINTEXT://h:1,CONTROL://h:2\ncontrol.plane.listener.name=CONTROL\n"
	    "listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROL:PLAINTEXT");
	bridge_start_far();
	open_at(OTHER, "CONTROL", "10.0.0.2", BRIDGE_PORT);
	tell(OTHER, 0);
	bridge_run(BRIDGE_SECOND_US);
	cr_assert(told[0].was_answered);
}

/* --------------------------------------------------------------- versions */

static void
expect_versions(const char *properties, int16_t leader_and_isr, int16_t update_metadata,
    int16_t stop_replica)
{
	bridge.answers_at_once = true;
	make(properties);
	bridge_start_far();
	open_at(OTHER, "PLAINTEXT", "10.0.0.2", BRIDGE_PORT);
	bridge_enter();
	send(OTHER, 0, API_KEY_LEADER_AND_ISR, 7);
	send(OTHER, 1, API_KEY_UPDATE_METADATA, 8);
	send(OTHER, 2, API_KEY_STOP_REPLICA, 4);
	bridge_leave();
	bridge_run(BRIDGE_SECOND_US);
	cr_assert_eq(answer_count, 3);
	cr_assert_eq(bridge.received[0].version, leader_and_isr);
	cr_assert_eq(bridge.received[1].version, update_metadata);
	cr_assert_eq(bridge.received[2].version, stop_replica);
}

Test(broker_channels, versions_are_the_newest_by_default)
{
	expect_versions("", 7, 8, 4);
}

Test(broker_channels, versions_before_3_4)
{
	expect_versions("inter.broker.protocol.version=3.3", 6, 7, 3);
}

Test(broker_channels, versions_before_3_2)
{
	expect_versions("inter.broker.protocol.version=2.8", 5, 7, 3);
}

Test(broker_channels, nobody_is_recovering_before_3_2)
{
	struct leader_and_isr_request_leader_and_isr_partition_state partition =
	    leader_and_isr_request_leader_and_isr_partition_state_defaults;
	struct leader_and_isr_request_leader_and_isr_topic_state topic =
	    leader_and_isr_request_leader_and_isr_topic_state_defaults;
	struct controller_message *message = &told[0].message;
	struct leader_and_isr_request *request;

	bridge.answers_at_once = true;
	make("inter.broker.protocol.version=3.1");
	bridge_start_far();
	open_at(OTHER, "PLAINTEXT", "10.0.0.2", BRIDGE_PORT);
	partition.leader_recovery_state = 1;
	topic.topic_name = slice_of_text("orders");
	topic.partition_states.items = &partition;
	topic.partition_states.count = 1;
	*message = (struct controller_message){
		.key = API_KEY_LEADER_AND_ISR, .version = 7, .answered = answered };
	arena_init(&message->arena, SIZE_MAX);
	request = arena_new(&message->arena, sizeof(*request));
	*request = leader_and_isr_request_defaults;
	request->topic_states.items = &topic;
	request->topic_states.count = 1;
	message->request = request;
	bridge_enter();
	channels.channels.send(&channels.channels, OTHER, message);
	bridge_leave();
	bridge_run(BRIDGE_SECOND_US);
	cr_assert(told[0].was_answered);
}
