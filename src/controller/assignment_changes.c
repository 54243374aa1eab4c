#include <inttypes.h>

#include "controller/jobs.h"
#include "controller/new_partitions.h"
#include "controller/partition_changes.h"
#include "controller/topic_list.h"

struct assignment_changes {
	struct job job;
	struct topic_list_entry *entries;
	size_t count;
	size_t added; /* partitions */
};

static void
quarantine(struct reign *reign, struct context_topic *topic, const char *why)
{
	log_error(reign->options->world->logger,
	    "/brokers/topics/%.*s cannot be read, the topic stays as it was: %s",
	    (int)topic->name.size, (const char *)topic->name.bytes, why);
	if (topic->partition_count == 0)
		topic->is_quarantined = true;
}

static void
on_topic(struct job *job, void *item, const struct coord_answer *answer)
{
	struct topic_list_entry *entry = item;
	struct context_topic *topic = entry->topic;
	struct payload_complaint complaint;

	entry->topic = NULL;
	if (answer->error == ZNODE_NO_NODE)
		return; /* which the list of topics shows */
	if (answer->error != ZNODE_OK) {
		quarantine(job->reign, topic, "ZooKeeper refuses it");
		return;
	}
	char *copy = arena_text(&job->arena, answer->data.bytes, answer->data.size);
	if (payload_topic_decode(slice_of(copy, answer->data.size), &job->arena, &entry->payload,
	    &complaint) != ERROR_NONE) {
		quarantine(job->reign, topic, complaint.text);
		return;
	}
	if (topic_fault(&entry->payload) != NULL) {
		quarantine(job->reign, topic, topic_fault(&entry->payload));
		return;
	}
	entry->topic = topic;
	entry->version = answer->stat.version;
}

static void
read_topics(struct job *job)
{
	struct assignment_changes *it = container_of(job, struct assignment_changes, job);
	struct context *context = &job->reign->context;

	it->entries = arena_array(&job->arena, MAX(context->topics.count, 1), sizeof(*it->entries));
	CONTEXT_TOPICS_FOREACH(link, context) {
		struct context_topic *topic = context_topic_of(link);

		if (!topic->is_changed)
			continue;
		topic->is_changed = false;
		it->entries[it->count].topic = topic;
		job_get(job, job_path(job, &(struct paths_place){ .kind = PATHS_TOPIC,
		    .name = topic->name }), on_topic, &it->entries[it->count++]);
	}
	job_wait(job);
}

static void
on_written(struct job *job, void *item, enum znode_error error,
    const struct znode_result *result UNUSED)
{
	struct context_topic *topic = item;

	if (error == ZNODE_OK)
		return;
	topic->is_changed = true;
	reign_post_once(job->reign, &job_assignment_changes);
}

static void
write_topic(struct job *job, struct topic_list_entry *entry)
{
	struct buffer data;

	buffer_init(&data);
	payload_topic_encode(&entry->payload, &data);
	job_write(job, &(struct znode_operation){ .type = ZNODE_OP_SET_DATA,
	    .path = job_path(job, &(struct paths_place){ .kind = PATHS_TOPIC,
	    .name = entry->topic->name }), .data = job_take_data(job, &data),
	    .version = entry->version }, on_written, entry->topic);
}

/* Made anew under the same name, faster than we looked. */
static bool
is_another(const struct context_topic *topic, struct uuid id)
{
	return !uuid_is_zero(topic->id) && !uuid_is_zero(id) && !uuid_equal(topic->id, id);
}

static size_t
count_new(const struct context_topic *topic, const struct payload_topic *payload)
{
	size_t count = 0;

	for (size_t i = 0; i < payload->partitions.count; i++)
		count += context_partition_find(topic, payload->partitions.entries[i].partition) == NULL;
	return count;
}

/* A topic that is being deleted does not grow: what was added is taken away. */
static void
restore(struct job *job, struct topic_list_entry *entry)
{
	const struct payload_assignments *written = &entry->payload.partitions;
	struct payload_assignment *kept =
	    arena_array(&job->arena, MAX(written->count, 1), sizeof(*kept));
	size_t count = 0;

	for (size_t i = 0; i < written->count; i++)
		if (context_partition_find(entry->topic, written->entries[i].partition) != NULL)
			kept[count++] = written->entries[i];
	entry->payload.partitions = (struct payload_assignments){ kept, count };
	write_topic(job, entry);
}

static void
compare(struct job *job, struct topic_list_entry *entry)
{
	struct assignment_changes *it = container_of(job, struct assignment_changes, job);
	struct context_topic *topic = entry->topic;

	if (is_another(topic, entry->payload.topic_id)) {
		log_warn(job->reign->options->world->logger, "topic %.*s has another id now",
		    (int)topic->name.size, (const char *)topic->name.bytes);
		reign_forget_topic(job->reign, topic);
		entry->topic = NULL;
		reign_post_once(job->reign, &job_topic_changes);
		return;
	}
	topic->is_quarantined = false;
	if (uuid_is_zero(entry->payload.topic_id)) {
		entry->payload.topic_id =
		    uuid_is_zero(topic->id) ? topic_id_new(job->reign) : topic->id;
		write_topic(job, entry);
	}
	if (uuid_is_zero(topic->id))
		context_topic_set_id(&job->reign->context, topic, entry->payload.topic_id);
	if (count_new(topic, &entry->payload) == 0)
		return;
	if (topic->to_delete)
		restore(job, entry);
	else
		it->added += count_new(topic, &entry->payload);
}

static void
compare_all(struct job *job)
{
	struct assignment_changes *it = container_of(job, struct assignment_changes, job);

	for (size_t i = 0; i < it->count; i++)
		if (it->entries[i].topic != NULL)
			compare(job, &it->entries[i]);
	job_wait(job);
}

static void
begin_partitions(struct job *job)
{
	struct assignment_changes *it = container_of(job, struct assignment_changes, job);
	struct job_partitions partitions = job_partitions_new(job, it->added);

	for (size_t i = 0; i < it->count; i++)
		if (it->entries[i].topic != NULL && !it->entries[i].topic->to_delete)
			partitions.count += topic_take_partitions(it->entries[i].topic,
			    &it->entries[i].payload, &partitions.items[partitions.count]);
	new_partitions_begin(job, partitions);
}

static job_step *const steps[] = { read_topics, compare_all, begin_partitions, NULL };

const struct job_type job_assignment_changes = { "assignment changes", steps,
	sizeof(struct assignment_changes), NULL, JOB_TOPIC_CHANGE };
