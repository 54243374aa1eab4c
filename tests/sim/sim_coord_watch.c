#include <stdlib.h>

#include "base/memory.h"
#include "tests/sim/sim_coord_private.h"

void
sim_coord_watch_add(struct sim_coord_client *client, enum sim_coord_watch_type type,
    struct slice path)
{
	struct sim_coord_watch *watch;

	LIST_FOREACH(link, &client->watches) {
		watch = container_of(link, struct sim_coord_watch, link);
		if (watch->type == type && slice_equal_text(path, watch->path))
			return;
	}
	watch = sim_memory_new(sizeof(*watch));
	watch->type = type;
	watch->path = memory_text(path.bytes, path.size);
	list_append(&client->watches, &watch->link);
}

static void
watch_free(struct sim_coord_watch *watch)
{
	list_remove(&watch->link);
	free(watch->path);
	free(watch);
}

bool
sim_coord_watch_take(struct sim_coord_client *client, enum znode_event_type event,
    struct slice path)
{
	bool found = false;

	LIST_FOREACH(link, &client->watches) {
		struct sim_coord_watch *watch = container_of(link, struct sim_coord_watch, link);

		if (!slice_equal_text(path, watch->path))
			continue;
		if (event != ZNODE_EVENT_DELETED &&
		    (watch->type == WATCHED_CHILDREN) != (event == ZNODE_EVENT_CHILDREN_CHANGED))
			continue;
		found = true;
		watch_free(watch);
	}
	return found;
}

struct sim_coord_message *
sim_coord_watch_message(struct sim_coord_client *client)
{
	struct sim_coord_message *message;
	size_t count = 0;

	LIST_FOREACH(link, &client->watches)
		count++;
	if (count == 0)
		return NULL;
#ifdef CANARY_SIM_COORD_FORGETS_WATCHES
	return NULL;
#endif
	message = sim_coord_message_new(MESSAGE_SET_WATCHES);
	message->zxid = client->zxid;
	message->watches = arena_array(&message->arena, count, sizeof(*message->watches));
	LIST_FOREACH(link, &client->watches) {
		struct sim_coord_watch *watch = container_of(link, struct sim_coord_watch, link);
		struct sim_coord_watch *copy = &message->watches[message->watch_count++];

		copy->type = watch->type;
		copy->path = arena_text(&message->arena, watch->path, strlen(watch->path));
	}
	return message;
}

void
sim_coord_watch_free_all(struct sim_coord_client *client)
{
	LIST_FOREACH(link, &client->watches)
		watch_free(container_of(link, struct sim_coord_watch, link));
}

/* What the client has missed; 0: nothing that can be told from the node as it is now. */
static int
missed_event(const struct tree *tree, const struct sim_coord_watch *watch, int64_t seen_zxid)
{
	struct znode_stat stat;
	bool exists = tree_exists(tree, slice_of_text(watch->path), &stat) == ZNODE_OK;

	if (watch->type == WATCHED_EXISTS)
		return exists ? ZNODE_EVENT_CREATED : 0;
	if (!exists)
		return ZNODE_EVENT_DELETED;
	if (watch->type == WATCHED_CHILDREN)
		return stat.pzxid > seen_zxid ? ZNODE_EVENT_CHILDREN_CHANGED : 0;
	return stat.mzxid > seen_zxid ? ZNODE_EVENT_DATA_CHANGED : 0;
}

void
sim_coord_watch_set(struct sim_coord_connection *connection,
    const struct sim_coord_message *message)
{
	struct sim_coord_server *server = connection->server;

	if (connection->member == NULL)
		return;
	for (size_t i = 0; i < message->watch_count; i++) {
		const struct sim_coord_watch *watch = &message->watches[i];
		struct slice path = slice_of_text(watch->path);
		int missed = missed_event(server->tree, watch, message->zxid);

		if (missed == 0) {
			watches_add(tree_watches(server->tree), connection->member->id, path,
			    watch->type == WATCHED_CHILDREN ? WATCH_CHILDREN : WATCH_DATA, WATCH_ONCE);
			continue;
		}
		sim_coord_saw(connection->ensemble, SIM_COORD_SEEN_WATCH_AT_RECONNECT);
		sim_coord_server_event(&server->sink, connection->member->id,
		    (enum znode_event_type)missed, path, NULL);
	}
}
