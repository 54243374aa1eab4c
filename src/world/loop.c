#include "world/loop.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "world/actor_private.h"

/* What one run does at most of each before the backend has its say again. */
enum {
	LOOP_TURN_MESSAGES = 256,
	LOOP_TURN_TIMERS = 256,
	LOOP_TURN_ACTORS = 64,
	LOOP_TURN_ENDS = 2, /* what tasks have given actors to do is done in the same turn */
	LOOP_STALL_US = 100000,
};

static _Thread_local struct loop *current;

void
loop_init(struct loop *loop, const struct loop_ops *ops, struct clock *clock,
    enum loop_type type, int number)
{
	*loop = (struct loop){
		.ops = ops,
		.clock = clock,
		.type = type,
		.number = number,
		.armed_us = INT64_MAX,
	};
	heap_init(&loop->timers);
	mailbox_init(&loop->messages);
	list_init(&loop->actors);
	list_init(&loop->tasks);
}

void
loop_fini(struct loop *loop)
{
	assert(heap_first(&loop->timers) == NULL);
	assert(mailbox_is_empty(&loop->messages));
	assert(list_is_empty(&loop->actors));
	assert(list_is_empty(&loop->tasks));
	heap_fini(&loop->timers);
}

struct loop *
loop_current(void)
{
	return current;
}

static void
run_messages(struct loop *loop)
{
	for (int i = 0; i < LOOP_TURN_MESSAGES; i++) {
		struct mailbox_node *node = mailbox_take(&loop->messages);
		struct loop_message *message;

		if (node == NULL)
			return; /* a writer between its two steps will wake us */
		message = container_of(node, struct loop_message, node);
		loop->turn.messages++;
		message->run(message);
	}
	loop->ops->wake(loop);
}

static void
run_timers(struct loop *loop, int64_t now_us)
{
	for (int i = 0; i < LOOP_TURN_TIMERS; i++) {
		struct heap_node *node = heap_first(&loop->timers);
		struct timer *timer;

		if (node == NULL || node->key > now_us)
			return;
		timer = container_of(node, struct timer, node);
		heap_remove(&loop->timers, node);
		loop->turn.timers++;
		timer->fire(timer);
	}
}

static void
run_actors(struct loop *loop)
{
	for (int i = 0; i < LOOP_TURN_ACTORS; i++) {
		struct list *link = list_take_first(&loop->actors);

		if (link == NULL)
			return;
		loop->turn.actors++;
		actor_run(container_of(link, struct actor, in_run_queue));
	}
}

/* Those that come while they run wait for the next time. */
static void
run_tasks(struct loop *loop)
{
	struct list now;
	struct list *link;

	list_init(&now);
	while ((link = list_take_first(&loop->tasks)) != NULL)
		list_append(&now, link);
	while ((link = list_take_first(&now)) != NULL) {
		struct loop_task *task = container_of(link, struct loop_task, link);

		task->run(task);
	}
}

static void
end_turn(struct loop *loop)
{
	for (int i = 0; i < LOOP_TURN_ENDS; i++) {
		run_actors(loop);
		if (list_is_empty(&loop->tasks))
			break;
		run_tasks(loop);
	}
	if (!list_is_empty(&loop->actors) || !list_is_empty(&loop->tasks))
		loop->ops->wake(loop);
}

static void
arm(struct loop *loop)
{
	const struct heap_node *first = heap_first(&loop->timers);
	int64_t at_us = first == NULL ? INT64_MAX : first->key;

	if (at_us == loop->armed_us)
		return;
	loop->armed_us = at_us;
	loop->ops->arm(loop, at_us);
}

void
loop_run(struct loop *loop)
{
	loop_enter(loop);
	if (loop->armed_us <= loop->entered_us)
		loop->armed_us = INT64_MAX; /* the backend's timer has fired, or is late */
	run_messages(loop);
	run_timers(loop, loop->entered_us);
	loop_leave(loop);
}

void
loop_enter(struct loop *loop)
{
	assert(current == NULL);
	current = loop;
	memset(&loop->turn, 0, sizeof(loop->turn));
	loop->entered_us = clock_monotonic_us(loop->clock);
}

void
loop_leave(struct loop *loop)
{
	int64_t stalled_us;

	assert(current == loop && !loop->stepping && !loop->holding);
	end_turn(loop);
	arm(loop);
	stalled_us = clock_monotonic_us(loop->clock) - loop->entered_us;
	if (stalled_us > LOOP_STALL_US && loop->stalled != NULL)
		loop->stalled(loop, stalled_us);
	current = NULL;
}

void
loop_post(struct loop *loop, struct loop_message *message)
{
	mailbox_put(&loop->messages, &message->node);
	loop->ops->wake(loop);
}

void
loop_hold_actors(struct loop *loop)
{
	assert(current == loop && !loop->holding);
	loop->holding = true;
}

void
loop_let_actors_go(struct loop *loop)
{
	assert(current == loop && loop->holding);
	loop->holding = false;
}

void
loop_run_at_end(struct loop *loop, struct loop_task *task)
{
	assert(current == loop);
	if (list_is_empty(&task->link))
		list_append(&loop->tasks, &task->link);
}

void
timer_init(struct timer *timer, void (*fire)(struct timer *timer))
{
	*timer = (struct timer){ .fire = fire };
}

void
timer_start(struct loop *loop, struct timer *timer, int64_t at_us)
{
	assert(current == NULL || current == loop);
	timer_stop(loop, timer);
	heap_insert(&loop->timers, &timer->node, at_us);
	if (current == NULL)
		arm(loop); /* before the loop runs; inside, loop_leave does it once for all */
}

void
timer_stop(struct loop *loop, struct timer *timer)
{
	assert(current == NULL || current == loop);
	if (heap_contains(&timer->node))
		heap_remove(&loop->timers, &timer->node);
}

bool
timer_is_running(const struct timer *timer)
{
	return heap_contains(&timer->node);
}
