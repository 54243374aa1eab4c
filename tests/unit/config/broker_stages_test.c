#include <criterion/criterion.h>
#include <stdio.h>

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

TestSuite(broker_stages, .init = setup, .fini = teardown);

Test(broker_stages, a_binding_key_stops_the_start)
{
	static const char *const texts[] = {
		"authorizer.class.name=kafka.security.authorizer.AclAuthorizer",
		"principal.builder.class=org.example.Builder",
		"create.topic.policy.class.name=org.example.Policy",
		"alter.config.policy.class.name=org.example.Policy",
		"client.quota.callback.class=org.example.Quota",
		"sasl.server.callback.handler.class=org.example.Handler",
		"ssl.engine.factory.class=org.example.Factory",
		"remote.log.storage.system.enable=true",
		"process.roles=broker",
		"zookeeper.metadata.migration.enable=true",
		"zookeeper.ssl.client.enable=true",
		"max.connection.creation.rate=5",
		"log.cleaner.max.compaction.lag.ms=1000",
	};

	for (size_t i = 0; i < ARRAY_LENGTH(texts); i++) {
		char key[128];
		size_t size = strcspn(texts[i], "=");
		memcpy(key, texts[i], size);
		key[size] = '\0';
		given_set(&given, texts[i]);
		cr_expect_null(given.config, "%s", texts[i]);
		cr_expect_not_null(given_problem(&given, CONFIG_PROBLEM_BINDING, key, "not serve"),
		    "%s: %s", texts[i], given_print(&given));
		cr_expect_eq(given.problems.errors, 1, "%s", given_print(&given));
	}
}

Test(broker_stages, every_binding_key_of_the_table_stops_it)
{
	size_t count = 0;

	for (int id = 0; id < CONFIG_BROKER_KEY_COUNT; id++) {
		const struct config_key *key = &config_keys[id];
		if (key->stage != CONFIG_STAGE_BINDING || key->when != CONFIG_WHEN_ALWAYS ||
		    (key->type != CONFIG_TYPE_STRING && key->type != CONFIG_TYPE_CLASS))
			continue;
		char text[256];
		snprintf(text, sizeof(text), "%s=other", key->name);
		given_set(&given, text);
		cr_expect_null(given.config, "%s", text);
		count++;
	}
	cr_expect_gt(count, 8);
}

Test(broker_stages, a_binding_key_at_its_default_is_nothing)
{
	given_set(&given, "authorizer.class.name=\nremote.log.storage.system.enable=FALSE\n"
	    "process.roles=\nmax.connection.creation.rate=2147483647\n"
	    "zookeeper.metadata.migration.enable=false");
	cr_assert_not_null(given.config, "%s", given_print(&given));
	cr_expect_eq(given.problems.count, 0, "%s", given_print(&given));
}

Test(broker_stages, what_nothing_uses_is_a_warning)
{
	given_set(&given, "ssl.keystore.location=/k\nsasl.enabled.mechanisms=PLAIN\n"
	    "remote.log.reader.threads=3\nzookeeper.ssl.keystore.location=/k\n"
	    "listener.name.x.ssl.keystore.password=secret");
	cr_assert_not_null(given.config, "%s", given_print(&given));
	cr_expect_eq(given.problems.count, 5, "%s", given_print(&given));
	cr_expect_not_null(given_problem(&given, CONFIG_PROBLEM_HARMLESS, "ssl.keystore.location",
	    "nothing here uses it"));
	cr_expect_null(strstr(given_print(&given), "secret"));
}

Test(broker_stages, what_something_uses_is_an_error)
{
	given_set(&given, "sasl.enabled.mechanisms=PLAIN\nssl.keystore.location=/k\n"
	    "connections.max.reauth.ms=5\nlisteners=PLAINTEXT://:1,SASL_SSL://:2");
	cr_expect_null(given.config);
	cr_expect_eq(given.problems.errors, 4, "%s", given_print(&given));
	given_set(&given, "zookeeper.ssl.client.enable=true\nzookeeper.ssl.keystore.location=/k");
	cr_expect_eq(given.problems.errors, 2, "%s", given_print(&given));
	given_set(&given, "remote.log.storage.system.enable=true\nremote.log.reader.threads=3");
	cr_expect_eq(given.problems.errors, 2, "%s", given_print(&given));
}

Test(broker_stages, a_harmless_key_is_warned_about_once_when_it_was_changed)
{
	given_set(&given, "num.io.threads=8\nnum.network.threads=4");
	cr_assert_not_null(given.config);
	cr_assert_eq(given.problems.count, 1, "%s", given_print(&given));
	cr_expect_str_eq(given.problems.items[0].key, "num.network.threads");
	cr_expect_eq(given.problems.items[0].kind, CONFIG_PROBLEM_HARMLESS);
}

Test(broker_stages, a_limit_of_one_listener_binds)
{
	given_set(&given, "listener.name.plaintext.max.connections=5");
	cr_expect_null(given.config);
	cr_expect_not_null(given_problem(&given, CONFIG_PROBLEM_BINDING,
	    "listener.name.plaintext.max.connections", "one listener"));
	given_set(&given, "listener.name.plaintext.max.connections=x");
	cr_expect_not_null(given_problem(&given, CONFIG_PROBLEM_INVALID,
	    "listener.name.plaintext.max.connections", "32 bits"));
}
