/*
 * Scenario `control_crash`: one script of requests: topics are made, extended,
 * moved, balanced and deleted. The controller dies at the N-th of its writes, N
 * being told by the seed, and the next one finishes what it had begun (F9); seeds
 * above CRASH_WRITES let that one die too. Whatever was not answered is asked
 * again.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controller/reign.h"
#include "tests/sim/control.h"
#include "tests/sim/scenario.h"
#include "wire/kafka_error.h"

enum { ALL = CONTROL_BROKERS + 1, STEP_US = 100000, AGAIN_US = 3000000, LIMIT_US = 180000000 };
enum { PARTITIONS = 3, MORE_PARTITIONS = 6, REPLICAS = 2, TEXT_SIZE = 128 };
enum { CRASH_WRITES = 64 }; /* more than the script makes: the last ones crash nobody */

struct run;

struct script_step {
	enum controller_call_type type;
	bool keeps_back; /* who was added does not catch up: the move does not end */
	void (*fill)(struct run *run);
	bool (*is_done)(struct run *run);
};

/* A call of the script, or of leaders whose followers catch up. */
struct asked {
	struct controller_call call;
	struct run *run;
	struct arena arena;
	int broker; /* that was asked; -1: none, or it has died since */
	bool is_answered;
	int64_t asked_us;
};

struct run {
	struct control control;
	size_t at; /* of the script */
	int next_crash; /* writes after the first one; 0: none */
	struct asked asked, catching_up;
	int32_t replicas[CONTROL_BROKERS]; /* of t0-0 when it was made, and the third broker */
	union {
		struct create_topics_request create;
		struct create_partitions_request grow;
		struct delete_topics_request delete;
		struct alter_partition_reassignments_request move;
		struct elect_leaders_request elect;
	} request;
	union {
		struct create_topics_response create;
		struct create_partitions_response grow;
		struct delete_topics_response delete;
		struct alter_partition_reassignments_response move;
		struct elect_leaders_response elect;
	} response;
	struct create_topics_request_creatable_topic topic;
	struct create_partitions_request_create_partitions_topic growth;
	struct slice name;
	struct alter_partition_reassignments_request_reassignable_topic moving;
	struct alter_partition_reassignments_request_reassignable_partition partition;
	int32_t target[CONTROL_BROKERS];
	struct alter_partition_request isr;
	struct alter_partition_response isr_answer;
	struct alter_partition_request_topic_data isr_topic;
	struct alter_partition_request_partition_data isr_partition;
	struct alter_partition_request_broker_state members[CONTROL_BROKERS];
};

/* ----------------------------------------------------------------- script */

/* NULL: nobody is controller, or it does not know the partition. */
static struct context_partition *
partition_of(struct run *run, int32_t index)
{
	int active = town_active(&run->control.town);
	const struct context_topic *topic = active < 0 ? NULL : context_topic_find(
	    &controller_reign(town_controller(&run->control.town.brokers[active]))->context,
	    slice_of_text("t0"));

	return topic == NULL ? NULL : context_partition_find(topic, index);
}

static void
fill_create(struct run *run)
{
	run->request.create = create_topics_request_defaults;
	run->response.create = create_topics_response_defaults;
	run->topic = create_topics_request_creatable_topic_defaults;
	run->topic.name = slice_of_text("t0");
	run->topic.num_partitions = PARTITIONS;
	run->topic.replication_factor = REPLICAS;
	run->request.create.topics.items = &run->topic;
	run->request.create.topics.count = 1;
}

static void
fill_grow(struct run *run)
{
	run->request.grow = create_partitions_request_defaults;
	run->response.grow = create_partitions_response_defaults;
	run->growth = create_partitions_request_create_partitions_topic_defaults;
	run->growth.name = slice_of_text("t0");
	run->growth.count = MORE_PARTITIONS;
	run->growth.assignments.count = -1;
	run->request.grow.topics.items = &run->growth;
	run->request.grow.topics.count = 1;
	run->request.grow.timeout_ms = 10000;
}

static void
fill_delete(struct run *run)
{
	run->request.delete = delete_topics_request_defaults;
	run->response.delete = delete_topics_response_defaults;
	run->name = slice_of_text("t0");
	run->request.delete.topic_names.items = &run->name;
	run->request.delete.topic_names.count = 1;
	run->request.delete.timeout_ms = 10000;
}

static void
fill_move(struct run *run, int32_t first, int32_t second)
{
	run->request.move = alter_partition_reassignments_request_defaults;
	run->response.move = alter_partition_reassignments_response_defaults;
	run->moving = alter_partition_reassignments_request_reassignable_topic_defaults;
	run->partition = alter_partition_reassignments_request_reassignable_partition_defaults;
	run->moving.name = slice_of_text("t0");
	run->moving.partitions.items = &run->partition;
	run->moving.partitions.count = 1;
	run->target[0] = first;
	run->target[1] = second;
	run->partition.replicas.items = run->target;
	run->partition.replicas.count = REPLICAS;
	run->request.move.topics.items = &run->moving;
	run->request.move.topics.count = 1;
}

/* From a and b to c and a. */
static void
fill_move_on(struct run *run)
{
	fill_move(run, run->replicas[2], run->replicas[0]);
}

static void
fill_move_again(struct run *run)
{
	fill_move(run, run->replicas[1], run->replicas[2]);
}

static void
fill_cancel(struct run *run)
{
	fill_move(run, 0, 0);
	run->partition.replicas.count = -1;
}

static void
fill_elect(struct run *run)
{
	run->request.elect = elect_leaders_request_defaults;
	run->response.elect = elect_leaders_response_defaults;
	run->request.elect.topic_partitions.count = -1;
}

static bool
has_partitions(struct run *run, int32_t count)
{
	char path[TEXT_SIZE];

	snprintf(path, sizeof(path), "/brokers/topics/t0/partitions/%d/state", (int)count - 1);
	return town_node(&run->control.town, path) != NULL &&
	    control_difference(&run->control) == NULL;
}

/* The brokers a and b that t0-0 is on, and c that it is not on. */
static bool
is_created(struct run *run)
{
	const struct context_partition *partition = partition_of(run, 0);
	int32_t all = 0;

	if (!has_partitions(run, PARTITIONS))
		return false;
	for (int32_t i = 0; i < CONTROL_BROKERS; i++)
		all += run->control.town.first + i;
	run->replicas[0] = partition->replicas[0].broker;
	run->replicas[1] = partition->replicas[1].broker;
	run->replicas[2] = all - run->replicas[0] - run->replicas[1];
	return true;
}

static bool
is_grown(struct run *run)
{
	return has_partitions(run, MORE_PARTITIONS);
}

static bool
is_on(struct run *run, int32_t first, int32_t second)
{
	const struct context_partition *partition = partition_of(run, 0);

	return control_difference(&run->control) == NULL && partition != NULL &&
	    partition->replica_count == REPLICAS && partition->replicas[0].broker == first &&
	    partition->replicas[1].broker == second;
}

static bool
is_moved(struct run *run)
{
	return is_on(run, run->replicas[2], run->replicas[0]);
}

static bool
is_moving_again(struct run *run)
{
	char wanted[TEXT_SIZE];

	snprintf(wanted, sizeof(wanted), "\"adding_replicas\":{\"0\":[%d]}", (int)run->replicas[1]);
	return strstr(town_node(&run->control.town, "/brokers/topics/t0"), wanted) != NULL;
}

static bool
is_balanced(struct run *run)
{
	if (control_difference(&run->control) != NULL)
		return false;
	for (int32_t i = 0; i < MORE_PARTITIONS; i++) {
		const struct context_partition *partition = partition_of(run, i);

		if (partition->leadership.leader != partition->replicas[0].broker)
			return false;
	}
	return true;
}

static bool
is_deleted(struct run *run)
{
	return town_node(&run->control.town, "/brokers/topics/t0") == NULL &&
	    town_node(&run->control.town, "/config/topics/t0") == NULL &&
	    town_node(&run->control.town, "/admin/delete_topics/t0") == NULL &&
	    control_difference(&run->control) == NULL;
}

static const struct script_step script[] = {
	{ CONTROLLER_CREATE_TOPICS, false, fill_create, is_created },
	{ CONTROLLER_CREATE_PARTITIONS, false, fill_grow, is_grown },
	{ CONTROLLER_ALTER_REASSIGNMENTS, false, fill_move_on, is_moved },
	{ CONTROLLER_ALTER_REASSIGNMENTS, true, fill_move_again, is_moving_again },
	{ CONTROLLER_ALTER_REASSIGNMENTS, true, fill_cancel, is_moved },
	{ CONTROLLER_ELECT_LEADERS, false, fill_elect, is_balanced },
	{ CONTROLLER_DELETE_TOPICS, false, fill_delete, is_deleted },
	{ CONTROLLER_CREATE_TOPICS, false, fill_create, is_created },
};

/* ------------------------------------------------------------------ calls */

static void
on_done(struct controller_call *call)
{
	container_of(call, struct asked, call)->is_answered = true;
}

static void
ask(struct run *run, struct asked *asked, int active, struct controller_call call)
{
	struct town_broker *broker = &run->control.town.brokers[active];

	town_enter(broker);
	arena_init(&asked->arena, SIZE_MAX); /* in the process' memory: it goes with it */
	asked->broker = active;
	asked->is_answered = false;
	asked->asked_us = run->control.town.sim->now_us;
	asked->call = call;
	asked->call.arena = &asked->arena;
	asked->call.loop = broker->process.world.control;
	asked->call.done = on_done;
	controller_ask(town_controller(broker), &asked->call);
	town_leave(broker);
}

/* The call before is over, or lost with its process. */
static bool
may_ask(const struct asked *asked)
{
	return asked->broker < 0 || asked->is_answered;
}

/* To whoever is controller now. */
static void
maybe_ask(struct run *run)
{
	int active = town_active(&run->control.town);

	if (active < 0 || !may_ask(&run->asked) || (run->asked.broker >= 0 &&
	    run->control.town.sim->now_us < run->asked.asked_us + AGAIN_US))
		return;
	script[run->at].fill(run);
	ask(run, &run->asked, active, (struct controller_call){ .type = script[run->at].type,
		.version = 5, .request = &run->request, .response = &run->response });
}

static bool
has_caught_up(struct run *run, const struct context_partition *partition, int32_t broker)
{
	struct town_broker *follower =
	    &run->control.town.brokers[broker - run->control.town.first];
	const struct town_entry *hosted =
	    town_find(&follower->replicas, "t0", partition->index);

	return follower->epoch >= 0 && hosted != NULL &&
	    hosted->leader_epoch == partition->leadership.leader_epoch;
}

/* Of those that the leader believes to be replicas; false when all that could be in sync are. */
static bool
fill_isr(struct run *run, const struct context_partition *partition)
{
	struct town_broker *leader =
	    &run->control.town.brokers[partition->leadership.leader - run->control.town.first];
	const struct town_entry *led = town_find(&leader->replicas, "t0", partition->index);
	int32_t count = 0;
	bool is_news = false;

	for (int32_t i = 0; led != NULL && i < led->replica_count; i++) {
		int32_t id = led->replicas[i];

		if (!has_caught_up(run, partition, id))
			continue;
		is_news |= !context_isr_has(&partition->leadership, id);
		run->members[count++] = (struct alter_partition_request_broker_state){ id,
			run->control.town.brokers[id - run->control.town.first].epoch };
	}
	run->isr_partition.partition_index = partition->index;
	run->isr_partition.leader_epoch = partition->leadership.leader_epoch;
	run->isr_partition.partition_epoch = partition->leadership.version;
	run->isr_partition.new_isr_with_epochs.items = run->members;
	run->isr_partition.new_isr_with_epochs.count = count;
	return is_news && has_caught_up(run, partition, partition->leadership.leader);
}

static void
fill_leader(struct run *run, const struct context_partition *partition)
{
	int32_t leader = partition->leadership.leader;

	run->isr = alter_partition_request_defaults;
	run->isr_answer = alter_partition_response_defaults;
	run->isr_topic = alter_partition_request_topic_data_defaults;
	run->isr_topic.topic_id = partition->topic->id;
	run->isr_topic.partitions.items = &run->isr_partition;
	run->isr_topic.partitions.count = 1;
	run->isr.broker_id = leader;
	run->isr.broker_epoch =
	    run->control.town.brokers[leader - run->control.town.first].epoch;
	run->isr.topics.items = &run->isr_topic;
	run->isr.topics.count = 1;
	control_isr_asked(&run->control, control_name_number(slice_of_text("t0")), &run->isr);
}

static void
maybe_catch_up(struct run *run)
{
	int active = town_active(&run->control.town);

	if (active < 0 || !may_ask(&run->catching_up))
		return;
	for (int32_t i = 0; i < MORE_PARTITIONS; i++) {
		const struct context_partition *partition = partition_of(run, i);

		run->isr_partition = alter_partition_request_partition_data_defaults;
		if (partition == NULL || !partition->has_leadership ||
		    (script[run->at].keeps_back && partition->adding_count > 0) ||
		    partition->leadership.leader < 0 || !fill_isr(run, partition))
			continue;
		fill_leader(run, partition);
		ask(run, &run->catching_up, active, (struct controller_call){
			.type = CONTROLLER_ALTER_PARTITION, .version = 3, .request = &run->isr,
			.response = &run->isr_answer });
		return;
	}
}

static void
start_again(struct sim *sim UNUSED, void *context)
{
	struct sim_process *process = context;

	if (process->state == SIM_PROCESS_DOWN)
		sim_process_start(process);
}

static void
died(struct sim_process *process)
{
	struct run *run = container_of(control_of(container_of(process, struct town_broker,
	    process)->town), struct run, control);

	if (run->asked.broker == process->number)
		run->asked.broker = -1; /* the call has died with it */
	if (run->catching_up.broker == process->number)
		run->catching_up.broker = -1;
	run->control.crash_after = run->next_crash;
	run->next_crash = 0;
	sim_after(process->sim, 4000000, start_again, process);
}

static void
play(struct run *run)
{
	struct sim *sim = run->control.town.sim;

	while (run->at < ARRAY_LENGTH(script) && sim->now_us < LIMIT_US && !sim->failed &&
	    !sim->stopped) {
		maybe_ask(run);
		maybe_catch_up(run);
		sim_run(sim, sim->now_us + STEP_US);
		if (!script[run->at].is_done(run))
			continue;
		run->at++;
		run->asked.asked_us = -AGAIN_US;
	}
	if (!sim->stopped)
		sim_check(sim, run->at == ARRAY_LENGTH(script), "step %zu of the script is not done: %s",
		    run->at, control_difference(&run->control));
}

static void
run_control_crash(struct sim *sim)
{
	struct run *run = sim_memory_new(sizeof(*run));
	struct control_town *town = &run->control.town;

	town->first = 1;
	town->session_timeout_ms = 2000;
	town->committed = control_committed;
	town->died = died;
	town->deleted = control_deleted;
	run->control.quiet = true;
	run->asked.broker = -1;
	run->catching_up.broker = -1;
	control_town_init(town, sim, &(struct sim_coord_options){ .servers = 1, .tick_us = 250000,
		.delay_high_us = 2000, .lag_high_us = 100 }, ALL, NULL);
	town->brokers[CONTROL_TOOL].is_tool = true;
	/* from the first election on; the next one dies too, the sooner the lower the seed */
	run->next_crash = (int)((sim->seed - 1) / CRASH_WRITES % CRASH_WRITES);
	run->control.crash_after = (int)(1 + (sim->seed - 1) % CRASH_WRITES);
	for (int i = 0; i < ALL; i++)
		control_town_start(town, i);
	play(run);
	control_town_fini(town);
	free(run);
}

static const char *const marks[] = { CONTROL_MARKS };

const struct scenario scenario_control_crash = {
	.name = "control_crash",
	.marks = marks,
	.mark_count = 1, /* controller killed at a write */
	.run = run_control_crash,
};
