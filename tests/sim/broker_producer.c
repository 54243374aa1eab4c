#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>

#include "tests/sim/broker_producer.h"
#include "tests/sim/cluster.h"
#include "wire/batch_builder.h"
#include "wire/kafka_error.h"

enum {
	WINDOW_MAX = 5,
	RECORDS_MAX = 12,
	RECORD_BYTES_MAX = 8192,
	PATIENCE_MS = 8000,
	TIMEOUT_MS = 3000,
	BACK_OFF_US = 100000,
	LAZY_US = 3000000,
};

static void fill(struct town_producer *it);

static struct prng *
prng(const struct town_producer *it)
{
	return sim_stream(it->town->sim, SIM_WORKLOAD);
}

static bool
begins_nothing(const struct town_producer *it)
{
	return it->town->phase >= TOWN_FINISHING;
}

/* At the end, where nobody answers any more: its topic is deleted. */
static bool
is_given_up(const struct lane *lane)
{
	return begins_nothing(lane->producer) && (lane->log == NULL || lane->log->is_damaged);
}

/* ------------------------------------------------------------- producer ids */

static void
id_came(struct client_request *request, const void *message)
{
	struct town_producer *it = container_of(request, struct town_producer, id_request);
	const struct init_producer_id_response *response = message;

	it->asks_id = false;
	if (response == NULL || response->error_code != KAFKA_ERROR_NONE) {
		sim_check(it->town->sim, response == NULL || it->town->is_cluster ||
		    response->error_code == KAFKA_ERROR_COORDINATOR_LOAD_IN_PROGRESS ||
		    response->error_code == KAFKA_ERROR_COORDINATOR_NOT_AVAILABLE ||
		    response->error_code == KAFKA_ERROR_REQUEST_TIMED_OUT,
		    "%s gets no producer id: %s", it->name, kafka_error_name(response->error_code));
		return; /* the pace asks again */
	}
	it->producer_id = response->producer_id;
	it->epoch = response->producer_epoch;
	it->id_life = broker_town_life(it->town, request);
	it->writer = ++it->town->ledger.next_writer;
	for (int i = 0; i < it->lane_count; i++) {
		struct lane *lane = &it->lanes[i];

		lane->unclean = lane->log == NULL ? 0 : lane->log->unclean;
		lane->rots = lane->log == NULL ? 0 : lane->log->rots;
	}
	fill(it);
}

static void
ask_id(struct town_producer *it)
{
	struct init_producer_id_request body = init_producer_id_request_defaults;

	struct client_link *link = town_links_any(&it->links);

	if (it->asks_id || link == NULL)
		return;
	it->asks_id = true;
	body.transactional_id = slice_null();
	body.transaction_timeout_ms = 60000;
	it->id_request = (struct client_request){ .key = API_KEY_INIT_PRODUCER_ID,
		.version = (int16_t)prng_between(prng(it), 0, 5), .patience_ms = PATIENCE_MS,
		.answered = id_came };
	client_link_ask(link, &it->id_request, &body, true);
}

/* ------------------------------------------------------------------ batches */

static void
free_batch(struct production_batch *batch)
{
	list_remove(&batch->in_lane);
	buffer_fini(&batch->bytes);
	free(batch);
}

static void
build(struct town_producer *it, struct production_batch *batch)
{
	struct batch_builder_options options = batch_builder_options_default();
	struct batch_builder builder;
	uint8_t key[8], value[RECORD_BYTES_MAX + 8];
	enum error error = ERROR_NONE;

	options.compression = compression_of(it->codec);
	if (it->is_idempotent) {
		options.producer_id = it->producer_id;
		options.producer_epoch = it->epoch;
		options.base_sequence = batch->sequence;
	}
	batch_builder_init(&builder, &options);
	for (int i = 0; i < batch->count && error == ERROR_NONE; i++) {
		uint64_t number = batch->first + (uint64_t)i;
		struct record record = { .timestamp = clock_wall_ms(it->process->world.clock) };
		size_t size;

		ledger_write(number, it->size_max, value, &size);
		store_int64(key, (int64_t)number);
		record.key = slice_of(key, sizeof(key));
		record.value = slice_of(value, size);
		error = batch_builder_add(&builder, &record);
	}
	if (error == ERROR_NONE)
		error = batch_builder_finish(&builder, &batch->bytes);
	sim_check(it->town->sim, error == ERROR_NONE, "%s cannot build a batch", it->name);
	batch_builder_fini(&builder);
}

static struct production_batch *
new_batch(struct lane *lane)
{
	struct town_producer *it = lane->producer;
	struct production_batch *batch = calloc(1, sizeof(*batch));

	batch->lane = lane;
	batch->number = ++lane->made;
	batch->count = (int)prng_between(prng(it), 1, it->records_max);
	batch->first = ledger_make(&it->town->ledger, it->is_idempotent ? it->writer : 0,
	    batch->count);
	batch->sequence = lane->next_sequence;
	lane->next_sequence += batch->count;
	batch->before = lane->newest;
	lane->newest = batch->first + (uint64_t)batch->count - 1;
	buffer_init(&batch->bytes);
	build(it, batch);
	list_init(&batch->in_lane);
	list_append(&lane->batches, &batch->in_lane);
	return batch;
}

/* ------------------------------------------------------------------ answers */

/* Nobody knows what became of what was out; it makes a new beginning. */
static void
begin_anew(struct town_producer *it)
{
	it->producer_id = -1;
	for (int i = 0; i < it->lane_count; i++) {
		struct lane *lane = &it->lanes[i];

		lane->next_sequence = 0;
		lane->newest = lane->acked = 0;
		lane->goes_back = lane->is_known = false;
		LIST_FOREACH(at, &lane->batches) {
			struct production_batch *batch = container_of(at, struct production_batch, in_lane);

			/* What is out is freed when it is answered. */
			list_remove(&batch->in_lane);
			batch->lane = NULL;
			if (!batch->is_out)
				free_batch(batch);
		}
		lane->out = 0;
	}
	it->out = 0;
}

static bool
is_first(const struct production_batch *batch)
{
	return batch->lane->batches.next == &batch->in_lane;
}

/* Sequences have gaps once a power cut has taken records, and once retention has. */
static void
out_of_order(struct production_batch *batch)
{
	struct town_producer *it = batch->lane->producer;
	struct ledger *ledger = &it->town->ledger;
	bool is_excused = batch->lane->log == NULL;

	if (!is_first(batch) || town_links_are_deposed(&it->links, batch->request.link,
	    batch->lane->topic, batch->lane->partition)) {
		batch->lane->goes_back = true;
		return;
	}
	for (int life = it->id_life; life < ledger->life; life++)
		is_excused |= ledger->tail_may_go[life] && !ledger->flushes;
	is_excused |= it->town->is_cluster && (it->id_life <= it->town->lost_life ||
	    cluster_has_removed(it->town, batch->lane->log, batch->before));
	/* What producers had sent in a damaged batch nobody knows who has recovered it. */
	is_excused |= batch->lane->log != NULL && (batch->lane->log->unclean != batch->lane->unclean ||
	    batch->lane->log->rots != batch->lane->rots);
	sim_check(ledger->sim, is_excused, "%s is out of order in %s-%d with its oldest batch, %d",
	    it->name, batch->lane->topic, batch->lane->partition, (int)batch->sequence);
	broker_town_mark(it->town, "a producer's records are lost, it begins anew");
	begin_anew(it);
}

static void
check_ack(const struct production_batch *batch, int64_t base_offset)
{
	const struct lane *lane = batch->lane;
	struct town_producer *it = lane->producer;

	if (it->town->is_cluster && it->acks == -1 && lane->log != NULL)
		cluster_check_ack(it->town, &(struct cluster_ack){ .topic = lane->topic,
		    .partition = lane->partition, .log = lane->log,
		    .broker = town_links_broker(&it->links, batch->request.link),
		    .first_broker = batch->first_broker, .asked_us = batch->request.asked_us,
		    .base_offset = base_offset, .count = batch->count });
}

/* It did not know that another leads when it began to wait. */
static void
not_acknowledged(const struct production_batch *batch, int16_t code)
{
	const struct town_producer *it = batch->lane->producer;
	int32_t epoch;

	if (it->town->is_cluster && it->acks == -1 && code == KAFKA_ERROR_REQUEST_TIMED_OUT &&
	    cluster_leader(it->town, batch->lane->topic, batch->lane->partition, &epoch) >= 0 &&
	    town_links_are_deposed(&batch->lane->producer->links, batch->request.link,
	    batch->lane->topic, batch->lane->partition))
		broker_town_mark(it->town, "who leads no longer acknowledges nothing");
}

/* Of the leader that it is sent to, where all in sync have to have it. */
static uint64_t
small_isr(const struct production_batch *batch)
{
	const struct town_producer *it = batch->lane->producer;

	return !it->town->is_cluster || it->acks != -1 ? 0 : cluster_small_isr(it->town,
	    town_links_broker(&it->links, batch->request.link), batch->lane->topic,
	    batch->lane->partition);
}

/* Nobody knew of what came behind it, and has gone: it was taken for the first one. */
static void
note_order(const struct production_batch *batch)
{
	struct lane *lane = batch->lane;
	struct broker_town *town = lane->producer->town;

	for (int i = 0; batch->first < lane->acked && town->is_cluster &&
	     cluster_has_removed(town, lane->log, lane->acked) && i < batch->count; i++)
		ledger_value(&town->ledger, batch->first + (uint64_t)i)->writer = 0;
	lane->acked = MAX(lane->acked, batch->first + (uint64_t)batch->count - 1);
}

static void
acknowledged(struct production_batch *batch, int64_t base_offset)
{
	struct lane *lane = batch->lane;
	struct town_producer *it = lane->producer;
	struct ledger *ledger = &it->town->ledger;
	unsigned marks = LEDGER_ACKED | (it->acks == -1 ? LEDGER_ACKED_ALL : 0);

	lane->is_known = true;
	note_order(batch);
	sim_check(ledger->sim, batch->small_isr == 0 || batch->small_isr != small_isr(batch),
	    "%s-%d has too few in sync, and %s is acknowledged", lane->topic, lane->partition, it->name);
	sim_check(ledger->sim, base_offset >= 0, "%s is acknowledged at offset %" PRId64, it->name,
	    base_offset);
	check_ack(batch, base_offset);
	if (!it->town->is_cluster && batch->first_life < batch->life && lane->log != NULL &&
	    it->is_idempotent && base_offset < lane->log->ends[batch->request.life])
		broker_town_mark(it->town, "a batch of an earlier life is answered as a duplicate");
	for (int i = 0; i < batch->count && !ledger->sim->failed && lane->log != NULL; i++)
		ledger_learn(ledger, lane->log, base_offset + i, batch->first + (uint64_t)i, marks,
		    cluster_teller(it->town, lane->log, &batch->request));
	free_batch(batch);
}

static void
take_code(struct production_batch *batch,
    const struct produce_response_partition_produce_response *response)
{
	struct town_producer *it = batch->lane->producer;

	sim_trace(it->town->sim, "%s: values from %" PRIu64 " on in %s-%d: %s, offset %" PRId64, it->name,
	    batch->first, batch->lane->topic, batch->lane->partition,
	    kafka_error_name(response->error_code), response->base_offset);
	switch (response->error_code) {
	case KAFKA_ERROR_NONE:
		acknowledged(batch, response->base_offset);
		break;
	case KAFKA_ERROR_OUT_OF_ORDER_SEQUENCE_NUMBER:
		sim_check(it->town->sim, it->is_idempotent, "%s is out of order", it->name);
		out_of_order(batch);
		break;
	case KAFKA_ERROR_UNKNOWN_TOPIC_OR_PARTITION:
	case KAFKA_ERROR_KAFKA_STORAGE_ERROR:
	case KAFKA_ERROR_NOT_LEADER_OR_FOLLOWER:
		if (is_given_up(batch->lane)) {
			free_batch(batch);
			break;
		}
		/* fall through */
	case KAFKA_ERROR_REQUEST_TIMED_OUT:
	case KAFKA_ERROR_NOT_ENOUGH_REPLICAS:
	case KAFKA_ERROR_NOT_ENOUGH_REPLICAS_AFTER_APPEND:
		not_acknowledged(batch, response->error_code);
		town_links_are_stale(&it->links);
		batch->lane->goes_back = true;
		batch->lane->goes_back_us = sim_now_us(it->town->sim) + BACK_OFF_US;
		break;
	default:
		sim_fail(it->town->sim, "%s is told %s", it->name,
		    kafka_error_name(response->error_code));
	}
}

static const struct produce_response_partition_produce_response *
part_of(const struct production_batch *batch, const struct produce_response *response)
{
	const struct produce_response_topic_produce_response *topic = response->responses.items;

	if (response->responses.count != 1 || topic->partition_responses.count != 1 ||
	    !slice_equal_text(topic->name, batch->lane->topic) ||
	    topic->partition_responses.items[0].index != batch->lane->partition)
		return NULL;
	return topic->partition_responses.items;
}

static void
answered(struct client_request *request, const void *response)
{
	struct production_batch *batch = container_of(request, struct production_batch, request);
	const struct produce_response_partition_produce_response *part;
	struct town_producer *it;

	batch->is_out = false;
	if (batch->lane == NULL) {
		free_batch(batch);
		return;
	}
	it = batch->lane->producer;
	it->out--;
	batch->lane->out--;
	if (response == NULL) {
		town_links_are_stale(&it->links);
		batch->lane->goes_back = true;
		return;
	}
	part = part_of(batch, response);
	sim_check(it->town->sim, part != NULL, "%s gets the answer to another Produce", it->name);
	if (part != NULL)
		take_code(batch, part);
	fill(it);
}

/* ------------------------------------------------------------------ sending */

static void
may_repeat(struct production_batch *batch)
{
	for (int i = 0; i < batch->count; i++)
		ledger_value(&batch->lane->producer->town->ledger,
		    batch->first + (uint64_t)i)->may_repeat = true;
}

static void
send(struct production_batch *batch, struct client_link *link)
{
	struct lane *lane = batch->lane;
	struct town_producer *it = lane->producer;
	struct produce_request body = produce_request_defaults;
	struct produce_request_topic_produce_data topic = produce_request_topic_produce_data_defaults;
	struct produce_request_partition_produce_data part =
	    produce_request_partition_produce_data_defaults;

	part.index = lane->partition;
	part.records =
	    (struct wire_records){ .kind = WIRE_RECORDS_BYTES, .bytes = buffer_slice(&batch->bytes) };
	topic.name = slice_of_text(lane->topic);
	topic.partition_data.items = &part, topic.partition_data.count = 1;
	body.acks = it->acks;
	body.timeout_ms = TIMEOUT_MS;
	body.topic_data.items = &topic, body.topic_data.count = 1;
	/* Of topics with one name, one after the other, both may get it. */
	if (batch->first_life != 0 && (!it->is_idempotent || lane->log == NULL))
		may_repeat(batch);
	batch->life = broker_town_lives(it->town);
	if (batch->first_life == 0) {
		batch->first_life = batch->life;
		batch->first_broker = town_links_broker(&it->links, link);
	}
	batch->request = (struct client_request){ .key = API_KEY_PRODUCE, .version = it->version,
		.patience_ms = PATIENCE_MS, .answered = answered };
	batch->is_out = it->acks != 0;
	if (batch->is_out) {
		it->out++;
		lane->out++;
	}
	client_link_ask(link, &batch->request, &body, it->acks != 0);
	batch->small_isr = small_isr(batch);
	sim_trace(it->town->sim, "%s sends %d values from %" PRIu64 " on to %s-%d, sequence %d", it->name,
	    batch->count, batch->first, lane->topic, lane->partition, (int)batch->sequence);
	if (it->acks == 0)
		free_batch(batch);
}

static struct client_link *
leader_of(struct lane *lane)
{
	return town_links_leader(&lane->producer->links, lane->topic, lane->partition,
	    &(int32_t){ 0 });
}

/* In order: when something has failed, what was sent behind it has to come back first. */
static void
send_again(struct lane *lane)
{
	if (!lane->goes_back || lane->out > 0 ||
	    sim_now_us(lane->producer->town->sim) < lane->goes_back_us)
		return;
	lane->goes_back = false;
	LIST_FOREACH(at, &lane->batches) {
		struct production_batch *batch = container_of(at, struct production_batch, in_lane);
		struct client_link *link = leader_of(lane);

		if (link == NULL && is_given_up(lane)) {
			free_batch(batch);
		} else if (link == NULL) {
			lane->goes_back = true;
			return;
		} else {
			send(batch, link);
		}
	}
}

static void
fill(struct town_producer *it)
{
	if (it->town->sim->failed || (it->is_idempotent && it->producer_id < 0))
		return;
	for (int i = 0; i < it->lane_count; i++)
		send_again(&it->lanes[i]);
}

/*
 * By whom would get another one, and knows the last five: what an old leader has not answered may
 * have come to the new one; and those behind it may have been acknowledged though it was not, as
 * the ISR was too small whenever it came (seed 486097).
 */
static bool
is_oldest_known(struct lane *lane)
{
	const struct production_batch *oldest =
	    container_of(lane->batches.next, struct production_batch, in_lane);

	return list_is_empty(&lane->batches) || ((lane->out == 0 ||
	    oldest->request.link == leader_of(lane)) && lane->made + 1 - oldest->number < WINDOW_MAX);
}

static bool
may_send(struct lane *lane)
{
	const struct town_producer *it = lane->producer;

	return !begins_nothing(it) && it->out < it->window && !lane->goes_back && is_oldest_known(lane) &&
	    (!it->is_idempotent || lane->is_known || list_is_empty(&lane->batches));
}

static void
keep_pace(struct timer *timer)
{
	struct town_producer *it = container_of(timer, struct town_producer, pace);
	struct lane *lane = &it->lanes[prng_below(prng(it), (uint64_t)it->lane_count)];
	int64_t pause_us = it->pause_us;

	town_links_refresh(&it->links);
	if (it->is_idempotent && it->producer_id < 0)
		ask_id(it);
	else if (may_send(lane) && leader_of(lane) != NULL)
		send(new_batch(lane), leader_of(lane));
	fill(it);
	if (it->town->phase == TOWN_HEALED)
		pause_us = LAZY_US; /* so that fetches wait for data, and only it wakes them */
	timer_start(it->loop, timer, clock_monotonic_us(it->process->world.clock) +
	    sim_delay(it->town->sim, SIM_WORKLOAD, pause_us / 4, pause_us * 4));
}

/* ------------------------------------------------------------------- making */

static void
opened(struct client_link *link)
{
	struct town_producer *it = link->context;

	if (it->is_idempotent && it->producer_id < 0)
		ask_id(it);
	fill(it);
}

static void
add_lane(struct town_producer *it, const char *topic, int partition, struct ledger_log *log)
{
	struct lane *lane = &it->lanes[it->lane_count++];

	assert(it->lane_count <= LANES);
	*lane = (struct lane){ .producer = it, .topic = topic, .partition = partition, .log = log };
	list_init(&lane->batches);
}

static void
make_lanes(struct town_producer *it)
{
	struct ledger *ledger = &it->town->ledger;

	for (int t = 0; t < TOWN_LASTING; t++) {
		struct ledger_topic *topic = &ledger->topics[t];

		for (int p = 0; p < topic->partitions; p++)
			add_lane(it, topic->name, p, &topic->logs[p]);
	}
	for (int i = 0; i < TOWN_PASSING && it->number == 0; i++)
		add_lane(it, town_passing[i], 0, NULL);
}

struct town_producer *
town_producer_new(struct broker_town *town, int number)
{
	static const int sizes[] = { 0, 40, 300, 2000 };
	struct town_producer *it = sim_memory_new(sizeof(*it));

	it->town = town;
	it->number = number;
	snprintf(it->name, sizeof(it->name), "producer%d", number);
	it->is_idempotent = number < 2 || prng_chance(prng(it), 1, 3);
	it->acks = (int16_t)(it->is_idempotent ? -1 : prng_between(prng(it), -1, 1));
	it->version = (int16_t)prng_between(prng(it), 3, 11);
	it->window = (int)prng_between(prng(it), 1, WINDOW_MAX);
	it->records_max = (int)prng_between(prng(it), 1, RECORDS_MAX);
	it->size_max = sizes[prng_below(prng(it), ARRAY_LENGTH(sizes))];
	it->codec = prng_chance(prng(it), 1, 3) ? COMPRESSION_LZ4 : COMPRESSION_NONE;
	it->pause_us = prng_between(prng(it), 15000, 150000);
	if (town->sim->plan != NULL && town->sim->plan->pace > 1)
		it->pause_us *= town->sim->plan->pace;
	it->producer_id = -1;
	make_lanes(it);
	return it;
}

void
town_producer_start(struct town_producer *it, struct sim_process *process, struct loop *loop)
{
	it->process = process;
	it->loop = loop;
	timer_init(&it->pace, keep_pace);
	town_links_open(&it->links, it->town, process, loop, it->name, opened, it);
	keep_pace(&it->pace);
}

bool
town_producer_waits_for(const struct town_producer *it, const struct sim_process *broker)
{
	return client_link_waiting(&it->links.links[broker->number]) > 0;
}

bool
town_producer_sends_to(const struct town_producer *it, const char *topic)
{
	for (int i = 0; i < it->lane_count; i++) {
		if (strcmp(it->lanes[i].topic, topic) == 0 && it->lanes[i].out > 0)
			return true;
	}
	return false;
}

bool
town_producer_is_quiet(const struct town_producer *it)
{
	for (int i = 0; i < it->lane_count; i++) {
		if (!list_is_empty(&it->lanes[i].batches))
			return false;
	}
	return true;
}

void
town_producer_free(struct town_producer *it)
{
	free(it);
}
