#include "log/partition_name.h"

#include <criterion/criterion.h>

static const struct uuid id = { { 0x00, 0x12, 0xab, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 0xff } };
static struct partition_name parsed;
static char name[PARTITION_NAME_MAX + 1];

#define HEX "0012ab030405060708090a0b0c0d0eff"

static void
expect_parsed(const char *text, enum partition_directory_type type, const char *topic,
    int32_t partition)
{
	cr_assert_eq(partition_name_parse(slice_of_text(text), &parsed), ERROR_NONE, "%s", text);
	cr_expect_eq(parsed.type, type, "%s", text);
	cr_expect(slice_equal_text(parsed.topic, topic), "%s", text);
	cr_expect_eq(parsed.partition, partition, "%s", text);
	cr_expect_eq(slice_is_null(parsed.id), type == PARTITION_DIRECTORY_PLAIN);
}

Test(partition_name, splits_at_the_last_dash)
{
	expect_parsed("orders-0", PARTITION_DIRECTORY_PLAIN, "orders", 0);
	expect_parsed("a-b-c-12", PARTITION_DIRECTORY_PLAIN, "a-b-c", 12);
	expect_parsed("__consumer_offsets-49", PARTITION_DIRECTORY_PLAIN, "__consumer_offsets", 49);
	expect_parsed("--0", PARTITION_DIRECTORY_PLAIN, "-", 0);
	expect_parsed("a.b-2147483647", PARTITION_DIRECTORY_PLAIN, "a.b", INT32_MAX);
}

Test(partition_name, knows_directories_in_transit)
{
	expect_parsed("a-1." HEX "-delete", PARTITION_DIRECTORY_DELETE, "a", 1);
	cr_expect(slice_equal_text(parsed.id, HEX));
	expect_parsed("a.b-1." HEX "-future", PARTITION_DIRECTORY_FUTURE, "a.b", 1);
	expect_parsed("a-delete-1." HEX "-stray", PARTITION_DIRECTORY_STRAY, "a-delete", 1);
	expect_parsed("a-1.x-delete", PARTITION_DIRECTORY_DELETE, "a", 1);
}

Test(partition_name, refuses_names_that_are_none)
{
	static const char *const texts[] = { "", "a", "-0", "a-", "a-x", "a-1x", "a--", "a- 1", "a-+1",
		"a-2147483648", "a-99999999999999999999", "a b-0", "..-0", "a/b-0", "-delete",
		"a-delete", "a-1-delete", "a-1.-delete", "." HEX "-delete", "a." HEX "-delete",
		"a-x." HEX "-future", "\xff-0" };

	for (size_t i = 0; i < ARRAY_LENGTH(texts); i++)
		cr_expect_eq(partition_name_parse(slice_of_text(texts[i]), &parsed), ERROR_MALFORMED, "%zu", i);
}

Test(partition_name, writes_what_it_reads)
{
	static const struct { enum partition_directory_type type; const char *expected; } cases[] = {
		{ PARTITION_DIRECTORY_PLAIN, "a-b-7" },
		{ PARTITION_DIRECTORY_DELETE, "a-b-7." HEX "-delete" },
		{ PARTITION_DIRECTORY_FUTURE, "a-b-7." HEX "-future" },
		{ PARTITION_DIRECTORY_STRAY, "a-b-7." HEX "-stray" },
	};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		size_t length = partition_name_format(cases[i].type, slice_of_text("a-b"), 7, id, name);
		cr_expect_str_eq(name, cases[i].expected);
		cr_expect_eq(length, strlen(cases[i].expected));
		expect_parsed(name, cases[i].type, "a-b", 7);
	}
}

Test(partition_name, cuts_the_topic_of_what_goes)
{
	char topic[LOG_TOPIC_NAME_MAX + 1] = "";

	memset(topic, 't', LOG_TOPIC_NAME_MAX);
	cr_expect_eq(partition_name_format(PARTITION_DIRECTORY_PLAIN, slice_of_text(topic), 10, id, name), 252);
	cr_expect_eq(partition_name_format(PARTITION_DIRECTORY_DELETE, slice_of_text(topic), 10, id, name), 255);
	cr_expect_eq(strlen(name), 255);
	cr_expect_str_eq(name + 255 - strlen("t-10." HEX "-delete"), "t-10." HEX "-delete");
	cr_assert_eq(partition_name_parse(slice_of_text(name), &parsed), ERROR_NONE);
	cr_expect_eq(parsed.topic.size, 255 - strlen("-10." HEX "-delete"));
	cr_expect_eq(partition_name_format(PARTITION_DIRECTORY_STRAY, slice_of_text(topic), 0, id, name), 255);
	cr_expect_eq(partition_name_format(PARTITION_DIRECTORY_FUTURE, slice_of_text(topic), 0, id, name), 0);
	topic[210] = 0;
	cr_expect_neq(partition_name_format(PARTITION_DIRECTORY_FUTURE, slice_of_text(topic), 0, id, name), 0);
}

Test(partition_name, is_at_most_255_bytes)
{
	char text[300];

	memset(text, 'a', sizeof(text));
	memcpy(text + 253, "-0", 2);
	cr_expect_eq(partition_name_parse(slice_of(text, 255), &parsed), ERROR_MALFORMED);
	memcpy(text + 249, "-00000", 6);
	cr_expect_eq(partition_name_parse(slice_of(text, 255), &parsed), ERROR_NONE);
	cr_expect_eq(partition_name_parse(slice_of(text, 256), &parsed), ERROR_MALFORMED);
}

Test(partition_name, knows_legal_topics)
{
	char topic[LOG_TOPIC_NAME_MAX + 1];

	cr_expect(topic_name_is_legal(slice_of_text("azAZ09._-")));
	cr_expect_not(topic_name_is_legal(slice_of_text("")));
	cr_expect_not(topic_name_is_legal(slice_of_text(".")));
	cr_expect_not(topic_name_is_legal(slice_of_text("..")));
	cr_expect_not(topic_name_is_legal(slice_of_text("a b")));
	cr_expect_not(topic_name_is_legal(slice_of_text("a/b")));
	cr_expect_not(topic_name_is_legal(slice_of("a\0b", 3)));
	memset(topic, 'a', sizeof(topic));
	cr_expect(topic_name_is_legal(slice_of(topic, LOG_TOPIC_NAME_MAX)));
	cr_expect_not(topic_name_is_legal(slice_of(topic, LOG_TOPIC_NAME_MAX + 1)));
}
