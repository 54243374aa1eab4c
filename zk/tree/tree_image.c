#include <stdlib.h>

#include "base/memory.h"
#include "zk/tree/tree_private.h"

void
tree_set_change_sink(struct tree *tree, struct tree_change_sink *sink)
{
	tree->change_sink = sink;
}

bool
tree_image(const struct tree *tree, struct slice path, struct tree_image *image)
{
	const struct node *node = tree_find(tree, path);

	if (node == NULL)
		return false;
	image->data = node->data_is_null ? slice_null() : slice_of(node->data, node->data_size);
	image->acl = node->acl.acl;
	image->creations = node->creations;
	node_stat(node, &image->stat);
	return true;
}

/* Its counts and times; the number of its children is known when they come. */
static void
take_stat(struct node *node, const struct tree_image *image)
{
	node->czxid = image->stat.czxid;
	node->mzxid = image->stat.mzxid;
	node->pzxid = image->stat.pzxid;
	node->ctime_ms = image->stat.ctime_ms;
	node->mtime_ms = image->stat.mtime_ms;
	node->version = image->stat.version;
	node->aversion = image->stat.aversion;
	node->creations = image->creations;
}

/* The image may be one of this very node: it is copied before anything is freed. */
static void
replace(struct node *node, const struct tree_image *image)
{
	uint8_t *data = (uint8_t *)memory_text(image->data.bytes, image->data.size);
	struct acl_copy acl;

	acl_copy_init(&acl, &image->acl);
	free(node->data);
	node->data = data;
	node->data_size = image->data.size;
	node->data_is_null = slice_is_null(image->data);
	acl_copy_fini(&node->acl);
	node->acl = acl;
}

enum error
tree_restore(struct tree *tree, struct slice path, const struct tree_image *image)
{
	struct node *node, *parent;
	struct slice above;

	if (!path_is_valid(path))
		return ERROR_CORRUPT;
	node = tree_find(tree, path);
	if (node != NULL) {
		replace(node, image);
		take_stat(node, image);
		return ERROR_NONE;
	}
	parent = path_parent(path, &above) ? tree_find(tree, above) : NULL;
	if (parent == NULL || parent->ephemeral_owner != 0)
		return ERROR_CORRUPT;
	node = node_new(path, image->data, &image->acl);
	node->ephemeral_owner = image->stat.ephemeral_owner;
	take_stat(node, image);
	tree_link(tree, parent, node);
	return ERROR_NONE;
}

void
tree_restore_zxid(struct tree *tree, int64_t zxid)
{
	tree->zxid = MAX(tree->zxid, zxid);
}

void
tree_count(const struct tree *tree, struct tree_census *census)
{
	*census = (struct tree_census){ .nodes = tree->nodes.count };
	HASH_TABLE_FOREACH(link, &tree->nodes) {
		const struct node *node = container_of(hash_node_of(link), struct node, link);

		census->bytes += node->path_size + node->data_size;
		census->ephemerals += node->ephemeral_owner != 0;
	}
}
