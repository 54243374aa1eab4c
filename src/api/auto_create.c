#include "api/auto_create.h"

#include "api/ask.h"
#include "api/names.h"
#include "wire/messages.h"

struct auto_creation {
	const struct slice *names;
	size_t count;
	struct create_topics_request question;
	struct create_topics_response answer;
	void (*done)(struct request *request, const int16_t *codes, void *context);
	void *context;
};

static int16_t
told_as(int16_t code)
{
	switch (code) {
	case KAFKA_ERROR_NONE:
	case KAFKA_ERROR_REQUEST_TIMED_OUT: /* made, and not waited for */
	case KAFKA_ERROR_TOPIC_ALREADY_EXISTS:
		return KAFKA_ERROR_LEADER_NOT_AVAILABLE;
	case KAFKA_ERROR_NOT_CONTROLLER:
		return KAFKA_ERROR_UNKNOWN_TOPIC_OR_PARTITION;
	default:
		return code;
	}
}

static void
answered(struct request *request, void *context)
{
	struct auto_creation *creation = context;
	struct named_items results = {
		.items = creation->answer.topics.items,
		.count = (size_t)MAX(creation->answer.topics.count, 0),
		.size = sizeof(*creation->answer.topics.items),
		.name_offset =
		    offsetof(struct create_topics_response_creatable_topic_result, name),
	};
	int16_t *codes = request_array(request, creation->count, sizeof(*codes));

	for (size_t i = 0; i < creation->count; i++) {
		const struct create_topics_response_creatable_topic_result *result =
		    named_items_find(&results, creation->names[i]);
		codes[i] = result == NULL ? KAFKA_ERROR_UNKNOWN_TOPIC_OR_PARTITION :
		                            told_as(result->error_code);
	}
	creation->done(request, codes, creation->context);
}

void
auto_create(struct request *request, const struct slice *names, size_t count,
    void (*done)(struct request *request, const int16_t *codes, void *context), void *context)
{
	struct auto_creation *creation = request_new(request, sizeof(*creation));

	*creation = (struct auto_creation){
		.names = names,
		.count = count,
		.question = create_topics_request_defaults,
		.answer = create_topics_response_defaults,
		.done = done,
		.context = context,
	};
	creation->question.topics.items =
	    request_array(request, count, sizeof(*creation->question.topics.items));
	creation->question.topics.count = (int32_t)count;
	for (size_t i = 0; i < count; i++) {
		struct create_topics_request_creatable_topic *topic =
		    &creation->question.topics.items[i];
		*topic = create_topics_request_creatable_topic_defaults;
		topic->name = names[i];
		topic->num_partitions = -1;
		topic->replication_factor = -1;
	}
	ask_creator(request, &creation->question, &creation->answer, answered, creation);
}
