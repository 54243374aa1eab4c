/*
 * api/leader_waits.h: requests of one loop that wait for news of a leader that may
 * be dead (lost_leaders.h). A client whose broker dies asks the others at once who
 * leads now, some milliseconds before the controller has elected anybody; told the
 * dead one again, librdkafka asks no sooner than a second later. So its answer
 * waits for the next image, or until there is no doubt any more. On the loop.
 */
#ifndef KLAMM_API_LEADER_WAITS_H
#define KLAMM_API_LEADER_WAITS_H

#include "base/list.h"
#include "world/loop.h"

struct request;

struct leader_waits {
	struct list waiting;
};

void leader_waits_init(struct leader_waits *waits);
/*
 * `go_on` is called once, with the loop's newest view: after the next one came or
 * `wait_ms` have passed.
 */
void leader_waits_add(struct leader_waits *waits, struct request *request, int32_t wait_ms,
    void (*go_on)(struct request *request));
/* The loop has another view. */
void leader_waits_look(struct leader_waits *waits);

#endif
