#include "wire/utf8.h"

#include <criterion/criterion.h>

static bool
valid(const char *text)
{
	return wire_utf8_valid(slice_of_text(text));
}

Test(utf8, takes_characters_of_every_length)
{
	cr_assert(valid(""));
	cr_assert(wire_utf8_valid(slice_null()));
	cr_assert(wire_utf8_valid(slice_of("\0", 1)));
	cr_assert(valid("orders \x7f"));
	cr_assert(valid("\xc2\x80 \xdf\xbf"));
	cr_assert(valid("\xe0\xa0\x80 \xed\x9f\xbf \xee\x80\x80 \xef\xbf\xbf"));
	cr_assert(valid("\xf0\x90\x80\x80 \xf4\x8f\xbf\xbf"));
}

Test(utf8, refuses_bytes_that_begin_nothing)
{
	cr_assert_not(valid("\x80"));
	cr_assert_not(valid("a\xbf"));
	cr_assert_not(valid("\xfe"));
	cr_assert_not(valid("\xff"));
	cr_assert_not(valid("\xf5\x80\x80\x80"));
	cr_assert_not(valid("\xf8\x88\x80\x80\x80"));
}

Test(utf8, refuses_forms_that_are_too_long)
{
	cr_assert_not(valid("\xc0\x80"));
	cr_assert_not(valid("\xc1\xbf"));
	cr_assert_not(valid("\xe0\x9f\xbf"));
	cr_assert_not(valid("\xf0\x8f\xbf\xbf"));
}

Test(utf8, refuses_surrogates_and_what_is_beyond_unicode)
{
	cr_assert_not(valid("\xed\xa0\x80"));
	cr_assert_not(valid("\xed\xbf\xbf"));
	cr_assert_not(valid("\xf4\x90\x80\x80"));
}

Test(utf8, refuses_characters_that_are_cut)
{
	cr_assert_not(valid("\xc3"));
	cr_assert_not(valid("\xc3" "a"));
	cr_assert_not(valid("\xe2\x82"));
	cr_assert_not(valid("\xe2\x82" "a"));
	cr_assert_not(valid("\xf0\x9f\x98"));
	cr_assert_not(valid("\xf0\x9f" "a\x80"));
}

Test(utf8, tells_the_size_of_the_first_character)
{
	cr_assert_eq(wire_utf8_character_size(slice_of_text("a\xff")), 1);
	cr_assert_eq(wire_utf8_character_size(slice_of_text("\xe2\x82\xac" "x")), 3);
	cr_assert_eq(wire_utf8_character_size(slice_of_text("")), 0);
	cr_assert_eq(wire_utf8_character_size(slice_of_text("\xff")), 0);
}
