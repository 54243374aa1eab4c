#include "base/persistent_map.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#include "base/macros.h"
#include "base/memory.h"
#include "base/prng.h"

struct value {
	struct counted counted;
	uint32_t key; /* its bytes are the key */
	int number;
};

static int alive;

static void
value_free(struct counted *counted)
{
	alive--;
	free(container_of(counted, struct value, counted));
}

static struct value *
value_new(uint32_t key, int number)
{
	struct value *value = memory_new(sizeof(*value));

	counted_init(&value->counted, value_free);
	/* Big-endian, so that the order of bytes is that of numbers. */
	value->key = __builtin_bswap32(key);
	value->number = number;
	alive++;
	return value;
}

static uint32_t
key_of(const struct value *value)
{
	return __builtin_bswap32(value->key);
}

static struct persistent_map *
with(struct persistent_map *map, uint32_t key, int number)
{
	struct value *value = value_new(key, number);

	return persistent_map_take_with(map, slice_of(&value->key, sizeof(value->key)),
	    &value->counted);
}

static struct persistent_map *
without(struct persistent_map *map, uint32_t key)
{
	uint32_t bytes = __builtin_bswap32(key);

	return persistent_map_take_without(map, slice_of(&bytes, sizeof(bytes)));
}

/* -1 when it is not there. */
static int
number_at(const struct persistent_map *map, uint32_t key)
{
	uint32_t bytes = __builtin_bswap32(key);
	struct counted *counted = persistent_map_find(map, slice_of(&bytes, sizeof(bytes)));

	return counted == NULL ? -1 : container_of(counted, struct value, counted)->number;
}

enum { KEYS = 97 };

/* What a map should hold: -1, or the number under each key. */
struct model {
	struct persistent_map *map;
	int numbers[KEYS];
};

static void
expect_equal(const struct model *model)
{
	struct persistent_map_walk walk;
	size_t count = 0;

	persistent_map_walk_init(&walk, model->map);
	for (uint32_t key = 0; key < KEYS; key++) {
		cr_assert_eq(number_at(model->map, key), model->numbers[key]);
		if (model->numbers[key] == -1)
			continue;
		count++;
		struct counted *next = persistent_map_walk_next(&walk);
		cr_assert_not_null(next);
		cr_assert_eq(key_of(container_of(next, struct value, counted)), key);
	}
	cr_assert_null(persistent_map_walk_next(&walk));
	cr_assert_eq(persistent_map_count(model->map), count);
}

Test(persistent_map, nothing_is_the_empty_map)
{
	struct persistent_map_walk walk;

	cr_expect_eq(persistent_map_count(NULL), 0);
	cr_expect_eq(number_at(NULL, 1), -1);
	cr_expect_null(without(NULL, 1));
	cr_expect_null(persistent_map_hold(NULL));
	persistent_map_release(NULL);
	persistent_map_walk_init(&walk, NULL);
	cr_expect_null(persistent_map_walk_next(&walk));
}

Test(persistent_map, the_last_value_of_a_key_stays)
{
	struct persistent_map *map = with(NULL, 7, 1);

	map = with(map, 7, 2);
	cr_expect_eq(persistent_map_count(map), 1);
	cr_expect_eq(number_at(map, 7), 2);
	cr_expect_eq(alive, 1, "the replaced value has nobody left");
	map = without(map, 7);
	cr_expect_null(map);
	cr_expect_eq(alive, 0);
}

Test(persistent_map, a_key_that_is_not_there_changes_nothing)
{
	struct persistent_map *map = with(with(NULL, 1, 1), 2, 2);

	cr_expect_eq(without(map, 3), map);
	persistent_map_release(map);
}

Test(persistent_map, a_held_map_does_not_change)
{
	struct persistent_map *old = NULL;

	for (uint32_t key = 0; key < 100; key++)
		old = with(old, key, 1);
	struct persistent_map *new = with(persistent_map_hold(old), 50, 2);
	new = without(new, 10);
	cr_expect_eq(number_at(old, 50), 1);
	cr_expect_eq(number_at(old, 10), 1);
	cr_expect_eq(number_at(new, 50), 2);
	cr_expect_eq(number_at(new, 10), -1);
	cr_expect_eq(alive, 101, "all but the new value are shared");
	persistent_map_release(old);
	cr_expect_eq(alive, 99);
	persistent_map_release(new);
	cr_expect_eq(alive, 0);
}

Test(persistent_map, keys_of_any_length_are_in_the_order_of_bytes)
{
	static const char *texts[] = { "b", "", "ab", "a", "abc", "\xff" };
	static const size_t sorted[] = { 1, 3, 2, 4, 0, 5 };
	struct persistent_map *map = NULL;
	struct value *values[ARRAY_LENGTH(texts)];
	struct persistent_map_walk walk;

	for (size_t i = 0; i < ARRAY_LENGTH(texts); i++) {
		values[i] = value_new(0, 0);
		map = persistent_map_take_with(map, slice_of_text(texts[i]), &values[i]->counted);
	}
	persistent_map_walk_init(&walk, map);
	for (size_t i = 0; i < ARRAY_LENGTH(texts); i++)
		cr_expect_eq(persistent_map_walk_next(&walk), &values[sorted[i]]->counted);
	cr_expect_null(persistent_map_walk_next(&walk));
	persistent_map_release(map);
}

/* Many maps side by side, each made of another one, against plain arrays. */
Test(persistent_map, random_changes_agree_with_an_array)
{
	enum { MODELS = 8, ROUNDS = 20000 };
	struct model models[MODELS];
	struct prng prng;

	prng_init(&prng, 20260401);
	for (size_t i = 0; i < MODELS; i++) {
		models[i].map = NULL;
		for (size_t key = 0; key < KEYS; key++)
			models[i].numbers[key] = -1;
	}
	for (int round = 0; round < ROUNDS; round++) {
		struct model *model = &models[prng_below(&prng, MODELS)];
		uint32_t key = (uint32_t)prng_below(&prng, KEYS);

		if (prng_chance(&prng, 1, 20)) {
			struct model *from = &models[prng_below(&prng, MODELS)];
			struct persistent_map *map = persistent_map_hold(from->map);

			persistent_map_release(model->map);
			*model = *from;
			model->map = map;
		} else if (prng_chance(&prng, 1, 2)) {
			model->map = with(model->map, key, round);
			model->numbers[key] = round;
		} else {
			model->map = without(model->map, key);
			model->numbers[key] = -1;
		}
		if (round % 16 == 0)
			expect_equal(&models[prng_below(&prng, MODELS)]);
	}
	for (size_t i = 0; i < MODELS; i++) {
		expect_equal(&models[i]);
		persistent_map_release(models[i].map);
	}
	cr_expect_eq(alive, 0);
}

/* A walk asserts that the depth fits; sorted insertion is the worst for trees without balance. */
Test(persistent_map, stays_flat_whatever_the_order)
{
	enum { MANY = 100000 };
	struct persistent_map *map = NULL;
	struct persistent_map_walk walk;

	for (uint32_t key = 0; key < MANY; key++)
		map = with(map, key, 0);
	persistent_map_walk_init(&walk, map);
	cr_expect_leq(walk.depth, 25);
	for (uint32_t key = 0; key < MANY - 10; key++)
		map = without(map, key);
	persistent_map_walk_init(&walk, map);
	cr_expect_leq(walk.depth, 5);
	cr_expect_eq(persistent_map_count(map), 10);
	persistent_map_release(map);
	cr_expect_eq(alive, 0);
}
