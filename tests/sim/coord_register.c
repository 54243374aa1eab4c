#include <stdio.h>

#include "tests/sim/coord.h"

enum { AGAIN_US = 400000 };

static void
go(struct coord_user *user)
{
	struct coord_registrar *it = container_of(user, struct coord_registrar, user);
	char path[COORD_PATH_SIZE];

	if (it->registered == user->life->session_id)
		return;
	snprintf(path, sizeof(path), "/ids/%d", user->life->process->number);
	switch (it->step) {
	case REGISTER_CREATE:
		/* As Kafka does, so that the node has version 1. */
		coord_user_operation(user, 0, ZNODE_OP_CREATE, path, NULL, ZNODE_EPHEMERAL, 0);
		coord_user_operation(user, 1, ZNODE_OP_SET_DATA, path, "broker", 0, 0);
		coord_user_write(user, 2, true);
		break;
	case REGISTER_LOOK:
		coord_user_read(user, COORD_EXISTS, path, false);
		break;
	case REGISTER_DELETE:
		coord_user_operation(user, 0, ZNODE_OP_DELETE, path, NULL, 0, -1);
		coord_user_write(user, 1, false);
		break;
	}
}

static bool
was_ours(const struct coord_life *life, int64_t session)
{
	for (int i = 0; i < life->own_id_count; i++) {
		if (life->own_ids[i] == session)
			return true;
	}
	return false;
}

/* A node of somebody else's session is waited for, and never deleted. */
static void
looked(struct coord_registrar *it, const struct coord_answer *answer)
{
	int64_t owner = answer->stat.ephemeral_owner;

	it->step = REGISTER_CREATE;
	if (answer->error != ZNODE_OK)
		return;
	if (owner == it->user.life->session_id)
		it->registered = owner;
	else if (was_ours(it->user.life, owner))
		it->step = REGISTER_DELETE;
}

static void
answered(struct coord_user *user, const struct coord_answer *answer)
{
	struct coord_registrar *it = container_of(user, struct coord_registrar, user);

	switch (it->step) {
	case REGISTER_CREATE:
		if (answer->error == ZNODE_OK)
			it->registered = user->life->session_id;
		else if (answer->error == ZNODE_NODE_EXISTS)
			it->step = REGISTER_LOOK;
#ifdef CANARY_COORD_ANY_NODE_IS_OURS
		if (answer->error == ZNODE_NODE_EXISTS)
			it->registered = user->life->session_id;
#endif
		break;
	case REGISTER_LOOK:
		looked(it, answer);
		break;
	case REGISTER_DELETE:
		it->step = REGISTER_CREATE;
		break;
	}
	coord_user_again(user, it->step == REGISTER_CREATE ? AGAIN_US : 1000);
}

void
coord_registrar_init(struct coord_registrar *registrar, struct coord_life *life)
{
	coord_user_init(&registrar->user, life, go, answered);
}
