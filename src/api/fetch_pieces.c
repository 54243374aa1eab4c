/* What a Fetch asks for: partitions of the request, or of the session that it goes on with (KIP-227). */
#include "api/fetch_private.h"
#include "api/find_partition.h"
#include "wire/compression.h"

enum { FIRST_VERSION_WITH_ZSTD = 10, FIRST_VERSION_WITH_REPLICA_STATE = 15 };

static void
find_reader(struct fetch *it)
{
	bool has_state = it->request->version >= FIRST_VERSION_WITH_REPLICA_STATE;

	it->replica_id = has_state ? it->body->replica_state.replica_id : it->body->replica_id;
	it->replica_epoch = has_state ? it->body->replica_state.replica_epoch : -1;
}

/* Brokers in the reader's rack, when this one is in another (RackAwareReplicaSelector of Kafka 3.9). */
static void
find_nearer(struct fetch *it)
{
	const struct request *request = it->request;
	const struct image *image = request->view->image;
	const struct image_broker *own = image_broker_find(image, request_broker_id(request));
	struct slice rack = it->body->rack_id;
	int32_t *ids;

	if (it->replica_id != FETCH_CONSUMER || request->version < FETCH_FIRST_VERSION_WITH_RACK ||
	    rack.size == 0 || !request_config(request)->identity.nearest_replica ||
	    (own != NULL && slice_equal(own->rack, rack)))
		return;
	ids = request_array(it->request, MAX(image->broker_count, 1), sizeof(*ids));
	for (size_t i = 0; i < image->broker_count; i++) {
		const struct image_broker *broker = &image->brokers[i];

		if (broker != own && slice_equal(broker->rack, rack) &&
		    image_endpoint_find(broker, request->listener) != NULL)
			ids[it->nearer_count++] = broker->id;
	}
	it->nearer = ids;
}

/* ------------------------------------------------------------------ one piece */

static bool
uses_ids(const struct fetch *it)
{
	return it->request->version >= FETCH_FIRST_VERSION_WITH_IDS;
}

/* By id from version 13 on, else by name. */
static int16_t
find_topic(struct fetch_piece *piece, struct slice name)
{
	const struct image_topic *topic;

	piece->topic = name;
	if (!uses_ids(piece->of))
		return KAFKA_ERROR_NONE;
	topic = image_topic_find_id(piece->of->request->view->image, piece->topic_id);
	piece->topic = topic == NULL ? slice_null() : topic->name;
	return topic == NULL ? KAFKA_ERROR_UNKNOWN_TOPIC_ID : KAFKA_ERROR_NONE;
}

static void
find_replica(struct fetch_piece *piece)
{
	struct fetch *it = piece->of;
	const struct hosted_topic *hosted = request_hosted_topic(it->request, piece->topic);
	struct partition_absence absence;

	piece->partition = find_partition(it->request, piece->topic, piece->asked.index, &absence);
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

static struct fetch_piece *
add_piece(struct fetch *it, struct slice name, struct uuid id, const struct fetch_asked *asked)
{
	struct fetch_piece *piece = &it->pieces[it->count++];

	piece->of = it;
	piece->asked = *asked;
	piece->topic_id = id;
	piece->known_high_watermark = -1;
	piece->fetch.diverging_epoch = -1;
	piece->fetch.preferred_replica = -1;
	piece->fetch.operation.leader = -1;
	piece->code = find_topic(piece, name);
	if (piece->code == KAFKA_ERROR_NONE)
		find_replica(piece);
	it->readable += piece->partition != NULL;
	it->has_error = it->has_error || ends_waiting(piece->code);
	return piece;
}

static bool
make_room(struct fetch *it, size_t count)
{
	if (!request_has_room(it->request, count, sizeof(*it->pieces)))
		return false;
	it->pieces = request_array(it->request, MAX(count, 1), sizeof(*it->pieces));
	return true;
}

/* -------------------------------------------------------------- of the request */

static size_t
count_asked(const struct fetch_request *body)
{
	size_t count = 0;

	for (int32_t i = 0; i < body->topics.count; i++)
		count += (size_t)MAX(body->topics.items[i].partitions.count, 0);
	return count;
}

static struct fetch_asked
asked_of(const struct fetch_request_fetch_partition *partition)
{
	return (struct fetch_asked){
		.index = partition->partition,
		.current_leader_epoch = partition->current_leader_epoch,
		.last_fetched_epoch = partition->last_fetched_epoch,
		.max_bytes = partition->partition_max_bytes,
		.fetch_offset = partition->fetch_offset,
		.log_start_offset = partition->log_start_offset,
	};
}

static int16_t
take_request(struct fetch *it, bool *closes)
{
	if (!make_room(it, count_asked(it->body))) {
		*closes = true;
		return KAFKA_ERROR_NONE;
	}
	for (int32_t i = 0; i < it->body->topics.count; i++) {
		const struct fetch_request_fetch_topic *topic = &it->body->topics.items[i];

		for (int32_t j = 0; j < topic->partitions.count; j++) {
			struct fetch_asked asked = asked_of(&topic->partitions.items[j]);

			(void)add_piece(it, topic->topic, topic->topic_id, &asked);
		}
	}
	return KAFKA_ERROR_NONE;
}

/* -------------------------------------------------------------- of the session */

/* False: it would have too many. */
static bool
update_session(const struct fetch *it, struct fetch_session *session)
{
	const struct fetch_request *body = it->body;

	for (int32_t i = 0; i < body->topics.count; i++) {
		const struct fetch_request_fetch_topic *topic = &body->topics.items[i];

		for (int32_t j = 0; j < topic->partitions.count; j++) {
			struct fetch_asked asked = asked_of(&topic->partitions.items[j]);

			if (fetch_session_ask(session, topic->topic, topic->topic_id, &asked) == NULL)
				return false;
		}
	}
	for (int32_t i = 0; i < body->forgotten_topics_data.count; i++) {
		const struct fetch_request_forgotten_topic *topic =
		    &body->forgotten_topics_data.items[i];

		for (int32_t j = 0; j < topic->partitions.count; j++)
			fetch_session_forget(session, topic->topic, topic->topic_id,
			    topic->partitions.items[j]);
	}
	return true;
}

static bool
take_session(struct fetch *it, struct fetch_session *session)
{
	if (!make_room(it, fetch_session_count(session)))
		return false;
	LIST_FOREACH(link, &session->order) {
		struct fetch_session_partition *cached = container_of(link,
		    struct fetch_session_partition, link);
		struct fetch_piece *piece = add_piece(it, cached->topic->name, cached->topic->id,
		    &cached->asked);

		piece->cached = cached;
		if (fetch_is_of_follower(it))
			piece->known_high_watermark = cached->high_watermark;
	}
	it->session = session;
	session->is_in_use = true;
	session->epoch = fetch_session_next_epoch(session->epoch);
	return true;
}

/* One that is in use has the epoch of the request after the one that is in progress. */
static int16_t
check_session(const struct fetch *it, const struct fetch_session *session)
{
	if (session == NULL)
		return KAFKA_ERROR_FETCH_SESSION_ID_NOT_FOUND;
	if (session->uses_ids != uses_ids(it))
		return KAFKA_ERROR_FETCH_SESSION_TOPIC_ID_ERROR;
	if (session->epoch != it->body->session_epoch || session->is_in_use)
		return KAFKA_ERROR_INVALID_FETCH_SESSION_EPOCH;
	return KAFKA_ERROR_NONE;
}

static int16_t
go_on(struct fetch *it, bool *closes)
{
	struct fetch_session_cache *cache = request_fetch_sessions(it->request);
	struct fetch_session *session = fetch_session_cache_find(cache, it->body->session_id);
	int64_t now_us = clock_monotonic_us(request_world(it->request)->clock);
	int16_t code = check_session(it, session);

	if (code != KAFKA_ERROR_NONE)
		return code;
	if (!update_session(it, session) || !fetch_session_cache_touch(cache, session, now_us)) {
		/* Too large; its client begins anew. */
		fetch_session_cache_remove(cache, session);
		return KAFKA_ERROR_FETCH_SESSION_ID_NOT_FOUND;
	}
	if (fetch_session_count(session) == 0) {
		fetch_session_cache_remove(cache, session);
		return take_request(it, closes);
	}
	*closes = !take_session(it, session);
	return KAFKA_ERROR_NONE;
}

/* What names all partitions ends the session that it names. */
static void
end_session(const struct fetch *it)
{
	struct fetch_session_cache *cache = request_fetch_sessions(it->request);
	struct fetch_session *session = fetch_session_cache_find(cache, it->body->session_id);

	if (session != NULL)
		fetch_session_cache_remove(cache, session);
}

int16_t
fetch_make_pieces(struct fetch *it, bool *closes)
{
	int32_t epoch = it->body->session_epoch;

	find_reader(it);
	find_nearer(it);
	if (epoch != FETCH_SESSION_INITIAL_EPOCH && epoch != FETCH_SESSION_FINAL_EPOCH)
		return go_on(it, closes);
	end_session(it);
	it->wants_session = epoch == FETCH_SESSION_INITIAL_EPOCH;
	return take_request(it, closes);
}
