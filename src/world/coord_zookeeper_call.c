#include <assert.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/memory.h"
#include "world/coord_zookeeper_private.h"

enum { SUFFIX_SIZE = 16 }; /* that ZooKeeper adds to a sequential node's name, terminator included */

/* ------------------------------------------------------------ conversions */

static struct znode_stat
stat_of(const struct Stat *stat)
{
	return (struct znode_stat){
		.czxid = stat->czxid,
		.mzxid = stat->mzxid,
		.ctime_ms = stat->ctime,
		.mtime_ms = stat->mtime,
		.version = stat->version,
		.cversion = stat->cversion,
		.aversion = stat->aversion,
		.ephemeral_owner = stat->ephemeralOwner,
		.data_length = stat->dataLength,
		.child_count = stat->numChildren,
		.pzxid = stat->pzxid,
	};
}

/* The library serialises at once, so what it is given lives in the arena of one call. */
static char *
text_of(struct arena *arena, struct slice slice)
{
	return arena_text(arena, slice.bytes, slice.size);
}

static struct ACL_vector *
acl_of(struct arena *arena, const struct znode_acl *acl)
{
	struct ACL_vector *vector = arena_new(arena, sizeof(*vector));

	vector->count = (int32_t)acl->count;
	vector->data = arena_array(arena, acl->count, sizeof(struct ACL));
	for (size_t i = 0; i < acl->count; i++) {
		vector->data[i].perms = acl->entries[i].permissions;
		vector->data[i].id.scheme = text_of(arena, acl->entries[i].id.scheme);
		vector->data[i].id.id = text_of(arena, acl->entries[i].id.id);
	}
	return vector;
}

static const char *
data_of(struct slice data)
{
	return (const char *)data.bytes;
}

static int
data_size(struct slice data)
{
	assert(data.size <= INT32_MAX);
	return slice_is_null(data) ? -1 : (int)data.size;
}

/*
 * What the library says of calls that it gave up. Their outcome is not known,
 * whatever it was that ended the connection.
 */
static enum znode_error
error_of(int code)
{
	switch (code) {
	case ZSYSTEMERROR:
	case ZRUNTIMEINCONSISTENCY:
	case ZOPERATIONTIMEOUT:
	case ZINVALIDSTATE:
	case ZCLOSING:
		return ZNODE_CONNECTION_LOSS;
	default:
		return (enum znode_error)code;
	}
}

/* ---------------------------------------------------------------- answers */

static void
call_free(struct zookeeper_call *it)
{
	list_remove(&it->link);
	for (size_t i = 0; it->paths != NULL && i < it->count; i++)
		free(it->paths[i]);
	free(it->paths);
	free(it->results);
	free(it->stats);
	free(it);
}

/* A closed session's calls are freed here and never answered. */
static void
answer(struct zookeeper_call *it, struct coord_answer *answer)
{
	struct coord_call *call = it->call;
	bool closed = it->session->closed;

	call_free(it);
	call->port = NULL;
	if (!closed)
		call->done(call, answer);
}

/* The error is every operation's, where ZooKeeper has not told them apart. */
static void
answer_error(struct zookeeper_call *it, enum znode_error error)
{
	struct znode_result *results = memory_array(MAX(it->count, 1), sizeof(*results));

	for (size_t i = 0; i < it->count; i++)
		results[i].error = error;
	answer(it, &(struct coord_answer){ .error = error, .results = results });
	free(results);
}

static void
answer_single(struct zookeeper_call *it, int code, struct slice path, const struct Stat *stat)
{
	struct znode_result result = { .error = error_of(code), .path = path };

	if (stat != NULL)
		result.stat = stat_of(stat);
	answer(it, &(struct coord_answer){
		.error = result.error, .results = &result, .stat = result.stat });
}

static void
void_done(int code, const void *data)
{
	answer_single((struct zookeeper_call *)(uintptr_t)data, code, slice_null(), NULL);
}

static void
sync_done(int code, const char *path, const void *data)
{
	(void)path;
	answer_single((struct zookeeper_call *)(uintptr_t)data, code, slice_null(), NULL);
}

static void
stat_done(int code, const struct Stat *stat, const void *data)
{
	answer_single((struct zookeeper_call *)(uintptr_t)data, code, slice_null(),
	    code == ZOK ? stat : NULL);
}

static void
create_done(int code, const char *path, const struct Stat *stat, const void *data)
{
	answer_single((struct zookeeper_call *)(uintptr_t)data, code,
	    code == ZOK ? slice_of_text(path) : slice_null(), code == ZOK ? stat : NULL);
}

static void
data_done(int code, const char *value, int size, const struct Stat *stat, const void *data)
{
	struct coord_answer it = { .error = error_of(code) };

	if (code == ZOK) {
		it.data = size < 0 ? slice_null() : slice_of(value, (size_t)size);
		it.stat = stat_of(stat);
	}
	answer((struct zookeeper_call *)(uintptr_t)data, &it);
}

static void
children_done(int code, const struct String_vector *names, const struct Stat *stat,
    const void *data)
{
	struct coord_answer it = { .error = error_of(code) };
	struct slice *children = NULL;

	if (code == ZOK) {
		it.child_count = (size_t)names->count;
		children = memory_array(MAX(it.child_count, 1), sizeof(*children));
		for (size_t i = 0; i < it.child_count; i++)
			children[i] = slice_of_text(names->data[i]);
		it.children = children;
		it.stat = stat_of(stat);
	}
	answer((struct zookeeper_call *)(uintptr_t)data, &it);
	free(children);
}

static void
acl_done(int code, struct ACL_vector *acl, struct Stat *stat, const void *data)
{
	struct coord_answer it = { .error = error_of(code) };
	struct znode_acl_entry *entries = NULL;

	if (code == ZOK) {
		it.acl.count = (size_t)acl->count;
		entries = memory_array(MAX(it.acl.count, 1), sizeof(*entries));
		for (size_t i = 0; i < it.acl.count; i++) {
			entries[i].permissions = acl->data[i].perms;
			entries[i].id.scheme = slice_of_text(acl->data[i].id.scheme);
			entries[i].id.id = slice_of_text(acl->data[i].id.id);
		}
		it.acl.entries = entries;
		it.stat = stat_of(stat);
	}
	answer((struct zookeeper_call *)(uintptr_t)data, &it);
	free(entries);
}

static void
multi_done(int code, const void *data)
{
	struct zookeeper_call *it = (struct zookeeper_call *)(uintptr_t)data;
	enum znode_error error = error_of(code);
	struct znode_result *results;

	if (error == ZNODE_CONNECTION_LOSS || error == ZNODE_SESSION_EXPIRED) {
		answer_error(it, error);
		return;
	}
	results = memory_array(it->count, sizeof(*results));
	for (size_t i = 0; i < it->count; i++) {
		results[i].error = (enum znode_error)it->results[i].err;
		if (code != ZOK)
			continue;
		results[i].stat = stat_of(&it->stats[i]);
		results[i].path = slice_null();
		if (it->call->operations[i].type == ZNODE_OP_CREATE)
			results[i].path = slice_of_text(it->paths[i]);
	}
	/* the results' paths are the call's memory, which answer() frees */
	char **paths = it->paths;
	size_t count = it->count;
	it->paths = NULL;
	answer(it, &(struct coord_answer){ .error = error, .results = results });
	for (size_t i = 0; i < count; i++)
		free(paths[i]);
	free(paths);
	free(results);
}

/* ------------------------------------------------------------------ calls */

/* The library's own check leaks, or forgets the other operations, in a multi. */
static bool
path_is_sound(struct slice path)
{
	if (path.size == 0 || path.bytes[0] != '/' || memchr(path.bytes, 0, path.size) != NULL)
		return false;
	if (path.size == 1)
		return true;
	for (size_t i = 0, start = 1; i < path.size; i++) {
		bool last = i + 1 == path.size;
		size_t length;

		if (path.bytes[i] < 0x20)
			return false;
		if (!last && path.bytes[i + 1] != '/')
			continue;
		if (i == 0)
			return false; /* "//" */
		length = i + 1 - start;
		if (length == 0 || path.bytes[i] == '/' ||
		    (path.bytes[i] == '.' &&
		    (length == 1 || (length == 2 && path.bytes[i - 1] == '.'))))
			return false;
		start = i + 2;
	}
	return true;
}

static enum znode_error
why_not(const struct coord_call *call)
{
	if (call->type != COORD_WRITE)
		return path_is_sound(call->path) ? ZNODE_OK : ZNODE_BAD_ARGUMENTS;
	for (size_t i = 0; i < call->operation_count; i++) {
		if (!path_is_sound(call->operations[i].path))
			return ZNODE_BAD_ARGUMENTS;
		if (call->multi && call->operations[i].type == ZNODE_OP_SET_ACL)
			return ZNODE_UNIMPLEMENTED;
		if (!call->multi && call->operations[i].type == ZNODE_OP_CHECK)
			return ZNODE_BAD_ARGUMENTS;
	}
	return ZNODE_OK;
}

static int
write_one(struct zookeeper_call *it, struct arena *arena)
{
	const struct znode_operation *operation = it->call->operations;
	const char *path = text_of(arena, operation->path);
	zhandle_t *handle = it->session->handle;

	switch (operation->type) {
	case ZNODE_OP_CREATE:
		return zoo_acreate2(handle, path, data_of(operation->data),
		    data_size(operation->data), acl_of(arena, &operation->acl), operation->flags,
		    create_done, it);
	case ZNODE_OP_DELETE:
		return zoo_adelete(handle, path, operation->version, void_done, it);
	case ZNODE_OP_SET_DATA:
		return zoo_aset(handle, path, data_of(operation->data), data_size(operation->data),
		    operation->version, stat_done, it);
	case ZNODE_OP_SET_ACL:
		return zoo_aset_acl(handle, path, operation->version,
		    acl_of(arena, &operation->acl), void_done, it);
	case ZNODE_OP_CHECK:
		break;
	}
	return ZBADARGUMENTS; /* a check is for multis: why_not() */
}

static void
prepare(struct zookeeper_call *it, size_t i, struct arena *arena, zoo_op_t *to)
{
	const struct znode_operation *operation = &it->call->operations[i];
	const char *path = text_of(arena, operation->path);

	switch (operation->type) {
	case ZNODE_OP_CREATE:
		it->paths[i] = memory_new(operation->path.size + SUFFIX_SIZE);
		zoo_create_op_init(to, path, data_of(operation->data), data_size(operation->data),
		    acl_of(arena, &operation->acl), operation->flags, it->paths[i],
		    (int)(operation->path.size + SUFFIX_SIZE));
		break;
	case ZNODE_OP_DELETE:
		zoo_delete_op_init(to, path, operation->version);
		break;
	case ZNODE_OP_SET_DATA:
		zoo_set_op_init(to, path, data_of(operation->data), data_size(operation->data),
		    operation->version, &it->stats[i]);
		break;
	case ZNODE_OP_SET_ACL:
	case ZNODE_OP_CHECK:
		zoo_check_op_init(to, path, operation->version);
		break;
	}
}

static int
write_multi(struct zookeeper_call *it, struct arena *arena)
{
	zoo_op_t *operations = arena_array(arena, it->count, sizeof(*operations));

	it->results = memory_array(it->count, sizeof(*it->results));
	it->stats = memory_array(it->count, sizeof(*it->stats));
	it->paths = memory_array(it->count, sizeof(*it->paths));
	for (size_t i = 0; i < it->count; i++)
		prepare(it, i, arena, &operations[i]);
	return zoo_amulti(it->session->handle, (int)it->count, operations, it->results, multi_done,
	    it);
}

static int
give(struct zookeeper_call *it, struct arena *arena)
{
	struct coord_call *call = it->call;
	zhandle_t *handle = it->session->handle;
	const char *path = call->type == COORD_WRITE ? NULL : text_of(arena, call->path);

	switch (call->type) {
	case COORD_WRITE:
		return call->multi ? write_multi(it, arena) : write_one(it, arena);
	case COORD_EXISTS:
		return zoo_aexists(handle, path, call->watch, stat_done, it);
	case COORD_GET_DATA:
		return zoo_aget(handle, path, call->watch, data_done, it);
	case COORD_GET_CHILDREN:
		return zoo_aget_children2(handle, path, call->watch, children_done, it);
	case COORD_GET_ACL:
		return zoo_aget_acl(handle, path, acl_done, it);
	case COORD_SYNC:
		return zoo_async(handle, path, sync_done, it);
	}
	return ZBADARGUMENTS;
}

static enum znode_error
give_to_library(struct zookeeper_call *it)
{
	struct zookeeper_session *session = it->session;
	struct arena arena;
	int code;

	if (session->state == COORD_EXPIRED)
		return ZNODE_SESSION_EXPIRED;
	if (session->state == COORD_AUTH_FAILED)
		return ZNODE_AUTH_FAILED;
	if (session->state != COORD_CONNECTED || session->stranded ||
	    zoo_state(session->handle) != ZOO_CONNECTED_STATE)
		return ZNODE_CONNECTION_LOSS;
	if (why_not(it->call) != ZNODE_OK)
		return why_not(it->call);
	arena_init(&arena, SIZE_MAX);
	zookeeper_log_speaker(session);
	session->depth++;
	code = give(it, &arena);
	session->depth--;
	arena_fini(&arena);
	if (zoo_state(session->handle) != ZOO_CONNECTED_STATE) {
		/* a send failed: the library keeps the calls, and forgets to answer them */
		session->stranded = true;
		zookeeper_session_forget_socket(session);
	}
	return error_of(code);
}

void
zookeeper_call_begin(struct zookeeper_session *it, struct coord_call *call)
{
	struct zookeeper_call *begun = memory_new(sizeof(*begun));

	begun->session = it;
	begun->call = call;
	begun->count = call->type == COORD_WRITE ? call->operation_count : 0;
	call->port = begun;
	list_append(&it->calls, &begun->link);
	begun->error = give_to_library(begun);
	begun->local = begun->error != ZNODE_OK;
	zookeeper_session_hurry(it);
}

void
zookeeper_call_answer_failed(struct zookeeper_session *it)
{
	while (!it->closed && !list_is_empty(&it->calls)) {
		struct zookeeper_call *first =
		    container_of(it->calls.next, struct zookeeper_call, link);

		if (!first->local)
			return;
		it->depth++; /* done() may close the session */
		answer_error(first, first->error);
		it->depth--;
	}
}

bool
zookeeper_call_is_owed(const struct zookeeper_session *it)
{
	for (const struct list *link = it->calls.next; link != &it->calls; link = link->next)
		if (!container_of(link, struct zookeeper_call, link)->local)
			return true;
	return false;
}

void
zookeeper_call_free_all(struct zookeeper_session *it)
{
	LIST_FOREACH(link, &it->calls)
		call_free(container_of(link, struct zookeeper_call, link));
}
