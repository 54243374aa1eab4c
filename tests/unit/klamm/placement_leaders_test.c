#include <criterion/criterion.h>

#include "klamm/placement.h"
#include "tests/unit/klamm/placement_town.h"

static struct placement_town town;
static char text[4096];

static void
even(void)
{
	struct placement placement;
	struct move_plan plan;

	placement_init(&placement, &town.view, -1);
	placement_even_leaders(&placement);
	move_plan_init(&plan);
	placement_plan(&placement, &plan);
	for (size_t i = 0; i < plan.count; i++)
		cr_expect_eq(move_copies(&plan.moves[i]), 0);
	placement_town_apply(&town, &plan);
	move_plan_fini(&plan);
	placement_fini(&placement);
	placement_town_text(&town, text, sizeof(text));
}

static void
brokers(int32_t count)
{
	placement_town_init(&town);
	for (int32_t id = 1; id <= count; id++)
		placement_town_broker(&town, id, NULL);
}

Test(placement_leaders, change_places_with_other_replicas)
{
	brokers(2);
	for (int i = 0; i < 4; i++)
		placement_town_partition(&town, "1,2", 1);
	even();
	cr_expect_str_eq(text, "2,1 2,1 1,2 1,2");
}

Test(placement_leaders, are_handed_on_where_two_share_nothing)
{
	brokers(3);
	placement_town_partition(&town, "1,2", 1);
	placement_town_partition(&town, "1,2", 1);
	placement_town_partition(&town, "2,3", 1);
	even();
	cr_expect_str_eq(text, "2,1 1,2 3,2");
}

Test(placement_leaders, stay_where_nothing_can_be_gained)
{
	brokers(2);
	placement_town_partition(&town, "1,2", 1);
	placement_town_partition(&town, "2,1", 1);
	placement_town_partition(&town, "1,2", 1);
	even();
	cr_expect_str_eq(text, "1,2 2,1 1,2");
}

Test(placement_leaders, do_not_go_to_who_is_away)
{
	brokers(2);
	town.brokers[1].is_there = false;
	for (int i = 0; i < 4; i++)
		placement_town_partition(&town, "1,2", 1);
	even();
	cr_expect_str_eq(text, "1,2 1,2 1,2 1,2");
}
