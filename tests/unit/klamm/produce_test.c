#include "klamm/produce.h"

#include <criterion/criterion.h>

#include "tests/unit/klamm/fake_cluster.h"

static struct fake_cluster cluster;
static struct metadata_response_metadata_response_partition partitions[3];
static struct metadata_response_metadata_response_topic topic;
static struct metadata_response metadata;

static void
set_up(void)
{
	fake_cluster_init(&cluster);
	topic = metadata_response_metadata_response_topic_defaults;
	topic.name = slice_of_text("orders");
	topic.partitions.items = partitions;
	topic.partitions.count = 3;
	metadata = metadata_response_defaults;
	metadata.topics.items = &topic;
	metadata.topics.count = 1;
	fake_cluster_answer(&cluster, &metadata_response_type, &metadata);
}

static void
tear_down(void)
{
	fake_cluster_fini(&cluster);
}

static enum command_status
run(const char *words)
{
	return fake_cluster_run(&cluster, produce, produce_options, words);
}

TestSuite(produce, .init = set_up, .fini = tear_down);

Test(produce, called_wrongly_asks_nobody)
{
	cr_expect_eq(run(""), COMMAND_WRONG_USE);
	cr_expect_eq(run("no/topic"), COMMAND_WRONG_USE);
	cr_expect_eq(run("orders --partition -1"), COMMAND_WRONG_USE);
	cr_expect_eq(run("orders --key-separator="), COMMAND_WRONG_USE);
	cr_expect_eq(run("orders --header x"), COMMAND_WRONG_USE);
	cr_expect_eq(run("orders --header a=b --header =x"), COMMAND_WRONG_USE);
	cr_expect_eq(run("orders --property x"), COMMAND_WRONG_USE);
	cr_expect_eq(run("orders --timeout never"), COMMAND_WRONG_USE);
	cr_expect_eq(cluster.log.size, 0);
}

Test(produce, takes_only_words_that_it_knows)
{
	cr_expect_eq(run("orders --acks 2"), COMMAND_WRONG_USE);
	cr_expect_str_eq(cluster.errors,
	    "klamm: it: --acks takes 0, 1 or all, not '2': 'klamm help it' tells more\n");
	cr_expect_eq(run("orders --compression lzma"), COMMAND_WRONG_USE);
	cr_expect_str_eq(cluster.errors, "klamm: it: --compression takes none, gzip, snappy, lz4 or "
	    "zstd, not 'lzma': 'klamm help it' tells more\n");
	cr_expect_eq(run("orders --acks ,"), COMMAND_WRONG_USE);
	cr_expect_eq(cluster.log.size, 0);
}

Test(produce, says_at_once_that_there_is_no_such_partition)
{
	cr_expect_eq(run("orders --partition 3"), COMMAND_FAILED);
	cr_expect_str_eq(cluster.errors,
	    "klamm: orders: there is no partition 3: its 3 are numbered from 0\n");
}

Test(produce, says_at_once_that_the_topic_is_refused)
{
	topic.error_code = KAFKA_ERROR_TOPIC_AUTHORIZATION_FAILED;
	topic.partitions.count = 0;
	cr_expect_eq(run("orders"), COMMAND_FAILED);
	cr_expect_eq(strncmp(cluster.errors, "klamm: orders: TOPIC_AUTHORIZATION_FAILED: ", 43), 0);
}
