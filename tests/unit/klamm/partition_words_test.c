#include "klamm/partition_words.h"

#include <criterion/criterion.h>

static bool
parse(const char *word, int32_t *index)
{
	struct partition_word name;
	bool good = partition_word_parse(word, &name);

	*index = name.index;
	return good;
}

Test(partition_words, are_a_topic_or_one_of_its_partitions)
{
	struct partition_word name;

	cr_assert(partition_word_parse("orders", &name));
	cr_expect(slice_equal_text(name.topic, "orders"));
	cr_expect_eq(name.index, -1);
	cr_assert(partition_word_parse("a.b_c-d:12", &name));
	cr_expect(slice_equal_text(name.topic, "a.b_c-d"));
	cr_expect_eq(name.index, 12);
	cr_assert(partition_word_parse("a:2147483647", &name));
	cr_expect_eq(name.index, INT32_MAX);
}

Test(partition_words, are_nothing_else)
{
	static const char *const words[] = { "", ":", ":1", "a:", "a:x", "a:-1", "a:1:2", "a b",
		"a/b", "..", "a:2147483648", "a:99999999999999999999", "a:1 " };
	int32_t index;

	for (size_t i = 0; i < ARRAY_LENGTH(words); i++)
		cr_expect_not(parse(words[i], &index), "%s", words[i]);
}
