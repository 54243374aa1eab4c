#include "group/group.h"

#include "group/group_private.h"

const char *
group_state_name(enum group_state state)
{
#define GROUP_STATE_NAME(name, text) [GROUP_##name] = text,
	static const char *const names[] = { GROUP_STATE_TABLE(GROUP_STATE_NAME) };
#undef GROUP_STATE_NAME

	return names[state];
}

/* ------------------------------------------------------------------ outbox */

void
group_outbox_init(struct group_outbox *outbox)
{
	*outbox = (struct group_outbox){ .actions = NULL };
}

void
group_outbox_fini(struct group_outbox *outbox)
{
	free(outbox->actions);
	group_outbox_init(outbox);
}

static void
add(struct group_turn *turn, struct group_action action)
{
	struct group_outbox *outbox = turn->outbox;

	if (outbox->count == outbox->capacity) {
		outbox->capacity = MAX(2 * outbox->capacity, (size_t)8);
		outbox->actions = memory_resize(outbox->actions,
		    outbox->capacity * sizeof(*outbox->actions));
	}
	outbox->actions[outbox->count++] = action;
}

void
group_answer(struct group_turn *turn, struct group_call *call)
{
	add(turn, (struct group_action){ .type = GROUP_ANSWER, .call = call });
}

void
group_decided(struct group_turn *turn, struct group_call *call)
{
	add(turn, (struct group_action){ .type = GROUP_DECIDED, .call = call });
}

void
group_append(struct group_turn *turn, struct group *group, struct group_append *append)
{
	group->appends++;
	add(turn, (struct group_action){ .type = GROUP_APPEND, .append = append });
}

/* [from][to] */
static const bool allowed_moves[GROUP_STATE_COUNT][GROUP_STATE_COUNT] = {
	[GROUP_EMPTY] = { [GROUP_PREPARING_REBALANCE] = true, [GROUP_DEAD] = true },
	[GROUP_PREPARING_REBALANCE] = { [GROUP_EMPTY] = true, [GROUP_COMPLETING_REBALANCE] = true,
	    [GROUP_DEAD] = true },
	[GROUP_COMPLETING_REBALANCE] = { [GROUP_PREPARING_REBALANCE] = true, [GROUP_STABLE] = true,
	    [GROUP_DEAD] = true },
	[GROUP_STABLE] = { [GROUP_PREPARING_REBALANCE] = true, [GROUP_DEAD] = true },
};

void
group_move(struct group_turn *turn, struct group *group, enum group_state to, const char *reason)
{
	assert(allowed_moves[group->state][to]);
	add(turn, (struct group_action){
		.type = GROUP_MOVED,
		.from = group->state,
		.to = to,
		.generation = group->generation,
		.reason = reason,
	});
	group->state = to;
	group->state_ms = turn->event->now_ms;
}

/* -------------------------------------------------------------- its making */

struct group *
group_new(struct slice id, const uint64_t seed[2], const struct broker_groups *config,
    int64_t now_ms)
{
	struct group *group = memory_new(sizeof(*group));

	group->id = text_copy(id);
	group->config = config;
	group->state_ms = now_ms;
	group->rebalance.kind = DEADLINE_REBALANCE;
	group->sync.kind = DEADLINE_SYNC;
	group_members_init(group, seed);
	offsets_init(&group->offsets, seed);
	heap_init(&group->deadlines);
	return group;
}

void
group_free(struct group *group)
{
	assert(group->appends == 0);
	deadline_clear(&group->deadlines, &group->rebalance);
	deadline_clear(&group->deadlines, &group->sync);
	group_members_fini(group);
	offsets_fini(&group->offsets);
	heap_fini(&group->deadlines);
	text_free(&group->protocol_type);
	text_free(&group->protocol_name);
	text_free(&group->id);
	free(group);
}

static void
restore_member(struct group *group, const struct group_metadata_value *value,
    const struct group_metadata_value_member_metadata *stored)
{
	struct slice protocol = slice_is_null(value->protocol) ? slice_of("", 0) : value->protocol;
	struct group_member model = {
		.session_timeout_ms = stored->session_timeout,
		.rebalance_timeout_ms = stored->rebalance_timeout,
	};
	struct group_member *member;

	/* No log of Kafka's has the same member twice. */
	if (group_find_member(group, stored->member_id) != NULL ||
	    group_find_instance(group, stored->group_instance_id) != NULL)
		return;
	model.id = text_copy(stored->member_id);
	model.instance_id = text_copy(stored->group_instance_id);
	model.client_id = text_copy(stored->client_id);
	model.client_host = text_copy(stored->client_host);
	model.protocols = group_protocols_single(protocol, stored->subscription);
	member = group_add_member(group, &model);
	if (stored->assignment.size > 0)
		member->assignment = text_copy(stored->assignment);
}

void
group_restore(struct group *group, const struct group_metadata_value *value)
{
	GROUP_FOREACH_MEMBER(link, group)
		group_drop_member(group, group_member_of(link));
	text_free(&group->protocol_type);
	text_free(&group->protocol_name);
	group->generation = value->generation;
	if (value->protocol_type.size > 0)
		group->protocol_type = text_copy(value->protocol_type);
	group->protocol_name = text_copy(value->protocol);
	group->state_ms = value->current_state_timestamp;
#ifndef CANARY_DROP_MEMBER_ON_LOAD
	for (int32_t i = 0; i < value->members.count; i++)
#else
	for (int32_t i = 1; i < value->members.count; i++)
#endif
		restore_member(group, value, &value->members.items[i]);
	group->state = group->members.count == 0 ? GROUP_EMPTY : GROUP_STABLE;
	if (group->state == GROUP_STABLE && slice_is_null(group->protocol_name))
		group->protocol_name = text_copy(slice_of("", 0));
	if (!slice_is_null(value->leader) && group_find_member(group, value->leader) != NULL)
		group->leader = group_find_member(group, value->leader);
}

/* -------------------------------------------------------------------- step */

static void
loaded(struct group_turn *turn, struct group *group)
{
	if (group->members.count > (size_t)group->config->max_size)
		group_prepare_rebalance(turn, group, "it was loaded with too many members");
	GROUP_FOREACH_MEMBER(link, group)
		group_restart_session(turn, group, group_member_of(link));
}

static void
unloaded(struct group_turn *turn, struct group *group)
{
	int16_t error = turn->event->error;

	GROUP_FOREACH_MEMBER(link, group) {
		struct group_member *member = group_member_of(link);

		(void)group_end_join(turn, group, member, member->id, error);
		(void)group_end_sync(turn, member, error);
	}
	if (group->state != GROUP_DEAD)
		group_move(turn, group, GROUP_DEAD, "its partition has moved away");
}

static void
called(struct group_turn *turn, struct group *group)
{
	struct group_call *call = turn->event->call;

	switch (call->key) {
	case API_KEY_JOIN_GROUP:
		group_join(turn, group, call);
		break;
	case API_KEY_SYNC_GROUP:
		group_sync(turn, group, call);
		break;
	case API_KEY_HEARTBEAT:
		group_heartbeat(turn, group, call);
		break;
	case API_KEY_LEAVE_GROUP:
		group_leave(turn, group, call);
		break;
	case API_KEY_OFFSET_DELETE:
		group_delete_offsets(turn, group, call);
		break;
	default:
		assert(call->key == API_KEY_OFFSET_COMMIT);
		group_commit(turn, group, call);
	}
}

static void
session_expired(struct group_turn *turn, struct group *group, struct group_member *member)
{
	/* Whoever waits for us cannot send heartbeats; the answer restarts the session. */
	if (!member->is_new && (member->joining != NULL || member->syncing != NULL))
		return;
	group_expel(turn, group, member, "a member's session has expired");
}

static void
time_passed(struct group_turn *turn, struct group *group)
{
	struct deadline *deadline;

	while ((deadline = deadline_take(&group->deadlines, turn->event->now_us)) != NULL) {
		switch (deadline->kind) {
		case DEADLINE_SESSION:
			session_expired(turn, group,
			    container_of(deadline, struct group_member, session));
			break;
		case DEADLINE_PENDING:
			group_expel_pending(turn, group,
			    container_of(deadline, struct group_pending, expiry));
			break;
		case DEADLINE_REBALANCE:
			group_rebalance_deadline(turn, group);
			break;
		default:
			assert(deadline->kind == DEADLINE_SYNC);
			group_sync_deadline(turn, group);
		}
	}
}

static void
appended(struct group_turn *turn, struct group *group)
{
	struct group_append *append = turn->event->append;
	int16_t error = turn->event->error;

	assert(group->appends > 0);
	group->appends--;
	switch (append->kind) {
	case GROUP_APPEND_ASSIGNMENT:
		group_assignment_stored(turn, group, append, error);
		break;
	case GROUP_APPEND_STATIC:
		group_static_stored(turn, group, append, error);
		break;
	case GROUP_APPEND_COMMIT:
		group_commit_stored(turn, group, append, error);
		break;
	case GROUP_APPEND_DELETION:
		group_deletion_stored(turn, group, append, error);
		break;
	case GROUP_APPEND_OFFSETS_DELETION:
		group_offsets_deletion_stored(turn, group, append, error);
		break;
	case GROUP_APPEND_EMPTY:
	case GROUP_APPEND_TOMBSTONES:
		break; /* when it failed the log has an older state, which dies out again */
	}
	group_append_free(append);
}

/* Nothing waits for time any more. */
static void
forget_members(struct group *group)
{
	GROUP_FOREACH_MEMBER(link, group)
		group_drop_member(group, group_member_of(link));
	HASH_TABLE_FOREACH(link, &group->pending)
		group_drop_pending(group,
		    container_of(hash_node_of(link), struct group_pending, by_id));
	deadline_clear(&group->deadlines, &group->rebalance);
}

static void
check(const struct group *group)
{
	assert((group->leader == NULL) == (group->members.count == 0));
	assert(group->joined <= group->members.count && group->unsynced <= group->members.count);
	assert(group->state != GROUP_EMPTY || group->members.count == 0);
	assert(group->state != GROUP_STABLE || group->members.count > 0);
	assert(deadline_is_set(&group->rebalance) == (group->state == GROUP_PREPARING_REBALANCE));
	assert(deadline_is_set(&group->sync) == (group->unsynced > 0));
	assert(group->state != GROUP_DEAD || group_next_deadline_us(group) == INT64_MAX);
}

void
group_step(struct group *group, const struct group_event *event, struct group_outbox *outbox)
{
	struct group_turn turn = { .event = event, .outbox = outbox };

	switch (event->type) {
	case GROUP_CALLED:
		called(&turn, group);
		break;
	case GROUP_TIME_PASSED:
		time_passed(&turn, group);
		break;
	case GROUP_APPENDED:
		appended(&turn, group);
		break;
	case GROUP_LOADED:
		loaded(&turn, group);
		break;
	case GROUP_UNLOADED:
		unloaded(&turn, group);
		break;
	case GROUP_CLEANED_UP:
		group_cleanup(&turn, group);
		break;
	case GROUP_TOPICS_DELETED:
		group_delete_topics(&turn, group);
		break;
	case GROUP_DELETED:
		group_delete(&turn, group);
		break;
	}
	if (group->state == GROUP_DEAD)
		forget_members(group);
	check(group);
}

int64_t
group_next_deadline_us(const struct group *group)
{
	return deadline_first(&group->deadlines);
}
