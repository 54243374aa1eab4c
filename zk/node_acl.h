/*
 * zk/node_acl.h: what zookeeper.set.acl asks for. Set: the creator has all
 * permissions, and anyone may read what holds no secret; /consumers stays open.
 * Not set: anyone has all.
 */
#ifndef KLAMM_ZK_NODE_ACL_H
#define KLAMM_ZK_NODE_ACL_H

#include "world/znode.h"

/* Of a node that is created; `path` is below the chroot. Lives for ever. */
struct znode_acl node_acl_of(bool set_acl, struct slice path);

#endif
