/* What members commit, and what they read of it (I38). */
#include "tests/sim/broker_member.h"
#include "wire/kafka_error.h"

/* The partition whose offset it commits. */
static int32_t
place(const struct town_member *it)
{
	return it->number % MEMBERS;
}

static void
doubt(struct town_member *it, int64_t offset)
{
	it->doubts[it->doubt_count++ % DOUBTS] = offset;
}

/* NOT_COORDINATOR is none: it may have been appended before the coordinator let go. */
static bool
is_definite(int16_t error)
{
	return error == KAFKA_ERROR_ILLEGAL_GENERATION || error == KAFKA_ERROR_UNKNOWN_MEMBER_ID ||
	    error == KAFKA_ERROR_FENCED_INSTANCE_ID || error == KAFKA_ERROR_REBALANCE_IN_PROGRESS ||
	    error == KAFKA_ERROR_COORDINATOR_LOAD_IN_PROGRESS;
}

static void
take_commit(struct town_member *it, int16_t error)
{
	int life = broker_town_life(it->town, &it->request);

	sim_check(it->town->sim, !it->commits_stale || error != KAFKA_ERROR_NONE ||
	    !member_binds(it, it->synced_life), /* which may be lost */
	    "a commit of an older generation of %s is acknowledged", it->group->name);
	if (error == KAFKA_ERROR_NONE && member_binds(it, life)) {
		it->committed = it->tried;
		it->committed_life = life;
		it->contact_us = it->request.asked_us;
	} else if (!is_definite(error) && !it->commits_stale) {
		doubt(it, it->tried);
	}
	if (error != KAFKA_ERROR_NONE && !(it->commits_stale && error == KAFKA_ERROR_ILLEGAL_GENERATION))
		member_take_error(it, error);
}

static void
committed(struct client_request *request, const void *message)
{
	struct town_member *it = member_back(request, message);
	const struct offset_commit_response *response = message;
	const struct offset_commit_response_offset_commit_response_topic *topic;

	if (response == NULL) {
		if (!it->commits_stale)
			doubt(it, it->tried);
		return;
	}
	topic = response->topics.items;
	if (response->topics.count != 1 || !slice_equal_text(topic->name, "kept") ||
	    topic->partitions.count != 1 || topic->partitions.items[0].partition_index != place(it))
		sim_fail(it->town->sim, "%s gets the answer to another OffsetCommit", it->name);
	else
		take_commit(it, topic->partitions.items[0].error_code);
}

void
member_commit(struct town_member *it)
{
	struct offset_commit_request body = offset_commit_request_defaults;
	struct offset_commit_request_offset_commit_request_topic topic =
	    offset_commit_request_offset_commit_request_topic_defaults;
	struct offset_commit_request_offset_commit_request_partition part =
	    offset_commit_request_offset_commit_request_partition_defaults;

	it->commits_stale = it->generation > 1 && prng_chance(member_prng(it), 1, 6);
	part.partition_index = place(it);
	part.committed_offset = ++it->tried;
	part.committed_metadata = slice_of_text("");
	topic.name = slice_of_text("kept");
	topic.partitions.items = &part;
	topic.partitions.count = 1;
	body.group_id = slice_of_text(it->group->name);
	body.generation_id_or_member_epoch = it->generation - it->commits_stale;
	body.member_id = slice_of_text(it->id);
	body.group_instance_id = it->is_static ? slice_of_text(it->name) : slice_null();
	body.topics.items = &topic;
	body.topics.count = 1;
	member_ask(it, API_KEY_OFFSET_COMMIT, (int16_t)prng_between(member_prng(it), 7, 9), &body, committed);
}

/* I38. */
static void
check_offset(struct town_member *it, int64_t offset)
{
	bool is_known = offset == it->committed;

	if (it->committed_life > 0 && !member_binds(it, it->committed_life))
		is_known = offset <= it->tried; /* it may have gone back to any of them */
	for (int i = 0; i < MIN(it->doubt_count, (int)DOUBTS); i++)
		is_known |= it->doubts[i] == offset;
	sim_check(it->town->sim, is_known, "%s reads offset %d, and has committed %d", it->name,
	    (int)offset, (int)it->committed);
	if (offset != it->committed || !member_binds(it, it->committed_life)) {
		it->committed = offset;
		it->committed_life = broker_town_life(it->town, &it->request);
	}
}

static void
fetched(struct client_request *request, const void *message)
{
	struct town_member *it = member_back(request, message);
	const struct offset_fetch_response *response = message;
	const struct offset_fetch_response_offset_fetch_response_group *group;

	if (response == NULL || !member_binds(it, broker_town_life(it->town, request)) ||
	    !member_is_answered_by_coordinator(it))
		return;
	group = response->groups.items;
	if (response->groups.count != 1 || !slice_equal_text(group->group_id, it->group->name)) {
		sim_fail(it->town->sim, "%s gets the answer to another OffsetFetch", it->name);
	} else if (group->error_code != KAFKA_ERROR_NONE) {
		member_take_error(it, group->error_code);
	} else if (group->topics.count != 1 || group->topics.items[0].partitions.count != 1 ||
	    group->topics.items[0].partitions.items[0].partition_index != place(it)) {
		sim_fail(it->town->sim, "%s gets offsets that it did not ask for", it->name);
	} else {
		check_offset(it, group->topics.items[0].partitions.items[0].committed_offset);
	}
}

void
member_fetch(struct town_member *it)
{
	struct offset_fetch_request body = offset_fetch_request_defaults;
	struct offset_fetch_request_offset_fetch_request_group group =
	    offset_fetch_request_offset_fetch_request_group_defaults;
	struct offset_fetch_request_offset_fetch_request_topics topic =
	    offset_fetch_request_offset_fetch_request_topics_defaults;
	int32_t index = place(it);

	topic.name = slice_of_text("kept");
	topic.partition_indexes.items = &index;
	topic.partition_indexes.count = 1;
	group.group_id = slice_of_text(it->group->name);
	group.topics.items = &topic;
	group.topics.count = 1;
	body.groups.items = &group;
	body.groups.count = 1;
	member_ask(it, API_KEY_OFFSET_FETCH, 8, &body, fetched);
}
