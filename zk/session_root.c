#include "zk/node_acl.h"
#include "zk/session_private.h"

/*
 * The chroot is looked for first: where it stands we need no right to write
 * above it. Where it does not, its parts are created one after the other, as
 * plain persistent nodes.
 */

static void on_looked(struct coord_call *call, const struct coord_answer *answer);
static void on_created(struct coord_call *call, const struct coord_answer *answer);

static void
look(struct zk_session *it)
{
	it->root_under_way = true;
	it->root_call = (struct coord_call){ .type = COORD_EXISTS,
		.path = slice_of_text(it->connect.chroot), .done = on_looked };
	coord_call(it->coord, &it->root_call);
}

static void
create_next(struct zk_session *it)
{
	const char *chroot = it->connect.chroot;
	size_t end = it->root_made + 1;

	while (chroot[end] != '\0' && chroot[end] != '/')
		end++;
	it->root_made = end;
	it->root_operation = (struct znode_operation){ .type = ZNODE_OP_CREATE,
		.path = slice_of(chroot, end), .acl = node_acl_of(it->options.set_acl,
		slice_of_text("/")) };
	it->root_under_way = true;
	it->root_call = (struct coord_call){ .type = COORD_WRITE, .done = on_created,
		.operations = &it->root_operation, .operation_count = 1 };
	coord_call(it->coord, &it->root_call);
}

/* True when the answer is not for us to judge: the connection or the session is gone. */
static bool
is_lost(struct zk_session *it, enum znode_error error)
{
	it->root_under_way = false;
	if (it->state != SESSION_ROOTING)
		return true;
	if (error == ZNODE_CONNECTION_LOSS && it->connected)
		look(it);
	return error == ZNODE_CONNECTION_LOSS || error == ZNODE_SESSION_EXPIRED;
}

static void
on_looked(struct coord_call *call, const struct coord_answer *answer)
{
	struct zk_session *it = container_of(call, struct zk_session, root_call);

	if (is_lost(it, answer->error))
		return;
	it->root_made = 0;
	if (answer->error == ZNODE_NO_NODE)
		create_next(it);
	else
		session_rooted(it, answer->error);
}

static void
on_created(struct coord_call *call, const struct coord_answer *answer)
{
	struct zk_session *it = container_of(call, struct zk_session, root_call);

	if (is_lost(it, answer->error))
		return;
	if (answer->error != ZNODE_OK && answer->error != ZNODE_NODE_EXISTS)
		session_rooted(it, answer->error);
	else if (it->connect.chroot[it->root_made] != '\0')
		create_next(it);
	else
		session_rooted(it, ZNODE_OK);
}

void
session_root_begin(struct zk_session *it)
{
	if (it->connect.chroot[0] == '\0')
		session_rooted(it, ZNODE_OK);
	else if (!it->root_under_way)
		look(it);
}
