/* zk/error_text.h: ZooKeeper's codes in words, for the log. */
#ifndef KLAMM_ZK_ERROR_TEXT_H
#define KLAMM_ZK_ERROR_TEXT_H

#include "world/znode.h"

/* Never NULL. */
const char *zk_error_text(enum znode_error error);

#endif
