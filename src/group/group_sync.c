/* SyncGroup: the leader's assignment goes to the log, and then to all members. */
#include "group/append_errors.h"
#include "group/group_private.h"

static void
set_assignment(struct slice *assignment, struct slice value)
{
	if (assignment->size > 0)
		text_free(assignment);
	*assignment = value.size == 0 ? slice_of("", 0) : text_copy(value);
}

static int16_t
check(const struct group *group, const struct sync_group_request *request)
{
	int16_t error;

	if (group_is_dead(group))
		return KAFKA_ERROR_COORDINATOR_NOT_AVAILABLE;
	error = group_check_generation(group, request->member_id, request->group_instance_id,
	    request->generation_id);
	if (error != KAFKA_ERROR_NONE)
		return error;
	if (!slice_is_null(request->protocol_type) &&
	    !slice_equal(request->protocol_type, group->protocol_type))
		return KAFKA_ERROR_INCONSISTENT_GROUP_PROTOCOL;
	if (!slice_is_null(request->protocol_name) &&
	    !slice_equal(request->protocol_name, group->protocol_name))
		return KAFKA_ERROR_INCONSISTENT_GROUP_PROTOCOL;
	if (group->state == GROUP_PREPARING_REBALANCE)
		return KAFKA_ERROR_REBALANCE_IN_PROGRESS;
	return KAFKA_ERROR_NONE;
}

static void
answer_assignment(struct group_turn *turn, struct group *group, struct group_member *member,
    struct group_call *call)
{
	struct sync_group_response *response = call->response;
	bool failed = false;

	*response = sync_group_response_defaults;
	response->protocol_type = answer_text(call->arena, group->protocol_type, &failed);
	response->protocol_name = answer_text(call->arena, group->protocol_name, &failed);
	response->assignment = answer_text(call->arena, member->assignment, &failed);
	if (failed) {
		*response = sync_group_response_defaults;
		response->error_code = KAFKA_ERROR_UNKNOWN_SERVER_ERROR;
	}
	group_answer(turn, call);
	group_restart_session(turn, group, member);
}

/* Members whom the leader has forgotten get nothing; strangers are left out. */
static void
propose(struct group *group, const struct sync_group_request *request)
{
	GROUP_FOREACH_MEMBER(link, group)
		set_assignment(&group_member_of(link)->proposed, slice_of("", 0));
	for (int32_t i = 0; i < request->assignments.count; i++) {
		struct group_member *member =
		    group_find_member(group, request->assignments.items[i].member_id);

		if (member != NULL)
			set_assignment(&member->proposed, request->assignments.items[i].assignment);
	}
}

static void
assignment_failed(struct group_turn *turn, struct group *group, int16_t error)
{
	group->is_storing = false;
	GROUP_FOREACH_MEMBER(link, group) {
		struct group_member *member = group_member_of(link);

		set_assignment(&member->assignment, slice_of("", 0));
		if (group_end_sync(turn, member, error))
			group_restart_session(turn, group, member);
	}
	group_maybe_rebalance(turn, group, "the assignment could not be stored");
}

static void
store_assignment(struct group_turn *turn, struct group *group,
    const struct sync_group_request *request)
{
	struct group_append *append;

	propose(group, request);
	append = group_append_metadata(GROUP_APPEND_ASSIGNMENT, group, true, turn->event->now_ms);
	if (append == NULL) {
		assignment_failed(turn, group, KAFKA_ERROR_UNKNOWN_SERVER_ERROR);
		return;
	}
	append->generation = group->generation;
	group->is_storing = true;
	group_append(turn, group, append);
}

static void
sync_now(struct group_turn *turn, struct group *group, struct group_member *member,
    struct group_call *call)
{
	group_member_synced(group, member);
	if (group->state == GROUP_STABLE) {
		answer_assignment(turn, group, member, call);
		return;
	}
	assert(group->state == GROUP_COMPLETING_REBALANCE);
	/* It asks again, on another connection: nobody waits for the first answer any more. */
	(void)group_end_sync(turn, member, KAFKA_ERROR_REBALANCE_IN_PROGRESS);
	member->syncing = call;
	if (member == group->leader && !group->is_storing)
		store_assignment(turn, group, call->request);
}

void
group_sync(struct group_turn *turn, struct group *group, struct group_call *call)
{
	const struct sync_group_request *request = call->request;
	int16_t error = check(group, request);

	if (error == KAFKA_ERROR_NONE) {
		sync_now(turn, group, group_find_member(group, request->member_id), call);
		return;
	}
	answer_error(call, error);
	group_answer(turn, call);
}

void
group_assignment_stored(struct group_turn *turn, struct group *group,
    struct group_append *append, int16_t error)
{
	if (group->state != GROUP_COMPLETING_REBALANCE || group->generation != append->generation)
		return; /* something has begun a rebalance meanwhile, and has told all */
	if (error != KAFKA_ERROR_NONE) {
		assignment_failed(turn, group, append_error_of_group(error));
		return;
	}
	group->is_storing = false;
	GROUP_FOREACH_MEMBER(link, group) {
		struct group_member *member = group_member_of(link);
		struct group_call *call = member->syncing;

		set_assignment(&member->assignment, member->proposed);
		set_assignment(&member->proposed, slice_of("", 0));
		if (call == NULL)
			continue;
		member->syncing = NULL;
		answer_assignment(turn, group, member, call);
	}
	group_move(turn, group, GROUP_STABLE, "the leader's assignment is stored");
}
