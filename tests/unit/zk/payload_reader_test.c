#include <criterion/criterion.h>

#include "base/memory.h"
#include "recode.h"
#include "zk/payload_private.h"

Test(payload_reader, refuses_what_is_no_json)
{
	static const char *const bad[] = { "{", "{\"id\":}", "nonsense", "{\"id\":\"\xff\"}", "{\"id\":\"x\"} x",
		"{\"id\":\"\\ud800\"}", "{\"id\":1e999}", "{\"id\":99999999999999999999}" };

	for (size_t i = 0; i < ARRAY_LENGTH(bad); i++)
		cr_expect_eq(strncmp(recode_text(PATHS_CLUSTER_ID, bad[i]), "!not JSON: ", 11), 0, "%s", bad[i]);
	cr_expect_str_eq(recode_text(PATHS_CLUSTER_ID, ""), "!no data");
	cr_expect_str_eq(recode_text(PATHS_CLUSTER_ID, "[]"), "!not a JSON object");
}

Test(payload_reader, refuses_what_is_nested_too_deeply)
{
	char text[256] = "{\"id\":\"[[[[\\\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\",\"x\":";
	size_t start = strlen(text);

	for (int depth = PAYLOAD_DEPTH_MAX - 1; depth <= PAYLOAD_DEPTH_MAX; depth++) {
		memset(text + start, '[', (size_t)depth);
		memset(text + start + depth, ']', (size_t)depth);
		memcpy(text + start + 2 * depth, "}", 2);
		bool refused = strcmp(recode_text(PATHS_CLUSTER_ID, text), "!nested too deeply") == 0;
		cr_expect_eq(refused, depth == PAYLOAD_DEPTH_MAX, "%d", depth);
		cr_expect(refused || recode_text(PATHS_CLUSTER_ID, text)[0] == '{');
	}
}

Test(payload_reader, refuses_what_is_too_large)
{
	struct payload_complaint complaint;
	struct payload_reader reader;
	struct arena arena;
	char *text = memory_new(PAYLOAD_SIZE_MAX + 1);

	memset(text, ' ', PAYLOAD_SIZE_MAX + 1);
	memcpy(text, "{}", 2);
	arena_init(&arena, 1);
	payload_reader_open(&reader, slice_of(text, PAYLOAD_SIZE_MAX), &arena, &complaint);
	cr_expect_eq(payload_reader_close(&reader), ERROR_NONE);
	payload_reader_open(&reader, slice_of(text, PAYLOAD_SIZE_MAX + 1), &arena, &complaint);
	cr_expect_eq(payload_reader_close(&reader), ERROR_MALFORMED);
	cr_expect_str_eq(complaint.text, "too large");
	arena_fini(&arena);
	free(text);
}

Test(payload_reader, remembers_the_first_fault)
{
	struct payload_complaint complaint;
	struct payload_reader reader;
	struct arena arena;

	arena_init(&arena, 100);
	payload_reader_open(&reader, slice_of_text("{\"a\":1}"), &arena, &complaint);
	cr_expect_eq(payload_int32(&reader, reader.root, "a", 0, 9), 1);
	cr_expect_eq(payload_int32(&reader, reader.root, "b", 0, 9), 0);
	cr_expect_eq(payload_int32(&reader, reader.root, "a", 0, 9), 0);
	cr_expect_null(payload_new_array(&reader, 1, 1));
	payload_fail(&reader, ERROR_NO_MEMORY, NULL, "later");
	cr_expect_eq(payload_reader_close(&reader), ERROR_MALFORMED);
	cr_expect_str_eq(complaint.text, "b: missing");
	arena_fini(&arena);
}

Test(payload_reader, reads_numbers_to_the_ends)
{
	int64_t number;

	cr_expect(payload_parse_number(slice_of_text("-9223372036854775808"), INT64_MIN, 0, &number));
	cr_expect_eq(number, INT64_MIN);
	cr_expect_not(payload_parse_number(slice_of_text("-9223372036854775809"), INT64_MIN, 0, &number));
	cr_expect_not(payload_parse_number(slice_of_text("-0"), INT64_MIN, 0, &number));
	cr_expect_not(payload_parse_number(slice_of_text("+1"), INT64_MIN, 5, &number));
	cr_expect_not(payload_parse_number(slice_of_text("6"), 0, 5, &number));
}
