#include <criterion/criterion.h>

#include "recode.h"
#include "zk/payload_config.h"

Test(payload_config, may_be_empty)
{
	cr_expect_str_eq(recode_text(PATHS_CONFIG_TOPIC,
	    "{\"version\":1,\"config\":{}}"),
	    "{\"version\":1,\"config\":{}}");
}

Test(payload_config, quotes_what_json_must)
{
	cr_expect_str_eq(recode_text(PATHS_CONFIG_TOPIC,
	    "{\"version\":1,\"config\":{\"k\\\"\":\"\\\\ \\n/é\"}}"),
	    "{\"version\":1,\"config\":{\"k\\\"\":\"\\\\ \\n/é\"}}");
}

Test(payload_config, ignores_what_it_does_not_know)
{
	cr_expect_str_eq(recode_text(PATHS_CONFIG_TOPIC,
	    "{\"config\":{\"b\":\"2\",\"a\":\"\"},\"more\":1,\"version\":1}"),
	    "{\"version\":1,\"config\":{\"b\":\"2\",\"a\":\"\"}}");
}

Test(payload_config, says_what_is_wrong)
{
	static const char *const bad[][2] = {
		{ "{\"version\":1}", "!config: missing" },
		{ "{\"config\":{}}", "!version: missing" },
		{ "{\"version\":2,\"config\":{}}", "!version: not 1" },
		{ "{\"version\":1,\"config\":{\"a\":1}}", "!a: not a string" },
		{ "{\"version\":1,\"config\":{\"a\":null}}", "!a: not a string" },
		{ "{\"version\":1,\"config\":\"x\"}", "!config: not an object" },
		{ "", "!no data" },
	};

	for (size_t i = 0; i < ARRAY_LENGTH(bad); i++)
		cr_expect_str_eq(recode_text(PATHS_CONFIG_TOPIC, bad[i][0]), bad[i][1], "%s", bad[i][0]);
}

Test(payload_config, without_data_has_no_settings)
{
	struct payload_config config;
	struct payload_complaint complaint;
	struct arena arena;

	arena_init(&arena, 100);
	cr_expect_eq(payload_config_decode(slice_null(), &arena, &config, &complaint), ERROR_NONE);
	cr_expect_eq(config.count, 0);
	arena_fini(&arena);
}

Test(payload_config, finds_a_value)
{
	struct payload_config_entry entry = { slice_of_text("a"), slice_of_text("1") };
	struct payload_config config = { &entry, 1 };

	cr_expect(slice_equal_text(payload_config_find(&config, slice_of_text("a")), "1"));
	cr_expect(slice_is_null(payload_config_find(&config, slice_of_text("b"))));
}

Test(payload_config, stops_at_the_cap_of_the_arena)
{
	struct payload_config config;
	struct payload_complaint complaint;
	struct arena arena;

	arena_init(&arena, 40);
	cr_expect_eq(payload_config_decode(
	    slice_of_text("{\"version\":1,\"config\":{\"abcdefgh\":\"abcdefgh\"}}"), &arena, &config,
	    &complaint), ERROR_NO_MEMORY);
	cr_expect_str_eq(complaint.text, "takes too much memory");
	arena_fini(&arena);
}
