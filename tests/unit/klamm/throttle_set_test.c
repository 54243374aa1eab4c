#include <criterion/criterion.h>
#include <stdio.h>

#include "klamm/throttle.h"
#include "tests/unit/klamm/fake_town.h"

/* t:0 goes from 1,2 to 2,3. Broker 4 has nothing to do with it, broker 5 is away. */
static struct fake_cluster cluster;
static struct fake_town town;
static struct client client;
static struct cluster_view view;
static struct move_plan plan;
static struct output errors;
static struct tool tool;
static char said[1024];
static struct describe_configs_response described[6];
static struct describe_configs_response_describe_configs_result results[6];
static struct describe_configs_response_describe_configs_resource_result entries[6][2];
static struct incremental_alter_configs_response altered;
static struct incremental_alter_configs_response_alter_configs_resource_response alteration;

static enum error
say(void *context, struct slice bytes)
{
	size_t size = strlen(said);

	(void)context;
	snprintf(said + size, sizeof(said) - size, "%.*s", (int)bytes.size,
	    (const char *)bytes.bytes);
	return ERROR_NONE;
}

static void
set_up(void)
{
	static const int32_t to[] = { 2, 3 };
	struct view_ids ids = { to, 2 };

	fake_cluster_init(&cluster);
	fake_town_init(&town);
	for (int32_t id = 1; id <= 4; id++)
		fake_town_broker(&town, id, NULL);
	fake_town_partition(&town, "t", 1, "1,2", "1,2");
	fake_town_partition(&town, "u", 5, "5", "5");
	fake_cluster_answer(&cluster, &metadata_response_type, &town.metadata);
	cr_assert_eq(fake_town_view(&cluster, &client, &view, 0), ERROR_NONE);
	move_plan_init(&plan);
	move_plan_add(&plan, slice_of_text("t"), 0, &view.partitions[0], ids);
	output_init(&errors, say, NULL);
	said[0] = '\0';
	tool = (struct tool){ .errors = &errors };
	alteration = incremental_alter_configs_response_alter_configs_resource_response_defaults;
	altered = incremental_alter_configs_response_defaults;
	altered.responses.items = &alteration;
	altered.responses.count = 1;
	fake_cluster_answer(&cluster, &incremental_alter_configs_response_type, &altered);
}

static void
tear_down(void)
{
	output_fini(&errors);
	move_plan_fini(&plan);
	cluster_view_fini(&view);
	client_fini(&client);
	fake_cluster_fini(&cluster);
}

/* What the next resource that is asked for has; NULL: nothing of that name. */
static void
describe(int at, const char *kind, const char *leader, const char *follower,
    int8_t source)
{
	static char names[6][2][64];
	const char *values[2] = { leader, follower };

	results[at] = describe_configs_response_describe_configs_result_defaults;
	results[at].configs.items = entries[at];
	for (int i = 0; i < 2; i++) {
		snprintf(names[at][i], sizeof(names[at][i]), "%s.replication.throttled.%s",
		    i == 0 ? "leader" : "follower", kind);
		entries[at][i] =
		    describe_configs_response_describe_configs_resource_result_defaults;
		entries[at][i].name = slice_of_text(names[at][i]);
		entries[at][i].value = slice_of_text(values[i]);
		entries[at][i].config_source = values[i] != NULL ? source : 5;
	}
	results[at].configs.count = 2;
	described[at] = describe_configs_response_defaults;
	described[at].results.items = &results[at];
	described[at].results.count = 1;
	fake_cluster_answer(&cluster, &describe_configs_response_type, &described[at]);
}

TestSuite(throttle_set, .init = set_up, .fini = tear_down);

Test(throttle_set, sets_rates_on_the_brokers_and_lists_on_the_topics)
{
	for (int i = 0; i < 3; i++)
		describe(i, "rate", NULL, NULL, 2);
	describe(3, "replicas", "7:1", NULL, 1);
	cr_expect(throttle_set(&tool, &client, &plan, &view, 500));
	for (int id = 1; id <= 3; id++) {
		char line[300];

		snprintf(line, sizeof(line), "IncrementalAlterConfigs 1 b%d:1 {\"resources\":["
		    "{\"resourceType\":4,\"resourceName\":\"%d\",\"configs\":["
		    "{\"name\":\"leader.replication.throttled.rate\",\"configOperation\":0,\"value\":\"500\"},"
		    "{\"name\":\"follower.replication.throttled.rate\",\"configOperation\":0,"
		    "\"value\":\"500\"}]}]", id, id);
		cr_expect(fake_cluster_saw(&cluster, line), "%d", id);
	}
	cr_expect(fake_cluster_saw(&cluster, "IncrementalAlterConfigs 1 a:1 {\"resources\":["
	    "{\"resourceType\":2,\"resourceName\":\"t\",\"configs\":["
	    "{\"name\":\"leader.replication.throttled.replicas\",\"configOperation\":0,"
	    "\"value\":\"7:1,0:1,0:2\"},{\"name\":\"follower.replication.throttled.replicas\","
	    "\"configOperation\":0,\"value\":\"0:3\"}]}]"));
	cr_expect_eq(fake_cluster_count(&cluster, "IncrementalAlterConfigs"), 4);
}

Test(throttle_set, takes_away_what_is_there_of_it)
{
	describe(0, "replicas", "7:1,0:1,0:2", "0:3", 1);
	for (int i = 1; i < 5; i++)
		describe(i, "rate", "500", i < 4 ? "500" : NULL, 2);
	cr_expect(throttle_clear(&tool, &client, &plan, &view));
	cr_expect(fake_cluster_saw(&cluster, "{\"name\":\"leader.replication.throttled.replicas\","
	    "\"configOperation\":0,\"value\":\"7:1\"},{\"name\":\"follower.replication.throttled.replicas\","
	    "\"configOperation\":1,\"value\":null}]}]"));
	cr_expect(fake_cluster_saw(&cluster, "b4:1 {\"resources\":[{\"resourceType\":4,"
	    "\"resourceName\":\"4\",\"configs\":[{\"name\":\"leader.replication.throttled.rate\","
	    "\"configOperation\":1,\"value\":null}]}]"));
	cr_expect_eq(fake_cluster_count(&cluster, "IncrementalAlterConfigs"), 5);
}

Test(throttle_set, leaves_rates_alone_that_no_list_is_for)
{
	bool found = true;

	describe(0, "replicas", "7:1", NULL, 1);
	cr_expect(throttle_clear_left(&tool, &client, &plan, &view, &found));
	cr_expect_not(found);
	cr_expect_not(fake_cluster_saw(&cluster, "IncrementalAlterConfigs"));
}

Test(throttle_set, that_is_refused_is_told_and_no_topic_gets_a_list)
{
	for (int i = 0; i < 3; i++)
		describe(i, "rate", NULL, NULL, 2);
	alteration.error_code = KAFKA_ERROR_CLUSTER_AUTHORIZATION_FAILED;
	alteration.error_message = slice_of_text("no");
	cr_expect_not(throttle_set(&tool, &client, &plan, &view, 500));
	cr_expect_eq(strncmp(said, "klamm: throttle of broker 1: its configs: "
	    "CLUSTER_AUTHORIZATION_FAILED: no\n", 75), 0);
	cr_expect_not(fake_cluster_saw(&cluster, "\"resourceType\":2"));
}
