/* klamm/partition_problem.h: what is wrong with a partition, by Kafka's own measures. */
#ifndef KLAMM_KLAMM_PARTITION_PROBLEM_H
#define KLAMM_KLAMM_PARTITION_PROBLEM_H

#include "klamm/cluster_view.h"
#include "klamm/output.h"
#include "klamm/table.h"

/* The later ones are worse. */
enum partition_problem {
	PARTITION_SOUND,
	PARTITION_UNDER_REPLICATED, /* fewer in sync than replicas, without those being added */
	PARTITION_UNDER_MIN_ISR,    /* also fewer than min.insync.replicas: acks=all is refused */
	PARTITION_OFFLINE,          /* nobody leads it */
};

enum partition_problem partition_problem(const struct view_partition *partition);
/* A word: "under-replicated". */
const char *partition_problem_name(enum partition_problem problem);
/* Fewer in sync than min.insync.replicas, or than all where it has not so many; false: not known. */
bool partition_is_under_min_isr(const struct view_partition *partition);
bool partition_is_under_replicated(const struct view_partition *partition);
/*
 * Nobody leads it, though one of the ISR is there, and others are not: as a controller of klamm
 * does it with one that may lack records (or anyone, for as long as an election takes).
 */
bool partition_waits_in_doubt(const struct view_partition *partition);

/* Rows of partitions with a problem; item "partition". */
void partition_problem_table(struct table *table);
void partition_problem_row(struct table *table, const struct view_partition *partition);
/* For people, below the table: what those in doubt wait for; nothing when there are none. */
void partition_problem_hint(struct output *output, const struct cluster_view *view);

#endif
