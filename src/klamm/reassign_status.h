/* klamm/reassign_status.h: moves that others have begun: shown, waited for, taken back. */
#ifndef KLAMM_KLAMM_REASSIGN_STATUS_H
#define KLAMM_KLAMM_REASSIGN_STATUS_H

#include "klamm/move_run.h"

struct reassign_status {
	struct tool *tool;
	struct client *client;
	const struct cluster_view *view; /* with reassignments and sizes */
	struct move_run *run;
	bool *chosen;                    /* as many as the view has partitions; NULL: all that move */
	const struct move_plan *wanted;  /* instead: what a file asks for; NULL: none */
	bool wait;
};

enum command_status reassign_status_show(struct reassign_status *it);
enum command_status reassign_status_cancel(struct reassign_status *it);

#endif
