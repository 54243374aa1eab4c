/* klamm/move_request.h: the controller asked to move partitions, or to stop moving them. */
#ifndef KLAMM_KLAMM_MOVE_REQUEST_H
#define KLAMM_KLAMM_MOVE_REQUEST_H

#include "klamm/command.h"
#include "klamm/move_plan.h"

enum move_request { MOVE_START, MOVE_CANCEL };

/*
 * AlterPartitionReassignments for all of a sorted plan. What the controller
 * refuses of it becomes MOVE_REFUSED, and is complained of. COMMAND_FAILED
 * when anything was refused, or all of it; then *asked is false.
 */
enum command_status move_request(struct tool *tool, struct client *client, struct move_plan *plan,
    enum move_request request, bool *asked);

#endif
