#include <stdlib.h>

#include "base/memory.h"
#include "config/broker_config_private.h"
#include "config/list.h"
#include "config/number.h"

enum { MINUTE_MS = 60 * 1000, SILENCE_MAX_MS = 3000 };

static bool
boolean(const struct broker_config *config, enum config_key_id id)
{
	return broker_value(config, id)->boolean;
}

/* Of int and short keys, whose values fit. */
static int32_t
int32(const struct broker_config *config, enum config_key_id id)
{
	return (int32_t)broker_value(config, id)->integer;
}

static int64_t
int64(const struct broker_config *config, enum config_key_id id)
{
	return broker_value(config, id)->integer;
}

static const char *
text(const struct broker_config *config, enum config_key_id id)
{
	return broker_value(config, id)->text;
}

/* 0, the system's own measure, where nothing is said; -1 says so too. */
static int32_t
when_given(const struct broker_config *config, enum config_key_id id)
{
	return broker_given(config, id) != NULL ? MAX(int32(config, id), 0) : 0;
}

static void
fill_network(struct broker_config *config)
{
	config->network = (struct broker_network){
		.backlog = when_given(config, CONFIG_SOCKET_LISTEN_BACKLOG_SIZE),
		.send_buffer_bytes = when_given(config, CONFIG_SOCKET_SEND_BUFFER_BYTES),
		.receive_buffer_bytes = when_given(config, CONFIG_SOCKET_RECEIVE_BUFFER_BYTES),
		.request_max_bytes = int32(config, CONFIG_SOCKET_REQUEST_MAX_BYTES),
		.queued_max_request_bytes = int64(config, CONFIG_QUEUED_MAX_REQUEST_BYTES),
		.idle_ms = int64(config, CONFIG_CONNECTIONS_MAX_IDLE_MS),
		.max_connections = int32(config, CONFIG_MAX_CONNECTIONS),
		.max_connections_per_ip = int32(config, CONFIG_MAX_CONNECTIONS_PER_IP),
		.max_connections_per_ip_overrides =
		    text(config, CONFIG_MAX_CONNECTIONS_PER_IP_OVERRIDES),
		.fetch_max_bytes = int32(config, CONFIG_FETCH_MAX_BYTES),
	};
}

static bool
has_dir(const struct broker_logs *logs, struct slice dir)
{
	for (size_t i = 0; i < logs->dir_count; i++) {
		if (slice_equal_text(dir, logs->dirs[i]))
			return true;
	}
	return false;
}

static void
fill_dirs(struct broker_config *config, struct config_problems *problems)
{
	enum config_key_id id =
	    text(config, CONFIG_LOG_DIRS) != NULL ? CONFIG_LOG_DIRS : CONFIG_LOG_DIR;
	struct broker_logs *logs = &config->logs;
	struct config_list list = config_list_of(text(config, id));
	struct slice dir;

	while (config_list_next(&list, &dir)) {
		if (dir.size == 0)
			continue;
		if (has_dir(logs, dir)) {
			config_problems_add(problems, CONFIG_PROBLEM_INVALID,
			    broker_config_place(config, id), "a directory stands there twice");
			continue;
		}
		logs->dirs =
		    memory_resize(logs->dirs, (logs->dir_count + 1) * sizeof(logs->dirs[0]));
		logs->dirs[logs->dir_count++] = memory_text(dir.bytes, dir.size);
	}
	if (logs->dir_count == 0)
		config_problems_add(problems, CONFIG_PROBLEM_INVALID,
		    broker_config_place(config, id), "there must be at least one directory");
}

static void
fill_logs(struct broker_config *config, struct config_problems *problems)
{
	config->logs = (struct broker_logs){
		.flush_scheduler_interval_ms =
		    int64(config, CONFIG_LOG_FLUSH_SCHEDULER_INTERVAL_MS),
		.flush_offset_checkpoint_interval_ms =
		    int32(config, CONFIG_LOG_FLUSH_OFFSET_CHECKPOINT_INTERVAL_MS),
		.flush_start_offset_checkpoint_interval_ms =
		    int32(config, CONFIG_LOG_FLUSH_START_OFFSET_CHECKPOINT_INTERVAL_MS),
		.retention_check_interval_ms =
		    int64(config, CONFIG_LOG_RETENTION_CHECK_INTERVAL_MS),
		.initial_task_delay_ms = int64(config, CONFIG_LOG_INITIAL_TASK_DELAY_MS),
		.high_watermark_checkpoint_interval_ms =
		    int64(config, CONFIG_REPLICA_HIGH_WATERMARK_CHECKPOINT_INTERVAL_MS),
		.producer_id_expiration_check_interval_ms =
		    int32(config, CONFIG_PRODUCER_ID_EXPIRATION_CHECK_INTERVAL_MS),
		.flush_before_ack = boolean(config, CONFIG_KLAMM_FLUSH_BEFORE_ACK),
		.protects_last_replica =
		    boolean(config, CONFIG_KLAMM_LAST_REPLICA_PROTECTION),
		.disk_hang_ms = int64(config, CONFIG_KLAMM_DISK_HANG_MS),
	};
	fill_dirs(config, problems);
}

static int64_t
silence_us(const struct broker_config *config)
{
	int64_t session_ms = int32(config, CONFIG_ZOOKEEPER_SESSION_TIMEOUT_MS);
	int64_t wait_ms = int32(config, CONFIG_REPLICA_FETCH_WAIT_MAX_MS);

	return MAX(MIN(session_ms / 2, SILENCE_MAX_MS), 3 * wait_ms) * 1000;
}

static void
fill_groups(struct broker_config *config)
{
	config->groups = (struct broker_groups){
		.initial_rebalance_delay_ms = int32(config, CONFIG_GROUP_INITIAL_REBALANCE_DELAY_MS),
		.min_session_timeout_ms = int32(config, CONFIG_GROUP_MIN_SESSION_TIMEOUT_MS),
		.max_session_timeout_ms = int32(config, CONFIG_GROUP_MAX_SESSION_TIMEOUT_MS),
		.max_size = int32(config, CONFIG_GROUP_MAX_SIZE),
		.offset_metadata_max_bytes = int32(config, CONFIG_OFFSET_METADATA_MAX_BYTES),
		.offsets_commit_timeout_ms = int32(config, CONFIG_OFFSETS_COMMIT_TIMEOUT_MS),
		.offsets_retention_ms = int64(config, CONFIG_OFFSETS_RETENTION_MINUTES) * MINUTE_MS,
		.offsets_retention_check_interval_ms =
		    int64(config, CONFIG_OFFSETS_RETENTION_CHECK_INTERVAL_MS),
		.offsets_partitions = int32(config, CONFIG_OFFSETS_TOPIC_NUM_PARTITIONS),
		.offsets_replication_factor =
		    int32(config, CONFIG_OFFSETS_TOPIC_REPLICATION_FACTOR),
		.silence_us = silence_us(config),
		.offsets_segment_bytes = int32(config, CONFIG_OFFSETS_TOPIC_SEGMENT_BYTES),
	};
}

static void
fill_shutdown(struct broker_config *config)
{
	config->shutdown = (struct broker_shutdown){
		.is_controlled = boolean(config, CONFIG_CONTROLLED_SHUTDOWN_ENABLE),
		.max_retries = int32(config, CONFIG_CONTROLLED_SHUTDOWN_MAX_RETRIES),
		.retry_backoff_ms = int64(config, CONFIG_CONTROLLED_SHUTDOWN_RETRY_BACKOFF_MS),
		.request_timeout_ms = int32(config, CONFIG_CONTROLLER_SOCKET_TIMEOUT_MS),
	};
}

static void
fill_zookeeper(struct broker_config *config)
{
	bool own_timeout = text(config, CONFIG_ZOOKEEPER_CONNECTION_TIMEOUT_MS) != NULL;

	config->zookeeper = (struct broker_zookeeper){
		.connect = text(config, CONFIG_ZOOKEEPER_CONNECT),
		.session_timeout_ms = int32(config, CONFIG_ZOOKEEPER_SESSION_TIMEOUT_MS),
		.connection_timeout_ms = int32(config,
		    own_timeout ? CONFIG_ZOOKEEPER_CONNECTION_TIMEOUT_MS :
		    CONFIG_ZOOKEEPER_SESSION_TIMEOUT_MS),
		.max_in_flight = when_given(config, CONFIG_ZOOKEEPER_MAX_IN_FLIGHT_REQUESTS),
		.set_acl = boolean(config, CONFIG_ZOOKEEPER_SET_ACL),
		.digest = text(config, CONFIG_KLAMM_ZOOKEEPER_DIGEST),
		.embedded = text(config, CONFIG_KLAMM_EMBEDDED_ZOOKEEPER),
		.embedded_dir = text(config, CONFIG_KLAMM_EMBEDDED_ZOOKEEPER_DIR),
	};
}

void
broker_config_fill(struct broker_config *config, struct config_problems *problems)
{
	config->identity = (struct broker_identity){
		.id = int32(config, CONFIG_BROKER_ID),
		.generate_id = boolean(config, CONFIG_BROKER_ID_GENERATION_ENABLE),
		.reserved_max_id = int32(config, CONFIG_RESERVED_BROKER_MAX_ID),
		.rack = text(config, CONFIG_BROKER_RACK),
		.nearest_replica = text(config, CONFIG_REPLICA_SELECTOR_CLASS) != NULL &&
		    strcmp(text(config, CONFIG_REPLICA_SELECTOR_CLASS), REPLICA_SELECTOR_BY_RACK) == 0,
	};
	config->topics = (struct broker_topics){
		.auto_create = boolean(config, CONFIG_AUTO_CREATE_TOPICS_ENABLE),
		.delete_enable = boolean(config, CONFIG_DELETE_TOPIC_ENABLE),
		.partitions = int32(config, CONFIG_NUM_PARTITIONS),
		.replication_factor = int32(config, CONFIG_DEFAULT_REPLICATION_FACTOR),
	};
	config->protocol_level =
	    config_number_level(text(config, CONFIG_INTER_BROKER_PROTOCOL_VERSION));
	config->loops = int32(config, CONFIG_KLAMM_LOOPS);
	config->produce_in_flight = int32(config, CONFIG_KLAMM_PRODUCE_IN_FLIGHT);
	config->memory_requests = int64(config, CONFIG_KLAMM_MEMORY_REQUESTS);
	fill_network(config);
	fill_logs(config, problems);
	fill_groups(config);
	fill_shutdown(config);
	fill_zookeeper(config);
	config->http = (struct broker_http){
		.listener = text(config, CONFIG_KLAMM_HTTP_LISTENER),
		.metrics_of_partitions = boolean(config, CONFIG_KLAMM_METRICS_PARTITIONS),
	};
}
