#include "server.h"
#include "wire/frame.h"

static struct client client;
static struct arena arena;
static struct api_versions_response response;

static void
setup(void)
{
	server_init();
	server_start("", 1);
	client_open(&client, 0);
	arena_init(&arena, SIZE_MAX);
}

static void
teardown(void)
{
	arena_fini(&arena);
	client_close(&client);
	server_fini();
}

TestSuite(api_versions, .init = setup, .fini = teardown);

static void
send_request(int16_t version, const char *name, const char *software_version)
{
	struct request_header header = request_header_defaults;
	struct api_versions_request body = api_versions_request_defaults;
	struct buffer_list list;
	struct frame frame;

	header.request_api_key = API_KEY_API_VERSIONS;
	header.request_api_version = version;
	header.correlation_id = 42;
	header.client_id = slice_of_text("a-client");
	body.client_software_name = slice_of_text(name);
	body.client_software_version = slice_of_text(software_version);
	buffer_list_init(&list);
	cr_assert_eq(request_begin(&list, &header, &frame), ERROR_NONE);
	cr_assert_eq(message_encode(&api_versions_request_type, MIN(version, 4), &body, &list),
	    ERROR_NONE);
	cr_assert_eq(frame_finish(&list, &frame), ERROR_NONE);
	client_send(&client, list.owned.bytes, list.owned.size);
	buffer_list_fini(&list);
}

/* An answer of that version; its header never has tags. */
static void
expect_answer(int16_t version)
{
	struct slice answer;
	struct reader reader;

	cr_assert(client_take(&client, &answer));
	reader_init(&reader, answer);
	cr_assert_eq(reader_int32(&reader), 42);
	cr_assert_eq(message_decode(&api_versions_response_type, version, &reader, &arena,
	    &response), ERROR_NONE);
	cr_assert_eq(reader_remaining(&reader), 0);
}

Test(api_versions, lists_what_the_table_has_in_every_version)
{
	for (int16_t version = 0; version <= 4; version++) {
		send_request(version, "klamm", "0.1.2");
		expect_answer(version);
		cr_assert_eq(response.error_code, KAFKA_ERROR_NONE);
		cr_assert_eq(response.throttle_time_ms, 0);
		cr_assert_eq(response.api_keys.count, (int32_t)api_table_count);
		for (size_t i = 0; i < api_table_count; i++) {
			cr_assert_eq(response.api_keys.items[i].api_key, api_table[i].key);
			cr_assert_eq(response.api_keys.items[i].min_version,
			    api_table[i].first_version);
			cr_assert_eq(response.api_keys.items[i].max_version,
			    api_table[i].last_version);
		}
	}
}

static void
expect_own_versions_alone(void)
{
	expect_answer(0);
	cr_assert_eq(response.error_code, KAFKA_ERROR_UNSUPPORTED_VERSION);
	cr_assert_eq(response.api_keys.count, 1);
	cr_assert_eq(response.api_keys.items[0].api_key, API_KEY_API_VERSIONS);
	cr_assert_eq(response.api_keys.items[0].min_version, 0);
	cr_assert_eq(response.api_keys.items[0].max_version, 4);
}

/* KIP-511. */
Test(api_versions, of_a_version_from_the_future_tells_which_it_has_in_version_0)
{
	send_request(5, "klamm", "0.1.2");
	expect_own_versions_alone();
	send_request(INT16_MAX, "klamm", "0.1.2");
	expect_own_versions_alone();
	send_request(3, "klamm", "0.1.2");
	expect_answer(3);
	cr_assert_eq(response.error_code, KAFKA_ERROR_NONE);
	cr_assert_eq(client.error, ERROR_NONE);
}

Test(api_versions, of_a_version_from_the_future_may_have_any_body)
{
	static const char frame[] = "\0\0\0\x10\0\x12\0\x63\0\0\0\x2a\0\1c\0zzzz";

	client_send(&client, frame, sizeof(frame) - 1);
	expect_own_versions_alone();
}

static void
expect_code(int16_t version, const char *name, const char *software_version, int16_t code)
{
	send_request(version, name, software_version);
	expect_answer(version);
	cr_assert_eq(response.error_code, code, "%s %s in version %d: %d", name, software_version,
	    version, response.error_code);
	if (code != KAFKA_ERROR_NONE)
		cr_assert_leq(response.api_keys.count, 0);
}

Test(api_versions, wants_a_client_with_a_name_and_a_version_from_3_on)
{
	static const char *const wrong[] = { "", "-a", "a-", ".a", "a.", "a b", "a/b", "a_b",
		"\xc3\xa4", "-", "." };
	static const char *const right[] = { "a", "7", "apache-kafka-java", "3.9.1", "a-.b",
		"librdkafka" };

	for (int16_t version = 3; version <= 4; version++) {
		for (size_t i = 0; i < ARRAY_LENGTH(wrong); i++) {
			expect_code(version, wrong[i], "1", KAFKA_ERROR_INVALID_REQUEST);
			expect_code(version, "a", wrong[i], KAFKA_ERROR_INVALID_REQUEST);
		}
		for (size_t i = 0; i < ARRAY_LENGTH(right); i++) {
			expect_code(version, right[i], "1", KAFKA_ERROR_NONE);
			expect_code(version, "a", right[i], KAFKA_ERROR_NONE);
		}
	}
}
