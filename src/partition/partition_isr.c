/*
 * Changes of the ISR: what the leader machine proposes goes to the control
 * loop, which asks the controller, and comes back with its answer.
 */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "partition/partition_private.h"

static void
change_free(struct partition_isr_change *change)
{
	struct partition *partition = change->partition;

	free(change->isr);
	free(change->answered_isr);
	free(change);
	partition_release(partition);
}

/* ------------------------------------------------------------ to the controller */

static void
bring_to_control(struct loop_message *message)
{
	struct partition_isr_change *change = container_of(message, struct partition_isr_change,
	    message);
	struct partition_home *home = change->partition->home;

	if (home->isr_changed != NULL)
		home->isr_changed(home->context, change);
	else
		change_free(change);
}

void
partition_propose_isr(struct partition *partition)
{
	const struct leader *leader = &partition->leader;
	struct partition_isr_change *change = memory_new(sizeof(*change));

	list_init(&change->link);
	change->partition = partition_hold(partition);
	change->event.type = PARTITION_EVENT_ISR_ANSWERED;
	change->message.run = bring_to_control;
	change->proposal = leader->proposal;
	change->leader_epoch = leader->epoch;
	change->partition_epoch = leader->partition_epoch;
	change->isr = memory_array((size_t)leader->other_count + 1, sizeof(change->isr[0]));
	change->isr_count = leader_proposed_isr(leader, change->isr);
	loop_post(partition->home->world->control, &change->message);
}

void
partition_expand_isr(struct partition *partition, int32_t replica)
{
	if (leader_expand_isr(&partition->leader, replica, log_high_watermark(partition->log)))
		partition_propose_isr(partition);
}

void
partition_check_isr(struct partition *partition)
{
	if (atomic_exchange_explicit(&partition->isr_check_is_out, true, memory_order_acq_rel))
		return;
	partition_hold(partition);
	actor_post(&partition->actor, &partition->isr_check.event);
}

void
partition_on_isr_check(struct partition *partition, struct partition_event *event UNUSED)
{
	atomic_store_explicit(&partition->isr_check_is_out, false, memory_order_release);
	if (partition_leads(partition) == PARTITION_OK) {
		int64_t now_us = clock_monotonic_us(partition->home->world->clock);

		/* Who is waited for though not in the ISR may have fallen behind. */
		partition_advance(partition);
		partition_look_at_deletions(partition);
		if (leader_shrink_isr(&partition->leader, now_us))
			partition_propose_when_noted(partition);
		else
			partition_go_on_noting(partition);
	}
	partition_release(partition);
}

/* --------------------------------------------------------------------- and back */

void
partition_isr_drop(struct partition_isr_change *change)
{
	change_free(change);
}

void
partition_isr_answered(struct partition_isr_change *change)
{
	size_t size = change->answer.isr_count * sizeof(*change->answered_isr);

	free(change->answered_isr);
	change->answered_isr = memory_new(MAX(size, 1));
	if (size > 0)
		memcpy(change->answered_isr, change->answer.isr, size);
	change->answer.isr = change->answered_isr;
	change->answer.proposal = change->proposal;
	actor_post(&change->partition->actor, &change->event.event);
}

static void
count(enum leader_isr_state asked, enum leader_isr_outcome outcome)
{
	if (outcome == LEADER_ISR_OUTDATED)
		return;
	if (outcome != LEADER_ISR_TAKEN)
		partition_count_all(METRIC_FAILED_ISR_UPDATES, 1);
	else
		partition_count_all(asked == LEADER_ISR_EXPANDS ? METRIC_ISR_EXPANDS :
		    METRIC_ISR_SHRINKS, 1);
}

void
partition_on_isr_answered(struct partition *partition, struct partition_event *event)
{
	struct partition_isr_change *change = container_of(event, struct partition_isr_change,
	    event);
	enum leader_isr_state asked = partition->leader.isr_state;
	enum leader_isr_outcome outcome = leader_take_isr_answer(&partition->leader,
	    &change->answer);

	count(asked, outcome);
	change_free(change);
	partition_show_heard(partition);
	if (partition_leads(partition) != PARTITION_OK)
		return;
	if (outcome == LEADER_ISR_AGAIN) {
		partition_propose_isr(partition);
	} else if (outcome == LEADER_ISR_TAKEN || outcome == LEADER_ISR_REFUSED) {
		partition_review_isr(partition);
		partition_advance(partition);
	}
}
