/*
 * klammd/process_usage.h: what the system says of this process, under the names
 * that Prometheus' own clients and jmx_exporter give it.
 */
#ifndef KLAMM_KLAMMD_PROCESS_USAGE_H
#define KLAMM_KLAMMD_PROCESS_USAGE_H

#include "metrics/snapshot.h"

/* Any thread; what the system does not tell is left out. */
void process_usage(struct snapshot *snapshot);

#endif
