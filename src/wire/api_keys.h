/*
 * wire/api_keys.h: the api keys and versions that a Kafka 3.9 broker
 * coordinated by ZooKeeper answers, taken from messages.def. What klamm
 * serves of them is api/'s table. The names API_KEY_... are in
 * wire/messages.h.
 */
#ifndef KLAMM_WIRE_API_KEYS_H
#define KLAMM_WIRE_API_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct api_key_info {
	const char *name; /* "Produce" */
	int16_t key;
	int16_t first_version;
	int16_t last_version;           /* the last stable one */
	int16_t first_flexible_version; /* INT16_MAX: none */
};

/* By ascending key, as ApiVersions lists them. */
extern const struct api_key_info api_key_table[];
extern const size_t api_key_count;

/* NULL for a key that such a broker does not know. */
const struct api_key_info *api_key_find(int16_t key);

#endif
