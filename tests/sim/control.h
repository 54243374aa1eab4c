/*
 * tests/sim/control.h: scenario `control`: brokers of control_town.h that
 * create, extend and delete topics while controllers die at any of their
 * writes, sessions expire, an old tool writes into ZooKeeper. What is committed
 * is watched (control_oracle.c); once all is well, what stands in ZooKeeper, in
 * the controller's memory and in the brokers has to be the same.
 */
#ifndef KLAMM_TESTS_SIM_CONTROL_H
#define KLAMM_TESTS_SIM_CONTROL_H

#include "tests/sim/control_town.h"
#include "tests/sim/znode_rules.h"

enum {
	CONTROL_BROKERS = 3,
	CONTROL_TOOL = CONTROL_BROKERS,
	CONTROL_NAMES = 5,
	CONTROL_PARTITIONS = 8,
	CONTROL_BLOCKS_MAX = 4096,
	CONTROL_ASKS_MAX = 256,
};

#define CONTROL_MARKS \
	"controller killed at a write", \
	"controller deposed", \
	"election cleared its own node", \
	"topic created", \
	"topic deleted", \
	"partitions added", \
	"topic of an old tool led", \
	"deletion waited for a broker", \
	"producer ids allocated", \
	"call refused by another broker", \
	"call timed out", \
	"ISR changed by its leader", \
	"ISR refused for a member", \
	"ISR refused for an epoch", \
	"broker leads nothing when it shuts down", \
	"preferred leader elected by hand", \
	"unclean election by hand", \
	"reassignment begun", \
	"reassignment cancelled", \
	"reassignment listed", \
	"reassignment of an old tool taken", \
	"log dir failed"

struct control_name {
	int64_t delete_asked_us; /* by anybody */
	bool is_tools;           /* made by an old tool */
	bool has_waited;         /* its deletion, for a broker that was away */
	bool has_moved;          /* some partition; who was away then may still have it, as in Kafka */
	struct znode_state states[CONTROL_PARTITIONS];
};

/* An AlterPartition; brokers by bit. */
struct control_isr_ask {
	int name;
	int32_t partition, leader, leader_epoch, partition_epoch;
	unsigned isr, stale; /* named in an earlier life */
	bool is_stale;       /* the leader itself */
};

struct control {
	struct control_town town;
	int64_t winner;         /* session of the newest epoch */
	int32_t winner_version; /* of /controller_epoch, as the winner has it */
	int crash_after;        /* fenced writes from now on; 0: not planned */
	bool quiet;             /* nothing new is begun */
	bool healed;
	struct control_name names[CONTROL_NAMES];
	int64_t blocks[CONTROL_BLOCKS_MAX]; /* first producer ids that were handed out */
	int block_count;
	struct control_isr_ask asks[CONTROL_ASKS_MAX]; /* the newest */
	int ask_count;
	int asked, answered;
};

static inline struct control *
control_of(struct control_town *town)
{
	return container_of(town, struct control, town);
}

/* The text of one of the names. */
const char *control_name(int number);
/* -1: it is none of them. */
int control_name_number(struct slice name);

/* control_oracle.c */
void control_committed(struct control_town *town, const struct sim_coord_commit *commit);
void control_deleted(struct town_broker *broker, const char *topic,
    const struct stop_replica_request_stop_replica_partition_state *state);
/* control_isr_oracle.c: a leader is about to ask for another ISR of a partition of that topic. */
void control_isr_asked(struct control *control, int name,
    const struct alter_partition_request *request);
/* The state of one of the partitions was written. */
void control_isr_written(struct control *control, int64_t session, const struct paths_place *place,
    const struct znode_state *before, int32_t version);
/* NULL: what stands in ZooKeeper, in the controller's memory and in the brokers is the same. */
const char *control_difference(struct control *control);

/* control_client.c: what the broker asks for, now and then; or the tool's life. */
void control_client_begin(struct town_broker *broker);
/* control_tool.c: writes something, or nothing, through the session of the tool. */
void control_use_tool(struct town_broker *broker, struct prng *prng);

#endif
