#include "zk/tree/watches.h"

#include <stdlib.h>

#include "base/memory.h"

/* One session's wish about one path, in one table. */
struct watch {
	struct list of_path;
	struct list of_session;
	struct watched *watched;
	int64_t session;
	enum watch_mode mode;
};

/* A path that somebody watches. */
struct watched {
	struct hash_node link;
	struct table *table;
	char *path;
	size_t path_size;
	struct list watches; /* in order of arrival */
};

struct watcher {
	struct hash_node link;
	int64_t session;
	struct list watches;
};

struct table {
	struct hash_table paths;
};

struct watches {
	struct table tables[2]; /* data, children */
	struct hash_table sessions;
	size_t count;
};

/* Sessions told already; a change tells each once. */
struct told {
	int64_t *sessions;
	size_t count;
	size_t capacity;
};

static bool
path_matches(const struct hash_node *link, const void *key)
{
	const struct watched *watched = container_of(link, const struct watched, link);

	return slice_equal(slice_of(watched->path, watched->path_size),
	    *(const struct slice *)key);
}

static bool
session_matches(const struct hash_node *link, const void *key)
{
	return container_of(link, const struct watcher, link)->session == *(const int64_t *)key;
}

struct watches *
watches_new(const uint64_t seed[2])
{
	struct watches *watches = memory_new(sizeof(*watches));

	for (size_t i = 0; i < ARRAY_LENGTH(watches->tables); i++)
		hash_table_init(&watches->tables[i].paths, seed, path_matches);
	hash_table_init(&watches->sessions, seed, session_matches);
	return watches;
}

static struct watched *
find_path(const struct table *table, struct slice path)
{
	struct hash_node *link = hash_table_find(&table->paths,
	    hash_table_hash(&table->paths, path), &path);

	return link == NULL ? NULL : container_of(link, struct watched, link);
}

static struct watcher *
find_session(const struct watches *watches, int64_t session)
{
	struct hash_node *link = hash_table_find(&watches->sessions,
	    hash_table_hash(&watches->sessions, slice_of(&session, sizeof(session))), &session);

	return link == NULL ? NULL : container_of(link, struct watcher, link);
}

static struct watched *
make_path(struct table *table, struct slice path)
{
	struct watched *watched = find_path(table, path);

	if (watched != NULL)
		return watched;
	watched = memory_new(sizeof(*watched));
	watched->table = table;
	watched->path = memory_text(path.bytes, path.size);
	watched->path_size = path.size;
	list_init(&watched->watches);
	hash_table_insert(&table->paths, &watched->link, hash_table_hash(&table->paths, path));
	return watched;
}

static struct watcher *
make_session(struct watches *watches, int64_t session)
{
	struct watcher *watcher = find_session(watches, session);

	if (watcher != NULL)
		return watcher;
	watcher = memory_new(sizeof(*watcher));
	watcher->session = session;
	list_init(&watcher->watches);
	hash_table_insert(&watches->sessions, &watcher->link,
	    hash_table_hash(&watches->sessions, slice_of(&session, sizeof(session))));
	return watcher;
}

static struct watch *
find_watch(const struct watched *watched, int64_t session)
{
	LIST_FOREACH(link, &watched->watches) {
		struct watch *watch = container_of(link, struct watch, of_path);

		if (watch->session == session)
			return watch;
	}
	return NULL;
}

/* Frees the watch, and what is left empty without it. */
static void
drop(struct watches *watches, struct watch *watch)
{
	struct watched *watched = watch->watched;
	struct watcher *watcher = find_session(watches, watch->session);

	list_remove(&watch->of_path);
	list_remove(&watch->of_session);
	free(watch);
	watches->count--;
	if (list_is_empty(&watched->watches)) {
		hash_table_remove(&watched->table->paths, &watched->link);
		free(watched->path);
		free(watched);
	}
	if (list_is_empty(&watcher->watches)) {
		hash_table_remove(&watches->sessions, &watcher->link);
		free(watcher);
	}
}

void
watches_free(struct watches *watches)
{
	HASH_TABLE_FOREACH(link, &watches->sessions)
		watches_end_session(watches,
		    container_of(hash_node_of(link), struct watcher, link)->session);
	for (size_t i = 0; i < ARRAY_LENGTH(watches->tables); i++)
		hash_table_fini(&watches->tables[i].paths);
	hash_table_fini(&watches->sessions);
	free(watches);
}

static void
add_to(struct watches *watches, struct table *table, int64_t session, struct slice path,
    enum watch_mode mode)
{
	struct watched *watched = make_path(table, path);
	struct watch *watch = find_watch(watched, session);

	if (watch == NULL) {
		watch = memory_new(sizeof(*watch));
		watch->watched = watched;
		watch->session = session;
		list_append(&watched->watches, &watch->of_path);
		list_append(&make_session(watches, session)->watches, &watch->of_session);
		watches->count++;
	}
	watch->mode = mode;
}

void
watches_add(struct watches *watches, int64_t session, struct slice path, enum watch_table table,
    enum watch_mode mode)
{
	for (unsigned i = 0; i < ARRAY_LENGTH(watches->tables); i++) {
		if ((table & 1u << i) != 0)
			add_to(watches, &watches->tables[i], session, path, mode);
	}
}

bool
watches_remove(struct watches *watches, int64_t session, struct slice path,
    enum watch_table table)
{
	bool removed = false;

	for (unsigned i = 0; i < ARRAY_LENGTH(watches->tables); i++) {
		struct watched *watched = find_path(&watches->tables[i], path);
		struct watch *watch = watched == NULL ? NULL : find_watch(watched, session);

		if ((table & 1u << i) == 0 || watch == NULL)
			continue;
		drop(watches, watch);
		removed = true;
	}
	return removed;
}

bool
watches_has(const struct watches *watches, struct slice path, enum watch_table table)
{
	for (unsigned i = 0; i < ARRAY_LENGTH(watches->tables); i++) {
		if ((table & 1u << i) != 0 && find_path(&watches->tables[i], path) != NULL)
			return true;
	}
	return false;
}

void
watches_end_session(struct watches *watches, int64_t session)
{
	struct watcher *watcher;

	while ((watcher = find_session(watches, session)) != NULL)
		drop(watches, container_of(watcher->watches.next, struct watch, of_session));
}

size_t
watches_count(const struct watches *watches)
{
	return watches->count;
}

static bool
tell_first(struct told *told, int64_t session)
{
	for (size_t i = 0; i < told->count; i++) {
		if (told->sessions[i] == session)
			return false;
	}
	if (told->count == told->capacity) {
		told->capacity = told->capacity == 0 ? 8 : told->capacity * 2;
		told->sessions = memory_resize(told->sessions,
		    told->capacity * sizeof(*told->sessions));
	}
	told->sessions[told->count++] = session;
	return true;
}

/* Collects who watches exactly this path; those who asked once are dropped. */
static void
collect_here(struct watches *watches, struct table *table, struct slice path,
    enum znode_event_type type, struct told *told)
{
	struct watched *watched = find_path(table, path);

	if (watched == NULL)
		return;
	for (struct list *link = watched->watches.next, *next; ; link = next) {
		struct watch *watch = container_of(link, struct watch, of_path);
		bool last = link->next == &watched->watches;

		next = link->next;
		if (watch->mode != WATCH_RECURSIVE || type != ZNODE_EVENT_CHILDREN_CHANGED)
			(void)tell_first(told, watch->session);
		if (watch->mode == WATCH_ONCE)
			drop(watches, watch);
		if (last)
			return;
	}
}

/* Collects who watches a tree that this path is in. */
static void
collect_above(struct table *table, struct slice path, enum znode_event_type type,
    struct told *told)
{
	if (type == ZNODE_EVENT_CHILDREN_CHANGED)
		return;
	while (path.size > 1) {
		struct watched *watched;

		do
			path.size--;
		while (path.size > 1 && path.bytes[path.size] != '/');
		watched = find_path(table, path);
		if (watched == NULL)
			continue;
		LIST_FOREACH(link, &watched->watches) {
			struct watch *watch = container_of(link, struct watch, of_path);

			if (watch->mode == WATCH_RECURSIVE)
				(void)tell_first(told, watch->session);
		}
	}
}

/* Tells the sessions that `told` did not hold before; it holds them afterwards. */
static void
trigger(struct watches *watches, struct table *table, struct watch_subject node,
    enum znode_event_type type, struct told *told, struct tree_watch_sink *sink)
{
	size_t before = told->count;

	collect_here(watches, table, node.path, type, told);
	collect_above(table, node.path, type, told);
	for (size_t i = before; i < told->count; i++)
		sink->event(sink, told->sessions[i], type, node.path, node.acl);
}

static void
trigger_children_of(struct watches *watches, struct watch_subject parent,
    struct tree_watch_sink *sink)
{
	struct told told = { 0 };

	trigger(watches, &watches->tables[1], parent, ZNODE_EVENT_CHILDREN_CHANGED, &told, sink);
	free(told.sessions);
}

void
watches_created(struct watches *watches, struct watch_subject node, struct watch_subject parent,
    struct tree_watch_sink *sink)
{
	struct told told = { 0 };

	trigger(watches, &watches->tables[0], node, ZNODE_EVENT_CREATED, &told, sink);
	free(told.sessions);
	trigger_children_of(watches, parent, sink);
}

void
watches_deleted(struct watches *watches, struct watch_subject node, struct watch_subject parent,
    struct tree_watch_sink *sink)
{
	struct told told = { 0 };

	trigger(watches, &watches->tables[0], node, ZNODE_EVENT_DELETED, &told, sink);
	trigger(watches, &watches->tables[1], node, ZNODE_EVENT_DELETED, &told, sink);
	free(told.sessions);
	trigger_children_of(watches, parent, sink);
}

void
watches_data_changed(struct watches *watches, struct watch_subject node,
    struct tree_watch_sink *sink)
{
	struct told told = { 0 };

	trigger(watches, &watches->tables[0], node, ZNODE_EVENT_DATA_CHANGED, &told, sink);
	free(told.sessions);
}
