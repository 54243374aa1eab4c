/*
 * What tools ask of the log dirs: DescribeLogDirs and AlterReplicaLogDirs. They need
 * DESCRIBE and ALTER of the cluster where there is an authorizer.
 */
#include "api/ask.h"

void
api_describe_log_dirs(struct request *request)
{
	ask_broker(request, request_services(request)->log_dirs, request_answer);
}

void
api_alter_replica_log_dirs(struct request *request)
{
	ask_broker(request, request_services(request)->log_dirs, request_answer);
}
