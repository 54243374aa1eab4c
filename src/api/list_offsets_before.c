#include "api/list_offsets_before.h"

#include <stdlib.h>
#include <string.h>

#include "api/find_partition.h"

struct before_question {
	struct request *request;
	struct before_piece *pieces;
	int count, left;
};

struct before_piece {
	struct before_question *of;
	struct list_offsets_response_list_offsets_partition_response *response;
	struct partition_list_offsets list;
};

static void
piece_done(struct before_piece *piece, int16_t code)
{
	piece->response->error_code = code;
	if (--piece->of->left == 0)
		request_answer(piece->of->request);
}

static void
answered(struct partition_operation *operation)
{
	struct before_piece *piece = container_of(operation, struct before_piece, list.operation);
	size_t count = (size_t)piece->list.offset_count;

	if (count > 0) {
		piece->response->old_style_offsets.items = request_array(piece->of->request, count,
		    sizeof(int64_t));
		memcpy(piece->response->old_style_offsets.items, piece->list.offsets,
		    count * sizeof(int64_t));
	}
	piece->response->old_style_offsets.count = (int32_t)count;
	free(piece->list.offsets);
	piece_done(piece, partition_status_code(operation->status));
}

static void
ask(struct before_piece *piece, struct slice topic,
    const struct list_offsets_request_list_offsets_partition *asked)
{
	struct request *request = piece->of->request;
	const struct list_offsets_request *body = request->body;
	struct partition_absence absence;
	struct partition *partition = find_partition(request, topic, asked->partition_index,
	    &absence);

	if (asked->timestamp < PARTITION_EARLIEST) {
		piece_done(piece, KAFKA_ERROR_UNSUPPORTED_VERSION);
	} else if (partition == NULL) {
		piece_done(piece, absence.code);
	} else if (asked->max_num_offsets < 0) {
		piece_done(piece, KAFKA_ERROR_UNKNOWN_SERVER_ERROR); /* as Kafka, which stumbles */
	} else {
		piece->list = (struct partition_list_offsets){
			.operation = { .loop = request->loop, .answered = answered },
			.timestamp = asked->timestamp,
			.any_replica = body->replica_id == REQUEST_OF_TOOL,
			.isolation = body->replica_id != -1 ? PARTITION_READ_LOG_END :
			    PARTITION_READ_UNCOMMITTED,
			.current_leader_epoch = -1,
			.before = true,
			.max_offsets = asked->max_num_offsets,
			.now_ms = clock_wall_ms(request_world(request)->clock),
		};
		partition_list_offsets(partition, &piece->list);
	}
}

static size_t
count_pieces(const struct list_offsets_request *body)
{
	size_t count = 0;

	for (int32_t i = 0; i < body->topics.count; i++)
		count += (size_t)MAX(body->topics.items[i].partitions.count, 0);
	return count;
}

static void
make_pieces(struct before_question *it)
{
	const struct list_offsets_request *body = it->request->body;
	struct list_offsets_response *response = it->request->response;
	int32_t topics = MAX(body->topics.count, 0);

	it->pieces = request_array(it->request, MAX(count_pieces(body), 1), sizeof(*it->pieces));
	response->topics.items = request_array(it->request, (size_t)MAX(topics, 1),
	    sizeof(*response->topics.items));
	response->topics.count = topics;
	for (int32_t i = 0; i < topics; i++) {
		struct list_offsets_response_list_offsets_topic_response *topic =
		    &response->topics.items[i];
		int32_t partitions = MAX(body->topics.items[i].partitions.count, 0);

		*topic = list_offsets_response_list_offsets_topic_response_defaults;
		topic->name = body->topics.items[i].name;
		topic->partitions.items = request_array(it->request, (size_t)MAX(partitions, 1),
		    sizeof(*topic->partitions.items));
		topic->partitions.count = partitions;
		for (int32_t j = 0; j < partitions; j++) {
			struct before_piece *piece = &it->pieces[it->count++];

			piece->of = it;
			piece->response = &topic->partitions.items[j];
			*piece->response = list_offsets_response_list_offsets_partition_response_defaults;
			piece->response->partition_index =
			    body->topics.items[i].partitions.items[j].partition_index;
		}
	}
}

/* A partition that comes twice is answered twice: no version told it otherwise before 1. */
void
list_offsets_before(struct request *request)
{
	const struct list_offsets_request *body = request->body;
	struct before_question *it = request_new(request, sizeof(*it));
	int at = 0;

	if (!request_has_room(request, count_pieces(body), sizeof(*it->pieces))) {
		request_close(request, REQUEST_WITHOUT_ROOM);
		return;
	}
	it->request = request;
	make_pieces(it);
	it->left = it->count + 1;
	for (int32_t i = 0; i < body->topics.count; i++)
		for (int32_t j = 0; j < body->topics.items[i].partitions.count; j++)
			ask(&it->pieces[at++], body->topics.items[i].name,
			    &body->topics.items[i].partitions.items[j]);
	if (--it->left == 0)
		request_answer(request);
}
