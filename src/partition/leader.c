#include "partition/leader.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "base/memory.h"
#include "wire/kafka_error.h"

void
leader_init(struct leader *leader, int32_t self, int64_t max_lag_us,
    const struct live_brokers *live)
{
	*leader = (struct leader){
		.self = self,
		.id = LEADER_NONE,
		.epoch = -1,
		.controller_epoch = -1,
		.partition_epoch = -1,
		.min_insync_replicas = 1,
		.max_lag_us = max_lag_us,
		.live = live,
	};
}

void
leader_fini(struct leader *leader)
{
	free(leader->others);
	leader->others = NULL;
}

/* -1: it is not there. */
static int32_t
place_of(const int32_t *replicas, size_t count, int32_t replica)
{
	for (size_t i = 0; i < count; i++) {
		if (replicas[i] == replica)
			return (int32_t)i;
	}
	return -1;
}

static bool
contains(const int32_t *replicas, size_t count, int32_t replica)
{
	return place_of(replicas, count, replica) >= 0;
}

static struct leader_member *
find(const struct leader *leader, int32_t replica)
{
	for (int32_t i = 0; i < leader->other_count; i++) {
		if (leader->others[i].replica == replica)
			return &leader->others[i];
	}
	return NULL;
}

/* ----------------------------------------------------------------- leadership */

static void
forget(struct leader_member *member)
{
	member->broker_epoch = LEADER_BROKER_EPOCH_UNKNOWN;
	member->end_offset = LEADER_OFFSET_UNKNOWN;
	member->start_offset = LEADER_OFFSET_UNKNOWN;
	member->caught_up_us = LEADER_NEVER;
	member->fetched_us = LEADER_NEVER;
	member->fetched_log_end_offset = LEADER_OFFSET_UNKNOWN;
	member->waits_since_us = LEADER_NEVER;
	member->given_offset = LEADER_OFFSET_UNKNOWN;
	member->is_ineligible = false;
}

/* Members of the ISR that are not assigned (any more) count, too: they have the log. */
static struct leader_member *
add_all(struct leader_member *at, const struct leader *leader, const struct leader_change *change,
    bool keep_offsets)
{
	for (size_t i = 0; i < change->replica_count + change->isr_count; i++) {
		bool assigned = i < change->replica_count;
		int32_t replica = assigned ? change->replicas[i] :
		    change->isr[i - change->replica_count];

		if (replica == leader->self ||
		    (!assigned && contains(change->replicas, change->replica_count, replica)))
			continue;
		const struct leader_member *old = find(leader, replica);
		if (keep_offsets && old != NULL)
			*at = *old;
		else
			forget(at);
		at->replica = replica;
		at->is_assigned = assigned;
		at->place = place_of(change->isr, change->isr_count, replica);
		at->in_isr = at->place >= 0;
		at->is_changing = at->is_ineligible = false;
		at++;
	}
	return at;
}

static void
replace_members(struct leader *leader, const struct leader_change *change, bool keep_offsets)
{
	size_t room = change->replica_count + change->isr_count;
	struct leader_member *members = NULL;
	int32_t count = 0;

	/* One broker alone, which most are on a small machine, needs no memory. */
	if (change->replica_count > 1 || change->isr_count > 1) {
		members = memory_array(room, sizeof(members[0]));
		count = (int32_t)(add_all(members, leader, change, keep_offsets) - members);
	}
	free(leader->others);
	leader->others = members;
	leader->other_count = count;
}

/* The clock of the lag begins anew for all in the ISR. */
static void
begin_epoch(struct leader *leader, int64_t log_end_offset, int64_t now_us, bool stays)
{
	leader->epoch_start_offset = log_end_offset;
	leader->log_end_offset = log_end_offset;
	if (!stays)
		leader->end_offset = 0;
	for (int32_t i = 0; i < leader->other_count; i++) {
		struct leader_member *member = &leader->others[i];

		member->caught_up_us = member->fetched_us = member->in_isr ? now_us : LEADER_NEVER;
		member->fetched_log_end_offset = stays ? log_end_offset : LEADER_OFFSET_UNKNOWN;
		member->waits_since_us = LEADER_NEVER;
	}
}

void
leader_apply(struct leader *leader, const struct leader_change *change, int64_t log_end_offset,
    int64_t now_us)
{
	bool led = leader_is_here(leader), is_new = change->leader_epoch > leader->epoch;
	bool stays = led && change->leader == leader->self &&
	    change->leader_epoch - leader->epoch <= 1;

	assert(change->leader_epoch >= leader->epoch);
	replace_members(leader, change, stays);
	leader->id = change->leader >= 0 ? change->leader : LEADER_NONE;
	leader->epoch = change->leader_epoch;
	leader->controller_epoch = change->controller_epoch;
	leader->partition_epoch = change->partition_epoch;
	leader->replica_count = (int32_t)change->replica_count;
	leader->isr_count = (int32_t)change->isr_count;
	leader->place = place_of(change->isr, change->isr_count, leader->self);
	leader->isr_state = LEADER_ISR_COMMITTED;
	leader->proposal++;
	if (leader_is_here(leader) && (is_new || !led))
		begin_epoch(leader, log_end_offset, now_us, stays);
}

void
leader_set_min_insync_replicas(struct leader *leader, int32_t count)
{
	leader->min_insync_replicas = count;
}

void
leader_log_grew(struct leader *leader, int64_t log_end_offset, int64_t end_offset)
{
	leader->log_end_offset = MAX(leader->log_end_offset, log_end_offset);
	leader->end_offset = MAX(leader->end_offset, end_offset);
}

/* ------------------------------------------------------------------ followers */

int64_t
leader_heard_us(const struct leader *leader)
{
	int64_t heard_us = LEADER_ALWAYS;

	for (int32_t i = 0; i < leader->other_count; i++) {
		const struct leader_member *member = &leader->others[i];

		if (member->in_isr && (leader->live == NULL ||
		    live_brokers_contains(leader->live, member->replica)))
			heard_us = MIN(heard_us, member->fetched_us);
	}
	return heard_us;
}

enum leader_follower
leader_follower_of(const struct leader *leader, int32_t replica, int64_t broker_epoch)
{
	const struct leader_member *member = find(leader, replica);

	if (member == NULL || !member->is_assigned)
		return LEADER_FOLLOWER_FOREIGN;
	return broker_epoch >= 0 && broker_epoch < member->broker_epoch ?
	    LEADER_FOLLOWER_EARLIER_LIFE : LEADER_FOLLOWER_KNOWN;
}

/* Of one that has not fetched yet there is nothing to forget. */
static bool
is_another_life(const struct leader_member *member, int64_t broker_epoch)
{
	return member->end_offset != LEADER_OFFSET_UNKNOWN &&
	    broker_epoch != member->broker_epoch;
}

bool
leader_follower_fetched(struct leader *leader, int32_t replica, int64_t broker_epoch,
    int64_t offset, int64_t log_end_offset, int64_t now_us)
{
	struct leader_member *member = find(leader, replica);
	int64_t before;

	assert(leader_follower_of(leader, replica, broker_epoch) == LEADER_FOLLOWER_KNOWN);
	broker_epoch = MAX(broker_epoch, LEADER_BROKER_EPOCH_UNKNOWN);
	leader_log_grew(leader, log_end_offset, leader->end_offset);
	before = member->end_offset;
	if (is_another_life(member, broker_epoch))
		forget(member);
	member->broker_epoch = broker_epoch;
	/* What it has had since its last fetch, it has had then at the latest. */
	if (offset >= leader->log_end_offset)
		member->caught_up_us = MAX(member->caught_up_us, now_us);
	else if (offset >= member->fetched_log_end_offset)
		member->caught_up_us = MAX(member->caught_up_us, member->fetched_us);
	member->fetched_us = now_us;
	member->fetched_log_end_offset = leader->log_end_offset;
	member->end_offset = offset;
	return offset != before;
}

void
leader_follower_starts(struct leader *leader, int32_t replica, int64_t start_offset)
{
	struct leader_member *member = find(leader, replica);

	if (member != NULL)
		member->start_offset = MAX(start_offset, LEADER_OFFSET_UNKNOWN);
}

void
leader_follower_given(struct leader *leader, int32_t replica, int64_t offset)
{
	struct leader_member *member = find(leader, replica);

	if (member != NULL)
		member->given_offset = offset;
}

bool
leader_follower_was_given(const struct leader *leader, int32_t replica, int64_t offset)
{
	const struct leader_member *member = find(leader, replica);

	return member != NULL && member->given_offset == offset;
}

void
leader_follower_waits(struct leader *leader, int32_t replica, int64_t now_us)
{
	struct leader_member *member = find(leader, replica);

	if (member != NULL && member->waits_since_us == LEADER_NEVER)
		member->waits_since_us = now_us;
}

void
leader_follower_waits_no_longer(struct leader *leader, int32_t replica, int64_t now_us)
{
	struct leader_member *member = find(leader, replica);

	if (member == NULL || member->waits_since_us == LEADER_NEVER)
		return;
	if (member->caught_up_us != LEADER_NEVER)
		member->caught_up_us = MIN(now_us,
		    member->caught_up_us + now_us - member->waits_since_us);
	member->waits_since_us = LEADER_NEVER;
}

static bool
is_alive(const struct leader *leader, int32_t replica)
{
	return leader->live == NULL || live_brokers_contains(leader->live, replica);
}

static bool
is_caught_up(const struct leader *leader, const struct leader_member *member, int64_t now_us)
{
	if (member->end_offset == leader->log_end_offset)
		return true;
	if (member->caught_up_us == LEADER_NEVER)
		return false;
	if (member->waits_since_us != LEADER_NEVER)
		now_us = member->waits_since_us;
	return now_us - member->caught_up_us <= leader->max_lag_us;
}

int64_t
leader_low_watermark(const struct leader *leader, int64_t log_start_offset)
{
	int64_t lowest = log_start_offset;

	for (int32_t i = 0; i < leader->other_count; i++) {
		const struct leader_member *member = &leader->others[i];

		if (member->is_assigned && is_alive(leader, member->replica))
			lowest = MIN(lowest, member->start_offset);
	}
	return lowest;
}

bool
leader_has_in_sync(const struct leader *leader, int32_t replica)
{
	const struct leader_member *member = find(leader, replica);

	return member != NULL && member->in_isr;
}

/* ReplicaView.comparator of Kafka 3.9. */
static bool
is_nearer_the_end(const struct leader_member *one, const struct leader_member *other)
{
	if (one->end_offset != other->end_offset)
		return one->end_offset > other->end_offset;
	if (one->caught_up_us != other->caught_up_us)
		return one->caught_up_us > other->caught_up_us;
	return one->replica > other->replica;
}

int32_t
leader_choose_reader(const struct leader *leader, const int32_t *brokers, size_t count,
    int64_t offset)
{
	const struct leader_member *best = NULL;

	for (size_t i = 0; i < count; i++) {
		const struct leader_member *member = find(leader, brokers[i]);

		if (member == NULL || !member->in_isr || member->end_offset < offset ||
		    member->end_offset == LEADER_OFFSET_UNKNOWN || member->start_offset > offset)
			continue;
		if (best == NULL || is_nearer_the_end(member, best))
			best = member;
	}
	return best == NULL ? LEADER_NONE : best->replica;
}

/* ------------------------------------------------------------- high watermark */

int32_t
leader_effective_min_insync_replicas(const struct leader *leader)
{
	return MIN(leader->min_insync_replicas, MAX(leader->replica_count, 1));
}

bool
leader_has_enough_insync_replicas(const struct leader *leader)
{
	return leader->isr_count >= leader_effective_min_insync_replicas(leader);
}

bool
leader_has_enough_acknowledgements(const struct leader *leader)
{
	int32_t maximal = leader->isr_count + (leader->isr_state == LEADER_ISR_EXPANDS);

	return maximal >= leader_effective_min_insync_replicas(leader);
}

bool
leader_isr_is_too_small(const struct leader *leader)
{
	int32_t least = leader_effective_min_insync_replicas(leader), count = leader->isr_count;

	for (int32_t i = 0; i < leader->other_count; i++)
		count -= leader->isr_state == LEADER_ISR_SHRINKS && leader->others[i].is_changing;
	return least >= 2 && count < least;
}

static bool
is_in_maximal_isr(const struct leader *leader, const struct leader_member *member)
{
#ifdef CANARY_SHRINKS_BEFORE_ANSWER
	if (member->is_changing && leader->isr_state == LEADER_ISR_SHRINKS)
		return false;
#endif
	return member->in_isr ||
	    (member->is_changing && leader->isr_state == LEADER_ISR_EXPANDS);
}

int64_t
leader_high_watermark(const struct leader *leader, int64_t high_watermark, int64_t now_us)
{
	int64_t lowest = leader->end_offset;

	if (!leader_is_here(leader) || !leader_has_enough_insync_replicas(leader))
		return high_watermark;
	for (int32_t i = 0; i < leader->other_count; i++) {
		const struct leader_member *member = &leader->others[i];

#ifdef CANARY_HIGH_WATERMARK_BEFORE_ISR
		continue;
#endif
		if (member->end_offset < lowest &&
		    (is_in_maximal_isr(leader, member) ||
		     (member->is_assigned && !member->is_ineligible && is_caught_up(leader, member, now_us) &&
		      is_alive(leader, member->replica))))
			lowest = member->end_offset;
	}
#ifdef CANARY_HIGH_WATERMARK_GOES_BACK
	return MAX(lowest, 0);
#endif
	return MAX(lowest, high_watermark);
}

/* -------------------------------------------------------------------- the ISR */

static bool
may_propose(const struct leader *leader)
{
	return leader_is_here(leader) && leader->isr_state == LEADER_ISR_COMMITTED;
}

bool
leader_expand_isr(struct leader *leader, int32_t replica, int64_t high_watermark)
{
	struct leader_member *member = find(leader, replica);

	if (!may_propose(leader) || member == NULL || !member->is_assigned || member->in_isr ||
	    member->end_offset < high_watermark ||
#ifndef CANARY_JOINS_BEFORE_EPOCH_START
	    member->end_offset < leader->epoch_start_offset ||
#endif
	    !is_alive(leader, replica))
		return false;
	member->is_changing = true;
	leader->isr_state = LEADER_ISR_EXPANDS;
	leader->proposal++;
	return true;
}

bool
leader_shrink_isr(struct leader *leader, int64_t now_us)
{
	bool leaves = false;

	if (!may_propose(leader))
		return false;
	for (int32_t i = 0; i < leader->other_count; i++) {
		struct leader_member *member = &leader->others[i];

		/* The controller may think better of it by now; else it says so again. */
		member->is_ineligible = false;
		member->is_changing = member->in_isr && !is_caught_up(leader, member, now_us);
		leaves = leaves || member->is_changing;
	}
	if (!leaves)
		return false;
	leader->isr_state = LEADER_ISR_SHRINKS;
	leader->proposal++;
	return true;
}

size_t
leader_proposed_isr(const struct leader *leader, struct leader_isr_member *isr)
{
	size_t count = 0;

	assert(leader->isr_state != LEADER_ISR_COMMITTED);
	/* All at -1 come last, and this one first of those: it is always proposed. */
	for (int32_t round = 0; round <= leader->isr_count; round++) {
		int32_t place = round < leader->isr_count ? round : -1;

		if (leader->place == place)
			isr[count++] = (struct leader_isr_member){ leader->self,
				LEADER_BROKER_EPOCH_UNKNOWN };
		for (int32_t i = 0; i < leader->other_count; i++) {
			const struct leader_member *member = &leader->others[i];

			if (member->place == place && member->in_isr != member->is_changing)
				isr[count++] = (struct leader_isr_member){ member->replica,
					member->broker_epoch };
		}
	}
	return count;
}

static void
back_to_committed(struct leader *leader)
{
	leader->isr_state = LEADER_ISR_COMMITTED;
	for (int32_t i = 0; i < leader->other_count; i++)
		leader->others[i].is_changing = false;
}

/* A controller that is sound answers with what it was asked for. */
static bool
is_what_was_proposed(const struct leader *leader, const struct leader_isr_answer *answer)
{
	size_t proposed = 1;

	if (answer->leader != leader->self || answer->leader_epoch != leader->epoch ||
	    !contains(answer->isr, answer->isr_count, leader->self))
		return false;
	for (int32_t i = 0; i < leader->other_count; i++) {
		const struct leader_member *member = &leader->others[i];
		bool is_proposed = member->in_isr != member->is_changing;

		if (is_proposed != contains(answer->isr, answer->isr_count, member->replica))
			return false;
		proposed += is_proposed;
	}
	return proposed == answer->isr_count;
}

static enum leader_isr_outcome
succeeded(struct leader *leader, const struct leader_isr_answer *answer)
{
	if (!is_what_was_proposed(leader, answer))
		return LEADER_ISR_WAITS;
	/* Of a state that was passed already; equal, where nothing had to be changed. */
	if (answer->partition_epoch < leader->partition_epoch)
		return LEADER_ISR_AGAIN;
	leader->isr_count = (int32_t)answer->isr_count;
	leader->partition_epoch = answer->partition_epoch;
	leader->place = place_of(answer->isr, answer->isr_count, leader->self);
	for (int32_t i = 0; i < leader->other_count; i++) {
		struct leader_member *member = &leader->others[i];

		member->in_isr = member->in_isr != member->is_changing;
		member->place = place_of(answer->isr, answer->isr_count, member->replica);
		member->is_ineligible = member->is_ineligible && !member->in_isr;
	}
	back_to_committed(leader);
	return LEADER_ISR_TAKEN;
}

enum leader_isr_outcome
leader_take_isr_answer(struct leader *leader, const struct leader_isr_answer *answer)
{
	if (leader->isr_state == LEADER_ISR_COMMITTED || answer->proposal != leader->proposal)
		return LEADER_ISR_OUTDATED;
	switch (answer->code) {
	case KAFKA_ERROR_NONE:
		return succeeded(leader, answer);
	case KAFKA_ERROR_INELIGIBLE_REPLICA:
		for (int32_t i = 0; i < leader->other_count; i++)
			leader->others[i].is_ineligible |= leader->others[i].is_changing &&
			    leader->isr_state == LEADER_ISR_EXPANDS;
		/* fall through */
	case KAFKA_ERROR_OPERATION_NOT_ATTEMPTED:
		back_to_committed(leader);
		return LEADER_ISR_REFUSED;
	case KAFKA_ERROR_UNKNOWN_TOPIC_OR_PARTITION:
	case KAFKA_ERROR_UNKNOWN_TOPIC_ID:
	case KAFKA_ERROR_FENCED_LEADER_EPOCH:
	case KAFKA_ERROR_INVALID_UPDATE_VERSION:
	case KAFKA_ERROR_INVALID_REQUEST:
	case KAFKA_ERROR_NEW_LEADER_ELECTED:
		return LEADER_ISR_WAITS;
	default:
		return LEADER_ISR_AGAIN;
	}
}
