/* LeaveGroup: of oneself (up to version 2), or of several, by an administrator too. */
#include "group/group_private.h"

static int16_t
leave(struct group_turn *turn, struct group *group, struct slice member_id,
    struct slice instance_id)
{
	struct group_member *member = group_find_member(group, member_id);
	struct group_pending *pending = group_find_pending(group, member_id);
	int16_t error = KAFKA_ERROR_NONE;

	if (member_id.size == 0) {
		member = group_find_instance(group, instance_id); /* removed by its instance id */
		if (member == NULL)
			return KAFKA_ERROR_UNKNOWN_MEMBER_ID;
	} else if (pending != NULL) {
		group_expel_pending(turn, group, pending);
		return KAFKA_ERROR_NONE;
	} else {
		error = group_check_member(group, member_id, instance_id);
	}
	if (error == KAFKA_ERROR_NONE)
		group_expel(turn, group, member, "a member leaves");
	return error;
}

static void
leave_all(struct group_turn *turn, struct group *group, struct group_call *call)
{
	const struct leave_group_request *request = call->request;
	struct leave_group_response *response = call->response;
	int32_t count = MAX(request->members.count, 0);

	response->members.items = arena_array(call->arena, (size_t)count,
	    sizeof(*response->members.items));
	if (response->members.items == NULL) {
		answer_error(call, KAFKA_ERROR_UNKNOWN_SERVER_ERROR);
		return;
	}
	for (int32_t i = 0; i < count; i++) {
		const struct leave_group_request_member_identity *member = &request->members.items[i];

		response->members.items[i] = (struct leave_group_response_member_response){
			.member_id = member->member_id,
			.group_instance_id = member->group_instance_id,
			.error_code = leave(turn, group, member->member_id,
			    member->group_instance_id),
		};
	}
	response->members.count = count;
}

void
group_leave(struct group_turn *turn, struct group *group, struct group_call *call)
{
	const struct leave_group_request *request = call->request;

	if (group_is_dead(group))
		answer_error(call, KAFKA_ERROR_COORDINATOR_NOT_AVAILABLE);
	else if (call->version >= 3)
		leave_all(turn, group, call);
	else
		answer_error(call, leave(turn, group, request->member_id, slice_null()));
	group_answer(turn, call);
}
