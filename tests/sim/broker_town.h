/*
 * tests/sim/broker_town.h: scenarios `broker` and `cluster`: one whole broker
 * (klammd/broker.h), or several, each on a machine of its own, an ensemble, and
 * clients on two more machines, which speak the protocol to them over the
 * simulated network.
 *
 *	broker.c           scenario `broker`: one; its life, the end
 *	cluster.c          scenario `cluster`: up to five
 *	broker_make.c      the town
 *	broker_faults.c    what goes wrong
 *	broker_marks.c     what has been reached
 *	broker_host.c      the process of a broker; what it says of its logs
 *	broker_admin.c broker_producer.c broker_fetcher*.c broker_member*.c
 *	                   clients, and what they may see
 *	ledger.h client_link.h town_links.h  what all of them use
 */
#ifndef KLAMM_TESTS_SIM_BROKER_TOWN_H
#define KLAMM_TESTS_SIM_BROKER_TOWN_H

#include "config/broker_config.h"
#include "tests/sim/ledger.h"
#include "tests/sim/sim_coord.h"
#include "tests/sim/sim_net.h"
#include "tests/sim/town_links.h"

enum {
	TOWN_CLIENTS = 2, /* machines of clients, numbered behind the brokers' */
	TOWN_MACHINES = TOWN_BROKERS + TOWN_CLIENTS,
	TOWN_REPLICAS = 3, /* of a partition, at most */
	TOWN_PORT = 9092,
	TOWN_PRODUCERS = 4,
	TOWN_FETCHERS = 3,
	TOWN_GROUPS = 2,
	TOWN_MEMBERS = 6, /* of all groups */
};

enum town_phase {
	TOWN_WORKING,  /* with faults */
	TOWN_HEALED,   /* nothing fails any more; everything has to be answered soon */
	TOWN_FINISHING, /* nothing new is begun */
	TOWN_READING,  /* all logs are read once more */
};

struct cluster;
struct town_producer;
struct town_fetcher;
struct town_admin;
struct town_group;
struct town_member;

/* What the scenario knows of one broker. */
struct town_seat {
	struct broker_config *config;
	bool sync_has_failed;  /* in this life: what was not synced is unknown */
	/*
	 * A sync has failed in this life: page cache and disk are not the same any
	 * more. Fetches may give bytes that their checksum refuses.
	 */
	bool pages_are_lost;
	bool topics_are_unknown; /* it serves without having heard from a controller */
	bool serves;           /* it has said that it has started */
	bool is_stopping;      /* in good order */
	/* When it is down: what is put there empty; NULL: nothing. */
	const char *wipes;
	bool wipes_some;      /* ... of it some partitions alone */
	const char *lost_dir;  /* cannot be written to; NULL: none */
	/* A partition is in two dirs, and its broker refuses to start: an operator deletes the one in the dir that was away last. */
	char away_dir[8];
	char twin[64];         /* the partition; empty: none */
	bool is_slow;          /* its disk */
	int64_t away_us;       /* after its next death it is down for so long, at least; once */
	bool is_away;          /* it is, until the faults end */
};

struct broker_town {
	struct sim *sim;
	bool is_cluster; /* the rules of several brokers, also where there is one */
	struct cluster *cluster; /* its; else NULL */
	/*
	 * Of three brokers or more: min.insync.replicas is 2 for all topics, so one replica
	 * at a time may lose its memory, whatever else fails (level D1).
	 */
	bool is_strict;
	bool has_operator; /* who asks for unclean elections (cluster_operator.c) */
	int broker_count;
	struct sim_net net;
	struct sim_coord *ensemble;
	int servers;
	struct sim_machine machines[TOWN_MACHINES];
	struct sim_process processes[TOWN_MACHINES]; /* the brokers' first, with ids from 1 */
	struct town_seat seats[TOWN_BROKERS];
	struct ledger ledger;
	enum town_phase phase;
	int64_t healed_us;
	int64_t throttled_us; /* until then rates may have been set; in the future while they are */

	bool offsets_are_damaged; /* as ledger_log.is_damaged: groups are not served */
	/*
	 * The last life of the broker that has lost what it had acknowledged, as it may; 0: none.
	 * Of a cluster a life is one of all brokers together: broker_town_life.
	 */
	int lost_life;
	uint64_t cut_lives[TOWN_BROKERS]; /* that each broker had then */
	struct town_producer *producers[TOWN_PRODUCERS];
	struct town_fetcher *fetchers[TOWN_FETCHERS];
	struct town_admin *admin;
	struct town_group *groups[TOWN_GROUPS];
	struct town_member *members[TOWN_MEMBERS];
	void *faults;
};

/* How often brokers have been started, all together: of one broker, which life it is in. */
int broker_town_lives(const struct broker_town *town);

/* Of a partition that has many. */
static inline int
broker_town_replicas(const struct broker_town *town)
{
	return MIN(town->broker_count, (int)TOWN_REPLICAS);
}

/* Told by that life of a broker of a cluster, before all lost their power and something with it. */
static inline bool
broker_town_is_before_cut(const struct broker_town *town, const struct client_link *link, int life)
{
	return town->is_cluster && (uint64_t)life <= town->cut_lives[link->broker->number];
}

/* Of the broker that has answered, or of all of them. */
static inline int
broker_town_life(const struct broker_town *town, const struct client_request *request)
{
	if (!town->is_cluster)
		return request->life;
	return broker_town_is_before_cut(town, request->link, request->life) ? town->lost_life :
	    broker_town_lives(town);
}

/* Whose words an answer is, for the ledger. */
static inline int
broker_town_teller(const struct broker_town *town, const struct client_request *request)
{
	if (!town->is_cluster)
		return request->life;
	return broker_town_is_before_cut(town, request->link, request->life) ? LEDGER_BEFORE_CUT : -1;
}

static inline struct broker_town *
broker_town_of(const struct sim_process *process)
{
	return process->scenario;
}

static inline struct town_seat *
broker_town_seat(const struct sim_process *process)
{
	return &broker_town_of(process)->seats[process->number];
}

/* A mark, in the scenarios that list it. */
void broker_town_mark(struct broker_town *town, const char *name);

/* broker_make.c: everything, and it begins. */
void broker_town_begin(struct broker_town *town, struct sim *sim);
void broker_town_end(struct broker_town *town);
static inline bool
broker_town_goes_on(const struct broker_town *town)
{
	return !town->sim->failed && !town->sim->stopped;
}
/* Runs until all is so, that long at most. */
void broker_town_wait(struct broker_town *town, bool (*is_so)(const struct broker_town *town),
    int64_t us);
/* The same, for a while; `what` is told when it is not. */
void broker_town_expect(struct broker_town *town, bool (*is_so)(const struct broker_town *town),
    const char *what);
/* The faults end; what has failed for good is started again. */
void broker_town_heal(struct broker_town *town);
bool broker_town_producers_are_quiet(const struct broker_town *town);
bool broker_town_is_read(const struct broker_town *town);
bool broker_town_is_down(const struct broker_town *town);

/* broker_host.c: the boot of a broker's process. */
void broker_host_boot(struct sim_process *process);
/* SIGTERM; it is down some time later. */
void broker_host_stop(struct sim_process *process);
/* To be called before it is killed: the ledger hears what must be there afterwards. */
void broker_host_dies(struct sim_process *process, bool loses_page_cache);
/* A log dir is offline. */
bool broker_host_has_failed_dir(const struct sim_process *process);

/* In its own opinion. */
bool broker_host_leads(const struct sim_process *process, const char *topic, int32_t partition);

/* Of its ZooKeeper session; 0: none. */
int64_t broker_host_session(const struct sim_process *process);
/* What stands in ZooKeeper is of this life of it, not of one that is over. */
bool broker_host_is_registered(const struct sim_process *process);
/* NULL: it has none now. */
struct broker *broker_host_broker(const struct sim_process *process);

/* At quiescence: what it believes of its registration is what stands in ZooKeeper. */
void broker_host_check_registration(const struct sim_process *process);

/* broker_marks.c: what is seen in the brokers' logs, on their disks, in ZooKeeper. */
void broker_marks_begin(struct broker_town *town);
void broker_marks_committed(struct sim_coord *ensemble, const struct sim_coord_commit *commit,
    void *context);
/* Before a broker dies, as a fault. */
void broker_marks_dies(struct sim_process *process);
/* Before a power cut in the middle of a change of the disk. */
void broker_marks_power_cut(struct sim_process *process);
void broker_marks_end(struct broker_town *town);

/* broker_faults.c */
void broker_faults_begin(struct broker_town *town);
void broker_faults_heal(struct broker_town *town);
void broker_faults_end(struct broker_town *town);
void broker_faults_kill(struct sim_process *process);
/* A replica of it begins to move to another log dir, or has moved. */
void broker_faults_moving(struct sim_process *process);
/* A line of its log: one of its log dirs is not there any more. */
void broker_faults_dir_is_away(struct sim_process *process, const char *line);
/* Why it does not start: a partition is in two dirs. */
void broker_faults_refused(struct sim_process *process, const char *reason);
void broker_faults_power_cut(struct sim_process *process);

/* broker_producer.c, broker_fetcher.c: on the clients' machines; the scenario's memory. */
struct town_producer *town_producer_new(struct broker_town *town, int number);
void town_producer_start(struct town_producer *producer, struct sim_process *process,
    struct loop *loop);
/* It waits for an answer of that broker; the first two of them for acks=all. */
bool town_producer_waits_for(const struct town_producer *producer,
    const struct sim_process *broker);
bool town_producer_sends_to(const struct town_producer *producer, const char *topic);
/* Nothing of it waits for an answer, and it begins nothing. */
bool town_producer_is_quiet(const struct town_producer *producer);
void town_producer_free(struct town_producer *producer);

struct town_fetcher *town_fetcher_new(struct broker_town *town, int number);
void town_fetcher_start(struct town_fetcher *fetcher, struct sim_process *process,
    struct loop *loop);
/* It has read all lasting logs from their beginnings since the phase TOWN_READING. */
bool town_fetcher_has_read_all(const struct town_fetcher *fetcher);
/* A fetch of it waits for data. */
bool town_fetcher_is_parked(const struct town_fetcher *fetcher);
void town_fetcher_free(struct town_fetcher *fetcher);

/* broker_member.c */
struct town_member *town_member_new(struct broker_town *town, int number);
void town_member_start(struct town_member *member, struct sim_process *process,
    struct loop *loop);
/* I39: all are in one generation of their group, and each partition has an owner. */
bool town_groups_are_well(const struct broker_town *town);
void town_member_free(struct town_member *member);

/* broker_admin.c: makes the topics. */
extern const char *const town_passing[TOWN_PASSING];
struct town_admin *town_admin_new(struct broker_town *town);
void town_admin_start(struct town_admin *admin, struct sim_process *process, struct loop *loop);
void town_admin_free(struct town_admin *admin);

#endif
