/* /admin/reassign_partitions. */
#include <criterion/criterion.h>

#include "controller/jobs.h"
#include "controller/reassign.h"
#include "town.h"

static struct town_fixture it;

static void
set_up(void)
{
	town_begin(&it, 3, "auto.leader.rebalance.enable=false\n");
	town_write(town_leader(&it), ZNODE_OP_CREATE, "/brokers/topics/t",
	    "{\"version\":1,\"partitions\":{\"0\":[1],\"1\":[2]}}");
	town_run(&it, TOWN_SECOND_US);
}

static void
tear_down(void)
{
	town_end(&it);
}

TestSuite(reassign_znode, .init = set_up, .fini = tear_down);

#define ON(...) (const int32_t[]){ __VA_ARGS__, -1 }
#define ZNODE "/admin/reassign_partitions"
#define MOVE(topic, partition, replicas) \
	"{\"topic\":\"" topic "\",\"partition\":" #partition ",\"replicas\":[" replicas "]}"

static void
ask(const char *moves)
{
	char data[512];

	snprintf(data, sizeof(data), "{\"version\":1,\"partitions\":[%s]}", moves);
	town_write(town_leader(&it), ZNODE_OP_CREATE, ZNODE, data);
	town_run(&it, TOWN_SECOND_US);
}

static bool
stands_there(const char *text)
{
	return town_node(&it.town, ZNODE) != NULL && strstr(town_node(&it.town, ZNODE), text) != NULL;
}

static bool
moves(int32_t index)
{
	return reassignment_is_under_way(town_partition(&it, "t", index));
}

static int32_t
epoch_of(int32_t index)
{
	return town_partition(&it, "t", index)->leadership.leader_epoch;
}

Test(reassign_znode, begins_moves_and_goes_with_the_last_of_them)
{
	ask(MOVE("t", 0, "3") "," MOVE("t", 1, "3"));
	cr_assert(moves(0) && moves(1));
	cr_assert_eq(town_set_isr(&it, "t", 0, ON(1, 3)), KAFKA_ERROR_NONE);
	cr_assert_not(moves(0));
	cr_assert(stands_there("\"partitions\":[" MOVE("t", 1, "3") "]"));
	cr_assert_eq(epoch_of(1), 1, "what is left has not begun again");
	cr_assert_eq(town_set_isr(&it, "t", 1, ON(2, 3)), KAFKA_ERROR_NONE);
	cr_assert_null(town_node(&it.town, ZNODE));
	/* the watch is set again */
	ask(MOVE("t", 0, "2"));
	cr_assert(moves(0));
}

Test(reassign_znode, loses_what_cannot_move)
{
	ask(MOVE("x", 0, "3") "," MOVE("t", 7, "3") "," MOVE("t", 0, "2") "," MOVE("t", 1, "3,3") ","
	    MOVE("t", 1, ""));
	cr_assert(stands_there("\"partitions\":[" MOVE("t", 0, "2") "]"));
	cr_assert(moves(0));
	cr_assert_not(moves(1));
}

Test(reassign_znode, that_names_nothing_that_moves_is_deleted)
{
	ask(MOVE("x", 0, "3"));
	cr_assert_null(town_node(&it.town, ZNODE));
	ask("");
	cr_assert_null(town_node(&it.town, ZNODE));
	/* there is nothing to be done */
	ask(MOVE("t", 0, "1"));
	cr_assert_null(town_node(&it.town, ZNODE));
	cr_assert_not(moves(0));
}

Test(reassign_znode, that_cannot_be_read_is_left_alone)
{
	town_write(town_leader(&it), ZNODE_OP_CREATE, ZNODE, "junk");
	town_run(&it, TOWN_SECOND_US);
	cr_assert_str_eq(town_node(&it.town, ZNODE), "junk");
	cr_assert_eq(town_reassign(&it, "t", 0, ON(2)), KAFKA_ERROR_NONE);
	cr_assert_eq(town_set_isr(&it, "t", 0, ON(1, 2)), KAFKA_ERROR_NONE);
	cr_assert_not(moves(0));
	cr_assert_str_eq(town_node(&it.town, ZNODE), "junk");
}

Test(reassign_znode, counts_the_last_of_what_is_named_twice)
{
	ask(MOVE("t", 0, "2") "," MOVE("t", 0, "3"));
	cr_assert_eq(town_partition(&it, "t", 0)->adding_count, 1);
	cr_assert_eq(town_partition(&it, "t", 0)->adding[0], 3);
}

Test(reassign_znode, gives_way_to_who_asks_by_a_request)
{
	ask(MOVE("t", 0, "2") "," MOVE("t", 1, "3"));
	cr_assert_eq(town_reassign(&it, "t", 0, ON(3)), KAFKA_ERROR_NONE);
	cr_assert(stands_there("\"partitions\":[" MOVE("t", 1, "3") "]"));
	cr_assert_eq(town_partition(&it, "t", 0)->adding[0], 3);
	cr_assert_eq(town_reassign(&it, "t", 1, NULL), KAFKA_ERROR_NONE);
	cr_assert_null(town_node(&it.town, ZNODE));
	cr_assert_not(moves(1));
}

Test(reassign_znode, is_read_by_the_next_controller)
{
	ask(MOVE("t", 0, "3"));
	town_write(town_leader(&it), ZNODE_OP_SET_DATA, ZNODE,
	    "{\"version\":1,\"partitions\":[" MOVE("t", 0, "3") "," MOVE("t", 1, "1") "]}");
	town_write(town_leader(&it), ZNODE_OP_DELETE, "/controller", NULL);
	town_run(&it, 2 * TOWN_SECOND_US);
	cr_assert(moves(0) && moves(1));
	cr_assert_eq(epoch_of(0), 2, "it begins again once");
	cr_assert_eq(town_set_isr(&it, "t", 0, ON(1, 3)), KAFKA_ERROR_NONE);
	cr_assert_eq(town_set_isr(&it, "t", 1, ON(2, 1)), KAFKA_ERROR_NONE);
	cr_assert_null(town_node(&it.town, ZNODE));
}

Test(reassign_znode, may_name_a_broker_that_comes_later)
{
	control_town_stop(&it.town, (town_active(&it.town) + 1) % 3);
	town_run(&it, 2 * TOWN_SECOND_US);
	ask(MOVE("t", 0, "1,7"));
	cr_assert(moves(0));
	cr_assert(stands_there("\"replicas\":[1,7]"));
}

Test(reassign_znode, loses_what_moves_nothing_though_nobody_leads)
{
	/* who alone has partition 0 or 1, and is not the controller */
	int alone = town_active(&it.town) == 0 ? 1 : 0;

	control_town_stop(&it.town, alone);
	town_run(&it, 2 * TOWN_SECOND_US);
	cr_assert_eq(town_partition(&it, "t", alone)->leadership.leader, CONTEXT_NO_LEADER);
	ask(alone == 0 ? MOVE("t", 0, "1") : MOVE("t", 1, "2"));
	cr_assert_not(moves(alone));
	cr_assert_null(town_node(&it.town, ZNODE));
}
