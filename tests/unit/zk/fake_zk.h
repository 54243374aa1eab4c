/*
 * tests/unit/zk/fake_zk.h: a coordination port that the test plays itself, and
 * a world around it without threads, files or sockets.
 */
#ifndef KLAMM_TESTS_UNIT_ZK_FAKE_ZK_H
#define KLAMM_TESTS_UNIT_ZK_FAKE_ZK_H

#include "../world/fake_loop.h"
#include "world/guardian.h"
#include "world/world.h"
#include "zk/session.h"

enum { FAKE_CALLS = 64 };

struct fake_zk {
	struct fake_loop control;
	struct world world;
	struct coord coord;
	struct net net;
	struct entropy entropy;
	struct workers workers;
	struct logger logger;
	struct guardian guardian;
	struct coord_session session;  /* the one that is open */
	bool open;
	int opens, closes, ends, set_servers;
	enum error open_fails;
	struct coord_options options;  /* of the last open */
	struct net_address servers[8]; /* the last ones given */
	size_t server_count;
	int64_t id;                    /* what credentials() tells */
	struct coord_call *calls[FAKE_CALLS]; /* not answered, in order */
	int call_count;
	int watched, dismissed;        /* the guardian */
	struct work *works[8];
	int work_count;
	enum error resolve_error;
	const char *resolved;          /* the address of every name */
	int warnings;
};

/* In place. The control loop is entered; fake_zk_fini leaves it. */
void fake_zk_init(struct fake_zk *fake);
void fake_zk_fini(struct fake_zk *fake);
/* Runs what is due now, and what that makes due. */
void fake_zk_run(struct fake_zk *fake);
void fake_zk_elapse(struct fake_zk *fake, int64_t time_ms);
void fake_zk_state(struct fake_zk *fake, enum coord_state state);
/* Answers the oldest call. */
void fake_zk_answer(struct fake_zk *fake, const struct coord_answer *answer);
void fake_zk_answer_error(struct fake_zk *fake, enum znode_error error);
/* The port forgets its calls, as after a lost connection: all are answered so. */
void fake_zk_lose(struct fake_zk *fake);
/* Runs the oldest work, and its result. */
void fake_zk_work(struct fake_zk *fake);

/* A session on it that is established; its chroot is "/r" or, if told so, none. */
struct zk_session *fake_zk_session(struct fake_zk *fake, bool chroot, int max_in_flight);
void fake_zk_end(struct fake_zk *fake, struct zk_session *session);
/* Text of a slice, in a static buffer. */
const char *fake_zk_text(struct slice slice);

#endif
