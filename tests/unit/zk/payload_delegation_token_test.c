#include <criterion/criterion.h>

#include "recode.h"

Test(payload_delegation_token, of_version_2_was_asked_for_by_its_owner)
{
	cr_expect_str_eq(recode_text(PATHS_DELEGATION_TOKEN,
	    "{\"version\":2,\"owner\":\"User%3Aa\",\"tokenId\":\"x\",\"renewers\":["
	    "],\"issueTimestamp\":1,\"expiryTimestamp\":2,\"maxTimestamp\":3}"),
	    "{\"issueTimestamp\":1,\"renewers\":[],\"tokenRequester\":\"User%3Aa\","
	    "\"tokenId\":\"x\",\"owner\":\"User%3Aa\",\"expiryTimestamp\":2,\"maxTi"
	    "mestamp\":3,\"version\":3}");
}

Test(payload_delegation_token, says_what_is_wrong)
{
	static const char *const bad[][2] = {
		{ "{\"version\":0}", "!version: below 1" },
		{ "{\"version\":3,\"issueTimestamp\":\"1\"}", "!issueTimestamp: not an integer" },
		{ "{\"version\":3,\"owner\":\"o\",\"tokenId\":\"x\",\"renewers\":[5],\"is"
	    "sueTimestamp\":1,\"expiryTimestamp\":2,\"maxTimestamp\":3}", "!renewers: not a string" },
	};

	for (size_t i = 0; i < ARRAY_LENGTH(bad); i++)
		cr_expect_str_eq(recode_text(PATHS_DELEGATION_TOKEN, bad[i][0]), bad[i][1], "%s", bad[i][0]);
}
