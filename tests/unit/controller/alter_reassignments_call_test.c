/* ALTER_REASSIGNMENTS (KIP-455). */
#include <criterion/criterion.h>

#include "controller/call_job.h"
#include "controller/reassignment.h"
#include "town.h"

static struct town_fixture it;
static struct town_call call;

static void
set_up(void)
{
	town_begin(&it, 3, "auto.leader.rebalance.enable=false\n");
	town_write(town_leader(&it), ZNODE_OP_CREATE, "/brokers/topics/t",
	    "{\"version\":1,\"partitions\":{\"0\":[1,2],\"1\":[2]}}");
	town_run(&it, TOWN_SECOND_US);
}

static void
tear_down(void)
{
	town_call_fini(&call);
	town_end(&it);
}

TestSuite(alter_reassignments_call, .init = set_up, .fini = tear_down);

#define ON(...) (const int32_t[]){ __VA_ARGS__, -1 }

Test(alter_reassignments_call, refuses_what_is_no_assignment)
{
	static const int32_t none[] = { -1 };

	cr_assert_eq(town_reassign(&it, "t", 0, none), KAFKA_ERROR_INVALID_REPLICA_ASSIGNMENT);
	cr_assert_eq(town_reassign(&it, "t", 0, ON(2, 2)), KAFKA_ERROR_INVALID_REPLICA_ASSIGNMENT);
	cr_assert_eq(town_reassign(&it, "t", 0, ON(2, 9)), KAFKA_ERROR_INVALID_REPLICA_ASSIGNMENT);
	cr_assert_eq(town_version(&it.town, "/brokers/topics/t"), 1);
}

Test(alter_reassignments_call, knows_what_there_is)
{
	cr_assert_eq(town_reassign(&it, "x", 0, ON(1)), KAFKA_ERROR_UNKNOWN_TOPIC_OR_PARTITION);
	cr_assert_eq(town_reassign(&it, "t", 9, ON(1)), KAFKA_ERROR_UNKNOWN_TOPIC_OR_PARTITION);
	cr_assert_eq(town_reassign(&it, "t", 9, ON(9)), KAFKA_ERROR_INVALID_REPLICA_ASSIGNMENT);
	cr_assert_eq(town_reassign(&it, "x", 0, NULL), KAFKA_ERROR_NO_REASSIGNMENT_IN_PROGRESS);
	cr_assert_eq(town_reassign(&it, "t", 0, NULL), KAFKA_ERROR_NO_REASSIGNMENT_IN_PROGRESS);
}

/* Kafka would delete the only replica that has the records. */
Test(alter_reassignments_call, does_not_leave_what_is_in_sync_behind)
{
	cr_assert_eq(town_reassign(&it, "t", 0, ON(3)), KAFKA_ERROR_NONE);
	town_write(town_leader(&it), ZNODE_OP_SET_DATA, "/brokers/topics/t/partitions/0/state",
	    "{\"controller_epoch\":1,\"leader\":3,\"version\":1,\"leader_epoch\":7,\"isr\":[3]}");
	town_partition(&it, "t", 0)->leadership.isr_count = 1;
	town_partition(&it, "t", 0)->leadership.isr[0] = 3;
	cr_assert_eq(town_reassign(&it, "t", 0, NULL), KAFKA_ERROR_INVALID_REPLICA_ASSIGNMENT);
	cr_assert(reassignment_is_under_way(town_partition(&it, "t", 0)));
}

static struct alter_partition_reassignments_request_reassignable_topic topic;
static struct alter_partition_reassignments_request_reassignable_partition partitions[2];
static int32_t replicas[2][1] = { { 3 }, { 1 } };

static void
fill(int32_t first, int32_t second)
{
	town_call_fini(&call);
	town_call_init(&call, CONTROLLER_ALTER_REASSIGNMENTS, 0);
	topic.name = slice_of_text("t");
	topic.partitions.items = partitions;
	topic.partitions.count = 2;
	partitions[0].partition_index = first;
	partitions[1].partition_index = second;
	for (int i = 0; i < 2; i++) {
		partitions[i].replicas.items = replicas[i];
		partitions[i].replicas.count = 1;
	}
	call.request.move.topics.items = &topic;
	call.request.move.topics.count = 1;
}

static int16_t
code_at(int32_t at)
{
	return call.response.move.responses.items[0].partitions.items[at].error_code;
}

Test(alter_reassignments_call, moves_several_at_once)
{
	fill(0, 1);
	town_ask_and_wait(&it, &call, TOWN_SECOND_US);
	cr_assert_eq(code_at(0), KAFKA_ERROR_NONE);
	cr_assert_eq(code_at(1), KAFKA_ERROR_NONE);
	/* a write for the id, and one a partition */
	cr_assert_eq(town_version(&it.town, "/brokers/topics/t"), 3);
	cr_assert_not_null(strstr(town_node(&it.town, "/brokers/topics/t"),
	    "{\"partitions\":{\"0\":[3,1,2],\"1\":[1,2]},"));
}

Test(alter_reassignments_call, takes_the_last_of_what_is_named_twice)
{
	fill(0, 0);
	town_ask_and_wait(&it, &call, TOWN_SECOND_US);
	cr_assert_eq(code_at(0), KAFKA_ERROR_INVALID_REPLICA_ASSIGNMENT);
	cr_assert_eq(code_at(1), KAFKA_ERROR_NONE);
	cr_assert_eq(town_partition(&it, "t", 0)->replicas[0].broker, 1);
	cr_assert_eq(town_partition(&it, "t", 0)->replica_count, 1);
}

Test(alter_reassignments_call, is_for_the_controller)
{
	fill(0, 1);
	town_ask(&it.town.brokers[(town_active(&it.town) + 1) % 3], &call);
	town_run(&it, TOWN_SECOND_US);
	cr_assert(call.is_answered);
	cr_assert_eq(call.response.move.error_code, KAFKA_ERROR_NOT_CONTROLLER);
}

Test(alter_reassignments_call, says_when_its_answer_has_no_room)
{
	for (size_t room = 0; room < 1000; room += 8) {
		fill(7, 8);
		arena_fini(&call.arena);
		arena_init(&call.arena, room);
		town_ask_and_wait(&it, &call, TOWN_SECOND_US);
		if (call.response.move.error_code == KAFKA_ERROR_NONE) {
			cr_assert_gt(room, 32);
			return;
		}
		cr_assert_eq(call.response.move.error_code, KAFKA_ERROR_UNKNOWN_SERVER_ERROR);
		cr_assert_eq(call.response.move.responses.count, 0);
	}
	cr_assert_fail("it never has enough");
}
