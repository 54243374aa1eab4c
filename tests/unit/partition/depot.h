/*
 * tests/unit/partition/depot.h: a broker's replicas in a simulated process,
 * with log dirs /a and /b on a simulated disk. Nothing happens but while the
 * test waits. Broker 1 is asked by a controller of epoch 1.
 */
#ifndef KLAMM_TESTS_UNIT_PARTITION_DEPOT_H
#define KLAMM_TESTS_UNIT_PARTITION_DEPOT_H

#include "partition/replicas_private.h"
#include "tests/sim/log_fixture.h"
#include "tests/sim/sim_net.h"
#include "tests/sim/sim_process.h"
#include "tests/unit/config/given.h"

enum {
	DEPOT_BROKER = 1,
	DEPOT_SECOND_US = 1000000,
	DEPOT_TEXT_SIZE = 32768,
	DEPOT_ORDERS_MAX = 1200,
	DEPOT_OPEN_FILES = 50,
};

/* What a controller says of one partition. */
struct depot_order {
	const char *topic;
	int32_t index;
	int32_t leader_epoch;
	int32_t leader;       /* LeaderAndIsr; 0: this broker */
	struct uuid topic_id; /* the same; zero: depot's, or none when it is anonymous */
	bool anonymous;
	bool is_old;          /* the same; not isNew */
	bool is_added;        /* the same; this broker, by a reassignment */
	int replicas;         /* the same; brokers 1 to so many, all in sync; 0: this one alone */
	int isr;              /* the same; how many of these are; 0: all */
	int first_in_isr;     /* the same; these up to the last are; 0: all */
	bool is_last;         /* the same; brokers 3, 2 and 1, all in sync: this one is assigned last */
	bool deletes;         /* StopReplica */
	bool leader_is_dead;  /* LeaderAndIsr; no address of it is told */
};

struct depot {
	struct given given;
	struct sim sim;
	struct sim_net net;
	struct sim_machine machine;
	struct sim_process process;
	struct sim_mount *eye;      /* the test's own */
	struct disk *disk;          /* the same, as a port */
	struct topic_settings *settings; /* of every topic; the test may change them before a start */
	struct uuid topic_id;       /* of every topic */
	const char *cluster_id;
	/* How leaders are reached; NULL: not at all, the requests tell no addresses. */
	const struct fetcher_link_port *links;
	int port_of_leaders;        /* and its id; their hosts are host-ID */
	struct replicas *replicas;  /* NULL: not running */
	struct log_dirs *dirs;      /* the replicas' */
	/* Of the last start. */
	bool is_loaded;
	enum error error;
	char complaint[LOG_DIR_COMPLAINT_SIZE];
	/* What the listener was told, a line each; and the newest map. */
	struct replicas_listener listener;
	char told[DEPOT_TEXT_SIZE];
	bool has_doubts;            /* as last told */
	struct persistent_map *hosted;
	char log[DEPOT_TEXT_SIZE];  /* lines with their level before them */
	/* The controller's last request. */
	struct arena arena;
	struct depot_order orders[DEPOT_ORDERS_MAX];
	int order_count;
	struct leader_and_isr_request leader_and_isr;
	struct leader_and_isr_response led;
	struct stop_replica_request stop;
	struct stop_replica_response stopped;
	bool is_leader_and_isr, is_answered;
	bool is_stopped, is_clean;
	/* What leaders want of their ISRs; the test answers. */
	struct isr_port isr_port;
	struct isr_alteration *alteration; /* NULL: nothing is asked for */
	int alterations;
};

/* `given`: lines for the broker's configuration, or "". */
void depot_init(struct depot *depot, uint64_t seed, const char *given);
/* Stops what runs, and fails the test when a file is left open. */
void depot_fini(struct depot *depot);
/* The broker's defaults; the caller's, to be changed before anybody else has it. */
struct topic_settings *depot_settings_new(struct depot *depot);
/* Begins a start, or a whole one; `error` and `complaint` tell how it went. */
void depot_begin(struct depot *depot);
void depot_start(struct depot *depot);
void depot_stop(struct depot *depot);
/* kill -9, or a loss of power. */
void depot_kill(struct depot *depot);
void depot_power_cut(struct depot *depot, enum sim_disk_crash crash);

void depot_run(struct depot *depot, int64_t us);
/* Fails the test when it takes more than two minutes. */
void depot_wait(struct depot *depot, const bool *flag);
/* Code between them runs as an event of the process, on its control loop. */
void depot_enter(struct depot *depot);
void depot_leave(struct depot *depot);

/* For requests that a test makes by itself. */
void depot_answered(void *context);
/* Begins LeaderAndIsr or StopReplica; wait for `is_answered`. Orders are copied. */
void depot_send_leader_and_isr(struct depot *depot, const struct depot_order *orders, int count);
void depot_send_stop_replica(struct depot *depot, const struct depot_order *orders, int count);
/* The code of a partition in the answer; -2: it is not in it. Waits for it. */
int depot_code(struct depot *depot, const char *topic, int32_t index);
/* How many partitions the answer names. */
int depot_answer_count(struct depot *depot);
/* One partition, which this broker is to lead, or to delete; the code. */
int depot_lead(struct depot *depot, const char *topic, int32_t index, int32_t leader_epoch);
int depot_delete(struct depot *depot, const char *topic, int32_t index);

/* As loops see it; NULL: it is not there. Borrowed. */
const struct hosted_topic *depot_hosted(const struct depot *depot, const char *topic);
struct partition *depot_partition(const struct depot *depot, const char *topic, int32_t index);
struct replica *depot_replica(const struct depot *depot, const char *topic, int32_t index);
struct log_dir *depot_dir(const struct depot *depot, int number);

/* `records` batches of one record with `size` bytes, acks=all. The first error. */
enum partition_status depot_append(struct depot *depot, const char *topic, int32_t index,
    int records, int size);
/* The same once, from an idempotent producer; `base_offset` may be NULL. */
enum partition_status depot_append_once(struct depot *depot, const char *topic, int32_t index,
    const struct log_sample *sample, int64_t *base_offset);
enum partition_status depot_fetch(struct depot *depot, const char *topic, int32_t index,
    int64_t offset);
/* The same of a follower. */
enum partition_status depot_fetch_as(struct depot *depot, int32_t follower, const char *topic,
    int32_t index, int64_t offset);
/* What a consumer would be told; fails the test when it is an error. */
int64_t depot_latest(struct depot *depot, const char *topic, int32_t index);
int64_t depot_earliest(struct depot *depot, const char *topic, int32_t index);

/* What was told since the last call; valid until the next one. */
const char *depot_told(struct depot *depot);
/* How often the controller was asked, by "has room"; what else was told is passed over. */
int depot_asks(struct depot *depot);
bool depot_has_logged(const struct depot *depot, const char *words);
int depot_log_count(const struct depot *depot, const char *words);
bool depot_exists(struct depot *depot, const char *path);
/* How many names of a directory end so. */
int depot_names(struct depot *depot, const char *path, const char *suffix);
/* The path of the last one; valid until the next call. */
const char *depot_name(struct depot *depot, const char *path, const char *suffix);
void depot_write(struct depot *depot, const char *path, const char *text);
/* Valid until the next call; "-" for no file. */
const char *depot_text(struct depot *depot, const char *path);
void depot_break(struct depot *depot, const char *path, bool broken);

#endif
