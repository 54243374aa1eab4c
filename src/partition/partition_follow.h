/*
 * partition/partition_follow.h: what a fetcher asks of a partition that
 * follows: to take an answer of its leader, and to say what to ask next.
 */
#ifndef KLAMM_PARTITION_PARTITION_FOLLOW_H
#define KLAMM_PARTITION_PARTITION_FOLLOW_H

#include "partition/follower.h"
#include "partition/partition.h"

/*
 * An operation (partition.h), one at a time for a partition. Answered when the
 * log has done what the answer asks for: appended it (and synced it, under
 * klamm.flush.before.ack), or cut its end. Statuses: OK; STORAGE, try again
 * later; all others: the partition follows no longer, as with an ask of type
 * NOTHING. It is never cancelled.
 */
struct partition_follow {
	struct partition_operation operation;
	struct follower_answer answer; /* records in it are only read */
	struct follower_ask next;      /* the result */
};

void partition_follow(struct partition *partition, struct partition_follow *follow);
/* Any thread: what this replica fetches is throttled (KIP-73). */
bool partition_is_throttled_follower(const struct partition *partition);
/* It wants to hear of its leader's log end too when nothing else is new. Any thread. */
bool partition_is_in_doubt(const struct partition *partition);

#endif
