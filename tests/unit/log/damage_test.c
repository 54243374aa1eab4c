#include <criterion/criterion.h>

#include "log/damage.h"

static struct damages damages;

static void
add(int64_t position, int64_t end_position, int64_t offset, int64_t end_offset)
{
	struct damage damage = { position, end_position, offset, end_offset };

	damages_add(&damages, &damage);
}

static void
setup(void)
{
	damages = (struct damages){ 0 };
	add(300, 400, 30, 40);
	add(100, 200, 10, 20);
}

TestSuite(damage, .init = setup);

Test(damage, is_kept_by_position)
{
	cr_assert_eq(damages.count, 2);
	cr_expect_eq(damages.items[0].position, 100);
	cr_expect_eq(damages.items[1].position, 300);
}

Test(damage, is_gone_around)
{
	cr_expect_eq(damages_skip(&damages, 99), 99);
	cr_expect_eq(damages_skip(&damages, 100), 200);
	cr_expect_eq(damages_skip(&damages, 199), 200);
	cr_expect_eq(damages_skip(&damages, 200), 200);
	cr_expect_eq(damages_limit(&damages, 0, 1000), 100);
	cr_expect_eq(damages_limit(&damages, 200, 1000), 300);
	cr_expect_eq(damages_limit(&damages, 200, 250), 250);
	cr_expect_eq(damages_limit(&damages, 400, 1000), 1000);
}

Test(damage, is_found_by_offset)
{
	cr_expect_null(damages_find(&damages, 9));
	cr_expect_eq(damages_find(&damages, 10), &damages.items[0]);
	cr_expect_eq(damages_find(&damages, 39), &damages.items[1]);
	cr_expect_null(damages_find(&damages, 40));
}

Test(damage, that_touches_another_is_one_with_it)
{
	add(200, 310, 20, 32);
	cr_assert_eq(damages.count, 1);
	cr_expect_eq(damages.items[0].position, 100);
	cr_expect_eq(damages.items[0].end_position, 400);
	cr_expect_eq(damages.items[0].offset, 10);
	cr_expect_eq(damages.items[0].end_offset, 40);
}

Test(damage, of_many_places_is_more_than_was_damaged_and_never_less)
{
	static const int64_t places[] = { 100, 300, 500, 700, 900, 250, 10 };

	for (int64_t at = 500; at <= 900; at += 200)
		add(at, at + 100, at / 10, at / 10 + 10);
	add(250, 260, 25, 26);
	add(10, 20, 1, 2);
	cr_expect_leq(damages.count, DAMAGES_MAX);
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		cr_expect_neq(damages_skip(&damages, places[i]), places[i]);
	for (int i = 1; i < damages.count; i++)
		cr_expect_lt(damages.items[i - 1].end_position, damages.items[i].position);
}

Test(damage, goes_with_what_is_cut)
{
	damages_cut(&damages, 350, 33);
	cr_assert_eq(damages.count, 2);
	cr_expect_eq(damages.items[1].end_position, 350);
	cr_expect_eq(damages.items[1].end_offset, 33);
	damages_cut(&damages, 100, 10);
	cr_expect_eq(damages.count, 0);
}
