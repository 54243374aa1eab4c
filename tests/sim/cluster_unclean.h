/*
 * tests/sim/cluster_unclean.h: unclean elections (F29). In some clusters topics allow
 * them, in some an operator asks for them; see draw() in cluster_unclean.c.
 *
 * One that was not in sync, as it stood in ZooKeeper, is elected: only where it is
 * allowed, and while nobody is there who was in sync. What it lacks is lost, of that partition, once:
 * what that is its own log says when it is first seen to lead. From then on nothing may
 * be lost again. Whoever has neither led nor been in sync since may still tell of what is lost:
 * its words count for nothing.
 *
 * The same holds where min.insync.replicas is one (as in Kafka) of who is in sync and has lost its
 * memory, when all had at one instant; or when a reassignment has taken the others away before the
 * controller had heard of it.
 */
#ifndef KLAMM_TESTS_SIM_CLUSTER_UNCLEAN_H
#define KLAMM_TESTS_SIM_CLUSTER_UNCLEAN_H

#include "tests/sim/cluster.h"

struct payload_partition_state;

/* Which topics allow it, and whether there is an operator. */
void cluster_unclean_draw(struct broker_town *town);
/*
 * A state is written: `before` were in sync, `epoch` was the leader's. To be called before
 * anything else is made of it.
 */
void cluster_unclean_written(struct cluster *cluster, struct cluster_partition *partition,
    const struct brokers_of *before, int32_t epoch, const struct payload_partition_state *state);
/* Others are its replicas. */
void cluster_unclean_replicas_written(struct cluster *cluster, struct cluster_partition *partition);
/* Often, and before another state is written: is it seen by now what is lost? */
void cluster_unclean_look(struct cluster *cluster);
void cluster_unclean_look_at(struct broker_town *town, struct cluster_partition *partition);
/* All lose their power while that is not seen. */
void cluster_unclean_is_cut(struct broker_town *town, struct cluster_partition *partition,
    struct ledger_log *log);

/*
 * cluster_cut.c: of min.insync.replicas = 1 one of those in sync leads with what it has: the others may
 * lack it, or may have more, and lead with that before they have cut it (seed 700939).
 */
void cluster_lack_of_others(struct broker_town *town, struct cluster_partition *partition,
    const struct partition *leader, const struct ledger_log *log);
/* Where the replica's log first has something else than what counts; `end`: not before that. */
int64_t cluster_agrees_up_to(const struct broker_town *town, int broker,
    const struct partition *replica, int64_t end, const struct ledger_log *log);
/* A line of a broker's log: for want of space it gives up the partition it begins with. */
void cluster_gives_up(struct sim_process *process, const char *line);

/* cluster_operator.c: on a clients' machine. */
struct cluster_operator *cluster_operator_new(struct broker_town *town);
void cluster_operator_start(struct cluster_operator *it, struct sim_process *process,
    struct loop *loop);
void cluster_operator_free(struct cluster_operator *it);

#endif
