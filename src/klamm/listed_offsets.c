#include "klamm/listed_offsets.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "wire/kafka_error.h"

typedef struct metadata_request_metadata_request_topic topic_asked;
typedef struct metadata_response_metadata_response_topic topic_metadata;
typedef struct metadata_response_metadata_response_partition partition_metadata;
typedef struct list_offsets_request_list_offsets_topic list_topic;
typedef struct list_offsets_request_list_offsets_partition list_partition;
typedef struct list_offsets_response_list_offsets_topic_response listed_topic;
typedef struct list_offsets_response_list_offsets_partition_response listed_partition;

void
listed_offsets_init(struct listed_offsets *offsets)
{
	*offsets = (struct listed_offsets){ NULL, 0 };
}

void
listed_offsets_fini(struct listed_offsets *offsets)
{
	for (size_t i = 0; i < offsets->count; i++)
		free(offsets->items[i].topic);
	free(offsets->items);
	listed_offsets_init(offsets);
}

void
listed_offsets_add(struct listed_offsets *offsets, struct slice topic, int32_t partition)
{
	if ((offsets->count & (offsets->count - 1)) == 0) /* full: 0, 1, 2, 4, ... */
		offsets->items = memory_resize(offsets->items,
		    MAX(2 * offsets->count, 1) * sizeof(*offsets->items));
	offsets->items[offsets->count++] = (struct listed_offset){
		memory_text(topic.bytes, topic.size), partition, -1, -1,
	};
}

static int
compare(const void *a, const void *b)
{
	const struct listed_offset *first = a, *second = b;
	int order = strcmp(first->topic, second->topic);

	if (order != 0)
		return order;
	return (first->partition > second->partition) - (first->partition < second->partition);
}

void
listed_offsets_sort(struct listed_offsets *offsets)
{
	size_t kept = 0;

	if (offsets->count == 0)
		return;
	qsort(offsets->items, offsets->count, sizeof(*offsets->items), compare);
	for (size_t i = 1; i < offsets->count; i++) {
		if (compare(&offsets->items[kept], &offsets->items[i]) == 0)
			free(offsets->items[i].topic);
		else
			offsets->items[++kept] = offsets->items[i];
	}
	offsets->count = kept + 1;
}

struct listed_offset *
listed_offsets_find(const struct listed_offsets *offsets, struct slice topic, int32_t partition)
{
	char *text = memory_text(topic.bytes, topic.size);
	struct listed_offset key = { text, partition, -1, -1 };
	struct listed_offset *found = offsets->count == 0 ? NULL
		: bsearch(&key, offsets->items, offsets->count, sizeof(key), compare);

	free(text);
	return found;
}

/* ---------------------------------------------------------------- leaders */

static void
take_leaders(struct listed_offsets *offsets, const struct metadata_response *response)
{
	for (int32_t i = 0; i < response->topics.count; i++) {
		const topic_metadata *topic = &response->topics.items[i];

		for (int32_t j = 0; j < topic->partitions.count; j++) {
			const partition_metadata *partition = &topic->partitions.items[j];
			struct listed_offset *it = listed_offsets_find(offsets, topic->name,
			    partition->partition_index);

			if (it != NULL)
				it->leader_id = partition->leader_id;
		}
	}
}

static enum error
ask_leaders(struct listed_offsets *offsets, struct client *client)
{
	static const struct request_kind kind = { &metadata_request_type, 4, 12 };
	struct metadata_request request = metadata_request_defaults;
	struct metadata_response response;
	struct answer answer;

	request.allow_auto_topic_creation = false;
	request.topics.items = memory_array(offsets->count, sizeof(topic_asked));
	for (size_t i = 0; i < offsets->count; i++) {
		if (i > 0 && strcmp(offsets->items[i].topic, offsets->items[i - 1].topic) == 0)
			continue;
		request.topics.items[request.topics.count] =
		    metadata_request_metadata_request_topic_defaults;
		request.topics.items[request.topics.count++].name =
		    slice_of_text(offsets->items[i].topic);
	}
	answer_init(&answer);
	enum error error = client_call(client, CLIENT_ANY_BROKER, &kind, &request, &answer,
	    &response);
	if (error == ERROR_NONE)
		take_leaders(offsets, &response);
	answer_fini(&answer);
	free(request.topics.items);
	return error == ERROR_NONE ? client_learn(client) : error;
}

/* ---------------------------------------------------------------- offsets */

static void
take_offsets(struct listed_offsets *offsets, const struct list_offsets_response *response)
{
	for (int32_t i = 0; i < response->topics.count; i++) {
		const listed_topic *topic = &response->topics.items[i];

		for (int32_t j = 0; j < topic->partitions.count; j++) {
			const listed_partition *partition = &topic->partitions.items[j];
			struct listed_offset *it = listed_offsets_find(offsets, topic->name,
			    partition->partition_index);

			if (it != NULL && partition->error_code == KAFKA_ERROR_NONE)
				it->offset = partition->offset;
		}
	}
}

/* Those partitions that a broker leads; their arrays lie in `partitions`, which has room for all. */
static void
fill_request(const struct listed_offsets *offsets, int32_t leader_id, int64_t timestamp,
    list_topic *topics, list_partition *partitions, struct list_offsets_request *request)
{
	const char *name = NULL;
	list_topic *topic = NULL;

	*request = list_offsets_request_defaults;
	request->replica_id = -1; /* a client */
	request->topics.items = topics;
	for (size_t i = 0; i < offsets->count; i++) {
		const struct listed_offset *it = &offsets->items[i];

		if (it->leader_id != leader_id)
			continue;
		if (name == NULL || strcmp(name, it->topic) != 0) {
			name = it->topic;
			topic = &topics[request->topics.count++];
			*topic = list_offsets_request_list_offsets_topic_defaults;
			topic->name = slice_of_text(name);
			topic->partitions.items = partitions;
		}
		*partitions = list_offsets_request_list_offsets_partition_defaults;
		partitions->partition_index = it->partition;
		partitions->timestamp = timestamp;
		partitions++;
		topic->partitions.count++;
	}
}

static enum error
ask_leader(struct listed_offsets *offsets, struct client *client, int32_t leader_id,
    int64_t timestamp)
{
	static const struct request_kind kind = { &list_offsets_request_type, 1, 9 };
	list_topic *topics = memory_array(offsets->count, sizeof(*topics));
	list_partition *partitions = memory_array(offsets->count, sizeof(*partitions));
	struct list_offsets_request request;
	struct list_offsets_response response;
	struct answer answer;

	fill_request(offsets, leader_id, timestamp, topics, partitions, &request);
	answer_init(&answer);
	enum error error = client_call(client, leader_id, &kind, &request, &answer, &response);
	if (error == ERROR_NONE)
		take_offsets(offsets, &response);
	answer_fini(&answer);
	free(topics);
	free(partitions);
	return error;
}

/* Was this item's leader asked for an item before it? */
static bool
leader_was_asked(const struct listed_offsets *offsets, size_t at)
{
	for (size_t i = 0; i < at; i++) {
		if (offsets->items[i].leader_id == offsets->items[at].leader_id)
			return true;
	}
	return false;
}

enum error
listed_offsets_ask(struct listed_offsets *offsets, struct client *client, int64_t timestamp)
{
	if (offsets->count == 0)
		return ERROR_NONE;
	enum error error = ask_leaders(offsets, client);
	for (size_t i = 0; i < offsets->count && error == ERROR_NONE; i++) {
		int32_t leader_id = offsets->items[i].leader_id;

		if (leader_id >= 0 && !leader_was_asked(offsets, i))
			error = ask_leader(offsets, client, leader_id, timestamp);
	}
	return error;
}
