#include <criterion/criterion.h>

#include "recode.h"

Test(payload_log_dir_event, names_the_broker)
{
	cr_expect_str_eq(recode_text(PATHS_LOG_DIR_EVENT,
	    "{\"version\":1,\"broker\":3,\"event\":1}"),
	    "{\"version\":1,\"broker\":3,\"event\":1}");
}

Test(payload_log_dir_event, is_a_failure_unless_it_says_more)
{
	cr_expect_str_eq(recode_text(PATHS_LOG_DIR_EVENT,
	    "{\"broker\":3}"),
	    "{\"version\":1,\"broker\":3,\"event\":1}");
}

Test(payload_log_dir_event, says_what_is_wrong)
{
	static const char *const bad[][2] = {
		{ "{\"event\":1}", "!broker: missing" },
		{ "{\"broker\":\"3\"}", "!broker: not an integer" },
		{ "{\"broker\":3,\"event\":\"x\"}", "!event: not an integer" },
	};

	for (size_t i = 0; i < ARRAY_LENGTH(bad); i++)
		cr_expect_str_eq(recode_text(PATHS_LOG_DIR_EVENT, bad[i][0]), bad[i][1], "%s", bad[i][0]);
}
