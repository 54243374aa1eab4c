#include "fetches.h"

enum { TOPICS_MAX = 4, PARTITIONS_MAX = 8 };

struct fetch_request fetch_body;

void
fetches_init(void)
{
	fixture_init();
	fetch_body = fetch_request_defaults;
	fetch_body.max_wait_ms = 500;
	fetch_body.min_bytes = 1;
	fetch_body.max_bytes = 50 * 1000 * 1000;
	fetch_body.session_epoch = -1;
	fetch_body.topics.items = fixture_array(TOPICS_MAX, sizeof(*fetch_body.topics.items));
	fetch_body.topics.count = 0;
	replicas_host("t", 4, "");
	for (int32_t i = 0; i < 4; i++)
		fixture_add_partition("t", i, 1, NULL, NULL, NULL);
	fixture_publish(1);
}

void
fetches_fini(void)
{
	cr_assert_neq(fixture.end, FIXTURE_NO_END);
	cr_assert_eq(shelf.slices_given, shelf.slices_released + shelf.slices_sent);
	fixture_fini();
}

struct fetch_request_fetch_partition *
fetches_add_to(const char *name, int32_t index)
{
	struct fetch_request_fetch_topic *topic = fetch_body.topics.count == 0 ? NULL :
	    &fetch_body.topics.items[fetch_body.topics.count - 1];
	struct fetch_request_fetch_partition *partition;

	if (topic == NULL || !slice_equal_text(topic->topic, name)) {
		topic = &fetch_body.topics.items[fetch_body.topics.count++];
		*topic = fetch_request_fetch_topic_defaults;
		topic->topic = fixture_text(name);
		topic->topic_id = fixture_topic_id(name);
		topic->partitions.items =
		    fixture_array(PARTITIONS_MAX, sizeof(*topic->partitions.items));
	}
	partition = &topic->partitions.items[topic->partitions.count++];
	*partition = fetch_request_fetch_partition_defaults;
	partition->partition = index;
	partition->fetch_offset = 100;
	partition->partition_max_bytes = 1000 * 1000;
	return partition;
}

struct fetch_request_fetch_partition *
fetches_add(int32_t index)
{
	return fetches_add_to("t", index);
}

void
fetches_handle(int16_t version)
{
	struct fetch_request body = fetch_body;

	/* What a version lacks may not be set. */
	body.topics.items = fixture_array((size_t)MAX(body.topics.count, 1),
	    sizeof(*body.topics.items));
	for (int32_t i = 0; i < body.topics.count; i++) {
		body.topics.items[i] = fetch_body.topics.items[i];
		if (version >= 13)
			body.topics.items[i].topic = slice_of("", 0);
		else
			body.topics.items[i].topic_id = (struct uuid){ { 0 } };
	}
	body.forgotten_topics_data.items = fixture_array((size_t)MAX(body.forgotten_topics_data.count, 1),
	    sizeof(*body.forgotten_topics_data.items));
	for (int32_t i = 0; i < body.forgotten_topics_data.count; i++) {
		body.forgotten_topics_data.items[i] = fetch_body.forgotten_topics_data.items[i];
		if (version >= 13)
			body.forgotten_topics_data.items[i].topic = slice_of("", 0);
		else
			body.forgotten_topics_data.items[i].topic_id = (struct uuid){ { 0 } };
	}
	fixture_handle(api_fetch, API_KEY_FETCH, version, &body);
}

struct partition_fetch *
fetches_at(int at)
{
	cr_assert_lt(at, shelf.fetch_count, "only %d fetches came", shelf.fetch_count);
	return shelf.fetches[at];
}

int
fetches_count(void)
{
	return shelf.fetch_count;
}

void
fetches_give(int at, int64_t bytes)
{
	struct partition_fetch *fetch = fetches_at(at);

	fetch->high_watermark = 1000;
	fetch->last_stable_offset = 900;
	fetch->log_start_offset = 7;
	if (bytes > 0)
		replicas_find(fetch, bytes);
	replicas_answer(&fetch->operation, PARTITION_OK);
}

void
fetches_fail(int at, enum partition_status status)
{
	replicas_answer(&fetches_at(at)->operation, status);
}

const struct fetch_response *
fetches_response(void)
{
	cr_assert_eq(fixture.end, FIXTURE_ANSWERED);
	return fixture.answer;
}

const told_partition *
fetches_told_of(int32_t topic, int32_t at)
{
	const struct fetch_response *response = fetches_response();

	cr_assert_eq(response->throttle_time_ms, 0);
	cr_assert_eq(response->error_code, KAFKA_ERROR_NONE);
	cr_assert_lt(topic, response->responses.count);
	cr_assert_lt(at, response->responses.items[topic].partitions.count);
	return &response->responses.items[topic].partitions.items[at];
}

const told_partition *
fetches_told(int32_t at)
{
	return fetches_told_of(0, at);
}
