/* Formats of __consumer_offsets, beside what Kafka 3.9.1 wrote (tests/golden). */
#include "group/group_records.h"

#include <criterion/criterion.h>
#include <stdio.h>

#include "tests/unit/group/club.h"
#include "wire/batch_records.h"

static struct buffer golden;

/* The only segment of __consumer_offsets-N. */
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
	buffer_init(&golden);
	while ((got = fread(bytes, 1, sizeof(bytes), file)) > 0)
		buffer_append(&golden, bytes, got);
	fclose(file);
}

/* A record comes out of our encoder as it went in. */
static void
check_record(const struct record *record)
{
	struct group_record_key key;
	struct committed_offset offset;
	struct group_metadata_value value;
	struct buffer written;
	struct arena arena;

	arena_init(&arena, 1 << 16);
	buffer_init(&written);
	cr_assert_eq(group_records_read_key(record->key, &key), ERROR_NONE);
	cr_assert_neq(key.type, GROUP_RECORD_UNKNOWN);
	if (key.type == GROUP_RECORD_OFFSET)
		group_records_write_offset_key(&written, key.group, key.topic, key.partition);
	else
		group_records_write_group_key(&written, key.group);
	cr_assert(slice_equal(buffer_slice(&written), record->key));
	buffer_clear(&written);
	if (key.type == GROUP_RECORD_OFFSET && !slice_is_null(record->value)) {
		cr_assert_eq(group_records_read_offset(record->value, &offset), ERROR_NONE);
		group_records_write_offset(&written, &offset);
		cr_assert(slice_equal(buffer_slice(&written), record->value));
	} else if (!slice_is_null(record->value)) {
		cr_assert_eq(group_records_read_group(record->value, &arena, &value), ERROR_NONE);
		cr_assert_eq(group_records_write_group(&written, &value), ERROR_NONE);
		cr_assert(slice_equal(buffer_slice(&written), record->value));
	}
	buffer_fini(&written);
	arena_fini(&arena);
}

static int
check_batch(const struct batch_view *view)
{
	struct decompression_limit limit = decompression_limit_default();
	struct batch_records records;
	struct record record;
	int count = 0;

	cr_assert_eq(batch_records_open(&records, view, &limit), ERROR_NONE);
	while (batch_records_next(&records, &record) == ERROR_NONE) {
		check_record(&record);
		count++;
	}
	batch_records_fini(&records);
	return count;
}

static int
check_partition(int partition)
{
	struct batch_cursor cursor;
	struct batch_view view;
	int count = 0;

	read_golden(partition);
	batch_cursor_init(&cursor, buffer_slice(&golden));
	while (batch_cursor_next(&cursor, &view) == ERROR_NONE) {
		if ((view.attributes & BATCH_CONTROL) == 0)
			count += check_batch(&view);
	}
	buffer_fini(&golden);
	return count;
}

Test(group_records, every_record_of_kafkas_comes_out_as_it_went_in)
{
	cr_assert_eq(check_partition(4), 2);
	cr_assert_eq(check_partition(8), 2);
	cr_assert_eq(check_partition(14), 1);
	cr_assert_eq(check_partition(46), 1);
	cr_assert_eq(check_partition(49), 5);
}

/* ---------------------------------------------- the machine's own batches */

static struct club club;

/* The golden batch that begins with this offset. */
static struct slice
golden_batch(int64_t base_offset)
{
	struct batch_cursor cursor;
	struct batch_view view;

	batch_cursor_init(&cursor, buffer_slice(&golden));
	while (batch_cursor_next(&cursor, &view) == ERROR_NONE) {
		if (view.base_offset == base_offset)
			return view.bytes;
	}
	cr_assert(false, "no batch at %d", (int)base_offset);
	return slice_null();
}

static void
assert_last_batch_is(int64_t base_offset)
{
	batch_set_base_offset(club.last_batch.bytes, base_offset);
	batch_set_partition_leader_epoch(club.last_batch.bytes, 0);
	cr_assert(slice_equal(buffer_slice(&club.last_batch), golden_batch(base_offset)),
	    "the batch at %d differs", (int)base_offset);
}

static struct group_metadata_value
golden_group(struct arena *arena, int64_t base_offset)
{
	struct group_metadata_value value;
	struct batch_header header;
	struct record_iterator iterator;
	struct record record;
	struct slice batch = golden_batch(base_offset);

	cr_assert_eq(batch_header_read(batch, &header), ERROR_NONE);
	record_iterator_init(&iterator, &header, batch_payload(&header, batch));
	cr_assert_eq(record_iterator_next(&iterator, &record), ERROR_NONE);
	cr_assert_eq(group_records_read_group(record.value, arena, &value), ERROR_NONE);
	return value;
}

/* Joins and syncs as the golden client did. */
static struct test_call *
play_golden_client(struct arena *arena, const char *instance, const uint8_t random[16],
    int64_t stored_ms)
{
	struct group_metadata_value value = golden_group(arena, 0);
	struct group_metadata_value_member_metadata *member = &value.members.items[0];
	struct test_call *join = club_join_call(&club, 5, "", "golden-client", "range");
	struct test_call *sync;

	join->request.join.protocols.items[0].name = value.protocol;
	join->request.join.protocols.items[0].metadata = member->subscription;
	join->request.join.session_timeout_ms = member->session_timeout;
	join->request.join.rebalance_timeout_ms = member->rebalance_timeout;
	join->request.join.group_instance_id = slice_of_text(instance);
	club_random(&club, random);
	if (instance == NULL)
		join->call.version = 3;
	club.now_ms = value.current_state_timestamp;
	club_ask(&club, join);
	club_elapse(&club, 0);
	cr_assert(slice_equal(join->response.join.member_id, member->member_id));
	club.now_ms = stored_ms;
	sync = club_sync_call(&club, join);
	sync->request.sync.assignments.items[0].assignment = member->assignment;
	club_ask(&club, sync);
	return join;
}

Test(group_records, batches_of_a_group_are_kafkas_byte_for_byte)
{
	static const uint8_t random[] = { 0x04, 0x7e, 0xad, 0x37, 0x41, 0x2d, 0x43, 0xb4, 0xa0,
		0xac, 0x90, 0xec, 0x75, 0xcf, 0x93, 0xfd };
	struct arena arena;
	struct test_call *join;

	arena_init(&arena, 1 << 16);
	read_golden(49);
	club_init_named(&club, "golden-group");
	join = play_golden_client(&arena, NULL, random, 1795352834651);
	assert_last_batch_is(0);
	club_complete_all(&club);
	club.now_ms = 1795352834782;
	club_commit(&club, join->response.join.member_id, 1, "plain", 0, 42);
	assert_last_batch_is(3);
	club_fini(&club);
	buffer_fini(&golden);
	arena_fini(&arena);
}

Test(group_records, batches_of_a_static_member_are_kafkas_byte_for_byte)
{
	static const uint8_t random[] = { 0xc4, 0x00, 0x76, 0xcf, 0x82, 0xa5, 0x41, 0x0e, 0xae,
		0x40, 0x67, 0x6d, 0x1f, 0xce, 0xa8, 0x37 };
	struct arena arena;

	arena_init(&arena, 1 << 16);
	read_golden(8);
	club_init_named(&club, "golden-static");
	play_golden_client(&arena, "static-1", random, 1795352834843);
	assert_last_batch_is(0);
	club_fini(&club);
	buffer_fini(&golden);
	arena_fini(&arena);
}

/* ------------------------------------------------------------------ versions */

Test(group_records, expiry_of_its_own_is_kept_in_version_1)
{
	struct committed_offset offset = { .offset = 5, .leader_epoch = 9,
		.metadata = slice_of_text("m"), .commit_ms = 100, .expire_ms = 200 }, read;
	struct buffer written;

	buffer_init(&written);
	group_records_write_offset(&written, &offset);
	cr_assert_eq(written.bytes[1], 1);
	cr_assert_eq(group_records_read_offset(buffer_slice(&written), &read), ERROR_NONE);
	cr_assert_eq(read.expire_ms, 200);
	cr_assert_eq(read.leader_epoch, -1, "version 1 has none");
	buffer_fini(&written);
}

Test(group_records, all_versions_of_values_are_read)
{
	struct offset_commit_value value = offset_commit_value_defaults;

	value.offset = 77;
	value.metadata = slice_of_text("x");
	for (int16_t version = 0; version <= 4; version++) {
		struct committed_offset read;
		struct buffer_list list;

		buffer_list_init(&list);
		cr_assert_eq(data_encode(&offset_commit_value_type, version, &value, &list),
		    ERROR_NONE);
		const struct buffer_part *part = buffer_list_part(&list, 0);
		cr_assert_eq(group_records_read_offset(slice_of(part->bytes, part->length), &read),
		    ERROR_NONE);
		cr_assert_eq(read.offset, 77);
		buffer_list_fini(&list);
	}
}

Test(group_records, version_0_of_a_group_has_the_session_timeout_for_both)
{
	struct group_metadata_value_member_metadata member = { .member_id = slice_of_text("m"),
		.client_id = slice_of_text("c"), .client_host = slice_of_text("/h"),
		.session_timeout = 30000, .subscription = slice_of_text("s"),
		.assignment = slice_of_text("a") };
	struct group_metadata_value value = group_metadata_value_defaults, read;
	struct buffer_list list;
	struct arena arena;

	value.protocol_type = slice_of_text("consumer");
	value.members.items = &member;
	value.members.count = 1;
	arena_init(&arena, 4096);
	buffer_list_init(&list);
	cr_assert_eq(data_encode(&group_metadata_value_type, 0, &value, &list), ERROR_NONE);
	const struct buffer_part *part = buffer_list_part(&list, 0);
	cr_assert_eq(group_records_read_group(slice_of(part->bytes, part->length), &arena, &read),
	    ERROR_NONE);
	cr_assert_eq(read.members.items[0].rebalance_timeout, 30000);
	buffer_list_fini(&list);
	arena_fini(&arena);
}

Test(group_records, unknown_and_broken_records_are_told)
{
	static const uint8_t future_key[] = { 0, 3, 1, 2, 3 }, future_value[] = { 0, 9, 1, 2 };
	static const uint8_t cut_key[] = { 0, 1, 0, 5, 'a' }, negative[] = { 0xFF, 0xFF };
	struct group_record_key key;
	struct committed_offset offset;

	cr_assert_eq(group_records_read_key(slice_of(future_key, sizeof(future_key)), &key),
	    ERROR_NONE);
	cr_assert_eq(key.type, GROUP_RECORD_UNKNOWN);
	cr_assert_eq(key.version, 3);
	cr_assert_eq(group_records_read_key(slice_of(negative, sizeof(negative)), &key),
	    ERROR_NONE);
	cr_assert_eq(key.type, GROUP_RECORD_UNKNOWN);
	cr_assert_neq(group_records_read_key(slice_of(cut_key, sizeof(cut_key)), &key), ERROR_NONE);
	cr_assert_eq(group_records_read_key(slice_of_text(""), &key), ERROR_TRUNCATED);
	cr_assert_eq(group_records_read_key(slice_null(), &key), ERROR_MALFORMED);
	cr_assert_eq(group_records_read_offset(slice_of(future_value, sizeof(future_value)), &offset),
	    ERROR_UNSUPPORTED);
}
