#include "base/slice.h"

#include <criterion/criterion.h>

Test(slice, of_a_null_pointer_is_empty_but_not_null)
{
	cr_expect_not(slice_is_null(slice_of(NULL, 0)));
	cr_expect_eq(slice_of(NULL, 0).size, 0);
	cr_expect(slice_is_null(slice_null()));
	cr_expect(slice_is_null(slice_of_text(NULL)));
	cr_expect_not(slice_is_null(slice_of_text("")));
}

Test(slice, null_equals_only_null)
{
	cr_expect(slice_equal(slice_null(), slice_null()));
	cr_expect_not(slice_equal(slice_null(), slice_of_text("")));
	cr_expect_not(slice_equal(slice_of_text(""), slice_null()));
	cr_expect(slice_equal(slice_of_text(""), slice_of(NULL, 0)));
	cr_expect(slice_equal_text(slice_null(), NULL));
	cr_expect_not(slice_equal_text(slice_null(), ""));
}

Test(slice, equals_by_bytes_and_size)
{
	cr_expect(slice_equal(slice_of("ab\0c", 4), slice_of("ab\0c", 4)));
	cr_expect_not(slice_equal(slice_of("ab\0c", 4), slice_of("ab\0d", 4)));
	cr_expect_not(slice_equal_text(slice_of("ab\0", 3), "ab"));
	cr_expect_not(slice_equal_text(slice_of("a", 1), "ab"));
}

static void
expect_order(struct slice smaller, struct slice greater)
{
	cr_expect_lt(slice_compare(smaller, greater), 0);
	cr_expect_gt(slice_compare(greater, smaller), 0);
	cr_expect_eq(slice_compare(smaller, smaller), 0);
	cr_expect_eq(slice_compare(greater, greater), 0);
}

Test(slice, orders_null_then_empty_then_by_unsigned_bytes)
{
	expect_order(slice_null(), slice_of_text(""));
	expect_order(slice_null(), slice_of_text("a"));
	expect_order(slice_of_text(""), slice_of("\0", 1));
	expect_order(slice_of_text("a"), slice_of_text("aa"));
	expect_order(slice_of_text("ab"), slice_of_text("b"));
	expect_order(slice_of_text("\x7f"), slice_of_text("\x80"));
}
