/* CREATE_PARTITIONS, as clients see it. */
#include <criterion/criterion.h>

#include "controller/call_job.h"
#include "town.h"

static struct town_fixture it;

static void
set_up(void)
{
	town_begin(&it, 2, NULL);
	cr_assert_eq(town_create(&it, "t", 2, 2), KAFKA_ERROR_NONE);
}

static void
tear_down(void)
{
	town_end(&it);
}

TestSuite(create_partitions_call, .init = set_up, .fini = tear_down);

Test(create_partitions_call, adds_them_behind_what_stands_there)
{
	char before[512];
	const char *after;
	size_t kept;

	snprintf(before, sizeof(before), "%s", town_node(&it.town, "/brokers/topics/t"));
	cr_assert_eq(town_grow(&it, "t", 5), KAFKA_ERROR_NONE);
	after = town_node(&it.town, "/brokers/topics/t");
	kept = (size_t)(strchr(before, '}') - before);
	cr_assert_eq(strncmp(before, after, kept), 0, "%s", after);
	cr_assert_not_null(strstr(after, strstr(before, "\"topic_id\"")));
	cr_assert_not_null(town_node(&it.town, "/brokers/topics/t/partitions/4/state"));
	for (int i = 0; i < 2; i++)
		cr_assert_eq(it.town.brokers[i].replicas.count, 5);
}

Test(create_partitions_call, validates_and_does_nothing_else)
{
	struct create_partitions_request_create_partitions_topic topic =
	    create_partitions_request_create_partitions_topic_defaults;
	struct town_call call;

	town_call_init(&call, CONTROLLER_CREATE_PARTITIONS, 3);
	topic.name = slice_of_text("t");
	topic.count = 3;
	topic.assignments.count = -1;
	call.request.grow.topics.items = &topic;
	call.request.grow.topics.count = 1;
	call.request.grow.validate_only = true;
	town_ask_and_wait(&it, &call, TOWN_SECOND_US);
	cr_assert_eq(call.response.grow.results.items[0].error_code, KAFKA_ERROR_NONE);
	cr_assert_eq(town_version(&it.town, "/brokers/topics/t"), 0);
	town_call_fini(&call);
}

Test(create_partitions_call, refuses_a_topic_that_is_named_twice)
{
	struct create_partitions_request_create_partitions_topic topics[2] = {
		create_partitions_request_create_partitions_topic_defaults,
		create_partitions_request_create_partitions_topic_defaults };
	struct town_call call;

	town_call_init(&call, CONTROLLER_CREATE_PARTITIONS, 3);
	for (int i = 0; i < 2; i++) {
		topics[i].name = slice_of_text("t");
		topics[i].count = 3 + i;
		topics[i].assignments.count = -1;
	}
	call.request.grow.topics.items = topics;
	call.request.grow.topics.count = 2;
	town_ask_and_wait(&it, &call, TOWN_SECOND_US);
	for (int i = 0; i < 2; i++)
		cr_assert_eq(call.response.grow.results.items[i].error_code,
		    KAFKA_ERROR_INVALID_REQUEST);
	town_call_fini(&call);
}

Test(create_partitions_call, sees_what_somebody_else_has_just_added)
{
	struct create_partitions_request_create_partitions_topic topic =
	    create_partitions_request_create_partitions_topic_defaults;
	struct town_call call;

	town_call_init(&call, CONTROLLER_CREATE_PARTITIONS, 3);
	topic.name = slice_of_text("t");
	topic.count = 3;
	topic.assignments.count = -1;
	call.request.grow.topics.items = &topic;
	call.request.grow.topics.count = 1;
	call.request.grow.timeout_ms = 1000;
	town_write(town_leader(&it), ZNODE_OP_SET_DATA, "/brokers/topics/t",
	    "{\"version\":1,\"partitions\":{\"0\":[1,2],\"1\":[2,1],\"2\":[1,2],\"3\":[2,1]}}");
	town_ask_and_wait(&it, &call, 3 * TOWN_SECOND_US);
	cr_assert_eq(call.response.grow.results.items[0].error_code, KAFKA_ERROR_INVALID_PARTITIONS);
	town_run(&it, TOWN_SECOND_US);
	cr_assert_not_null(town_node(&it.town, "/brokers/topics/t/partitions/3/state"));
	town_call_fini(&call);
}
