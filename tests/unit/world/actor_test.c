#include <criterion/criterion.h>
#include <signal.h>

#include "fake_loop.h"

enum { EVENTS = 128 };

struct noted_event {
	struct actor_event event;
	int number;
};

static struct fake_loop here, there, control;
static struct actor actor, other;
static struct noted_event events[EVENTS];
static int stepped[EVENTS], stepped_count;
static struct loop *stepped_on[EVENTS];
static int busy_at = -1;            /* the event that leaves the actor busy */
static void (*inside)(int number);  /* what else a step does */

static enum actor_result
step(struct actor *it, struct actor_event *event)
{
	int number = container_of(event, struct noted_event, event)->number;

	(void)it;
	cr_assert(loop_current()->stepping);
	stepped_on[stepped_count] = loop_current();
	stepped[stepped_count++] = number;
	if (inside != NULL)
		inside(number);
	return number == busy_at ? ACTOR_BUSY : ACTOR_DONE;
}

static void
set_up(void)
{
	fake_loop_init(&here, LOOP_DATA);
	fake_loop_init(&there, LOOP_DATA);
	fake_loop_init(&control, LOOP_CONTROL);
	actor_init(&actor, &here.loop, false, step);
	actor_init(&other, &here.loop, false, step);
	for (int i = 0; i < EVENTS; i++)
		events[i].number = i;
}

/* All is quiet: each event up to `count` was stepped once, in order. */
static void
assert_quiet(int count)
{
	cr_assert_eq(stepped_count, count);
	for (int i = 0; i < count; i++)
		cr_assert_eq(stepped[i], i);
	actor_fini(&actor);
	actor_fini(&other);
	loop_fini(&here.loop);
	loop_fini(&there.loop);
	loop_fini(&control.loop);
}

static void
post(int number)
{
	actor_post(&actor, &events[number].event);
}

TestSuite(actor, .init = set_up);

/* ------------------------------------------------------------------ inline */

Test(actor, is_stepped_at_once_on_the_loop_that_posts)
{
	loop_enter(&there.loop);
	post(0);
	cr_assert_eq(stepped_count, 1);
	cr_assert_eq(stepped_on[0], &there.loop);
	cr_assert_eq(events[0].event.from, &there.loop);
	loop_leave(&there.loop);
	cr_assert_eq(here.wakes + there.wakes, 0, "nobody else had to know");
	assert_quiet(1);
}

static void
post_to_self(int number)
{
	if (number == 0) {
		post(1);
		post(2);
		cr_assert_eq(stepped_count, 1, "never by recursion");
	}
}

Test(actor, runs_what_came_while_somebody_was_inside_before_it_is_left)
{
	inside = post_to_self;
	loop_enter(&there.loop);
	post(0);
	cr_assert_eq(stepped_count, 3);
	post(3);
	loop_leave(&there.loop);
	assert_quiet(4);
}

static void
post_to_other(int number)
{
	if (number == 0) {
		actor_post(&other, &events[1].event);
		cr_assert_eq(stepped_count, 1);
	}
}

Test(actor, posted_to_by_a_step_goes_through_the_run_queue)
{
	inside = post_to_other;
	loop_enter(&there.loop);
	post(0);
	cr_assert_eq(stepped_count, 1);
	loop_leave(&there.loop);
	cr_assert_eq(stepped_on[1], &there.loop);
	assert_quiet(2);
}

/* ----------------------------------------------------------------- holding */

Test(actor, is_left_what_comes_while_the_loop_holds_its_actors)
{
	loop_enter(&there.loop);
	loop_hold_actors(&there.loop);
	post(0);
	post(1);
	cr_assert_eq(stepped_count, 0);
	loop_let_actors_go(&there.loop);
	post(2);
	cr_assert_eq(stepped_count, 0, "behind what waits");
	loop_leave(&there.loop);
	cr_assert_eq(stepped_on[0], &there.loop);
	cr_assert_eq(here.wakes + there.wakes, 0, "nobody else had to know");
	assert_quiet(3);
}

static void
post_when_done(struct loop_task *task)
{
	(void)task;
	loop_hold_actors(&there.loop);
	post(1);
	loop_let_actors_go(&there.loop);
}

Test(actor, is_run_in_the_turn_whose_task_has_posted_to_it)
{
	struct loop_task task = { .run = post_when_done };

	list_init(&task.link);
	loop_enter(&there.loop);
	post(0);
	loop_run_at_end(&there.loop, &task);
	cr_assert_eq(stepped_count, 1);
	loop_leave(&there.loop);
	cr_assert_eq(there.wakes, 0);
	assert_quiet(2);
}

/* ------------------------------------------------------------------ others */

Test(actor, is_left_an_event_by_a_worker_and_run_at_home)
{
	post(0);
	post(1);
	cr_assert_eq(stepped_count, 0);
	cr_assert_null(events[0].event.from);
	cr_assert_eq(here.wakes, 1, "one wake-up for both");
	fake_loop_run(&here);
	cr_assert_eq(stepped_on[1], &here.loop);
	assert_quiet(2);
}

Test(actor, is_not_stepped_by_the_control_loop)
{
	loop_enter(&control.loop);
	post(0);
	loop_leave(&control.loop);
	cr_assert_eq(stepped_count, 0);
	fake_loop_run(&here);
	cr_assert_eq(stepped_on[0], &here.loop);
	assert_quiet(1);
}

Test(actor, that_waits_for_home_takes_events_of_other_loops_in_order)
{
	post(0);
	loop_enter(&there.loop);
	post(1);
	loop_leave(&there.loop);
	cr_assert_eq(stepped_count, 0);
	fake_loop_run(&here);
	assert_quiet(2);
}

Test(actor, pinned_is_stepped_at_home_only)
{
	actor_init(&actor, &control.loop, true, step);
	loop_enter(&there.loop);
	post(0);
	loop_leave(&there.loop);
	cr_assert_eq(stepped_count, 0);
	fake_loop_run(&control);
	loop_enter(&control.loop);
	post(1);
	loop_leave(&control.loop);
	cr_assert_eq(stepped_on[0], &control.loop);
	cr_assert_eq(stepped_on[1], &control.loop);
	assert_quiet(2);
}

Test(actor, that_is_shared_cannot_live_on_the_control_loop, .signal = SIGABRT)
{
	actor_init(&actor, &control.loop, false, step);
}

/* ------------------------------------------------------------------- turns */

/* The actor is busy after event 0; then `count` more come from loop `here`. */
static void
fill_from_here(int count)
{
	busy_at = 0;
	loop_enter(&there.loop);
	post(0);
	loop_leave(&there.loop);
	loop_enter(&here.loop);
	for (int i = 1; i <= count; i++)
		post(i);
	loop_leave(&here.loop);
	cr_assert_eq(stepped_count, 1);
}

Test(actor, moves_to_the_loop_of_the_oldest_event_after_64)
{
	fill_from_here(100);
	loop_enter(&there.loop);
	actor_resume(&actor, NULL);
	loop_leave(&there.loop);
	cr_assert_eq(stepped_count, 1 + ACTOR_TURN_EVENTS);
	cr_assert_eq(stepped_on[ACTOR_TURN_EVENTS], &there.loop);
	fake_loop_run(&here);
	cr_assert_eq(stepped_on[ACTOR_TURN_EVENTS + 1], &here.loop);
	assert_quiet(101);
}

Test(actor, moves_on_after_200_us)
{
	fill_from_here(20);
	there.tick_us = 100;
	loop_enter(&there.loop);
	actor_resume(&actor, NULL);
	loop_leave(&there.loop);
	cr_assert_eq(stepped_count, 1 + 3);
	fake_loop_run(&here);
	assert_quiet(21);
}

Test(actor, goes_home_when_the_oldest_event_is_a_workers)
{
	busy_at = 0;
	loop_enter(&there.loop);
	post(0);
	loop_leave(&there.loop);
	for (int i = 1; i <= 70; i++)
		post(i);
	loop_enter(&there.loop);
	actor_resume(&actor, NULL);
	loop_leave(&there.loop);
	cr_assert_eq(stepped_count, 1 + ACTOR_TURN_EVENTS);
	fake_loop_run(&here);
	cr_assert_eq(stepped_on[70], &here.loop);
	assert_quiet(71);
}

/* -------------------------------------------------------------------- busy */

Test(actor, that_is_busy_counts_as_occupied)
{
	fill_from_here(2);
	loop_enter(&here.loop);
	actor_resume(&actor, NULL);
	cr_assert_eq(stepped_count, 3, "it goes on where it is resumed");
	loop_leave(&here.loop);
	assert_quiet(3);
}

Test(actor, steps_what_it_is_resumed_with_before_all_that_waits)
{
	busy_at = 0;
	events[1].number = 2;
	events[2].number = 1;
	loop_enter(&here.loop);
	post(0);
	post(1);
	actor_resume(&actor, &events[2].event);
	loop_leave(&here.loop);
	assert_quiet(3);
}

Test(actor, resumed_by_a_worker_goes_on_at_home)
{
	fill_from_here(2);
	actor_resume(&actor, NULL);
	cr_assert_eq(stepped_count, 1);
	fake_loop_run(&here);
	cr_assert_eq(stepped_on[2], &here.loop);
	assert_quiet(3);
}

static void
resume_at_once(int number)
{
	if (number == 0) {
		post(2);
		actor_resume(&actor, &events[1].event);
	}
}

Test(actor, may_be_resumed_before_its_step_has_returned)
{
	busy_at = 0;
	inside = resume_at_once;
	loop_enter(&here.loop);
	post(0);
	loop_leave(&here.loop);
	assert_quiet(3);
}

Test(actor, may_be_busy_again_after_it_was_resumed)
{
	busy_at = 0;
	loop_enter(&here.loop);
	post(0);
	busy_at = 1;
	actor_resume(&actor, &events[1].event);
	post(2);
	cr_assert_eq(stepped_count, 2);
	actor_resume(&actor, NULL);
	loop_leave(&here.loop);
	assert_quiet(3);
}

Test(actor, cannot_be_resumed_when_it_is_not_busy, .signal = SIGABRT)
{
	loop_enter(&here.loop);
	actor_resume(&actor, NULL);
}

Test(actor, cannot_end_while_an_event_waits, .signal = SIGABRT)
{
	post(0);
	actor_fini(&actor);
}

/* --------------------------------------------------------------- pretended */

Test(actor, that_the_simulator_calls_occupied_is_run_by_the_loop_later)
{
	loop_enter(&there.loop);
	there.pretends = true;
	post(0);
	there.pretends = false;
	post(1);
	cr_assert_eq(stepped_count, 0, "not past the event that waits");
	loop_leave(&there.loop);
	cr_assert_eq(stepped_on[0], &there.loop);
	assert_quiet(2);
}
