/*
 * controller/context.h: what the controller knows while it leads: brokers that
 * are alive, topics, their partitions, who replicates them, who leads them, and
 * the states of partitions and replicas (zookeeper.md 5.4). Plain memory that
 * decides nothing and asks nobody.
 *
 * Topics stand in the order in which they came to be known, partitions by
 * number, brokers by id: the same events give the same order.
 */
#ifndef KLAMM_CONTROLLER_CONTEXT_H
#define KLAMM_CONTROLLER_CONTEXT_H

#include "base/hash_table.h"
#include "zk/payload_broker.h"
#include "zk/payload_partition_state.h"
#include "zk/payload_topic.h"

enum { CONTEXT_NO_LEADER = -1 };

#define PARTITION_STATES(X) X(NON_EXISTENT) X(NEW) X(ONLINE) X(OFFLINE)
#define PARTITION_STATE_MEMBER(name) PARTITION_##name,
enum partition_state { PARTITION_STATES(PARTITION_STATE_MEMBER) PARTITION_STATE_COUNT };
#undef PARTITION_STATE_MEMBER

#define REPLICA_STATES(X) \
	X(NON_EXISTENT) \
	X(NEW) \
	X(ONLINE) \
	X(OFFLINE) \
	X(DELETION_STARTED) \
	X(DELETION_SUCCESSFUL) \
	X(DELETION_INELIGIBLE)
#define REPLICA_STATE_MEMBER(name) REPLICA_##name,
enum replica_state { REPLICA_STATES(REPLICA_STATE_MEMBER) REPLICA_STATE_COUNT };
#undef REPLICA_STATE_MEMBER

struct context_broker {
	int32_t id;
	int64_t epoch; /* czxid of its znode */
	bool shutting_down;
	/* Numbers of messages to it; they are answered in their order. 0: none. */
	uint64_t last_sent, last_answered;
	bool has_answered; /* without an error: its registration is no dead process's */
	struct slice bytes;           /* what stands in its znode */
	struct payload_broker registration;
	struct arena arena;           /* of both */
	struct broker_watch *watch;   /* the edge's */
};

/* Who leads, as it stands in ZooKeeper. */
struct context_leadership {
	int32_t leader;
	int32_t leader_epoch;
	int32_t controller_epoch;
	int32_t version; /* the znode's: the partition epoch */
	enum payload_leader_recovery recovery;
	int32_t *isr;
	int32_t isr_count;
	int32_t *eligible; /* payload_partition_state.h */
	int32_t eligible_count;
};

struct context_replica {
	int32_t broker;
	enum replica_state state;
	bool dir_offline; /* its broker has told so (KAFKA_STORAGE_ERROR) */
	/* As its newest answer says, which may wait for its turn: who was told later knows more. */
	bool tells_offline;
	/*
	 * During failover: its broker is registered anew since the ISR was written, and
	 * no controller has seen that; it counts as one that was away.
	 */
	bool was_away;
};

struct context_topic;

struct context_partition {
	struct context_topic *topic;
	int32_t index;
	enum partition_state state;
	bool has_leadership;
	bool is_quarantined; /* what stands in its state znode cannot be read: it is left alone */
	/*
	 * Who leads by what stands in ZooKeeper may lack acknowledged records (F17, F18),
	 * or has begun anew since it was elected, and was not elected in spite of that:
	 * no leader is told until one is elected.
	 */
	bool leader_is_withheld;
	bool is_marked;      /* as one of a list; unmarked before the function ends */
	struct context_leadership leadership;
	struct context_replica *replicas; /* assigned; the preferred leader first */
	int32_t replica_count;
	int32_t leaving_count; /* behind those: assigned no longer, and about to go, inside one job */
	int32_t *adding, *removing; /* of a reassignment */
	int32_t adding_count, removing_count;
};

struct context_topic {
	struct hash_node by_name;
	struct hash_node by_id; /* if it has one */
	struct slice name;      /* a terminated text */
	struct uuid id;
	struct context_partition **partitions; /* by rising number */
	int32_t partition_count;
	bool is_quarantined;    /* its znode cannot be read: it exists, and is left alone */
	bool to_delete;         /* marked in /admin/delete_topics */
	bool deletion_begun;
	bool deletion_ineligible; /* for now */
	uint64_t deletion_told;   /* number of the last message that told brokers of it */
	bool is_changed;        /* its znode, since it was read last */
	bool config_is_changed; /* since elections were last tried */
	/* min_insync.h; 0: not known. Its own: 0: it has none, -1: it cannot be read. */
	int32_t min_insync, own_min_insync;
	bool min_insync_is_read;
	struct topic_watch *watch; /* the edge's */
};

struct context {
	int32_t epoch; /* the controller epoch */
	struct context_broker **brokers; /* by id */
	size_t broker_count;
	int32_t default_min_insync; /* of topics that say nothing; 0: not read */
	struct hash_table topics; /* struct context_topic by name */
	struct hash_table topics_by_id;
};

void context_init(struct context *context, int32_t epoch, const uint64_t seed[2]);
/* Watches are the edge's to take away before. */
void context_fini(struct context *context);

/* ---------------------------------------------------------------- brokers */

/* NULL when it is not alive. */
struct context_broker *context_broker_find(const struct context *context, int32_t id);
/*
 * With the bytes of its znode, which are copied; of a broker that is known epoch
 * and registration are replaced. An error, and nothing changed, when the bytes
 * are no registration.
 */
NODISCARD enum error context_broker_set(struct context *context, int32_t id, int64_t epoch,
    struct slice bytes, struct payload_complaint *complaint);
void context_broker_remove(struct context *context, int32_t id);
/* Whether it has answered all messages up to that number that it was sent; or is not alive. */
bool context_broker_has_heard(const struct context *context, int32_t id, uint64_t number);
bool context_all_have_heard(const struct context *context, uint64_t number);
/* It has answered this controller, without an error, in the life that is registered. */
bool context_broker_has_answered(const struct context *context, int32_t id);
/* Alive, and not shutting down. */
bool context_broker_is_live(const struct context *context, int32_t id);

/* ----------------------------------------------------------------- topics */

struct context_topic *context_topic_find(const struct context *context, struct slice name);
struct context_topic *context_topic_find_id(const struct context *context, struct uuid id);
/* A new one, without partitions; the name is copied. */
struct context_topic *context_topic_add(struct context *context, struct slice name,
    struct uuid id);
void context_topic_set_id(struct context *context, struct context_topic *topic, struct uuid id);
void context_topic_remove(struct context *context, struct context_topic *topic);
#define CONTEXT_TOPICS_FOREACH(link, context) HASH_TABLE_FOREACH(link, &(context)->topics)
static inline struct context_topic *
context_topic_of(struct list *link)
{
	return container_of(hash_node_of(link), struct context_topic, by_name);
}
/* Whether any of its partitions is being reassigned. */
bool context_topic_is_reassigned(const struct context_topic *topic);
/* It stays, or its deletion waits until its partitions have moved: they need leaders. */
bool context_topic_is_kept(const struct context_topic *topic);
bool context_topic_all_replicas_in(const struct context_topic *topic, enum replica_state state);
bool context_topic_any_replica_in(const struct context_topic *topic, enum replica_state state);
/* Each of its partitions has a leader. */
bool context_topic_is_led(const struct context_topic *topic);

/* ------------------------------------------------------------- partitions */

struct context_partition *context_partition_find(const struct context_topic *topic,
    int32_t index);
/* Not there yet; NON_EXISTENT, as its replicas are. */
struct context_partition *context_partition_add(struct context_topic *topic, int32_t index,
    struct payload_int32_list replicas);
void context_partition_set_reassignment(struct context_partition *partition,
    struct payload_int32_list adding, struct payload_int32_list removing);
/* Other replicas: whoever stays keeps its state, whoever does not is leaving. */
void context_partition_set_replicas(struct context_partition *partition,
    struct payload_int32_list replicas);
/* Somebody who is no replica, and has one nevertheless; ONLINE. */
void context_partition_add_leaving(struct context_partition *partition, int32_t broker);
void context_partition_forget_leaving(struct context_partition *partition);
/* As it was read from, or written to, ZooKeeper. */
void context_partition_set_leadership(struct context_partition *partition,
    const struct payload_partition_state *state, int32_t version);
/* What stands in ZooKeeper, as far as is known. Borrowed. */
struct payload_partition_state context_partition_payload(
    const struct context_partition *partition);
/* NULL when the broker is not assigned, and not leaving. */
struct context_replica *context_replica_find(const struct context_partition *partition,
    int32_t broker);
/* Its broker is alive, not shutting down, and its log dir works. */
bool context_replica_is_online(const struct context *context,
    const struct context_replica *replica);
/*
 * Its broker has said that the log may lack acknowledged records; of one replica
 * alone that is no matter.
 */
bool context_replica_is_doubtful(const struct context *context,
    const struct context_partition *partition, int32_t broker);
bool context_isr_has(const struct context_leadership *leadership, int32_t broker);
/* Also one that has left the ISR since it was large enough for anything to be acknowledged. */
bool context_may_have_all(const struct context_leadership *leadership, int32_t broker);
/* How many partitions all topics have together. */
size_t context_partition_count(const struct context *context);

const char *partition_state_text(enum partition_state state);
const char *replica_state_text(enum replica_state state);

#endif
