/* group/groups_private.h: what groups.c has besides groups.h, for tests too. */
#ifndef KLAMM_GROUP_GROUPS_PRIVATE_H
#define KLAMM_GROUP_GROUPS_PRIVATE_H

#include "group/groups.h"
#include "group/shard.h"

/* groups_new over another log than partition.h's. */
struct groups *groups_new_over(const struct groups_options *options, const struct shard_log *log);

#endif
