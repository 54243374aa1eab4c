/* Consumers that read from replicas that follow (KIP-392). */
#include <criterion/criterion.h>

#include "partition/partition_follow.h"
#include "tests/unit/partition/yard.h"
#include "wire/batch.h"

enum { LEADER = 2, EPOCH = 7 };

static struct yard yard;
static struct yard_fetch fetches[4];
static int answers;

static void
set_up(void)
{
	yard_init(&yard);
	yard_open(&yard);
}

static void
tear_down(void)
{
	yard_fini(&yard);
}

TestSuite(partition_nearest, .init = set_up, .fini = tear_down);

/* By a consumer, which may be sent to one of the brokers; `nearer` ends with -1. */
static void
fetch(int number, int64_t offset, bool waits, const int32_t *nearer)
{
	yard_prepare_fetch(&yard, &fetches[number], offset);
	fetches[number].fetch.any_replica = true;
	fetches[number].fetch.wait = waits;
	fetches[number].fetch.nearer = nearer;
	for (size_t i = 0; nearer != NULL && nearer[i] >= 0; i++)
		fetches[number].fetch.nearer_count++;
	yard_give_fetch(&fetches[number], 0);
	yard_run(&yard);
}

/* ------------------------------------------------------------- at the leader */

static void
produce(int records)
{
	cr_assert_geq(yard_produce(&yard, &(struct log_sample){ .records = records }), 0);
}

Test(partition_nearest, who_is_nearer_and_has_the_offset_is_named)
{
	static const int32_t nearer[] = { 3, 2, -1 };

	yard_lead(&yard, EPOCH, 3, 2);
	produce(4);
	yard_follower_has(&yard, 2, 2);
	yard_follower_has(&yard, 3, 4);
	fetch(0, 1, true, nearer);
	cr_expect_eq(fetches[0].fetch.operation.status, PARTITION_OK);
	cr_expect_eq(fetches[0].fetch.preferred_replica, 2, "3 is not in sync");
	cr_expect_null(fetches[0].fetch.slice.segment);
	cr_expect_eq(fetches[0].fetch.high_watermark, 2);
	fetch(1, 3, true, nearer);
	cr_expect_eq(fetches[1].tally.answers, 0, "2 does not have it, and the leader may not show it");
	yard_follower_has(&yard, 2, 4);
	cr_expect_eq(fetches[1].tally.answers, 1);
	cr_expect_eq(fetches[1].fetch.preferred_replica, 2, "now it has");
}

Test(partition_nearest, without_somebody_nearer_the_leader_serves)
{
	static const int32_t nearer[] = { 9, -1 };

	yard_lead(&yard, EPOCH, 2, 2);
	produce(2);
	yard_follower_has(&yard, 2, 2);
	fetch(0, 0, false, nearer);
	cr_expect_eq(fetches[0].fetch.preferred_replica, -1);
	cr_expect_eq(yard_count(&fetches[0], 0), 2);
	yard_forget_fetch(&fetches[0]);
}

/* ----------------------------------------------------------- at one that follows */

static void
followed(struct partition_operation *operation UNUSED)
{
	answers++;
}

/* The leader sends so many records, and says how far all in sync have them. */
static void
leader_sends(int count, int64_t high_watermark)
{
	static struct partition_follow follow;
	int64_t end_offset = log_end_offset(yard.log);
	struct buffer records;
	int before = answers;

	buffer_init(&records);
	if (count > 0) {
		log_sample_batch(&records, &(struct log_sample){ .records = count, .value_size = 10 },
		    end_offset);
		batch_set_base_offset(records.bytes, end_offset);
		batch_set_partition_leader_epoch(records.bytes, EPOCH);
	}
	follow = (struct partition_follow){
		.operation = { .loop = yard.process.world.loops[0], .answered = followed },
		.answer = { .type = FOLLOWER_RECORDS, .leader_epoch = EPOCH,
		    .asked_offset = end_offset, .high_watermark = high_watermark,
		    .diverging_epoch = -1, .records = slice_of(records.bytes, records.size) },
	};
	yard_enter(&yard, 0);
	partition_follow(yard.partition, &follow);
	yard_leave(&yard);
	yard_run(&yard);
	cr_assert_eq(answers, before + 1);
	buffer_fini(&records);
}

Test(partition_nearest, a_replica_that_follows_shows_what_all_in_sync_have)
{
	static const int32_t nearer[] = { 3, -1 };

	yard_follow(&yard, LEADER, EPOCH);
	leader_sends(2, 0);
	leader_sends(3, 2);
	fetch(0, 0, false, nearer);
	cr_expect_eq(fetches[0].fetch.operation.status, PARTITION_OK);
	cr_expect_eq(fetches[0].fetch.preferred_replica, -1, "only a leader names others");
	cr_expect_eq(yard_count(&fetches[0], 0), 2);
	cr_expect_eq(fetches[0].fetch.high_watermark, 2);
	fetch(1, 4, false, NULL);
	cr_expect_eq(fetches[1].fetch.operation.status, PARTITION_OK, "it is there, and not to be seen");
	cr_expect_null(fetches[1].fetch.slice.segment);
	fetch(2, 6, false, NULL);
	cr_expect_eq(fetches[2].fetch.operation.status, PARTITION_OFFSET_OUT_OF_RANGE);
	yard_forget_fetch(&fetches[0]);
}

Test(partition_nearest, who_waits_there_hears_of_the_high_watermark)
{
	yard_follow(&yard, LEADER, EPOCH);
	leader_sends(2, 0);
	fetch(0, 0, true, NULL);
	cr_assert_eq(fetches[0].tally.answers, 0);
	leader_sends(0, 2);
	cr_assert_eq(fetches[0].tally.answers, 1);
	cr_expect_eq(yard_count(&fetches[0], 0), 2);
	yard_forget_fetch(&fetches[0]);
}

Test(partition_nearest, who_waits_there_stays_when_another_leads)
{
	yard_follow(&yard, LEADER, EPOCH);
	fetch(0, 0, true, NULL);
	yard_prepare_fetch(&yard, &fetches[1], 0);
	fetches[1].fetch.any_replica = fetches[1].fetch.wait = true;
	fetches[1].fetch.current_leader_epoch = EPOCH;
	yard_give_fetch(&fetches[1], 0);
	yard_run(&yard);
	yard_follow(&yard, 3, EPOCH + 1);
	cr_expect_eq(fetches[0].tally.answers, 0);
	cr_expect_eq(fetches[1].tally.answers, 1, "it means the old one");
	cr_expect_eq(fetches[1].fetch.operation.status, PARTITION_FENCED_LEADER_EPOCH);
	yard_lead(&yard, EPOCH + 2, 1, 1);
	produce(1);
	cr_assert_eq(fetches[0].tally.answers, 1);
	cr_expect_eq(yard_count(&fetches[0], 0), 1);
	yard_forget_fetch(&fetches[0]);
}
