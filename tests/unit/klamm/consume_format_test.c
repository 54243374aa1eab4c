#include "klamm/consume_format.h"

#include <criterion/criterion.h>

static const struct consumed_header headers[] = {
	{ "a", { (const uint8_t *)"1", 1 } }, { "b", { NULL, 0 } },
};

static struct consumed_record record;

static void
set_up(void)
{
	record = (struct consumed_record){
		.topic = "orders",
		.partition = 3,
		.offset = 12345678901,
		.timestamp_ms = 1700000000123,
		.key = slice_of("k\0y", 3),
		.value = slice_null(),
		.headers = headers,
		.header_count = 2,
	};
}

TestSuite(consume_format, .init = set_up);

static enum error
keep(void *context, struct slice bytes)
{
	buffer_append_slice(context, bytes);
	return ERROR_NONE;
}

static void
expect(const char *format, const char *text, size_t size)
{
	struct buffer printed = { 0 };
	struct output output;
	const char *wrong;

	output_init(&output, keep, &printed);
	output.json = format == NULL;
	if (format != NULL) {
		cr_assert_eq(consume_format_check(format, &wrong), ERROR_NONE);
		consume_format_print(format, "NULL", &record, &output);
	} else
		consume_format_json(&record, &output);
	cr_assert_eq(output_flush(&output), ERROR_NONE);
	cr_expect(slice_equal(buffer_slice(&printed), slice_of(text, size)), "got %.*s",
	    (int)printed.size, (const char *)printed.bytes);
	output_fini(&output);
	buffer_fini(&printed);
}

#define EXPECT(format, text) expect(format, text, sizeof(text) - 1)

Test(consume_format, shows_each_part)
{
	EXPECT("%t-%p@%o %T", "orders-3@12345678901 1700000000123");
	EXPECT("[%k:%s] %K %S", "[k\0y:NULL] 3 -1");
	EXPECT("%h", "a=1,b=NULL");
	record.header_count = 0;
	EXPECT("%h", "");
}

Test(consume_format, knows_escapes)
{
	EXPECT("100%%\\n\\t\\r\\0\\\\\\x41\\xfF", "100%\n\t\r\0\\A\xff");
	EXPECT("", "");
}

Test(consume_format, of_what_nobody_knows_is_refused_where_it_stands)
{
	static const char *const wrong[] = { "%z", "%", "\\q", "\\", "\\x4", "\\xg0" };
	const char *at;

	for (size_t i = 0; i < ARRAY_LENGTH(wrong); i++) {
		char format[16] = "%s ";

		memcpy(format + 3, wrong[i], strlen(wrong[i]) + 1);
		cr_expect_eq(consume_format_check(format, &at), ERROR_INVALID_ARGUMENT, "%s",
		    wrong[i]);
		cr_expect_eq(at, format + 3);
	}
}

Test(consume_format, shows_json)
{
	EXPECT(NULL, "{\"type\":\"record\",\"topic\":\"orders\",\"partition\":3,"
	    "\"offset\":12345678901,\"timestamp\":1700000000123,\"timestampType\":\"CreateTime\","
	    "\"key\":\"k\\u0000y\",\"value\":null,"
	    "\"headers\":[{\"key\":\"a\",\"value\":\"1\"},{\"key\":\"b\",\"value\":null}]}\n");
}

Test(consume_format, shows_json_of_bytes_and_of_an_old_record)
{
	record.key = slice_null();
	record.value = slice_of_text("\xff");
	record.timestamp_ms = -1;
	record.is_append_time = true;
	record.header_count = 0;
	EXPECT(NULL, "{\"type\":\"record\",\"topic\":\"orders\",\"partition\":3,"
	    "\"offset\":12345678901,\"timestamp\":null,\"timestampType\":\"LogAppendTime\","
	    "\"key\":null,\"valueHex\":\"ff\",\"headers\":[]}\n");
}
