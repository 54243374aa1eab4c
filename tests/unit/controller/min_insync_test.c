#include "controller/min_insync.h"

#include <criterion/criterion.h>

#include "town.h"

static struct town_fixture it;

static void
set_up(void)
{
	town_begin(&it, 2, "min.insync.replicas=2\n");
}

static void
tear_down(void)
{
	town_end(&it);
}

TestSuite(min_insync, .init = set_up, .fini = tear_down);

static int32_t
known(const char *topic)
{
	return town_partition(&it, topic, 0)->topic->min_insync;
}

static void
change(const char *path, enum znode_operation_type operation, const char *data, const char *entity)
{
	static int changes;
	char name[64], text[128];

	town_write(town_leader(&it), operation, path, data);
	snprintf(name, sizeof(name), "/config/changes/config_change_%010d", changes++);
	snprintf(text, sizeof(text), "{\"version\":2,\"entity_path\":\"%s\"}", entity);
	town_write(town_leader(&it), ZNODE_OP_CREATE, name, text);
	town_run(&it, TOWN_SECOND_US);
}

Test(min_insync, is_known_of_a_new_topic_and_follows_its_configuration)
{
	cr_assert_eq(town_create(&it, "t", 1, 2), KAFKA_ERROR_NONE);
	town_run(&it, TOWN_SECOND_US);
	cr_expect_eq(known("t"), 2);
	change("/config/topics/t", ZNODE_OP_SET_DATA,
	    "{\"version\":1,\"config\":{\"min.insync.replicas\":\"1\"}}", "topics/t");
	cr_expect_eq(known("t"), 1);
	change("/config/brokers/<default>", ZNODE_OP_CREATE,
	    "{\"version\":1,\"config\":{\"min.insync.replicas\":\"3\"}}", "brokers/<default>");
	cr_expect_eq(known("t"), 1);
	change("/config/topics/t", ZNODE_OP_SET_DATA, "{\"version\":1,\"config\":{}}", "topics/t");
	cr_expect_eq(known("t"), 3);
	change("/config/topics/t", ZNODE_OP_SET_DATA, "junk", "topics/t");
	cr_expect_eq(known("t"), 0);
}

Test(min_insync, of_the_own_broker_comes_before_that_of_all)
{
	char path[64], entity[32];
	int32_t own = town_id(town_leader(&it)), another = own == it.town.first ? own + 1 : own - 1;

	cr_assert_eq(town_create(&it, "t", 1, 2), KAFKA_ERROR_NONE);
	change("/config/brokers/<default>", ZNODE_OP_CREATE,
	    "{\"version\":1,\"config\":{\"min.insync.replicas\":\"3\",\"num.replica.fetchers\":\"3\"}}",
	    "brokers/<default>");
	cr_expect_eq(known("t"), 3);
	snprintf(path, sizeof(path), "/config/brokers/%d", (int)another);
	snprintf(entity, sizeof(entity), "brokers/%d", (int)another);
	change(path, ZNODE_OP_CREATE, "{\"version\":1,\"config\":{\"min.insync.replicas\":\"5\"}}", entity);
	cr_expect_eq(known("t"), 3, "of another broker");
	snprintf(path, sizeof(path), "/config/brokers/%d", (int)own);
	snprintf(entity, sizeof(entity), "brokers/%d", (int)own);
	change(path, ZNODE_OP_CREATE, "{\"version\":1,\"config\":{\"min.insync.replicas\":\"4\"}}", entity);
	cr_expect_eq(known("t"), 4);
}

/* What is acknowledged from now on they do not have. */
Test(min_insync, that_falls_leaves_nobody_eligible)
{
	struct context_partition *partition;
	struct payload_partition_state state;
	int32_t other = it.town.first;

	cr_assert_eq(town_create(&it, "t", 1, 2), KAFKA_ERROR_NONE);
	town_run(&it, TOWN_SECOND_US);
	partition = (struct context_partition *)(uintptr_t)town_partition(&it, "t", 0);
	state = context_partition_payload(partition);
	state.isr.count = 1;
	state.eligible = (struct payload_int32_list){ &other, 1 };
	context_partition_set_leadership(partition, &state, partition->leadership.version);
	change("/config/topics/t", ZNODE_OP_SET_DATA,
	    "{\"version\":1,\"config\":{\"min.insync.replicas\":\"2\"}}", "topics/t");
	cr_expect_eq(partition->leadership.eligible_count, 1);
	change("/config/topics/t", ZNODE_OP_SET_DATA,
	    "{\"version\":1,\"config\":{\"min.insync.replicas\":\"1\"}}", "topics/t");
	cr_expect_eq(partition->leadership.eligible_count, 0);
}

Test(min_insync, is_known_after_a_failover_and_of_topics_that_others_make)
{
	cr_assert_eq(town_create(&it, "t", 1, 2), KAFKA_ERROR_NONE);
	control_town_stop(&it.town, town_active(&it.town));
	town_run(&it, 20 * TOWN_SECOND_US);
	cr_expect_eq(known("t"), 2);
	town_write(town_leader(&it), ZNODE_OP_CREATE, "/brokers/topics/u",
	    "{\"version\":1,\"partitions\":{\"0\":[1]}}");
	town_run(&it, TOWN_SECOND_US);
	cr_expect_eq(known("u"), 2, "it has no configuration");
}
