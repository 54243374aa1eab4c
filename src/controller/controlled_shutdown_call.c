#include <inttypes.h>

#include "controller/call_job.h"
#include "controller/partition_changes.h"
#include "controller/replica_changes.h"
#include "controller/responses.h"

enum { EPOCH_NOT_TOLD = -1 };

/* What the broker leads, and what it follows, of partitions with other replicas. */
struct shutdown {
	struct job_partitions led;
	struct job_replicas followed;
};

static int32_t
broker_of(const struct controller_call *call)
{
	return ((const struct controlled_shutdown_request *)call->request)->broker_id;
}

static struct controlled_shutdown_response *
response_of(const struct controller_call *call)
{
	return call->response;
}

static struct controller_call *
call_of(struct job *job)
{
	return container_of(job, struct call_job, job)->call;
}

static struct shutdown *
shutdown_of(struct job *job)
{
	return container_of(job, struct call_job, job)->plan;
}

/* What Kafka makes of a controller that has moved. */
static void
refuse(struct controller_call *call)
{
	response_of(call)->error_code = KAFKA_ERROR_STALE_CONTROLLER_EPOCH;
}

static bool
concerns(const struct context_partition *partition, int32_t broker)
{
	return partition->replica_count > 1 && partition->has_leadership &&
	    context_topic_is_kept(partition->topic) && context_replica_find(partition, broker) != NULL;
}

static bool
is_led_by(const struct context_partition *partition, int32_t broker)
{
	return partition->leadership.leader == broker;
}

static void
sort_partitions(struct job *job, int32_t broker)
{
	struct context *context = &job->reign->context;
	struct shutdown *it = shutdown_of(job);

	it->led = job_partitions_new(job, context_partition_count(context));
	it->followed = job_replicas_new(job, context_partition_count(context));
	CONTEXT_TOPICS_FOREACH(link, context) {
		struct context_topic *topic = context_topic_of(link);

		for (int32_t i = 0; i < topic->partition_count; i++) {
			struct context_partition *partition = topic->partitions[i];

			if (!concerns(partition, broker))
				continue;
			if (!is_led_by(partition, broker))
				job_replicas_add(&it->followed, partition, broker);
			else if (partition_state_may_follow(partition->state, PARTITION_ONLINE))
				it->led.items[it->led.count++] = partition;
		}
	}
}

static int16_t
fault_of(const struct controlled_shutdown_request *request, const struct context_broker *broker)
{
	if (broker == NULL)
		return KAFKA_ERROR_BROKER_NOT_AVAILABLE;
	if (request->broker_epoch != EPOCH_NOT_TOLD && request->broker_epoch < broker->epoch)
		return KAFKA_ERROR_STALE_BROKER_EPOCH;
	return KAFKA_ERROR_NONE;
}

/* It stays among those that shut down until its node is gone. */
static void
begin(struct job *job)
{
	struct controller_call *call = call_of(job);
	struct context_broker *broker =
	    context_broker_find(&job->reign->context, broker_of(call));

	container_of(job, struct call_job, job)->plan =
	    arena_new(&job->arena, sizeof(struct shutdown));
	response_of(call)->error_code = fault_of(call->request, broker);
	if (response_of(call)->error_code == KAFKA_ERROR_NONE) {
		log_info(job->reign->options->world->logger, "controller epoch %" PRId32
		    ": broker %" PRId32 " shuts down", job->reign->epoch, broker->id);
		broker->shutting_down = true;
		sort_partitions(job, broker->id);
	}
	job_next(job);
}

static void
move_leaders(struct job *job)
{
	partition_changes_online(job, shutdown_of(job)->led, LEADER_ELECTION_CONTROLLED_SHUTDOWN);
}

/* It stops to fetch before it leaves the ISRs. */
static void
stop_followers(struct job *job)
{
	struct reign *reign = job->reign;
	const struct job_replicas *followed = &shutdown_of(job)->followed;

	for (size_t i = 0; i < followed->count; i++)
		outgoing_stop_replica(&reign->outgoing, &reign->context, followed->items[i].broker,
		    followed->items[i].partition, false);
	reign_send(reign);
	job_next(job);
}

static void
leave_isrs(struct job *job)
{
	replica_changes_offline(job, shutdown_of(job)->followed);
}

/* ----------------------------------------------------------------- answer */

/* Those that it still leads; the texts are copied, as topics may go. */
static bool
tell_topic(const struct controller_call *call, const struct context_topic *topic)
{
	struct controlled_shutdown_response *response = response_of(call);
	char *name = NULL;

	for (int32_t i = 0; i < topic->partition_count; i++) {
		const struct context_partition *partition = topic->partitions[i];

		if (!concerns(partition, broker_of(call)) || !is_led_by(partition, broker_of(call)))
			continue;
		if (name == NULL)
			name = arena_text(call->arena, topic->name.bytes, topic->name.size);
		if (name == NULL)
			return false;
		response->remaining_partitions.items[response->remaining_partitions.count++] =
		    (struct controlled_shutdown_response_remaining_partition){
			.topic_name = slice_of(name, topic->name.size),
			.partition_index = partition->index,
		};
	}
	return true;
}

static size_t
count_remaining(const struct context *context, int32_t broker)
{
	size_t count = 0;

	CONTEXT_TOPICS_FOREACH(link, context) {
		const struct context_topic *topic = context_topic_of(link);

		for (int32_t i = 0; i < topic->partition_count; i++)
			count += concerns(topic->partitions[i], broker) &&
			    is_led_by(topic->partitions[i], broker);
	}
	return count;
}

static bool
tell_remaining(const struct controller_call *call, const struct context *context)
{
	struct controlled_shutdown_response *response = response_of(call);

	response->remaining_partitions.items = arena_array(call->arena,
	    MAX(count_remaining(context, broker_of(call)), 1), sizeof(response->remaining_partitions.items[0]));
	response->remaining_partitions.count = 0;
	if (response->remaining_partitions.items == NULL)
		return false;
	CONTEXT_TOPICS_FOREACH(link, context)
		if (!tell_topic(call, context_topic_of(link)))
			return false;
	return true;
}

static void
end(struct job *job)
{
	struct controller_call *call = call_take(job);

	if (response_of(call)->error_code == KAFKA_ERROR_NONE &&
	    !tell_remaining(call, &job->reign->context)) {
		response_of(call)->error_code = KAFKA_ERROR_UNKNOWN_SERVER_ERROR;
		response_of(call)->remaining_partitions.count = 0;
	}
	call_answer(call);
	job_next(job);
}

static job_step *const steps[] = { begin, move_leaders, stop_followers, leave_isrs, end, NULL };

const struct call_type call_controlled_shutdown = {
	{ "controlled shutdown", steps, sizeof(struct call_job), call_dropped,
	JOB_CONTROLLED_SHUTDOWN }, NULL, refuse, NULL };
