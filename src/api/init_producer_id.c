/* InitProducerId: ids for idempotent producers; transactions are not served yet. */
#include "api/request.h"
#include "cluster/producer_ids.h"
#include "wire/messages.h"

struct id_question {
	struct producer_id_request wanted;
	struct request *request;
};

static void
refuse(struct request *request, enum kafka_error code)
{
	struct init_producer_id_response *response = request->response;

	response->error_code = (int16_t)code;
	response->producer_id = -1;
	response->producer_epoch = -1;
	request_answer(request);
}

static void
given(struct producer_id_request *wanted)
{
	struct request *request = container_of(wanted, struct id_question, wanted)->request;
	struct init_producer_id_response *response = request->response;

	if (wanted->id < 0) {
		/* Retriable: no controller could give a block now. */
		refuse(request, KAFKA_ERROR_COORDINATOR_LOAD_IN_PROGRESS);
		return;
	}
	response->producer_id = wanted->id;
	response->producer_epoch = 0;
	request_answer(request);
}

void
api_init_producer_id(struct request *request)
{
	const struct init_producer_id_request *body = request->body;
	struct id_question *it;

	if (!slice_is_null(body->transactional_id)) {
		refuse(request, KAFKA_ERROR_INVALID_REQUEST);
		return;
	}
	/* Who has an id has an epoch (KIP-360). */
	if ((body->producer_id == -1) != (body->producer_epoch == -1)) {
		refuse(request, KAFKA_ERROR_INVALID_REQUEST);
		return;
	}
	it = request_new(request, sizeof(*it));
	it->request = request;
	it->wanted = (struct producer_id_request){ .loop = request->loop, .given = given };
	producer_ids_ask(request_services(request)->producer_ids, &it->wanted);
}
