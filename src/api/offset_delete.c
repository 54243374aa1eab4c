/* OffsetDelete (KIP-496): partitions that do not exist are refused here, the rest is the coordinator's. */
#include "api/ask.h"
#include "wire/messages.h"

typedef struct offset_delete_request_offset_delete_request_topic asked_topic;
typedef struct offset_delete_response_offset_delete_response_topic told_topic;

struct deletion {
	struct offset_delete_request question; /* without what does not exist */
	struct offset_delete_response answer;
};

static bool
exists(const struct request *request, struct slice topic, int32_t partition)
{
	const struct image_topic *known = image_topic_find(request->view->image, topic);

	return known != NULL && image_partition_find(known, partition) != NULL;
}

/* The next code of the coordinator's, which answers in the order of the question. */
static int16_t
next_code(const struct offset_delete_response *answer, int32_t *topic, int32_t *partition)
{
	while (*topic < answer->topics.count &&
	    *partition >= answer->topics.items[*topic].partitions.count) {
		++*topic;
		*partition = 0;
	}
	if (*topic >= answer->topics.count)
		return KAFKA_ERROR_UNKNOWN_SERVER_ERROR;
	return answer->topics.items[*topic].partitions.items[(*partition)++].error_code;
}

/* What failed as a whole has no partitions, as in Kafka. */
static void
answered(struct request *request, void *context)
{
	const struct deletion *deletion = context;
	const struct offset_delete_request *body = request->body;
	struct offset_delete_response *response = request->response;
	int32_t next_topic = 0, next_partition = 0;

	response->error_code = deletion->answer.error_code;
	response->topics.count =
	    response->error_code == KAFKA_ERROR_NONE ? MAX(body->topics.count, 0) : 0;
	response->topics.items = request_array(request, (size_t)MAX(response->topics.count, 1),
	    sizeof(*response->topics.items));
	for (int32_t i = 0; i < response->topics.count; i++) {
		const asked_topic *asked = &body->topics.items[i];
		told_topic *told = &response->topics.items[i];

		told->name = asked->name;
		told->partitions.count = MAX(asked->partitions.count, 0);
		told->partitions.items = request_array(request,
		    (size_t)MAX(told->partitions.count, 1), sizeof(*told->partitions.items));
		for (int32_t j = 0; j < told->partitions.count; j++) {
			int32_t index = asked->partitions.items[j].partition_index;

			told->partitions.items[j].partition_index = index;
			told->partitions.items[j].error_code =
			    exists(request, asked->name, index) ?
			    next_code(&deletion->answer, &next_topic, &next_partition) :
			    KAFKA_ERROR_UNKNOWN_TOPIC_OR_PARTITION;
		}
	}
	request_answer(request);
}

void
api_offset_delete(struct request *request)
{
	const struct offset_delete_request *body = request->body;
	struct deletion *deletion = request_new(request, sizeof(*deletion));
	int32_t count = MAX(body->topics.count, 0);

	deletion->question = *body;
	deletion->answer = offset_delete_response_defaults;
	deletion->question.topics.items =
	    request_array(request, (size_t)MAX(count, 1), sizeof(*body->topics.items));
	deletion->question.topics.count = count;
	for (int32_t i = 0; i < count; i++) {
		const asked_topic *asked = &body->topics.items[i];
		asked_topic *kept = &deletion->question.topics.items[i];

		*kept = *asked;
		kept->partitions.items = request_array(request,
		    (size_t)MAX(asked->partitions.count, 1), sizeof(*asked->partitions.items));
		kept->partitions.count = 0;
		for (int32_t j = 0; j < asked->partitions.count; j++)
			if (exists(request, asked->name, asked->partitions.items[j].partition_index))
				kept->partitions.items[kept->partitions.count++] =
				    asked->partitions.items[j];
	}
	ask_groups(request, &deletion->question, &deletion->answer, answered, deletion);
}
