/* ALTER_PARTITION (zookeeper.md 5.8). */
#include <criterion/criterion.h>

#include "controller/call_job.h"
#include "controller/reign.h"
#include "town.h"

static struct town_fixture it;
static struct town_call call;

#define STATE "/brokers/topics/t/partitions/0/state"

static void
set_up(void)
{
	town_begin(&it, 3, "auto.leader.rebalance.enable=false\n");
	town_write(town_leader(&it), ZNODE_OP_CREATE, "/brokers/topics/t",
	    "{\"version\":1,\"partitions\":{\"0\":[1,2,3],\"1\":[1,2]}}");
	town_run(&it, TOWN_SECOND_US);
}

static void
tear_down(void)
{
	town_call_fini(&call);
	town_end(&it);
}

TestSuite(alter_partition_call, .init = set_up, .fini = tear_down);

static struct alter_partition_request_topic_data topics[2];
static struct alter_partition_request_partition_data partitions[2];
static struct alter_partition_request_broker_state states[3];
static int32_t ids[3];

static struct context_topic *
topic(void)
{
	return context_topic_find(&controller_reign(town_controller(town_leader(&it)))->context,
	    slice_of_text("t"));
}

/* The leader 1 wants the first `members` brokers in sync. */
static void
fill(int16_t version, int32_t partition_epoch, int32_t members)
{
	town_call_fini(&call);
	town_call_init(&call, CONTROLLER_ALTER_PARTITION, version);
	for (int32_t i = 0; i < 3; i++) {
		ids[i] = i + 1;
		states[i] = (struct alter_partition_request_broker_state){ i + 1,
			it.town.brokers[i].epoch };
	}
	topics[0] = alter_partition_request_topic_data_defaults;
	if (version >= 2)
		topics[0].topic_id = topic()->id;
	else
		topics[0].topic_name = slice_of_text("t");
	topics[0].partitions.items = partitions;
	topics[0].partitions.count = 1;
	partitions[0] = alter_partition_request_partition_data_defaults;
	partitions[0].partition_epoch = partition_epoch;
	partitions[0].new_isr.items = ids;
	partitions[0].new_isr.count = version < 3 ? members : 0;
	partitions[0].new_isr_with_epochs.items = states;
	partitions[0].new_isr_with_epochs.count = version >= 3 ? members : 0;
	call.request.alter.topics.items = topics;
	call.request.alter.topics.count = 1;
	call.request.alter.broker_id = 1;
	call.request.alter.broker_epoch = it.town.brokers[0].epoch;
}

static const struct alter_partition_response_partition_data *
ask(void)
{
	town_ask_and_wait(&it, &call, TOWN_SECOND_US);
	return call.response.alter.topics.count == 0 ? NULL :
	    &call.response.alter.topics.items[0].partitions.items[0];
}

static void
expect_code(int16_t code)
{
	const struct alter_partition_response_partition_data *answer = ask();

	cr_assert_eq(call.response.alter.error_code, KAFKA_ERROR_NONE);
	cr_assert_eq(answer->error_code, code, "%s", kafka_error_name(answer->error_code));
}

static void
expect_isr(int32_t partition_epoch, int32_t members)
{
	const struct alter_partition_response_partition_data *answer = ask();

	cr_assert_eq(call.response.alter.error_code, KAFKA_ERROR_NONE);
	cr_assert_eq(answer->error_code, KAFKA_ERROR_NONE, "%s", kafka_error_name(answer->error_code));
	cr_assert_eq(answer->leader_id, 1);
	cr_assert_eq(answer->leader_epoch, 0);
	cr_assert_eq(answer->partition_epoch, partition_epoch);
	cr_assert_eq(answer->isr.count, members);
	for (int32_t i = 0; i < members; i++)
		cr_assert_eq(answer->isr.items[i], i + 1);
	cr_assert_eq(town_version(&it.town, STATE), partition_epoch);
}

Test(alter_partition_call, changes_isrs_in_each_version)
{
	int32_t epoch = 0;

	for (int16_t version = 0; version <= 3; version++) {
		fill(version, epoch, 1);
		expect_isr(++epoch, 1);
		cr_assert_str_eq(town_node(&it.town, STATE), "{\"controller_epoch\":1,\"leader\":1,"
		    "\"version\":1,\"leader_epoch\":0,\"isr\":[1]}");
		if (version < 2)
			cr_assert(slice_equal_text(call.response.alter.topics.items[0].topic_name, "t"));
		else
			cr_assert(uuid_equal(call.response.alter.topics.items[0].topic_id, topic()->id));
		fill(version, epoch, 3);
		expect_isr(++epoch, 3);
	}
}

Test(alter_partition_call, tells_all_brokers_but_no_leader)
{
	int told = it.town.brokers[0].leader_and_isr;

	fill(3, 0, 2);
	expect_isr(1, 2);
	town_run(&it, TOWN_SECOND_US);
	for (int i = 0; i < 3; i++) {
		const struct town_entry *entry = town_find(&it.town.brokers[i].metadata, "t", 0);

		cr_assert_eq(entry->version, 1);
		cr_assert_eq(entry->isr_count, 2);
		cr_assert_eq(entry->leader_epoch, 0);
	}
	cr_assert_eq(it.town.brokers[0].leader_and_isr, told);
}

Test(alter_partition_call, answers_once_more_what_was_written)
{
	fill(3, 0, 2);
	expect_isr(1, 2);
	fill(3, 0, 2);
	expect_isr(1, 2);
	fill(3, 0, 1);
	expect_code(KAFKA_ERROR_INVALID_UPDATE_VERSION);
}

/* Somebody else has written: what is known is what stands there, from then on. */
Test(alter_partition_call, reads_again_what_has_another_version)
{
	town_write(town_leader(&it), ZNODE_OP_SET_DATA, STATE, "{\"controller_epoch\":1,\"leader\":1,"
	    "\"version\":1,\"leader_epoch\":0,\"isr\":[1]}");
	town_run(&it, TOWN_SECOND_US);
	fill(3, 0, 2);
	expect_code(KAFKA_ERROR_INVALID_UPDATE_VERSION);
	fill(3, 1, 2);
	expect_isr(2, 2);
}

Test(alter_partition_call, cannot_write_what_is_junk_or_gone)
{
	town_write(town_leader(&it), ZNODE_OP_SET_DATA, STATE, "junk");
	town_run(&it, TOWN_SECOND_US);
	fill(3, 0, 2);
	expect_code(KAFKA_ERROR_UNKNOWN_SERVER_ERROR);
	cr_assert_str_eq(town_node(&it.town, STATE), "junk");
	fill(3, 0, 2);
	expect_code(KAFKA_ERROR_UNKNOWN_TOPIC_OR_PARTITION); /* left alone from now on */
	town_write(town_leader(&it), ZNODE_OP_DELETE, "/brokers/topics/t/partitions/1/state", NULL);
	town_run(&it, TOWN_SECOND_US);
	fill(3, 0, 1);
	partitions[0].partition_index = 1;
	expect_code(KAFKA_ERROR_UNKNOWN_SERVER_ERROR);
}

Test(alter_partition_call, refuses_dead_members_by_the_code_of_the_version)
{
	int gone = town_active(&it.town) == 2 ? 1 : 2;

	fill(3, 0, 1);
	expect_isr(1, 1);
	control_town_stop(&it.town, gone);
	town_run(&it, 2 * TOWN_SECOND_US);
	fill(3, topic()->partitions[0]->leadership.version, 3);
	expect_code(KAFKA_ERROR_INELIGIBLE_REPLICA);
	fill(1, topic()->partitions[0]->leadership.version, 3);
	expect_code(KAFKA_ERROR_OPERATION_NOT_ATTEMPTED);
}

Test(alter_partition_call, refuses_leaders_that_are_not_what_they_say)
{
	fill(3, 0, 2);
	call.request.alter.broker_epoch--;
	cr_assert_null(ask());
	cr_assert_eq(call.response.alter.error_code, KAFKA_ERROR_STALE_BROKER_EPOCH);
	fill(3, 0, 2);
	call.request.alter.broker_id = 9;
	cr_assert_null(ask());
	cr_assert_eq(call.response.alter.error_code, KAFKA_ERROR_STALE_BROKER_EPOCH);
	cr_assert_eq(town_version(&it.town, STATE), 0);
}

Test(alter_partition_call, knows_no_topic_by_another_id_or_name)
{
	fill(3, 0, 2);
	topics[0].topic_id.bytes[3] ^= 1;
	expect_code(KAFKA_ERROR_UNKNOWN_TOPIC_ID);
	fill(1, 0, 2);
	topics[0].topic_name = slice_of_text("x");
	expect_code(KAFKA_ERROR_UNKNOWN_TOPIC_OR_PARTITION);
	fill(3, 0, 2);
	partitions[0].partition_index = 7;
	expect_code(KAFKA_ERROR_UNKNOWN_TOPIC_OR_PARTITION);
}

Test(alter_partition_call, writes_each_partition_for_itself)
{
	fill(3, 0, 2);
	partitions[1] = partitions[0];
	partitions[1].partition_index = 1;
	partitions[1].new_isr_with_epochs.count = 1;
	topics[0].partitions.count = 2;
	topics[1] = topics[0];
	topics[1].partitions.items = &partitions[0];
	topics[1].partitions.count = 1;
	call.request.alter.topics.count = 2;
	expect_isr(1, 2);
	cr_assert_eq(call.response.alter.topics.items[0].partitions.items[1].error_code,
	    KAFKA_ERROR_NONE);
	cr_assert_eq(call.response.alter.topics.items[0].partitions.items[1].isr.count, 1);
	/* the second time in one request it is what was wanted */
	cr_assert_eq(call.response.alter.topics.items[1].partitions.items[0].partition_epoch, 1);
}

Test(alter_partition_call, is_for_the_controller)
{
	fill(3, 0, 2);
	town_ask(&it.town.brokers[(town_active(&it.town) + 1) % 3], &call);
	town_run(&it, TOWN_SECOND_US);
	cr_assert(call.is_answered);
	cr_assert_eq(call.response.alter.error_code, KAFKA_ERROR_NOT_CONTROLLER);
}

Test(alter_partition_call, says_when_its_answer_has_no_room)
{
	fill(3, 0, 2);
	arena_fini(&call.arena);
	arena_init(&call.arena, 0);
	cr_assert_null(ask());
	cr_assert_eq(call.response.alter.error_code, KAFKA_ERROR_UNKNOWN_SERVER_ERROR);
	cr_assert_eq(town_version(&it.town, STATE), 0);
}
