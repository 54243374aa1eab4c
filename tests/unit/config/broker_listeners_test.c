#include <criterion/criterion.h>

#include "tests/unit/config/given.h"

static struct given given;

static void
setup(void)
{
	given_init(&given);
}

static void
teardown(void)
{
	given_fini(&given);
}

TestSuite(broker_listeners, .init = setup, .fini = teardown);

static void
expect_problem(const char *text, enum config_problem_kind kind, const char *key,
    const char *words)
{
	given_set(&given, text);
	cr_expect_null(given.config, "%s", text);
	cr_expect_not_null(given_problem(&given, kind, key, words), "%s: %s", text,
	    given_print(&given));
}

Test(broker_listeners, what_is_bound_is_advertised)
{
	given_set(&given, "");
	cr_assert_not_null(given.config);
	cr_expect_eq(given.config->listeners.bound.items[0].port, 9092);
	cr_expect_eq(given.config->listeners.advertised.count, 1);
	cr_expect_not(given.config->listeners.advertised_given);
	cr_expect_str_eq(given.config->listeners.inter_broker, "PLAINTEXT");
	cr_expect_null(given.config->listeners.control_plane);
}

Test(broker_listeners, names_of_ones_own_work)
{
	given_set(&given, "listeners=IN://0.0.0.0:1,OUT://:2\n"
	    "advertised.listeners=IN://a:1,OUT://b:1\ninter.broker.listener.name=in\n"
	    "control.plane.listener.name=OUT\nlistener.security.protocol.map=IN:PLAINTEXT,OUT:PLAINTEXT");
	cr_assert_not_null(given.config, "%s", given_print(&given));
	cr_expect_eq(given.problems.count, 0, "%s", given_print(&given));
	cr_expect_str_eq(given.config->listeners.advertised.items[1].host, "b");
	cr_expect_str_eq(given.config->listeners.control_plane, "OUT");
}

Test(broker_listeners, a_wildcard_is_not_advertised)
{
	expect_problem("listeners=PLAINTEXT://0.0.0.0:9092", CONFIG_PROBLEM_INVALID, "listeners",
	    "set advertised.listeners");
	expect_problem("listeners=PLAINTEXT://[::]:9092", CONFIG_PROBLEM_INVALID, "listeners",
	    "cannot connect");
	expect_problem("advertised.listeners=PLAINTEXT://0.0.0.0:9092", CONFIG_PROBLEM_INVALID,
	    "advertised.listeners", "cannot connect");
}

Test(broker_listeners, only_what_is_bound_is_advertised)
{
	expect_problem("listener.security.protocol.map=PLAINTEXT:PLAINTEXT,A:PLAINTEXT\n"
	    "advertised.listeners=PLAINTEXT://a:1,A://a:2", CONFIG_PROBLEM_CONFLICT,
	    "advertised.listeners", "does not name A");
}

Test(broker_listeners, other_protocols_bind)
{
	expect_problem("listeners=PLAINTEXT://:1,SSL://:2", CONFIG_PROBLEM_BINDING, "listeners",
	    "speaks SSL");
	expect_problem("listeners=X://:1\nlistener.security.protocol.map=X:SASL_PLAINTEXT\n"
	    "inter.broker.listener.name=X", CONFIG_PROBLEM_BINDING, "listeners",
	    "speaks SASL_PLAINTEXT");
	expect_problem("security.inter.broker.protocol=SASL_SSL", CONFIG_PROBLEM_BINDING,
	    "security.inter.broker.protocol", "does not serve");
}

Test(broker_listeners, brokers_need_one_of_them)
{
	expect_problem("listeners=A://:1\nlistener.security.protocol.map=A:PLAINTEXT",
	    CONFIG_PROBLEM_CONFLICT, "security.inter.broker.protocol", "no advertised listener");
	expect_problem("inter.broker.listener.name=SSL", CONFIG_PROBLEM_CONFLICT,
	    "inter.broker.listener.name", "no advertised listener");
	expect_problem("inter.broker.listener.name=NONE", CONFIG_PROBLEM_CONFLICT,
	    "inter.broker.listener.name", "does not name it");
	expect_problem("inter.broker.listener.name=PLAINTEXT\n"
	    "security.inter.broker.protocol=PLAINTEXT", CONFIG_PROBLEM_CONFLICT,
	    "inter.broker.listener.name", "together");
}

Test(broker_listeners, names_of_any_case_become_those_that_others_know)
{
	given_set(&given, "listeners=IN://h:1,OUT://h:2\ninter.broker.listener.name=in\n"
	    "control.plane.listener.name=out\n"
	    "listener.security.protocol.map=in:PLAINTEXT,OUT:PLAINTEXT");
	cr_assert_not_null(given.config, "%s", given_print(&given));
	cr_expect_str_eq(given.config->listeners.inter_broker, "IN");
	cr_expect_str_eq(given.config->listeners.control_plane, "OUT");
}

Test(broker_listeners, the_control_plane_has_one_of_its_own)
{
	expect_problem("control.plane.listener.name=NONE", CONFIG_PROBLEM_CONFLICT,
	    "control.plane.listener.name", "does not name it");
	expect_problem("control.plane.listener.name=SSL", CONFIG_PROBLEM_CONFLICT,
	    "control.plane.listener.name", "not among");
	expect_problem("control.plane.listener.name=PLAINTEXT", CONFIG_PROBLEM_CONFLICT,
	    "control.plane.listener.name", "differ");
}

Test(broker_listeners, there_is_at_least_one)
{
	expect_problem("listeners=", CONFIG_PROBLEM_INVALID, "listeners", "at least one");
	expect_problem("advertised.listeners=,", CONFIG_PROBLEM_INVALID, "advertised.listeners",
	    "at least one");
}

Test(broker_listeners, a_bad_map_is_one_problem)
{
	expect_problem("listener.security.protocol.map=PLAINTEXT", CONFIG_PROBLEM_INVALID,
	    "listener.security.protocol.map", "NAME:PROTOCOL");
	cr_expect_eq(given.problems.errors, 1, "%s", given_print(&given));
}

Test(broker_listeners, early_ones_exist)
{
	expect_problem("early.start.listeners=PLAINTEXT,A", CONFIG_PROBLEM_CONFLICT,
	    "early.start.listeners", "does not name A");
}
