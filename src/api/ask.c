#include "api/ask.h"

struct group_question {
	struct group_call call;
	struct request *request;
	void (*answered)(struct request *request, void *context);
	void *context;
};

struct controller_question {
	struct controller_call call;
	struct request *request;
	void (*answered)(struct request *request, void *context);
	void *context;
};

struct broker_question {
	struct broker_control_call call;
	struct request *request;
	void (*answered)(struct request *request);
};

static void
groups_answered(struct group_call *call)
{
	struct group_question *question = container_of(call, struct group_question, call);

	question->answered(question->request, question->context);
}

void
ask_groups(struct request *request, const void *question, void *answer,
    void (*answered)(struct request *request, void *context), void *context)
{
	struct group_question *it = request_new(request, sizeof(*it));
	struct slice client_id = request->client_id;

	*it = (struct group_question){
		.request = request,
		.answered = answered,
		.context = context,
		.call = {
			.key = request->key,
			.version = request->version,
			.request = question,
			.response = answer,
			.arena = &request->arena,
			.client_id = slice_is_null(client_id) ? slice_of("", 0) : client_id,
			.client_host = slice_of_text(request->client_host),
			.loop = request->loop,
			.done = groups_answered,
		},
	};
	groups_ask(request_services(request)->groups, &it->call);
}

static void
controller_answered(struct controller_call *call)
{
	struct controller_question *question =
	    container_of(call, struct controller_question, call);

	question->answered(question->request, question->context);
}

static struct controller_call *
make_call(struct request *request, enum controller_call_type type, const void *question,
    void *answer, void (*answered)(struct request *request, void *context), void *context)
{
	struct controller_question *it = request_new(request, sizeof(*it));

	*it = (struct controller_question){
		.request = request,
		.answered = answered,
		.context = context,
		.call = {
			.type = type,
			.version = request->version,
			.request = question,
			.response = answer,
			.arena = &request->arena,
			.loop = request->loop,
			.done = controller_answered,
		},
	};
	return &it->call;
}

void
ask_controller(struct request *request, enum controller_call_type type, const void *question,
    void *answer, void (*answered)(struct request *request, void *context), void *context)
{
	controller_ask(request_services(request)->controller,
	    make_call(request, type, question, answer, answered, context));
}

void
ask_creator(struct request *request, const void *question, void *answer,
    void (*answered)(struct request *request, void *context), void *context)
{
	struct topic_creator *creator = request_services(request)->creator;

	creator->create(creator, make_call(request, CONTROLLER_AUTO_CREATE, question, answer,
	    answered, context));
}

static void
broker_answered(struct broker_control_call *call)
{
	struct broker_question *question = container_of(call, struct broker_question, call);

	question->answered(question->request);
}

void
ask_broker(struct request *request, struct broker_control_port *port,
    void (*answered)(struct request *request))
{
	struct broker_question *it = request_new(request, sizeof(*it));

	*it = (struct broker_question){
		.request = request,
		.answered = answered,
		.call = {
			.key = request->key,
			.request = request->body,
			.response = request->response,
			.arena = &request->arena,
			.loop = request->loop,
			.done = broker_answered,
		},
	};
	port->obey(port, &it->call);
}
