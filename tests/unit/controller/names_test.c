#include "controller/names.h"

#include <criterion/criterion.h>

TestSuite(controller_names);

Test(controller_names, are_counted_as_far_as_two)
{
	static const uint64_t seed[2] = { 1, 2 };
	struct names names;
	struct arena arena;

	arena_init(&arena, SIZE_MAX);
	names_init(&names, &arena, seed);
	names_add(&names, slice_of_text("a"));
	names_add(&names, slice_of_text("b"));
	names_add(&names, slice_of_text("a"));
	names_add(&names, slice_of_text("a"));
	names_add(&names, slice_of_text(""));
	cr_assert(names_has_twice(&names, slice_of_text("a")));
	cr_assert(names_has(&names, slice_of_text("b")));
	cr_assert_not(names_has_twice(&names, slice_of_text("b")));
	cr_assert(names_has(&names, slice_of_text("")));
	cr_assert_not(names_has(&names, slice_of_text("c")));
	cr_assert_not(names_has_twice(&names, slice_of_text("c")));
	names_fini(&names);
	arena_fini(&arena);
}
