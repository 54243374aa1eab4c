#include "partition/replicas_ends.h"

#include <criterion/criterion.h>

#include "tests/unit/partition/depot.h"
#include "wire/kafka_error.h"

static struct depot depot;
static struct list_offsets_request request;
static struct list_offsets_request_list_offsets_topic topic;
static struct list_offsets_request_list_offsets_partition asked[2];
static struct list_offsets_response response;
static bool is_done;

static void
set_up(void)
{
	depot_init(&depot, 7, "");
	depot_start(&depot);
}

static void
tear_down(void)
{
	depot_fini(&depot);
}

TestSuite(replicas_ends, .init = set_up, .fini = tear_down);

static void
done(void *context)
{
	*(bool *)context = true;
}

/* Of orders-0 and orders-1. */
static const struct list_offsets_response_list_offsets_partition_response *
ask(void)
{
	request = list_offsets_request_defaults;
	topic = list_offsets_request_list_offsets_topic_defaults;
	topic.name = slice_of_text("orders");
	for (int32_t i = 0; i < 2; i++) {
		asked[i] = list_offsets_request_list_offsets_partition_defaults;
		asked[i].partition_index = i;
	}
	topic.partitions.items = asked;
	topic.partitions.count = 2;
	request.topics.items = &topic;
	request.topics.count = 1;
	response = list_offsets_response_defaults;
	is_done = false;
	depot_enter(&depot);
	replicas_log_ends(depot.replicas, &request, &depot.arena, &response, done, &is_done);
	depot_leave(&depot);
	depot_wait(&depot, &is_done);
	cr_assert_eq(response.topics.count, 1);
	cr_assert_eq(response.topics.items[0].partitions.count, 2);
	return response.topics.items[0].partitions.items;
}

Test(replicas_ends, tell_where_logs_end_whoever_leads)
{
	const struct list_offsets_response_list_offsets_partition_response *said;

	cr_assert_eq(depot_lead(&depot, "orders", 0, 4), KAFKA_ERROR_NONE);
	cr_assert_eq(depot_append(&depot, "orders", 0, 3, 10), PARTITION_OK);
	depot_stop(&depot);
	depot_start(&depot);
	said = ask();
	cr_expect_eq(said[0].error_code, KAFKA_ERROR_NONE);
	cr_expect_eq(said[0].offset, 3);
	cr_expect_eq(said[0].leader_epoch, 4);
	cr_expect_eq(said[1].partition_index, 1);
	cr_expect_eq(said[1].error_code, KAFKA_ERROR_NOT_LEADER_OR_FOLLOWER);
}

Test(replicas_ends, do_not_know_what_lies_in_a_failed_dir)
{
	cr_assert_eq(depot_lead(&depot, "orders", 0, 4), KAFKA_ERROR_NONE);
	depot_enter(&depot);
	replicas_fail_dir(depot.replicas, depot_dir(&depot, 0), ERROR_IO);
	depot_leave(&depot);
	depot_run(&depot, DEPOT_SECOND_US);
	cr_expect_eq(ask()[0].error_code, KAFKA_ERROR_KAFKA_STORAGE_ERROR);
	cr_expect_eq(ask()[1].error_code, KAFKA_ERROR_KAFKA_STORAGE_ERROR);
}

/* --------------------------------------------------------------- prefixes */

/* Of orders-0: whether it has all of a log that ends there. */
static const struct fetch_response_partition_data *
ask_prefix(int32_t last_epoch, int64_t end_offset)
{
	static struct fetch_response fetched;
	struct fetch_request_fetch_partition of = fetch_request_fetch_partition_defaults;
	struct fetch_request_fetch_topic fetch = fetch_request_fetch_topic_defaults;
	struct fetch_request asking = fetch_request_defaults;

	of.fetch_offset = end_offset;
	of.last_fetched_epoch = last_epoch;
	fetch.topic = slice_of_text("orders");
	fetch.partitions.items = &of;
	fetch.partitions.count = 1;
	asking.topics.items = &fetch;
	asking.topics.count = 1;
	fetched = fetch_response_defaults;
	is_done = false;
	depot_enter(&depot);
	replicas_log_prefixes(depot.replicas, &asking, &depot.arena, &fetched, done, &is_done);
	depot_leave(&depot);
	depot_wait(&depot, &is_done);
	cr_assert_eq(fetched.responses.count, 1);
	cr_assert_eq(fetched.responses.items[0].partitions.count, 1);
	return fetched.responses.items[0].partitions.items;
}

/* Of epoch 4 offsets 0 to 2, of 6 those from 3 on. */
Test(replicas_ends, tell_whether_a_log_that_ends_there_is_a_prefix_of_theirs)
{
	const struct fetch_response_partition_data *said;

	cr_assert_eq(depot_lead(&depot, "orders", 0, 4), KAFKA_ERROR_NONE);
	cr_assert_eq(depot_append(&depot, "orders", 0, 3, 10), PARTITION_OK);
	cr_assert_eq(depot_lead(&depot, "orders", 0, 6), KAFKA_ERROR_NONE);
	cr_assert_eq(depot_append(&depot, "orders", 0, 3, 10), PARTITION_OK);
	depot_stop(&depot);
	depot_start(&depot);
	said = ask_prefix(4, 3);
	cr_expect(said->error_code == KAFKA_ERROR_NONE && said->diverging_epoch.epoch < 0);
	said = ask_prefix(4, 4);
	cr_expect(said->error_code == KAFKA_ERROR_NONE && said->diverging_epoch.epoch == 4 &&
	    said->diverging_epoch.end_offset == 3);
	said = ask_prefix(5, 3);
	cr_expect(said->error_code == KAFKA_ERROR_NONE && said->diverging_epoch.epoch == 4);
	said = ask_prefix(6, 6);
	cr_expect(said->error_code == KAFKA_ERROR_NONE && said->diverging_epoch.epoch < 0);
	said = ask_prefix(7, 6);
	cr_expect_eq(said->error_code, KAFKA_ERROR_OFFSET_OUT_OF_RANGE);
}

Test(replicas_ends, know_nothing_of_prefixes_in_a_failed_dir)
{
	cr_assert_eq(depot_lead(&depot, "orders", 0, 4), KAFKA_ERROR_NONE);
	depot_enter(&depot);
	replicas_fail_dir(depot.replicas, depot_dir(&depot, 0), ERROR_IO);
	depot_leave(&depot);
	depot_run(&depot, DEPOT_SECOND_US);
	cr_expect_eq(ask_prefix(4, 1)->error_code, KAFKA_ERROR_KAFKA_STORAGE_ERROR);
}
