#include "tests/unit/group/club.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#include "base/memory.h"

static const uint64_t seed[2] = { 3, 4 };

void
club_init(struct club *club)
{
	club_init_named(club, "g");
}

void
club_init_named(struct club *club, const char *group)
{
	*club = (struct club){
		.config = {
			.min_session_timeout_ms = 6000,
			.max_session_timeout_ms = 1800000,
			.max_size = INT32_MAX,
			.offset_metadata_max_bytes = 4096,
			.offsets_retention_ms = 604800000,
		},
		.now_us = 1000000,
		.now_ms = 1700000000000,
	};
	group_outbox_init(&club->outbox);
	buffer_init(&club->last_batch);
	club->group = group_new(club_text(group), seed, &club->config, club->now_ms);
}

void
club_fini(struct club *club)
{
	if (club->group->state != GROUP_DEAD)
		club_step(club, (struct group_event){ .type = GROUP_UNLOADED,
		    .error = KAFKA_ERROR_NOT_COORDINATOR });
	club_complete_all(club);
	cr_assert_eq(group_next_deadline_us(club->group), INT64_MAX);
	while (club->calls != NULL) {
		struct test_call *call = club->calls;

		cr_assert(call->answered || call->decided, "a call of key %d is not answered",
		    call->call.key);
		club->calls = call->next;
		arena_fini(&call->arena);
		free(call);
	}
	group_free(club->group);
	group_outbox_fini(&club->outbox);
	buffer_fini(&club->last_batch);
}

struct slice
club_text(const char *text)
{
	return slice_of_text(text);
}

static void
carry_out(struct club *club, const struct group_action *action)
{
	struct test_call *call = container_of(action->call, struct test_call, call);

	switch (action->type) {
	case GROUP_ANSWER:
		cr_assert_not(call->answered, "a call of key %d is answered twice", call->call.key);
		call->answered = true;
		break;
	case GROUP_DECIDED:
		cr_assert_not(call->decided);
		call->decided = true;
		break;
	case GROUP_APPEND:
		cr_assert_lt(club->append_count, CLUB_APPENDS_MAX);
		club->appends[club->append_count++] = action->append;
		buffer_clear(&club->last_batch);
		buffer_append_slice(&club->last_batch, buffer_slice(&action->append->batch));
		break;
	case GROUP_MOVED:
		break;
	}
}

void
club_step(struct club *club, struct group_event event)
{
	event.now_us = club->now_us;
	event.now_ms = club->now_ms;
	if (club->random_is_given)
		memcpy(event.random, club->random, sizeof(event.random));
	else
		memset(event.random, ++club->next_random, sizeof(event.random));
	club->random_is_given = false;
	group_step(club->group, &event, &club->outbox);
	for (size_t i = 0; i < club->outbox.count; i++)
		carry_out(club, &club->outbox.actions[i]);
	club->outbox.count = 0;
}

struct test_call *
club_call(struct club *club, int16_t key, int16_t version)
{
	struct test_call *call = memory_new(sizeof(*call));

	arena_init(&call->arena, 1 << 24);
	call->call = (struct group_call){
		.key = key,
		.version = version,
		.request = &call->request,
		.response = &call->response,
		.arena = &call->arena,
		.client_id = club_text("client"),
		.client_host = club_text("/127.0.0.1"),
	};
	message_set_defaults(message_type_find(key, false), &call->request);
	message_set_defaults(message_type_find(key, true), &call->response);
	call->next = club->calls;
	club->calls = call;
	return call;
}

void
club_ask(struct club *club, struct test_call *call)
{
	club_step(club, (struct group_event){ .type = GROUP_CALLED, .call = &call->call });
}

static struct slice
join_texts(struct arena *arena, const char *a, struct slice b)
{
	size_t size = strlen(a);
	char *text = arena_new(arena, size + b.size);

	memcpy(text, a, size);
	memcpy(text + size, b.bytes, b.size);
	return slice_of(text, size + b.size);
}

struct test_call *
club_join_call(struct club *club, int16_t version, const char *member_id,
    const char *client, const char *protocols)
{
	struct test_call *call = club_call(club, API_KEY_JOIN_GROUP, version);
	struct join_group_request *request = &call->request.join;

	request->group_id = club_text("g");
	request->session_timeout_ms = 10000;
	request->rebalance_timeout_ms = 60000;
	request->member_id = club_text(member_id);
	request->protocol_type = club_text("consumer");
	request->protocols.items = arena_array(&call->arena, 8, sizeof(*request->protocols.items));
	request->protocols.count = 0;
	while (*protocols != '\0') {
		size_t size = strcspn(protocols, " ");
		struct slice name = slice_of(arena_text(&call->arena, protocols, size), size);

		request->protocols.items[request->protocols.count].name = name;
		request->protocols.items[request->protocols.count++].metadata =
		    join_texts(&call->arena, client, name);
		protocols += size + (protocols[size] == ' ');
	}
	call->call.client_id = club_text(client);
	return call;
}

struct test_call *
club_join(struct club *club, const char *client)
{
	struct test_call *call = club_join_call(club, 3, "", client, "range");

	club_ask(club, call);
	return call;
}

struct test_call *
club_rejoin(struct club *club, struct slice member_id, const char *client)
{
	struct test_call *call = club_join_call(club, 3, "", client, "range");

	call->request.join.member_id = member_id;
	club_ask(club, call);
	return call;
}

struct test_call *
club_join_static(struct club *club, int16_t version, const char *instance,
    const char *protocols)
{
	struct test_call *call = club_join_call(club, version, "", instance, protocols);

	call->request.join.group_instance_id = club_text(instance);
	club_ask(club, call);
	return call;
}

void
club_random(struct club *club, const uint8_t random[GROUP_RANDOM_BYTES])
{
	club->random_is_given = true;
	memcpy(club->random, random, sizeof(club->random));
}

struct test_call *
club_sync_call(struct club *club, const struct test_call *joined)
{
	const struct join_group_response *response = &joined->response.join;
	struct test_call *call = club_call(club, API_KEY_SYNC_GROUP, 5);
	struct sync_group_request *request = &call->request.sync;

	request->group_id = club_text("g");
	request->generation_id = response->generation_id;
	request->member_id = response->member_id;
	request->assignments.items = arena_array(&call->arena,
	    (size_t)MAX(response->members.count, 0), sizeof(*request->assignments.items));
	for (int32_t i = 0; i < response->members.count; i++) {
		request->assignments.items[i].member_id = response->members.items[i].member_id;
		request->assignments.items[i].assignment =
		    join_texts(&call->arena, "for ", response->members.items[i].member_id);
		request->assignments.count = i + 1;
	}
	return call;
}

struct test_call *
club_sync(struct club *club, const struct test_call *joined)
{
	struct test_call *call = club_sync_call(club, joined);

	club_ask(club, call);
	return call;
}

int16_t
club_heartbeat(struct club *club, struct slice member_id, int32_t generation)
{
	struct test_call *call = club_call(club, API_KEY_HEARTBEAT, 4);

	call->request.heartbeat.generation_id = generation;
	call->request.heartbeat.member_id = member_id;
	club_ask(club, call);
	cr_assert(call->answered);
	return call->response.heartbeat.error_code;
}

int16_t
club_leave(struct club *club, struct slice member_id)
{
	struct test_call *call = club_call(club, API_KEY_LEAVE_GROUP, 1);

	call->request.leave.member_id = member_id;
	club_ask(club, call);
	cr_assert(call->answered);
	return call->response.leave.error_code;
}

struct test_call *
club_commit(struct club *club, struct slice member_id, int32_t generation,
    const char *topic, int32_t partition, int64_t offset)
{
	struct test_call *call = club_call(club, API_KEY_OFFSET_COMMIT, 8);
	struct offset_commit_request *request = &call->request.commit;

	request->group_id = club_text("g");
	request->generation_id_or_member_epoch = generation;
	request->member_id = member_id;
	request->topics.items = arena_array(&call->arena, 1, sizeof(*request->topics.items));
	request->topics.count = 1;
	request->topics.items[0].name = club_text(topic);
	request->topics.items[0].partitions.items =
	    arena_array(&call->arena, 1, sizeof(*request->topics.items[0].partitions.items));
	request->topics.items[0].partitions.count = 1;
	request->topics.items[0].partitions.items[0] =
	    offset_commit_request_offset_commit_request_partition_defaults;
	request->topics.items[0].partitions.items[0].partition_index = partition;
	request->topics.items[0].partitions.items[0].committed_offset = offset;
	club_ask(club, call);
	return call;
}

int16_t
club_commit_error(const struct test_call *commit)
{
	cr_assert(commit->answered);
	cr_assert_eq(commit->response.commit.topics.count, 1);
	cr_assert_eq(commit->response.commit.topics.items[0].partitions.count, 1);
	return commit->response.commit.topics.items[0].partitions.items[0].error_code;
}

int64_t
club_offset(const struct club *club, const char *topic, int32_t partition)
{
	return group_fetch_offset(club->group, club_text(topic), partition, false).offset;
}

void
club_complete(struct club *club, int16_t error)
{
	struct group_append *append = club->appends[0];

	cr_assert_gt(club->append_count, 0, "nothing is being appended");
	club->append_count--;
	memmove(club->appends, club->appends + 1,
	    club->append_count * sizeof(club->appends[0]));
	club_step(club, (struct group_event){ .type = GROUP_APPENDED, .append = append,
	    .error = error, .base_offset = club->next_offset++ });
}

void
club_complete_all(struct club *club)
{
	while (club->append_count > 0)
		club_complete(club, KAFKA_ERROR_NONE);
}

void
club_elapse(struct club *club, int64_t ms)
{
	int64_t until_us = club->now_us + ms * 1000;

	for (;;) {
		int64_t next_us = group_next_deadline_us(club->group);

		if (next_us > until_us)
			break;
		next_us = MAX(next_us, club->now_us);
		club->now_ms += (next_us - club->now_us) / 1000;
		club->now_us = next_us;
		club_step(club, (struct group_event){ .type = GROUP_TIME_PASSED });
	}
	club->now_ms += (until_us - club->now_us) / 1000;
	club->now_us = until_us;
}

void
club_stabilize(struct club *club, const char *const *clients,
    struct test_call **joined, size_t count)
{
	for (size_t i = 0; i < count; i++)
		joined[i] = club_join(club, clients[i]);
	club_elapse(club, 0);
	for (size_t i = 0; i < count; i++)
		cr_assert(joined[i]->answered);
	for (size_t i = 0; i < count; i++)
		club_sync(club, joined[i]);
	club_complete_all(club);
	cr_assert_eq(club->group->state, GROUP_STABLE);
}
