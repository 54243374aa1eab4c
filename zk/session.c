#include "zk/session.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>

#include "base/memory.h"
#include "zk/error_text.h"
#include "zk/session_private.h"

enum { PAUSE_US = 1000000 };

static void
change_state(struct zk_session *it, enum session_state state)
{
	static const uint16_t allowed[SESSION_STATE_COUNT] = {
		[SESSION_IDLE] = 1 << SESSION_READING | 1 << SESSION_RESOLVING,
		[SESSION_READING] = 1 << SESSION_RESOLVING,
		[SESSION_RESOLVING] = 1 << SESSION_CLOSING_OLD | 1 << SESSION_OPENING |
		    1 << SESSION_PAUSED,
		[SESSION_CLOSING_OLD] = 1 << SESSION_OPENING | 1 << SESSION_PAUSED,
		[SESSION_OPENING] = 1 << SESSION_ROOTING | 1 << SESSION_EXPIRED,
		[SESSION_ROOTING] = 1 << SESSION_ESTABLISHED | 1 << SESSION_EXPIRED,
		[SESSION_ESTABLISHED] = 1 << SESSION_EXPIRED,
		[SESSION_EXPIRED] = 1 << SESSION_OPENING | 1 << SESSION_PAUSED,
		[SESSION_PAUSED] = 1 << SESSION_OPENING | 1 << SESSION_PAUSED,
	};

	assert(state == SESSION_STOPPED || (allowed[it->state] & 1 << state) != 0);
	it->state = state;
}

static void
come_back(struct zk_session *it, int64_t wait_us)
{
	timer_start(it->world->control, &it->timer,
	    clock_monotonic_us(it->world->clock) + wait_us);
}

static uint64_t
shown_id(const struct zk_session *it)
{
	return (uint64_t)it->credentials.session;
}

/* -------------------------------------------------------------- listeners */

static void
take_all(struct list *to, struct list *from)
{
	struct list *link;

	list_init(to);
	while ((link = list_take_first(from)) != NULL)
		list_append(to, link);
}

/* One that is told may take away itself and others, and add some, which are not told. */
static struct zk_listener *
next_to_tell(struct zk_session *it, struct list *untold)
{
	struct list *link = list_take_first(untold);

	if (link == NULL)
		return NULL;
	list_append(&it->listeners, link);
	return container_of(link, struct zk_listener, link);
}

static void
tell_established(struct zk_session *it)
{
	struct zk_listener *listener;
	struct list untold;

	take_all(&untold, &it->listeners);
	while ((listener = next_to_tell(it, &untold)) != NULL)
		if (listener->established != NULL && it->state == SESSION_ESTABLISHED)
			listener->established(listener);
}

static void
tell_expired(struct zk_session *it)
{
	struct zk_listener *listener;
	struct list untold;

	take_all(&untold, &it->listeners);
	while ((listener = next_to_tell(it, &untold)) != NULL)
		if (listener->expired != NULL)
			listener->expired(listener);
}

static void
set_connected(struct zk_session *it, bool connected)
{
	struct zk_listener *listener;
	struct list untold;

	if (it->connected == connected)
		return;
	it->connected = connected;
	metrics_count(it->world->control->metrics, connected ? METRIC_ZOOKEEPER_SYNC_CONNECTS :
	    METRIC_ZOOKEEPER_DISCONNECTS, 1);
	zk_servers_set_connected(it->servers, connected);
	take_all(&untold, &it->listeners);
	while ((listener = next_to_tell(it, &untold)) != NULL)
		if (listener->connection_changed != NULL)
			listener->connection_changed(listener, connected);
}

/* ---------------------------------------------------------------- opening */

static enum error
open_session(struct zk_session *it, const struct coord_credentials *credentials)
{
	struct coord_options options = {
		.timeout_ms = it->options.session_timeout_ms,
		.credentials = *credentials,
		.digest = it->options.digest,
	};

	options.servers = zk_servers_addresses(it->servers, &options.server_count);
	return coord_open(it->world->coord, &options, &it->handler, &it->coord);
}

static void
open_new(struct zk_session *it)
{
	enum error error;

	it->credentials = (struct coord_credentials){ 0 };
	error = open_session(it, &it->credentials);
	if (error == ERROR_NONE) {
		change_state(it, SESSION_OPENING);
		return;
	}
	log_warn(it->world->logger, "zookeeper session cannot be opened: %s", error_text(error));
	change_state(it, SESSION_PAUSED);
	come_back(it, PAUSE_US);
}

/* The session of an earlier process on these log dirs is ended before there is a new one (F5). */
static void
connect_first(struct zk_session *it)
{
	size_t count;
	enum error error;

	(void)zk_servers_addresses(it->servers, &count);
	if (count == 0)
		return; /* servers_changed comes */
	if (it->credentials.session == 0) {
		open_new(it);
		return;
	}
	log_info(it->world->logger, "zookeeper session 0x%" PRIx64
	    " of an earlier process is closed first", shown_id(it));
	error = open_session(it, &it->credentials);
	if (error == ERROR_NONE)
		change_state(it, SESSION_CLOSING_OLD);
	else
		open_new(it);
}

static void
on_kept(void *context, const struct coord_credentials *credentials)
{
	struct zk_session *it = context;

	if (it->state != SESSION_READING)
		return;
	it->credentials = *credentials;
	change_state(it, SESSION_RESOLVING);
	connect_first(it);
}

static void
tell_guardian(struct zk_session *it)
{
	size_t count;
	const struct net_address *servers = zk_servers_addresses(it->servers, &count);

	if (it->options.guardian != NULL && it->credentials.session != 0 &&
	    !guardian_watch(it->options.guardian, &it->credentials, zk_session_timeout_ms(it),
	    servers, count))
		log_warn(it->world->logger, "the guardian is gone: after a crash, zookeeper "
		    "session 0x%" PRIx64 " lives on until its time-out", shown_id(it));
}

static void
servers_changed(void *owner)
{
	struct zk_session *it = owner;
	size_t count;
	const struct net_address *servers = zk_servers_addresses(it->servers, &count);

	if (it->state == SESSION_RESOLVING) {
		connect_first(it);
	} else if (it->coord != NULL && count > 0) {
		coord_set_servers(it->coord, servers, count);
		tell_guardian(it);
	}
}

/* ----------------------------------------------------------- state changes */

static void
establish(struct zk_session *it)
{
	timer_stop(it->world->control, &it->timer);
	change_state(it, SESSION_ESTABLISHED);
	tell_established(it);
	session_calls_pump(it);
}

/*
 * What a crash would leave behind must be known before it is there: nobody
 * registers before the credentials are kept. A disk that hangs only costs that.
 */
static void
on_written(void *context)
{
	struct zk_session *it = context;

	it->keeping--;
	if (it->state == SESSION_ROOTING && it->rooted && it->keeping == 0)
		establish(it);
}

static void
remember_id(struct zk_session *it)
{
	it->own_ids = memory_resize(it->own_ids, (it->own_id_count + 1) * sizeof(*it->own_ids));
	it->own_ids[it->own_id_count++] = it->credentials.session;
}

static void
begun(struct zk_session *it)
{
	coord_credentials(it->coord, &it->credentials);
	remember_id(it);
	log_info(it->world->logger, "zookeeper session 0x%" PRIx64 " is established, time-out "
	    "%" PRId32 " ms", shown_id(it), zk_session_timeout_ms(it));
	it->rooted = false;
	change_state(it, SESSION_ROOTING);
	if (it->kept != NULL) {
		it->keeping++;
		kept_session_write(it->kept, &it->credentials, on_written, it);
	}
	tell_guardian(it);
	set_connected(it, true);
	if (it->state == SESSION_ROOTING)
		session_root_begin(it);
}

static void
connected(struct zk_session *it)
{
	if (it->state == SESSION_OPENING) {
		begun(it);
		return;
	}
	log_info(it->world->logger, "zookeeper session 0x%" PRIx64 " is connected again",
	    shown_id(it));
	set_connected(it, true);
	tell_guardian(it);
	if (it->state == SESSION_ROOTING && !it->rooted)
		session_root_begin(it);
	session_calls_pump(it);
}

static void
disconnected(struct zk_session *it)
{
	if (!it->connected)
		return;
	log_warn(it->world->logger, "zookeeper session 0x%" PRIx64 " has lost its connection",
	    shown_id(it));
	session_calls_connection_lost(it);
	set_connected(it, false);
}

/* What follows is done from the loop, outside the port. */
static void
over(struct zk_session *it, enum coord_state why)
{
	it->refused = why == COORD_AUTH_FAILED;
	if (it->refused)
		log_error(it->world->logger, "zookeeper refuses our authentication");
	else
		log_warn(it->world->logger, "zookeeper session 0x%" PRIx64 " has expired",
		    shown_id(it));
	if (!it->refused)
		metrics_count(it->world->control->metrics, METRIC_ZOOKEEPER_EXPIRES, 1);
	change_state(it, SESSION_EXPIRED);
	come_back(it, 0);
}

static void
on_state(struct coord_handler *handler, enum coord_state state)
{
	struct zk_session *it = container_of(handler, struct zk_session, handler);

	if (it->state == SESSION_CLOSING_OLD) {
		if (state == COORD_CONNECTED)
			it->connected = true; /* of the old one, told to nobody */
		if (state != COORD_CONNECTING)
			come_back(it, 0);
		return;
	}
	if (it->state != SESSION_OPENING && it->state != SESSION_ROOTING &&
	    it->state != SESSION_ESTABLISHED)
		return;
	switch (state) {
	case COORD_CONNECTED:
		connected(it);
		return;
	case COORD_CONNECTING:
		disconnected(it);
		return;
	case COORD_EXPIRED:
	case COORD_AUTH_FAILED:
		over(it, state);
		return;
	case COORD_CLOSED:
		return;
	}
}

static void
on_watch(struct coord_handler *handler, enum znode_event_type type, struct slice path)
{
	session_watch_fired(container_of(handler, struct zk_session, handler), type, path);
}

void
session_rooted(struct zk_session *it, enum znode_error error)
{
	if (error != ZNODE_OK) {
		log_error(it->world->logger, "zookeeper chroot %s cannot be made: %s",
		    it->connect.chroot, zk_error_text(error));
		come_back(it, PAUSE_US);
		return;
	}
	it->rooted = true;
	if (it->keeping > 0)
		come_back(it, PAUSE_US);
	else
		establish(it);
}

/* --------------------------------------------------------------- the timer */

static void
close_coord(struct zk_session *it, bool end_session)
{
	struct coord_session *coord = it->coord;

	it->coord = NULL;
	it->root_under_way = false;
	if (coord != NULL)
		coord_close(coord, end_session);
}

static void
renew(struct zk_session *it)
{
	close_coord(it, false);
	set_connected(it, false);
	tell_expired(it);
	if (it->state == SESSION_EXPIRED)
		session_calls_expire(it);
	if (it->state != SESSION_EXPIRED)
		return; /* somebody has stopped us meanwhile */
	it->credentials = (struct coord_credentials){ 0 };
	if (!it->refused) {
		open_new(it);
		return;
	}
	change_state(it, SESSION_PAUSED);
	come_back(it, PAUSE_US);
}

static void
on_stopped(void *context)
{
	struct zk_session *it = context;

	if (it->stopped != NULL)
		it->stopped(it->stopped_context);
}

static void
on_timer(struct timer *timer)
{
	struct zk_session *it = container_of(timer, struct zk_session, timer);

	switch (it->state) {
	case SESSION_CLOSING_OLD:
		close_coord(it, it->connected);
		it->connected = false;
		open_new(it);
		return;
	case SESSION_EXPIRED:
		renew(it);
		return;
	case SESSION_PAUSED:
		open_new(it);
		return;
	case SESSION_ROOTING:
		if (it->rooted)
			establish(it);
		else if (it->connected)
			session_root_begin(it);
		return;
	case SESSION_STOPPED:
		on_stopped(it);
		return;
	default:
		return;
	}
}

/* ----------------------------------------------------------------- outside */

enum error
zk_session_new(struct world *world, const struct zk_session_options *options,
    struct zk_session **session, const char **reason)
{
	struct zk_session *it = memory_new(sizeof(*it));
	enum error error = zk_connect_string_parse(&it->connect, options->connect_string);

	assert(options->max_in_flight > 0 && options->session_timeout_ms > 0);
	if (error != ERROR_NONE) {
		*reason = it->connect.reason;
		free(it);
		return error;
	}
	it->world = world;
	it->options = *options;
	it->options.connect_string = NULL;
	it->options.kept_path = NULL;
	it->handler = (struct coord_handler){ .state_changed = on_state, .watch_fired = on_watch };
	list_init(&it->listeners);
	session_calls_init(&it->calls);
	timer_init(&it->timer, on_timer);
	session_watches_init(it);
	it->servers = zk_servers_new(world, &it->connect, servers_changed, it);
	if (options->kept_path != NULL)
		it->kept = kept_session_file_new(world, options->kept_path);
	*session = it;
	return ERROR_NONE;
}

void
zk_session_start(struct zk_session *it)
{
	assert(loop_current() == it->world->control && it->state == SESSION_IDLE);
	zk_servers_resolve(it->servers);
	if (it->kept != NULL) {
		change_state(it, SESSION_READING);
		kept_session_read(it->kept, on_kept, it);
		return;
	}
	change_state(it, SESSION_RESOLVING);
	connect_first(it);
}

void
zk_session_stop(struct zk_session *it, void (*stopped)(void *context), void *context)
{
	bool ends = it->connected && it->state != SESSION_CLOSING_OLD;

	assert(loop_current() == it->world->control && it->state != SESSION_STOPPED);
	it->stopped = stopped;
	it->stopped_context = context;
	it->state = SESSION_STOPPED;
	timer_stop(it->world->control, &it->timer);
	close_coord(it, it->connected);
	it->connected = false;
	session_calls_drop(it);
	if (ends && it->options.guardian != NULL)
		guardian_dismiss(it->options.guardian);
	if (ends && it->kept != NULL)
		kept_session_remove(it->kept, on_stopped, it);
	else
		come_back(it, 0);
}

void
zk_session_free(struct zk_session *it)
{
	assert(it->state == SESSION_STOPPED || it->state == SESSION_IDLE);
	timer_stop(it->world->control, &it->timer);
	zk_servers_free(it->servers);
	if (it->kept != NULL)
		kept_session_file_free(it->kept);
	zk_connect_string_fini(&it->connect);
	hash_table_fini(&it->watches);
	free(it->own_ids);
	free(it);
}

void
zk_session_listen(struct zk_session *session, struct zk_listener *listener)
{
	list_append(&session->listeners, &listener->link);
}

void
zk_session_unlisten(struct zk_session *session, struct zk_listener *listener)
{
	(void)session;
	list_remove(&listener->link);
}

bool
zk_session_is_connected(const struct zk_session *session)
{
	return session->connected;
}

bool
zk_session_is_established(const struct zk_session *session)
{
	return session->state == SESSION_ESTABLISHED;
}

int64_t
zk_session_id(const struct zk_session *session)
{
	return session->state == SESSION_ROOTING || session->state == SESSION_ESTABLISHED ?
	    session->credentials.session : 0;
}

int32_t
zk_session_timeout_ms(const struct zk_session *session)
{
	int32_t given_ms = session->coord != NULL ? coord_timeout_ms(session->coord) : 0;

	return given_ms > 0 ? given_ms : session->options.session_timeout_ms;
}

bool
zk_session_was_ours(const struct zk_session *session, int64_t id)
{
	for (size_t i = 0; i < session->own_id_count; i++)
		if (session->own_ids[i] == id)
			return id != zk_session_id(session);
	return false;
}

struct world *
zk_session_world(const struct zk_session *session)
{
	return session->world;
}
