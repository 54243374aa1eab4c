/*
 * controller/reign_config.h: what stands in /config/topics/T, as far as the
 * controller cares. Pure. Private.
 */
#ifndef KLAMM_CONTROLLER_REIGN_CONFIG_H
#define KLAMM_CONTROLLER_REIGN_CONFIG_H

#include "config/broker_config.h"

/*
 * Whether unclean.leader.election.enable is set, by the topic or, where it says
 * nothing, by the broker. Bytes that cannot be read allow nothing.
 */
bool reign_config_allows_unclean(const struct broker_config *config, struct slice bytes);

#endif
