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

TestSuite(broker_rules, .init = setup, .fini = teardown);

struct broken {
	const char *text;
	enum config_problem_kind kind;
	const char *key;
};

static const struct broken broken[] = {
	{ "broker.id=-2", CONFIG_PROBLEM_CONFLICT, "broker.id" },
	{ "broker.id=1001", CONFIG_PROBLEM_CONFLICT, "broker.id" },
	{ "broker.id.generation.enable=false", CONFIG_PROBLEM_CONFLICT, "broker.id" },
	{ "inter.broker.protocol.version=2.8-IV0", CONFIG_PROBLEM_BINDING,
	    "inter.broker.protocol.version" },
	{ "inter.broker.protocol.version=4.0-IV0", CONFIG_PROBLEM_BINDING,
	    "inter.broker.protocol.version" },
	{ "controller.listener.names=C", CONFIG_PROBLEM_INVALID, "controller.listener.names" },
	{ "group.coordinator.rebalance.protocols=share", CONFIG_PROBLEM_INVALID,
	    "group.coordinator.rebalance.protocols" },
	{ "group.coordinator.rebalance.protocols=classic,consumer", CONFIG_PROBLEM_INVALID,
	    "group.coordinator.rebalance.protocols" },
	{ "log.roll.ms=0", CONFIG_PROBLEM_INVALID, "log.roll.ms" },
	{ "log.roll.jitter.ms=-1", CONFIG_PROBLEM_INVALID, "log.roll.jitter.ms" },
	{ "log.retention.ms=0", CONFIG_PROBLEM_INVALID, "log.retention.ms" },
	{ "log.retention.minutes=0", CONFIG_PROBLEM_INVALID, "log.retention.minutes" },
	{ "log.cleaner.dedupe.buffer.size=1048576", CONFIG_PROBLEM_CONFLICT,
	    "log.cleaner.dedupe.buffer.size" },
	{ "log.cleaner.threads=0", CONFIG_PROBLEM_CONFLICT, "log.cleaner.dedupe.buffer.size" },
	{ "log.cleaner.max.compaction.lag.ms=5\nlog.cleaner.min.compaction.lag.ms=6",
	    CONFIG_PROBLEM_CONFLICT, "log.cleaner.min.compaction.lag.ms" },
	{ "replica.fetch.wait.max.ms=30001\nreplica.lag.time.max.ms=40000", CONFIG_PROBLEM_CONFLICT,
	    "replica.fetch.wait.max.ms" },
	{ "replica.lag.time.max.ms=499", CONFIG_PROBLEM_CONFLICT, "replica.fetch.wait.max.ms" },
	{ "queued.max.request.bytes=104857599", CONFIG_PROBLEM_CONFLICT,
	    "queued.max.request.bytes" },
	{ "max.connections.per.ip=0", CONFIG_PROBLEM_CONFLICT, "max.connections.per.ip" },
	{ "max.connections.per.ip.overrides=host", CONFIG_PROBLEM_INVALID,
	    "max.connections.per.ip.overrides" },
	{ "max.connections.per.ip.overrides=ho st:1", CONFIG_PROBLEM_INVALID,
	    "max.connections.per.ip.overrides" },
	{ "max.connections.per.ip.overrides=host:x", CONFIG_PROBLEM_INVALID,
	    "max.connections.per.ip.overrides" },
	{ "connections.max.idle.ms=100", CONFIG_PROBLEM_CONFLICT,
	    "connection.failed.authentication.delay.ms" },
	{ "zookeeper.session.timeout.ms=0", CONFIG_PROBLEM_INVALID,
	    "zookeeper.session.timeout.ms" },
	{ "zookeeper.connection.timeout.ms=0", CONFIG_PROBLEM_INVALID,
	    "zookeeper.connection.timeout.ms" },
	{ "zookeeper.set.acl=true", CONFIG_PROBLEM_CONFLICT, "zookeeper.set.acl" },
	{ "klamm.zookeeper.digest=:secret", CONFIG_PROBLEM_INVALID, "klamm.zookeeper.digest" },
	{ "klamm.embedded.zookeeper=host", CONFIG_PROBLEM_INVALID, "klamm.embedded.zookeeper" },
	{ "klamm.http.listener=host", CONFIG_PROBLEM_INVALID, "klamm.http.listener" },
	{ "klamm.http.listener=", CONFIG_PROBLEM_INVALID, "klamm.http.listener" },
	{ "klamm.http.listener=http://host:1", CONFIG_PROBLEM_INVALID, "klamm.http.listener" },
	{ "klamm.http.listener=host:70000", CONFIG_PROBLEM_INVALID, "klamm.http.listener" },
};

Test(broker_rules, each_is_kept)
{
	for (size_t i = 0; i < ARRAY_LENGTH(broken); i++) {
		given_set(&given, broken[i].text);
		cr_expect_null(given.config, "%s", broken[i].text);
		cr_expect_not_null(given_problem(&given, broken[i].kind, broken[i].key, ""),
		    "%s: %s", broken[i].text, given_print(&given));
		cr_expect_eq(given.problems.errors,
		    1 + (strstr(broken[i].text, "max.compaction.lag") != NULL), "%s: %s",
		    broken[i].text, given_print(&given));
	}
}

Test(broker_rules, what_just_keeps_them_is_taken)
{
	static const char *const texts[] = { "broker.id=1000", "broker.id=0",
		"broker.id=5000\nbroker.id.generation.enable=false",
		"inter.broker.protocol.version=3.9", "inter.broker.protocol.version=2.8",
		"inter.broker.protocol.version=3.4-IV0", "log.roll.ms=1", "log.retention.ms=-1",
		"log.retention.hours=-5", "log.retention.ms=1\nlog.retention.hours=0",
		"replica.fetch.wait.max.ms=30000", "queued.max.request.bytes=104857600",
		"queued.max.request.bytes=0", "connections.max.idle.ms=-1",
		"connections.max.idle.ms=101", "controller.listener.names=",
		"max.connections.per.ip=0\nmax.connections.per.ip.overrides=::1:5,host:6",
		"zookeeper.set.acl=true\nklamm.zookeeper.digest=u:p",
		"klamm.embedded.zookeeper=[::1]:2181", "klamm.embedded.zookeeper=" };

	for (size_t i = 0; i < ARRAY_LENGTH(texts); i++) {
		given_set(&given, texts[i]);
		cr_expect_not_null(given.config, "%s: %s", texts[i], given_print(&given));
	}
}

Test(broker_rules, zookeeper_is_somewhere)
{
	given_read(&given, "");
	cr_expect_null(given.config);
	given_read(&given, "zookeeper.connect=");
	cr_expect_null(given.config);
	given_read(&given, "klamm.embedded.zookeeper=127.0.0.1:0");
	cr_expect_not_null(given.config, "%s", given_print(&given));
}
