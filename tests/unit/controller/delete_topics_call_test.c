/* DELETE_TOPICS, as clients see it; what becomes of the topics is deletion_test.c. */
#include <criterion/criterion.h>

#include "controller/call_job.h"
#include "town.h"

static struct town_fixture it;
static struct town_call call;

static void
set_up(void)
{
	town_begin(&it, 1, NULL);
	cr_assert_eq(town_create(&it, "a", 1, 1), KAFKA_ERROR_NONE);
	cr_assert_eq(town_create(&it, "b", 1, 1), KAFKA_ERROR_NONE);
	town_call_init(&call, CONTROLLER_DELETE_TOPICS, 6);
}

static void
tear_down(void)
{
	town_call_fini(&call);
	town_end(&it);
}

TestSuite(delete_topics_call, .init = set_up, .fini = tear_down);

static struct uuid
id_of(const char *topic)
{
	char path[64];
	struct uuid id;

	snprintf(path, sizeof(path), "/brokers/topics/%s", topic);
	cr_assert_eq(uuid_parse(slice_of(strstr(town_node(&it.town, path), "topic_id\":\"") + 11,
	    UUID_TEXT_SIZE), &id), ERROR_NONE);
	return id;
}

static void
add(const char *name, struct uuid id)
{
	struct delete_topics_request *request = &call.request.delete;

	if (request->topics.items == NULL) {
		request->topics.items = arena_array(&call.arena, TOWN_TOPICS_MAX,
		    sizeof(request->topics.items[0]));
		request->topics.count = 0;
	}
	request->topics.items[request->topics.count++] =
	    (struct delete_topics_request_delete_topic_state){ slice_of_text(name), id };
}

static const struct delete_topics_response_deletable_topic_result *
result(int32_t index)
{
	return &call.response.delete.responses.items[index];
}

Test(delete_topics_call, finds_topics_by_name_and_by_id)
{
	struct uuid none = { { 0 } }, unknown = { { 7 } }, b = id_of("b");

	add("a", none);
	add(NULL, b);
	add("nothing", none);
	add(NULL, unknown);
	add("a", b);
	add("a", none);
	town_ask_and_wait(&it, &call, 10 * TOWN_SECOND_US);
	cr_assert_eq(call.response.delete.responses.count, 6);
	cr_expect_eq(result(0)->error_code, KAFKA_ERROR_NONE);
	cr_expect_not(uuid_is_zero(result(0)->topic_id));
	cr_expect_eq(result(1)->error_code, KAFKA_ERROR_NONE);
	cr_expect_str_eq(town_text(result(1)->name), "b");
	cr_expect_eq(result(2)->error_code, KAFKA_ERROR_UNKNOWN_TOPIC_OR_PARTITION);
	cr_expect_eq(result(3)->error_code, KAFKA_ERROR_UNKNOWN_TOPIC_ID);
	cr_expect(slice_is_null(result(3)->name));
	cr_expect_eq(result(4)->error_code, KAFKA_ERROR_INVALID_REQUEST);
	cr_expect_eq(result(5)->error_code, KAFKA_ERROR_NONE);
	cr_expect_null(town_node(&it.town, "/brokers/topics/a"));
	cr_expect_null(town_node(&it.town, "/brokers/topics/b"));
}

Test(delete_topics_call, answers_at_once_when_there_is_no_time)
{
	add("a", (struct uuid){ { 0 } });
	call.request.delete.timeout_ms = 0;
	town_ask_and_wait(&it, &call, TOWN_SECOND_US);
	cr_assert_eq(result(0)->error_code, KAFKA_ERROR_REQUEST_TIMED_OUT);
	town_run(&it, TOWN_SECOND_US);
	cr_assert_null(town_node(&it.town, "/brokers/topics/a"));
}

Test(delete_topics_call, of_nothing_is_answered_with_nothing)
{
	town_ask_and_wait(&it, &call, TOWN_SECOND_US);
	cr_assert_eq(call.response.delete.responses.count, 0);
}

Test(delete_topics_call, is_refused_by_others_than_the_controller)
{
	add("a", (struct uuid){ { 0 } });
	town_write(town_leader(&it), ZNODE_OP_DELETE, "/controller", NULL);
	town_ask(town_leader(&it), &call);
	/* the call is older than the news */
	town_run(&it, TOWN_SECOND_US);
	cr_assert(call.is_answered);
	cr_assert(result(0)->error_code == KAFKA_ERROR_NOT_CONTROLLER ||
	    result(0)->error_code == KAFKA_ERROR_NONE);
}
