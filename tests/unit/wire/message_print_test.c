#include <criterion/criterion.h>

#include <math.h>

#include "tests/unit/wire/support.h"
#include "wire/messages.h"

static void
expect_printed(const struct message_type *type, int16_t version, const void *message,
    const char *wanted)
{
	struct buffer out;

	buffer_init(&out);
	message_print(type, version, message, &out);
	cr_assert(slice_equal_text(buffer_slice(&out), wanted), "%.*s", (int)out.size,
	    (const char *)out.bytes);
	buffer_fini(&out);
}

Test(message_print, shows_the_fields_of_the_version)
{
	struct heartbeat_request request;

	message_set_defaults(&heartbeat_request_type, &request);
	request.group_id = slice_of_text("g");
	expect_printed(&heartbeat_request_type, 0, &request,
	    "{\"groupId\":\"g\",\"generationId\":0,\"memberId\":\"\"}");
	expect_printed(&heartbeat_request_type, 3, &request,
	    "{\"groupId\":\"g\",\"generationId\":0,\"memberId\":\"\",\"groupInstanceId\":null}");
}

Test(message_print, escapes_what_json_does_not_take)
{
	struct find_coordinator_request request;

	message_set_defaults(&find_coordinator_request_type, &request);
	request.key = slice_of_text("\"\\\n\x7f\xc3\xa4\xff.");
	expect_printed(&find_coordinator_request_type, 0, &request,
	    "{\"key\":\"\\\"\\\\\\u000a\\u007f\xc3\xa4\xef\xbf\xbd.\"}");
}

Test(message_print, shows_nested_structs_bytes_and_ids)
{
	struct consumer_group_heartbeat_response_topic_partitions topic;
	struct consumer_group_heartbeat_response_assignment assignment = { { &topic, 1 } };
	struct consumer_group_heartbeat_response response;
	struct sasl_authenticate_request authenticate = { slice_of_text("secret") };
	int32_t partitions[2] = { 3, -4 };

	message_set_defaults(&consumer_group_heartbeat_response_type, &response);
	topic = (struct consumer_group_heartbeat_response_topic_partitions){
		.partitions = { partitions, 2 } };
	response.assignment = &assignment;
	expect_printed(&consumer_group_heartbeat_response_type, 0, &response,
	    "{\"throttleTimeMs\":0,\"errorCode\":0,\"errorMessage\":null,\"memberId\":null,"
	    "\"memberEpoch\":0,\"heartbeatIntervalMs\":0,\"assignment\":{\"topicPartitions\":"
	    "[{\"topicId\":\"AAAAAAAAAAAAAAAAAAAAAA\",\"partitions\":[3,-4]}]}}");
	response.assignment = NULL;
	expect_printed(&consumer_group_heartbeat_response_type, 0, &response,
	    "{\"throttleTimeMs\":0,\"errorCode\":0,\"errorMessage\":null,\"memberId\":null,"
	    "\"memberEpoch\":0,\"heartbeatIntervalMs\":0,\"assignment\":null}");
	expect_printed(&sasl_authenticate_request_type, 0, &authenticate,
	    "{\"authBytes\":\"c2VjcmV0\"}");
}

Test(message_print, shows_floats_and_what_is_no_number)
{
	struct alter_client_quotas_request_op_data ops[4] = {
		{ .value = 0.5 }, { .value = NAN }, { .value = -INFINITY }, { .remove = true } };
	struct alter_client_quotas_request_entry_data entry = { .ops = { ops, 4 } };
	struct alter_client_quotas_request request = { .entries = { &entry, 1 } };

	expect_printed(&alter_client_quotas_request_type, 0, &request,
	    "{\"entries\":[{\"entity\":[],\"ops\":["
	    "{\"key\":null,\"value\":0.5,\"remove\":false},"
	    "{\"key\":null,\"value\":\"nan\",\"remove\":false},"
	    "{\"key\":null,\"value\":\"-inf\",\"remove\":false},"
	    "{\"key\":null,\"value\":0,\"remove\":true}]}],\"validateOnly\":false}");
}

Test(message_print, shows_the_size_of_records)
{
	struct produce_request_partition_produce_data partitions[3] = {
		{ .index = 0 },
		{ .index = 1, .records = { .kind = WIRE_RECORDS_BYTES,
			.bytes = slice_of_text("abc") } },
		{ .index = 2, .records = { .kind = WIRE_RECORDS_EXTERNAL, .length = 7 } } };
	struct produce_request_topic_produce_data topic = { slice_of_text("t"), { partitions, 3 } };
	struct produce_request request = { .acks = -1, .topic_data = { &topic, 1 } };

	expect_printed(&produce_request_type, 2, &request,
	    "{\"acks\":-1,\"timeoutMs\":0,\"topicData\":[{\"name\":\"t\",\"partitionData\":["
	    "{\"index\":0,\"records\":null},{\"index\":1,\"records\":{\"sizeInBytes\":3}},"
	    "{\"index\":2,\"records\":{\"sizeInBytes\":7}}]}]}");
}
