/*
 * group/answer.h: fills in responses: errors as each request has them, and
 * texts copied into the call's arena.
 */
#ifndef KLAMM_GROUP_ANSWER_H
#define KLAMM_GROUP_ANSWER_H

#include "group/groups.h"

/*
 * The whole call fails with this code, in every place where its response has
 * one: for the request, its groups, or its partitions.
 */
void answer_error(struct group_call *call, int16_t error);
/* COORDINATOR_LOAD_IN_PROGRESS as this request tells it: old clients know it from few. */
void answer_loading(struct group_call *call);

/* Nobody knows the group: for the six that are about one. */
void answer_unknown_group(struct group_call *call);

/*
 * A copy in the arena; null stays null. At the arena's cap `*failed` is set,
 * and the text is empty.
 */
struct slice answer_text(struct arena *arena, struct slice text, bool *failed);

#endif
