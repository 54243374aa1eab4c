/*
 * log/log_config.h: what of a topic's configuration a log needs. Names are
 * the keys' own; -1 is "no limit" where Kafka says so.
 */
#ifndef KLAMM_LOG_LOG_CONFIG_H
#define KLAMM_LOG_LOG_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

struct log_config {
	int64_t segment_ms;
	int64_t segment_jitter_ms;
	int64_t flush_messages;
	int64_t flush_ms;
	int64_t retention_bytes;
	int64_t retention_ms;
	int64_t file_delete_delay_ms;
	int64_t max_compaction_lag_ms;
	int64_t producer_id_expiration_ms;
	int32_t segment_bytes;
	int32_t segment_index_bytes;
	int32_t index_interval_bytes;
	bool cleanup_delete;
	bool cleanup_compact;
	bool preallocate;
};

/* Kafka's defaults. */
struct log_config log_config_default(void);
/* For compacted topics a segment is also rolled when its data may be cleaned. */
int64_t log_config_roll_ms(const struct log_config *config);

#endif
