/*
 * world/actor.h: state that sees one event at a time, without locks (design
 * section 4). actor_post(): when nobody is inside, the calling loop steps the
 * actor at once; when somebody is, the event waits in the mailbox and whoever
 * is inside runs it before it leaves.
 *
 *  1. Only data loops step shared actors inline. The control loop and workers
 *     leave events and wake the actor's home loop. A pinned actor (controller,
 *     coordination) is stepped on its home loop alone.
 *  2. Inline only when idle and the mailbox is empty, and the loop does not
 *     hold its actors; so the order of one sender's events never changes.
 *  3. After ACTOR_TURN_EVENTS events or ACTOR_TURN_US the actor moves to the
 *     run queue of the loop that sent the oldest waiting event.
 *  4. A step that posts to another actor never runs it inside: it goes to the
 *     thread's run queue.
 *  5. A step that returns ACTOR_BUSY (an append is under way) leaves the actor
 *     occupied; actor_resume() makes it go on.
 */
#ifndef KLAMM_WORLD_ACTOR_H
#define KLAMM_WORLD_ACTOR_H

#include "world/loop.h"

enum {
	ACTOR_TURN_EVENTS = 64,
	ACTOR_TURN_US = 200,
};

enum actor_result { ACTOR_DONE, ACTOR_BUSY };

/* Embedded in every event. `from`: set by actor_post; NULL from a worker. */
struct actor_event {
	struct mailbox_node node;
	struct loop *from;
};

struct actor {
	_Atomic(unsigned) occupied;
	struct mailbox mailbox;
	struct actor_event *resumed; /* by actor_resume; stepped before the mailbox */
	struct loop *home;         /* fixed when made */
	bool pinned;
	struct list in_run_queue;  /* of the loop that will run it next */
	struct loop_message wake_up;
	/* Takes the event (frees or keeps it). Never called by two threads at once. */
	enum actor_result (*step)(struct actor *actor, struct actor_event *event);
};

void actor_init(struct actor *actor, struct loop *home, bool pinned,
    enum actor_result (*step)(struct actor *actor, struct actor_event *event));
/* Idle and with an empty mailbox. */
void actor_fini(struct actor *actor);

/* Any thread. The event belongs to the actor from here on. */
void actor_post(struct actor *actor, struct actor_event *event);
/*
 * Any thread, once for each ACTOR_BUSY: what the actor waited for has
 * happened; `event` (NULL: none) is stepped before all that waits.
 */
void actor_resume(struct actor *actor, struct actor_event *event);

#endif
