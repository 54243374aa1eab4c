#include "zk/server/requests_private.h"

enum { EVENT_XID = -1, EVENT_ZXID = -1, STATE_CONNECTED = 3, PATH_SIZE = 4 };

/* What a client says of watches to remove or to look for. */
enum watcher_type { WATCHER_CHILDREN = 1, WATCHER_DATA = 2, WATCHER_ANY = 3 };

void
request_send_event(struct requests *requests, int64_t session, enum znode_event_type type,
    struct slice path, const struct znode_acl *acl)
{
	struct buffer *event = &requests->event;
	const struct session *watcher = session_find(requests, session);
	struct tree_caller caller = { .session = session };

	if (watcher == NULL || !watcher->is_connected)
		return;
	caller.ids = watcher->ids;
	caller.id_count = watcher->id_count;
	if (acl != NULL && tree_check_acl(acl, ZNODE_READ, &caller) != ZNODE_OK)
		return;
	buffer_clear(event);
	buffer_int32(event, EVENT_XID);
	buffer_int64(event, EVENT_ZXID);
	buffer_int32(event, ZNODE_OK);
	buffer_int32(event, (int32_t)type);
	buffer_int32(event, STATE_CONNECTED);
	jute_bytes(event, path);
	requests->sink->send(requests->sink, session, buffer_slice(event));
}

enum znode_error
request_add_watch(struct request *request)
{
	struct slice path = jute_read_bytes(&request->in);
	int32_t mode = reader_int32(&request->in);

	if (reader_failed(&request->in) || slice_is_null(path) || mode < 0 || mode > 1)
		return ZNODE_MARSHALLING;
	watches_add(tree_watches(request->requests->tree), request->session->id, path, WATCH_BOTH,
	    mode == 0 ? WATCH_PERSISTENT : WATCH_RECURSIVE);
	buffer_int32(&request->reply, ZNODE_OK);
	return ZNODE_OK;
}

static bool
read_watcher(struct request *request, struct slice *path, enum watch_table *table)
{
	int32_t type;

	*path = jute_read_bytes(&request->in);
	type = reader_int32(&request->in);
	*table = type == WATCHER_ANY ? WATCH_BOTH :
	    type == WATCHER_DATA ? WATCH_DATA : WATCH_CHILDREN;
	return !reader_failed(&request->in) && !slice_is_null(*path) &&
	    type >= WATCHER_CHILDREN && type <= WATCHER_ANY;
}

/* Observed: any session's watch of that path will do. */
enum znode_error
request_check_watches(struct request *request)
{
	enum watch_table table;
	struct slice path;

	if (!read_watcher(request, &path, &table))
		return ZNODE_MARSHALLING;
	return watches_has(tree_watches(request->requests->tree), path, table) ? ZNODE_OK :
	    ZNODE_NO_WATCHER;
}

enum znode_error
request_remove_watches(struct request *request)
{
	enum watch_table table;
	struct slice path;

	if (!read_watcher(request, &path, &table))
		return ZNODE_MARSHALLING;
	return watches_remove(tree_watches(request->requests->tree), request->session->id, path,
	    table) ? ZNODE_OK : ZNODE_NO_WATCHER;
}

/* The lists of a setWatches, in the order that they have on the wire. */
enum watch_list { DATA_LIST, EXIST_LIST, CHILD_LIST, PERSISTENT_LIST, RECURSIVE_LIST };

/* What the client missed while it was away is told now; else it watches again. */
static void
set_watch(struct request *request, enum watch_list list, struct slice path, int64_t seen_zxid)
{
	static const enum watch_mode modes[] = { WATCH_ONCE, WATCH_ONCE, WATCH_ONCE,
		WATCH_PERSISTENT, WATCH_RECURSIVE };
	static const enum watch_table tables[] = { WATCH_DATA, WATCH_DATA, WATCH_CHILDREN,
		WATCH_BOTH, WATCH_BOTH };
	struct tree *tree = request->requests->tree;
	struct znode_stat stat;
	bool exists = tree_exists(tree, path, &stat) == ZNODE_OK;
	int missed = 0;

	if (list == EXIST_LIST)
		missed = exists ? ZNODE_EVENT_CREATED : 0;
	else if (list == DATA_LIST || list == CHILD_LIST)
		missed = exists ? 0 : ZNODE_EVENT_DELETED;
	if (list == DATA_LIST && exists && stat.mzxid > seen_zxid)
		missed = ZNODE_EVENT_DATA_CHANGED;
	if (list == CHILD_LIST && exists && stat.pzxid > seen_zxid)
		missed = ZNODE_EVENT_CHILDREN_CHANGED;
	if (missed != 0)
		request_send_event(request->requests, request->session->id,
		    (enum znode_event_type)missed, path, NULL);
	else
		watches_add(tree_watches(tree), request->session->id, path, tables[list],
		    modes[list]);
}

/* Walks the lists; the first time to see that they are whole. */
static bool
walk_lists(struct request *request, struct reader in, int64_t seen_zxid, bool carry_out)
{
	int last = request->opcode == OPCODE_SET_WATCHES2 ? RECURSIVE_LIST : CHILD_LIST;

	for (int list = DATA_LIST; list <= last; list++) {
		size_t count = jute_read_count(&in, PATH_SIZE);

		for (size_t i = 0; i < count; i++) {
			struct slice path = jute_read_bytes(&in);

			if (reader_failed(&in) || slice_is_null(path))
				return false;
			if (carry_out)
				set_watch(request, (enum watch_list)list, path, seen_zxid);
		}
	}
	return !reader_failed(&in);
}

enum znode_error
request_set_watches(struct request *request)
{
	int64_t seen_zxid = reader_int64(&request->in);

	if (!walk_lists(request, request->in, seen_zxid, false))
		return ZNODE_MARSHALLING;
	(void)walk_lists(request, request->in, seen_zxid, true);
	return ZNODE_OK;
}
