#include "controller/create_topics.h"

#include <criterion/criterion.h>

#include "../config/given.h"
#include "config/describe.h"

TestSuite(create_topics_describe);

static const struct create_topics_response_creatable_topic_configs *
find(const struct create_topics_response_creatable_topic_result *result, const char *name)
{
	for (int32_t i = 0; i < result->configs.count; i++)
		if (slice_equal_text(result->configs.items[i].name, name))
			return &result->configs.items[i];
	cr_assert_fail("%s is not told", name);
	return NULL;
}

Test(create_topics_describe, tells_each_key_with_its_value_and_source)
{
	struct payload_config_entry entry = { slice_of_text("retention.ms"), slice_of_text("77") };
	struct payload_config overrides = { &entry, 1 };
	struct create_topics_response_creatable_topic_result result =
	    create_topics_response_creatable_topic_result_defaults;
	struct given given;
	struct arena arena;

	given_init(&given);
	given_set(&given, "log.segment.bytes=2000000\n");
	arena_init(&arena, SIZE_MAX);
	create_topic_describe(given.config, &overrides, &arena, &result);
	cr_assert(slice_equal_text(find(&result, "retention.ms")->value, "77"));
	cr_assert_eq(find(&result, "retention.ms")->config_source, CONFIG_SOURCE_TOPIC);
	cr_assert(slice_equal_text(find(&result, "segment.bytes")->value, "2000000"));
	cr_assert_eq(find(&result, "segment.bytes")->config_source, CONFIG_SOURCE_STATIC_BROKER);
	cr_assert_eq(find(&result, "cleanup.policy")->config_source, CONFIG_SOURCE_DEFAULT);
	arena_fini(&arena);
	given_fini(&given);
}

Test(create_topics_describe, leaves_them_out_at_the_arenas_cap)
{
	struct payload_config none = { NULL, 0 };
	struct create_topics_response_creatable_topic_result result =
	    create_topics_response_creatable_topic_result_defaults;
	struct given given;
	struct arena arena;

	given_init(&given);
	given_set(&given, "");
	arena_init(&arena, 16);
	create_topic_describe(given.config, &none, &arena, &result);
	cr_assert_eq(result.configs.count, 0);
	arena_fini(&arena);
	given_fini(&given);
}
