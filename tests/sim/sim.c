#include "tests/sim/sim.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/sim_memory.h"
#include "tests/sim/sim_process.h"

#define SIM_WHAT_NAME(name) #name,
static const char *const names[SIM_WHAT_COUNT] = { SIM_WHAT_TABLE(SIM_WHAT_NAME) };

static void
mix(struct sim *sim, uint64_t value)
{
	sim->hash = (sim->hash ^ value) * 0x9e3779b97f4a7c15;
	sim->hash ^= sim->hash >> 29;
}

void
sim_init(struct sim *sim, uint64_t seed)
{
	struct heap_node first = { 0 };
	struct prng root;

	*sim = (struct sim){ .seed = seed, .until_event = UINT64_MAX };
	prng_init(&root, seed);
	for (uint64_t i = 0; i < SIM_STREAM_COUNT; i++)
		sim->streams[i] = prng_fork(&root, i);
	heap_init(&sim->events);
	/* The heap's array is made here, so that it belongs to no process. */
	heap_insert(&sim->events, &first, 0);
	heap_remove(&sim->events, &first);
	mix(sim, seed);
}

struct call {
	struct sim_event event;
	void (*call)(struct sim *sim, void *context);
	void *context;
};

static void
run_call(struct sim *sim, struct sim_event *event)
{
	struct call *call = container_of(event, struct call, event);

	call->call(sim, call->context);
	free(call);
}

void
sim_fini(struct sim *sim)
{
	while (heap_first(&sim->events) != NULL) {
		struct heap_node *node = heap_first(&sim->events);
		struct sim_event *event = container_of(node, struct sim_event, node);

		heap_remove(&sim->events, node);
		assert(event->run == run_call);
		free(container_of(event, struct call, event));
	}
	heap_fini(&sim->events);
}

int64_t
sim_delay(struct sim *sim, enum sim_stream stream, int64_t low_us, int64_t high_us)
{
	struct prng *prng = sim_stream(sim, stream);
	int64_t span = high_us - low_us;

	assert(span >= 0);
	if (!prng_chance(prng, 1, 16))
		span /= 16;
	return low_us + prng_between(prng, 0, span);
}

void
sim_event_init(struct sim_event *event, enum sim_what what, struct sim_process *process,
    void (*run)(struct sim *sim, struct sim_event *event))
{
	*event = (struct sim_event){ .what = what, .process = process, .run = run };
	list_init(&event->deferred);
}

void
sim_schedule(struct sim *sim, struct sim_event *event, int64_t delay_us)
{
	int64_t now_us = sim_now_us(sim);

	assert(!sim_is_scheduled(event) && delay_us >= 0);
	heap_insert(&sim->events, &event->node,
	    delay_us < INT64_MAX - now_us ? now_us + delay_us : INT64_MAX);
}

void
sim_cancel(struct sim *sim, struct sim_event *event)
{
	if (heap_contains(&event->node))
		heap_remove(&sim->events, &event->node);
	if (event->is_deferred)
		list_remove(&event->deferred);
	event->is_deferred = false;
}

void
sim_release(struct sim *sim, struct list *deferred)
{
	struct list *link;

	while ((link = list_take_first(deferred)) != NULL) {
		struct sim_event *event = container_of(link, struct sim_event, deferred);

		event->is_deferred = false;
		sim_schedule(sim, event, 0);
	}
}

void
sim_after(struct sim *sim, int64_t delay_us, void (*call)(struct sim *sim, void *context),
    void *context)
{
	struct call *later = sim_memory_new(sizeof(*later));

	sim_event_init(&later->event, SIM_WHAT_action, NULL, run_call);
	later->call = call;
	later->context = context;
	sim_schedule(sim, &later->event, delay_us);
}

static void
run_event(struct sim *sim, struct sim_event *event)
{
	sim->now_us = MAX(sim->now_us, event->node.key);
	sim->spent_us = 0;
	sim->event_count++;
	sim_note(sim, event->what, event->process, sim->event_count, 0);
	event->run(sim, event);
	sim->spent_us = 0;
	if (sim->event_count >= sim->until_event)
		sim->stopped = true;
}

bool
sim_run(struct sim *sim, int64_t until_us)
{
	struct heap_node *first;

	while (!sim->failed && !sim->stopped && (first = heap_first(&sim->events)) != NULL) {
		struct sim_event *event = container_of(first, struct sim_event, node);

		if (first->key > until_us) {
			sim->now_us = MAX(sim->now_us, until_us);
			return true;
		}
		heap_remove(&sim->events, first);
		if (event->process != NULL && sim_process_is_paused(event->process)) {
			sim->now_us = MAX(sim->now_us, first->key);
			event->is_deferred = true;
			list_append(sim_process_deferred(event->process), &event->deferred);
			continue;
		}
		run_event(sim, event);
	}
	return false;
}

void
sim_spend(struct sim *sim, int64_t us)
{
	sim->spent_us += us;
}

void
sim_note(struct sim *sim, enum sim_what what, const struct sim_process *who, uint64_t a, uint64_t b)
{
	uint64_t number = who == NULL ? 0 : (uint64_t)sim_process_number(who) + 1;

	mix(sim, (uint64_t)sim_now_us(sim) << 16 ^ (uint64_t)what << 8 ^ number);
	mix(sim, a << 32 ^ a >> 32 ^ b);
	if (sim->trace != NULL)
		fprintf(sim->trace, "%" PRIu64 " %" PRId64 ".%06" PRId64 " %s %s %" PRIu64 " %" PRIu64 "\n",
		    sim->event_count, sim_now_us(sim) / 1000000, sim_now_us(sim) % 1000000,
		    who == NULL ? "-" : sim_process_name(who), names[what], a, b);
}

void
sim_mix_bytes(struct sim *sim, const void *bytes, size_t size)
{
	const uint8_t *at = bytes;

	while (size > 0) {
		uint64_t word = 0;
		size_t part = MIN(size, sizeof(word));

		memcpy(&word, at, part);
		mix(sim, word);
		at += part;
		size -= part;
	}
}

void
sim_trace(struct sim *sim, const char *format, ...)
{
	va_list arguments;

	if (sim->trace == NULL)
		return;
	fprintf(sim->trace, "%" PRIu64 " %" PRId64 ".%06" PRId64 " ", sim->event_count,
	    sim_now_us(sim) / 1000000, sim_now_us(sim) % 1000000);
	va_start(arguments, format);
	vfprintf(sim->trace, format, arguments);
	va_end(arguments);
	fputc('\n', sim->trace);
}

void
sim_mark(struct sim *sim, const char *name)
{
	for (int i = 0; i < sim->mark_count; i++) {
		if (strcmp(sim->marks[i], name) == 0) {
			if (!sim->marked[i])
				sim_note(sim, SIM_WHAT_mark, NULL, (uint64_t)i, 0);
			sim->marked[i] = true;
			return;
		}
	}
	sim_fail(sim, "mark \"%s\" is not in the scenario's list", name);
}

void
sim_decided(struct sim *sim, int what, uint64_t seed)
{
	assert(sim->decision_count < SIM_DECISIONS_MAX);
	sim->decisions[sim->decision_count++] = (struct sim_decision){ sim->now_us, what, seed };
}

int64_t
sim_work_us(const struct sim *sim, int64_t us)
{
	return sim->plan != NULL && sim->plan->work_us > 0 ? sim->plan->work_us : us;
}

void
sim_fail(struct sim *sim, const char *format, ...)
{
	va_list arguments;

	if (sim->failed)
		return;
	sim->failed = true;
	sim->invariant = format;
	va_start(arguments, format);
	vsnprintf(sim->failure, sizeof(sim->failure), format, arguments);
	va_end(arguments);
	sim_trace(sim, "FAILED: %s", sim->failure);
}
