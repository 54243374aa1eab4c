/* Partitions move (zookeeper.md 5.12), whatever happens on the way. */
#include "controller/reassign.h"

#include <criterion/criterion.h>

#include "town.h"

static struct town_fixture it;

static void
set_up(void)
{
	town_begin(&it, 4, "auto.leader.rebalance.enable=false\n");
}

static void
tear_down(void)
{
	town_end(&it);
}

TestSuite(reassign, .init = set_up, .fini = tear_down);

#define ON(...) (const int32_t[]){ __VA_ARGS__, -1 }
#define TOPIC "/brokers/topics/t"
#define STATE(index) "/brokers/topics/t/partitions/" #index "/state"

static void
make_topic(const char *partitions)
{
	char data[512];

	snprintf(data, sizeof(data), "{\"version\":1,\"partitions\":%s}", partitions);
	town_write(town_leader(&it), ZNODE_OP_CREATE, TOPIC, data);
	town_run(&it, TOWN_SECOND_US);
}

static struct town_entry *
hosted(int32_t broker, int32_t index)
{
	return town_find(&it.town.brokers[broker - it.town.first].replicas, "t", index);
}

/* What the topic's znode says of the partitions. */
static void
expect_topic(const char *partitions, const char *adding, const char *removing)
{
	char wanted[512], found[1024];

	snprintf(found, sizeof(found), "%s", town_node(&it.town, TOPIC));
	snprintf(wanted, sizeof(wanted), "{\"partitions\":%s,", partitions);
	cr_assert_not_null(strstr(found, wanted), "%s, not %s", found, wanted);
	snprintf(wanted, sizeof(wanted), "\"adding_replicas\":%s,\"removing_replicas\":%s,", adding,
	    removing);
	cr_assert_not_null(strstr(found, wanted), "%s, not %s", found, wanted);
}

static void
expect_state(const char *path, const char *wanted)
{
	cr_assert_not_null(strstr(town_node(&it.town, path), wanted), "%s", town_node(&it.town, path));
}

Test(reassign, moves_a_partition_from_broker_to_broker)
{
	make_topic("{\"0\":[1,2]}");
	cr_assert_eq(town_reassign(&it, "t", 0, ON(3, 4)), KAFKA_ERROR_NONE);
	expect_topic("{\"0\":[3,4,1,2]}", "{\"0\":[3,4]}", "{\"0\":[1,2]}");
	expect_state(STATE(0), "\"leader\":1,\"version\":1,\"leader_epoch\":1,\"isr\":[1,2]");
	for (int32_t broker = 1; broker <= 4; broker++) {
		cr_assert_not_null(hosted(broker, 0));
		cr_assert_eq(hosted(broker, 0)->replica_count, 4);
		cr_assert_eq(hosted(broker, 0)->leader_epoch, 1);
		cr_assert_eq(hosted(broker, 0)->was_new, broker >= 3);
	}
	cr_assert_eq(town_set_isr(&it, "t", 0, ON(1, 2, 3)), KAFKA_ERROR_NONE);
	expect_topic("{\"0\":[3,4,1,2]}", "{\"0\":[3,4]}", "{\"0\":[1,2]}");
	cr_assert_eq(town_set_isr(&it, "t", 0, ON(1, 2, 3, 4)), KAFKA_ERROR_NONE);
	expect_topic("{\"0\":[3,4]}", "{}", "{}");
	/* 3 elected, then 1 and 2 out of the ISR */
	expect_state(STATE(0), "\"leader\":3,\"version\":1,\"leader_epoch\":4,\"isr\":[3,4]");
	cr_assert_null(hosted(1, 0));
	cr_assert_null(hosted(2, 0));
	cr_assert_eq(hosted(4, 0)->replica_count, 2);
	cr_assert_eq(hosted(4, 0)->leader, 3);
	cr_assert_not(reassignment_is_under_way(town_partition(&it, "t", 0)));
}

Test(reassign, keeps_a_leader_that_stays)
{
	make_topic("{\"0\":[1,2]}");
	cr_assert_eq(town_reassign(&it, "t", 0, ON(3, 1)), KAFKA_ERROR_NONE);
	cr_assert_eq(town_set_isr(&it, "t", 0, ON(1, 2, 3)), KAFKA_ERROR_NONE);
	expect_topic("{\"0\":[3,1]}", "{}", "{}");
	expect_state(STATE(0), "\"leader\":1,\"version\":1,\"leader_epoch\":3,\"isr\":[1,3]");
	cr_assert_null(hosted(2, 0));
}

Test(reassign, takes_another_order_or_fewer_replicas_at_once)
{
	make_topic("{\"0\":[1,2,3]}");
	cr_assert_eq(town_reassign(&it, "t", 0, ON(2, 1, 3)), KAFKA_ERROR_NONE);
	expect_topic("{\"0\":[2,1,3]}", "{}", "{}");
	expect_state(STATE(0), "\"leader\":1,\"version\":1,\"leader_epoch\":1,\"isr\":[1,2,3]");
	cr_assert_eq(town_reassign(&it, "t", 0, ON(2)), KAFKA_ERROR_NONE);
	expect_topic("{\"0\":[2]}", "{}", "{}");
	/* elected, then two shrinks */
	expect_state(STATE(0), "\"leader\":2,\"version\":1,\"leader_epoch\":4,\"isr\":[2]");
}

Test(reassign, goes_back_when_it_is_cancelled)
{
	make_topic("{\"0\":[1,2]}");
	cr_assert_eq(town_reassign(&it, "t", 0, ON(3, 4)), KAFKA_ERROR_NONE);
	cr_assert_eq(town_set_isr(&it, "t", 0, ON(1, 2, 3)), KAFKA_ERROR_NONE);
	cr_assert_eq(town_reassign(&it, "t", 0, NULL), KAFKA_ERROR_NONE);
	expect_topic("{\"0\":[1,2]}", "{}", "{}");
	expect_state(STATE(0), "\"leader\":1,\"version\":1,\"leader_epoch\":3,\"isr\":[1,2]");
	cr_assert_null(hosted(3, 0));
	cr_assert_null(hosted(4, 0));
	cr_assert_eq(town_reassign(&it, "t", 0, NULL), KAFKA_ERROR_NO_REASSIGNMENT_IN_PROGRESS);
}

Test(reassign, gives_way_to_another_one)
{
	make_topic("{\"0\":[1,2]}");
	cr_assert_eq(town_reassign(&it, "t", 0, ON(3)), KAFKA_ERROR_NONE);
	cr_assert_eq(town_reassign(&it, "t", 0, ON(4)), KAFKA_ERROR_NONE);
	expect_topic("{\"0\":[4,1,2]}", "{\"0\":[4]}", "{\"0\":[1,2]}");
	cr_assert_null(hosted(3, 0));
	cr_assert_not_null(hosted(4, 0));
	cr_assert_eq(town_set_isr(&it, "t", 0, ON(1, 2, 4)), KAFKA_ERROR_NONE);
	expect_topic("{\"0\":[4]}", "{}", "{}");
}

/* The adding replica leads, as all others are away, and is needed no longer. */
Test(reassign, elects_anew_when_the_leader_is_needed_no_longer)
{
	make_topic("{\"0\":[1,2]}");
	cr_assert_eq(town_reassign(&it, "t", 0, ON(4, 3)), KAFKA_ERROR_NONE);
	cr_assert_eq(town_set_isr(&it, "t", 0, ON(1, 2, 3)), KAFKA_ERROR_NONE);
	town_write(town_leader(&it), ZNODE_OP_CREATE, "/brokers/topics/u",
	    "{\"version\":1,\"partitions\":{\"0\":[3,1]}}");
	town_run(&it, TOWN_SECOND_US);
	control_town_stop(&it.town, 0);
	town_run(&it, 2 * TOWN_SECOND_US);
	cr_assert_eq(town_partition(&it, "t", 0)->leadership.leader, 3);
	cr_assert_eq(town_reassign(&it, "t", 0, ON(4, 2)), KAFKA_ERROR_NONE);
	cr_assert_eq(town_partition(&it, "t", 0)->leadership.leader, 2);
	cr_assert_eq(town_partition(&it, "t", 0)->state, PARTITION_ONLINE);
	cr_assert_null(hosted(3, 0));
}

Test(reassign, goes_on_under_the_next_controller)
{
	make_topic("{\"0\":[1,2],\"1\":[2,3]}");
	cr_assert_eq(town_reassign(&it, "t", 0, ON(4)), KAFKA_ERROR_NONE);
	town_write(town_leader(&it), ZNODE_OP_DELETE, "/controller", NULL);
	town_run(&it, 2 * TOWN_SECOND_US);
	expect_topic("{\"0\":[4,1,2],\"1\":[2,3]}", "{\"0\":[4]}", "{\"0\":[1,2]}");
	expect_state(STATE(0), "\"leader_epoch\":2,\"isr\":[1,2]");
	/* what the leader has asked for just before that is found */
	town_write(town_leader(&it), ZNODE_OP_SET_DATA, STATE(0), "{\"controller_epoch\":2,"
	    "\"leader\":1,\"version\":1,\"leader_epoch\":2,\"isr\":[1,2,4]}");
	town_write(town_leader(&it), ZNODE_OP_DELETE, "/controller", NULL);
	town_run(&it, 2 * TOWN_SECOND_US);
	expect_topic("{\"0\":[4],\"1\":[2,3]}", "{}", "{}");
	expect_state(STATE(0), "\"leader\":4,\"version\":1,\"leader_epoch\":5,\"isr\":[4]");
}

Test(reassign, goes_on_when_the_broker_is_back)
{
	int epoch;

	make_topic("{\"0\":[1,2]}");
	cr_assert_eq(town_reassign(&it, "t", 0, ON(4)), KAFKA_ERROR_NONE);
	control_town_stop(&it.town, 3);
	town_run(&it, 2 * TOWN_SECOND_US);
	epoch = town_partition(&it, "t", 0)->leadership.leader_epoch;
	control_town_start(&it.town, 3);
	town_run(&it, 2 * TOWN_SECOND_US);
	cr_assert_eq(town_partition(&it, "t", 0)->leadership.leader_epoch, epoch + 1);
	cr_assert_eq(hosted(4, 0)->leader_epoch, epoch + 1);
}

Test(reassign, lets_a_deletion_wait)
{
	make_topic("{\"0\":[1,2]}");
	cr_assert_eq(town_reassign(&it, "t", 0, ON(4)), KAFKA_ERROR_NONE);
	town_write(town_leader(&it), ZNODE_OP_CREATE, "/admin/delete_topics/t", NULL);
	town_run(&it, TOWN_SECOND_US);
	cr_assert_not_null(town_node(&it.town, TOPIC));
	cr_assert_eq(town_reassign(&it, "t", 0, ON(3)), KAFKA_ERROR_UNKNOWN_TOPIC_OR_PARTITION);
	cr_assert_eq(town_set_isr(&it, "t", 0, ON(1, 2, 4)), KAFKA_ERROR_NONE);
	town_run(&it, 2 * TOWN_SECOND_US);
	cr_assert_null(town_node(&it.town, TOPIC));
	cr_assert_null(town_node(&it.town, "/admin/delete_topics/t"));
	cr_assert_null(hosted(1, 0));
	cr_assert_null(hosted(4, 0));
}

Test(reassign, leaves_replicas_where_the_state_cannot_be_read)
{
	make_topic("{\"0\":[1,2]}");
	town_write(town_leader(&it), ZNODE_OP_SET_DATA, STATE(0), "junk");
	town_run(&it, TOWN_SECOND_US);
	cr_assert_eq(town_reassign(&it, "t", 0, ON(2)), KAFKA_ERROR_UNKNOWN_SERVER_ERROR);
	cr_assert_str_eq(town_node(&it.town, STATE(0)), "junk");
	cr_assert_not_null(hosted(1, 0));
	expect_topic("{\"0\":[2,1]}", "{}", "{\"0\":[1]}");
	cr_assert(reassignment_is_under_way(town_partition(&it, "t", 0)));
	/* once it is mended the next controller ends it */
	town_write(town_leader(&it), ZNODE_OP_SET_DATA, STATE(0), "{\"controller_epoch\":1,"
	    "\"leader\":1,\"version\":1,\"leader_epoch\":1,\"isr\":[1,2]}");
	town_write(town_leader(&it), ZNODE_OP_DELETE, "/controller", NULL);
	town_run(&it, 2 * TOWN_SECOND_US);
	expect_topic("{\"0\":[2]}", "{}", "{}");
	cr_assert_null(hosted(1, 0));
}

/* Who leads may be the only one that has all. */
Test(reassign, leaves_replicas_where_nobody_of_the_target_can_be_elected_after_all)
{
	make_topic("{\"0\":[1,2]}");
	town_write(town_leader(&it), ZNODE_OP_SET_DATA, STATE(0), "{\"controller_epoch\":1,"
	    "\"leader\":1,\"version\":1,\"leader_epoch\":0,\"isr\":[1]}");
	town_run(&it, TOWN_SECOND_US);
	cr_assert_eq(town_reassign(&it, "t", 0, ON(2)), KAFKA_ERROR_UNKNOWN_SERVER_ERROR);
	expect_topic("{\"0\":[2,1]}", "{}", "{\"0\":[1]}");
	expect_state(STATE(0), "\"leader\":1,");
	expect_state(STATE(0), "\"isr\":[1]");
	cr_assert_not_null(hosted(1, 0));
	cr_assert_eq(town_set_isr(&it, "t", 0, ON(1, 2)), KAFKA_ERROR_NONE);
	expect_topic("{\"0\":[2]}", "{}", "{}");
	cr_assert_null(hosted(1, 0));
}

Test(reassign, moves_what_never_had_a_leader)
{
	make_topic("{\"0\":[9]}");
	cr_assert_eq(town_reassign(&it, "t", 0, ON(1)), KAFKA_ERROR_UNKNOWN_SERVER_ERROR);
	expect_topic("{\"0\":[1,9]}", "{\"0\":[1]}", "{\"0\":[9]}");
	/* the next election is one of the replicas that it has now */
	control_town_stop(&it.town, (town_active(&it.town) + 1) % 3 + 1);
	town_run(&it, 2 * TOWN_SECOND_US);
	cr_assert_eq(town_partition(&it, "t", 0)->state, PARTITION_ONLINE);
	cr_assert_not_null(hosted(1, 0));
	expect_topic("{\"0\":[1]}", "{}", "{}");
}

/* It shuts down, and nobody else is in sync: it leads on, and knows who its followers are. */
Test(reassign, tells_a_leader_that_nobody_can_follow)
{
	struct town_call call;

	make_topic("{\"0\":[1,2,3]}");
	cr_assert_eq(town_set_isr(&it, "t", 0, ON(1)), KAFKA_ERROR_NONE);
	town_call_init(&call, CONTROLLER_CONTROLLED_SHUTDOWN, 3);
	call.request.shutdown.broker_id = 1;
	town_ask_and_wait(&it, &call, TOWN_SECOND_US);
	cr_assert_eq(call.response.shutdown.remaining_partitions.count, 1);
	town_call_fini(&call);
	cr_assert_eq(town_reassign(&it, "t", 0, ON(1)), KAFKA_ERROR_NONE);
	expect_topic("{\"0\":[1]}", "{}", "{}");
	expect_state(STATE(0), "\"leader\":1,\"version\":1,\"leader_epoch\":1,\"isr\":[1]");
	cr_assert_eq(hosted(1, 0)->replica_count, 1);
	cr_assert_null(hosted(2, 0));
}

/* Else the move would never end, and the deletion neither. */
Test(reassign, keeps_leaders_while_a_deletion_waits_for_it)
{
	make_topic("{\"0\":[1,2]}");
	cr_assert_eq(town_reassign(&it, "t", 0, ON(4)), KAFKA_ERROR_NONE);
	town_write(town_leader(&it), ZNODE_OP_CREATE, "/admin/delete_topics/t", NULL);
	town_run(&it, TOWN_SECOND_US);
	control_town_stop(&it.town, 0);
	town_run(&it, 3 * TOWN_SECOND_US);
	cr_assert_eq(town_partition(&it, "t", 0)->leadership.leader, 2);
	/* who is to follow has to know it */
	cr_assert_not_null(town_find(&it.town.brokers[3].metadata, "t", 0));
	cr_assert_eq(town_set_isr(&it, "t", 0, ON(2, 4)), KAFKA_ERROR_NONE);
	town_run(&it, 2 * TOWN_SECOND_US);
	cr_assert_null(town_node(&it.town, TOPIC));
	cr_assert_null(town_find(&it.town.brokers[3].metadata, "t", 0));
	cr_assert_null(town_node(&it.town, "/admin/delete_topics/t"));
}

/* A controller died when it had taken a reassignment back, and had told nobody. */
Test(reassign, brings_a_leader_back_that_has_other_replicas)
{
	char before[512];

	make_topic("{\"0\":[1,2]}");
	snprintf(before, sizeof(before), "%s", town_node(&it.town, TOPIC));
	cr_assert_eq(town_reassign(&it, "t", 0, ON(3, 1)), KAFKA_ERROR_NONE);
	town_run(&it, TOWN_SECOND_US);
	town_write(town_leader(&it), ZNODE_OP_DELETE, "/controller", NULL);
	town_write(town_leader(&it), ZNODE_OP_SET_DATA, TOPIC, before);
	town_run(&it, 2 * TOWN_SECOND_US);
	cr_assert_eq(hosted(1, 0)->replica_count, 3);
	cr_assert_eq(town_set_isr(&it, "t", 0, ON(1, 2, 3)), KAFKA_ERROR_INVALID_REQUEST);
	cr_assert_eq(hosted(1, 0)->replica_count, 2);
	cr_assert_null(hosted(3, 0));
	expect_topic("{\"0\":[1,2]}", "{}", "{}");
	expect_state(STATE(0), "\"leader\":1,\"version\":1,\"leader_epoch\":2,\"isr\":[1,2]");
}

/* A controller died when it had written other replicas, and who is none any more was still in sync. */
Test(reassign, takes_out_of_the_isr_who_was_a_replica)
{
	make_topic("{\"0\":[3,2],\"1\":[3,4]}");
	town_write(town_leader(&it), ZNODE_OP_SET_DATA, TOPIC,
	    "{\"version\":1,\"partitions\":{\"0\":[2,1],\"1\":[3,4]},\"adding_replicas\":{\"0\":[1]}}");
	town_write(town_leader(&it), ZNODE_OP_DELETE, "/controller", NULL);
	town_run(&it, 2 * TOWN_SECOND_US);
	expect_state(STATE(0), "\"leader\":2,");
	expect_state(STATE(0), "\"isr\":[2]");
	expect_state(STATE(1), "\"isr\":[3,4]");
	cr_assert_null(hosted(3, 0));
	cr_assert_eq(town_set_isr(&it, "t", 0, ON(2, 1)), KAFKA_ERROR_NONE);
	expect_topic("{\"0\":[2,1],\"1\":[3,4]}", "{}", "{}");
}

/* The next controller finds all of the target in sync; who is to lead says nothing. */
static void
elect_controller(int32_t mute, const char *state)
{
	it.town.brokers[mute - it.town.first].is_mute = true;
	town_write(town_leader(&it), ZNODE_OP_SET_DATA, STATE(0), state);
	town_write(town_leader(&it), ZNODE_OP_DELETE, "/controller", NULL);
	town_run(&it, 2 * TOWN_SECOND_US);
}

static void
let_speak(int32_t mute)
{
	it.town.brokers[mute - it.town.first].is_mute = false;
	town_run(&it, TOWN_SECOND_US);
}

/* Seed 700195 of scenario cluster: its registration was that of a process which had lost its memory. */
Test(reassign, deletes_nothing_before_who_leads_has_answered)
{
	make_topic("{\"0\":[1,2]}");
	cr_assert_eq(town_reassign(&it, "t", 0, ON(1, 4)), KAFKA_ERROR_NONE);
	elect_controller(1, "{\"controller_epoch\":1,\"leader\":1,\"version\":1,"
	    "\"leader_epoch\":1,\"isr\":[1,2,4]}");
	expect_topic("{\"0\":[1,4,2]}", "{\"0\":[4]}", "{\"0\":[2]}");
	expect_state(STATE(0), "\"leader_epoch\":1,\"isr\":[1,2,4]");
	cr_assert_eq(town_reassign(&it, "t", 0, NULL), KAFKA_ERROR_INVALID_REPLICA_ASSIGNMENT);
	cr_assert_not_null(hosted(2, 0));
	cr_assert_not_null(hosted(4, 0));
	let_speak(1);
	expect_topic("{\"0\":[1,4]}", "{}", "{}");
	cr_assert_null(hosted(2, 0));
}

Test(reassign, deletes_nothing_before_who_will_lead_has_answered)
{
	make_topic("{\"0\":[1,2]}");
	cr_assert_eq(town_reassign(&it, "t", 0, ON(3, 4)), KAFKA_ERROR_NONE);
	elect_controller(3, "{\"controller_epoch\":1,\"leader\":1,\"version\":1,"
	    "\"leader_epoch\":1,\"isr\":[1,2,3,4]}");
	expect_topic("{\"0\":[3,4,1,2]}", "{\"0\":[3,4]}", "{\"0\":[1,2]}");
	cr_assert_not_null(hosted(1, 0));
	let_speak(3);
	expect_topic("{\"0\":[3,4]}", "{}", "{}");
	cr_assert_null(hosted(1, 0));
}

Test(reassign, leaves_its_log_to_who_was_a_replica_until_who_leads_has_answered)
{
	make_topic("{\"0\":[3,2]}");
	town_write(town_leader(&it), ZNODE_OP_SET_DATA, TOPIC,
	    "{\"version\":1,\"partitions\":{\"0\":[2,1]},\"adding_replicas\":{\"0\":[1]}}");
	elect_controller(2, "{\"controller_epoch\":1,\"leader\":2,\"version\":1,"
	    "\"leader_epoch\":1,\"isr\":[3,2]}");
	expect_state(STATE(0), "\"isr\":[2]");
	cr_assert_not_null(hosted(3, 0));
	let_speak(2);
	expect_state(STATE(0), "\"isr\":[2]");
	cr_assert_null(hosted(3, 0));
}
