#include <criterion/criterion.h>

#include "recode.h"

Test(payload_acl, may_be_empty)
{
	cr_expect_str_eq(recode_text(PATHS_ACL,
	    "{\"acls\":[],\"version\":1}"),
	    "{\"acls\":[],\"version\":1}");
}

Test(payload_acl, skips_what_it_does_not_know)
{
	cr_expect_str_eq(recode_text(PATHS_ACL,
	    "{\"version\":1,\"acls\":[{\"operation\":\"All\",\"host\":\"*\",\"princ"
	    "ipal\":\"User:*\",\"permissionType\":\"Deny\",\"x\":1}]}"),
	    "{\"acls\":[{\"principal\":\"User:*\",\"permissionType\":\"Deny\",\"hos"
	    "t\":\"*\",\"operation\":\"All\"}],\"version\":1}");
}

Test(payload_acl, says_what_is_wrong)
{
	static const char *const bad[][2] = {
		{ "{\"acls\":[]}", "!version: missing" },
		{ "{\"acls\":[],\"version\":2}", "!version: not 1" },
		{ "{\"version\":1}", "!acls: missing" },
		{ "{\"acls\":[\"x\"],\"version\":1}", "!acls: holds something that is not an object" },
		{ "{\"acls\":[{\"principal\":\"User:a\",\"permissionType\":\"Allow\",\"ho"
	    "st\":\"*\"}],\"version\":1}", "!operation: missing" },
	};

	for (size_t i = 0; i < ARRAY_LENGTH(bad); i++)
		cr_expect_str_eq(recode_text(PATHS_ACL, bad[i][0]), bad[i][1], "%s", bad[i][0]);
}
