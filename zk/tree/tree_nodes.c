#include <stdlib.h>

#include "base/memory.h"
#include "zk/tree/tree_private.h"

static bool
path_matches(const struct hash_node *link, const void *key)
{
	const struct node *node = container_of(link, const struct node, link);

	return slice_equal(node_path(node), *(const struct slice *)key);
}

static bool
session_matches(const struct hash_node *link, const void *key)
{
	return container_of(link, const struct owner, link)->session == *(const int64_t *)key;
}

struct node *
tree_find(const struct tree *tree, struct slice path)
{
	struct hash_node *link;

	if (path.size == 0)
		return tree->root;
	link = hash_table_find(&tree->nodes, hash_table_hash(&tree->nodes, path), &path);
	return link == NULL ? NULL : container_of(link, struct node, link);
}

struct node *
node_new(struct slice path, struct slice data, const struct znode_acl *acl)
{
	struct node *node = memory_new(sizeof(*node));

	node->path = memory_text(path.bytes, path.size);
	node->path_size = path.size;
	node->data_is_null = slice_is_null(data);
	node->data = (uint8_t *)memory_text(data.bytes, data.size);
	node->data_size = data.size;
	acl_copy_init(&node->acl, acl);
	list_init(&node->children);
	list_init(&node->sibling);
	list_init(&node->in_session);
	return node;
}

void
node_free(struct node *node)
{
	acl_copy_fini(&node->acl);
	free(node->data);
	free(node->path);
	free(node);
}

struct owner *
tree_owner(const struct tree *tree, int64_t session)
{
	uint64_t hash = hash_table_hash(&tree->owners, slice_of(&session, sizeof(session)));
	struct hash_node *link = hash_table_find(&tree->owners, hash, &session);

	return link == NULL ? NULL : container_of(link, struct owner, link);
}

static struct owner *
make_owner(struct tree *tree, int64_t session)
{
	struct owner *owner = tree_owner(tree, session);

	if (owner != NULL)
		return owner;
	owner = memory_new(sizeof(*owner));
	owner->session = session;
	list_init(&owner->ephemerals);
	hash_table_insert(&tree->owners, &owner->link,
	    hash_table_hash(&tree->owners, slice_of(&session, sizeof(session))));
	return owner;
}

void
tree_link(struct tree *tree, struct node *parent, struct node *node)
{
	hash_table_insert(&tree->nodes, &node->link,
	    hash_table_hash(&tree->nodes, node_path(node)));
	node->parent = parent;
	if (parent != NULL) {
		list_append(&parent->children, &node->sibling);
		parent->child_count++;
	}
	if (node->ephemeral_owner != 0)
		list_append(&make_owner(tree, node->ephemeral_owner)->ephemerals, &node->in_session);
}

void
tree_unlink(struct tree *tree, struct node *node)
{
	hash_table_remove(&tree->nodes, &node->link);
	list_remove(&node->sibling);
	if (node->parent != NULL)
		node->parent->child_count--;
	if (node->ephemeral_owner != 0) {
		struct owner *owner = tree_owner(tree, node->ephemeral_owner);

		list_remove(&node->in_session);
		if (list_is_empty(&owner->ephemerals)) {
			hash_table_remove(&tree->owners, &owner->link);
			free(owner);
		}
	}
}

/*
 * A node counts the creations below it; clients see creations and deletions
 * together, which is twice the creations less the children that are there.
 */
void
node_stat(const struct node *node, struct znode_stat *stat)
{
	*stat = (struct znode_stat){
		.czxid = node->czxid,
		.mzxid = node->mzxid,
		.ctime_ms = node->ctime_ms,
		.mtime_ms = node->mtime_ms,
		.version = node->version,
		.cversion = (int32_t)(node->creations * 2 - (int64_t)node->child_count),
		.aversion = node->aversion,
		.ephemeral_owner = node->ephemeral_owner,
		.data_length = (int32_t)node->data_size,
		.child_count = (int32_t)node->child_count,
		.pzxid = node->pzxid,
	};
}

static struct node *
add_own(struct tree *tree, struct node *parent, const char *path, const struct znode_acl *acl)
{
	struct node *node = node_new(slice_of_text(path), slice_of("", 0), acl);

	tree_link(tree, parent, node);
	return node;
}

struct tree *
tree_new(const uint64_t seed[2], struct tree_watch_sink *sink)
{
	const struct znode_acl_entry anyone = { ZNODE_ALL,
		{ slice_of_text("world"), slice_of_text("anyone") } };
	const struct znode_acl_entry reader = { ZNODE_READ, anyone.id };
	const struct znode_acl open_acl = { &anyone, 1 }, config_acl = { &reader, 1 };
	struct tree *tree = memory_new(sizeof(*tree));
	struct node *own;

	hash_table_init(&tree->nodes, seed, path_matches);
	hash_table_init(&tree->owners, seed, session_matches);
	tree->watches = watches_new(seed);
	tree->sink = sink;
	tree->root = add_own(tree, NULL, "/", &open_acl);
	own = add_own(tree, tree->root, "/zookeeper", &open_acl);
	add_own(tree, own, "/zookeeper/quota", &open_acl);
	own = add_own(tree, own, "/zookeeper/config", &config_acl);
	own->aversion = -1; /* observed */
	return tree;
}

void
tree_free(struct tree *tree)
{
	HASH_TABLE_FOREACH(link, &tree->nodes)
		node_free(container_of(hash_node_of(link), struct node, link));
	HASH_TABLE_FOREACH(link, &tree->owners)
		free(container_of(hash_node_of(link), struct owner, link));
	hash_table_fini(&tree->nodes);
	hash_table_fini(&tree->owners);
	watches_free(tree->watches);
	free(tree);
}

struct watches *
tree_watches(struct tree *tree)
{
	return tree->watches;
}

int64_t
tree_zxid(const struct tree *tree)
{
	return tree->zxid;
}

int64_t
tree_next_zxid(struct tree *tree)
{
	return ++tree->zxid;
}
