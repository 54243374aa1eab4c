#include "klamm/move_plan.h"

#include <criterion/criterion.h>
#include <stdio.h>

static int32_t ids[] = { 1, 2, 3, 4 }, swapped[] = { 2, 1 };
static int64_t bytes[] = { 100, 90, 10, -1 };

/* Replicas 1 to `count`, of which the last `adding` are being added. */
static struct view_partition
partition(int32_t count, int32_t adding)
{
	return (struct view_partition){ .topic = slice_of_text("t"), .leader = 1,
		.replicas = { ids, count }, .isr = { ids, count - adding },
		.adding = { ids + count - adding, adding }, .is_reassigning = adding > 0,
		.replica_bytes = bytes };
}

static void
add(struct move_plan *plan, const struct view_partition *from, const int32_t *to, int32_t count)
{
	move_plan_add(plan, slice_of_text("t"), 0, from, (struct view_ids){ to, count });
}

Test(move_plan, knows_what_has_to_be_copied)
{
	struct view_partition two = partition(2, 0);
	struct move_plan plan;

	move_plan_init(&plan);
	add(&plan, &two, ids + 1, 3);
	add(&plan, &two, swapped, 2);
	add(&plan, &two, ids, 2);
	cr_expect_eq(move_copies(&plan.moves[0]), 2);
	cr_expect_eq(move_bytes(&plan.moves[0]), 200);
	cr_expect_eq(move_copies(&plan.moves[1]), 0);
	cr_expect_not(move_is_none(&plan.moves[1]));
	cr_expect(move_is_none(&plan.moves[2]));
	move_plan_fini(&plan);
}

Test(move_plan, begins_at_what_is_there_without_what_is_on_its_way)
{
	struct view_partition three = partition(3, 1);
	struct move_plan plan;

	move_plan_init(&plan);
	add(&plan, &three, ids, 3);
	cr_expect_eq(plan.moves[0].from_count, 2);
	cr_expect_eq(move_copies(&plan.moves[0]), 1);
	move_plan_fini(&plan);
}

Test(move_plan, finds_its_moves_by_topic_and_number)
{
	struct move_plan plan;

	move_plan_init(&plan);
	for (int32_t i = 9; i >= 0; i--)
		move_plan_add(&plan, slice_of_text(i % 2 == 0 ? "even" : "odd"), i, NULL,
		    (struct view_ids){ ids, 1 });
	move_plan_sort(&plan);
	cr_assert_eq(plan.count, 10);
	cr_expect_eq(move_plan_find(&plan, slice_of_text("even"), 0), &plan.moves[0]);
	cr_expect_eq(move_plan_find(&plan, slice_of_text("odd"), 9), &plan.moves[9]);
	cr_expect_null(move_plan_find(&plan, slice_of_text("odd"), 2));
	move_plan_fini(&plan);
}
