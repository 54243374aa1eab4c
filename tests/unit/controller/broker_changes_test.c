/* Brokers come, go, and come back as others. */
#include <criterion/criterion.h>

#include "controller/jobs.h"
#include "town.h"

static struct town_fixture it;

static void
set_up(void)
{
	town_begin(&it, 3, "auto.leader.rebalance.enable=false\n");
}

static void
tear_down(void)
{
	town_end(&it);
}

TestSuite(broker_changes, .init = set_up, .fini = tear_down);

static int
another(int more)
{
	return (town_active(&it.town) + more) % 3;
}

Test(broker_changes, are_told_to_all)
{
	int gone = another(1);

	for (int i = 0; i < 3; i++)
		cr_assert_eq(it.town.brokers[i].alive_count, 3);
	control_town_stop(&it.town, gone);
	town_run(&it, 2 * TOWN_SECOND_US);
	cr_assert_eq(it.town.brokers[another(0)].alive_count, 2);
	cr_assert_eq(it.town.brokers[another(2)].alive_count, 2);
	control_town_start(&it.town, gone);
	town_run(&it, 2 * TOWN_SECOND_US);
	for (int i = 0; i < 3; i++)
		cr_assert_eq(it.town.brokers[i].alive_count, 3);
}

Test(broker_changes, move_leaders_and_shrink_isrs)
{
	int gone = another(1);
	int32_t gone_id = it.town.first + gone;

	cr_assert_eq(town_create(&it, "t", 6, 3), KAFKA_ERROR_NONE);
	control_town_stop(&it.town, gone);
	town_run(&it, 2 * TOWN_SECOND_US);
	for (int32_t i = 0; i < 6; i++) {
		const struct town_entry *told = town_find(&it.town.brokers[another(0)].metadata, "t", i);

		cr_assert_neq(told->leader, gone_id);
		cr_assert_eq(told->isr_count, 2);
		cr_assert_eq(told->leader_epoch, 1);
		cr_assert_eq(told->version, 1);
	}
}

Test(broker_changes, give_everything_to_a_broker_that_comes)
{
	int gone = another(1);
	struct town_broker *broker = &it.town.brokers[gone];

	cr_assert_eq(town_create(&it, "t", 6, 3), KAFKA_ERROR_NONE);
	control_town_stop(&it.town, gone);
	town_run(&it, 2 * TOWN_SECOND_US);
	broker->replicas.count = 0; /* another disk */
	control_town_start(&it.town, gone);
	town_run(&it, 2 * TOWN_SECOND_US);
	cr_assert_eq(broker->metadata.count, 6);
	cr_assert_eq(broker->replicas.count, 6);
}

/* Its session ends and it registers anew before anybody has looked (KIP-380). */
Test(broker_changes, see_a_bounced_broker_die_and_come)
{
	int bounced = another(1);
	struct town_broker *broker = &it.town.brokers[bounced];
	int64_t epoch = broker->epoch;
	char path[64], data[512];

	cr_assert_eq(town_create(&it, "t", 6, 3), KAFKA_ERROR_NONE);
	snprintf(path, sizeof(path), "/brokers/ids/%d", it.town.first + bounced);
	snprintf(data, sizeof(data), "%s", town_node(&it.town, path));
	/* all in one: the controller reads the list only afterwards */
	town_write(broker, ZNODE_OP_DELETE, path, NULL);
	town_write(broker, ZNODE_OP_CREATE, path, data);
	broker->epoch = INT64_MAX; /* whatever is sent to the life before is refused */
	town_run(&it, 2 * TOWN_SECOND_US);
	for (int32_t i = 0; i < 6; i++) {
		const struct town_entry *told = town_find(&it.town.brokers[another(0)].metadata, "t", i);

		cr_assert_neq(told->leader, it.town.first + bounced);
		cr_assert_eq(told->isr_count, 2);
	}
	cr_assert_neq(epoch, 0);
}

Test(broker_changes, tell_new_listeners)
{
	struct town_broker *broker = &it.town.brokers[another(1)];
	int heard = it.town.brokers[another(0)].update_metadata;
	char path[64];

	snprintf(path, sizeof(path), "/brokers/ids/%d", it.town.first + broker->process.number);
	town_write(broker, ZNODE_OP_SET_DATA, path, "{\"features\":{},"
	    "\"listener_security_protocol_map\":{\"PLAINTEXT\":\"PLAINTEXT\"},"
	    "\"endpoints\":[\"PLAINTEXT://elsewhere:9092\"],\"jmx_port\":-1,\"port\":9092,"
	    "\"host\":\"elsewhere\",\"version\":5,\"timestamp\":\"1\"}");
	town_run(&it, TOWN_SECOND_US);
	cr_assert_gt(it.town.brokers[another(0)].update_metadata, heard);
	cr_assert_eq(town_changed(town_leader(&it), it.town.first + broker->process.number), 1);
}

/* So that it can forget what is not in it. */
Test(broker_changes, tell_a_newcomer_everything_at_once)
{
	int gone = another(1);

	cr_assert_eq(town_create(&it, "t", 6, 3), KAFKA_ERROR_NONE);
	control_town_stop(&it.town, gone);
	town_run(&it, 2 * TOWN_SECOND_US);
	control_town_start(&it.town, gone);
	town_run(&it, 2 * TOWN_SECOND_US);
	cr_assert_eq(it.town.brokers[gone].first_heard, 6);
}

Test(broker_changes, take_a_broker_with_a_junk_registration_for_what_it_was)
{
	struct town_broker *broker = &it.town.brokers[another(1)];
	char path[64];

	snprintf(path, sizeof(path), "/brokers/ids/%d", it.town.first + broker->process.number);
	town_write(broker, ZNODE_OP_SET_DATA, path, "junk");
	town_run(&it, TOWN_SECOND_US);
	cr_assert_str_eq(town_node(&it.town, path), "junk");
	cr_assert_eq(town_create(&it, "t", 1, 3), KAFKA_ERROR_NONE);
}
