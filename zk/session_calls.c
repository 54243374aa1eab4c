#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "zk/node_acl.h"
#include "zk/session_private.h"

void
session_calls_init(struct session_calls *calls)
{
	list_init(&calls->waiting);
	list_init(&calls->lost);
	list_init(&calls->in_flight);
}

static struct zk_call *
call_of(struct list *link)
{
	return container_of(link, struct zk_call, link);
}

/* ----------------------------------------------------------------- chroot */

static struct slice
below_chroot(const struct zk_session *it, struct arena *arena, struct slice path)
{
	size_t root = strlen(it->connect.chroot);
	size_t size = path.size == 1 ? 0 : path.size; /* "/" */
	uint8_t *full;

	assert(path.size > 0 && path.bytes[0] == '/');
	if (root == 0)
		return path;
	full = arena_new(arena, root + size);
	memcpy(full, it->connect.chroot, root);
	memcpy(full + root, path.bytes, size);
	return slice_of(full, root + size);
}

/* Paths that come back are below the chroot, or ZooKeeper is not ZooKeeper. */
static struct slice
strip_chroot(const struct zk_session *it, struct slice path)
{
	size_t root = strlen(it->connect.chroot);

	if (slice_is_null(path) || path.size < root)
		return path;
	if (path.size == root)
		return slice_of_text("/");
	return slice_of(path.bytes + root, path.size - root);
}

static void on_answer(struct coord_call *coord, const struct coord_answer *answer);

static struct arena *
arena_of_call(void)
{
	struct arena *arena = memory_new(sizeof(*arena));

	arena_init(arena, SIZE_MAX);
	return arena;
}

static void
prepare_write(const struct zk_session *it, struct zk_call *call)
{
	struct znode_operation *full =
	    arena_array(call->arena, call->operation_count, sizeof(*full));

	for (size_t i = 0; i < call->operation_count; i++) {
		full[i] = call->operations[i];
		full[i].path = below_chroot(it, call->arena, full[i].path);
		if (full[i].type == ZNODE_OP_CREATE && full[i].acl.count == 0)
			full[i].acl = node_acl_of(it->options.set_acl, call->operations[i].path);
	}
	call->coord.operations = full;
	call->coord.operation_count = call->operation_count;
	call->coord.multi = call->multi;
}

static bool
sets_watch(const struct zk_session *it, const struct zk_call *call)
{
	switch (call->type) {
	case COORD_EXISTS:
	case COORD_GET_DATA:
		return session_is_watched(it, ZK_WATCH_NODE, call->path);
	case COORD_GET_CHILDREN:
		return session_is_watched(it, ZK_WATCH_CHILDREN, call->path);
	default:
		return false;
	}
}

static void
prepare(struct zk_session *it, struct zk_call *call)
{
	call->coord = (struct coord_call){ .type = call->type, .done = on_answer };
	if (call->arena == NULL)
		call->arena = arena_of_call();
	if (call->type == COORD_WRITE)
		prepare_write(it, call);
	else
		call->coord.path = below_chroot(it, call->arena, call->path);
}

static void
release(struct zk_call *call)
{
	arena_fini(call->arena);
	free(call->arena);
	call->arena = NULL;
}

/* ---------------------------------------------------------------- answers */

static void
answer_stripped(struct zk_session *it, struct zk_call *call, const struct coord_answer *answer)
{
	struct coord_answer stripped = *answer;
	struct znode_result *results = NULL;

	release(call);
	if (call->type == COORD_WRITE && answer->results != NULL) {
		results = memory_array(call->operation_count, sizeof(*results));
		for (size_t i = 0; i < call->operation_count; i++) {
			results[i] = answer->results[i];
			results[i].path = strip_chroot(it, results[i].path);
		}
		stripped.results = results;
	}
	call->done(call, &stripped);
	free(results);
}

static void
answer_error(struct zk_call *call, enum znode_error error)
{
	size_t count = call->type == COORD_WRITE ? call->operation_count : 0;
	struct znode_result *results = memory_array(MAX(count, 1), sizeof(*results));

	for (size_t i = 0; i < count; i++)
		results[i].error = error;
	call->done(call, &(struct coord_answer){ .error = error, .results = results });
	free(results);
}

static void
count(const struct zk_session *it, const struct zk_call *call)
{
	struct metrics_cell *cell = it->world->control->metrics;

	if (cell != NULL)
		metrics_time(cell, METRIC_ZOOKEEPER_LATENCY,
		    clock_monotonic_us(it->world->clock) - call->sent_us);
}

/* What a write takes of the connection, and of the server's memory. */
static size_t
bytes_of(const struct zk_call *call)
{
	size_t bytes = 0;

	for (size_t i = 0; call->type == COORD_WRITE && i < call->operation_count; i++)
		bytes += call->operations[i].path.size + call->operations[i].data.size;
	return bytes;
}

static void
on_answer(struct coord_call *coord, const struct coord_answer *answer)
{
	struct zk_call *call = container_of(coord, struct zk_call, coord);
	struct zk_session *it = call->session;

	list_remove(&call->link);
	it->calls.in_flight_count--;
	it->calls.in_flight_bytes -= bytes_of(call);
	if (answer->error == ZNODE_CONNECTION_LOSS || answer->error == ZNODE_SESSION_EXPIRED ||
	    answer->error == ZNODE_AUTH_FAILED) {
		/* sent again, or, when the session is over, answered by session_calls_expire */
		list_append(&it->calls.lost, &call->link);
		it->calls.draining = true;
	} else {
		count(it, call);
		answer_stripped(it, call, answer);
	}
	session_calls_pump(it);
}

/* ------------------------------------------------------------------- flow */

static void
send(struct zk_session *it, struct zk_call *call)
{
	list_append(&it->calls.in_flight, &call->link);
	it->calls.in_flight_count++;
	it->calls.in_flight_bytes += bytes_of(call);
	if (call->arena == NULL)
		prepare(it, call);
	call->coord.watch = sets_watch(it, call);
	if (it->world->control->metrics != NULL)
		call->sent_us = clock_monotonic_us(it->world->clock);
	coord_call(it->coord, &call->coord);
}

void
session_calls_pump(struct zk_session *it)
{
	struct session_calls *calls = &it->calls;

	if (calls->in_flight_count == 0)
		calls->draining = false;
	while (it->state == SESSION_ESTABLISHED && it->connected && !calls->draining &&
	    calls->in_flight_count < (size_t)it->options.max_in_flight &&
	    calls->in_flight_bytes < ZK_MAX_BYTES_IN_FLIGHT) {
		struct list *next = list_take_first(&calls->lost);

		if (next == NULL)
			next = list_take_first(&calls->waiting);
		if (next == NULL)
			return;
		send(it, call_of(next));
	}
}

void
session_calls_connection_lost(struct zk_session *it)
{
	it->calls.draining = it->calls.in_flight_count > 0;
}

static void
move_all(struct list *to, struct list *from)
{
	struct list *link;

	while ((link = list_take_first(from)) != NULL)
		list_append(to, link);
}

void
session_calls_expire(struct zk_session *it)
{
	struct list over, *link;

	list_init(&over);
	move_all(&over, &it->calls.lost);
	move_all(&over, &it->calls.in_flight);
	move_all(&over, &it->calls.waiting);
	it->calls.in_flight_count = 0;
	it->calls.in_flight_bytes = 0;
	it->calls.draining = false;
#ifdef CANARY_ZK_CALLS_OUTLIVE_SESSION
	move_all(&it->calls.waiting, &over);
#endif
	while ((link = list_take_first(&over)) != NULL) {
		struct zk_call *call = call_of(link);

		if (call->arena != NULL)
			release(call);
		if (it->state != SESSION_STOPPED)
			answer_error(call, ZNODE_SESSION_EXPIRED);
	}
}

void
session_calls_drop(struct zk_session *it)
{
	struct list over, *link;

	list_init(&over);
	move_all(&over, &it->calls.lost);
	move_all(&over, &it->calls.in_flight);
	move_all(&over, &it->calls.waiting);
	it->calls.in_flight_count = 0;
	it->calls.in_flight_bytes = 0;
	while ((link = list_take_first(&over)) != NULL)
		if (call_of(link)->arena != NULL)
			release(call_of(link));
}

void
zk_session_call(struct zk_session *session, struct zk_call *call)
{
	assert(loop_current() == session->world->control && call->done != NULL);
	call->session = session;
	call->arena = NULL;
	list_init(&call->link);
	if (session->state == SESSION_STOPPED)
		return;
	list_append(&session->calls.waiting, &call->link);
	session_calls_pump(session);
}

/* ------------------------------------------------------------- short forms */

static void
make(struct zk_session *session, struct zk_call *call, const struct zk_call *filled)
{
	*call = *filled;
	zk_session_call(session, call);
}

void
zk_get(struct zk_session *session, struct zk_call *call, struct slice path,
    void (*done)(struct zk_call *call, const struct coord_answer *answer))
{
	make(session, call, &(struct zk_call){ .type = COORD_GET_DATA, .path = path, .done = done });
}

void
zk_exists(struct zk_session *session, struct zk_call *call, struct slice path,
    void (*done)(struct zk_call *call, const struct coord_answer *answer))
{
	make(session, call, &(struct zk_call){ .type = COORD_EXISTS, .path = path, .done = done });
}

void
zk_children(struct zk_session *session, struct zk_call *call, struct slice path,
    void (*done)(struct zk_call *call, const struct coord_answer *answer))
{
	make(session, call,
	    &(struct zk_call){ .type = COORD_GET_CHILDREN, .path = path, .done = done });
}

void
zk_write(struct zk_session *session, struct zk_write *write,
    const struct znode_operation *operation,
    void (*done)(struct zk_call *call, const struct coord_answer *answer))
{
	write->operation = *operation;
	make(session, &write->call, &(struct zk_call){ .type = COORD_WRITE,
		.operations = &write->operation, .operation_count = 1, .done = done });
}

void
zk_multi(struct zk_session *session, struct zk_call *call,
    const struct znode_operation *operations, size_t count,
    void (*done)(struct zk_call *call, const struct coord_answer *answer))
{
	make(session, call, &(struct zk_call){ .type = COORD_WRITE, .operations = operations,
		.operation_count = count, .multi = true, .done = done });
}
