#include "config/value.h"

#include <criterion/criterion.h>

static void
expect_text(enum config_key_id id, const char *given, const char *expected)
{
	struct config_value value;
	char reason[CONFIG_REASON_SIZE] = "";

	cr_assert_eq(config_value_parse(&config_keys[id], given, &value, reason), ERROR_NONE,
	    "%s: %s", given, reason);
	cr_expect_str_eq(value.text, expected);
	config_value_fini(&value);
}

static void
expect_refusal(enum config_key_id id, const char *given, const char *words)
{
	struct config_value value;
	char reason[CONFIG_REASON_SIZE] = "";

	cr_assert_eq(config_value_parse(&config_keys[id], given, &value, reason),
	    ERROR_INVALID_ARGUMENT, "%s", given);
	cr_expect_not_null(strstr(reason, words), "%s", reason);
	cr_expect_null(value.text);
}

Test(config_value, takes_blanks_away_and_spells_one_way)
{
	expect_text(CONFIG_NUM_PARTITIONS, " +3 ", "3");
	expect_text(CONFIG_DELETE_TOPIC_ENABLE, "TRUE", "true");
	expect_text(CONFIG_DELETE_TOPIC_ENABLE, " False", "false");
	expect_text(CONFIG_LOG_CLEANER_IO_BUFFER_LOAD_FACTOR, "0.50", "0.5");
	expect_text(CONFIG_LOG_CLEANUP_POLICY, "compact , delete", "compact,delete");
	expect_text(CONFIG_BROKER_RACK, "  r 1 ", "r 1");
	expect_text(CONFIG_LOG_CLEANUP_POLICY, "", "");
}

Test(config_value, numbers_fit_their_type)
{
	expect_text(CONFIG_BROKER_ID, "2147483647", "2147483647");
	expect_refusal(CONFIG_BROKER_ID, "2147483648", "32 bits");
	expect_text(CONFIG_OFFSETS_TOPIC_REPLICATION_FACTOR, "32767", "32767");
	expect_refusal(CONFIG_OFFSETS_TOPIC_REPLICATION_FACTOR, "32768", "16 bits");
	expect_refusal(CONFIG_LOG_RETENTION_MS, "9223372036854775808", "64 bits");
	expect_refusal(CONFIG_LOG_RETENTION_MS, "one", "64 bits");
	expect_refusal(CONFIG_LOG_CLEANER_IO_BUFFER_LOAD_FACTOR, "half", "a number");
	expect_refusal(CONFIG_DELETE_TOPIC_ENABLE, "yes", "true or false");
	expect_refusal(CONFIG_DELETE_TOPIC_ENABLE, "", "true or false");
	expect_refusal(CONFIG_NUM_PARTITIONS, "", "32 bits");
}

Test(config_value, ranges_hold_at_both_ends)
{
	expect_text(CONFIG_LOG_SEGMENT_BYTES, "14", "14");
	expect_refusal(CONFIG_LOG_SEGMENT_BYTES, "13", "at least 14");
	expect_text(CONFIG_TOPIC_MIN_CLEANABLE_DIRTY_RATIO, "1", "1.0");
	expect_refusal(CONFIG_TOPIC_MIN_CLEANABLE_DIRTY_RATIO, "1.0001", "from 0 to 1");
	expect_refusal(CONFIG_TOPIC_MIN_CLEANABLE_DIRTY_RATIO, "-0.1", "from 0 to 1");
	expect_text(CONFIG_COMPRESSION_ZSTD_LEVEL, "-131072", "-131072");
	expect_refusal(CONFIG_COMPRESSION_ZSTD_LEVEL, "-131073", "from -131072 to 22");
}

Test(config_value, minus_one_may_stand_beside_a_range)
{
	expect_text(CONFIG_COMPRESSION_GZIP_LEVEL, "-1", "-1");
	expect_text(CONFIG_COMPRESSION_GZIP_LEVEL, "9", "9");
	expect_refusal(CONFIG_COMPRESSION_GZIP_LEVEL, "0", "or -1");
	expect_refusal(CONFIG_COMPRESSION_GZIP_LEVEL, "10", "or -1");
}

Test(config_value, choices_are_whole_words)
{
	expect_text(CONFIG_COMPRESSION_TYPE, "lz4", "lz4");
	expect_refusal(CONFIG_COMPRESSION_TYPE, "lz", "one of");
	expect_refusal(CONFIG_COMPRESSION_TYPE, "zstd|lz4", "one of");
	expect_refusal(CONFIG_COMPRESSION_TYPE, "LZ4", "one of");
	expect_refusal(CONFIG_COMPRESSION_TYPE, "", "one of");
	expect_text(CONFIG_GROUP_CONSUMER_MIGRATION_POLICY, "Upgrade", "Upgrade");
	expect_refusal(CONFIG_LOG_CLEANUP_POLICY, "delete,shrink", "among");
	expect_refusal(CONFIG_LOG_CLEANUP_POLICY, "delete,", "among");
}

Test(config_value, versions_and_replicas_have_their_form)
{
	expect_text(CONFIG_INTER_BROKER_PROTOCOL_VERSION, "3.9", "3.9");
	expect_refusal(CONFIG_INTER_BROKER_PROTOCOL_VERSION, "3.11", "no such version");
	expect_text(CONFIG_TOPIC_LEADER_REPLICATION_THROTTLED_REPLICAS, "0:1, 1:2", "0:1,1:2");
	expect_text(CONFIG_TOPIC_LEADER_REPLICATION_THROTTLED_REPLICAS, "*", "*");
	expect_refusal(CONFIG_TOPIC_LEADER_REPLICATION_THROTTLED_REPLICAS, "*,0:1", "partition:broker");
	expect_refusal(CONFIG_TOPIC_LEADER_REPLICATION_THROTTLED_REPLICAS, "0", "partition:broker");
	expect_refusal(CONFIG_TOPIC_LEADER_REPLICATION_THROTTLED_REPLICAS, "0:-1", "partition:broker");
	expect_refusal(CONFIG_CONTROLLER_QUORUM_VOTERS, "", "empty");
}

Test(config_value, null_is_not_empty)
{
	struct config_value value;
	char reason[CONFIG_REASON_SIZE];

	cr_assert_eq(config_value_parse(&config_keys[CONFIG_LOG_RETENTION_MS], NULL, &value, reason),
	    ERROR_NONE);
	cr_expect_null(value.text);
	config_value_default(&config_keys[CONFIG_AUTHORIZER_CLASS_NAME], &value);
	cr_expect_str_eq(value.text, "");
	config_value_fini(&value);
}
