#include <stdlib.h>

#include "zk/tree/tree_private.h"

static enum znode_error
find_readable(const struct tree *tree, const struct tree_caller *caller, struct slice path,
    int32_t permission, struct node **node)
{
	*node = tree_find(tree, path);
	return *node == NULL ? ZNODE_NO_NODE : tree_check_acl(&(*node)->acl.acl, permission, caller);
}

enum znode_error
tree_exists(const struct tree *tree, struct slice path, struct znode_stat *stat)
{
	struct node *node;

	if (path.size > 0 && memchr(path.bytes, '\0', path.size) != NULL)
		return ZNODE_BAD_ARGUMENTS;
	node = tree_find(tree, path);
	if (node == NULL)
		return ZNODE_NO_NODE;
	node_stat(node, stat);
	return ZNODE_OK;
}

enum znode_error
tree_get_data(const struct tree *tree, const struct tree_caller *caller, struct slice path,
    struct slice *data, struct znode_stat *stat)
{
	struct node *node;
	enum znode_error error = find_readable(tree, caller, path, ZNODE_READ, &node);

	if (error != ZNODE_OK)
		return error;
	*data = node->data_is_null ? slice_null() : slice_of(node->data, node->data_size);
	node_stat(node, stat);
	return ZNODE_OK;
}

/* "user:hash" becomes "user:x". */
static bool
hide_hash(struct arena *arena, struct znode_id *id)
{
	const uint8_t *colon;
	size_t before;
	char *text;

	if (!slice_equal_text(id->scheme, "digest"))
		return true;
	colon = memchr(id->id.bytes, ':', id->id.size);
	before = colon == NULL ? id->id.size : (size_t)(colon - id->id.bytes);
	text = arena_new(arena, before + 3);
	if (text == NULL)
		return false;
	memcpy(text, id->id.bytes, before);
	memcpy(text + before, ":x", 2);
	id->id = slice_of(text, before + 2);
	return true;
}

enum znode_error
tree_get_acl(const struct tree *tree, const struct tree_caller *caller, struct slice path,
    struct arena *arena, struct znode_acl *acl, struct znode_stat *stat)
{
	struct znode_acl_entry *entries;
	struct node *node;
	enum znode_error error = find_readable(tree, caller, path,
	    ZNODE_READ | ZNODE_ADMIN, &node);

	if (error != ZNODE_OK)
		return error;
	node_stat(node, stat);
	*acl = node->acl.acl;
	if (tree_check_acl(acl, ZNODE_ADMIN, caller) == ZNODE_OK)
		return ZNODE_OK;
	entries = arena_array(arena, acl->count, sizeof(*entries));
	if (entries == NULL)
		return ZNODE_RUNTIME_INCONSISTENCY;
	for (size_t i = 0; i < acl->count; i++) {
		entries[i] = acl->entries[i];
		if (!hide_hash(arena, &entries[i].id))
			return ZNODE_RUNTIME_INCONSISTENCY;
	}
	acl->entries = entries;
	return ZNODE_OK;
}

static int
by_bytes(const void *a, const void *b)
{
	return slice_compare(*(const struct slice *)a, *(const struct slice *)b);
}

enum znode_error
tree_get_children(const struct tree *tree, const struct tree_caller *caller, struct slice path,
    struct arena *arena, struct slice **names, size_t *count, struct znode_stat *stat)
{
	struct node *node;
	enum znode_error error = find_readable(tree, caller, path, ZNODE_READ, &node);
	size_t above, i = 0;

	if (error != ZNODE_OK)
		return error;
	*names = arena_array(arena, node->child_count, sizeof(struct slice));
	if (*names == NULL)
		return ZNODE_RUNTIME_INCONSISTENCY;
	above = node->path_size == 1 ? 1 : node->path_size + 1;
	LIST_FOREACH(link, &node->children) {
		struct node *child = container_of(link, struct node, sibling);

		(*names)[i++] = slice_of(child->path + above, child->path_size - above);
	}
	*count = i;
	qsort(*names, i, sizeof(struct slice), by_bytes);
	node_stat(node, stat);
	return ZNODE_OK;
}

static int32_t
count_below(const struct node *top)
{
	const struct node *node = top;
	int32_t count = 0;

	for (;;) {
		if (!list_is_empty(&node->children)) {
			node = container_of(node->children.next, struct node, sibling);
			count++;
			continue;
		}
		while (node != top && node->sibling.next == &node->parent->children)
			node = node->parent;
		if (node == top)
			return count;
		node = container_of(node->sibling.next, struct node, sibling);
		count++;
	}
}

enum znode_error
tree_count_below(const struct tree *tree, const struct tree_caller *caller, struct slice path,
    int32_t *count)
{
	struct node *node;
	enum znode_error error = find_readable(tree, caller, path, ZNODE_READ, &node);

	if (error == ZNODE_OK)
		*count = count_below(node);
	return error;
}

enum znode_error
tree_get_ephemerals(const struct tree *tree, int64_t session, struct slice prefix,
    struct arena *arena, struct slice **paths, size_t *count)
{
	struct owner *owner = tree_owner(tree, session);
	size_t total = 0;

	*count = 0;
	if (owner != NULL) {
		LIST_FOREACH(link, &owner->ephemerals)
			total++;
	}
	*paths = arena_array(arena, total, sizeof(struct slice));
	if (*paths == NULL)
		return ZNODE_RUNTIME_INCONSISTENCY;
	if (owner == NULL)
		return ZNODE_OK;
	LIST_FOREACH(link, &owner->ephemerals) {
		struct slice path = node_path(container_of(link, struct node, in_session));

		if (path.size >= prefix.size && memcmp(path.bytes, prefix.bytes, prefix.size) == 0)
			(*paths)[(*count)++] = path;
	}
	qsort(*paths, *count, sizeof(struct slice), by_bytes);
	return ZNODE_OK;
}
