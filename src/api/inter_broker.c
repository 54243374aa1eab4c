/*
 * What brokers ask each other, but for Fetch: a controller tells its decisions
 * (LeaderAndIsr, UpdateMetadata, StopReplica), a broker asks its controller
 * (ControlledShutdown, AlterPartition, AllocateProducerIds). All of them need CLUSTER_ACTION where there is an
 * authorizer.
 */
#include "api/ask.h"
#include "wire/messages.h"

/* ------------------------------------------------------- from a controller */

/* From version 5 on partitions stand below the ids of their topics, also where there are none. */
static void
leaders_told(struct request *request)
{
	struct leader_and_isr_response *response = request->response;
	struct leader_and_isr_response_leader_and_isr_topic_error *nameless;

	if (request->version >= 5 && response->partition_errors.count > 0) {
		nameless = request_new(request, sizeof(*nameless));
		*nameless = leader_and_isr_response_leader_and_isr_topic_error_defaults;
		nameless->partition_errors.items = response->partition_errors.items;
		nameless->partition_errors.count = response->partition_errors.count;
		response->partition_errors.count = 0;
		response->topics.items = nameless;
		response->topics.count = 1;
	}
	request_answer(request);
}

void
api_leader_and_isr(struct request *request)
{
	ask_broker(request, request_services(request)->control, leaders_told);
}

void
api_update_metadata(struct request *request)
{
	ask_broker(request, request_services(request)->control, request_answer);
}

void
api_stop_replica(struct request *request)
{
	ask_broker(request, request_services(request)->control, request_answer);
}

/* --------------------------------------------------------- to a controller */

static void
controller_answered(struct request *request, void *context)
{
	(void)context;
	request_answer(request);
}

static void
ask(struct request *request, enum controller_call_type type)
{
	ask_controller(request, type, request->body, request->response, controller_answered, NULL);
}

void
api_controlled_shutdown(struct request *request)
{
	ask(request, CONTROLLER_CONTROLLED_SHUTDOWN);
}

void
api_alter_partition(struct request *request)
{
	ask(request, CONTROLLER_ALTER_PARTITION);
}

void
api_allocate_producer_ids(struct request *request)
{
	ask(request, CONTROLLER_ALLOCATE_PRODUCER_IDS);
}

/* Requests are forwarded where a cluster leaves ZooKeeper, and nowhere else. */
void
api_envelope(struct request *request)
{
	request_close(request, "it is an envelope, and nothing is forwarded here");
}
