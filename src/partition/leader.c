#include "partition/leader.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "base/memory.h"

void
leader_init(struct leader *leader, int32_t self)
{
	*leader = (struct leader){
		.self = self,
		.id = LEADER_NONE,
		.epoch = -1,
		.controller_epoch = -1,
		.partition_epoch = -1,
		.min_insync_replicas = 1,
	};
}

void
leader_fini(struct leader *leader)
{
	free(leader->others);
	leader->others = NULL;
}

static bool
contains(const int32_t *replicas, size_t count, int32_t replica)
{
	for (size_t i = 0; i < count; i++) {
		if (replicas[i] == replica)
			return true;
	}
	return false;
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
		*at++ = (struct leader_member){
			.replica = replica,
			.in_isr = contains(change->isr, change->isr_count, replica),
			.end_offset = keep_offsets && old != NULL ? old->end_offset :
			    LEADER_OFFSET_UNKNOWN,
		};
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

void
leader_apply(struct leader *leader, const struct leader_change *change, int64_t log_end_offset)
{
	bool stays = leader_is_here(leader) && change->leader == leader->self &&
	    change->leader_epoch == leader->epoch;

	assert(change->leader_epoch >= leader->epoch);
	replace_members(leader, change, stays);
	leader->id = change->leader >= 0 ? change->leader : LEADER_NONE;
	leader->epoch = change->leader_epoch;
	leader->controller_epoch = change->controller_epoch;
	leader->partition_epoch = change->partition_epoch;
	leader->replica_count = (int32_t)change->replica_count;
	leader->isr_count = (int32_t)change->isr_count;
	if (leader_is_here(leader) && !stays) {
		leader->epoch_start_offset = log_end_offset;
		leader->end_offset = 0;
	}
}

void
leader_set_min_insync_replicas(struct leader *leader, int32_t count)
{
	leader->min_insync_replicas = count;
}

void
leader_log_grew(struct leader *leader, int64_t end_offset)
{
	leader->end_offset = MAX(leader->end_offset, end_offset);
}

bool
leader_follower_fetched(struct leader *leader, int32_t replica, int64_t offset)
{
	struct leader_member *member = find(leader, replica);

	if (member == NULL)
		return false;
	member->end_offset = offset;
	return true;
}

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

int64_t
leader_high_watermark(const struct leader *leader, int64_t high_watermark)
{
	int64_t lowest = leader->end_offset;

	if (!leader_is_here(leader) || !leader_has_enough_insync_replicas(leader))
		return high_watermark;
	for (int32_t i = 0; i < leader->other_count; i++) {
		if (leader->others[i].in_isr)
			lowest = MIN(lowest, leader->others[i].end_offset);
	}
	return MAX(lowest, high_watermark);
}
