#include "partition/live_brokers.h"

#include <criterion/criterion.h>

static struct live_brokers *brokers;

static void
set_up(void)
{
	brokers = live_brokers_new();
}

static void
tear_down(void)
{
	live_brokers_free(brokers);
}

TestSuite(live_brokers, .init = set_up, .fini = tear_down);

static void
set(int32_t first, int32_t count)
{
	int32_t ids[200];

	for (int32_t i = 0; i < count; i++)
		ids[i] = first + i;
	live_brokers_set(brokers, ids, (size_t)count);
}

static void
expect(int32_t first, int32_t count)
{
	for (int32_t id = -1; id < 300; id++)
		cr_expect_eq(live_brokers_contains(brokers, id), id >= first && id < first + count,
		    "%d", id);
}

Test(live_brokers, are_none_at_first)
{
	expect(0, 0);
}

Test(live_brokers, are_those_of_the_newest_list_alone)
{
	set(1, 3);
	expect(1, 3);
	set(2, 4);
	expect(2, 4);
	set(0, 0);
	expect(0, 0);
}

Test(live_brokers, may_be_many)
{
	set(10, 150);
	expect(10, 150);
	set(100, 150);
	expect(100, 150);
	set(3, 1);
	expect(3, 1);
}

Test(live_brokers, have_no_negative_ids)
{
	set(-2, 4);
	expect(0, 2);
}

Test(live_brokers, of_no_set_can_be_freed)
{
	live_brokers_free(NULL);
}

Test(live_brokers, tell_when_one_is_gone)
{
	static const int32_t ids[] = { 1, 2, 3 };

	cr_expect_not(live_brokers_set(brokers, ids, 2));
	cr_expect_not(live_brokers_set(brokers, ids, 3));
	cr_expect_not(live_brokers_set(brokers, ids, 3));
	cr_expect(live_brokers_set(brokers, ids + 1, 2));
	cr_expect(live_brokers_set(brokers, NULL, 0));
}
