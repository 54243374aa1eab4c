#include "api/request_kinds.h"

#include <criterion/criterion.h>

#include "wire/messages.h"

static struct fetch_request fetch;
static struct request request;

static int
kind(int16_t key, int16_t version)
{
	request.key = key;
	request.version = version;
	request.body = &fetch;
	return request_kind(&request);
}

Test(request_kinds, are_keys_but_for_fetches)
{
	fetch = fetch_request_defaults;
	fetch.replica_id = -1;
	cr_expect_eq(kind(API_KEY_PRODUCE, 9), API_KEY_PRODUCE);
	cr_expect_eq(kind(API_KEY_FETCH, 11), REQUEST_KIND_FETCH_CONSUMER);
	fetch.replica_id = 2;
	cr_expect_eq(kind(API_KEY_FETCH, 14), REQUEST_KIND_FETCH_FOLLOWER);
	cr_expect_eq(kind(API_KEY_FETCH, 15), REQUEST_KIND_FETCH_CONSUMER);
	fetch.replica_state.replica_id = 0;
	cr_expect_eq(kind(API_KEY_FETCH, 15), REQUEST_KIND_FETCH_FOLLOWER);
	fetch.replica_state.replica_id = REQUEST_OF_TOOL;
	cr_expect_eq(kind(API_KEY_FETCH, 17), REQUEST_KIND_FETCH_CONSUMER);
}

Test(request_kinds, have_kafkas_names)
{
	cr_expect_str_eq(request_kind_names.request(API_KEY_PRODUCE), "Produce");
	cr_expect_str_eq(request_kind_names.request(REQUEST_KIND_FETCH_FOLLOWER), "FetchFollower");
	cr_expect_str_eq(request_kind_names.request(REQUEST_KIND_FETCH_CONSUMER), "FetchConsumer");
	cr_expect_null(request_kind_names.request(METRICS_REQUEST_KINDS - 3));
	cr_expect_eq(request_kind_names.sum_of(REQUEST_KIND_FETCH_CONSUMER), API_KEY_FETCH);
	cr_expect_eq(request_kind_names.sum_of(API_KEY_PRODUCE), -1);
}

Test(request_kinds, errors_have_kafkas_names_and_room)
{
	cr_expect_str_eq(request_kind_names.error(0), "NONE");
	cr_expect_str_eq(request_kind_names.error(-1), "UNKNOWN_SERVER_ERROR");
	cr_expect_null(request_kind_names.error(KAFKA_ERROR_LAST + 1));
	cr_expect_eq(KAFKA_ERROR_FIRST, METRICS_ERROR_FIRST);
	cr_expect_lt(KAFKA_ERROR_LAST - METRICS_ERROR_FIRST, METRICS_ERRORS);
}

Test(request_kinds, all_that_is_served_has_room)
{
	for (size_t i = 0; i < api_table_count; i++) {
		cr_expect_lt(api_table[i].key, REQUEST_KIND_FETCH_FOLLOWER);
		cr_expect_lt(api_table[i].last_version, METRICS_VERSIONS);
	}
}
