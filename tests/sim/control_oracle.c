#include <stdio.h>
#include <string.h>

#include "controller/reign.h"
#include "tests/sim/control.h"

enum { TEXT_SIZE = 256 };

/* ---------------------------------------------------------------- commits */

static bool
is_tools(struct control *control, int64_t session)
{
	struct zk_session *tool = town_session(&control->town.brokers[CONTROL_TOOL]);

	return tool != NULL && zk_session_id(tool) == session;
}

static bool
read_topic(struct control *control, const char *name, struct arena *arena,
    struct payload_topic *topic)
{
	struct tree_caller caller = { .ids = NULL };
	struct payload_complaint complaint;
	struct znode_stat stat;
	struct slice data;
	char path[TEXT_SIZE];

	snprintf(path, sizeof(path), "/brokers/topics/%s", name);
	return tree_get_data(sim_coord_tree(control->town.ensemble), &caller, slice_of_text(path),
	    &data, &stat) == ZNODE_OK &&
	    payload_topic_decode(data, arena, topic, &complaint) == ERROR_NONE;
}

/* Whoever joins an ISR is a replica. */
static void
check_joined(struct control *control, const char *name, int32_t index,
    const struct znode_state *before, struct payload_int32_list isr, struct arena *arena)
{
	struct payload_topic topic;

	if (!read_topic(control, name, arena, &topic))
		return;
	for (size_t i = 0; i < isr.count; i++)
		sim_check(control->town.sim, znode_rules_was_in_sync(before, isr.values[i]) ||
		    payload_int32_list_has(payload_assignments_find(topic.partitions, index), isr.values[i]),
		    "%s-%d: broker %d joins the ISR, and is no replica", name, (int)index,
		    (int)isr.values[i]);
}

static void
state_written(struct control *control, const struct paths_place *place,
    const struct sim_coord_commit *commit, size_t at)
{
	struct slice data = commit->operations[at].data;
	int name = control_name_number(place->name);
	struct payload_partition_state state;
	struct znode_state before;
	struct arena arena;

	if (name < 0 || place->id >= CONTROL_PARTITIONS)
		return;
	before = control->names[name].states[place->id];
	arena_init(&arena, SIZE_MAX);
	if (znode_rules_take_state(control->town.sim, place, data, &arena,
	    &control->names[name].states[place->id], &state)) {
		check_joined(control, control_name(name), place->id, &before, state.isr, &arena);
		control_isr_written(control, commit->session, place, &before,
		    commit->results[at].stat.version);
	}
	arena_fini(&arena);
}

/* Nobody deletes what counts as in sync, unless the topic is to go. */
void
control_deleted(struct town_broker *broker, const char *topic,
    const struct stop_replica_request_stop_replica_partition_state *state)
{
	struct control *control = control_of(broker->town);
	int name = control_name_number(slice_of_text(topic));
	int32_t id = control->town.first + broker->process.number;

	if (name >= 0 && state->partition_index < CONTROL_PARTITIONS && state->leader_epoch >= 0)
		sim_check(control->town.sim, !znode_rules_was_in_sync(
		    &control->names[name].states[state->partition_index], id),
		    "%s-%d: broker %d deletes its replica, which is in sync", topic,
		    (int)state->partition_index, (int)id);
}

static void
note_winner(struct control *control, const struct sim_coord_commit *commit, size_t at)
{
	if (is_tools(control, commit->session))
		return;
	control->winner = commit->session;
	control->winner_version = commit->results[at].stat.version;
}

static bool
is_anybody_away(const struct control *control)
{
	for (int i = 0; i < CONTROL_BROKERS; i++)
		if (control->town.brokers[i].epoch < 0)
			return true;
	return false;
}

static bool
has_text(struct slice data, const char *text)
{
	return memmem(data.bytes, data.size, text, strlen(text)) != NULL;
}

/* What has happened, for the marks. */
static void
note(struct control *control, const struct sim_coord_commit *commit, size_t at,
    const struct paths_place *place)
{
	const struct znode_operation *operation = &commit->operations[at];
	int number = control_name_number(place->name);
	struct control_name *name = number < 0 ? NULL : &control->names[number];

	if (place->kind == PATHS_CONTROLLER_EPOCH && operation->type == ZNODE_OP_SET_DATA)
		note_winner(control, commit, at);
	if (place->kind == PATHS_REASSIGNMENT && operation->type != ZNODE_OP_CREATE)
		sim_mark(control->town.sim, "reassignment of an old tool taken");
	if (place->kind == PATHS_CONTROLLER && operation->type == ZNODE_OP_DELETE && at > 0 &&
	    commit->operations[0].version != control->winner_version)
		sim_mark(control->town.sim, "election cleared its own node");
	if (name == NULL)
		return;
	if (place->kind == PATHS_TOPIC && operation->type == ZNODE_OP_SET_DATA)
		name->has_moved = name->has_moved || has_text(operation->data, "_replicas\":{\"");
	if (place->kind == PATHS_TOPIC && operation->type == ZNODE_OP_CREATE)
		name->is_tools = is_tools(control, commit->session);
	if (place->kind == PATHS_PARTITION_STATE && operation->type == ZNODE_OP_CREATE &&
	    name->is_tools)
		sim_mark(control->town.sim, "topic of an old tool led");
	if (place->kind == PATHS_DELETE_TOPIC && operation->type == ZNODE_OP_CREATE)
		name->has_waited = is_anybody_away(control);
	if (place->kind == PATHS_DELETE_TOPIC && operation->type == ZNODE_OP_DELETE &&
	    name->has_waited)
		sim_mark(control->town.sim, "deletion waited for a broker");
}

static void
operation_done(struct control *control, const struct sim_coord_commit *commit, size_t at)
{
	const struct znode_operation *operation = &commit->operations[at];
	struct sim *sim = control->town.sim;
	struct paths_place place;

	if (operation->type == ZNODE_OP_CHECK ||
	    paths_parse(operation->path, &place) != ERROR_NONE)
		return;
	note(control, commit, at, &place);
	if (!znode_rules_is_controllers(&place) || is_tools(control, commit->session) ||
	    (operation->type == ZNODE_OP_CREATE && (place.kind == PATHS_PRODUCER_ID_BLOCK ||
	    place.kind == PATHS_LOG_DIR_EVENT)))
		return;
	/* I16 */
	sim_check(sim, commit->session == control->winner,
	    "session %lx writes %.*s, and session %lx is the controller's",
	    (unsigned long)commit->session, (int)operation->path.size,
	    (const char *)operation->path.bytes, (unsigned long)control->winner);
	if (place.kind == PATHS_TOPIC && operation->type != ZNODE_OP_DELETE)
		znode_rules_take_topic(sim, &place, operation->data);
	if (place.kind != PATHS_PARTITION_STATE)
		return;
	if (operation->type != ZNODE_OP_DELETE)
		state_written(control, &place, commit, at);
	else if (control_name_number(place.name) >= 0 && place.id < CONTROL_PARTITIONS)
		control->names[control_name_number(place.name)].states[place.id].exists = false;
}

/* The one whose write this was may die at it. */
static void
maybe_crash(struct control *control, int64_t session)
{
	if (control->crash_after == 0 || --control->crash_after > 0)
		return;
	for (int i = 0; i < CONTROL_BROKERS; i++) {
		struct town_broker *broker = &control->town.brokers[i];

		if (town_session(broker) == NULL || zk_session_id(town_session(broker)) != session)
			continue;
		sim_mark(control->town.sim, "controller killed at a write");
		sim_process_kill(&broker->process);
		return;
	}
}

void
control_committed(struct control_town *town, const struct sim_coord_commit *commit)
{
	struct control *control = control_of(town);

	if (!commit->succeeded && commit->count > 1 && commit->session != control->winner &&
	    commit->operations[0].type == ZNODE_OP_CHECK)
		sim_mark(town->sim, "controller deposed");
	for (size_t i = 0; commit->succeeded && i < commit->count; i++)
		operation_done(control, commit, i);
	if (!commit->succeeded)
		return;
	if (commit->count > 0 && commit->session == control->winner)
		maybe_crash(control, commit->session);
}

/* -------------------------------------------------------------------- end */

static char difference[TEXT_SIZE];

static bool
differs(const char *what, const char *topic, int32_t index)
{
	snprintf(difference, sizeof(difference), "%s: %s-%d", what, topic, (int)index);
	return true;
}

static bool
read_state(struct control *control, const char *name, int32_t index, struct arena *arena,
    struct payload_partition_state *state, struct znode_stat *stat)
{
	struct tree_caller caller = { .ids = NULL };
	struct payload_complaint complaint;
	struct slice data;
	char path[TEXT_SIZE];

	snprintf(path, sizeof(path), "/brokers/topics/%s/partitions/%d/state", name, (int)index);
	return tree_get_data(sim_coord_tree(control->town.ensemble), &caller, slice_of_text(path),
	    &data, stat) == ZNODE_OK &&
	    payload_partition_state_decode(data, arena, state, &complaint) == ERROR_NONE;
}

static bool
assignment_differs(struct control *control, const struct context_partition *partition,
    const char *name)
{
	struct payload_int32_list written;
	struct payload_topic topic;
	struct arena arena;
	bool is_same;

	arena_init(&arena, SIZE_MAX);
	is_same = read_topic(control, name, &arena, &topic);
	written = is_same ? payload_assignments_find(topic.partitions, partition->index) :
	    (struct payload_int32_list){ NULL, 0 };
	is_same = is_same && written.count == (size_t)partition->replica_count &&
	    payload_assignments_find(topic.adding_replicas, partition->index).count == 0 &&
	    payload_assignments_find(topic.removing_replicas, partition->index).count == 0;
	for (size_t i = 0; is_same && i < written.count; i++)
		is_same = written.values[i] == partition->replicas[i].broker;
	arena_fini(&arena);
	return !is_same;
}

/* I18, I19, I46 of one partition. */
static bool
partition_differs(struct control *control, const struct context_partition *partition,
    const char *name)
{
	struct payload_partition_state state;
	struct znode_stat stat;
	struct arena arena;
	bool is_same;

	arena_init(&arena, SIZE_MAX);
	is_same = read_state(control, name, partition->index, &arena, &state, &stat) &&
	    partition->has_leadership && partition->leadership.version == stat.version &&
	    partition->leadership.leader == state.leader &&
	    partition->leadership.leader_epoch == state.leader_epoch;
	arena_fini(&arena);
	if (!is_same)
		return differs("the controller's memory is not what stands in ZooKeeper", name,
		    partition->index);
	if (partition->leadership.leader < 0 || partition->state != PARTITION_ONLINE)
		return differs("nobody leads", name, partition->index);
	if (partition->adding_count + partition->removing_count + partition->leaving_count > 0)
		return differs("a reassignment does not end", name, partition->index);
	for (int32_t i = 0; i < partition->leadership.isr_count; i++)
		if (context_replica_find(partition, partition->leadership.isr[i]) == NULL)
			return differs("somebody is in sync who is no replica", name, partition->index);
	if (assignment_differs(control, partition, name))
		return differs("the controller's replicas are not those of ZooKeeper", name,
		    partition->index);
	for (int i = 0; i < CONTROL_BROKERS; i++) {
		struct town_broker *broker = &control->town.brokers[i];
		const struct town_entry *told = town_find(&broker->metadata, name, partition->index);
		bool is_replica =
		    context_replica_find(partition, control->town.first + i) != NULL;
		const struct town_entry *hosted = town_find(&broker->replicas, name, partition->index);

		if (told == NULL || told->leader_epoch != partition->leadership.leader_epoch ||
		    told->version != partition->leadership.version)
			return differs("a broker's metadata are not what the controller knows", name,
			    partition->index);
		if (hosted != NULL && !is_replica &&
		    control->names[control_name_number(slice_of_text(name))].has_moved &&
		    (hosted->leader_epoch < partition->leadership.leader_epoch ||
		    !uuid_equal(hosted->id, partition->topic->id)))
			continue;
		if ((hosted != NULL) != is_replica)
			return differs("a broker does not host what it should", name, partition->index);
		if (is_replica && hosted->leader_epoch != partition->leadership.leader_epoch)
			return differs("a broker has missed a leader", name, partition->index);
	}
	return false;
}

/* A topic of ZooKeeper, and nothing else, is in memory; nothing of others is left (I22). */
static bool
topic_differs(struct control *control, const struct context *context, int number)
{
	const char *name = control_name(number);
	const struct context_topic *topic = context_topic_find(context, slice_of_text(name));
	char path[TEXT_SIZE];

	snprintf(path, sizeof(path), "/admin/delete_topics/%s", name);
	if (town_node(&control->town, path) != NULL)
		return differs("a deletion does not end", name, -1);
	snprintf(path, sizeof(path), "/brokers/topics/%s", name);
	if ((town_node(&control->town, path) != NULL) != (topic != NULL))
		return differs("the controller's topics are not those of ZooKeeper", name, -1);
	if (topic != NULL && strstr(town_node(&control->town, path), "topic_id") == NULL)
		return differs("a topic has no id", name, -1);
	for (int32_t i = 0; topic != NULL && i < topic->partition_count; i++)
		if (partition_differs(control, topic->partitions[i], name))
			return true;
	for (int i = 0; topic == NULL && i < CONTROL_BROKERS; i++)
		for (int32_t j = 0; j < CONTROL_PARTITIONS; j++) {
			if (town_find(&control->town.brokers[i].replicas, name, j) != NULL &&
			    !control->names[number].has_moved)
				return differs("a broker still hosts a topic that is gone", name, j);
			if (town_find(&control->town.brokers[i].metadata, name, j) != NULL)
				return differs("a broker still knows a topic that is gone", name, j);
		}
	return false;
}

const char *
control_difference(struct control *control)
{
	int active = town_active(&control->town);
	struct reign *reign;

	for (int i = 0; i < CONTROL_BROKERS; i++)
		if (control->town.brokers[i].process.state != SIM_PROCESS_UP ||
		    control->town.brokers[i].epoch < 0)
			return "a broker is not registered";
	if (active < 0)
		return "nobody is controller";
	reign = controller_reign(town_controller(&control->town.brokers[active]));
	if (!reign->is_established || reign->job != NULL || !list_is_empty(&reign->jobs))
		return "the controller is at work";
	if (reign->context.broker_count != CONTROL_BROKERS)
		return "the controller does not know all brokers";
	for (int i = 0; i < CONTROL_BROKERS; i++)
		if (control->town.brokers[i].known != control->town.first + active)
			return "a broker does not know the controller";
	if (town_node(&control->town, "/admin/reassign_partitions") != NULL)
		return "what an old tool wants to move does not move";
	for (int i = 0; i < CONTROL_NAMES; i++)
		if (topic_differs(control, &reign->context, i))
			return difference;
	return NULL;
}
