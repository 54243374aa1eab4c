#include "controller/call_job.h"
#include "controller/partition_changes.h"
#include "controller/reassign.h"
#include "controller/waiter.h"

/* As the request names them. */
enum { TYPE_PREFERRED = 0, TYPE_UNCLEAN = 1 };

/* A partition that gets a leader now, and the place of its result. */
struct election {
	struct context_partition *partition;
	struct elect_leaders_response_partition_result *result;
};

struct elections {
	enum leader_election_type type;
	struct election *items;
	size_t count;
};

static const struct elect_leaders_request *
request_of(const struct controller_call *call)
{
	return call->request;
}

static struct elect_leaders_response *
response_of(const struct controller_call *call)
{
	return call->response;
}

static struct controller_call *
call_of(struct job *job)
{
	return container_of(job, struct call_job, job)->call;
}

static struct elections *
elections_of(struct job *job)
{
	return container_of(job, struct call_job, job)->plan;
}

/* A null list asks for all partitions that need it. */
static bool
asks_for_all(const struct controller_call *call)
{
	return request_of(call)->topic_partitions.count < 0;
}

/* ---------------------------------------------------------------- results */

static void
fail(struct elect_leaders_response_partition_result *result, int16_t code, const char *message)
{
	result->error_code = code;
	result->error_message = slice_of_text(message);
}

/* NULL at the arena's cap. */
static struct elect_leaders_response_replica_election_result *
make_topics(const struct controller_call *call, size_t count)
{
	struct elect_leaders_response *response = response_of(call);

	response->replica_election_results.items = arena_array(call->arena, MAX(count, 1),
	    sizeof(response->replica_election_results.items[0]));
	return response->replica_election_results.items;
}

static bool
make_topic(const struct controller_call *call, struct slice name, int32_t count,
    struct elect_leaders_response_replica_election_result *topic)
{
	*topic = elect_leaders_response_replica_election_result_defaults;
	topic->topic = name;
	topic->partition_result.items = arena_array(call->arena, (size_t)MAX(count, 1),
	    sizeof(topic->partition_result.items[0]));
	if (topic->partition_result.items == NULL)
		return false;
	for (int32_t i = 0; i < count; i++)
		topic->partition_result.items[i] = elect_leaders_response_partition_result_defaults;
	topic->partition_result.count = count;
	return true;
}

/* A result for each partition that is named. */
static bool
make_results(const struct controller_call *call)
{
	const struct elect_leaders_request *request = request_of(call);
	int32_t count = MAX(request->topic_partitions.count, 0);
	struct elect_leaders_response_replica_election_result *topics =
	    make_topics(call, (size_t)count);

	for (int32_t i = 0; topics != NULL && i < count; i++) {
		const struct elect_leaders_request_topic_partitions *asked =
		    &request->topic_partitions.items[i];

		if (!make_topic(call, asked->topic, MAX(asked->partitions.count, 0), &topics[i]))
			return false;
		for (int32_t j = 0; j < topics[i].partition_result.count; j++)
			topics[i].partition_result.items[j].partition_id = asked->partitions.items[j];
	}
	if (topics != NULL)
		response_of(call)->replica_election_results.count = count;
	return topics != NULL;
}

static void
refuse(struct controller_call *call)
{
	struct elect_leaders_response *response = response_of(call);

	if (asks_for_all(call))
		response->error_code = KAFKA_ERROR_NOT_CONTROLLER;
	else if (!make_results(call))
		response->error_code = KAFKA_ERROR_UNKNOWN_SERVER_ERROR;
	for (int32_t i = 0; i < response->replica_election_results.count; i++)
		for (int32_t j = 0; j < response->replica_election_results.items[i].partition_result.count;
		    j++)
			fail(&response->replica_election_results.items[i].partition_result.items[j],
			    KAFKA_ERROR_NOT_CONTROLLER, NULL);
}

/* ----------------------------------------------------------------- choice */

static int16_t
failure_of(enum leader_election_type type)
{
	return type == LEADER_ELECTION_PREFERRED ? KAFKA_ERROR_PREFERRED_LEADER_NOT_AVAILABLE :
	    KAFKA_ERROR_ELIGIBLE_LEADERS_NOT_AVAILABLE;
}

static bool
is_led_well(const struct context *context, const struct context_partition *partition,
    enum leader_election_type type)
{
	int32_t leader = partition->leadership.leader;

	return type == LEADER_ELECTION_PREFERRED ? leader == partition->replicas[0].broker :
	    context_broker_is_live(context, leader);
}

/* NONE: there is to be an election. */
static int16_t
look_at(const struct context *context, const struct context_partition *partition,
    enum leader_election_type type)
{
	if (partition->topic->to_delete)
		return KAFKA_ERROR_INVALID_TOPIC_EXCEPTION;
	if (!partition->has_leadership || partition->is_quarantined || partition->replica_count == 0 ||
	    !partition_state_may_follow(partition->state, PARTITION_ONLINE))
		return failure_of(type);
	return is_led_well(context, partition, type) ? KAFKA_ERROR_ELECTION_NOT_NEEDED :
	    KAFKA_ERROR_NONE;
}

static void
add(struct job *job, struct context_partition *partition,
    struct elect_leaders_response_partition_result *result)
{
	struct elections *it = elections_of(job);
	int16_t code = look_at(&job->reign->context, partition, it->type);

	if (code == KAFKA_ERROR_NONE)
		it->items[it->count++] = (struct election){ partition, result };
	else
		fail(result, code, code == KAFKA_ERROR_INVALID_TOPIC_EXCEPTION ?
		    "The topic is being deleted." : NULL);
}

static size_t
count_results(const struct elect_leaders_response *response)
{
	size_t count = 0;

	for (int32_t i = 0; i < response->replica_election_results.count; i++)
		count += (size_t)response->replica_election_results.items[i].partition_result.count;
	return count;
}

static void
choose_named(struct job *job)
{
	const struct elect_leaders_response *response = response_of(call_of(job));

	for (int32_t i = 0; i < response->replica_election_results.count; i++) {
		const struct elect_leaders_response_replica_election_result *results =
		    &response->replica_election_results.items[i];
		const struct context_topic *topic =
		    context_topic_find(&job->reign->context, results->topic);

		for (int32_t j = 0; j < results->partition_result.count; j++) {
			struct elect_leaders_response_partition_result *result =
			    &results->partition_result.items[j];
			struct context_partition *partition = topic == NULL ? NULL :
			    context_partition_find(topic, result->partition_id);

			if (partition != NULL)
				add(job, partition, result);
			else
				fail(result, KAFKA_ERROR_UNKNOWN_TOPIC_OR_PARTITION,
				    "There is no such partition.");
		}
	}
}

/* Those that need no election are not named. */
static bool
is_worth_a_result(const struct context *context, const struct context_partition *partition,
    enum leader_election_type type)
{
	int16_t code = look_at(context, partition, type);

	return code != KAFKA_ERROR_ELECTION_NOT_NEEDED && code != KAFKA_ERROR_INVALID_TOPIC_EXCEPTION;
}

static bool
make_results_of_topic(struct job *job, const struct context_topic *topic)
{
	struct controller_call *call = call_of(job);
	struct elect_leaders_response *response = response_of(call);
	struct elect_leaders_response_replica_election_result *results =
	    &response->replica_election_results.items[response->replica_election_results.count];
	int32_t count = 0;
	char *name;

	for (int32_t i = 0; i < topic->partition_count; i++)
		count += is_worth_a_result(&job->reign->context, topic->partitions[i],
		    elections_of(job)->type);
	if (count == 0)
		return true;
	name = arena_text(call->arena, topic->name.bytes, topic->name.size);
	if (name == NULL || !make_topic(call, slice_of(name, topic->name.size), count, results))
		return false;
	response->replica_election_results.count++;
	count = 0;
	for (int32_t i = 0; i < topic->partition_count; i++)
		if (is_worth_a_result(&job->reign->context, topic->partitions[i],
		    elections_of(job)->type))
			results->partition_result.items[count++].partition_id = topic->partitions[i]->index;
	return true;
}

static bool
make_results_of_all(struct job *job)
{
	const struct context *context = &job->reign->context;

	if (make_topics(call_of(job), context->topics.count) == NULL)
		return false;
	CONTEXT_TOPICS_FOREACH(link, context)
		if (!make_results_of_topic(job, context_topic_of(link)))
			return false;
	return true;
}

static bool
take_type(struct job *job)
{
	switch (request_of(call_of(job))->election_type) {
	case TYPE_PREFERRED:
		elections_of(job)->type = LEADER_ELECTION_PREFERRED;
		return true;
	case TYPE_UNCLEAN:
		elections_of(job)->type = LEADER_ELECTION_UNCLEAN;
		return true;
	default:
		return false;
	}
}

static void
choose(struct job *job)
{
	struct controller_call *call = call_of(job);
	struct elect_leaders_response *response = response_of(call);
	struct elections *it = arena_new(&job->arena, sizeof(*it));

	container_of(job, struct call_job, job)->plan = it;
	if (!take_type(job)) {
		response->error_code = KAFKA_ERROR_INVALID_REQUEST;
	} else if (asks_for_all(call) ? !make_results_of_all(job) : !make_results(call)) {
		response->error_code = KAFKA_ERROR_UNKNOWN_SERVER_ERROR;
		response->replica_election_results.count = 0;
	}
	it->items = arena_array(&job->arena, MAX(count_results(response), 1), sizeof(*it->items));
	choose_named(job);
	job_next(job);
}

/* --------------------------------------------------------------- elections */

static void
elect(struct job *job)
{
	const struct elections *it = elections_of(job);
	struct job_partitions partitions = job_partitions_new(job, it->count);

	for (size_t i = 0; i < it->count; i++)
		partitions.items[partitions.count++] = it->items[i].partition;
	partition_changes_online(job, partitions, it->type);
}

/* The answer waits until our own broker knows the new leaders. */
static void
answer(struct job *job)
{
	const struct call_job *call_job = container_of(job, struct call_job, job);
	const struct elections *it = elections_of(job);
	struct reign *reign = job->reign;

	for (size_t i = 0; i < it->count; i++)
		if (!is_led_well(&reign->context, it->items[i].partition, it->type))
			fail(it->items[i].result, failure_of(it->type), NULL);
	waiter_begin(reign, call_take(job), WAITER_LED, NULL, 0, call_job->deadline_us);
	job_next(job);
}

static job_step *const steps[] = { choose, elect, answer, reassign_resume_complete, NULL };

static int32_t
timeout_ms(const struct controller_call *call)
{
	return request_of(call)->timeout_ms;
}

const struct call_type call_elect_leaders = {
	{ "elect leaders", steps, sizeof(struct call_job), call_dropped,
	JOB_MANUAL_LEADER_BALANCE }, timeout_ms, refuse, NULL };
