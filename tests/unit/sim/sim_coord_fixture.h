/*
 * tests/unit/sim/sim_coord_fixture.h: two processes before a simulated
 * ensemble, and short ways to ask it. The processes' memory is the test's.
 */
#ifndef KLAMM_TESTS_UNIT_SIM_COORD_FIXTURE_H
#define KLAMM_TESTS_UNIT_SIM_COORD_FIXTURE_H

#include "tests/sim/sim_coord.h"
#include "tests/sim/sim_net.h"

enum { COORD_SECOND_US = 1000000, COORD_TEXT_SIZE = 256, COORD_CALLS_MAX = 8 };

/* What became of a call. */
struct coord_asked {
	struct coord_call call;
	struct znode_operation operations[2];
	bool answered;
	enum znode_error error, errors[2];
	struct znode_stat stat;
	char text[COORD_TEXT_SIZE]; /* data, or the children's names */
};

struct coord_side {
	struct sim_machine machine;
	struct sim_process process;
	struct coord *coord;
	struct coord_session *session;
	struct coord_handler handler;
	struct coord_credentials credentials; /* to open with; the ones given, when connected */
	int server;                           /* to connect to; -1: any */
	enum coord_state state;
	int connections;
	char events[COORD_TEXT_SIZE]; /* "2 /a; " */
	struct coord_asked asked[COORD_CALLS_MAX];
	int asked_count;
};

struct coord_fixture {
	struct sim sim;
	struct sim_net net;
	struct sim_coord *ensemble;
	struct coord_side sides[2];
	int64_t commits;
};

/* Nobody is connected. */
void coord_fixture_init(struct coord_fixture *fixture, int servers, int64_t lag_high_us);
void coord_fixture_fini(struct coord_fixture *fixture);
void coord_fixture_run(struct coord_fixture *fixture, int64_t us);
/* Boots the side's process, which opens a session. */
void coord_fixture_start(struct coord_fixture *fixture, int side);
/* Opens it anew from the loop of the process. */
void coord_fixture_reopen(struct coord_fixture *fixture, int side);
void coord_fixture_close(struct coord_fixture *fixture, int side, bool end_session);
/* Calls; made from the process' loop at once, answered when the simulation runs. */
struct coord_asked *coord_fixture_write(struct coord_fixture *fixture, int side,
    enum znode_operation_type type, const char *path, int32_t flags, int32_t version);
struct coord_asked *coord_fixture_multi(struct coord_fixture *fixture, int side,
    const char *created, const char *checked);
struct coord_asked *coord_fixture_read(struct coord_fixture *fixture, int side,
    enum coord_call_type type, const char *path, bool watch);
/* The server that a leader is not; -1 when there is only one. */
int coord_fixture_follower(struct coord_fixture *fixture);

#endif
