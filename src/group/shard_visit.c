/* What calls get of a shard. */
#include <assert.h>
#include <strings.h>

#include "group/answer.h"
#include "group/shard_private.h"

/* What keeps this shard from answering; NONE: nothing. */
static int16_t
obstacle(const struct shard *shard)
{
	if (shard->is_stopping)
		return KAFKA_ERROR_COORDINATOR_NOT_AVAILABLE;
	if (shard->state == SHARD_LOADING)
		return KAFKA_ERROR_COORDINATOR_LOAD_IN_PROGRESS;
	return shard->state == SHARD_READY ? KAFKA_ERROR_NONE : KAFKA_ERROR_NOT_COORDINATOR;
}

/*
 * Another may have been elected while this process stood still, or was cut off, and have
 * taken newer commits (I38): who is in sync would have asked meanwhile. Where they are
 * silent for another reason, no commit is acknowledged either.
 */
static bool
may_be_deposed(const struct shard *shard)
{
	return shard->log->heard_us(shard->partition) <
	    shard->now_us - shard->config->groups.silence_us;
}

/* ----------------------------------------------------------- of one group */

/* Whether this call makes a group that is not there. */
static bool
makes_group(const struct shard *shard, const struct group_call *call)
{
	if (call->key == API_KEY_OFFSET_COMMIT)
		return ((const struct offset_commit_request *)call->request)
		           ->generation_id_or_member_epoch < 0;
	if (call->key != API_KEY_JOIN_GROUP)
		return false;
	const struct join_group_request *request = call->request;
	return request->member_id.size == 0 &&
	    group_session_timeout_is_valid(&shard->config->groups, request);
}

static void
answer_without_group(struct shard *shard, struct group_call *call)
{
	if (call->key == API_KEY_JOIN_GROUP &&
	    !group_session_timeout_is_valid(&shard->config->groups, call->request))
		answer_error(call, KAFKA_ERROR_INVALID_SESSION_TIMEOUT);
	else
		answer_unknown_group(call);
	visit_answer(call->work);
}

static void
call_group(struct shard *shard, struct visit *visit)
{
	struct group_event event = { .type = GROUP_CALLED, .call = visit->call };
	struct slice id = visit->parts[0].group;
	struct group *group = group_table_find(shard->table, id);

	if (group == NULL && makes_group(shard, visit->call)) {
		group = group_table_make(shard->table, id, shard->now_ms);
		group->due.kind = SHARD_DEADLINE_GROUP;
	}
	if (group == NULL) {
		answer_without_group(shard, visit->call);
		return;
	}
	if (visit->call->key == API_KEY_JOIN_GROUP)
		entropy_fill(shard->world->entropy, event.random, sizeof(event.random));
	shard_step_group(shard, group, event);
}

/* ----------------------------------------------------------- of several */

static void
describe(struct shard *shard, struct group_call *call, const struct visit_part *part,
    int16_t error)
{
	struct describe_groups_response *response = call->response;
	struct describe_groups_response_described_group *described =
	    &response->groups.items[part->slot];
	const struct group *group;

	described->error_code = error;
	if (error != KAFKA_ERROR_NONE)
		return;
	group = group_table_find(shard->table, part->group);
	if (group == NULL)
		described->group_state = slice_of_text(group_state_name(GROUP_DEAD));
	else if (group_describe(group, call->arena, described) != ERROR_NONE)
		described->error_code = KAFKA_ERROR_UNKNOWN_SERVER_ERROR;
}

static void
delete(struct shard *shard, struct visit *visit, const struct visit_part *part, int16_t error)
{
	struct delete_groups_response *response = visit->call->response;
	int16_t *result = &response->results.items[part->slot].error_code;
	struct group *group = NULL;

	*result = error;
	if (error != KAFKA_ERROR_NONE || part->is_repeated)
		return;
	group = group_table_find(shard->table, part->group);
	*result = KAFKA_ERROR_GROUP_ID_NOT_FOUND;
	if (group == NULL)
		return;
	visit->waiting++;
	shard_step_group(shard, group, (struct group_event){ .type = GROUP_DELETED,
	    .call = visit->call, .result = result });
}

static bool
is_one_of(const char *text, const struct slice *filter, int32_t count)
{
	for (int32_t i = 0; i < count; i++) {
		if (filter[i].size == strlen(text) &&
		    strncasecmp((const char *)filter[i].bytes, text, filter[i].size) == 0)
			return true;
	}
	return count <= 0; /* no filter takes all */
}

static bool
list(struct shard *shard, struct visit *visit)
{
	const struct list_groups_request *request = visit->call->request;
	struct arena *arena = visit->call->arena;
	struct visit_groups *groups = arena_new(arena, sizeof(*groups) +
	    shard->table->groups.count * sizeof(groups->items[0]));
	bool failed = false;

	if (groups == NULL)
		return false;
	GROUP_TABLE_FOREACH(link, shard->table) {
		const struct group *group = group_table_at(link);
		const char *state = group_state_name(group->state);

		if (!is_one_of(state, request->states_filter.items, request->states_filter.count))
			continue;
		groups->items[groups->count++] = (struct list_groups_response_listed_group){
			.group_id = answer_text(arena, group->id, &failed),
			.protocol_type = slice_is_null(group->protocol_type) ? slice_of("", 0) :
			    answer_text(arena, group->protocol_type, &failed),
			.group_state = slice_of_text(state),
			.group_type = slice_of_text("classic"),
		};
	}
	groups->next = visit->groups;
	visit->groups = groups;
	return !failed;
}

static void
list_groups(struct shard *shard, struct visit *visit, int16_t error)
{
	const struct list_groups_request *request = visit->call->request;
	struct list_groups_response *response = visit->call->response;

	if (error == KAFKA_ERROR_NOT_COORDINATOR)
		return; /* somebody else lists these */
	if (error == KAFKA_ERROR_NONE &&
	    is_one_of("classic", request->types_filter.items, request->types_filter.count) &&
	    !list(shard, visit))
		error = KAFKA_ERROR_UNKNOWN_SERVER_ERROR;
	if (error != KAFKA_ERROR_NONE)
		response->error_code = error;
}

static void
visit_part(struct shard *shard, struct visit *visit, const struct visit_part *part, int16_t error)
{
	switch (visit->call->key) {
	case API_KEY_OFFSET_FETCH:
		if (error == KAFKA_ERROR_NONE && may_be_deposed(shard))
			error = KAFKA_ERROR_NOT_COORDINATOR;
		shard_fetch(shard, visit->call, part, error);
		break;
	case API_KEY_DESCRIBE_GROUPS:
		describe(shard, visit->call, part, error);
		break;
	case API_KEY_DELETE_GROUPS:
		delete(shard, visit, part, error);
		break;
	default:
		assert(visit->call->key == API_KEY_LIST_GROUPS);
		list_groups(shard, visit, error);
	}
}

static void
visit_parts(struct shard *shard, struct visit *visit, int16_t error)
{
	size_t end = visit_end_of_shard(visit);

	/* Of its own, so that it does not go on while parts are still asked. */
	visit->waiting = 1;
	for (size_t i = visit->next; i < end; i++)
		visit_part(shard, visit, &visit->parts[i], error);
	visit->next = end;
	if (--visit->waiting == 0)
		visit_go_on(visit);
}

static bool
is_of_one_group(const struct group_call *call)
{
	return call->key == API_KEY_JOIN_GROUP || call->key == API_KEY_SYNC_GROUP ||
	    call->key == API_KEY_HEARTBEAT || call->key == API_KEY_LEAVE_GROUP ||
	    call->key == API_KEY_OFFSET_COMMIT || call->key == API_KEY_OFFSET_DELETE;
}

void
shard_visited(struct shard *shard, struct visit *visit)
{
	int16_t error = obstacle(shard);

	if (!is_of_one_group(visit->call)) {
		visit_parts(shard, visit, error);
	} else if (error == KAFKA_ERROR_NONE) {
		call_group(shard, visit);
	} else {
		if (error == KAFKA_ERROR_COORDINATOR_LOAD_IN_PROGRESS)
			answer_loading(visit->call);
		else
			answer_error(visit->call, error);
		visit_answer(visit);
	}
}
