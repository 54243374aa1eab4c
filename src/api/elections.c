/* ElectLeaders, and the reassignments of KIP-455: the active controller's. */
#include "api/ask.h"

static void
answered(struct request *request, void *context)
{
	(void)context;
	request_answer(request);
}

void
api_alter_partition_reassignments(struct request *request)
{
	ask_controller(request, CONTROLLER_ALTER_REASSIGNMENTS, request->body, request->response,
	    answered, NULL);
}

void
api_list_partition_reassignments(struct request *request)
{
	ask_controller(request, CONTROLLER_LIST_REASSIGNMENTS, request->body, request->response,
	    answered, NULL);
}

void
api_elect_leaders(struct request *request)
{
	ask_controller(request, CONTROLLER_ELECT_LEADERS, request->body, request->response, answered,
	    NULL);
}
