#include <criterion/criterion.h>

#include "recode.h"

Test(payload_feature, is_version_2)
{
	cr_expect_str_eq(recode_text(PATHS_FEATURE,
	    "{\"features\":{\"f\":{\"max_version_level\":2}},\"version\":2,\"status"
	    "\":1}"),
	    "{\"features\":{\"f\":{\"max_version_level\":2}},\"version\":2,\"status"
	    "\":1}");
}

Test(payload_feature, is_version_1)
{
	cr_expect_str_eq(recode_text(PATHS_FEATURE,
	    "{\"features\":{\"f\":{\"min_version_level\":1,\"max_version_level\":2}"
	    "},\"version\":1,\"status\":1}"),
	    "{\"features\":{\"f\":{\"min_version_level\":1,\"max_version_level\":2}"
	    "},\"version\":1,\"status\":1}");
}

Test(payload_feature, needs_no_features)
{
	cr_expect_str_eq(recode_text(PATHS_FEATURE,
	    "{\"status\":0,\"version\":1}"),
	    "{\"features\":{},\"version\":1,\"status\":0}");
}

Test(payload_feature, says_what_is_wrong)
{
	static const char *const bad[][2] = {
		{ "{\"status\":1}", "!version: missing" },
		{ "{\"version\":3,\"status\":1}", "!version: neither 1 nor 2" },
		{ "{\"version\":0,\"status\":1}", "!version: neither 1 nor 2" },
		{ "{\"version\":2,\"status\":2}", "!status: out of range" },
		{ "{\"version\":2}", "!status: missing" },
		{ "{\"version\":2,\"status\":1,\"features\":{\"f\":1}}", "!features: holds something that is not an object" },
		{ "{\"version\":1,\"status\":1,\"features\":{\"f\":{\"max_version_level\""
	    ":2}}}", "!min_version_level: missing" },
		{ "{\"version\":1,\"status\":1,\"features\":{\"f\":{\"min_version_level\""
	    ":3,\"max_version_level\":2}}}", "!max_version_level: below min_version_level" },
		{ "{\"version\":2,\"status\":1,\"features\":{\"f\":{\"max_version_level\""
	    ":40000}}}", "!max_version_level: out of range" },
	};

	for (size_t i = 0; i < ARRAY_LENGTH(bad); i++)
		cr_expect_str_eq(recode_text(PATHS_FEATURE, bad[i][0]), bad[i][1], "%s", bad[i][0]);
}
