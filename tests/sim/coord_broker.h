/*
 * tests/sim/coord_broker.h: the other kind of process of scenario `coord`: it
 * uses the session of zk/, with a chroot and kept credentials, registers an
 * ephemeral, stands for election with the machine of zk/, and then writes
 * fenced. What was committed and what it believes are held against each other.
 */
#ifndef KLAMM_TESTS_SIM_COORD_BROKER_H
#define KLAMM_TESTS_SIM_COORD_BROKER_H

#include "tests/sim/sim_coord.h"

enum { COORD_BROKERS = 2, COORD_BROKER_EPOCHS = 2048, COORD_BROKER_SESSIONS = 1024 };

#define COORD_BROKER_MARKS \
	"broker registered again after an expiry", \
	"broker waited for the node of a foreign session", \
	"claim met its own success", \
	"fenced write refused"

/* Who made a session: of which life of which broker. */
struct coord_broker_session {
	int64_t id;
	int broker;
	uint64_t life;
};

struct coord_house {
	struct sim *sim;
	struct sim_coord *ensemble;
	int servers;
	int first;      /* number of the first broker */
	int32_t timeout_ms;
	bool quiet;     /* nobody resigns or stops */
	bool silent;    /* nothing is written */
	int epoch;      /* the newest that was won */
	int64_t winner[COORD_BROKER_EPOCHS]; /* session, by epoch */
	struct coord_broker_session sessions[COORD_BROKER_SESSIONS];
	int session_count;
	int64_t owner[COORD_BROKERS]; /* of the node of each; 0: none */
};

/* process->scenario is the struct coord_house, process->number from `first` on. */
void coord_broker_boot(struct sim_process *process);
/* Of each commit. */
void coord_broker_committed(struct coord_house *house, const struct sim_coord_commit *commit);
/* Registered, and one leads, and this one knows who. */
bool coord_broker_is_settled(struct coord_house *house, const struct sim_process *process);

#endif
