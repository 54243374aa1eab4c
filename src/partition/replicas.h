/*
 * partition/replicas.h: all replicas that this broker hosts (Kafka's
 * ReplicaManager and LogManager): obeys the controller's LeaderAndIsr and
 * StopReplica, owns the log dirs, loads and closes logs, runs what has to be
 * done from time to time: flush, checkpoints, retention, expiry of producers,
 * removal of deleted partitions. On the control loop; what blocks goes to
 * workers, what concerns one partition is posted to its actor.
 */
#ifndef KLAMM_PARTITION_REPLICAS_H
#define KLAMM_PARTITION_REPLICAS_H

#include "base/persistent_map.h"
#include "config/broker_config.h"
#include "log/log_dirs.h"
#include "metrics/snapshot.h"
#include "partition/isr_port.h"
#include "partition/partition.h"
#include "wire/messages.h"
#include "zk/payload_broker.h"

struct replicas;
struct fetcher_link_port;
struct lost_leaders;

/* The replicas of one topic that are here, as all loops see them. Immutable. */
struct hosted_topic {
	struct counted counted;
	struct slice name;
	struct uuid id; /* zero: unknown */
	struct topic_settings *settings;
	struct partition **partitions; /* by index; NULL: not here */
	int32_t partition_count;       /* highest index here + 1 */
};

/* What it tells its owner; on the control loop. */
struct replicas_listener {
	/* A new map of struct hosted_topic by name; the listener's share. */
	void (*hosted)(struct replicas_listener *listener, struct persistent_map *hosted);
	/* This broker leads the partition from this epoch on, or does no longer. */
	void (*elected)(struct replicas_listener *listener, struct partition *partition,
	    int32_t leader_epoch);
	void (*resigned)(struct replicas_listener *listener, struct slice topic, int32_t partition,
	    int32_t leader_epoch);
	/* replicas_list_doubts has another answer. NULL: no matter. */
	void (*doubts_changed)(struct replicas_listener *listener);
	/* A log dir has failed: its partitions are gone from `hosted`. `left`: dirs that still work. */
	void (*dir_failed)(struct replicas_listener *listener, const char *path, int left);
	/*
	 * The controller has to tell all replicas here again: those that could not be made
	 * for want of space or descriptors may be made now, or a log is damaged (F15).
	 */
	void (*has_room)(struct replicas_listener *listener);
};

struct replicas_options {
	struct world *world;
	const struct broker_config *config; /* borrowed */
	int32_t broker_id;
	struct log_dirs *dirs;              /* opened and claimed; taken */
	/* The settings of a topic, for the caller; never NULL (defaults when it has none). */
	struct topic_settings *(*settings_of)(void *context, struct slice topic);
	void *context;
	struct replicas_listener *listener;
	const struct fetcher_link_port *links; /* how leaders are reached; NULL: cluster/broker_link.h */
	struct isr_port *isr_port;          /* borrowed; NULL: no ISR is ever changed from here */
	struct lost_leaders *lost_leaders;  /* borrowed; NULL: nobody wants to know */
};

struct replicas *replicas_new(const struct replicas_options *options);
/* Stopped, or never loaded. */
void replicas_free(struct replicas *replicas);

/*
 * Loads and where needed recovers all logs, side by side on workers, with
 * progress in the log every few seconds. Then the periodical work begins. `error`: no dir is left.
 */
void replicas_load(struct replicas *replicas,
    void (*loaded)(void *context, enum error error, const char *complaint), void *context);

/*
 * A LeaderAndIsr request whose controller and broker epochs were checked; the
 * settings of its topics are known to settings_of(). Fills in the response's
 * partition errors (all versions of both). `request` and `arena` stay until `done`.
 */
void replicas_leader_and_isr(struct replicas *replicas,
    const struct leader_and_isr_request *request, struct arena *arena,
    struct leader_and_isr_response *response, void (*done)(void *context), void *context);
void replicas_stop_replica(struct replicas *replicas, const struct stop_replica_request *request,
    struct arena *arena, struct stop_replica_response *response, void (*done)(void *context),
    void *context);
/*
 * UpdateMetadata (all versions), of a controller that is obeyed: what is led here, and has
 * moved to other brokers in a later leader epoch, is led no longer. Ours: a Kafka broker
 * that missed its StopReplica leads on, and whoever asks it alone (a group's members)
 * never hears of the other. `request` and `arena` stay until `done`.
 */
void replicas_obey_metadata(struct replicas *replicas,
    const struct update_metadata_request *request, struct arena *arena,
    void (*done)(void *context), void *context);
/*
 * DescribeLogDirs (all versions): the dirs with what is in them, as Kafka 3.9
 * tells it. What is named is looked up, what is null is all. `request` and
 * `arena` stay until `done`.
 */
void replicas_describe_log_dirs(struct replicas *replicas,
    const struct describe_log_dirs_request *request, struct arena *arena,
    struct describe_log_dirs_response *response, void (*done)(void *context), void *context);
/*
 * AlterReplicaLogDirs (all versions), as Kafka 3.9: a move begins, or changes its
 * direction, or ends where the replica is already; who is not here yet is made there
 * later. `request` and `arena` stay until `done`.
 */
void replicas_alter_log_dirs(struct replicas *replicas,
    const struct alter_replica_log_dirs_request *request, struct arena *arena,
    struct alter_replica_log_dirs_response *response, void (*done)(void *context), void *context);
/* Of this broker's registration, as its leaders are told it (KIP-903). */
void replicas_set_broker_epoch(struct replicas *replicas, int64_t broker_epoch);
/* The brokers that the newest metadata of the controller names. */
void replicas_set_live_brokers(struct replicas *replicas, const int32_t *ids, size_t count);
/* Bytes a second; REPLICATION_QUOTA_NONE. */
struct replicas_throttles {
	int64_t leader, follower; /* of throttled replicas that are not in sync (KIP-73) */
	int64_t log_dirs;         /* copied to other log dirs, of all replicas (KIP-113) */
};
void replicas_set_throttles(struct replicas *replicas, const struct replicas_throttles *throttles);
/* A topic's configuration has changed; nothing when no replica of it is here. */
void replicas_set_settings(struct replicas *replicas, struct slice topic,
    struct topic_settings *settings);

/*
 * Everything parked is answered NOT_LEADER, logs are closed, checkpoints and
 * clean-shutdown files written. `clean`: every log was closed well.
 */
void replicas_stop(struct replicas *replicas, void (*stopped)(void *context, bool clean),
    void *context);

/*
 * What it has for the metrics: counts of replicas, log dirs, fetchers; topics
 * with their counters; with `partitions` each of them by itself.
 */
void replicas_snapshot(const struct replicas *replicas, bool partitions,
    struct snapshot *snapshot);
/*
 * Partitions that may lack what was acknowledged, from this start on (F17, F18):
 * the machine has lost its memory or the log, or a log dir is away or full, and nothing says
 * that all is there. Until the controller has found a leader for them. Arrays and texts
 * are in the arena; how many topics.
 */
size_t replicas_list_doubts(const struct replicas *replicas, struct arena *arena,
    const struct payload_doubtful_topic **topics);

/* Bytes of all local logs of a topic, as last seen (for warnings); -1: none here. */
int64_t replicas_topic_bytes(const struct replicas *replicas, struct slice topic);

#endif
