/*
 * FindCoordinator: which broker coordinates a group: the leader of its
 * partition of __consumer_offsets. The topic is made when somebody asks first.
 */
#include "api/auto_create.h"
#include "wire/messages.h"

enum { FIND_GROUP = 0, FIND_TRANSACTION = 1, FIND_SHARE = 2 };

#define OFFSETS_TOPIC "__consumer_offsets"

static const char no_transactions[] = "transactions are not served by this broker";

/* The node is that of Kafka's "no node" unless the code is NONE. */
struct finding {
	int16_t code;
	const char *message; /* NULL: none of its own */
	int32_t node;
	const struct image_endpoint *endpoint;
};

static struct finding
not_found(int16_t code, const char *message)
{
	return (struct finding){ .code = code, .message = message, .node = -1 };
}

static struct finding
find_group(const struct request *request, struct slice group)
{
	const struct image *image = request->view->image;
	const struct image_topic *topic = image_topic_find(image, slice_of_text(OFFSETS_TOPIC));
	int32_t index = groups_partition_of(request_services(request)->groups, group);
	const struct image_partition *partition =
	    topic == NULL || index < 0 ? NULL : image_partition_find(topic, index);
	const struct image_broker *leader =
	    partition == NULL ? NULL : image_broker_find(image, partition->leader);
	const struct image_endpoint *endpoint =
	    leader == NULL ? NULL : image_endpoint_find(leader, request->listener);

	if (endpoint == NULL)
		return not_found(KAFKA_ERROR_COORDINATOR_NOT_AVAILABLE, NULL);
	return (struct finding){ .node = leader->id, .endpoint = endpoint };
}

static struct finding
find(const struct request *request, int8_t type, struct slice key)
{
	switch (type) {
	case FIND_GROUP:
		return find_group(request, key);
	case FIND_TRANSACTION:
		return not_found(KAFKA_ERROR_INVALID_REQUEST, no_transactions);
	case FIND_SHARE:
		return not_found(request->version < 6 ? KAFKA_ERROR_INVALID_REQUEST :
		                     KAFKA_ERROR_COORDINATOR_NOT_AVAILABLE, NULL);
	default:
		return not_found(KAFKA_ERROR_INVALID_REQUEST,
		    kafka_error_text(KAFKA_ERROR_INVALID_REQUEST));
	}
}

static void
find_one(struct request *request)
{
	const struct find_coordinator_request *body = request->body;
	struct find_coordinator_response *response = request->response;
	struct finding finding = find(request, body->key_type, body->key);

	response->error_code = finding.code;
	if (finding.code == KAFKA_ERROR_NONE)
		response->error_message = slice_null();
	else
		response->error_message = slice_of_text(finding.message != NULL ?
		        finding.message : kafka_error_text(finding.code));
	response->node_id = finding.node;
	response->host = finding.endpoint == NULL ? slice_of("", 0) : finding.endpoint->host;
	response->port = finding.endpoint == NULL ? -1 : finding.endpoint->port;
}

/* Kafka tells no message with a key, but where it cannot read the type. */
static void
find_each(struct request *request)
{
	const struct find_coordinator_request *body = request->body;
	struct find_coordinator_response *response = request->response;

	response->coordinators.items = request_array(request,
	    (size_t)body->coordinator_keys.count, sizeof(*response->coordinators.items));
	response->coordinators.count = body->coordinator_keys.count;
	for (int32_t i = 0; i < body->coordinator_keys.count; i++) {
		struct slice key = body->coordinator_keys.items[i];
		struct finding finding = find(request, body->key_type, key);
		struct find_coordinator_response_coordinator *told =
		    &response->coordinators.items[i];
		*told = find_coordinator_response_coordinator_defaults;
		told->key = key;
		told->error_code = finding.code;
		if (finding.message != NULL)
			told->error_message = slice_of_text(finding.message);
		told->node_id = finding.node;
		told->host =
		    finding.endpoint == NULL ? slice_of("", 0) : finding.endpoint->host;
		told->port = finding.endpoint == NULL ? -1 : finding.endpoint->port;
	}
}

/* The client comes again, whatever became of the topic. */
static void
created(struct request *request, const int16_t *codes, void *context)
{
	(void)codes;
	(void)context;
	request_answer(request);
}

void
api_find_coordinator(struct request *request)
{
	static const struct slice topic = { (const uint8_t *)OFFSETS_TOPIC,
		sizeof(OFFSETS_TOPIC) - 1 };
	const struct find_coordinator_request *body = request->body;
	bool is_batch = request->version >= 4;

	if (is_batch)
		find_each(request);
	else
		find_one(request);
	if (body->key_type == FIND_GROUP && (!is_batch || body->coordinator_keys.count > 0) &&
	    image_topic_find(request->view->image, topic) == NULL)
		auto_create(request, &topic, 1, created, NULL);
	else
		request_answer(request);
}
