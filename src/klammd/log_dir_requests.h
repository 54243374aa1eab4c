/*
 * klammd/log_dir_requests.h: what tools ask of this broker's log dirs
 * (DescribeLogDirs, AlterReplicaLogDirs), from whatever loop, brought to the replicas on the control
 * loop and back.
 */
#ifndef KLAMM_KLAMMD_LOG_DIR_REQUESTS_H
#define KLAMM_KLAMMD_LOG_DIR_REQUESTS_H

#include "api/broker_control.h"
#include "partition/replicas.h"

struct log_dir_requests {
	struct broker_control_port port;
	struct loop *control;
	struct replicas *replicas; /* borrowed; there as long as requests are out */
};

void log_dir_requests_init(struct log_dir_requests *requests, struct loop *control,
    struct replicas *replicas);

#endif
