/*
 * config/value.h: one value, from text to its type and back, as Kafka reads
 * and prints it: blanks around it go, numbers are Java's, lists are divided
 * by commas. Pure.
 */
#ifndef KLAMM_CONFIG_VALUE_H
#define KLAMM_CONFIG_VALUE_H

#include "base/error.h"
#include "config/key.h"

struct config_value {
	char *text; /* in its one spelling, as DescribeConfigs tells it; NULL: null. Owned. */
	union {
		bool boolean;
		int64_t integer; /* int, short, long */
		double real;
	};
};

enum { CONFIG_REASON_SIZE = 256 };

/*
 * `text` NULL is null. ERROR_INVALID_ARGUMENT: `reason` says what is expected
 * and never holds the value; nothing is kept.
 */
NODISCARD enum error config_value_parse(const struct config_key *key, const char *text,
    struct config_value *value, char reason[CONFIG_REASON_SIZE]);
/* The default of the table, which is right: a unit test looks at each. */
void config_value_default(const struct config_key *key, struct config_value *value);
void config_value_fini(struct config_value *value);

#endif
