#include "cluster/producer_ids.h"

#include <criterion/criterion.h>

#include "tests/unit/world/fake_loop.h"

static struct fake_loop control, data;
static struct producer_ids *ids;
static int blocks_asked;
static int64_t given[300];
static int given_count;

static void
fetch_block(void *context)
{
	(void)context;
	blocks_asked++;
}

static void
note(struct producer_id_request *request)
{
	given[given_count++] = request->id;
}

static void
set_up(void)
{
	fake_loop_init(&control, LOOP_CONTROL);
	fake_loop_init(&data, LOOP_DATA);
	ids = producer_ids_new(&control.loop, fetch_block, NULL);
}

static void
tear_down(void)
{
	producer_ids_free(ids);
	loop_fini(&control.loop);
	loop_fini(&data.loop);
}

static void
run(void)
{
	while (fake_loop_run(&control) + fake_loop_run(&data) > 0)
		continue;
}

static void
ask(struct producer_id_request *request)
{
	*request = (struct producer_id_request){ .loop = &data.loop, .given = note };
	producer_ids_ask(ids, request);
	run();
}

TestSuite(producer_ids, .init = set_up, .fini = tear_down);

Test(producer_ids, who_asks_waits_for_the_first_block)
{
	struct producer_id_request first, second;

	ask(&first);
	ask(&second);
	cr_expect_eq(given_count, 0);
	cr_expect_eq(blocks_asked, 1, "one at a time");
	producer_ids_take_block(ids, 5000, 1000);
	run();
	cr_assert_eq(given_count, 2);
	cr_expect_eq(given[0], 5000);
	cr_expect_eq(given[1], 5001);
}

Test(producer_ids, the_next_block_is_asked_for_before_this_one_ends)
{
	static struct producer_id_request requests[200];

	ask(&requests[0]);
	producer_ids_take_block(ids, 0, 200);
	run();
	for (int i = 1; i < 99; i++)
		ask(&requests[i]);
	cr_expect_eq(blocks_asked, 1);
	ask(&requests[99]);
	cr_expect_eq(blocks_asked, 2);
	producer_ids_take_block(ids, 9000, 1000);
	for (int i = 100; i < 200; i++)
		ask(&requests[i]);
	cr_assert_eq(given_count, 200);
	for (int i = 0; i < 200; i++)
		cr_expect_eq(given[i], i, "the block at hand is used up first");
}

Test(producer_ids, without_a_block_who_waits_is_told)
{
	struct producer_id_request request;

	ask(&request);
	producer_ids_take_block(ids, 0, 0);
	run();
	cr_assert_eq(given_count, 1);
	cr_expect_eq(given[0], -1);
	ask(&request);
	cr_expect_eq(blocks_asked, 2, "it is tried again when somebody asks");
}
