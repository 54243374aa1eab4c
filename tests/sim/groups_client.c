#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "tests/sim/groups_town.h"

enum { ARENA_BYTES = 1 << 20 };

/* A client's way to one broker. */
struct driver {
	struct town_client *client;
	struct sim_process *process;
	struct groups *groups;
	struct loop *loop;
	int broker;
	struct timer timer;
	struct loop_message start;
	struct group_call call;
	struct arena arena;
	/* The last good JoinGroup here, until it has synced. */
	struct arena joined_arena;
	struct join_group_response joined;
	bool has_joined;
	union {
		struct join_group_request join;
		struct sync_group_request sync;
		struct heartbeat_request heartbeat;
		struct leave_group_request leave;
		struct offset_commit_request commit;
		struct offset_fetch_request fetch;
	} request;
	union {
		struct join_group_response join;
		struct sync_group_response sync;
		struct heartbeat_response heartbeat;
		struct leave_group_response leave;
		struct offset_commit_response commit;
		struct offset_fetch_response fetch;
	} response;
};

static struct sim *
sim_of(const struct driver *driver)
{
	return driver->client->town->sim;
}

static int64_t
below(const struct driver *driver, uint64_t bound)
{
	return (int64_t)prng_below(sim_stream(sim_of(driver), SIM_WORKLOAD), bound);
}

const char *
town_group_name(int group)
{
	static const char *const names[TOWN_GROUPS] = { "orders", "bills", "mails" };

	return names[group];
}

static struct slice
group_of(const struct driver *driver)
{
	return slice_of_text(town_group_name(driver->client->group));
}

static void
after(struct driver *driver, int64_t low_us, int64_t high_us)
{
	timer_start(driver->loop, &driver->timer,
	    clock_monotonic_us(driver->process->world.clock) +
	        sim_delay(sim_of(driver), SIM_WORKLOAD, low_us, high_us));
}

/* --------------------------------------------------------- what it is told */

static void
in_touch(struct driver *driver)
{
	driver->client->last_contact_us = sim_now_us(sim_of(driver));
}

static void
forget_id(struct town_client *client)
{
	client->member_id[0] = '\0';
	client->phase = TOWN_ABSENT;
	client->synced_generation = -1;
	client->assigned = 0;
}

/*
 * Its id was given an assignment, which is in the log, and it was heard of
 * within its session: no coordinator may have lost it.
 */
static void
check_expulsion(struct driver *driver)
{
	struct town_client *client = driver->client;
	int64_t silent_us = sim_now_us(sim_of(driver)) - client->last_contact_us;

	sim_check(sim_of(driver), client->synced_generation < 0 ||
	    silent_us > (TOWN_SESSION_MS - 1500) * 1000LL,
	    "%s, heard of %d ms ago, is unknown to %s", client->member_id, (int)(silent_us / 1000),
	    town_group_name(client->group));
	if (client->synced_generation >= 0)
		sim_mark(sim_of(driver), "a silent member is expelled");
	forget_id(client);
}

/* What does not concern the member itself. */
static void
take_error(struct driver *driver, int16_t error)
{
	struct town_client *client = driver->client;

	switch (error) {
	case KAFKA_ERROR_NOT_COORDINATOR:
		client->broker = (client->broker + 1) % TOWN_BROKERS;
		break;
	case KAFKA_ERROR_UNKNOWN_MEMBER_ID:
		check_expulsion(driver);
		break;
	case KAFKA_ERROR_FENCED_INSTANCE_ID:
		forget_id(client);
		break;
	case KAFKA_ERROR_REBALANCE_IN_PROGRESS:
	case KAFKA_ERROR_ILLEGAL_GENERATION:
		client->phase = TOWN_ABSENT;
		break;
	case KAFKA_ERROR_COORDINATOR_LOAD_IN_PROGRESS:
		sim_mark(sim_of(driver), "a call comes while a shard loads");
		break;
	default:
		sim_check(sim_of(driver), error == KAFKA_ERROR_COORDINATOR_NOT_AVAILABLE ||
		    error == KAFKA_ERROR_REQUEST_TIMED_OUT, "a member is told %s",
		    kafka_error_name(error));
	}
}

static void
joined(struct driver *driver)
{
	struct town_client *client = driver->client;
	const struct join_group_response *response = &driver->response.join;

	if (response->error_code == KAFKA_ERROR_NONE ||
	    response->error_code == KAFKA_ERROR_MEMBER_ID_REQUIRED) {
		sim_check(sim_of(driver), response->member_id.size < TOWN_TEXT, "a long member id");
		if (!slice_equal_text(response->member_id, client->member_id))
			client->synced_generation = -1;
		snprintf(client->member_id, sizeof(client->member_id), "%.*s",
		    (int)response->member_id.size, (const char *)response->member_id.bytes);
	}
	if (response->error_code == KAFKA_ERROR_MEMBER_ID_REQUIRED)
		return;
	if (response->error_code != KAFKA_ERROR_NONE) {
		take_error(driver, response->error_code);
		return;
	}
	client->generation = response->generation_id;
	client->phase = TOWN_JOINED;
	in_touch(driver);
	/* The arena stays with the answer. */
	arena_fini(&driver->joined_arena);
	driver->joined_arena = driver->arena;
	arena_init(&driver->arena, ARENA_BYTES);
	driver->joined = *response;
	driver->has_joined = true;
}

/* I37: a generation has one assignment, so each partition one owner. */
static void
check_assignment(struct driver *driver, int32_t generation, struct slice assignment)
{
	struct town_client *client = driver->client;
	int32_t *proposal;
	int32_t told;

	client->assigned = 0;
	sim_check(sim_of(driver), assignment.size == 5 || assignment.size == 0,
	    "an assignment of %zu bytes", assignment.size);
	if (assignment.size != 5 || generation >= TOWN_GENERATIONS)
		return;
	memcpy(&told, assignment.bytes, sizeof(told));
	client->assigned = assignment.bytes[4];
	proposal = &client->town->proposal_of[client->group][generation];
	if (*proposal == 0)
		*proposal = told;
	sim_check(sim_of(driver), *proposal == told, "%s has two assignments in generation %d",
	    town_group_name(client->group), (int)generation);
}

static void
synced(struct driver *driver)
{
	struct town_client *client = driver->client;
	const struct sync_group_response *response = &driver->response.sync;

	if (response->error_code != KAFKA_ERROR_NONE) {
		take_error(driver, response->error_code);
		return;
	}
	check_assignment(driver, driver->request.sync.generation_id, response->assignment);
	client->phase = TOWN_STEADY;
	client->synced_generation = client->generation;
	in_touch(driver);
}

static void
beaten(struct driver *driver)
{
	int16_t error = driver->response.heartbeat.error_code;

	if (error == KAFKA_ERROR_REBALANCE_IN_PROGRESS)
		in_touch(driver);
	if (error != KAFKA_ERROR_NONE)
		take_error(driver, error);
	/* While it loads, a shard tells everybody that all is well. */
}

static void
committed(struct driver *driver)
{
	struct town_client *client = driver->client;
	int16_t error =
	    driver->response.commit.topics.items[0].partitions.items[0].error_code;

	if (client->commits_stale) {
		sim_check(sim_of(driver), error != KAFKA_ERROR_NONE,
		    "a commit of an older generation is acknowledged");
		if (error == KAFKA_ERROR_ILLEGAL_GENERATION)
			return;
	}
	if (error == KAFKA_ERROR_NONE) {
		client->committed = client->tried;
		in_touch(driver);
	} else {
		take_error(driver, error);
	}
}

/* I38. */
static void
fetched(struct driver *driver)
{
	const struct town_client *client = driver->client;
	const struct offset_fetch_response *response = &driver->response.fetch;
	int partition = groups_partition_of(driver->groups, group_of(driver));
	int64_t offset;

	if (response->error_code != KAFKA_ERROR_NONE) {
		take_error(driver, response->error_code);
		return;
	}
	if (client->town->logs[partition].leader != driver->broker)
		return; /* it has not heard yet that another one leads */
	offset = response->topics.items[0].partitions.items[0].committed_offset;
	sim_check(sim_of(driver), offset >= client->committed && offset <= client->tried,
	    "%s reads offset %d, it has committed %d and tried %d", client->name, (int)offset,
	    (int)client->committed, (int)client->tried);
}

static void
left(struct driver *driver)
{
	if (driver->response.leave.error_code == KAFKA_ERROR_NONE)
		forget_id(driver->client);
	else
		take_error(driver, driver->response.leave.error_code);
}

static void
done(struct group_call *call)
{
	struct driver *driver = container_of(call, struct driver, call);
	struct town_client *client = driver->client;

	sim_check(sim_of(driver), client->is_busy, "%s is answered twice", client->name);
	client->is_busy = false;
	switch (call->key) {
	case API_KEY_JOIN_GROUP:
		joined(driver);
		break;
	case API_KEY_SYNC_GROUP:
		synced(driver);
		break;
	case API_KEY_HEARTBEAT:
		beaten(driver);
		break;
	case API_KEY_OFFSET_COMMIT:
		committed(driver);
		break;
	case API_KEY_OFFSET_FETCH:
		fetched(driver);
		break;
	default:
		left(driver);
	}
	arena_fini(&driver->arena);
	after(driver, 1000, client->phase == TOWN_STEADY ? 2000000 : 200000);
}

/* ------------------------------------------------------------ what it does */

static void
begin(struct driver *driver, int16_t key, int16_t version)
{
	arena_init(&driver->arena, ARENA_BYTES);
	driver->call = (struct group_call){
		.key = key,
		.version = version,
		.request = &driver->request,
		.response = &driver->response,
		.arena = &driver->arena,
		.client_id = slice_of_text(driver->client->name),
		.client_host = slice_of_text("/10.0.0.9"),
		.loop = driver->loop,
		.done = done,
	};
	message_set_defaults(message_type_find(key, false), &driver->request);
	message_set_defaults(message_type_find(key, true), &driver->response);
}

static void
ask(struct driver *driver)
{
	driver->client->is_busy = true;
	groups_ask(driver->groups, &driver->call);
}

static struct slice
member_id(const struct driver *driver)
{
	return slice_of_text(driver->client->member_id);
}

static struct slice
instance_id(const struct driver *driver)
{
	return driver->client->is_static ? slice_of_text(driver->client->name) : slice_null();
}

static void
join(struct driver *driver)
{
	static const int16_t versions[] = { 3, 5, 8, 9 };
	struct join_group_request *request = &driver->request.join;

	driver->has_joined = false;
	begin(driver, API_KEY_JOIN_GROUP,
	    versions[driver->client->is_static ? 2 + below(driver, 2) : below(driver, 4)]);
	request->group_id = group_of(driver);
	request->session_timeout_ms = TOWN_SESSION_MS;
	request->rebalance_timeout_ms = 60000;
	request->member_id = member_id(driver);
	request->group_instance_id = instance_id(driver);
	request->protocol_type = slice_of_text("consumer");
	request->protocols.items =
	    arena_array(&driver->arena, 1, sizeof(*request->protocols.items));
	request->protocols.items[0].name = slice_of_text("range");
	request->protocols.items[0].metadata = slice_of_text(driver->client->name);
	request->protocols.count = 1;
	ask(driver);
}

/* Each partition goes to one member; the bytes say whose idea it was. */
static void
assign(struct driver *driver, struct sync_group_request *request)
{
	int32_t proposal = ++driver->client->town->next_proposal;
	int32_t count = driver->joined.members.count;

	request->assignments.items = arena_array(&driver->arena, (size_t)count,
	    sizeof(*request->assignments.items));
	request->assignments.count = count;
	for (int32_t i = 0; i < count; i++) {
		uint8_t *bytes = arena_new(&driver->arena, 5);

		memcpy(bytes, &proposal, sizeof(proposal));
		request->assignments.items[i].member_id = driver->joined.members.items[i].member_id;
		request->assignments.items[i].assignment = slice_of(bytes, 5);
	}
	for (int p = 0; p < TOWN_ASSIGNED; p++) {
		struct slice bytes = request->assignments.items[p % count].assignment;

		((uint8_t *)(uintptr_t)bytes.bytes)[4] |= (uint8_t)(1 << p);
	}
}

static void
sync_group(struct driver *driver)
{
	struct sync_group_request *request = &driver->request.sync;

	begin(driver, API_KEY_SYNC_GROUP, 5);
	request->group_id = group_of(driver);
	request->generation_id = driver->client->generation;
	request->member_id = member_id(driver);
	request->group_instance_id = instance_id(driver);
	request->protocol_type = slice_of_text("consumer");
	request->protocol_name = slice_of_text("range");
	if (driver->joined.members.count > 0 && !driver->joined.skip_assignment)
		assign(driver, request);
	ask(driver);
}

static void
beat(struct driver *driver)
{
	struct heartbeat_request *request = &driver->request.heartbeat;

	begin(driver, API_KEY_HEARTBEAT, 4);
	request->group_id = group_of(driver);
	request->member_id = member_id(driver);
	request->group_instance_id = instance_id(driver);
	request->generation_id = driver->client->generation;
	ask(driver);
}

static void
commit(struct driver *driver)
{
	struct offset_commit_request *request = &driver->request.commit;
	struct town_client *client = driver->client;
	struct offset_commit_request_offset_commit_request_topic *topic;

	begin(driver, API_KEY_OFFSET_COMMIT, 8);
	client->commits_stale = client->generation > 1 && below(driver, 6) == 0;
	request->group_id = group_of(driver);
	request->member_id = member_id(driver);
	request->group_instance_id = instance_id(driver);
	request->generation_id_or_member_epoch = client->generation - client->commits_stale;
	topic = arena_array(&driver->arena, 1, sizeof(*topic));
	topic->name = slice_of_text("topic");
	topic->partitions.items = arena_array(&driver->arena, 1, sizeof(*topic->partitions.items));
	topic->partitions.count = 1;
	topic->partitions.items[0] =
	    offset_commit_request_offset_commit_request_partition_defaults;
	topic->partitions.items[0].partition_index = client->number;
	topic->partitions.items[0].committed_offset = ++client->town->next_commit;
	request->topics.items = topic;
	request->topics.count = 1;
	client->tried = client->town->next_commit;
	ask(driver);
}

static void
fetch(struct driver *driver)
{
	struct offset_fetch_request *request = &driver->request.fetch;
	struct offset_fetch_request_offset_fetch_request_topic *topic;

	begin(driver, API_KEY_OFFSET_FETCH, 5);
	request->group_id = group_of(driver);
	topic = arena_array(&driver->arena, 1, sizeof(*topic));
	topic->name = slice_of_text("topic");
	topic->partition_indexes.items = arena_array(&driver->arena, 1, sizeof(int32_t));
	topic->partition_indexes.items[0] = driver->client->number;
	topic->partition_indexes.count = 1;
	request->topics.items = topic;
	request->topics.count = 1;
	ask(driver);
}

static void
leave(struct driver *driver)
{
	struct leave_group_request *request = &driver->request.leave;

	begin(driver, API_KEY_LEAVE_GROUP, 2);
	request->group_id = group_of(driver);
	request->member_id = member_id(driver);
	ask(driver);
}

static void
live(struct driver *driver)
{
	int64_t choice = below(driver, 100);
	bool healed = driver->client->town->is_healed;

	if (choice < 55)
		beat(driver);
	else if (choice < 80)
		commit(driver);
	else if (choice < 96 || healed)
		fetch(driver);
	else if (choice < 98)
		leave(driver);
	else
		after(driver, 12000000, 20000000); /* away for too long */
}

static void
act(struct timer *timer)
{
	struct driver *driver = container_of(timer, struct driver, timer);
	struct town_client *client = driver->client;

	if (client->broker != driver->broker || client->is_busy) {
		after(driver, 10000, 300000);
		return;
	}
	if (client->phase == TOWN_JOINED && !driver->has_joined)
		client->phase = TOWN_ABSENT; /* that answer went down with its broker */
	if (client->phase == TOWN_ABSENT)
		join(driver);
	else if (client->phase == TOWN_JOINED)
		sync_group(driver);
	else
		live(driver);
}

static void
start(struct loop_message *message)
{
	struct driver *driver = container_of(message, struct driver, start);

	after(driver, 1000, 500000);
}

void
town_clients_start(struct sim_process *process, struct groups *groups)
{
	struct town_broker *broker = process->scenario;

	for (int i = 0; i < TOWN_CLIENTS; i++) {
		struct driver *driver = memory_new(sizeof(*driver));

		driver->client = &broker->town->clients[i];
		driver->process = process;
		driver->groups = groups;
		driver->loop = process->world.loops[i % process->world.loop_count];
		driver->broker = broker->number;
		timer_init(&driver->timer, act);
		arena_init(&driver->joined_arena, ARENA_BYTES);
		driver->start.run = start;
		loop_post(driver->loop, &driver->start);
	}
}

void
town_clients_lost(struct town *town, int broker)
{
	for (int i = 0; i < TOWN_CLIENTS; i++) {
		struct town_client *client = &town->clients[i];

		if (client->broker != broker)
			continue;
		if (client->is_busy && client->phase == TOWN_ABSENT)
			sim_mark(town->sim, "a rebalance is cut by a crash");
		client->is_busy = false;
		client->broker = (broker + 1) % TOWN_BROKERS;
	}
}
