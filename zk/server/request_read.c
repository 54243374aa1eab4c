#include "zk/server/requests_private.h"

/* A path as it stands in a request; null is what ZooKeeper cannot work with. */
static bool
read_path(struct request *request, struct slice *path)
{
	*path = jute_read_bytes(&request->in);
	return !reader_failed(&request->in) && !slice_is_null(*path);
}

/* A path and whether to watch it. */
static bool
read_watched(struct request *request, struct slice *path, bool *watch)
{
	bool has_path = read_path(request, path);

	*watch = jute_read_bool(&request->in);
	return has_path && !reader_failed(&request->in);
}

static void
watch_once(struct request *request, struct slice path, enum watch_table table)
{
	watches_add(tree_watches(request->requests->tree), request->session->id, path, table,
	    WATCH_ONCE);
}

enum znode_error
request_exists(struct request *request)
{
	struct znode_stat stat;
	struct slice path;
	enum znode_error error;
	bool watch;

	if (!read_watched(request, &path, &watch))
		return ZNODE_MARSHALLING;
	error = tree_exists(request->requests->tree, path, &stat);
	if (watch && error != ZNODE_BAD_ARGUMENTS)
		watch_once(request, path, WATCH_DATA);
	if (error == ZNODE_OK)
		jute_stat(&request->reply, &stat);
	return error;
}

static enum znode_error
put_data(struct request *request, struct slice path)
{
	struct znode_stat stat;
	struct slice data;
	enum znode_error error = tree_get_data(request->requests->tree, &request->caller, path,
	    &data, &stat);

	if (error != ZNODE_OK)
		return error;
	jute_bytes(&request->reply, data);
	jute_stat(&request->reply, &stat);
	return ZNODE_OK;
}

enum znode_error
request_get_data(struct request *request)
{
	struct slice path;
	enum znode_error error;
	bool watch;

	if (!read_watched(request, &path, &watch))
		return ZNODE_MARSHALLING;
	error = put_data(request, path);
	if (watch && error == ZNODE_OK)
		watch_once(request, path, WATCH_DATA);
	return error;
}

enum znode_error
request_get_acl(struct request *request)
{
	struct znode_stat stat;
	struct znode_acl acl;
	struct slice path;
	enum znode_error error;

	if (!read_path(request, &path))
		return ZNODE_MARSHALLING;
	error = tree_get_acl(request->requests->tree, &request->caller, path, &request->arena,
	    &acl, &stat);
	if (error != ZNODE_OK)
		return error;
	jute_acl(&request->reply, &acl);
	jute_stat(&request->reply, &stat);
	return ZNODE_OK;
}

static void
put_list(struct buffer *reply, const struct slice *texts, size_t count)
{
	buffer_int32(reply, (int32_t)count);
	for (size_t i = 0; i < count; i++)
		jute_bytes(reply, texts[i]);
}

static enum znode_error
put_children(struct request *request, struct slice path, struct znode_stat *stat)
{
	struct slice *names;
	size_t count;
	enum znode_error error = tree_get_children(request->requests->tree, &request->caller, path,
	    &request->arena, &names, &count, stat);

	if (error == ZNODE_OK)
		put_list(&request->reply, names, count);
	return error;
}

enum znode_error
request_get_children(struct request *request)
{
	struct znode_stat stat;
	struct slice path;
	enum znode_error error;
	bool watch;

	if (!read_watched(request, &path, &watch))
		return ZNODE_MARSHALLING;
	error = put_children(request, path, &stat);
	if (error != ZNODE_OK)
		return error;
	if (request->opcode == OPCODE_GET_CHILDREN2)
		jute_stat(&request->reply, &stat);
	if (watch)
		watch_once(request, path, WATCH_CHILDREN);
	return ZNODE_OK;
}

static bool
means_all(struct slice prefix)
{
	while (prefix.size > 0 && prefix.bytes[prefix.size - 1] <= ' ')
		prefix.size--;
	while (prefix.size > 0 && prefix.bytes[0] <= ' ')
		prefix = slice_of(prefix.bytes + 1, prefix.size - 1);
	return prefix.size == 0 || slice_equal_text(prefix, "/");
}

enum znode_error
request_get_ephemerals(struct request *request)
{
	struct slice prefix = jute_read_bytes(&request->in);
	struct slice *paths;
	size_t count;
	enum znode_error error;

	if (reader_failed(&request->in))
		return ZNODE_MARSHALLING;
	error = tree_get_ephemerals(request->requests->tree, request->session->id,
	    means_all(prefix) ? slice_of("", 0) : prefix, &request->arena, &paths, &count);
	if (error == ZNODE_OK)
		put_list(&request->reply, paths, count);
	return error;
}

enum znode_error
request_count_below(struct request *request)
{
	struct slice path;
	int32_t count;
	enum znode_error error;

	if (!read_path(request, &path))
		return ZNODE_MARSHALLING;
	error = tree_count_below(request->requests->tree, &request->caller, path, &count);
	if (error == ZNODE_OK)
		buffer_int32(&request->reply, count);
	return error;
}

/* One read of a multiRead: its own header, then its answer or its error. */
static void
read_one(struct request *request, int32_t opcode, struct slice path)
{
	struct buffer *reply = &request->reply;
	struct znode_stat stat;
	size_t header = reply->size;
	enum znode_error error;

	buffer_int32(reply, opcode);
	jute_bool(reply, false);
	buffer_int32(reply, ZNODE_OK);
	error = opcode == OPCODE_GET_DATA ? put_data(request, path) :
	    put_children(request, path, &stat);
	if (error == ZNODE_OK)
		return;
	reply->size = header;
	buffer_int32(reply, OPCODE_ERROR);
	jute_bool(reply, false);
	buffer_int32(reply, error);
	buffer_int32(reply, error);
}

enum znode_error
request_multi_read(struct request *request)
{
	for (;;) {
		int32_t opcode = reader_int32(&request->in);
		bool is_last = jute_read_bool(&request->in);
		struct slice path;
		bool watch;

		(void)reader_int32(&request->in);
		if (reader_failed(&request->in))
			return ZNODE_MARSHALLING;
		if (is_last)
			break;
		if ((opcode != OPCODE_GET_DATA && opcode != OPCODE_GET_CHILDREN) ||
		    !read_watched(request, &path, &watch))
			return ZNODE_MARSHALLING;
		read_one(request, opcode, path);
	}
	buffer_int32(&request->reply, OPCODE_ERROR);
	jute_bool(&request->reply, true);
	buffer_int32(&request->reply, -1);
	return ZNODE_OK;
}

enum znode_error
request_sync(struct request *request)
{
	struct slice path = jute_read_bytes(&request->in);

	if (reader_failed(&request->in))
		return ZNODE_MARSHALLING;
	jute_bytes(&request->reply, path);
	return ZNODE_OK;
}

enum znode_error
request_who_am_i(struct request *request)
{
	const struct session *session = request->session;

	buffer_int32(&request->reply, (int32_t)session->id_count);
	for (size_t i = 0; i < session->id_count; i++) {
		struct znode_id id = session->ids[i];

		if (slice_equal_text(id.scheme, "digest"))
			id.id.size = (size_t)((const uint8_t *)memchr(id.id.bytes, ':',
			    id.id.size) - id.id.bytes);
		jute_bytes(&request->reply, id.scheme);
		jute_bytes(&request->reply, id.id);
	}
	return ZNODE_OK;
}
