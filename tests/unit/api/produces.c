#include "produces.h"

typedef struct produce_request_topic_produce_data asked_topic;
typedef struct produce_request_partition_produce_data asked_partition;

enum { TOPICS_MAX = 4, PARTITIONS_MAX = 8 };

struct produce_request produce_body;
struct buffer produce_batch;

void
produces_init(void)
{
	fixture_init();
	shelf.wall_ms = 5000;
	produce_body = produce_request_defaults;
	produce_body.acks = 1;
	produce_body.timeout_ms = 1000;
	produce_body.topic_data.items =
	    fixture_array(TOPICS_MAX, sizeof(*produce_body.topic_data.items));
	produces_clear();
	buffer_init(&produce_batch);
	sample_batch_of(&produce_batch, COMPRESSION_NONE, 3);
	replicas_host("t", 4, "");
}

void
produces_fini(void)
{
	buffer_fini(&produce_batch);
	fixture_fini();
}

void
produces_clear(void)
{
	produce_body.topic_data.count = 0;
}

void
produces_add_to(const char *name, int32_t index, struct slice records)
{
	asked_topic *topic = produce_body.topic_data.count == 0 ? NULL :
	    &produce_body.topic_data.items[produce_body.topic_data.count - 1];
	asked_partition *partition;

	if (topic == NULL || !slice_equal_text(topic->name, name)) {
		topic = &produce_body.topic_data.items[produce_body.topic_data.count++];
		*topic = produce_request_topic_produce_data_defaults;
		topic->name = fixture_text(name);
		topic->partition_data.items =
		    fixture_array(PARTITIONS_MAX, sizeof(*topic->partition_data.items));
		topic->partition_data.count = 0;
	}
	partition = &topic->partition_data.items[topic->partition_data.count++];
	*partition = produce_request_partition_produce_data_defaults;
	partition->index = index;
	partition->records.kind = slice_is_null(records) ? WIRE_RECORDS_NULL : WIRE_RECORDS_BYTES;
	partition->records.bytes = records;
}

void
produces_add(int32_t index)
{
	produces_add_to("t", index, buffer_slice(&produce_batch));
}

void
produces_handle(int16_t version)
{
	fixture_handle(api_produce, API_KEY_PRODUCE, version, &produce_body);
}

const told_partition *
produces_told_of(int32_t topic, int32_t at)
{
	const struct produce_response *response = fixture.answer;

	cr_assert_eq(fixture.end, FIXTURE_ANSWERED);
	cr_assert_eq(response->throttle_time_ms, 0);
	cr_assert_lt(topic, response->responses.count);
	cr_assert_lt(at, response->responses.items[topic].partition_responses.count);
	return &response->responses.items[topic].partition_responses.items[at];
}

const told_partition *
produces_told(int32_t at)
{
	return produces_told_of(0, at);
}

void
produces_accept(int number, int64_t base_offset)
{
	struct partition_append *append = shelf.appends[number];

	append->base_offset = base_offset;
	append->log_start_offset = 2;
	replicas_answer(&append->operation, PARTITION_OK);
}

void
produces_fail(int number, enum partition_status status)
{
	replicas_answer(&shelf.appends[number]->operation, status);
}
