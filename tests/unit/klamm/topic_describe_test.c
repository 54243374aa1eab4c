#include "klamm/topic_describe.h"

#include <criterion/criterion.h>

#include "tests/unit/klamm/fake_cluster.h"

static struct fake_cluster cluster;
static struct metadata_response_metadata_response_partition partitions[2];
static struct metadata_response_metadata_response_topic topic;
static struct metadata_response metadata;
static struct describe_configs_response_describe_configs_resource_result entries[3];
static struct describe_configs_response_describe_configs_result result;
static struct describe_configs_response configs;
static int32_t replicas[2] = { 5, 4 };

static void
fill_topic(void)
{
	metadata = metadata_response_defaults;
	topic = metadata_response_metadata_response_topic_defaults;
	topic.name = slice_of_text("orders");
	topic.topic_id = (struct uuid){ { 1, 2, 3 } };
	topic.partitions.items = partitions;
	topic.partitions.count = 2;
	for (int i = 0; i < 2; i++) {
		partitions[i] = metadata_response_metadata_response_partition_defaults;
		partitions[i].partition_index = 1 - i;
		partitions[i].leader_id = i == 0 ? -1 : 5;
		partitions[i].leader_epoch = 7;
		partitions[i].replica_nodes.items = partitions[i].isr_nodes.items = replicas;
		partitions[i].replica_nodes.count = 2;
		partitions[i].isr_nodes.count = i;
	}
	partitions[0].offline_replicas.items = replicas;
	partitions[0].offline_replicas.count = 2;
	metadata.topics.items = &topic;
	metadata.topics.count = 1;
}

static void
fill_configs(void)
{
	static const char *const names[] = { "retention.ms", "cleanup.policy", "min.insync.replicas" };
	static const int8_t sources[] = { 1, 5, 4 };

	for (int i = 0; i < 3; i++) {
		entries[i] = describe_configs_response_describe_configs_resource_result_defaults;
		entries[i].name = slice_of_text(names[i]);
		entries[i].value = slice_of_text(names[i] + 10);
		entries[i].config_source = sources[i];
	}
	result = describe_configs_response_describe_configs_result_defaults;
	result.configs.items = entries;
	result.configs.count = 3;
	configs = describe_configs_response_defaults;
	configs.results.items = &result;
	configs.results.count = 1;
}

static void
set_up(void)
{
	fake_cluster_init(&cluster);
	fill_topic();
	fill_configs();
	fake_cluster_answer(&cluster, &metadata_response_type, &metadata);
	fake_cluster_answer(&cluster, &describe_configs_response_type, &configs);
}

static void
tear_down(void)
{
	fake_cluster_fini(&cluster);
}

static enum command_status
run(const char *words)
{
	return fake_cluster_run(&cluster, topic_describe, topic_describe_options, words);
}

TestSuite(topic_describe, .init = set_up, .fini = tear_down);

static const char upper_part[] =
    "topic       orders\n"
    "id          AQIDAAAAAAAAAAAAAAAAAA\n"
    "partitions  2\n"
    "replicas    2\n"
    "internal    no\n"
    "\n"
    "PARTITION  LEADER  EPOCH  REPLICAS  ISR  OFFLINE\n"
    "        0       5      7  5,4       5    -\n"
    "        1       -      7  5,4       -    5,4\n"
    "\n";

Test(topic_describe, shows_partitions_and_what_is_not_default)
{
	cr_expect_eq(run("orders"), COMMAND_OK);
	cr_expect_eq(strncmp(cluster.output, upper_part, strlen(upper_part)), 0, "%s",
	    cluster.output);
	cr_expect_str_eq(cluster.output + strlen(upper_part),
	    "CONFIG               VALUE      SOURCE\n"
	    "min.insync.replicas  .replicas  server.properties\n"
	    "retention.ms         ms         topic\n");
	cr_expect(fake_cluster_saw(&cluster, "\"allowAutoTopicCreation\":false"));
	cr_expect(fake_cluster_saw(&cluster, "DescribeConfigs 4 a:1 {\"resources\":[{"
	    "\"resourceType\":2,\"resourceName\":\"orders\",\"configurationKeys\":null}]"));
}

Test(topic_describe, shows_all_configs_when_asked)
{
	cr_expect_eq(run("orders --all-configs"), COMMAND_OK);
	cr_expect_not_null(strstr(cluster.output, "cleanup.policy       licy       default\n"));
}

Test(topic_describe, knows_defaults_of_an_old_broker)
{
	cluster.limited_key = API_KEY_DESCRIBE_CONFIGS;
	cluster.limited_first = cluster.limited_last = 0;
	entries[1].is_default = true;
	cr_expect_eq(run("orders"), COMMAND_OK);
	cr_expect_null(strstr(cluster.output, "cleanup.policy"));
	cr_expect_not_null(strstr(cluster.output, "retention.ms"));
}

Test(topic_describe, shows_json)
{
	cr_expect_eq(run("orders --json"), COMMAND_OK);
	cr_expect_str_eq(cluster.output,
	    "{\"type\":\"topic\",\"name\":\"orders\",\"id\":\"AQIDAAAAAAAAAAAAAAAAAA\","
	    "\"partitions\":2,\"replicas\":2,\"isInternal\":false}\n"
	    "{\"type\":\"partition\",\"topic\":\"orders\",\"partition\":0,\"leader\":5,"
	    "\"leaderEpoch\":7,\"replicas\":[5,4],\"isr\":[5],\"offlineReplicas\":[]}\n"
	    "{\"type\":\"partition\",\"topic\":\"orders\",\"partition\":1,\"leader\":null,"
	    "\"leaderEpoch\":7,\"replicas\":[5,4],\"isr\":[],\"offlineReplicas\":[5,4]}\n"
	    "{\"type\":\"config\",\"topic\":\"orders\",\"name\":\"min.insync.replicas\","
	    "\"value\":\".replicas\",\"source\":\"server.properties\"}\n"
	    "{\"type\":\"config\",\"topic\":\"orders\",\"name\":\"retention.ms\",\"value\":\"ms\","
	    "\"source\":\"topic\"}\n");
}

Test(topic_describe, of_an_unknown_topic_fails_and_others_are_shown)
{
	struct metadata_response_metadata_response_topic unknown = topic;
	struct metadata_response second = metadata;

	topic.error_code = KAFKA_ERROR_UNKNOWN_TOPIC_OR_PARTITION;
	second.topics.items = &unknown;
	fake_cluster_answer(&cluster, &metadata_response_type, &second);
	cr_expect_eq(run("nothing orders"), COMMAND_FAILED);
	cr_expect_str_eq(cluster.errors,
	    "klamm: nothing: there is no such topic: 'klamm topic list' shows them\n");
	cr_expect_not_null(strstr(cluster.output, "topic       orders\n"));
}

Test(topic_describe, waits_while_a_leader_is_elected)
{
	struct metadata_response_metadata_response_topic ready = topic;
	struct metadata_response second = metadata;

	topic.error_code = KAFKA_ERROR_LEADER_NOT_AVAILABLE;
	second.topics.items = &ready;
	fake_cluster_answer(&cluster, &metadata_response_type, &second);
	cr_expect_eq(run("orders"), COMMAND_OK);
	cr_expect_eq(fake_cluster_count(&cluster, "pause"), 1);
}

Test(topic_describe, says_when_configs_may_not_be_seen)
{
	result.error_code = KAFKA_ERROR_TOPIC_AUTHORIZATION_FAILED;
	result.configs.count = 0;
	cr_expect_eq(run("orders"), COMMAND_FAILED);
	cr_expect_eq(strncmp(cluster.errors, "klamm: its configs: TOPIC_AUTHORIZATION_FAILED: ", 48), 0);
}

Test(topic_describe, never_makes_a_topic_on_an_old_broker)
{
	cluster.limited_key = API_KEY_METADATA;
	cluster.limited_first = 0;
	cluster.limited_last = 3;
	cr_expect_eq(run("orders"), COMMAND_FAILED);
	cr_expect_not(fake_cluster_saw(&cluster, "Metadata"));
}
