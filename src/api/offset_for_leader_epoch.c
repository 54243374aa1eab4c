/* OffsetForLeaderEpoch (protocol.md 13, KIP-101): each partition is asked, all at once. */
#include "api/find_partition.h"

typedef struct offset_for_leader_epoch_request_offset_for_leader_partition asked_partition;
typedef struct offset_for_leader_epoch_response_epoch_end_offset told_partition;
typedef struct offset_for_leader_epoch_response_offset_for_leader_topic_result told_topic;

struct epoch_question {
	struct request *request;
	struct epoch_piece *pieces;
	int count, left;
};

struct epoch_piece {
	struct epoch_question *of;
	told_partition *told;
	struct partition_epoch_end end;
};

static void
piece_done(struct epoch_piece *piece, int16_t code)
{
	piece->told->error_code = code;
	if (--piece->of->left == 0)
		request_answer(piece->of->request);
}

static void
answered(struct partition_operation *operation)
{
	struct epoch_piece *piece = container_of(operation, struct epoch_piece, end.operation);

	piece->told->leader_epoch = piece->end.found_epoch;
	piece->told->end_offset = piece->end.found_end_offset;
	piece_done(piece, partition_status_code(operation->status));
}

static void
ask(struct epoch_question *it, struct slice topic, const asked_partition *asked,
    told_partition *told)
{
	struct epoch_piece *piece = &it->pieces[it->count++];
	struct partition_absence absence;
	struct partition *partition = find_partition(it->request, topic, asked->partition, &absence);

	*told = offset_for_leader_epoch_response_epoch_end_offset_defaults;
	told->partition = asked->partition;
	piece->of = it;
	piece->told = told;
	it->left++;
	if (partition == NULL) {
		piece_done(piece, absence.code);
		return;
	}
	piece->end = (struct partition_epoch_end){
		.operation = { .loop = it->request->loop, .answered = answered },
		.current_leader_epoch = asked->current_leader_epoch,
		.leader_epoch = asked->leader_epoch,
	};
	partition_epoch_end(partition, &piece->end);
}

static size_t
count_pieces(const struct offset_for_leader_epoch_request *body)
{
	size_t count = 0;

	for (int32_t i = 0; i < body->topics.count; i++)
		count += (size_t)MAX(body->topics.items[i].partitions.count, 0);
	return count;
}

static void
ask_all(struct epoch_question *it)
{
	const struct offset_for_leader_epoch_request *body = it->request->body;
	struct offset_for_leader_epoch_response *response = it->request->response;
	int32_t topics = MAX(body->topics.count, 0);

	response->topics.items = request_array(it->request, (size_t)MAX(topics, 1),
	    sizeof(*response->topics.items));
	response->topics.count = topics;
	for (int32_t i = 0; i < topics; i++) {
		told_topic *topic = &response->topics.items[i];
		int32_t count = MAX(body->topics.items[i].partitions.count, 0);

		*topic = offset_for_leader_epoch_response_offset_for_leader_topic_result_defaults;
		topic->topic = body->topics.items[i].topic;
		topic->partitions.items = request_array(it->request, (size_t)MAX(count, 1),
		    sizeof(*topic->partitions.items));
		topic->partitions.count = count;
		for (int32_t j = 0; j < count; j++)
			ask(it, topic->topic, &body->topics.items[i].partitions.items[j],
			    &topic->partitions.items[j]);
	}
}

void
api_offset_for_leader_epoch(struct request *request)
{
	struct epoch_question *it = request_new(request, sizeof(*it));
	size_t count = count_pieces(request->body);

	if (!request_has_room(request, count, sizeof(*it->pieces))) {
		request_close(request, REQUEST_WITHOUT_ROOM);
		return;
	}
	it->request = request;
	it->pieces = request_array(request, MAX(count, 1), sizeof(*it->pieces));
	it->left = 1;
	ask_all(it);
	if (--it->left == 0)
		request_answer(request);
}
