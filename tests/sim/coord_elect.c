#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/coord.h"

enum { WORK_US = 150000, AGAIN_US = 50000 };

static void
hold(struct coord_elector *it, int64_t epoch)
{
	coord_oracle_claims(it->user.life->town, it->user.life->process->number, epoch);
	it->epoch = epoch;
	it->hears_in = 0;
	it->step = ELECT_WORK;
}

static void
stand(struct coord_elector *it)
{
	char data[COORD_DATA_SIZE];

	snprintf(data, sizeof(data), "%d %" PRId64, it->user.life->process->number,
	    it->standing_for);
	coord_user_operation(&it->user, 0, ZNODE_OP_CREATE, "/controller", data, ZNODE_EPHEMERAL, 0);
	snprintf(data, sizeof(data), "%" PRId64, it->standing_for);
	coord_user_operation(&it->user, 1, ZNODE_OP_SET_DATA, "/controller_epoch", data, 0,
	    (int32_t)it->standing_for - 1);
	coord_user_write(&it->user, 2, true);
}

/* The version of /controller_epoch is the epoch. */
static void
write_fenced(struct coord_elector *it)
{
	char data[COORD_DATA_SIZE];

	coord_user_operation(&it->user, 0, ZNODE_OP_CHECK, "/controller_epoch", NULL, 0,
	    (int32_t)it->epoch);
	if (it->step == ELECT_RESIGN) {
		coord_user_operation(&it->user, 1, ZNODE_OP_DELETE, "/controller", NULL, 0, -1);
		coord_user_write(&it->user, 2, true);
		return;
	}
	snprintf(data, sizeof(data), "%" PRId64, it->epoch);
	coord_user_operation(&it->user, 1, ZNODE_OP_SET_DATA, "/work", data, 0, -1);
#ifdef CANARY_COORD_WRITES_UNFENCED
	it->user.operations[0] = it->user.operations[1];
	coord_user_write(&it->user, 1, false);
	return;
#endif
	coord_user_write(&it->user, 2, true);
}

static void
go(struct coord_user *user)
{
	struct coord_elector *it = container_of(user, struct coord_elector, user);

	switch (it->step) {
	case ELECT_LOOK:
		coord_user_read(user, COORD_EXISTS, "/controller", true);
		break;
	case ELECT_READ_EPOCH:
		coord_user_read(user, COORD_GET_DATA, "/controller_epoch", false);
		break;
	case ELECT_READ_OWN:
		coord_user_read(user, COORD_GET_DATA, "/controller", false);
		break;
	case ELECT_STAND:
		stand(it);
		break;
	case ELECT_WORK:
	case ELECT_RESIGN:
		if (!user->life->town->silent)
			write_fenced(it);
		break;
	case ELECT_WAIT:
		break;
	}
}

static void
worked(struct coord_elector *it, enum znode_error error)
{
	struct prng *prng = sim_stream(it->user.life->town->sim, SIM_WORKLOAD);

	bool deposed = error == ZNODE_BAD_VERSION ||
	    (it->hears_in > 0 && --it->hears_in == 0);

	if (deposed || it->step == ELECT_RESIGN) {
		it->epoch = 0;
		it->hears_in = 0;
		it->step = ELECT_LOOK;
	} else if (prng_chance(prng, 1, 30)) {
		it->step = ELECT_RESIGN;
	}
	coord_user_again(&it->user, WORK_US);
}

static int64_t
number_in(struct slice data, bool second)
{
	char text[COORD_DATA_SIZE];
	char *end;
	int64_t first;

	snprintf(text, sizeof(text), "%.*s", (int)data.size, (const char *)data.bytes);
	first = strtoll(text, &end, 10);
	return second ? strtoll(end, NULL, 10) : first;
}

static void
looked(struct coord_elector *it, const struct coord_answer *answer)
{
	if (answer->error == ZNODE_NO_NODE)
		it->step = ELECT_READ_EPOCH;
	else if (answer->error == ZNODE_OK)
		it->step = answer->stat.ephemeral_owner == it->user.life->session_id ?
		    ELECT_READ_OWN : ELECT_WAIT;
}

static void
answered(struct coord_user *user, const struct coord_answer *answer)
{
	struct coord_elector *it = container_of(user, struct coord_elector, user);
	bool ok = answer->error == ZNODE_OK;

	switch (it->step) {
	case ELECT_WORK:
	case ELECT_RESIGN:
		worked(it, answer->error);
		return;
	case ELECT_LOOK:
		looked(it, answer);
		break;
	case ELECT_READ_EPOCH:
		if (ok)
			it->standing_for = number_in(answer->data, false) + 1;
		it->step = ok ? ELECT_STAND : ELECT_LOOK;
		break;
	case ELECT_STAND:
		it->step = ELECT_LOOK;
		if (ok)
			hold(it, it->standing_for);
#ifdef CANARY_COORD_LOST_REPLY_IS_A_WIN
		if (answer->error == ZNODE_CONNECTION_LOSS)
			hold(it, it->standing_for);
#endif
		break;
	case ELECT_READ_OWN:
		/* Won, and the reply was lost; or won by the life before in this same session. */
		it->step = ELECT_LOOK;
		if (ok && answer->stat.ephemeral_owner == user->life->session_id)
			hold(it, number_in(answer->data, true));
		break;
	case ELECT_WAIT:
		break;
	}
	coord_user_again(user, AGAIN_US);
}

/*
 * As in Kafka's controller, whose events wait in a queue, it may go on for a
 * while, now with the next session: only the fence holds it back.
 */
void
coord_elector_expired(struct coord_elector *elector)
{
	struct prng *prng = sim_stream(elector->user.life->town->sim, SIM_WORKLOAD);

	if (elector->epoch != 0)
		elector->hears_in = (int)prng_below(prng, 20);
	if (elector->hears_in > 0)
		return;
	elector->epoch = 0;
	elector->step = ELECT_LOOK;
}

/* A hint only; who holds the role hears of its end when a fenced write fails. */
void
coord_elector_fired(struct coord_elector *elector, struct slice path)
{
	if (!slice_equal_text(path, "/controller") || elector->step != ELECT_WAIT)
		return;
	elector->step = ELECT_LOOK;
	coord_user_again(&elector->user, 0);
}

void
coord_elector_init(struct coord_elector *elector, struct coord_life *life)
{
	coord_user_init(&elector->user, life, go, answered);
}
