#include "klammd/log_dir_requests.h"

#include <assert.h>

#include "wire/messages.h"

static void
tell(struct loop_message *message)
{
	struct broker_control_call *call =
	    container_of(message, struct broker_control_call, message);

	call->done(call);
}

static void
answered(void *context)
{
	struct broker_control_call *call = context;

	if (loop_current() == call->loop) {
		call->done(call);
		return;
	}
	call->message.run = tell;
	loop_post(call->loop, &call->message);
}

static void
arrive(struct broker_control_call *call)
{
	struct log_dir_requests *it = container_of(call->port, struct log_dir_requests, port);

	if (call->key == API_KEY_DESCRIBE_LOG_DIRS) {
		replicas_describe_log_dirs(it->replicas, call->request, call->arena, call->response,
		    answered, call);
		return;
	}
	assert(call->key == API_KEY_ALTER_REPLICA_LOG_DIRS);
	replicas_alter_log_dirs(it->replicas, call->request, call->arena, call->response, answered,
	    call);
}

static void
arrived(struct loop_message *message)
{
	arrive(container_of(message, struct broker_control_call, message));
}

static void
obey(struct broker_control_port *port, struct broker_control_call *call)
{
	struct log_dir_requests *it = container_of(port, struct log_dir_requests, port);

	call->port = port;
	if (loop_current() == it->control) {
		arrive(call);
		return;
	}
	call->message.run = arrived;
	loop_post(it->control, &call->message);
}

void
log_dir_requests_init(struct log_dir_requests *it, struct loop *control, struct replicas *replicas)
{
	*it = (struct log_dir_requests){ { obey }, control, replicas };
}
