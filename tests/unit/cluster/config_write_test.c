#include "cluster/config_write.h"

#include <criterion/criterion.h>

#include "tests/unit/cluster/configured.h"

#define CONFIG(text) "{\"version\":1,\"config\":{" text "}}"
#define CONTROLLER "{\"version\":2,\"brokerid\":1,\"timestamp\":\"1\",\"kraftControllerEpoch\":-1}"
#define OF_KRAFT "{\"version\":2,\"brokerid\":1,\"timestamp\":\"1\",\"kraftControllerEpoch\":3}"

enum { WRITES = 2 };

static struct configured it;

/* What was asked, and what came of it. */
static struct asked {
	struct config_write write;
	struct config_alteration alteration;
	int done;
	enum config_write_result result;
	char reason[512];
} asked[WRITES];

static void
setup(void)
{
	configured_init(&it, "broker.id=1\nlog.retention.ms=1000\n");
	configured_topic(&it, "orders", CONFIG("\"retention.ms\":\"7\""));
	shore_create(&it.shore, "/controller", CONTROLLER, 0);
	memset(asked, 0, sizeof(asked));
	configured_start(&it);
}

static void
teardown(void)
{
	configured_fini(&it);
}

TestSuite(config_write, .init = setup, .fini = teardown);

static void
done(struct config_write *write, enum config_write_result result, struct slice reason)
{
	struct asked *of = container_of(write, struct asked, write);

	of->done++;
	of->result = result;
	snprintf(of->reason, sizeof(of->reason), "%.*s", (int)reason.size,
	    (const char *)reason.bytes);
}

static void
begin(int at, enum config_write_entity entity, const char *topic, const char *name,
    const char *value)
{
	struct asked *of = &asked[at];

	of->alteration = (struct config_alteration){ .name = slice_of_text(name),
		.value = slice_of_text(value) };
	of->write.entity = entity;
	of->write.topic = topic == NULL ? slice_null() : slice_of_text(topic);
	of->write.alterations = &of->alteration;
	of->write.count = 1;
	of->write.done = done;
	shore_enter(&it.shore, 0);
	config_write_begin(it.configs, &of->write);
	shore_leave(&it.shore, 0);
}

static void
expect(int at, enum config_write_result result, const char *words)
{
	shore_run(&it.shore, SHORE_SECOND_US);
	cr_assert_eq(asked[at].done, 1);
	cr_expect_eq(asked[at].result, result, "%d: %s", asked[at].result, asked[at].reason);
	cr_expect_not_null(strstr(asked[at].reason, words), "%s", asked[at].reason);
}

static void
expect_topic(const char *config)
{
	cr_expect_str_eq(shore_data(&it.shore, "/config/topics/orders"), config);
}

Test(config_write, of_a_topic_is_written_told_and_obeyed)
{
	begin(0, CONFIG_WRITE_TOPIC, "orders", "segment.ms", "9999");
	expect(0, CONFIG_WRITTEN, "");
	expect_topic(CONFIG("\"retention.ms\":\"7\",\"segment.ms\":\"9999\""));
	cr_expect_str_eq(shore_data(&it.shore, "/config/changes/config_change_0000000000"),
	    "{\"version\":2,\"entity_path\":\"topics/orders\"}");
	cr_expect_eq(it.changed, 1);
}

Test(config_write, that_replaces_leaves_nothing_of_the_old)
{
	asked[0].write.replaces = true;
	begin(0, CONFIG_WRITE_TOPIC, "orders", "segment.ms", "9999");
	expect(0, CONFIG_WRITTEN, "");
	expect_topic(CONFIG("\"segment.ms\":\"9999\""));
	cr_expect_eq(configured_retention_ms(&it, "orders"), 1000);
}

Test(config_write, of_a_trial_writes_nothing)
{
	asked[0].write.validate_only = true;
	begin(0, CONFIG_WRITE_TOPIC, "orders", "segment.ms", "9999");
	expect(0, CONFIG_WRITTEN, "");
	expect_topic(CONFIG("\"retention.ms\":\"7\""));
	cr_expect_eq(shore_child_count(&it.shore, "/config/changes"), 0);
}

Test(config_write, of_what_may_not_stand_is_refused)
{
	begin(0, CONFIG_WRITE_TOPIC, "orders", "segment.ms", "soon");
	begin(1, CONFIG_WRITE_TOPIC, "orders", "no.such.key", "1");
	expect(0, CONFIG_WRITE_REFUSED, "segment.ms=soon: ");
	expect(1, CONFIG_WRITE_REFUSED, "no.such.key: no such key");
	expect_topic(CONFIG("\"retention.ms\":\"7\""));
	cr_expect_eq(shore_child_count(&it.shore, "/config/changes"), 0);
}

Test(config_write, of_a_topic_that_is_not_there_makes_none)
{
	begin(0, CONFIG_WRITE_TOPIC, "nobody", "segment.ms", "9999");
	expect(0, CONFIG_WRITE_NO_TOPIC, "");
	cr_expect_str_eq(shore_data(&it.shore, "/config/topics/nobody"), "-");
}

/* Both read the same; the second to write reads again. */
Test(config_write, of_two_at_once_are_both_there)
{
	begin(0, CONFIG_WRITE_TOPIC, "orders", "segment.ms", "9999");
	begin(1, CONFIG_WRITE_TOPIC, "orders", "flush.ms", "5");
	expect(0, CONFIG_WRITTEN, "");
	expect(1, CONFIG_WRITTEN, "");
	expect_topic(CONFIG("\"retention.ms\":\"7\",\"segment.ms\":\"9999\",\"flush.ms\":\"5\""));
}

Test(config_write, of_two_brokers_whose_znode_is_not_there_yet_are_both_there)
{
	begin(0, CONFIG_WRITE_BROKERS, NULL, "log.retention.ms", "20");
	begin(1, CONFIG_WRITE_BROKERS, NULL, "log.segment.bytes", "4096");
	expect(0, CONFIG_WRITTEN, "");
	expect(1, CONFIG_WRITTEN, "");
	cr_expect_str_eq(shore_data(&it.shore, "/config/brokers/<default>"),
	    CONFIG("\"log.retention.ms\":\"20\",\"log.segment.bytes\":\"4096\""));
	cr_expect_eq(configured_retention_ms(&it, "unknown"), 20);
	cr_expect_str_eq(shore_data(&it.shore, "/config/changes/config_change_0000000000"),
	    "{\"version\":2,\"entity_path\":\"brokers/<default>\"}");
}

Test(config_write, of_this_broker_is_told_by_the_layers)
{
	struct config_layers layers;

	begin(0, CONFIG_WRITE_BROKER, NULL, "log.retention.ms", "30");
	expect(0, CONFIG_WRITTEN, "");
	cr_expect_str_eq(shore_data(&it.shore, "/config/brokers/1"),
	    CONFIG("\"log.retention.ms\":\"30\""));
	topic_configs_layers(it.configs, &layers);
	cr_expect_eq(layers.file->topic_defaults.log.retention_ms, 1000);
	cr_expect_eq(layers.now->topic_defaults.log.retention_ms, 30);
	cr_expect_not_null(config_map_find(layers.own, slice_of_text("log.retention.ms")));
	cr_expect_eq(layers.of_all->table.count, 0);
}

Test(config_write, of_what_no_broker_may_change_is_refused)
{
	begin(0, CONFIG_WRITE_BROKER, NULL, "broker.id", "3");
	begin(1, CONFIG_WRITE_BROKERS, NULL, "num.io.threads", "3");
	expect(0, CONFIG_WRITE_REFUSED, "broker.id=3: it cannot be updated dynamically");
	expect(1, CONFIG_WRITE_REFUSED, "klamm does not take it dynamically yet");
	cr_expect_str_eq(shore_data(&it.shore, "/config/brokers/1"), "-");
}

Test(config_write, over_what_cannot_be_read_is_not_done)
{
	cr_assert_eq(shore_set(&it.shore, "/config/topics/orders", "{junk"), ZNODE_OK);
	asked[0].write.replaces = true;
	begin(0, CONFIG_WRITE_TOPIC, "orders", "segment.ms", "9999");
	expect(0, CONFIG_WRITE_FAILED, "");
	expect_topic("{junk");
}

Test(config_write, beside_no_controller_or_one_of_kraft_is_not_done)
{
	cr_assert_eq(shore_set(&it.shore, "/controller", OF_KRAFT), ZNODE_OK);
	begin(0, CONFIG_WRITE_TOPIC, "orders", "segment.ms", "9999");
	expect(0, CONFIG_WRITE_NO_CONTROLLER, "");
	cr_assert_eq(shore_delete(&it.shore, "/controller"), ZNODE_OK);
	begin(1, CONFIG_WRITE_TOPIC, "orders", "segment.ms", "9999");
	expect(1, CONFIG_WRITE_NO_CONTROLLER, "");
	expect_topic(CONFIG("\"retention.ms\":\"7\""));
}

Test(config_write, waits_for_zookeeper_and_goes_on_in_the_next_session)
{
	shore_cut(&it.shore, 0);
	begin(0, CONFIG_WRITE_TOPIC, "orders", "segment.ms", "9999");
	shore_run(&it.shore, 10 * SHORE_SECOND_US);
	cr_expect_eq(asked[0].done, 0);
	shore_mend(&it.shore, 0);
	shore_run(&it.shore, 5 * SHORE_SECOND_US);
	expect(0, CONFIG_WRITTEN, "");
	expect_topic(CONFIG("\"retention.ms\":\"7\",\"segment.ms\":\"9999\""));
}

Test(config_write, is_answered_by_the_stop)
{
	begin(0, CONFIG_WRITE_TOPIC, "orders", "segment.ms", "9999");
	configured_stop(&it);
	cr_expect_eq(asked[0].done, 1);
	cr_expect_eq(asked[0].result, CONFIG_WRITE_FAILED);
	asked[0].alteration.name = slice_null(); /* what it pointed to is gone */
	begin(1, CONFIG_WRITE_TOPIC, "orders", "flush.ms", "5");
	expect(1, CONFIG_WRITE_FAILED, "stops");
	expect(0, CONFIG_WRITE_FAILED, "stops");
}
