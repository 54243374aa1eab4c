#include <criterion/criterion.h>

#include "recode.h"

Test(payload_cluster_id, is_written_as_kafka_does)
{
	cr_expect_str_eq(recode_text(PATHS_CLUSTER_ID,
	    "{\"version\":\"1\",\"id\":\"3_MmN1nTTFiEq8wgJi1nBg\"}"),
	    "{\"version\":\"1\",\"id\":\"3_MmN1nTTFiEq8wgJi1nBg\"}");
}

Test(payload_cluster_id, reads_a_number_for_a_version)
{
	cr_expect_str_eq(recode_text(PATHS_CLUSTER_ID,
	    "{\"id\":\"x\",\"version\":1}"),
	    "{\"version\":\"1\",\"id\":\"x\"}");
}

Test(payload_cluster_id, says_what_is_wrong)
{
	static const char *const bad[][2] = {
		{ "{\"version\":\"1\"}", "!id: missing" },
		{ "{\"id\":\"\"}", "!id: empty" },
		{ "{\"id\":5}", "!id: not a string" },
		{ "{\"id\":null}", "!id: missing" },
	};

	for (size_t i = 0; i < ARRAY_LENGTH(bad); i++)
		cr_expect_str_eq(recode_text(PATHS_CLUSTER_ID, bad[i][0]), bad[i][1], "%s", bad[i][0]);
}
