/*
 * tests/sim/sim_coord.h: the simulated coordination end: an ensemble of one,
 * three or five ZooKeeper servers over one history of writes, each with a tree
 * of its own (zk/tree) that applies it in order, with a lag. Writes go through
 * the leader; a server that a session is connected to answers its reads, which
 * may be stale but never older than what that session has seen.
 *
 * A process gets a port with sim_coord_attach(), once a life. Processes reach
 * servers over streams of their own, with delays from the stream SIM_COORD,
 * which can be cut in either direction. All calls here are the scenario's.
 */
#ifndef KLAMM_TESTS_SIM_SIM_COORD_H
#define KLAMM_TESTS_SIM_SIM_COORD_H

#include "tests/sim/sim_process.h"
#include "world/coord.h"
#include "zk/tree/tree.h"

enum { SIM_COORD_SERVERS_MAX = 5 };

/* X(name, text): what an ensemble counts, so that a scenario can make marks of it. */
#define SIM_COORD_SEEN_TABLE(X) \
	X(LOST_REPLY_OF_CREATE, "lost reply of a create") \
	X(LOST_REPLY, "lost reply of a write") \
	X(LOST_REQUEST, "lost request of a write") \
	X(EXPIRY_IN_WRITE, "session expiry while writes are under way") \
	X(STALE_READ, "stale read") \
	X(WATCH_AT_RECONNECT, "watch fired at reconnect") \
	X(SESSION_MOVED, "session moved") \
	X(MOVED_WRITE, "write of a session that has moved") \
	X(EXPIRY_LEARNED_LATE, "expiry learned late") \
	X(QUORUM_LOST, "quorum lost") \
	X(LEADER_CHANGED, "leader changed") \
	X(MULTI_FAILED, "multi failed in the middle") \
	X(LEFTOVER_EPHEMERAL, "leftover ephemeral") \
	X(UNKNOWN_SESSION, "unknown session id") \
	X(REFUSED_NEWER, "server behind a client refuses it") \
	X(WRONG_PASSWORD, "wrong password") \
	X(SYNC_WAITED, "sync waited for a server that lags")

#define SIM_COORD_SEEN_MEMBER(name, text) SIM_COORD_SEEN_##name,
enum sim_coord_seen { SIM_COORD_SEEN_TABLE(SIM_COORD_SEEN_MEMBER) SIM_COORD_SEEN_COUNT };
#undef SIM_COORD_SEEN_MEMBER

/* Set before or during a run; of 1,000 cases. Zeroed: nothing fails. */
struct sim_coord_faults {
	int lose_request;   /* of a write: the connection breaks before it */
	int lose_reply;     /* of a write that was applied */
	int lose_connected; /* of a new session: its client never learns the id */
	int leftover;       /* a session's end leaves its ephemerals (ZOOKEEPER-2985) */
	int lose_on_break;  /* a broken connection loses what the client had sent */
};

struct sim_coord;

/* What was committed, told once and in order. All is borrowed. */
struct sim_coord_commit {
	int64_t zxid;
	int64_t session;
	bool is_end;                             /* the session's */
	const struct znode_operation *operations; /* count 0: a session's beginning or end */
	const struct znode_result *results;
	size_t count;
	bool succeeded;
};

struct sim_coord_options {
	int servers;            /* 1, 3 or 5 */
	int64_t tick_us;        /* sessions last 2 to 20 of them */
	int64_t delay_high_us;  /* of a message; mostly a fraction of it */
	int64_t lag_high_us;    /* of a follower that applies */
	void (*committed)(struct sim_coord *ensemble, const struct sim_coord_commit *commit,
	    void *context); /* NULL: none */
	void *context;
};

struct sim_coord *sim_coord_new(struct sim *sim, const struct sim_coord_options *options);
/* After the processes. */
void sim_coord_free(struct sim_coord *ensemble);

/* For the process' life at hand; on its control loop. It is the ensemble's. */
struct coord *sim_coord_attach(struct sim_coord *ensemble, struct sim_process *process);
/* Where a server listens, for struct coord_options. */
struct net_address sim_coord_address(int server);
struct sim_coord_faults *sim_coord_faults(struct sim_coord *ensemble);
/* How often; of enum sim_coord_seen. */
uint64_t sim_coord_seen(const struct sim_coord *ensemble, enum sim_coord_seen what);
const char *sim_coord_seen_text(enum sim_coord_seen what);

/* Faults. A server that is down or cut from the others refuses its clients (after a while). */
void sim_coord_server_down(struct sim_coord *ensemble, int server);
void sim_coord_server_up(struct sim_coord *ensemble, int server);
void sim_coord_server_isolate(struct sim_coord *ensemble, int server);
/* -1: there is none. */
int sim_coord_leader(const struct sim_coord *ensemble);
/* What is sent between a machine and a server waits until it is healed. */
void sim_coord_block(struct sim_coord *ensemble, int machine, int server, bool to_server,
    bool from_server);
void sim_coord_unblock(struct sim_coord *ensemble, int machine, int server);
/* Breaks all connections of a machine. */
void sim_coord_reset(struct sim_coord *ensemble, int machine);
/* Servers up, nothing cut, no fault from now on; sessions' leftovers stay. */
void sim_coord_heal(struct sim_coord *ensemble);
/* As a restart of all servers does: takes away what sessions have left over. */
void sim_coord_clear_leftovers(struct sim_coord *ensemble);

/* What the oracle may know. The tree that has everything; owned by the ensemble. */
const struct tree *sim_coord_tree(const struct sim_coord *ensemble);
bool sim_coord_session_lives(const struct sim_coord *ensemble, int64_t session);
/* Its end has left ephemerals behind. */
bool sim_coord_session_has_leftovers(const struct sim_coord *ensemble, int64_t session);
/* Ephemerals belong to sessions that live, or were left over; told by sim_fail(). */
void sim_coord_check_ephemerals(const struct sim_coord *ensemble);
/* All servers have applied all. */
bool sim_coord_is_level(const struct sim_coord *ensemble);
/* Which they have, and it made them equal; told by sim_fail(). */
void sim_coord_check_equal(const struct sim_coord *ensemble);

#endif
