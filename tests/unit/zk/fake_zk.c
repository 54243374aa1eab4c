#include "fake_zk.h"

#include <criterion/criterion.h>
#include <stdio.h>

static struct fake_zk *
fake_of(const struct coord_session *session)
{
	return container_of(session, struct fake_zk, session);
}

static enum error
coord_begin(struct coord *coord, const struct coord_options *options,
    struct coord_handler *handler, struct coord_session **session)
{
	struct fake_zk *fake = container_of(coord, struct fake_zk, coord);

	fake->opens++;
	if (fake->open_fails != ERROR_NONE)
		return fake->open_fails;
	cr_assert(!fake->open);
	fake->open = true;
	fake->options = *options;
	fake->session = (struct coord_session){ coord, handler };
	*session = &fake->session;
	return ERROR_NONE;
}

static void
set_servers(struct coord_session *session, const struct net_address *servers, size_t server_count)
{
	struct fake_zk *fake = fake_of(session);

	fake->set_servers++;
	memcpy(fake->servers, servers, server_count * sizeof(*servers));
	fake->server_count = server_count;
}

static void
take_call(struct coord_session *session, struct coord_call *call)
{
	struct fake_zk *fake = fake_of(session);

	cr_assert(fake->open && fake->call_count < FAKE_CALLS);
	fake->calls[fake->call_count++] = call;
}

static void
credentials(const struct coord_session *session, struct coord_credentials *credentials)
{
	*credentials = (struct coord_credentials){ .session = fake_of(session)->id };
}

static int32_t
timeout_ms(const struct coord_session *session)
{
	(void)session;
	return 6000;
}

static void
coord_end(struct coord_session *session, bool end_session)
{
	struct fake_zk *fake = fake_of(session);

	fake->open = false;
	fake->call_count = 0;
	fake->closes++;
	fake->ends += end_session;
}

static const struct coord_ops coord_ops = { coord_begin, set_servers, take_call, credentials,
	timeout_ms, coord_end };

static enum error
resolve(struct net *net, const char *name, struct net_address *addresses, size_t capacity,
    size_t *count)
{
	struct fake_zk *fake = container_of(net, struct fake_zk, net);

	cr_assert(name[0] != '\0' && capacity > 0);
	if (fake->resolve_error != ERROR_NONE)
		return fake->resolve_error;
	snprintf(addresses[0].host, sizeof(addresses[0].host), "%s", fake->resolved);
	*count = 1;
	return ERROR_NONE;
}

static const struct net_ops net_ops = { .resolve = resolve };

static void
fill(struct entropy *entropy, void *bytes, size_t size)
{
	(void)entropy;
	memset(bytes, 7, size);
}

static void
submit(struct workers *workers, struct work *work)
{
	struct fake_zk *fake = container_of(workers, struct fake_zk, workers);

	fake->works[fake->work_count++] = work;
}

static void
sink(struct logger *logger, enum logger_level level, const char *line)
{
	(void)line;
	container_of(logger, struct fake_zk, logger)->warnings += level <= LOGGER_WARN;
}

static bool
watch(struct guardian *guardian, const struct coord_credentials *it, int32_t wanted_ms,
    const struct net_address *servers, size_t server_count)
{
	struct fake_zk *fake = container_of(guardian, struct fake_zk, guardian);

	cr_assert(it->session == fake->id && wanted_ms == 6000 && servers != NULL &&
	    server_count > 0);
	fake->watched++;
	return true;
}

static void
dismiss(struct guardian *guardian)
{
	container_of(guardian, struct fake_zk, guardian)->dismissed++;
}

void
fake_zk_init(struct fake_zk *fake)
{
	memset(fake, 0, sizeof(*fake));
	fake_loop_init(&fake->control, LOOP_CONTROL);
	fake->coord = (struct coord){ &coord_ops, &fake->control.loop };
	fake->net.ops = &net_ops;
	fake->entropy.fill = fill;
	fake->workers.submit = submit;
	fake->logger = (struct logger){ LOGGER_DEBUG, sink };
	fake->guardian = (struct guardian){ watch, dismiss };
	fake->id = 0x100;
	fake->world = (struct world){ .clock = &fake->control.clock, .net = &fake->net,
		.coord = &fake->coord, .entropy = &fake->entropy, .workers = &fake->workers,
		.logger = &fake->logger, .control = &fake->control.loop };
	loop_enter(&fake->control.loop);
}

void
fake_zk_fini(struct fake_zk *fake)
{
	loop_leave(&fake->control.loop);
	loop_fini(&fake->control.loop);
}

void
fake_zk_run(struct fake_zk *fake)
{
	loop_leave(&fake->control.loop);
	for (int i = 0; i < 100 && (fake->control.wakes > 0 ||
	    fake->control.armed_us <= fake->control.now_us); i++) {
		fake->control.wakes = 0;
		fake->control.armed_us = INT64_MAX;
		loop_run(&fake->control.loop);
	}
	loop_enter(&fake->control.loop);
}

void
fake_zk_elapse(struct fake_zk *fake, int64_t time_ms)
{
	fake->control.now_us += time_ms * 1000;
	fake_zk_run(fake);
}

void
fake_zk_state(struct fake_zk *fake, enum coord_state state)
{
	fake->session.handler->state_changed(fake->session.handler, state);
	fake_zk_run(fake);
}

void
fake_zk_answer(struct fake_zk *fake, const struct coord_answer *answer)
{
	struct coord_call *call = fake->calls[0];

	cr_assert(fake->call_count > 0);
	fake->call_count--;
	memmove(fake->calls, fake->calls + 1, (size_t)fake->call_count * sizeof(*fake->calls));
	call->done(call, answer);
}

void
fake_zk_answer_error(struct fake_zk *fake, enum znode_error error)
{
	struct znode_result results[8];

	for (int i = 0; i < 8; i++)
		results[i] = (struct znode_result){ .error = error };
	fake_zk_answer(fake, &(struct coord_answer){ .error = error, .results = results });
}

void
fake_zk_lose(struct fake_zk *fake)
{
	fake->session.handler->state_changed(fake->session.handler, COORD_CONNECTING);
	for (int i = fake->call_count; i > 0; i--)
		fake_zk_answer_error(fake, ZNODE_CONNECTION_LOSS);
}

void
fake_zk_work(struct fake_zk *fake)
{
	struct work *work = fake->works[0];

	cr_assert(fake->work_count > 0);
	fake->work_count--;
	memmove(fake->works, fake->works + 1, (size_t)fake->work_count * sizeof(*fake->works));
	loop_leave(&fake->control.loop); /* a worker is on no loop */
	work->run(work);
	loop_enter(&fake->control.loop);
	work->done(work);
	fake_zk_run(fake);
}

struct zk_session *
fake_zk_session(struct fake_zk *fake, bool chroot, int max_in_flight)
{
	struct zk_session_options options = { .session_timeout_ms = 18000,
		.connect_string = chroot ? "127.0.0.1:2181/r" : "127.0.0.1:2181",
		.max_in_flight = max_in_flight, .guardian = &fake->guardian };
	struct zk_session *session;
	const char *reason;

	cr_assert(zk_session_new(&fake->world, &options, &session, &reason) == ERROR_NONE);
	zk_session_start(session);
	fake_zk_state(fake, COORD_CONNECTED);
	if (chroot)
		fake_zk_answer_error(fake, ZNODE_OK);
	cr_assert(zk_session_is_established(session));
	return session;
}

void
fake_zk_end(struct fake_zk *fake, struct zk_session *session)
{
	zk_session_stop(session, NULL, NULL);
	fake_zk_run(fake);
	zk_session_free(session);
}

const char *
fake_zk_text(struct slice slice)
{
	static char text[256];

	snprintf(text, sizeof(text), "%.*s", (int)slice.size, (const char *)slice.bytes);
	return text;
}
