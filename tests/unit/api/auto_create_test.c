#include "api/auto_create.h"

#include "fixture.h"

typedef struct create_topics_response_creatable_topic_result result;

static const struct slice names[] = {
	{ (const uint8_t *)"a", 1 }, { (const uint8_t *)"b", 1 }, { (const uint8_t *)"c", 1 },
};
static int16_t told[3];

static void
done(struct request *request, const int16_t *codes, void *context)
{
	(void)context;
	memcpy(told, codes, sizeof(told));
	request_answer(request);
}

static void
create(struct request *request)
{
	auto_create(request, names, 3, done, NULL);
}

static void
setup(void)
{
	fixture_init();
	fixture_handle(create, API_KEY_METADATA, 12, &metadata_request_defaults);
}

TestSuite(auto_create, .init = setup, .fini = fixture_fini);

/* The results come in another order than the names. */
static void
answer_with(int16_t a, int16_t b)
{
	struct create_topics_response *response = fixture.controller_call->response;
	result *results = fixture_array(2, sizeof(*results));

	results[0] = results[1] = create_topics_response_creatable_topic_result_defaults;
	results[0].name = names[1];
	results[0].error_code = b;
	results[1].name = names[0];
	results[1].error_code = a;
	response->topics.items = results;
	response->topics.count = 2;
	fixture_controller_answers();
	cr_assert_eq(fixture.end, FIXTURE_ANSWERED);
}

Test(auto_create, asks_for_the_brokers_own_counts)
{
	const struct create_topics_request *question = fixture.controller_call->request;

	cr_expect_eq(fixture.controller_call->type, CONTROLLER_AUTO_CREATE);
	cr_assert_eq(question->topics.count, 3);
	for (int i = 0; i < 3; i++) {
		cr_expect(slice_equal(question->topics.items[i].name, names[i]));
		cr_expect_eq(question->topics.items[i].num_partitions, -1);
		cr_expect_eq(question->topics.items[i].replication_factor, -1);
		cr_expect_eq(question->topics.items[i].assignments.count, 0);
	}
}

Test(auto_create, a_topic_that_is_being_made_has_no_leader_yet)
{
	answer_with(KAFKA_ERROR_NONE, KAFKA_ERROR_TOPIC_ALREADY_EXISTS);
	cr_expect_eq(told[0], KAFKA_ERROR_LEADER_NOT_AVAILABLE);
	cr_expect_eq(told[1], KAFKA_ERROR_LEADER_NOT_AVAILABLE);
}

Test(auto_create, tells_the_controllers_refusal)
{
	answer_with(KAFKA_ERROR_INVALID_REPLICATION_FACTOR, KAFKA_ERROR_REQUEST_TIMED_OUT);
	cr_expect_eq(told[0], KAFKA_ERROR_INVALID_REPLICATION_FACTOR);
	cr_expect_eq(told[1], KAFKA_ERROR_LEADER_NOT_AVAILABLE);
}

Test(auto_create, who_is_not_controller_knows_nothing_of_the_topic)
{
	answer_with(KAFKA_ERROR_NOT_CONTROLLER, KAFKA_ERROR_UNKNOWN_TOPIC_OR_PARTITION);
	cr_expect_eq(told[0], KAFKA_ERROR_UNKNOWN_TOPIC_OR_PARTITION);
	cr_expect_eq(told[1], KAFKA_ERROR_UNKNOWN_TOPIC_OR_PARTITION);
	cr_expect_eq(told[2], KAFKA_ERROR_UNKNOWN_TOPIC_OR_PARTITION);
}
