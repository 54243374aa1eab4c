/* Topics that somebody else makes or takes away. */
#include <criterion/criterion.h>

#include "controller/jobs.h"
#include "town.h"

static struct town_fixture it;

static void
set_up(void)
{
	town_begin(&it, 2, NULL);
}

static void
tear_down(void)
{
	town_end(&it);
}

TestSuite(topic_changes, .init = set_up, .fini = tear_down);

static void
tool(enum znode_operation_type type, const char *path, const char *data)
{
	town_write(town_leader(&it), type, path, data);
	town_run(&it, TOWN_SECOND_US);
}

Test(topic_changes, of_an_old_tool_are_led_and_get_an_id)
{
	tool(ZNODE_OP_CREATE, "/brokers/topics/old",
	    "{\"version\":1,\"partitions\":{\"1\":[2,1],\"0\":[1,2]}}");
	cr_assert_not_null(strstr(town_node(&it.town, "/brokers/topics/old"), "\"topic_id\":\""));
	cr_assert_str_eq(town_node(&it.town, "/brokers/topics/old/partitions/1/state"),
	    "{\"controller_epoch\":1,\"leader\":2,\"version\":1,\"leader_epoch\":0,\"isr\":[2,1]}");
	for (int i = 0; i < 2; i++)
		cr_assert_eq(it.town.brokers[i].replicas.count, 2);
}

Test(topic_changes, may_come_in_many_at_once)
{
	char path[64];

	for (int i = 0; i < 20; i++) {
		snprintf(path, sizeof(path), "/brokers/topics/old%d", i);
		town_write(town_leader(&it), ZNODE_OP_CREATE, path,
		    "{\"version\":1,\"partitions\":{\"0\":[1]}}");
	}
	town_run(&it, TOWN_SECOND_US);
	cr_assert_eq(it.town.brokers[0].metadata.count, 20);
}

Test(topic_changes, forget_what_is_gone)
{
	cr_assert_eq(town_create(&it, "t", 1, 1), KAFKA_ERROR_NONE);
	tool(ZNODE_OP_DELETE, "/brokers/topics/t/partitions/0/state", NULL);
	tool(ZNODE_OP_DELETE, "/brokers/topics/t/partitions/0", NULL);
	tool(ZNODE_OP_DELETE, "/brokers/topics/t/partitions", NULL);
	tool(ZNODE_OP_DELETE, "/brokers/topics/t", NULL);
	cr_assert_eq(town_create(&it, "t", 2, 1), KAFKA_ERROR_NONE);
}

Test(topic_changes, of_the_same_name_are_seen_by_their_id)
{
	cr_assert_eq(town_create(&it, "t", 1, 1), KAFKA_ERROR_NONE);
	tool(ZNODE_OP_SET_DATA, "/brokers/topics/t", "{\"partitions\":{\"0\":[1],\"1\":[1]},"
	    "\"topic_id\":\"zk5XhYlPS_eDO34NK6wYXw\",\"adding_replicas\":{},\"removing_replicas\":{},"
	    "\"version\":3}");
	cr_assert_not_null(town_node(&it.town, "/brokers/topics/t/partitions/1/state"));
}
