#include "config/topic_config.h"

#include <criterion/criterion.h>

#include "tests/unit/config/given.h"

static struct given given;
static struct config_map overrides;
static struct config_problems problems;
static struct topic_values values;
static struct topic_config config;

static void
setup(void)
{
	given_init(&given);
	given_set(&given, "");
	config_map_init(&overrides);
	config_problems_init(&problems);
	memset(&values, 0, sizeof(values));
}

static void
clear(void)
{
	topic_values_fini(&values);
	config_map_fini(&overrides);
	config_map_init(&overrides);
	config_problems_fini(&problems);
}

static void
teardown(void)
{
	clear();
	config_map_fini(&overrides);
	given_fini(&given);
}

TestSuite(topic_config, .init = setup, .fini = teardown);

static void
parse(const char *text, enum topic_config_mode mode)
{
	clear();
	config_map_read(&overrides, slice_of_text(text), &problems);
	topic_config_parse(given.config, &overrides, mode, &values, &config, &problems);
}

Test(topic_config, defaults_are_those_of_the_log)
{
	struct log_config expected = log_config_default();

	parse("", TOPIC_CONFIG_ASKED);
	cr_expect_eq(problems.count, 0);
	cr_expect_eq(config.log.segment_ms, expected.segment_ms);
	cr_expect_eq(config.log.flush_messages, expected.flush_messages);
	cr_expect_eq(config.log.flush_ms, expected.flush_ms);
	cr_expect_eq(config.log.retention_ms, expected.retention_ms);
	cr_expect_eq(config.log.retention_bytes, expected.retention_bytes);
	cr_expect_eq(config.log.file_delete_delay_ms, expected.file_delete_delay_ms);
	cr_expect_eq(config.log.max_compaction_lag_ms, expected.max_compaction_lag_ms);
	cr_expect_eq(config.log.producer_id_expiration_ms, expected.producer_id_expiration_ms);
	cr_expect_eq(config.log.segment_bytes, expected.segment_bytes);
	cr_expect_eq(config.log.segment_index_bytes, expected.segment_index_bytes);
	cr_expect_eq(config.log.index_interval_bytes, expected.index_interval_bytes);
	cr_expect(config.log.cleanup_delete);
	cr_expect_not(config.log.cleanup_compact);
	cr_expect(config.keep_codec);
	cr_expect_eq(config.max_message_bytes, 1048588);
	cr_expect_eq(config.min_insync_replicas, 1);
	cr_expect_eq(config.timestamp_before_max_ms, INT64_MAX);
}

Test(topic_config, the_finest_unit_of_the_broker_wins)
{
	given_set(&given, "log.retention.hours=1\nlog.roll.hours=2\nlog.roll.jitter.hours=1");
	parse("", TOPIC_CONFIG_ASKED);
	cr_expect_eq(config.log.retention_ms, 3600000);
	cr_expect_eq(config.log.segment_ms, 7200000);
	cr_expect_eq(config.log.segment_jitter_ms, 3600000);
	given_set(&given, "log.retention.hours=1\nlog.retention.minutes=1\nlog.roll.ms=5");
	parse("", TOPIC_CONFIG_ASKED);
	cr_expect_eq(config.log.retention_ms, 60000);
	cr_expect_eq(config.log.segment_ms, 5);
	given_set(&given, "log.retention.minutes=1\nlog.retention.ms=-7");
	parse("", TOPIC_CONFIG_ASKED);
	cr_expect_eq(config.log.retention_ms, -1);
	given_set(&given, "log.flush.scheduler.interval.ms=9");
	parse("", TOPIC_CONFIG_ASKED);
	cr_expect_eq(config.log.flush_ms, 9);
}

Test(topic_config, a_topic_overrides_the_broker)
{
	given_set(&given, "compression.type=gzip\nmessage.max.bytes=7\nlog.cleanup.policy=compact");
	parse("", TOPIC_CONFIG_ASKED);
	cr_expect_eq(config.compression.codec, COMPRESSION_GZIP);
	cr_expect_eq(config.max_message_bytes, 7);
	cr_expect(config.log.cleanup_compact);
	parse("compression.type=zstd\ncompression.zstd.level=7\nmax.message.bytes=8\n"
	    "cleanup.policy=compact,delete\nmessage.timestamp.type=LogAppendTime\n"
	    "min.insync.replicas=2\nsegment.bytes=1024\npreallocate=true", TOPIC_CONFIG_ASKED);
	cr_expect_eq(problems.count, 0);
	cr_expect_not(config.keep_codec);
	cr_expect_eq(config.compression.codec, COMPRESSION_ZSTD);
	cr_expect_eq(config.compression.level, 7);
	cr_expect_eq(config.max_message_bytes, 8);
	cr_expect(config.log.cleanup_compact && config.log.cleanup_delete);
	cr_expect(config.log_append_time);
	cr_expect_eq(config.min_insync_replicas, 2);
	cr_expect_eq(config.log.segment_bytes, 1024);
	cr_expect(config.log.preallocate);
	parse("compression.type=uncompressed", TOPIC_CONFIG_ASKED);
	cr_expect_eq(config.compression.codec, COMPRESSION_NONE);
	cr_expect_not(config.keep_codec);
}

Test(topic_config, the_older_bound_of_timestamps_stands_for_both)
{
	parse("message.timestamp.difference.max.ms=5", TOPIC_CONFIG_ASKED);
	cr_expect_eq(config.timestamp_before_max_ms, 5);
	cr_expect_eq(config.timestamp_after_max_ms, 5);
	parse("message.timestamp.difference.max.ms=5\nmessage.timestamp.after.max.ms=6",
	    TOPIC_CONFIG_ASKED);
	cr_expect_eq(config.timestamp_before_max_ms, 5);
	cr_expect_eq(config.timestamp_after_max_ms, 6);
	given_set(&given, "log.message.timestamp.difference.max.ms=4");
	parse("", TOPIC_CONFIG_ASKED);
	cr_expect_eq(config.timestamp_after_max_ms, 4);
}

Test(topic_config, each_bad_key_of_a_client_is_an_error)
{
	parse("retention.ms=-2\nsegment.bytes=1\nno.such.key=1\ncleanup.policy=keep\n"
	    "listeners=PLAINTEXT://:1", TOPIC_CONFIG_ASKED);
	cr_expect_eq(problems.errors, 5);
	for (size_t i = 0; i < problems.count; i++)
		cr_expect_eq(problems.items[i].kind, CONFIG_PROBLEM_INVALID);
}

Test(topic_config, a_client_may_not_ask_for_what_is_not_served)
{
	parse("remote.storage.enable=true", TOPIC_CONFIG_ASKED);
	cr_expect_eq(problems.errors, 1);
	parse("remote.log.copy.disable=true\nremote.log.delete.on.disable=true",
	    TOPIC_CONFIG_ASKED);
	cr_expect_eq(problems.errors, 2);
	parse("max.compaction.lag.ms=1000", TOPIC_CONFIG_ASKED);
	cr_expect_eq(problems.errors, 1);
	cr_expect_eq(problems.items[0].kind, CONFIG_PROBLEM_BINDING);
	parse("delete.retention.ms=5", TOPIC_CONFIG_ASKED);
	cr_expect_eq(problems.errors, 0);
	cr_expect_eq(problems.items[0].kind, CONFIG_PROBLEM_HARMLESS);
}

Test(topic_config, lags_do_not_cross)
{
	parse("min.compaction.lag.ms=6\nmax.compaction.lag.ms=5", TOPIC_CONFIG_FOUND);
	cr_expect_eq(problems.errors, 0);
	parse("min.compaction.lag.ms=6\nmax.compaction.lag.ms=5", TOPIC_CONFIG_ASKED);
	cr_expect_eq(problems.errors, 2);
	cr_expect_eq(problems.items[problems.count - 1].kind, CONFIG_PROBLEM_CONFLICT);
}

Test(topic_config, what_stands_in_zookeeper_stops_nothing)
{
	parse("retention.ms=soon\nno.such.key=1\nremote.storage.enable=true\n"
	    "max.compaction.lag.ms=1000\nsegment.bytes=2048", TOPIC_CONFIG_FOUND);
	cr_expect_eq(problems.errors, 0);
	cr_expect_eq(problems.count, 4);
	cr_expect_eq(config.log.retention_ms, 604800000);
	cr_expect_eq(config.log.segment_bytes, 2048);
}
