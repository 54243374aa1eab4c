#include <criterion/criterion.h>

#include "recode.h"

Test(payload_partitions, is_a_list)
{
	cr_expect_str_eq(recode_text(PATHS_PREFERRED_ELECTION,
	    "{\"version\":1,\"partitions\":[{\"topic\":\"t\",\"partition\":0},{\"to"
	    "pic\":\"t\",\"partition\":1}]}"),
	    "{\"version\":1,\"partitions\":[{\"topic\":\"t\",\"partition\":0},{\"to"
	    "pic\":\"t\",\"partition\":1}]}");
}

Test(payload_partitions, skips_what_it_does_not_know)
{
	cr_expect_str_eq(recode_text(PATHS_PREFERRED_ELECTION,
	    "{\"partitions\":[{\"partition\":3,\"topic\":\"t\",\"replicas\":[]}]}"),
	    "{\"version\":1,\"partitions\":[{\"topic\":\"t\",\"partition\":3}]}");
}

Test(payload_partitions, says_what_is_wrong)
{
	static const char *const bad[][2] = {
		{ "{\"partitions\":[{\"topic\":\"t\"}]}", "!partition: missing" },
		{ "{\"partitions\":[{\"topic\":1,\"partition\":0}]}", "!topic: not a string" },
		{ "{\"partitions\":[{\"topic\":\"t\",\"partition\":-1}]}", "!partition: out of range" },
		{ "[]", "!not a JSON object" },
		{ "{\"partitions\":[null]}", "!partitions: holds something that is not an object" },
	};

	for (size_t i = 0; i < ARRAY_LENGTH(bad); i++)
		cr_expect_str_eq(recode_text(PATHS_PREFERRED_ELECTION, bad[i][0]), bad[i][1], "%s", bad[i][0]);
}
