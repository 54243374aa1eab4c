#include "klamm/topic_create.h"

#include <criterion/criterion.h>

#include "tests/unit/klamm/fake_cluster.h"

static struct fake_cluster cluster;
static struct create_topics_response_creatable_topic_result results[3];
static struct create_topics_response responses[3];

/* Answer number `at` to CreateTopics. */
static void
answer(int at, int16_t error_code, const char *message)
{
	results[at] = create_topics_response_creatable_topic_result_defaults;
	results[at].error_code = error_code;
	results[at].error_message = slice_of_text(message);
	results[at].num_partitions = 3;
	results[at].replication_factor = 2;
	responses[at] = create_topics_response_defaults;
	responses[at].topics.items = &results[at];
	responses[at].topics.count = 1;
	fake_cluster_answer(&cluster, &create_topics_response_type, &responses[at]);
}

static void
set_up(void)
{
	fake_cluster_init(&cluster);
	fake_cluster_answer_metadata(&cluster);
}

static void
tear_down(void)
{
	fake_cluster_fini(&cluster);
}

static enum command_status
run(const char *words)
{
	return fake_cluster_run(&cluster, topic_create, topic_create_options, words);
}

TestSuite(topic_create, .init = set_up, .fini = tear_down);

Test(topic_create, asks_the_controller_and_leaves_numbers_to_the_cluster)
{
	answer(0, KAFKA_ERROR_NONE, NULL);
	cr_expect_eq(run("orders"), COMMAND_OK);
	cr_expect(fake_cluster_saw(&cluster, "CreateTopics 7 a:1 {\"topics\":[{\"name\":\"orders\","
	    "\"numPartitions\":-1,\"replicationFactor\":-1,\"assignments\":[],\"configs\":[]}],"
	    "\"timeoutMs\":11250,"));
	cr_expect_str_eq(cluster.output,
	    "TOPIC   STATUS   PARTITIONS  REPLICAS\norders  created           3         2\n");
}

Test(topic_create, sends_numbers_and_configs)
{
	answer(0, KAFKA_ERROR_NONE, NULL);
	cr_expect_eq(run("--config a=b=c --partitions 3 orders --replicas=2 --config d="),
	    COMMAND_OK);
	cr_expect(fake_cluster_saw(&cluster, "\"numPartitions\":3,\"replicationFactor\":2,"
	    "\"assignments\":[],\"configs\":[{\"name\":\"a\",\"value\":\"b=c\"},"
	    "{\"name\":\"d\",\"value\":\"\"}]"));
}

Test(topic_create, sends_an_assignment)
{
	answer(0, KAFKA_ERROR_NONE, NULL);
	cr_expect_eq(run("--assign 2:1,1:2 orders"), COMMAND_OK);
	cr_expect(fake_cluster_saw(&cluster, "\"numPartitions\":-1,\"replicationFactor\":-1,"
	    "\"assignments\":[{\"partitionIndex\":0,\"brokerIds\":[2,1]},"
	    "{\"partitionIndex\":1,\"brokerIds\":[1,2]}],\"configs\":[]"));
}

Test(topic_create, shows_json)
{
	answer(0, KAFKA_ERROR_NONE, NULL);
	results[0].topic_id = (struct uuid){ { 1, 2, 3 } };
	cr_expect_eq(run("orders --json"), COMMAND_OK);
	cr_expect_str_eq(cluster.output, "{\"type\":\"topic\",\"name\":\"orders\","
	    "\"status\":\"created\",\"partitions\":3,\"replicas\":2,"
	    "\"id\":\"AQIDAAAAAAAAAAAAAAAAAA\"}\n");
}

Test(topic_create, looks_for_the_controller_again_when_it_has_moved)
{
	answer(0, KAFKA_ERROR_NOT_CONTROLLER, NULL);
	answer(1, KAFKA_ERROR_NONE, NULL);
	cr_expect_eq(run("orders"), COMMAND_OK);
	cr_expect_eq(fake_cluster_count(&cluster, "Metadata 12 a:1 {\"topics\":[]"), 2);
	cr_expect_eq(fake_cluster_count(&cluster, "CreateTopics"), 2);
}

Test(topic_create, waits_until_every_broker_knows_it)
{
	struct metadata_response_metadata_response_topic topics[2];
	struct metadata_response answers[2];

	for (int i = 0; i < 2; i++) {
		topics[i] = metadata_response_metadata_response_topic_defaults;
		topics[i].name = slice_of_text("orders");
		topics[i].error_code =
		    i == 0 ? KAFKA_ERROR_UNKNOWN_TOPIC_OR_PARTITION : KAFKA_ERROR_NONE;
		answers[i] = metadata_response_defaults;
		answers[i].topics.items = &topics[i];
		answers[i].topics.count = 1;
		fake_cluster_answer(&cluster, &metadata_response_type, &answers[i]);
	}
	answer(0, KAFKA_ERROR_NONE, NULL);
	cr_expect_eq(run("orders"), COMMAND_OK);
	cr_expect_eq(fake_cluster_count(&cluster, "pause"), 1);
	/* The bootstrap connection twice, broker 0 once. */
	cr_expect_eq(fake_cluster_count(&cluster, "{\"topics\":[{\"topicId\":"), 3);
}

Test(topic_create, gives_up_when_no_broker_is_controller_in_time)
{
	answer(0, KAFKA_ERROR_NOT_CONTROLLER, NULL);
	cr_expect_eq(run("orders --timeout 1"), COMMAND_FAILED);
	cr_expect_eq(strncmp(cluster.errors, "klamm: orders: NOT_CONTROLLER: ", 31), 0);
}

Test(topic_create, tells_the_brokers_reason_and_goes_on_with_the_others)
{
	answer(0, KAFKA_ERROR_INVALID_CONFIG, "what is\nfoo?");
	answer(1, KAFKA_ERROR_NONE, NULL);
	cr_expect_eq(run("one two"), COMMAND_FAILED);
	cr_expect_str_eq(cluster.errors, "klamm: one: INVALID_CONFIG: what is?foo?\n");
	cr_expect_not_null(strstr(cluster.output, "two    created"));
}

Test(topic_create, that_exists_is_a_failure_unless_that_was_allowed)
{
	answer(0, KAFKA_ERROR_TOPIC_ALREADY_EXISTS, "it is there");
	cr_expect_eq(run("orders"), COMMAND_FAILED);
	cr_expect_str_eq(cluster.errors, "klamm: orders: TOPIC_ALREADY_EXISTS: it is there\n");
	cr_expect_str_eq(cluster.output, "");
	cr_expect_eq(run("orders --if-not-exists"), COMMAND_OK);
	cr_expect_str_eq(cluster.output,
	    "TOPIC   STATUS  PARTITIONS  REPLICAS\norders  exists  -           -\n");
}

Test(topic_create, called_wrongly_asks_nobody)
{
	cr_expect_eq(run(""), COMMAND_WRONG_USE);
	cr_expect_eq(run("orders --partitions 0"), COMMAND_WRONG_USE);
	cr_expect_eq(run("orders --replicas 40000"), COMMAND_WRONG_USE);
	cr_expect_eq(run("orders --config a"), COMMAND_WRONG_USE);
	cr_expect_eq(run("orders --config =a"), COMMAND_WRONG_USE);
	cr_expect_eq(run("not/valid"), COMMAND_WRONG_USE);
	cr_expect_eq(run("orders --assign 1:x"), COMMAND_WRONG_USE);
	cr_expect_eq(run("orders --assign 1:2 --partitions 1"), COMMAND_WRONG_USE);
	cr_expect_eq(run("orders --assign 1:2 --replicas 2"), COMMAND_WRONG_USE);
	cr_expect_eq(cluster.log.size, 0);
}
