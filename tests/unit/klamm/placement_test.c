#include "klamm/placement.h"

#include <criterion/criterion.h>

#include "tests/unit/klamm/placement_town.h"

static struct placement_town town;
static char text[4096];

/* The town after a broker has left; false: something could not go. */
static bool
leave(int32_t id)
{
	struct placement placement;
	struct move_plan plan;

	placement_init(&placement, &town.view, id);
	move_plan_init(&plan);
	bool good = placement_leave(&placement, placement_broker_at(&placement, id)) == NULL;
	placement_plan(&placement, &plan);
	placement_town_apply(&town, &plan);
	move_plan_fini(&plan);
	placement_fini(&placement);
	placement_town_text(&town, text, sizeof(text));
	return good;
}

static void
brokers(const char *racks)
{
	placement_town_init(&town);
	for (int32_t i = 0; racks[i] != '\0'; i++) {
		static const char *const names[] = { "a", "b", "c" };
		placement_town_broker(&town, i + 1, racks[i] == '-' ? NULL : names[racks[i] - 'a']);
	}
}

Test(placement, of_a_broker_that_leaves_goes_to_the_least_loaded)
{
	brokers("----");
	placement_town_partition(&town, "1,2", 100);
	placement_town_partition(&town, "2,1", 1000);
	placement_town_partition(&town, "3,2", 50);
	cr_expect(leave(1));
	/* The large one to 4, which has nothing; the small one then to 3. */
	cr_expect_str_eq(text, "3,2 2,4 3,2");
}

Test(placement, of_a_broker_that_leaves_keeps_to_the_racks)
{
	brokers("aabb");
	placement_town_partition(&town, "1,3", 100);
	placement_town_partition(&town, "3,1", 100);
	placement_town_partition(&town, "2,3", 100);
	cr_expect(leave(1));
	cr_expect_str_eq(text, "2,3 3,2 2,3");
}

Test(placement, of_a_broker_that_leaves_may_not_be_anywhere)
{
	brokers("--");
	placement_town_partition(&town, "1,2", 100);
	placement_town_partition(&town, "1", 100);
	cr_expect_not(leave(1));
}

Test(placement, counts_replicas_where_a_size_is_not_known)
{
	struct placement placement;

	brokers("--");
	placement_town_partition(&town, "1,2", 1000);
	placement_town_partition(&town, "1", -1);
	placement_init(&placement, &town.view, -1);
	cr_expect_not(placement.knows_sizes);
	cr_expect_eq(placement.brokers[0].load, 2);
	cr_expect_eq(placement.brokers[1].load, 1);
	cr_expect_eq(placement.brokers[0].leaders, 2);
	placement_fini(&placement);
}

Test(placement, looks_at_racks_where_all_have_one)
{
	struct placement placement;

	brokers("ab-");
	placement_init(&placement, &town.view, -1);
	cr_expect_eq(placement.rack_count, 0);
	placement_fini(&placement);
	placement_init(&placement, &town.view, 3);
	cr_expect_eq(placement.rack_count, 2);
	placement_fini(&placement);
}

/* What holds of any cluster whatever leaves it. */
Test(placement, of_a_broker_that_leaves_is_right_in_any_cluster)
{
	for (uint64_t seed = 1; seed <= 2000; seed++) {
		static struct placement_town before;

		placement_town_draw(&town, seed);
		before = town;
		int32_t id = town.brokers[seed % town.view.broker_count].id;
		bool good = leave(id);
		for (size_t i = 0; i < town.view.partition_count; i++) {
			struct view_ids now = town.partitions[i].replicas;

			cr_assert_eq(now.count, before.partitions[i].replicas.count);
			cr_assert(!good || town.partitions[i].leader < 0 || !view_ids_have(now, id),
			    "seed %d: partition %zu", (int)seed, i);
			for (int32_t j = 0; j < now.count; j++) {
				struct view_ids others = { now.items + j + 1, now.count - j - 1 };

				cr_assert_not(view_ids_have(others, now.items[j]));
				cr_assert(now.items[j] == before.replicas[i][j] ||
				    before.replicas[i][j] == id, "others stay");
				cr_assert(now.items[j] == before.replicas[i][j] ||
				    cluster_view_broker(&town.view, now.items[j])->is_there);
			}
		}
	}
}
