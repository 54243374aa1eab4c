#include "cluster/consumer_offsets.h"

#include <criterion/criterion.h>

#include "tests/unit/cluster/shore.h"

static struct shore shore;
static struct consumer_offsets *offsets;
static struct consumer_offset_call calls[4];
static int done_count;

static void
free_offsets(struct shore_side *side)
{
	(void)side;
	consumer_offsets_free(offsets);
}

static void
setup(void)
{
	shore_init(&shore, 1);
	cr_assert_eq(shore_create(&shore, "/consumers", NULL, 0), ZNODE_OK);
	shore_start(&shore, 0);
	shore_enter(&shore, 0);
	offsets = consumer_offsets_new(&shore.sides[0].process.world, shore.sides[0].session);
	shore_leave(&shore, 0);
	shore.sides[0].fini = free_offsets;
	done_count = 0;
}

static void
stop(void)
{
	shore_enter(&shore, 0);
	consumer_offsets_stop(offsets);
	shore_leave(&shore, 0);
}

static void
teardown(void)
{
	stop();
	shore_stop(&shore, 0);
	shore_fini(&shore);
}

TestSuite(consumer_offsets, .init = setup, .fini = teardown);

static void
done(struct consumer_offset_call *call)
{
	cr_assert_eq(loop_current(), call->loop);
	done_count++;
}

static struct consumer_offset_call *
give(int number, bool commits, const char *group, int32_t partition, int64_t offset)
{
	struct consumer_offset_call *call = &calls[number];

	*call = (struct consumer_offset_call){
		.loop = shore.sides[0].process.world.loops[0],
		.group = slice_of_text(group),
		.topic = slice_of_text("t"),
		.partition = partition,
		.commits = commits,
		.offset = offset,
		.done = done,
	};
	shore_enter(&shore, 0);
	consumer_offsets_ask(offsets, call);
	shore_leave(&shore, 0);
	return call;
}

/* Whether it went well. */
static bool
commit(const char *group, int32_t partition, int64_t offset)
{
	struct consumer_offset_call *call = give(0, true, group, partition, offset);
	int before = done_count;

	shore_run(&shore, SHORE_SECOND_US);
	cr_assert_eq(done_count, before + 1);
	return !call->failed;
}

static const struct consumer_offset_call *
fetch(const char *group, int32_t partition)
{
	struct consumer_offset_call *call = give(0, false, group, partition, 0);
	int before = done_count;

	shore_run(&shore, SHORE_SECOND_US);
	cr_assert_eq(done_count, before + 1);
	return call;
}

Test(consumer_offsets, stand_as_text_below_their_group)
{
	cr_assert(commit("g", 3, 12345));
	cr_assert_str_eq(shore_data(&shore, "/consumers/g/offsets/t/3"), "12345");
	cr_assert(commit("g", 3, 12346));
	cr_assert_str_eq(shore_data(&shore, "/consumers/g/offsets/t/3"), "12346");
	cr_assert(commit("g", 4, INT64_MAX));
	cr_assert_str_eq(shore_data(&shore, "/consumers/g/offsets/t/4"), "9223372036854775807");
	cr_assert(commit("g", 4, INT64_MIN));
	cr_assert_str_eq(shore_data(&shore, "/consumers/g/offsets/t/4"), "-9223372036854775808");
}

Test(consumer_offsets, are_found_where_they_were_put)
{
	cr_assert(commit("g", 3, 12345));
	cr_assert(fetch("g", 3)->found);
	cr_assert_eq(calls[0].offset, 12345);
	cr_assert_not(calls[0].failed);
	cr_assert_not(fetch("g", 4)->found);
	cr_assert_not(calls[0].failed);
	cr_assert_not(fetch("other", 3)->found);
	cr_assert_not(calls[0].failed);
}

Test(consumer_offsets, that_are_no_numbers_are_a_failure)
{
	cr_assert(commit("g", 3, 1));
	cr_assert_eq(shore_set(&shore, "/consumers/g/offsets/t/3", "12a"), ZNODE_OK);
	cr_assert(fetch("g", 3)->failed);
	cr_assert_str_eq(shore_data(&shore, "/consumers/g/offsets/t/3"), "12a");
}

Test(consumer_offsets, of_names_that_no_node_can_have_are_a_failure)
{
	static const char *const names[] = { "", "a/b", "/", ".", ".." };

	for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
		cr_assert_not(commit(names[i], 0, 1), "%s", names[i]);
		cr_assert(fetch(names[i], 0)->failed, "%s", names[i]);
	}
	cr_assert_not(commit("g", -1, 1));
	cr_assert_eq(shore_child_count(&shore, "/consumers"), 0);
}

Test(consumer_offsets, may_be_committed_at_once_by_several)
{
	for (int i = 0; i < 4; i++)
		give(i, true, "g", 0, i);
	shore_run(&shore, SHORE_SECOND_US);
	cr_assert_eq(done_count, 4);
	for (int i = 0; i < 4; i++)
		cr_assert_not(calls[i].failed, "%d", i);
	cr_assert_str_eq(shore_data(&shore, "/consumers/g/offsets/t/0"), "3");
}

Test(consumer_offsets, wait_for_zookeeper)
{
	cr_assert(commit("g", 0, 1));
	shore_cut(&shore, 0);
	shore_run(&shore, SHORE_SECOND_US);
	give(0, true, "g", 0, 2);
	shore_run(&shore, SHORE_SECOND_US);
	cr_assert_eq(done_count, 1);
	shore_mend(&shore, 0);
	shore_run(&shore, 10 * SHORE_SECOND_US);
	cr_assert_eq(done_count, 2);
	cr_assert_str_eq(shore_data(&shore, "/consumers/g/offsets/t/0"), "2");
}

Test(consumer_offsets, do_not_keep_a_stop_waiting)
{
	shore_cut(&shore, 0);
	shore_run(&shore, SHORE_SECOND_US);
	give(0, true, "g", 0, 2);
	give(1, false, "g", 0, 0);
	shore_run(&shore, SHORE_SECOND_US);
	cr_assert_eq(done_count, 0);
	stop();
	shore_run(&shore, SHORE_SECOND_US / 10);
	cr_assert_eq(done_count, 2);
	cr_assert(calls[0].failed && calls[1].failed);
	give(2, true, "g", 0, 3);
	shore_run(&shore, SHORE_SECOND_US / 10);
	cr_assert_eq(done_count, 3);
	cr_assert(calls[2].failed);
	shore_mend(&shore, 0);
	shore_run(&shore, 10 * SHORE_SECOND_US);
}
