#include "controller/text.h"

#include <criterion/criterion.h>
#include <string.h>

TestSuite(controller_text);

Test(controller_text, is_made_in_the_arena_and_cut)
{
	char long_text[8192];
	struct arena arena;

	memset(long_text, 'x', sizeof(long_text) - 1);
	long_text[sizeof(long_text) - 1] = '\0';
	arena_init(&arena, SIZE_MAX);
	cr_assert_str_eq(text_new(&arena, "%d of %s", 3, "four"), "3 of four");
	cr_assert_eq(strlen(text_new(&arena, "%s", long_text)), 4095);
	cr_assert_str_eq(text_copy(&arena, "abc"), "abc");
	cr_assert_null(text_copy(&arena, NULL));
	arena_fini(&arena);
}

Test(controller_text, is_null_at_the_cap)
{
	struct arena arena;

	arena_init(&arena, 4);
	cr_assert_null(text_copy(&arena, "too long"));
	cr_assert_null(text_new(&arena, "%s", "too long"));
	arena_fini(&arena);
}
