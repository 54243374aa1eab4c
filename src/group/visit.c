#include "group/visit.h"

#include <assert.h>
#include <stdlib.h>

#include "group/answer.h"
#include "group/java_text.h"
#include "group/shard.h"

int32_t
visit_partition_of(struct slice group, int32_t partition_count)
{
	int32_t hash = java_text_hash(group);

	/* Kafka's abs: of the smallest integer it is 0. */
	return (hash == INT32_MIN ? 0 : abs(hash)) % partition_count;
}

/* How many groups the call names; -1: it names none, and asks all shards. */
static int32_t
group_count(const struct group_call *call)
{
	switch (call->key) {
	case API_KEY_DESCRIBE_GROUPS:
		return ((struct describe_groups_response *)call->response)->groups.count;
	case API_KEY_DELETE_GROUPS:
		return ((struct delete_groups_response *)call->response)->results.count;
	case API_KEY_OFFSET_FETCH:
		return call->version < 8 ? 1 :
		    ((struct offset_fetch_response *)call->response)->groups.count;
	case API_KEY_LIST_GROUPS:
		return -1;
	default:
		return 1;
	}
}

static struct slice
group_at(const struct group_call *call, int32_t slot)
{
	switch (call->key) {
	case API_KEY_DESCRIBE_GROUPS:
		return ((const struct describe_groups_request *)call->request)->groups.items[slot];
	case API_KEY_DELETE_GROUPS:
		return ((const struct delete_groups_request *)call->request)->groups_names.items[slot];
	case API_KEY_OFFSET_FETCH:
		if (call->version >= 8)
			return ((const struct offset_fetch_request *)call->request)
			    ->groups.items[slot].group_id;
		return ((const struct offset_fetch_request *)call->request)->group_id;
	case API_KEY_JOIN_GROUP:
		return ((const struct join_group_request *)call->request)->group_id;
	case API_KEY_SYNC_GROUP:
		return ((const struct sync_group_request *)call->request)->group_id;
	case API_KEY_HEARTBEAT:
		return ((const struct heartbeat_request *)call->request)->group_id;
	case API_KEY_LEAVE_GROUP:
		return ((const struct leave_group_request *)call->request)->group_id;
	case API_KEY_OFFSET_DELETE:
		return ((const struct offset_delete_request *)call->request)->group_id;
	default:
		assert(call->key == API_KEY_OFFSET_COMMIT);
		return ((const struct offset_commit_request *)call->request)->group_id;
	}
}

static bool
has_slots(const struct group_call *call)
{
	return call->key == API_KEY_DESCRIBE_GROUPS || call->key == API_KEY_DELETE_GROUPS ||
	    (call->key == API_KEY_OFFSET_FETCH && call->version >= 8);
}

static int
compare_parts(const void *a, const void *b)
{
	const struct visit_part *left = a, *right = b;
	int order = (left->shard > right->shard) - (left->shard < right->shard);

	if (order == 0)
		order = slice_compare(left->group, right->group);
	return order != 0 ? order : (left->slot > right->slot) - (left->slot < right->slot);
}

static void
name_parts(struct visit *visit, int32_t partition_count)
{
	for (size_t i = 0; i < visit->part_count; i++) {
		visit->parts[i].slot = has_slots(visit->call) ? (int32_t)i : -1;
		visit->parts[i].group = group_at(visit->call, (int32_t)i);
		visit->parts[i].shard = visit_partition_of(visit->parts[i].group, partition_count);
	}
	if (visit->part_count > 1)
		qsort(visit->parts, visit->part_count, sizeof(visit->parts[0]), compare_parts);
	for (size_t i = 1; i < visit->part_count; i++)
		visit->parts[i].is_repeated =
		    slice_equal(visit->parts[i].group, visit->parts[i - 1].group);
}

struct visit *
visit_new(struct group_call *call, struct shard *const *shards, int32_t shard_count,
    int32_t partition_count)
{
	struct visit *visit;
	int32_t count;

	if (has_slots(call))
		answer_error(call, KAFKA_ERROR_COORDINATOR_NOT_AVAILABLE); /* makes the slots */
	count = group_count(call);
	if (count < 0)
		count = shard_count;
	visit = arena_new(call->arena, sizeof(*visit) + (size_t)count * sizeof(visit->parts[0]));
	if (visit == NULL)
		return NULL;
	visit->call = call;
	visit->shards = shards;
	visit->part_count = (size_t)count;
	if (call->key != API_KEY_LIST_GROUPS)
		name_parts(visit, partition_count);
	for (int32_t i = 0; call->key == API_KEY_LIST_GROUPS && i < count; i++)
		visit->parts[i].shard = i;
	call->work = visit;
	return visit;
}

size_t
visit_end_of_shard(const struct visit *visit)
{
	size_t end = visit->next;

	while (end < visit->part_count &&
	    visit->parts[end].shard == visit->parts[visit->next].shard)
		end++;
	return end;
}

void
visit_go_on(struct visit *visit)
{
	if (visit->next < visit->part_count)
		shard_visit(visit->shards[visit->parts[visit->next].shard], visit);
	else
		visit_answer(visit);
}

/* Joins what the shards have listed; false at the arena's cap. */
static bool
join_lists(struct visit *visit)
{
	struct list_groups_response *response = visit->call->response;
	size_t count = 0;

	for (const struct visit_groups *part = visit->groups; part != NULL; part = part->next)
		count += (size_t)part->count;
	response->groups.items =
	    arena_array(visit->call->arena, count, sizeof(*response->groups.items));
	if (response->groups.items == NULL)
		return false;
	for (const struct visit_groups *part = visit->groups; part != NULL; part = part->next) {
		memcpy(response->groups.items + response->groups.count, part->items,
		    (size_t)part->count * sizeof(part->items[0]));
		response->groups.count += part->count;
	}
	return true;
}

/* A group that was named twice has one result. */
static void
drop_repeated(struct visit *visit)
{
	struct delete_groups_response *response = visit->call->response;
	int32_t kept = 0;

	for (size_t i = 0; i < visit->part_count; i++) {
		if (visit->parts[i].is_repeated)
			response->results.items[visit->parts[i].slot].group_id = slice_null();
	}
	for (int32_t i = 0; i < response->results.count; i++) {
		if (!slice_is_null(response->results.items[i].group_id))
			response->results.items[kept++] = response->results.items[i];
	}
	response->results.count = kept;
}

static void
done(struct loop_message *message)
{
	struct group_call *call = container_of(message, struct group_call, message);

	call->done(call);
}

void
visit_answer_call(struct group_call *call)
{
	if (loop_current() == call->loop) {
		call->done(call);
		return;
	}
	call->message.run = done;
	loop_post(call->loop, &call->message);
}

void
visit_answer(struct visit *visit)
{
	if (visit->call->key == API_KEY_LIST_GROUPS && !join_lists(visit))
		answer_error(visit->call, KAFKA_ERROR_UNKNOWN_SERVER_ERROR);
	if (visit->call->key == API_KEY_DELETE_GROUPS)
		drop_repeated(visit);
	visit_answer_call(visit->call);
}
