/* OffsetCommit: partitions that do not exist are refused here, the rest is the coordinator's. */
#include "api/ask.h"
#include "api/old_offsets.h"
#include "wire/messages.h"

struct commit {
	struct offset_commit_request question; /* without what does not exist */
	struct offset_commit_response answer;
};

static bool
exists(const struct request *request, struct slice topic, int32_t partition)
{
	const struct image_topic *known = image_topic_find(request->view->image, topic);

	return known != NULL && image_partition_find(known, partition) != NULL;
}

/* Where the next one is, when the answer has the order of the question. */
struct place {
	int32_t topic;
	int32_t partition;
};

static bool
take_next(const struct offset_commit_response *answer, struct place *next, struct slice topic,
    int32_t partition, int16_t *code)
{
	const struct offset_commit_response_offset_commit_response_topic *at;

	if (next->topic >= answer->topics.count)
		return false;
	at = &answer->topics.items[next->topic];
	if (next->partition >= at->partitions.count || !slice_equal(at->name, topic) ||
	    at->partitions.items[next->partition].partition_index != partition)
		return false;
	*code = at->partitions.items[next->partition].error_code;
	if (++next->partition == at->partitions.count)
		*next = (struct place){ next->topic + 1, 0 };
	return true;
}

/* What the coordinator said of a partition that it was asked about. */
static int16_t
code_of(const struct offset_commit_response *answer, struct place *next, struct slice topic,
    int32_t partition)
{
	int16_t code;

	if (take_next(answer, next, topic, partition, &code))
		return code;
	for (int32_t i = 0; i < answer->topics.count; i++)
		for (int32_t j = 0; j < answer->topics.items[i].partitions.count; j++) {
			*next = (struct place){ i, j };
			if (take_next(answer, next, topic, partition, &code))
				return code;
		}
	return KAFKA_ERROR_UNKNOWN_SERVER_ERROR;
}

static void
fill(struct request *request, const struct offset_commit_response *answer)
{
	const struct offset_commit_request *body = request->body;
	struct offset_commit_response *response = request->response;
	struct place next = { 0, 0 };

	response->topics.items = request_array(request, (size_t)MAX(body->topics.count, 1),
	    sizeof(*response->topics.items));
	response->topics.count = MAX(body->topics.count, 0);
	for (int32_t i = 0; i < response->topics.count; i++) {
		const struct offset_commit_request_offset_commit_request_topic *asked =
		    &body->topics.items[i];
		struct offset_commit_response_offset_commit_response_topic *topic =
		    &response->topics.items[i];

		topic->name = asked->name;
		topic->partitions.items = request_array(request,
		    (size_t)MAX(asked->partitions.count, 1), sizeof(*topic->partitions.items));
		topic->partitions.count = MAX(asked->partitions.count, 0);
		for (int32_t j = 0; j < topic->partitions.count; j++) {
			int32_t index = asked->partitions.items[j].partition_index;

			topic->partitions.items[j].partition_index = index;
			topic->partitions.items[j].error_code =
			    exists(request, asked->name, index) ?
			    code_of(answer, &next, asked->name, index) :
			    KAFKA_ERROR_UNKNOWN_TOPIC_OR_PARTITION;
		}
	}
}

static void
answered(struct request *request, void *context)
{
	const struct commit *commit = context;

	fill(request, &commit->answer);
	request_answer(request);
}

static void
keep_existing(struct request *request, struct commit *commit)
{
	const struct offset_commit_request *body = request->body;
	int32_t topics = 0;

	commit->question.topics.items = request_array(request, (size_t)MAX(body->topics.count, 1),
	    sizeof(*body->topics.items));
	for (int32_t i = 0; i < body->topics.count; i++) {
		const struct offset_commit_request_offset_commit_request_topic *asked =
		    &body->topics.items[i];
		struct offset_commit_request_offset_commit_request_topic *topic =
		    &commit->question.topics.items[topics];

		*topic = *asked;
		topic->partitions.items = request_array(request,
		    (size_t)MAX(asked->partitions.count, 1), sizeof(*asked->partitions.items));
		topic->partitions.count = 0;
		for (int32_t j = 0; j < asked->partitions.count; j++)
			if (exists(request, asked->name, asked->partitions.items[j].partition_index))
				topic->partitions.items[topic->partitions.count++] =
				    asked->partitions.items[j];
		topics += topic->partitions.count > 0;
	}
	commit->question.topics.count = topics;
}

void
api_offset_commit(struct request *request)
{
	struct commit *commit;
	const struct offset_commit_request *body = request->body;

	if (request->version == 0) {
		old_offsets_commit(request);
		return;
	}
	commit = request_new(request, sizeof(*commit));
	commit->question = *body;
	commit->answer = offset_commit_response_defaults;
	keep_existing(request, commit);
	if (commit->question.topics.count == 0 && body->topics.count > 0)
		answered(request, commit); /* nothing is left to be committed */
	else
		ask_groups(request, &commit->question, &commit->answer, answered, commit);
}
