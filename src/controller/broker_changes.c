#include <inttypes.h>

#include "controller/broker_list.h"
#include "controller/deletion.h"
#include "controller/jobs.h"
#include "controller/offline.h"
#include "controller/partition_changes.h"
#include "controller/reassign.h"
#include "controller/replica_changes.h"
#include "controller/responses.h"

static void
log_news(struct reign *reign, const struct broker_list_entry *entry, const char *what)
{
	log_info(reign->options->world->logger, "controller epoch %" PRId32 ": broker %" PRId32 " %s",
	    reign->epoch, entry->id, what);
}

static bool
is_out(const struct broker_list_entry *entry)
{
	return entry->news == BROKER_GONE || entry->news == BROKER_BOUNCED;
}

static bool
is_in(const struct broker_list_entry *entry)
{
	return entry->news == BROKER_NEW || entry->news == BROKER_BOUNCED;
}

static void
remove_broker(struct reign *reign, const struct broker_list_entry *entry)
{
	struct controller_channels *channels = reign->options->channels;

	log_news(reign, entry, entry->news == BROKER_GONE ? "is gone" : "was away");
	channels->close(channels, entry->id);
	reign_unwatch_broker(reign, context_broker_find(&reign->context, entry->id));
	context_broker_remove(&reign->context, entry->id);
}

/* Whatever its log dirs were, it has to tell again. */
static void
forget_dirs(struct job_replicas replicas)
{
	for (size_t i = 0; i < replicas.count; i++) {
		struct context_replica *replica =
		    context_replica_find(replicas.items[i].partition, replicas.items[i].broker);

		replica->dir_offline = replica->tells_offline = false;
	}
}

static void
brokers_out(struct job *job)
{
	struct reign *reign = job->reign;
	struct broker_list *list = job->broker_list;
	struct job_replicas replicas;
	size_t room = context_partition_count(&reign->context), out = 0;

	for (size_t i = 0; i < list->count; i++)
		out += is_out(&list->entries[i]);
	if (out == 0) {
		job_next(job);
		return;
	}
	replicas = job_replicas_new(job, room * out);
	for (size_t i = 0; i < list->count; i++) {
		struct job_replicas of_broker;

		if (!is_out(&list->entries[i]))
			continue;
		of_broker = job_replicas_of_broker(job, list->entries[i].id);
		forget_dirs(of_broker);
		for (size_t j = 0; j < of_broker.count; j++)
			replicas.items[replicas.count++] = of_broker.items[j];
		remove_broker(reign, &list->entries[i]);
	}
	replicas_became_offline(job, replicas);
}

static void
tell_new_broker(struct reign *reign, int32_t id)
{
#ifdef CANARY_NEWCOMER_HEARS_NOTHING
	return;
#endif
	outgoing_metadata_to(&reign->outgoing, id);
	CONTEXT_TOPICS_FOREACH(link, &reign->context) {
		struct context_topic *topic = context_topic_of(link);

		for (int32_t i = 0; i < topic->partition_count; i++)
			outgoing_metadata_of(&reign->outgoing, topic->partitions[i]);
	}
	reign_send(reign);
}

static bool
is_newcomer(const struct broker_list *list, int32_t id)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->entries[i].id == id)
			return is_in(&list->entries[i]);
	return false;
}

/* Who is alive now, and where. */
static void
tell_old_brokers(struct reign *reign, const struct broker_list *list)
{
	const struct context *context = &reign->context;

	for (size_t i = 0; i < context->broker_count; i++)
		if (!is_newcomer(list, context->brokers[i]->id))
			outgoing_metadata_to(&reign->outgoing, context->brokers[i]->id);
	reign_send(reign);
}

/* Those that it leads, and that it had no doubts of. */
static struct job_partitions
led_without_doubt(struct job *job, int32_t id)
{
	struct context *context = &job->reign->context;
	struct job_partitions led = job_partitions_new(job, context_partition_count(context));

	CONTEXT_TOPICS_FOREACH(link, context) {
		struct context_topic *topic = context_topic_of(link);

		for (int32_t i = 0; i < topic->partition_count; i++)
			if (topic->partitions[i]->state == PARTITION_ONLINE &&
			    topic->partitions[i]->leadership.leader == id &&
			    !context_replica_is_doubtful(context, topic->partitions[i], id))
				led.items[led.count++] = topic->partitions[i];
	}
	return led;
}

/* It was to lead, and has found that its log is not there (F18): others are asked. */
static void
withhold_doubtful(struct reign *reign, struct job_partitions led, int32_t id)
{
	size_t count = 0;

	for (size_t i = 0; i < led.count; i++) {
		struct context_partition *partition = led.items[i];

		if (!context_replica_is_doubtful(&reign->context, partition, id))
			continue;
		partition->leader_is_withheld = true;
		partition->leadership.leader = CONTEXT_NO_LEADER;
		led.items[count++] = partition;
	}
	led.count = count;
	partition_changes_set(reign, led, PARTITION_OFFLINE);
}

static bool
take(struct job *job, struct broker_list_entry *entry)
{
	struct job_partitions led = { NULL, 0 };

	if (entry->news == BROKER_CHANGED)
		led = led_without_doubt(job, entry->id);
	if (!broker_list_take(job, entry))
		return false;
	withhold_doubtful(job->reign, led, entry->id);
	return true;
}

/* The old ones hear of the new ones; the first that the new ones hear is everything. */
static void
brokers_in(struct job *job)
{
	struct reign *reign = job->reign;
	struct broker_list *list = job->broker_list;
	bool changed = false;

	for (size_t i = 0; i < list->count; i++) {
		struct broker_list_entry *entry = &list->entries[i];

		if (entry->news != BROKER_CHANGED && !is_in(entry))
			continue;
		if (!take(job, entry))
			continue;
		changed = true;
		log_news(reign, entry, is_in(entry) ? "is there" : "has another registration");
	}
	if (changed)
		tell_old_brokers(reign, list);
	for (size_t i = 0; i < list->count; i++)
		if (is_in(&list->entries[i]))
			tell_new_broker(reign, list->entries[i].id);
	job_wait(job);
}

static void
replicas_in(struct job *job)
{
	struct broker_list *list = job->broker_list;
	size_t in = 0;

	for (size_t i = 0; i < list->count; i++) {
		if (!is_in(&list->entries[i]))
			continue;
		replica_changes_set(job->reign, job_replicas_of_broker(job, list->entries[i].id),
		    REPLICA_ONLINE);
		deletion_allow_of_broker(job->reign, list->entries[i].id);
		in++;
	}
	for (size_t i = 0; i < list->count; i++)
		in += list->entries[i].news == BROKER_CHANGED;
	if (in > 0)
		partition_changes_online_all(job);
	else
		job_next(job);
}

/* What moves to those that are there now. */
static void
reassignments_in(struct job *job)
{
	const struct broker_list *list = job->broker_list;
	int32_t *ids = arena_array(&job->arena, MAX(list->count, 1), sizeof(*ids));
	size_t count = 0;

	for (size_t i = 0; i < list->count; i++)
		if (is_in(&list->entries[i]))
			ids[count++] = list->entries[i].id;
	reassign_resume_of_brokers(job, ids, count);
}

static job_step *const steps[] = { broker_list_read, brokers_out, brokers_in, replicas_in,
	reassignments_in, deletion_resume, NULL };

const struct job_type job_broker_changes = { "broker changes", steps, sizeof(struct job), NULL,
	JOB_BROKER_CHANGE };
