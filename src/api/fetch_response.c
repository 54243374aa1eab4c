/* The message around Fetch: partitions of the request, their limits, the answer. */
#include "api/fetch_private.h"
#include "api/file_slice.h"
#include "api/find_partition.h"
#include "api/leader_endpoints.h"
#include "wire/compression.h"

enum {
	FIRST_VERSION_WITH_IDS = 13,
	FIRST_VERSION_WITH_ZSTD = 10,
	FIRST_VERSION_WITH_REPLICA_STATE = 15,
	READ_COMMITTED = 1,
	CONSUMER = -1,
};

/* With these a request names all its partitions, whatever session it ends or asks for. */
enum { INITIAL_EPOCH = 0, FINAL_EPOCH = -1 };

static int64_t
max_bytes(const struct fetch *it)
{
	return MIN(it->body->max_bytes, request_config(it->request)->network.fetch_max_bytes);
}

int64_t
fetch_min_bytes(const struct fetch *it)
{
	return MIN(it->body->min_bytes, max_bytes(it));
}

static enum partition_isolation
isolation(const struct fetch *it)
{
	if (it->replica_id != CONSUMER)
		return PARTITION_READ_LOG_END;
	return it->body->isolation_level == READ_COMMITTED ? PARTITION_READ_COMMITTED :
	    PARTITION_READ_UNCOMMITTED;
}

void
fetch_piece_prepare(struct fetch_piece *piece, bool wait)
{
	struct fetch *it = piece->of;
	const struct request *request = it->request;
	int64_t left = max_bytes(it) - it->bytes;

	piece->fetch = (struct partition_fetch){
		.operation = { .loop = request->loop },
		.is_follower = fetch_is_of_follower(it),
		.replica_id = it->replica_id,
		.replica_epoch = it->replica_epoch,
		.known_high_watermark = piece->known_high_watermark,
		.offset = piece->asked->fetch_offset,
		.max_bytes = MAX(MIN(left, piece->asked->partition_max_bytes), 0),
		.at_least_one = it->bytes == 0,
		.isolation = isolation(it),
		.current_leader_epoch = piece->asked->current_leader_epoch,
		.last_fetched_epoch = piece->asked->last_fetched_epoch,
		.wait = wait,
	};
}

/* ------------------------------------------------------------------ the answer */

/* KAFKA_STORAGE_ERROR came with version 6 (protocol.md 4). */
static int16_t
code_for(const struct request *request, int16_t code)
{
	return code == KAFKA_ERROR_KAFKA_STORAGE_ERROR && request->version <= 5 ?
	    KAFKA_ERROR_NOT_LEADER_OR_FOLLOWER : code;
}

static void
fill_aborted(struct fetch_piece *piece, struct fetch_response_partition_data *data)
{
	struct request *request = piece->of->request;
	int32_t count = piece->fetch.aborted_count;

	data->aborted_transactions.count = -1; /* null, unless read_committed */
	if (piece->of->body->isolation_level != READ_COMMITTED || piece->code != KAFKA_ERROR_NONE)
		return;
	data->aborted_transactions.items = request_array(request, (size_t)MAX(count, 1),
	    sizeof(*data->aborted_transactions.items));
	data->aborted_transactions.count = count;
	for (int32_t i = 0; i < count; i++) {
		data->aborted_transactions.items[i] = fetch_response_aborted_transaction_defaults;
		data->aborted_transactions.items[i].producer_id = piece->fetch.aborted[i].producer_id;
		data->aborted_transactions.items[i].first_offset = piece->fetch.aborted[i].first_offset;
	}
}

static void
fill_records(struct fetch_piece *piece, struct fetch_response_partition_data *data)
{
	struct log_slice *slice = &piece->fetch.slice;

	data->records = (struct wire_records){ .kind = WIRE_RECORDS_BYTES,
		.bytes = slice_of("", 0) };
	if (slice->size == 0)
		return;
	data->records = (struct wire_records){ .kind = WIRE_RECORDS_EXTERNAL,
		.offset = slice->position, .length = (size_t)slice->size };
	data->records.owner = &file_slice_new(piece->of->request, slice)->owner;
}

static void
fill_piece(struct fetch_piece *piece, struct fetch_response_partition_data *data,
    struct leader_endpoints *leaders)
{
	const struct request *request = piece->of->request;
	const struct partition_operation *operation = &piece->fetch.operation;

	*data = fetch_response_partition_data_defaults;
	data->partition_index = piece->asked->partition;
	data->error_code = code_for(request, piece->code);
	data->high_watermark = -1;
	fill_aborted(piece, data);
	if (piece->code == KAFKA_ERROR_NONE) {
		data->high_watermark = piece->fetch.high_watermark;
		data->last_stable_offset = piece->fetch.last_stable_offset;
		data->log_start_offset = piece->fetch.log_start_offset;
	}
	if (request->version >= 12 && piece->fetch.diverging_epoch >= 0) {
		data->diverging_epoch.epoch = piece->fetch.diverging_epoch;
		data->diverging_epoch.end_offset = piece->fetch.diverging_end_offset;
	}
	if (request->version >= 16 && operation->leader >= 0 &&
	    (piece->code == KAFKA_ERROR_NOT_LEADER_OR_FOLLOWER ||
	    piece->code == KAFKA_ERROR_FENCED_LEADER_EPOCH)) {
		data->current_leader.leader_id = operation->leader;
		data->current_leader.leader_epoch = operation->leader_epoch;
		leader_endpoints_add(leaders, piece->of->request, operation->leader);
	}
	fill_records(piece, data);
}

static void
tell_endpoints(struct fetch *it, const struct leader_endpoints *leaders)
{
	struct fetch_response *response = it->request->response;
	struct fetch_response_node_endpoint *nodes =
	    request_array(it->request, leaders->count, sizeof(*nodes));

	for (size_t i = 0; i < leaders->count; i++) {
		const struct leader_endpoint *leader = &leaders->items[i];

		nodes[i] = (struct fetch_response_node_endpoint){ leader->broker->id,
			leader->endpoint->host, leader->endpoint->port, leader->broker->rack };
	}
	response->node_endpoints.items = nodes;
	response->node_endpoints.count = (int32_t)leaders->count;
}

void
fetch_fill_response(struct fetch *it)
{
	struct fetch_response *response = it->request->response;
	int32_t topics = MAX(it->body->topics.count, 0);
	struct leader_endpoints leaders = { 0 };
	int at = 0;

	response->responses.items = request_array(it->request, (size_t)MAX(topics, 1),
	    sizeof(*response->responses.items));
	response->responses.count = topics;
	for (int32_t i = 0; i < topics; i++) {
		struct fetch_response_fetchable_topic_response *topic = &response->responses.items[i];
		int32_t count = MAX(it->body->topics.items[i].partitions.count, 0);

		*topic = fetch_response_fetchable_topic_response_defaults;
		topic->topic = it->body->topics.items[i].topic;
		topic->topic_id = it->body->topics.items[i].topic_id;
		topic->partitions.items = request_array(it->request, (size_t)MAX(count, 1),
		    sizeof(*topic->partitions.items));
		topic->partitions.count = count;
		for (int32_t j = 0; j < count; j++)
			fill_piece(&it->pieces[at++], &topic->partitions.items[j], &leaders);
	}
	if (leaders.count > 0)
		tell_endpoints(it, &leaders);
}

/* ----------------------------------------------------------------- the request */

/* By id from version 13 on, else by name. */
static int16_t
find_topic(struct fetch *it, const struct fetch_request_fetch_topic *asked, struct slice *name)
{
	const struct image_topic *topic;

	if (it->request->version < FIRST_VERSION_WITH_IDS) {
		*name = asked->topic;
		return KAFKA_ERROR_NONE;
	}
	topic = image_topic_find_id(it->request->view->image, asked->topic_id);
	if (topic == NULL)
		return KAFKA_ERROR_UNKNOWN_TOPIC_ID;
	*name = topic->name;
	return KAFKA_ERROR_NONE;
}

static void
find_reader(struct fetch *it)
{
	bool has_state = it->request->version >= FIRST_VERSION_WITH_REPLICA_STATE;

	it->replica_id = has_state ? it->body->replica_state.replica_id : it->body->replica_id;
	it->replica_epoch = has_state ? it->body->replica_state.replica_epoch : -1;
}

static void
find_piece(struct fetch_piece *piece)
{
	struct fetch *it = piece->of;
	const struct hosted_topic *hosted = request_hosted_topic(it->request, piece->topic);
	struct partition_absence absence;

	piece->partition = find_partition(it->request, piece->topic, piece->asked->partition,
	    &absence);
	if (piece->partition == NULL) {
		piece->code = absence.code;
		piece->fetch.operation.leader = absence.leader;
		piece->fetch.operation.leader_epoch = absence.leader_epoch;
	} else if (it->request->version < FIRST_VERSION_WITH_ZSTD &&
	    !hosted->settings->config.keep_codec &&
	    hosted->settings->config.compression.codec == COMPRESSION_ZSTD) {
		piece->partition = NULL;
		piece->code = KAFKA_ERROR_UNSUPPORTED_COMPRESSION_TYPE;
	}
}

/* As in Kafka, what is unknown does not make the others hurry: its client would ask without a pause. */
static bool
ends_waiting(int16_t code)
{
	return code != KAFKA_ERROR_NONE && code != KAFKA_ERROR_UNKNOWN_TOPIC_OR_PARTITION &&
	    code != KAFKA_ERROR_UNKNOWN_TOPIC_ID;
}

static size_t
count_pieces(const struct fetch_request *body)
{
	size_t count = 0;

	for (int32_t i = 0; i < body->topics.count; i++)
		count += (size_t)MAX(body->topics.items[i].partitions.count, 0);
	return count;
}

static void
make_pieces(struct fetch *it)
{
	it->pieces = request_array(it->request, MAX(count_pieces(it->body), 1),
	    sizeof(*it->pieces));
	for (int32_t i = 0; i < it->body->topics.count; i++) {
		const struct fetch_request_fetch_topic *asked = &it->body->topics.items[i];
		struct slice name = slice_null();
		int16_t code = find_topic(it, asked, &name);

		for (int32_t j = 0; j < asked->partitions.count; j++) {
			struct fetch_piece *piece = &it->pieces[it->count++];

			piece->of = it;
			piece->asked = &asked->partitions.items[j];
			piece->topic = name;
			piece->code = code;
			piece->known_high_watermark = -1;
			piece->fetch.diverging_epoch = -1;
			piece->fetch.operation.leader = -1;
			if (code == KAFKA_ERROR_NONE)
				find_piece(piece);
			it->readable += piece->partition != NULL;
			it->has_error = it->has_error || ends_waiting(piece->code);
		}
	}
}

void
api_fetch(struct request *request)
{
	struct fetch_response_of *response = request_new(request, sizeof(*response));
	struct fetch *it = request_new(request, sizeof(*it));

	response->response = fetch_response_defaults;
	response->fetch = it;
	request->response = &response->response;
	it->request = request;
	it->body = request->body;
	if (it->body->session_epoch != INITIAL_EPOCH && it->body->session_epoch != FINAL_EPOCH) {
		/* No session is ever made here: the client begins anew (KIP-227). */
		response->response.error_code = KAFKA_ERROR_FETCH_SESSION_ID_NOT_FOUND;
		request_answer(request);
		return;
	}
	if (!request_has_room(request, count_pieces(it->body), sizeof(*it->pieces))) {
		request_close(request, REQUEST_WITHOUT_ROOM);
		return;
	}
	find_reader(it);
	make_pieces(it);
	fetch_begin(it);
}
