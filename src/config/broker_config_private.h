/* config/broker_config_private.h: what the files of broker_config share. */
#ifndef KLAMM_CONFIG_BROKER_CONFIG_PRIVATE_H
#define KLAMM_CONFIG_BROKER_CONFIG_PRIVATE_H

#include "config/broker_config.h"

/* Of replica.selector.class: what Kafka has. */
#define REPLICA_SELECTOR_BY_RACK "org.apache.kafka.common.replica.RackAwareReplicaSelector"
#define REPLICA_SELECTOR_LEADER "org.apache.kafka.common.replica.LeaderSelector"

/* Where a key stands, with its value if that may be shown. */
struct config_place broker_config_place(const struct broker_config *config,
    enum config_key_id id);

/* Values of all keys, from what was given or their defaults. */
void broker_config_read(struct broker_config *config, struct config_problems *problems);
/* Warnings and errors for keys that klamm does not serve. Needs the listeners. */
void broker_config_check_stages(const struct broker_config *config,
    struct config_problems *problems);
/* Names, protocols, both lists of listeners, and the rules between them. */
void broker_config_read_listeners(struct broker_config *config, struct config_problems *problems);
/* The typed fields, but for the listeners. */
void broker_config_fill(struct broker_config *config, struct config_problems *problems);
/* The rules between keys; those of listeners excepted. */
void broker_config_check_rules(const struct broker_config *config,
    struct config_problems *problems);

#endif
