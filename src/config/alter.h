/*
 * config/alter.h: what AlterConfigs and IncrementalAlterConfigs ask: changes of
 * names and texts, and what of it may stand (ConfigAdminManager and
 * ZkAdminManager of Kafka 3.9). Pure.
 */
#ifndef KLAMM_CONFIG_ALTER_H
#define KLAMM_CONFIG_ALTER_H

#include "config/broker_config.h"

/* The numbers are those of IncrementalAlterConfigs. */
enum config_alter_operation {
	CONFIG_ALTER_SET = 0,
	CONFIG_ALTER_DELETE = 1,
	CONFIG_ALTER_APPEND = 2,   /* to a list, what is not in it yet */
	CONFIG_ALTER_SUBTRACT = 3, /* from a list, each element once */
};

struct config_alteration {
	struct slice name;
	struct slice value; /* null with DELETE alone */
	int8_t operation;   /* as it came; another number is refused */
};

/*
 * Changes `map`, the configs of a topic or of brokers, in the order of the
 * alterations. ERROR_INVALID_ARGUMENT, with a problem, when one of them cannot
 * be done; the map is then half done.
 */
NODISCARD enum error config_alter(struct config_map *map, enum config_scope scope,
    const struct config_alteration *alterations, size_t count, struct config_problems *problems);

/* The errors of `problems` in one text, at most `room` bytes. */
void config_alter_reason(const struct config_problems *problems, struct buffer *text, size_t room);

#endif
