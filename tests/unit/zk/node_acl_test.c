#include <criterion/criterion.h>

#include "zk/node_acl.h"

static struct znode_acl
acl_of(const char *path)
{
	return node_acl_of(true, slice_of_text(path));
}

Test(node_acl, is_open_when_nothing_is_asked_for)
{
	struct znode_acl acl = node_acl_of(false, slice_of_text("/config/users/u"));

	cr_assert(acl.count == 1 && acl.entries[0].permissions == ZNODE_ALL);
	cr_assert(slice_equal_text(acl.entries[0].id.scheme, "world"));
}

Test(node_acl, gives_the_creator_all_and_anyone_reading)
{
	struct znode_acl acl = acl_of("/brokers/ids");

	cr_assert(acl.count == 2 && acl.entries[0].permissions == ZNODE_ALL);
	cr_assert(slice_equal_text(acl.entries[0].id.scheme, "auth"));
	cr_assert(acl.entries[1].permissions == ZNODE_READ);
	cr_assert(slice_equal_text(acl.entries[1].id.id, "anyone"));
}

Test(node_acl, lets_nobody_else_read_secrets)
{
	cr_assert(acl_of("/config/users").count == 1 && acl_of("/config/brokers/1").count == 1);
	cr_assert(acl_of("/delegation_token/tokens/t").count == 1);
	cr_assert(acl_of("/delegation_token").count == 2 && acl_of("/config/topics").count == 2);
}

Test(node_acl, leaves_the_old_consumers_open)
{
	cr_assert(acl_of("/consumers").count == 1);
	cr_assert(slice_equal_text(acl_of("/consumers/g").entries[0].id.scheme, "world"));
}
