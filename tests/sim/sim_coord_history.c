#include <assert.h>
#include <stdlib.h>

#include "tests/sim/sim_coord_private.h"

struct slice
sim_coord_copy_slice(struct arena *arena, struct slice slice)
{
	if (slice_is_null(slice))
		return slice;
	return slice_of(arena_text(arena, slice.bytes, slice.size), slice.size);
}

static void
copy_acl(struct arena *arena, struct znode_acl *acl)
{
	struct znode_acl_entry *entries = arena_array(arena, MAX(acl->count, 1), sizeof(*entries));

	for (size_t i = 0; i < acl->count; i++) {
		entries[i] = acl->entries[i];
		entries[i].id.scheme = sim_coord_copy_slice(arena, acl->entries[i].id.scheme);
		entries[i].id.id = sim_coord_copy_slice(arena, acl->entries[i].id.id);
	}
	acl->entries = entries;
}

void
sim_coord_copy_operations(struct arena *arena, const struct znode_operation *operations,
    size_t count, const struct znode_operation **copied)
{
	struct znode_operation *copies = arena_array(arena, MAX(count, 1), sizeof(*copies));

	for (size_t i = 0; i < count; i++) {
		copies[i] = operations[i];
		copies[i].path = sim_coord_copy_slice(arena, operations[i].path);
		copies[i].data = sim_coord_copy_slice(arena, operations[i].data);
		copy_acl(arena, &copies[i].acl);
	}
	*copied = copies;
}

struct sim_coord_member *
sim_coord_find_member(const struct sim_coord *ensemble, int64_t id)
{
	LIST_FOREACH(link, &ensemble->members) {
		struct sim_coord_member *member = container_of(link, struct sim_coord_member, link);

		if (member->id == id)
			return member;
	}
	return NULL;
}

/* Told once, by the leader, which is the first to apply. */
static void
tell_committed(struct sim_coord *ensemble, const struct sim_coord_entry *entry, uint64_t index,
    const struct znode_result *results, enum znode_error error)
{
	struct sim_coord_commit commit = {
		.zxid = (int64_t)index,
		.session = entry->session,
		.is_end = entry->type == ENTRY_END_SESSION,
		.operations = entry->operations,
		.results = results,
		.count = entry->count,
		.succeeded = error == ZNODE_OK,
	};

	ensemble->told = index;
	for (size_t i = 1; entry->multi && i < entry->count; i++) {
		if (results[i - 1].error == ZNODE_OK && results[i].error != ZNODE_OK)
			sim_coord_saw(ensemble, SIM_COORD_SEEN_MULTI_FAILED);
	}
	for (size_t i = 0; i < entry->count; i++) {
		sim_mix_bytes(ensemble->sim, entry->operations[i].path.bytes,
		    entry->operations[i].path.size);
		sim_mix_bytes(ensemble->sim, entry->operations[i].data.bytes,
		    entry->operations[i].data.size);
		sim_trace(ensemble->sim, "zxid %lu session %lx operation %d %.*s version %d: %d",
		    (unsigned long)index, (unsigned long)entry->session,
		    (int)entry->operations[i].type, (int)entry->operations[i].path.size,
		    (const char *)entry->operations[i].path.bytes,
		    (int)entry->operations[i].version, (int)results[i].error);
	}
	sim_note(ensemble->sim, SIM_WHAT_coord_commit, NULL, index, (uint64_t)(int64_t)error);
	if (ensemble->options.committed != NULL)
		ensemble->options.committed(ensemble, &commit, ensemble->options.context);
}

static enum znode_error
carry_out(struct sim_coord_server *server, const struct sim_coord_entry *entry,
    struct arena *arena, struct znode_result *results)
{
	struct tree_caller caller = { entry->session, entry->ids, entry->id_count };

	switch (entry->type) {
	case ENTRY_NEW_SESSION:
		tree_next_zxid(server->tree);
		break;
	case ENTRY_END_SESSION:
#ifdef CANARY_SIM_COORD_FOLLOWER_KEEPS_EPHEMERALS
		if (server->number != server->ensemble->leader) {
			tree_next_zxid(server->tree);
			break;
		}
#endif
		if (!entry->leaves) {
			tree_end_session(server->tree, entry->session, entry->now_ms);
			break;
		}
		tree_next_zxid(server->tree);
		watches_end_session(tree_watches(server->tree), entry->session);
		break;
	case ENTRY_WRITE:
		if (tree_write(server->tree, &caller, entry->now_ms, entry->operations,
		    entry->count, entry->multi, arena, results) != ERROR_NONE)
			assert(!"an arena without a cap is full");
		for (size_t i = 0; i < entry->count; i++) {
			if (results[i].error != ZNODE_OK)
				return results[i].error;
		}
	}
	return ZNODE_OK;
}

static void
end_connections(struct sim_coord_server *server, int64_t session)
{
	LIST_FOREACH(link, &server->connections) {
		struct sim_coord_connection *connection =
		    container_of(link, struct sim_coord_connection, link);

		if (connection->server_open && connection->member != NULL &&
		    connection->member->id == session)
			sim_coord_server_close(connection, false, false);
	}
}

static void
apply_next(struct sim_coord_server *server)
{
	struct sim_coord *ensemble = server->ensemble;
	const struct sim_coord_entry *entry = ensemble->history[server->applied];
	uint64_t index = server->applied + 1;
	struct znode_result *results = sim_memory_new(MAX(entry->count, 1) * sizeof(*results));
	enum znode_error error;
	struct arena arena;

	arena_init(&arena, SIZE_MAX);
	error = carry_out(server, entry, &arena, results);
	assert(tree_zxid(server->tree) == (int64_t)index);
	server->applied = index;
	if (index > ensemble->told)
		tell_committed(ensemble, entry, index, results, error);
	sim_coord_server_applied(server, entry, index, results, error);
	sim_coord_server_pump_all(server);
	if (entry->type == ENTRY_END_SESSION)
		end_connections(server, entry->session);
	arena_fini(&arena);
	free(results);
}

void
sim_coord_catch_up(struct sim_coord_server *server)
{
	while (server->applied < server->ensemble->history_count)
		apply_next(server);
}

static void
apply_later(struct sim_coord_server *server)
{
	struct sim_coord *ensemble = server->ensemble;

	if (server->is_up && !server->isolated && server->applied < ensemble->history_count &&
	    !sim_is_scheduled(&server->apply))
		sim_schedule(ensemble->sim, &server->apply,
		    sim_coord_delay(ensemble, ensemble->options.lag_high_us));
}

void
sim_coord_apply_due(struct sim *sim, struct sim_event *event)
{
	struct sim_coord_server *server = container_of(event, struct sim_coord_server, apply);
	uint64_t behind = server->ensemble->history_count - server->applied;

	if (!server->is_up || server->isolated || behind == 0)
		return;
	for (uint64_t some = 1 + prng_below(sim_stream(sim, SIM_COORD), behind); some > 0; some--)
		apply_next(server);
	apply_later(server);
}

static struct sim_coord_entry *
entry_new(struct sim_coord *ensemble, const struct sim_coord_member *member, uint64_t connection)
{
	struct sim_coord_entry *entry = sim_memory_new(sizeof(*entry));
	struct znode_id ids[2];

	entry->session = member->id;
	entry->now_ms = 1700000000000 + sim_now_us(ensemble->sim) / 1000;
	entry->connection = connection;
	arena_init(&entry->arena, SIZE_MAX);
	entry->id_count = (size_t)sim_coord_ids(member, ids);
	entry->ids = arena_array(&entry->arena, 2, sizeof(*entry->ids));
	for (size_t i = 0; i < entry->id_count; i++)
		entry->ids[i] = (struct znode_id){ ids[i].scheme,
			sim_coord_copy_slice(&entry->arena, ids[i].id) };
	return entry;
}

static uint64_t
commit(struct sim_coord *ensemble, struct sim_coord_entry *entry)
{
	assert(ensemble->leader >= 0);
	if (ensemble->history_count == ensemble->history_capacity) {
		ensemble->history_capacity = MAX((size_t)256, ensemble->history_capacity * 2);
		ensemble->history = sim_memory_resize(ensemble->history,
		    ensemble->history_capacity * sizeof(struct sim_coord_entry *));
	}
	ensemble->history[ensemble->history_count++] = entry;
	return ensemble->history_count;
}

/* Once the request knows its place, so that the leader's own clients are answered. */
void
sim_coord_committed(struct sim_coord *ensemble)
{
	if (ensemble->leader < 0)
		return;
	sim_coord_catch_up(&ensemble->servers[ensemble->leader]);
	for (int i = 0; i < ensemble->options.servers; i++)
		apply_later(&ensemble->servers[i]);
}

uint64_t
sim_coord_commit_write(struct sim_coord *ensemble, struct sim_coord_connection *connection,
    const struct sim_coord_message *message)
{
	struct sim_coord_entry *entry = entry_new(ensemble, connection->member, connection->number);

	entry->type = ENTRY_WRITE;
	entry->multi = message->call.multi;
	entry->count = message->call.operation_count;
	sim_coord_copy_operations(&entry->arena, message->call.operations, entry->count,
	    &entry->operations);
	return commit(ensemble, entry);
}

static bool
has_write(const struct list *messages)
{
	LIST_FOREACH(link, messages) {
		struct sim_coord_message *message = container_of(link, struct sim_coord_message, link);

		if (message->type == MESSAGE_REQUEST && message->call.type == COORD_WRITE)
			return true;
	}
	return false;
}

static bool
has_writes_under_way(struct sim_coord *ensemble, const struct sim_coord_member *member)
{
	for (int i = 0; i < ensemble->options.servers; i++) {
		LIST_FOREACH(link, &ensemble->servers[i].connections) {
			struct sim_coord_connection *connection =
			    container_of(link, struct sim_coord_connection, link);

			if (connection->member == member && (has_write(&connection->up.messages) ||
			    has_write(&connection->requests)))
				return true;
		}
	}
	return false;
}

uint64_t
sim_coord_commit_session(struct sim_coord *ensemble, struct sim_coord_member *member, bool is_end,
    uint64_t connection)
{
	struct sim_coord_entry *entry = entry_new(ensemble, member, connection);

	entry->type = is_end ? ENTRY_END_SESSION : ENTRY_NEW_SESSION;
	if (is_end) {
		const struct tree *tree = ensemble->servers[ensemble->leader].tree;
		struct slice *paths;
		size_t count = 0;

		(void)tree_get_ephemerals(tree, member->id, slice_of("", 0), &entry->arena, &paths,
		    &count);
		if (member->ended_at_us == INT64_MAX && count > 0 &&
		    sim_coord_chance(ensemble, ensemble->faults.leftover)) {
			entry->leaves = member->leftovers = true;
			sim_coord_saw(ensemble, SIM_COORD_SEEN_LEFTOVER_EPHEMERAL);
		} else {
			member->leftovers = false;
		}
		if (member->ended_at_us == INT64_MAX && has_writes_under_way(ensemble, member))
			sim_coord_saw(ensemble, SIM_COORD_SEEN_EXPIRY_IN_WRITE);
		member->ended_at_us = MIN(member->ended_at_us, sim_now_us(ensemble->sim));
		sim_note(ensemble->sim, SIM_WHAT_coord_session, NULL, (uint64_t)member->id,
		    entry->leaves);
	}
	return commit(ensemble, entry);
}

void
sim_coord_free_history(struct sim_coord *ensemble)
{
	for (size_t i = 0; i < ensemble->history_count; i++) {
		arena_fini(&ensemble->history[i]->arena);
		free(ensemble->history[i]);
	}
	free(ensemble->history);
}
