/*
 * cluster/life.c: the states of membership, the wait for ZooKeeper, and what
 * the handler is told. A session that expires repeats the step at hand.
 */
#include "cluster/life.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "cluster/life_private.h"

enum { LINE_US = 3000000 }; /* from one word about the wait to the next */

void
life_change_state(struct life *it, enum life_state state)
{
	static const uint16_t allowed[LIFE_STATE_COUNT] = {
		[LIFE_IDLE] = 1 << LIFE_CONNECTING,
		[LIFE_CONNECTING] = 1 << LIFE_PATHS,
		[LIFE_PATHS] = 1 << LIFE_CLUSTER_ID,
		[LIFE_CLUSTER_ID] = 1 << LIFE_BROKER_ID,
		[LIFE_BROKER_ID] = 1 << LIFE_LOOKING,
		[LIFE_LOOKING] = 1 << LIFE_IDENTIFIED,
		[LIFE_IDENTIFIED] = 1 << LIFE_OTHERS,
		[LIFE_OTHERS] = 1 << LIFE_REGISTERING,
		[LIFE_REGISTERING] = 1 << LIFE_REGISTERED | 1 << LIFE_PARENT | 1 << LIFE_WAITING,
		[LIFE_PARENT] = 1 << LIFE_REGISTERING | 1 << LIFE_WAITING,
		[LIFE_REGISTERED] = 1 << LIFE_WAITING,
		[LIFE_WAITING] = 1 << LIFE_REGISTERING | 1 << LIFE_WAITING,
	};

	assert(state == LIFE_STOPPED || (allowed[it->state] & 1 << state) != 0);
	it->state = state;
}

void
life_fail(struct life *it, const char *format, ...)
{
	char reason[LIFE_REASON_SIZE];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(reason, sizeof(reason), format, arguments);
	va_end(arguments);
	life_close(it);
	it->options.handler->failed(it->options.handler, reason);
}

/* ------------------------------------------------------ several reads at once */

void
life_reads_init(struct life *it, size_t count)
{
	life_reads_fini(it);
	it->reads = memory_array(count, sizeof(*it->reads));
	it->read_count = count;
	it->left = count;
	for (size_t i = 0; i < count; i++)
		it->reads[i].life = it;
}

void
life_reads_fini(struct life *it)
{
	for (size_t i = 0; i < it->read_count; i++)
		free(it->reads[i].path);
	free(it->reads);
	it->reads = NULL;
	it->read_count = 0;
}

/* ------------------------------------------------------------- the wait */

static int64_t
now_us(const struct life *it)
{
	return clock_monotonic_us(it->options.world->clock);
}

static const char *
where_it_is(const struct life *it)
{
	const char *connect = it->options.config->zookeeper.connect;

	return connect == NULL ? "the embedded one" : connect;
}

static void
wait_on(struct life *it)
{
	int64_t end_us = it->began_us +
	    (int64_t)it->options.config->zookeeper.connection_timeout_ms * 1000;

	timer_start(it->options.world->control, &it->timer, MIN(now_us(it) + LINE_US, end_us));
}

static void
still_waiting(struct life *it)
{
	int32_t patience_ms = it->options.config->zookeeper.connection_timeout_ms;
	int64_t waited_ms = (now_us(it) - it->began_us) / 1000;

	if (waited_ms >= patience_ms) {
		life_fail(it, "no session with ZooKeeper (%s) after %" PRId32 " ms "
		    "(zookeeper.connection.timeout.ms)", where_it_is(it), patience_ms);
		return;
	}
	log_warn(it->options.world->logger, "waiting for ZooKeeper (%s): %" PRId64 " s of %" PRId32,
	    where_it_is(it), waited_ms / 1000, patience_ms / 1000);
	wait_on(it);
}

static void
connected(struct life *it)
{
	timer_stop(it->options.world->control, &it->timer);
	life_make_paths(it);
}

static void
on_timer(struct timer *timer)
{
	struct life *it = container_of(timer, struct life, timer);

	if (it->state == LIFE_CONNECTING)
		still_waiting(it);
	else if (it->state == LIFE_WAITING)
		life_register_now(it);
}

static void
on_established(struct zk_listener *listener)
{
	struct life *it = container_of(listener, struct life, listener);

	if (it->state == LIFE_CONNECTING)
		connected(it);
	else if (it->state == LIFE_WAITING)
		life_register_now(it);
}

/* Calls that are under way are answered so, and say what follows. */
static void
on_expired(struct zk_listener *listener)
{
	struct life *it = container_of(listener, struct life, listener);
	bool was = it->state == LIFE_REGISTERED;

	if (!was && it->state != LIFE_WAITING)
		return;
	timer_stop(it->options.world->control, &it->timer);
	life_change_state(it, LIFE_WAITING);
	if (was)
		it->options.handler->expired(it->options.handler);
}

/* --------------------------------------------------------------- outside */

struct life *
life_new(const struct life_options *options)
{
	struct life *it = memory_new(sizeof(*it));

	it->options = *options;
	it->options.known_cluster_id = NULL;
	it->known_cluster_id =
	    memory_text(options->known_cluster_id, strlen(options->known_cluster_id));
	it->broker_id = -1;
	it->listener = (struct zk_listener){ .established = on_established, .expired = on_expired };
	timer_init(&it->timer, on_timer);
	buffer_init(&it->data);
	buffer_init(&it->path);
	buffer_init(&it->doubts_data);
	zk_session_listen(it->options.session, &it->listener);
	return it;
}

void
life_identify(struct life *it)
{
	life_change_state(it, LIFE_CONNECTING);
	it->began_us = now_us(it);
	if (zk_session_is_established(it->options.session))
		connected(it);
	else
		wait_on(it);
}

void
life_close(struct life *it)
{
	timer_stop(it->options.world->control, &it->timer);
	it->state = LIFE_STOPPED;
}

void
life_free(struct life *it)
{
	life_close(it);
	zk_session_unlisten(it->options.session, &it->listener);
	zk_ephemeral_drop(&it->ephemeral);
	life_reads_fini(it);
	life_endpoints_fini(it);
	buffer_fini(&it->data);
	buffer_fini(&it->path);
	buffer_fini(&it->doubts_data);
	free(it->known_cluster_id);
	free(it->cluster_id);
	free(it);
}
