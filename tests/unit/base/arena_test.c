#include "base/arena.h"

#include <criterion/criterion.h>
#include <stdalign.h>
#include <stdint.h>
#include <string.h>

static bool
is_zero(const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if (bytes[i] != 0)
			return false;
	}
	return true;
}

Test(arena, gives_zeroed_aligned_memory_of_many_sizes)
{
	struct arena arena;

	arena_init(&arena, 64 * 1024 * 1024);
	for (size_t size = 1; size < 9000; size += 37) {
		uint8_t *memory = arena_new(&arena, size);

		cr_assert_not_null(memory);
		cr_assert_eq((uintptr_t)memory % alignof(max_align_t), 0);
		cr_assert(is_zero(memory, size));
		memset(memory, 0xff, size);
	}
	arena_fini(&arena);
}

Test(arena, pieces_do_not_overlap)
{
	enum { PIECES = 500, SIZE = 33 };
	struct arena arena;
	uint8_t *pieces[PIECES];

	arena_init(&arena, 1024 * 1024);
	for (int i = 0; i < PIECES; i++) {
		pieces[i] = arena_new(&arena, SIZE);
		cr_assert_not_null(pieces[i]);
		memset(pieces[i], i & 0xff, SIZE);
	}
	for (int i = 0; i < PIECES; i++) {
		for (int k = 0; k < SIZE; k++)
			cr_assert_eq(pieces[i][k], i & 0xff);
	}
	arena_fini(&arena);
}

Test(arena, refuses_what_passes_the_cap_and_goes_on)
{
	struct arena arena;

	arena_init(&arena, 1024);
	cr_expect_null(arena_new(&arena, 1025));
	cr_expect_not_null(arena_new(&arena, 1000));
	cr_expect_null(arena_new(&arena, 32));
	cr_expect_not_null(arena_new(&arena, 16));
	cr_expect_null(arena_new(&arena, 1));
	cr_expect_eq(arena.used, 1024);
	arena_fini(&arena);
}

Test(arena, many_small_pieces_reach_the_cap_too)
{
	struct arena arena;
	size_t pieces = 0;

	arena_init(&arena, 16000);
	while (arena_new(&arena, 1) != NULL)
		pieces++;
	cr_expect_eq(pieces, 1000);
	cr_expect_leq(arena.used, arena.cap);
	arena_fini(&arena);
}

Test(arena, with_no_cap_left_gives_nothing)
{
	struct arena arena;

	arena_init(&arena, 0);
	cr_expect_null(arena_new(&arena, 1));
	cr_expect_null(arena_text(&arena, "", 0));
	arena_fini(&arena);
}

Test(arena, an_empty_piece_is_not_a_failure)
{
	struct arena arena;

	arena_init(&arena, 64);
	cr_expect_not_null(arena_new(&arena, 0));
	cr_expect_not_null(arena_array(&arena, 0, 8));
	cr_expect_not_null(arena_array(&arena, SIZE_MAX, 0));
	cr_expect_eq(arena.used, 0);
	arena_fini(&arena);
}

Test(arena, refuses_sizes_that_overflow_whatever_the_cap)
{
	struct arena arena;

	arena_init(&arena, SIZE_MAX);
	for (size_t below = 0; below < 100; below++)
		cr_expect_null(arena_new(&arena, SIZE_MAX - below), "%zu", below);
	cr_expect_null(arena_new(&arena, SIZE_MAX / 2));
	cr_expect_eq(arena.used, 0);
	cr_expect_null(arena_text(&arena, "x", SIZE_MAX));
	cr_expect_null(arena_text(&arena, "x", SIZE_MAX - 1));
	cr_expect_not_null(arena_new(&arena, 16));
	arena_fini(&arena);
}

Test(arena, refuses_arrays_whose_product_overflows)
{
	struct arena arena;

	arena_init(&arena, 4096);
	cr_expect_null(arena_array(&arena, SIZE_MAX / 2, 3));
	cr_expect_null(arena_array(&arena, (SIZE_MAX >> 4) + 2, 16));
	cr_expect_null(arena_array(&arena, 257, 16));
	cr_expect_not_null(arena_array(&arena, 256, 16));
	arena_fini(&arena);
}

Test(arena, copies_text_with_a_terminator)
{
	struct arena arena;
	char *text;

	arena_init(&arena, 4096);
	text = arena_text(&arena, "orders-0 and more", 8);
	cr_expect_str_eq(text, "orders-0");
	cr_expect_str_eq(arena_text(&arena, NULL, 0), "");
	cr_expect_arr_eq(arena_text(&arena, "a\0b", 3), "a\0b", 4);
	arena_fini(&arena);
}

Test(arena, can_be_used_again_after_its_end)
{
	struct arena arena;

	arena_init(&arena, 8192);
	cr_expect_not_null(arena_new(&arena, 8192));
	arena_fini(&arena);
	cr_expect_eq(arena.used, 0);
	cr_expect_not_null(arena_new(&arena, 8192));
	arena_fini(&arena);
	arena_fini(&arena);
}
