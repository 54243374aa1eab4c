#include "klamm/consume_from.h"

#include <criterion/criterion.h>

static void
expect(const char *text, enum consume_from_type type, int64_t value)
{
	struct consume_from from;

	cr_assert_eq(consume_from_parse(text, &from), ERROR_NONE, "%s", text);
	cr_expect_eq(from.type, type, "%s", text);
	cr_expect_eq(from.value, value, "%s: %lld", text, (long long)from.value);
}

Test(consume_from, takes_words_and_offsets)
{
	expect("beginning", CONSUME_FROM_BEGINNING, 0);
	expect("end", CONSUME_FROM_END, 0);
	expect("0", CONSUME_FROM_OFFSET, 0);
	expect("9223372036854775807", CONSUME_FROM_OFFSET, INT64_MAX);
	expect("-10", CONSUME_FROM_LAST, 10);
}

Test(consume_from, takes_times)
{
	expect("@1700000000123", CONSUME_FROM_TIME, 1700000000123);
	expect("1970-01-01", CONSUME_FROM_TIME, 0);
	expect("2023-11-14T22:13:20Z", CONSUME_FROM_TIME, 1700000000000);
	expect("2023-11-14 22:13:20.123", CONSUME_FROM_TIME, 1700000000123);
	expect("2000-02-29T00:01", CONSUME_FROM_TIME, 951782460000);
	expect("2100-03-01", CONSUME_FROM_TIME, 4107542400000);
	expect("2024-12-31T23:59:59", CONSUME_FROM_TIME, 1735689599000);
}

Test(consume_from, takes_nothing_else)
{
	static const char *const wrong[] = { "", "-", "@", "@x", "1x", "-1x", "9223372036854775808",
		"2023-13-01", "2023-02-29", "2100-02-29", "2023-00-10", "2023-01-00", "1969-12-31",
		"2023-1-1", "2023-01-01T", "2023-01-01T24:00", "2023-01-01T10:60", "2023-01-01T1",
		"2023-01-01T10:00:60", "2023-01-01T10:00:00.1", "2023-01-01Zx", "latest" };
	struct consume_from from;

	for (size_t i = 0; i < ARRAY_LENGTH(wrong); i++)
		cr_expect_eq(consume_from_parse(wrong[i], &from), ERROR_INVALID_ARGUMENT, "%s",
		    wrong[i]);
}

/* In a partition that holds offsets 5 to 9. */
static int64_t
offset_of(const char *text, int64_t at_time)
{
	struct consume_from from;
	int64_t offset;

	cr_assert_eq(consume_from_parse(text, &from), ERROR_NONE);
	enum error error = consume_from_offset(&from, 5, 10, at_time, &offset);
	return error == ERROR_NONE ? offset : -(int64_t)error;
}

Test(consume_from, is_an_offset_in_each_partition)
{
	cr_expect_eq(offset_of("beginning", -1), 5);
	cr_expect_eq(offset_of("end", -1), 10);
	cr_expect_eq(offset_of("2", -1), 5);
	cr_expect_eq(offset_of("7", -1), 7);
	cr_expect_eq(offset_of("10", -1), 10);
	cr_expect_eq(offset_of("11", -1), -ERROR_OUT_OF_RANGE);
	cr_expect_eq(offset_of("-0", -1), 10);
	cr_expect_eq(offset_of("-2", -1), 8);
	cr_expect_eq(offset_of("-9223372036854775807", -1), 5);
	cr_expect_eq(offset_of("@1", 6), 6);
	cr_expect_eq(offset_of("@1", -1), 10);
}
