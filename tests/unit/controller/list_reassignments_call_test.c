/* LIST_REASSIGNMENTS (KIP-455). */
#include <criterion/criterion.h>

#include "controller/call_job.h"
#include "town.h"

static struct town_fixture it;
static struct town_call call;

#define ON(...) (const int32_t[]){ __VA_ARGS__, -1 }

static void
set_up(void)
{
	town_begin(&it, 3, "auto.leader.rebalance.enable=false\n");
	town_write(town_leader(&it), ZNODE_OP_CREATE, "/brokers/topics/t",
	    "{\"version\":1,\"partitions\":{\"0\":[1,2],\"1\":[2],\"2\":[1]}}");
	town_write(town_leader(&it), ZNODE_OP_CREATE, "/brokers/topics/u",
	    "{\"version\":1,\"partitions\":{\"0\":[1,2]}}");
	town_run(&it, TOWN_SECOND_US);
	cr_assert_eq(town_reassign(&it, "t", 0, ON(3, 1)), KAFKA_ERROR_NONE);
	cr_assert_eq(town_reassign(&it, "t", 2, ON(3)), KAFKA_ERROR_NONE);
}

static void
tear_down(void)
{
	town_call_fini(&call);
	town_end(&it);
}

TestSuite(list_reassignments_call, .init = set_up, .fini = tear_down);

static void
ask(struct list_partition_reassignments_request_list_partition_reassignments_topics *topics,
    int32_t count)
{
	town_call_fini(&call);
	town_call_init(&call, CONTROLLER_LIST_REASSIGNMENTS, 0);
	call.request.list.topics.items = topics;
	call.request.list.topics.count = count;
	town_ask_and_wait(&it, &call, TOWN_SECOND_US);
	cr_assert_eq(call.response.list.error_code, KAFKA_ERROR_NONE);
}

static void
expect_first(void)
{
	const struct list_partition_reassignments_response_ongoing_partition_reassignment *told =
	    &call.response.list.topics.items[0].partitions.items[0];

	cr_assert_str_eq(town_text(call.response.list.topics.items[0].name), "t");
	cr_assert_eq(told->partition_index, 0);
	cr_assert_eq(told->replicas.count, 3);
	cr_assert_eq(told->replicas.items[0], 3);
	cr_assert_eq(told->replicas.items[1], 1);
	cr_assert_eq(told->replicas.items[2], 2);
	cr_assert_eq(told->adding_replicas.count, 1);
	cr_assert_eq(told->adding_replicas.items[0], 3);
	cr_assert_eq(told->removing_replicas.count, 1);
	cr_assert_eq(told->removing_replicas.items[0], 2);
}

Test(list_reassignments_call, tells_all_that_are_under_way)
{
	ask(NULL, -1);
	cr_assert_eq(call.response.list.topics.count, 1);
	cr_assert_eq(call.response.list.topics.items[0].partitions.count, 2);
	expect_first();
	cr_assert_eq(call.response.list.topics.items[0].partitions.items[1].partition_index, 2);
}

Test(list_reassignments_call, tells_those_that_are_named)
{
	static int32_t ids[] = { 9, 1, 0 };
	struct list_partition_reassignments_request_list_partition_reassignments_topics topics[] = {
		{ .name = slice_of_text("x"), .partition_indexes = { ids, 3 } },
		{ .name = slice_of_text("u"), .partition_indexes = { ids, 3 } },
		{ .name = slice_of_text("t"), .partition_indexes = { ids, 3 } },
		{ .name = slice_of_text("t"), .partition_indexes = { NULL, 0 } },
	};

	ask(topics, ARRAY_LENGTH(topics));
	cr_assert_eq(call.response.list.topics.count, 1);
	cr_assert_eq(call.response.list.topics.items[0].partitions.count, 1);
	expect_first();
	ask(topics, 0);
	cr_assert_eq(call.response.list.topics.count, 0);
}

Test(list_reassignments_call, is_for_the_controller)
{
	town_call_init(&call, CONTROLLER_LIST_REASSIGNMENTS, 0);
	town_ask(&it.town.brokers[(town_active(&it.town) + 1) % 3], &call);
	town_run(&it, TOWN_SECOND_US);
	cr_assert(call.is_answered);
	cr_assert_eq(call.response.list.error_code, KAFKA_ERROR_NOT_CONTROLLER);
}

Test(list_reassignments_call, says_when_its_answer_has_no_room)
{
	for (size_t room = 0; room < 2000; room += 8) {
		town_call_fini(&call);
		town_call_init(&call, CONTROLLER_LIST_REASSIGNMENTS, 0);
		arena_fini(&call.arena);
		arena_init(&call.arena, room);
		call.request.list.topics.count = -1;
		town_ask_and_wait(&it, &call, TOWN_SECOND_US);
		if (call.response.list.error_code == KAFKA_ERROR_NONE) {
			cr_assert_gt(room, 64);
			return;
		}
		cr_assert_eq(call.response.list.error_code, KAFKA_ERROR_UNKNOWN_SERVER_ERROR);
		cr_assert_eq(call.response.list.topics.count, 0);
	}
	cr_assert_fail("it never has enough");
}
