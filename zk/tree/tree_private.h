/* zk/tree/tree_private.h: what the files of this machine share. */
#ifndef KLAMM_ZK_TREE_PRIVATE_H
#define KLAMM_ZK_TREE_PRIVATE_H

#include "zk/tree/tree.h"
#include "zk/tree/watches.h"

/* An ACL that its holder owns, in one allocation. */
struct acl_copy {
	struct znode_acl acl;
	uint8_t *memory;
};

struct node {
	struct hash_node link;        /* in tree->nodes, by path */
	char *path;
	size_t path_size;
	struct node *parent;          /* NULL for "/" */
	struct list children;         /* of `sibling` */
	struct list sibling;
	size_t child_count;
	uint8_t *data;
	size_t data_size;
	bool data_is_null;
	struct acl_copy acl;
	int64_t czxid, mzxid, pzxid;
	int64_t ctime_ms, mtime_ms;
	int32_t version, aversion;
	int32_t creations;            /* of children; the number that sequences use */
	int64_t ephemeral_owner;
	struct list in_session;       /* of its owner */
};

/* A session that owns ephemerals. */
struct owner {
	struct hash_node link; /* in tree->owners, by session */
	int64_t session;
	struct list ephemerals;
};

struct tree {
	struct hash_table nodes;
	struct hash_table owners;
	struct node *root;
	int64_t zxid;
	struct watches *watches;
	struct tree_watch_sink *sink;
	struct tree_change_sink *change_sink; /* NULL: nobody */
};

/* tree_nodes.c */
static inline struct slice
node_path(const struct node *node)
{
	return slice_of(node->path, node->path_size);
}

struct node *tree_find(const struct tree *tree, struct slice path);
/* Not linked yet; data and ACL are copied. */
struct node *node_new(struct slice path, struct slice data, const struct znode_acl *acl);
void node_free(struct node *node);
/* Into the table, below its parent, and under its session when ephemeral. */
void tree_link(struct tree *tree, struct node *parent, struct node *node);
void tree_unlink(struct tree *tree, struct node *node);
void node_stat(const struct node *node, struct znode_stat *stat);
struct owner *tree_owner(const struct tree *tree, int64_t session);

/* path.c */
/* Kafka or anybody else may name a node so (ZooKeeper's own rules). */
bool path_is_valid(struct slice path);
/* What stands before the last "/"; false when there is none. "/" has the parent "". */
bool path_parent(struct slice path, struct slice *parent);

/* acl.c */
/*
 * What a client sent, as it is stored: doubles dropped, "auth" replaced by
 * the caller's proven ids. ZNODE_INVALID_ACL leaves `*copy` empty.
 */
enum znode_error acl_fix_up(const struct znode_acl *sent, const struct tree_caller *caller,
    struct acl_copy *copy);
void acl_copy_init(struct acl_copy *copy, const struct znode_acl *acl);
void acl_copy_fini(struct acl_copy *copy);

#endif
