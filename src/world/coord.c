#include "world/coord.h"

#include <assert.h>

static void
assert_call_is_sound(const struct coord_call *call)
{
	assert(call->done != NULL);
	if (call->type == COORD_WRITE)
		assert(call->operation_count > 0 && (call->multi || call->operation_count == 1));
	else
		assert(!slice_is_null(call->path));
}

enum error
coord_open(struct coord *coord, const struct coord_options *options,
    struct coord_handler *handler, struct coord_session **session)
{
	assert(loop_current() == coord->loop && options->server_count > 0);
	return coord->ops->open(coord, options, handler, session);
}

void
coord_set_servers(struct coord_session *session, const struct net_address *servers,
    size_t server_count)
{
	assert(loop_current() == session->coord->loop && server_count > 0);
	session->coord->ops->set_servers(session, servers, server_count);
}

void
coord_call(struct coord_session *session, struct coord_call *call)
{
	assert(loop_current() == session->coord->loop);
	assert_call_is_sound(call);
	session->coord->ops->call(session, call);
}

void
coord_credentials(const struct coord_session *session, struct coord_credentials *credentials)
{
	assert(loop_current() == session->coord->loop);
	session->coord->ops->credentials(session, credentials);
}

int32_t
coord_timeout_ms(const struct coord_session *session)
{
	assert(loop_current() == session->coord->loop);
	return session->coord->ops->timeout_ms(session);
}

void
coord_close(struct coord_session *session, bool end_session)
{
	assert(loop_current() == session->coord->loop);
	session->coord->ops->close(session, end_session);
}
