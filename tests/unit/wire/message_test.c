#include <criterion/criterion.h>

#include "tests/unit/wire/support.h"
#include "wire/messages.h"

Test(message, is_found_by_key_and_direction)
{
	cr_assert_eq(message_type_find(API_KEY_PRODUCE, false), &produce_request_type);
	cr_assert_eq(message_type_find(API_KEY_PRODUCE, true), &produce_response_type);
	cr_assert_eq(message_type_find(API_KEY_CONSUMER_GROUP_DESCRIBE, true),
	    &consumer_group_describe_response_type);
}

Test(message, is_not_found_by_a_key_that_nobody_has)
{
	cr_assert_null(message_type_find(-1, false));
	cr_assert_null(message_type_find(INT16_MIN, true));
	cr_assert_null(message_type_find(52, false), "Vote, which is KRaft's");
	cr_assert_null(message_type_find(70, true));
	cr_assert_null(message_type_find(INT16_MAX, false));
}

Test(message, is_found_by_name)
{
	cr_assert_eq(message_type_find_name(slice_of_text("OffsetCommitValue")),
	    &offset_commit_value_type);
	cr_assert_null(message_type_find_name(slice_of_text("OffsetCommit")));
	cr_assert_null(message_type_find_name(slice_null()));
}

Test(message, defaults_are_those_of_the_definition)
{
	struct fetch_request fetch;
	struct metadata_response metadata;
	struct group_metadata_value value;

	message_set_defaults(&fetch_request_type, &fetch);
	cr_assert_eq(fetch.max_bytes, INT32_MAX);
	cr_assert_eq(fetch.replica_id, -1);
	cr_assert_eq(fetch.replica_state.replica_epoch, -1, "inside another struct too");
	cr_assert(slice_is_null(fetch.cluster_id));
	cr_assert_not(slice_is_null(fetch.rack_id));
	cr_assert_eq(fetch.topics.count, 0);
	message_set_defaults(&metadata_response_type, &metadata);
	cr_assert_eq(metadata.cluster_authorized_operations, INT32_MIN);
	message_set_defaults(&group_metadata_value_type, &value);
	cr_assert_eq(value.current_state_timestamp, -1);
	cr_assert_not(slice_is_null(value.protocol), "nullable, but no default of null");
}

Test(message, equality_looks_at_the_fields_of_the_version)
{
	struct heartbeat_response a = { .throttle_time_ms = 1 };
	struct heartbeat_response b = { .throttle_time_ms = 2 };

	cr_assert(message_equal(&heartbeat_response_type, 0, &a, &b));
	cr_assert_not(message_equal(&heartbeat_response_type, 1, &a, &b));
}

Test(message, equality_tells_null_from_empty)
{
	struct metadata_request a, b;
	struct consumer_group_heartbeat_response c, d;
	struct consumer_group_heartbeat_response_assignment assignment = { { NULL, 0 } };

	message_set_defaults(&metadata_request_type, &a);
	b = a;
	b.topics.count = -1;
	cr_assert_not(message_equal(&metadata_request_type, 1, &a, &b));
	message_set_defaults(&consumer_group_heartbeat_response_type, &c);
	d = c;
	cr_assert(message_equal(&consumer_group_heartbeat_response_type, 0, &c, &d));
	d.assignment = &assignment;
	cr_assert_not(message_equal(&consumer_group_heartbeat_response_type, 0, &c, &d));
	d = c;
	d.error_message = slice_of(NULL, 0);
	cr_assert_not(message_equal(&consumer_group_heartbeat_response_type, 0, &c, &d));
}

Test(message, equality_looks_into_arrays_and_records)
{
	struct produce_request_partition_produce_data left = { .index = 1 }, right = left;
	struct produce_request_topic_produce_data topics[2] = {
		{ .partition_data = { &left, 1 } }, { .partition_data = { &right, 1 } } };
	struct produce_request a = { .topic_data = { &topics[0], 1 } };
	struct produce_request b = { .topic_data = { &topics[1], 1 } };

	cr_assert(message_equal(&produce_request_type, 9, &a, &b));
	right.records = (struct wire_records){ .kind = WIRE_RECORDS_BYTES,
		.bytes = slice_of_text("x") };
	cr_assert_not(message_equal(&produce_request_type, 9, &a, &b));
	left.records = right.records;
	cr_assert(message_equal(&produce_request_type, 9, &a, &b));
	right.records.kind = WIRE_RECORDS_EXTERNAL;
	left.records = right.records;
	cr_assert(message_equal(&produce_request_type, 9, &a, &b));
	right.records.offset = 1;
	cr_assert_not(message_equal(&produce_request_type, 9, &a, &b));
	b.topic_data.count = 0;
	cr_assert_not(message_equal(&produce_request_type, 9, &a, &b));
}
