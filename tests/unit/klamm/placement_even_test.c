#include <criterion/criterion.h>
#include <stdlib.h>

#include "klamm/placement.h"
#include "tests/unit/klamm/placement_town.h"

static struct placement_town town;
static char text[4096];

static void
brokers(const char *racks)
{
	placement_town_init(&town);
	for (int32_t i = 0; racks[i] != '\0'; i++) {
		static const char *const names[] = { "a", "b", "c" };
		placement_town_broker(&town, i + 1, racks[i] == '-' ? NULL : names[racks[i] - 'a']);
	}
}

/* How many bytes are copied. */
static int64_t
even(int32_t tolerance)
{
	struct placement placement;
	struct move_plan plan;
	int64_t bytes = 0;

	placement_init(&placement, &town.view, -1);
	placement_even(&placement, tolerance);
	move_plan_init(&plan);
	placement_plan(&placement, &plan);
	for (size_t i = 0; i < plan.count; i++)
		bytes += MAX(move_bytes(&plan.moves[i]), 0);
	placement_town_apply(&town, &plan);
	move_plan_fini(&plan);
	placement_fini(&placement);
	placement_town_text(&town, text, sizeof(text));
	return bytes;
}

Test(placement_even, moves_to_a_new_broker_no_more_than_its_share)
{
	brokers("---");
	for (int i = 0; i < 6; i++)
		placement_town_partition(&town, i % 2 == 0 ? "1,2" : "2,1", 100);
	cr_expect_eq(even(5), 400);
}

Test(placement_even, leaves_alone_what_is_even_enough)
{
	brokers("--");
	placement_town_partition(&town, "1", 1000);
	placement_town_partition(&town, "2", 950);
	placement_town_partition(&town, "1", 10);
	placement_town_partition(&town, "2", 10);
	cr_expect_eq(even(5), 0);
	cr_expect_str_eq(text, "1 2 1 2");
}

Test(placement_even, spreads_over_racks_first)
{
	brokers("aab");
	placement_town_partition(&town, "1,2", 100);
	cr_expect_eq(even(5), 100);
	cr_expect_str_eq(text, "1,3");
}

Test(placement_even, does_not_give_up_a_rack_for_an_even_disk)
{
	brokers("aaab");
	for (int i = 0; i < 6; i++)
		placement_town_partition(&town, "1,4", 100);
	cr_expect_eq(even(5), 400); /* 4 keeps all, 1 to 3 share the others */
}

Test(placement_even, counts_replicas_of_topics_without_records)
{
	brokers("--");
	for (int i = 0; i < 4; i++)
		placement_town_partition(&town, "1", 0);
	even(5);
	cr_expect_str_eq(text, "2 2 1 1");
}

/* ---------------------------------------------------------- of any cluster */

struct measure {
	int64_t load[TOWN_BROKERS_MAX];
	int64_t leaders[TOWN_BROKERS_MAX];
	int32_t racks[TOWN_PARTITIONS_MAX];
	double squares;
	int64_t leader_squares;
	int64_t excess;    /* over the mean, of all */
	int64_t largest;   /* partition */
	int64_t copied;    /* for racks alone */
};

static void
measure(struct measure *it)
{
	struct placement placement;
	int64_t sum = 0, takers = 0;

	*it = (struct measure){ .squares = 0 };
	placement_init(&placement, &town.view, -1);
	for (int32_t i = 0; i < placement.broker_count; i++) {
		const struct placement_broker *broker = &placement.brokers[i];

		it->load[i] = broker->load;
		it->leaders[i] = broker->leaders;
		it->leader_squares += broker->leaders * broker->leaders;
		it->squares += (double)broker->load * (double)broker->load;
		takers += broker->takes;
		sum += broker->takes ? broker->load : 0;
	}
	for (int32_t i = 0; i < placement.broker_count; i++) {
		if (placement.brokers[i].takes)
			it->excess += MAX(it->load[i] - sum / takers, 0);
	}
	for (size_t i = 0; i < placement.partition_count; i++) {
		it->racks[i] = placement_racks(&placement, &placement.partitions[i], -1, -1);
		it->largest = MAX(it->largest, placement.partitions[i].load);
	}
	placement_fini(&placement);
}

static void
expect_right(uint64_t seed, const struct placement_town *before, const struct measure *was,
    const struct measure *is)
{
	for (size_t i = 0; i < town.view.partition_count; i++) {
		struct view_ids now = town.partitions[i].replicas;
		struct view_ids then = { before->replicas[i], before->partitions[i].replicas.count };

		cr_assert_eq(now.count, then.count, "seed %d: factor", (int)seed);
		cr_assert_geq(is->racks[i], was->racks[i], "seed %d: racks", (int)seed);
		for (int32_t j = 0; j < now.count; j++) {
			struct view_ids others = { now.items + j + 1, now.count - j - 1 };

			cr_assert_not(view_ids_have(others, now.items[j]), "seed %d: twice", (int)seed);
			cr_assert(view_ids_have(then, now.items[j]) ||
			    cluster_view_broker(&town.view, now.items[j])->is_there,
			    "seed %d: to one that is away", (int)seed);
			cr_assert(view_ids_have(then, now.items[j]) || town.partitions[i].leader >= 0,
			    "seed %d: without a leader", (int)seed);
		}
	}
}

static bool
has_racks(void)
{
	for (size_t i = 0; i < town.view.broker_count; i++) {
		if (town.brokers[i].is_there && slice_is_null(town.brokers[i].rack))
			return false;
	}
	return true;
}

Test(placement_even, is_right_and_final_in_any_cluster)
{
	for (uint64_t seed = 1; seed <= 3000; seed++) {
		static struct placement_town before;
		struct measure was, is;

		placement_town_draw(&town, seed);
		before = town;
		measure(&was);
		int32_t tolerance = (int32_t)(seed % 4) * 5;
		int64_t copied = even(tolerance);
		measure(&is);
		expect_right(seed, &before, &was, &is);
		if (!has_racks()) { /* where racks are kept, disks may become less even for it */
			cr_assert_leq(is.squares, was.squares, "seed %d: less even", (int)seed);
			cr_assert_leq(copied, was.excess + was.largest * TOWN_BROKERS_MAX,
			    "seed %d: %lld bytes for %lld too many", (int)seed, (long long)copied,
			    (long long)was.excess);
		}
		before = town;
		even(tolerance);
		cr_assert_eq(memcmp(before.replicas, town.replicas, sizeof(town.replicas)), 0,
		    "seed %d: a second plan is not empty", (int)seed);
	}
}

Test(placement_even, makes_racks_full_where_they_can_be)
{
	for (uint64_t seed = 1; seed <= 1000; seed++) {
		struct placement placement;

		placement_town_draw(&town, seed);
		even(5);
		placement_init(&placement, &town.view, -1);
		for (size_t i = 0; i < placement.partition_count; i++) {
			const struct placement_partition *partition = &placement.partitions[i];
			int32_t away = 0;

			for (int32_t j = 0; j < partition->count; j++)
				away += !placement.brokers[partition->replicas[j]].takes;
			if (placement.rack_count > 0 && partition->moves)
				cr_assert_geq(placement_racks(&placement, partition, -1, -1),
				    MIN(partition->count - away, placement.rack_count), "seed %d",
				    (int)seed);
		}
		placement_fini(&placement);
	}
}
