/* ListOffsets (protocol.md 8): each partition is asked, all at once. */
#include <stdlib.h>

#include "api/ask.h"
#include "api/find_partition.h"
#include "api/list_offsets_before.h"

enum { READ_COMMITTED = 1 };

struct offsets_question {
	struct request *request;
	struct offsets_piece *pieces;
	int count, left;
};

struct offsets_piece {
	struct offsets_question *of;
	struct slice topic;
	const struct list_offsets_request_list_offsets_partition *asked;
	bool repeats;                    /* another piece asks the same partition */
	struct list_offsets_response_list_offsets_partition_response *response;
	struct partition_list_offsets list;
};

static void
piece_done(struct offsets_piece *piece, int16_t code)
{
	struct request *request = piece->of->request;

	/* OFFSET_NOT_AVAILABLE came with version 5 (protocol.md 4). */
	if (code == KAFKA_ERROR_OFFSET_NOT_AVAILABLE && request->version <= 4)
		code = KAFKA_ERROR_LEADER_NOT_AVAILABLE;
	piece->response->error_code = code;
	if (--piece->of->left == 0)
		request_answer(request);
}

static void
answered(struct partition_operation *operation)
{
	struct offsets_piece *piece = container_of(operation, struct offsets_piece, list.operation);

	if (operation->status == PARTITION_OK) {
		piece->response->offset = piece->list.found_offset;
		piece->response->timestamp = piece->list.found_timestamp;
		if (piece->of->request->version >= 4)
			piece->response->leader_epoch = piece->list.found_leader_epoch;
	}
	piece_done(piece, partition_status_code(operation->status));
}

static bool
timestamp_is_known(int16_t version, int64_t timestamp)
{
	return timestamp >= PARTITION_EARLIEST || (timestamp == PARTITION_MAX_TIMESTAMP && version >= 7) ||
	    (timestamp == PARTITION_EARLIEST_LOCAL && version >= 8) ||
	    (timestamp == PARTITION_LATEST_TIERED && version >= 9);
}

static int
compare(const void *a, const void *b)
{
	const struct offsets_piece *one = *(struct offsets_piece *const *)a;
	const struct offsets_piece *other = *(struct offsets_piece *const *)b;
	int order = slice_compare(one->topic, other->topic);

	return order != 0 ? order : (one->asked->partition_index > other->asked->partition_index) -
	    (one->asked->partition_index < other->asked->partition_index);
}

/* In any of its topics: one may come twice too. */
static void
mark_repeats(struct offsets_question *it)
{
	struct offsets_piece **places = request_array(it->request, (size_t)MAX(it->count, 1),
	    sizeof(struct offsets_piece *));

	for (int i = 0; i < it->count; i++)
		places[i] = &it->pieces[i];
	qsort(places, (size_t)it->count, sizeof(struct offsets_piece *), compare);
	for (int i = 1; i < it->count; i++)
		if (compare(&places[i - 1], &places[i]) == 0)
			places[i - 1]->repeats = places[i]->repeats = true;
}

static void
ask(struct offsets_piece *piece)
{
	const struct list_offsets_request_list_offsets_partition *asked = piece->asked;
	struct request *request = piece->of->request;
	const struct list_offsets_request *body = request->body;
	struct partition_absence absence;
	struct partition *partition = find_partition(request, piece->topic, asked->partition_index,
	    &absence);

	if (piece->repeats) {
		piece_done(piece, KAFKA_ERROR_INVALID_REQUEST);
	} else if (!timestamp_is_known(request->version, asked->timestamp)) {
		piece_done(piece, KAFKA_ERROR_UNSUPPORTED_VERSION);
	} else if (partition == NULL) {
		piece_done(piece, absence.code);
	} else {
		piece->list = (struct partition_list_offsets){
			.operation = { .loop = request->loop, .answered = answered },
			.timestamp = asked->timestamp,
			.any_replica = body->replica_id == REQUEST_OF_TOOL,
			.isolation = body->replica_id != -1 ? PARTITION_READ_LOG_END :
			    body->isolation_level == READ_COMMITTED ? PARTITION_READ_COMMITTED :
			    PARTITION_READ_UNCOMMITTED,
			.current_leader_epoch = request->version >= 4 ? asked->current_leader_epoch : -1,
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
make_pieces(struct offsets_question *it)
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
			struct offsets_piece *piece = &it->pieces[it->count++];

			piece->of = it;
			piece->topic = topic->name;
			piece->asked = &body->topics.items[i].partitions.items[j];
			piece->response = &topic->partitions.items[j];
			*piece->response = list_offsets_response_list_offsets_partition_response_defaults;
			piece->response->partition_index = piece->asked->partition_index;
			piece->response->offset = -1;
			piece->response->timestamp = -1;
		}
	}
}

static bool
asks_for_ends(const struct list_offsets_request *body)
{
	for (int32_t i = 0; i < body->topics.count; i++) {
		const struct list_offsets_request_list_offsets_topic *topic = &body->topics.items[i];

		for (int32_t j = 0; j < topic->partitions.count; j++)
			if (topic->partitions.items[j].timestamp != PARTITION_LATEST ||
			    topic->partitions.items[j].current_leader_epoch != -1)
				return false;
	}
	return true;
}

/*
 * A controller wants to know where logs end, before it elects (controller/doubts_ask.h): that
 * tells replicas something (partition/replicas_unasked.c). Kafka ignores the isolation of a tool.
 */
static bool
is_of_controller(const struct request *request)
{
	const struct list_offsets_request *body = request->body;

	return body->replica_id == REQUEST_OF_TOOL && request->version >= 2 &&
	    body->isolation_level == READ_COMMITTED && asks_for_ends(body);
}

void
api_list_offsets(struct request *request)
{
	struct offsets_question *it;

	if (request->version == 0) {
		list_offsets_before(request);
		return;
	}
	it = request_new(request, sizeof(*it));
	if (!request_has_room(request, count_pieces(request->body), sizeof(*it->pieces))) {
		request_close(request, REQUEST_WITHOUT_ROOM);
		return;
	}
	if (is_of_controller(request)) {
		ask_broker(request, request_services(request)->control, request_answer);
		return;
	}
	it->request = request;
	make_pieces(it);
	mark_repeats(it);
	it->left = it->count + 1;
	for (int i = 0; i < it->count; i++)
		ask(&it->pieces[i]);
	if (--it->left == 0)
		request_answer(request);
}
