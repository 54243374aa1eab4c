#include "config/listeners.h"

#include <criterion/criterion.h>

static struct listener_protocols protocols;
static struct listeners listeners;
static char reason[CONFIG_REASON_SIZE];

static void
setup(void)
{
	cr_assert_eq(listener_protocols_parse(&protocols,
	    "PLAINTEXT:PLAINTEXT, ssl:SSL,Inside:PLAINTEXT,OUTSIDE:SASL_SSL,", reason), ERROR_NONE);
}

static void
teardown(void)
{
	listeners_fini(&listeners);
	listener_protocols_fini(&protocols);
}

TestSuite(listeners, .init = setup, .fini = teardown);

static enum error
parse(const char *text)
{
	listeners_fini(&listeners);
	return listeners_parse(&listeners, text, &protocols, true, reason);
}

static void
expect_listener(size_t at, const char *name, const char *host, uint16_t port)
{
	cr_assert_lt(at, listeners.count);
	cr_expect_str_eq(listeners.items[at].name, name);
	cr_expect_str_eq(listeners.items[at].host, host);
	cr_expect_eq(listeners.items[at].port, port);
}

Test(listeners, have_names_hosts_and_ports)
{
	cr_assert_eq(parse("plaintext://:9092, INSIDE://[::1]:9093,outside://kafka-1.x_y:0"),
	    ERROR_NONE, "%s", reason);
	cr_assert_eq(listeners.count, 3);
	expect_listener(0, "PLAINTEXT", "", 9092);
	expect_listener(1, "INSIDE", "::1", 9093);
	expect_listener(2, "OUTSIDE", "kafka-1.x_y", 0);
	cr_expect_eq(listeners.items[2].protocol, SECURITY_PROTOCOL_SASL_SSL);
	cr_expect_eq(listeners_find(&listeners, "Inside"), 1);
	cr_expect_eq(listeners_find(&listeners, "insid"), -1);
}

Test(listeners, ipv6_needs_no_brackets_and_may_have_a_scope)
{
	cr_assert_eq(parse("INSIDE://fe80::1%eth0:9092"), ERROR_NONE, "%s", reason);
	expect_listener(0, "INSIDE", "fe80::1%eth0", 9092);
}

Test(listeners, what_is_no_listener_is_refused)
{
	static const char *const texts[] = { "9092", "PLAINTEXT", "PLAINTEXT:9092",
		"PLAINTEXT://host", "PLAINTEXT://host:", "PLAINTEXT://host:-1",
		"PLAINTEXT://host:65536", "PLAINTEXT://host:9092x", "PLAINTEXT://ho st:9092",
		"PLAINTEXT://[::1:9092", "PLAINTEXT://::1]:9092", "PLAINTEXT://a/b:9092",
		"://host:9092", "PLAINTEXT://[]]:1", "PLAINTEXT:/host:9092" };

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		cr_expect_eq(parse(texts[i]), ERROR_INVALID_ARGUMENT, "%s", texts[i]);
}

Test(listeners, a_name_without_a_protocol_is_refused)
{
	cr_expect_eq(parse("CLIENT://:9092"), ERROR_INVALID_ARGUMENT);
	cr_expect_not_null(strstr(reason, "does not name CLIENT"), "%s", reason);
}

Test(listeners, names_and_ports_are_distinct)
{
	cr_expect_eq(parse("INSIDE://:1,inside://:2"), ERROR_INVALID_ARGUMENT);
	cr_expect_not_null(strstr(reason, "called INSIDE"), "%s", reason);
	cr_expect_eq(parse("INSIDE://:1,SSL://:1"), ERROR_INVALID_ARGUMENT);
	cr_expect_eq(parse("INSIDE://10.0.0.1:1,SSL://10.0.0.2:1"), ERROR_INVALID_ARGUMENT);
	cr_expect_eq(parse("INSIDE://:0,SSL://:0"), ERROR_NONE, "any free port is not one port");
}

Test(listeners, ipv4_and_ipv6_may_share_a_port)
{
	cr_expect_eq(parse("INSIDE://127.0.0.1:1,SSL://[::1]:1"), ERROR_NONE, "%s", reason);
	cr_expect_eq(parse("INSIDE://127.0.0.1:1,SSL://[::1]:1,OUTSIDE://:1"),
	    ERROR_INVALID_ARGUMENT);
	cr_expect_eq(parse("INSIDE://127.0.0.1:1,SSL://[::1]:1,OUTSIDE://[::2]:1"),
	    ERROR_INVALID_ARGUMENT);
	cr_expect_eq(parse("INSIDE://localhost:1,SSL://[::1]:1"), ERROR_INVALID_ARGUMENT);
}

Test(listeners, advertised_ones_may_share_ports)
{
	cr_expect_eq(listeners_parse(&listeners, "INSIDE://a:1,SSL://b:1", &protocols, false,
	    reason), ERROR_NONE);
}

Test(listeners, wildcards_are_known_in_any_spelling)
{
	static const char *const wild[] = { "0.0.0.0", "::", "0:0:0:0:0:0:0:0", "::0",
		"::ffff:0.0.0.0" };
	static const char *const tame[] = { "", "127.0.0.1", "::1", "0.0.0.1", "host", "0" };
	struct listener listener = { 0 };

	for (size_t i = 0; i < sizeof(wild) / sizeof(wild[0]); i++) {
		listener.host = (char *)(uintptr_t)wild[i];
		cr_expect(listener_is_wildcard(&listener), "%s", wild[i]);
	}
	for (size_t i = 0; i < sizeof(tame) / sizeof(tame[0]); i++) {
		listener.host = (char *)(uintptr_t)tame[i];
		cr_expect_not(listener_is_wildcard(&listener), "%s", tame[i]);
	}
}

Test(listeners, a_bad_map_of_protocols_is_refused)
{
	static const char *const texts[] = { "A", "A:", "A:PLAIN", "A:plaintext", "A:SSL,a:SSL" };

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		listener_protocols_fini(&protocols);
		cr_expect_eq(listener_protocols_parse(&protocols, texts[i], reason),
		    ERROR_INVALID_ARGUMENT, "%s", texts[i]);
	}
}
