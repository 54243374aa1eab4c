/*
 * config/dev.h: what `klammd --dev` sets: a whole cluster of one process on
 * the loopback, with its embedded ZooKeeper, all data in one folder. Pure.
 */
#ifndef KLAMM_CONFIG_DEV_H
#define KLAMM_CONFIG_DEV_H

#include "config/map.h"

/* Entries without a line; --override may replace each of them. */
void config_dev(struct config_map *map, const char *data_dir);

#endif
