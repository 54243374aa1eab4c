/* Elections that the configuration of a topic allows, once it does. */
#include <criterion/criterion.h>

#include "controller/jobs.h"
#include "controller/reassignment.h"
#include "town.h"

static struct town_fixture it;

static void
set_up(void)
{
	town_begin(&it, 3, "auto.leader.rebalance.enable=false\n");
}

static void
tear_down(void)
{
	town_end(&it);
}

TestSuite(controller_config_changes, .init = set_up, .fini = tear_down);

#define STATE "/brokers/topics/t/partitions/0/state"
#define ALLOWED "{\"version\":1,\"config\":{\"unclean.leader.election.enable\":\"true\"}}"
#define CHANGE "/config/changes/config_change_"

/* t-0 is on two brokers; the only one in sync is away. */
static void
lose_the_last_in_sync(void)
{
	int active = town_active(&it.town), gone = (active + 1) % 3;
	char data[256];

	cr_assert_eq(town_create(&it, "other", 1, 1), KAFKA_ERROR_NONE);
	town_write(town_leader(&it), ZNODE_OP_CREATE, "/config/topics/t",
	    "{\"version\":1,\"config\":{}}");
	snprintf(data, sizeof(data), "{\"version\":1,\"partitions\":{\"0\":[%d,%d]}}",
	    it.town.first + gone, it.town.first + active);
	town_write(town_leader(&it), ZNODE_OP_CREATE, "/brokers/topics/t", data);
	town_run(&it, TOWN_SECOND_US);
	snprintf(data, sizeof(data), "{\"controller_epoch\":1,\"leader\":%d,\"version\":1,"
	    "\"leader_epoch\":3,\"isr\":[%d]}", it.town.first + gone, it.town.first + gone);
	town_write(town_leader(&it), ZNODE_OP_SET_DATA, STATE, data);
	control_town_stop(&it.town, gone);
	town_run(&it, 2 * TOWN_SECOND_US);
	cr_assert_not_null(strstr(town_node(&it.town, STATE), "\"leader\":-1,"));
}

static bool
is_led_uncleanly(void)
{
	char wanted[256];
	int32_t id = it.town.first + town_active(&it.town);

	snprintf(wanted, sizeof(wanted), "\"leader\":%d,\"version\":1,"
	    "\"leader_recovery_state\":1,\"leader_epoch\":5,\"isr\":[%d]}", (int)id, (int)id);
	return strstr(town_node(&it.town, STATE), wanted) != NULL;
}

static void
notify(int number, const char *entity)
{
	char path[128], data[128];

	snprintf(path, sizeof(path), CHANGE "%010d", number);
	snprintf(data, sizeof(data), "{\"version\":2,\"entity_path\":\"%s\"}", entity);
	town_write(town_leader(&it), ZNODE_OP_CREATE, path, data);
	town_run(&it, TOWN_SECOND_US);
}

Test(controller_config_changes, give_an_offline_topic_a_leader)
{
	lose_the_last_in_sync();
	town_write(town_leader(&it), ZNODE_OP_SET_DATA, "/config/topics/t", ALLOWED);
	town_run(&it, TOWN_SECOND_US);
	cr_assert_not(is_led_uncleanly(), "nobody has said so");
	notify(1, "topics/other");
	notify(2, "users/t");
	notify(3, "topics/unknown");
	cr_assert_not(is_led_uncleanly());
	notify(4, "topics/t");
	cr_assert(is_led_uncleanly(), "%s", town_node(&it.town, STATE));
}

Test(controller_config_changes, of_brokers_count_for_all_topics)
{
	lose_the_last_in_sync();
	town_write(town_leader(&it), ZNODE_OP_CREATE, "/config/brokers/<default>", ALLOWED);
	notify(1, "brokers/<default>");
	cr_assert(is_led_uncleanly(), "%s", town_node(&it.town, STATE));
}

Test(controller_config_changes, that_allow_nothing_change_nothing)
{
	lose_the_last_in_sync();
	notify(1, "topics/t");
	cr_assert_not(is_led_uncleanly());
	town_write(town_leader(&it), ZNODE_OP_CREATE, "/config/brokers/<default>", "junk");
	town_write(town_leader(&it), ZNODE_OP_SET_DATA, "/config/topics/t", ALLOWED);
	notify(2, "topics/t");
	cr_assert_not(is_led_uncleanly(), "what brokers say cannot be read");
}

Test(controller_config_changes, of_before_are_not_looked_at_and_junk_is_skipped)
{
	lose_the_last_in_sync();
	notify(5, "topics/other");
	town_write(town_leader(&it), ZNODE_OP_CREATE, CHANGE "0000000006", "junk");
	town_write(town_leader(&it), ZNODE_OP_CREATE, "/config/changes/else", "junk");
	/* the next controller reads what stands there when it takes over */
	town_write(town_leader(&it), ZNODE_OP_DELETE, "/controller", NULL);
	town_run(&it, 2 * TOWN_SECOND_US);
	town_write(town_leader(&it), ZNODE_OP_SET_DATA, "/config/topics/t", ALLOWED);
	notify(3, "topics/t");
	cr_assert_not(is_led_uncleanly());
	notify(7, "topics/t");
	cr_assert_not_null(strstr(town_node(&it.town, STATE), "\"leader_recovery_state\":1,"));
}

Test(controller_config_changes, that_give_a_leader_end_the_reassignment_to_it)
{
	lose_the_last_in_sync();
	int32_t id = it.town.first + town_active(&it.town);
	cr_assert_eq(town_reassign(&it, "t", 0, (int32_t[]){ id, -1 }), KAFKA_ERROR_NONE);
	cr_assert(reassignment_is_under_way(town_partition(&it, "t", 0)));
	town_write(town_leader(&it), ZNODE_OP_SET_DATA, "/config/topics/t", ALLOWED);
	notify(1, "topics/t");
	cr_assert_eq(town_partition(&it, "t", 0)->leadership.leader, id);
	cr_assert_not(reassignment_is_under_way(town_partition(&it, "t", 0)));
}
