/*
 * tests/sim/cluster.h: what scenario `cluster` has beside broker_town.h: what
 * stands in ZooKeeper of each partition, and what has to hold between that and
 * the brokers' logs.
 *
 *	cluster_znodes.c   each write of the controller (I13, I14, I16)
 *	cluster_moves.c    partitions move to other brokers
 *	cluster_late.c     brokers get what is for another time (I17)
 *	cluster_logs.c     replicas beside each other (I1 to I3, I5, I7)
 *	cluster_acks.c     what is acknowledged with acks=all (I8)
 *	cluster_cut.c      all machines lose their power: what may go, what may not (F19)
 *	cluster_bits.h     bits that flip (F15)
 *	cluster_unclean.h  unclean elections, by topics and by hand (F29)
 *	cluster.c          the run, and its end (I18, I46)
 */
#ifndef KLAMM_TESTS_SIM_CLUSTER_H
#define KLAMM_TESTS_SIM_CLUSTER_H

#include "tests/sim/atlas.h"
#include "tests/sim/broker_town.h"
#include "tests/sim/znode_rules.h"

enum {
	CLUSTER_WORK_US = 50000000, /* faults happen so long */
	CLUSTER_PARTITIONS = 128, /* of all topics, those that are deleted too */
	CLUSTER_LATE_CONTROLLER = 99, /* the id that cluster_late.c gives itself */
};

struct brokers_of {
	int32_t ids[TOWN_BROKERS];
	int count;
};

/* Who stands in ZooKeeper as the leader after a power cut of all, and where logs ended then. */
struct cluster_choice {
	int32_t leader, epoch;
	int64_t end;   /* its own */
	int64_t least; /* the first end of those that are in sync with it */
	int64_t most;  /* the last end, of what was acknowledged, of those that were in sync */
};

/* A batch in which a bit has flipped: cluster_bits.h. */
struct cluster_rot {
	bool is_planned; /* it flips when the broker is down */
	bool is_bad;     /* as far as is known */
	int broker;
	int64_t from, to; /* its offsets; 0, 0: there was none yet */
	char path[96];    /* of the segment, then */
	int64_t position;
	int32_t size, epoch;
	uint32_t crc;
};

struct cluster_partition {
	char topic[LEDGER_NAME_SIZE];
	struct uuid id; /* of its topic; zero: not known yet */
	int32_t index;
	struct znode_state state;
	int32_t version; /* of its znode */
	struct brokers_of isr, replicas;
	bool has_adding_replicas; /* of a reassignment under way */
	/*
	 * Brokers that have lost what was not on their disks, or their disks, and were not
	 * taken into the ISR since.
	 */
	unsigned damaged;
	/* Of those: they may lead nevertheless, and what they lack is lost (cluster_unclean.h). */
	unsigned excused;
	/* Brokers that had no space for it, or a disk that hung, have said so, and neither lead a later epoch nor joined the ISR. */
	unsigned given_up;
	int32_t given_up_epoch;
	int64_t leads_again_us[TOWN_BROKERS]; /* since when; 0: not since it was given up */
	/* How far each broker's log was on its disk when it died last; -1: nobody knows. */
	int64_t flushed[TOWN_BROKERS];
	/* All lost their power, and nobody has led since; who was in sync then. */
	bool is_cut;
	struct brokers_of cut_isr;
	struct cluster_choice choice; /* epoch -1: none */
	/* cluster_unclean.c: that epoch began with the last unclean election; who counts since when. */
	bool has_unclean, recovers;
	int32_t unclean_epoch;
	int64_t heard_us[TOWN_BROKERS];
	int64_t by_hand_us; /* an operator has asked for one; 0: never */
	int64_t doubted_us[TOWN_BROKERS]; /* when it has said so last, or had no log; 0: never */
	struct cluster_rot rot;
};

/* A batch of it is bad, or is about to be. */
static inline bool
cluster_partition_rots(const struct cluster_partition *partition)
{
	return partition->rot.is_planned || partition->rot.is_bad;
}

/* Of a broker. */
struct cluster_obedience {
	uint64_t life;
	int32_t controller_epoch; /* the newest that it has obeyed in it */
};

struct cluster_mover;
struct cluster_courier;
struct cluster_operator;

struct cluster {
	struct broker_town *town;
	struct cluster_mover *mover;
	struct cluster_courier *courier;
	struct cluster_operator *operator;
	struct cluster_partition partitions[CLUSTER_PARTITIONS];
	int count;
	int64_t controllers_session; /* who won the last election */
	int sweeps;
	int64_t registered_us[TOWN_BROKERS]; /* since when that is seen; -1: it is not */
	int64_t registered_by[TOWN_BROKERS]; /* the session, then */
	struct cluster_obedience obedience[TOWN_BROKERS];
	char why[128];               /* the last of the questions below was answered with no */
};

struct cluster *cluster_new(struct broker_town *town);
void cluster_free(struct cluster *cluster);

/* cluster_moves.c: on a clients' machine. */
struct cluster_mover *cluster_mover_new(struct broker_town *town);
void cluster_mover_start(struct cluster_mover *mover, struct sim_process *process,
    struct loop *loop);
/* What it has asked for is not answered yet. */
bool cluster_mover_waits(const struct cluster_mover *mover);
void cluster_mover_free(struct cluster_mover *mover);

/* cluster_late.c: the same. */
struct cluster_courier *cluster_courier_new(struct broker_town *town);
void cluster_courier_start(struct cluster_courier *courier, struct sim_process *process,
    struct loop *loop);
void cluster_courier_free(struct cluster_courier *courier);

/* cluster_znodes.c */
void cluster_committed(struct cluster *cluster, const struct sim_coord_commit *commit);
/* NULL: not there. */
struct cluster_partition *cluster_find(struct cluster *cluster, struct slice topic,
    int32_t index);
/* As it stands in ZooKeeper: the broker that leads (from 0 on), -1: none; and its epoch. */
int cluster_leader(const struct broker_town *town, const char *topic, int32_t index,
    int32_t *epoch);
/* The broker that is the controller, -1: none. */
int cluster_controller(const struct broker_town *town);
/* Who has good copies of it. */
struct atlas_copies cluster_copies(const struct broker_town *town,
    const struct cluster_partition *partition, enum atlas_damage damage);
/* No record that was acknowledged is lost when that is lost of this broker. */
bool cluster_may_damage(const struct sim_process *process, enum atlas_damage damage);
/* Of a topic that lasts; else NULL. */
struct ledger_log *cluster_ledger_log(const struct broker_town *town,
    const struct cluster_partition *partition);
/*
 * What that broker says of the log when it is asked then is said since the last
 * unclean election; else nobody knows (cluster_unclean.c).
 */
bool cluster_hears(const struct broker_town *town, const struct ledger_log *log, int broker,
    int64_t asked_us);
/* Whose words an answer is, for the ledger. */
int cluster_teller(const struct broker_town *town, const struct ledger_log *log,
    const struct client_request *request);
/* With klamm.flush.before.ack that is nothing. */
void cluster_power_is_cut(const struct sim_process *process);
void cluster_is_damaged(const struct sim_process *process);
/* One that has lost something may still be elected: nothing else may fail now. */
bool cluster_is_fragile(const struct broker_town *town);
/* When it stops, nobody else who has lost something is elected for it. */
bool cluster_may_stop(const struct sim_process *process);

static inline bool
brokers_of_has(const struct brokers_of *set, int broker)
{
	for (int i = 0; i < set->count; i++) {
		if (set->ids[i] == broker + 1)
			return true;
	}
	return false;
}

/* cluster_acks.c: a batch that a broker has acknowledged with acks=all. */
struct cluster_ack {
	const char *topic;
	int partition;
	const struct ledger_log *log;
	int broker;        /* that has acknowledged it */
	int first_broker;  /* that it was sent to first */
	int64_t asked_us;
	int64_t base_offset;
	int count;
};

/* Whoever acknowledges it: all that are in sync in ZooKeeper have it. */
void cluster_check_ack(struct broker_town *town, const struct cluster_ack *ack);

/* cluster_cut.c: a broker is about to die: how far its logs are on its disk. */
void cluster_note_flushed(const struct sim_process *process);
/* Its disk is another one. */
void cluster_nothing_is_flushed(const struct sim_process *process);
/* It is registered in this life, and has a log. */
bool cluster_has_log(const struct broker_town *town, const struct cluster_partition *partition,
    int broker);
/* All machines have lost their power, those of brokers that were down too. */
void cluster_all_are_cut(struct broker_town *town);
/* A leader, or another ISR, stands in ZooKeeper. */
void cluster_cut_is_decided(struct cluster *cluster, struct cluster_partition *partition);
/* Before another state is written, and from time to time: does that one lead? */
void cluster_cut_look(struct broker_town *town, struct cluster_partition *partition);
/* From time to time: who has lost its memory, and has all there is again. */
void cluster_mend(struct cluster *cluster);

/* Of a broker, worked on or not; NULL: there is none in memory. */
const struct partition *cluster_loaded(const struct broker_town *town, int broker,
    const struct cluster_partition *partition);
/* Of a broker; NULL: it is not there, or is being worked on. */
const struct partition *cluster_replica(const struct broker_town *town, int broker,
    const struct cluster_partition *partition);
/* cluster_logs.c: of all partitions; from time to time, and seldom batch by batch, as that is slow. */
void cluster_check_logs(struct cluster *cluster, bool compares);
/* A log could not be made there, for want of space: a restart makes it. */
bool cluster_lacks_replica(const struct sim_process *process);
/*
 * Not 0: that broker leads it, and knows of too few in sync (min.insync.replicas); the same
 * number says that it has known so since.
 */
uint64_t cluster_small_isr(const struct broker_town *town, int broker, const char *topic,
    int32_t index);
/*
 * The value is known to stand there, and retention has taken it since. A log that has begun
 * anew after that knows nothing of its producer, as in Kafka: whoever comes first is taken.
 */
bool cluster_has_removed(const struct broker_town *town, const struct ledger_log *log,
    uint64_t number);
/* Often: whom brokers obey. */
void cluster_check_obedience(struct cluster *cluster);
/* Where its log starts by now: what retention has taken nobody need know any more. */
void cluster_note_start(struct cluster *cluster, const struct cluster_partition *partition);
/* A broker has just joined the ISR. */
void cluster_check_joined(struct cluster *cluster, const struct cluster_partition *partition,
    int broker);
/* Each partition is led, the ISR is the assignment, all have caught up (I46). */
bool cluster_is_level(const struct broker_town *town);
/* What each broker knows is what stands in ZooKeeper (I18). */
bool cluster_is_known(const struct broker_town *town);

#endif
