/* CreateTopics: the active controller decides; what a list must not hold is refused here. */
#include "api/ask.h"
#include "api/names.h"
#include "wire/messages.h"

struct creation {
	const char **refusals; /* for each topic of the request; NULL: it was asked for */
	struct create_topics_request question;
	struct create_topics_response answer;
};

static const char *
refusal_of(struct slice name, uint8_t repeat)
{
	if (slice_equal_text(name, "__cluster_metadata"))
		return "this name is kept for Kafka itself";
	return repeat == NAME_ONCE ? NULL : "the topic is in the request more than once";
}

/* `reason` NULL: the controller said nothing of it. */
static void
refuse(struct create_topics_response_creatable_topic_result *result, struct slice name,
    const char *reason)
{
	*result = create_topics_response_creatable_topic_result_defaults;
	result->name = name;
	result->error_code = reason != NULL ? KAFKA_ERROR_INVALID_REQUEST :
	                                      KAFKA_ERROR_UNKNOWN_SERVER_ERROR;
	result->error_message = slice_of_text(reason);
}

static void
answered(struct request *request, void *context)
{
	const struct creation *creation = context;
	const struct create_topics_request *body = request->body;
	struct create_topics_response *response = request->response;
	struct named_items results = {
		.items = creation->answer.topics.items,
		.count = (size_t)MAX(creation->answer.topics.count, 0),
		.size = sizeof(*creation->answer.topics.items),
		.name_offset =
		    offsetof(struct create_topics_response_creatable_topic_result, name),
	};

	response->throttle_time_ms = creation->answer.throttle_time_ms;
	response->topics.items =
	    request_array(request, (size_t)body->topics.count, sizeof(*response->topics.items));
	response->topics.count = body->topics.count;
	for (int32_t i = 0; i < body->topics.count; i++) {
		struct slice name = body->topics.items[i].name;
		const struct create_topics_response_creatable_topic_result *result =
		    creation->refusals[i] == NULL ? named_items_find(&results, name) : NULL;
		if (result != NULL)
			response->topics.items[i] = *result;
		else
			refuse(&response->topics.items[i], name, creation->refusals[i]);
	}
	request_answer(request);
}

void
api_create_topics(struct request *request)
{
	const struct create_topics_request *body = request->body;
	size_t count = (size_t)body->topics.count;
	struct slice *names = request_array(request, count, sizeof(*names));
	struct creation *creation = request_new(request, sizeof(*creation));

	for (size_t i = 0; i < count; i++)
		names[i] = body->topics.items[i].name;
	const uint8_t *repeats = names_repeats(request, names, count);

	*creation = (struct creation){
		.refusals = request_array(request, count, sizeof(*creation->refusals)),
		.question = *body,
		.answer = create_topics_response_defaults,
	};
	creation->question.topics.items =
	    request_array(request, count, sizeof(*body->topics.items));
	creation->question.topics.count = 0;
	for (size_t i = 0; i < count; i++) {
		creation->refusals[i] = refusal_of(names[i], repeats[i]);
		if (creation->refusals[i] == NULL)
			creation->question.topics.items[creation->question.topics.count++] =
			    body->topics.items[i];
	}
	ask_controller(request, CONTROLLER_CREATE_TOPICS, &creation->question,
	    &creation->answer, answered, creation);
}
