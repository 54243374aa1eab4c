#include <criterion/criterion.h>

#include "recode.h"

Test(payload_controller, is_version_2)
{
	cr_expect_str_eq(recode_text(PATHS_CONTROLLER,
	    "{\"version\":2,\"brokerid\":3,\"timestamp\":\"1795351220387\",\"kraftC"
	    "ontrollerEpoch\":-1}"),
	    "{\"version\":2,\"brokerid\":3,\"timestamp\":\"1795351220387\",\"kraftC"
	    "ontrollerEpoch\":-1}");
}

Test(payload_controller, reads_version_1)
{
	cr_expect_str_eq(recode_text(PATHS_CONTROLLER,
	    "{\"version\":1,\"brokerid\":3,\"timestamp\":\"5\"}"),
	    "{\"version\":2,\"brokerid\":3,\"timestamp\":\"5\",\"kraftControllerEpo"
	    "ch\":-1}");
}

Test(payload_controller, takes_any_order_and_unknown_keys)
{
	cr_expect_str_eq(recode_text(PATHS_CONTROLLER,
	    "{\"x\":[{}],\"timestamp\":5,\"kraftControllerEpoch\":7,\"brokerid\":0}"),
	    "{\"version\":2,\"brokerid\":0,\"timestamp\":\"5\",\"kraftControllerEpo"
	    "ch\":7}");
}

Test(payload_controller, needs_no_timestamp)
{
	cr_expect_str_eq(recode_text(PATHS_CONTROLLER,
	    "{\"brokerid\":0}"),
	    "{\"version\":2,\"brokerid\":0,\"timestamp\":\"-1\",\"kraftControllerEp"
	    "och\":-1}");
}

Test(payload_controller, says_what_is_wrong)
{
	static const char *const bad[][2] = {
		{ "{\"version\":2}", "!brokerid: missing" },
		{ "{\"brokerid\":\"3\"}", "!brokerid: not an integer" },
		{ "{\"brokerid\":-1}", "!brokerid: out of range" },
		{ "{\"brokerid\":2147483648}", "!brokerid: out of range" },
		{ "{\"brokerid\":1.0}", "!brokerid: not an integer" },
		{ "{\"brokerid\":1,\"timestamp\":\"x\"}", "!timestamp: not a string with a number in range" },
		{ "{\"brokerid\":1,\"kraftControllerEpoch\":true}", "!kraftControllerEpoch: not an integer" },
	};

	for (size_t i = 0; i < ARRAY_LENGTH(bad); i++)
		cr_expect_str_eq(recode_text(PATHS_CONTROLLER, bad[i][0]), bad[i][1], "%s", bad[i][0]);
}
