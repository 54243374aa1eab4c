/* tests/sim/broker_faults.h: what the files of faults share. */
#ifndef KLAMM_TESTS_SIM_BROKER_FAULTS_H
#define KLAMM_TESTS_SIM_BROKER_FAULTS_H

#include "tests/sim/atlas.h"
#include "tests/sim/broker_town.h"

/* X(name, text): each seed has some of these. In groups; see begin() in broker_faults.c. */
#define TOWN_FAULT_TABLE(X) \
	X(KILL, "kill") \
	X(POWER_CUT, "power-cut") \
	X(CRASH_IN_DISK_CALL, "crash-in-disk-call") \
	X(PAUSE, "pause") \
	X(STOP, "stop") \
	X(PAUSE_CLIENTS, "pause-clients") \
	X(CUT, "cut") \
	X(ONE_WAY_CUT, "one-way-cut") \
	X(CLOG, "clog") \
	X(RESET, "reset") \
	X(ZK_CUT, "zookeeper-cut") \
	X(ZK_RESET, "zookeeper-reset") \
	X(ZK_SERVER, "zookeeper-server-down") \
	X(NO_SPACE, "no-space") \
	X(WRITE_ERROR, "write-error") \
	X(SYNC_ERROR, "sync-error") \
	X(SLOW_DISK, "slow-disk") \
	X(LOST_DIR, "lost-dir") \
	X(WIPED_DISK, "wiped-disk") \
	X(CLOCK, "clock") \
	X(ISOLATE, "isolate") \
	X(LAST_REPLICA, "last-replica") \
	X(POWER_CUT_OF_ALL, "power-cut-of-all") \
	X(LAST_IN_SYNC, "last-in-sync") \
	X(BITS, "bits")

#define TOWN_FAULT_MEMBER(name, text) FAULT_##name,
enum town_fault { TOWN_FAULT_TABLE(TOWN_FAULT_MEMBER) TOWN_FAULT_COUNT };
#undef TOWN_FAULT_MEMBER

/* Those from here on wait for their moment: broker_faults_aimed.c. */
enum { TOWN_FAULTS_DRAWN = FAULT_LAST_IN_SYNC };

extern const char *const town_fault_names[TOWN_FAULT_COUNT];

struct town_faults {
	struct broker_town *town;
	bool enabled[TOWN_FAULT_COUNT];
	int64_t until_us; /* when all that was begun so far has ended */
	struct prng choices; /* which fault, and when */
	struct prng own;     /* of the one that is beginning */
	bool is_drawing;     /* one is beginning */
	size_t next;         /* of a plan */
	/* Of broker_faults_aimed.c: its draws, and what it aims at (NULL: nothing), until then. */
	struct prng aims;
	struct cluster_partition *target;
	int64_t aim_until_us;
};

/* Of the fault that is beginning; else of what comes of faults later. */
struct prng *town_faults_prng(struct broker_town *town);
struct sim_process *town_faults_some_broker(struct broker_town *town);
/* It ends by itself. */
void town_faults_end_later(struct broker_town *town, int64_t low_us, int64_t high_us,
    void (*end)(struct sim *sim, void *context), void *context);
/* Nothing is lost by it that was promised to stay. */
bool town_faults_may_damage(const struct sim_process *process, enum atlas_damage damage);

/* It begins, from these draws. */
void town_faults_happen(struct town_faults *faults, enum town_fault fault, uint64_t seed);

/* broker_faults_aimed.c: they begin, where there is something to aim at. */
void town_faults_aim(struct town_faults *faults);
/* A leader is cut from all who follow it; once it is alone in sync it is killed, and stays away. */
void town_faults_lose_last_in_sync(struct broker_town *town);

/* broker_disk_faults.c */
void town_faults_of_disk(struct broker_town *town, enum town_fault fault);
void town_faults_normal_speed(struct sim_process *process);
/* Its log dirs can be written to again, as fast as ever. */
void town_faults_heal_disk(struct sim_process *process);
/* What is written there, or synced, fails now, or is about to. */
bool town_faults_disk_fails(const struct sim_process *process);
/*
 * It is down: its disk, or a log dir of it, is another one at the next start, if that was decided. What it has
 * refused to choose between an operator has.
 */
void town_faults_wipe_if_due(struct sim_process *process);

#endif
