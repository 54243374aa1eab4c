#include "config/key.h"

#include <assert.h>

#include "base/macros.h"

/* generate.py computes the same. */
static uint32_t
mix(uint32_t seed, enum config_scope scope, struct slice name)
{
	uint32_t value = UINT32_C(2166136261) ^ seed;

	value = (value ^ (uint32_t)scope) * UINT32_C(16777619);
	for (size_t i = 0; i < name.size; i++)
		value = (value ^ name.bytes[i]) * UINT32_C(16777619);
	value ^= value >> 15;
	value *= UINT32_C(0x2c1b3c6d);
	return value ^ value >> 13;
}

const struct config_key *
config_key_find(enum config_scope scope, struct slice name)
{
	uint32_t seed = config_key_seeds[mix(0, scope, name) % CONFIG_KEY_SEEDS];
	int16_t id = config_key_slots[mix(seed, scope, name) % CONFIG_KEY_SLOTS];

	if (id < 0 || config_keys[id].scope != scope || !slice_equal_text(name, config_keys[id].name))
		return NULL;
	return &config_keys[id];
}

/* What follows the first dot; null when there is none. */
static struct slice
after_dot(struct slice name)
{
	const uint8_t *dot = memchr(name.bytes, '.', name.size);

	if (dot == NULL)
		return slice_null();
	return slice_of(dot + 1, name.size - (size_t)(dot + 1 - name.bytes));
}

const struct config_key *
config_key_find_prefixed(struct slice name)
{
	static const char prefix[] = "listener.name.";
	const size_t prefix_size = sizeof(prefix) - 1;

	if (name.size <= prefix_size || memcmp(name.bytes, prefix, prefix_size) != 0)
		return NULL;
	struct slice rest = after_dot(slice_of(name.bytes + prefix_size, name.size - prefix_size));
	for (int tries = 0; tries < 2 && !slice_is_null(rest); tries++) {
		const struct config_key *key = config_key_find(CONFIG_SCOPE_BROKER, rest);
		if (key != NULL && key->listener_prefix)
			return key;
		rest = after_dot(rest);
	}
	return NULL;
}

enum config_key_id
config_key_id(const struct config_key *key)
{
	assert(key >= config_keys && key < config_keys + CONFIG_KEY_COUNT);
	return (enum config_key_id)(key - config_keys);
}

/* What else than a key itself may give its value, in order (brokerConfigSynonyms). */
static const enum config_key_id families[][CONFIG_SYNONYMS_MAX] = {
	{ CONFIG_LOG_ROLL_MS, CONFIG_LOG_ROLL_HOURS, CONFIG_KEY_COUNT },
	{ CONFIG_LOG_ROLL_JITTER_MS, CONFIG_LOG_ROLL_JITTER_HOURS, CONFIG_KEY_COUNT },
	{ CONFIG_LOG_RETENTION_MS, CONFIG_LOG_RETENTION_MINUTES, CONFIG_LOG_RETENTION_HOURS },
};

size_t
config_key_family(enum config_key_id id, enum config_key_id members[CONFIG_SYNONYMS_MAX])
{
	members[0] = id;
	if (id == CONFIG_LOG_FLUSH_INTERVAL_MS) {
		/* One way only: the scheduler's own key has no synonym. */
		members[1] = CONFIG_LOG_FLUSH_SCHEDULER_INTERVAL_MS;
		return 2;
	}
	for (size_t family = 0; family < ARRAY_LENGTH(families); family++) {
		size_t count = 0;
		bool found = false;
		for (; count < CONFIG_SYNONYMS_MAX; count++) {
			if (families[family][count] == CONFIG_KEY_COUNT)
				break;
			found |= families[family][count] == id;
		}
		if (found) {
			memcpy(members, families[family], sizeof(families[family]));
			return count;
		}
	}
	return 1;
}
