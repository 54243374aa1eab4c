/*
 * controller/reign_config.h: what stands in /config/topics/T and
 * /config/brokers, as far as the controller cares. Pure. Private.
 */
#ifndef KLAMM_CONTROLLER_REIGN_CONFIG_H
#define KLAMM_CONTROLLER_REIGN_CONFIG_H

#include "config/broker_config.h"

/*
 * Whether unclean.leader.election.enable is set, by the topic or, where it says
 * nothing, by the broker. Bytes that cannot be read allow nothing.
 */
bool reign_config_allows_unclean(const struct broker_config *config, struct slice bytes);

/*
 * min.insync.replicas in the bytes of a topic's or of brokers' configuration; 0: they say
 * nothing of it, -1: they cannot be read.
 */
int32_t reign_config_min_insync(struct slice bytes);

/*
 * The file with what /config/brokers/<default> and /config/brokers/ID say; null:
 * no such node. The caller's; NULL when they cannot be read, or are not served.
 */
struct broker_config *reign_config_of_brokers(const struct broker_config *file,
    struct slice cluster_wide, struct slice own);

#endif
