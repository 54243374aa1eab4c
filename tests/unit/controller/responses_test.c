/* What brokers answer; log dirs are notifications_test.c, deletions deletion_test.c. */
#include "controller/responses.h"

#include <criterion/criterion.h>

#include "town.h"

static struct town_fixture it;

static void
set_up(void)
{
	town_begin(&it, 2, NULL);
}

static void
tear_down(void)
{
	town_end(&it);
}

TestSuite(responses, .init = set_up, .fini = tear_down);

Test(responses, say_that_another_is_controller)
{
	int32_t epoch = 1;

	/* the brokers have heard of epoch 9, ours is 1: so it looks, and is still the one */
	for (int i = 0; i < 2; i++)
		it.town.brokers[i].controller_epoch = 9;
	cr_assert_neq(town_create(&it, "t", 1, 1), KAFKA_ERROR_UNKNOWN_SERVER_ERROR);
	cr_assert(town_active(&it.town) >= 0);
	cr_assert_eq(it.town.brokers[0].replicas.count, 0);
	cr_assert_eq(epoch, 1);
}

Test(responses, of_a_new_topic_move_it_away_from_a_failed_dir)
{
	int failing = 1 - town_active(&it.town);

	it.town.brokers[failing].has_failed_dir = true;
	cr_assert_eq(town_create(&it, "t", 2, 2), KAFKA_ERROR_NONE);
	town_run(&it, TOWN_SECOND_US);
	for (int32_t i = 0; i < 2; i++) {
		const struct town_entry *told =
		    town_find(&it.town.brokers[1 - failing].metadata, "t", i);

		cr_assert_eq(told->leader, it.town.first + 1 - failing);
		cr_assert_eq(told->isr_count, 1);
	}
}

Test(responses, that_never_come_hold_up_nobody_else)
{
	it.town.brokers[1 - town_active(&it.town)].is_mute = true;
	cr_assert_eq(town_create(&it, "t", 2, 2), KAFKA_ERROR_NONE);
	cr_assert_eq(town_create(&it, "u", 2, 2), KAFKA_ERROR_NONE);
}
