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
	if (it->replica_id != FETCH_CONSUMER)
		return PARTITION_READ_LOG_END;
	return it->body->isolation_level == FETCH_READ_COMMITTED ? PARTITION_READ_COMMITTED :
	    PARTITION_READ_UNCOMMITTED;
}

/* As in Kafka, whatever the selector: clients that know of racks find back to the leader. */
static bool
may_read_any_replica(const struct fetch *it)
{
	return it->replica_id == REQUEST_OF_TOOL || (it->replica_id == FETCH_CONSUMER &&
	    it->request->version >= FETCH_FIRST_VERSION_WITH_RACK);
}

/*
 * The first batch, however large, as in Kafka; but a tool that wants no bytes asks where logs
 * part (controller/doubts_prefix.h), and nothing is read for it.
 */
static bool
is_to_get_one(const struct fetch_piece *piece)
{
	const struct fetch *it = piece->of;

	return it->bytes == 0 && (it->replica_id != REQUEST_OF_TOOL || piece->asked.max_bytes != 0);
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
		.replica_log_start = piece->asked.log_start_offset,
		.nearer = it->nearer,
		.nearer_count = it->nearer_count,
		.known_high_watermark = piece->known_high_watermark,
		.offset = piece->asked.fetch_offset,
		.max_bytes = MAX(MIN(left, piece->asked.max_bytes), 0),
		.at_least_one = is_to_get_one(piece),
		.isolation = isolation(it),
		.any_replica = may_read_any_replica(it),
		.current_leader_epoch = piece->asked.current_leader_epoch,
		.last_fetched_epoch = piece->asked.last_fetched_epoch,
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
	if (piece->of->body->isolation_level != FETCH_READ_COMMITTED ||
	    piece->code != KAFKA_ERROR_NONE || piece->fetch.preferred_replica >= 0)
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
	partition_sent(piece->partition, &piece->fetch);
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
	data->partition_index = piece->asked.index;
	data->error_code = code_for(request, piece->code);
	data->high_watermark = -1;
	fill_aborted(piece, data);
	if (piece->code == KAFKA_ERROR_NONE) {
		data->preferred_read_replica = piece->fetch.preferred_replica;
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

/* A session's name or id tells where one topic ends and the next one begins. */
static bool
is_of_topic(const struct fetch_piece *piece,
    const struct fetch_response_fetchable_topic_response *topic)
{
	return slice_equal(topic->topic, piece->topic) &&
	    uuid_equal(topic->topic_id, piece->topic_id);
}

static struct fetch_told
told_of(const struct fetch_piece *piece)
{
	bool has_error = piece->code != KAFKA_ERROR_NONE;

	return (struct fetch_told){
		.has_records = piece->fetch.slice.size > 0,
		.has_error = has_error,
		.diverges = piece->fetch.diverging_epoch >= 0,
		.has_preferred = !has_error && piece->fetch.preferred_replica >= 0,
		.high_watermark = has_error ? -1 : piece->fetch.high_watermark,
		.log_start_offset = has_error ? -1 : piece->fetch.log_start_offset,
	};
}

/* The id of the session that was made; none, when it gets no place. */
static int32_t
make_session(struct fetch *it)
{
	struct fetch_session_cache *cache = request_fetch_sessions(it->request);
	int64_t now_us = clock_monotonic_us(request_world(it->request)->clock);
	struct fetch_session *session;

	if (it->count == 0 || !fetch_session_cache_make_room(cache, fetch_is_of_follower(it),
	        (size_t)it->count, now_us))
		return FETCH_SESSION_NONE;
	session = fetch_session_new(cache->by_id.seed,
	    it->request->version >= FETCH_FIRST_VERSION_WITH_IDS, fetch_is_of_follower(it));
	for (int i = 0; i < it->count; i++) {
		const struct fetch_piece *piece = &it->pieces[i];
		struct fetch_told told = told_of(piece);
		struct fetch_session_partition *cached = fetch_session_ask(session, piece->topic,
		    piece->topic_id, &piece->asked);

		(void)fetch_session_tell(session, cached, &told);
	}
	fetch_session_cache_add(cache, session, now_us);
	return session->id;
}

static bool
has_to_be_told(struct fetch *it, const struct fetch_piece *piece)
{
	struct fetch_told told = told_of(piece);

	return it->session == NULL || fetch_session_tell(it->session, piece->cached, &told);
}

void
fetch_fill_response(struct fetch *it)
{
	struct fetch_response *response = it->request->response;
	struct fetch_response_fetchable_topic_response *topic = NULL;
	struct fetch_response_partition_data *data;
	struct leader_endpoints leaders = { 0 };
	size_t room = (size_t)MAX(it->count, 1), told = 0;

	if (it->wants_session)
		response->session_id = make_session(it);
	else if (it->session != NULL)
		response->session_id = it->session->id;
	response->responses.items = request_array(it->request, room,
	    sizeof(*response->responses.items));
	data = request_array(it->request, room, sizeof(*data));
	for (int i = 0; i < it->count; i++) {
		struct fetch_piece *piece = &it->pieces[i];

		if (!has_to_be_told(it, piece))
			continue;
		if (topic == NULL || !is_of_topic(piece, topic)) {
			topic = &response->responses.items[response->responses.count++];
			*topic = fetch_response_fetchable_topic_response_defaults;
			topic->topic = piece->topic;
			topic->topic_id = piece->topic_id;
			topic->partitions.items = &data[told];
		}
		fill_piece(piece, &data[told++], &leaders);
		topic->partitions.count++;
	}
	if (leaders.count > 0)
		tell_endpoints(it, &leaders);
}

void
api_fetch(struct request *request)
{
	struct fetch_response_of *response = request_new(request, sizeof(*response));
	struct fetch *it = request_new(request, sizeof(*it));
	bool closes = false;

	response->response = fetch_response_defaults;
	response->fetch = it;
	request->response = &response->response;
	it->request = request;
	it->body = request->body;
	response->response.error_code = fetch_make_pieces(it, &closes);
	if (closes)
		request_close(request, REQUEST_WITHOUT_ROOM);
	else if (response->response.error_code != KAFKA_ERROR_NONE)
		request_answer(request);
	else
		fetch_begin(it);
}
