#include <stdlib.h>

#include "base/memory.h"
#include "tests/sim/control_requests.h"
#include "wire/kafka_error.h"

enum { ASK_HIGH_US = 1500000 };

struct client {
	struct town_broker *broker;
	struct timer timer;
	struct prng prng;
};

/* Those that stand here twice are asked for more often. */
static const struct control_kind *const kinds[] = {
	&control_create_topics, &control_create_topics, &control_auto_create,
	&control_delete_topics, &control_grow, &control_allocate_ids,
	&control_alter_partition, &control_alter_partition, &control_alter_partition,
	&control_alter_partition, &control_shut_down, &control_elect,
	&control_move, &control_move, &control_list_moves,
};

static void
on_done(struct controller_call *call)
{
	struct control_asked *asked = container_of(call, struct control_asked, call);
	struct control *control = control_by(asked);
	int16_t code = asked->kind->code(asked);

	control->answered++;
	sim_check(control->town.sim, asked->kind->is_expected(code), "call %d is answered %s",
	    (int)call->type, kafka_error_name(code));
	if (code == KAFKA_ERROR_NOT_CONTROLLER)
		sim_mark(control->town.sim, "call refused by another broker");
	if (code == KAFKA_ERROR_REQUEST_TIMED_OUT)
		sim_mark(control->town.sim, "call timed out");
	if (asked->kind->done != NULL)
		asked->kind->done(asked, code);
	arena_fini(&asked->arena);
	free(asked);
}

static void
ask(struct client *it)
{
	struct control_asked *asked = memory_new(sizeof(*asked));

	asked->broker = it->broker;
	/* at the end followers catch up, and nothing else */
	asked->kind = control_of(it->broker->town)->quiet ? &control_alter_partition :
	    kinds[prng_below(&it->prng, ARRAY_LENGTH(kinds))];
	asked->asked_us = it->broker->town->sim->now_us;
	asked->name = (int)prng_below(&it->prng, CONTROL_NAMES);
	arena_init(&asked->arena, SIZE_MAX);
	asked->call = (struct controller_call){
		.type = asked->kind->type, .version = 5,
		.request = &asked->request, .response = &asked->response, .arena = &asked->arena,
		.loop = it->broker->process.world.control, .done = on_done };
	if (!asked->kind->fill(asked, &it->prng)) {
		arena_fini(&asked->arena);
		free(asked);
		return;
	}
	control_by(asked)->asked++;
	controller_ask(town_controller(it->broker), &asked->call);
}

static void
again(struct client *it)
{
	struct loop *loop = it->broker->process.world.control;

	timer_start(loop, &it->timer, clock_monotonic_us(it->broker->process.world.clock) +
	    prng_between(&it->prng, 1000, ASK_HIGH_US));
}

static void
on_timer(struct timer *timer)
{
	struct client *it = container_of(timer, struct client, timer);

	if (town_controller(it->broker) == NULL)
		return;
	if (!it->broker->is_tool)
		ask(it);
	else if (!control_of(it->broker->town)->quiet)
		control_use_tool(it->broker, &it->prng);
	again(it);
}

void
control_client_begin(struct town_broker *broker)
{
	struct client *it = memory_new(sizeof(*it));

	it->broker = broker;
	it->prng = prng_fork(sim_stream(broker->town->sim, SIM_WORKLOAD),
	    broker->town->sim->event_count);
	timer_init(&it->timer, on_timer);
	again(it);
}
