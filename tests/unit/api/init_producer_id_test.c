#include "fixture.h"

enum { LAST_VERSION = 5 };

static struct init_producer_id_request body;
static struct producer_id_request *asked;

/* Instead of src/cluster's: the test gives the ids. */
void
producer_ids_ask(struct producer_ids *ids, struct producer_id_request *request)
{
	cr_assert_eq(ids, fixture.services.producer_ids);
	cr_assert_eq(request->loop, &fixture.data.loop);
	asked = request;
}

static void
setup(void)
{
	fixture_init();
	fixture.services.producer_ids = fixture_array(1, 1);
	body = init_producer_id_request_defaults;
	body.transactional_id = slice_null();
	body.transaction_timeout_ms = 1000;
	asked = NULL;
}

TestSuite(init_producer_id, .init = setup, .fini = fixture_fini);

static void
handle(int16_t version)
{
	fixture_handle(api_init_producer_id, API_KEY_INIT_PRODUCER_ID, version, &body);
}

static void
give(int64_t id)
{
	cr_assert_not_null(asked);
	asked->id = id;
	loop_enter(&fixture.data.loop);
	asked->given(asked);
	loop_leave(&fixture.data.loop);
}

static const struct init_producer_id_response *
answer(void)
{
	const struct init_producer_id_response *response = fixture.answer;

	cr_assert_eq(fixture.end, FIXTURE_ANSWERED);
	cr_assert_eq(response->throttle_time_ms, 0);
	return response;
}

Test(init_producer_id, gives_an_id_with_epoch_0)
{
	for (int16_t version = 0; version <= LAST_VERSION; version++) {
		handle(version);
		cr_assert_eq(fixture.end, FIXTURE_NO_END);
		give(4000 + version);
		cr_assert_eq(answer()->error_code, KAFKA_ERROR_NONE);
		cr_assert_eq(answer()->producer_id, 4000 + version);
		cr_assert_eq(answer()->producer_epoch, 0);
	}
}

Test(init_producer_id, takes_0_for_an_id)
{
	handle(4);
	give(0);
	cr_assert_eq(answer()->error_code, KAFKA_ERROR_NONE);
	cr_assert_eq(answer()->producer_id, 0);
}

static void
expect_refused(int16_t code)
{
	cr_assert_eq(answer()->error_code, code);
	cr_assert_eq(answer()->producer_id, -1);
	cr_assert_eq(answer()->producer_epoch, -1);
}

Test(init_producer_id, is_to_be_asked_again_when_there_is_none)
{
	for (int16_t version = 0; version <= LAST_VERSION; version++) {
		handle(version);
		give(-1);
		expect_refused(KAFKA_ERROR_COORDINATOR_LOAD_IN_PROGRESS);
	}
}

Test(init_producer_id, of_a_transaction_is_refused_for_good)
{
	static const char *const ids[] = { "mine", "" };

	for (size_t i = 0; i < ARRAY_LENGTH(ids); i++)
		for (int16_t version = 0; version <= LAST_VERSION; version++) {
			body.transactional_id = fixture_text(ids[i]);
			handle(version);
			expect_refused(KAFKA_ERROR_INVALID_REQUEST);
		}
	cr_assert_null(asked);
}

/* KIP-360: who has both gets another id too, as long as there is no transaction. */
Test(init_producer_id, wants_both_of_id_and_epoch_or_none)
{
	for (int16_t version = 3; version <= LAST_VERSION; version++) {
		asked = NULL;
		body.producer_id = 7;
		body.producer_epoch = -1;
		handle(version);
		expect_refused(KAFKA_ERROR_INVALID_REQUEST);
		body.producer_id = -1;
		body.producer_epoch = 7;
		handle(version);
		expect_refused(KAFKA_ERROR_INVALID_REQUEST);
		cr_assert_null(asked);
		body.producer_id = 7;
		handle(version);
		give(9);
		cr_assert_eq(answer()->producer_id, 9);
		cr_assert_eq(answer()->producer_epoch, 0);
	}
}
