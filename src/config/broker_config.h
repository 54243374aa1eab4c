/*
 * config/broker_config.h: what server.properties and --override say, read
 * once at start, with every default in its place. Immutable; a dynamic change
 * will make another one. Typed fields are what the rooms take; everything
 * else is there by its key. Pure.
 */
#ifndef KLAMM_CONFIG_BROKER_CONFIG_H
#define KLAMM_CONFIG_BROKER_CONFIG_H

#include "config/listeners.h"
#include "config/map.h"
#include "config/topic_config.h"
#include "config/value.h"

struct broker_identity {
	int32_t id; /* -1: from meta.properties, else generated */
	bool generate_id;
	int32_t reserved_max_id;
	const char *rack; /* NULL: none */
	bool nearest_replica; /* replica.selector.class: consumers are sent to one in their rack */
};

struct broker_listeners {
	struct listeners bound;
	struct listeners advertised; /* a copy of `bound` where the key is not set */
	bool advertised_given;       /* else port 0 and host "" follow what was bound */
	const char *inter_broker;    /* name of an advertised one */
	const char *control_plane;   /* the same, or NULL */
};

struct broker_network {
	int32_t backlog;              /* 0: the system's */
	int32_t send_buffer_bytes;    /* 0: the system's */
	int32_t receive_buffer_bytes; /* 0: the system's */
	int32_t request_max_bytes;
	int64_t queued_max_request_bytes; /* -1: klamm.memory.requests */
	int64_t idle_ms;                  /* connections.max.idle.ms; negative: never closed */
	int32_t max_connections;
	int32_t max_connections_per_ip;
	const char *max_connections_per_ip_overrides; /* host:count list, checked */
	int32_t fetch_max_bytes;
};

struct broker_topics {
	bool auto_create;
	bool delete_enable;
	int32_t partitions;
	int32_t replication_factor;
};

struct broker_logs {
	char **dirs; /* distinct, at least one */
	size_t dir_count;
	int64_t flush_scheduler_interval_ms;
	int32_t flush_offset_checkpoint_interval_ms;
	int32_t flush_start_offset_checkpoint_interval_ms;
	int64_t retention_check_interval_ms;
	int64_t initial_task_delay_ms;
	int64_t high_watermark_checkpoint_interval_ms;
	int32_t producer_id_expiration_check_interval_ms;
	bool flush_before_ack;
	bool protects_last_replica;
	int64_t disk_hang_ms; /* 0 or less: no disk hangs */
};

struct broker_groups {
	int32_t initial_rebalance_delay_ms;
	int32_t min_session_timeout_ms;
	int32_t max_session_timeout_ms;
	int32_t max_size;
	int32_t offset_metadata_max_bytes;
	int32_t offsets_commit_timeout_ms;
	int64_t offsets_retention_ms;
	int64_t offsets_retention_check_interval_ms;
	int32_t offsets_partitions;
	int32_t offsets_replication_factor;
	int32_t offsets_segment_bytes;
	/*
	 * A coordinator that its followers have not asked for so long may be another's
	 * predecessor: well below a session, and above the time between their fetches.
	 */
	int64_t silence_us;
};

struct broker_shutdown {
	bool is_controlled;         /* leaders are given to others first */
	int32_t max_retries;        /* attempts in all, as in Kafka */
	int64_t retry_backoff_ms;
	int32_t request_timeout_ms; /* controller.socket.timeout.ms */
};

struct broker_zookeeper {
	const char *connect; /* servers and chroot; NULL: the embedded one alone */
	int32_t session_timeout_ms;
	int32_t connection_timeout_ms;
	int32_t max_in_flight; /* 0: not given */
	bool set_acl;
	const char *digest;       /* user:password, never printed; NULL: none */
	const char *embedded;     /* host:port; "": a free port of the loopback; NULL: none */
	const char *embedded_dir; /* NULL: beside the first log dir */
};

struct broker_http {
	const char *listener; /* host:port, checked; NULL: there is no HTTP */
	bool metrics_of_partitions;
};

struct broker_config {
	struct broker_identity identity;
	struct broker_listeners listeners;
	struct broker_network network;
	struct broker_topics topics;
	struct broker_logs logs;
	struct broker_groups groups;
	struct broker_shutdown shutdown;
	struct broker_zookeeper zookeeper;
	struct broker_http http;
	/* inter.broker.protocol.version: 30900 is 3.9-IV0, 20801 is 2.8-IV1, the oldest there can be. */
	int32_t protocol_level;
	int32_t loops;           /* 0: the cores */
	int32_t produce_in_flight;
	int64_t memory_requests; /* 0: a quarter of the memory */
	struct topic_config topic_defaults;

	struct config_map given; /* as the operator wrote it, unknown keys too */
	struct config_value values[CONFIG_BROKER_KEY_COUNT];
};

/*
 * NULL when `problems` has an error (all of them are there); warnings alone
 * do not stop it. The map is copied.
 */
struct broker_config *broker_config_new(const struct config_map *given,
    struct config_problems *problems);
void broker_config_free(struct broker_config *config);

/* Takes the value, of a key that no other reads (config/dynamic.h). */
void broker_config_set(struct broker_config *config, enum config_key_id id,
    struct config_value *take_value);

/* Any key of the broker. */
const struct config_value *broker_value(const struct broker_config *config,
    enum config_key_id id);
/* What the operator wrote for it; NULL: nothing. */
const struct config_entry *broker_given(const struct broker_config *config,
    enum config_key_id id);

#endif
