#include "api/names.h"

#include "fixture.h"

TestSuite(names, .init = fixture_init, .fini = fixture_fini);

struct item {
	int number;
	struct slice name;
};

static const uint8_t *
repeats_of(const char *const *texts, size_t count)
{
	struct slice *names = fixture_array(count, sizeof(*names));

	arena_init(&fixture.request.arena, SIZE_MAX);
	for (size_t i = 0; i < count; i++)
		names[i] = slice_of_text(texts[i]);
	return names_repeats(&fixture.request, names, count);
}

Test(names, marks_the_first_and_the_others_of_equal_names)
{
	static const char *const texts[] = { "b", "a", "b", NULL, "b", "", NULL };
	static const uint8_t expected[] = { NAME_FIRST, NAME_ONCE, NAME_AGAIN, NAME_FIRST,
		NAME_AGAIN, NAME_ONCE, NAME_AGAIN };

	cr_expect_arr_eq(repeats_of(texts, 7), expected, 7);
}

Test(names, one_or_no_name_is_not_repeated)
{
	static const char *const texts[] = { "a" };

	cr_expect_eq(repeats_of(texts, 1)[0], NAME_ONCE);
	arena_fini(&fixture.request.arena);
	cr_expect_not_null(repeats_of(texts, 0));
}

Test(names, finds_items_in_order_and_out_of_order)
{
	struct item items[] = { { 1, slice_of_text("a") }, { 2, slice_of_text("b") },
		{ 3, slice_of_text("a") } };
	struct named_items named = { .items = items, .count = 3, .size = sizeof(items[0]),
		.name_offset = offsetof(struct item, name) };

	cr_expect_eq(named_items_find(&named, slice_of_text("a")), &items[0]);
	cr_expect_eq(named_items_find(&named, slice_of_text("b")), &items[1]);
	cr_expect_eq(named_items_find(&named, slice_of_text("a")), &items[2]);
	cr_expect_eq(named_items_find(&named, slice_of_text("b")), &items[1]);
	cr_expect_null(named_items_find(&named, slice_of_text("c")));
	named.count = 0;
	cr_expect_null(named_items_find(&named, slice_of_text("a")));
}
