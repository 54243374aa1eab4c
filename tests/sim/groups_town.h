/*
 * Scenario `groups`: two brokers take turns as coordinators of a few groups,
 * whose partitions of __consumer_offsets lie in the scenario and outlive them.
 * groups.c has faults and the end, groups_broker.c a broker with partitions
 * that append and acknowledge in their time, groups_client.c the members and
 * what they may see.
 */
#ifndef KLAMM_TESTS_SIM_GROUPS_TOWN_H
#define KLAMM_TESTS_SIM_GROUPS_TOWN_H

#include "group/groups_private.h"
#include "tests/sim/sim_net.h"
#include "tests/sim/sim_process.h"

enum {
	TOWN_BROKERS = 2,
	TOWN_PARTITIONS = 2,
	TOWN_GROUPS = 3,
	TOWN_MEMBERS = 3, /* of each group */
	TOWN_CLIENTS = TOWN_GROUPS * TOWN_MEMBERS,
	TOWN_ASSIGNED = 6, /* partitions that a group's members share */
	TOWN_LOG_BYTES = 4 << 20,
	TOWN_GENERATIONS = 4096,
	TOWN_SESSION_MS = 10000,
	TOWN_TEXT = 160,
};

/* One partition of __consumer_offsets. */
struct town_log {
	int leader; /* a broker; -1: none */
	int32_t epoch;
	size_t size;
	size_t acked_size; /* what no change of leaders may lose */
	int64_t end_offset;
	uint8_t bytes[TOWN_LOG_BYTES];
};

enum town_phase { TOWN_ABSENT, TOWN_JOINED, TOWN_STEADY };

/* A member, as itself sees it. */
struct town_client {
	struct town *town;
	int number;
	int group;
	bool is_static;
	char name[24];
	char member_id[TOWN_TEXT]; /* "": none */
	enum town_phase phase;
	int32_t generation;
	int32_t synced_generation;  /* in which it got an assignment; -1: none under this id */
	uint8_t assigned;           /* a bit each */
	int broker;                 /* which it takes for the coordinator */
	bool is_busy;               /* a call of it is out, at `broker` */
	int64_t last_contact_us;    /* a good answer; then its session runs */
	int64_t committed;          /* the newest that was acknowledged; -1: none */
	int64_t tried;
	bool commits_stale;         /* the commit that is out is of an older generation */
};

struct town {
	struct sim *sim;
	struct sim_net net;
	struct sim_machine machines[TOWN_BROKERS];
	struct sim_process processes[TOWN_BROKERS];
	struct broker_config config;
	struct town_log logs[TOWN_PARTITIONS];
	struct town_client clients[TOWN_CLIENTS];
	/* Which of the leaders' proposals a generation has; 0: none yet. */
	int32_t proposal_of[TOWN_GROUPS][TOWN_GENERATIONS];
	int32_t next_proposal;
	int64_t next_commit;
	bool refuses_appends;
	bool is_slow;
	bool is_healed;
};

/* A broker's way to the town. */
struct town_broker {
	struct town *town;
	int number;
};

void town_broker_boot(struct sim_process *process);
/* Timers of the clients, on the broker's data loops. */
void town_clients_start(struct sim_process *process, struct groups *groups);
/* Calls that were out at a broker which has died. */
void town_clients_lost(struct town *town, int broker);
const char *town_group_name(int group);

#endif
