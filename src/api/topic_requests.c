/* DeleteTopics and CreatePartitions: the active controller's; its answers are in the newest version's terms. */
#include "api/ask.h"
#include "wire/messages.h"

static void
deleted(struct request *request, void *context)
{
	struct delete_topics_response *response = request->response;

	(void)context;
	/* TOPIC_DELETION_DISABLED came with version 3 (protocol.md 4). */
	for (int32_t i = 0; i < response->responses.count; i++)
		if (response->responses.items[i].error_code == KAFKA_ERROR_TOPIC_DELETION_DISABLED &&
		    request->version <= 2)
			response->responses.items[i].error_code = KAFKA_ERROR_INVALID_REQUEST;
	request_answer(request);
}

void
api_delete_topics(struct request *request)
{
	ask_controller(request, CONTROLLER_DELETE_TOPICS, request->body, request->response, deleted,
	    NULL);
}

static void
extended(struct request *request, void *context)
{
	(void)context;
	request_answer(request);
}

void
api_create_partitions(struct request *request)
{
	ask_controller(request, CONTROLLER_CREATE_PARTITIONS, request->body, request->response,
	    extended, NULL);
}
