/*
 * config/dynamic.h: what stands in ZooKeeper for brokers, over server.properties
 * (Kafka's dynamic broker configs). Of the keys that may change while a broker
 * runs klamm takes those that give topics their defaults; another served key
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

#endif
