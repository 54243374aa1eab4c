#include "klammd/control_queue.h"

#include <string.h>

#include "wire/messages.h"

static void take_turns(struct control_queue *it);

/* ------------------------------------------------------------------ answers */

static void
tell(struct loop_message *message)
{
	struct broker_control_call *call =
	    container_of(message, struct broker_control_call, message);

	call->done(call);
}

static void
obeyed(void *context, const void *response)
{
	struct control_queue *it = context;
	struct broker_control_call *call = it->obeyed;

	it->obeyed = NULL;
	memcpy(call->response, response, message_type_find(call->key, true)->structure->size);
	if (call->loop == it->control) {
		call->done(call);
	} else {
		call->message.run = tell;
		loop_post(call->loop, &call->message);
	}
	take_turns(it);
}

/* -------------------------------------------------------------------- turns */

static void
take_turns(struct control_queue *it)
{
	if (it->taking)
		return;
	it->taking = true;
	while (it->obeyed == NULL && !list_is_empty(&it->waiting)) {
		struct broker_control_call *call = container_of(list_take_first(&it->waiting),
		    struct broker_control_call, link);

		it->obeyed = call;
		control_requests_obey(it->requests, call->key, call->request, call->arena, obeyed,
		    it);
	}
	it->taking = false;
}

static void
arrive(struct control_queue *it, struct broker_control_call *call)
{
	list_append(&it->waiting, &call->link);
	take_turns(it);
}

static void
arrived(struct loop_message *message)
{
	struct broker_control_call *call =
	    container_of(message, struct broker_control_call, message);

	arrive(container_of(call->port, struct control_queue, port), call);
}

static void
obey(struct broker_control_port *port, struct broker_control_call *call)
{
	struct control_queue *it = container_of(port, struct control_queue, port);

	call->port = port;
	list_init(&call->link);
	if (loop_current() == it->control) {
		arrive(it, call);
		return;
	}
	call->message.run = arrived;
	loop_post(it->control, &call->message);
}

void
control_queue_init(struct control_queue *it, struct loop *control,
    struct control_requests *requests)
{
	*it = (struct control_queue){
		.port = { obey },
		.control = control,
		.requests = requests,
	};
	list_init(&it->waiting);
}

void
control_queue_close(struct control_queue *it)
{
	control_requests_close(it->requests);
	take_turns(it);
}
