#include "klamm/topic_delete.h"

#include <criterion/criterion.h>

#include "tests/unit/klamm/fake_cluster.h"

static struct fake_cluster cluster;
static struct delete_topics_response_deletable_topic_result results[3];
static struct delete_topics_response responses[3];

static void
answer(int at, int16_t error_code)
{
	results[at] = delete_topics_response_deletable_topic_result_defaults;
	results[at].name = slice_of_text("orders");
	results[at].error_code = error_code;
	responses[at] = delete_topics_response_defaults;
	responses[at].responses.items = &results[at];
	responses[at].responses.count = 1;
	fake_cluster_answer(&cluster, &delete_topics_response_type, &responses[at]);
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
	return fake_cluster_run(&cluster, topic_delete, topic_delete_options, words);
}

TestSuite(topic_delete, .init = set_up, .fini = tear_down);

Test(topic_delete, asks_the_controller_for_each)
{
	answer(0, KAFKA_ERROR_NONE);
	cr_expect_eq(run("orders more"), COMMAND_OK);
	cr_expect(fake_cluster_saw(&cluster, "DeleteTopics 5 a:1 {\"topicNames\":[\"orders\"],"));
	cr_expect(fake_cluster_saw(&cluster, "DeleteTopics 5 a:1 {\"topicNames\":[\"more\"],"));
	cr_expect_str_eq(cluster.output, "TOPIC   STATUS\norders  deleted\nmore    deleted\n");
}

Test(topic_delete, of_one_that_is_not_there_fails_unless_that_was_allowed)
{
	answer(0, KAFKA_ERROR_UNKNOWN_TOPIC_OR_PARTITION);
	cr_expect_eq(run("orders"), COMMAND_FAILED);
	cr_expect_str_eq(cluster.errors,
	    "klamm: orders: there is no such topic: 'klamm topic list' shows them\n");
	cr_expect_eq(run("orders --if-exists --json"), COMMAND_OK);
	cr_expect_str_eq(cluster.output,
	    "{\"type\":\"topic\",\"name\":\"orders\",\"status\":\"unknown\"}\n");
}

Test(topic_delete, follows_the_controller_and_tells_what_it_refuses)
{
	answer(0, KAFKA_ERROR_NOT_CONTROLLER);
	answer(1, KAFKA_ERROR_TOPIC_DELETION_DISABLED);
	cr_expect_eq(run("orders"), COMMAND_FAILED);
	cr_expect_eq(strncmp(cluster.errors, "klamm: orders: TOPIC_DELETION_DISABLED: ", 40), 0);
	cr_expect_eq(fake_cluster_count(&cluster, "DeleteTopics"), 2);
}

Test(topic_delete, called_wrongly_asks_nobody)
{
	cr_expect_eq(run(""), COMMAND_WRONG_USE);
	cr_expect_eq(run(".."), COMMAND_WRONG_USE);
	cr_expect_eq(cluster.log.size, 0);
}
