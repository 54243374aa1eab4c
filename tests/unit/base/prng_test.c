#include "base/prng.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stddef.h>

#include "base/macros.h"

static void
expect_numbers(struct prng prng, const uint64_t *numbers, size_t count)
{
	for (size_t i = 0; i < count; i++)
		cr_expect_eq(prng_next(&prng), numbers[i], "number %zu", i);
}

#define EXPECT_NUMBERS(prng, ...) expect_numbers(prng, (const uint64_t[]){ __VA_ARGS__ }, \
    sizeof((const uint64_t[]){ __VA_ARGS__ }) / sizeof(uint64_t))

static struct prng
seeded(uint64_t seed)
{
	struct prng prng;

	prng_init(&prng, seed);
	return prng;
}

/* Known outputs of xoshiro256** for this state. */
Test(prng, draws_the_known_numbers_of_its_algorithm)
{
	EXPECT_NUMBERS(((struct prng){ { 1, 2, 3, 4 } }), 11520, 0, 1509978240, 1215971899390074240,
	    1216172134540287360, 607988272756665600, 16172922978634559625u, 8476171486693032832,
	    10595114339597558777u, 2904607092377533576);
}

/* Known outputs of splitmix64 for this seed. */
Test(prng, spreads_its_seed_with_splitmix)
{
	struct prng prng = seeded(1234567);

	cr_expect_eq(prng.state[0], 6457827717110365317);
	cr_expect_eq(prng.state[1], 3203168211198807973);
	cr_expect_eq(prng.state[2], 9817491932198370423u);
	cr_expect_eq(prng.state[3], 4593380528125082431);
}

Test(prng, a_seed_always_gives_the_same_numbers)
{
	EXPECT_NUMBERS(seeded(0), 0x99ec5f36cb75f2b4, 0xbf6e1f784956452a, 0x1a5f849d4933e6e0,
	    0x6aa594f1262d2d2c);
	EXPECT_NUMBERS(seeded(42), 0x15780b2e0c2ec716, 0x6104d9866d113a7e, 0xae17533239e499a1,
	    0xecb8ad4703b360a1);
	EXPECT_NUMBERS(seeded(UINT64_MAX), 0x8f5520d52a7ead08, 0xc476a018caa1802d,
	    0x81de31c0d260469e, 0xbf658d7e065f3c2f);
}

Test(prng, a_stream_always_gives_the_same_numbers)
{
	struct prng parent = seeded(42);

	EXPECT_NUMBERS(prng_fork(&parent, 0), 0x2f8e63a007914e40, 0x8b5bfc8011958f28,
	    0xd0d65f38608ba736);
	EXPECT_NUMBERS(prng_fork(&parent, 1), 0x279b7c73079e2b43, 0x8c8e477979f88e72,
	    0x4ec46a9ee63866c);
	EXPECT_NUMBERS(prng_fork(&parent, 7), 0x4cd17deaa3882e15, 0xd6a695bc0c125566,
	    0xe928c0ed2311cd6f);
}

Test(prng, forking_does_not_move_the_parent)
{
	struct prng parent = seeded(42), untouched = parent;

	(void)prng_fork(&parent, 1);
	(void)prng_fork(&parent, 2);
	cr_expect_arr_eq(parent.state, untouched.state, sizeof(parent.state));
}

Test(prng, drawing_from_one_stream_does_not_shift_another)
{
	struct prng parent = seeded(42), greedy = prng_fork(&parent, 0);

	for (int i = 0; i < 1000; i++)
		(void)prng_next(&greedy);
	EXPECT_NUMBERS(prng_fork(&parent, 1), 0x279b7c73079e2b43, 0x8c8e477979f88e72);
}

Test(prng, forks_of_forks_differ_by_their_path)
{
	struct prng parent = seeded(1), a = prng_fork(&parent, 1), b = prng_fork(&parent, 2);
	struct prng a_then_b = prng_fork(&a, 2), b_then_a = prng_fork(&b, 1);

	cr_expect_neq(prng_next(&a_then_b), prng_next(&b_then_a));
	cr_expect_neq(prng_next(&a), prng_next(&b));
}

Test(prng, below_gives_fixed_numbers_and_stays_below)
{
	static const uint64_t expected[] = { 2, 2, 9, 3, 6, 4, 4, 7, 8, 5, 9, 3 };
	static const uint64_t bounds[] = { 1, 2, 3, 1000, (uint64_t)1 << 63,
		((uint64_t)1 << 63) + 1, UINT64_MAX };
	struct prng prng = seeded(42);

	for (size_t i = 0; i < ARRAY_LENGTH(expected); i++)
		cr_expect_eq(prng_below(&prng, 10), expected[i]);
	for (size_t i = 0; i < ARRAY_LENGTH(bounds); i++) {
		for (int k = 0; k < 200; k++)
			cr_assert_lt(prng_below(&prng, bounds[i]), bounds[i]);
	}
}

Test(prng, below_is_about_uniform)
{
	struct prng prng = seeded(9);
	int counts[6] = { 0 };

	for (int i = 0; i < 60000; i++)
		counts[prng_below(&prng, 6)]++;
	for (size_t i = 0; i < ARRAY_LENGTH(counts); i++) {
		cr_expect_gt(counts[i], 9500);
		cr_expect_lt(counts[i], 10500);
	}
}

Test(prng, between_reaches_both_ends_and_no_further)
{
	struct prng prng = seeded(4);
	bool low = false, high = false;

	for (int i = 0; i < 1000; i++) {
		int64_t value = prng_between(&prng, -2, 2);

		cr_assert(value >= -2 && value <= 2);
		low = low || value == -2;
		high = high || value == 2;
	}
	cr_expect(low && high);
	cr_expect_eq(prng_between(&prng, 5, 5), 5);
	cr_expect_eq(prng_between(&prng, INT64_MIN, INT64_MIN), INT64_MIN);
}

Test(prng, between_covers_the_whole_range)
{
	struct prng prng = seeded(4);
	bool negative = false, positive = false;

	for (int i = 0; i < 100; i++) {
		int64_t value = prng_between(&prng, INT64_MIN, INT64_MAX);

		negative = negative || value < 0;
		positive = positive || value > 0;
		cr_expect_lt(prng_between(&prng, INT64_MIN, -1), 0);
		cr_expect_geq(prng_between(&prng, INT64_MAX - 1, INT64_MAX), INT64_MAX - 1);
	}
	cr_expect(negative && positive);
}

Test(prng, chance_knows_never_and_always)
{
	struct prng prng = seeded(8);
	int hits = 0;

	for (int i = 0; i < 10000; i++) {
		cr_assert_not(prng_chance(&prng, 0, 10));
		cr_assert(prng_chance(&prng, 10, 10));
		hits += prng_chance(&prng, 1, 4);
	}
	cr_expect_gt(hits, 2300);
	cr_expect_lt(hits, 2700);
}

Test(prng, nothing_lies_below_zero, .signal = SIGABRT)
{
	struct prng prng = seeded(1);

	(void)prng_below(&prng, 0);
}

Test(prng, nothing_lies_between_swapped_ends, .signal = SIGABRT)
{
	struct prng prng = seeded(1);

	(void)prng_between(&prng, 1, 0);
}
