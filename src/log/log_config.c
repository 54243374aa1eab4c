#include "log/log_config.h"

#include "base/macros.h"

enum { HOUR_MS = 60 * 60 * 1000 };

struct log_config
log_config_default(void)
{
	return (struct log_config){
		.segment_ms = INT64_C(7) * 24 * HOUR_MS,
		.flush_messages = INT64_MAX,
		.flush_ms = INT64_MAX,
		.retention_bytes = -1,
		.retention_ms = INT64_C(7) * 24 * HOUR_MS,
		.file_delete_delay_ms = 60000,
		.max_compaction_lag_ms = INT64_MAX,
		.producer_id_expiration_ms = INT64_C(24) * HOUR_MS,
		.segment_bytes = 1024 * 1024 * 1024,
		.segment_index_bytes = 10 * 1024 * 1024,
		.index_interval_bytes = 4096,
		.cleanup_delete = true,
	};
}

int64_t
log_config_roll_ms(const struct log_config *config)
{
	if (config->cleanup_compact)
		return MIN(config->max_compaction_lag_ms, config->segment_ms);
	return config->segment_ms;
}
