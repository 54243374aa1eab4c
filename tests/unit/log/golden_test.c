/*
 * The small files that Kafka 3.9.1 wrote (tests/golden): read, compared with
 * the .json beside them, and written again to the same bytes.
 */
#include <criterion/criterion.h>
#include <dirent.h>
#include <jansson.h>
#include <stdio.h>

#include "log/clean_shutdown_file.h"
#include "log/leader_epoch_file.h"
#include "log/log_file_name.h"
#include "log/meta_properties.h"
#include "log/offset_checkpoint.h"
#include "log/offset_index.h"
#include "log/partition_metadata.h"
#include "log/partition_name.h"
#include "log/producer_snapshot.h"
#include "log/time_index.h"
#include "memory_disk.h"

enum { INDEX_BYTES = 10485760 };

static const uint64_t seed[2] = { 1, 1 };
static struct memory_disk memory;
static struct index_cache cache;
static struct index_place place;
static struct buffer contents, written;
static json_t *golden; /* CASE.json */
static char what[512];  /* the file at hand, for messages */

static void
setup(void)
{
	memory_disk_init(&memory);
	index_cache_init(&cache, 64 * 1024);
	place = (struct index_place){ &memory.disk, &cache };
	buffer_init(&contents);
	buffer_init(&written);
}

static void
teardown(void)
{
	buffer_fini(&contents);
	buffer_fini(&written);
	index_cache_fini(&cache);
	memory_disk_fini(&memory);
}

TestSuite(golden_files, .init = setup, .fini = teardown);

/* Puts a file below tests/golden into `contents`. */
static void
golden_read(const char *name)
{
	char path[512];
	uint8_t bytes[4096];
	size_t got;

	buffer_clear(&contents);
	snprintf(path, sizeof(path), "%s/golden/%s", TESTS_DIR, name);
	FILE *file = fopen(path, "rb");
	cr_assert_not_null(file, "%s", path);
	while ((got = fread(bytes, 1, sizeof(bytes), file)) > 0)
		buffer_append(&contents, bytes, got);
	fclose(file);
}

static int64_t
number(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	cr_assert(json_is_integer(value), "%s: %s", what, key);
	return json_integer_value(value);
}

static void
expect_number(const json_t *object, const char *key, int64_t actual)
{
	cr_expect_eq(number(object, key), actual, "%s: %s is %lld", what, key, (long long)actual);
}

static void
expect_rewritten(struct slice bytes)
{
	cr_expect(slice_equal(bytes, buffer_slice(&contents)), "%s", what);
}

static const json_t *
entries_of(int64_t base_offset, const char *key, uint32_t count)
{
	char segment[32];

	snprintf(segment, sizeof(segment), "%020lld", (long long)base_offset);
	const json_t *entries =
	    json_object_get(json_object_get(json_object_get(golden, "segments"), segment), key);
	cr_assert(json_is_array(entries), "%s", what);
	cr_assert_eq(json_array_size(entries), count, "%s", what);
	return entries;
}

static void
check_offset_index(int64_t base_offset)
{
	struct offset_index in, out;
	struct offset_entry entry;

	cr_assert_eq(offset_index_open(&in, &place, "in", base_offset, INDEX_BYTES, INDEX_FILE_SEALED), ERROR_NONE);
	cr_assert_eq(offset_index_open(&out, &place, "out", base_offset, INDEX_BYTES, INDEX_FILE_CREATE), ERROR_NONE);
	const json_t *entries = entries_of(base_offset, "index", offset_index_count(&in));
	cr_expect_eq(offset_index_check(&in, INT32_MAX), ERROR_NONE, "%s", what);
	for (uint32_t i = 0; i < offset_index_count(&in); i++) {
		cr_assert_eq(offset_index_entry(&in, i, &entry), ERROR_NONE);
		expect_number(json_array_get(entries, i), "offset", entry.offset);
		expect_number(json_array_get(entries, i), "position", entry.position);
		cr_assert_eq(offset_index_append(&out, entry.offset, entry.position), ERROR_NONE);
	}
	offset_index_close(&in);
	offset_index_close(&out);
	expect_rewritten(memory_disk_get(&memory, "out"));
}

static void
check_time_index(int64_t base_offset)
{
	struct time_index in, out;
	struct time_entry entry;

	cr_assert_eq(time_index_open(&in, &place, "in", base_offset, INDEX_BYTES, INDEX_FILE_SEALED), ERROR_NONE);
	cr_assert_eq(time_index_open(&out, &place, "out", base_offset, INDEX_BYTES, INDEX_FILE_CREATE), ERROR_NONE);
	const json_t *entries = entries_of(base_offset, "timeindex", time_index_count(&in));
	cr_expect_eq(time_index_check(&in), ERROR_NONE, "%s", what);
	for (uint32_t i = 0; i < time_index_count(&in); i++) {
		cr_assert_eq(time_index_entry(&in, i, &entry), ERROR_NONE);
		expect_number(json_array_get(entries, i), "timestamp", entry.timestamp_ms);
		expect_number(json_array_get(entries, i), "offset", entry.offset);
		cr_assert_eq(time_index_maybe_append(&out, entry.timestamp_ms, entry.offset, false), ERROR_NONE);
	}
	time_index_close(&in);
	time_index_close(&out);
	expect_rewritten(memory_disk_get(&memory, "out"));
}

static void
check_transaction_index(int64_t base_offset)
{
	struct transaction_index in, out;
	struct aborted_transaction transaction;

	cr_assert_eq(transaction_index_open(&in, &place, "in", INDEX_FILE_SEALED), ERROR_NONE);
	cr_assert_eq(transaction_index_open(&out, &place, "out", INDEX_FILE_CREATE), ERROR_NONE);
	const json_t *entries = entries_of(base_offset, "txnindex", transaction_index_count(&in));
	cr_expect_eq(transaction_index_check(&in, base_offset), ERROR_NONE, "%s", what);
	for (uint32_t i = 0; i < transaction_index_count(&in); i++) {
		cr_assert_eq(transaction_index_entry(&in, i, &transaction), ERROR_NONE);
		expect_number(json_array_get(entries, i), "producerId", transaction.producer_id);
		expect_number(json_array_get(entries, i), "firstOffset", transaction.first_offset);
		expect_number(json_array_get(entries, i), "lastOffset", transaction.last_offset);
		expect_number(json_array_get(entries, i), "lastStableOffset", transaction.last_stable_offset);
		cr_assert_eq(transaction_index_append(&out, &transaction), ERROR_NONE);
	}
	transaction_index_close(&in);
	transaction_index_close(&out);
	if (contents.size > 0)
		expect_rewritten(memory_disk_get(&memory, "out"));
}

static void
expect_producer(const json_t *expected, const struct producer_entry *entry)
{
	const struct producer_batch *last = producer_entry_last_batch(entry);

	expect_number(expected, "producerId", entry->producer_id);
	expect_number(expected, "epoch", entry->epoch);
	expect_number(expected, "lastSequence", last == NULL ? -1 : last->last_sequence);
	expect_number(expected, "lastOffset", last == NULL ? -1 : last->last_offset);
	expect_number(expected, "offsetDelta", last == NULL ? 0 : last->offset_delta);
	expect_number(expected, "timestamp", entry->last_timestamp_ms);
	expect_number(expected, "coordinatorEpoch", entry->coordinator_epoch);
	expect_number(expected, "currentTxnFirstOffset", entry->transaction_first_offset);
}

static void
check_snapshot(const char *file_name)
{
	const json_t *entries = json_object_get(
	    json_object_get(json_object_get(golden, "snapshots"), file_name), "entries");
	struct producer_state state;
	size_t at = 0;

	producer_state_init(&state, seed);
	cr_assert_eq(producer_snapshot_parse(&state, buffer_slice(&contents), 0, INT64_MAX), ERROR_NONE, "%s", what);
	cr_assert_eq(json_array_size(entries), producer_state_count(&state), "%s", what);
	PRODUCER_STATE_FOREACH(link, &state)
		expect_producer(json_array_get(entries, at++), producer_entry_of(link));
	producer_snapshot_format(&state, &written);
	expect_rewritten(buffer_slice(&written));
	producer_state_fini(&state);
}

static void
check_text_file(const char *file_name)
{
	const char *text = json_string_value(json_object_get(golden, file_name));
	struct text_complaint complaint;

	cr_assert_not_null(text, "%s", what);
	cr_expect(slice_equal_text(buffer_slice(&contents), text), "%s", what);
	if (strcmp(file_name, LEADER_EPOCH_CHECKPOINT) == 0) {
		struct leader_epochs epochs;
		leader_epochs_init(&epochs);
		cr_assert_eq(leader_epochs_parse(&epochs, buffer_slice(&contents), &complaint), ERROR_NONE);
		leader_epochs_format(&epochs, &written);
		leader_epochs_fini(&epochs);
	} else {
		struct uuid topic_id;
		cr_assert_str_eq(file_name, PARTITION_METADATA);
		cr_assert_eq(partition_metadata_parse(buffer_slice(&contents), &topic_id, &complaint), ERROR_NONE);
		partition_metadata_format(topic_id, &written);
	}
	expect_rewritten(buffer_slice(&written));
}

/* True when it is one of this test's files. */
static bool
check_file(const char *directory, const char *file_name)
{
	struct log_file_name name = { .type = LOG_FILE_TYPE_COUNT };

	snprintf(what, sizeof(what), "%s/%s", directory, file_name);
	buffer_clear(&written);
	golden_read(what);
	memory_disk_put(&memory, "in", contents.bytes, contents.size);
	if (!log_file_name_parse(slice_of_text(file_name), &name))
		check_text_file(file_name);
	else if (name.type == LOG_FILE_INDEX)
		check_offset_index(name.offset);
	else if (name.type == LOG_FILE_TIMEINDEX)
		check_time_index(name.offset);
	else if (name.type == LOG_FILE_TXNINDEX)
		check_transaction_index(name.offset);
	else if (name.type == LOG_FILE_SNAPSHOT)
		check_snapshot(file_name);
	return name.type != LOG_FILE_RECORDS;
}

static int
check_case(const char *json_name)
{
	char directory[256];
	const char *file_name;
	json_t *size;
	struct partition_name partition;
	int count = 0;

	snprintf(what, sizeof(what), "segments/%s", json_name);
	golden_read(what);
	golden = json_loadb((const char *)contents.bytes, contents.size, 0, NULL);
	cr_assert_not_null(golden, "%s", json_name);
	const char *partition_text = json_string_value(json_object_get(golden, "partition"));
	cr_assert_eq(partition_name_parse(slice_of_text(partition_text), &partition), ERROR_NONE);
	snprintf(directory, sizeof(directory), "segments/%.*s/%s", (int)strlen(json_name) - 5, json_name, partition_text);
	json_object_foreach(json_object_get(golden, "files"), file_name, size)
		count += check_file(directory, file_name);
	json_decref(golden);
	return count;
}

Test(golden_files, of_partitions)
{
	DIR *directory = opendir(TESTS_DIR "/golden/segments");
	struct dirent *entry;
	int cases = 0, files = 0;

	cr_assert_not_null(directory);
	while ((entry = readdir(directory)) != NULL) {
		const char *suffix = strrchr(entry->d_name, '.');
		if (suffix == NULL || strcmp(suffix, ".json") != 0)
			continue;
		files += check_case(entry->d_name);
		cases++;
	}
	closedir(directory);
	cr_expect_eq(cases, 25, "%d", cases);
	cr_expect_geq(files, 25 * 4, "%d", files);
}

Test(golden_files, of_offset_checkpoints)
{
	static const struct { const char *name; size_t count; } checkpoints[] = {
		{ "logdir/" RECOVERY_POINT_CHECKPOINT, 109 },
		{ "logdir/" REPLICATION_CHECKPOINT, 109 },
		{ "logdir/" LOG_START_CHECKPOINT, 0 },
		{ "logdir/" CLEANER_CHECKPOINT, 1 },
	};
	struct offset_checkpoint checkpoint;
	struct text_complaint complaint;

	offset_checkpoint_init(&checkpoint, seed);
	for (size_t i = 0; i < ARRAY_LENGTH(checkpoints); i++) {
		snprintf(what, sizeof(what), "%s", checkpoints[i].name);
		buffer_clear(&contents);
		buffer_clear(&written);
		golden_read(what);
		offset_checkpoint_clear(&checkpoint);
		cr_assert_eq(offset_checkpoint_parse(&checkpoint, buffer_slice(&contents), &complaint), ERROR_NONE);
		cr_expect_eq(offset_checkpoint_count(&checkpoint), checkpoints[i].count, "%s", what);
		offset_checkpoint_format(&checkpoint, &written);
		expect_rewritten(buffer_slice(&written));
	}
	int64_t offset = -1;
	cr_expect(offset_checkpoint_get(&checkpoint, slice_of_text("compacted"), 0, &offset));
	cr_expect_eq(offset, 100);
	offset_checkpoint_fini(&checkpoint);
}

Test(golden_files, of_the_log_dir)
{
	struct meta_properties meta;
	struct text_complaint complaint;

	golden_read("logdir/" META_PROPERTIES);
	cr_assert_eq(meta_properties_parse(&meta, buffer_slice(&contents), &complaint), ERROR_NONE);
	cr_expect_eq(meta_properties_verify(&meta, 1, "oBIAbEoVTIeVmoYpof1XuA"), META_PROPERTIES_FIT);
	/* Sun Nov 22 13:06:58 UTC 2026, the date in its comment */
	meta_properties_format(&meta, INT64_C(1795352818000), &written);
	expect_rewritten(buffer_slice(&written));

	int64_t broker_epoch = 0;
	buffer_clear(&written);
	golden_read("logdir/" CLEAN_SHUTDOWN_FILE);
	cr_assert_eq(clean_shutdown_parse(buffer_slice(&contents), &broker_epoch), ERROR_NONE);
	cr_expect_eq(broker_epoch, BROKER_EPOCH_UNKNOWN);
	clean_shutdown_format(broker_epoch, &written);
	expect_rewritten(buffer_slice(&written));
}

Test(golden_files, that_list_partition_directories)
{
	struct partition_name parsed;
	size_t partitions = 0;

	golden_read("logdir/LISTING");
	for (size_t start = 0, at = 0; at < contents.size; at++) {
		if (contents.bytes[at] != '\n')
			continue;
		struct slice line = slice_of(contents.bytes + start, at - start);
		bool is_partition = partition_name_parse(line, &parsed) == ERROR_NONE;
		bool is_file = memchr(line.bytes, '-', line.size) == NULL ||
		    memmem(line.bytes, line.size, "checkpoint", 10) != NULL;
		cr_expect_neq(is_partition, is_file, "%.*s", (int)line.size, (const char *)line.bytes);
		partitions += is_partition;
		start = at + 1;
	}
	cr_expect_geq(partitions, 109, "%zu", partitions);
}
