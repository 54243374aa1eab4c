#include <criterion/criterion.h>
#include <netinet/in.h>
#include <string.h>

#include "world/net_address_posix.h"

static void
comes_back(const char *host, uint16_t port, const char *expected)
{
	struct net_address address = { .port = port }, back;
	struct socket_address system;

	strncpy(address.host, host, sizeof(address.host) - 1);
	cr_assert_eq(net_address_to_system(&address, &system), ERROR_NONE, "%s", host);
	net_address_from_system(&system, &back);
	cr_assert_str_eq(back.host, expected);
	cr_assert_eq(back.port, port);
}

Test(net_address, comes_back_as_it_was)
{
	comes_back("127.0.0.1", 9092, "127.0.0.1");
	comes_back("0.0.0.0", 0, "0.0.0.0");
	comes_back("::", 65535, "::");
	comes_back("2001:db8::1", 1, "2001:db8::1");
	comes_back("2001:0db8:0:0:0:0:0:1", 1, "2001:db8::1");
}

Test(net_address, of_ipv4_inside_ipv6_is_told_as_ipv4)
{
	comes_back("::ffff:192.0.2.7", 9092, "192.0.2.7");
}

Test(net_address, keeps_the_scope)
{
	comes_back("fe80::1%lo", 9092, "fe80::1%lo");
}

Test(net_address, that_is_no_number_is_refused)
{
	static const char *const bad[] = { "", "localhost", "1.2.3.4.5", "::g", "[::1]", "127.0.0.1 " };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct net_address address = { .port = 1 };
		struct socket_address system;

		strncpy(address.host, bad[i], sizeof(address.host) - 1);
		cr_assert_eq(net_address_to_system(&address, &system), ERROR_INVALID_ARGUMENT,
		    "\"%s\"", bad[i]);
	}
}

Test(net_address, of_another_family_is_empty)
{
	struct socket_address system = { .size = sizeof(sa_family_t) };
	struct net_address address = { .host = "left over", .port = 7 };

	system.storage.ss_family = AF_UNIX;
	net_address_from_system(&system, &address);
	cr_assert_str_eq(address.host, "");
	cr_assert_eq(address.port, 0);
}

Test(net_address, resolves_a_number_without_asking_anybody)
{
	struct net_address found[2];
	size_t count = 0;

	cr_assert_eq(net_address_resolve("192.0.2.7", found, 2, &count), ERROR_NONE);
	cr_assert_eq(count, 1);
	cr_assert_str_eq(found[0].host, "192.0.2.7");
	cr_assert_eq(found[0].port, 0);
}
