/* What members are told, and until when they have to be heard of again. */
#include "group/group_private.h"

void
group_restart_session(struct group_turn *turn, struct group *group, struct group_member *member)
{
	deadline_set(&group->deadlines, &member->session, turn->event->now_us +
	    (int64_t)member->session_timeout_ms * GROUP_US_PER_MS);
}

void
group_answer_join_error(struct group_turn *turn, struct group_call *call, struct slice member_id,
    int16_t error)
{
	struct join_group_response *response = call->response;
	bool failed = false;

	answer_error(call, error);
	response->member_id = answer_text(call->arena, member_id, &failed);
	if (failed)
		answer_error(call, KAFKA_ERROR_UNKNOWN_SERVER_ERROR);
	group_answer(turn, call);
}

static struct group_call *
take_join(struct group *group, struct group_member *member)
{
	struct group_call *call = member->joining;

	if (call == NULL)
		return NULL;
	member->joining = NULL;
	member->storing = NULL;
	group->joined--;
	return call;
}

bool
group_end_join(struct group_turn *turn, struct group *group, struct group_member *member,
    struct slice member_id, int16_t error)
{
	struct group_call *call = take_join(group, member);

	if (call == NULL)
		return false;
	group_answer_join_error(turn, call, member_id, error);
	return true;
}

bool
group_end_sync(struct group_turn *turn, struct group_member *member, int16_t error)
{
	struct group_call *call = member->syncing;

	if (call == NULL)
		return false;
	member->syncing = NULL;
	answer_error(call, error);
	group_answer(turn, call);
	return true;
}

void
group_park_join(struct group_turn *turn, struct group *group, struct group_member *member,
    struct group_call *call)
{
	/* It asks again, on another connection: nobody waits for the first answer any more. */
	(void)group_end_join(turn, group, member, member->id, KAFKA_ERROR_REBALANCE_IN_PROGRESS);
	member->joining = call;
	group->joined++;
}

/* All members with their metadata, for the leader; false at the arena's cap. */
static bool
tell_members(const struct group *group, struct group_call *call)
{
	struct join_group_response *response = call->response;
	bool failed = false;
	int32_t i = 0;

	response->members.items = arena_array(call->arena, group->members.count,
	    sizeof(*response->members.items));
	if (response->members.items == NULL)
		return false;
	GROUP_FOREACH_MEMBER(link, group) {
		const struct group_member *member = group_member_of(link);
		struct slice metadata = group_member_metadata(member, group->protocol_name);

		response->members.items[i++] = (struct join_group_response_join_group_response_member){
			.member_id = answer_text(call->arena, member->id, &failed),
			.group_instance_id = answer_text(call->arena, member->instance_id, &failed),
			.metadata = answer_text(call->arena, metadata, &failed),
		};
	}
	response->members.count = i;
	return !failed;
}

void
group_welcome(struct group_turn *turn, struct group *group, struct group_member *member,
    bool with_members)
{
	struct group_call *call = take_join(group, member);
	struct join_group_response *response;
	bool failed = false;

	if (call == NULL)
		return;
	response = call->response;
	*response = join_group_response_defaults;
	response->generation_id = group->generation;
	response->protocol_type = answer_text(call->arena, group->protocol_type, &failed);
	response->protocol_name = answer_text(call->arena, group->protocol_name, &failed);
	response->leader = answer_text(call->arena, group->leader->id, &failed);
	response->member_id = answer_text(call->arena, member->id, &failed);
	if (with_members && !tell_members(group, call))
		failed = true;
	if (failed)
		answer_error(call, KAFKA_ERROR_UNKNOWN_SERVER_ERROR);
	group_answer(turn, call);
}

int16_t
group_check_member(const struct group *group, struct slice member_id, struct slice instance_id)
{
	if (!slice_is_null(instance_id)) {
		const struct group_member *member = group_find_instance(group, instance_id);

		if (member == NULL)
			return KAFKA_ERROR_UNKNOWN_MEMBER_ID;
		if (!slice_equal(member->id, member_id))
			return KAFKA_ERROR_FENCED_INSTANCE_ID;
	}
	return group_find_member(group, member_id) == NULL ? KAFKA_ERROR_UNKNOWN_MEMBER_ID :
	    KAFKA_ERROR_NONE;
}

int16_t
group_check_generation(const struct group *group, struct slice member_id,
    struct slice instance_id, int32_t generation)
{
	int16_t error = group_check_member(group, member_id, instance_id);

#ifndef CANARY_STALE_GENERATION_ACCEPTED
	if (error == KAFKA_ERROR_NONE && generation != group->generation)
		return KAFKA_ERROR_ILLEGAL_GENERATION;
#endif
	return error;
}

static int16_t
beat(struct group_turn *turn, struct group *group, const struct heartbeat_request *request)
{
	int16_t error;

	if (group_is_dead(group))
		return KAFKA_ERROR_COORDINATOR_NOT_AVAILABLE;
	error = group_check_generation(group, request->member_id, request->group_instance_id,
	    request->generation_id);
	if (error != KAFKA_ERROR_NONE)
		return error;
	group_restart_session(turn, group, group_find_member(group, request->member_id));
	return group->state == GROUP_PREPARING_REBALANCE ? KAFKA_ERROR_REBALANCE_IN_PROGRESS :
	    KAFKA_ERROR_NONE;
}

void
group_heartbeat(struct group_turn *turn, struct group *group, struct group_call *call)
{
	answer_error(call, beat(turn, group, call->request));
	group_answer(turn, call);
}
