/*
 * tests/sim/cluster_bits.h: bits that flip in a stored batch (F15), of one replica, while
 * its broker is down. Never where no other replica in sync has the same batch, nor in the last batch
 * of a log, and at most one batch of a partition is bad.
 *
 * It is served by nobody: consumers get it from another replica, or an error (I27). What its
 * broker finds is this batch, no more and no less, and it is made good by the leader; a bit that
 * nobody has read may stay bad. Length, magic byte, epoch and offsets of a batch stay as they
 * are: scenario `log` flips those.
 */
#ifndef KLAMM_TESTS_SIM_CLUSTER_BITS_H
#define KLAMM_TESTS_SIM_CLUSTER_BITS_H

#include "tests/sim/cluster.h"

/* A fault: a broker dies, and a bit of what it has flips; where that may be. */
void cluster_bits_flip(struct broker_town *town);
/*
 * It has stopped, but not well: what it had not written down as synced, the next start may
 * cut at a bad batch, as the end of a write that a failed disk has torn.
 */
void cluster_bits_spare(struct sim_process *process);
/* It is down. */
void cluster_bits_died(struct sim_process *process);
/* From time to time: is it bad still? */
void cluster_bits_look(struct cluster *cluster);
/* In that partition of that broker something is bad, as far as is known. */
bool cluster_bits_are_bad(const struct cluster_partition *partition, int broker);
/* In any partition of that broker; or is about to be. */
bool cluster_broker_has_bad_bits(const struct broker_town *town, int broker);
/* In any partition; or is about to be. */
bool cluster_has_bad_bits(const struct broker_town *town);
/* A line of a broker's log that tells of damage, with the partition's name at its beginning. */
void cluster_bits_told(struct sim_process *process, const char *line);

#endif
