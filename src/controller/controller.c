#include "controller/controller.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>

#include "base/memory.h"
#include "controller/call_job.h"
#include "controller/candidate.h"
#include "controller/reign.h"

/* Who could not do the controller's work holds the role a while before it tries again. */
enum { PATIENCE_US = 1000000 };

struct controller {
	struct controller_options options;
	struct candidate candidate;
	struct candidate_handler handler;
	struct reign *reign;    /* NULL: somebody else, or nobody, is controller */
	struct list over;       /* struct reign */
	struct timer sweep;
	struct timer begin;     /* of the reign at hand */
	bool has_failed;        /* the last reign, before it was established */
	bool is_stopped;
};

/* ----------------------------------------------------------------- reigns */

static void
on_begin(struct timer *timer)
{
	struct controller *it = container_of(timer, struct controller, begin);

	reign_begin(it->reign);
}

static void
on_won(struct candidate_handler *handler, int32_t epoch, int32_t version)
{
	struct controller *it = container_of(handler, struct controller, handler);

	assert(it->reign == NULL);
	log_info(it->options.world->logger, "broker %" PRId32 " is the controller, epoch %" PRId32,
	    it->options.broker_id, epoch);
	it->reign = reign_new(it, &it->options, epoch, version);
	timer_start(it->options.world->control, &it->begin,
	    clock_monotonic_us(it->options.world->clock) + (it->has_failed ? PATIENCE_US : 0));
}

static void
on_known(struct candidate_handler *handler, int32_t broker)
{
	struct controller *it = container_of(handler, struct controller, handler);

	if (it->options.known != NULL)
		it->options.known(it->options.context, broker);
}

static void
sweep_soon(struct controller *it)
{
	timer_start(it->options.world->control, &it->sweep,
	    clock_monotonic_us(it->options.world->clock));
}

static void
end_reign(struct controller *it)
{
	struct reign *reign = it->reign;

	if (reign == NULL)
		return;
	log_info(it->options.world->logger,
	    "broker %" PRId32 " is the controller no longer, epoch %" PRId32,
	    it->options.broker_id, reign->epoch);
	timer_stop(it->options.world->control, &it->begin);
	it->has_failed = !reign->is_established;
	it->reign = NULL;
	list_append(&it->over, &reign->link);
	reign_end(reign);
	sweep_soon(it);
}

static void
on_stand_down(struct candidate_handler *handler)
{
	end_reign(container_of(handler, struct controller, handler));
}

static void
on_sweep(struct timer *timer)
{
	struct controller *it = container_of(timer, struct controller, sweep);

	LIST_FOREACH(link, &it->over) {
		struct reign *reign = container_of(link, struct reign, link);

		if (reign->calls_out > 0)
			continue;
		list_remove(&reign->link);
		reign_free(reign);
	}
}

void
controller_resign(struct controller *controller, struct reign *reign, const char *why)
{
	if (controller->reign != reign)
		return;
	log_warn(controller->options.world->logger,
	    "broker %" PRId32 " resigns as controller, epoch %" PRId32 ": %s",
	    controller->options.broker_id, reign->epoch, why);
	candidate_resign(&controller->candidate);
}

void
controller_look_again(struct controller *controller)
{
	candidate_look(&controller->candidate);
}

void
controller_reign_is_quiet(struct controller *controller)
{
	sweep_soon(controller);
}

/* ------------------------------------------------------------------- life */

struct controller *
controller_new(const struct controller_options *options)
{
	struct controller *it = memory_new(sizeof(*it));

	it->options = *options;
	it->handler = (struct candidate_handler){ on_won, on_known, on_stand_down };
	list_init(&it->over);
	timer_init(&it->sweep, on_sweep);
	timer_init(&it->begin, on_begin);
	candidate_init(&it->candidate, options->session, options->world, options->broker_id,
	    &it->handler);
	return it;
}

void
controller_free(struct controller *controller)
{
	struct list *link;

	controller_stop(controller);
	timer_stop(controller->options.world->control, &controller->sweep);
	while ((link = list_take_first(&controller->over)) != NULL)
		reign_free(container_of(link, struct reign, link));
	candidate_fini(&controller->candidate);
	free(controller);
}

void
controller_elect(struct controller *controller)
{
	candidate_stand(&controller->candidate);
}

void
controller_expired(struct controller *controller)
{
	if (controller->is_stopped)
		return;
	candidate_expired(&controller->candidate);
	controller->has_failed = false;
}

void
controller_stop(struct controller *controller)
{
	if (controller->is_stopped)
		return;
	controller->is_stopped = true;
	candidate_stop(&controller->candidate);
	end_reign(controller);
}

bool
controller_is_active(const struct controller *controller)
{
	return controller->reign != NULL;
}

struct reign *
controller_reign(struct controller *controller)
{
	return controller->reign;
}

/* ------------------------------------------------------------------ calls */

static void
on_asked(struct loop_message *message)
{
	struct controller_call *call = container_of(message, struct controller_call, message);
	struct controller *it = call->controller;

	if (it->reign == NULL)
		call_refuse(call);
	else
		call_begin(it->reign, call);
}

void
controller_ask(struct controller *controller, struct controller_call *call)
{
	call->controller = controller;
	call->message.run = on_asked;
	loop_post(controller->options.world->control, &call->message);
}
