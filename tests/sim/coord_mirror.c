#include <stdio.h>

#include "tests/sim/coord.h"

enum { CHURN_US = 120000, PROBE_US = 40000 };

static void
node_path(char path[COORD_PATH_SIZE], int node)
{
	snprintf(path, COORD_PATH_SIZE, node < 0 ? "/tree" : "/tree/%d", node);
}

/* ---------------------------------------------------------------- churner */

static void
churn(struct coord_user *user)
{
	struct coord_town *town = user->life->town;
	struct prng *prng = sim_stream(town->sim, SIM_WORKLOAD);
	char path[COORD_PATH_SIZE];

	if (town->quiet)
		return;
	node_path(path, (int)prng_below(prng, COORD_NODES));
	if (prng_chance(prng, 1, 200)) {
		/* How operators have another controller elected. */
		coord_user_operation(user, 0, ZNODE_OP_DELETE, "/controller", NULL, 0, -1);
		coord_user_write(user, 1, false);
		return;
	}
	switch (prng_below(prng, 6)) {
	case 0:
		coord_user_operation(user, 0, ZNODE_OP_DELETE, path, NULL, 0, -1);
		break;
	case 1:
		coord_user_operation(user, 0, ZNODE_OP_CREATE, path, "a", 0, 0);
		break;
	case 2:
		coord_user_operation(user, 0, ZNODE_OP_CREATE, path, "b", ZNODE_EPHEMERAL, 0);
		break;
	case 3:
		coord_user_read(user, COORD_SYNC, path, false);
		return;
	case 4:
		/* All of it or nothing: the second often fails. */
		coord_user_operation(user, 0, ZNODE_OP_SET_DATA, path, "d", 0, -1);
		node_path(path, (int)prng_below(prng, COORD_NODES));
		coord_user_operation(user, 1, ZNODE_OP_CREATE, path, "d", 0, 0);
		coord_user_write(user, 2, true);
		return;
	default:
		coord_user_operation(user, 0, ZNODE_OP_SET_DATA, path, "c", 0, -1);
	}
	coord_user_write(user, 1, false);
}

static void
churned(struct coord_user *user, const struct coord_answer *answer UNUSED)
{
	coord_user_again(user, CHURN_US);
}

void
coord_churner_init(struct coord_user *churner, struct coord_life *life)
{
	coord_user_init(churner, life, churn, churned);
}

/* ----------------------------------------------------------------- mirror */

static struct coord_mirrored *
mirrored(struct coord_mirror *it, int node)
{
	return node < 0 ? &it->list : &it->nodes[node];
}

static void
read_node(struct coord_mirror *it, int node, bool probe)
{
	char path[COORD_PATH_SIZE];
	bool watch = !probe;

#ifdef CANARY_COORD_READS_WITHOUT_A_WATCH
	watch = watch && mirrored(it, node)->zxid == 0;
#endif
	it->reading = node;
	it->probe = probe;
	node_path(path, node);
	coord_user_read(&it->user, node < 0 ? COORD_GET_CHILDREN : COORD_GET_DATA, path, watch);
}

static void
go(struct coord_user *user)
{
	struct coord_mirror *it = container_of(user, struct coord_mirror, user);
	struct prng *prng = sim_stream(user->life->town->sim, SIM_WORKLOAD);

	for (int node = -1; node < COORD_NODES; node++) {
		if (mirrored(it, node)->dirty) {
			read_node(it, node, false);
			return;
		}
	}
	if (!user->life->town->quiet)
		read_node(it, (int)prng_below(prng, COORD_NODES + 1) - 1, true);
}

/* A watch that stands says that nothing has changed. */
static void
check_armed(struct coord_mirror *it, const struct coord_mirrored *known, bool exists,
    int64_t zxid)
{
	sim_check(it->user.life->town->sim, !known->armed || (exists && zxid == known->zxid),
	    "process %d is shown zxid %ld of node %d, knows %ld, and its watch has not fired",
	    it->user.life->process->number, (long)zxid, it->reading, (long)known->zxid);
}

static void
learn_list(struct coord_mirror *it, const struct coord_answer *answer)
{
	bool listed[COORD_NODES] = { 0 };

	for (size_t i = 0; i < answer->child_count; i++)
		listed[answer->children[i].bytes[0] - '0'] = true;
	for (int node = 0; node < COORD_NODES; node++) {
		struct coord_mirrored *known = &it->nodes[node];

		sim_check(it->user.life->town->sim, listed[node] || !known->armed,
		    "process %d is shown a list without node %d, and its watch has not fired",
		    it->user.life->process->number, node);
		known->dirty |= listed[node] && !known->armed;
		known->exists &= listed[node];
	}
}

static void
learn(struct coord_mirror *it, const struct coord_answer *answer)
{
	struct coord_mirrored *known = mirrored(it, it->reading);
	bool exists = answer->error == ZNODE_OK;
	int64_t zxid = it->reading < 0 ? answer->stat.pzxid : answer->stat.mzxid;

	check_armed(it, known, exists, zxid);
	if (it->reading < 0 && exists)
		learn_list(it, answer);
	if (it->probe || (it->reading < 0 && !exists))
		return; /* a server that lags so far that it has no list yet */
	*known = (struct coord_mirrored){ .exists = exists, .armed = exists && it->user.call.watch,
		.zxid = zxid };
}

static void
answered(struct coord_user *user, const struct coord_answer *answer)
{
	struct coord_mirror *it = container_of(user, struct coord_mirror, user);

	if (answer->error == ZNODE_OK || answer->error == ZNODE_NO_NODE)
		learn(it, answer);
	coord_user_again(user, PROBE_US);
}

void
coord_mirror_fired(struct coord_mirror *mirror, enum znode_event_type type, struct slice path)
{
	for (int node = -1; node < COORD_NODES; node++) {
		char name[COORD_PATH_SIZE];

		node_path(name, node);
		if (!slice_equal_text(path, name) ||
		    (node < 0) != (type == ZNODE_EVENT_CHILDREN_CHANGED))
			continue;
		mirrored(mirror, node)->armed = false;
		mirrored(mirror, node)->dirty = true;
	}
	if (!mirror->user.busy)
		coord_user_again(&mirror->user, 0);
}

void
coord_mirror_expired(struct coord_mirror *mirror)
{
	mirror->list = (struct coord_mirrored){ .dirty = true };
	for (int node = 0; node < COORD_NODES; node++)
		mirror->nodes[node] = (struct coord_mirrored){ 0 };
}

void
coord_mirror_init(struct coord_mirror *mirror, struct coord_life *life)
{
	coord_user_init(&mirror->user, life, go, answered);
	coord_mirror_expired(mirror);
}
