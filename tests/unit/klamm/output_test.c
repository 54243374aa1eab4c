#include "klamm/output.h"

#include <criterion/criterion.h>

struct place {
	struct buffer bytes;
	int writes;
	enum error error;
};

static enum error
keep(void *context, struct slice bytes)
{
	struct place *place = context;

	place->writes++;
	buffer_append_slice(&place->bytes, bytes);
	return place->error;
}

static void
expect(struct output *output, struct place *place, const char *text)
{
	cr_expect_eq(output_flush(output), ERROR_NONE);
	cr_expect(slice_equal_text(buffer_slice(&place->bytes), text), "got %.*s, expected %s",
	    (int)place->bytes.size, (const char *)place->bytes.bytes, text);
	output_fini(output);
	buffer_fini(&place->bytes);
}

static struct slice
bytes_of(const char *text)
{
	return slice_of_text(text);
}

Test(output, shows_an_item_as_a_line_for_people)
{
	struct place place = { .writes = 0 };
	struct output output;

	output_init(&output, keep, &place);
	output_begin(&output, "batch", "a.log");
	output_int(&output, "position", INT64_MIN);
	output_bool(&output, "isControl", true);
	output_word(&output, "codec", "gzip");
	output_text(&output, "what", "a \"b\"");
	output_end(&output);
	expect(&output, &place,
	    "batch position=-9223372036854775808 isControl=yes codec=gzip what=\"a \\\"b\\\"\"\n");
}

Test(output, shows_an_item_as_a_json_object_with_its_file)
{
	struct place place = { .writes = 0 };
	struct output output;

	output_init(&output, keep, &place);
	output.json = true;
	output_begin(&output, "batch", "a\\b\n.log");
	output_int(&output, "position", 7);
	output_bool(&output, "isControl", false);
	output_word(&output, "codec", "gzip");
	output_end(&output);
	expect(&output, &place, "{\"type\":\"batch\",\"file\":\"a\\\\b\\u000a.log\",\"position\":7,"
	    "\"isControl\":false,\"codec\":\"gzip\"}\n");
}

Test(output, escapes_what_a_terminal_would_act_upon)
{
	struct place place = { .writes = 0 };
	struct output output;

	output_init(&output, keep, &place);
	output_begin(&output, "record", NULL);
	output_bytes(&output, "key", bytes_of("\x1b[1m\x7f\xff\xc2\x9b\xe2\x80\xae"));
	output_bytes(&output, "value", bytes_of("\xc3\xa4\xf0\x9f\x98\x80\\"));
	output_end(&output);
	expect(&output, &place, "record key=\"\\x1b[1m\\x7f\\xff\\xc2\\x9b\\xe2\\x80\\xae\" "
	    "value=\"\xc3\xa4\xf0\x9f\x98\x80\\\\\"\n");
}

Test(output, escapes_the_same_in_json_that_was_made_elsewhere)
{
	struct place place = { .writes = 0 };
	struct output output;

	output_init(&output, keep, &place);
	output_begin(&output, "record", NULL);
	output_json(&output, "key", bytes_of("{\"a\":\"\xc2\x9b\xc3\xa4\xe2\x80\xae\"}"));
	output_end(&output);
	expect(&output, &place, "record key={\"a\":\"\\u009b\xc3\xa4\\u202e\"}\n");
}

Test(output, gives_json_of_foreign_bytes_as_digits_under_another_name)
{
	struct place place = { .writes = 0 };
	struct output output;

	output_init(&output, keep, &place);
	output.json = true;
	output_begin(&output, "record", NULL);
	output_bytes(&output, "key", bytes_of("\xff\x01"));
	output_bytes(&output, "value", slice_null());
	output_bytes(&output, "other", bytes_of(""));
	output_end(&output);
	expect(&output, &place,
	    "{\"type\":\"record\",\"keyHex\":\"ff01\",\"value\":null,\"other\":\"\"}\n");
}

Test(output, shows_digits_when_asked)
{
	struct place place = { .writes = 0 };
	struct output output;

	output_init(&output, keep, &place);
	output.hex = true;
	output_begin(&output, "record", NULL);
	output_bytes(&output, "key", bytes_of("ab"));
	output_bytes(&output, "value", slice_null());
	output_end(&output);
	expect(&output, &place, "record key=0x6162 value=null\n");
}

static void
print_list(struct output *output)
{
	output_begin(output, "record", NULL);
	output_list_begin(output, "headers");
	for (int i = 1; i <= 2; i++) {
		output_list_next(output);
		output_int(output, "a", i);
		output_int(output, "b", i);
		output_list_done(output);
	}
	output_list_end(output);
	output_int(output, "c", 3);
	output_end(output);
}

Test(output, puts_lists_into_items)
{
	struct place place = { .writes = 0 };
	struct output output;

	output_init(&output, keep, &place);
	print_list(&output);
	output.json = true;
	print_list(&output);
	expect(&output, &place, "record headers=[{a=1 b=1}, {a=2 b=2}] c=3\n"
	    "{\"type\":\"record\",\"headers\":[{\"a\":1,\"b\":1},{\"a\":2,\"b\":2}],\"c\":3}\n");
}

Test(output, writes_in_pieces_and_stops_at_the_first_error)
{
	struct place place = { .error = ERROR_CONNECTION_CLOSED };
	struct output output;

	output_init(&output, keep, &place);
	for (int i = 0; i < 100000; i++)
		output_plain(&output, "0123456789");
	cr_expect_eq(output_flush(&output), ERROR_CONNECTION_CLOSED);
	cr_expect_eq(place.writes, 1);
	cr_expect_lt(output.buffer.capacity, 1024 * 1024);
	output_fini(&output);
	buffer_fini(&place.bytes);
}

Test(output, makes_text_printable_without_quotes)
{
	struct buffer text = { 0 };

	output_printable(bytes_of("a\"\\\x1b\xff\xc3\xa4\xe2\x80\xae"), &text);
	cr_expect(slice_equal_text(buffer_slice(&text),
	    "a\"\\\\x1b\\xff\xc3\xa4\\xe2\\x80\\xae"));
	buffer_fini(&text);
}

Test(output, gives_raw_bytes_as_they_are)
{
	struct place place = { .writes = 0 };
	struct output output;

	output_init(&output, keep, &place);
	output_raw(&output, bytes_of("a\x1b\xff"));
	expect(&output, &place, "a\x1b\xff");
}

static bool
is_gone(void *context)
{
	const struct place *place = context;

	return place->error != ERROR_NONE;
}

Test(output, can_be_asked_whether_its_reader_is_there)
{
	struct place place = { .writes = 0 };
	struct output output;

	output_init(&output, keep, &place);
	output_look_for_reader(&output);
	output.reader_is_gone = is_gone;
	output_look_for_reader(&output);
	cr_expect_eq(output.error, ERROR_NONE);
	place.error = ERROR_IO;
	output_look_for_reader(&output);
	cr_expect_eq(output_flush(&output), ERROR_CONNECTION_CLOSED);
	output_fini(&output);
	cr_expect_eq(place.writes, 0);
}
