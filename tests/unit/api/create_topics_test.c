#include "fixture.h"

typedef struct create_topics_request_creatable_topic asked_topic;
typedef struct create_topics_response_creatable_topic_result result;

enum { LAST_VERSION = 7 };

static struct create_topics_request body;

static void
setup(void)
{
	fixture_init();
	body = create_topics_request_defaults;
	body.topics.items = fixture_array(8, sizeof(*body.topics.items));
	body.topics.count = 0;
}

TestSuite(create_topics, .init = setup, .fini = fixture_fini);

static void
ask_for(const char *name)
{
	asked_topic *topic = &body.topics.items[body.topics.count++];

	*topic = create_topics_request_creatable_topic_defaults;
	topic->name = slice_of_text(name);
	topic->num_partitions = 3;
	topic->replication_factor = 1;
}

/* The controller makes all that it is asked for, but refuses "refused". */
static void
handle(int16_t version)
{
	fixture_handle(api_create_topics, API_KEY_CREATE_TOPICS, version, &body);
	cr_assert_eq(fixture.controller_call->type, CONTROLLER_CREATE_TOPICS);
	const struct create_topics_request *question = fixture.controller_call->request;
	struct create_topics_response *response = fixture.controller_call->response;
	response->topics.items =
	    fixture_array((size_t)question->topics.count, sizeof(*response->topics.items));
	response->topics.count = question->topics.count;
	for (int32_t i = 0; i < question->topics.count; i++) {
		result *it = &response->topics.items[i];
		*it = create_topics_response_creatable_topic_result_defaults;
		it->name = question->topics.items[i].name;
		it->topic_id = fixture_topic_id("any");
		it->num_partitions = 3;
		it->replication_factor = 1;
		it->error_message = slice_null();
		if (slice_equal_text(it->name, "refused")) {
			it->error_code = KAFKA_ERROR_TOPIC_ALREADY_EXISTS;
			it->error_message = slice_of_text("it exists");
		}
	}
	fixture_controller_answers();
	cr_assert_eq(fixture.end, FIXTURE_ANSWERED);
}

static const result *
result_at(int32_t at)
{
	const struct create_topics_response *response = fixture.answer;

	cr_assert_lt(at, response->topics.count);
	return &response->topics.items[at];
}

Test(create_topics, tells_what_the_controller_answers_in_every_version)
{
	ask_for("new");
	ask_for("refused");
	for (int16_t version = 0; version <= LAST_VERSION; version++) {
		handle(version);
		cr_expect_slice(result_at(0)->name, "new");
		cr_expect_eq(result_at(0)->error_code, KAFKA_ERROR_NONE);
		cr_expect_eq(result_at(0)->num_partitions, version >= 5 ? 3 : -1);
		cr_expect_eq(uuid_is_zero(result_at(0)->topic_id), version < 7);
		cr_expect_eq(result_at(1)->error_code, KAFKA_ERROR_TOPIC_ALREADY_EXISTS);
		cr_expect_slice(result_at(1)->error_message, version >= 1 ? "it exists" : "");
	}
}

Test(create_topics, the_controller_gets_the_request_as_it_came)
{
	ask_for("new");
	body.timeout_ms = 1234;
	body.validate_only = true;
	fixture_handle(api_create_topics, API_KEY_CREATE_TOPICS, 4, &body);
	const struct create_topics_request *question = fixture.controller_call->request;
	cr_expect_eq(fixture.controller_call->version, 4);
	cr_expect_eq(question->timeout_ms, 1234);
	cr_expect(question->validate_only);
	cr_expect_eq(question->topics.items[0].num_partitions, 3);
}

Test(create_topics, a_topic_that_stands_twice_in_a_request_is_not_made)
{
	ask_for("twice");
	ask_for("new");
	ask_for("twice");
	handle(7);
	cr_expect_eq(result_at(0)->error_code, KAFKA_ERROR_INVALID_REQUEST);
	cr_expect_gt(result_at(0)->error_message.size, 0);
	cr_expect_eq(result_at(1)->error_code, KAFKA_ERROR_NONE);
	cr_expect_slice(result_at(1)->name, "new");
	cr_expect_eq(result_at(2)->error_code, KAFKA_ERROR_INVALID_REQUEST);
}

Test(create_topics, the_name_of_krafts_own_topic_is_refused)
{
	ask_for("__cluster_metadata");
	handle(7);
	cr_expect_eq(result_at(0)->error_code, KAFKA_ERROR_INVALID_REQUEST);
}

Test(create_topics, what_the_controller_leaves_out_is_an_error)
{
	ask_for("new");
	fixture_handle(api_create_topics, API_KEY_CREATE_TOPICS, 7, &body);
	fixture_controller_answers();
	cr_expect_eq(result_at(0)->error_code, KAFKA_ERROR_UNKNOWN_SERVER_ERROR);
}

Test(create_topics, an_empty_request_has_an_empty_answer)
{
	handle(7);
	cr_expect_eq(((const struct create_topics_response *)fixture.answer)->topics.count, 0);
}
