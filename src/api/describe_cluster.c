/* DescribeCluster: what Metadata tells of the cluster, without topics (KIP-700, KIP-919). */
#include "api/operations.h"
#include "api/request.h"
#include "wire/messages.h"

enum endpoint_type { ENDPOINT_BROKERS = 1, ENDPOINT_CONTROLLERS = 2 };

static void
refuse(struct request *request, int16_t code, const char *text)
{
	struct describe_cluster_response *response = request->response;

	response->error_code = request->version == 0 ? KAFKA_ERROR_INVALID_REQUEST : code;
	response->error_message = slice_of_text(text);
	request_answer(request);
}

/* Those that are reached at the listener of this connection; whether the controller is one. */
static bool
tell_brokers(struct request *request)
{
	const struct image *image = request->view->image;
	struct describe_cluster_response *response = request->response;
	bool has_controller = false;

	response->brokers.items =
	    request_array(request, image->broker_count, sizeof(*response->brokers.items));
	response->brokers.count = 0;
	for (size_t i = 0; i < image->broker_count; i++) {
		const struct image_broker *broker = &image->brokers[i];
		const struct image_endpoint *endpoint =
		    image_endpoint_find(broker, request->listener);

		if (endpoint == NULL)
			continue;
		has_controller = has_controller || broker->id == image->controller;
		response->brokers.items[response->brokers.count++] =
		    (struct describe_cluster_response_describe_cluster_broker){
			.broker_id = broker->id,
			.host = endpoint->host,
			.port = endpoint->port,
			.rack = broker->rack,
		};
	}
	return has_controller;
}

void
api_describe_cluster(struct request *request)
{
	const struct describe_cluster_request *body = request->body;
	struct describe_cluster_response *response = request->response;

	if (body->endpoint_type == ENDPOINT_CONTROLLERS) {
		refuse(request, KAFKA_ERROR_MISMATCHED_ENDPOINT_TYPE,
		    "this is a broker, and controllers are asked for");
		return;
	}
	if (body->endpoint_type != ENDPOINT_BROKERS) {
		refuse(request, KAFKA_ERROR_UNSUPPORTED_ENDPOINT_TYPE,
		    "there are no endpoints of such a type");
		return;
	}
	response->cluster_id = request_cluster_id(request);
	response->controller_id = tell_brokers(request) ? request->view->image->controller : -1;
	if (body->include_cluster_authorized_operations)
		response->cluster_authorized_operations = OPERATIONS_OF_CLUSTER;
	request_answer(request);
}
