#include "controller/responses.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/memory.h"
#include "controller/deletion.h"
#include "controller/jobs.h"
#include "controller/offline.h"
#include "controller/partition_changes.h"
#include "controller/reassign.h"
#include "controller/replica_changes.h"
#include "controller/waiter.h"
#include "wire/kafka_error.h"

struct sent {
	struct controller_message message;
	struct reign *reign;
	int32_t broker;
	int64_t broker_epoch;
	uint64_t number;
};

/* What an answer says of one partition. */
struct verdict {
	struct slice topic;
	int32_t partition;
	int16_t code;
	bool came_back; /* its log dir was offline */
};

struct verdicts {
	struct job job;
	int32_t broker;
	int64_t broker_epoch;
	struct verdict *items;
	size_t count;
	struct job_replicas failed, succeeded;
	bool came_back; /* a replica whose log dir was offline */
};

static struct verdicts *
verdicts_new(const struct sent *sent, const struct job_type *type, size_t room)
{
	struct verdicts *it = container_of(job_new(sent->reign, type), struct verdicts, job);

	it->broker = sent->broker;
	it->broker_epoch = sent->broker_epoch;
	it->items = arena_array(&it->job.arena, MAX(room, 1), sizeof(*it->items));
	return it;
}

/*
 * What an earlier life of the broker has said is void: its end was dealt with,
 * and its new life is asked again.
 */
static void
drop_outdated(struct verdicts *it)
{
	const struct context_broker *broker =
	    context_broker_find(&it->job.reign->context, it->broker);

	if (broker == NULL || broker->epoch != it->broker_epoch)
		it->count = 0;
}

/* --------------------------------------------------------------- log dirs */

static void
add(struct verdicts *it, struct slice topic, int32_t partition, int16_t code)
{
	it->items[it->count++] = (struct verdict){
		slice_of(arena_text(&it->job.arena, topic.bytes, topic.size), topic.size), partition,
		code, false };
}

static struct context_partition *
partition_of(struct reign *reign, const struct verdict *verdict)
{
	const struct context_topic *topic = context_topic_find(&reign->context, verdict->topic);

	return topic == NULL ? NULL : context_partition_find(topic, verdict->partition);
}

/* Those that were online until now; those that are again are led, deleted or moved as is wanted. */
static void
take_log_dirs(struct job *job)
{
	struct verdicts *it = container_of(job, struct verdicts, job);
	struct job_replicas offline;

	drop_outdated(it);
	offline = job_replicas_new(job, it->count);
	for (size_t i = 0; i < it->count; i++) {
		struct context_partition *partition = partition_of(job->reign, &it->items[i]);
		struct context_replica *replica =
		    partition == NULL ? NULL : context_replica_find(partition, it->broker);

		if (replica == NULL)
			continue;
		if (replica->tells_offline && !replica->dir_offline)
			job_replicas_add(&offline, partition, it->broker);
		it->items[i].came_back = replica->dir_offline && !replica->tells_offline;
		it->came_back |= it->items[i].came_back;
		replica->dir_offline = replica->tells_offline;
	}
	if (offline.count > 0)
		replicas_became_offline(job, offline);
	else
		job_next(job);
}

static void
take_back(struct job *job)
{
	struct verdicts *it = container_of(job, struct verdicts, job);

	if (!it->came_back) {
		job_next(job);
		return;
	}
	deletion_allow_of_broker(job->reign, it->broker);
	partition_changes_online_all(job);
}

/*
 * Its answer may be to what it was told before it went offline, or of an earlier leader epoch: of later
 * ones it was not told (seed 530816 of scenario cluster).
 */
static void
tell_back(struct job *job)
{
	struct verdicts *it = container_of(job, struct verdicts, job);
	struct reign *reign = job->reign;

	for (size_t i = 0; i < it->count; i++) {
		struct context_partition *partition = partition_of(reign, &it->items[i]);

		if (it->items[i].came_back && partition != NULL && partition->has_leadership &&
		    context_replica_find(partition, it->broker) != NULL)
			outgoing_leader_and_isr(&reign->outgoing, &reign->context, it->broker,
			    partition, false);
	}
	if (it->came_back)
		reign_send(reign);
	job_next(job);
}

static void
resume_reassignments(struct job *job)
{
	struct verdicts *it = container_of(job, struct verdicts, job);

	reassign_resume_of_brokers(job, &it->broker, it->came_back ? 1 : 0);
}

static void
resume_deletions(struct job *job)
{
	if (container_of(job, struct verdicts, job)->came_back)
		deletion_resume(job);
	else
		job_next(job);
}

static job_step *const log_dir_steps[] = { take_log_dirs, take_back, tell_back,
	resume_reassignments, resume_deletions, NULL };

static const struct job_type job_log_dirs = { "replicas on log dirs", log_dir_steps,
	sizeof(struct verdicts), NULL, JOB_LEADER_AND_ISR_RESPONSE };

/*
 * Noted at once, and dealt with in its turn, by what was heard last until then: a replica that
 * gave its log up, and follows since, is not to be stopped for what it said before. Who has been
 * told that before (STALE_CONTROLLER_EPOCH) has obeyed it, but its answer was lost on the way;
 * one whose log dir is offline says so whatever it is told.
 */
static bool
is_news(int32_t broker, const struct context_topic *topic, int32_t index, int16_t code)
{
	struct context_partition *partition = context_partition_find(topic, index);
	struct context_replica *replica =
	    partition == NULL ? NULL : context_replica_find(partition, broker);
	bool is_offline = code == KAFKA_ERROR_KAFKA_STORAGE_ERROR;

	if (replica == NULL || replica->tells_offline == is_offline || (!is_offline &&
	    code != KAFKA_ERROR_NONE && code != KAFKA_ERROR_STALE_CONTROLLER_EPOCH))
		return false;
	replica->tells_offline = is_offline;
	return true;
}

static void
leader_and_isr_answered(struct sent *sent, const struct leader_and_isr_response *response)
{
	struct reign *reign = sent->reign;
	const struct context_broker *broker = context_broker_find(&reign->context, sent->broker);
	struct verdicts *it;
	size_t room = 0;

	if (broker == NULL || broker->epoch != sent->broker_epoch)
		return; /* an earlier life */
	for (int32_t i = 0; i < response->topics.count; i++)
		room += (size_t)MAX(response->topics.items[i].partition_errors.count, 0);
	it = verdicts_new(sent, &job_log_dirs, room);
	for (int32_t i = 0; i < response->topics.count; i++) {
		const struct leader_and_isr_response_leader_and_isr_topic_error *answered =
		    &response->topics.items[i];
		const struct context_topic *topic =
		    context_topic_find_id(&reign->context, answered->topic_id);

		for (int32_t j = 0; topic != NULL && j < answered->partition_errors.count; j++)
			if (is_news(sent->broker, topic,
			    answered->partition_errors.items[j].partition_index,
			    answered->partition_errors.items[j].error_code))
				add(it, topic->name, answered->partition_errors.items[j].partition_index,
				    answered->partition_errors.items[j].error_code);
	}
	if (it->count > 0)
		reign_post(reign, &it->job);
	else
		job_free(&it->job);
}

/* -------------------------------------------------------------- deletions */

static void
sort_verdicts(struct job *job)
{
	struct verdicts *it = container_of(job, struct verdicts, job);

	drop_outdated(it);
	it->failed = job_replicas_new(job, it->count);
	it->succeeded = job_replicas_new(job, it->count);
	for (size_t i = 0; i < it->count; i++) {
		struct context_partition *partition = partition_of(job->reign, &it->items[i]);

		if (partition == NULL || !partition->topic->to_delete ||
		    context_replica_find(partition, it->broker) == NULL)
			continue;
		job_replicas_add(it->items[i].code == KAFKA_ERROR_NONE ? &it->succeeded : &it->failed,
		    partition, it->broker);
	}
	deletion_fail(job, it->failed);
}

static void
take_deleted(struct job *job)
{
	struct verdicts *it = container_of(job, struct verdicts, job);
	struct job_replicas still_there = job_replicas_new(job, it->count);

	/* those that failed may have led to the end of some topics */
	for (size_t i = 0; i < it->count; i++) {
		struct context_partition *partition = partition_of(job->reign, &it->items[i]);

		if (it->items[i].code == KAFKA_ERROR_NONE && partition != NULL &&
		    context_replica_find(partition, it->broker) != NULL)
			job_replicas_add(&still_there, partition, it->broker);
	}
	deletion_succeed(job, still_there);
}

static job_step *const deletion_steps[] = { sort_verdicts, take_deleted, NULL };

static const struct job_type job_deleted = { "replicas deleted", deletion_steps,
	sizeof(struct verdicts), NULL, JOB_TOPIC_DELETION };

/* They come in the order of the request, mostly: looked for from where the last was. */
static int16_t
code_of(const struct stop_replica_response *response, struct slice topic, int32_t partition,
    int32_t *from)
{
	int32_t count = MAX(response->partition_errors.count, 0);

	for (int32_t i = 0; i < count; i++) {
		int32_t at = (*from + i) % count;
		const struct stop_replica_response_stop_replica_partition_error *error =
		    &response->partition_errors.items[at];

		if (error->partition_index != partition || !slice_equal(error->topic_name, topic))
			continue;
		*from = at + 1;
		return error->error_code;
	}
	return response->error_code != KAFKA_ERROR_NONE ? response->error_code :
	    KAFKA_ERROR_UNKNOWN_SERVER_ERROR;
}

static size_t
count_deletions(const struct stop_replica_request *request)
{
	size_t count = 0;

	for (int32_t i = 0; i < request->topic_states.count; i++)
		for (int32_t j = 0; j < request->topic_states.items[i].partition_states.count; j++)
			count += request->topic_states.items[i].partition_states.items[j].delete_partition;
	return count;
}

static void
stop_replica_answered(struct sent *sent, const struct stop_replica_response *response)
{
	const struct stop_replica_request *request = sent->message.request;
	size_t count = count_deletions(request);
	struct verdicts *it;
	int32_t from = 0;

	if (count == 0)
		return;
	it = verdicts_new(sent, &job_deleted, count);
	for (int32_t i = 0; i < request->topic_states.count; i++) {
		const struct stop_replica_request_stop_replica_topic_state *topic =
		    &request->topic_states.items[i];

		for (int32_t j = 0; j < topic->partition_states.count; j++)
			if (topic->partition_states.items[j].delete_partition)
				add(it, topic->topic_name, topic->partition_states.items[j].partition_index,
				    code_of(response, topic->topic_name,
				    topic->partition_states.items[j].partition_index, &from));
	}
	reign_post(sent->reign, &it->job);
}

/* ---------------------------------------------------------------- answers */

static int16_t
error_of(int16_t key, const void *response)
{
	switch (key) {
	case API_KEY_LEADER_AND_ISR:
		return ((const struct leader_and_isr_response *)response)->error_code;
	case API_KEY_STOP_REPLICA:
		return ((const struct stop_replica_response *)response)->error_code;
	default:
		return ((const struct update_metadata_response *)response)->error_code;
	}
}

static void
take_answer(struct sent *sent, const void *response)
{
	struct reign *reign = sent->reign;
	int16_t code = error_of(sent->message.key, response);

	if (code != KAFKA_ERROR_NONE)
		log_warn(reign->options->world->logger,
		    "controller epoch %" PRId32 ": broker %" PRId32 " answers %s to api key %d",
		    reign->epoch, sent->broker, kafka_error_name(code), (int)sent->message.key);
	if (code == KAFKA_ERROR_STALE_CONTROLLER_EPOCH)
		controller_look_again(reign->controller);
	if (sent->message.key == API_KEY_LEADER_AND_ISR && code == KAFKA_ERROR_NONE)
		leader_and_isr_answered(sent, response);
	if (sent->message.key == API_KEY_STOP_REPLICA)
		stop_replica_answered(sent, response);
}

/* Of the life that it was sent to. */
static void
was_heard(struct sent *sent, int16_t code)
{
	struct reign *reign = sent->reign;
	struct context_broker *broker = context_broker_find(&reign->context, sent->broker);

	if (broker == NULL || broker->epoch != sent->broker_epoch)
		return;
	broker->last_answered = sent->number;
	if (code == KAFKA_ERROR_NONE && !broker->has_answered) {
		broker->has_answered = true;
		reign_post_once(reign, &job_reassignments_go_on);
	}
	if (!reign->deletion_waits)
		return;
	reign->deletion_waits = false;
	reign_post_once(reign, &job_deletion_resume);
}

static void
on_answered(struct controller_message *message, const void *response)
{
	struct sent *sent = container_of(message, struct sent, message);
	struct reign *reign = sent->reign;

	/* The reign is there as long as its channels are, which it closes when it ends. */
	if (!reign->is_over && response != NULL) {
		take_answer(sent, response);
		was_heard(sent, error_of(sent->message.key, response));
	}
	arena_fini(&sent->message.arena);
	free(sent);
	if (!reign->is_over)
		waiters_check(reign);
}

/* ------------------------------------------------------------------- send */

static struct controller_message *
make(void *owner)
{
	struct sent *sent = memory_new(sizeof(*sent));

	sent->reign = owner;
	list_init(&sent->message.link);
	arena_init(&sent->message.arena, SIZE_MAX);
	sent->message.answered = on_answered;
	return &sent->message;
}

static void
send(void *owner, int32_t broker, struct controller_message *message)
{
	struct reign *reign = owner;
	struct sent *sent = container_of(message, struct sent, message);
	struct context_broker *to = context_broker_find(&reign->context, broker);

	sent->broker = broker;
	sent->broker_epoch = to->epoch;
	sent->number = ++reign->sent;
	to->last_sent = sent->number;
	reign->options->channels->send(reign->options->channels, broker, message);
}

void
reign_send(struct reign *reign)
{
	outgoing_send(&reign->outgoing, &(struct outgoing_sender){
		.context = &reign->context,
		.controller_id = reign->options->broker_id,
		.inter_broker_listener = reign->options->config->listeners.inter_broker,
		.make = make,
		.send = send,
		.owner = reign,
	});
}
