/* What a follower fetches of throttled replicas (KIP-73). */
#include <criterion/criterion.h>

#include "partition/fetcher_private.h"
#include "tests/unit/partition/far_leader.h"
#include "wire/kafka_error.h"

enum { LEADER = 2, EPOCH = 5, COUNT = 2 };

static struct depot depot;
static struct far_leader far;
static struct fetcher *fetcher;
static struct fetcher_partition *handles[COUNT];
static _Atomic(int64_t) broker_epoch;
static struct fetcher_settings settings;
static struct replication_quota quota;
static bool is_closed;

static void
make_replica(int32_t index)
{
	struct depot_order order = { .topic = "orders", .index = index, .leader = LEADER,
		.leader_epoch = EPOCH };

	depot_send_leader_and_isr(&depot, &order, 1);
	cr_assert_eq(depot_code(&depot, "orders", index), KAFKA_ERROR_NONE);
	depot_enter(&depot);
	handles[index] = fetcher_add(fetcher, depot_partition(&depot, "orders", index), EPOCH);
	depot_leave(&depot);
	depot_run(&depot, 1000);
}

/* Partition 0 is throttled, 1 is not. */
static void
set_up(void)
{
	depot_init(&depot, 1, "");
	far_leader_init(&far, &depot);
	depot_start(&depot);
	settings = (struct fetcher_settings){ .wait_max_ms = 500, .min_bytes = 1,
		.partition_max_bytes = 1000, .response_max_bytes = 5000,
		.leader_max_bytes = 5000, .backoff_ms = 1000,
		.timeout_ms = 30000, .largest_answer = 100000, .fetch_version = 17,
		.list_offsets_version = 9 };
	replication_quota_init(&quota, 11, 1);
	replication_quota_set_bound(&quota, 10);
	fetcher = fetcher_new(&(struct fetcher_options){
		.world = &depot.process.world, .loop = depot.process.world.loops[1],
		.links = &far_leader_links, .settings = &settings, .broker_epoch = &broker_epoch,
		.quota = &quota, .broker_id = DEPOT_BROKER, .leader = LEADER, .number = 3,
		.host = "far", .port = 9092, .hash_seed = { 1, 2 } });
	depot.settings->follower_throttled.all = true;
	make_replica(0);
	depot.settings->follower_throttled.all = false;
}

static void
note_closed(void *context UNUSED)
{
	is_closed = true;
}

static void
tear_down(void)
{
	depot_enter(&depot);
	for (int i = 0; i < COUNT; i++)
		if (handles[i] != NULL)
			fetcher_remove(fetcher, handles[i]);
	fetcher_close(fetcher, note_closed, NULL);
	depot_leave(&depot);
	depot_wait(&depot, &is_closed);
	depot_fini(&depot);
	far_leader_fini(&far);
	replication_quota_fini(&quota);
}

TestSuite(fetcher_throttle, .init = set_up, .fini = tear_down);

static bool
is_asked(int32_t index)
{
	return far.links[0].fetch != NULL && far_leader_asked(&far, 0, "orders", index) != NULL;
}

/* So many records of partition 0, of which the leader has more up to there. */
static void
answer(int64_t base_offset, int count, int64_t high_watermark)
{
	far_leader_add(&far, "orders", 0, high_watermark);
	far_leader_add_records(&far, base_offset, count, EPOCH);
	far_leader_send(&far, 0);
	depot_run(&depot, 10000);
}

Test(fetcher_throttle, leaves_out_who_is_not_in_sync_until_the_rate_has_fallen)
{
	cr_assert(is_asked(0));
	answer(0, 2, 9);
	cr_expect_null(far.links[0].fetch, "nobody is left to ask for");
	depot_run(&depot, 1000 * 1000);
	cr_expect_null(far.links[0].fetch);
	depot_run(&depot, 12 * 1000 * 1000);
	cr_expect(is_asked(0));
}

Test(fetcher_throttle, asks_on_for_who_is_in_sync)
{
	answer(0, 2, 2);
	cr_expect(is_asked(0), "it has all that the leader knows to be safe");
}

Test(fetcher_throttle, asks_on_for_others)
{
	make_replica(1);
	answer(0, 2, 9);
	cr_assert(is_asked(1));
	cr_expect_not(is_asked(0));
}

Test(fetcher_throttle, of_no_bound_holds_nobody_back)
{
	replication_quota_set_bound(&quota, REPLICATION_QUOTA_NONE);
	answer(0, 2, 9);
	cr_expect(is_asked(0));
}

Test(fetcher_throttle, ends_soon_after_the_bound_is_lifted)
{
	answer(0, 2, 9);
	cr_assert_null(far.links[0].fetch);
	replication_quota_set_bound(&quota, REPLICATION_QUOTA_NONE);
	depot_run(&depot, 300 * 1000);
	cr_expect(is_asked(0));
}
