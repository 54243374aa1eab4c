/*
 * zk/paths.h: every path that Kafka 3.9 has in ZooKeeper, below the chroot.
 * Made from a place, and read back into one. Topic names, broker ids and IP
 * addresses stand in paths as they are; users and client ids are sanitized,
 * and the default entity is "<default>".
 */
#ifndef KLAMM_ZK_PATHS_H
#define KLAMM_ZK_PATHS_H

#include "base/buffer.h"
#include "base/error.h"

/*
 * X(kind, pattern). %n: a name, no "/"; %m: a second one; %i: an id of 0 or
 * more; %s: the ten digits that ZooKeeper gives a sequential node.
 */
#define PATHS_TABLE(X) \
	X(CONSUMERS, "/consumers") \
	X(CONSUMER_OFFSET, "/consumers/%n/offsets/%m/%i") \
	X(BROKERS, "/brokers") \
	X(BROKER_IDS, "/brokers/ids") \
	X(BROKER, "/brokers/ids/%i") \
	X(BROKER_SEQUENCE, "/brokers/seqid") \
	X(TOPICS, "/brokers/topics") \
	X(TOPIC, "/brokers/topics/%n") \
	X(TOPIC_PARTITIONS, "/brokers/topics/%n/partitions") \
	X(PARTITION, "/brokers/topics/%n/partitions/%i") \
	X(PARTITION_STATE, "/brokers/topics/%n/partitions/%i/state") \
	X(CLUSTER, "/cluster") \
	X(CLUSTER_ID, "/cluster/id") \
	X(CONTROLLER, "/controller") \
	X(CONTROLLER_EPOCH, "/controller_epoch") \
	X(CONFIG, "/config") \
	X(CONFIG_TOPICS, "/config/topics") \
	X(CONFIG_TOPIC, "/config/topics/%n") \
	X(CONFIG_CLIENTS, "/config/clients") \
	X(CONFIG_CLIENT, "/config/clients/%n") \
	X(CONFIG_USERS, "/config/users") \
	X(CONFIG_USER, "/config/users/%n") \
	X(CONFIG_USER_CLIENTS, "/config/users/%n/clients") \
	X(CONFIG_USER_CLIENT, "/config/users/%n/clients/%m") \
	X(CONFIG_BROKERS, "/config/brokers") \
	X(CONFIG_BROKER, "/config/brokers/%n") \
	X(CONFIG_IPS, "/config/ips") \
	X(CONFIG_IP, "/config/ips/%n") \
	X(CONFIG_CHANGES, "/config/changes") \
	X(CONFIG_CHANGE, "/config/changes/config_change_%s") \
	X(ADMIN, "/admin") \
	X(DELETE_TOPICS, "/admin/delete_topics") \
	X(DELETE_TOPIC, "/admin/delete_topics/%n") \
	X(REASSIGNMENT, "/admin/reassign_partitions") \
	X(PREFERRED_ELECTION, "/admin/preferred_replica_election") \
	X(ISR_CHANGES, "/isr_change_notification") \
	X(ISR_CHANGE, "/isr_change_notification/isr_change_%s") \
	X(LOG_DIR_EVENTS, "/log_dir_event_notification") \
	X(LOG_DIR_EVENT, "/log_dir_event_notification/log_dir_event_%s") \
	X(PRODUCER_ID_BLOCK, "/latest_producer_id_block") \
	X(FEATURE, "/feature") \
	X(MIGRATION, "/migration") \
	X(ACLS, "/kafka-acl") \
	X(ACL_TYPE, "/kafka-acl/%n") \
	X(ACL, "/kafka-acl/%n/%m") \
	X(ACL_CHANGES, "/kafka-acl-changes") \
	X(ACL_CHANGE, "/kafka-acl-changes/acl_changes_%s") \
	X(EXTENDED_ACLS, "/kafka-acl-extended") \
	X(EXTENDED_ACL_PREFIXED, "/kafka-acl-extended/prefixed") \
	X(EXTENDED_ACL_TYPE, "/kafka-acl-extended/prefixed/%n") \
	X(EXTENDED_ACL, "/kafka-acl-extended/prefixed/%n/%m") \
	X(EXTENDED_ACL_CHANGES, "/kafka-acl-extended-changes") \
	X(EXTENDED_ACL_CHANGE, "/kafka-acl-extended-changes/acl_changes_%s") \
	X(DELEGATION_TOKEN_ROOT, "/delegation_token") \
	X(DELEGATION_TOKENS, "/delegation_token/tokens") \
	X(DELEGATION_TOKEN, "/delegation_token/tokens/%n") \
	X(DELEGATION_TOKEN_CHANGES, "/delegation_token/token_changes") \
	X(DELEGATION_TOKEN_CHANGE, "/delegation_token/token_changes/token_change_%s")

#define PATHS_ENUM_MEMBER(kind, pattern) PATHS_##kind,
enum paths_kind { PATHS_TABLE(PATHS_ENUM_MEMBER) PATHS_KINDS };
#undef PATHS_ENUM_MEMBER

/* Where in the tree; only what the kind's pattern names counts. Names are borrowed. */
struct paths_place {
	enum paths_kind kind;
	struct slice name;        /* as in the path: sanitized where Kafka does so */
	struct slice second_name;
	int32_t id;               /* broker or partition */
	int32_t sequence;
};

/*
 * Appends the path. A sequence of -1 leaves the digits out, as is wanted for
 * the creation of a sequential node. No name may be empty or hold a "/":
 * ZooKeeper would refuse it, or take it for another path.
 */
void paths_format(struct buffer *out, const struct paths_place *place);
/*
 * ERROR_NOT_FOUND: a path that Kafka does not have; also numbers that are
 * not written as Kafka would, like 007.
 */
NODISCARD enum error paths_parse(struct slice path, struct paths_place *place);
/* The name of a child of `parent`, where kinds have numbered or named children. */
NODISCARD enum error paths_parse_child(enum paths_kind child, struct slice name,
    struct paths_place *place);

/* Of a kind whose pattern names nothing. */
const char *paths_text(enum paths_kind kind);
void paths_broker(struct buffer *out, int32_t broker);
void paths_topic(struct buffer *out, struct slice topic);
void paths_topic_partitions(struct buffer *out, struct slice topic);
void paths_partition(struct buffer *out, struct slice topic, int32_t partition);
void paths_partition_state(struct buffer *out, struct slice topic, int32_t partition);
void paths_delete_topic(struct buffer *out, struct slice topic);
void paths_topic_config(struct buffer *out, struct slice topic);

/*
 * What a broker creates at its start, in this order, each with its missing
 * parents; those that are there already are left alone.
 */
enum { PATHS_STARTUP_COUNT = 14 };
extern const enum paths_kind paths_startup[PATHS_STARTUP_COUNT];

/* ------------------------------------------------------------ entities */

#define PATHS_DEFAULT_ENTITY "<default>"

enum paths_entity_type {
	PATHS_ENTITY_TOPIC,
	PATHS_ENTITY_CLIENT,
	PATHS_ENTITY_USER,
	PATHS_ENTITY_BROKER,
	PATHS_ENTITY_IP,
	PATHS_ENTITY_TYPES,
};

/* What a configuration belongs to. Names are sanitized, and borrowed. */
struct paths_entity {
	enum paths_entity_type type;
	struct slice name;
	struct slice client; /* of a USER: null when it is for all of its clients */
};

/* "topics", "clients", "users", "brokers", "ips". */
const char *paths_entity_type_text(enum paths_entity_type type);
/* Appends "users/alice/clients/app", as notifications name it. */
void paths_entity_format(struct buffer *out, const struct paths_entity *entity);
/* ERROR_MALFORMED when it is no such text. */
NODISCARD enum error paths_entity_parse(struct slice text, struct paths_entity *entity);
/* Appends "/config/" and the entity. */
void paths_entity_config(struct buffer *out, const struct paths_entity *entity);

/*
 * Appends `name` as it stands in a path: URL-encoded, a space as %20 and "*"
 * as %2A. Null is the default entity.
 */
void paths_sanitize(struct buffer *out, struct slice name);
/*
 * Appends the name that was sanitized; that of the default entity is to be
 * told apart before. ERROR_MALFORMED, and nothing appended, for a broken escape.
 */
NODISCARD enum error paths_desanitize(struct buffer *out, struct slice text);

#endif
