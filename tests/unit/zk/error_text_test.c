#include "zk/error_text.h"

#include <criterion/criterion.h>

Test(zk_error_text, names_each_code)
{
	cr_expect_str_eq(zk_error_text(ZNODE_OK), "no error");
	cr_expect_str_eq(zk_error_text(ZNODE_NO_AUTH), "not permitted by the node's ACL");
	cr_expect_str_eq(zk_error_text(ZNODE_NO_WATCHER), "no such watch");
}

Test(zk_error_text, is_never_null)
{
	for (int code = -200; code <= 1; code++)
		cr_expect_not_null(zk_error_text((enum znode_error)code));
	cr_expect_str_eq(zk_error_text((enum znode_error)-3), "an unknown error");
}
