#include "zk/server/journal.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "zk/server/record.h"

enum { LOAD_ARENA_BYTES = 16 << 20 };

/* A key of something that has changed. */
struct dirty {
	struct hash_node link;
	char *key;              /* a path; NULL for a session */
	size_t size;
	int64_t session;
};

struct journal {
	struct requests *requests;
	struct tree_change_sink sink;
	struct hash_table nodes;
	struct hash_table sessions;
	int64_t zxid;           /* the last one taken */
};

static bool
path_matches(const struct hash_node *link, const void *key)
{
	const struct dirty *dirty = container_of(link, const struct dirty, link);

	return slice_equal(slice_of(dirty->key, dirty->size), *(const struct slice *)key);
}

static bool
session_matches(const struct hash_node *link, const void *key)
{
	return container_of(link, const struct dirty, link)->session == *(const int64_t *)key;
}

static void
node_changed(struct tree_change_sink *sink, struct slice path)
{
	struct journal *journal = container_of(sink, struct journal, sink);
	uint64_t hash = hash_table_hash(&journal->nodes, path);
	struct dirty *dirty;

	if (hash_table_find(&journal->nodes, hash, &path) != NULL)
		return;
	dirty = memory_new(sizeof(*dirty));
	dirty->key = memory_text(path.bytes, path.size);
	dirty->size = path.size;
	hash_table_insert(&journal->nodes, &dirty->link, hash);
}

void
journal_session_changed(struct journal *journal, int64_t session)
{
	uint64_t hash = hash_table_hash(&journal->sessions, slice_of(&session, sizeof(session)));
	struct dirty *dirty;

	if (hash_table_find(&journal->sessions, hash, &session) != NULL)
		return;
	dirty = memory_new(sizeof(*dirty));
	dirty->session = session;
	hash_table_insert(&journal->sessions, &dirty->link, hash);
}

struct journal *
journal_new(const uint64_t seed[2], struct requests *requests)
{
	struct journal *journal = memory_new(sizeof(*journal));

	journal->requests = requests;
	journal->sink.changed = node_changed;
	hash_table_init(&journal->nodes, seed, path_matches);
	hash_table_init(&journal->sessions, seed, session_matches);
	tree_set_change_sink(requests_tree(requests), &journal->sink);
	return journal;
}

static void
forget(struct hash_table *table)
{
	HASH_TABLE_FOREACH(link, table) {
		struct dirty *dirty = container_of(hash_node_of(link), struct dirty, link);

		hash_table_remove(table, &dirty->link);
		free(dirty->key);
		free(dirty);
	}
}

void
journal_free(struct journal *journal)
{
	tree_set_change_sink(requests_tree(journal->requests), NULL);
	forget(&journal->nodes);
	forget(&journal->sessions);
	hash_table_fini(&journal->nodes);
	hash_table_fini(&journal->sessions);
	free(journal);
}

bool
journal_is_dirty(const struct journal *journal)
{
	/* A write that failed has taken a zxid too, and its client has seen it. */
	return journal->nodes.count > 0 || journal->sessions.count > 0 ||
	    journal->zxid != tree_zxid(requests_tree(journal->requests));
}

/* Where a key and a value are among the bytes, until these stand still. */
struct place {
	size_t key, value, end;
	bool is_gone;
};

static void
put_node(struct journal *journal, const struct dirty *dirty, struct buffer *bytes,
    struct place *place)
{
	struct slice path = slice_of(dirty->key, dirty->size);
	struct tree_image image;

	place->key = bytes->size;
	record_node_key(bytes, path);
	place->value = bytes->size;
	place->is_gone = !tree_image(requests_tree(journal->requests), path, &image);
	if (!place->is_gone)
		record_put_node(bytes, path, &image);
	place->end = bytes->size;
}

static void
put_session(struct journal *journal, const struct dirty *dirty, struct buffer *bytes,
    struct place *place)
{
	struct requests_session session;

	place->key = bytes->size;
	record_session_key(bytes, dirty->session);
	place->value = bytes->size;
	place->is_gone = !requests_session(journal->requests, dirty->session, &session);
	if (!place->is_gone)
		record_put_session(bytes, &session);
	place->end = bytes->size;
}

static void
put_state(struct journal *journal, struct buffer *bytes, struct place *place)
{
	journal->zxid = tree_zxid(requests_tree(journal->requests));
	place->key = bytes->size;
	record_state_key(bytes);
	place->value = bytes->size;
	place->is_gone = false;
	record_put_state(bytes, journal->zxid);
	place->end = bytes->size;
}

void
journal_take(struct journal *journal, struct journal_bunch *bunch)
{
	size_t count = journal->nodes.count + journal->sessions.count + 1, at = 0;
	struct place *places = memory_array(count, sizeof(*places));

	buffer_init(&bunch->bytes);
	put_state(journal, &bunch->bytes, &places[at++]);
	HASH_TABLE_FOREACH(link, &journal->sessions)
		put_session(journal, container_of(hash_node_of(link), struct dirty, link),
		    &bunch->bytes, &places[at++]);
	HASH_TABLE_FOREACH(link, &journal->nodes)
		put_node(journal, container_of(hash_node_of(link), struct dirty, link),
		    &bunch->bytes, &places[at++]);
	forget(&journal->nodes);
	forget(&journal->sessions);
	bunch->changes = memory_array(count, sizeof(*bunch->changes));
	bunch->count = count;
	for (size_t i = 0; i < count; i++) {
		const uint8_t *bytes = bunch->bytes.bytes;
		const struct place *place = &places[i];

		bunch->changes[i] = (struct store_change){
			.key = slice_of(bytes + place->key, place->value - place->key),
			.value = place->is_gone ? slice_null() :
			    slice_of(bytes + place->value, place->end - place->value) };
	}
	free(places);
}

void
journal_bunch_fini(struct journal_bunch *bunch)
{
	free(bunch->changes);
	buffer_fini(&bunch->bytes);
	*bunch = (struct journal_bunch){ 0 };
}

/* -------------------------------------------------------------- at the start */

struct loading {
	struct store_visitor visitor;
	struct journal *journal;
	struct buffer *longs;   /* records of nodes with long paths, to be sorted */
	size_t long_count;
	bool has_state;
	int64_t zxid;
	char *damage;
	size_t damage_size;
};

static enum error
damaged(struct loading *loading, enum error error, const char *what, struct slice name)
{
	snprintf(loading->damage, loading->damage_size, "%s%s%.*s: %s", what,
	    name.size == 0 ? "" : " ", (int)MIN(name.size, (size_t)200), (const char *)name.bytes,
	    error == ERROR_UNSUPPORTED ? "written by a later version" : "damaged");
	return error;
}

static enum error
load_session(struct loading *loading, struct slice value)
{
	struct requests *requests = loading->journal->requests;
	struct requests_session session;
	enum error error = record_get_session(value, &session);

	if (error == ERROR_NONE && requests_timeout_ms(requests, session.id) != 0)
		error = ERROR_CORRUPT;
	if (error != ERROR_NONE)
		return damaged(loading, error, "a session", slice_of("", 0));
	requests_restore(requests, &session);
	return ERROR_NONE;
}

static enum error
load_node(struct loading *loading, struct slice value)
{
	struct requests *requests = loading->journal->requests;
	struct slice path = slice_null();
	struct tree_image image;
	struct arena arena;
	enum error error;

	arena_init(&arena, LOAD_ARENA_BYTES);
	error = record_get_node(value, &arena, &path, &image);
	/* Its session ends in the same transaction as it does. */
	if (error == ERROR_NONE && image.stat.ephemeral_owner != 0 &&
	    requests_timeout_ms(requests, image.stat.ephemeral_owner) == 0)
		error = ERROR_CORRUPT;
	if (error == ERROR_NONE)
		error = tree_restore(requests_tree(requests), path, &image);
	if (error != ERROR_NONE)
		error = damaged(loading, error, "node", slice_is_null(path) ? slice_of("", 0) : path);
	arena_fini(&arena);
	return error;
}

static void
keep_long(struct loading *loading, struct slice value)
{
	struct buffer *record;

	loading->longs = memory_resize(loading->longs,
	    (loading->long_count + 1) * sizeof(*loading->longs));
	record = &loading->longs[loading->long_count++];
	buffer_init(record);
	buffer_append_slice(record, value);
}

static enum error
visit(struct store_visitor *visitor, struct slice key, struct slice value)
{
	struct loading *loading = container_of(visitor, struct loading, visitor);
	enum error error;

	switch (key.size == 0 ? 0 : key.bytes[0]) {
	case RECORD_STATE:
		error = record_get_state(value, &loading->zxid);
		loading->has_state = true;
		return error == ERROR_NONE ? ERROR_NONE :
		    damaged(loading, error, "the state", slice_of("", 0));
	case RECORD_SESSION:
		return load_session(loading, value);
	case RECORD_NODE:
		return load_node(loading, value);
	case RECORD_LONG_NODE:
		keep_long(loading, value);
		return ERROR_NONE;
	default:
		return damaged(loading, ERROR_CORRUPT, "a record of no known type",
		    slice_of("", 0));
	}
}

/* A parent's path is shorter; paths are the first thing in a record, after their size. */
static int
by_path_size(const void *a, const void *b)
{
	struct slice one = buffer_slice(a), two = buffer_slice(b);
	struct slice heads[2] = { slice_of(one.bytes, MIN(one.size, sizeof(int32_t))),
		slice_of(two.bytes, MIN(two.size, sizeof(int32_t))) };
	int order = slice_compare(heads[0], heads[1]);

	return order != 0 ? order : slice_compare(one, two);
}

static enum error
load_longs(struct loading *loading, enum error error)
{
	if (loading->long_count > 1)
		qsort(loading->longs, loading->long_count, sizeof(*loading->longs), by_path_size);
	for (size_t i = 0; i < loading->long_count; i++) {
		if (error == ERROR_NONE)
			error = load_node(loading, buffer_slice(&loading->longs[i]));
		buffer_fini(&loading->longs[i]);
	}
	free(loading->longs);
	return error;
}

enum error
journal_load(struct journal *journal, struct store *store, char *damage, size_t damage_size)
{
	struct loading loading = { .visitor.visit = visit, .journal = journal, .damage = damage,
		.damage_size = damage_size };
	struct tree *tree = requests_tree(journal->requests);
	enum error error;

	damage[0] = '\0';
	error = load_longs(&loading, store_load(store, &loading.visitor));
	if (error == ERROR_NONE && !loading.has_state &&
	    requests_session_count(journal->requests) > 0)
		error = damaged(&loading, ERROR_CORRUPT, "the state", slice_of_text("is missing"));
	tree_restore_zxid(tree, loading.zxid);
	journal->zxid = loading.zxid;
	return error;
}
