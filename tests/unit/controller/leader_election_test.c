#include "controller/leader_election.h"

#include <criterion/criterion.h>

#include "model.h"

static struct model it;
static struct context_partition *partition;
static struct payload_partition_state next;

static void
set_up(void)
{
	model_init(&it);
	for (int32_t id = 1; id <= 3; id++)
		model_broker(&it, id, NULL);
	partition = model_led(model_topic(&it, "a", "2,3,1"), 0, 2, "2,3,1");
}

static void
tear_down(void)
{
	model_fini(&it);
}

TestSuite(leader_election, .init = set_up, .fini = tear_down);

static enum leader_election_result
decide(enum leader_election_type type)
{
	struct payload_partition_state state = context_partition_payload(partition);

	return leader_election_decide(&it.context, partition, &state, type, &it.arena, &next);
}

static enum leader_election_result
without(int32_t replica)
{
	struct payload_partition_state state = context_partition_payload(partition);

	return leader_election_without(&it.context, partition, &state, replica, &it.arena, &next);
}

static void
isr_is(const char *isr)
{
	model_led(partition->topic, 0, partition->leadership.leader, isr);
}

static void
expect(int32_t leader, const char *isr)
{
	cr_expect_eq(next.leader, leader);
	cr_expect_str_eq(model_text(next.isr), isr);
	cr_expect_eq(next.leader_epoch, 8);
	cr_expect_eq(next.controller_epoch, 5);
}

Test(leader_election, begins_with_all_live_replicas_in_their_order)
{
	cr_assert(leader_election_begin(&it.context, partition, &it.arena, &next));
	cr_assert_eq(next.leader, 2);
	cr_assert_str_eq(model_text(next.isr), "2,3,1");
	cr_assert_eq(next.leader_epoch, 0);
	context_broker_remove(&it.context, 2);
	cr_assert(leader_election_begin(&it.context, partition, &it.arena, &next));
	cr_assert_eq(next.leader, 3);
	cr_assert_str_eq(model_text(next.isr), "3,1");
}

Test(leader_election, does_not_begin_without_a_live_replica)
{
	for (int32_t id = 1; id <= 3; id++)
		context_broker_remove(&it.context, id);
	cr_assert_not(leader_election_begin(&it.context, partition, &it.arena, &next));
}

Test(leader_election, takes_the_first_live_one_that_is_in_sync)
{
	context_broker_remove(&it.context, 2);
	cr_assert_eq(decide(LEADER_ELECTION_OFFLINE), LEADER_ELECTED);
	expect(3, "3,1");
	isr_is("2,1");
	cr_assert_eq(decide(LEADER_ELECTION_OFFLINE), LEADER_ELECTED);
	expect(1, "1");
}

Test(leader_election, passes_over_a_replica_whose_log_dir_has_failed)
{
	context_replica_find(partition, 2)->dir_offline = true;
	cr_assert_eq(decide(LEADER_ELECTION_OFFLINE), LEADER_ELECTED);
	expect(3, "3,1");
}

Test(leader_election, waits_for_one_in_sync_unless_it_may_be_unclean)
{
	context_broker_remove(&it.context, 2);
	isr_is("2");
	cr_assert_eq(decide(LEADER_ELECTION_OFFLINE), LEADER_NONE_ELIGIBLE);
	cr_assert_eq(decide(LEADER_ELECTION_UNCLEAN), LEADER_ELECTED);
	expect(3, "3");
	cr_assert_eq(next.leader_recovery, PAYLOAD_RECOVERING);
}

Test(leader_election, is_clean_where_it_can_be)
{
	context_broker_remove(&it.context, 2);
	cr_assert_eq(decide(LEADER_ELECTION_UNCLEAN), LEADER_ELECTED);
	expect(3, "3,1");
	cr_assert_eq(next.leader_recovery, PAYLOAD_RECOVERED);
}

Test(leader_election, has_nobody_when_nobody_lives)
{
	for (int32_t id = 1; id <= 3; id++)
		context_broker_remove(&it.context, id);
	cr_assert_eq(decide(LEADER_ELECTION_UNCLEAN), LEADER_NONE_ELIGIBLE);
}

Test(leader_election, prefers_the_first_replica_and_keeps_the_isr)
{
	cr_assert_eq(decide(LEADER_ELECTION_PREFERRED), LEADER_NOT_NEEDED);
	model_led(partition->topic, 0, 1, "1,2");
	cr_assert_eq(decide(LEADER_ELECTION_PREFERRED), LEADER_ELECTED);
	expect(2, "1,2");
	isr_is("1,3");
	cr_assert_eq(decide(LEADER_ELECTION_PREFERRED), LEADER_NONE_ELIGIBLE);
}

Test(leader_election, leaves_those_that_shut_down)
{
	context_broker_find(&it.context, 2)->shutting_down = true;
	cr_assert_eq(decide(LEADER_ELECTION_CONTROLLED_SHUTDOWN), LEADER_ELECTED);
	expect(3, "3,1");
	isr_is("2");
	cr_assert_eq(decide(LEADER_ELECTION_CONTROLLED_SHUTDOWN), LEADER_NONE_ELIGIBLE);
}

Test(leader_election, of_a_reassignment_takes_a_target)
{
	context_partition_set_reassignment(partition, model_ids(&it, ""), model_ids(&it, "2"));
	cr_assert_eq(decide(LEADER_ELECTION_REASSIGN), LEADER_ELECTED);
	expect(3, "2,3,1");
}

Test(leader_election, refuses_what_a_newer_controller_wrote)
{
	partition->leadership.controller_epoch = 6;
	cr_assert_eq(decide(LEADER_ELECTION_OFFLINE), LEADER_NEWER_CONTROLLER);
	cr_assert_eq(without(2), LEADER_NEWER_CONTROLLER);
}

Test(leader_election, refuses_an_epoch_that_cannot_rise)
{
	partition->leadership.leader_epoch = INT32_MAX;
	cr_assert_eq(decide(LEADER_ELECTION_OFFLINE), LEADER_NEWER_CONTROLLER);
}

Test(leader_election, takes_a_replica_out)
{
	cr_assert_eq(without(3), LEADER_ELECTED);
	expect(2, "2,1");
	cr_assert_eq(without(2), LEADER_ELECTED);
	expect(-1, "3,1");
	cr_assert_eq(without(9), LEADER_NOT_NEEDED);
}

Test(leader_election, leaves_the_last_one_in_the_isr)
{
	isr_is("2");
	cr_assert_eq(without(2), LEADER_ELECTED);
	expect(-1, "2");
}

/* Of a reassignment whose controller died: 4 was a replica. */
Test(leader_election, lets_who_is_no_replica_leave_before_the_last_one_that_is)
{
	isr_is("4,2");
	cr_assert_eq(without(2), LEADER_ELECTED);
	expect(-1, "2");
	isr_is("4,2,3");
	cr_assert_eq(without(2), LEADER_ELECTED);
	expect(-1, "4,3");
	cr_assert_eq(without(4), LEADER_ELECTED);
	expect(2, "2,3");
}

Test(leader_election, raises_the_epoch_alone_where_replicas_have_to_hear)
{
	struct payload_partition_state state = context_partition_payload(partition);

	cr_assert_eq(leader_election_renew(&it.context, &state, &next), LEADER_ELECTED);
	expect(2, "2,3,1");
	state.controller_epoch = 6;
	cr_assert_eq(leader_election_renew(&it.context, &state, &next), LEADER_NEWER_CONTROLLER);
}

/* ------------------------------------------------------------- doubts (F17) */

Test(leader_election, F17_passes_over_who_may_lack_records_and_takes_it_out)
{
	model_doubtful(&it, 2, "a", 0);
	cr_assert_eq(decide(LEADER_ELECTION_OFFLINE), LEADER_ELECTED);
	expect(3, "3,1");
	cr_assert_eq(decide(LEADER_ELECTION_CONTROLLED_SHUTDOWN), LEADER_ELECTED);
	cr_assert_eq(next.leader, 3);
}

Test(leader_election, F17_is_in_doubt_where_nobody_else_is_in_sync)
{
	model_doubtful(&it, 2, "a", 0);
	isr_is("2");
	cr_assert_eq(decide(LEADER_ELECTION_OFFLINE), LEADER_IN_DOUBT);
	cr_assert_eq(decide(LEADER_ELECTION_PREFERRED), LEADER_NOT_NEEDED);
	cr_assert_eq(decide(LEADER_ELECTION_UNCLEAN), LEADER_ELECTED);
	expect(2, "2");
	cr_assert_eq(next.leader_recovery, PAYLOAD_RECOVERING);
	leader_election_prefer(1, &it.arena, &next);
	expect(1, "1");
	context_broker_remove(&it.context, 2);
	cr_assert_eq(decide(LEADER_ELECTION_OFFLINE), LEADER_NONE_ELIGIBLE);
}

Test(leader_election, F17_among_all_the_one_that_is_chosen_is_alone_in_sync)
{
	struct payload_partition_state state = context_partition_payload(partition);

	cr_assert_eq(leader_election_among_all(&it.context, &state, 1, &it.arena, &next),
	    LEADER_ELECTED);
	expect(1, "1");
	cr_assert_eq(next.leader_recovery, PAYLOAD_RECOVERED);
	state.isr = model_ids(&it, "2");
	cr_assert_eq(leader_election_among_all(&it.context, &state, 1, &it.arena, &next),
	    LEADER_ELECTED);
	cr_assert_eq(next.leader_recovery, PAYLOAD_RECOVERING);
	state.controller_epoch = 6;
	cr_assert_eq(leader_election_among_all(&it.context, &state, 1, &it.arena, &next),
	    LEADER_NEWER_CONTROLLER);
}

Test(leader_election, F17_of_one_replica_nobody_else_is_asked)
{
	struct context_topic *single = model_topic(&it, "single", "2");

	model_doubtful(&it, 2, "single", 0);
	cr_assert_not(context_replica_is_doubtful(&it.context, single->partitions[0], 2));
	cr_assert_not(context_replica_is_doubtful(&it.context, partition, 2));
}
