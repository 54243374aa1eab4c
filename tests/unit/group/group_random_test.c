/*
 * Random clients of one group, over many seeds: generations rise, a generation
 * has one assignment and each partition one owner (I37), no call is answered
 * twice or never, what is acknowledged is in the log and of the current
 * generation, and no timer is left in a dead group.
 */
#include "group/group_private.h"

#include <criterion/criterion.h>
#include <stdio.h>

#include "base/prng.h"
#include "tests/unit/group/club.h"

enum { SEEDS = 300, STEPS = 400, CLIENTS = 6, PARTITIONS = 4, GENERATIONS = 2048 };

struct client {
	const char *name;
	bool is_static;
	struct slice member_id;    /* of the last answer; empty: none */
	int32_t generation;
	struct test_call *joining; /* the last calls of each kind */
	struct test_call *syncing;
	struct test_call *committing;
	int64_t committed;
};

static struct club club;
static struct prng prng;
static struct client clients[CLIENTS];
static int32_t last_generation;
static int64_t next_commit;
static int64_t newest_acked;   /* of the one offset that is committed */
static int64_t newest_position;
/* Which proposal of the leader's a generation was given, 0: none yet. */
static int64_t proposal_of[GENERATIONS];
static int64_t next_proposal;

static uint64_t
below(uint64_t bound)
{
	return prng_below(&prng, bound);
}

static struct client *
any_client(void)
{
	return &clients[below(CLIENTS)];
}

/* ------------------------------------------------------------- what they do */

static void
join(struct client *client)
{
	static const char *const choices[] = { "range sticky", "sticky range", "range", "other" };
	int16_t version = (int16_t)(below(2) == 0 ? 3 : 9);
	const char *protocols = choices[below(20) == 0 ? below(4) : below(2)];
	struct test_call *call = club_join_call(&club, version, "", client->name, protocols);

	if (below(4) > 0)
		call->request.join.member_id = client->member_id;
	if (client->is_static) {
		call->call.version = (int16_t)(below(2) == 0 ? 8 : 9);
		call->request.join.group_instance_id = club_text(client->name);
	}
	call->request.join.rebalance_timeout_ms = (int32_t)below(30000);
	client->joining = call;
	club_ask(&club, call);
}

/* Each partition to one member; the assignment says whose proposal it is. */
static void
assign(struct test_call *call, const struct join_group_response *joined)
{
	struct sync_group_request *request = &call->request.sync;
	int64_t proposal = ++next_proposal;
	int32_t owner[PARTITIONS];

	for (int p = 0; p < PARTITIONS; p++)
		owner[p] = (int32_t)below((uint64_t)joined->members.count);
	for (int32_t i = 0; i < joined->members.count; i++) {
		char text[64];
		int size = snprintf(text, sizeof(text), "%d/", (int)proposal);

		for (int p = 0; p < PARTITIONS; p++)
			text[size++] = owner[p] == i ? '1' : '0';
		request->assignments.items[i].assignment =
		    slice_of(arena_text(&call->arena, text, (size_t)size), (size_t)size);
	}
}

static void
sync_group(struct client *client)
{
	struct test_call *call;

	if (client->joining == NULL || !client->joining->answered)
		return;
	call = club_sync_call(&club, client->joining);
	if (below(20) == 0)
		call->request.sync.generation_id--;
	if (client->is_static)
		call->request.sync.group_instance_id = club_text(client->name);
	if (client->joining->response.join.members.count > 0)
		assign(call, &client->joining->response.join);
	client->syncing = call;
	club_ask(&club, call);
}

static void
commit(struct client *client)
{
	int32_t generation = below(10) == 0 ? client->generation - 1 : client->generation;
	int32_t current = club.group->generation;
	bool is_empty = club.group->state == GROUP_EMPTY;
	size_t appends = club.append_count;

	if (client->member_id.size == 0)
		return;
	client->committed = ++next_commit;
	client->committing = club_commit(&club, client->member_id, generation, "t", 0, next_commit);
	if (club.append_count > appends)
		cr_assert(generation == current || (generation < 0 && is_empty),
		    "a commit of generation %d is taken in generation %d", generation, current);
	else
		cr_assert_neq(club_commit_error(client->committing), KAFKA_ERROR_NONE);
}

static void
beat(struct client *client)
{
	if (client->member_id.size > 0)
		(void)club_heartbeat(&club, client->member_id, client->generation);
}

static void
leave(struct client *client)
{
	if (client->member_id.size > 0 && below(3) == 0)
		(void)club_leave(&club, client->member_id);
}

/* The commit that waits for this append, if any. */
static struct test_call *
commit_of(const struct group_append *append)
{
	return append->kind == GROUP_APPEND_COMMIT ?
	    container_of(append->call, struct test_call, call) : NULL;
}

static void
complete_one(void)
{
	static const int16_t errors[] = { KAFKA_ERROR_NOT_ENOUGH_REPLICAS,
		KAFKA_ERROR_REQUEST_TIMED_OUT, KAFKA_ERROR_NOT_LEADER_OR_FOLLOWER };
	int16_t error = below(8) == 0 ? errors[below(ARRAY_LENGTH(errors))] : KAFKA_ERROR_NONE;
	int64_t position = club.next_offset;
	struct test_call *waiting;
	int64_t offset = 0;

	if (club.append_count == 0)
		return;
	waiting = commit_of(club.appends[0]);
	if (waiting != NULL) {
		cr_assert_not(waiting->answered, "a commit is answered before its append");
		offset = waiting->request.commit.topics.items[0].partitions.items[0].committed_offset;
	}
	club_complete(&club, error);
	if (waiting == NULL)
		return;
	cr_assert(waiting->answered);
	cr_assert_eq(club_commit_error(waiting) == KAFKA_ERROR_NONE, error == KAFKA_ERROR_NONE);
	if (error == KAFKA_ERROR_NONE && position >= newest_position) {
		newest_acked = offset;
		newest_position = position;
	}
}

static void
pass_time(void)
{
	club_elapse(&club, (int64_t)below(below(10) == 0 ? 40000 : 2000));
}

static void
some_step(void)
{
	switch (below(12)) {
	case 0:
	case 1:
	case 2:
		join(any_client());
		break;
	case 3:
	case 4:
	case 5:
		sync_group(any_client());
		break;
	case 6:
		commit(any_client());
		break;
	case 7:
		leave(any_client());
		break;
	case 8:
		beat(any_client());
		break;
	case 9:
		pass_time();
		break;
	default:
		complete_one();
	}
}

/* ---------------------------------------------------------- what must hold */

static void
check_assignment(struct client *client)
{
	const struct sync_group_response *response = &client->syncing->response.sync;
	int32_t generation = client->syncing->request.sync.generation_id;
	int64_t proposal = 0;

	if (response->error_code != KAFKA_ERROR_NONE || response->assignment.size == 0)
		return;
	for (size_t i = 0; response->assignment.bytes[i] != '/'; i++)
		proposal = 10 * proposal + response->assignment.bytes[i] - '0';
	cr_assert_lt(generation, GENERATIONS);
	if (proposal_of[generation] == 0)
		proposal_of[generation] = proposal;
	cr_assert_eq(proposal_of[generation], proposal,
	    "two assignments in generation %d: a partition may have two owners", generation);
}

static void
look_at_answers(struct client *client)
{
	if (client->joining != NULL && client->joining->answered) {
		const struct join_group_response *response = &client->joining->response.join;

		if (response->error_code == KAFKA_ERROR_NONE ||
		    response->error_code == KAFKA_ERROR_MEMBER_ID_REQUIRED)
			client->member_id = response->member_id;
		if (response->error_code == KAFKA_ERROR_UNKNOWN_MEMBER_ID ||
		    response->error_code == KAFKA_ERROR_FENCED_INSTANCE_ID)
			client->member_id = club_text("");
		if (response->error_code == KAFKA_ERROR_NONE)
			client->generation = response->generation_id;
	}
	if (client->syncing != NULL && client->syncing->answered)
		check_assignment(client);
}

static void
check_counts(void)
{
	const struct group *group = club.group;
	size_t joined = 0, unsynced = 0, statics = 0;

	GROUP_FOREACH_MEMBER(link, group) {
		const struct group_member *member = group_member_of(link);

		joined += member->joining != NULL;
		unsynced += member->is_unsynced;
		statics += !slice_is_null(member->instance_id);
		cr_assert(member->joining == NULL || group->state != GROUP_STABLE ||
		    member->storing != NULL);
		cr_assert(member->syncing == NULL || group->state == GROUP_COMPLETING_REBALANCE);
		/* Everybody's time is limited: by the session, or while we make them wait. */
		cr_assert(deadline_is_set(&member->session) || member->joining != NULL ||
		    member->syncing != NULL);
	}
	cr_assert_eq(joined, group->joined);
	cr_assert_eq(unsynced, group->unsynced);
	cr_assert_eq(statics, group->instances.count);
}

static void
check(void)
{
	cr_assert_geq(club.group->generation, last_generation, "the generation falls");
	last_generation = club.group->generation;
	for (int i = 0; i < CLIENTS; i++)
		look_at_answers(&clients[i]);
	check_counts();
	cr_assert_eq(club_offset(&club, "t", 0), newest_acked);
}

/* From now on nothing fails and everybody does what it should. */
static void
settle(void)
{
	while (club.append_count > 0)
		complete_one();
	club_elapse(&club, 400000); /* who is silent is forgotten */
	while (club.append_count > 0)
		complete_one();
	for (int i = 0; i < CLIENTS; i++) {
		struct client *client = &clients[i];

		client->joining = club_join_call(&club, 3, "", client->name, "range");
		club_ask(&club, client->joining);
	}
	club_elapse(&club, 0);
	for (int i = 0; i < CLIENTS; i++) {
		cr_assert(clients[i].joining->answered);
		cr_assert_eq(clients[i].joining->response.join.error_code, KAFKA_ERROR_NONE);
		clients[i].syncing = club_sync_call(&club, clients[i].joining);
		if (clients[i].joining->response.join.members.count > 0)
			assign(clients[i].syncing, &clients[i].joining->response.join);
		club_ask(&club, clients[i].syncing);
	}
	club_complete_all(&club);
	check();
	cr_assert_eq(club.group->state, GROUP_STABLE);
	cr_assert_eq(club.group->members.count, CLIENTS);
}

static void
run(uint64_t seed)
{
	static const char *const names[CLIENTS] = { "a", "b", "c", "d", "e", "f" };

	club_init(&club);
	prng_init(&prng, seed);
	club.config.initial_rebalance_delay_ms = below(2) == 0 ? 0 : 3000;
	club.config.max_size = below(4) == 0 ? 4 : INT32_MAX;
	memset(proposal_of, 0, sizeof(proposal_of));
	last_generation = 0;
	newest_acked = -1;
	newest_position = -1;
	for (int i = 0; i < CLIENTS; i++)
		clients[i] = (struct client){ .name = names[i], .is_static = i < 2,
			.member_id = club_text("") };
	for (int i = 0; i < STEPS; i++) {
		some_step();
		check();
	}
	club.config.max_size = INT32_MAX;
	club.config.initial_rebalance_delay_ms = 0;
	settle();
	club_fini(&club);
}

Test(group_random, invariants_hold_for_every_seed, .timeout = 120)
{
	for (uint64_t seed = 1; seed <= SEEDS; seed++)
		run(seed);
}
