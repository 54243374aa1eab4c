#include "klammd/controller_link.h"

#include <criterion/criterion.h>

#include "tests/unit/cluster/bridge.h"
#include "tests/unit/config/given.h"
#include "wire/kafka_error.h"

enum { OWN = 1, OTHER = 2, THIRD = 3, NOBODY = -1 };

struct asked {
	struct controller_link_request request;
	struct alter_partition_request body;
	int answers;
	enum error error;
	int16_t code; /* of the response */
	int fits;
	int16_t fitted;
	bool asks_again; /* when it is answered, once */
};

static struct controller_link *link_at_hand;
static struct given given;
static struct image *image;
static struct asked asked[4];
static bool closed;

/* The controller of this process, as the link sees it. */
static bool is_active;
static struct controller_call *called; /* that waits for its answer */
static int call_count;

bool
controller_is_active(const struct controller *controller UNUSED)
{
	return is_active;
}

void
controller_ask(struct controller *controller UNUSED, struct controller_call *call)
{
	cr_assert_null(called);
	called = call;
	call_count++;
}

static void
answer_here(int16_t with)
{
	struct controller_call *call = called;

	cr_assert_not_null(call);
	called = NULL;
	if (call->type == CONTROLLER_ALTER_PARTITION)
		((struct alter_partition_response *)call->response)->error_code = with;
	if (call->type == CONTROLLER_ALLOCATE_PRODUCER_IDS)
		((struct allocate_producer_ids_response *)call->response)->error_code = with;
	bridge_enter();
	call->done(call);
	bridge_leave();
}

static void
done(struct controller_link_request *request, enum error error, const void *response)
{
	struct asked *it = container_of(request, struct asked, request);

	it->answers++;
	it->error = error;
	cr_assert_eq(error == ERROR_NONE, response != NULL);
	if (response != NULL && request->key == API_KEY_ALTER_PARTITION)
		it->code = ((const struct alter_partition_response *)response)->error_code;
	if (it->asks_again) {
		it->asks_again = false;
		controller_link_ask(link_at_hand, request);
	}
}

static void
fit(struct controller_link_request *request, int16_t version)
{
	struct asked *it = container_of(request, struct asked, request);

	it->fits++;
	it->fitted = version;
}

static void
ask(int index, int16_t key)
{
	static const struct create_topics_request topics = { .timeout_ms = 1000 };
	struct asked *it = &asked[index];

	it->body = alter_partition_request_defaults;
	it->request.key = key;
	it->request.body = &it->body;
	if (key == API_KEY_CREATE_TOPICS)
		it->request.body = &topics;
	it->request.done = done;
	it->request.fit = fit;
	bridge_enter();
	controller_link_ask(link_at_hand, &it->request);
	cr_assert_eq(it->answers, 0);
	bridge_leave();
}

static int32_t epoch = 1;

/* Who is controller; brokers 2 and 3 live at machines 1 and 2. */
static void
tell(int32_t controller, const char *listener)
{
	struct update_metadata_request_update_metadata_broker brokers[2];
	struct update_metadata_request_update_metadata_endpoint endpoints[2];
	struct update_metadata_request request = update_metadata_request_defaults;
	struct image *next;

	for (int i = 0; i < 2; i++) {
		endpoints[i] = update_metadata_request_update_metadata_endpoint_defaults;
		endpoints[i].listener = slice_of_text(listener);
		endpoints[i].host = slice_of_text(i == 0 ? "10.0.0.2" : "10.0.0.3");
		endpoints[i].port = BRIDGE_PORT;
		brokers[i] = update_metadata_request_update_metadata_broker_defaults;
		brokers[i].id = OTHER + i;
		brokers[i].endpoints.items = &endpoints[i];
		brokers[i].endpoints.count = 1;
	}
	request.controller_id = controller;
	request.controller_epoch = epoch;
	request.live_brokers.items = brokers;
	request.live_brokers.count = 2;
	bridge_enter();
	next = image_updated(image, &request);
	image_release(image);
	image = next;
	controller_link_take_image(link_at_hand, image);
	bridge_leave();
}

static void
note_close(void *context)
{
	cr_assert_eq(context, &closed);
	closed = true;
}

static void
close_link(void)
{
	bridge_enter();
	controller_link_close(link_at_hand, note_close, &closed);
	cr_assert_not(closed);
	bridge_leave();
}

static void
make(const char *properties)
{
	given_set(&given, properties);
	cr_assert_not_null(given.config, "%s", given_print(&given));
	bridge_enter();
	link_at_hand = controller_link_new(&(struct controller_link_options){
		&bridge.near.world, given.config, OWN, NULL });
	bridge_leave();
}

static void
set_up(void)
{
	given_init(&given);
	bridge_set_up();
	bridge.options.loop = bridge.near.world.control;
	bridge.options.client_id = "1";
	bridge.answers_at_once = true;
	bridge.alter_partition_max_version = 3;
	image = image_new();
	make("request.timeout.ms=2000");
}

static void
tear_down(void)
{
	if (!closed)
		close_link();
	bridge_run(BRIDGE_SECOND_US);
	cr_assert(closed);
	image_release(image);
	bridge_tear_down();
	given_fini(&given);
}

static void
expect(int index, enum error error, int16_t with)
{
	cr_assert_eq(asked[index].answers, 1, "%d answers", asked[index].answers);
	cr_assert_eq(asked[index].error, error, "%s", error_text(asked[index].error));
	cr_assert_eq(asked[index].code, with, "%d", asked[index].code);
}

TestSuite(controller_link, .init = set_up, .fini = tear_down);

/* --------------------------------------------------------- in this process */

Test(controller_link, asks_the_controller_of_this_process_without_a_connection)
{
	is_active = true;
	ask(0, API_KEY_ALTER_PARTITION);
	cr_assert_eq(call_count, 1);
	cr_assert_eq(called->type, CONTROLLER_ALTER_PARTITION);
	cr_assert_eq(called->version, 3);
	cr_assert_eq(asked[0].fitted, 3);
	answer_here(KAFKA_ERROR_STALE_BROKER_EPOCH);
	expect(0, ERROR_NONE, KAFKA_ERROR_STALE_BROKER_EPOCH);
	cr_assert_eq(bridge.connections, 0);
}

Test(controller_link, asks_for_topics_without_waiting_for_them)
{
	is_active = true;
	ask(0, API_KEY_CREATE_TOPICS);
	cr_assert_eq(called->type, CONTROLLER_AUTO_CREATE);
	answer_here(0);
	expect(0, ERROR_NONE, 0);
}

Test(controller_link, asks_again_when_it_is_not_the_controller_any_more)
{
	is_active = true;
	bridge_start_far();
	ask(0, API_KEY_ALLOCATE_PRODUCER_IDS);
	is_active = false;
	answer_here(KAFKA_ERROR_NOT_CONTROLLER);
	cr_assert_eq(asked[0].answers, 0);
	tell(OTHER, "PLAINTEXT");
	bridge_run(BRIDGE_SECOND_US);
	expect(0, ERROR_NONE, 0);
	cr_assert_eq(bridge.received[0].key, API_KEY_ALLOCATE_PRODUCER_IDS);
}

Test(controller_link, a_close_waits_for_the_controller_of_this_process)
{
	is_active = true;
	ask(0, API_KEY_ALTER_PARTITION);
	close_link();
	bridge_run(BRIDGE_SECOND_US);
	cr_assert_not(closed);
	answer_here(KAFKA_ERROR_NOT_CONTROLLER);
	bridge_run(BRIDGE_SECOND_US);
	cr_assert(closed);
	expect(0, ERROR_CANCELLED, 0);
}

/* --------------------------------------------------------------- elsewhere */

Test(controller_link, asks_the_controller_that_the_image_names)
{
	bridge_start_far();
	tell(OTHER, "PLAINTEXT");
	ask(0, API_KEY_ALTER_PARTITION);
	bridge_run(BRIDGE_SECOND_US);
	expect(0, ERROR_NONE, 0);
	cr_assert_eq(call_count, 0);
	cr_assert_eq(bridge.received[0].key, API_KEY_ALTER_PARTITION);
	cr_assert_eq(bridge.received[0].version, 3);
}

Test(controller_link, waits_until_there_is_a_controller)
{
	bridge_start_far();
	ask(0, API_KEY_ALTER_PARTITION);
	bridge_run(BRIDGE_SECOND_US);
	tell(NOBODY, "PLAINTEXT");
	bridge_run(BRIDGE_SECOND_US);
	cr_assert_eq(asked[0].answers, 0);
	tell(OTHER, "PLAINTEXT");
	bridge_run(BRIDGE_SECOND_US / 20);
	expect(0, ERROR_NONE, 0);
}

Test(controller_link, waits_until_it_is_the_controller_that_the_image_names)
{
	tell(OWN, "PLAINTEXT");
	ask(0, API_KEY_ALTER_PARTITION);
	bridge_run(BRIDGE_SECOND_US);
	cr_assert_eq(call_count, 0);
	is_active = true;
	bridge_run(BRIDGE_SECOND_US);
	cr_assert_eq(call_count, 1);
	answer_here(0);
	expect(0, ERROR_NONE, 0);
}

Test(controller_link, asks_again_when_it_came_to_another_broker)
{
	bridge.answers_at_once = false;
	bridge_start_far();
	tell(OTHER, "PLAINTEXT");
	ask(0, API_KEY_ALTER_PARTITION);
	bridge_run(BRIDGE_SECOND_US / 20);
	bridge_answer_code(0, KAFKA_ERROR_NOT_CONTROLLER);
	bridge_run(BRIDGE_SECOND_US / 20);
	cr_assert_eq(bridge.received_count, 1, "not at once");
	bridge_run(BRIDGE_SECOND_US / 10);
	cr_assert_eq(bridge.received_count, 2);
	cr_assert_eq(asked[0].answers, 0);
	bridge_answer_code(1, KAFKA_ERROR_STALE_BROKER_EPOCH);
	bridge_run(BRIDGE_SECOND_US / 20);
	expect(0, ERROR_NONE, KAFKA_ERROR_STALE_BROKER_EPOCH);
	cr_assert_eq(bridge.connections, 1);
}

Test(controller_link, asks_again_when_the_connection_is_lost)
{
	bridge.answers_at_once = false;
	bridge_start_far();
	tell(OTHER, "PLAINTEXT");
	ask(0, API_KEY_ALTER_PARTITION);
	bridge_run(BRIDGE_SECOND_US / 20);
	bridge_hang_up();
	bridge.answers_at_once = true;
	bridge_run(BRIDGE_SECOND_US);
	expect(0, ERROR_NONE, 0);
	cr_assert_eq(bridge.received_count, 2);
}

Test(controller_link, asks_again_when_no_answer_comes_in_time)
{
	bridge.answers_at_once = false;
	bridge_start_far();
	tell(OTHER, "PLAINTEXT");
	ask(0, API_KEY_ALTER_PARTITION);
	bridge_run(BRIDGE_SECOND_US);
	bridge.answers_at_once = true;
	bridge_run(BRIDGE_SECOND_US / 2);
	cr_assert_eq(asked[0].answers, 0);
	bridge_run(BRIDGE_SECOND_US);
	expect(0, ERROR_NONE, 0);
}

Test(controller_link, follows_the_controller_to_another_broker)
{
	bridge.answers_at_once = false;
	bridge_start_far();
	bridge_start_other();
	tell(OTHER, "PLAINTEXT");
	ask(0, API_KEY_ALTER_PARTITION);
	bridge_run(BRIDGE_SECOND_US);
	cr_assert_eq(bridge.received_count, 1);
	tell(THIRD, "PLAINTEXT");
	bridge.answers_at_once = true;
	ask(1, API_KEY_ALTER_PARTITION);
	bridge_run(BRIDGE_SECOND_US);
	expect(0, ERROR_NONE, 0);
	expect(1, ERROR_NONE, 0);
	cr_assert_eq(bridge.received[1].connection, 2);
}

/* Its machine has lost its power: nothing comes, not even a reset. */
Test(controller_link, waits_no_longer_for_who_is_controller_no_more)
{
	bridge.answers_at_once = false;
	bridge_start_far();
	bridge_start_other();
	tell(OTHER, "PLAINTEXT");
	ask(0, API_KEY_ALTER_PARTITION);
	bridge_run(BRIDGE_SECOND_US);
	cr_assert_eq(bridge.received_count, 1);
	bridge.answers_at_once = true;
	tell(THIRD, "PLAINTEXT");
	bridge_run(BRIDGE_SECOND_US / 2);
	expect(0, ERROR_NONE, 0);
	cr_assert_eq(bridge.received[1].connection, 2);
}

/* It is back, and controller again: nothing else has changed (seed 714070 of scenario cluster). */
Test(controller_link, waits_no_longer_for_an_earlier_life_of_the_controller)
{
	bridge.answers_at_once = false;
	bridge_start_far();
	tell(OTHER, "PLAINTEXT");
	ask(0, API_KEY_ALTER_PARTITION);
	bridge_run(BRIDGE_SECOND_US / 2);
	cr_assert_eq(bridge.received_count, 1);
	bridge.answers_at_once = true;
	epoch = 2;
	tell(OTHER, "PLAINTEXT");
	bridge_run(BRIDGE_SECOND_US / 2);
	expect(0, ERROR_NONE, 0);
	cr_assert_eq(bridge.connections, 2);
}

Test(controller_link, waits_for_nobody_when_there_is_no_controller)
{
	bridge.answers_at_once = false;
	bridge_start_far();
	tell(OTHER, "PLAINTEXT");
	ask(0, API_KEY_ALTER_PARTITION);
	bridge_run(BRIDGE_SECOND_US / 2);
	cr_assert_eq(bridge.received_count, 1);
	tell(-1, "PLAINTEXT");
	bridge_run(BRIDGE_SECOND_US / 2);
	cr_assert_eq(asked[0].answers, 0);
	bridge.answers_at_once = true;
	tell(OTHER, "PLAINTEXT");
	bridge_run(BRIDGE_SECOND_US / 2);
	expect(0, ERROR_NONE, 0);
}

Test(controller_link, an_image_with_the_same_controller_changes_nothing)
{
	bridge.answers_at_once = false;
	bridge_start_far();
	tell(OTHER, "PLAINTEXT");
	ask(0, API_KEY_ALTER_PARTITION);
	bridge_run(BRIDGE_SECOND_US / 20);
	tell(OTHER, "PLAINTEXT");
	bridge_answer_code(0, 0);
	bridge_run(BRIDGE_SECOND_US);
	expect(0, ERROR_NONE, 0);
	cr_assert_eq(bridge.connections, 1);
}

Test(controller_link, a_controller_without_our_listener_is_none)
{
	bridge_start_far();
	tell(OTHER, "SSL");
	ask(0, API_KEY_ALTER_PARTITION);
	bridge_run(BRIDGE_SECOND_US);
	cr_assert_eq(bridge.connections, 0);
	tell(OTHER, "PLAINTEXT");
	bridge_run(BRIDGE_SECOND_US);
	expect(0, ERROR_NONE, 0);
}

Test(controller_link, the_control_plane_listener_is_preferred)
{
	close_link();
	bridge_run(BRIDGE_SECOND_US);
	closed = false;
	make("listeners=PLAINTEXT://h:1,CONTROL://h:2\ncontrol.plane.listener.name=CONTROL\n"
	    "listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROL:PLAINTEXT");
	bridge_start_far();
	tell(OTHER, "CONTROL");
	ask(0, API_KEY_ALTER_PARTITION);
	bridge_run(BRIDGE_SECOND_US);
	expect(0, ERROR_NONE, 0);
}

/* --------------------------------------------------------------- versions */

Test(controller_link, takes_the_newest_version_that_the_controller_has)
{
	bridge.alter_partition_max_version = 2;
	bridge_start_far();
	tell(OTHER, "PLAINTEXT");
	ask(0, API_KEY_ALTER_PARTITION);
	bridge_run(BRIDGE_SECOND_US);
	expect(0, ERROR_NONE, 0);
	cr_assert_eq(bridge.received[0].version, 2);
	cr_assert_eq(asked[0].fitted, 2);
	cr_assert_eq(asked[0].request.version, 2);
}

Test(controller_link, takes_no_newer_version_than_the_request_can_have)
{
	bridge_start_far();
	tell(OTHER, "PLAINTEXT");
	asked[0].request.newest_version = 1;
	ask(0, API_KEY_ALTER_PARTITION);
	bridge_run(BRIDGE_SECOND_US);
	cr_assert_eq(bridge.received[0].version, 1);
	cr_assert_eq(asked[0].fitted, 1);
	is_active = true;
	asked[1].request.newest_version = 1;
	ask(1, API_KEY_ALTER_PARTITION);
	cr_assert_eq(called->version, 1);
	answer_here(0);
}

Test(controller_link, tells_that_the_controller_has_no_such_version)
{
	bridge_start_far();
	tell(OTHER, "PLAINTEXT");
	ask(0, API_KEY_CREATE_TOPICS);
	bridge_run(BRIDGE_SECOND_US);
	expect(0, ERROR_UNSUPPORTED, 0);
	cr_assert_eq(asked[0].fits, 0);
}

/* --------------------------------------------------------------- the ends */

Test(controller_link, gives_up_at_the_deadline)
{
	bridge_enter();
	asked[0].request.deadline_us = clock_monotonic_us(bridge.near.world.clock) + 500000;
	bridge_leave();
	ask(0, API_KEY_ALTER_PARTITION);
	bridge_run(450000);
	cr_assert_eq(asked[0].answers, 0);
	bridge_run(200000);
	expect(0, ERROR_TIMED_OUT, 0);
}

Test(controller_link, close_answers_what_is_out_and_what_waits)
{
	bridge.answers_at_once = false;
	bridge_start_far();
	ask(0, API_KEY_ALTER_PARTITION);
	tell(OTHER, "PLAINTEXT");
	bridge_run(BRIDGE_SECOND_US);
	cr_assert_eq(bridge.received_count, 1);
	tell(NOBODY, "PLAINTEXT");
	ask(1, API_KEY_ALTER_PARTITION);
	close_link();
	bridge_run(BRIDGE_SECOND_US);
	cr_assert(closed);
	expect(0, ERROR_CANCELLED, 0);
	expect(1, ERROR_CANCELLED, 0);
}

Test(controller_link, may_be_asked_from_inside_an_answer)
{
	bridge_start_far();
	tell(OTHER, "PLAINTEXT");
	asked[0].asks_again = true;
	ask(0, API_KEY_ALTER_PARTITION);
	bridge_run(BRIDGE_SECOND_US);
	cr_assert_eq(asked[0].answers, 2);
	cr_assert_eq(bridge.received_count, 2);
}

Test(controller_link, what_is_asked_by_the_answers_of_a_close_is_cancelled_too)
{
	asked[0].asks_again = true;
	ask(0, API_KEY_ALTER_PARTITION);
	close_link();
	bridge_run(BRIDGE_SECOND_US);
	cr_assert(closed);
	cr_assert_eq(asked[0].answers, 2);
	cr_assert_eq(asked[0].error, ERROR_CANCELLED);
}
