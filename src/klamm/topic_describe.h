/* klamm/topic_describe.h: `klamm topic describe`: partitions, and configs that are not the default. */
#ifndef KLAMM_KLAMM_TOPIC_DESCRIBE_H
#define KLAMM_KLAMM_TOPIC_DESCRIBE_H

#include "klamm/command.h"

extern const struct argument_option topic_describe_options[];

#define TOPIC_DESCRIBE_DETAILS \
	"Of the configs those are shown that are not Kafka's default; their source says\n" \
	"where they were set: topic, broker, cluster (all brokers) or server.properties.\n"

enum command_status topic_describe(struct tool *tool, struct arguments *arguments);

#endif
