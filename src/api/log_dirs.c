/*
 * What tools ask of the log dirs: DescribeLogDirs and AlterReplicaLogDirs. They need
 * DESCRIBE and ALTER of the cluster where there is an authorizer.
 */
#include "api/broker_control.h"
#include "api/request.h"

struct log_dirs_question {
	struct broker_control_call call;
	struct request *request;
};

static void
answered(struct broker_control_call *call)
{
	request_answer(container_of(call, struct log_dirs_question, call)->request);
}

static void
ask_dirs(struct request *request)
{
	struct log_dirs_question *it = request_new(request, sizeof(*it));
	struct broker_control_port *port = request_services(request)->log_dirs;

	*it = (struct log_dirs_question){
		.request = request,
		.call = {
			.key = request->key,
			.request = request->body,
			.response = request->response,
			.arena = &request->arena,
			.loop = request->loop,
			.done = answered,
		},
	};
	port->obey(port, &it->call);
}

void
api_describe_log_dirs(struct request *request)
{
	ask_dirs(request);
}

void
api_alter_replica_log_dirs(struct request *request)
{
	ask_dirs(request);
}
