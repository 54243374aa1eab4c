#include "zk/topic_name.h"

#include <criterion/criterion.h>

#include "base/macros.h"

Test(topic_name, may_have_letters_digits_and_three_signs)
{
	static const char *const good[] = { "a", "A-z_0.9", "...", "__consumer_offsets" };

	for (size_t i = 0; i < ARRAY_LENGTH(good); i++)
		cr_expect_null(topic_name_fault(slice_of_text(good[i])), "%s", good[i]);
}

Test(topic_name, has_faults)
{
	static const char *const bad[] = { "", ".", "..", "a b", "a/b", "\xc3\xa9", "a\n", "<default>" };

	for (size_t i = 0; i < ARRAY_LENGTH(bad); i++)
		cr_expect_not_null(topic_name_fault(slice_of_text(bad[i])), "%s", bad[i]);
	cr_expect_not_null(topic_name_fault(slice_null()));
	cr_expect_not_null(topic_name_fault(slice_of("a\0b", 3)));
}

Test(topic_name, is_no_longer_than_249)
{
	char name[TOPIC_NAME_MAX + 1];

	memset(name, 'x', sizeof(name));
	cr_expect_null(topic_name_fault(slice_of(name, TOPIC_NAME_MAX)));
	cr_expect_not_null(topic_name_fault(slice_of(name, TOPIC_NAME_MAX + 1)));
}

Test(topic_name, collides_when_only_dots_and_underscores_differ)
{
	cr_expect(topic_name_collides(slice_of_text("a.b_c"), slice_of_text("a_b.c")));
	cr_expect(topic_name_collides(slice_of_text("a"), slice_of_text("a")));
	cr_expect_not(topic_name_collides(slice_of_text("a.b"), slice_of_text("a-b")));
	cr_expect_not(topic_name_collides(slice_of_text("a.b"), slice_of_text("a.bc")));
}

Test(topic_name, tells_internal_topics)
{
	cr_expect(topic_name_is_internal(slice_of_text("__consumer_offsets")));
	cr_expect(topic_name_is_internal(slice_of_text("__transaction_state")));
	cr_expect_not(topic_name_is_internal(slice_of_text("__consumer_offset")));
}
