#include "controller/doubts_ask.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/memory.h"
#include "controller/doubts_prefix.h"
#include "controller/jobs.h"
#include "controller/partition_changes.h"
#include "controller/reassign.h"
#include "wire/kafka_error.h"

enum {
	LATEST = -1,      /* a timestamp of ListOffsets */
	READ_COMMITTED = 1, /* with TOOL: a controller asks, and no tool (api/list_offsets.c) */
	TOOL = -2,        /* a replica id: any replica answers */
	VERSION = 6,      /* with leader epochs, and as old as anybody to be spoken to */
	AGAIN_US = 1000000,
};

struct question {
	struct controller_message message;
	struct reign *reign;
	int32_t broker;
	int64_t broker_epoch;
};

/* ---------------------------------------------------------------- answers */

static void
start_timer(struct reign *reign)
{
	if (!timer_is_running(&reign->doubts_timer))
		timer_start(reign->options->world->control, &reign->doubts_timer,
		    clock_monotonic_us(reign->options->world->clock) + AGAIN_US);
}

/* Without a log it has no records; anything else than that is no answer. */
static void
take_partition(const struct question *question, struct doubt *doubt,
    const struct list_offsets_response_list_offsets_partition_response *answer)
{
	switch (answer->error_code) {
	case KAFKA_ERROR_NONE:
		doubt_answered(doubt, question->broker, question->broker_epoch, &(struct doubt_end){
		    MAX(answer->leader_epoch, DOUBTS_NO_EPOCH), answer->offset });
		return;
	case KAFKA_ERROR_NOT_LEADER_OR_FOLLOWER:
	case KAFKA_ERROR_UNKNOWN_TOPIC_OR_PARTITION:
		doubt_answered(doubt, question->broker, question->broker_epoch,
		    &(struct doubt_end){ DOUBTS_NO_EPOCH, 0 });
		return;
	default:
		doubt_not_answered(doubt, question->broker, question->broker_epoch);
	}
}

static void
take(const struct question *question, const struct list_offsets_response *response)
{
	for (int32_t i = 0; i < response->topics.count; i++) {
		const struct list_offsets_response_list_offsets_topic_response *topic =
		    &response->topics.items[i];

		for (int32_t j = 0; j < topic->partitions.count; j++) {
			struct doubt *doubt = doubts_find(&question->reign->doubts, topic->name,
			    topic->partitions.items[j].partition_index);

			if (doubt != NULL)
				take_partition(question, doubt, &topic->partitions.items[j]);
		}
	}
}

/* What was asked and is not answered is to be asked again, in a while. */
static void
release(const struct question *question)
{
	const struct list_offsets_request *request = question->message.request;

	for (int32_t i = 0; i < request->topics.count; i++) {
		struct doubt *doubt = doubts_find(&question->reign->doubts,
		    request->topics.items[i].name,
		    request->topics.items[i].partitions.items->partition_index);

		if (doubt != NULL)
			doubt_not_answered(doubt, question->broker, question->broker_epoch);
	}
}

static void ask_for_prefixes(struct reign *reign);

static void
take_any(const struct question *question, const void *response)
{
	if (question->message.key == API_KEY_FETCH) {
		doubts_prefix_take(&question->reign->doubts, question->broker,
		    question->broker_epoch, question->message.request, response);
		return;
	}
	if (response != NULL)
		take(question, response);
	release(question);
	/* Without an answer the broker may be on its way out, its channel closed: the clock asks. */
	if (response != NULL)
		ask_for_prefixes(question->reign);
}

static void
on_answered(struct controller_message *message, const void *response)
{
	struct question *question = container_of(message, struct question, message);
	struct reign *reign = question->reign;

	if (!reign->is_over) {
		take_any(question, response);
		start_timer(reign);
		reign_post_once(reign, &job_doubts);
	}
	arena_fini(&question->message.arena);
	free(question);
}

/* -------------------------------------------------------------- questions */

/*
 * Who is in sync and has named no doubt is not: it is about to be elected, or is not online, and
 * one that finds its log gone only now takes the question for a sign that this is known here.
 */
static bool
is_asked(struct reign *reign, const struct context_partition *partition, int32_t broker)
{
	return context_replica_find(partition, broker) != NULL &&
	    (!context_isr_has(&partition->leadership, broker) ||
	    context_replica_is_doubtful(&reign->context, partition, broker));
}

/* One topic for each partition: they are few. */
static struct list_offsets_request *
make_request(struct reign *reign, const struct context_broker *broker, struct arena *arena)
{
	struct list_offsets_request *request = arena_new(arena, sizeof(*request));
	size_t room = reign->doubts.all.count;

	*request = list_offsets_request_defaults;
	request->replica_id = TOOL;
	request->isolation_level = READ_COMMITTED;
	request->topics.items = arena_array(arena, MAX(room, 1), sizeof(*request->topics.items));
	DOUBTS_FOREACH(link, &reign->doubts) {
		struct doubt *doubt = doubt_of(link);
		const struct context_partition *partition = doubt_partition(doubt, &reign->context);
		struct list_offsets_request_list_offsets_topic *topic =
		    &request->topics.items[request->topics.count];

		if (partition == NULL || !is_asked(reign, partition, broker->id) ||
		    !doubt_asks(doubt, broker->id, broker->epoch))
			continue;
		*topic = list_offsets_request_list_offsets_topic_defaults;
		topic->name = slice_of(arena_text(arena, doubt->topic.bytes, doubt->topic.size),
		    doubt->topic.size);
		topic->partitions.items = arena_new(arena, sizeof(*topic->partitions.items));
		topic->partitions.count = 1;
		*topic->partitions.items = list_offsets_request_list_offsets_partition_defaults;
		topic->partitions.items->partition_index = doubt->index;
		topic->partitions.items->timestamp = LATEST;
		request->topics.count++;
	}
	return request;
}

static struct question *
make_question(struct reign *reign, const struct context_broker *broker, int16_t key, int16_t version)
{
	struct question *question = memory_new(sizeof(*question));

	question->reign = reign;
	question->broker = broker->id;
	question->broker_epoch = broker->epoch;
	list_init(&question->message.link);
	arena_init(&question->message.arena, SIZE_MAX);
	question->message.key = key;
	question->message.version = version;
	question->message.answered = on_answered;
	return question;
}

/* Of `topics`; of none it is not sent. */
static void
send(struct question *question, void *request, int32_t topics)
{
	struct controller_channels *channels = question->reign->options->channels;

	question->message.request = request;
	if (topics == 0) {
		arena_fini(&question->message.arena);
		free(question);
	} else {
		channels->send(channels, question->broker, &question->message);
	}
}

static void
ask_broker(struct reign *reign, const struct context_broker *broker)
{
	struct question *question = make_question(reign, broker, API_KEY_LIST_OFFSETS, VERSION);
	struct list_offsets_request *request =
	    make_request(reign, broker, &question->message.arena);

	send(question, request, request->topics.count);
}

static void
ask_for_prefixes(struct reign *reign)
{
	for (size_t i = 0; reign->doubts.all.count > 0 && i < reign->context.broker_count; i++) {
		struct question *question = make_question(reign, reign->context.brokers[i],
		    API_KEY_FETCH, DOUBTS_PREFIX_VERSION);
		struct fetch_request *request = doubts_prefix_request(&reign->doubts,
		    &reign->context, question->broker, &question->message.arena);

		send(question, request, request->topics.count);
	}
}

void
doubts_ask(struct reign *reign)
{
	for (size_t i = 0; reign->doubts.all.count > 0 && i < reign->context.broker_count; i++)
		ask_broker(reign, reign->context.brokers[i]);
	ask_for_prefixes(reign);
}

/* ------------------------------------------------------------------- job */

/* Of those that wait, whoever has become clear by now. */
static struct job_partitions
find_clear(struct job *job)
{
	struct reign *reign = job->reign;
	struct job_partitions clear =
	    job_partitions_new(job, context_partition_count(&reign->context));

	DOUBTS_FOREACH(link, &reign->doubts) {
		struct doubt *doubt = doubt_of(link);
		struct context_partition *partition = doubt_partition(doubt, &reign->context);

		if (partition == NULL || !context_topic_is_kept(partition->topic) ||
		    (partition->state != PARTITION_OFFLINE && partition->state != PARTITION_NEW))
			doubts_end(&reign->doubts, doubt->topic, doubt->index);
		else if (doubts_winner(&reign->doubts, &reign->context, partition, true) !=
		    DOUBTS_NOBODY)
			clear.items[clear.count++] = partition;
	}
	return clear;
}

static void
elect(struct job *job)
{
	partition_changes_online(job, find_clear(job), LEADER_ELECTION_OFFLINE);
}

static job_step *const election_steps[] = { elect, reassign_resume_complete, NULL };

static void
look(struct job *job)
{
	if (find_clear(job).count > 0)
		job_call(job, election_steps);
	else
		job_next(job);
}

static job_step *const steps[] = { look, NULL };

const struct job_type job_doubts = { "partitions in doubt", steps, sizeof(struct job), NULL,
	JOB_LEADER_AND_ISR_RESPONSE };

static void
on_timer(struct timer *timer)
{
	struct reign *reign = container_of(timer, struct reign, doubts_timer);

	doubts_forget_failures(&reign->doubts);
	doubts_ask(reign);
}

void
doubts_ask_init(struct reign *reign)
{
	doubts_init(&reign->doubts, reign->context.topics.seed);
	timer_init(&reign->doubts_timer, on_timer);
}

void
doubts_ask_end(struct reign *reign)
{
	timer_stop(reign->options->world->control, &reign->doubts_timer);
}
