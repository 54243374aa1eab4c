/*
 * klamm/throttle.h: how fast moved replicas may be copied. As
 * kafka-reassign-partitions does it: rates on the brokers
 * ({leader,follower}.replication.throttled.rate), and on the topics which
 * replicas they are for ({leader,follower}.replication.throttled.replicas).
 */
#ifndef KLAMM_KLAMM_THROTTLE_H
#define KLAMM_KLAMM_THROTTLE_H

#include "klamm/command.h"
#include "klamm/move_plan.h"

/* "10000000", "500k", "10M", "1G": bytes a second, by thousands. False: it is none. */
bool throttle_parse_rate(const char *text, int64_t *rate);

/*
 * The list of throttled replicas ("0:1,0:2") that a topic has, without those of
 * partitions that the plan moves, and with `added` ("" for none) behind them.
 * A list of all, "*", stays.
 */
void throttle_list(struct slice old, const struct move_plan *plan, const char *topic,
    struct slice added, struct buffer *list);
/* Which replicas of a topic the plan copies from or to, as such a list. */
enum throttle_side { THROTTLE_LEADERS, THROTTLE_FOLLOWERS };
void throttle_replicas(const struct move_plan *plan, const char *topic, enum throttle_side side,
    struct buffer *list);

/* Before the moves begin. False: it has complained, and not all of it may be set. */
bool throttle_set(struct tool *tool, struct client *client, const struct move_plan *plan,
    const struct cluster_view *view, int64_t rate);
/*
 * Takes away what throttle_set has set for the plan's partitions, and the rates
 * of all brokers that are there. False: it has complained; the rest is tried all
 * the same.
 */
bool throttle_clear(struct tool *tool, struct client *client, const struct move_plan *plan,
    const struct cluster_view *view);
/*
 * The same of what a run may have left that was killed: rates without a list
 * that says which of the plan's replicas they are for are somebody else's, and
 * stay. *found: there was such a list.
 */
bool throttle_clear_left(struct tool *tool, struct client *client, const struct move_plan *plan,
    const struct cluster_view *view, bool *found);

#endif
