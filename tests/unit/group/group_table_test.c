/* The table, and how a log is read into it: group_table.c and group_table_read.c. */
#include "group/group_table.h"

#include <criterion/criterion.h>
#include <stdio.h>

#include "wire/batch_builder.h"
#include "wire/control_record.h"

static const uint64_t seed[2] = { 5, 6 };
static const struct broker_groups config = { .max_size = 100 };
static struct group_table *table;
static struct group_table_load load;
static struct buffer written;
static int64_t next_offset;

static void
setup(void)
{
	table = group_table_new(seed, &config);
	load = (struct group_table_load){ .now_ms = 1000 };
	buffer_init(&written);
	next_offset = 0;
}

static void
teardown(void)
{
	group_table_free(table);
	buffer_fini(&written);
}

#define TABLE_TEST(name) Test(group_table, name, .init = setup, .fini = teardown)

enum { NO_PRODUCER = -1 };

static struct batch_builder builder;

static void
begin(int64_t producer_id, enum compression_codec codec)
{
	struct batch_builder_options options = batch_builder_options_default();

	options.base_offset = next_offset;
	options.producer_id = producer_id;
	options.producer_epoch = producer_id == NO_PRODUCER ? -1 : 0;
	options.base_sequence = producer_id == NO_PRODUCER ? -1 : 0;
	options.transactional = producer_id != NO_PRODUCER;
	options.compression = compression_of(codec);
	batch_builder_init(&builder, &options);
}

static void
end(void)
{
	next_offset += builder.count;
	cr_assert_eq(batch_builder_finish(&builder, &written), ERROR_NONE);
	batch_builder_fini(&builder);
}

static void
add(const struct buffer *key, struct slice value)
{
	cr_assert_eq(batch_builder_add(&builder, &(struct record){ .timestamp = 1,
	    .key = buffer_slice(key), .value = value }), ERROR_NONE);
}

/* Offset -1: a tombstone. */
static void
add_offset(const char *group, const char *topic, int64_t offset)
{
	struct committed_offset committed = { .offset = offset, .leader_epoch = 2,
		.metadata = slice_of_text("m"), .commit_ms = 9, .expire_ms = -1 };
	struct buffer key, value;

	buffer_init(&key);
	buffer_init(&value);
	group_records_write_offset_key(&key, slice_of_text(group), slice_of_text(topic), 0);
	group_records_write_offset(&value, &committed);
	add(&key, offset < 0 ? slice_null() : buffer_slice(&value));
	buffer_fini(&key);
	buffer_fini(&value);
}

static void
commit(int64_t producer_id, const char *group, const char *topic, int64_t offset)
{
	begin(producer_id, COMPRESSION_NONE);
	add_offset(group, topic, offset);
	end();
}

/* Generation 0: a tombstone. */
static void
store_group(const char *group, int32_t generation)
{
	struct group_metadata_value value = group_metadata_value_defaults;
	struct buffer key, body;

	value.protocol_type = slice_of_text("consumer");
	value.generation = generation;
	buffer_init(&key);
	buffer_init(&body);
	group_records_write_group_key(&key, slice_of_text(group));
	cr_assert_eq(group_records_write_group(&body, &value), ERROR_NONE);
	begin(NO_PRODUCER, COMPRESSION_NONE);
	add(&key, generation == 0 ? slice_null() : buffer_slice(&body));
	end();
	buffer_fini(&key);
	buffer_fini(&body);
}

static void
mark(int64_t producer_id, enum control_record_type type)
{
	control_record_write_marker(&written, &(struct control_record_marker){
	    .base_offset = next_offset++, .timestamp = 1, .producer_id = producer_id,
	    .type = type });
}

static void
read_written(void)
{
	cr_assert_eq(group_table_read(table, buffer_slice(&written), &load), ERROR_NONE);
	cr_assert_eq(load.next_offset, next_offset);
	buffer_clear(&written);
}

static struct group_offset
fetch(const char *group, const char *topic, bool require_stable)
{
	return group_fetch_offset(group_table_find(table, slice_of_text(group)),
	    slice_of_text(topic), 0, require_stable);
}

static int64_t
offset_of(const char *group, const char *topic)
{
	return fetch(group, topic, false).offset;
}

TABLE_TEST(last_record_of_a_key_wins)
{
	commit(NO_PRODUCER, "g", "t", 1);
	commit(NO_PRODUCER, "g", "u", 5);
	read_written();
	commit(NO_PRODUCER, "g", "t", 2);
	commit(NO_PRODUCER, "g", "u", -1);
	read_written();
	cr_assert_eq(offset_of("g", "t"), 2);
	cr_assert_eq(offset_of("g", "u"), -1);
	cr_assert_eq(load.records, 4);
}

TABLE_TEST(compressed_batches_are_read_too)
{
	for (int codec = COMPRESSION_GZIP; codec < COMPRESSION_CODEC_COUNT; codec++) {
		begin(NO_PRODUCER, (enum compression_codec)codec);
		for (int i = 0; i < 20; i++)
			add_offset(compression_codec_name((enum compression_codec)codec), "t", i);
		end();
	}
	read_written();
	cr_assert_eq(table->groups.count, COMPRESSION_CODEC_COUNT - 1);
	cr_assert_eq(offset_of("zstd", "t"), 19);
}

TABLE_TEST(groups_without_anything_left_are_gone)
{
	commit(NO_PRODUCER, "offsets", "t", 1);
	commit(NO_PRODUCER, "removed", "t", 1);
	commit(NO_PRODUCER, "removed", "t", -1);
	store_group("group", 3);
	store_group("deleted", 3);
	store_group("deleted", 0);
	store_group("simple-again", 3);
	commit(NO_PRODUCER, "simple-again", "t", 4);
	store_group("simple-again", 0);
	read_written();
	group_table_finish(table);
	cr_assert_eq(table->groups.count, 3);
	cr_assert_null(group_table_find(table, slice_of_text("removed")));
	cr_assert_null(group_table_find(table, slice_of_text("deleted")));
	cr_assert_eq(group_table_find(table, slice_of_text("group"))->generation, 3);
	cr_assert_eq(group_table_find(table, slice_of_text("simple-again"))->generation, 0);
	cr_assert_eq(offset_of("simple-again", "t"), 4);
}

TABLE_TEST(offsets_of_a_transaction_wait_for_its_marker)
{
	commit(NO_PRODUCER, "g", "t", 1);
	commit(7, "g", "t", 5);
	read_written();
	cr_assert_eq(offset_of("g", "t"), 1);
	cr_assert_eq(fetch("g", "t", true).error, KAFKA_ERROR_UNSTABLE_OFFSET_COMMIT);
	mark(7, CONTROL_RECORD_COMMIT);
	read_written();
	cr_assert_eq(offset_of("g", "t"), 5);
	cr_assert_eq(fetch("g", "t", true).error, KAFKA_ERROR_NONE);
}

TABLE_TEST(aborted_offsets_are_dropped)
{
	commit(7, "g", "t", 5);
	commit(8, "g", "t", 6);
	commit(8, "h", "t", 6);
	mark(7, CONTROL_RECORD_ABORT);
	read_written();
	cr_assert_eq(offset_of("g", "t"), -1);
	mark(8, CONTROL_RECORD_ABORT);
	read_written();
	group_table_finish(table);
	cr_assert_eq(table->groups.count, 0);
}

TABLE_TEST(later_plain_commit_is_not_overtaken_by_an_older_transaction)
{
	commit(7, "g", "t", 5);
	commit(NO_PRODUCER, "g", "t", 9);
	mark(7, CONTROL_RECORD_COMMIT);
	read_written();
	cr_assert_eq(offset_of("g", "t"), 9);
}

TABLE_TEST(last_offset_of_a_transaction_wins_and_its_tombstone_takes_it_back)
{
	commit(7, "g", "t", 5);
	commit(7, "g", "t", 6);
	commit(7, "g", "u", 5);
	commit(7, "g", "u", -1);
	mark(7, CONTROL_RECORD_COMMIT);
	mark(99, CONTROL_RECORD_COMMIT); /* of somebody who has nothing here */
	read_written();
	cr_assert_eq(offset_of("g", "t"), 6);
	cr_assert_eq(offset_of("g", "u"), -1);
}

TABLE_TEST(plain_tombstone_leaves_what_is_pending)
{
	commit(NO_PRODUCER, "g", "t", 1);
	commit(7, "g", "t", 5);
	commit(NO_PRODUCER, "g", "t", -1);
	read_written();
	cr_assert_eq(offset_of("g", "t"), -1);
	mark(7, CONTROL_RECORD_COMMIT);
	read_written();
	cr_assert_eq(offset_of("g", "t"), 5);
}

TABLE_TEST(open_transactions_keep_their_group)
{
	commit(7, "g", "t", 5);
	read_written();
	group_table_finish(table);
	cr_assert_eq(table->groups.count, 1);
	cr_assert_eq(table->producers.count, 1);
}

TABLE_TEST(group_that_goes_takes_its_pending_offsets_along)
{
	struct group *group;

	commit(7, "g", "t", 5);
	commit(7, "h", "t", 6);
	read_written();
	group = group_table_find(table, slice_of_text("g"));
	group_table_take(table, group);
	cr_assert_not(group->is_listed);
	group_free(group);
	mark(7, CONTROL_RECORD_COMMIT);
	read_written();
	cr_assert_eq(offset_of("h", "t"), 6);
	cr_assert_null(group_table_find(table, slice_of_text("g")));
}

/* ---------------------------------------------------------------- bad input */

TABLE_TEST(unknown_and_broken_records_are_counted_and_skipped)
{
	static const uint8_t future[] = { 0, 5, 1 }, broken[] = { 0, 1, 0, 99, 'x' };
	struct buffer key;

	begin(NO_PRODUCER, COMPRESSION_NONE);
	buffer_init(&key);
	buffer_append(&key, future, sizeof(future));
	add(&key, slice_of_text("?"));
	buffer_clear(&key);
	buffer_append(&key, broken, sizeof(broken));
	add(&key, slice_of_text("?"));
	buffer_clear(&key);
	group_records_write_offset_key(&key, slice_of_text("g"), slice_of_text("t"), 0);
	add(&key, slice_of_text("not a value"));
	buffer_clear(&key);
	group_records_write_group_key(&key, slice_of_text("g"));
	add(&key, slice_of_text("nor this"));
	buffer_fini(&key);
	add_offset("g", "u", 3);
	end();
	read_written();
	cr_assert_eq(load.unknown_keys, 1);
	cr_assert_eq(load.bad_records, 3);
	cr_assert_eq(load.bad_offset, 1);
	cr_assert_eq(offset_of("g", "u"), 3);
}

TABLE_TEST(damaged_batch_is_left_out_and_told)
{
	size_t second;

	commit(NO_PRODUCER, "g", "t", 1);
	second = written.size;
	commit(NO_PRODUCER, "g", "t", 2);
	commit(NO_PRODUCER, "g", "u", 3);
	written.bytes[second + BATCH_HEADER_BYTES + 5] ^= 1;
	read_written();
	cr_assert_eq(load.bad_batches, 1);
	cr_assert_eq(load.bad_batch_offset, 1);
	cr_assert_eq(offset_of("g", "t"), 1);
	cr_assert_eq(offset_of("g", "u"), 3);
}

/* A read could not go on behind it. */
TABLE_TEST(offsets_that_no_log_has_are_damage)
{
	commit(NO_PRODUCER, "g", "t", 1);
	size_t second = written.size;
	commit(NO_PRODUCER, "g", "t", 2);
	batch_set_base_offset(written.bytes + second, INT64_MAX);
	next_offset = 1;
	read_written();
	cr_assert_eq(load.bad_batches, 1);
	cr_assert_eq(offset_of("g", "t"), 1);
}

TABLE_TEST(what_is_cut_off_is_left_for_the_next_piece)
{
	size_t whole;

	commit(NO_PRODUCER, "g", "t", 1);
	whole = written.size;
	commit(NO_PRODUCER, "g", "t", 2);
	cr_assert_eq(group_table_read(table, slice_of(written.bytes, written.size - 3), &load),
	    ERROR_NONE);
	cr_assert_eq(load.next_offset, 1);
	cr_assert_eq(offset_of("g", "t"), 1);
	cr_assert_eq(group_table_read(table, slice_of(written.bytes, whole - 3), &load),
	    ERROR_CORRUPT);
	cr_assert_eq(group_table_read(table, slice_of_text(""), &load), ERROR_NONE);
}

/* So that what is broken is looked at, and not only its checksum. */
static void
mend_checksums(void)
{
	struct batch_cursor cursor;
	struct batch_view view;

	batch_cursor_init(&cursor, buffer_slice(&written));
	while (batch_cursor_next(&cursor, &view) == ERROR_NONE) {
		if (view.magic == BATCH_MAGIC_V2 && view.bytes.size >= BATCH_HEADER_BYTES)
			batch_set_crc(written.bytes + view.position);
	}
}

TABLE_TEST(any_bytes_are_survived)
{
	uint64_t state = 1;

	store_group("g", 2);
	for (int i = 0; i < 12; i++)
		commit(i % 3 == 0 ? 7 : NO_PRODUCER, "g", "t", i);
	mark(7, CONTROL_RECORD_ABORT);
	for (int round = 0; round < 5000; round++) {
		struct group_table *other = group_table_new(seed, &config);
		struct group_table_load met = { .now_ms = 1 };
		uint8_t before;
		size_t at;

		state = state * 6364136223846793005 + 1442695040888963407;
		at = (state >> 33) % written.size;
		before = written.bytes[at];
		written.bytes[at] = (uint8_t)(state >> 25);
		mend_checksums();
		(void)!group_table_read(other, buffer_slice(&written), &met);
		group_table_finish(other);
		group_table_free(other);
		written.bytes[at] = before;
		mend_checksums();
	}
}

/* ------------------------------------------------------- what Kafka wrote */

static void
read_golden(int partition)
{
	char path[512];
	uint8_t bytes[4096];
	size_t got;
	FILE *file;

	snprintf(path, sizeof(path),
	    TESTS_DIR "/golden/segments/consumer_offsets-%d/__consumer_offsets-%d/%020d.log",
	    partition, partition, 0);
	file = fopen(path, "rb");
	cr_assert_not_null(file, "%s", path);
	while ((got = fread(bytes, 1, sizeof(bytes), file)) > 0)
		buffer_append(&written, bytes, got);
	fclose(file);
	cr_assert_eq(group_table_read(table, buffer_slice(&written), &load), ERROR_NONE);
	buffer_clear(&written);
}

TABLE_TEST(partitions_of_kafkas_are_loaded)
{
	static const int partitions[] = { 4, 8, 14, 46, 49 };
	const struct group *group;

	for (size_t i = 0; i < ARRAY_LENGTH(partitions); i++)
		read_golden(partitions[i]);
	group_table_finish(table);
	cr_assert_eq(table->groups.count, 4, "golden-doomed was removed");
	cr_assert_eq(offset_of("golden-group", "plain"), 42);
	cr_assert_eq(offset_of("golden-group", "gzip"), 3);
	cr_assert_eq(offset_of("golden-simple", "lz4"), 7);
	cr_assert(slice_equal_text(fetch("golden-simple", "lz4", true).metadata, "from admin"));
	cr_assert_eq(offset_of("golden-static", "plain"), 33);
	cr_assert_eq(offset_of("txn-group", "txn"), 5, "its transaction was committed");
	group = group_table_find(table, slice_of_text("golden-group"));
	cr_assert_eq(group->state, GROUP_EMPTY);
	cr_assert_eq(group->generation, 2);
	cr_assert_eq(group->state_ms, 1795352834790);
	group = group_table_find(table, slice_of_text("golden-static"));
	cr_assert_eq(group->state, GROUP_STABLE);
	cr_assert_eq(group->members.count, 1);
	cr_assert(slice_equal_text(group->protocol_name, "cooperative-sticky"));
}
