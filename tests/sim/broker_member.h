/* tests/sim/broker_member.h: what the files of a member share. */
#ifndef KLAMM_TESTS_SIM_BROKER_MEMBER_H
#define KLAMM_TESTS_SIM_BROKER_MEMBER_H

#include "tests/sim/broker_town.h"

enum {
	MEMBERS = TOWN_MEMBERS / TOWN_GROUPS, /* of each group */
	ASSIGNED = 6,  /* partitions that they share */
	ASSIGNMENT_SIZE = 5,
	SESSION_MS = 8000,
	REBALANCE_MS = 30000,
	PATIENCE_MS = 10000,
	ID_SIZE = 160,
	DOUBTS = 32,
	GENERATIONS = 1024,
};

enum member_phase { MEMBER_ABSENT, MEMBER_JOINED, MEMBER_STEADY };

/* Which of the leaders' proposals a generation has. */
struct proposal {
	int32_t number; /* 0: none yet */
	int life;       /* that told it */
};

struct town_group {
	const char *name;
	struct proposal proposals[GENERATIONS];
	int32_t next_proposal;
};

struct town_member {
	struct broker_town *town;
	struct town_group *group;
	int number;
	bool is_static;
	char name[24];
	char id[ID_SIZE]; /* "": none */
	struct town_links links;
	int coordinator;           /* the broker; -1: to be found */
	/* Of the request that is out: the coordinator's epoch in ZooKeeper; -1: it is another broker there. */
	int32_t asked_epoch;
	struct sim_process *process;
	struct loop *loop;
	struct timer pace;
	bool is_busy;
	enum member_phase phase;
	int32_t generation;
	int synced_life;           /* 0: it has no assignment under this id */
	int32_t synced_epoch;      /* of the coordinator that gave it */
	int64_t contact_us;        /* when it asked what was answered well last */
	uint8_t assigned;          /* a bit each */
	/* Of the join. */
	bool leads, skips_assignment;
	int32_t member_count;
	char member_ids[MEMBERS * 4][ID_SIZE];
	/* What it has committed. */
	int64_t committed;         /* the newest that was acknowledged; -1: none */
	int committed_life;
	int64_t tried;
	bool commits_stale;        /* what is out is of an older generation */
	int64_t doubts[DOUBTS];    /* nobody knows what became of these */
	int doubt_count;
	struct client_request request;
};

static inline struct prng *
member_prng(const struct town_member *member)
{
	return sim_stream(member->town->sim, SIM_WORKLOAD);
}

/*
 * The one that answers is the coordinator, as it was when it was asked. In a
 * cluster it may be one that does not know yet that it is none any more: what
 * it remembers may be old.
 */
bool member_is_answered_by_coordinator(const struct town_member *member);

/* Nothing was lost of that life of the broker, so far. */
static inline bool
member_binds(const struct town_member *member, int life)
{
	return life > member->town->lost_life;
}

void member_ask(struct town_member *member, int16_t key, int16_t version, const void *body,
    void (*came)(struct client_request *request, const void *response));
/* Whose answer it is; it goes on a little later. */
struct town_member *member_back(struct client_request *request, const void *response);
void member_take_error(struct town_member *member, int16_t error);

/* broker_member_offsets.c */
void member_commit(struct town_member *member);
void member_fetch(struct town_member *member);

#endif
