#include "controller/create_partitions.h"

#include <criterion/criterion.h>

#include "model.h"
#include "wire/kafka_error.h"

static struct model it;
static struct context_topic *topic;
static struct create_partitions_request_create_partitions_topic asked;
static struct create_partitions_plan plan;

static void
set_up(void)
{
	model_init(&it);
	for (int32_t id = 1; id <= 3; id++)
		model_broker(&it, id, NULL);
	topic = model_topic(&it, "orders", "2,3;3,1");
	asked = create_partitions_request_create_partitions_topic_defaults;
	asked.name = slice_of_text("orders");
	asked.assignments.count = -1;
}

static void
tear_down(void)
{
	model_fini(&it);
}

TestSuite(create_partitions, .init = set_up, .fini = tear_down);

static int16_t
grow(int32_t count)
{
	asked.count = count;
	create_partitions_plan(&it.context, &asked, &it.arena, &plan);
	cr_assert((plan.code == KAFKA_ERROR_NONE) == (plan.reason == NULL));
	return plan.code;
}

static void
assign(const char *brokers)
{
	struct create_partitions_request_create_partitions_assignment *assignments =
	    arena_array(&it.arena, (size_t)MAX(asked.assignments.count, 0) + 1, sizeof(*assignments));
	struct payload_int32_list ids = model_ids(&it, brokers);
	int32_t count = MAX(asked.assignments.count, 0);

	if (count > 0)
		memcpy(assignments, asked.assignments.items, (size_t)count * sizeof(*assignments));
	assignments[count].broker_ids.items = (int32_t *)(uintptr_t)ids.values;
	assignments[count].broker_ids.count = (int32_t)ids.count;
	asked.assignments.items = assignments;
	asked.assignments.count = count + 1;
}

Test(create_partitions, places_the_new_ones_after_those_that_are_there)
{
	cr_assert_eq(grow(4), KAFKA_ERROR_NONE);
	cr_assert_eq(plan.first, 2);
	cr_assert_eq(plan.added.count, 2);
	cr_assert_eq(plan.added.entries[0].partition, 2);
	/* from the broker of partition 0 on */
	cr_assert_eq(plan.added.entries[0].replicas.values[0], 1);
	cr_assert_eq(plan.added.entries[1].replicas.values[0], 2);
	cr_assert_eq(plan.added.entries[1].replicas.count, 2);
}

Test(create_partitions, refuses_fewer_and_as_many)
{
	cr_expect_eq(grow(1), KAFKA_ERROR_INVALID_PARTITIONS);
	cr_expect_eq(grow(2), KAFKA_ERROR_INVALID_PARTITIONS);
	cr_expect_str_eq(plan.reason, "The topic has its 2 partitions.");
	cr_expect_eq(grow(-1), KAFKA_ERROR_INVALID_PARTITIONS);
	cr_expect_eq(grow(INT32_MAX), KAFKA_ERROR_INVALID_PARTITIONS);
}

Test(create_partitions, refuses_topics_that_cannot_grow)
{
	topic->to_delete = true;
	cr_expect_eq(grow(4), KAFKA_ERROR_INVALID_TOPIC_EXCEPTION);
	topic->to_delete = false;
	context_partition_set_reassignment(topic->partitions[0], model_ids(&it, "1"),
	    model_ids(&it, ""));
	cr_expect_eq(grow(4), KAFKA_ERROR_REASSIGNMENT_IN_PROGRESS);
	topic->is_quarantined = true;
	cr_expect_eq(grow(4), KAFKA_ERROR_UNKNOWN_TOPIC_OR_PARTITION);
	asked.name = slice_of_text("nothing");
	cr_expect_eq(grow(4), KAFKA_ERROR_UNKNOWN_TOPIC_OR_PARTITION);
}

Test(create_partitions, needs_brokers_for_all_replicas)
{
	context_broker_remove(&it.context, 1);
	cr_expect_eq(grow(4), KAFKA_ERROR_NONE);
	context_broker_remove(&it.context, 2);
	cr_expect_eq(grow(4), KAFKA_ERROR_INVALID_REPLICATION_FACTOR);
}

Test(create_partitions, takes_assignments_by_hand)
{
	assign("3,2");
	cr_assert_eq(grow(3), KAFKA_ERROR_NONE);
	cr_assert_str_eq(model_text(plan.added.entries[0].replicas), "3,2");
}

Test(create_partitions, refuses_assignments_that_do_not_fit)
{
	static const char *const bad[] = { "3", "3,3", "3,9", "", "1,2,3" };

	for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) {
		asked.assignments.count = -1;
		assign(bad[i]);
		cr_expect_eq(grow(3), KAFKA_ERROR_INVALID_REPLICA_ASSIGNMENT, "case %zu", i);
	}
	asked.assignments.count = -1;
	assign("1,2");
	cr_expect_eq(grow(4), KAFKA_ERROR_INVALID_REPLICA_ASSIGNMENT);
	asked.assignments.count = 0; /* given, and empty */
	cr_expect_eq(grow(4), KAFKA_ERROR_INVALID_REPLICA_ASSIGNMENT);
}
