#include <criterion/criterion.h>

#include "recode.h"

Test(payload_reassignment, names_partitions_and_replicas)
{
	cr_expect_str_eq(recode_text(PATHS_REASSIGNMENT,
	    "{\"version\":1,\"partitions\":[{\"topic\":\"t\",\"partition\":0,\"repl"
	    "icas\":[1,2]},{\"topic\":\"u\",\"partition\":7,\"replicas\":[]}]}"),
	    "{\"version\":1,\"partitions\":[{\"topic\":\"t\",\"partition\":0,\"repl"
	    "icas\":[1,2]},{\"topic\":\"u\",\"partition\":7,\"replicas\":[]}]}");
}

Test(payload_reassignment, needs_no_version)
{
	cr_expect_str_eq(recode_text(PATHS_REASSIGNMENT,
	    "{\"partitions\":[]}"),
	    "{\"version\":1,\"partitions\":[]}");
}

Test(payload_reassignment, says_what_is_wrong)
{
	static const char *const bad[][2] = {
		{ "{}", "!partitions: missing" },
		{ "{\"partitions\":{}}", "!partitions: not an array" },
		{ "{\"partitions\":[5]}", "!partitions: holds something that is not an object" },
		{ "{\"partitions\":[{\"partition\":0,\"replicas\":[1]}]}", "!topic: missing" },
		{ "{\"partitions\":[{\"topic\":\"t\",\"partition\":\"0\",\"replicas\":[1]"
	    "}]}", "!partition: not an integer" },
		{ "{\"partitions\":[{\"topic\":\"t\",\"partition\":0}]}", "!replicas: missing" },
		{ "{\"partitions\":[{\"topic\":\"t\",\"partition\":0,\"replicas\":[-5]}]}", "!replicas: out of range" },
	};

	for (size_t i = 0; i < ARRAY_LENGTH(bad); i++)
		cr_expect_str_eq(recode_text(PATHS_REASSIGNMENT, bad[i][0]), bad[i][1], "%s", bad[i][0]);
}
