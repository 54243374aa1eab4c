#include <criterion/criterion.h>

#include "recode.h"

Test(payload_producer_id_block, has_its_ends_as_strings)
{
	cr_expect_str_eq(recode_text(PATHS_PRODUCER_ID_BLOCK,
	    "{\"version\":1,\"broker\":1,\"block_start\":\"0\",\"block_end\":\"999"
	    "\"}"),
	    "{\"version\":1,\"broker\":1,\"block_start\":\"0\",\"block_end\":\"999"
	    "\"}");
}

Test(payload_producer_id_block, may_be_the_last)
{
	cr_expect_str_eq(recode_text(PATHS_PRODUCER_ID_BLOCK,
	    "{\"version\":1,\"broker\":1,\"block_start\":\"9223372036854775000\",\""
	    "block_end\":\"9223372036854775807\"}"),
	    "{\"version\":1,\"broker\":1,\"block_start\":\"9223372036854775000\",\""
	    "block_end\":\"9223372036854775807\"}");
}

Test(payload_producer_id_block, says_what_is_wrong)
{
	static const char *const bad[][2] = {
		{ "{\"broker\":1,\"block_start\":0,\"block_end\":\"9\"}", "!block_start: not a string with a number in range" },
		{ "{\"broker\":1,\"block_start\":\"0\",\"block_end\":\"922337203685477580"
	    "8\"}", "!block_end: not a string with a number in range" },
		{ "{\"broker\":1,\"block_start\":\"10\",\"block_end\":\"9\"}", "!block_end: before block_start" },
		{ "{\"broker\":1,\"block_start\":\"01\",\"block_end\":\"9\"}", "!block_start: not a string with a number in range" },
		{ "{\"broker\":1,\"block_start\":\"-1\",\"block_end\":\"9\"}", "!block_start: not a string with a number in range" },
		{ "{\"broker\":1,\"block_start\":\"\",\"block_end\":\"9\"}", "!block_start: not a string with a number in range" },
		{ "{\"block_start\":\"0\",\"block_end\":\"9\"}", "!broker: missing" },
	};

	for (size_t i = 0; i < ARRAY_LENGTH(bad); i++)
		cr_expect_str_eq(recode_text(PATHS_PRODUCER_ID_BLOCK, bad[i][0]), bad[i][1], "%s", bad[i][0]);
}
