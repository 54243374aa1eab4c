#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "zk/tree/tree_private.h"

/* One operation that was done, with what it takes to undo it and to tell of it. */
struct done {
	enum znode_operation_type type;
	struct node *node;
	struct node before;           /* DELETE, SET_DATA, SET_ACL: the fields as they were */
	int64_t parent_pzxid;
	struct acl_copy old_acl;      /* SET_ACL */
	uint8_t *old_data;            /* SET_DATA */
};

struct transaction {
	struct tree *tree;
	const struct tree_caller *caller;
	int64_t zxid;
	int64_t now_ms;
	struct arena *arena;
	struct done *done;
	size_t count;
	bool out_of_memory;
};

enum { SEQUENCE_DIGITS = 10, SEQUENCE_SPACE = 12 };

/* The name that the node gets; false when the arena is full. */
static bool
final_path(struct transaction *t, const struct znode_operation *operation, struct node *parent,
    struct slice *path)
{
	char number[SEQUENCE_SPACE];
	char *name;
	int digits = 0;

	if ((operation->flags & ZNODE_SEQUENTIAL) != 0)
		digits = snprintf(number, sizeof(number), "%0*d", SEQUENCE_DIGITS, parent->creations);
	name = arena_new(t->arena, operation->path.size + (size_t)digits + 1);
	if (name == NULL)
		return false;
	memcpy(name, operation->path.bytes, operation->path.size);
	memcpy(name + operation->path.size, number, (size_t)digits);
	*path = slice_of(name, operation->path.size + (size_t)digits);
	return true;
}

static enum znode_error
find_checked(struct transaction *t, struct slice path, int32_t permission, struct node **node)
{
	*node = tree_find(t->tree, path);
	if (*node == NULL)
		return ZNODE_NO_NODE;
	return tree_check_acl(&(*node)->acl.acl, permission, t->caller);
}

static enum znode_error
check_flags(int32_t flags)
{
	if (flags < 0 || flags > 6)
		return ZNODE_BAD_ARGUMENTS;
	return flags > 3 ? ZNODE_UNIMPLEMENTED : ZNODE_OK;
}

/* What may stand in the way of a creation, in ZooKeeper's order. */
static enum znode_error
check_create(struct transaction *t, const struct znode_operation *operation, struct acl_copy *acl,
    struct node **parent, struct slice *path)
{
	enum znode_error error = check_flags(operation->flags);
	struct slice above;

	if (error != ZNODE_OK)
		return error;
	if (!path_parent(operation->path, &above) ||
	    memchr(operation->path.bytes, '\0', operation->path.size) != NULL)
		return ZNODE_BAD_ARGUMENTS;
	error = acl_fix_up(&operation->acl, t->caller, acl);
	if (error == ZNODE_OK)
		error = find_checked(t, above, ZNODE_CREATE, parent);
	if (error != ZNODE_OK)
		return error;
	if (!final_path(t, operation, *parent, path)) {
		t->out_of_memory = true;
		return ZNODE_RUNTIME_INCONSISTENCY;
	}
	if (!path_is_valid(*path))
		return ZNODE_BAD_ARGUMENTS;
	if (tree_find(t->tree, *path) != NULL)
		return ZNODE_NODE_EXISTS;
	return (*parent)->ephemeral_owner != 0 ? ZNODE_NO_CHILDREN_FOR_EPHEMERALS : ZNODE_OK;
}

static enum znode_error
create(struct transaction *t, const struct znode_operation *operation, struct znode_result *result)
{
	struct done *done = &t->done[t->count];
	struct acl_copy acl = { 0 };
	struct node *parent, *node;
	enum znode_error error = check_create(t, operation, &acl, &parent, &result->path);

	if (error == ZNODE_OK) {
		node = node_new(result->path, operation->data, &acl.acl);
		node->czxid = node->mzxid = node->pzxid = t->zxid;
		node->ctime_ms = node->mtime_ms = t->now_ms;
		if ((operation->flags & ZNODE_EPHEMERAL) != 0)
			node->ephemeral_owner = t->caller->session;
		tree_link(t->tree, parent, node);
		done->node = node;
		done->parent_pzxid = parent->pzxid;
		parent->creations++;
		parent->pzxid = t->zxid;
		node_stat(node, &result->stat);
	}
	acl_copy_fini(&acl);
	return error;
}

static bool
is_special(struct slice path)
{
	return slice_equal_text(path, "/") || slice_equal_text(path, "/zookeeper") ||
	    slice_equal_text(path, "/zookeeper/quota") ||
	    slice_equal_text(path, "/zookeeper/config");
}

/* Takes the node out of the tree; `done` keeps it until the transaction ends. */
static void
take_out(struct transaction *t, struct node *node)
{
	struct done *done = &t->done[t->count];

	done->type = ZNODE_OP_DELETE;
	done->node = node;
	done->parent_pzxid = node->parent->pzxid;
	tree_unlink(t->tree, node);
	node->parent->pzxid = MAX(node->parent->pzxid, t->zxid);
}

static enum znode_error
delete(struct transaction *t, const struct znode_operation *operation)
{
	struct slice above;
	struct node *parent, *node;
	enum znode_error error;

	if (!path_parent(operation->path, &above) || is_special(operation->path) ||
	    memchr(operation->path.bytes, '\0', operation->path.size) != NULL)
		return ZNODE_BAD_ARGUMENTS;
	error = find_checked(t, above, ZNODE_DELETE, &parent);
	if (error != ZNODE_OK)
		return error;
	node = tree_find(t->tree, operation->path);
	if (node == NULL)
		return ZNODE_NO_NODE;
	if (operation->version != -1 && operation->version != node->version)
		return ZNODE_BAD_VERSION;
	if (node->child_count > 0)
		return ZNODE_NOT_EMPTY;
	take_out(t, node);
	return ZNODE_OK;
}

static enum znode_error
set_data(struct transaction *t, const struct znode_operation *operation,
    struct znode_result *result)
{
	struct done *done = &t->done[t->count];
	enum znode_error error;
	struct node *node;

	if (!path_is_valid(operation->path))
		return ZNODE_BAD_ARGUMENTS;
	error = find_checked(t, operation->path, ZNODE_WRITE, &node);
	if (error != ZNODE_OK)
		return error;
	if (operation->version != -1 && operation->version != node->version)
		return ZNODE_BAD_VERSION;
	done->node = node;
	done->before = *node;
	done->old_data = node->data;
	node->data = (uint8_t *)memory_text(operation->data.bytes, operation->data.size);
	node->data_size = operation->data.size;
	node->data_is_null = slice_is_null(operation->data);
	node->mzxid = t->zxid;
	node->mtime_ms = t->now_ms;
	node->version++;
	node_stat(node, &result->stat);
	return ZNODE_OK;
}

static enum znode_error
set_acl(struct transaction *t, const struct znode_operation *operation, struct znode_result *result)
{
	struct done *done = &t->done[t->count];
	struct acl_copy acl;
	enum znode_error error;
	struct node *node;

	if (!path_is_valid(operation->path))
		return ZNODE_BAD_ARGUMENTS;
	error = acl_fix_up(&operation->acl, t->caller, &acl);
	if (error == ZNODE_OK)
		error = find_checked(t, operation->path, ZNODE_ADMIN, &node);
	if (error == ZNODE_OK && operation->version != -1 && operation->version != node->aversion)
		error = ZNODE_BAD_VERSION;
	if (error != ZNODE_OK) {
		acl_copy_fini(&acl);
		return error;
	}
	done->node = node;
	done->before = *node;
	done->old_acl = node->acl;
	node->acl = acl;
	node->aversion++;
	node_stat(node, &result->stat);
	return ZNODE_OK;
}

static enum znode_error
check(struct transaction *t, const struct znode_operation *operation)
{
	enum znode_error error;
	struct node *node;

	if (!path_is_valid(operation->path))
		return ZNODE_BAD_ARGUMENTS;
	error = find_checked(t, operation->path, ZNODE_READ, &node);
	if (error != ZNODE_OK)
		return error;
	if (operation->version != -1 && operation->version != node->version)
		return ZNODE_BAD_VERSION;
	return ZNODE_OK;
}

static enum znode_error
carry_out(struct transaction *t, const struct znode_operation *operation,
    struct znode_result *result)
{
	t->done[t->count].type = operation->type;
	switch (operation->type) {
	case ZNODE_OP_CREATE:
		return create(t, operation, result);
	case ZNODE_OP_DELETE:
		return delete(t, operation);
	case ZNODE_OP_SET_DATA:
		return set_data(t, operation, result);
	case ZNODE_OP_SET_ACL:
		return set_acl(t, operation, result);
	case ZNODE_OP_CHECK:
		return check(t, operation);
	}
	return ZNODE_UNIMPLEMENTED;
}

static void
undo(struct transaction *t, struct done *done)
{
	struct node *node = done->node;

	switch (done->type) {
	case ZNODE_OP_CREATE:
		tree_unlink(t->tree, node);
		node->parent->creations--;
		node->parent->pzxid = done->parent_pzxid;
		node_free(node);
		break;
	case ZNODE_OP_DELETE:
		tree_link(t->tree, node->parent, node);
		node->parent->pzxid = done->parent_pzxid;
		break;
	case ZNODE_OP_SET_DATA:
		free(node->data);
		node->data = done->old_data;
		node->data_size = done->before.data_size;
		node->data_is_null = done->before.data_is_null;
		node->mzxid = done->before.mzxid;
		node->mtime_ms = done->before.mtime_ms;
		node->version = done->before.version;
		break;
	case ZNODE_OP_SET_ACL:
		acl_copy_fini(&node->acl);
		node->acl = done->old_acl;
		node->aversion = done->before.aversion;
		break;
	case ZNODE_OP_CHECK:
		break;
	}
}

static struct watch_subject
subject(const struct node *node)
{
	return (struct watch_subject){ node_path(node), &node->acl.acl };
}

static void
tell_change(struct tree *tree, const struct node *node)
{
	if (tree->change_sink != NULL)
		tree->change_sink->changed(tree->change_sink, node_path(node));
}

/* Tells the watchers, then frees what the operation left behind. */
static void
conclude(struct transaction *t, struct done *done)
{
	struct tree *tree = t->tree;
	struct node *node = done->node;

	if (done->type != ZNODE_OP_CHECK)
		tell_change(tree, node);
	if (done->type == ZNODE_OP_CREATE || done->type == ZNODE_OP_DELETE)
		tell_change(tree, node->parent);
	switch (done->type) {
	case ZNODE_OP_CREATE:
		watches_created(tree->watches, subject(node), subject(node->parent), tree->sink);
		break;
	case ZNODE_OP_DELETE:
		watches_deleted(tree->watches, subject(node), subject(node->parent), tree->sink);
		break;
	case ZNODE_OP_SET_DATA:
		watches_data_changed(tree->watches, subject(node), tree->sink);
		free(done->old_data);
		break;
	case ZNODE_OP_SET_ACL:
		acl_copy_fini(&done->old_acl);
		break;
	case ZNODE_OP_CHECK:
		break;
	}
}

static void
commit(struct transaction *t)
{
	for (size_t i = 0; i < t->count; i++)
		conclude(t, &t->done[i]);
	/* A later operation of a multi may have deleted what an earlier one made. */
	for (size_t i = 0; i < t->count; i++) {
		if (t->done[i].type == ZNODE_OP_DELETE)
			node_free(t->done[i].node);
	}
}

static void
roll_back(struct transaction *t)
{
	while (t->count > 0)
		undo(t, &t->done[--t->count]);
}

static void
report_failure(struct znode_result *results, size_t count, size_t failed, enum znode_error error)
{
	for (size_t i = 0; i < count; i++) {
		results[i] = (struct znode_result){
			.error = i < failed ? ZNODE_OK : ZNODE_RUNTIME_INCONSISTENCY };
	}
	results[failed].error = error;
}

enum error
tree_write(struct tree *tree, const struct tree_caller *caller, int64_t now_ms,
    const struct znode_operation *operations, size_t count, bool multi, struct arena *arena,
    struct znode_result *results)
{
	struct transaction t = { .tree = tree, .caller = caller, .zxid = tree->zxid + 1,
		.now_ms = now_ms, .arena = arena };
	enum znode_error error = ZNODE_OK;

	t.done = memory_array(count, sizeof(*t.done));
	for (size_t i = 0; i < count && error == ZNODE_OK; i++) {
		results[i] = (struct znode_result){ 0 };
		error = carry_out(&t, &operations[i], &results[i]);
		if (error == ZNODE_OK)
			t.count++;
	}
	if (!t.out_of_memory)
		tree->zxid++;
	if (error == ZNODE_OK) {
		commit(&t);
	} else {
		size_t failed = t.count;

		roll_back(&t);
		report_failure(results, multi ? count : 1, failed, error);
	}
	free(t.done);
	return t.out_of_memory ? ERROR_NO_MEMORY : ERROR_NONE;
}

static int
by_path(const void *a, const void *b)
{
	return slice_compare(node_path(*(struct node *const *)a), node_path(*(struct node *const *)b));
}

void
tree_end_session(struct tree *tree, int64_t session, int64_t now_ms)
{
	struct transaction t = { .tree = tree, .zxid = ++tree->zxid, .now_ms = now_ms };
	struct owner *owner = tree_owner(tree, session);
	struct node **nodes;
	size_t count = 0;

	if (owner == NULL) {
		watches_end_session(tree->watches, session);
		return;
	}
	LIST_FOREACH(link, &owner->ephemerals)
		count++;
	nodes = memory_array(count, sizeof(struct node *));
	t.done = memory_array(count, sizeof(*t.done));
	count = 0;
	LIST_FOREACH(link, &owner->ephemerals)
		nodes[count++] = container_of(link, struct node, in_session);
	qsort(nodes, count, sizeof(struct node *), by_path);
	for (size_t i = 0; i < count; i++, t.count++)
		take_out(&t, nodes[i]);
	commit(&t);
	watches_end_session(tree->watches, session);
	free(t.done);
	free(nodes);
}
