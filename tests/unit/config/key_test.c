#include "config/key.h"

#include <criterion/criterion.h>

#include "config/value.h"

Test(config_key, each_key_is_found_by_its_name)
{
	for (int id = 0; id < CONFIG_KEY_COUNT; id++) {
		const struct config_key *key = &config_keys[id];
		cr_assert_eq(config_key_find(key->scope, slice_of_text(key->name)), key, "%s",
		    key->name);
		cr_assert_eq(config_key_id(key), (enum config_key_id)id);
	}
}

Test(config_key, a_name_belongs_to_its_scope)
{
	struct slice name = slice_of_text("compression.type");
	const struct config_key *broker = config_key_find(CONFIG_SCOPE_BROKER, name);
	const struct config_key *topic = config_key_find(CONFIG_SCOPE_TOPIC, name);

	cr_assert_not_null(broker);
	cr_assert_not_null(topic);
	cr_expect_neq(broker, topic);
	cr_expect_null(config_key_find(CONFIG_SCOPE_TOPIC, slice_of_text("listeners")));
	cr_expect_null(config_key_find(CONFIG_SCOPE_IP, name));
}

Test(config_key, what_is_no_key_is_not_found)
{
	static const char *const names[] = { "", " listeners", "listeners ", "Listeners",
		"listener", "log.retention.m", "log.retention.mss", "klamm" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		cr_expect_null(config_key_find(CONFIG_SCOPE_BROKER, slice_of_text(names[i])), "%s",
		    names[i]);
}

Test(config_key, each_default_is_right_and_in_its_one_spelling)
{
	for (int id = 0; id < CONFIG_KEY_COUNT; id++) {
		const struct config_key *key = &config_keys[id];
		struct config_value value;
		char reason[CONFIG_REASON_SIZE] = "";
		if (key->default_text == NULL || *key->default_text == '\0')
			continue;
		cr_assert_eq(config_value_parse(key, key->default_text, &value, reason),
		    ERROR_NONE, "%s: %s", key->name, reason);
		cr_expect_str_eq(value.text, key->default_text, "%s", key->name);
		config_value_fini(&value);
	}
}

Test(config_key, what_is_not_served_says_why)
{
	for (int id = 0; id < CONFIG_KEY_COUNT; id++) {
		const struct config_key *key = &config_keys[id];
		if (key->stage != CONFIG_STAGE_SERVED)
			cr_expect_not_null(key->comment, "%s", key->name);
	}
}

Test(config_key, a_topic_takes_its_defaults_from_the_broker)
{
	const struct config_key *key = &config_keys[CONFIG_TOPIC_RETENTION_MS];

	cr_assert_eq(key->synonym_count, 3);
	cr_expect_eq(key->synonyms[0], CONFIG_LOG_RETENTION_MS);
	cr_expect_eq(key->synonyms[1], CONFIG_LOG_RETENTION_MINUTES);
	cr_expect_eq(key->synonyms[2], CONFIG_LOG_RETENTION_HOURS);
}

Test(config_key, a_listeners_own_key_leads_to_the_key)
{
	cr_expect_eq(config_key_find_prefixed(
	    slice_of_text("listener.name.external.ssl.keystore.location")),
	    &config_keys[CONFIG_SSL_KEYSTORE_LOCATION]);
	cr_expect_eq(config_key_find_prefixed(
	    slice_of_text("listener.name.a.scram-sha-256.sasl.jaas.config")),
	    &config_keys[CONFIG_SASL_JAAS_CONFIG]);
}

Test(config_key, other_prefixes_lead_nowhere)
{
	static const char *const names[] = { "listener.name.", "listener.name.a",
		"listener.name.a.", "listener.name.a.log.dirs", "listener.name..",
		"listener.names.a.ssl.keystore.location", "ssl.keystore.location" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		cr_expect_null(config_key_find_prefixed(slice_of_text(names[i])), "%s", names[i]);
}

Test(config_key, of_a_family_are_told_in_the_order_in_which_they_are_asked)
{
	enum config_key_id members[CONFIG_SYNONYMS_MAX];

	cr_assert_eq(config_key_family(CONFIG_LOG_RETENTION_HOURS, members), 3);
	cr_expect_eq(members[0], CONFIG_LOG_RETENTION_MS);
	cr_expect_eq(members[2], CONFIG_LOG_RETENTION_HOURS);
	cr_assert_eq(config_key_family(CONFIG_LOG_ROLL_MS, members), 2);
	cr_assert_eq(config_key_family(CONFIG_LOG_FLUSH_SCHEDULER_INTERVAL_MS, members), 1);
	cr_assert_eq(config_key_family(CONFIG_LOG_FLUSH_INTERVAL_MS, members), 2);
	cr_assert_eq(config_key_family(CONFIG_BROKER_ID, members), 1);
	cr_expect_eq(members[0], CONFIG_BROKER_ID);
}
