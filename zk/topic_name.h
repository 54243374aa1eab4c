/*
 * zk/topic_name.h: which names a topic may have. "." and "_" are the same in
 * the names of metrics, so two topics may not differ in them alone.
 */
#ifndef KLAMM_ZK_TOPIC_NAME_H
#define KLAMM_ZK_TOPIC_NAME_H

#include "base/slice.h"

enum { TOPIC_NAME_MAX = 249 };

/* What is wrong with it, as half a sentence; NULL when it is a good name. */
const char *topic_name_fault(struct slice name);
bool topic_name_collides(struct slice a, struct slice b);
/* __consumer_offsets and __transaction_state, which clients may not write to. */
bool topic_name_is_internal(struct slice name);

#endif
