#include "group/java_text.h"

#include <criterion/criterion.h>

static int32_t
hash(const char *text)
{
	return java_text_hash(slice_of_text(text));
}

/* Known from Java itself, or short enough to be computed by hand. */
Test(java_text, hash_is_that_of_javas_string)
{
	cr_assert_eq(hash(""), 0);
	cr_assert_eq(hash("a"), 97);
	cr_assert_eq(hash("hello"), 99162322);
	cr_assert_eq(hash("polygenelubricants"), INT32_MIN);
	cr_assert_eq(hash("\xC3\xA9"), 0xE9);     /* U+00E9 */
	cr_assert_eq(hash("\xE2\x82\xAC"), 0x20AC); /* U+20AC */
	cr_assert_eq(hash("\xF0\x9F\x98\x80"), 31 * 0xD83D + 0xDE00); /* U+1F600: a surrogate pair */
}

Test(java_text, bytes_that_are_no_text_are_replaced_as_java_does)
{
	cr_assert_eq(hash("\xFF"), 0xFFFD);
	cr_assert_eq(hash("\xC0\x80"), 31 * 0xFFFD + 0xFFFD);
	cr_assert_eq(hash("\xE2\x82"), 0xFFFD);         /* cut off */
	cr_assert_eq(hash("\xE2\x82" "a"), 31 * 0xFFFD + 'a');
	cr_assert_eq(hash("\xF0\x9F\x98"), 0xFFFD);
	cr_assert_eq(java_text_length(slice_of_text("\xED\xA0\x80")), 3); /* a lone surrogate */
	cr_assert_eq(java_text_length(slice_of_text("\xF5\x80\x80\x80")), 4);
}

Test(java_text, length_counts_utf_16_units)
{
	cr_assert_eq(java_text_length(slice_of_text("")), 0);
	cr_assert_eq(java_text_length(slice_of_text("abc")), 3);
	cr_assert_eq(java_text_length(slice_of_text("\xC3\xA9\xF0\x9F\x98\x80")), 3);
}
