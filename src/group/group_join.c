/* JoinGroup. */
#include "group/append_errors.h"
#include "group/group_private.h"

static const struct slice no_id = { (const uint8_t *)"", 0 };

static int32_t
rebalance_timeout(const struct group_call *call)
{
	const struct join_group_request *request = call->request;

	return call->version == 0 ? request->session_timeout_ms : request->rebalance_timeout_ms;
}

/* What a rejoin may change. The protocols that it had are the caller's. */
static struct group_protocols *
update(struct group *group, struct group_member *member, const struct group_call *call)
{
	const struct join_group_request *request = call->request;

	member->rebalance_timeout_ms = rebalance_timeout(call);
	member->session_timeout_ms = request->session_timeout_ms;
	return group_take_protocols(group, member, group_protocols_copy(request));
}

/* With an id of its own that is taken. */
static void
add_and_rebalance(struct group_turn *turn, struct group *group, struct group_call *call,
    struct slice id)
{
	const struct join_group_request *request = call->request;
	struct group_member model = {
		.id = id,
		.instance_id = text_copy(request->group_instance_id),
		.client_id = text_copy(call->client_id),
		.client_host = text_copy(call->client_host),
		.rebalance_timeout_ms = rebalance_timeout(call),
		.session_timeout_ms = request->session_timeout_ms,
		.protocols = group_protocols_copy(request),
		.is_new = true,
	};
	struct group_member *member;

	if (group->members.count == 0) {
		text_free(&group->protocol_type);
		group->protocol_type = text_copy(request->protocol_type);
	}
	if (group->state == GROUP_PREPARING_REBALANCE && group->generation == 0)
		group->member_was_added = true;
	member = group_add_member(group, &model);
	group_park_join(turn, group, member, call);
	deadline_set(&group->deadlines, &member->session,
	    turn->event->now_us + (int64_t)GROUP_NEW_MEMBER_TIMEOUT_MS * GROUP_US_PER_MS);
	group_maybe_rebalance(turn, group, "a member joins");
}

static void
update_and_rebalance(struct group_turn *turn, struct group *group, struct group_member *member,
    struct group_call *call, const char *reason)
{
	free(update(group, member, call));
	group_park_join(turn, group, member, call);
	group_maybe_rebalance(turn, group, reason);
}

/* ---------------------------------------------- a static member comes again */

/* Its new id has to be in the log before it hears of it. */
static void
store_replacement(struct group_turn *turn, struct group *group, struct group_member *member,
    struct group_append *append)
{
	append->new_id = text_copy(member->id);
	append->call = member->joining;
	append->generation = group->generation;
	member->storing = append;
	group_append(turn, group, append);
}

static void
replace_static(struct group_turn *turn, struct group *group, struct group_member *member,
    struct group_call *call)
{
	const struct join_group_request *request = call->request;
	struct slice id = group_new_member_id(request->group_instance_id, turn->event->random);
	struct slice old_id = text_copy(member->id);
	int32_t old_rebalance_ms = member->rebalance_timeout_ms;
	int32_t old_session_ms = member->session_timeout_ms;
	struct group_protocols *old_protocols;
	struct group_append *append = NULL;

	(void)group_end_join(turn, group, member, member->id, KAFKA_ERROR_FENCED_INSTANCE_ID);
	(void)group_end_sync(turn, member, KAFKA_ERROR_FENCED_INSTANCE_ID);
	group_rename_member(group, member, id);
	text_free(&id);
	old_protocols = update(group, member, call);
	group_restart_session(turn, group, member);
	group_park_join(turn, group, member, call);
	if (group->state == GROUP_STABLE) {
		if (slice_equal(group_select_protocol(group), group->protocol_name))
			append = group_append_metadata(GROUP_APPEND_STATIC, group, false,
			    turn->event->now_ms);
		if (append == NULL)
			group_prepare_rebalance(turn, group, "a static member changes the protocol");
	} else if (group->state == GROUP_COMPLETING_REBALANCE) {
		/* The leader may be assigning to the old id. */
		group_prepare_rebalance(turn, group, "a static member comes again");
	}
	if (append == NULL) {
		text_free(&old_id);
		free(old_protocols);
		return;
	}
	append->old_id = old_id;
	append->old_protocols = old_protocols;
	append->old_rebalance_timeout_ms = old_rebalance_ms;
	append->old_session_timeout_ms = old_session_ms;
	store_replacement(turn, group, member, append);
}

/* The log does not know the new id: the old one is the member's again. */
static void
restore_static(struct group_turn *turn, struct group *group, struct group_member *member,
    struct group_append *append, int16_t error)
{
	(void)group_end_join(turn, group, member, no_id, error);
	group_rename_member(group, member, append->old_id);
	member->rebalance_timeout_ms = append->old_rebalance_timeout_ms;
	member->session_timeout_ms = append->old_session_timeout_ms;
	free(group_take_protocols(group, member, append->old_protocols));
	append->old_protocols = NULL;
	group_restart_session(turn, group, member);
	group_maybe_complete_join(turn, group);
}

/* The group keeps what it has, so its leader is told not to assign anything. */
static void
keep_assignment(struct group_call *call, struct slice old_id)
{
	struct join_group_response *response = call->response;
	bool failed = false;

	if (response->error_code != KAFKA_ERROR_NONE)
		return;
	if (call->version >= 9)
		response->skip_assignment = true;
	else /* it does not take itself for the leader then */
		response->leader = answer_text(call->arena, old_id, &failed);
	if (failed)
		answer_error(call, KAFKA_ERROR_UNKNOWN_SERVER_ERROR);
}

void
group_static_stored(struct group_turn *turn, struct group *group, struct group_append *append,
    int16_t error)
{
	struct group_member *member = group_find_member(group, append->new_id);
	struct group_call *call = append->call;
	bool leads;

	/* Else it was answered meanwhile: by another generation, or since it is gone. */
	if (member == NULL || member->storing != append)
		return;
	if (error != KAFKA_ERROR_NONE) {
		restore_static(turn, group, member, append, append_error_of_group(error));
		return;
	}
	member->storing = NULL;
	if (group->state == GROUP_PREPARING_REBALANCE)
		return; /* so it takes part in what others have begun, and is answered then */
	leads = member == group->leader;
	group_welcome(turn, group, member, leads && call->version >= 9);
	group_restart_session(turn, group, member); /* it may have run out in the meantime */
	if (leads)
		keep_assignment(call, append->old_id);
}

/* -------------------------------------------------------------------- cases */

/* An oversized group sheds those that come late. */
static bool
has_room_for(const struct group *group, const struct group_member *member)
{
	size_t max_size = (size_t)group->config->max_size;

	switch (group->state) {
	case GROUP_PREPARING_REBALANCE:
		return (member != NULL && member->joining != NULL) || group->joined < max_size;
	case GROUP_COMPLETING_REBALANCE:
	case GROUP_STABLE:
		return member != NULL || group->members.count < max_size;
	default:
		return true;
	}
}

static void
join_as_new(struct group_turn *turn, struct group *group, struct group_call *call)
{
	const struct join_group_request *request = call->request;
	bool is_static = !slice_is_null(request->group_instance_id);
	struct group_member *member = group_find_instance(group, request->group_instance_id);
	struct slice id;

	if (!group_takes_protocols(group, request)) {
		group_answer_join_error(turn, call, no_id,
		    KAFKA_ERROR_INCONSISTENT_GROUP_PROTOCOL);
		return;
	}
	if (member != NULL) {
		replace_static(turn, group, member, call);
		return;
	}
	id = group_new_member_id(is_static ? request->group_instance_id : call->client_id,
	    turn->event->random);
	if (is_static || call->version < 4) {
		add_and_rebalance(turn, group, call, id);
		return;
	}
	group_add_pending(group, id, turn->event->now_us +
	    (int64_t)request->session_timeout_ms * GROUP_US_PER_MS);
	group_answer_join_error(turn, call, id, KAFKA_ERROR_MEMBER_ID_REQUIRED);
	text_free(&id);
}

static void
join_again(struct group_turn *turn, struct group *group, struct group_member *member,
    struct group_call *call)
{
	bool matches = group_protocols_match(member->protocols, call->request);
	bool leads = member == group->leader;

	if (group->state == GROUP_STABLE && leads) {
		/* It may know of changes that members do not show, as new partitions. */
		update_and_rebalance(turn, group, member, call, "the leader joins again");
	} else if (group->state == GROUP_PREPARING_REBALANCE || !matches) {
		update_and_rebalance(turn, group, member, call, "a member joins again");
	} else {
		/* It has missed the answer to its first JoinGroup, and is alive: in Kafka it may expire. */
		group_restart_session(turn, group, member);
		group_park_join(turn, group, member, call);
		group_welcome(turn, group, member,
		    leads && group->state == GROUP_COMPLETING_REBALANCE);
	}
}

static void
join_with_id(struct group_turn *turn, struct group *group, struct group_call *call)
{
	const struct join_group_request *request = call->request;
	int16_t error = group_check_member(group, request->member_id, request->group_instance_id);

	if (!group_takes_protocols(group, request)) {
		group_answer_join_error(turn, call, request->member_id,
		    KAFKA_ERROR_INCONSISTENT_GROUP_PROTOCOL);
	} else if (group_find_pending(group, request->member_id) != NULL) {
		if (slice_is_null(request->group_instance_id))
			add_and_rebalance(turn, group, call, text_copy(request->member_id));
		else
			group_answer_join_error(turn, call, request->member_id,
			    KAFKA_ERROR_UNKNOWN_SERVER_ERROR);
	} else if (error != KAFKA_ERROR_NONE) {
		group_answer_join_error(turn, call, request->member_id, error);
	} else {
		join_again(turn, group, group_find_member(group, request->member_id), call);
	}
}

static void
refuse_for_size(struct group_turn *turn, struct group *group, struct group_member *member,
    struct group_call *call)
{
	const struct join_group_request *request = call->request;
	struct group_pending *pending = group_find_pending(group, request->member_id);

	group_answer_join_error(turn, call, no_id, KAFKA_ERROR_GROUP_MAX_SIZE_REACHED);
	if (pending != NULL)
		group_drop_pending(group, pending);
	if (member != NULL)
		group_expel(turn, group, member, "the group is too large");
}

bool
group_session_timeout_is_valid(const struct broker_groups *config,
    const struct join_group_request *request)
{
	return request->session_timeout_ms >= config->min_session_timeout_ms &&
	    request->session_timeout_ms <= config->max_session_timeout_ms;
}

void
group_join(struct group_turn *turn, struct group *group, struct group_call *call)
{
	const struct join_group_request *request = call->request;
	struct group_member *member = group_find_member(group, request->member_id);

	if (!group_session_timeout_is_valid(group->config, request))
		group_answer_join_error(turn, call, request->member_id,
		    KAFKA_ERROR_INVALID_SESSION_TIMEOUT);
	else if (group_is_dead(group))
		group_answer_join_error(turn, call, request->member_id,
		    KAFKA_ERROR_COORDINATOR_NOT_AVAILABLE);
	else if (!has_room_for(group, member))
		refuse_for_size(turn, group, member, call);
	else if (request->member_id.size == 0)
		join_as_new(turn, group, call);
	else
		join_with_id(turn, group, call);
	group_maybe_complete_join(turn, group);
}
