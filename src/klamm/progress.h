/* klamm/progress.h: how far a command has come: one line on a terminal, written over and over. */
#ifndef KLAMM_KLAMM_PROGRESS_H
#define KLAMM_KLAMM_PROGRESS_H

#include "klamm/command.h"
#include "world/clock.h"

struct progress {
	struct output *errors; /* NULL: it is no terminal, so nothing is shown */
	struct clock *clock;
	int64_t begun_us;
	int64_t shown_us;
	int64_t bytes_total;   /* -1: not known */
};

/*
 * `bytes_total`: how many bytes there will be; -1: nobody knows. Where somebody
 * types on the same terminal, `is_typed`, nothing is shown.
 */
void progress_init(struct progress *progress, struct tool *tool, int64_t bytes_total, bool is_typed);
/* Shown at most ten times a second. */
void progress_show(struct progress *progress, int64_t records, int64_t bytes);
/* The last state stays, and the next line begins. */
void progress_end(struct progress *progress, int64_t records, int64_t bytes);

#endif
