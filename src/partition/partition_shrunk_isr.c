/*
 * The protection of the last replica (F17): before an ISR that falls below
 * min.insync.replicas is asked for, and when the controller says so by itself,
 * the log is synced, and an entry of that is on disk (shrunk_isr.h). Syncs are the
 * flushes of partition_flush.c, the entry is written by way of the control loop.
 */
#include <stdlib.h>

#include "base/memory.h"
#include "partition/partition_private.h"

/* ----------------------------------------------------------------- the entry */

static void
note_free(struct partition_note *note)
{
	struct partition *partition = note->partition;

	free(note);
	partition_release(partition);
}

static void
bring_to_control(struct loop_message *message)
{
	struct partition_note *note = container_of(message, struct partition_note, message);
	struct partition_home *home = note->partition->home;

	if (home->note_shrunk_isr != NULL)
		home->note_shrunk_isr(home->context, note);
	else
		note_free(note);
}

static void
write_entry(struct partition *partition)
{
	struct partition_note *note = memory_new(sizeof(*note));

	shrunk_isr_begin(&partition->shrunk_isr);
	list_init(&note->link);
	note->partition = partition_hold(partition);
	note->event.type = PARTITION_EVENT_NOTED;
	note->message.run = bring_to_control;
	note->mark = partition->shrunk_isr.out;
	loop_post(partition->home->world->control, &note->message);
}

void
partition_noted(struct partition_note *note, bool written)
{
	note->written = written;
	actor_post(&note->partition->actor, &note->event.event);
}

static bool
is_gone(const struct partition *partition)
{
	return partition->log == NULL || partition->surrender != NULL ||
	    log_state(partition->log) != ERROR_NONE;
}

bool
partition_waits_for_sync(const struct partition *partition)
{
	return shrunk_isr_next(&partition->shrunk_isr, log_flushed_offset(partition->log)) ==
	    SHRUNK_ISR_SYNC;
}

void
partition_go_on_noting(struct partition *partition)
{
	if (is_gone(partition) || partition->truncation != NULL || partition->swap != NULL)
		return;
	switch (shrunk_isr_next(&partition->shrunk_isr, log_flushed_offset(partition->log))) {
	case SHRUNK_ISR_SYNC:
		partition_flush_if_due(partition, clock_wall_ms(partition->home->world->clock));
		return;
	case SHRUNK_ISR_WRITE:
		write_entry(partition);
		return;
	default:
		return;
	}
}

/* ----------------------------------------------------------------- the reasons */

static void
want(struct partition *partition)
{
	struct shrunk_isr *shrunk = &partition->shrunk_isr;

	if (shrunk_isr_is_wanted(shrunk) &&
	    shrunk->wanted.leader_epoch == partition->leader.epoch)
		return;
#ifdef CANARY_SHRUNK_ISR_WITHOUT_SYNC
	shrunk_isr_want(shrunk, partition->leader.epoch, log_flushed_offset(partition->log));
#else
	shrunk_isr_want(shrunk, partition->leader.epoch, log_end_offset(partition->log));
#endif
}

static void
show_doubt(struct partition *partition)
{
	atomic_store_explicit(&partition->is_in_doubt, shrunk_isr_is_doubt(&partition->shrunk_isr),
	    memory_order_relaxed);
}

void
partition_review_isr(struct partition *partition)
{
	const struct leader *leader = &partition->leader;

	if (is_gone(partition))
		return;
	if (leader_is_here(leader) && partition->home->protects_last_replica &&
	    leader_isr_is_too_small(leader))
		want(partition);
#ifdef CANARY_SHRUNK_ISR_STAYS
	else if (!leader_is_here(leader) && leader->id != LEADER_NONE)
#else
	/* While nobody leads the log stays as it was noted; who is in doubt and follows has to catch up. */
	else if (leader_is_here(leader) ||
	    (leader->id != LEADER_NONE && !shrunk_isr_is_doubt(&partition->shrunk_isr)))
#endif
		shrunk_isr_drop(&partition->shrunk_isr);
	show_doubt(partition);
	partition_go_on_noting(partition);
}

void
partition_caught_up(struct partition *partition)
{
	shrunk_isr_drop(&partition->shrunk_isr);
	show_doubt(partition);
	partition_go_on_noting(partition);
}

/* -------------------------------------------------------- changes that wait for it */

void
partition_propose_when_noted(struct partition *partition)
{
	partition_review_isr(partition);
	if (!shrunk_isr_is_wanted(&partition->shrunk_isr) ||
	    shrunk_isr_is_settled(&partition->shrunk_isr))
		partition_propose_isr(partition);
	else
		partition->held_proposal = partition->leader.proposal;
}

static void
propose_held(struct partition *partition)
{
	bool is_valid = partition->held_proposal == partition->leader.proposal &&
	    partition->leader.isr_state == LEADER_ISR_SHRINKS;

	if (partition->held_proposal == 0 || !shrunk_isr_is_settled(&partition->shrunk_isr))
		return;
	partition->held_proposal = 0;
	if (is_valid && partition_leads(partition) == PARTITION_OK)
		partition_propose_isr(partition);
}

/* Of one that failed for want of space the next look at the ISR makes another. */
void
partition_on_noted(struct partition *partition, struct partition_event *event)
{
	struct partition_note *note = container_of(event, struct partition_note, event);

	shrunk_isr_done(&partition->shrunk_isr, note->written);
	if (note->written && !is_gone(partition)) {
		partition_go_on_noting(partition);
		propose_held(partition);
		partition_advance(partition);
		partition_follow_flushed(partition);
	} else if (!note->written) {
		partition_follow_later(partition);
	}
	note_free(note);
}
