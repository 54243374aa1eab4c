/*
 * tests/sim/coord.h: scenario `coord`: processes that use the coordination port
 * as klamm does, each with a few small users of one session: one registers an
 * ephemeral, one stands for election and then writes fenced, one counts by
 * conditional writes, one mirrors a subtree that they all change. The town
 * knows what was committed, and what each has been told.
 */
#ifndef KLAMM_TESTS_SIM_COORD_H
#define KLAMM_TESTS_SIM_COORD_H

#include "tests/sim/coord_broker.h"

enum {
	COORD_PROCESSES = 3,
	COORD_COUNTERS = 2,
	COORD_NODES = 5,
	COORD_OPERATIONS_MAX = 2,
	COORD_PATH_SIZE = 32,
	COORD_DATA_SIZE = 64,
	COORD_SESSIONS_MAX = 256,  /* of one life */
	COORD_EPOCHS_MAX = 1024,
};

/* What a process wants counted; kept over its lives, as a client's intention would be. */
struct coord_intent {
	int64_t issued, confirmed, applied;
};

struct coord_town {
	struct sim *sim;
	struct sim_coord *ensemble;
	struct coord_house house;               /* of the processes that use zk/ */
	int servers;
	int32_t timeout_ms;
	struct coord_intent intents[COORD_PROCESSES][COORD_COUNTERS];
	int counter_version[COORD_COUNTERS];
	int64_t epoch;                          /* the newest that was won */
	int winner[COORD_EPOCHS_MAX];           /* process + 1, by epoch */
	struct coord_credentials kept[COORD_PROCESSES]; /* of the last session of each */
	uint64_t commits;
	bool quiet;                             /* nothing new is begun */
	bool silent;                            /* nothing is written */
};

struct coord_life;

/* One user: one call at a time. */
struct coord_user {
	struct coord_life *life;
	void (*go)(struct coord_user *user);   /* when idle and connected */
	void (*answered)(struct coord_user *user, const struct coord_answer *answer);
	struct timer timer;
	bool busy;
	struct coord_call call;
	struct znode_operation operations[COORD_OPERATIONS_MAX];
	char paths[COORD_OPERATIONS_MAX][COORD_PATH_SIZE];
	char data[COORD_OPERATIONS_MAX][COORD_DATA_SIZE];
};

struct coord_registrar {
	struct coord_user user;
	enum { REGISTER_CREATE, REGISTER_LOOK, REGISTER_DELETE } step;
	int64_t registered; /* by this session; 0: not */
};

struct coord_elector {
	struct coord_user user;
	enum { ELECT_LOOK, ELECT_READ_EPOCH, ELECT_STAND, ELECT_READ_OWN, ELECT_WORK, ELECT_RESIGN,
		ELECT_WAIT } step;
	int64_t epoch; /* held; 0: none */
	int64_t standing_for;
	int hears_in; /* writes, before it hears of the expiry of its session; 0: nothing to hear */
};

struct coord_counter {
	struct coord_user user;
	int number;
	bool writes;
	int32_t version;
	int64_t values[COORD_PROCESSES];
};

struct coord_mirrored {
	bool exists, armed, dirty;
	int64_t zxid;
};

struct coord_mirror {
	struct coord_user user;
	struct coord_mirrored list;     /* of the children; zxid is pzxid */
	struct coord_mirrored nodes[COORD_NODES];
	int reading;                    /* a node, or -1: the list */
	bool probe;
};

/* What one boot of a process made. */
struct coord_life {
	struct coord_town *town;
	struct sim_process *process;
	struct coord *coord;
	struct coord_session *session;
	struct coord_handler handler;
	struct timer reopen;
	bool connected;
	int64_t session_id;
	int64_t own_ids[COORD_SESSIONS_MAX];
	int own_id_count;
	struct coord_registrar registrar;
	struct coord_elector elector;
	struct coord_counter counters[COORD_COUNTERS];
	struct coord_user churner;
	struct coord_mirror mirror;
};

/* coord_life.c; process->scenario is the struct coord_town. */
void coord_life_boot(struct sim_process *process);
void coord_user_init(struct coord_user *user, struct coord_life *life,
    void (*go)(struct coord_user *user),
    void (*answered)(struct coord_user *user, const struct coord_answer *answer));
void coord_user_again(struct coord_user *user, int64_t delay_us);
void coord_user_read(struct coord_user *user, enum coord_call_type type, const char *path,
    bool watch);
/* Operation `i` of the next write. */
void coord_user_operation(struct coord_user *user, int i, enum znode_operation_type type,
    const char *path, const char *data, int32_t flags, int32_t version);
void coord_user_write(struct coord_user *user, int count, bool multi);

/* coord_register.c, coord_elect.c, coord_count.c, coord_mirror.c */
void coord_registrar_init(struct coord_registrar *registrar, struct coord_life *life);
void coord_elector_init(struct coord_elector *elector, struct coord_life *life);
void coord_elector_expired(struct coord_elector *elector);
void coord_elector_fired(struct coord_elector *elector, struct slice path);
void coord_counter_init(struct coord_counter *counter, struct coord_life *life, int number);
void coord_churner_init(struct coord_user *churner, struct coord_life *life);
void coord_mirror_init(struct coord_mirror *mirror, struct coord_life *life);
void coord_mirror_expired(struct coord_mirror *mirror);
void coord_mirror_fired(struct coord_mirror *mirror, enum znode_event_type type,
    struct slice path);

/* coord_oracle.c */
void coord_oracle_committed(struct sim_coord *ensemble, const struct sim_coord_commit *commit,
    void *context);
void coord_oracle_claims(struct coord_town *town, int process, int64_t epoch);
void coord_oracle_confirms(struct coord_town *town, int process, int counter);
/* What the process has left to do; NULL: nothing. */
const char *coord_oracle_unsettled(struct coord_town *town, const struct coord_life *life);

#endif
