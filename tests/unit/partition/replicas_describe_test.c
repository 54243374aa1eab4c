/* DescribeLogDirs, as Kafka 3.9 answers it. */
#include <criterion/criterion.h>
#include <stdio.h>

#include "tests/unit/partition/depot.h"
#include "wire/kafka_error.h"

typedef struct describe_log_dirs_request_describable_log_dir_topic asked_topic;

static struct depot depot;
static struct describe_log_dirs_request request;
static struct describe_log_dirs_response response;

/* Partitions 0 and 2 in /a, 1 in /b. */
static void
set_up(void)
{
	depot_init(&depot, 21, "");
	depot.machine.disk->capacity = 1 << 30;
	depot_start(&depot);
	for (int i = 0; i < 3; i++)
		cr_assert_eq(depot_lead(&depot, "orders", i, 1), KAFKA_ERROR_NONE);
	request = describe_log_dirs_request_defaults;
	request.topics.count = -1;
}

static void
tear_down(void)
{
	depot_fini(&depot);
}

TestSuite(replicas_describe, .init = set_up, .fini = tear_down);

static void
describe(void)
{
	depot.is_answered = false;
	depot_enter(&depot);
	replicas_describe_log_dirs(depot.replicas, &request, &depot.arena, &response,
	    depot_answered, &depot);
	depot_leave(&depot);
	depot_wait(&depot, &depot.is_answered);
}

/* "DIR CODE: TOPIC PARTITION/SIZE/LAG, ...; ..." */
static const char *
described(void)
{
	static char text[1000];
	size_t used = 0;

	text[0] = '\0';
	describe();
	for (int32_t i = 0; i < response.results.count; i++) {
		const struct describe_log_dirs_response_describe_log_dirs_result *dir =
		    &response.results.items[i];

		used += (size_t)snprintf(text + used, sizeof(text) - used, "%.*s %d:",
		    (int)dir->log_dir.size, (const char *)dir->log_dir.bytes, dir->error_code);
		for (int32_t j = 0; j < dir->topics.count; j++) {
			used += (size_t)snprintf(text + used, sizeof(text) - used, " %.*s",
			    (int)dir->topics.items[j].name.size,
			    (const char *)dir->topics.items[j].name.bytes);
			for (int32_t k = 0; k < dir->topics.items[j].partitions.count; k++) {
				const struct describe_log_dirs_response_describe_log_dirs_partition *at =
				    &dir->topics.items[j].partitions.items[k];

				used += (size_t)snprintf(text + used, sizeof(text) - used,
				    " %d/%lld/%lld%s", at->partition_index,
				    (long long)at->partition_size, (long long)at->offset_lag,
				    at->is_future_key ? "/future" : "");
			}
		}
		used += (size_t)snprintf(text + used, sizeof(text) - used, "\n");
	}
	return text;
}

Test(replicas_describe, all_are_told_in_their_dirs_with_their_sizes)
{
	char expected[200];

	cr_assert_eq(depot_append(&depot, "orders", 0, 3, 100), PARTITION_OK);
	cr_assert_eq(depot_lead(&depot, "bills", 0, 1), KAFKA_ERROR_NONE);
	snprintf(expected, sizeof(expected), "/a 0: orders 0/%lld/0 2/0/0\n"
	    "/b 0: bills 0/0/0 orders 1/0/0\n",
	    (long long)log_size(depot_replica(&depot, "orders", 0)->stored->log));
	cr_expect_gt(log_size(depot_replica(&depot, "orders", 0)->stored->log), 300);
	cr_expect_str_eq(described(), expected);
}

Test(replicas_describe, tells_the_bytes_of_the_disk)
{
	struct disk_space space;

	describe();
	cr_assert_eq(disk_space(depot.disk, "/a", &space), ERROR_NONE);
	cr_expect_eq(response.error_code, KAFKA_ERROR_NONE);
	cr_expect_eq(response.results.items[0].total_bytes, space.total);
	cr_expect_eq(response.results.items[0].usable_bytes, space.free);
}

Test(replicas_describe, what_is_named_is_told_once)
{
	int32_t indexes[] = { 1, 0, 0, 7, -1 };
	asked_topic topics[] = {
		{ .topic = slice_of_text("orders"), .partitions = { indexes, 5 } },
		{ .topic = slice_of_text("nowhere"), .partitions = { indexes, 1 } },
		{ .topic = slice_of_text("orders"), .partitions = { indexes, 1 } },
	};

	request.topics.items = topics;
	request.topics.count = 3;
	cr_expect_str_eq(described(), "/a 0: orders 0/0/0\n/b 0: orders 1/0/0\n");
	request.topics.count = 0;
	cr_expect_str_eq(described(), "/a 0:\n/b 0:\n");
}

Test(replicas_describe, a_dir_that_has_failed_says_so)
{
	depot_enter(&depot);
	replicas_fail_dir(depot.replicas, depot_dir(&depot, 0), ERROR_IO);
	depot_leave(&depot);
	cr_expect_str_eq(described(), "/a 56:\n/b 0: orders 1/0/0\n");
	cr_expect_eq(response.results.items[0].total_bytes, -1);
	cr_expect_eq(response.results.items[0].usable_bytes, -1);
}

Test(replicas_describe, sizes_are_known_after_a_start)
{
	struct log *log = depot_replica(&depot, "orders", 0)->stored->log;

	cr_assert_eq(depot_append(&depot, "orders", 0, 3, 100), PARTITION_OK);
	cr_expect_eq(log_published(log).size, log_size(log));
	cr_expect_eq(log_published(log).end_offset, 3);
	depot_stop(&depot);
	depot_start(&depot);
	log = depot_replica(&depot, "orders", 0)->stored->log;
	cr_expect_gt(log_size(log), 300);
	cr_expect_eq(log_published(log).size, log_size(log));
	cr_expect_eq(log_published(log).end_offset, 3);
}

Test(replicas_describe, nothing_is_told_while_replicas_stop)
{
	depot_enter(&depot);
	depot.replicas->stopping = true;
	depot_leave(&depot);
	describe();
	cr_expect_eq(response.error_code, KAFKA_ERROR_UNKNOWN_SERVER_ERROR);
	cr_expect_eq(response.results.count, 0);
	depot.replicas->stopping = false;
}
