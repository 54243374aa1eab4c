/* Produce (protocol.md 7): each partition's records are checked, then given to its leader. */
#include <stdlib.h>

#include "api/find_partition.h"
#include "api/leader_endpoints.h"
#include "wire/batch_validate.h"
#include "zk/topic_name.h"

enum { INLINE_BYTES = 1 << 20 }; /* of unpacking, on the loop; more goes to a worker */

struct production {
	struct request *request;
	const struct produce_request *body;
	struct produce_response *response;
	struct piece *pieces;
	int count;
	int left;       /* pieces without an answer, and one while they are begun */
	int unappended; /* pieces whose bytes are still needed */
	bool failed;    /* some piece: acks 0 closes the connection */
	bool timed_out;
	struct leader_endpoints leaders; /* of what was refused because others lead it */
	struct timer timer;
};

/* One partition of the request. */
struct piece {
	struct production *production;
	const struct produce_request_partition_produce_data *data;
	struct produce_response_partition_produce_response *response;
	const struct hosted_topic *hosted;
	struct partition *partition;
	struct batch_rules rules;
	struct batch_outcome outcome;
	bool has_outcome;
	struct partition_append append;
	bool is_out;    /* the partition has it */
	bool has_bytes; /* counted in `unappended` */
	struct work work;
};

/* ----------------------------------------------------------------- the end */

static void
tell_endpoints(struct production *it)
{
	struct produce_response_node_endpoint *nodes =
	    request_array(it->request, it->leaders.count, sizeof(*nodes));

	for (size_t i = 0; i < it->leaders.count; i++) {
		const struct leader_endpoint *leader = &it->leaders.items[i];

		nodes[i] = (struct produce_response_node_endpoint){ leader->broker->id,
			leader->endpoint->host, leader->endpoint->port, leader->broker->rack };
	}
	it->response->node_endpoints.items = nodes;
	it->response->node_endpoints.count = (int32_t)it->leaders.count;
}

static void
finish(struct production *it)
{
	struct request *request = it->request;

	timer_stop(request->loop, &it->timer);
	for (int i = 0; i < it->count; i++)
		if (it->pieces[i].has_outcome)
			batch_outcome_fini(&it->pieces[i].outcome);
	if (it->leaders.count > 0)
		tell_endpoints(it);
	if (it->body->acks != 0)
		request_answer(request);
	else if (it->failed)
		request_close(request, "records sent with acks=0 were refused");
	else
		request_answer_nothing(request);
}

static void
bytes_are_free(struct piece *piece)
{
	if (!piece->has_bytes)
		return;
	piece->has_bytes = false;
	if (--piece->production->unappended == 0 && piece->production->left > 0)
		request_drop_frame(piece->production->request);
}

static void
piece_done(struct piece *piece)
{
	struct production *it = piece->production;

	it->failed = it->failed || piece->response->error_code != KAFKA_ERROR_NONE;
	if (--it->left == 0)
		finish(it);
	else
		bytes_are_free(piece);
}

static void
refuse(struct piece *piece, int16_t code, const char *text)
{
	piece->response->error_code = code;
	piece->response->base_offset = -1;
	if (text != NULL && piece->production->request->version >= 8)
		piece->response->error_message = slice_of_text(text);
	piece_done(piece);
}

/* Where the leader is, for those who know what to do with it (KIP-951). */
static void
tell_leader(struct piece *piece, int32_t leader, int32_t leader_epoch)
{
	if (piece->production->request->version < 10 || leader < 0)
		return;
	piece->response->current_leader.leader_id = leader;
	piece->response->current_leader.leader_epoch = leader_epoch;
	leader_endpoints_add(&piece->production->leaders, piece->production->request, leader);
}

static void
appended(struct partition_append *append)
{
	bytes_are_free(container_of(append, struct piece, append));
}

static void
answered(struct partition_operation *operation)
{
	struct piece *piece = container_of(operation, struct piece, append.operation);
	const struct partition_append *append = &piece->append;

	piece->is_out = false;
	piece->response->log_start_offset = append->log_start_offset;
	if (operation->status != PARTITION_OK) {
		if (operation->status == PARTITION_NOT_LEADER)
			tell_leader(piece, operation->leader, operation->leader_epoch);
		refuse(piece, partition_status_code(operation->status), NULL);
		return;
	}
	piece->response->base_offset = append->base_offset;
	piece->response->log_append_time_ms = append->log_append_time_ms;
	piece_done(piece);
}

/* What waits for the ISR waits no longer; all are answered soon. */
static void
time_is_over(struct timer *timer)
{
	struct production *it = container_of(timer, struct production, timer);

	it->timed_out = true;
	it->left++;
	for (int i = 0; i < it->count; i++)
		if (it->pieces[i].is_out)
			partition_cancel(it->pieces[i].partition, &it->pieces[i].append.operation);
	if (--it->left == 0)
		finish(it);
}

/* --------------------------------------------------------------- checking */

static void
tell_record_errors(struct piece *piece)
{
	const struct batch_outcome *outcome = &piece->outcome;
	struct request *request = piece->production->request;
	struct produce_response_batch_index_and_error_message *errors;

	if (request->version < 8 || outcome->record_errors_kept == 0)
		return;
	errors = request_array(request, (size_t)outcome->record_errors_kept, sizeof(*errors));
	for (int32_t i = 0; i < outcome->record_errors_kept; i++) {
		errors[i] = produce_response_batch_index_and_error_message_defaults;
		errors[i].batch_index = outcome->record_errors[i].index;
		errors[i].batch_index_error_message =
		    slice_of_text(batch_record_fault_text(outcome->record_errors[i].fault));
	}
	piece->response->record_errors.items = errors;
	piece->response->record_errors.count = outcome->record_errors_kept;
}

static void
append(struct piece *piece)
{
	struct production *it = piece->production;
	struct slice input = piece->data->records.bytes;

	if (piece->outcome.size == 0) { /* an empty set of an old request */
		piece->response->base_offset = -1;
		piece_done(piece);
		return;
	}
	piece->append = (struct partition_append){
		.operation = { .loop = it->request->loop, .answered = answered },
		/* The frame is the request's own: offsets are stamped into it. */
		.bytes = piece->outcome.rebuilt ? piece->outcome.batch.bytes :
		    (uint8_t *)(uintptr_t)input.bytes,
		.size = piece->outcome.size,
		.origin = LOG_FROM_CLIENT,
		.required_acks = it->body->acks,
		.required_leader_epoch = -1,
		.now_ms = piece->rules.now_ms,
		.log_append_time = piece->outcome.log_append_time,
		.appended = appended,
	};
	piece->is_out = true;
	partition_append(piece->partition, &piece->append);
}

static void
take_verdict(struct piece *piece)
{
	if (piece->outcome.verdict != BATCH_VERDICT_ACCEPTED) {
		tell_record_errors(piece);
		partition_count_refused(piece->partition,
		    batch_verdict_kafka_code(piece->outcome.verdict));
		refuse(piece, batch_verdict_kafka_code(piece->outcome.verdict), piece->outcome.text);
	} else if (piece->outcome.transactional) {
		refuse(piece, KAFKA_ERROR_INVALID_TXN_STATE, "transactions are not served yet");
	} else {
		append(piece);
	}
}

static void
validate_on_worker(struct work *work)
{
	struct piece *piece = container_of(work, struct piece, work);

	piece->rules.inline_bytes = 0;
	(void)batch_validate(piece->data->records.bytes, &piece->rules, &piece->outcome);
}

/* Where that took until the time was over, it waits no longer than the others. */
static void
validated_on_worker(struct work *work)
{
	struct piece *piece = container_of(work, struct piece, work);
	struct production *it = piece->production;

	it->left++; /* it may be answered inside */
	take_verdict(piece);
	if (it->timed_out && piece->is_out)
		partition_cancel(piece->partition, &piece->append.operation);
	if (--it->left == 0)
		finish(it);
}

static struct batch_rules
rules_of(const struct piece *piece)
{
	const struct topic_config *config = &piece->hosted->settings->config;
	const struct request *request = piece->production->request;
	struct batch_rules rules = batch_rules_default();

	rules.origin = BATCH_ORIGIN_CLIENT;
	rules.produce_version = request->version;
	rules.keep_codec = config->keep_codec;
	rules.target = config->compression;
	rules.log_append_time = config->log_append_time;
	rules.timestamp_before_max_ms = config->timestamp_before_max_ms;
	rules.timestamp_after_max_ms = config->timestamp_after_max_ms;
	rules.now_ms = clock_wall_ms(request_world(request)->clock);
	rules.max_message_bytes = config->max_message_bytes;
	rules.segment_bytes = config->log.segment_bytes;
	rules.compacted = config->log.cleanup_compact;
	rules.inline_bytes = INLINE_BYTES;
	return rules;
}

static void
validate(struct piece *piece)
{
	struct slice records = piece->data->records.kind == WIRE_RECORDS_NULL ? slice_null() :
	    piece->data->records.bytes;
	struct world *world = request_world(piece->production->request);

	piece->rules = rules_of(piece);
	piece->has_outcome = true;
	if (batch_validate(records, &piece->rules, &piece->outcome) != BATCH_VERDICT_NEEDS_WORKER) {
		take_verdict(piece);
		return;
	}
	batch_outcome_fini(&piece->outcome);
	piece->work = (struct work){ .loop = piece->production->request->loop,
		.run = validate_on_worker, .done = validated_on_worker };
	workers_submit(world->workers, &piece->work);
}

/* ------------------------------------------------------------------- begin */

/* Internal topics are the coordinators', but for Kafka's own admin client (checklist 21). */
static bool
may_write(const struct request *request, struct slice topic)
{
	return !topic_name_is_internal(topic) ||
	    (!slice_is_null(request->client_id) &&
	    slice_equal_text(request->client_id, "__admin_client"));
}

static void
refuse_absent(struct piece *piece, const struct partition_absence *absence)
{
	if (absence->code == KAFKA_ERROR_NOT_LEADER_OR_FOLLOWER)
		tell_leader(piece, absence->leader, absence->leader_epoch);
	refuse(piece, absence->code, NULL);
}

static void
begin_piece(struct piece *piece, struct slice topic)
{
	const struct produce_request *body = piece->production->body;
	struct request *request = piece->production->request;
	struct partition_absence absence;

	piece->hosted = request_hosted_topic(request, topic);
	piece->partition = find_partition(request, topic, piece->data->index, &absence);
	if (piece->partition == NULL) {
		refuse_absent(piece, &absence);
	} else if (body->acks < -1 || body->acks > 1) {
		refuse(piece, KAFKA_ERROR_INVALID_REQUIRED_ACKS, NULL);
	} else if (!slice_is_null(body->transactional_id)) {
		refuse(piece, KAFKA_ERROR_INVALID_TXN_STATE, "transactions are not served yet");
	} else if (!may_write(request, topic)) {
		refuse(piece, KAFKA_ERROR_INVALID_TOPIC_EXCEPTION, "this topic is the broker's own");
	} else {
		piece->has_bytes = true;
		piece->production->unappended++;
		validate(piece);
	}
}

static int
count_pieces(const struct produce_request *body)
{
	int count = 0;

	for (int32_t i = 0; i < body->topic_data.count; i++)
		count += MAX(body->topic_data.items[i].partition_data.count, 0);
	return count;
}

static void
make_pieces(struct production *it)
{
	int32_t topics = MAX(it->body->topic_data.count, 0);

	it->response->responses.items = request_array(it->request, (size_t)MAX(topics, 1),
	    sizeof(*it->response->responses.items));
	it->response->responses.count = topics;
	for (int32_t i = 0; i < topics; i++) {
		const struct produce_request_topic_produce_data *asked = &it->body->topic_data.items[i];
		struct produce_response_topic_produce_response *topic =
		    &it->response->responses.items[i];
		int32_t count = MAX(asked->partition_data.count, 0);

		*topic = produce_response_topic_produce_response_defaults;
		topic->name = request_copy(it->request, asked->name);
		topic->partition_responses.items = request_array(it->request, (size_t)MAX(count, 1),
		    sizeof(*topic->partition_responses.items));
		topic->partition_responses.count = count;
		for (int32_t j = 0; j < count; j++) {
			struct piece *piece = &it->pieces[it->count++];

			piece->production = it;
			piece->data = &asked->partition_data.items[j];
			piece->response = &topic->partition_responses.items[j];
			*piece->response = produce_response_partition_produce_response_defaults;
			piece->response->index = piece->data->index;
		}
	}
}

void
api_produce(struct request *request)
{
	struct production *it = request_new(request, sizeof(*it));
	size_t count = (size_t)count_pieces(request->body);
	int at = 0;

	if (!request_has_room(request, count, sizeof(*it->pieces))) {
		request_close(request, REQUEST_WITHOUT_ROOM);
		return;
	}
	it->request = request;
	it->body = request->body;
	it->response = request->response;
	it->pieces = request_array(request, MAX(count, 1), sizeof(*it->pieces));
	timer_init(&it->timer, time_is_over);
	make_pieces(it);
	/* One for us, so that nothing ends while it begins. */
	it->left = it->count + 1;
	it->unappended = 1;
	for (int32_t i = 0; i < it->body->topic_data.count; i++)
		for (int32_t j = 0; j < it->body->topic_data.items[i].partition_data.count; j++)
			begin_piece(&it->pieces[at++], it->body->topic_data.items[i].name);
	if (it->left > 1 && it->body->acks == -1)
		timer_start(request->loop, &it->timer, clock_monotonic_us(
		    request_world(request)->clock) + MAX(it->body->timeout_ms, 0) * INT64_C(1000));
	if (--it->left == 0) {
		finish(it);
		return;
	}
	if (--it->unappended == 0)
		request_drop_frame(request);
}
