/*
 * Members of groups: they join, beat, commit and fetch what they have
 * committed. No generation has two assignments (I37); what is committed is
 * there (I38), and nobody is forgotten whose session runs.
 */
#include <stdlib.h>

#include "base/memory.h"
#include "group/visit.h"
#include "tests/sim/broker_member.h"
#include "tests/sim/cluster.h"
#include "wire/kafka_error.h"

static void
wait(struct town_member *it, int64_t low_us, int64_t high_us)
{
	timer_start(it->loop, &it->pace, clock_monotonic_us(it->process->world.clock) +
	    sim_delay(it->town->sim, SIM_WORKLOAD, low_us, high_us));
}

static void
forget_id(struct town_member *it)
{
	it->id[0] = '\0';
	it->phase = MEMBER_ABSENT;
	it->synced_life = 0;
	it->assigned = 0;
}

/* -1: that broker is not the coordinator, as ZooKeeper has it. */
static int32_t
coordinator_epoch(const struct town_member *it, const struct client_link *link)
{
	int32_t partition, epoch;

	if (!it->town->is_cluster)
		return 0;
	partition = visit_partition_of(slice_of_text(it->group->name),
	    it->town->seats[0].config->groups.offsets_partitions);
	return cluster_leader(it->town, "__consumer_offsets", partition, &epoch) ==
	    town_links_broker(&it->links, link) ? epoch : -1;
}

bool
member_is_answered_by_coordinator(const struct town_member *it)
{
	return it->asked_epoch >= 0 &&
	    coordinator_epoch(it, it->request.link) == it->asked_epoch;
}

void
member_ask(struct town_member *it, int16_t key, int16_t version, const void *body,
    void (*came)(struct client_request *request, const void *response))
{
	/* FindCoordinator goes to anybody. */
	struct client_link *link = key == API_KEY_FIND_COORDINATOR ? town_links_any(&it->links) :
	    town_links_to(&it->links, it->coordinator);

	if (link == NULL)
		return;
	it->is_busy = true;
	it->asked_epoch = coordinator_epoch(it, link);
	it->request = (struct client_request){ .key = key, .version = version,
		.patience_ms = PATIENCE_MS + (key == API_KEY_JOIN_GROUP ? REBALANCE_MS : 0),
		.answered = came };
	client_link_ask(link, &it->request, body, true);
}

struct town_member *
member_back(struct client_request *request, const void *response)
{
	struct town_member *it = container_of(request, struct town_member, request);

	it->is_busy = false;
	if (response == NULL && it->town->is_cluster)
		it->coordinator = -1; /* it may have moved */
	wait(it, 1000, it->phase == MEMBER_STEADY ? 1000000 : 200000);
	if (response == NULL && (request->key == API_KEY_JOIN_GROUP ||
	    request->key == API_KEY_SYNC_GROUP) && client_request_outlived(request))
		broker_town_mark(it->town, "a rebalance is cut by a crash");
	return it;
}

/* ----------------------------------------------------------------- refusals */

/* Its assignment is in the log, and it was heard of within its session. */
static void
check_expulsion(struct town_member *it)
{
	int64_t silent_us = sim_now_us(it->town->sim) - it->contact_us;
	bool has_moved = !member_is_answered_by_coordinator(it) ||
	    it->asked_epoch != it->synced_epoch;

	if (it->synced_life > 0 && member_binds(it, it->synced_life) && !has_moved) {
		sim_check(it->town->sim, silent_us >= SESSION_MS * 1000LL,
		    "%s, heard of %d ms ago, is unknown to %s", it->id, (int)(silent_us / 1000),
		    it->group->name);
		broker_town_mark(it->town, "a silent member is expelled");
	}
	forget_id(it);
}

static bool
knows_no_topics(const struct town_member *it)
{
	const struct town_links *links = &it->links;

	/* A broker of a cluster is told of topics when it is registered, and may be asked before. */
	return (it->town->is_cluster && it->town->phase == TOWN_WORKING) ||
	    it->town->seats[town_links_broker(links, it->request.link)].topics_are_unknown;
}

void
member_take_error(struct town_member *it, int16_t error)
{
	switch (error) {
	case KAFKA_ERROR_NOT_COORDINATOR:
	case KAFKA_ERROR_COORDINATOR_NOT_AVAILABLE:
		if (it->phase != MEMBER_STEADY || it->town->is_cluster)
			it->coordinator = -1;
		if (it->phase != MEMBER_STEADY)
			it->phase = MEMBER_ABSENT;
		break;
	case KAFKA_ERROR_UNKNOWN_MEMBER_ID:
		check_expulsion(it);
		break;
	case KAFKA_ERROR_FENCED_INSTANCE_ID:
		forget_id(it);
		break;
	case KAFKA_ERROR_REBALANCE_IN_PROGRESS:
	case KAFKA_ERROR_ILLEGAL_GENERATION:
		it->phase = MEMBER_ABSENT;
		break;
	case KAFKA_ERROR_COORDINATOR_LOAD_IN_PROGRESS:
		broker_town_mark(it->town, "a member meets a group that is being loaded");
		break;
	default:
		sim_check(it->town->sim, error == KAFKA_ERROR_REQUEST_TIMED_OUT ||
		    (error == KAFKA_ERROR_UNKNOWN_TOPIC_OR_PARTITION && knows_no_topics(it)) ||
		    error == KAFKA_ERROR_UNKNOWN_SERVER_ERROR, "%s is told %s", it->name,
		    kafka_error_name(error));
	}
}

/* ------------------------------------------------------------ the coordinator */

static void
check_coordinator(struct town_member *it, int16_t error, struct slice host, int32_t port)
{
	if (error != KAFKA_ERROR_NONE) {
		sim_check(it->town->sim, error == KAFKA_ERROR_COORDINATOR_NOT_AVAILABLE,
		    "%s finds no coordinator: %s", it->name, kafka_error_name(error));
		return;
	}
	it->coordinator = town_links_find(&it->links, host, port);
	sim_check(it->town->sim, it->coordinator >= 0, "%s finds a coordinator elsewhere", it->name);
}

static void
found(struct client_request *request, const void *message)
{
	struct town_member *it = member_back(request, message);
	const struct find_coordinator_response *response = message;

	if (response == NULL)
		return;
	if (request->version < 4) {
		check_coordinator(it, response->error_code, response->host, response->port);
	} else if (response->coordinators.count != 1 ||
	    !slice_equal_text(response->coordinators.items[0].key, it->group->name)) {
		sim_fail(it->town->sim, "%s gets the answer to another FindCoordinator", it->name);
	} else {
		check_coordinator(it, response->coordinators.items[0].error_code,
		    response->coordinators.items[0].host, response->coordinators.items[0].port);
	}
}

static void
seek(struct town_member *it)
{
	struct find_coordinator_request body = find_coordinator_request_defaults;
	struct slice key = slice_of_text(it->group->name);
	int16_t version = (int16_t)prng_between(member_prng(it), 0, 6);

	body.key = version < 4 ? key : slice_of_text("");
	body.coordinator_keys.items = &key;
	body.coordinator_keys.count = version < 4 ? 0 : 1;
	member_ask(it, API_KEY_FIND_COORDINATOR, version, &body, found);
}

/* -------------------------------------------------------------- join and sync */

static void
copy(char *into, struct slice text)
{
	snprintf(into, ID_SIZE, "%.*s", (int)text.size, (const char *)text.bytes);
}

static void
joined(struct client_request *request, const void *message)
{
	struct town_member *it = member_back(request, message);
	const struct join_group_response *response = message;

	if (response == NULL)
		return;
	if (response->error_code != KAFKA_ERROR_NONE &&
	    response->error_code != KAFKA_ERROR_MEMBER_ID_REQUIRED) {
		member_take_error(it, response->error_code);
		return;
	}
	sim_check(it->town->sim, response->member_id.size > 0 && response->member_id.size < ID_SIZE,
	    "%s gets an odd member id", it->name);
	if (!slice_equal_text(response->member_id, it->id))
		it->synced_life = 0;
	copy(it->id, response->member_id);
	if (response->error_code == KAFKA_ERROR_MEMBER_ID_REQUIRED)
		return;
	it->generation = response->generation_id;
	it->phase = MEMBER_JOINED;
	it->contact_us = request->asked_us;
	it->leads = slice_equal(response->leader, response->member_id);
	it->skips_assignment = response->skip_assignment;
	it->member_count = MIN(response->members.count, MEMBERS * 4);
	for (int32_t i = 0; i < it->member_count; i++)
		copy(it->member_ids[i], response->members.items[i].member_id);
}

static void
join(struct town_member *it)
{
	static const int16_t versions[] = { 3, 5, 8, 9 };
	struct join_group_request body = join_group_request_defaults;
	struct join_group_request_join_group_request_protocol protocol =
	    join_group_request_join_group_request_protocol_defaults;

	if (it->is_static && it->id[0] == '\0' && it->generation > 0)
		broker_town_mark(it->town, "a static member comes back");
	body.group_id = slice_of_text(it->group->name);
	body.session_timeout_ms = SESSION_MS;
	body.rebalance_timeout_ms = REBALANCE_MS;
	body.member_id = slice_of_text(it->id);
	body.group_instance_id = it->is_static ? slice_of_text(it->name) : slice_null();
	body.protocol_type = slice_of_text("consumer");
	protocol.name = slice_of_text("range");
	protocol.metadata = slice_of_text(it->name);
	body.protocols.items = &protocol;
	body.protocols.count = 1;
	member_ask(it, API_KEY_JOIN_GROUP, versions[prng_between(member_prng(it), it->is_static ? 1 : 0, 3)], &body,
	    joined);
}

/* I37: a generation has one assignment, so each partition one owner. */
static void
check_assignment(struct town_member *it, struct slice assignment)
{
	struct proposal *proposal;
	int32_t told;

	it->assigned = 0;
	sim_check(it->town->sim, assignment.size == ASSIGNMENT_SIZE || assignment.size == 0,
	    "an assignment of %zu bytes", assignment.size);
	if (assignment.size != ASSIGNMENT_SIZE || it->generation >= GENERATIONS)
		return;
	memcpy(&told, assignment.bytes, sizeof(told));
	it->assigned = assignment.bytes[ASSIGNMENT_SIZE - 1];
	if (!member_binds(it, broker_town_life(it->town, &it->request)))
		return;
	proposal = &it->group->proposals[it->generation];
	if (proposal->number == 0 || !member_binds(it, proposal->life))
		*proposal = (struct proposal){ told, broker_town_life(it->town, &it->request) };
	sim_check(it->town->sim, proposal->number == told, "%s has two assignments in generation %d",
	    it->group->name, (int)it->generation);
}

static void
synced(struct client_request *request, const void *message)
{
	struct town_member *it = member_back(request, message);
	const struct sync_group_response *response = message;

	if (response == NULL)
		return;
	if (response->error_code != KAFKA_ERROR_NONE) {
		member_take_error(it, response->error_code);
		return;
	}
	check_assignment(it, response->assignment);
	it->phase = MEMBER_STEADY;
	it->synced_life = broker_town_life(it->town, request);
	it->synced_epoch = it->asked_epoch;
	it->contact_us = request->asked_us;
}

/* Each partition goes to one member; the bytes say whose idea it was. */
static void
sync_group(struct town_member *it)
{
	struct sync_group_request body = sync_group_request_defaults;
	struct sync_group_request_sync_group_request_assignment items[MEMBERS * 4];
	uint8_t bytes[MEMBERS * 4][ASSIGNMENT_SIZE] = { 0 };
	int32_t proposal = ++it->group->next_proposal;

	for (int32_t i = 0; i < it->member_count; i++) {
		memcpy(bytes[i], &proposal, sizeof(proposal));
		items[i] = sync_group_request_sync_group_request_assignment_defaults;
		items[i].member_id = slice_of_text(it->member_ids[i]);
		items[i].assignment = slice_of(bytes[i], ASSIGNMENT_SIZE);
	}
	for (int p = 0; p < ASSIGNED && it->member_count > 0; p++)
		bytes[p % it->member_count][ASSIGNMENT_SIZE - 1] |= (uint8_t)(1 << p);
	body.group_id = slice_of_text(it->group->name);
	body.generation_id = it->generation;
	body.member_id = slice_of_text(it->id);
	body.group_instance_id = it->is_static ? slice_of_text(it->name) : slice_null();
	body.protocol_type = slice_of_text("consumer");
	body.protocol_name = slice_of_text("range");
	body.assignments.items = items;
	body.assignments.count = it->leads && !it->skips_assignment ? it->member_count : 0;
	member_ask(it, API_KEY_SYNC_GROUP, (int16_t)prng_between(member_prng(it), 3, 5), &body, synced);
}

/* --------------------------------------------------------- heartbeats, leaving */

static void
beaten(struct client_request *request, const void *message)
{
	struct town_member *it = member_back(request, message);
	const struct heartbeat_response *response = message;

	if (response == NULL)
		return;
	if (response->error_code == KAFKA_ERROR_REBALANCE_IN_PROGRESS)
		it->contact_us = request->asked_us;
	/* While it loads, a coordinator tells everybody that all is well. */
	if (response->error_code != KAFKA_ERROR_NONE)
		member_take_error(it, response->error_code);
}

static void
beat(struct town_member *it)
{
	struct heartbeat_request body = heartbeat_request_defaults;

	body.group_id = slice_of_text(it->group->name);
	body.generation_id = it->generation;
	body.member_id = slice_of_text(it->id);
	body.group_instance_id = it->is_static ? slice_of_text(it->name) : slice_null();
	member_ask(it, API_KEY_HEARTBEAT, (int16_t)prng_between(member_prng(it), 3, 4), &body, beaten);
}

static void
left(struct client_request *request, const void *message)
{
	(void)member_back(request, message);
}

static void
leave(struct town_member *it)
{
	struct leave_group_request body = leave_group_request_defaults;
	struct leave_group_request_member_identity member =
	    leave_group_request_member_identity_defaults;

	body.group_id = slice_of_text(it->group->name);
	member.member_id = slice_of_text(it->id);
	member.group_instance_id = slice_null();
	body.members.items = &member;
	body.members.count = 1;
	member_ask(it, API_KEY_LEAVE_GROUP, (int16_t)prng_between(member_prng(it), 3, 5), &body, left);
	forget_id(it); /* whatever becomes of it */
}

/* ----------------------------------------------------------------- its life */

static void
vanish(struct town_member *it)
{
	if (it->is_static && prng_chance(member_prng(it), 1, 2)) {
		forget_id(it); /* it begins anew, with the name that it has */
		wait(it, 1000, 500000);
		return;
	}
	wait(it, 9000000, 15000000);
}

static void
live(struct town_member *it)
{
	int64_t choice = prng_between(member_prng(it), 0, 99);
	bool works = it->town->phase == TOWN_WORKING;

	if (choice < 50)
		beat(it);
	else if (choice < 75)
		member_commit(it);
	else if (choice < 96 || !works)
		member_fetch(it);
	else if (choice < 98 && !it->is_static)
		leave(it);
	else
		vanish(it);
}

static void
act(struct timer *timer)
{
	struct town_member *it = container_of(timer, struct town_member, pace);

	if (it->town->sim->failed)
		return;
	wait(it, 10000, 400000);
	if (it->is_busy)
		return;
	if (it->coordinator < 0 && uuid_is_zero(it->town->ledger.topics[0].id))
		return; /* there is nothing yet to commit offsets of */
	if (it->coordinator < 0)
		seek(it);
	else if (it->phase == MEMBER_ABSENT)
		join(it);
	else if (it->phase == MEMBER_JOINED)
		sync_group(it);
	else
		live(it);
}

struct town_member *
town_member_new(struct broker_town *town, int number)
{
	static const char *const names[TOWN_GROUPS] = { "orders", "bills" };
	struct town_member *it = sim_memory_new(sizeof(*it));
	int group = number / MEMBERS;

	it->town = town;
	it->number = number;
	if (number % MEMBERS == 0)
		town->groups[group] = sim_memory_new(sizeof(struct town_group));
	it->group = town->groups[group];
	it->group->name = names[group];
	snprintf(it->name, sizeof(it->name), "member%d", number);
	it->is_static = number % MEMBERS == 0 && prng_chance(member_prng(it), 2, 3);
	it->committed = it->coordinator = -1;
	return it;
}

void
town_member_start(struct town_member *it, struct sim_process *process, struct loop *loop)
{
	it->process = process;
	it->loop = loop;
	timer_init(&it->pace, act);
	town_links_open(&it->links, it->town, process, loop, it->name, NULL, it);
	wait(it, 1000, 3000000);
}

bool
town_groups_are_well(const struct broker_town *town)
{
	for (int group = 0; group < TOWN_GROUPS && !town->offsets_are_damaged; group++) {
		struct town_member *const *members = &town->members[(ptrdiff_t)group * MEMBERS];
		unsigned owned = 0;

		for (int i = 0; i < MEMBERS; i++) {
			if (members[i]->phase != MEMBER_STEADY ||
			    members[i]->generation != members[0]->generation ||
			    (owned & members[i]->assigned) != 0)
				return false;
			owned |= members[i]->assigned;
		}
		if (owned != (1U << ASSIGNED) - 1)
			return false;
	}
	return true;
}

void
town_member_free(struct town_member *it)
{
	if (it->number % MEMBERS == 0)
		free(it->group);
	free(it);
}
