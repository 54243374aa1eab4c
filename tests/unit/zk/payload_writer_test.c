#include <criterion/criterion.h>

#include "zk/payload_private.h"

static struct buffer out;

static void
setup(void)
{
	buffer_init(&out);
}

static void
teardown(void)
{
	buffer_fini(&out);
}

TestSuite(payload_writer, .init = setup, .fini = teardown);

Test(payload_writer, puts_commas_between_values)
{
	struct payload_writer writer = { &out, false };
	static const int32_t ids[] = { 1, 2 };

	payload_write_open(&writer, '{');
	payload_write_key(&writer, "a");
	payload_write_open(&writer, '[');
	payload_write_open(&writer, '{');
	payload_write_close(&writer, '}');
	payload_write_ids(&writer, (struct payload_int32_list){ ids, 2 });
	payload_write_close(&writer, ']');
	payload_write_int_field(&writer, "b", INT64_MIN);
	payload_write_text_field(&writer, "c", slice_null());
	payload_write_key(&writer, "d");
	payload_write_number_text(&writer, -1);
	payload_write_close(&writer, '}');
	cr_expect(slice_equal_text(buffer_slice(&out),
	    "{\"a\":[{},[1,2]],\"b\":-9223372036854775808,\"c\":null,\"d\":\"-1\"}"));
}

Test(payload_writer, escapes_what_jackson_does)
{
	struct payload_writer writer = { &out, false };

	payload_write_text(&writer, slice_of("\"\\/\b\f\n\r\t\0\x1f\x7f\xc3\xa9", 13));
	cr_expect(slice_equal_text(buffer_slice(&out),
	    "\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0000\\u001F\x7f\xc3\xa9\""));
}
