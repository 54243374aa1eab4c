/*
 * tests/unit/cluster/shore.h: simulated brokers' sessions before a simulated
 * ZooKeeper, and short ways to look at its tree, to write into it, and to let
 * sessions end. Processes' memory is the test's: what a killed one leaves
 * behind stays reachable in `graves`.
 */
#ifndef KLAMM_TESTS_UNIT_CLUSTER_SHORE_H
#define KLAMM_TESTS_UNIT_CLUSTER_SHORE_H

#include "tests/sim/sim_coord.h"
#include "tests/sim/sim_net.h"
#include "zk/session.h"

enum {
	SHORE_SECOND_US = 1000000,
	SHORE_SIDES = 3, /* the last one is the operator's */
	SHORE_OPERATOR = SHORE_SIDES - 1,
	SHORE_LOG_SIZE = 32768,
	SHORE_GRAVES = 16,
};

struct shore_side {
	struct sim_machine machine;
	struct sim_process process;
	struct zk_session *session;
	char log[SHORE_LOG_SIZE]; /* lines of warnings and errors, and "INFO ..." */
	/* Frees what the test made in the process, once its session was stopped. */
	void (*fini)(struct shore_side *side);
	void *made;
	bool stopped;
};

struct shore {
	struct sim sim;
	struct sim_net net;
	struct sim_coord *ensemble;
	struct shore_side sides[SHORE_SIDES];
	void *graves[SHORE_GRAVES];
	int grave_count;
};

/* The operator has a session; the others do not run. */
void shore_init(struct shore *shore, int servers);
void shore_fini(struct shore *shore);
void shore_run(struct shore *shore, int64_t us);
/* Boots the process, with a session that is not started yet. */
void shore_boot(struct shore *shore, int side);
/* The same, and it has a session. */
void shore_start(struct shore *shore, int side);
/* Code between them runs as an event of the process. */
void shore_enter(struct shore *shore, int side);
void shore_leave(struct shore *shore, int side);
/* Ends it in good order; it may be started again. */
void shore_stop(struct shore *shore, int side);
/* kill -9; its session lives on until its time-out. */
void shore_kill(struct shore *shore, int side);
/* Cuts a side off until its session has expired, and lets it back. */
void shore_expire(struct shore *shore, int side);
void shore_cut(struct shore *shore, int side);
void shore_mend(struct shore *shore, int side);
bool shore_has_logged(const struct shore *shore, int side, const char *words);
int shore_log_count(const struct shore *shore, int side, const char *words);

/* By the operator, at once. */
enum znode_error shore_create(struct shore *shore, const char *path, const char *data,
    int32_t flags);
enum znode_error shore_set(struct shore *shore, const char *path, const char *data);
enum znode_error shore_delete(struct shore *shore, const char *path);

/* What stands in the tree. The text is valid until the next call; "-" for no node. */
const char *shore_data(struct shore *shore, const char *path);
bool shore_exists(struct shore *shore, const char *path, struct znode_stat *stat);
int32_t shore_child_count(struct shore *shore, const char *path);

#endif
