#include "controller/call_job.h"
#include "controller/reassign.h"

struct moves {
	struct reassign_items items;
	/* Where the answer to each item is. */
	struct alter_partition_reassignments_response_reassignable_partition_response **results;
};

static const struct alter_partition_reassignments_request *
request_of(const struct controller_call *call)
{
	return call->request;
}

static struct alter_partition_reassignments_response *
response_of(const struct controller_call *call)
{
	return call->response;
}

static struct controller_call *
call_of(struct job *job)
{
	return container_of(job, struct call_job, job)->call;
}

static struct moves *
moves_of(struct job *job)
{
	return container_of(job, struct call_job, job)->plan;
}

static void
refuse(struct controller_call *call)
{
	response_of(call)->error_code = KAFKA_ERROR_NOT_CONTROLLER;
}

/* ---------------------------------------------------------------- results */

static bool
make_results_of_topic(const struct controller_call *call,
    const struct alter_partition_reassignments_request_reassignable_topic *asked,
    struct alter_partition_reassignments_response_reassignable_topic_response *topic)
{
	int32_t count = MAX(asked->partitions.count, 0);

	*topic = alter_partition_reassignments_response_reassignable_topic_response_defaults;
	topic->name = asked->name;
	topic->partitions.items = arena_array(call->arena, (size_t)MAX(count, 1),
	    sizeof(topic->partitions.items[0]));
	if (topic->partitions.items == NULL)
		return false;
	for (int32_t i = 0; i < count; i++) {
		topic->partitions.items[i] =
		    alter_partition_reassignments_response_reassignable_partition_response_defaults;
		topic->partitions.items[i].partition_index = asked->partitions.items[i].partition_index;
	}
	topic->partitions.count = count;
	return true;
}

/* False at the arena's cap. */
static bool
make_results(const struct controller_call *call)
{
	const struct alter_partition_reassignments_request *request = request_of(call);
	struct alter_partition_reassignments_response *response = response_of(call);
	int32_t count = MAX(request->topics.count, 0);

	response->responses.items = arena_array(call->arena, (size_t)MAX(count, 1),
	    sizeof(response->responses.items[0]));
	for (int32_t i = 0; response->responses.items != NULL && i < count; i++)
		if (!make_results_of_topic(call, &request->topics.items[i],
		    &response->responses.items[i]))
			return false;
	if (response->responses.items != NULL)
		response->responses.count = count;
	return response->responses.items != NULL;
}

static void
fail(struct alter_partition_reassignments_response_reassignable_partition_response *result,
    int16_t code, const char *message)
{
	result->error_code = code;
	result->error_message = slice_of_text(message);
}

/* ------------------------------------------------------------------- plan */

/* `target` with a count below 0: the reassignment that is under way is taken back. */
static int16_t
plan_partition(struct job *job, const struct context_partition *partition,
    struct payload_int32_list target, bool is_cancelled, struct reassignment *plan,
    const char **why)
{
	static const struct context_partition nothing;

	*why = is_cancelled ? NULL : reassignment_fault(target);
	if (*why != NULL)
		return KAFKA_ERROR_INVALID_REPLICA_ASSIGNMENT;
	if (is_cancelled && (partition == NULL || !reassignment_is_under_way(partition)))
		return KAFKA_ERROR_NO_REASSIGNMENT_IN_PROGRESS;
	*plan = reassignment_plan(partition == NULL ? &nothing : partition,
	    is_cancelled ? reassignment_origin(partition, &job->arena) : target, &job->arena);
	*why = "A broker that is to be added is not alive.";
	if (!is_cancelled && !reassignment_is_possible(&job->reign->context, plan))
		return KAFKA_ERROR_INVALID_REPLICA_ASSIGNMENT;
	*why = "There is no such partition.";
	if (partition == NULL || partition->topic->to_delete)
		return KAFKA_ERROR_UNKNOWN_TOPIC_OR_PARTITION;
	*why = reassignment_loses_records;
	if (!reassignment_keeps_records(&job->reign->context, partition, plan))
		return KAFKA_ERROR_INVALID_REPLICA_ASSIGNMENT;
	*why = "The request has the partition once more.";
	return partition->is_marked ? KAFKA_ERROR_INVALID_REPLICA_ASSIGNMENT : KAFKA_ERROR_NONE;
}

static void
take_partition(struct job *job, const struct context_topic *topic,
    const struct alter_partition_reassignments_request_reassignable_partition *asked,
    struct alter_partition_reassignments_response_reassignable_partition_response *result)
{
	struct context_partition *partition =
	    topic == NULL ? NULL : context_partition_find(topic, asked->partition_index);
	struct moves *it = moves_of(job);
	struct reassignment plan;
	const char *why;
	int16_t code = plan_partition(job, partition, (struct payload_int32_list){
	    asked->replicas.items, (size_t)MAX(asked->replicas.count, 0) },
	    asked->replicas.count < 0, &plan, &why);

	if (code != KAFKA_ERROR_NONE) {
		fail(result, code, why);
		return;
	}
	partition->is_marked = true;
	it->results[it->items.count] = result;
	it->items.items[it->items.count++] =
	    (struct reassign_item){ .partition = partition, .to = plan };
}

static void
make_room(struct job *job)
{
	const struct alter_partition_reassignments_request *request = request_of(call_of(job));
	struct moves *it = arena_new(&job->arena, sizeof(*it));
	size_t room = 0;

	for (int32_t i = 0; i < request->topics.count; i++)
		room += (size_t)MAX(request->topics.items[i].partitions.count, 0);
	it->items = reassign_items_new(job, room);
	it->results = arena_array(&job->arena, MAX(room, 1), sizeof(*it->results));
	container_of(job, struct call_job, job)->plan = it;
}

/* From behind: of a partition that is named twice the last counts. */
static void
plan_all(struct job *job)
{
	const struct alter_partition_reassignments_request *request = request_of(call_of(job));
	struct alter_partition_reassignments_response *response = response_of(call_of(job));
	struct moves *it;

	make_room(job);
	if (!make_results(call_of(job)))
		response->error_code = KAFKA_ERROR_UNKNOWN_SERVER_ERROR;
	for (int32_t i = response->responses.count; i > 0; i--) {
		const struct alter_partition_reassignments_request_reassignable_topic *topic =
		    &request->topics.items[i - 1];
		const struct context_topic *known =
		    context_topic_find(&job->reign->context, topic->name);

		for (int32_t j = topic->partitions.count; j > 0; j--)
			take_partition(job, known, &topic->partitions.items[j - 1],
			    &response->responses.items[i - 1].partitions.items[j - 1]);
	}
	it = moves_of(job);
	for (size_t i = 0; i < it->items.count; i++)
		it->items.items[i].partition->is_marked = false;
	job_next(job);
}

/* Whoever asks last wins. */
static void
clear_znode(struct job *job)
{
	reassign_znode_remove(job, moves_of(job)->items, false);
}

static void
move(struct job *job)
{
	reassign_run(job, moves_of(job)->items);
}

static void
answer(struct job *job)
{
	const struct moves *it = moves_of(job);

	for (size_t i = 0; i < it->items.count; i++)
		if (it->items.items[i].failed)
			fail(it->results[i], KAFKA_ERROR_UNKNOWN_SERVER_ERROR,
			    "What stands in ZooKeeper for this partition cannot be changed.");
	call_answer(call_take(job));
	job_next(job);
}

static job_step *const steps[] = { plan_all, clear_znode, move, answer, NULL };

const struct call_type call_alter_reassignments = {
	{ "alter reassignments", steps, sizeof(struct call_job), call_dropped,
	JOB_PARTITION_REASSIGNMENT }, NULL, refuse, NULL };
