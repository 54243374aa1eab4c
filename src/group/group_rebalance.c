/* From one generation to the next: gathering members, and waiting for their SyncGroup. */
#include "group/group_private.h"

/* Whatever the members say, a group in which nobody joins is not looked at all the time. */
enum { WAIT_FOR_STATIC_MIN_US = 1000000 };

static bool
can_rebalance(const struct group *group)
{
	return group->state == GROUP_EMPTY || group->state == GROUP_COMPLETING_REBALANCE ||
	    group->state == GROUP_STABLE;
}

void
group_member_synced(struct group *group, struct group_member *member)
{
	if (!member->is_unsynced)
		return;
	member->is_unsynced = false;
	group->unsynced--;
	if (group->unsynced == 0)
		deadline_clear(&group->deadlines, &group->sync);
}

static void
forget_assignment(struct group_turn *turn, struct group *group, int16_t error)
{
	GROUP_FOREACH_MEMBER(link, group) {
		struct group_member *member = group_member_of(link);

		if (member->assignment.size > 0)
			text_free(&member->assignment);
		member->assignment = slice_of("", 0);
		if (group_end_sync(turn, member, error))
			group_restart_session(turn, group, member);
	}
}

static void
begin_initial(struct group_turn *turn, struct group *group)
{
	int64_t delay_us = (int64_t)group->config->initial_rebalance_delay_ms * GROUP_US_PER_MS;

	group->is_initial = true;
	group->member_was_added = false;
	group->initial_left_us = MAX(group_rebalance_timeout_us(group) - delay_us, 0);
	deadline_set(&group->deadlines, &group->rebalance, turn->event->now_us + delay_us);
}

void
group_prepare_rebalance(struct group_turn *turn, struct group *group, const char *reason)
{
	if (group->state == GROUP_COMPLETING_REBALANCE)
		forget_assignment(turn, group, KAFKA_ERROR_REBALANCE_IN_PROGRESS);
	GROUP_FOREACH_MEMBER(link, group)
		group_member_synced(group, group_member_of(link));
	group->is_storing = false;
	group->is_initial = false;
	if (group->state == GROUP_EMPTY)
		begin_initial(turn, group);
	else
		deadline_set(&group->deadlines, &group->rebalance,
		    turn->event->now_us + group_rebalance_timeout_us(group));
	group_move(turn, group, GROUP_PREPARING_REBALANCE, reason);
	group_maybe_complete_join(turn, group);
}

void
group_maybe_rebalance(struct group_turn *turn, struct group *group, const char *reason)
{
	if (can_rebalance(group))
		group_prepare_rebalance(turn, group, reason);
}

/* ------------------------------------------------------- the join completes */

static void
drop_absent_dynamic_members(struct group *group)
{
	GROUP_FOREACH_MEMBER(link, group) {
		struct group_member *member = group_member_of(link);

		if (member->joining == NULL && slice_is_null(member->instance_id))
			group_drop_member(group, member);
	}
}

/* A leader that has joined; false when nobody has. */
static bool
elect_joined_leader(struct group *group)
{
	if (group->leader->joining != NULL)
		return true;
	GROUP_FOREACH_MEMBER(link, group) {
		if (group_member_of(link)->joining != NULL) {
			group->leader = group_member_of(link);
			return true;
		}
	}
	return false;
}

static void
become_empty(struct group_turn *turn, struct group *group)
{
	struct group_append *append;

	text_free(&group->protocol_name);
	group_move(turn, group, GROUP_EMPTY, "the last member has left");
	append = group_append_metadata(GROUP_APPEND_EMPTY, group, false, turn->event->now_ms);
	if (append != NULL)
		group_append(turn, group, append);
}

static void
begin_generation(struct group_turn *turn, struct group *group)
{
	struct slice protocol = text_copy(group_select_protocol(group));

	assert(!slice_is_null(protocol)); /* newcomers that share none were refused */
	text_free(&group->protocol_name);
	group->protocol_name = protocol;
	group_move(turn, group, GROUP_COMPLETING_REBALANCE, "all members have joined");
	GROUP_FOREACH_MEMBER(link, group) {
		struct group_member *member = group_member_of(link);

		group_welcome(turn, group, member, member == group->leader);
		group_restart_session(turn, group, member);
		member->is_new = false;
		member->is_unsynced = true;
		group->unsynced++;
	}
	deadline_set(&group->deadlines, &group->sync,
	    turn->event->now_us + group_rebalance_timeout_us(group));
}

static void
complete_join(struct group_turn *turn, struct group *group)
{
	drop_absent_dynamic_members(group);
	if (group->members.count > 0 && !elect_joined_leader(group)) {
		/* Static members that are all away: their sessions will end. */
		group->is_initial = false;
		deadline_set(&group->deadlines, &group->rebalance, turn->event->now_us +
		    MAX(group_rebalance_timeout_us(group), WAIT_FOR_STATIC_MIN_US));
		return;
	}
	deadline_clear(&group->deadlines, &group->rebalance);
	group->is_initial = false;
	group->generation++;
	if (group->members.count == 0)
		become_empty(turn, group);
	else
		begin_generation(turn, group);
}

void
group_maybe_complete_join(struct group_turn *turn, struct group *group)
{
	if (group->state != GROUP_PREPARING_REBALANCE || group->is_initial)
		return;
	if (group->joined == group->members.count && group->pending.count == 0)
		complete_join(turn, group);
}

void
group_rebalance_deadline(struct group_turn *turn, struct group *group)
{
	int64_t delay_us = (int64_t)group->config->initial_rebalance_delay_ms * GROUP_US_PER_MS;

	if (!group->is_initial || !group->member_was_added || group->initial_left_us == 0) {
		complete_join(turn, group);
		return;
	}
	delay_us = MIN(delay_us, group->initial_left_us);
	group->initial_left_us -= delay_us;
	group->member_was_added = false;
	deadline_set(&group->deadlines, &group->rebalance, turn->event->now_us + delay_us);
}

void
group_sync_deadline(struct group_turn *turn, struct group *group)
{
	GROUP_FOREACH_MEMBER(link, group) {
		struct group_member *member = group_member_of(link);

		if (!member->is_unsynced)
			continue;
		(void)group_end_join(turn, group, member, slice_of("", 0),
		    KAFKA_ERROR_UNKNOWN_MEMBER_ID);
		group_drop_member(group, member);
	}
	group_prepare_rebalance(turn, group, "members did not sync in time");
}

/* -------------------------------------------------------------- leaving it */

void
group_expel(struct group_turn *turn, struct group *group, struct group_member *member,
    const char *reason)
{
	/* If it is alive after all it joins again, as somebody new. */
	(void)group_end_join(turn, group, member, slice_of("", 0), KAFKA_ERROR_UNKNOWN_MEMBER_ID);
	(void)group_end_sync(turn, member, KAFKA_ERROR_UNKNOWN_MEMBER_ID);
	group_drop_member(group, member);
	group_maybe_rebalance(turn, group, reason);
	group_maybe_complete_join(turn, group);
}

void
group_expel_pending(struct group_turn *turn, struct group *group, struct group_pending *pending)
{
	group_drop_pending(group, pending);
	group_maybe_complete_join(turn, group);
}
