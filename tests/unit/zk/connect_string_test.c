#include <criterion/criterion.h>

#include "base/macros.h"
#include "zk/connect_string.h"

Test(connect_string, servers_ports_and_chroot)
{
	struct zk_connect_string it;

	cr_assert(zk_connect_string_parse(&it, "a:1, b ,[::1]:65535/x/y/") == ERROR_NONE);
	cr_assert(it.server_count == 3);
	cr_assert_str_eq(it.servers[0].host, "a");
	cr_assert(it.servers[0].port == 1 && it.servers[1].port == 2181);
	cr_assert_str_eq(it.servers[1].host, "b");
	cr_assert_str_eq(it.servers[2].host, "::1");
	cr_assert(it.servers[2].port == 65535);
	cr_assert_str_eq(it.chroot, "/x/y");
	zk_connect_string_fini(&it);
}

Test(connect_string, the_root_is_no_chroot)
{
	struct zk_connect_string it;

	cr_assert(zk_connect_string_parse(&it, "a/") == ERROR_NONE);
	cr_assert_str_eq(it.chroot, "");
	zk_connect_string_fini(&it);
	cr_assert(zk_connect_string_parse(&it, "[fe80::1]") == ERROR_NONE);
	cr_assert_str_eq(it.servers[0].host, "fe80::1");
	zk_connect_string_fini(&it);
}

Test(connect_string, what_it_refuses_it_gives_a_reason_for)
{
	static const char *const bad[] = { "", ",", "a,", "a:0", "a:65536", "a:", "a:1x", ":1",
		"[::1:2181", "::1:2181", "[]:1", "[::1]2181", "a:1//b", "a:1/b/../c", "a:1/./b",
		"a:123456", "a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a", "a/b\x01" };

	for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) {
		struct zk_connect_string it;

		cr_assert(zk_connect_string_parse(&it, bad[i]) == ERROR_INVALID_ARGUMENT, "%s",
		    bad[i]);
		cr_assert(it.reason != NULL);
		zk_connect_string_fini(&it);
	}
}
