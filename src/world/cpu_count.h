/*
 * world/cpu_count.h: how many processors we may use: those of the affinity
 * mask, at most as many as the quota of the cgroups (v1 or v2) that we are in
 * is worth, rounded up. The default of klamm.loops.
 */
#ifndef KLAMM_WORLD_CPU_COUNT_H
#define KLAMM_WORLD_CPU_COUNT_H

#include <stdbool.h>
#include <stddef.h>

/* Pure: "max 100000" or "150000 100000" of cpu.max; 0: no limit, or no sense. */
int cpu_count_of_max(const char *text);
/* Pure: cpu.cfs_quota_us and cpu.cfs_period_us; 0: no limit, or no sense. */
int cpu_count_of_quota(const char *quota, const char *period);
/*
 * Pure: the path in the text of /proc/self/cgroup of the v1 hierarchy that has
 * `controller`, or of the v2 one ("") ; false when there is none that fits.
 */
bool cpu_count_path(const char *cgroups, const char *controller, char *path, size_t size);

/* Asks the system; at least 1. */
int cpu_count(void);

#endif
