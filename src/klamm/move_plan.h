/*
 * klamm/move_plan.h: partitions that shall have other replicas: from which to
 * which, what has to be copied for it, and how far that is. No I/O.
 */
#ifndef KLAMM_KLAMM_MOVE_PLAN_H
#define KLAMM_KLAMM_MOVE_PLAN_H

#include "klamm/cluster_view.h"
#include "klamm/output.h"

enum move_state {
	MOVE_PLANNED,
	MOVE_REFUSED,  /* by the cluster, or by whoever planned */
	MOVE_GOES_ON,
	MOVE_DONE,
	MOVE_REPLACED, /* it has ended with other replicas: cancelled, or another was asked for */
	MOVE_GONE,     /* its topic was deleted */
};

struct move {
	char *topic;
	int32_t index;
	int32_t *from; /* its replicas, without those that are being added */
	int32_t from_count;
	int32_t *to;
	int32_t to_count;
	int64_t bytes; /* of a whole replica; -1: not known */
	enum move_state state;
	int looks_as_other; /* how often it was seen to have ended with other replicas */
};

struct move_plan {
	struct move *moves; /* by topic and number, once move_plan_sort was called */
	size_t count;
};

void move_plan_init(struct move_plan *plan);
void move_plan_fini(struct move_plan *plan);
/* `partition` may be NULL where the cluster was not asked yet: then there is no `from`. */
struct move *move_plan_add(struct move_plan *plan, struct slice topic, int32_t index,
    const struct view_partition *partition, struct view_ids to);
/* One that goes on already, to where it leads. */
void move_plan_add_moving(struct move_plan *plan, const struct view_partition *partition);
void move_plan_sort(struct move_plan *plan);
/* NULL: not a part of it. The plan is sorted. */
struct move *move_plan_find(const struct move_plan *plan, struct slice topic, int32_t index);

struct view_ids move_from(const struct move *move);
struct view_ids move_to(const struct move *move);
/* Does it ask for what is there already, in that order? */
bool move_is_none(const struct move *move);
/* How many replicas have to be copied. */
int32_t move_copies(const struct move *move);
/* How many bytes; -1: not known. */
int64_t move_bytes(const struct move *move);
/* A row for each, and for people a line that sums up. */
void move_plan_show(const struct move_plan *plan, struct output *output);

/* How far it is. */
struct move_counts {
	int64_t moves;      /* all that were not refused */
	int64_t going_on;
	int64_t done;
	int64_t failed;     /* replaced */
	int64_t bytes;      /* to be copied; -1: not known */
	int64_t bytes_done;
};

/*
 * Looks at a later view of the cluster, one with reassignments and sizes. A
 * move counts as replaced after several looks, since what is told of
 * reassignments may be newer than what is told of replicas.
 */
void move_plan_look(struct move_plan *plan, const struct cluster_view *view,
    struct move_counts *counts);

enum { MOVE_LINE_SIZE = 200 };
/*
 * "[#####.....]  50 %  1 of 2 partitions  1.0 of 2.0 GB  10 MB/s  ETA 1 min 40 s".
 * `first`: how far it was `elapsed_us` ago.
 */
void move_progress_line(const struct move_counts *counts, const struct move_counts *first,
    int64_t elapsed_us, char *line);

#endif
