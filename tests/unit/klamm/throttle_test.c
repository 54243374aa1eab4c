#include "klamm/throttle.h"

#include <criterion/criterion.h>

static int32_t one_two[] = { 1, 2 }, two_three[] = { 2, 3 }, two_one[] = { 2, 1 };
static struct move_plan plan;

static void
set_up(void)
{
	struct view_partition from = { .replicas = { one_two, 2 },
		.replica_bytes = (int64_t[]){ -1, -1 } };

	move_plan_init(&plan);
	move_plan_add(&plan, slice_of_text("a"), 0, &from, (struct view_ids){ two_three, 2 });
	move_plan_add(&plan, slice_of_text("a"), 2, &from, (struct view_ids){ two_three, 2 });
	move_plan_add(&plan, slice_of_text("a"), 3, &from, (struct view_ids){ two_one, 2 });
	move_plan_add(&plan, slice_of_text("b"), 1, &from, (struct view_ids){ two_three, 2 });
}

static void
tear_down(void)
{
	move_plan_fini(&plan);
}

TestSuite(throttle, .init = set_up, .fini = tear_down);

Test(throttle, has_a_rate_in_bytes_a_second)
{
	static const struct { const char *text; int64_t rate; } good[] = {
		{ "1", 1 }, { "500k", 500000 }, { "10M", 10000000 }, { "2G", 2000000000 },
		{ "9223372036854775", 9223372036854775 },
	};
	static const char *const bad[] = { "", "0", "0M", "-1", "1.5M", "M", "1T", "1MB", "1 M", "x",
		"9999999999999999999", "9999999999999G" };
	int64_t rate;

	for (size_t i = 0; i < ARRAY_LENGTH(good); i++) {
		cr_expect(throttle_parse_rate(good[i].text, &rate), "%s", good[i].text);
		cr_expect_eq(rate, good[i].rate, "%s", good[i].text);
	}
	for (size_t i = 0; i < ARRAY_LENGTH(bad); i++)
		cr_expect_not(throttle_parse_rate(bad[i], &rate), "%s", bad[i]);
}

static void
expect_list(const char *topic, const char *old, const char *added, const char *expected)
{
	struct buffer list;

	buffer_init(&list);
	throttle_list(slice_of_text(old), &plan, topic, slice_of_text(added), &list);
	cr_expect(slice_equal(buffer_slice(&list), slice_of_text(expected)), "%s and %s: %.*s", old,
	    added, (int)list.size, (const char *)list.bytes);
	buffer_fini(&list);
}

Test(throttle, keeps_what_others_have_listed)
{
	expect_list("a", "", "0:1,0:2", "0:1,0:2");
	expect_list("a", "1:1,5:2", "0:1", "1:1,5:2,0:1");
	expect_list("a", "0:9,1:1,2:2,x,3,:4", "", "1:1,x,3,:4");
	expect_list("a", "0:1,2:2", "", "");
	expect_list("b", "0:1,1:2", "", "0:1");
	expect_list("a", "*", "0:1", "*");
	expect_list("a", "99999999999999999999:1", "", "99999999999999999999:1");
}

static void
expect_replicas(const char *topic, enum throttle_side side, const char *expected)
{
	struct buffer list;

	buffer_init(&list);
	throttle_replicas(&plan, topic, side, &list);
	cr_expect(slice_equal(buffer_slice(&list), slice_of_text(expected)), "%.*s", (int)list.size,
	    (const char *)list.bytes);
	buffer_fini(&list);
}

Test(throttle, lists_those_that_are_copied_from_and_to)
{
	expect_replicas("a", THROTTLE_LEADERS, "0:1,0:2,2:1,2:2");
	expect_replicas("a", THROTTLE_FOLLOWERS, "0:3,2:3");
	expect_replicas("b", THROTTLE_FOLLOWERS, "1:3");
	expect_replicas("c", THROTTLE_LEADERS, "");
}
