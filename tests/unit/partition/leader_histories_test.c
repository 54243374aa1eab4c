/* The leader machine in every short history of fetches, appends and answers. */
#include <criterion/criterion.h>

#include "base/macros.h"
#include "partition/leader.h"
#include "wire/kafka_error.h"

enum { LAG_US = 30 * 1000 * 1000, START_US = 1000 * 1000 };

static struct leader leader;

/*
 * What must hold whatever the order of events: a record below the high
 * watermark is on all members of the ISR, of the one before a change in flight
 * and of the one after it.
 */
struct history {
	int64_t high_watermark;
	int64_t has[4];   /* by replica: what it has for sure */
	int64_t now_us;
	int steps;
};
static int histories;

static void
check(const struct history *it)
{
	for (int32_t i = 0; i < leader.other_count; i++) {
		const struct leader_member *member = &leader.others[i];
		bool may_elect = member->in_isr ||
		    (leader.isr_state == LEADER_ISR_EXPANDS && member->is_changing);

		cr_assert(!may_elect || it->has[member->replica] >= it->high_watermark,
		    "%d has %lld of %lld", member->replica, (long long)it->has[member->replica],
		    (long long)it->high_watermark);
	}
	cr_assert_leq(it->high_watermark, leader.end_offset);
}

enum { STEP_GROW, STEP_FETCH_2, STEP_FETCH_3, STEP_BEHIND_3, STEP_SHRINK, STEP_AGREE, STEP_REFUSE,
	STEP_COUNT };

static void
try_fetch(struct history *it, int32_t replica, int64_t offset)
{
	it->has[replica] = offset;
	(void)leader_follower_fetched(&leader, replica, 1, offset, leader.log_end_offset, it->now_us);
	(void)leader_expand_isr(&leader, replica, it->high_watermark);
}

static void
agree(void)
{
	struct leader_isr_member isr[3];
	int32_t ids[3];
	struct leader_isr_answer answer = { .proposal = leader.proposal, .leader = 1,
		.leader_epoch = leader.epoch, .partition_epoch = leader.partition_epoch + 1,
		.isr = ids };

	if (leader.isr_state == LEADER_ISR_COMMITTED)
		return;
	answer.isr_count = leader_proposed_isr(&leader, isr);
	for (size_t i = 0; i < answer.isr_count; i++)
		ids[i] = isr[i].replica;
	cr_assert_eq(leader_take_isr_answer(&leader, &answer), LEADER_ISR_TAKEN);
}

static void
take_step(struct history *it, int step)
{
	switch (step) {
	case STEP_GROW:
		leader_log_grew(&leader, leader.log_end_offset + 1, leader.log_end_offset + 1);
		break;
	case STEP_FETCH_2:
	case STEP_FETCH_3:
		try_fetch(it, step == STEP_FETCH_2 ? 2 : 3, leader.log_end_offset);
		break;
	case STEP_BEHIND_3:
		try_fetch(it, 3, MAX(leader.log_end_offset - 1, it->has[3]));
		break;
	case STEP_SHRINK:
		it->now_us += LAG_US + 1;
		(void)leader_shrink_isr(&leader, it->now_us);
		break;
	case STEP_AGREE:
		agree();
		break;
	default:
		(void)leader_take_isr_answer(&leader, &(struct leader_isr_answer){
		    .proposal = leader.proposal, .code = KAFKA_ERROR_INELIGIBLE_REPLICA });
	}
	it->high_watermark = leader_high_watermark(&leader, it->high_watermark, it->now_us);
	check(it);
}

static void
walk(const struct history *before)
{
	struct leader kept = leader;
	struct leader_member members[2] = { leader.others[0], leader.others[1] };

	histories++;
	if (before->steps == 0)
		return;
	for (int step = 0; step < STEP_COUNT; step++) {
		struct history after = *before;

		after.steps--;
		take_step(&after, step);
		walk(&after);
		leader = kept;
		leader.others[0] = members[0];
		leader.others[1] = members[1];
	}
}

Test(leader_histories, in_every_short_history_what_is_below_the_high_watermark_is_on_the_isr)
{
	static const int32_t ids[] = { 1, 2, 3 };

	for (size_t isr = 1; isr <= 3; isr++) {
		struct leader_change change = { .leader = 1, .leader_epoch = 0, .replicas = ids,
			.replica_count = 3, .isr = ids, .isr_count = isr };

		leader_init(&leader, 1, LAG_US, NULL);
		leader_apply(&leader, &change, 0, START_US);
		walk(&(struct history){ .now_us = START_US, .steps = 6 });
		leader_fini(&leader);
	}
	cr_expect_eq(histories, 3 * 137257);
}
