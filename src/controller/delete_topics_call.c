#include <inttypes.h>

#include "controller/call_job.h"
#include "controller/deletion.h"
#include "controller/text.h"
#include "controller/waiter.h"

/* One name or id of the request. */
struct removal {
	int32_t index;
	struct context_topic *topic; /* NULL: refused */
};

struct removals {
	struct removal *items;
	size_t count;
};

static const struct delete_topics_request *
request_of(const struct controller_call *call)
{
	return call->request;
}

static struct delete_topics_response *
response_of(const struct controller_call *call)
{
	return call->response;
}

static struct removals *
removals_of(struct job *job)
{
	return container_of(job, struct call_job, job)->plan;
}

static struct controller_call *
call_of(struct job *job)
{
	return container_of(job, struct call_job, job)->call;
}

/* ---------------------------------------------------------------- results */

/* Names stand apart below version 6. */
static bool
is_by_name_alone(const struct controller_call *call)
{
	return request_of(call)->topics.count <= 0;
}

static void
make_results(struct controller_call *call)
{
	const struct delete_topics_request *request = request_of(call);
	struct delete_topics_response *response = response_of(call);
	int32_t count = MAX(is_by_name_alone(call) ? request->topic_names.count :
	    request->topics.count, 0);

	response->responses.items = arena_array(call->arena, (size_t)MAX(count, 1),
	    sizeof(response->responses.items[0]));
	/* at the arena's cap there is no room to say anything */
	response->responses.count = response->responses.items == NULL ? 0 : count;
	for (int32_t i = 0; i < response->responses.count; i++) {
		struct delete_topics_response_deletable_topic_result *result =
		    &response->responses.items[i];

		*result = delete_topics_response_deletable_topic_result_defaults;
		result->name = is_by_name_alone(call) ? request->topic_names.items[i] :
		    request->topics.items[i].name;
		if (!is_by_name_alone(call))
			result->topic_id = request->topics.items[i].topic_id;
	}
}

static void
fail_item(struct controller_call *call, int32_t index, int16_t code, const char *message)
{
	struct delete_topics_response_deletable_topic_result *result =
	    &response_of(call)->responses.items[index];

	result->error_code = code;
	result->error_message = slice_of_text(message);
}

static void
refuse(struct controller_call *call)
{
	make_results(call);
	for (int32_t i = 0; i < response_of(call)->responses.count; i++)
		fail_item(call, i, KAFKA_ERROR_NOT_CONTROLLER, NULL);
}

/* ------------------------------------------------------------------- plan */

/* NULL, and the item has its error. */
static struct context_topic *
find_topic(struct job *job, int32_t index)
{
	struct controller_call *call = call_of(job);
	struct delete_topics_response_deletable_topic_result *result =
	    &response_of(call)->responses.items[index];
	bool by_id = slice_is_null(result->name);
	struct context_topic *topic;

	if (!broker_value(job->reign->options->config, CONFIG_DELETE_TOPIC_ENABLE)->boolean) {
		fail_item(call, index, KAFKA_ERROR_TOPIC_DELETION_DISABLED, NULL);
		return NULL;
	}
	if (!by_id && !uuid_is_zero(result->topic_id)) {
		fail_item(call, index, KAFKA_ERROR_INVALID_REQUEST,
		    "A topic is named by its name or by its id, not by both.");
		return NULL;
	}
	topic = by_id ? context_topic_find_id(&job->reign->context, result->topic_id) :
	    context_topic_find(&job->reign->context, result->name);
	if (topic == NULL) {
		fail_item(call, index, by_id ? KAFKA_ERROR_UNKNOWN_TOPIC_ID :
		    KAFKA_ERROR_UNKNOWN_TOPIC_OR_PARTITION, by_id ? "No topic has this id." :
		    "There is no such topic.");
		return NULL;
	}
	if (topic->is_quarantined) {
		fail_item(call, index, KAFKA_ERROR_UNKNOWN_SERVER_ERROR,
		    "What stands in ZooKeeper for this topic cannot be read.");
		return NULL;
	}
	result->name = slice_of(arena_text(call->arena, topic->name.bytes, topic->name.size),
	    topic->name.size);
	result->topic_id = topic->id;
	return topic;
}

static void
on_marked(struct job *job, void *item, enum znode_error error,
    const struct znode_result *result UNUSED)
{
	struct removal *it = item;

	if (error == ZNODE_OK || error == ZNODE_NODE_EXISTS) {
		if (!it->topic->to_delete)
			it->topic->deletion_ineligible = context_topic_is_reassigned(it->topic);
		it->topic->to_delete = true;
		return;
	}
	it->topic = NULL;
	fail_item(call_of(job), it->index, KAFKA_ERROR_UNKNOWN_SERVER_ERROR,
	    "ZooKeeper refuses to mark the topic.");
}

static void
mark(struct job *job)
{
	struct controller_call *call = call_of(job);
	struct removals *removals = arena_new(&job->arena, sizeof(*removals));

	container_of(job, struct call_job, job)->plan = removals;
	make_results(call);
	removals->count = (size_t)response_of(call)->responses.count;
	removals->items = arena_array(&job->arena, MAX(removals->count, 1),
	    sizeof(*removals->items));
	for (size_t i = 0; i < removals->count; i++) {
		struct removal *it = &removals->items[i];

		it->index = (int32_t)i;
		it->topic = find_topic(job, it->index);
		if (it->topic != NULL)
			job_write(job, &(struct znode_operation){ .type = ZNODE_OP_CREATE,
			    .path = job_path(job, &(struct paths_place){ .kind = PATHS_DELETE_TOPIC,
			    .name = it->topic->name }) }, on_marked, it);
	}
	job_wait(job);
}

/* The topics are still there: nothing has begun. */
static void
wait(struct job *job)
{
	const struct call_job *it = container_of(job, struct call_job, job);
	struct removals *removals = removals_of(job);
	struct waiter_topic *topics =
	    arena_array(&job->arena, MAX(removals->count, 1), sizeof(*topics));
	struct controller_call *call = call_take(job);
	size_t count = 0;

	for (size_t i = 0; i < removals->count; i++) {
		const struct removal *removal = &removals->items[i];

		if (removal->topic == NULL)
			continue;
		if (request_of(call)->timeout_ms <= 0)
			fail_item(call, removal->index, KAFKA_ERROR_REQUEST_TIMED_OUT, NULL);
		else
			topics[count++] = (struct waiter_topic){ removal->index, removal->topic->name,
				removal->topic->id, 0 };
	}
	if (count > 0)
		waiter_begin(job->reign, call, WAITER_GONE, topics, count, it->deadline_us);
	else
		call_answer(call);
	job_next(job);
}

static job_step *const steps[] = { mark, wait, deletion_resume, NULL };

static int32_t
timeout_ms(const struct controller_call *call)
{
	return request_of(call)->timeout_ms;
}

const struct call_type call_delete_topics = {
	{ "delete topics", steps, sizeof(struct call_job), call_dropped, JOB_TOPIC_DELETION },
	timeout_ms, refuse, fail_item };
