#include "zk/operations.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"

/* ----------------------------------------------------------------- fenced */

static void
on_written(struct zk_call *call, const struct coord_answer *answer)
{
	struct zk_fenced_write *it = container_of(call, struct zk_fenced_write, call);
	bool fenced = it->count == 2 && answer->error == ZNODE_BAD_VERSION &&
	    answer->results[0].error == ZNODE_BAD_VERSION;

	it->done(it, answer->error, fenced, &answer->results[it->count - 1]);
}

void
zk_fenced_write(struct zk_session *session, struct zk_fenced_write *write,
    const struct zk_fence *fence, const struct znode_operation *operation,
    void (*done)(struct zk_fenced_write *write, enum znode_error error, bool fenced,
    const struct znode_result *result))
{
	bool has_fence = fence != NULL && !slice_is_null(fence->path);

	write->done = done;
	write->count = has_fence ? 2 : 1;
	if (has_fence)
		write->operations[0] = (struct znode_operation){ .type = ZNODE_OP_CHECK,
			.path = fence->path, .version = fence->version };
	write->operations[write->count - 1] = *operation;
	write->call = (struct zk_call){ .type = COORD_WRITE, .operations = write->operations,
		.operation_count = write->count, .multi = has_fence, .done = on_written };
	zk_session_call(session, &write->call);
}

/* ----------------------------------------------------------------- create */

static void create_part(struct zk_create_path *it);

static size_t
end_of_parent(struct slice path, size_t end)
{
	do
		end--;
	while (end > 0 && path.bytes[end] != '/');
	return end;
}

static size_t
end_of_child(struct slice path, size_t end)
{
	do
		end++;
	while (end < path.size && path.bytes[end] != '/');
	return end;
}

static void
on_part(struct zk_call *call, const struct coord_answer *answer)
{
	struct zk_create_path *it = container_of(call, struct zk_create_path, write.call);
	enum znode_error error = answer->error;
	bool whole = it->at == it->path.size;

	if (error == ZNODE_NO_NODE && end_of_parent(it->path, it->at) > 0) {
		it->at = end_of_parent(it->path, it->at);
		create_part(it);
	} else if (!whole && (error == ZNODE_OK || error == ZNODE_NODE_EXISTS)) {
		it->at = end_of_child(it->path, it->at);
		create_part(it);
	} else {
		it->done(it, error);
	}
}

static void
create_part(struct zk_create_path *it)
{
	struct znode_operation operation = {
		.type = ZNODE_OP_CREATE,
		.path = slice_of(it->path.bytes, it->at),
		.data = it->at == it->path.size ? it->data : slice_null(),
	};

	zk_write(it->session, &it->write, &operation, on_part);
}

void
zk_create_path(struct zk_session *session, struct zk_create_path *create, struct slice path,
    struct slice data, void (*done)(struct zk_create_path *create, enum znode_error error))
{
	assert(path.size > 1);
	create->session = session;
	create->path = path;
	create->data = data;
	create->done = done;
	create->at = path.size;
	create_part(create);
}

/* ----------------------------------------------------------------- delete */

static void delete_next(struct zk_delete_tree *it);

static void
push(struct zk_delete_tree *it, struct slice parent, struct slice name)
{
	char *path;

	if (it->depth == it->capacity) {
		it->capacity = MAX(it->capacity * 2, 16);
		it->stack = memory_resize(it->stack, it->capacity * sizeof(*it->stack));
	}
	path = memory_new(parent.size + name.size + 2);
	memcpy(path, parent.bytes, parent.size);
	if (!slice_is_null(name)) {
		path[parent.size] = '/';
		memcpy(path + parent.size + 1, name.bytes, name.size);
	}
	it->stack[it->depth++] = path;
}

static void
deletion_over(struct zk_delete_tree *it, enum znode_error error, bool fenced)
{
	while (it->depth > 0)
		free(it->stack[--it->depth]);
	free(it->stack);
	it->stack = NULL;
	it->done(it, error, fenced);
}

static void
on_gone(struct zk_fenced_write *write, enum znode_error error, bool fenced,
    const struct znode_result *result)
{
	struct zk_delete_tree *it = container_of(write, struct zk_delete_tree, write);

	/* of the delete itself: a fence whose node is gone deletes nothing */
	bool is_gone = error == ZNODE_OK || (error == ZNODE_NO_NODE && result->error == error);

	if (is_gone)
		free(it->stack[--it->depth]);
	else if (error != ZNODE_NOT_EMPTY) { /* else somebody added a child: look again */
		deletion_over(it, error, fenced);
		return;
	}
	delete_next(it);
}

static void
on_children(struct zk_call *call, const struct coord_answer *answer)
{
	struct zk_delete_tree *it = container_of(call, struct zk_delete_tree, call);
	struct slice path = slice_of_text(it->stack[it->depth - 1]);

	if (answer->error == ZNODE_OK && answer->child_count > 0) {
		for (size_t i = 0; i < answer->child_count; i++)
			push(it, path, answer->children[i]);
		delete_next(it);
	} else if (answer->error == ZNODE_OK) {
		zk_fenced_write(it->session, &it->write, &it->fence,
		    &(struct znode_operation){ .type = ZNODE_OP_DELETE, .path = path, .version = -1 },
		    on_gone);
	} else if (answer->error == ZNODE_NO_NODE) {
		free(it->stack[--it->depth]);
		delete_next(it);
	} else {
		deletion_over(it, answer->error, false);
	}
}

static void
delete_next(struct zk_delete_tree *it)
{
	if (it->depth == 0)
		deletion_over(it, ZNODE_OK, false);
	else
		zk_children(it->session, &it->call, slice_of_text(it->stack[it->depth - 1]),
		    on_children);
}

void
zk_delete_tree(struct zk_session *session, struct zk_delete_tree *deletion,
    const struct zk_fence *fence, struct slice path,
    void (*done)(struct zk_delete_tree *deletion, enum znode_error error, bool fenced))
{
	*deletion = (struct zk_delete_tree){ .session = session, .done = done };
	if (fence != NULL)
		deletion->fence = *fence;
	push(deletion, path, slice_null());
	delete_next(deletion);
}
