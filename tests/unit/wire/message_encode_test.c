#include <criterion/criterion.h>

#include "tests/unit/wire/support.h"
#include "wire/messages.h"

static void
expect_bytes(const struct message_type *type, int16_t version, const void *message,
    const char *hex)
{
	struct buffer ours = encoded(type, version, message);
	struct buffer wanted = from_hex(hex);

	cr_assert(slice_equal(buffer_slice(&ours), buffer_slice(&wanted)), "not %s", hex);
	buffer_fini(&ours);
	buffer_fini(&wanted);
}

static void
expect_refused(const struct message_type *type, int16_t version, const void *message,
    enum error wanted)
{
	struct buffer_list list;
	size_t size;

	buffer_list_init(&list);
	cr_assert_eq(message_encode(type, version, message, &list), wanted);
	cr_assert_eq(buffer_list_size(&list), 0);
	cr_assert_eq(message_encoded_size(type, version, message, &size), wanted);
	buffer_list_fini(&list);
}

static struct heartbeat_request
heartbeat(void)
{
	struct heartbeat_request request;

	message_set_defaults(&heartbeat_request_type, &request);
	request.group_id = slice_of_text("g");
	request.generation_id = 7;
	request.member_id = slice_of_text("mm");
	return request;
}

Test(message_encode, writes_the_fields_of_the_version)
{
	struct heartbeat_request request = heartbeat();

	expect_bytes(&heartbeat_request_type, 0, &request, "0001 67 00000007 0002 6d6d");
	expect_bytes(&heartbeat_request_type, 3, &request, "0001 67 00000007 0002 6d6d ffff");
	expect_bytes(&heartbeat_request_type, 4, &request, "02 67 00000007 03 6d6d 00 00");
}

Test(message_encode, refuses_a_field_that_the_version_lacks_unless_it_is_ignorable)
{
	struct heartbeat_request request = heartbeat();
	struct heartbeat_response response;

	request.group_instance_id = slice_of_text("i");
	expect_refused(&heartbeat_request_type, 2, &request, ERROR_UNSUPPORTED);
	expect_bytes(&heartbeat_request_type, 3, &request, "0001 67 00000007 0002 6d6d 0001 69");
	message_set_defaults(&heartbeat_response_type, &response);
	response.throttle_time_ms = 5;
	expect_bytes(&heartbeat_response_type, 0, &response, "0000");
	expect_bytes(&heartbeat_response_type, 1, &response, "00000005 0000");
}

Test(message_encode, refuses_null_where_the_version_does_not_allow_it)
{
	struct heartbeat_request request = heartbeat();
	struct metadata_request metadata;
	struct slice names[2] = { { (const uint8_t *)"a", 1 }, { NULL, 0 } };
	struct describe_groups_request groups;

	request.member_id = slice_null();
	expect_refused(&heartbeat_request_type, 4, &request, ERROR_INVALID_ARGUMENT);
	message_set_defaults(&metadata_request_type, &metadata);
	metadata.topics.count = -1;
	expect_refused(&metadata_request_type, 0, &metadata, ERROR_INVALID_ARGUMENT);
	expect_bytes(&metadata_request_type, 1, &metadata, "ffffffff");
	message_set_defaults(&describe_groups_request_type, &groups);
	groups.groups.items = names;
	groups.groups.count = 2;
	expect_refused(&describe_groups_request_type, 0, &groups, ERROR_INVALID_ARGUMENT);
}

Test(message_encode, refuses_strings_that_are_too_long)
{
	static const char text[INT16_MAX + 1];
	struct heartbeat_request request = heartbeat();
	size_t size;

	request.member_id = slice_of(text, INT16_MAX + 1);
	expect_refused(&heartbeat_request_type, 0, &request, ERROR_TOO_LARGE);
	expect_refused(&heartbeat_request_type, 4, &request, ERROR_TOO_LARGE);
	request.member_id.size = INT16_MAX;
	cr_assert_eq(message_encoded_size(&heartbeat_request_type, 0, &request, &size), ERROR_NONE);
	cr_assert_eq(size, 3 + 4 + 2 + INT16_MAX);
}

Test(message_encode, tagged_fields_are_written_by_number_unless_they_are_default)
{
	struct fetch_request request;

	message_set_defaults(&fetch_request_type, &request);
	expect_bytes(&fetch_request_type, 15, &request,
	    "00000000 00000000 7fffffff 00 00000000 ffffffff 01 01 01 00");
	request.replica_state.replica_epoch = 3;
	request.cluster_id = slice_of_text("c");
	expect_bytes(&fetch_request_type, 15, &request,
	    "00000000 00000000 7fffffff 00 00000000 ffffffff 01 01 01"
	    "02 00 02 02 63 01 0d ffffffff 0000000000000003 00");
	expect_refused(&fetch_request_type, 14, &request, ERROR_UNSUPPORTED);
}

Test(message_encode, a_struct_that_may_be_null_has_a_byte_before_it)
{
	struct consumer_group_heartbeat_response response;
	struct consumer_group_heartbeat_response_assignment assignment = { { NULL, 0 } };

	message_set_defaults(&consumer_group_heartbeat_response_type, &response);
	expect_bytes(&consumer_group_heartbeat_response_type, 0, &response,
	    "00000000 0000 00 00 00000000 00000000 ff 00");
	response.assignment = &assignment;
	expect_bytes(&consumer_group_heartbeat_response_type, 0, &response,
	    "00000000 0000 00 00 00000000 00000000 01 01 00 00");
}

Test(data_encode, writes_the_version_first)
{
	struct offset_commit_key key = { slice_of_text("g"), slice_of_text("t"), 3 };
	struct buffer_list list;
	struct buffer ours, wanted = from_hex("0001 0001 67 0001 74 00000003");

	buffer_list_init(&list);
	cr_assert_eq(data_encode(&offset_commit_key_type, 2, &key, &list), ERROR_UNSUPPORTED);
	cr_assert_eq(buffer_list_size(&list), 0);
	cr_assert_eq(data_encode(&offset_commit_key_type, 1, &key, &list), ERROR_NONE);
	ours = flatten(&list);
	cr_assert(slice_equal(buffer_slice(&ours), buffer_slice(&wanted)));
	buffer_fini(&ours);
	buffer_fini(&wanted);
}

/* Records */

static int released;

static void
count_release(struct buffer_owner *owner)
{
	(void)owner;
	released++;
}

static struct buffer_owner owner = { count_release };

static struct fetch_response_partition_data partition;
static struct fetch_response_fetchable_topic_response topic;

static struct fetch_response
fetch_of(struct wire_records records)
{
	struct fetch_response response = fetch_response_defaults;

	partition = fetch_response_partition_data_defaults;
	partition.records = records;
	topic.topic = slice_of_text("t");
	topic.partitions.items = &partition;
	topic.partitions.count = 1;
	response.responses.items = &topic;
	response.responses.count = 1;
	return response;
}

static const struct buffer_part *
last_part(struct buffer_list *list, size_t index)
{
	const struct buffer_part *part = buffer_list_part(list, index);

	cr_assert_not_null(part);
	cr_assert_null(buffer_list_part(list, index + 1));
	return part;
}

Test(message_encode, large_records_are_borrowed_and_small_ones_copied)
{
	static const uint8_t bytes[256];
	struct fetch_response response = fetch_of((struct wire_records){
		.kind = WIRE_RECORDS_BYTES, .bytes = { bytes, 255 } });
	struct buffer_list list;

	buffer_list_init(&list);
	cr_assert_eq(message_encode(&fetch_response_type, 0, &response, &list), ERROR_NONE);
	cr_assert_eq(last_part(&list, 0)->length, 4 + 3 + 4 + 4 + 2 + 8 + 4 + 255);
	buffer_list_fini(&list);
	partition.records.bytes.size = 256;
	cr_assert_eq(message_encode(&fetch_response_type, 0, &response, &list), ERROR_NONE);
	cr_assert_eq(last_part(&list, 1)->bytes, bytes);
	cr_assert_eq(last_part(&list, 1)->length, 256);
	buffer_list_fini(&list);
}

Test(message_encode, owned_records_are_taken_even_when_small)
{
	struct fetch_response response = fetch_of((struct wire_records){
		.kind = WIRE_RECORDS_BYTES, .bytes = slice_of_text("x"), .owner = &owner });
	struct buffer_list list;

	released = 0;
	buffer_list_init(&list);
	cr_assert_eq(message_encode(&fetch_response_type, 0, &response, &list), ERROR_NONE);
	cr_assert_eq(last_part(&list, 1)->owner, &owner);
	cr_assert_eq(released, 0);
	buffer_list_fini(&list);
	cr_assert_eq(released, 1);
}

Test(message_encode, records_of_a_file_become_an_external_part)
{
	struct fetch_response response = fetch_of((struct wire_records){
		.kind = WIRE_RECORDS_EXTERNAL, .owner = &owner, .offset = 4096, .length = 1000 });
	struct buffer_list list;
	const struct buffer_part *part;

	buffer_list_init(&list);
	cr_assert_eq(message_encode(&fetch_response_type, 12, &response, &list), ERROR_NONE);
	part = buffer_list_part(&list, 1);
	cr_assert_not_null(part);
	cr_assert_eq(part->type, BUFFER_PART_EXTERNAL);
	cr_assert_eq(part->offset, 4096);
	cr_assert_eq(part->length, 1000);
	part = buffer_list_part(&list, 0);
	cr_assert_eq(part->bytes[part->length - 2], 0xe9, "1001 as uvarint");
	cr_assert_eq(part->bytes[part->length - 1], 0x07);
	cr_assert_eq(last_part(&list, 2)->length, 3, "the tag sections");
	buffer_list_fini(&list);
}

Test(message_encode, a_refused_message_takes_no_owner)
{
	struct fetch_response response = fetch_of((struct wire_records){
		.kind = WIRE_RECORDS_EXTERNAL, .owner = &owner, .length = 1000 });

	released = 0;
	response.session_id = 5;
	expect_refused(&fetch_response_type, 6, &response, ERROR_UNSUPPORTED);
	response.session_id = 0;
	partition.records.length = (size_t)INT32_MAX + 1;
	expect_refused(&fetch_response_type, 6, &response, ERROR_TOO_LARGE);
	partition.records.length = INT32_MAX;
	expect_refused(&fetch_response_type, 6, &response, ERROR_TOO_LARGE);
	cr_assert_eq(released, 0);
}
