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

enum { MIB = 1 << 20 };

static int64_t
carry_out(const struct placement *placement)
{
	struct move_plan plan;
	int64_t bytes = 0;

	move_plan_init(&plan);
	placement_plan(placement, &plan);
	for (size_t i = 0; i < plan.count; i++)
		bytes += MAX(move_bytes(&plan.moves[i]), 0);
	placement_town_apply(&town, &plan);
	move_plan_fini(&plan);
	placement_town_text(&town, text, sizeof(text));
	return bytes;
}

/* How many bytes are copied. */
static int64_t
even(int32_t tolerance)
{
	struct placement placement;

	placement_init(&placement, &town.view, -1);
	placement_even(&placement, tolerance);
	int64_t bytes = carry_out(&placement);
	placement_fini(&placement);
	return bytes;
}

Test(placement_even, moves_to_a_new_broker_no_more_than_its_share)
{
	brokers("---");
	for (int i = 0; i < 6; i++)
		placement_town_partition(&town, i % 2 == 0 ? "1,2" : "2,1", 100 * MIB);
	cr_expect_eq(even(5), 400 * MIB);
}

Test(placement_even, leaves_alone_what_is_even_enough)
{
	brokers("--");
	placement_town_partition(&town, "1", 1000 * MIB);
	placement_town_partition(&town, "2", 950 * MIB);
	placement_town_partition(&town, "1", 10 * MIB);
	placement_town_partition(&town, "2", 10 * MIB);
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
		placement_town_partition(&town, "1,4", 100 * MIB);
	cr_expect_eq(even(5), 400 * MIB); /* 4 keeps all, 1 to 3 share the others */
}

Test(placement_even, counts_replicas_of_topics_without_records)
{
	brokers("--");
	for (int i = 0; i < 4; i++)
		placement_town_partition(&town, "1", 0);
	even(5);
	cr_expect_str_eq(text, "2 2 1 1");
}

Test(placement_even, exchanges_no_disks_for_little)
{
	brokers("--");
	placement_town_partition(&town, "1", 1000 * MIB);
	placement_town_partition(&town, "1", 100 * MIB);
	placement_town_partition(&town, "2", 10 * MIB);
	cr_expect_eq(even(5), 100 * MIB);
	cr_expect_str_eq(text, "1 2 2");
}

Test(placement_even, sheds_the_large_where_all_would_not_do)
{
	brokers("--");
	placement_town_partition(&town, "1", 1000 * MIB);
	for (int i = 0; i < 3; i++)
		placement_town_partition(&town, "1", 60 * MIB);
	for (int i = 0; i < 3; i++)
		placement_town_partition(&town, "1", MIB);
	/* The small ones for numbers' sake, as the lightest. */
	cr_expect_eq(even(5), 180 * MIB);
	cr_expect_str_eq(text, "1 2 2 2 1 1 1");
}

/* ------------------------------------------------- small clusters, one large topic */

struct share {
	int64_t bytes, replicas, leaders;
};

static void
count(struct share shares[TOWN_BROKERS_MAX])
{
	struct placement placement;

	placement_init(&placement, &town.view, -1);
	for (int32_t i = 0; i < placement.broker_count; i++)
		shares[i] = (struct share){ placement.brokers[i].bytes,
			placement.brokers[i].replicas, placement.brokers[i].leaders };
	placement_fini(&placement);
}

/* 33, 24, 56 and 57 replicas, and of the first partition more where `first` names several. */
static void
lopsided(const char *racks, const char *first, int64_t large, int64_t small)
{
	static const char *const of_one[] = { "1,3,4", "4,1,3" };
	static const char *const of_two[] = { "2,3,4", "3,2,4", "2,4,3", "3,4,2" };

	brokers(racks);
	placement_town_partition(&town, first, large);
	for (int i = 0; i < 32; i++)
		placement_town_partition(&town, of_one[i % 2], small);
	for (int i = 0; i < 24; i++)
		placement_town_partition(&town, of_two[i % 4], small);
	placement_town_partition(&town, "4", small);
}

static void
expect_share(struct share share, int64_t least, int64_t most, int64_t leaders)
{
	cr_expect_geq(share.replicas, least, "%d replicas", (int)share.replicas);
	cr_expect_leq(share.replicas, most, "%d replicas", (int)share.replicas);
	cr_expect_leq(llabs(share.leaders - leaders), 1, "%d leaders", (int)share.leaders);
}

static void
expect_final(void)
{
	struct placement_town before = town;

	even(5);
	cr_expect_eq(memcmp(before.replicas, town.replicas, sizeof(town.replicas)), 0);
}

Test(placement_even, leaves_the_small_with_one_large_that_stays)
{
	struct share is[TOWN_BROKERS_MAX];

	/* Whoever has the large one; 1 and 2 share a rack, so that they alone can become even. */
	for (int i = 0; i < 2; i++) {
		lopsided("aabc", i == 0 ? "1" : "1,3,4", 84 * MIB, 107);
		cr_expect_leq(even(5), 6 * 107);
		count(is);
		expect_share(is[0], 28, 30, 15);
		expect_share(is[1], 28, 30, 15);
		cr_expect_geq(is[0].bytes, 84 * MIB);
		cr_expect_lt(is[1].bytes, MIB);
		expect_share(is[2], 55, 57, 15);
		expect_share(is[3], 56, 58, 15);
		expect_final();
	}
}

Test(placement_even, spreads_the_small_beside_one_large_without_racks)
{
	struct share is[TOWN_BROKERS_MAX];

	for (int64_t small = 107; small < MIB / 2; small *= 50) {
		lopsided("----", "1", 84 * MIB, small);
		cr_expect_leq(even(5), 24 * small);
		count(is);
		for (int i = 0; i < 4; i++) /* with much of its own, 1 takes no more of what weighs something */
			expect_share(is[i], small < 10000 ? 38 : 33, 46, 15);
		expect_final();
	}
}

Test(placement_even, counts_replicas_where_bytes_are_few)
{
	struct share is[TOWN_BROKERS_MAX];

	lopsided("aabc", "1", 12 << 10, 0);
	cr_expect_eq(even(5), 0);
	count(is);
	expect_share(is[0], 28, 29, 15);
	expect_share(is[1], 28, 29, 15);
	cr_expect_eq(is[0].bytes, 12 << 10);
	expect_final();
}

/* 57 partitions on racks a, b, c, of which some are large, and a new broker on a. */
static void
with_new_broker(int large, int64_t bytes, int64_t small)
{
	brokers("abca");
	for (int i = 0; i < 57; i++)
		placement_town_partition(&town, i % 2 == 0 ? "1,2,3" : "3,1,2",
		    i < large ? bytes : small);
}

Test(placement_even, gives_a_new_broker_its_half_of_the_rack)
{
	static const struct {
		int large;
		int64_t bytes, small;
	} cases[] = { { 4, 21 * MIB, 107 }, { 4, 84 * MIB, 107 }, { 3, 28 * MIB, 107 },
		{ 3, 280 * MIB, MIB }, { 1, 84 * MIB, 107 }, { 1, 84 * MIB, MIB / 4 } };

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct share is[TOWN_BROKERS_MAX];
		int64_t bytes = cases[i].bytes, small = cases[i].small;

		with_new_broker(cases[i].large, bytes, small);
		cr_expect_leq(even(5), bytes * (cases[i].large / 2) + 30 * small);
		count(is);
		expect_share(is[0], 27, 30, 14);
		expect_share(is[1], 57, 57, 14);
		expect_share(is[2], 57, 57, 14);
		expect_share(is[3], 27, 30, 14);
		cr_expect_leq(llabs(is[0].bytes - is[3].bytes), bytes * (cases[i].large % 2) + 3 * small);
		expect_final();
	}
}

/* ---------------------------------------------------------- of any cluster */

struct measure {
	int32_t racks[TOWN_PARTITIONS_MAX];
	double uneven;     /* as placement_even.c has it */
	int64_t slack;     /* of bytes */
	int64_t farthest;  /* from the mean: bytes */
	int64_t excess;    /* over the mean, of all */
	int64_t largest;   /* partition */
	int64_t least, most; /* replicas */
	double mean_replicas;
};

static void
measure_brokers(struct measure *it, const struct placement *placement, int32_t tolerance)
{
	int64_t bytes = 0, replicas = 0, takers = 0;

	for (int32_t i = 0; i < placement->broker_count; i++) {
		const struct placement_broker *broker = &placement->brokers[i];

		takers += broker->takes;
		bytes += broker->takes ? broker->bytes : 0;
		replicas += broker->takes ? broker->replicas : 0;
	}
	int64_t mean = bytes / MAX(takers, 1);
	double unit = (double)MAX(mean, 320 * (int64_t)MIB);
	it->mean_replicas = (double)replicas / (double)MAX(takers, 1);
	it->slack = MAX(mean / 100 * MAX(tolerance, 1), 16 * MIB);
	it->least = replicas;
	for (int32_t i = 0; i < placement->broker_count; i++) {
		const struct placement_broker *broker = &placement->brokers[i];
		double of_bytes = (double)broker->bytes / unit;
		double of_replicas = (double)broker->replicas / MAX(it->mean_replicas, 0.01);

		if (!broker->takes)
			continue;
		it->uneven += 10 * of_bytes * of_bytes + of_replicas * of_replicas;
		it->farthest = MAX(it->farthest, llabs(broker->bytes - mean));
		it->excess += MAX(broker->bytes - mean, 0);
		it->least = MIN(it->least, broker->replicas);
		it->most = MAX(it->most, broker->replicas);
	}
}

static void
measure(struct measure *it, int32_t tolerance)
{
	struct placement placement;

	*it = (struct measure){ .uneven = 0 };
	placement_init(&placement, &town.view, -1);
	measure_brokers(it, &placement, tolerance);
	for (size_t i = 0; i < placement.partition_count; i++) {
		it->racks[i] = placement_racks(&placement, &placement.partitions[i], -1, -1);
		it->largest = MAX(it->largest, placement.partitions[i].bytes);
	}
	placement_fini(&placement);
}

/* Spread over racks alone, so that what else is done can be measured. */
static void
even_racks(void)
{
	struct placement placement;

	placement_init(&placement, &town.view, -1);
	placement_even_racks(&placement);
	carry_out(&placement);
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

/* None is worse than it was, beyond what is even anyway. */
static void
expect_as_even(int seed, int32_t tolerance, const struct measure *was, const struct measure *is)
{
	double spare = is->mean_replicas * 2 * tolerance / 100;

	cr_assert_leq(is->uneven, was->uneven * (1 + 1e-9), "seed %d: less even", seed);
	cr_assert_leq(is->farthest, MAX(was->farthest, is->slack) + is->slack / 10,
	    "seed %d: bytes are less even", seed);
	if (was->farthest > was->slack)
		return; /* bytes come before numbers */
	cr_assert_leq((double)is->most, MAX((double)was->most, is->mean_replicas + MAX(spare, 1)),
	    "seed %d: more replicas", seed);
	cr_assert_geq((double)is->least, MIN((double)was->least, is->mean_replicas - MAX(spare, 1)),
	    "seed %d: fewer replicas", seed);
}

/* Nobody could lead instead of one who leads more often by two. */
static void
expect_even_leaders(int seed)
{
	struct placement placement;

	placement_init(&placement, &town.view, -1);
	for (size_t i = 0; i < placement.partition_count; i++) {
		const struct placement_partition *partition = &placement.partitions[i];

		for (int32_t j = 1; j < partition->count && partition->moves; j++) {
			const struct placement_broker *other =
			    &placement.brokers[partition->replicas[j]];

			cr_assert(!other->takes || other->leaders + 1 >=
			    placement.brokers[partition->replicas[0]].leaders,
			    "seed %d: leaders", seed);
		}
	}
	placement_fini(&placement);
}

Test(placement_even, is_right_and_final_in_any_cluster)
{
	for (uint64_t seed = 1; seed <= 3000; seed++) {
		static struct placement_town before;
		struct measure was, is;

		placement_town_draw(&town, seed);
		int32_t tolerance = (int32_t)(seed % 4) * 5;
		even_racks();
		before = town;
		measure(&was, tolerance);
		int64_t copied = even(tolerance);
		measure(&is, tolerance);
		expect_right(seed, &before, &was, &is);
		expect_as_even((int)seed, tolerance, &was, &is);
		expect_even_leaders((int)seed);
		cr_assert_leq(copied, was.excess + was.largest * TOWN_BROKERS_MAX,
		    "seed %d: %lld bytes for %lld too many", (int)seed, (long long)copied,
		    (long long)was.excess);
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
