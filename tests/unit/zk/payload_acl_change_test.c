#include <criterion/criterion.h>

#include "recode.h"

Test(payload_acl_change, is_text)
{
	cr_expect_str_eq(recode_text(PATHS_ACL_CHANGE,
	    "TRANSACTIONAL_ID:a:b"),
	    "TRANSACTIONAL_ID:a:b");
}

Test(payload_acl_change, is_json_with_a_pattern_type)
{
	cr_expect_str_eq(recode_text(PATHS_ACL_CHANGE,
	    "{\"version\":1,\"resourceType\":\"TOPIC\",\"name\":\"ord\",\"patternTy"
	    "pe\":\"PREFIXED\"}"),
	    "{\"version\":1,\"resourceType\":\"TOPIC\",\"name\":\"ord\",\"patternTy"
	    "pe\":\"PREFIXED\"}");
}

Test(payload_acl_change, says_what_is_wrong)
{
	static const char *const bad[][2] = {
		{ "TOPIC", "!not TYPE:name" },
		{ "TOPIC:", "!not TYPE:name" },
		{ ":x", "!not TYPE:name" },
		{ "", "!not TYPE:name" },
		{ "{\"version\":2}", "!version: not 1" },
		{ "{\"version\":1,\"resourceType\":\"TOPIC\",\"name\":\"ord\"}", "!patternType: missing" },
	};

	for (size_t i = 0; i < ARRAY_LENGTH(bad); i++)
		cr_expect_str_eq(recode_text(PATHS_ACL_CHANGE, bad[i][0]), bad[i][1], "%s", bad[i][0]);
}
