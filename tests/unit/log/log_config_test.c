#include "log/log_config.h"

#include <criterion/criterion.h>

Test(log_config, defaults_are_kafkas)
{
	struct log_config config = log_config_default();

	cr_expect_eq(config.segment_bytes, 1073741824);
	cr_expect_eq(config.segment_ms, 604800000);
	cr_expect_eq(config.retention_ms, 604800000);
	cr_expect_eq(config.segment_index_bytes, 10485760);
	cr_expect_eq(config.index_interval_bytes, 4096);
	cr_expect_eq(config.file_delete_delay_ms, 60000);
	cr_expect(config.cleanup_delete);
	cr_expect_not(config.cleanup_compact);
}

Test(log_config, compaction_lag_bounds_the_age_of_a_segment)
{
	struct log_config config = log_config_default();

	config.max_compaction_lag_ms = 1000;
	cr_expect_eq(log_config_roll_ms(&config), 604800000);
	config.cleanup_compact = true;
	cr_expect_eq(log_config_roll_ms(&config), 1000);
}
