/*
 * quota/replication_quota.h: the bytes of throttled replicas that a broker may
 * send as their leader, or fetch as their follower (KIP-73). All that moves of
 * them counts; held back are only those that are not in sync, so that no
 * throttle ends an ISR. Any thread.
 */
#ifndef KLAMM_QUOTA_REPLICATION_QUOTA_H
#define KLAMM_QUOTA_REPLICATION_QUOTA_H

#include "quota/sampled_rate.h"

#define REPLICATION_QUOTA_NONE INT64_MAX /* the default of the rates */

struct replication_quota {
	struct sampled_rate rate;
	_Atomic(int64_t) bound; /* bytes a second */
};

/* replication.quota.window.num and .size.seconds, or those of alter.log.dirs; no bound. */
void replication_quota_init(struct replication_quota *quota, int32_t windows, int32_t window_s);
void replication_quota_fini(struct replication_quota *quota);

void replication_quota_set_bound(struct replication_quota *quota, int64_t bytes_per_second);
void replication_quota_count(struct replication_quota *quota, int64_t bytes, int64_t now_us);
bool replication_quota_is_exceeded(const struct replication_quota *quota, int64_t now_us);

/* Of one broker. */
struct replication_quotas {
	struct replication_quota leader;
	struct replication_quota follower;
	struct replication_quota log_dirs; /* copied by moves between log dirs (KIP-113) */
};

#endif
