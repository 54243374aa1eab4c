#include "klammd/auto_creation.h"

#include <criterion/criterion.h>

#include "../config/given.h"
#include "../world/fake_loop.h"
#include "wire/kafka_error.h"

enum { CALLS_MAX = 4, NAMES_MAX = 3 };

typedef struct create_topics_request_creatable_topic asked_topic;
typedef struct create_topics_response_creatable_topic_result result;

struct client_call {
	struct controller_call call;
	struct create_topics_request question;
	struct create_topics_response answer;
	asked_topic topics[NAMES_MAX];
	bool answered;
};

static struct given given;
static struct fake_loop control, data;
static struct world world;
static struct arena arena;
static struct auto_creation creation;
static struct client_call calls[CALLS_MAX];
static int call_count;
/* Nobody looks inside. */
static int controller_there, link_there;
#define CONTROLLER ((struct controller *)(void *)&controller_there)
#define LINK ((struct controller_link *)(void *)&link_there)

static bool is_active;
static struct controller_call *asked_here;
static struct controller_link_request *asked_there[CALLS_MAX];
static int there_count;

/* Instead of src/controller's. */
bool
controller_is_active(const struct controller *controller)
{
	cr_assert_eq(controller, CONTROLLER);
	return is_active;
}

void
controller_ask(struct controller *controller, struct controller_call *call)
{
	cr_assert_eq(controller, CONTROLLER);
	cr_assert_null(call->work);
	asked_here = call;
}

/* Instead of controller_link.c's. */
void
controller_link_ask(struct controller_link *link, struct controller_link_request *request)
{
	cr_assert_eq(link, LINK);
	cr_assert_eq(request->key, API_KEY_CREATE_TOPICS);
	asked_there[there_count++] = request;
}

static void
sink(struct logger *logger, enum logger_level level, const char *line)
{
	(void)logger;
	(void)level;
	(void)line;
}

static void
fill(struct entropy *entropy, void *bytes, size_t size)
{
	(void)entropy;
	memset(bytes, 7, size);
}

static void
set_up(void)
{
	static struct logger logger = { LOGGER_ERROR, sink };
	static struct entropy entropy = { fill };

	given_init(&given);
	given_set(&given, "num.partitions=5\ndefault.replication.factor=2\n"
	    "offsets.topic.num.partitions=7\noffsets.topic.segment.bytes=12345");
	cr_assert_not_null(given.config, "%s", given_print(&given));
	fake_loop_init(&control, LOOP_CONTROL);
	fake_loop_init(&data, LOOP_DATA);
	world = (struct world){ .control = &control.loop, .clock = &control.clock,
		.logger = &logger, .entropy = &entropy };
	arena_init(&arena, SIZE_MAX);
	memset(calls, 0, sizeof(calls));
	call_count = there_count = 0;
	asked_here = NULL;
	is_active = false;
	auto_creation_init(&creation, &world, given.config, CONTROLLER, LINK);
}

static void
tear_down(void)
{
	auto_creation_fini(&creation);
	arena_fini(&arena);
	loop_fini(&control.loop);
	loop_fini(&data.loop);
	given_fini(&given);
}

TestSuite(auto_creation, .init = set_up, .fini = tear_down);

static void
run(void)
{
	while (fake_loop_run(&control) + fake_loop_run(&data) > 0)
		continue;
}

static void
done(struct controller_call *call)
{
	struct client_call *it = container_of(call, struct client_call, call);

	cr_assert_eq(loop_current(), &data.loop);
	cr_assert_not(it->answered);
	it->answered = true;
}

static struct client_call *
want(const char *first, const char *second)
{
	struct client_call *it = &calls[call_count++];

	it->question = create_topics_request_defaults;
	it->answer = create_topics_response_defaults;
	it->question.topics.items = it->topics;
	for (int i = 0; i < 2; i++) {
		const char *name = i == 0 ? first : second;

		if (name == NULL)
			continue;
		it->topics[i] = create_topics_request_creatable_topic_defaults;
		it->topics[i].name = slice_of_text(name);
		it->topics[i].num_partitions = it->topics[i].replication_factor = -1;
		it->question.topics.count++;
	}
	it->call = (struct controller_call){ .type = CONTROLLER_AUTO_CREATE,
		.request = &it->question, .response = &it->answer, .arena = &arena,
		.loop = &data.loop, .done = done };
	loop_enter(&data.loop);
	creation.creator.create(&creation.creator, &it->call);
	loop_leave(&data.loop);
	run();
	return it;
}

static const asked_topic *
asked_at(int number, int at)
{
	const struct create_topics_request *body = asked_there[number]->body;

	cr_assert_lt(at, body->topics.count);
	return &body->topics.items[at];
}

static void
answer_there(int number, const char *name, int16_t code)
{
	result it = create_topics_response_creatable_topic_result_defaults;
	struct create_topics_response response = create_topics_response_defaults;

	it.name = slice_of_text(name);
	it.error_code = code;
	response.topics.items = &it;
	response.topics.count = 1;
	loop_enter(&control.loop);
	asked_there[number]->done(asked_there[number], ERROR_NONE, &response);
	loop_leave(&control.loop);
	run();
}

static void
fail_there(int number)
{
	loop_enter(&control.loop);
	asked_there[number]->done(asked_there[number], ERROR_TIMED_OUT, NULL);
	loop_leave(&control.loop);
	run();
}

/* -1: nothing is said of it. */
static int
code_of(const struct client_call *it, const char *name)
{
	for (int32_t i = 0; i < it->answer.topics.count; i++)
		if (slice_equal_text(it->answer.topics.items[i].name, name))
			return it->answer.topics.items[i].error_code;
	return -1;
}

Test(auto_creation, is_the_controllers_of_this_broker_where_it_is_active)
{
	struct client_call *it;

	is_active = true;
	it = want("orders", NULL);
	cr_expect_eq(asked_here, &it->call);
	cr_expect_eq(there_count, 0);
}

Test(auto_creation, asks_another_broker_with_the_numbers_of_this_one)
{
	struct client_call *it = want("orders", "payments");
	const struct create_topics_request *body;

	cr_assert_eq(there_count, 1);
	body = asked_there[0]->body;
	cr_expect(body->topics.count == 2 && !body->validate_only);
	cr_expect(slice_equal_text(asked_at(0, 1)->name, "payments"));
	cr_expect_eq(asked_at(0, 0)->num_partitions, 5);
	cr_expect_eq(asked_at(0, 0)->replication_factor, 2);
	cr_expect_eq(asked_at(0, 0)->configs.count, 0);
	cr_expect_gt(asked_there[0]->deadline_us, control.now_us);
	answer_there(0, "payments", KAFKA_ERROR_INVALID_REPLICATION_FACTOR);
	cr_expect(it->answered);
	cr_expect_eq(code_of(it, "payments"), KAFKA_ERROR_INVALID_REPLICATION_FACTOR);
	cr_expect_eq(code_of(it, "orders"), KAFKA_ERROR_UNKNOWN_TOPIC_OR_PARTITION);
}

Test(auto_creation, gives_the_offsets_topic_what_it_needs)
{
	const asked_topic *topic;

	(void)want("__consumer_offsets", NULL);
	topic = asked_at(0, 0);
	cr_expect_eq(topic->num_partitions, 7);
	cr_expect_eq(topic->replication_factor, 3);
	cr_assert_eq(topic->configs.count, 3);
	cr_expect(slice_equal_text(topic->configs.items[1].name, "cleanup.policy"));
	cr_expect(slice_equal_text(topic->configs.items[1].value, "compact"));
	cr_expect(slice_equal_text(topic->configs.items[2].name, "segment.bytes"));
	cr_expect(slice_equal_text(topic->configs.items[2].value, "12345"));
	answer_there(0, "__consumer_offsets", KAFKA_ERROR_NONE);
}

Test(auto_creation, does_not_ask_twice_for_one_name_at_a_time)
{
	struct client_call *first = want("orders", NULL);
	struct client_call *second = want("orders", NULL);
	struct client_call *third = want("orders", "payments");

	cr_expect(!first->answered && second->answered && !third->answered);
	cr_expect_eq(code_of(second, "orders"), KAFKA_ERROR_TOPIC_ALREADY_EXISTS);
	cr_assert_eq(there_count, 2);
	cr_expect(slice_equal_text(asked_at(1, 0)->name, "payments"));
	answer_there(0, "orders", KAFKA_ERROR_NONE);
	answer_there(1, "payments", KAFKA_ERROR_NONE);
	cr_expect(first->answered && third->answered);
	(void)want("orders", NULL);
	cr_assert_eq(there_count, 3);
	fail_there(2);
}

Test(auto_creation, knows_nothing_of_what_no_controller_has_answered)
{
	struct client_call *it = want("orders", NULL);

	fail_there(0);
	cr_expect(it->answered);
	cr_expect_eq(code_of(it, "orders"), KAFKA_ERROR_UNKNOWN_TOPIC_OR_PARTITION);
}

/* What other brokers answer is not trusted. */
Test(auto_creation, takes_no_result_of_what_was_not_asked)
{
	struct client_call *it = want("orders", NULL);

	answer_there(0, "others", KAFKA_ERROR_NONE);
	cr_expect(it->answered);
	cr_assert_eq(it->answer.topics.count, 1);
	cr_expect_eq(code_of(it, "orders"), KAFKA_ERROR_UNKNOWN_TOPIC_OR_PARTITION);
}

Test(auto_creation, asks_nobody_else_when_it_is_closed)
{
	struct client_call *it;

	auto_creation_close(&creation);
	it = want("orders", NULL);
	cr_expect_eq(asked_here, &it->call); /* which refuses it */
	cr_expect_eq(there_count, 0);
}
