/* What stands in a topic's znode changes. */
#include <criterion/criterion.h>

#include "controller/jobs.h"
#include "town.h"

static struct town_fixture it;

static void
set_up(void)
{
	town_begin(&it, 2, NULL);
	town_write(town_leader(&it), ZNODE_OP_CREATE, "/brokers/topics/t",
	    "{\"version\":1,\"partitions\":{\"0\":[1]}}");
	town_run(&it, TOWN_SECOND_US);
}

static void
tear_down(void)
{
	town_end(&it);
}

TestSuite(assignment_changes, .init = set_up, .fini = tear_down);

static void
set(const char *data)
{
	town_write(town_leader(&it), ZNODE_OP_SET_DATA, "/brokers/topics/t", data);
	town_run(&it, TOWN_SECOND_US);
}

Test(assignment_changes, add_partitions_and_keep_the_id)
{
	char id[32];

	snprintf(id, sizeof(id), "%.22s",
	    strstr(town_node(&it.town, "/brokers/topics/t"), "topic_id\":\"") + 11);
	set("{\"version\":1,\"partitions\":{\"0\":[1],\"1\":[2,1]}}");
	cr_assert_str_eq(town_node(&it.town, "/brokers/topics/t/partitions/1/state"),
	    "{\"controller_epoch\":1,\"leader\":2,\"version\":1,\"leader_epoch\":0,\"isr\":[2,1]}");
	cr_assert_not_null(strstr(town_node(&it.town, "/brokers/topics/t"), id));
}

Test(assignment_changes, that_cannot_be_read_change_nothing)
{
	set("junk");
	cr_assert_str_eq(town_node(&it.town, "/brokers/topics/t"), "junk");
	set("{\"version\":1,\"partitions\":{\"0\":[1],\"1\":[2,2]}}");
	cr_assert_null(town_node(&it.town, "/brokers/topics/t/partitions/1"));
	cr_assert_eq(it.town.brokers[0].metadata.count, 1);
	set("{\"version\":1,\"partitions\":{\"0\":[1],\"1\":[2]}}");
	cr_assert_not_null(town_node(&it.town, "/brokers/topics/t/partitions/1/state"));
}

Test(assignment_changes, are_taken_back_while_the_topic_is_deleted)
{
	int away = 1 - town_active(&it.town);

	set("{\"version\":1,\"partitions\":{\"0\":[1],\"1\":[2]}}");
	control_town_stop(&it.town, away);
	town_run(&it, TOWN_SECOND_US);
	cr_assert_eq(town_delete(&it, "t"), KAFKA_ERROR_NONE);
	set("{\"version\":1,\"partitions\":{\"0\":[1],\"1\":[2],\"2\":[1]}}");
	cr_assert_not_null(town_node(&it.town, "/brokers/topics/t"));
	cr_assert_null(strstr(town_node(&it.town, "/brokers/topics/t"), "\"2\":"));
	cr_assert_null(town_node(&it.town, "/brokers/topics/t/partitions/2"));
}
