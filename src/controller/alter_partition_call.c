#include "controller/alter_partition.h"
#include "controller/call_job.h"
#include "controller/partition_changes.h"
#include "controller/reassign.h"
#include "controller/replica_changes.h"
#include "controller/responses.h"
#include "controller/state_update.h"

/* Since when members come with the epochs of their lives, topics with their ids. */
enum { VERSION_OF_EPOCHS = 3, VERSION_OF_IDS = 2 };

/* Those that are to be written; each with the place of its answer. */
struct alterations {
	struct job_partitions in_sync; /* that have the ISR that was asked for */
	struct job_replicas strangers; /* that leaders take for replicas */
	struct state_updates updates;
	struct alter_partition_response_partition_data **answers;
};

static const struct alter_partition_request *
request_of(const struct controller_call *call)
{
	return call->request;
}

static struct alter_partition_response *
response_of(const struct controller_call *call)
{
	return call->response;
}

static struct controller_call *
call_of(struct job *job)
{
	return container_of(job, struct call_job, job)->call;
}

static struct alterations *
alterations_of(struct job *job)
{
	return container_of(job, struct call_job, job)->plan;
}

static void
refuse(struct controller_call *call)
{
	response_of(call)->error_code = KAFKA_ERROR_NOT_CONTROLLER;
}

/* ---------------------------------------------------------------- answers */

/* An answer for each partition that is asked for; false at the arena's cap. */
static bool
make_topics(const struct controller_call *call)
{
	const struct alter_partition_request *request = request_of(call);
	struct alter_partition_response *response = response_of(call);
	int32_t count = MAX(request->topics.count, 0);

	response->topics.items = arena_array(call->arena, (size_t)MAX(count, 1),
	    sizeof(response->topics.items[0]));
	if (response->topics.items == NULL)
		return false;
	for (int32_t i = 0; i < count; i++) {
		const struct alter_partition_request_topic_data *asked = &request->topics.items[i];
		struct alter_partition_response_topic_data *topic = &response->topics.items[i];

		*topic = alter_partition_response_topic_data_defaults;
		topic->topic_name = asked->topic_name;
		topic->topic_id = asked->topic_id;
		topic->partitions.count = MAX(asked->partitions.count, 0);
		topic->partitions.items = arena_array(call->arena,
		    (size_t)MAX(topic->partitions.count, 1), sizeof(topic->partitions.items[0]));
		if (topic->partitions.items == NULL)
			return false;
	}
	response->topics.count = count;
	return true;
}

static void
fail(struct alter_partition_response_partition_data *answer, int16_t code)
{
	answer->error_code = code;
}

/* As it stands in the context. */
static void
tell_state(const struct controller_call *call, const struct context_partition *partition,
    struct alter_partition_response_partition_data *answer)
{
	const struct context_leadership *leadership = &partition->leadership;
	int32_t *isr = arena_array(call->arena, (size_t)MAX(leadership->isr_count, 1), sizeof(*isr));

	if (isr == NULL) {
		fail(answer, KAFKA_ERROR_UNKNOWN_SERVER_ERROR);
		return;
	}
	for (int32_t i = 0; i < leadership->isr_count; i++)
		isr[i] = leadership->isr[i];
	answer->isr.items = isr;
	answer->isr.count = leadership->isr_count;
	answer->leader_id = leadership->leader;
	answer->leader_epoch = leadership->leader_epoch;
	answer->leader_recovery_state = (int8_t)leadership->recovery;
	answer->partition_epoch = leadership->version;
}

/* --------------------------------------------------------------- decisions */

/* In the job's arena. */
static struct alter_partition
take_asked(struct job *job, const struct alter_partition_request_partition_data *asked)
{
	struct controller_call *call = call_of(job);
	bool has_epochs = call->version >= VERSION_OF_EPOCHS;
	int32_t count = MAX(has_epochs ? asked->new_isr_with_epochs.count : asked->new_isr.count, 0);
	struct alter_partition_member *isr =
	    arena_array(&job->arena, (size_t)MAX(count, 1), sizeof(*isr));

	for (int32_t i = 0; i < count; i++)
		isr[i] = has_epochs ? (struct alter_partition_member){
			asked->new_isr_with_epochs.items[i].broker_id,
			asked->new_isr_with_epochs.items[i].broker_epoch } :
		    (struct alter_partition_member){ asked->new_isr.items[i], -1 };
	return (struct alter_partition){
		.broker = request_of(call)->broker_id,
		.leader_epoch = asked->leader_epoch,
		.partition_epoch = asked->partition_epoch,
		.recovery = asked->leader_recovery_state,
		.isr = isr,
		.isr_count = (size_t)count,
	};
}

/* NULL: of a topic that is not there, or is about to go. */
static struct context_partition *
find_partition(const struct context_topic *topic, int32_t index)
{
	struct context_partition *partition =
	    topic == NULL || topic->deletion_begun ? NULL : context_partition_find(topic, index);

	return partition != NULL && partition->has_leadership && !partition->is_quarantined ?
	    partition : NULL;
}

static void
add_update(struct alterations *it, struct context_partition *partition,
    const struct payload_partition_state *next,
    struct alter_partition_response_partition_data *answer)
{
	it->answers[it->updates.count] = answer;
	it->updates.items[it->updates.count++] = (struct state_update){
		.partition = partition,
		.progress = STATE_UPDATE_TO_WRITE,
		.current = context_partition_payload(partition),
		.next = *next,
		.version = partition->leadership.version,
	};
}

static void
add_in_sync(struct alterations *it, struct context_partition *partition)
{
	it->in_sync.items[it->in_sync.count++] = partition;
}

static void
add_strangers(struct job *job, struct context_partition *partition,
    const struct alter_partition *asked)
{
	struct alterations *it = alterations_of(job);

	for (size_t i = 0; i < asked->isr_count; i++)
		if (context_replica_find(partition, asked->isr[i].broker) == NULL)
			job_replicas_add(&it->strangers, partition, asked->isr[i].broker);
}

static void
decide(struct job *job, struct context_partition *partition,
    const struct alter_partition_request_partition_data *asked,
    struct alter_partition_response_partition_data *answer)
{
	struct controller_call *call = call_of(job);
	struct alter_partition it = take_asked(job, asked);
	struct payload_partition_state next;
	int16_t code;

	switch (alter_partition_decide(&job->reign->context, partition, &it, &job->arena, &next,
	    &code)) {
	case ALTER_PARTITION_SAME:
		tell_state(call, partition, answer);
		add_in_sync(alterations_of(job), partition);
		return;
	case ALTER_PARTITION_CHANGED:
		add_update(alterations_of(job), partition, &next, answer);
		return;
	case ALTER_PARTITION_ASTRAY:
		fail(answer, code);
		add_strangers(job, partition, &it);
		return;
	case ALTER_PARTITION_REFUSED:
		/* INELIGIBLE_REPLICA came with version 2 (protocol.md 13) */
		fail(answer, code == KAFKA_ERROR_INELIGIBLE_REPLICA && call->version < VERSION_OF_IDS ?
		    KAFKA_ERROR_OPERATION_NOT_ATTEMPTED : code);
		return;
	}
}

static void
decide_topic(struct job *job, const struct alter_partition_request_topic_data *asked,
    struct alter_partition_response_partition_data *answers)
{
	bool by_id = call_of(job)->version >= VERSION_OF_IDS;
	const struct context *context = &job->reign->context;
	const struct context_topic *topic = by_id ? context_topic_find_id(context, asked->topic_id) :
	    context_topic_find(context, asked->topic_name);

	for (int32_t i = 0; i < asked->partitions.count; i++) {
		const struct alter_partition_request_partition_data *wanted =
		    &asked->partitions.items[i];
		struct context_partition *partition = find_partition(topic, wanted->partition_index);

		answers[i] = alter_partition_response_partition_data_defaults;
		answers[i].partition_index = wanted->partition_index;
		if (partition != NULL)
			decide(job, partition, wanted, &answers[i]);
		else
			fail(&answers[i], topic == NULL && by_id ? KAFKA_ERROR_UNKNOWN_TOPIC_ID :
			    KAFKA_ERROR_UNKNOWN_TOPIC_OR_PARTITION);
	}
}

static size_t
count_members(const struct alter_partition_request *request)
{
	size_t count = 0;

	for (int32_t i = 0; i < request->topics.count; i++)
		for (int32_t j = 0; j < request->topics.items[i].partitions.count; j++)
			count += (size_t)MAX(request->topics.items[i].partitions.items[j].new_isr.count, 0) +
			    (size_t)MAX(request->topics.items[i].partitions.items[j]
			    .new_isr_with_epochs.count, 0);
	return count;
}

static void
make_room(struct job *job)
{
	const struct alter_partition_request *request = request_of(call_of(job));
	struct alterations *it = arena_new(&job->arena, sizeof(*it));
	size_t room = 0;

	for (int32_t i = 0; i < request->topics.count; i++)
		room += (size_t)MAX(request->topics.items[i].partitions.count, 0);
	it->strangers = job_replicas_new(job, count_members(request));
	it->in_sync = job_partitions_new(job, room);
	it->updates = state_updates_new(job, room);
	it->updates.count = 0;
	it->answers = arena_array(&job->arena, MAX(room, 1), sizeof(*it->answers));
	container_of(job, struct call_job, job)->plan = it;
}

static void
decide_all(struct job *job)
{
	const struct alter_partition_request *request = request_of(call_of(job));
	struct alter_partition_response *response = response_of(call_of(job));
	const struct context_broker *broker =
	    context_broker_find(&job->reign->context, request->broker_id);

	make_room(job);
#ifndef CANARY_ISR_OF_EARLIER_LIFE
	if (broker == NULL || broker->epoch != request->broker_epoch)
#else
	if (broker == NULL)
#endif
		response->error_code = KAFKA_ERROR_STALE_BROKER_EPOCH;
	else if (!make_topics(call_of(job)))
		response->error_code = KAFKA_ERROR_UNKNOWN_SERVER_ERROR;
	for (int32_t i = 0; i < response->topics.count; i++)
		decide_topic(job, &request->topics.items[i], response->topics.items[i].partitions.items);
	job_next(job);
}

/* ------------------------------------------------------------------ writes */

static void
write_states(struct job *job)
{
	state_updates_write(job, &alterations_of(job)->updates);
	job_wait(job);
}

/* Where another version was met: our own, whose answer was lost (F6), or somebody else's. */
static void
read_states(struct job *job)
{
	state_updates_read(job, &alterations_of(job)->updates);
	job_wait(job);
}

static void
take_result(const struct controller_call *call, struct state_update *update,
    struct alter_partition_response_partition_data *answer)
{
	switch (update->progress) {
	case STATE_UPDATE_WRITTEN:
		tell_state(call, update->partition, answer);
		return;
	case STATE_UPDATE_READ:
		state_update_leave(update);
		fail(answer, KAFKA_ERROR_INVALID_UPDATE_VERSION);
		return;
	default:
		fail(answer, KAFKA_ERROR_UNKNOWN_SERVER_ERROR);
		return;
	}
}

/* All brokers hear of the new ISRs; there is no LeaderAndIsr, as the leader knows. */
static void
tell(struct job *job)
{
	struct alterations *it = alterations_of(job);

	for (size_t i = 0; i < it->updates.count; i++) {
		struct state_update *update = &it->updates.items[i];

		take_result(call_of(job), update, it->answers[i]);
		if (update->progress == STATE_UPDATE_WRITTEN)
			add_in_sync(it, update->partition);
		outgoing_metadata_of(&job->reign->outgoing, update->partition);
	}
	if (it->updates.count > 0) {
		outgoing_metadata_to_all(&job->reign->outgoing);
		reign_send(job->reign);
	}
	call_answer(call_take(job));
	job_next(job);
}

/* Those that had waited for this ISR; also when it was there already. */
static void
add_complete(struct job *job, struct reassign_items *items)
{
	struct alterations *it = alterations_of(job);

	for (size_t i = 0; i < it->in_sync.count; i++) {
		struct context_partition *partition = it->in_sync.items[i];

		if (partition->is_marked || !reassignment_is_under_way(partition) ||
		    !reassignment_is_complete(&job->reign->context, partition))
			continue;
		partition->is_marked = true;
		reassign_add(job, items, partition);
	}
}

/* All replicas hear of the assignment again, whoever is none deletes what it has. */
static void
add_astray(struct job *job, struct reassign_items *items)
{
	struct alterations *it = alterations_of(job);

	for (size_t i = 0; i < it->strangers.count; i++) {
		struct context_partition *partition = it->strangers.items[i].partition;

		if (context_broker_find(&job->reign->context, it->strangers.items[i].broker) != NULL &&
		    context_replica_find(partition, it->strangers.items[i].broker) == NULL)
			context_partition_add_leaving(partition, it->strangers.items[i].broker);
		if (!partition->is_marked)
			reassign_add(job, items, partition);
		partition->is_marked = true;
	}
}

static void
reassign(struct job *job)
{
	struct alterations *it = alterations_of(job);
	struct reassign_items items =
	    reassign_items_new(job, it->in_sync.count + it->strangers.count);

	add_complete(job, &items);
	add_astray(job, &items);
	for (size_t i = 0; i < items.count; i++)
		items.items[i].partition->is_marked = false;
	reassign_run(job, items);
}

static job_step *const steps[] = { decide_all, write_states, read_states, tell,
	reassign, NULL };

const struct call_type call_alter_partition = {
	{ "alter partition", steps, sizeof(struct call_job), call_dropped,
	JOB_ISR_CHANGE }, NULL, refuse, NULL };
