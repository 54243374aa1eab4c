#include "partition/isr_changes.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/partition/yard.h"
#include "wire/kafka_error.h"

enum {
	PARTITIONS = 4,
	BACK_OFF_US = ISR_CHANGES_BACK_OFF_US,
	TURNS_US = 1000, /* in which loops have told each other all there is */
};

static struct yard yard;
static struct isr_changes changes;
static struct isr_port port;
static struct partition *partitions[PARTITIONS];
static struct isr_alteration *alteration; /* that was asked for; NULL: none is out */
static int alterations;

/* The answer that the test makes. */
static struct alter_partition_response response;
static struct alter_partition_response_topic_data topics[PARTITIONS];
static struct alter_partition_response_partition_data told[PARTITIONS];

static void
alter(struct isr_port *it, struct isr_alteration *asked)
{
	cr_assert_eq(it, &port);
	cr_assert_null(alteration, "one at a time");
	alteration = asked;
	alterations++;
}

static void
take(void *context, struct partition_isr_change *change)
{
	(void)context;
	isr_changes_add(&changes, change);
}

static struct uuid
id_of(const char *topic)
{
	struct uuid id = { { 0 } };

	if (topic[0] != 'n') /* nameless ones have none */
		id.bytes[0] = (uint8_t)topic[0];
	return id;
}

/* Of which this broker is the leader, with follower 2 outside of the ISR. */
static struct partition *
lead(const char *topic, int32_t index)
{
	static const int32_t ids[] = { 1, 2 };
	struct leader_change change = { .leader = 1, .leader_epoch = 3, .partition_epoch = 8,
		.replicas = ids, .replica_count = 2, .isr = ids, .isr_count = 1 };
	struct partition *partition = partition_new(&(struct partition_options){
		.home = yard.home, .loop = yard.process.world.loops[0],
		.topic = slice_of_text(topic), .index = index, .topic_id = id_of(topic),
		.settings = yard.partition->settings });

	partition->gone = PARTITION_STORAGE; /* it has no log, and needs none here */
	leader_apply(&partition->leader, &change, 0, 0);
	(void)leader_follower_fetched(&partition->leader, 2, 700, 0, 0, 0);
	return partition;
}

static void
set_up(void)
{
	yard_init(&yard);
	yard_open(&yard);
	yard.home->isr_changed = take;
	alteration = NULL;
	alterations = 0;
	port.alter = alter;
	yard_enter(&yard, YARD_CONTROL);
	isr_changes_init(&changes, &yard.process.world, &port, 1);
	partitions[0] = lead("b", 1);
	partitions[1] = lead("a", 0);
	partitions[2] = lead("b", 0);
	partitions[3] = lead("none", 0);
	yard_leave(&yard);
}

static void
tear_down(void)
{
	yard_enter(&yard, YARD_CONTROL);
	isr_changes_close(&changes);
	if (alteration != NULL)
		alteration->done(alteration, ERROR_CANCELLED, NULL);
	for (int i = 0; i < PARTITIONS; i++)
		partition_release(partitions[i]);
	yard_leave(&yard);
	yard_run(&yard);
	yard_fini(&yard);
}

TestSuite(isr_changes, .init = set_up, .fini = tear_down);

/* Partition `number` wants its follower in the ISR. */
static void
propose(int number)
{
	struct partition *partition = partitions[number];

	yard_enter(&yard, YARD_CONTROL);
	cr_assert(leader_expand_isr(&partition->leader, 2, 0));
	partition_propose_isr(partition);
	yard_leave(&yard);
}

static void
run(void)
{
	yard_run(&yard);
}

static void
elapse(int64_t us)
{
	sim_run(&yard.sim, yard.sim.now_us + us);
}

static const struct alter_partition_request_topic_data *
asked_topic_at(int32_t at)
{
	cr_assert_not_null(alteration);
	cr_assert_lt(at, alteration->request.topics.count);
	return &alteration->request.topics.items[at];
}

/* All that was asked for has been done. */
static void
prepare_answer(bool by_id)
{
	int at = 0;

	response = alter_partition_response_defaults;
	response.topics.items = topics;
	response.topics.count = alteration->request.topics.count;
	for (int32_t i = 0; i < response.topics.count; i++) {
		const struct alter_partition_request_topic_data *asked = asked_topic_at(i);

		topics[i] = alter_partition_response_topic_data_defaults;
		if (by_id)
			topics[i].topic_id = asked->topic_id;
		else
			topics[i].topic_name = asked->topic_name;
		topics[i].partitions.items = &told[at];
		topics[i].partitions.count = asked->partitions.count;
		for (int32_t j = 0; j < asked->partitions.count; j++, at++) {
			static int32_t isr[] = { 1, 2 };

			told[at] = alter_partition_response_partition_data_defaults;
			told[at].partition_index = asked->partitions.items[j].partition_index;
			told[at].leader_id = 1;
			told[at].leader_epoch = asked->partitions.items[j].leader_epoch;
			told[at].partition_epoch = asked->partitions.items[j].partition_epoch + 1;
			told[at].isr.items = isr;
			told[at].isr.count = 2;
		}
	}
}

static void
answer_with(enum error error, const struct alter_partition_response *with)
{
	struct isr_alteration *out = alteration;

	alteration = NULL;
	yard_enter(&yard, YARD_CONTROL);
	out->done(out, error, with);
	yard_leave(&yard);
	elapse(TURNS_US);
}

static void
expect_isr(int number, int32_t count, enum leader_isr_state state)
{
	cr_expect_eq(partitions[number]->leader.isr_count, count, "number %d", number);
	cr_expect_eq(partitions[number]->leader.isr_state, state, "number %d", number);
}

/* ------------------------------------------------------------------ what is asked */

Test(isr_changes, of_one_turn_go_out_together)
{
	propose(0);
	propose(1);
	propose(2);
	cr_expect_null(alteration);
	run();
	cr_expect_eq(alterations, 1);
	cr_expect_eq(alteration->request.broker_id, 1);
	cr_expect_eq(alteration->request.topics.count, 2);
	cr_expect_not(alteration->needs_names);
	cr_expect(slice_equal_text(asked_topic_at(0)->topic_name, "a"));
	cr_expect_eq(asked_topic_at(0)->partitions.count, 1);
	cr_expect_eq(asked_topic_at(0)->topic_id.bytes[0], 'a');
	cr_expect(slice_equal_text(asked_topic_at(1)->topic_name, "b"));
	cr_expect_eq(asked_topic_at(1)->partitions.count, 2);
	cr_expect_eq(asked_topic_at(1)->partitions.items[0].partition_index, 0);
	cr_expect_eq(asked_topic_at(1)->partitions.items[1].partition_index, 1);
}

Test(isr_changes, have_the_form_of_their_version)
{
	const struct alter_partition_request_partition_data *asked;

	propose(1);
	run();
	asked = &asked_topic_at(0)->partitions.items[0];
	isr_alteration_fit(alteration, 3);
	cr_expect_eq(asked->leader_epoch, 3);
	cr_expect_eq(asked->partition_epoch, 8);
	cr_expect_eq(asked->leader_recovery_state, 0);
	cr_expect_eq(asked->new_isr.count, 0);
	cr_assert_eq(asked->new_isr_with_epochs.count, 2);
	cr_expect_eq(asked->new_isr_with_epochs.items[0].broker_id, 1);
	cr_expect_eq(asked->new_isr_with_epochs.items[0].broker_epoch, -1);
	cr_expect_eq(asked->new_isr_with_epochs.items[1].broker_id, 2);
	cr_expect_eq(asked->new_isr_with_epochs.items[1].broker_epoch, 700);
	isr_alteration_fit(alteration, 2);
	cr_expect_eq(asked->new_isr_with_epochs.count, 0);
	cr_assert_eq(asked->new_isr.count, 2);
	cr_expect_eq(asked->new_isr.items[1], 2);
	isr_alteration_fit(alteration, 3);
	cr_expect_eq(asked->new_isr_with_epochs.count, 2);
}

Test(isr_changes, of_a_topic_without_an_id_need_names)
{
	propose(1);
	propose(3);
	run();
	cr_expect(alteration->needs_names);
	prepare_answer(false);
	answer_with(ERROR_NONE, &response);
	expect_isr(1, 2, LEADER_ISR_COMMITTED);
	expect_isr(3, 2, LEADER_ISR_COMMITTED);
}

Test(isr_changes, one_request_is_out_at_a_time)
{
	propose(0);
	run();
	propose(1);
	run();
	cr_expect_eq(alterations, 1);
	prepare_answer(true);
	answer_with(ERROR_NONE, &response);
	cr_expect_eq(alterations, 2);
	cr_expect(slice_equal_text(asked_topic_at(0)->topic_name, "a"));
	cr_expect_eq(alteration->request.topics.count, 1);
}

/* Its leader epoch is another one meanwhile. */
Test(isr_changes, the_newest_of_a_partition_alone_is_asked_for)
{
	static const int32_t ids[] = { 1, 2 };
	struct leader_change change = { .leader = 1, .leader_epoch = 4, .partition_epoch = 9,
		.replicas = ids, .replica_count = 2, .isr = ids, .isr_count = 1 };

	propose(0);
	run();
	propose(1);
	leader_apply(&partitions[1]->leader, &change, 0, 0);
	propose(1);
	prepare_answer(true);
	answer_with(ERROR_NONE, &response);
	cr_expect_eq(asked_topic_at(0)->partitions.count, 1);
	cr_expect_eq(asked_topic_at(0)->partitions.items[0].leader_epoch, 4);
	prepare_answer(true);
	answer_with(ERROR_NONE, &response);
	expect_isr(1, 2, LEADER_ISR_COMMITTED);
}

/* ------------------------------------------------------------------- what is told */

Test(isr_changes, are_answered_to_their_partitions)
{
	propose(0);
	propose(1);
	propose(2);
	run();
	prepare_answer(true);
	told[1].error_code = KAFKA_ERROR_INELIGIBLE_REPLICA;
	told[2].error_code = KAFKA_ERROR_FENCED_LEADER_EPOCH;
	answer_with(ERROR_NONE, &response);
	expect_isr(1, 2, LEADER_ISR_COMMITTED);
	expect_isr(2, 1, LEADER_ISR_COMMITTED);
	expect_isr(0, 1, LEADER_ISR_EXPANDS);
	cr_expect_eq(partitions[1]->leader.partition_epoch, 9);
}

Test(isr_changes, may_be_answered_in_any_order)
{
	struct alter_partition_response_topic_data first;

	propose(0);
	propose(1);
	propose(2);
	run();
	prepare_answer(true);
	first = topics[0];
	topics[0] = topics[1];
	topics[1] = first;
	answer_with(ERROR_NONE, &response);
	for (int i = 0; i < 3; i++)
		expect_isr(i, 2, LEADER_ISR_COMMITTED);
}

Test(isr_changes, what_was_not_asked_for_or_is_answered_twice_is_nothing)
{
	propose(0);
	run();
	prepare_answer(true);
	told[1] = told[0];
	told[2] = told[0];
	told[2].partition_index = 7;
	topics[0].partitions.count = 3;
	answer_with(ERROR_NONE, &response);
	expect_isr(0, 2, LEADER_ISR_COMMITTED);
	cr_expect_eq(alterations, 1);
}

/* --------------------------------------------------------------------- failures */

Test(isr_changes, are_asked_again_a_little_later_when_nobody_answers)
{
	propose(0);
	run();
	answer_with(ERROR_CONNECTION_RESET, NULL);
	cr_expect_eq(alterations, 1);
	elapse(BACK_OFF_US / 2);
	cr_expect_eq(alterations, 1);
	elapse(BACK_OFF_US);
	cr_expect_eq(alterations, 2);
	prepare_answer(true);
	answer_with(ERROR_NONE, &response);
	expect_isr(0, 2, LEADER_ISR_COMMITTED);
}

static int lines;

static void
count_line(struct logger *logger, enum logger_level level, const char *line)
{
	(void)logger;
	(void)level;
	lines += strstr(line, "changes of ISRs are asked for again: STALE_BROKER_EPOCH") != NULL;
}

static void
refuse(int times)
{
	for (int i = 0; i < times; i++) {
		response = alter_partition_response_defaults;
		response.error_code = KAFKA_ERROR_STALE_BROKER_EPOCH;
		answer_with(ERROR_NONE, &response);
		elapse(2 * BACK_OFF_US);
	}
}

Test(isr_changes, that_are_refused_again_and_again_are_told_ever_more_seldom)
{
	yard.process.world.logger->sink = count_line;
	lines = 0;
	propose(0);
	run();
	refuse(100);
	cr_expect_eq(alterations, 101);
	cr_expect_eq(lines, 7, "%d", lines);
	prepare_answer(true);
	answer_with(ERROR_NONE, &response);
	propose(1);
	run();
	refuse(1);
	cr_expect_eq(lines, 8, "a new trouble is told");
}

Test(isr_changes, are_asked_again_with_what_came_meanwhile)
{
	propose(0);
	run();
	response = alter_partition_response_defaults;
	response.error_code = KAFKA_ERROR_NOT_CONTROLLER;
	answer_with(ERROR_NONE, &response);
	propose(1);
	elapse(TURNS_US);
	cr_expect_eq(alterations, 1, "it waits, too");
	elapse(BACK_OFF_US);
	cr_expect_eq(alteration->request.topics.count, 2);
}

Test(isr_changes, that_are_left_out_of_an_answer_are_asked_again)
{
	propose(0);
	propose(1);
	run();
	prepare_answer(true);
	response.topics.count = 1;
	answer_with(ERROR_NONE, &response);
	expect_isr(1, 2, LEADER_ISR_COMMITTED);
	expect_isr(0, 1, LEADER_ISR_EXPANDS);
	elapse(BACK_OFF_US);
	cr_expect(slice_equal_text(asked_topic_at(0)->topic_name, "b"));
	cr_expect_eq(asked_topic_at(0)->partitions.count, 1);
}

Test(isr_changes, wait_also_after_an_error_of_one_partition)
{
	propose(0);
	run();
	prepare_answer(true);
	told[0].error_code = KAFKA_ERROR_INELIGIBLE_REPLICA;
	answer_with(ERROR_NONE, &response);
	propose(0);
	elapse(BACK_OFF_US / 2);
	cr_expect_eq(alterations, 1);
	elapse(BACK_OFF_US);
	cr_expect_eq(alterations, 2);
}

/* ----------------------------------------------------------------------- the end */

Test(isr_changes, are_forgotten_when_it_is_closed)
{
	propose(0);
	run();
	propose(1);
	run();
	yard_enter(&yard, YARD_CONTROL);
	isr_changes_close(&changes);
	isr_changes_close(&changes);
	yard_leave(&yard);
	propose(2);
	run();
	cr_expect_eq(alterations, 1);
	prepare_answer(true);
	answer_with(ERROR_NONE, &response);
	expect_isr(0, 1, LEADER_ISR_EXPANDS);
}

Test(isr_changes, none_is_sent_after_a_close_while_it_backs_off)
{
	propose(0);
	run();
	answer_with(ERROR_TIMED_OUT, NULL);
	yard_enter(&yard, YARD_CONTROL);
	isr_changes_close(&changes);
	yard_leave(&yard);
	elapse(10 * BACK_OFF_US);
	cr_expect_eq(alterations, 1);
}
