/*
 * cluster/life_register.c: this broker's znode (zookeeper.md 3.1, and 5.1 step
 * 8). At the start, whoever has our id or one of our endpoints stops us; later
 * a registration that fails is tried again for ever, so that a session's end
 * at a bad moment does not leave a broker out (KAFKA-14845).
 */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "cluster/life_private.h"
#include "zk/error_text.h"
#include "zk/registration.h"

enum {
	AGAIN_US = 2000000,
	REGISTRATION_VERSION = 5, /* of inter.broker.protocol.version 3.9, the only one served */
};

/* ------------------------------------------------------------- endpoints */

static struct slice
copy_text(const char *text)
{
	size_t size = strlen(text);

	return slice_of(memory_text(text, size), size);
}

static void
free_text(struct slice text)
{
	free((void *)(uintptr_t)text.bytes);
}

static void
copy_endpoints(struct life *it, const struct life_endpoint *endpoints, size_t count)
{
	it->endpoints = memory_array(MAX(count, 1), sizeof(*it->endpoints));
	it->endpoint_count = count;
	for (size_t i = 0; i < count; i++)
		it->endpoints[i] = (struct payload_endpoint){
			.listener = copy_text(endpoints[i].listener),
			.host = copy_text(endpoints[i].host),
			.port = endpoints[i].port,
			.protocol = copy_text(endpoints[i].protocol),
		};
}

void
life_endpoints_fini(struct life *it)
{
	for (size_t i = 0; i < it->endpoint_count; i++) {
		free_text(it->endpoints[i].listener);
		free_text(it->endpoints[i].host);
		free_text(it->endpoints[i].protocol);
	}
	free(it->endpoints);
	it->endpoints = NULL;
	it->endpoint_count = 0;
}

/* ---------------------------------------------------------- registration */

static void on_registered(struct zk_ephemeral *ephemeral, enum znode_error error,
    const struct znode_stat *stat);

static void
encode(struct life *it, struct buffer *data)
{
	const char *rack = it->options.config->identity.rack;
	struct registration_source source = {
		.endpoints = it->endpoints,
		.endpoint_count = it->endpoint_count,
		.rack = slice_of_text(rack),
		.timestamp_ms = clock_wall_ms(it->options.world->clock),
		.version = REGISTRATION_VERSION,
	};
	struct payload_broker broker;
	struct arena arena;

	arena_init(&arena, SIZE_MAX);
	it->doubts_changed = false;
	if (it->options.list_doubts != NULL)
		source.doubtful_count = it->options.list_doubts(it->options.context, &arena,
		    &source.doubtful);
	buffer_clear(data);
	enum error error = registration_make(&source, &arena, &broker);
	assert(error == ERROR_NONE); /* the arena has no cap */
	payload_broker_encode(&broker, data);
	arena_fini(&arena);
}

void
life_register_now(struct life *it)
{
	life_change_state(it, LIFE_REGISTERING);
	encode(it, &it->data);
	buffer_clear(&it->path);
	paths_broker(&it->path, it->broker_id);
	it->ephemeral = (struct zk_ephemeral){ .session = it->options.session,
		.path = buffer_slice(&it->path), .data = buffer_slice(&it->data),
		.done = on_registered };
	zk_ephemeral_register(&it->ephemeral);
}

static void
registered(struct life *it, const struct znode_stat *stat)
{
	life_change_state(it, LIFE_REGISTERED);
	it->was_registered = true;
	it->options.handler->registered(it->options.handler, stat->czxid);
	life_write_doubts(it);
}

/* ---------------------------------------------------------------- doubts */

/* Whatever came of it, a new registration tells again. */
static void
on_doubts(struct zk_call *call, const struct coord_answer *answer)
{
	struct life *it = container_of(call, struct life, doubts.call);

	it->doubts_are_out = false;
	if (answer->error != ZNODE_OK && answer->error != ZNODE_SESSION_EXPIRED)
		log_warn(it->options.world->logger, "%.*s cannot be changed: %s", (int)it->path.size,
		    (const char *)it->path.bytes, zk_error_text(answer->error));
	life_write_doubts(it);
}

void
life_write_doubts(struct life *it)
{
	struct znode_operation operation = { .type = ZNODE_OP_SET_DATA,
		.path = buffer_slice(&it->path), .version = -1 };

	if (it->state != LIFE_REGISTERED || it->doubts_are_out || !it->doubts_changed)
		return;
	encode(it, &it->doubts_data);
	operation.data = buffer_slice(&it->doubts_data);
	it->doubts_are_out = true;
	zk_write(it->options.session, &it->doubts, &operation, on_doubts);
}

void
life_doubts_changed(struct life *it)
{
	it->doubts_changed = true;
	life_write_doubts(it);
}

/* A start ends here; a broker that serves tries again. */
static void
not_registered(struct life *it, const char *why)
{
	if (!it->was_registered) {
		life_fail(it, "broker %" PRId32 " cannot register: %s", it->broker_id, why);
		return;
	}
	log_error(it->options.world->logger, "broker %" PRId32 " cannot register again: %s; it "
	    "tries on", it->broker_id, why);
	life_change_state(it, LIFE_WAITING);
	timer_start(it->options.world->control, &it->timer,
	    clock_monotonic_us(it->options.world->clock) + AGAIN_US);
}

static void
taken(struct life *it, const struct znode_stat *stat)
{
	char why[LIFE_REASON_SIZE];

	if (stat->ephemeral_owner == 0)
		snprintf(why, sizeof(why), "%.*s is there, and no ephemeral node: it is left as it is",
		    (int)it->path.size, (const char *)it->path.bytes);
	else
		snprintf(why, sizeof(why), "another process is registered under this broker.id, in "
		    "session 0x%" PRIx64 ", which has not ended within its time-out",
		    (uint64_t)stat->ephemeral_owner);
	not_registered(it, why);
}

static void
on_parent(struct zk_create_path *create, enum znode_error error)
{
	struct life *it = container_of(create, struct life, create);

	if (it->state != LIFE_PARENT)
		return;
	if (error == ZNODE_OK || error == ZNODE_NODE_EXISTS)
		life_register_now(it);
	else if (error == ZNODE_SESSION_EXPIRED)
		life_change_state(it, LIFE_WAITING);
	else
		not_registered(it, zk_error_text(error));
}

static void
on_registered(struct zk_ephemeral *ephemeral, enum znode_error error,
    const struct znode_stat *stat)
{
	struct life *it = container_of(ephemeral, struct life, ephemeral);

	if (it->state != LIFE_REGISTERING)
		return;
	switch (error) {
	case ZNODE_OK:
		registered(it, stat);
		return;
	case ZNODE_SESSION_EXPIRED:
		life_change_state(it, LIFE_WAITING);
		return;
	case ZNODE_NODE_EXISTS:
		taken(it, stat);
		return;
	case ZNODE_NO_NODE:
		life_change_state(it, LIFE_PARENT);
		zk_create_path(it->options.session, &it->create,
		    slice_of_text(paths_text(PATHS_BROKER_IDS)), slice_null(), on_parent);
		return;
	default:
		not_registered(it, zk_error_text(error));
	}
}

/* ------------------------------------------------- the others' endpoints */

static void
compare(struct life *it, const struct life_read *read, struct slice data)
{
	const struct payload_broker own = { .endpoints = it->endpoints,
		.endpoint_count = it->endpoint_count };
	const struct payload_endpoint *conflict = NULL;
	struct payload_complaint complaint;
	struct payload_broker other;
	struct arena arena;

	arena_init(&arena, PAYLOAD_SIZE_MAX);
	if (payload_broker_decode(data, &arena, &other, &complaint) == ERROR_NONE)
		conflict = registration_conflict(&own, &other);
	else
		log_warn(it->options.world->logger, "%s cannot be read, and is skipped: %s",
		    read->path, complaint.text);
	arena_fini(&arena);
	if (conflict != NULL)
		life_fail(it, "%.*s:%" PRId32 ", advertised by listener %.*s, is registered by broker "
		    "%" PRId32 " already", (int)conflict->host.size,
		    (const char *)conflict->host.bytes, conflict->port,
		    (int)conflict->listener.size, (const char *)conflict->listener.bytes,
		    read->broker);
}

static void
on_other(struct zk_call *call, const struct coord_answer *answer)
{
	struct life_read *read = container_of(call, struct life_read, call);
	struct life *it = read->life;

	if (it->state != LIFE_OTHERS)
		return;
	if (answer->error == ZNODE_SESSION_EXPIRED) {
		zk_get(it->options.session, &read->call, slice_of_text(read->path), on_other);
		return;
	}
	if (answer->error == ZNODE_OK)
		compare(it, read, answer->data);
	else if (answer->error != ZNODE_NO_NODE)
		log_warn(it->options.world->logger, "%s cannot be read, and is skipped: %s",
		    read->path, zk_error_text(answer->error));
	if (it->state == LIFE_OTHERS && --it->left == 0) {
		life_reads_fini(it);
		life_register_now(it);
	}
}

static bool
is_other(struct life *it, struct slice name, int32_t *broker)
{
	struct paths_place place;

	if (paths_parse_child(PATHS_BROKER, name, &place) != ERROR_NONE) {
		log_warn(it->options.world->logger, "%s/%.*s is no broker, and is skipped",
		    paths_text(PATHS_BROKER_IDS), (int)name.size, (const char *)name.bytes);
		return false;
	}
	*broker = place.id;
	return place.id != it->broker_id;
}

static void
read_others(struct life *it, const struct slice *names, size_t count)
{
	struct buffer path;
	size_t others = 0;

	buffer_init(&path);
	life_reads_init(it, MAX(count, 1));
	for (size_t i = 0; i < count; i++) {
		struct life_read *read = &it->reads[others];

		if (!is_other(it, names[i], &read->broker))
			continue;
		buffer_clear(&path);
		paths_broker(&path, read->broker);
		read->path = memory_text(path.bytes, path.size);
		others++;
	}
	buffer_fini(&path);
	it->left = others;
	if (others == 0)
		life_register_now(it);
	for (size_t i = 0; i < others; i++)
		zk_get(it->options.session, &it->reads[i].call, slice_of_text(it->reads[i].path),
		    on_other);
}

static void
on_ids(struct zk_call *call, const struct coord_answer *answer)
{
	struct life *it = container_of(call, struct life, call);

	if (it->state != LIFE_OTHERS)
		return;
	if (answer->error == ZNODE_SESSION_EXPIRED)
		zk_children(it->options.session, &it->call,
		    slice_of_text(paths_text(PATHS_BROKER_IDS)), on_ids);
	else if (answer->error == ZNODE_OK || answer->error == ZNODE_NO_NODE)
		read_others(it, answer->children, answer->child_count);
	else
		life_fail(it, "%s cannot be read in ZooKeeper: %s", paths_text(PATHS_BROKER_IDS),
		    zk_error_text(answer->error));
}

void
life_register(struct life *it, const struct life_endpoint *endpoints, size_t count)
{
	copy_endpoints(it, endpoints, count);
	life_change_state(it, LIFE_OTHERS);
	zk_children(it->options.session, &it->call, slice_of_text(paths_text(PATHS_BROKER_IDS)),
	    on_ids);
}
