/*
 * Scenario `control_crash`: one script of requests; the controller dies at the
 * N-th of its writes, N being told by the seed, and the next one finishes what it had
 * begun (F9). Whatever was not answered is asked again.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/control.h"
#include "tests/sim/scenario.h"
#include "wire/kafka_error.h"

enum { ALL = CONTROL_BROKERS + 1, STEP_US = 100000, AGAIN_US = 3000000, LIMIT_US = 120000000 };
enum { PARTITIONS = 3, MORE_PARTITIONS = 6, TEXT_SIZE = 128 };
enum { CRASH_WRITES = 200 }; /* more than the script makes: the last ones crash nobody */

struct script_step {
	enum controller_call_type type;
	bool (*is_done)(struct control *control);
};

struct run {
	struct control control;
	size_t at;              /* of the script */
	int64_t asked_us;
	int asked_of;           /* the broker */
	struct arena arena;
	bool is_answered;
	struct controller_call call;
	struct create_topics_request create;
	struct create_topics_request_creatable_topic topic;
	struct create_topics_response created;
	struct create_partitions_request grow;
	struct create_partitions_request_create_partitions_topic growth;
	struct create_partitions_response grown;
	struct delete_topics_request delete;
	struct slice name;
	struct delete_topics_response deleted;
};

static bool
has_partitions(struct control *control, int32_t count)
{
	char path[TEXT_SIZE];

	snprintf(path, sizeof(path), "/brokers/topics/t0/partitions/%d/state", (int)count - 1);
	return town_node(&control->town, path) != NULL && control_difference(control) == NULL;
}

static bool
is_created(struct control *control)
{
	return has_partitions(control, PARTITIONS);
}

static bool
is_grown(struct control *control)
{
	return has_partitions(control, MORE_PARTITIONS);
}

static bool
is_deleted(struct control *control)
{
	return town_node(&control->town, "/brokers/topics/t0") == NULL &&
	    town_node(&control->town, "/config/topics/t0") == NULL &&
	    town_node(&control->town, "/admin/delete_topics/t0") == NULL &&
	    control_difference(control) == NULL;
}

static const struct script_step script[] = {
	{ CONTROLLER_CREATE_TOPICS, is_created },
	{ CONTROLLER_CREATE_PARTITIONS, is_grown },
	{ CONTROLLER_DELETE_TOPICS, is_deleted },
	{ CONTROLLER_CREATE_TOPICS, is_created },
};

static void
on_done(struct controller_call *call)
{
	container_of(call, struct run, call)->is_answered = true;
}

static void
fill(struct run *run)
{
	run->create = create_topics_request_defaults;
	run->topic = create_topics_request_creatable_topic_defaults;
	run->topic.name = slice_of_text("t0");
	run->topic.num_partitions = PARTITIONS;
	run->topic.replication_factor = CONTROL_BROKERS;
	run->create.topics.items = &run->topic;
	run->create.topics.count = 1;
	run->created = create_topics_response_defaults;
	run->grow = create_partitions_request_defaults;
	run->growth = create_partitions_request_create_partitions_topic_defaults;
	run->growth.name = slice_of_text("t0");
	run->growth.count = MORE_PARTITIONS;
	run->growth.assignments.count = -1;
	run->grow.topics.items = &run->growth;
	run->grow.topics.count = 1;
	run->grow.timeout_ms = 10000;
	run->grown = create_partitions_response_defaults;
	run->delete = delete_topics_request_defaults;
	run->name = slice_of_text("t0");
	run->delete.topic_names.items = &run->name;
	run->delete.topic_names.count = 1;
	run->delete.timeout_ms = 10000;
	run->deleted = delete_topics_response_defaults;
}

static void
ask(struct run *run)
{
	struct town_broker *broker = &run->control.town.brokers[run->asked_of];
	void *requests[] = { [CONTROLLER_CREATE_TOPICS] = &run->create,
		[CONTROLLER_DELETE_TOPICS] = &run->delete, [CONTROLLER_CREATE_PARTITIONS] = &run->grow };
	void *responses[] = { [CONTROLLER_CREATE_TOPICS] = &run->created,
		[CONTROLLER_DELETE_TOPICS] = &run->deleted,
		[CONTROLLER_CREATE_PARTITIONS] = &run->grown };
	enum controller_call_type type = script[run->at].type;

	fill(run);
	town_enter(broker);
	arena_init(&run->arena, SIZE_MAX); /* in the process' memory: it goes with it */
	run->is_answered = false;
	run->asked_us = run->control.town.sim->now_us;
	run->call = (struct controller_call){ .type = type, .version = 5, .request = requests[type],
		.response = responses[type], .arena = &run->arena,
		.loop = broker->process.world.control, .done = on_done };
	controller_ask(town_controller(broker), &run->call);
	town_leave(broker);
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

	if (run->asked_of == process->number)
		run->asked_of = -1; /* the call has died with it */
	sim_after(process->sim, 4000000, start_again, process);
}

/* When the last call is over, or lost with its process: to whoever is controller now. */
static void
maybe_ask(struct run *run)
{
	int active = town_active(&run->control.town);

	if (active < 0 || (run->asked_of >= 0 && !run->is_answered) ||
	    (run->asked_of >= 0 && run->control.town.sim->now_us < run->asked_us + AGAIN_US))
		return;
	run->asked_of = active;
	ask(run);
}

static void
play(struct run *run)
{
	struct sim *sim = run->control.town.sim;

	while (run->at < ARRAY_LENGTH(script) && sim->now_us < LIMIT_US && !sim->failed &&
	    !sim->stopped) {
		maybe_ask(run);
		sim_run(sim, sim->now_us + STEP_US);
		if (!script[run->at].is_done(&run->control))
			continue;
		run->at++;
		run->asked_us = -AGAIN_US;
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
	run->asked_of = -1;
	control_town_init(town, sim, &(struct sim_coord_options){ .servers = 1, .tick_us = 250000,
		.delay_high_us = 2000, .lag_high_us = 100 }, ALL, NULL);
	town->brokers[CONTROL_TOOL].is_tool = true;
	/* from the first election on */
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
