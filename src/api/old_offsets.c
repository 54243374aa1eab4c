#include "api/old_offsets.h"

typedef struct offset_commit_request_offset_commit_request_partition committed_partition;
typedef struct offset_commit_response_offset_commit_response_topic committed_topic;
typedef struct offset_fetch_request_offset_fetch_request_topic wanted_topic;
typedef struct offset_fetch_response_offset_fetch_response_topic told_topic;
typedef struct offset_fetch_response_offset_fetch_response_partition told_partition;

/* Which partition is at hand. */
struct old_offsets {
	struct request *request;
	int32_t topic, partition;
	struct consumer_offset_call call;
};

static bool
exists(const struct request *request, struct slice topic, int32_t partition)
{
	const struct image_topic *known = image_topic_find(request->view->image, topic);

	return known != NULL && image_partition_find(known, partition) != NULL;
}

static void
ask(struct old_offsets *it, struct slice group, struct slice topic, int32_t partition,
    void (*done)(struct consumer_offset_call *call))
{
	it->call.loop = it->request->loop;
	it->call.group = group;
	it->call.topic = topic;
	it->call.partition = partition;
	it->call.done = done;
	consumer_offsets_ask(request_services(it->request)->consumer_offsets, &it->call);
}

static struct old_offsets *
begin(struct request *request)
{
	struct old_offsets *it = request_new(request, sizeof(*it));

	it->request = request;
	return it;
}

/* ------------------------------------------------------------------ commit */

static void commit_next(struct old_offsets *it);

static void
finish_commit(struct old_offsets *it, int16_t code)
{
	struct offset_commit_response *response = it->request->response;

	response->topics.items[it->topic].partitions.items[it->partition++].error_code = code;
}

static void
committed(struct consumer_offset_call *call)
{
	struct old_offsets *it = container_of(call, struct old_offsets, call);

	finish_commit(it, call->failed ? KAFKA_ERROR_UNKNOWN_SERVER_ERROR : KAFKA_ERROR_NONE);
	commit_next(it);
}

/* False: it is out. */
static bool
commit_one(struct old_offsets *it, struct slice topic, const committed_partition *asked)
{
	const struct offset_commit_request *body = it->request->body;
	int32_t metadata_max = request_config(it->request)->groups.offset_metadata_max_bytes;

	if (!exists(it->request, topic, asked->partition_index)) {
		finish_commit(it, KAFKA_ERROR_UNKNOWN_TOPIC_OR_PARTITION);
	} else if (asked->committed_metadata.size > (size_t)MAX(metadata_max, 0)) {
		finish_commit(it, KAFKA_ERROR_OFFSET_METADATA_TOO_LARGE);
	} else {
		it->call.commits = true;
		it->call.offset = asked->committed_offset;
		ask(it, body->group_id, topic, asked->partition_index, committed);
		return false;
	}
	return true;
}

static void
commit_next(struct old_offsets *it)
{
	const struct offset_commit_request *body = it->request->body;

	for (; it->topic < body->topics.count; it->topic++, it->partition = 0)
		while (it->partition < body->topics.items[it->topic].partitions.count)
			if (!commit_one(it, body->topics.items[it->topic].name,
			    &body->topics.items[it->topic].partitions.items[it->partition]))
				return;
	request_answer(it->request);
}

void
old_offsets_commit(struct request *request)
{
	const struct offset_commit_request *body = request->body;
	struct offset_commit_response *response = request->response;
	int32_t topics = MAX(body->topics.count, 0);

	response->topics.items = request_array(request, (size_t)MAX(topics, 1),
	    sizeof(*response->topics.items));
	response->topics.count = topics;
	for (int32_t i = 0; i < topics; i++) {
		committed_topic *topic = &response->topics.items[i];
		int32_t count = MAX(body->topics.items[i].partitions.count, 0);

		topic->name = body->topics.items[i].name;
		topic->partitions.count = count;
		topic->partitions.items = request_array(request, (size_t)MAX(count, 1),
		    sizeof(*topic->partitions.items));
		for (int32_t j = 0; j < count; j++)
			topic->partitions.items[j].partition_index =
			    body->topics.items[i].partitions.items[j].partition_index;
	}
	commit_next(begin(request));
}

/* ------------------------------------------------------------------- fetch */

static void fetch_next(struct old_offsets *it);

static void
finish_fetch(struct old_offsets *it, int64_t offset, int16_t code)
{
	struct offset_fetch_response *response = it->request->response;
	told_partition *told =
	    &response->topics.items[it->topic].partitions.items[it->partition++];

	told->committed_offset = offset;
	told->error_code = code;
}

static void
fetched(struct consumer_offset_call *call)
{
	struct old_offsets *it = container_of(call, struct old_offsets, call);
	bool found = !call->failed && call->found;

	finish_fetch(it, found ? call->offset : -1, found ? KAFKA_ERROR_NONE :
	    call->failed ? KAFKA_ERROR_UNKNOWN_SERVER_ERROR :
	    KAFKA_ERROR_UNKNOWN_TOPIC_OR_PARTITION);
	fetch_next(it);
}

static void
fetch_next(struct old_offsets *it)
{
	const struct offset_fetch_request *body = it->request->body;

	for (; it->topic < body->topics.count; it->topic++, it->partition = 0) {
		const wanted_topic *wanted = &body->topics.items[it->topic];

		while (it->partition < wanted->partition_indexes.count) {
			int32_t index = wanted->partition_indexes.items[it->partition];

			if (exists(it->request, wanted->name, index)) {
				it->call.commits = false;
				ask(it, body->group_id, wanted->name, index, fetched);
				return;
			}
			finish_fetch(it, -1, KAFKA_ERROR_UNKNOWN_TOPIC_OR_PARTITION);
		}
	}
	request_answer(it->request);
}

void
old_offsets_fetch(struct request *request)
{
	const struct offset_fetch_request *body = request->body;
	struct offset_fetch_response *response = request->response;
	int32_t topics = MAX(body->topics.count, 0);

	response->topics.items = request_array(request, (size_t)MAX(topics, 1),
	    sizeof(*response->topics.items));
	response->topics.count = topics;
	for (int32_t i = 0; i < topics; i++) {
		const wanted_topic *wanted = &body->topics.items[i];
		told_topic *topic = &response->topics.items[i];
		int32_t count = MAX(wanted->partition_indexes.count, 0);

		topic->name = wanted->name;
		topic->partitions.count = count;
		topic->partitions.items = request_array(request, (size_t)MAX(count, 1),
		    sizeof(*topic->partitions.items));
		for (int32_t j = 0; j < count; j++) {
			topic->partitions.items[j] =
			    offset_fetch_response_offset_fetch_response_partition_defaults;
			topic->partitions.items[j].partition_index =
			    wanted->partition_indexes.items[j];
			topic->partitions.items[j].metadata = slice_of("", 0);
		}
	}
	fetch_next(begin(request));
}
