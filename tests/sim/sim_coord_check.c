#include "tests/sim/sim_coord_private.h"

/*
 * What oracles ask. Trees are walked by what any client could ask them, as a
 * caller who may read all that scenarios write.
 */
typedef void (*visit_function)(const struct sim_coord *ensemble, struct slice path,
    const struct tree *other);

const struct tree *
sim_coord_tree(const struct sim_coord *ensemble)
{
	const struct sim_coord_server *newest = &ensemble->servers[0];

	for (int i = 1; i < ensemble->options.servers; i++) {
		if (ensemble->servers[i].applied > newest->applied)
			newest = &ensemble->servers[i];
	}
	return newest->tree;
}

static void
walk(const struct sim_coord *ensemble, const struct tree *tree, struct slice path,
    struct arena *arena, const struct tree *other, visit_function visit)
{
	struct tree_caller caller = { 0 };
	struct znode_stat stat;
	struct slice *names;
	size_t count = 0;

	visit(ensemble, path, other);
	if (tree_get_children(tree, &caller, path, arena, &names, &count, &stat) != ZNODE_OK)
		return;
	for (size_t i = 0; i < count; i++) {
		size_t size = (path.size > 1 ? path.size : 0) + 1 + names[i].size;
		char *child = arena_new(arena, size + 1);

		snprintf(child, size + 1, "%.*s/%.*s", path.size > 1 ? (int)path.size : 0,
		    (const char *)path.bytes, (int)names[i].size, (const char *)names[i].bytes);
		walk(ensemble, tree, slice_of(child, size), arena, other, visit);
	}
}

static void
check_owner(const struct sim_coord *ensemble, struct slice path, const struct tree *other UNUSED)
{
	struct znode_stat stat;

	if (tree_exists(sim_coord_tree(ensemble), path, &stat) != ZNODE_OK ||
	    stat.ephemeral_owner == 0)
		return;
	sim_check(ensemble->sim, sim_coord_session_lives(ensemble, stat.ephemeral_owner) ||
	    sim_coord_session_has_leftovers(ensemble, stat.ephemeral_owner),
	    "%.*s belongs to session %lx, which has ended", (int)path.size,
	    (const char *)path.bytes, (unsigned long)stat.ephemeral_owner);
}

static void
walk_all(const struct sim_coord *ensemble, const struct tree *tree, const struct tree *other,
    visit_function visit)
{
	struct arena arena;

	arena_init(&arena, SIZE_MAX);
	walk(ensemble, tree, slice_of_text("/"), &arena, other, visit);
	arena_fini(&arena);
}

void
sim_coord_check_ephemerals(const struct sim_coord *ensemble)
{
	walk_all(ensemble, sim_coord_tree(ensemble), NULL, check_owner);
}

static bool
stat_equal(const struct znode_stat *a, const struct znode_stat *b)
{
	return a->czxid == b->czxid && a->mzxid == b->mzxid && a->pzxid == b->pzxid &&
	    a->ctime_ms == b->ctime_ms && a->mtime_ms == b->mtime_ms && a->version == b->version &&
	    a->cversion == b->cversion && a->aversion == b->aversion &&
	    a->ephemeral_owner == b->ephemeral_owner && a->data_length == b->data_length &&
	    a->child_count == b->child_count;
}

static void
check_node(const struct sim_coord *ensemble, struct slice path, const struct tree *other)
{
	struct tree_caller caller = { 0 };
	struct znode_stat a = { 0 }, b = { 0 };
	struct slice a_data = slice_null(), b_data = slice_null();
	enum znode_error a_error =
	    tree_get_data(sim_coord_tree(ensemble), &caller, path, &a_data, &a);
	enum znode_error b_error = tree_get_data(other, &caller, path, &b_data, &b);

	sim_check(ensemble->sim, a_error == b_error && slice_equal(a_data, b_data) &&
	    stat_equal(&a, &b), "servers differ in %.*s", (int)path.size, (const char *)path.bytes);
}

bool
sim_coord_is_level(const struct sim_coord *ensemble)
{
	for (int i = 0; i < ensemble->options.servers; i++) {
		if (ensemble->servers[i].applied < ensemble->history_count)
			return false;
	}
	return true;
}

void
sim_coord_check_equal(const struct sim_coord *ensemble)
{
	const struct tree *newest = sim_coord_tree(ensemble);

	for (int i = 0; i < ensemble->options.servers; i++) {
		const struct sim_coord_server *server = &ensemble->servers[i];

		sim_check(ensemble->sim, server->applied == ensemble->history_count,
		    "server %d has applied %lu of %lu writes", i, (unsigned long)server->applied,
		    (unsigned long)ensemble->history_count);
		if (server->tree != newest)
			walk_all(ensemble, newest, server->tree, check_node);
	}
}
