#include "quota/replication_quota.h"

enum { SECOND_US = 1000 * 1000 };

void
replication_quota_init(struct replication_quota *quota, int32_t windows, int32_t window_s)
{
	sampled_rate_init(&quota->rate, windows, (int64_t)window_s * SECOND_US);
	atomic_init(&quota->bound, REPLICATION_QUOTA_NONE);
}

void
replication_quota_fini(struct replication_quota *quota)
{
	sampled_rate_fini(&quota->rate);
}

void
replication_quota_set_bound(struct replication_quota *quota, int64_t bytes_per_second)
{
	atomic_store_explicit(&quota->bound, bytes_per_second, memory_order_relaxed);
}

void
replication_quota_count(struct replication_quota *quota, int64_t bytes, int64_t now_us)
{
	sampled_rate_add(&quota->rate, bytes, now_us);
}

bool
replication_quota_is_exceeded(const struct replication_quota *quota, int64_t now_us)
{
	int64_t bound = atomic_load_explicit(&quota->bound, memory_order_relaxed);

	return bound != REPLICATION_QUOTA_NONE && sampled_rate_exceeds(&quota->rate, bound, now_us);
}
