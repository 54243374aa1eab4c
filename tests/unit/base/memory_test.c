#include "base/memory.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

Test(memory, new_is_zeroed)
{
	uint8_t *memory = memory_new(1000);

	for (int i = 0; i < 1000; i++)
		cr_assert_eq(memory[i], 0);
	free(memory);
}

Test(memory, of_no_size_is_still_a_pointer)
{
	void *none = memory_new(0), *array = memory_array(0, 8), *other = memory_array(8, 0);

	cr_expect_not_null(none);
	cr_expect_not_null(array);
	cr_expect_not_null(other);
	free(none);
	free(array);
	free(other);
}

Test(memory, resize_keeps_contents_and_begins_at_nothing)
{
	char *memory = memory_resize(NULL, 4);

	memcpy(memory, "abc", 4);
	memory = memory_resize(memory, 100000);
	cr_expect_str_eq(memory, "abc");
	memory = memory_resize(memory, 2);
	cr_expect_arr_eq(memory, "ab", 2);
	free(memory);
}

Test(memory, text_is_terminated_even_when_empty)
{
	char *text = memory_text("orders", 3), *empty = memory_text(NULL, 0);

	cr_expect_str_eq(text, "ord");
	cr_expect_str_eq(empty, "");
	free(text);
	free(empty);
}

Test(memory, an_overflowing_product_ends_the_process, .signal = SIGABRT)
{
	volatile size_t count = SIZE_MAX / 2;

	free(memory_array(count, 3));
}

Test(memory, a_text_of_all_sizes_ends_the_process, .signal = SIGABRT)
{
	volatile size_t size = SIZE_MAX;

	free(memory_text("x", size));
}

Test(memory, resizing_to_nothing_is_a_mistake, .signal = SIGABRT)
{
	free(memory_resize(NULL, 0));
}
