/*
 * What is taken out again: offsets whose retention has passed (KIP-211), those
 * of deleted topics, those that a client names (KIP-496), and whole groups; each
 * with its tombstone.
 */
#include "group/append_errors.h"
#include "group/group_private.h"
#include "group/subscription.h"
#include "wire/batch_builder.h"

/* So that no batch of tombstones is too large for a follower's fetch. */
enum { TOMBSTONES_BYTES = 512 * 1024 };

struct tombstones {
	struct group_turn *turn;
	struct group *group;
	struct batch_builder builder;
};

static void
tombstones_init(struct tombstones *tombstones, struct group_turn *turn, struct group *group)
{
	struct batch_builder_options options = batch_builder_options_default();

	tombstones->turn = turn;
	tombstones->group = group;
	batch_builder_init(&tombstones->builder, &options);
}

static struct group_append *
gather(struct tombstones *tombstones, enum group_append_kind kind)
{
	struct group_append *append = group_append_new(kind, tombstones->group);

	enum error error = batch_builder_finish(&tombstones->builder, &append->batch);
	assert(error == ERROR_NONE);
	return append;
}

/* Nobody waits for these: what a lost one leaves behind expires again. */
static void
send(struct tombstones *tombstones)
{
	struct group_append *append;

	if (tombstones->builder.count == 0)
		return;
	append = gather(tombstones, GROUP_APPEND_TOMBSTONES);
	append->required_acks = 1;
	group_append(tombstones->turn, tombstones->group, append);
}

static void
add(struct tombstones *tombstones, const struct buffer *key)
{
	if (batch_builder_size(&tombstones->builder) >= TOMBSTONES_BYTES)
		send(tombstones);
	enum error error = batch_builder_add(&tombstones->builder,
	    &(struct record){ .timestamp = tombstones->turn->event->now_ms,
	        .key = buffer_slice(key) });
	assert(error == ERROR_NONE);
}

static void
add_offset(struct tombstones *tombstones, const struct kept_offset *entry)
{
	struct buffer key;

	buffer_init(&key);
	group_records_write_offset_key(&key, tombstones->group->id, entry->topic,
	    entry->partition);
	add(tombstones, &key);
	buffer_fini(&key);
}

/* A group that only ever kept offsets has no record of its own. */
static void
add_group(struct tombstones *tombstones)
{
	struct buffer key;

	if (tombstones->group->generation == 0)
		return;
	buffer_init(&key);
	group_records_write_group_key(&key, tombstones->group->id);
	add(tombstones, &key);
	buffer_fini(&key);
}

static void
end(struct tombstones *tombstones)
{
	send(tombstones);
	batch_builder_fini(&tombstones->builder);
}

/* ------------------------------------------------------------------ expiry */

static bool
is_consumers(const struct group *group)
{
	return slice_equal_text(group->protocol_type, "consumer");
}

/* What of the group's offsets may expire at all. */
enum retention {
	RETENTION_FOR_EVER,
	RETENTION_SINCE_EMPTY,
	RETENTION_SINCE_COMMIT,
	RETENTION_OF_UNSUBSCRIBED,
};

static enum retention
retention_of(const struct group *group)
{
	if (slice_is_null(group->protocol_type))
		return RETENTION_SINCE_COMMIT;
	if (group->state == GROUP_EMPTY)
		return group->state_ms == -1 ? RETENTION_SINCE_COMMIT : RETENTION_SINCE_EMPTY;
	if (group->state == GROUP_STABLE && is_consumers(group))
		return RETENTION_OF_UNSUBSCRIBED;
	return RETENTION_FOR_EVER;
}

static bool
is_over(const struct group *group, const struct kept_offset *entry, enum retention retention,
    int64_t now_ms)
{
	int64_t since_ms = retention == RETENTION_SINCE_EMPTY ? group->state_ms :
	    entry->committed.commit_ms;

	if (!entry->is_committed || kept_offset_is_pending(entry))
		return false;
	if (entry->committed.expire_ms != OFFSET_NO_EXPIRY)
		return now_ms >= entry->committed.expire_ms;
	return now_ms - since_ms >= group->config->offsets_retention_ms;
}

static void
expire(struct tombstones *tombstones, enum retention retention, const struct subscriptions *topics)
{
	struct group *group = tombstones->group;
	int64_t now_ms = tombstones->turn->event->now_ms;

	OFFSETS_FOREACH(link, &group->offsets) {
		struct kept_offset *entry = kept_offset_of(link);

		if (!is_over(group, entry, retention, now_ms) ||
		    (topics != NULL && subscriptions_have(topics, entry->topic)))
			continue;
		add_offset(tombstones, entry);
		offsets_remove(&group->offsets, entry);
	}
}

/* What the members read; false when nobody can tell. */
static bool
subscribed_topics(const struct group *group, struct subscriptions *topics)
{
	bool known = !slice_is_null(group->protocol_name);

	subscriptions_init(topics);
	GROUP_FOREACH_MEMBER(link, group)
		known = known && subscriptions_add(topics,
		    group_member_metadata(group_member_of(link), group->protocol_name));
	subscriptions_sort(topics);
	return known;
}

static void
expire_unsubscribed(struct tombstones *tombstones)
{
	struct subscriptions topics;

	if (subscribed_topics(tombstones->group, &topics))
		expire(tombstones, RETENTION_OF_UNSUBSCRIBED, &topics);
	subscriptions_fini(&topics);
}

static void
end_when_nothing_is_left(struct tombstones *tombstones)
{
	struct group *group = tombstones->group;

	if (group->state != GROUP_EMPTY || group->pending.count > 0 ||
	    offsets_count(&group->offsets) > 0)
		return;
	add_group(tombstones);
	group_move(tombstones->turn, group, GROUP_DEAD, "nothing is left of it");
}

void
group_cleanup(struct group_turn *turn, struct group *group)
{
	enum retention retention = retention_of(group);
	struct tombstones tombstones;

	if (group_is_dead(group))
		return;
	tombstones_init(&tombstones, turn, group);
	if (retention == RETENTION_OF_UNSUBSCRIBED)
		expire_unsubscribed(&tombstones);
	else if (retention != RETENTION_FOR_EVER)
		expire(&tombstones, retention, NULL);
	end_when_nothing_is_left(&tombstones);
	end(&tombstones);
}

/* ---------------------------------------------------------------- deletion */

static int
compare_names(const void *a, const void *b)
{
	return slice_compare(*(const struct slice *)a, *(const struct slice *)b);
}

static bool
names_topic(const struct group_event *event, struct slice topic)
{
	return event->topic_count > 0 && bsearch(&topic, event->topics, event->topic_count,
	    sizeof(topic), compare_names) != NULL;
}

void
group_delete_topics(struct group_turn *turn, struct group *group)
{
	struct tombstones tombstones;

	if (group_is_dead(group))
		return;
	tombstones_init(&tombstones, turn, group);
	OFFSETS_FOREACH(link, &group->offsets) {
		struct kept_offset *entry = kept_offset_of(link);

		if (!names_topic(turn->event, entry->topic))
			continue;
		add_offset(&tombstones, entry);
		offsets_remove(&group->offsets, entry);
	}
	end(&tombstones);
}

static void
decide(struct group_turn *turn, int16_t *result, struct group_call *call, int16_t error)
{
	*result = error;
	group_decided(turn, call);
}

void
group_delete(struct group_turn *turn, struct group *group)
{
	struct group_append *append = NULL;
	struct tombstones tombstones;

	if (group_is_dead(group)) {
		decide(turn, turn->event->result, turn->event->call,
		    KAFKA_ERROR_COORDINATOR_NOT_AVAILABLE);
		return;
	}
	if (group->state != GROUP_EMPTY) {
		decide(turn, turn->event->result, turn->event->call, KAFKA_ERROR_NON_EMPTY_GROUP);
		return;
	}
	tombstones_init(&tombstones, turn, group);
	OFFSETS_FOREACH(link, &group->offsets)
		add_offset(&tombstones, kept_offset_of(link));
	add_group(&tombstones);
	if (tombstones.builder.count > 0) {
		append = gather(&tombstones, GROUP_APPEND_DELETION);
		append->call = turn->event->call;
		append->result = turn->event->result;
		group->is_deleting = true;
		group_append(turn, group, append);
	}
	end(&tombstones);
	if (append == NULL) {
		group_move(turn, group, GROUP_DEAD, "it is deleted");
		decide(turn, turn->event->result, turn->event->call, KAFKA_ERROR_NONE);
	}
}

void
group_deletion_stored(struct group_turn *turn, struct group *group, struct group_append *append,
    int16_t error)
{
	group->is_deleting = false;
	if (error == KAFKA_ERROR_NONE && group->state != GROUP_DEAD) {
		OFFSETS_FOREACH(link, &group->offsets)
			offsets_remove(&group->offsets, kept_offset_of(link));
		group_move(turn, group, GROUP_DEAD, "it is deleted");
	}
	decide(turn, append->result, append->call, append_error_of_group(error));
}

/* ------------------------------------------------- offsets that are named */

typedef struct offset_delete_request_offset_delete_request_topic named_topic;
typedef struct offset_delete_response_offset_delete_response_topic told_topic;

static int16_t
check_deletion(const struct group *group)
{
	if (group_is_dead(group))
		return KAFKA_ERROR_COORDINATOR_NOT_AVAILABLE;
	return group->state == GROUP_EMPTY || is_consumers(group) ? KAFKA_ERROR_NONE :
	    KAFKA_ERROR_NON_EMPTY_GROUP;
}

/* All partitions of the request, without an error; how many they are, -1 at the arena's cap. */
static int64_t
lay_out_told(struct group_call *call)
{
	const struct offset_delete_request *request = call->request;
	struct offset_delete_response *response = call->response;
	int64_t partitions = 0;

	response->topics.count = MAX(request->topics.count, 0);
	response->topics.items = arena_array(call->arena, (size_t)response->topics.count,
	    sizeof(*response->topics.items));
	for (int32_t t = 0; response->topics.items != NULL && t < response->topics.count; t++) {
		const named_topic *named = &request->topics.items[t];
		told_topic *told = &response->topics.items[t];

		told->name = named->name;
		told->partitions.count = MAX(named->partitions.count, 0);
		told->partitions.items = arena_array(call->arena,
		    (size_t)told->partitions.count, sizeof(*told->partitions.items));
		if (told->partitions.items == NULL)
			return -1;
		for (int32_t p = 0; p < told->partitions.count; p++)
			told->partitions.items[p].partition_index =
			    named->partitions.items[p].partition_index;
		partitions += told->partitions.count;
	}
	return response->topics.items == NULL ? -1 : partitions;
}

/* Of one topic. Offsets that members still read stay. */
static void
delete_of_topic(struct tombstones *tombstones, struct group_append *append, told_topic *told,
    bool is_read)
{
	struct offsets *offsets = &tombstones->group->offsets;

	for (int32_t p = 0; p < told->partitions.count; p++) {
		int32_t partition = told->partitions.items[p].partition_index;
		const struct kept_offset *entry = offsets_find(offsets, told->name, partition);

		if (is_read) {
			told->partitions.items[p].error_code = KAFKA_ERROR_GROUP_SUBSCRIBED_TO_TOPIC;
		} else if (entry != NULL) {
			add_offset(tombstones, entry);
			append->entries[append->entry_count++] =
			    offsets_hold(offsets, told->name, partition);
		}
	}
}

/* Ends in the append, or, when there is nothing to append, in the answer. */
static void
delete_named(struct group_turn *turn, struct group *group, struct group_call *call, size_t count)
{
	struct offset_delete_response *response = call->response;
	struct group_append *append =
	    group_append_new(GROUP_APPEND_OFFSETS_DELETION, group);
	struct tombstones tombstones;
	struct subscriptions topics;
	bool known = subscribed_topics(group, &topics);

	append->entries = memory_array(count, sizeof(struct kept_offset *));
	tombstones_init(&tombstones, turn, group);
	for (int32_t t = 0; t < response->topics.count; t++)
		delete_of_topic(&tombstones, append, &response->topics.items[t],
		    group->members.count > 0 &&
		    (!known || subscriptions_have(&topics, response->topics.items[t].name)));
	subscriptions_fini(&topics);
	if (append->entry_count > 0) {
		enum error error = batch_builder_finish(&tombstones.builder, &append->batch);
		assert(error == ERROR_NONE);
		append->call = call;
		group_append(turn, group, append);
	} else {
		group_append_free(append);
		group_answer(turn, call);
	}
	batch_builder_fini(&tombstones.builder);
}

void
group_delete_offsets(struct group_turn *turn, struct group *group, struct group_call *call)
{
	int16_t error = check_deletion(group);
	int64_t count = error == KAFKA_ERROR_NONE ? lay_out_told(call) : 0;

	if (count < 0)
		error = KAFKA_ERROR_UNKNOWN_SERVER_ERROR;
	if (error == KAFKA_ERROR_NONE) {
		delete_named(turn, group, call, (size_t)count);
	} else {
		answer_error(call, error);
		group_answer(turn, call);
	}
}

/* Nothing is gone before its tombstone is in the log. */
void
group_offsets_deletion_stored(struct group_turn *turn, struct group *group,
    struct group_append *append, int16_t error)
{
	struct tombstones tombstones;

	for (size_t i = 0; i < append->entry_count; i++) {
		if (error == KAFKA_ERROR_NONE)
			offsets_delete(&group->offsets, append->entries[i],
			    turn->event->base_offset);
		else
			offsets_release(&group->offsets, append->entries[i], NULL, -1);
	}
	if (error != KAFKA_ERROR_NONE)
		answer_error(append->call, append_error_of_commit(error));
	group_answer(turn, append->call);
	if (error != KAFKA_ERROR_NONE || group_is_dead(group))
		return;
	tombstones_init(&tombstones, turn, group);
	end_when_nothing_is_left(&tombstones);
	end(&tombstones);
}
