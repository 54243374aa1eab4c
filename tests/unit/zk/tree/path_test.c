#include <criterion/criterion.h>

#include "zk/tree/tree_private.h"

static bool
is_valid(const char *path)
{
	return path_is_valid(slice_of_text(path));
}

Test(path, of_the_root_and_of_plain_names_is_valid)
{
	cr_expect(is_valid("/"));
	cr_expect(is_valid("/a"));
	cr_expect(is_valid("/brokers/topics/my.topic_1-x"));
	cr_expect(is_valid("/a b"));
}

Test(path, may_hold_dots_that_are_not_a_whole_part)
{
	cr_expect(is_valid("/..."));
	cr_expect(is_valid("/.a"));
	cr_expect(is_valid("/a./b.."));
	cr_expect_not(is_valid("/."));
	cr_expect_not(is_valid("/a/."));
	cr_expect_not(is_valid("/./a"));
	cr_expect_not(is_valid("/.."));
	cr_expect_not(is_valid("/a/../b"));
}

Test(path, without_a_slash_in_front_is_not_valid)
{
	cr_expect_not(is_valid(""));
	cr_expect_not(is_valid("a"));
	cr_expect_not(is_valid("a/b"));
}

Test(path, with_an_empty_part_is_not_valid)
{
	cr_expect_not(is_valid("//"));
	cr_expect_not(is_valid("/a//b"));
	cr_expect_not(is_valid("//a"));
	cr_expect_not(is_valid("/a/"));
}

Test(path, with_control_characters_is_not_valid)
{
	cr_expect_not(path_is_valid(slice_of("/a\0b", 4)));
	cr_expect_not(is_valid("/a\x01"));
	cr_expect_not(is_valid("/\x1f"));
	cr_expect_not(is_valid("/\x7f"));
	cr_expect_not(is_valid("/\xc2\x80"));
	cr_expect_not(is_valid("/\xc2\x9f"));
	cr_expect(is_valid("/\xc2\xa0"));
}

Test(path, may_hold_letters_of_other_languages)
{
	cr_expect(is_valid("/\xc3\xa4"));
	cr_expect(is_valid("/\xe2\x82\xac"));
	cr_expect(is_valid("/\xed\x9f\xbf"));
	cr_expect(is_valid("/\xef\xa4\x80"));
}

Test(path, outside_of_what_zookeeper_takes_of_unicode_is_not_valid)
{
	cr_expect_not(is_valid("/\xee\x80\x80"), "private use");
	cr_expect_not(is_valid("/\xef\xa3\xbf"), "private use");
	cr_expect_not(is_valid("/\xef\xbf\xb0"), "specials");
	cr_expect_not(is_valid("/\xf0\x9f\x98\x80"), "beyond 16 bits");
}

Test(path, that_is_not_utf_8_is_not_valid)
{
	cr_expect_not(is_valid("/\xff"));
	cr_expect_not(is_valid("/\x80"));
	cr_expect_not(is_valid("/\xc3"), "cut off");
	cr_expect_not(is_valid("/\xe2\x82"), "cut off");
	cr_expect_not(is_valid("/\xc0\xaf"), "over-long");
	cr_expect_not(is_valid("/\xe0\x80\xaf"), "over-long");
	cr_expect_not(is_valid("/\xc3\x28"));
	cr_expect_not(is_valid("/\xed\xa0\x80"), "a surrogate");
}

Test(path, has_a_parent_before_its_last_slash)
{
	struct slice parent;

	cr_expect(path_parent(slice_of_text("/a/b"), &parent));
	cr_expect(slice_equal_text(parent, "/a"));
	cr_expect(path_parent(slice_of_text("/a"), &parent));
	cr_expect(slice_equal_text(parent, ""));
	cr_expect(path_parent(slice_of_text("/"), &parent));
	cr_expect(slice_equal_text(parent, ""));
}

Test(path, without_a_slash_has_no_parent)
{
	struct slice parent;

	cr_expect_not(path_parent(slice_of_text("a"), &parent));
	cr_expect_not(path_parent(slice_of_text(""), &parent));
}
