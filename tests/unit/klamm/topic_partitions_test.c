#include "klamm/topic_partitions.h"

#include <criterion/criterion.h>

#include "tests/unit/klamm/fake_cluster.h"

static struct fake_cluster cluster;
static struct client client;
static struct metadata_response_metadata_response_partition partitions[3];
static struct metadata_response_metadata_response_topic topics[2];
static struct metadata_response responses[2];

static void
answer(int at, int16_t error_code)
{
	topics[at] = metadata_response_metadata_response_topic_defaults;
	topics[at].name = slice_of_text("orders");
	topics[at].error_code = error_code;
	topics[at].partitions.items = partitions;
	topics[at].partitions.count = error_code == KAFKA_ERROR_NONE ? 3 : 0;
	responses[at] = metadata_response_defaults;
	responses[at].topics.items = &topics[at];
	responses[at].topics.count = 1;
	fake_cluster_answer(&cluster, &metadata_response_type, &responses[at]);
}

static void
set_up(void)
{
	struct bootstrap bootstrap;

	fake_cluster_init(&cluster);
	cr_assert_eq(bootstrap_parse(&bootstrap, "a:1"), ERROR_NONE);
	client_init(&client, &cluster.transport, &bootstrap, 10 * 1000);
}

static void
tear_down(void)
{
	client_fini(&client);
	fake_cluster_fini(&cluster);
}

TestSuite(topic_partitions, .init = set_up, .fini = tear_down);

Test(topic_partitions, are_counted_and_no_topic_is_made)
{
	int32_t count;

	answer(0, KAFKA_ERROR_NONE);
	cr_assert_eq(topic_partitions_ask(&client, CLIENT_ANY_BROKER, "orders", TOPIC_IS_MISSING, &count), ERROR_NONE);
	cr_expect_eq(count, 3);
	cr_expect(fake_cluster_saw(&cluster, "\"name\":\"orders\"}],\"allowAutoTopicCreation\":false"));
}

Test(topic_partitions, wait_for_a_topic_that_is_being_made)
{
	int32_t count;

	answer(0, KAFKA_ERROR_UNKNOWN_TOPIC_OR_PARTITION);
	answer(1, KAFKA_ERROR_NONE);
	cr_assert_eq(topic_partitions_ask(&client, CLIENT_ANY_BROKER, "orders", TOPIC_IS_MADE, &count), ERROR_NONE);
	cr_expect_eq(fake_cluster_count(&cluster, "pause"), 1);
	cr_expect(fake_cluster_saw(&cluster, "\"allowAutoTopicCreation\":true"));
}

Test(topic_partitions, wait_for_a_topic_that_one_broker_has_not_heard_of)
{
	int32_t count;

	answer(0, KAFKA_ERROR_UNKNOWN_TOPIC_OR_PARTITION);
	answer(1, KAFKA_ERROR_NONE);
	cr_assert_eq(topic_partitions_ask(&client, CLIENT_ANY_BROKER, "orders", TOPIC_IS_COMING, &count),
	    ERROR_NONE);
	cr_expect_eq(fake_cluster_count(&cluster, "pause"), 1);
	cr_expect_not(fake_cluster_saw(&cluster, "\"allowAutoTopicCreation\":true"));
}

Test(topic_partitions, of_an_unknown_topic_are_none)
{
	int32_t count;

	answer(0, KAFKA_ERROR_UNKNOWN_TOPIC_OR_PARTITION);
	cr_expect_eq(topic_partitions_ask(&client, CLIENT_ANY_BROKER, "orders", TOPIC_IS_MISSING, &count), ERROR_NOT_FOUND);
	cr_expect_str_eq(client.complaint,
	    "orders: there is no such topic: 'klamm topic create orders' makes it");
	cr_expect_eq(fake_cluster_count(&cluster, "pause"), 0);
	cr_expect_eq(topic_partitions_ask(&client, CLIENT_ANY_BROKER, "orders", TOPIC_IS_MADE, &count), ERROR_NOT_FOUND);
	cr_expect_eq(fake_cluster_count(&cluster, "pause"), 10);
}

Test(topic_partitions, tell_a_refusal)
{
	int32_t count;

	answer(0, KAFKA_ERROR_TOPIC_AUTHORIZATION_FAILED);
	cr_expect_eq(topic_partitions_ask(&client, CLIENT_ANY_BROKER, "orders", TOPIC_IS_MISSING, &count), ERROR_OFFLINE);
	cr_expect_eq(strncmp(client.complaint, "orders: TOPIC_AUTHORIZATION_FAILED: ", 36), 0);
}
