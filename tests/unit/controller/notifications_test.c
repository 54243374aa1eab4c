/* Log dirs that fail, and what leaders of old say. */
#include <criterion/criterion.h>

#include "controller/jobs.h"
#include "town.h"

static struct town_fixture it;

static void
set_up(void)
{
	town_begin(&it, 2, "auto.leader.rebalance.enable=false\n");
}

static void
tear_down(void)
{
	town_end(&it);
}

TestSuite(notifications, .init = set_up, .fini = tear_down);

#define EVENT "/log_dir_event_notification/log_dir_event_0000000007"

static void
notify(int broker)
{
	char data[128];

	snprintf(data, sizeof(data), "{\"version\":1,\"broker\":%d,\"event\":1}",
	    it.town.first + broker);
	town_write(town_leader(&it), ZNODE_OP_CREATE, EVENT, data);
	town_run(&it, TOWN_SECOND_US);
}

Test(notifications, of_a_failed_dir_move_leaders_away)
{
	int failing = 1 - town_active(&it.town);
	int32_t id = it.town.first + failing, other = 3 - id;
	char wanted[256];

	cr_assert_eq(town_create(&it, "t", 2, 2), KAFKA_ERROR_NONE);
	it.town.brokers[failing].has_failed_dir = true;
	notify(failing);
	cr_assert_null(town_node(&it.town, EVENT));
	snprintf(wanted, sizeof(wanted), "\"isr\":[%d]}", other);
	for (int32_t i = 0; i < 2; i++) {
		const struct town_entry *told =
		    town_find(&it.town.brokers[1 - failing].metadata, "t", i);

		cr_assert_eq(told->leader, other);
		cr_assert_eq(told->isr_count, 1);
	}
	cr_assert_not_null(strstr(town_node(&it.town, "/brokers/topics/t/partitions/0/state"), wanted));
	/* a new broker on the same disks is asked again */
	control_town_stop(&it.town, failing);
	town_run(&it, TOWN_SECOND_US);
	it.town.brokers[failing].has_failed_dir = false;
	control_town_start(&it.town, failing);
	town_run(&it, 2 * TOWN_SECOND_US);
	cr_assert_eq(town_create(&it, "u", 1, 2), KAFKA_ERROR_NONE);
}

/* F20: it was full, and has room again. */
Test(notifications, of_a_dir_that_has_healed_bring_leaders_back)
{
	int failing = 1 - town_active(&it.town);
	int32_t id = it.town.first + failing;
	const struct town_entry *told;

	cr_assert_eq(town_create(&it, "t", 2, 1), KAFKA_ERROR_NONE);
	it.town.brokers[failing].has_failed_dir = true;
	notify(failing);
	for (int32_t i = 0; i < 2; i++) {
		told = town_find(&it.town.brokers[1 - failing].metadata, "t", i);
		cr_expect_neq(told->leader, id);
	}
	it.town.brokers[failing].has_failed_dir = false;
	notify(failing);
	for (int32_t i = 0; i < 2; i++) {
		told = town_find(&it.town.brokers[1 - failing].metadata, "t", i);
		cr_expect_gt(told->leader, 0);
	}
}

Test(notifications, of_a_dir_that_has_healed_let_deletions_go_on)
{
	int failing = 1 - town_active(&it.town);

	cr_assert_eq(town_create(&it, "t", 2, 2), KAFKA_ERROR_NONE);
	it.town.brokers[failing].has_failed_dir = true;
	notify(failing);
	cr_assert_eq(town_delete(&it, "t"), KAFKA_ERROR_NONE);
	town_run(&it, 2 * TOWN_SECOND_US);
	cr_expect_not_null(town_node(&it.town, "/brokers/topics/t"));
	it.town.brokers[failing].has_failed_dir = false;
	notify(failing);
	town_run(&it, 2 * TOWN_SECOND_US);
	cr_expect_null(town_node(&it.town, "/brokers/topics/t"));
}

Test(notifications, of_a_dir_without_partitions_change_nothing)
{
	cr_assert_eq(town_create(&it, "t", 2, 2), KAFKA_ERROR_NONE);
	notify(0);
	cr_assert_null(town_node(&it.town, EVENT));
	cr_assert_eq(town_version(&it.town, "/brokers/topics/t/partitions/0/state"), 0);
}

Test(notifications, that_cannot_be_read_are_taken_away)
{
	town_write(town_leader(&it), ZNODE_OP_CREATE, EVENT, "junk");
	town_run(&it, TOWN_SECOND_US);
	cr_assert_null(town_node(&it.town, EVENT));
	notify(40);
	cr_assert_null(town_node(&it.town, EVENT));
}

Test(notifications, of_isr_changes_are_taken_away)
{
	town_write(town_leader(&it), ZNODE_OP_CREATE, "/isr_change_notification/isr_change_0000000003",
	    "{\"version\":1,\"partitions\":[]}");
	town_run(&it, TOWN_SECOND_US);
	cr_assert_null(town_node(&it.town, "/isr_change_notification/isr_change_0000000003"));
}
