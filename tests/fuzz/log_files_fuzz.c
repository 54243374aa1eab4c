/*
 * The small files of a log dir and of its partitions. The first byte chooses
 * which one the rest is; what was read is used, written and read again.
 */
#include "tests/fuzz/fuzz.h"

#include <assert.h>
#include <stdlib.h>

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
#include "tests/unit/log/memory_disk.h"
#include "wire/crc32c.h"

enum { BASE = 1000, INDEX_BYTES = 1 << 20, LATER = 1 << 30 };

static const uint64_t seed[2] = { 1, 2 };

/* What may not fail here does not. */
static void
must(enum error error)
{
	assert(error == ERROR_NONE);
}

/* ------------------------------------------------------------ indexes */

static void
use_offset_index(const struct index_place *place, enum index_file_mode mode)
{
	struct offset_index index;
	struct offset_entry entry, found;

	must(offset_index_open(&index, place, "f", BASE, INDEX_BYTES, mode));
	if (offset_index_check(&index, INT64_MAX) == ERROR_NONE) {
		for (uint32_t i = 0; i < offset_index_count(&index); i++) {
			must(offset_index_entry(&index, i, &entry));
			must(offset_index_lookup(&index, entry.offset, false, &found));
			assert(found.offset == entry.offset && found.position == entry.position);
		}
	}
	int64_t middle = BASE + (index.last.offset - BASE) / 2;
	must(offset_index_truncate_to(&index, middle));
	assert(offset_index_count(&index) == 0 || index.last.offset < middle ||
	    offset_index_check(&index, INT64_MAX) == ERROR_CORRUPT);
	offset_index_close(&index);
}

static void
use_time_index(const struct index_place *place, enum index_file_mode mode)
{
	struct time_index index;
	struct time_entry entry, found;

	must(time_index_open(&index, place, "f", BASE, INDEX_BYTES, mode));
	if (time_index_check(&index) == ERROR_NONE) {
		for (uint32_t i = 0; i < time_index_count(&index); i++) {
			must(time_index_entry(&index, i, &entry));
			must(time_index_lookup(&index, entry.timestamp_ms, false, &found));
			assert(found.timestamp_ms == entry.timestamp_ms && found.offset == entry.offset);
		}
	}
	must(time_index_truncate_to(&index, BASE + (index.last.offset - BASE) / 2));
	time_index_close(&index);
}

static void
count_transaction(void *context, const struct aborted_transaction *transaction)
{
	assert(transaction->first_offset < BASE);
	(*(int *)context)++;
}

static void
use_transaction_index(const struct index_place *place, enum index_file_mode mode)
{
	struct transaction_index index;
	bool complete;
	int count = 0;

	enum error error = transaction_index_open(&index, place, "f", mode);
	if (error != ERROR_NONE) {
		assert(error == ERROR_CORRUPT);
		return;
	}
	bool sound = transaction_index_check(&index, 0) == ERROR_NONE;
	error = transaction_index_collect(&index, 0, BASE, false, count_transaction, &count, &complete);
	assert(error == ERROR_NONE || (error == ERROR_UNSUPPORTED && !sound));
	error = transaction_index_truncate_to(&index, index.last_offset / 2);
	assert(error == ERROR_NONE || (error == ERROR_CORRUPT && !sound));
	transaction_index_close(&index);
}

static void
check_index(struct slice bytes, void (*use)(const struct index_place *, enum index_file_mode))
{
	static const enum index_file_mode modes[] = { INDEX_FILE_ACTIVE, INDEX_FILE_SEALED };
	struct memory_disk memory;
	struct index_cache cache;
	struct index_place place = { &memory.disk, &cache };

	memory_disk_init(&memory);
	index_cache_init(&cache, 8 * INDEX_CACHE_BLOCK_SIZE);
	for (size_t i = 0; i < ARRAY_LENGTH(modes); i++) {
		memory_disk_put(&memory, "f", bytes.bytes, bytes.size);
		use(&place, modes[i]);
	}
	index_cache_fini(&cache);
	memory_disk_fini(&memory);
}

static void
check_offset_index(struct slice bytes)
{
	check_index(bytes, use_offset_index);
}

static void
check_time_index(struct slice bytes)
{
	check_index(bytes, use_time_index);
}

static void
check_transaction_index(struct slice bytes)
{
	check_index(bytes, use_transaction_index);
}

/* ------------------------------------------------------------ text */

static void
check_offset_checkpoint(struct slice bytes)
{
	struct offset_checkpoint checkpoint;
	struct text_complaint complaint;
	struct buffer text, again;

	offset_checkpoint_init(&checkpoint, seed);
	buffer_init(&text);
	buffer_init(&again);
	if (offset_checkpoint_parse(&checkpoint, bytes, &complaint) == ERROR_NONE) {
		offset_checkpoint_format(&checkpoint, &text);
		offset_checkpoint_clear(&checkpoint);
		must(offset_checkpoint_parse(&checkpoint, buffer_slice(&text), &complaint));
		offset_checkpoint_format(&checkpoint, &again);
		assert(slice_equal(buffer_slice(&text), buffer_slice(&again)));
	} else {
		assert(complaint.reason != NULL && offset_checkpoint_count(&checkpoint) == 0);
	}
	buffer_fini(&text);
	buffer_fini(&again);
	offset_checkpoint_fini(&checkpoint);
}

static void
check_leader_epochs(struct slice bytes)
{
	struct leader_epochs epochs;
	struct text_complaint complaint;
	struct buffer text;

	leader_epochs_init(&epochs);
	buffer_init(&text);
	if (leader_epochs_parse(&epochs, bytes, &complaint) == ERROR_NONE) {
		size_t count = epochs.count;
		leader_epochs_format(&epochs, &text);
		must(leader_epochs_parse(&epochs, buffer_slice(&text), &complaint));
		assert(epochs.count == count);
		for (size_t i = 0; i + 1 < count; i++)
			assert(leader_epochs_end_offset(&epochs, epochs.entries[i].epoch, INT64_MAX)
			           .end_offset == epochs.entries[i + 1].start_offset);
	} else {
		assert(complaint.reason != NULL && epochs.count == 0);
	}
	buffer_fini(&text);
	leader_epochs_fini(&epochs);
}

static void
check_meta_properties(struct slice bytes)
{
	struct meta_properties meta, again;
	struct text_complaint complaint;
	struct buffer text;

	buffer_init(&text);
	if (meta_properties_parse(&meta, bytes, &complaint) == ERROR_NONE) {
		meta_properties_format(&meta, INT64_MAX, &text);
		must(meta_properties_parse(&again, buffer_slice(&text), &complaint));
		assert(again.broker_id == meta.broker_id && again.version == meta.version);
		assert(strcmp(again.cluster_id, meta.cluster_id) == 0);
		assert(strcmp(again.directory_id, meta.directory_id) == 0);
	} else {
		assert(complaint.reason != NULL);
	}
	buffer_fini(&text);
}

static void
check_partition_metadata(struct slice bytes)
{
	struct uuid topic_id, again;
	struct text_complaint complaint;
	struct buffer text;

	buffer_init(&text);
	if (partition_metadata_parse(bytes, &topic_id, &complaint) == ERROR_NONE) {
		partition_metadata_format(topic_id, &text);
		must(partition_metadata_parse(buffer_slice(&text), &again, &complaint));
		assert(uuid_equal(topic_id, again));
	}
	buffer_fini(&text);
}

static void
check_clean_shutdown(struct slice bytes)
{
	int64_t broker_epoch, again;
	struct buffer text;

	buffer_init(&text);
	if (clean_shutdown_parse(bytes, &broker_epoch) == ERROR_NONE) {
		clean_shutdown_format(broker_epoch, &text);
		must(clean_shutdown_parse(buffer_slice(&text), &again));
		assert(again == broker_epoch);
	}
	buffer_fini(&text);
}

static void
check_names(struct slice bytes)
{
	char text[PARTITION_NAME_MAX + 1], file_text[LOG_FILE_NAME_SIZE];
	struct partition_name name;
	struct log_file_name file_name;
	struct uuid id = { { 1 } };

	if (partition_name_parse(bytes, &name) == ERROR_NONE) {
		size_t length = partition_name_format(name.type, name.topic, name.partition, id, text);
		assert(length <= PARTITION_NAME_MAX);
		if (length > 0)
			must(partition_name_parse(slice_of(text, length), &name));
	}
	if (log_file_name_parse(bytes, &file_name)) {
		log_file_name_format(file_name, file_text);
		assert(slice_equal_text(bytes, file_text));
	}
}

/* ------------------------------------------------------------ snapshot */

static void
load_snapshot(struct slice bytes)
{
	struct producer_state state, again;
	struct buffer text;

	producer_state_init(&state, seed);
	producer_state_init(&again, seed);
	buffer_init(&text);
	if (producer_snapshot_parse(&state, bytes, LATER, INT64_MAX) == ERROR_NONE) {
		producer_snapshot_format(&state, &text);
		must(producer_snapshot_parse(&again, buffer_slice(&text), LATER, INT64_MAX));
		assert(producer_state_count(&again) == producer_state_count(&state));
		assert(producer_state_first_unstable_offset(&again) ==
		    producer_state_first_unstable_offset(&state));
	} else {
		assert(producer_state_count(&state) == 0);
	}
	buffer_fini(&text);
	producer_state_fini(&state);
	producer_state_fini(&again);
}

/* As it came, and with the right checksum, or no change would get past it. */
static void
check_snapshot(struct slice bytes)
{
	struct buffer sealed;

	load_snapshot(bytes);
	if (bytes.size < PRODUCER_SNAPSHOT_HEADER_SIZE)
		return;
	buffer_init(&sealed);
	buffer_append_slice(&sealed, bytes);
	buffer_set_int32(&sealed, 2, (int32_t)crc32c(0, bytes.bytes + 6, bytes.size - 6));
	load_snapshot(buffer_slice(&sealed));
	buffer_fini(&sealed);
}

static void (*const checks[])(struct slice bytes) = {
	check_offset_index,
	check_time_index,
	check_transaction_index,
	check_offset_checkpoint,
	check_leader_epochs,
	check_meta_properties,
	check_partition_metadata,
	check_clean_shutdown,
	check_names,
	check_snapshot,
};

FUZZ_TARGET(log_files)
{
	if (size > 0)
		checks[bytes[0] % ARRAY_LENGTH(checks)](slice_of(bytes + 1, size - 1));
	return 0;
}
