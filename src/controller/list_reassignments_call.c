#include "controller/call_job.h"
#include "controller/reassignment.h"

static const struct list_partition_reassignments_request *
request_of(const struct controller_call *call)
{
	return call->request;
}

static struct list_partition_reassignments_response *
response_of(const struct controller_call *call)
{
	return call->response;
}

static void
refuse(struct controller_call *call)
{
	response_of(call)->error_code = KAFKA_ERROR_NOT_CONTROLLER;
}

/* False at the arena's cap, as below. */
static bool
copy(struct arena *arena, struct payload_int32_list from, int32_t **ids, int32_t *count)
{
	*ids = arena_array(arena, MAX(from.count, 1), sizeof(**ids));
	for (size_t i = 0; *ids != NULL && i < from.count; i++)
		(*ids)[i] = from.values[i];
	*count = *ids == NULL ? 0 : (int32_t)from.count;
	return *ids != NULL;
}

static bool
tell_partition(const struct controller_call *call, struct job *job,
    const struct context_partition *partition,
    struct list_partition_reassignments_response_ongoing_partition_reassignment *told)
{
	struct reassignment now = reassignment_of(partition, &job->arena);

	*told = list_partition_reassignments_response_ongoing_partition_reassignment_defaults;
	told->partition_index = partition->index;
	return copy(call->arena, now.replicas, &told->replicas.items, &told->replicas.count) &&
	    copy(call->arena, now.adding, &told->adding_replicas.items,
	    &told->adding_replicas.count) &&
	    copy(call->arena, now.removing, &told->removing_replicas.items,
	    &told->removing_replicas.count);
}

/* Those of the topic that are under way; NULL ids: all that it has. */
static bool
tell_topic(const struct controller_call *call, struct job *job,
    const struct context_topic *topic, const int32_t *ids, int32_t count)
{
	struct list_partition_reassignments_response *response = response_of(call);
	struct list_partition_reassignments_response_ongoing_topic_reassignment *told =
	    &response->topics.items[response->topics.count];
	char *name = arena_text(call->arena, topic->name.bytes, topic->name.size);

	*told = list_partition_reassignments_response_ongoing_topic_reassignment_defaults;
	told->name = slice_of(name, topic->name.size);
	told->partitions.items = arena_array(call->arena, (size_t)MAX(count, 1),
	    sizeof(told->partitions.items[0]));
	if (name == NULL || told->partitions.items == NULL)
		return false;
	for (int32_t i = 0; i < count; i++) {
		const struct context_partition *partition = ids == NULL ? topic->partitions[i] :
		    context_partition_find(topic, ids[i]);

		if (partition == NULL || !reassignment_is_under_way(partition))
			continue;
		if (!tell_partition(call, job, partition,
		    &told->partitions.items[told->partitions.count++]))
			return false;
	}
	response->topics.count += told->partitions.count > 0;
	return true;
}

static bool
make_topics(const struct controller_call *call, size_t count)
{
	struct list_partition_reassignments_response *response = response_of(call);

	response->topics.items =
	    arena_array(call->arena, MAX(count, 1), sizeof(response->topics.items[0]));
	return response->topics.items != NULL;
}

static bool
tell_all(const struct controller_call *call, struct job *job)
{
	struct context *context = &job->reign->context;

	if (!make_topics(call, context->topics.count))
		return false;
	CONTEXT_TOPICS_FOREACH(link, context) {
		const struct context_topic *topic = context_topic_of(link);

		if (context_topic_is_reassigned(topic) &&
		    !tell_topic(call, job, topic, NULL, topic->partition_count))
			return false;
	}
	return true;
}

static bool
tell_named(const struct controller_call *call, struct job *job)
{
	const struct list_partition_reassignments_request *request = request_of(call);

	if (!make_topics(call, (size_t)request->topics.count))
		return false;
	for (int32_t i = 0; i < request->topics.count; i++) {
		const struct list_partition_reassignments_request_list_partition_reassignments_topics
		    *asked = &request->topics.items[i];
		const struct context_topic *topic =
		    context_topic_find(&job->reign->context, asked->name);

		if (topic != NULL && !tell_topic(call, job, topic, asked->partition_indexes.items,
		    asked->partition_indexes.count))
			return false;
	}
	return true;
}

static void
tell(struct job *job)
{
	struct controller_call *call = call_take(job);

	if (request_of(call)->topics.count < 0 ? !tell_all(call, job) : !tell_named(call, job)) {
		response_of(call)->topics.count = 0;
		response_of(call)->error_code = KAFKA_ERROR_UNKNOWN_SERVER_ERROR;
	}
	call_answer(call);
	job_next(job);
}

static job_step *const steps[] = { tell, NULL };

const struct call_type call_list_reassignments = {
	{ "list reassignments", steps, sizeof(struct call_job), call_dropped,
	JOB_LIST_PARTITION_REASSIGNMENT }, NULL, refuse, NULL };
