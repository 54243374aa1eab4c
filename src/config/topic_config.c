#include "config/topic_config.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "config/broker_config.h"
#include "config/list.h"

enum { MINUTE_MS = 60 * 1000, HOUR_MS = 60 * MINUTE_MS };

const struct config_value *
topic_value(const struct topic_values *values, enum config_key_id id)
{
	assert(config_keys[id].scope == CONFIG_SCOPE_TOPIC);
	return &values->values[id - CONFIG_TOPIC_KEY_FIRST];
}

void
topic_values_fini(struct topic_values *values)
{
	for (int i = 0; i < CONFIG_TOPIC_KEY_COUNT; i++)
		config_value_fini(&values->values[i]);
}

/* ------------------------------------------------------------ defaults */

static bool
ends_with(const char *text, const char *end)
{
	size_t size = strlen(text), end_size = strlen(end);

	return size >= end_size && strcmp(text + size - end_size, end) == 0;
}

/* How many of a topic's units are in one of a synonym's. */
static int64_t
unit_of(enum config_key_id synonym)
{
	if (ends_with(config_keys[synonym].name, ".hours"))
		return HOUR_MS;
	return ends_with(config_keys[synonym].name, ".minutes") ? MINUTE_MS : 1;
}

static struct config_value
integer_value(int64_t integer)
{
	char text[24];

	snprintf(text, sizeof(text), "%lld", (long long)integer);
	return (struct config_value){ .text = memory_text(text, strlen(text)), .integer = integer };
}

static struct config_value
default_of(const struct broker_config *broker, const struct config_key *key)
{
	struct config_value value = { 0 };

	for (size_t i = 0; i < key->synonym_count; i++) {
		const struct config_value *synonym = broker_value(broker, key->synonyms[i]);
		if (synonym->text == NULL)
			continue;
		int64_t unit = unit_of(key->synonyms[i]);
		if (unit != 1)
			return integer_value(synonym->integer * unit);
		value = *synonym;
		value.text = memory_text(value.text, strlen(value.text));
		return value;
	}
	config_value_default(key, &value);
	return value;
}

static void
replace(struct topic_values *values, enum config_key_id id, int64_t integer)
{
	struct config_value *value = &values->values[id - CONFIG_TOPIC_KEY_FIRST];

	config_value_fini(value);
	*value = integer_value(integer);
}

/* A bound in time that is left open is that of the older key, which knew only one for both. */
static int64_t
bound_of(const struct topic_values *values, enum config_key_id id)
{
	int64_t bound_ms = topic_value(values, id)->integer;

	return bound_ms != INT64_MAX ? bound_ms :
	    topic_value(values, CONFIG_TOPIC_MESSAGE_TIMESTAMP_DIFFERENCE_MAX_MS)->integer;
}

static void
fill_defaults(const struct broker_config *broker, struct topic_values *values)
{
	for (int i = 0; i < CONFIG_TOPIC_KEY_COUNT; i++)
		values->values[i] = default_of(broker, &config_keys[CONFIG_TOPIC_KEY_FIRST + i]);
	if (topic_value(values, CONFIG_TOPIC_RETENTION_MS)->integer < 0)
		replace(values, CONFIG_TOPIC_RETENTION_MS, -1);
	/* The broker's older key gives way here once; the topic's only where the bounds are used. */
	replace(values, CONFIG_TOPIC_MESSAGE_TIMESTAMP_BEFORE_MAX_MS,
	    bound_of(values, CONFIG_TOPIC_MESSAGE_TIMESTAMP_BEFORE_MAX_MS));
	replace(values, CONFIG_TOPIC_MESSAGE_TIMESTAMP_AFTER_MAX_MS,
	    bound_of(values, CONFIG_TOPIC_MESSAGE_TIMESTAMP_AFTER_MAX_MS));
}

/* ------------------------------------------------------------ overrides */

static void
complain_stage(const struct config_key *key, const struct config_value *value,
    struct config_place place, enum topic_config_mode mode, struct config_problems *problems)
{
	struct config_value standard;

	if (key->stage == CONFIG_STAGE_SERVED)
		return;
	config_value_default(key, &standard);
	bool same = standard.text != NULL && strcmp(standard.text, value->text) == 0;
	config_value_fini(&standard);
	if (same)
		return;
	/* A topic that is there already cannot be refused any more. */
	config_problems_add(problems,
	    key->stage == CONFIG_STAGE_BINDING && mode == TOPIC_CONFIG_ASKED ?
	    CONFIG_PROBLEM_BINDING : CONFIG_PROBLEM_HARMLESS, place,
	    "klamm does not serve this yet: %s", key->comment);
}

static void
read_override(const struct config_entry *entry, enum topic_config_mode mode,
    struct topic_values *values, struct config_problems *problems)
{
	const struct config_key *key =
	    config_key_find(CONFIG_SCOPE_TOPIC, slice_of_text(entry->name));
	struct config_place place = { .key = entry->name, .line = entry->line };
	char reason[CONFIG_REASON_SIZE];
	struct config_value value;
	bool asked = mode == TOPIC_CONFIG_ASKED;

	if (key == NULL) {
		config_problems_add(problems,
		    asked ? CONFIG_PROBLEM_INVALID : CONFIG_PROBLEM_UNKNOWN, place,
		    "no such key of a topic");
		return;
	}
	place.value = entry->value;
	if (config_value_parse(key, entry->value, &value, reason) != ERROR_NONE) {
		config_problems_add(problems,
		    asked ? CONFIG_PROBLEM_INVALID : CONFIG_PROBLEM_REMARK, place, "%s%s", reason,
		    asked ? "" : "; the default stays");
		return;
	}
	complain_stage(key, &value, place, mode, problems);
	struct config_value *kept =
	    &values->values[config_key_id(key) - CONFIG_TOPIC_KEY_FIRST];
	config_value_fini(kept);
	*kept = value;
}

/* ------------------------------------------------------------ rules */

static void
check_rules(const struct topic_values *values, const struct config_map *overrides,
    enum topic_config_mode mode, struct config_problems *problems)
{
	static const enum config_key_id refused[] = { CONFIG_TOPIC_REMOTE_STORAGE_ENABLE,
		CONFIG_TOPIC_REMOTE_LOG_COPY_DISABLE, CONFIG_TOPIC_REMOTE_LOG_DELETE_ON_DISABLE };
	enum config_problem_kind kind =
	    mode == TOPIC_CONFIG_ASKED ? CONFIG_PROBLEM_CONFLICT : CONFIG_PROBLEM_REMARK;
	struct config_place lag = { .key = "min.compaction.lag.ms",
		.value = topic_value(values, CONFIG_TOPIC_MIN_COMPACTION_LAG_MS)->text };

	for (size_t i = 0; i < ARRAY_LENGTH(refused); i++) {
		if (topic_value(values, refused[i])->boolean)
			config_problems_add(problems, kind,
			    (struct config_place){ .key = config_keys[refused[i]].name,
			    .value = "true" }, "remote storage is off on this broker");
	}
	/* Of the broker's own keys broker_rules.c has spoken. */
	if (config_map_find(overrides, slice_of_text("min.compaction.lag.ms")) == NULL &&
	    config_map_find(overrides, slice_of_text("max.compaction.lag.ms")) == NULL)
		return;
	const struct config_value *longest =
	    topic_value(values, CONFIG_TOPIC_MAX_COMPACTION_LAG_MS);
	if (topic_value(values, CONFIG_TOPIC_MIN_COMPACTION_LAG_MS)->integer > longest->integer)
		config_problems_add(problems, kind, lag,
		    "it may not be over max.compaction.lag.ms, which is %s", longest->text);
}

/* ------------------------------------------------------------ what the rooms take */

#define INTEGER(name) topic_value(values, CONFIG_TOPIC_##name)->integer

static void
fill_log(const struct broker_config *broker, const struct topic_values *values,
    struct log_config *log)
{
	const char *policy = topic_value(values, CONFIG_TOPIC_CLEANUP_POLICY)->text;

	*log = (struct log_config){
		.segment_ms = INTEGER(SEGMENT_MS),
		.segment_jitter_ms = INTEGER(SEGMENT_JITTER_MS),
		.flush_messages = INTEGER(FLUSH_MESSAGES),
		.flush_ms = INTEGER(FLUSH_MS),
		.retention_bytes = INTEGER(RETENTION_BYTES),
		.retention_ms = INTEGER(RETENTION_MS),
		.file_delete_delay_ms = INTEGER(FILE_DELETE_DELAY_MS),
		.max_compaction_lag_ms = INTEGER(MAX_COMPACTION_LAG_MS),
		.producer_id_expiration_ms =
		    broker_value(broker, CONFIG_PRODUCER_ID_EXPIRATION_MS)->integer,
		.segment_bytes = (int32_t)INTEGER(SEGMENT_BYTES),
		.segment_index_bytes = (int32_t)INTEGER(SEGMENT_INDEX_BYTES),
		.index_interval_bytes = (int32_t)INTEGER(INDEX_INTERVAL_BYTES),
		.cleanup_delete = config_list_has(policy, "delete"),
		.cleanup_compact = config_list_has(policy, "compact"),
		.preallocate = topic_value(values, CONFIG_TOPIC_PREALLOCATE)->boolean,
	};
}

static struct compression
compression_from(const struct topic_values *values)
{
	static const enum config_key_id levels[COMPRESSION_CODEC_COUNT] = {
		[COMPRESSION_GZIP] = CONFIG_TOPIC_COMPRESSION_GZIP_LEVEL,
		[COMPRESSION_LZ4] = CONFIG_TOPIC_COMPRESSION_LZ4_LEVEL,
		[COMPRESSION_ZSTD] = CONFIG_TOPIC_COMPRESSION_ZSTD_LEVEL,
	};
	const char *type = topic_value(values, CONFIG_TOPIC_COMPRESSION_TYPE)->text;

	for (int i = COMPRESSION_NONE + 1; i < COMPRESSION_CODEC_COUNT; i++) {
		struct compression compression = compression_of((enum compression_codec)i);
		if (strcmp(type, compression_codec_name(compression.codec)) != 0)
			continue;
		if (compression.codec != COMPRESSION_SNAPPY)
			compression.level = (int)topic_value(values, levels[i])->integer;
		return compression;
	}
	return compression_of(COMPRESSION_NONE); /* "uncompressed", or "producer" */
}

void
topic_config_parse(const struct broker_config *broker, const struct config_map *overrides,
    enum topic_config_mode mode, struct topic_values *values, struct topic_config *config,
    struct config_problems *problems)
{
	fill_defaults(broker, values);
	CONFIG_MAP_FOREACH(link, overrides)
		read_override(config_map_entry(link), mode, values, problems);
	check_rules(values, overrides, mode, problems);
	*config = (struct topic_config){
		.keep_codec = strcmp(topic_value(values, CONFIG_TOPIC_COMPRESSION_TYPE)->text,
		    "producer") == 0,
		.compression = compression_from(values),
		.log_append_time = strcmp(topic_value(values,
		    CONFIG_TOPIC_MESSAGE_TIMESTAMP_TYPE)->text, "LogAppendTime") == 0,
		.timestamp_before_max_ms =
		    bound_of(values, CONFIG_TOPIC_MESSAGE_TIMESTAMP_BEFORE_MAX_MS),
		.timestamp_after_max_ms =
		    bound_of(values, CONFIG_TOPIC_MESSAGE_TIMESTAMP_AFTER_MAX_MS),
		.max_message_bytes = (int32_t)INTEGER(MAX_MESSAGE_BYTES),
		.min_insync_replicas = (int32_t)INTEGER(MIN_INSYNC_REPLICAS),
	};
	fill_log(broker, values, &config->log);
}
