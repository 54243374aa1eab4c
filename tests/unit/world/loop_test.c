#include <criterion/criterion.h>
#include <signal.h>

#include "fake_loop.h"

/* -------------------------------------------------------------- messages */

struct noted_message {
	struct loop_message message;
	int number;
	struct fake_loop *fake;
	struct noted_message *then; /* posted when this one runs */
};

static int ran[2000], ran_count;

static void
note_message(struct loop_message *message)
{
	struct noted_message *it = container_of(message, struct noted_message, message);

	ran[ran_count++] = it->number;
	if (it->then != NULL)
		loop_post(loop_current(), &it->then->message);
}

Test(loop, runs_messages_in_order)
{
	struct fake_loop fake;
	struct noted_message messages[3];

	fake_loop_init(&fake, LOOP_DATA);
	for (int i = 0; i < 3; i++) {
		messages[i] = (struct noted_message){ .message.run = note_message, .number = i };
		loop_post(&fake.loop, &messages[i].message);
	}
	cr_assert_eq(fake.wakes, 3);
	cr_assert_eq(ran_count, 0, "a message does not run inside its post");
	cr_assert_eq(fake_loop_run(&fake), 1);
	cr_assert_eq(ran_count, 3);
	for (int i = 0; i < 3; i++)
		cr_assert_eq(ran[i], i);
	loop_fini(&fake.loop);
}

Test(loop, runs_a_message_that_a_message_posted)
{
	struct fake_loop fake;
	struct noted_message last = { .message.run = note_message, .number = 2 };
	struct noted_message first = { .message.run = note_message, .number = 1, .then = &last };

	fake_loop_init(&fake, LOOP_DATA);
	loop_post(&fake.loop, &first.message);
	fake_loop_run(&fake);
	cr_assert_eq(ran_count, 2);
	cr_assert_eq(ran[1], 2);
	loop_fini(&fake.loop);
}

Test(loop, lets_the_backend_have_its_say_between_many_messages)
{
	enum { MANY = 600 };
	static struct noted_message messages[MANY];
	struct fake_loop fake;

	fake_loop_init(&fake, LOOP_DATA);
	for (int i = 0; i < MANY; i++) {
		messages[i] = (struct noted_message){ .message.run = note_message, .number = i };
		loop_post(&fake.loop, &messages[i].message);
	}
	fake.wakes = 0;
	loop_run(&fake.loop);
	cr_assert_lt(ran_count, MANY);
	cr_assert_gt(fake.wakes, 0, "what is left is not forgotten");
	cr_assert_eq(fake_loop_run(&fake), 2);
	cr_assert_eq(ran_count, MANY);
	loop_fini(&fake.loop);
}

/* ---------------------------------------------------------------- timers */

struct noted_timer {
	struct timer timer;
	int number;
	struct fake_loop *fake;
	struct noted_timer *stops;
	int64_t again_at_us; /* 0: not again */
};

static void
note_timer(struct timer *timer)
{
	struct noted_timer *it = container_of(timer, struct noted_timer, timer);

	cr_assert_not(timer_is_running(timer));
	ran[ran_count++] = it->number;
	if (it->stops != NULL)
		timer_stop(&it->fake->loop, &it->stops->timer);
	if (it->again_at_us != 0)
		timer_start(&it->fake->loop, timer, it->again_at_us);
}

static void
start(struct noted_timer *timer, struct fake_loop *fake, int number, int64_t at_us)
{
	*timer = (struct noted_timer){ .number = number, .fake = fake };
	timer_init(&timer->timer, note_timer);
	timer_start(&fake->loop, &timer->timer, at_us);
}

Test(loop, fires_timers_in_order_of_time_then_of_start)
{
	struct fake_loop fake;
	struct noted_timer timers[4];

	fake_loop_init(&fake, LOOP_DATA);
	start(&timers[0], &fake, 0, 300);
	start(&timers[1], &fake, 1, 100);
	start(&timers[2], &fake, 2, 100);
	start(&timers[3], &fake, 3, 301);
	cr_assert_eq(fake.armed_us, 100);
	fake.now_us = 300;
	loop_run(&fake.loop);
	cr_assert_eq(ran_count, 3);
	cr_assert_eq(ran[0], 1);
	cr_assert_eq(ran[1], 2);
	cr_assert_eq(ran[2], 0);
	cr_assert_eq(fake.armed_us, 301, "the backend knows the next one");
	timer_stop(&fake.loop, &timers[3].timer);
	loop_fini(&fake.loop);
}

Test(loop, does_not_fire_a_timer_early)
{
	struct fake_loop fake;
	struct noted_timer timer;

	fake_loop_init(&fake, LOOP_DATA);
	start(&timer, &fake, 0, 100);
	fake.now_us = 99;
	loop_run(&fake.loop);
	cr_assert_eq(ran_count, 0);
	cr_assert(timer_is_running(&timer.timer));
	cr_assert_eq(fake.armed_us, 100);
	fake.now_us = 100;
	loop_run(&fake.loop);
	cr_assert_eq(ran_count, 1);
	loop_fini(&fake.loop);
}

Test(loop, arms_again_for_a_timer_at_the_time_that_has_just_fired)
{
	struct fake_loop fake;
	struct noted_timer timer;

	fake_loop_init(&fake, LOOP_DATA);
	start(&timer, &fake, 0, 100);
	fake.now_us = 100;
	loop_run(&fake.loop);
	fake.arms = 0;
	start(&timer, &fake, 0, 100);
	cr_assert_eq(fake.arms, 1);
	timer_stop(&fake.loop, &timer.timer);
	loop_fini(&fake.loop);
}

Test(loop, a_timer_stopped_inside_another_one_does_not_fire)
{
	struct fake_loop fake;
	struct noted_timer first, second;

	fake_loop_init(&fake, LOOP_DATA);
	start(&first, &fake, 0, 100);
	start(&second, &fake, 1, 100);
	first.stops = &second;
	fake.now_us = 100;
	loop_run(&fake.loop);
	cr_assert_eq(ran_count, 1);
	timer_stop(&fake.loop, &second.timer);
	loop_fini(&fake.loop);
}

Test(loop, a_timer_that_starts_itself_again_at_once_does_not_keep_the_loop)
{
	struct fake_loop fake;
	struct noted_timer timer;

	fake_loop_init(&fake, LOOP_DATA);
	start(&timer, &fake, 0, 100);
	timer.again_at_us = 100;
	fake.now_us = 100;
	loop_run(&fake.loop);
	cr_assert_gt(ran_count, 0);
	cr_assert_leq(ran_count, 256);
	cr_assert_eq(fake.armed_us, 100);
	timer_stop(&fake.loop, &timer.timer);
	loop_fini(&fake.loop);
}

Test(loop, a_restarted_timer_fires_once_at_its_new_time)
{
	struct fake_loop fake;
	struct noted_timer timer;

	fake_loop_init(&fake, LOOP_DATA);
	start(&timer, &fake, 0, 100);
	timer_start(&fake.loop, &timer.timer, 200);
	cr_assert_eq(fake.armed_us, 200);
	fake.now_us = 150;
	loop_run(&fake.loop);
	cr_assert_eq(ran_count, 0);
	fake.now_us = 250;
	loop_run(&fake.loop);
	cr_assert_eq(ran_count, 1);
	cr_assert_eq(fake.armed_us, 200, "nothing new to arm");
	loop_fini(&fake.loop);
}

Test(loop, arms_once_for_all_that_was_started_inside)
{
	struct fake_loop fake;
	struct noted_timer timers[3];

	fake_loop_init(&fake, LOOP_DATA);
	loop_enter(&fake.loop);
	for (int i = 0; i < 3; i++)
		start(&timers[i], &fake, i, 300 - i);
	cr_assert_eq(fake.arms, 0);
	loop_leave(&fake.loop);
	cr_assert_eq(fake.arms, 1);
	cr_assert_eq(fake.armed_us, 298);
	for (int i = 0; i < 3; i++)
		timer_stop(&fake.loop, &timers[i].timer);
	loop_fini(&fake.loop);
}

/* ----------------------------------------------------- the end of a turn */

struct noted_task {
	struct loop_task task;
	int number;
	struct noted_task *then; /* asked for when this one runs */
};

static void
note_task(struct loop_task *task)
{
	struct noted_task *it = container_of(task, struct noted_task, task);

	ran[ran_count++] = it->number;
	if (it->then != NULL)
		loop_run_at_end(loop_current(), &it->then->task);
}

static void
init_task(struct noted_task *task, int number)
{
	*task = (struct noted_task){ .task.run = note_task, .number = number };
	list_init(&task->task.link);
}

Test(loop, runs_a_task_once_at_the_end_of_the_turn)
{
	struct fake_loop fake;
	struct noted_message message = { .message.run = note_message, .number = 7 };
	struct noted_task tasks[2];

	fake_loop_init(&fake, LOOP_DATA);
	loop_enter(&fake.loop);
	for (int i = 0; i < 4; i++) {
		if (i < 2)
			init_task(&tasks[i], i);
		loop_run_at_end(&fake.loop, &tasks[i % 2].task);
	}
	note_message(&message.message);
	cr_assert_eq(ran_count, 1);
	loop_leave(&fake.loop);
	cr_assert_eq(ran_count, 3);
	cr_assert_eq(ran[1], 0);
	cr_assert_eq(ran[2], 1);
	cr_assert_eq(fake.wakes, 0);
	loop_fini(&fake.loop);
}

Test(loop, does_not_run_a_task_that_was_cancelled)
{
	struct fake_loop fake;
	struct noted_task task;

	fake_loop_init(&fake, LOOP_DATA);
	init_task(&task, 0);
	loop_task_cancel(&task.task);
	loop_enter(&fake.loop);
	loop_run_at_end(&fake.loop, &task.task);
	loop_task_cancel(&task.task);
	loop_leave(&fake.loop);
	cr_assert_eq(ran_count, 0);
	loop_fini(&fake.loop);
}

Test(loop, is_not_kept_by_a_task_that_asks_for_itself)
{
	struct fake_loop fake;
	struct noted_task task;

	fake_loop_init(&fake, LOOP_DATA);
	init_task(&task, 0);
	task.then = &task;
	loop_enter(&fake.loop);
	loop_run_at_end(&fake.loop, &task.task);
	loop_leave(&fake.loop);
	cr_assert_gt(fake.wakes, 0, "what is left is not forgotten");
	task.then = NULL;
	int before = ran_count;
	cr_assert_eq(fake_loop_run(&fake), 1);
	cr_assert_eq(ran_count, before + 1);
	loop_fini(&fake.loop);
}

Test(loop, cannot_end_a_turn_while_it_holds_its_actors, .signal = SIGABRT)
{
	struct fake_loop fake;

	fake_loop_init(&fake, LOOP_DATA);
	loop_enter(&fake.loop);
	loop_hold_actors(&fake.loop);
	loop_leave(&fake.loop);
}

/* ---------------------------------------------------------------- current */

static void
current_is_this(struct loop_message *message)
{
	struct noted_message *it = container_of(message, struct noted_message, message);

	cr_assert_eq(loop_current(), &it->fake->loop);
	ran_count++;
}

Test(loop, is_current_while_it_runs_only)
{
	struct fake_loop fake;
	struct noted_message message = { .message.run = current_is_this, .fake = &fake };

	fake_loop_init(&fake, LOOP_DATA);
	loop_post(&fake.loop, &message.message);
	cr_assert_null(loop_current());
	fake_loop_run(&fake);
	cr_assert_eq(ran_count, 1);
	cr_assert_null(loop_current());
	loop_fini(&fake.loop);
}

Test(loop, cannot_be_entered_inside_another_one, .signal = SIGABRT)
{
	struct fake_loop first, second;

	fake_loop_init(&first, LOOP_DATA);
	fake_loop_init(&second, LOOP_DATA);
	loop_enter(&first.loop);
	loop_enter(&second.loop);
}

Test(loop, cannot_end_with_a_running_timer, .signal = SIGABRT)
{
	struct fake_loop fake;
	struct noted_timer timer;

	fake_loop_init(&fake, LOOP_DATA);
	start(&timer, &fake, 0, 100);
	loop_fini(&fake.loop);
}

/* ----------------------------------------------------------------- stalls */

static int64_t stalled_for_us;

static void
note_stall(struct loop *loop, int64_t stalled_us)
{
	(void)loop;
	stalled_for_us = stalled_us;
}

Test(loop, tells_of_a_run_longer_than_100_ms)
{
	struct fake_loop fake;

	fake_loop_init(&fake, LOOP_DATA);
	fake.loop.stalled = note_stall;
	loop_enter(&fake.loop);
	fake.now_us += 100000;
	loop_leave(&fake.loop);
	cr_assert_eq(stalled_for_us, 0);
	loop_enter(&fake.loop);
	fake.now_us += 100001;
	loop_leave(&fake.loop);
	cr_assert_eq(stalled_for_us, 100001);
	loop_fini(&fake.loop);
}

static void
note_turn(struct loop *loop, int64_t stalled_us)
{
	cr_assert_eq(loop->turn.timers, 2);
	cr_assert_eq(loop->turn.messages + loop->turn.actors, 0);
	stalled_for_us = stalled_us;
}

Test(loop, tells_of_a_long_run_what_it_did)
{
	struct fake_loop fake;
	struct noted_timer timers[2];

	fake_loop_init(&fake, LOOP_DATA);
	fake.loop.stalled = note_turn;
	for (int i = 0; i < 2; i++)
		start(&timers[i], &fake, i, 100);
	fake.now_us = 1000;
	fake.tick_us = 200000;
	loop_run(&fake.loop);
	cr_assert_gt(stalled_for_us, 100000);
	loop_fini(&fake.loop);
}
