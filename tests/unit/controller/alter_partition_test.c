#include "controller/alter_partition.h"

#include <criterion/criterion.h>

#include "model.h"
#include "wire/kafka_error.h"

static struct model it;
static struct context_partition *partition;
static struct alter_partition_member members[8];
static struct alter_partition asked;
static struct payload_partition_state next;
static int16_t code;

/* Of three replicas the leader 2 and 3 are in sync: leader epoch 7, partition epoch 3. */
static void
set_up(void)
{
	model_init(&it);
	for (int32_t id = 1; id <= 4; id++)
		model_broker(&it, id, NULL);
	partition = model_led(model_topic(&it, "a", "2,3,1"), 0, 2, "2,3");
	asked = (struct alter_partition){ .broker = 2, .leader_epoch = 7, .partition_epoch = 3,
		.isr = members };
}

static void
tear_down(void)
{
	model_fini(&it);
}

TestSuite(alter_partition, .init = set_up, .fini = tear_down);

static enum alter_partition_verdict
decide(void)
{
	return alter_partition_decide(&it.context, partition, &asked, &it.arena, &next, &code);
}

/* With the epochs that the controller knows. */
static void
ask_for(const char *isr)
{
	struct payload_int32_list ids = model_ids(&it, isr);

	asked.isr_count = ids.count;
	for (size_t i = 0; i < ids.count; i++)
		members[i] = (struct alter_partition_member){ ids.values[i], ids.values[i] * 100 };
}

static void
expect_refusal(int16_t wanted)
{
	cr_expect_eq(decide(), ALTER_PARTITION_REFUSED);
	cr_expect_eq(code, wanted, "%s", kafka_error_name(code));
}

static void
expect_change(const char *isr)
{
	cr_assert_eq(decide(), ALTER_PARTITION_CHANGED, "%s", kafka_error_name(code));
	cr_expect_eq(next.leader, 2);
	cr_expect_eq(next.leader_epoch, 7);
	cr_expect_eq(next.controller_epoch, 5);
	cr_expect_str_eq(model_text(next.isr), isr);
}

Test(alter_partition, grows_and_shrinks_an_isr)
{
	ask_for("2,3,1");
	expect_change("2,3,1");
	ask_for("2");
	expect_change("2");
}

Test(alter_partition, asks_others_when_the_leader_knows_more)
{
	ask_for("2,3,1");
	asked.leader_epoch = 8;
	expect_refusal(KAFKA_ERROR_NOT_CONTROLLER);
	asked.leader_epoch = 7;
	asked.partition_epoch = 4;
	expect_refusal(KAFKA_ERROR_NOT_CONTROLLER);
	asked.leader_epoch = 6;
	expect_refusal(KAFKA_ERROR_NOT_CONTROLLER);
}

Test(alter_partition, fences_leaders_of_before)
{
	ask_for("2,3,1");
	asked.leader_epoch = 6;
	expect_refusal(KAFKA_ERROR_FENCED_LEADER_EPOCH);
}

Test(alter_partition, refuses_what_was_decided_over_another_isr)
{
	ask_for("2,3,1");
	asked.partition_epoch = 2;
	expect_refusal(KAFKA_ERROR_INVALID_UPDATE_VERSION);
}

/* Its first answer was lost. */
Test(alter_partition, answers_what_is_there_already_whatever_the_partition_epoch)
{
	ask_for("3,2");
	cr_assert_eq(decide(), ALTER_PARTITION_SAME);
	asked.partition_epoch = 2;
	cr_assert_eq(decide(), ALTER_PARTITION_SAME);
	ask_for("2,2");
	expect_refusal(KAFKA_ERROR_INVALID_UPDATE_VERSION);
}

Test(alter_partition, lets_a_leader_recover_once_and_alone)
{
	model_led(partition->topic, 0, 2, "2");
	partition->leadership.recovery = PAYLOAD_RECOVERING;
	ask_for("2,3");
	asked.recovery = PAYLOAD_RECOVERING;
	expect_refusal(KAFKA_ERROR_INVALID_REQUEST);
	asked.recovery = PAYLOAD_RECOVERED;
	expect_change("2,3");
	cr_assert_eq(next.leader_recovery, PAYLOAD_RECOVERED);
	ask_for("2");
	expect_change("2");
	asked.recovery = PAYLOAD_RECOVERING;
	cr_assert_eq(decide(), ALTER_PARTITION_SAME);
	partition->leadership.recovery = PAYLOAD_RECOVERED;
	expect_refusal(KAFKA_ERROR_INVALID_REQUEST);
	asked.recovery = 7;
	expect_refusal(KAFKA_ERROR_INVALID_REQUEST);
}

Test(alter_partition, refuses_what_is_no_isr)
{
	static const char *const faulty[] = { "", "3", "2,3,3", "2,2" };

	for (size_t i = 0; i < ARRAY_LENGTH(faulty); i++) {
		ask_for(faulty[i]);
		expect_refusal(KAFKA_ERROR_INVALID_REQUEST);
	}
}

Test(alter_partition, sees_a_leader_that_has_other_replicas)
{
	ask_for("2,4");
	cr_assert_eq(decide(), ALTER_PARTITION_ASTRAY);
	cr_assert_eq(code, KAFKA_ERROR_INVALID_REQUEST);
	ask_for("2,3,1,4");
	asked.leader_epoch = 6;
	expect_refusal(KAFKA_ERROR_FENCED_LEADER_EPOCH);
}

Test(alter_partition, looks_at_no_more_members_than_anybody_has)
{
	static struct alter_partition_member many[ALTER_PARTITION_ISR_MAX + 1];

	for (int32_t i = 0; i <= ALTER_PARTITION_ISR_MAX; i++)
		many[i] = (struct alter_partition_member){ i, -1 };
	asked.isr = many;
	asked.isr_count = ALTER_PARTITION_ISR_MAX + 1;
	expect_refusal(KAFKA_ERROR_INVALID_REQUEST);
	asked.isr_count--;
	cr_assert_eq(decide(), ALTER_PARTITION_ASTRAY);
}

Test(alter_partition, listens_to_the_leader_alone)
{
	ask_for("3,1");
	asked.broker = 3;
	expect_refusal(KAFKA_ERROR_INVALID_REQUEST);
}

Test(alter_partition, takes_nobody_who_is_not_alive)
{
	ask_for("2,3,1");
	context_broker_remove(&it.context, 1);
	expect_refusal(KAFKA_ERROR_INELIGIBLE_REPLICA);
	model_broker(&it, 1, NULL);
	context_broker_find(&it.context, 1)->shutting_down = true;
	expect_refusal(KAFKA_ERROR_INELIGIBLE_REPLICA);
	context_broker_find(&it.context, 1)->shutting_down = false;
	context_replica_find(partition, 1)->dir_offline = true;
	expect_refusal(KAFKA_ERROR_INELIGIBLE_REPLICA);
	context_replica_find(partition, 1)->dir_offline = false;
	context_broker_find(&it.context, 3)->shutting_down = true;
	expect_refusal(KAFKA_ERROR_INELIGIBLE_REPLICA);
	ask_for("2");
	expect_change("2");
}

/* A broker that came back with another disk has to fetch as what it is now (F18). */
Test(alter_partition, takes_nobody_of_another_life)
{
	ask_for("2,3,1");
	members[2].epoch = 99;
	expect_refusal(KAFKA_ERROR_INELIGIBLE_REPLICA);
	members[2].epoch = 101;
	expect_refusal(KAFKA_ERROR_INELIGIBLE_REPLICA);
	members[2].epoch = -1;
	expect_change("2,3,1");
	members[2].epoch = 100;
	members[1].epoch = 299; /* it is in sync already */
	expect_change("2,3,1");
}
