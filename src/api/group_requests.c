/*
 * Requests that go to the group coordinator as they are: it knows their
 * versions, and fills in the response.
 */
#include "api/ask.h"
#include "api/old_offsets.h"
#include "api/operations.h"
#include "wire/messages.h"

static void
answered(struct request *request, void *context)
{
	(void)context;
	request_answer(request);
}

static void
ask(struct request *request)
{
	ask_groups(request, request->body, request->response, answered, NULL);
}

void
api_join_group(struct request *request)
{
	ask(request);
}

void
api_sync_group(struct request *request)
{
	ask(request);
}

void
api_heartbeat(struct request *request)
{
	ask(request);
}

void
api_leave_group(struct request *request)
{
	ask(request);
}

void
api_offset_fetch(struct request *request)
{
	if (request->version == 0)
		old_offsets_fetch(request);
	else
		ask(request);
}

void
api_list_groups(struct request *request)
{
	ask(request);
}

static void
described(struct request *request, void *context)
{
	const struct describe_groups_request *body = request->body;
	struct describe_groups_response *response = request->response;

	(void)context;
	for (int32_t i = 0; body->include_authorized_operations && i < response->groups.count; i++)
		if (response->groups.items[i].error_code == KAFKA_ERROR_NONE)
			response->groups.items[i].authorized_operations = OPERATIONS_OF_GROUP;
	request_answer(request);
}

void
api_describe_groups(struct request *request)
{
	ask_groups(request, request->body, request->response, described, NULL);
}

void
api_delete_groups(struct request *request)
{
	ask(request);
}
