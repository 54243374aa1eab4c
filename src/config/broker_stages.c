#include "config/broker_config_private.h"

/* Whether a listener speaks one of two protocols, or brokers do among each other. */
static bool
speaks(const struct broker_config *config, enum security_protocol a, enum security_protocol b)
{
	const char *between = broker_value(config, CONFIG_SECURITY_INTER_BROKER_PROTOCOL)->text;
	const struct listeners *lists[] = { &config->listeners.bound,
		&config->listeners.advertised };

	for (size_t list = 0; list < ARRAY_LENGTH(lists); list++) {
		for (size_t i = 0; i < lists[list]->count; i++) {
			enum security_protocol protocol = lists[list]->items[i].protocol;
			if (protocol == a || protocol == b)
				return true;
		}
	}
	return strcmp(between, security_protocol_name(a)) == 0 ||
	    strcmp(between, security_protocol_name(b)) == 0;
}

static bool
in_use(const struct broker_config *config, enum config_when when)
{
	switch (when) {
	case CONFIG_WHEN_SASL:
		return speaks(config, SECURITY_PROTOCOL_SASL_PLAINTEXT, SECURITY_PROTOCOL_SASL_SSL);
	case CONFIG_WHEN_SSL:
		return speaks(config, SECURITY_PROTOCOL_SSL, SECURITY_PROTOCOL_SASL_SSL);
	case CONFIG_WHEN_REMOTE:
		return broker_value(config, CONFIG_REMOTE_LOG_STORAGE_SYSTEM_ENABLE)->boolean;
	case CONFIG_WHEN_ZOOKEEPER_TLS:
		return broker_value(config, CONFIG_ZOOKEEPER_SSL_CLIENT_ENABLE)->boolean;
	case CONFIG_WHEN_ALWAYS:
	case CONFIG_WHEN_COUNT:
		break;
	}
	return true;
}

/* What the operator wrote is what holds without him. A bad value was told of already. */
static bool
is_default(const struct config_key *key, const char *given)
{
	struct config_value value, standard;
	char reason[CONFIG_REASON_SIZE];

	if (config_value_parse(key, given, &value, reason) != ERROR_NONE)
		return true;
	config_value_default(key, &standard);
	bool same = standard.text != NULL && strcmp(value.text, standard.text) == 0;
	config_value_fini(&value);
	config_value_fini(&standard);
	return same;
}

static void
check_entry(const struct broker_config *config, const struct config_entry *entry,
    const struct config_key *key, bool prefixed, struct config_problems *problems)
{
	struct config_place place = {
		.key = entry->name,
		.value = key->type == CONFIG_TYPE_PASSWORD ? NULL : entry->value,
		.line = entry->line,
	};

	if (prefixed && key->stage == CONFIG_STAGE_SERVED) {
		config_problems_add(problems, CONFIG_PROBLEM_BINDING, place,
		    "klamm does not serve this for one listener alone yet");
		return;
	}
	if (key->stage == CONFIG_STAGE_SERVED || is_default(key, entry->value))
		return;
	if (key->stage == CONFIG_STAGE_BINDING && in_use(config, key->when))
		config_problems_add(problems, CONFIG_PROBLEM_BINDING, place,
		    "klamm does not serve this yet: %s", key->comment);
	else
		config_problems_add(problems, CONFIG_PROBLEM_HARMLESS, place,
		    "klamm does not serve this; %s",
		    key->stage == CONFIG_STAGE_BINDING ? "nothing here uses it" : key->comment);
}

void
broker_config_check_stages(const struct broker_config *config, struct config_problems *problems)
{
	CONFIG_MAP_FOREACH(link, &config->given) {
		const struct config_entry *entry = config_map_entry(link);
		struct slice name = slice_of_text(entry->name);
		const struct config_key *key = config_key_find(CONFIG_SCOPE_BROKER, name);
		const struct config_key *prefixed = config_key_find_prefixed(name);
		if (key != NULL && key->change != CONFIG_CHANGE_DYNAMIC_ONLY)
			check_entry(config, entry, key, false, problems);
		else if (prefixed != NULL)
			check_entry(config, entry, prefixed, true, problems);
	}
}
