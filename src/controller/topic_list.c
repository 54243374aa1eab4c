#include "controller/topic_list.h"

#include "controller/jobs.h"
#include "controller/partition_changes.h"

struct uuid
topic_id_new(struct reign *reign)
{
	uint8_t random[16];
	struct uuid id;

	do
		entropy_fill(reign->options->world->entropy, random, sizeof(random));
	while (!uuid_from_random(random, &id));
	return id;
}

static bool
has_twice(struct payload_int32_list list)
{
	for (size_t i = 0; i < list.count; i++)
		for (size_t j = 0; j < i; j++)
			if (list.values[i] == list.values[j])
				return true;
	return false;
}

const char *
topic_fault(const struct payload_topic *payload)
{
	for (size_t i = 0; i < payload->partitions.count; i++) {
		if (payload->partitions.entries[i].replicas.count == 0)
			return "a partition has no replica";
		if (has_twice(payload->partitions.entries[i].replicas))
			return "a partition has a broker twice";
	}
	return NULL;
}

size_t
topic_take_partitions(struct context_topic *topic, const struct payload_topic *payload,
    struct context_partition **added)
{
	size_t count = 0;

	for (size_t i = 0; i < payload->partitions.count; i++) {
		const struct payload_assignment *assignment = &payload->partitions.entries[i];
		struct context_partition *partition;

		if (context_partition_find(topic, assignment->partition) != NULL)
			continue;
		partition = context_partition_add(topic, assignment->partition, assignment->replicas);
		context_partition_set_reassignment(partition,
		    payload_assignments_find(payload->adding_replicas, assignment->partition),
		    payload_assignments_find(payload->removing_replicas, assignment->partition));
		if (added != NULL)
			added[count] = partition;
		count++;
	}
	return count;
}

static void
quarantine(struct job *job, struct context_topic *topic, const char *why)
{
	topic->is_quarantined = true;
	log_error(job->reign->options->world->logger,
	    "/brokers/topics/%.*s cannot be read, the topic is left alone: %s",
	    (int)topic->name.size, (const char *)topic->name.bytes, why);
}

static void
on_topic(struct job *job, void *item, const struct coord_answer *answer)
{
	struct topic_list_entry *entry = item;
	struct payload_complaint complaint;

	if (answer->error == ZNODE_NO_NODE) {
		reign_forget_topic(job->reign, entry->topic);
		entry->topic = NULL;
		return;
	}
	if (answer->error != ZNODE_OK) {
		quarantine(job, entry->topic, "ZooKeeper refuses it");
		return;
	}
	char *copy = arena_text(&job->arena, answer->data.bytes, answer->data.size);
	if (payload_topic_decode(slice_of(copy, answer->data.size), &job->arena, &entry->payload,
	    &complaint) != ERROR_NONE) {
		quarantine(job, entry->topic, complaint.text);
		return;
	}
	if (topic_fault(&entry->payload) != NULL) {
		quarantine(job, entry->topic, topic_fault(&entry->payload));
		return;
	}
	entry->version = answer->stat.version;
	if (!uuid_is_zero(entry->payload.topic_id) &&
	    context_topic_find_id(&job->reign->context, entry->payload.topic_id) != NULL)
		quarantine(job, entry->topic, "another topic has the same id");
	else
		context_topic_set_id(&job->reign->context, entry->topic, entry->payload.topic_id);
}

/* Somebody else has written: read it once more. */
static void
on_id_written(struct job *job, void *item, enum znode_error error,
    const struct znode_result *result UNUSED)
{
	struct topic_list_entry *entry = item;

	if (error == ZNODE_OK) {
		context_topic_set_id(&job->reign->context, entry->topic, entry->payload.topic_id);
		return;
	}
	entry->topic->is_changed = true;
	reign_post_once(job->reign, &job_assignment_changes);
}

static void
give_ids(struct job *job)
{
	struct topic_list *list = job->topic_list;

	for (size_t i = 0; i < list->count; i++) {
		struct topic_list_entry *entry = &list->entries[i];
		struct buffer data;

		if (entry->topic == NULL || entry->topic->is_quarantined)
			continue;
		topic_take_partitions(entry->topic, &entry->payload, NULL);
		if (!uuid_is_zero(entry->payload.topic_id))
			continue;
		entry->payload.topic_id = topic_id_new(job->reign);
		buffer_init(&data);
		payload_topic_encode(&entry->payload, &data);
		job_write(job, &(struct znode_operation){ .type = ZNODE_OP_SET_DATA,
		    .path = job_path(job, &(struct paths_place){ .kind = PATHS_TOPIC,
		    .name = entry->topic->name }), .data = job_take_data(job, &data),
		    .version = entry->version }, on_id_written, entry);
	}
	job_wait(job);
}

static void
read_all(struct job *job)
{
	struct topic_list *list = job->topic_list;

	for (size_t i = 0; i < list->count; i++)
		job_get(job, job_path(job, &(struct paths_place){ .kind = PATHS_TOPIC,
		    .name = list->entries[i].topic->name }), on_topic, &list->entries[i]);
	job_wait(job);
}

static job_step *const load_steps[] = { read_all, give_ids, NULL };

void
topic_list_load(struct job *job, const struct slice *names, size_t count)
{
	struct topic_list *list = arena_new(&job->arena, sizeof(*list));

	list->entries = arena_array(&job->arena, MAX(count, 1), sizeof(*list->entries));
	list->count = count;
	for (size_t i = 0; i < count; i++) {
		list->entries[i].topic = context_topic_add(&job->reign->context, names[i],
		    (struct uuid){ { 0 } });
		reign_watch_topic(job->reign, list->entries[i].topic);
	}
	job->topic_list = list;
	job_call(job, load_steps);
}

struct job_partitions
topic_list_partitions(struct job *job)
{
	struct topic_list *list = job->topic_list;
	struct job_partitions partitions;
	size_t room = 0;

	for (size_t i = 0; i < list->count; i++)
		if (list->entries[i].topic != NULL)
			room += (size_t)list->entries[i].topic->partition_count;
	partitions = job_partitions_new(job, room);
	for (size_t i = 0; i < list->count; i++) {
		const struct context_topic *topic = list->entries[i].topic;

		for (int32_t j = 0; topic != NULL && j < topic->partition_count; j++)
			partitions.items[partitions.count++] = topic->partitions[j];
	}
	return partitions;
}
