#include "controller/partition_changes.h"

#include <criterion/criterion.h>

#include "town.h"

TestSuite(partition_changes);

Test(partition_changes, allow_the_moves_that_are_drawn)
{
	cr_assert(partition_state_may_follow(PARTITION_NON_EXISTENT, PARTITION_NEW));
	cr_assert(partition_state_may_follow(PARTITION_NEW, PARTITION_ONLINE));
	cr_assert(partition_state_may_follow(PARTITION_ONLINE, PARTITION_ONLINE));
	cr_assert(partition_state_may_follow(PARTITION_ONLINE, PARTITION_OFFLINE));
	cr_assert(partition_state_may_follow(PARTITION_NEW, PARTITION_OFFLINE));
	cr_assert(partition_state_may_follow(PARTITION_OFFLINE, PARTITION_NON_EXISTENT));
	cr_assert_not(partition_state_may_follow(PARTITION_ONLINE, PARTITION_NON_EXISTENT));
	cr_assert_not(partition_state_may_follow(PARTITION_NON_EXISTENT, PARTITION_ONLINE));
	cr_assert_not(partition_state_may_follow(PARTITION_ONLINE, PARTITION_NEW));
	cr_assert_str_eq(partition_state_text(PARTITION_OFFLINE), "OFFLINE");
}

/* ------------------------------------------------------------------- town */

static struct town_fixture it;

static void
set_up(void)
{
	town_begin(&it, 2, "auto.leader.rebalance.enable=false\n");
}

static void
tear_down(void)
{
	town_end(&it);
}

TestSuite(partition_elections, .init = set_up, .fini = tear_down);

static void
create_on(const char *name, const int32_t *brokers, const char *unclean)
{
	struct create_topics_request_creatable_topic *topic;
	struct town_call call;

	town_call_init(&call, CONTROLLER_CREATE_TOPICS, 5);
	topic = town_add_topic(&call, name, -1, -1);
	town_add_assignment(&call, topic, 0, brokers);
	if (unclean != NULL)
		town_add_config(&call, topic, "unclean.leader.election.enable", unclean);
	town_ask_and_wait(&it, &call, 5 * TOWN_SECOND_US);
	cr_assert_eq(call.response.create.topics.items[0].error_code, KAFKA_ERROR_NONE);
	town_call_fini(&call);
}

static const char *
state_of(const char *topic)
{
	char path[128];

	snprintf(path, sizeof(path), "/brokers/topics/%s/partitions/0/state", topic);
	return town_node(&it.town, path);
}

/* Ids: who is controller, and the other. */
static int32_t
controller_id(void)
{
	return it.town.first + town_active(&it.town);
}

static int32_t
other_id(void)
{
	return 3 - controller_id();
}

static void
stop_other(void)
{
	control_town_stop(&it.town, other_id() - it.town.first);
	town_run(&it, 2 * TOWN_SECOND_US);
}

Test(partition_elections, give_another_leader_when_one_dies)
{
	int32_t other = other_id(), mine = controller_id();
	char wanted[256];

	create_on("t", (int32_t[]){ other, mine, -1 }, NULL);
	stop_other();
	snprintf(wanted, sizeof(wanted), "{\"controller_epoch\":1,\"leader\":%d,\"version\":1,"
	    "\"leader_epoch\":1,\"isr\":[%d]}", mine, mine);
	cr_assert_str_eq(state_of("t"), wanted);
	cr_assert_eq(town_find(&town_leader(&it)->metadata, "t", 0)->leader, mine);
}

Test(partition_elections, leave_a_partition_without_leader_when_nobody_is_in_sync)
{
	int32_t other = other_id();
	char wanted[256];

	create_on("t", (int32_t[]){ other, -1 }, NULL);
	stop_other();
	snprintf(wanted, sizeof(wanted), "{\"controller_epoch\":1,\"leader\":-1,\"version\":1,"
	    "\"leader_epoch\":1,\"isr\":[%d]}", other);
	cr_assert_str_eq(state_of("t"), wanted);
	cr_assert_eq(town_find(&town_leader(&it)->metadata, "t", 0)->leader, -1);
	control_town_start(&it.town, other - it.town.first);
	town_run(&it, 2 * TOWN_SECOND_US);
	snprintf(wanted, sizeof(wanted), "{\"controller_epoch\":1,\"leader\":%d,\"version\":1,"
	    "\"leader_epoch\":2,\"isr\":[%d]}", other, other);
	cr_assert_str_eq(state_of("t"), wanted);
}

/* The leader is away while the other replica is not in sync: only an unclean election helps. */
static void
lose_the_only_one_in_sync(const char *unclean)
{
	int32_t other = other_id(), mine = controller_id();
	char state[256];

	create_on("t", (int32_t[]){ other, mine, -1 }, unclean);
	snprintf(state, sizeof(state), "{\"controller_epoch\":1,\"leader\":%d,\"version\":1,"
	    "\"leader_epoch\":0,\"isr\":[%d]}", other, other);
	town_write(town_leader(&it), ZNODE_OP_SET_DATA, "/brokers/topics/t/partitions/0/state", state);
	town_run(&it, TOWN_SECOND_US);
	stop_other();
}

Test(partition_elections, are_unclean_only_where_the_topic_allows_it)
{
	char wanted[256];

	lose_the_only_one_in_sync("true");
	snprintf(wanted, sizeof(wanted), "{\"controller_epoch\":1,\"leader\":%d,\"version\":1,"
	    "\"leader_recovery_state\":1,\"leader_epoch\":1,\"isr\":[%d]}", controller_id(),
	    controller_id());
	cr_assert_str_eq(state_of("t"), wanted);
}

Test(partition_elections, wait_where_the_topic_does_not_say_so)
{
	lose_the_only_one_in_sync(NULL);
	cr_assert_not_null(strstr(state_of("t"), "\"leader\":-1"));
}

Test(partition_elections, leave_a_state_that_cannot_be_read)
{
	int32_t other = other_id();

	create_on("t", (int32_t[]){ other, controller_id(), -1 }, NULL);
	town_write(town_leader(&it), ZNODE_OP_SET_DATA, "/brokers/topics/t/partitions/0/state", "junk");
	town_run(&it, TOWN_SECOND_US);
	stop_other();
	cr_assert_str_eq(state_of("t"), "junk");
	cr_assert_eq(town_create(&it, "next", 1, 1), KAFKA_ERROR_NONE);
}

Test(partition_elections, refuse_a_state_of_a_newer_controller)
{
	int32_t other = other_id();
	char state[256];

	create_on("t", (int32_t[]){ other, controller_id(), -1 }, NULL);
	snprintf(state, sizeof(state), "{\"controller_epoch\":9,\"leader\":%d,\"version\":1,"
	    "\"leader_epoch\":0,\"isr\":[%d,%d]}", other, other, controller_id());
	town_write(town_leader(&it), ZNODE_OP_SET_DATA, "/brokers/topics/t/partitions/0/state", state);
	town_run(&it, TOWN_SECOND_US);
	stop_other();
	cr_assert_str_eq(state_of("t"), state);
}

Test(partition_elections, go_on_from_a_state_that_somebody_has_changed)
{
	int32_t other = other_id(), mine = controller_id();
	char state[256];

	create_on("t", (int32_t[]){ other, mine, -1 }, NULL);
	/* another version than the controller remembers */
	snprintf(state, sizeof(state), "{\"controller_epoch\":1,\"leader\":%d,\"version\":1,"
	    "\"leader_epoch\":5,\"isr\":[%d,%d]}", other, other, mine);
	town_write(town_leader(&it), ZNODE_OP_SET_DATA, "/brokers/topics/t/partitions/0/state", state);
	town_run(&it, TOWN_SECOND_US);
	stop_other();
	cr_assert_not_null(strstr(state_of("t"), "\"leader_epoch\":6"));
	cr_assert_eq(town_find(&town_leader(&it)->metadata, "t", 0)->leader_epoch, 6);
}

/* A state that was made anew has the version of the first one: that another epoch stands there is not seen. */
Test(partition_elections, decide_what_is_known_without_a_read)
{
	int32_t other = other_id(), mine = controller_id();
	char state[256];

	create_on("t", (int32_t[]){ other, mine, -1 }, NULL);
	snprintf(state, sizeof(state), "{\"controller_epoch\":1,\"leader\":%d,\"version\":1,"
	    "\"leader_epoch\":5,\"isr\":[%d,%d]}", other, other, mine);
	town_write(town_leader(&it), ZNODE_OP_DELETE, "/brokers/topics/t/partitions/0/state", NULL);
	town_write(town_leader(&it), ZNODE_OP_CREATE, "/brokers/topics/t/partitions/0/state", state);
	town_run(&it, TOWN_SECOND_US);
	stop_other();
	cr_assert_not_null(strstr(state_of("t"), "\"leader_epoch\":1,"));
	cr_assert_eq(town_find(&town_leader(&it)->metadata, "t", 0)->leader, mine);
}
