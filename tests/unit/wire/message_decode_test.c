#include <criterion/criterion.h>
#include <stdio.h>

#include "base/uuid.h"
#include "tests/unit/wire/support.h"
#include "wire/messages.h"

static struct arena arena;

static void
set_up(void)
{
	arena_init(&arena, 1 << 16);
}

static void
tear_down(void)
{
	arena_fini(&arena);
}

TestSuite(message_decode, .init = set_up, .fini = tear_down);

static struct buffer bytes;

/* Decodes hexadecimal digits; strings stay valid until the next call. */
static enum error
decode(const struct message_type *type, int16_t version, const char *hex, void *message)
{
	struct reader reader;

	buffer_fini(&bytes);
	bytes = from_hex(hex);
	reader_init(&reader, buffer_slice(&bytes));
	return message_decode(type, version, &reader, &arena, message);
}

static void
expect_text(struct slice slice, const char *text)
{
	cr_assert(slice_equal_text(slice, text), "%.*s", (int)slice.size,
	    (const char *)slice.bytes);
}

Test(message_decode, reads_the_fields_of_its_version_and_defaults_the_others)
{
	struct heartbeat_request request;

	cr_assert_eq(decode(&heartbeat_request_type, 0, "0001 67 00000007 0002 6d6d", &request),
	    ERROR_NONE);
	expect_text(request.group_id, "g");
	cr_assert_eq(request.generation_id, 7);
	expect_text(request.member_id, "mm");
	cr_assert(slice_is_null(request.group_instance_id));
	buffer_fini(&bytes);
}

Test(message_decode, reads_compact_strings_and_the_tag_section)
{
	struct heartbeat_request request;

	cr_assert_eq(decode(&heartbeat_request_type, 4, "02 67 ffffffff 01 03 6969 00", &request),
	    ERROR_NONE);
	expect_text(request.group_id, "g");
	cr_assert_eq(request.generation_id, -1);
	expect_text(request.member_id, "");
	expect_text(request.group_instance_id, "ii");
	buffer_fini(&bytes);
}

Test(message_decode, strings_point_into_the_frame)
{
	struct heartbeat_request request;

	cr_assert_eq(decode(&heartbeat_request_type, 0, "0001 67 00000007 0000", &request),
	    ERROR_NONE);
	cr_assert_eq(request.group_id.bytes, bytes.bytes + 2);
	cr_assert_eq(arena.used, 0);
	buffer_fini(&bytes);
}

Test(message_decode, null_and_empty_arrays_differ)
{
	struct metadata_request request;

	cr_assert_eq(decode(&metadata_request_type, 1, "ffffffff", &request), ERROR_NONE);
	cr_assert_eq(request.topics.count, -1);
	cr_assert_eq(decode(&metadata_request_type, 1, "00000000", &request), ERROR_NONE);
	cr_assert_eq(request.topics.count, 0);
	cr_assert(request.allow_auto_topic_creation);
	cr_assert_eq(decode(&metadata_request_type, 9, "00 00 00 00 00", &request), ERROR_NONE);
	cr_assert_eq(request.topics.count, -1);
	cr_assert_not(request.allow_auto_topic_creation);
	buffer_fini(&bytes);
}

Test(message_decode, a_struct_that_may_be_null_has_a_byte_before_it)
{
	struct consumer_group_heartbeat_response response;

	cr_assert_eq(decode(&consumer_group_heartbeat_response_type, 0,
	    "00000000 0000 00 00 00000001 00000002 ff 00", &response), ERROR_NONE);
	cr_assert_null(response.assignment);
	cr_assert_eq(decode(&consumer_group_heartbeat_response_type, 0,
	    "00000000 0000 00 00 00000001 00000002 01"
	    "02 000102030405060708090a0b0c0d0e0f 02 00000005 00 00 00", &response), ERROR_NONE);
	cr_assert_not_null(response.assignment);
	cr_assert_eq(response.assignment->topic_partitions.count, 1);
	cr_assert_eq(response.assignment->topic_partitions.items[0].topic_id.bytes[15], 15);
	cr_assert_eq(response.assignment->topic_partitions.items[0].partitions.items[0], 5);
	buffer_fini(&bytes);
}

Test(message_decode, reads_floats)
{
	struct alter_client_quotas_request request;

	cr_assert_eq(decode(&alter_client_quotas_request_type, 0,
	    "00000001 00000000 00000001 0001 6b 400921fb54442d18 01 02", &request), ERROR_NONE);
	cr_assert_float_eq(request.entries.items[0].ops.items[0].value, 3.14159265358979, 1e-14);
	cr_assert(request.entries.items[0].ops.items[0].remove);
	cr_assert(request.validate_only, "any byte but 0 is true");
	buffer_fini(&bytes);
}

static const char *const fetch_v12 = "ffffffff 00000000 00000001 7fffffff 00 00000000 ffffffff"
    "01 01 01";

static enum error
decode_fetch(const char *tags, struct fetch_request *request)
{
	char hex[200];

	snprintf(hex, sizeof(hex), "%s %s", fetch_v12, tags);
	return decode(&fetch_request_type, 12, hex, request);
}

Test(message_decode, reads_a_tagged_field)
{
	struct fetch_request request;

	cr_assert_eq(decode_fetch("01 00 03 02 6363", &request), ERROR_MALFORMED, "one byte over");
	cr_assert_eq(decode_fetch("01 00 03 03 6363", &request), ERROR_NONE);
	expect_text(request.cluster_id, "cc");
	cr_assert_eq(decode_fetch("00", &request), ERROR_NONE);
	cr_assert(slice_is_null(request.cluster_id));
	buffer_fini(&bytes);
}

Test(message_decode, skips_tags_that_it_does_not_know_among_those_that_it_knows)
{
	struct fetch_request request;

	cr_assert_eq(decode_fetch("03 00 02 02 63 05 01 aa 8101 00", &request), ERROR_NONE);
	expect_text(request.cluster_id, "c");
	buffer_fini(&bytes);
}

Test(message_decode, tags_must_ascend)
{
	struct fetch_request request;

	cr_assert_eq(decode_fetch("02 05 01 aa 00 02 02 63", &request), ERROR_MALFORMED);
	cr_assert_eq(decode_fetch("02 05 01 aa 05 01 aa", &request), ERROR_MALFORMED);
	buffer_fini(&bytes);
}

Test(message_decode, a_tagged_field_must_use_its_size)
{
	struct fetch_request request;

	cr_assert_eq(decode_fetch("01 00 04 02 63 0000", &request), ERROR_MALFORMED);
	cr_assert_eq(decode_fetch("01 00 01 02 63", &request), ERROR_TRUNCATED);
	cr_assert_eq(decode_fetch("01 00 05 02 63", &request), ERROR_TRUNCATED);
	cr_assert_eq(decode_fetch("ffffffff0f", &request), ERROR_TRUNCATED, "count of tags");
	cr_assert_eq(decode_fetch("01 05 ffffffff0f", &request), ERROR_TRUNCATED);
	buffer_fini(&bytes);
}

Test(message_decode, null_is_refused_where_the_version_does_not_allow_it)
{
	struct heartbeat_request heartbeat;
	struct metadata_request metadata;

	cr_assert_eq(decode(&heartbeat_request_type, 0, "ffff 00000007 0000", &heartbeat),
	    ERROR_MALFORMED);
	cr_assert_eq(decode(&heartbeat_request_type, 4, "00 00000007 01 00 00", &heartbeat),
	    ERROR_MALFORMED);
	cr_assert_eq(decode(&metadata_request_type, 0, "ffffffff", &metadata), ERROR_MALFORMED);
	buffer_fini(&bytes);
}

Test(message_decode, lengths_below_minus_one_are_refused)
{
	struct heartbeat_request heartbeat;
	struct metadata_request metadata;
	struct produce_request produce;

	cr_assert_eq(decode(&heartbeat_request_type, 3, "0000 00000007 0000 fffe", &heartbeat),
	    ERROR_MALFORMED);
	cr_assert_eq(decode(&metadata_request_type, 1, "fffffffe", &metadata), ERROR_MALFORMED);
	cr_assert_eq(decode(&metadata_request_type, 1, "80000000", &metadata), ERROR_MALFORMED);
	cr_assert_eq(decode(&produce_request_type, 0,
	    "0001 00000001 00000001 0000 00000001 00000000 fffffffe", &produce), ERROR_MALFORMED);
	buffer_fini(&bytes);
}

Test(message_decode, a_compact_string_is_no_longer_than_another)
{
	struct heartbeat_request request;
	char hex[2 * 33000 + 1];

	memset(hex, '6', sizeof(hex) - 1);
	hex[sizeof(hex) - 1] = '\0';
	memcpy(hex, "808002", 6); /* 32767 */
	cr_assert_eq(decode(&heartbeat_request_type, 4, hex, &request), ERROR_TRUNCATED,
	    "the name is taken, what follows is no heartbeat");
	cr_assert_eq(request.group_id.size, 32767);
	memcpy(hex, "818002", 6);
	cr_assert_eq(decode(&heartbeat_request_type, 4, hex, &request), ERROR_MALFORMED);
	cr_assert(slice_is_null(request.group_id));
	buffer_fini(&bytes);
}

/* Nothing may be allocated for elements that cannot be there. */
static void
expect_refused_count(const struct message_type *type, int16_t version, const char *hex)
{
	union {
		struct metadata_request metadata;
		struct offset_fetch_request offset_fetch;
		struct fetch_request fetch;
	} room;

	cr_assert_eq(decode(type, version, hex, &room), ERROR_TRUNCATED, "%s", hex);
	cr_assert_eq(arena.used, 0, "%s", hex);
}

Test(message_decode, counts_beyond_the_frame_are_refused_before_anything_is_allocated)
{
	expect_refused_count(&metadata_request_type, 1, "7fffffff 0000");
	expect_refused_count(&metadata_request_type, 9, "ffffffff0f 01000000");
	expect_refused_count(&metadata_request_type, 9, "8080808008 01000000");
	expect_refused_count(&metadata_request_type, 1, "00000002 0000 00");
	expect_refused_count(&metadata_request_type, 9, "03 0100 01");
	expect_refused_count(&offset_fetch_request_type, 1, "0000 00000002 0000 00000000 000000");
	expect_refused_count(&metadata_request_type, 12,
	    "03 00000000000000000000000000000000 01 00 00000000000000000000000000000000 01");
	buffer_fini(&bytes);
}

Test(message_decode, the_cap_of_the_arena_is_an_error)
{
	struct list_transactions_request request;
	struct arena tight;
	struct reader reader;

	bytes = from_hex("01 03 0000000000000001 0000000000000002 00");
	arena_init(&tight, 15);
	reader_init(&reader, buffer_slice(&bytes));
	cr_assert_eq(message_decode(&list_transactions_request_type, 0, &reader, &tight, &request),
	    ERROR_NO_MEMORY);
	arena_fini(&tight);
	arena_init(&tight, 16);
	reader_init(&reader, buffer_slice(&bytes));
	cr_assert_eq(message_decode(&list_transactions_request_type, 0, &reader, &tight, &request),
	    ERROR_NONE);
	cr_assert_eq(request.producer_id_filters.items[1], 2);
	arena_fini(&tight);
	buffer_fini(&bytes);
}

Test(message_decode, bytes_after_the_message_stay_in_the_reader)
{
	struct heartbeat_request request;
	struct reader reader;

	bytes = from_hex("0000 00000007 0000 aabb");
	reader_init(&reader, buffer_slice(&bytes));
	cr_assert_eq(message_decode(&heartbeat_request_type, 0, &reader, &arena, &request),
	    ERROR_NONE);
	cr_assert_eq(reader_remaining(&reader), 2);
	buffer_fini(&bytes);
}

Test(message_decode, a_null_slice_is_no_message)
{
	struct heartbeat_request request;
	struct reader reader;

	reader_init(&reader, slice_null());
	cr_assert_eq(message_decode(&heartbeat_request_type, 0, &reader, &arena, &request),
	    ERROR_TRUNCATED);
}

Test(message_decode, a_reader_that_has_failed_stays_failed)
{
	struct heartbeat_request request;
	struct reader reader;

	bytes = from_hex("0000 00000007 0000");
	reader_init(&reader, buffer_slice(&bytes));
	reader_fail(&reader, ERROR_CORRUPT);
	cr_assert_eq(message_decode(&heartbeat_request_type, 0, &reader, &arena, &request),
	    ERROR_CORRUPT);
	buffer_fini(&bytes);
}

Test(data_decode, reads_the_version_first)
{
	struct offset_commit_key key;
	struct reader reader;
	int16_t version;

	bytes = from_hex("0001 0001 67 0001 74 00000003");
	reader_init(&reader, buffer_slice(&bytes));
	cr_assert_eq(data_decode(&offset_commit_key_type, &reader, &arena, &key, &version),
	    ERROR_NONE);
	cr_assert_eq(version, 1);
	expect_text(key.topic, "t");
	cr_assert_eq(key.partition, 3);
	bytes.bytes[1] = 2;
	reader_init(&reader, buffer_slice(&bytes));
	cr_assert_eq(data_decode(&offset_commit_key_type, &reader, &arena, &key, &version),
	    ERROR_UNSUPPORTED);
	cr_assert_eq(version, 2);
	reader_init(&reader, slice_of(bytes.bytes, 1));
	cr_assert_eq(data_decode(&offset_commit_key_type, &reader, &arena, &key, &version),
	    ERROR_TRUNCATED);
	buffer_fini(&bytes);
}
