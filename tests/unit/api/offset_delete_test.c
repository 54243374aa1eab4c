#include "fixture.h"

typedef struct offset_delete_request_offset_delete_request_topic asked_topic;
typedef struct offset_delete_response_offset_delete_response_topic told_topic;

enum { TOPICS_MAX = 4, PARTITIONS_MAX = 8 };

static struct offset_delete_request body;

static void
setup(void)
{
	fixture_init();
	body = offset_delete_request_defaults;
	body.group_id = slice_of_text("g");
	body.topics.items = fixture_array(TOPICS_MAX, sizeof(*body.topics.items));
	body.topics.count = 0;
	for (int32_t i = 0; i < 3; i++)
		fixture_add_partition("t", i, 1, NULL, NULL, NULL);
	fixture_publish(1);
}

TestSuite(offset_delete, .init = setup, .fini = fixture_fini);

static void
add(const char *name, int32_t first, int32_t count)
{
	asked_topic *topic = &body.topics.items[body.topics.count++];

	topic->name = fixture_text(name);
	topic->partitions.items = fixture_array(PARTITIONS_MAX, sizeof(*topic->partitions.items));
	topic->partitions.count = count;
	for (int32_t i = 0; i < count; i++)
		topic->partitions.items[i].partition_index = first + i;
}

static const struct offset_delete_request *
ask(void)
{
	fixture_handle(api_offset_delete, API_KEY_OFFSET_DELETE, 0, &body);
	cr_assert_not_null(fixture.group_call);
	return fixture.group_call->request;
}

/* The coordinator gives each partition of the question a code: 100 + its index. */
static void
answer_codes(const struct offset_delete_request *asked)
{
	struct offset_delete_response *response = fixture.group_call->response;

	response->topics.count = asked->topics.count;
	response->topics.items = fixture_array(TOPICS_MAX, sizeof(*response->topics.items));
	for (int32_t i = 0; i < asked->topics.count; i++) {
		told_topic *topic = &response->topics.items[i];
		int32_t count = asked->topics.items[i].partitions.count;

		topic->name = asked->topics.items[i].name;
		topic->partitions.count = count;
		topic->partitions.items =
		    fixture_array(PARTITIONS_MAX, sizeof(*topic->partitions.items));
		for (int32_t j = 0; j < count; j++)
			topic->partitions.items[j].error_code =
			    (int16_t)(100 + asked->topics.items[i].partitions.items[j].partition_index);
	}
	fixture_groups_answer();
}

static int16_t
code_of(int32_t topic, int32_t at, int32_t partition)
{
	const struct offset_delete_response *answer = fixture.answer;

	cr_assert_eq(fixture.end, FIXTURE_ANSWERED);
	cr_assert_lt(topic, answer->topics.count);
	cr_assert_lt(at, answer->topics.items[topic].partitions.count);
	cr_assert_eq(answer->topics.items[topic].partitions.items[at].partition_index, partition);
	return answer->topics.items[topic].partitions.items[at].error_code;
}

Test(offset_delete, asks_the_coordinator_for_what_exists)
{
	const struct offset_delete_request *asked;

	add("unknown", 0, 2);
	add("t", 1, 3);
	add("t", 0, 1);
	asked = ask();
	cr_expect_slice(asked->group_id, "g");
	cr_assert_eq(asked->topics.count, 3);
	cr_expect_eq(asked->topics.items[0].partitions.count, 0);
	cr_expect_eq(asked->topics.items[1].partitions.count, 2);
	answer_codes(asked);
	cr_expect_eq(code_of(0, 0, 0), KAFKA_ERROR_UNKNOWN_TOPIC_OR_PARTITION);
	cr_expect_eq(code_of(0, 1, 1), KAFKA_ERROR_UNKNOWN_TOPIC_OR_PARTITION);
	cr_expect_eq(code_of(1, 0, 1), 101);
	cr_expect_eq(code_of(1, 1, 2), 102);
	cr_expect_eq(code_of(1, 2, 3), KAFKA_ERROR_UNKNOWN_TOPIC_OR_PARTITION);
	cr_expect_eq(code_of(2, 0, 0), 100);
}

/* It knows whether the group exists, also when no partition does. */
Test(offset_delete, has_no_partitions_when_it_fails_as_a_whole)
{
	const struct offset_delete_response *answer;

	add("unknown", 0, 1);
	ask();
	((struct offset_delete_response *)fixture.group_call->response)->error_code =
	    KAFKA_ERROR_GROUP_ID_NOT_FOUND;
	fixture_groups_answer();
	cr_assert_eq(fixture.end, FIXTURE_ANSWERED);
	answer = fixture.answer;
	cr_expect_eq(answer->error_code, KAFKA_ERROR_GROUP_ID_NOT_FOUND);
	cr_expect_eq(answer->topics.count, 0);
}

Test(offset_delete, of_nothing_is_asked_too)
{
	cr_expect_eq(ask()->topics.count, 0);
	fixture_groups_answer();
	cr_assert_eq(fixture.end, FIXTURE_ANSWERED);
}
