/*
 * klamm/move_run.h: a plan of moves carried out: shown, throttled, asked for,
 * waited for. What commands that move partitions have in common.
 */
#ifndef KLAMM_KLAMM_MOVE_RUN_H
#define KLAMM_KLAMM_MOVE_RUN_H

#include "klamm/client_command.h"
#include "klamm/move_plan.h"

/* The options of such a command, behind CLIENT_COMMAND_OPTIONS. */
#define MOVE_OPTIONS \
	[OPTION_DRY_RUN] = { "dry-run", NULL, "show the plan, and change nothing" }, \
	[OPTION_THROTTLE] = { "throttle", "RATE", "bytes a second (10M) that a broker sends and takes" }, \
	[OPTION_SAVE] = { "save", "FILE", "keep what the partitions had, for reassign --file" }, \
	[OPTION_WAIT] = { "wait", NULL, "until all has moved" }

enum { OPTION_DRY_RUN = OPTION_OWN, OPTION_THROTTLE, OPTION_SAVE, OPTION_WAIT, OPTION_MOVE_OWN };

struct move_run {
	struct tool *tool;
	struct client *client;
	bool dry_run;
	bool wait;
	bool elect;       /* afterwards the preferred leaders, of all that moved */
	int64_t rate;     /* of the throttle; 0: none */
	const char *save; /* a path; NULL: nowhere */
};

/* COMMAND_OK, or it has complained: nothing is kept of what is only shown. */
enum command_status move_run_check(const struct move_run *run);
/* COMMAND_OK, or it has complained. A throttle has to be taken away again, so it waits. */
enum command_status move_run_begin(struct move_run *run, struct tool *tool,
    struct arguments *arguments, struct client *client);
/*
 * Carries out a sorted plan, made from `view`. COMMAND_OK: asked for, and where it was
 * waited for, done. SIGINT and SIGTERM end the waiting: the throttle is taken
 * away then, and the moves go on.
 */
enum command_status move_run_plan(struct move_run *run, struct move_plan *plan,
    const struct cluster_view *view);
/* Only waits for a plan that others asked for. */
enum command_status move_run_wait(struct move_run *run, struct move_plan *plan);

#endif
