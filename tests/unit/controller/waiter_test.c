#include "controller/waiter.h"

#include <criterion/criterion.h>

#include "model.h"
#include "town.h"

static struct model it;

static void
set_up(void)
{
	model_init(&it);
	model_broker(&it, 1, NULL);
}

static void
tear_down(void)
{
	model_fini(&it);
}

TestSuite(waiter, .init = set_up, .fini = tear_down);

static bool
is_there(enum waiter_kind kind, const struct context_topic *topic, int32_t from)
{
	return waiter_topic_is_there(&it.context, kind, &(struct waiter_topic){ 0,
	    slice_of_text("a"), topic == NULL ? (struct uuid){ { 8 } } : topic->id, from });
}

Test(waiter, waits_for_leaders_of_all_partitions)
{
	struct context_topic *topic = model_topic(&it, "a", "1;1");

	cr_assert_not(is_there(WAITER_LED, topic, 0));
	model_led(topic, 1, 1, "1");
	cr_assert_not(is_there(WAITER_LED, topic, 0));
	cr_assert(is_there(WAITER_LED, topic, 1));
	model_led(topic, 0, 1, "1");
	cr_assert(is_there(WAITER_LED, topic, 0));
	topic->to_delete = true;
	cr_assert_not(is_there(WAITER_LED, topic, 0));
}

Test(waiter, waits_for_a_topic_to_be_gone)
{
	struct context_topic *topic;

	cr_assert(is_there(WAITER_GONE, NULL, 0));
	topic = model_topic(&it, "a", "1");
	cr_assert_not(is_there(WAITER_GONE, topic, 0));
	cr_assert(is_there(WAITER_GONE, NULL, 0)); /* another of the same name */
	topic->deletion_ineligible = true;
	cr_assert_not(is_there(WAITER_GONE, topic, 0));
	topic->deletion_begun = true;
	cr_assert(is_there(WAITER_GONE, topic, 0)); /* as far as it can go now */
}

/* ------------------------------------------------------------------- town */

static struct town_fixture town;

static void
end_town(void)
{
	town_end(&town);
}

TestSuite(waiters, .fini = end_town);

static int16_t
create_within(int32_t timeout_ms, int64_t us)
{
	struct town_call call;
	int16_t code;

	town_call_init(&call, CONTROLLER_CREATE_TOPICS, 7);
	town_add_topic(&call, "a", 2, 1);
	call.request.create.timeout_ms = timeout_ms;
	town_ask_and_wait(&town, &call, us);
	code = call.response.create.topics.items[0].error_code;
	town_call_fini(&call);
	return code;
}

Test(waiters, answer_at_once_when_there_is_no_time)
{
	town_begin(&town, 1, NULL);
	cr_assert_eq(create_within(0, TOWN_SECOND_US), KAFKA_ERROR_REQUEST_TIMED_OUT);
	cr_assert_not_null(town_node(&town.town, "/brokers/topics/a"));
}

Test(waiters, wait_until_our_own_broker_has_heard)
{
	town_begin(&town, 1, NULL);
	town_leader(&town)->is_mute = true;
	cr_assert_eq(create_within(600, 500000 + TOWN_SECOND_US), KAFKA_ERROR_NONE);
	cr_assert_not_null(town_node(&town.town, "/brokers/topics/a/partitions/0/state"));
}

Test(waiters, time_out_while_nobody_can_lead)
{
	struct town_call call;

	town_begin(&town, 1, NULL);
	town_call_init(&call, CONTROLLER_CREATE_TOPICS, 7);
	town_add_assignment(&call, town_add_topic(&call, "a", -1, -1), 0, (int32_t[]){ 7, -1 });
	call.request.create.timeout_ms = 2000;
	town_ask_and_wait(&town, &call, 3 * TOWN_SECOND_US);
	cr_assert_eq(call.response.create.topics.items[0].error_code,
	    KAFKA_ERROR_REQUEST_TIMED_OUT);
	cr_assert_eq(call.response.create.topics.items[0].num_partitions, -1);
	town_call_fini(&call);
}

Test(waiters, are_refused_when_the_reign_ends)
{
	struct town_call call;

	town_begin(&town, 1, NULL);
	town_call_init(&call, CONTROLLER_CREATE_TOPICS, 7);
	town_add_assignment(&call, town_add_topic(&call, "a", -1, -1), 0, (int32_t[]){ 7, -1 });
	call.request.create.timeout_ms = 60000;
	town_ask(town_leader(&town), &call);
	town_run(&town, TOWN_SECOND_US);
	cr_assert_not(call.is_answered);
	town_write(town_leader(&town), ZNODE_OP_DELETE, "/controller", NULL);
	town_run(&town, TOWN_SECOND_US);
	cr_assert(call.is_answered);
	cr_assert_eq(call.response.create.topics.items[0].error_code, KAFKA_ERROR_NOT_CONTROLLER);
	town_call_fini(&call);
}
