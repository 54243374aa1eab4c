/*
 * config/dynamic.h: what stands in ZooKeeper for brokers, over server.properties
 * (Kafka's dynamic broker configs). Of the keys that may change while a broker
 * runs klamm takes those that give topics their defaults, and the rates of
 * throttled replicas, which no file may name; another served key
 * that says something else than the file is refused, since it would be
 * ignored. Pure.
 */
#ifndef KLAMM_CONFIG_DYNAMIC_H
#define KLAMM_CONFIG_DYNAMIC_H

#include "config/broker_config.h"

/*
 * `file` with what /config/brokers/<default> and /config/brokers/ID say, the
 * latter winning. NULL when `problems` has an error. Of warnings only those
 * about these keys are added. The maps are read only in the call.
 */
struct broker_config *dynamic_config_new(const struct broker_config *file,
    const struct config_map *cluster_wide, const struct config_map *own,
    struct config_problems *problems);

/* Whether an entry of /config/brokers/ID (`own`), or <default>, is more than ignored there. */
bool dynamic_config_counts(const struct config_entry *entry, bool own);

/*
 * What a client asks to stand in /config/brokers/ID (`of_own`), or <default>,
 * where `before` stands: an error for each entry that is new or another one and
 * may not be there, as in Kafka, or would have no effect here. What may stand
 * is looked at whole then, as dynamic_config_new does.
 */
void dynamic_config_check(const struct broker_config *file, const struct config_map *cluster_wide,
    const struct config_map *own, bool of_own, const struct config_map *before,
    struct config_problems *problems);

#endif
