#include "world/coord_zookeeper_private.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/memory.h"

enum {
	READS_AT_ONCE = 64, /* answers taken before the loop has its say again */
	RETRY_US = 10000,   /* after a call of the library that failed at once */
	HOST_TEXT_SIZE = NET_HOST_SIZE + 8,
};

/* No server: a list that makes the library drop its connection at once. */
#define NOWHERE "0.0.0.0:1"

/* 8 bytes follow: a transaction id that nobody waits for, operation -11. */
static const uint8_t close_request[] = { 0, 0, 0, 8, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xf5 };

static struct zookeeper_session *
session_of(const struct coord_session *session)
{
	return container_of(session, struct zookeeper_session, session);
}

static int64_t
now_us(const struct zookeeper_session *it)
{
	return clock_monotonic_us(it->loop->clock);
}

/* "HOST:PORT,HOST:PORT"; the library splits each at its last colon, IPv6 needs no brackets. */
static char *
servers_text(const struct net_address *servers, size_t count)
{
	char *text = memory_new(count * HOST_TEXT_SIZE + 1);
	size_t at = 0;

	for (size_t i = 0; i < count; i++)
		at += (size_t)snprintf(text + at, HOST_TEXT_SIZE + 1, "%s%s:%u", i == 0 ? "" : ",",
		    servers[i].host, servers[i].port);
	return text;
}

/* ------------------------------------------------------------------ state */

static void
tell(struct zookeeper_session *it, enum coord_state state)
{
	if (it->closed || it->state == state)
		return;
	it->state = state;
	if (state == COORD_CONNECTED)
		it->complained = false;
	it->session.handler->state_changed(it->session.handler, state);
}

static enum coord_state
state_of(int state)
{
	if (state == ZOO_CONNECTED_STATE)
		return COORD_CONNECTED;
	if (state == ZOO_EXPIRED_SESSION_STATE)
		return COORD_EXPIRED;
	if (state == ZOO_AUTH_FAILED_STATE)
		return COORD_AUTH_FAILED;
	return COORD_CONNECTING;
}

static void
on_event(zhandle_t *handle, int type, int state, const char *path, void *context)
{
	struct zookeeper_session *it = context;

	(void)handle;
	if (type == ZOO_SESSION_EVENT)
		tell(it, state_of(state));
	else if (!it->closed && type >= ZNODE_EVENT_CREATED && type <= ZNODE_EVENT_CHILDREN_CHANGED)
		it->session.handler->watch_fired(it->session.handler, (enum znode_event_type)type,
		    slice_of_text(path));
}

static bool
is_over(const struct zookeeper_session *it)
{
	return it->closed || it->state == COORD_EXPIRED || it->state == COORD_AUTH_FAILED;
}

/* ------------------------------------------------------------- the socket */

void
zookeeper_session_forget_socket(struct zookeeper_session *it)
{
	if (it->watcher != NULL)
		loop_watcher_free(it->watcher);
	it->watcher = NULL;
	it->fd = -1;
}

/* Each call into the library: it may answer, and the answered may close the session. */
static int
process(struct zookeeper_session *it, int events)
{
	int code;

	it->depth++;
	code = zookeeper_process(it->handle, events);
	it->depth--;
	if (code != ZOK && code != ZNOTHING)
		zookeeper_session_forget_socket(it);
	return code;
}

/* The server at hand is given up: the library notices, answers what it owes, and tries the next. */
static void
cut(struct zookeeper_session *it)
{
	(void)shutdown(it->fd, SHUT_RDWR);
	for (int i = 0; i < 3 && it->fd != -1; i++)
		(void)process(it, ZOOKEEPER_READ | ZOOKEEPER_WRITE);
}

/*
 * The library gives a silent server two thirds of the session's time-out. The
 * others would not get their turn before it has expired.
 */
static int64_t
attempt_us(const struct zookeeper_session *it)
{
	int64_t servers = (int64_t)MAX(it->server_count, 2);

	return MAX((int64_t)it->timeout_ms * 1000 / (servers + 1), 100000);
}

/* -------------------------------------------------------------- the drive */

static void finish(struct zookeeper_session *it);
static void drive(struct zookeeper_session *it);

static void
on_ready(void *owner, bool readable, bool writable)
{
	struct zookeeper_session *it = owner;
	int events = (readable ? ZOOKEEPER_READ : 0) | (writable ? ZOOKEEPER_WRITE : 0);

	zookeeper_log_speaker(it);
	for (int i = 0; i < READS_AT_ONCE && !it->closed; i++) {
		if (process(it, events) != ZOK)
			break;
		events = ZOOKEEPER_READ;
	}
	drive(it);
}

static void
on_timer(struct timer *timer)
{
	struct zookeeper_session *it = container_of(timer, struct zookeeper_session, timer);

	it->hurried = false;
	zookeeper_log_speaker(it);
	drive(it);
}

void
zookeeper_session_hurry(struct zookeeper_session *it)
{
	if (it->hurried || it->closed)
		return;
	it->hurried = true;
	timer_start(it->loop, &it->timer, now_us(it));
}

/* A live connection stays where it is: the library would forget what it owes. */
static void
take_new_servers(struct zookeeper_session *it)
{
	int state = zoo_state(it->handle);

	if (it->new_servers == NULL || it->fd != -1 || state == ZOO_CONNECTED_STATE)
		return;
	if (zoo_set_servers(it->handle, it->new_servers) != ZOK)
		log_warn(it->logger, "zookeeper client: does not take the servers %s",
		    it->new_servers);
	free(it->new_servers);
	it->new_servers = NULL;
}

static void
watch_socket(struct zookeeper_session *it, int fd, int interest)
{
	if (fd != it->fd)
		zookeeper_session_forget_socket(it);
	if (fd == -1)
		return;
	if (it->watcher == NULL) {
		it->watcher = loop_watcher_new(it->loop, fd, on_ready, it);
		it->fd = fd;
		it->attempt_until_us = now_us(it) + attempt_us(it);
	}
	loop_watcher_want(it->watcher, (interest & ZOOKEEPER_READ) != 0,
	    (interest & ZOOKEEPER_WRITE) != 0);
}

/* When to be back: the library's deadline, and ours for the server that is being tried. */
static void
wait_for(struct zookeeper_session *it, int64_t wait_us)
{
	int64_t at_us = now_us(it) + wait_us;

	if (it->fd != -1 && it->state != COORD_CONNECTED)
		at_us = MIN(at_us, it->attempt_until_us);
	if (!it->hurried)
		timer_start(it->loop, &it->timer, at_us);
}

static void
ask_library(struct zookeeper_session *it)
{
	struct timeval wait = { 0 };
	int fd = -1, interest = 0, code;

	it->depth++;
	code = zookeeper_interest(it->handle, &fd, &interest, &wait);
	it->depth--;
	if (is_over(it))
		return;
	if (code != ZOK) {
		zookeeper_session_forget_socket(it);
		wait_for(it, RETRY_US);
		return;
	}
	watch_socket(it, fd, interest);
	if (it->stranded && it->fd != -1)
		cut(it);
	it->stranded = it->stranded && zookeeper_call_is_owed(it);
	wait_for(it, it->fd == -1 && fd != -1 ? 0 : wait.tv_sec * 1000000 + wait.tv_usec);
}

static void
drive(struct zookeeper_session *it)
{
	it->depth++; /* whoever closes it in here leaves it to us */
	if (it->stranded)
		tell(it, COORD_CONNECTING);
	zookeeper_call_answer_failed(it);
	if (!is_over(it) && it->state != COORD_CONNECTED && it->fd != -1 &&
	    now_us(it) >= it->attempt_until_us)
		cut(it);
	if (!is_over(it)) {
		take_new_servers(it);
		ask_library(it);
	}
	zookeeper_call_answer_failed(it);
	if (is_over(it))
		zookeeper_session_forget_socket(it);
	it->depth--;
	if (it->closed && it->depth == 0)
		finish(it);
}

/* ------------------------------------------------------------------ close */

/*
 * zookeeper_close would wait for the server up to 4.5 s; the request alone is
 * enough, the server reads it before it sees the end of the stream. Where it
 * does not fit into the socket at once the session is left to its time-out.
 */
static void
ask_for_the_end(struct zookeeper_session *it)
{
	struct timeval wait;
	size_t size = sizeof(close_request);
	int fd = -1, interest = 0;

	if (zoo_state(it->handle) != ZOO_CONNECTED_STATE || it->stranded ||
	    zookeeper_interest(it->handle, &fd, &interest, &wait) != ZOK || fd == -1 ||
	    (interest & ZOOKEEPER_WRITE) != 0)
		return;
	if (send(fd, close_request, size, MSG_DONTWAIT | MSG_NOSIGNAL) != (ssize_t)size)
		log_warn(it->logger, "zookeeper session 0x%llx is left to its time-out",
		    (unsigned long long)zoo_client_id(it->handle)->client_id);
}

static void
finish(struct zookeeper_session *it)
{
	zookeeper_log_speaker(it);
	it->depth++;
	timer_stop(it->loop, &it->timer);
	zookeeper_session_forget_socket(it);
	if (it->end_session)
		ask_for_the_end(it);
	/* without a connection zookeeper_close sends nothing, and only frees */
	if (zoo_state(it->handle) == ZOO_CONNECTED_STATE)
		(void)zoo_set_servers(it->handle, NOWHERE);
	zookeeper_close(it->handle);
	zookeeper_log_speaker(NULL);
	zookeeper_call_free_all(it);
	free(it->new_servers);
	free(it);
}

/* --------------------------------------------------------------- the port */

static enum error
begin(struct zookeeper_session *it, const struct coord_options *options)
{
	char *servers = servers_text(options->servers, options->server_count);
	clientid_t id = { .client_id = options->credentials.session };

	memcpy(id.passwd, options->credentials.password, sizeof(id.passwd));
	zookeeper_log_speaker(it);
	it->handle = zookeeper_init2(servers, on_event, options->timeout_ms,
	    id.client_id != 0 ? &id : NULL, it, ZOO_NO_LOG_CLIENTENV, zookeeper_log_line);
	free(servers);
	if (it->handle == NULL)
		return error_from_errno(errno);
	(void)zoo_set_servers_resolution_delay(it->handle, -1);
	if (!slice_is_null(options->digest) &&
	    zoo_add_auth(it->handle, "digest", (const char *)options->digest.bytes,
	    (int)options->digest.size, NULL, NULL) != ZOK) {
		zookeeper_close(it->handle);
		return ERROR_INVALID_ARGUMENT;
	}
	return ERROR_NONE;
}

static enum error
open_session(struct coord *coord, const struct coord_options *options,
    struct coord_handler *handler, struct coord_session **session)
{
	struct coord_zookeeper *zookeeper = container_of(coord, struct coord_zookeeper, coord);
	struct zookeeper_session *it = memory_new(sizeof(*it));
	enum error error;

	it->session = (struct coord_session){ .coord = coord, .handler = handler };
	it->logger = zookeeper->logger;
	it->loop = coord->loop;
	it->fd = -1;
	it->timeout_ms = options->timeout_ms;
	it->server_count = options->server_count;
	list_init(&it->calls);
	timer_init(&it->timer, on_timer);
	error = begin(it, options);
	zookeeper_log_speaker(NULL);
	if (error != ERROR_NONE) {
		free(it);
		return error;
	}
	zookeeper_session_hurry(it);
	*session = &it->session;
	return ERROR_NONE;
}

static void
set_servers(struct coord_session *session, const struct net_address *servers, size_t server_count)
{
	struct zookeeper_session *it = session_of(session);

	free(it->new_servers);
	it->new_servers = servers_text(servers, server_count);
	it->server_count = server_count;
	zookeeper_session_hurry(it);
}

static void
call(struct coord_session *session, struct coord_call *call)
{
	struct zookeeper_session *it = session_of(session);

	assert(!it->closed);
	zookeeper_call_begin(it, call);
}

static void
credentials(const struct coord_session *session, struct coord_credentials *credentials)
{
	const clientid_t *id = zoo_client_id(session_of(session)->handle);

	*credentials = (struct coord_credentials){ .session = id->client_id };
	memcpy(credentials->password, id->passwd, sizeof(credentials->password));
}

static int32_t
timeout_ms(const struct coord_session *session)
{
	const struct zookeeper_session *it = session_of(session);

	return zoo_client_id(it->handle)->client_id != 0 ? zoo_recv_timeout(it->handle) : 0;
}

static void
close_session(struct coord_session *session, bool end_session)
{
	struct zookeeper_session *it = session_of(session);

	assert(!it->closed);
	it->closed = true;
	it->state = COORD_CLOSED;
	it->end_session = end_session;
	if (it->depth == 0)
		finish(it);
}

static const struct coord_ops ops = {
	.open = open_session,
	.set_servers = set_servers,
	.call = call,
	.credentials = credentials,
	.timeout_ms = timeout_ms,
	.close = close_session,
};

void
coord_zookeeper_init(struct coord_zookeeper *zookeeper, struct loop *control, struct logger *logger)
{
	/* the library's level is one for the process; ours decides what is shown */
	zoo_set_debug_level(logger != NULL && logger->level == LOGGER_DEBUG ? ZOO_LOG_LEVEL_INFO :
	    ZOO_LOG_LEVEL_WARN);
	*zookeeper = (struct coord_zookeeper){
		.coord = { .ops = &ops, .loop = control },
		.logger = logger,
	};
}
