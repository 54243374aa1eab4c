/*
 * cluster/life_identify.c: start-up paths, /cluster/id and the broker's id
 * (zookeeper.md 5.1, steps 1 to 3). What stands in /cluster/id is never
 * overwritten, whatever it is.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "base/memory.h"
#include "cluster/life_private.h"
#include "zk/cluster_id.h"
#include "zk/error_text.h"
#include "zk/payload_cluster_id.h"

static struct slice
text_of(enum paths_kind kind)
{
	return slice_of_text(paths_text(kind));
}

/* ------------------------------------------------------------- broker id */

static void generate_broker_id(struct life *it);

static void
broker_is(struct life *it, int32_t id)
{
	it->broker_id = id;
	life_change_state(it, LIFE_LOOKING);
	life_look(it);
}

static void
on_sequence_made(struct zk_create_path *create, enum znode_error error)
{
	struct life *it = container_of(create, struct life, create);

	if (it->state != LIFE_BROKER_ID)
		return;
	if (error == ZNODE_OK || error == ZNODE_NODE_EXISTS || error == ZNODE_SESSION_EXPIRED)
		generate_broker_id(it);
	else
		life_fail(it, "%s cannot be made in ZooKeeper: %s",
		    paths_text(PATHS_BROKER_SEQUENCE), zk_error_text(error));
}

/* A reply that was lost costs a number. */
static void
on_sequence(struct zk_call *call, const struct coord_answer *answer)
{
	struct life *it = container_of(call, struct life, write.call);
	int64_t id;

	if (it->state != LIFE_BROKER_ID)
		return;
	switch (answer->error) {
	case ZNODE_OK:
		id = (int64_t)answer->results[0].stat.version +
		    it->options.config->identity.reserved_max_id;
		if (id >= 0 && id <= INT32_MAX)
			broker_is(it, (int32_t)id);
		else
			life_fail(it, "no broker.id is left: %s gives %" PRId64,
			    paths_text(PATHS_BROKER_SEQUENCE), id);
		return;
	case ZNODE_SESSION_EXPIRED:
		generate_broker_id(it);
		return;
	case ZNODE_NO_NODE: /* made a moment ago, and taken away again */
		zk_create_path(it->options.session, &it->create, text_of(PATHS_BROKER_SEQUENCE),
		    slice_null(), on_sequence_made);
		return;
	default:
		life_fail(it, "no broker.id can be had from %s: %s",
		    paths_text(PATHS_BROKER_SEQUENCE), zk_error_text(answer->error));
	}
}

static void
generate_broker_id(struct life *it)
{
	struct znode_operation operation = { .type = ZNODE_OP_SET_DATA,
		.path = text_of(PATHS_BROKER_SEQUENCE), .data = slice_of("", 0), .version = -1 };

	zk_write(it->options.session, &it->write, &operation, on_sequence);
}

static void
find_broker_id(struct life *it)
{
	int32_t wanted = it->options.config->identity.id;
	int32_t known = it->options.known_broker_id;

	life_change_state(it, LIFE_BROKER_ID);
	if (wanted >= 0 && known >= 0 && wanted != known)
		life_fail(it, "broker.id=%" PRId32 ", but meta.properties in the log dirs say %" PRId32
		    ": they belong to another broker", wanted, known);
	else if (wanted >= 0 || known >= 0)
		broker_is(it, wanted >= 0 ? wanted : known);
	else if (it->options.config->identity.generate_id)
		generate_broker_id(it);
	else
		life_fail(it, "broker.id is not set, and may not be generated "
		    "(broker.id.generation.enable)");
}

/* ------------------------------------------------------------ cluster id */

static void read_cluster_id(struct life *it);

/* Whoever made it, it is read: a reply may have been lost, or another broker was faster. */
static void
on_cluster_made(struct zk_create_path *create, enum znode_error error)
{
	struct life *it = container_of(create, struct life, create);

	if (it->state != LIFE_CLUSTER_ID)
		return;
	if (error == ZNODE_OK || error == ZNODE_NODE_EXISTS || error == ZNODE_SESSION_EXPIRED)
		read_cluster_id(it);
	else
		life_fail(it, "%s cannot be made in ZooKeeper: %s", paths_text(PATHS_CLUSTER_ID),
		    zk_error_text(error));
}

static void
make_cluster_id(struct life *it)
{
	char text[UUID_TEXT_SIZE + 1];
	uint8_t random[16];

	do
		entropy_fill(it->options.world->entropy, random, sizeof(random));
	while (!cluster_id_from_random(random, text));
	buffer_clear(&it->data);
	payload_cluster_id_encode(&(struct payload_cluster_id){ slice_of_text(text) }, &it->data);
	zk_create_path(it->options.session, &it->create, text_of(PATHS_CLUSTER_ID),
	    buffer_slice(&it->data), on_cluster_made);
}

static void
cluster_is(struct life *it, struct slice id)
{
	free(it->cluster_id);
	it->cluster_id = memory_text(id.bytes, id.size);
	if (it->known_cluster_id[0] != '\0' && !slice_equal_text(id, it->known_cluster_id)) {
		life_fail(it, "this ZooKeeper is of cluster %s, but meta.properties in the log dirs say "
		    "%s: zookeeper.connect or log.dirs may be those of another cluster",
		    it->cluster_id, it->known_cluster_id);
		return;
	}
	find_broker_id(it);
}

static void
decode_cluster_id(struct life *it, struct slice data)
{
	struct payload_complaint complaint;
	struct payload_cluster_id cluster;
	struct arena arena;

	arena_init(&arena, PAYLOAD_SIZE_MAX);
	if (payload_cluster_id_decode(data, &arena, &cluster, &complaint) == ERROR_NONE)
		cluster_is(it, cluster.id);
	else
		life_fail(it, "%s in ZooKeeper cannot be read, and is left as it is: %s",
		    paths_text(PATHS_CLUSTER_ID), complaint.text);
	arena_fini(&arena);
}

static void
on_cluster_id(struct zk_call *call, const struct coord_answer *answer)
{
	struct life *it = container_of(call, struct life, call);

	if (it->state != LIFE_CLUSTER_ID)
		return;
	if (answer->error == ZNODE_OK)
		decode_cluster_id(it, answer->data);
	else if (answer->error == ZNODE_SESSION_EXPIRED)
		read_cluster_id(it);
	else if (answer->error == ZNODE_NO_NODE)
		make_cluster_id(it);
	else
		life_fail(it, "%s cannot be read in ZooKeeper: %s", paths_text(PATHS_CLUSTER_ID),
		    zk_error_text(answer->error));
}

static void
read_cluster_id(struct life *it)
{
	zk_get(it->options.session, &it->call, text_of(PATHS_CLUSTER_ID), on_cluster_id);
}

/* ----------------------------------------------------------------- paths */

static void make_path(struct life_path *path);

static void
on_path(struct zk_create_path *create, enum znode_error error)
{
	struct life_path *path = container_of(create, struct life_path, create);
	struct life *it = path->life;

	if (it->state != LIFE_PATHS)
		return;
	if (error == ZNODE_SESSION_EXPIRED) {
		make_path(path);
		return;
	}
	if (error != ZNODE_OK && error != ZNODE_NODE_EXISTS) {
		life_fail(it, "%.*s cannot be made in ZooKeeper: %s", (int)create->path.size,
		    (const char *)create->path.bytes, zk_error_text(error));
		return;
	}
	if (--it->left > 0)
		return;
	life_change_state(it, LIFE_CLUSTER_ID);
	read_cluster_id(it);
}

static void
make_path(struct life_path *path)
{
	struct life *it = path->life;

	zk_create_path(it->options.session, &path->create,
	    text_of(paths_startup[path - it->paths]), slice_null(), on_path);
}

/* All at once: they are independent, but for parents, which may be there already. */
void
life_make_paths(struct life *it)
{
	life_change_state(it, LIFE_PATHS);
	it->left = PATHS_STARTUP_COUNT;
	for (int i = 0; i < PATHS_STARTUP_COUNT; i++)
		it->paths[i].life = it;
	for (int i = 0; i < PATHS_STARTUP_COUNT; i++)
		make_path(&it->paths[i]);
}
