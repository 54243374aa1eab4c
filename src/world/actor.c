/*
 * Why nothing is lost: one word is changed by read-modify-write only, so that
 * its changes have one order for everybody.
 *
 *  INSIDE   somebody owns the actor: steps it, or has put it into a run queue,
 *           or has sent it to a loop. Only the owner reads the mailbox.
 *  TOLD     an event was put completely since the owner last cleared this.
 *  PARKED   a step said BUSY, and the owner went away; INSIDE stays.
 *  RESUMED  what the actor was busy with has happened.
 *
 * A poster puts its event first and sets INSIDE and TOLD then; the owner
 * leaves only by changing INSIDE alone into IDLE, and looks again when it was
 * told. So an event whose put was complete is seen by the owner or makes its
 * poster the owner. An event hidden behind a put that is not complete yet is
 * left to the poster of that one, who has still to set TOLD.
 */
#include "world/actor.h"

#include <assert.h>

#include "world/actor_private.h"

enum { IDLE = 0, INSIDE = 1, TOLD = 2, PARKED = 4, RESUMED = 8 };

static unsigned
set(struct actor *actor, unsigned bits)
{
	return atomic_fetch_or_explicit(&actor->occupied, bits, memory_order_acq_rel);
}

static void
clear(struct actor *actor, unsigned bits)
{
	atomic_fetch_and_explicit(&actor->occupied, ~bits, memory_order_acq_rel);
}

/* True, or `*from` becomes what was found instead. */
static bool
change(struct actor *actor, unsigned *from, unsigned to)
{
	return atomic_compare_exchange_strong_explicit(&actor->occupied, from, to,
	    memory_order_acq_rel, memory_order_acquire);
}

static bool
may_step(const struct actor *actor, const struct loop *loop)
{
	if (loop == NULL)
		return false;
	return actor->pinned ? loop == actor->home : loop->type == LOOP_DATA;
}

static bool
may_step_now(struct actor *actor, struct loop *loop)
{
	return may_step(actor, loop) && !loop->stepping && !loop->holding &&
	    (loop->ops->pretend_occupied == NULL || !loop->ops->pretend_occupied(loop, actor));
}

/* The owner gives the actor to a loop, and does not touch it afterwards. */
static void
hand_over(struct actor *actor, struct loop *loop)
{
	if (loop == loop_current())
		list_append(&loop->actors, &actor->in_run_queue);
	else
		loop_post(loop, &actor->wake_up);
}

static void
woken_up(struct loop_message *message)
{
	list_append(&loop_current()->actors,
	    &container_of(message, struct actor, wake_up)->in_run_queue);
}

void
actor_init(struct actor *actor, struct loop *home, bool pinned,
    enum actor_result (*step)(struct actor *actor, struct actor_event *event))
{
	assert(pinned || home->type == LOOP_DATA);
	*actor = (struct actor){ .home = home, .pinned = pinned, .step = step };
	mailbox_init(&actor->mailbox);
	list_init(&actor->in_run_queue);
	actor->wake_up.run = woken_up;
}

void
actor_fini(struct actor *actor)
{
	assert(atomic_load_explicit(&actor->occupied, memory_order_acquire) == IDLE);
	assert(mailbox_is_empty(&actor->mailbox));
}

/* False when the actor is busy and no longer ours. */
static bool
step(struct actor *actor, struct loop *loop, struct actor_event *event)
{
	enum actor_result result;
	unsigned before;

	loop->stepping = true;
	result = actor->step(actor, event);
	loop->stepping = false;
	if (result == ACTOR_DONE)
		return true;
	before = set(actor, PARKED);
	assert((before & (INSIDE | PARKED)) == INSIDE);
	if ((before & RESUMED) == 0)
		return false;
	clear(actor, PARKED | RESUMED); /* it was resumed before its step had returned */
	return true;
}

static bool
something_waits(struct actor *actor)
{
	return actor->resumed != NULL || mailbox_peek(&actor->mailbox) != NULL;
}

static struct actor_event *
next_event(struct actor *actor)
{
	struct actor_event *resumed = actor->resumed;
	struct mailbox_node *node = resumed == NULL ? mailbox_take(&actor->mailbox) : &resumed->node;

	actor->resumed = NULL;
	return node == NULL ? NULL : container_of(node, struct actor_event, node);
}

/* False when something was put meanwhile: the owner has to look again. */
static bool
leave(struct actor *actor)
{
	unsigned from = INSIDE;

	if (change(actor, &from, IDLE))
		return true;
	assert(from == (INSIDE | TOLD));
	clear(actor, TOLD);
	return false;
}

/* The loop whose event is the oldest that waits, if it may step this actor. */
static struct loop *
next_loop(struct actor *actor, struct loop *loop)
{
	struct mailbox_node *oldest = mailbox_peek(&actor->mailbox);
	struct loop *from = loop;

	if (actor->resumed == NULL && oldest != NULL)
		from = container_of(oldest, struct actor_event, node)->from;
	return may_step(actor, from) ? from : actor->home;
}

/* After a step: true when somebody else has the actor now, or will have. */
static bool
turn_is_over(struct actor *actor, struct loop *loop, int events, int64_t *started_us)
{
	int64_t now_us = clock_monotonic_us(loop->clock);

	if (events == 1)
		*started_us = now_us; /* one event alone costs no look at the clock */
	if (events < ACTOR_TURN_EVENTS && now_us - *started_us < ACTOR_TURN_US)
		return false;
	hand_over(actor, next_loop(actor, loop));
	return true;
}

/* The owner's turn, which ends by leaving, by a hand-over, or busy. */
static void
take_turn(struct actor *actor, struct loop *loop, struct actor_event *event)
{
	int64_t started_us = 0;
	int events = 0;

	do {
		if (event == NULL)
			event = next_event(actor);
		while (event != NULL) {
			if (!step(actor, loop, event))
				return;
#ifdef CANARY_LOST_WAKE_UP_IN_MAILBOX
			atomic_store(&actor->occupied, IDLE);
			return;
#endif
			event = NULL;
			if (!something_waits(actor))
				break;
			if (turn_is_over(actor, loop, ++events, &started_us))
				return;
			event = next_event(actor);
		}
	} while (!leave(actor));
}

void
actor_run(struct actor *actor)
{
	take_turn(actor, loop_current(), NULL);
}

static void
begin_turn(struct actor *actor, struct loop *loop, bool now)
{
	if (now)
		take_turn(actor, loop, NULL);
	else
		hand_over(actor, may_step(actor, loop) ? loop : actor->home);
}

void
actor_post(struct actor *actor, struct actor_event *event)
{
	struct loop *loop = loop_current();
	bool now = may_step_now(actor, loop);
	unsigned from = IDLE;

	event->from = loop;
#ifdef CANARY_INLINE_STEP_PAST_MAILBOX
	if (now && !list_is_empty(&actor->in_run_queue)) {
		step(actor, loop, event);
		return;
	}
#endif
	if (now && change(actor, &from, INSIDE)) {
#ifndef CANARY_INLINE_STEP_PAST_MAILBOX
		if (!mailbox_is_empty(&actor->mailbox)) {
			mailbox_put(&actor->mailbox, &event->node);
			event = NULL;
		}
#endif
		take_turn(actor, loop, event);
	} else {
		mailbox_put(&actor->mailbox, &event->node);
		if ((set(actor, INSIDE | TOLD) & INSIDE) == 0)
			begin_turn(actor, loop, now);
	}
}

void
actor_resume(struct actor *actor, struct actor_event *event)
{
	struct loop *loop = loop_current();
	unsigned before;

	actor->resumed = event;
	before = set(actor, RESUMED);
	assert((before & INSIDE) != 0 && (before & RESUMED) == 0);
	if ((before & PARKED) == 0)
		return; /* its step has not returned yet, and will see */
	clear(actor, PARKED | RESUMED);
	begin_turn(actor, loop, may_step_now(actor, loop));
}
