#include <criterion/criterion.h>

#include "api/client_host.h"

static void
expect(const char *host, const char *printed)
{
	char text[CLIENT_HOST_SIZE];

	client_host_print(host, text);
	cr_expect_str_eq(text, printed);
}

Test(client_host, of_ipv4_has_a_slash_before_it)
{
	expect("127.0.0.1", "/127.0.0.1");
	expect("255.255.255.255", "/255.255.255.255");
}

Test(client_host, of_ipv6_has_all_its_groups_without_leading_zeroes)
{
	expect("::1", "/0:0:0:0:0:0:0:1");
	expect("::", "/0:0:0:0:0:0:0:0");
	expect("2001:db8::A:0:b", "/2001:db8:0:0:0:a:0:b");
	expect("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "/ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
}

Test(client_host, of_ipv6_keeps_its_scope)
{
	expect("fe80::1%eth0", "/fe80:0:0:0:0:0:0:1%eth0");
	expect("fe80::1%a-name-of-15-by", "/fe80:0:0:0:0:0:0:1%a-name-of-15-by");
}

Test(client_host, that_is_no_address_comes_as_it_is)
{
	expect("", "/");
	expect("somewhere", "/somewhere");
}

/* The longest that NET_HOST_SIZE has room for, and no byte more. */
Test(client_host, is_never_longer_than_its_room)
{
	char host[NET_HOST_SIZE], text[CLIENT_HOST_SIZE];

	memset(host, 'x', sizeof(host) - 1);
	host[sizeof(host) - 1] = '\0';
	client_host_print(host, text);
	cr_expect_eq(strlen(text), NET_HOST_SIZE);
	memcpy(host, "fe80::1%", 8);
	client_host_print(host, text);
	cr_expect_eq(strlen(text), NET_HOST_SIZE);
}
