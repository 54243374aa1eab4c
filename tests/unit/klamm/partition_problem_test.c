#include "klamm/partition_problem.h"

#include <criterion/criterion.h>

static int32_t three[] = { 1, 2, 3 };

static struct view_partition
partition(int32_t leader, int32_t replicas, int32_t in_sync, int32_t adding, int32_t min_isr)
{
	return (struct view_partition){ .leader = leader, .replicas = { three, replicas },
		.isr = { three, in_sync }, .adding = { three + 2, adding }, .min_isr = min_isr };
}

Test(partition_problem, is_the_worst_of_them)
{
	struct view_partition sound = partition(1, 3, 3, 0, 2), lacks_one = partition(1, 3, 2, 0, 2),
	    lacks_two = partition(1, 3, 1, 0, 2), leaderless = partition(-1, 3, 1, 0, 2);

	cr_expect_eq(partition_problem(&sound), PARTITION_SOUND);
	cr_expect_eq(partition_problem(&lacks_one), PARTITION_UNDER_REPLICATED);
	cr_expect_eq(partition_problem(&lacks_two), PARTITION_UNDER_MIN_ISR);
	cr_expect_eq(partition_problem(&leaderless), PARTITION_OFFLINE);
}

Test(partition_problem, is_not_that_a_replica_is_being_added)
{
	struct view_partition grows = partition(1, 3, 2, 1, 1);

	cr_expect_eq(partition_problem(&grows), PARTITION_SOUND);
}

Test(partition_problem, is_not_that_min_isr_is_more_than_there_are_replicas_or_not_known)
{
	struct view_partition single = partition(1, 1, 1, 0, 2), unknown = partition(1, 3, 1, 0, -1);

	cr_expect_eq(partition_problem(&single), PARTITION_SOUND);
	cr_expect_eq(partition_problem(&unknown), PARTITION_UNDER_REPLICATED);
}

Test(partition_problem, is_a_doubt_where_one_in_sync_is_there_and_others_are_not)
{
	struct view_partition it = partition(-1, 3, 1, 0, 2);

	cr_expect_not(partition_waits_in_doubt(&it), "all are there: somebody is being elected");
	it.away = (struct view_ids){ three + 1, 2 };
	cr_expect(partition_waits_in_doubt(&it));
	it.leader = 1;
	cr_expect_not(partition_waits_in_doubt(&it));
	it.leader = -1;
	it.away = (struct view_ids){ three, 1 };
	cr_expect_not(partition_waits_in_doubt(&it), "who is in sync is away itself");
}
