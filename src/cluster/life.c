#include "cluster/life.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "zk/cluster_id.h"
#include "zk/ephemeral.h"
#include "zk/error_text.h"
#include "zk/operations.h"
#include "zk/paths.h"
#include "zk/payload_cluster_id.h"
#include "zk/registration.h"

enum {
	ARENA_BYTES = 1 << 20,
	REMIND_US = 5 * 1000 * 1000,
	AGAIN_US = 1000 * 1000, /* after a registration that failed for a reason that may pass */
};

struct life {
	struct life_options options;
	struct zk_session *session;
	struct loop *control;
	struct zk_listener listener;
	struct timer timer;        /* until ZooKeeper answers; between registrations */
	int64_t from_us, until_us; /* of the wait */
	bool waiting;              /* for the first session */
	bool identified;
	bool registered;           /* in the session at hand */
	bool was_registered;       /* in any */
	bool over;                 /* failed or being freed */
	char *cluster_id;
	int32_t broker_id;
	int path_at;               /* of the start-up paths */
	struct zk_create_path create;
	struct zk_call call;
	struct zk_write write;
	struct buffer text;        /* of the call under way */
	struct zk_ephemeral ephemeral;
	struct buffer path, data;  /* of the registration */
	struct arena arena;        /* endpoints */
	struct payload_endpoint *endpoints;
	size_t endpoint_count;
};

static void make_next_path(struct life *it);

static void PRINTF_LIKE(2, 3)
fail(struct life *it, const char *format, ...)
{
	char reason[512];
	va_list arguments;

	if (it->over)
		return;
	it->over = true;
	timer_stop(it->control, &it->timer);
	va_start(arguments, format);
	(void)vsnprintf(reason, sizeof(reason), format, arguments);
	va_end(arguments);
	it->options.handler->failed(it->options.handler, reason);
}

static int64_t
now_us(const struct life *it)
{
	return clock_monotonic_us(it->options.world->clock);
}

/* ------------------------------------------------------------- broker id */

static void
acls_read(struct zk_call *call, const struct coord_answer *answer)
{
	struct life *it = container_of(call, struct life, call);

	if (it->over)
		return;
	/* The six resource types alone are the authorizer's empty tree. */
	if (answer->error == ZNODE_OK && answer->child_count > 0)
		log_warn(it->options.world->logger, "ZooKeeper holds ACLs (/kafka-acl), but no "
		    "authorizer is configured: nobody is refused anything");
	it->identified = true;
	it->options.handler->identified(it->options.handler, it->cluster_id, it->broker_id);
}

static void
have_id(struct life *it, int32_t id)
{
	int32_t known = it->options.known_broker_id;

	if (known != -1 && known != id) {
		fail(it, "broker.id=%d: the log dirs are those of broker %d (meta.properties)", id,
		    known);
		return;
	}
	it->broker_id = id;
	zk_children(it->session, &it->call, slice_of_text(paths_text(PATHS_ACLS)), acls_read);
}

/* The node's version is the sequence (zookeeper.md, /brokers/seqid). */
static void
sequence_made(struct zk_call *call, const struct coord_answer *answer)
{
	struct life *it = container_of(call, struct life, write.call);

	if (it->over)
		return;
	if (answer->error != ZNODE_OK)
		fail(it, "no broker id can be made: /brokers/seqid: %s",
		    zk_error_text(answer->error));
	else
		have_id(it, it->options.config->identity.reserved_max_id +
		    answer->results[0].stat.version);
}

static void
find_id(struct life *it)
{
	const struct broker_identity *identity = &it->options.config->identity;
	struct znode_operation set = { .type = ZNODE_OP_SET_DATA,
		.path = slice_of_text(paths_text(PATHS_BROKER_SEQUENCE)), .data = slice_of("", 0),
		.version = -1 };

	if (identity->id >= 0)
		have_id(it, identity->id);
	else if (it->options.known_broker_id >= 0)
		have_id(it, it->options.known_broker_id);
	else if (identity->generate_id)
		zk_write(it->session, &it->write, &set, sequence_made);
	else
		fail(it, "broker.id is not set, and broker.id.generation.enable is false");
}

/* ------------------------------------------------------------ cluster id */

static void read_cluster_id(struct life *it);

static void
cluster_id_made(struct zk_create_path *create, enum znode_error error)
{
	struct life *it = container_of(create, struct life, create);

	if (it->over)
		return;
	if (error == ZNODE_OK || error == ZNODE_NODE_EXISTS)
		read_cluster_id(it); /* somebody else's, perhaps: what stands there counts */
	else
		fail(it, "/cluster/id cannot be made: %s", zk_error_text(error));
}

static void
make_cluster_id(struct life *it)
{
	char text[UUID_TEXT_SIZE + 1];
	uint8_t random[16];

	do
		entropy_fill(it->options.world->entropy, random, sizeof(random));
	while (!cluster_id_from_random(random, text));
	buffer_clear(&it->text);
	payload_cluster_id_encode(&(struct payload_cluster_id){ slice_of_text(text) }, &it->text);
	zk_create_path(it->session, &it->create, slice_of_text(paths_text(PATHS_CLUSTER_ID)),
	    buffer_slice(&it->text), cluster_id_made);
}

static void
take_cluster_id(struct life *it, struct slice bytes)
{
	const char *known = it->options.known_cluster_id;
	struct payload_complaint complaint;
	struct payload_cluster_id cluster;
	struct arena arena;

	arena_init(&arena, ARENA_BYTES);
	if (payload_cluster_id_decode(bytes, &arena, &cluster, &complaint) != ERROR_NONE) {
		fail(it, "/cluster/id cannot be read: %s", complaint.text);
	} else if (known[0] != '\0' && !slice_equal_text(cluster.id, known)) {
		fail(it, "the log dirs are those of cluster %s (meta.properties), but this "
		    "ZooKeeper's is %.*s", known, (int)cluster.id.size, (const char *)cluster.id.bytes);
	} else {
		free(it->cluster_id);
		it->cluster_id = memory_text(cluster.id.bytes, cluster.id.size);
		find_id(it);
	}
	arena_fini(&arena);
}

static void
cluster_id_read(struct zk_call *call, const struct coord_answer *answer)
{
	struct life *it = container_of(call, struct life, call);

	if (it->over)
		return;
	if (answer->error == ZNODE_NO_NODE)
		make_cluster_id(it);
	else if (answer->error == ZNODE_OK)
		take_cluster_id(it, answer->data);
	else
		fail(it, "/cluster/id cannot be read: %s", zk_error_text(answer->error));
}

static void
read_cluster_id(struct life *it)
{
	zk_get(it->session, &it->call, slice_of_text(paths_text(PATHS_CLUSTER_ID)),
	    cluster_id_read);
}

/* --------------------------------------------------------- start-up paths */

static void
path_made(struct zk_create_path *create, enum znode_error error)
{
	struct life *it = container_of(create, struct life, create);

	if (it->over)
		return;
	if (error != ZNODE_OK && error != ZNODE_NODE_EXISTS) {
		fail(it, "%s cannot be made: %s", paths_text(paths_startup[it->path_at]),
		    zk_error_text(error));
		return;
	}
	it->path_at++;
	make_next_path(it);
}

static void
make_next_path(struct life *it)
{
	if (it->path_at == PATHS_STARTUP_COUNT)
		read_cluster_id(it);
	else
		zk_create_path(it->session, &it->create,
		    slice_of_text(paths_text(paths_startup[it->path_at])), slice_null(), path_made);
}

/* ----------------------------------------------------------- registration */

static void
register_node(struct life *it)
{
	struct registration_source source = {
		.endpoints = it->endpoints,
		.endpoint_count = it->endpoint_count,
		.rack = slice_of_text(it->options.config->identity.rack),
		.timestamp_ms = clock_wall_ms(it->options.world->clock),
		.version = 5,
	};
	struct payload_broker broker;
	struct arena arena;

	arena_init(&arena, ARENA_BYTES);
	buffer_clear(&it->data);
	if (registration_make(&source, &arena, &broker) == ERROR_NONE)
		payload_broker_encode(&broker, &it->data);
	arena_fini(&arena);
	it->ephemeral.path = buffer_slice(&it->path);
	it->ephemeral.data = buffer_slice(&it->data);
	zk_ephemeral_register(&it->ephemeral);
}

/*
 * An expiry in between is followed by a new session, in which it is tried
 * again. After the start a foreign node is no reason to stop: it may go.
 */
static void
node_registered(struct zk_ephemeral *ephemeral, enum znode_error error,
    const struct znode_stat *stat)
{
	struct life *it = container_of(ephemeral, struct life, ephemeral);

	if (it->over || error == ZNODE_SESSION_EXPIRED)
		return;
	if (error == ZNODE_OK) {
		it->registered = true;
		it->was_registered = true;
		it->options.handler->registered(it->options.handler, stat->czxid);
	} else if (!it->was_registered && error == ZNODE_NODE_EXISTS) {
		fail(it, "broker %d is registered already, by session 0x%" PRIx64 ": another "
		    "broker with this id is alive", it->broker_id, (uint64_t)stat->ephemeral_owner);
	} else if (!it->was_registered) {
		fail(it, "broker %d cannot be registered: %s", it->broker_id, zk_error_text(error));
	} else {
		log_error(it->options.world->logger, "broker %d cannot be registered again: %s; "
		    "it is tried again", it->broker_id, zk_error_text(error));
		timer_start(it->control, &it->timer, now_us(it) + AGAIN_US);
	}
}

static struct slice
copied(struct life *it, const char *text)
{
	char *copy = arena_text(&it->arena, text, strlen(text));

	assert(copy != NULL);
	return slice_of_text(copy);
}

void
life_register(struct life *it, const struct life_endpoint *endpoints, size_t count)
{
	assert(it->identified && it->endpoints == NULL);
	it->endpoints = arena_array(&it->arena, MAX(count, 1), sizeof(*it->endpoints));
	assert(it->endpoints != NULL);
	it->endpoint_count = count;
	for (size_t i = 0; i < count; i++)
		it->endpoints[i] = (struct payload_endpoint){
			.listener = copied(it, endpoints[i].listener),
			.host = copied(it, endpoints[i].host),
			.port = endpoints[i].port,
			.protocol = copied(it, endpoints[i].protocol),
		};
	paths_broker(&it->path, it->broker_id);
	it->ephemeral.session = it->session;
	it->ephemeral.done = node_registered;
	if (zk_session_is_established(it->session))
		register_node(it);
}

/* -------------------------------------------------------------- sessions */

static void
established(struct zk_listener *listener)
{
	struct life *it = container_of(listener, struct life, listener);

	if (it->over)
		return;
	if (it->waiting) {
		it->waiting = false;
		timer_stop(it->control, &it->timer);
		make_next_path(it);
	} else if (it->endpoints != NULL && !it->ephemeral.registering) {
		timer_stop(it->control, &it->timer);
		register_node(it);
	} else if (!it->identified) {
		/* The call under way was lost with its session: begin again. */
		it->path_at = 0;
		make_next_path(it);
	}
}

static void
expired(struct zk_listener *listener)
{
	struct life *it = container_of(listener, struct life, listener);

	if (it->over || !it->registered)
		return;
	it->registered = false;
	it->options.handler->expired(it->options.handler);
}

static void
time_passed(struct timer *timer)
{
	struct life *it = container_of(timer, struct life, timer);
	const struct broker_zookeeper *zookeeper = &it->options.config->zookeeper;

	if (!it->waiting) {
		if (zk_session_is_established(it->session) && !it->registered)
			register_node(it);
		return;
	}
	if (now_us(it) >= it->until_us) {
		fail(it, "ZooKeeper has not answered for %d ms (zookeeper.connect, "
		    "zookeeper.connection.timeout.ms)", zookeeper->connection_timeout_ms);
		return;
	}
	log_warn(it->options.world->logger, "waiting for ZooKeeper%s%s, for %lld s so far",
	    zookeeper->connect != NULL ? " at " : "",
	    zookeeper->connect != NULL ? zookeeper->connect : "",
	    (long long)((now_us(it) - it->from_us) / 1000000));
	timer_start(it->control, &it->timer, MIN(now_us(it) + REMIND_US, it->until_us));
}

void
life_identify(struct life *it)
{
	it->from_us = now_us(it);
	it->until_us = it->from_us +
	    it->options.config->zookeeper.connection_timeout_ms * INT64_C(1000);
	it->waiting = true;
	timer_start(it->control, &it->timer, MIN(it->from_us + REMIND_US, it->until_us));
	if (zk_session_is_established(it->session))
		established(&it->listener);
}

struct life *
life_new(const struct life_options *options)
{
	struct life *it = memory_new(sizeof(*it));

	it->options = *options;
	it->session = options->session;
	it->control = options->world->control;
	it->broker_id = -1;
	it->listener = (struct zk_listener){ .expired = expired, .established = established };
	timer_init(&it->timer, time_passed);
	arena_init(&it->arena, ARENA_BYTES);
	buffer_init(&it->text);
	buffer_init(&it->path);
	buffer_init(&it->data);
	zk_session_listen(it->session, &it->listener);
	return it;
}

void
life_close(struct life *it)
{
	it->over = true;
	timer_stop(it->control, &it->timer);
	zk_session_unlisten(it->session, &it->listener);
}

void
life_free(struct life *it)
{
	life_close(it);
	zk_ephemeral_drop(&it->ephemeral);
	arena_fini(&it->arena);
	buffer_fini(&it->text);
	buffer_fini(&it->path);
	buffer_fini(&it->data);
	free(it->cluster_id);
	free(it);
}
