#include "klamm/bootstrap.h"

#include <criterion/criterion.h>

static void
expect(const char *text, int at, int count, const char *host, uint16_t port)
{
	struct bootstrap bootstrap;

	cr_assert_eq(bootstrap_parse(&bootstrap, text), ERROR_NONE, "%s", text);
	cr_expect_eq(bootstrap.count, count);
	cr_expect_str_eq(bootstrap.addresses[at].host, host);
	cr_expect_eq(bootstrap.addresses[at].port, port);
}

Test(bootstrap, is_hosts_with_ports)
{
	expect("a:1,b.example:65535", 0, 2, "a", 1);
	expect("a:1,b.example:65535", 1, 2, "b.example", 65535);
	expect(BOOTSTRAP_DEFAULT, 0, 1, "localhost", 9092);
}

Test(bootstrap, port_is_9092_where_none_is_said)
{
	expect("a", 0, 1, "a", 9092);
	expect("a,b:2", 0, 2, "a", 9092);
}

Test(bootstrap, takes_ipv6_in_brackets)
{
	expect("[::1]:7,[fe80::1%eth0]", 0, 2, "::1", 7);
	expect("[::1]:7,[fe80::1%eth0]", 1, 2, "fe80::1%eth0", 9092);
}

Test(bootstrap, that_is_no_list_of_hosts_is_refused)
{
	static const char *const wrong[] = { "", ",", "a,", "a:", "a:0", "a:65536", "a:99999999999",
		"a:-1", "a:1x", ":1", "[::1", "[]:1", "[::1]1", "::1" };
	struct bootstrap bootstrap;

	for (size_t i = 0; i < ARRAY_LENGTH(wrong); i++)
		cr_expect_eq(bootstrap_parse(&bootstrap, wrong[i]), ERROR_INVALID_ARGUMENT, "%s",
		    wrong[i]);
}

Test(bootstrap, has_a_limit)
{
	struct bootstrap bootstrap;
	char host[BOOTSTRAP_HOST_SIZE + 1];

	cr_expect_eq(bootstrap_parse(&bootstrap, "a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a"), ERROR_NONE);
	cr_expect_eq(bootstrap_parse(&bootstrap, "a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a"),
	    ERROR_INVALID_ARGUMENT);
	memset(host, 'a', sizeof(host));
	host[BOOTSTRAP_HOST_SIZE] = '\0';
	cr_expect_eq(bootstrap_parse(&bootstrap, host), ERROR_INVALID_ARGUMENT);
	cr_expect_eq(bootstrap_parse(&bootstrap, host + 1), ERROR_NONE);
}
