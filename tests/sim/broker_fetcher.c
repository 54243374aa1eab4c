#include <inttypes.h>
#include <stdlib.h>

#include "tests/sim/broker_fetcher.h"
#include "tests/sim/cluster.h"
#include "wire/batch_records.h"
#include "wire/kafka_error.h"

struct place *
fetcher_place(struct town_fetcher *it, const struct ledger_topic *topic, int partition)
{
	for (int i = 0; i < it->place_count; i++) {
		struct place *place = &it->places[i];

		if (place->log->topic == topic && place->log->partition == partition)
			return place;
	}
	return NULL;
}

void
fetcher_ask(struct town_fetcher *it, struct client_link *link, int16_t key, int16_t version,
    const void *body, void (*came)(struct client_request *request, const void *response))
{
	it->is_busy = true;
	it->is_fetch = key == API_KEY_FETCH;
	it->request = (struct client_request){ .key = key, .version = version,
		.patience_ms = PATIENCE_MS + (it->is_fetch ? it->max_wait_ms : 0), .answered = came };
	client_link_ask(link, &it->request, body, true);
}

/* A leader that comes back may go on in its epoch, and know less of its followers. */
static int
teller(const struct town_fetcher *it, const struct place *place, const struct client_link *link,
    int life, int64_t asked_us)
{
	if (!it->town->is_cluster)
		return life;
	if (broker_town_is_before_cut(it->town, link, life))
		return LEDGER_BEFORE_CUT;
	if (!cluster_hears(it->town, place->log, link->broker->number, asked_us))
		return LEDGER_NOBODYS;
	/* A follower knows less than its leader, and may be behind. */
	return place->told_epoch < 0 || place->is_elsewhere ? -1 : place->told_epoch * LEDGER_LIVES + life;
}

int
fetcher_teller(const struct town_fetcher *it, const struct place *place)
{
	return teller(it, place, it->request.link, it->request.life, it->request.asked_us);
}

/* -------------------------------------------------------------- the records */

/* Told soon enough, once nothing fails any more. */
static void
check_soon(struct town_fetcher *it, const struct place *place, uint64_t number)
{
	int64_t since_us = MAX(ledger_value(&it->town->ledger, number)->acked_us,
	    it->request.asked_us);

	if (it->town->phase < TOWN_HEALED || it->min_bytes > 1 ||
	    since_us < MAX(it->town->healed_us, it->town->throttled_us) + QUIET_US ||
	    !ledger_value(&it->town->ledger, number)->is_acked)
		return;
	sim_check(it->town->sim, sim_now_us(it->town->sim) - since_us < SOON_US,
	    "%s hears of value %" PRIu64 " in %s only %" PRId64 " ms later", it->name, number,
	    ledger_name(place->log), (sim_now_us(it->town->sim) - since_us) / 1000);
}

static void
take_records(struct town_fetcher *it, struct place *place, const struct batch_view *view,
    int64_t asked)
{
	struct decompression_limit limit = decompression_limit_default();
	struct batch_records records;
	struct record record;
	enum error error = batch_records_open(&records, view, &limit);
	int64_t next = view->base_offset;

	while (error == ERROR_NONE && !it->town->sim->failed) {
		uint64_t number;

		error = batch_records_next(&records, &record);
		if (error != ERROR_NONE)
			break;
		number = ledger_read(record.key, record.value);
		sim_check(it->town->sim, record.offset == next++, "%s has a gap at offset %" PRId64,
		    ledger_name(place->log), record.offset);
		ledger_learn(&it->town->ledger, place->log, record.offset, number, LEDGER_SERVED,
		    fetcher_teller(it, place));
		if (record.offset == asked && !it->town->sim->failed)
			check_soon(it, place, number);
	}
	batch_records_fini(&records);
	sim_check(it->town->sim, error == ERROR_END_OF_STREAM && next == view->last_offset + 1,
	    "%s has a batch at %" PRId64 " that cannot be read", ledger_name(place->log),
	    view->base_offset);
}

static bool
may_be_torn(const struct town_fetcher *it)
{
	return it->town->seats[town_links_broker(&it->links, it->request.link)].pages_are_lost;
}

/* Whole batches, good ones, without a gap, below the high watermark. */
static void
take_batches(struct town_fetcher *it, struct place *place, struct slice bytes,
    int64_t high_watermark)
{
	struct batch_cursor cursor;
	struct batch_view view;
	enum error error;
	int64_t asked = place->offset;

	batch_cursor_init(&cursor, bytes);
	while ((error = batch_cursor_next(&cursor, &view)) == ERROR_NONE && !it->town->sim->failed) {
		if (!batch_view_check_crc(&view) && may_be_torn(it))
			return; /* as clients do, it finds out by itself */
		sim_check(it->town->sim, batch_view_check_crc(&view), "%s is served a torn batch of %s "
		    "at %" PRId64, it->name, ledger_name(place->log), view.base_offset);
		sim_check(it->town->sim, view.base_offset <= place->offset &&
		    (place->offset == asked || view.base_offset == place->offset) &&
		    view.last_offset >= place->offset,
		    "%s asks %s from %" PRId64 " on, and gets a batch of %" PRId64 " to %" PRId64,
		    it->name, ledger_name(place->log), place->offset, view.base_offset,
		    view.last_offset);
		sim_check(it->town->sim, view.last_offset < high_watermark, "%s is served offset %"
		    PRId64 " of %s above the high watermark %" PRId64, it->name, view.last_offset,
		    ledger_name(place->log), high_watermark);
		take_records(it, place, &view, asked);
		place->offset = view.last_offset + 1;
		place->has_jumped = false;
	}
	if (error == ERROR_CORRUPT && may_be_torn(it))
		return;
	/* A limit may cut the last batch, but not the first. */
	sim_check(it->town->sim, error == ERROR_END_OF_STREAM || it->town->sim->failed ||
	    (error == ERROR_TRUNCATED && place->offset > asked),
	    "%s asks %s from %" PRId64 " on, and is served %zu bytes that are no batches: %s", it->name,
	    ledger_name(place->log), asked, bytes.size, error_text(error));
}

static void
out_of_range(struct town_fetcher *it, struct place *place)
{
	/*
	 * Who does not say which leader it means, or knows the offset from elsewhere, may meet
	 * one that is none any more.
	 */
	bool is_known = it->town->is_cluster ? place->told_epoch >= 0 && !place->has_jumped &&
	    fetcher_teller(it, place) != LEDGER_NOBODYS : fetcher_is_same_log(it, place);

	if (place->is_elsewhere) { /* the leader knows better */
		place->preferred = -1;
		return;
	}
	sim_check(it->town->sim, !is_known || !place->log->topic->is_kept ||
	    place->offset > place->end, "offset %" PRId64 " of %s is out of range",
	    place->offset, ledger_name(place->log));
	place->is_lost = true;
}

/* Whoever was asked knows of another leader. */
static bool
leads_astray(int16_t code)
{
	return code == KAFKA_ERROR_FENCED_LEADER_EPOCH || code == KAFKA_ERROR_UNKNOWN_LEADER_EPOCH ||
	    code == KAFKA_ERROR_OFFSET_NOT_AVAILABLE || code == KAFKA_ERROR_INCONSISTENT_TOPIC_ID;
}

/* The leader names another replica, in the reader's rack (KIP-392). */
static void
go_elsewhere(struct town_fetcher *it, struct place *place,
    const struct fetch_response_partition_data *part)
{
	int asked = town_links_broker(&it->links, it->request.link);
	int preferred = part->preferred_read_replica - 1;

	sim_check(it->town->sim, it->version >= RACK_VERSION && it->rack != NULL &&
	    part->records.bytes.size == 0 && preferred != asked && preferred < it->town->broker_count &&
	    preferred % 2 == it->rack[1] - '0' && asked % 2 != preferred % 2,
	    "%s in rack %s is sent from broker %d to broker %d", it->name,
	    it->rack == NULL ? "-" : it->rack, asked + 1, preferred + 1);
	place->preferred = preferred;
}

static void
take_part(struct town_fetcher *it, struct place *place, const struct fetch_response_partition_data *part)
{
	int64_t floor = fetcher_is_same_log(it, place) && !place->is_elsewhere ? place->floor : -1;

	sim_check(it->town->sim, !place->log->topic->is_gone || part->error_code != KAFKA_ERROR_NONE ||
	    it->request.asked_us <= place->log->topic->gone_us, "%s is served of %s, which is deleted",
	    it->name, ledger_name(place->log));
	if (part->error_code != KAFKA_ERROR_NONE)
		place->preferred = -1;
	switch (part->error_code) {
	case KAFKA_ERROR_NONE:
		if (part->preferred_read_replica >= 0) {
			go_elsewhere(it, place, part);
			break;
		}
		if (place->is_elsewhere && part->records.bytes.size > 0)
			broker_town_mark(it->town, "records are read from a follower");
		/* Of an earlier life only the records count. */
		if (floor >= 0)
			ledger_told_end(&it->town->ledger, place->log, fetcher_teller(it, place), floor,
			    part->high_watermark, it->version >= 5 ? part->log_start_offset : -1);
		take_batches(it, place, part->records.bytes, part->high_watermark);
		if (it->town->phase == TOWN_READING &&
		    place->offset >= ledger_end(&it->town->ledger, place->log))
			place->was_read = true;
		break;
	case KAFKA_ERROR_OFFSET_OUT_OF_RANGE:
		town_links_are_stale(&it->links);
		out_of_range(it, place);
		break;
	case KAFKA_ERROR_UNKNOWN_TOPIC_OR_PARTITION:
	case KAFKA_ERROR_UNKNOWN_TOPIC_ID:
		if (sim_now_us(it->town->sim) - it->request.asked_us > PARKED_US &&
		    !client_request_outlived(&it->request))
			broker_town_mark(it->town, "a fetch is parked when its topic is deleted");
		break;
	case KAFKA_ERROR_NOT_LEADER_OR_FOLLOWER:
	case KAFKA_ERROR_KAFKA_STORAGE_ERROR:
		town_links_are_stale(&it->links);
		break;
	case KAFKA_ERROR_CORRUPT_MESSAGE:
		/* A bit has turned; or what a failed sync has not brought to the disk (F21). */
		sim_check(it->town->sim, place->log->rots > 0 || place->log->is_damaged || may_be_torn(it),
		    "%s is told that %s is damaged", it->name, ledger_name(place->log));
		break;
	default:
		if (it->town->is_cluster && leads_astray(part->error_code))
			break;
		sim_fail(it->town->sim, "%s is told %s of %s", it->name,
		    kafka_error_name(part->error_code), ledger_name(place->log));
	}
}

/* ------------------------------------------------------------------ answers */

static struct ledger_topic *
topic_of(struct town_fetcher *it, const struct fetch_response_fetchable_topic_response *answer)
{
	struct ledger *ledger = &it->town->ledger;

	if (fetcher_names_ids(it))
		return ledger_find(ledger, answer->topic_id);
	for (int i = 0; i < TOWN_LASTING; i++) {
		if (slice_equal_text(answer->topic, ledger->topics[i].name))
			return &ledger->topics[i];
	}
	return NULL;
}

/* What was below the high watermark when it was asked has to come. */
static void
check_something_came(struct town_fetcher *it, const struct fetch_response *response)
{
	const struct place *due = NULL;

	for (int32_t t = 0; t < response->responses.count; t++) {
		const struct fetch_response_fetchable_topic_response *topic =
		    &response->responses.items[t];

		for (int32_t p = 0; p < topic->partitions.count; p++) {
			const struct fetch_response_partition_data *part = &topic->partitions.items[p];

			if (part->error_code != KAFKA_ERROR_NONE || part->records.bytes.size > 0 ||
			    part->preferred_read_replica >= 0)
				return;
		}
	}
	for (int i = 0; i < it->place_count; i++) {
		if (it->places[i].is_asked && !it->places[i].is_elsewhere &&
		    fetcher_is_same_log(it, &it->places[i]) &&
		    it->places[i].floor > it->places[i].offset)
			due = &it->places[i];
	}
	if (due != NULL)
		sim_fail(it->town->sim, "%s is served nothing of %s from %" PRId64 " on, where the "
		    "high watermark was %" PRId64, it->name, ledger_name(due->log), due->offset,
		    due->floor);
}

static void
fetched(struct client_request *request, const void *message)
{
	struct town_fetcher *it = container_of(request, struct town_fetcher, request);
	const struct fetch_response *response = message;
	int64_t waited_us = sim_now_us(it->town->sim) - request->asked_us;

	it->is_busy = false;
	if (response == NULL) {
		town_links_are_stale(&it->links);
		if (waited_us > PARKED_US && client_request_outlived(request))
			broker_town_mark(it->town, "a fetch is parked when its broker dies");
		return;
	}
	sim_check(it->town->sim, response->error_code == KAFKA_ERROR_NONE, "%s is told %s", it->name,
	    kafka_error_name(response->error_code));
	check_something_came(it, response);
	for (int32_t t = 0; t < response->responses.count && !it->town->sim->failed; t++) {
		const struct fetch_response_fetchable_topic_response *answer =
		    &response->responses.items[t];
		const struct ledger_topic *topic = topic_of(it, answer);

		for (int32_t p = 0; p < answer->partitions.count && !it->town->sim->failed; p++) {
			const struct fetch_response_partition_data *part = &answer->partitions.items[p];
			struct place *place =
			    topic == NULL ? NULL : fetcher_place(it, topic, part->partition_index);

			if (place == NULL || !place->is_asked) {
				sim_fail(it->town->sim, "%s gets partition %d of %s, and did not ask for it",
				    it->name, (int)part->partition_index,
				    topic == NULL ? "an unknown topic" : topic->name);
				return;
			}
			place->is_asked = false;
			take_part(it, place, part);
		}
	}
}

/* ------------------------------------------------------------------- asking */

static void
add_part(struct town_fetcher *it, struct place *place, struct fetch_request_fetch_topic *topic,
    struct fetch_request_fetch_partition *parts)
{
	static const int32_t bytes[] = { 1, 600, 5000, 60000, 1 << 20 };
	struct fetch_request_fetch_partition *part = &parts[topic->partitions.count++];

	*part = fetch_request_fetch_partition_defaults;
	part->partition = place->log->partition;
	part->fetch_offset = place->offset;
	part->partition_max_bytes = bytes[it->town->phase == TOWN_READING ? 4 :
	    prng_below(fetcher_prng(it), ARRAY_LENGTH(bytes))];
	topic->partitions.items = parts;
	place->is_asked = true;
	place->told_epoch = it->version >= EPOCH_VERSION && place->epoch >= 0 ? place->epoch : -1;
	if (it->town->is_cluster)
		part->current_leader_epoch = place->told_epoch;
	place->floor = ledger_floor(&it->town->ledger, place->log,
	    teller(it, place, place->leader, place->leader->life, sim_now_us(it->town->sim)));
	/*
	 * Whose log dir had failed is led by nobody until the controller has asked again;
	 * meanwhile a replica serves (KIP-392), and knows what its checkpoint says. So does a follower
	 * that led an earlier topic of that name, in the same leader epoch, as metadata told last.
	 */
	if ((!it->town->is_cluster || !place->log->topic->is_lasting) &&
	    !broker_host_leads(place->leader->broker, place->log->topic->name, place->log->partition))
		place->floor = -1;
	place->end = ledger_end(&it->town->ledger, place->log);
	place->cuts = place->log->cuts;
}

/* The leader of one place after the other. */
static struct client_link *
whom(struct town_fetcher *it)
{
	for (int i = 0; i < it->place_count; i++) {
		struct place *place = &it->places[++it->last_asked % it->place_count];

		if (place->leader != NULL && !place->is_lost && !place->log->topic->is_gone)
			return place->leader;
	}
	return NULL;
}

static bool
wants(struct town_fetcher *it, const struct place *place, const struct client_link *link)
{
	if (place->leader != link)
		return false;
	if (place->is_lost || place->log->topic->is_gone || (fetcher_names_ids(it) && uuid_is_zero(place->log->topic->id)))
		return false;
	return it->town->phase >= TOWN_HEALED || prng_chance(fetcher_prng(it), 3, 4);
}

static void
fetch(struct town_fetcher *it)
{
	struct fetch_request body = fetch_request_defaults;
	struct fetch_request_fetch_topic topics[TOPICS];
	struct fetch_request_fetch_partition parts[TOPICS][PLACES];
	const struct ledger_topic *last = NULL;
	struct client_link *link = whom(it);
	int count = 0;

	for (int i = 0; i < it->place_count && link != NULL; i++) {
		struct place *place = &it->places[i];
		const struct ledger_topic *topic = place->log->topic;

		place->is_asked = false;
		if (!wants(it, place, link))
			continue;
		if (topic != last) {
			last = topic;
			topics[count] = fetch_request_fetch_topic_defaults;
			topics[count].topic = slice_of_text(topic->name);
			topics[count++].topic_id = topic->id;
		}
		add_part(it, place, &topics[count - 1], parts[count - 1]);
	}
	if (count == 0)
		return;
	it->max_wait_ms = (int32_t)prng_between(fetcher_prng(it), 0, it->town->phase == TOWN_HEALED ? 15000 :
	    3000);
	it->min_bytes = prng_chance(fetcher_prng(it), 1, 5) ? (int32_t)prng_between(fetcher_prng(it), 0, 20000) : 1;
	if (it->town->phase == TOWN_READING)
		it->max_wait_ms = 100;
	body.max_wait_ms = it->max_wait_ms;
	body.min_bytes = it->min_bytes;
	body.isolation_level = prng_chance(fetcher_prng(it), 1, 2);
	/* In the last reading all leaders are asked: in the same requests, it is faster. */
	if (it->rack != NULL && it->version >= RACK_VERSION && it->town->phase != TOWN_READING)
		body.rack_id = slice_of_text(it->rack);
	body.topics.items = topics;
	body.topics.count = count;
	fetcher_ask(it, link, API_KEY_FETCH, it->version, &body, fetched);
}

/* ---------------------------------------------------------------- its life */

/* For the last reading everything is read again. */
static void
begin_again(struct town_fetcher *it)
{
	it->begins_again = true;
	for (int i = 0; i < it->lasting_count; i++)
		it->places[i].is_lost = true;
	it->place_count = it->lasting_count;
	it->next_place = 0;
}

static void
look_elsewhere(struct town_fetcher *it)
{
	struct place *place = &it->places[prng_below(fetcher_prng(it), (uint64_t)it->place_count)];

	if (place->log->high_watermark <= place->log->start)
		return;
	place->offset = prng_between(fetcher_prng(it), place->log->start, place->log->high_watermark);
	place->has_jumped = true;
}

/* From the replica that was named, as long as it can be had, and not for ever. */
static void
read_elsewhere(struct town_fetcher *it, struct place *place)
{
	struct client_link *link = NULL;

	if (it->town->phase == TOWN_READING ||
	    (place->preferred >= 0 && prng_chance(fetcher_prng(it), 1, 60)))
		place->preferred = -1;
	if (place->preferred >= 0 && !place->is_lost)
		link = town_links_to(&it->links, place->preferred);
	place->is_elsewhere = link != NULL;
	if (link != NULL)
		place->leader = link;
	else
		place->preferred = -1;
}

/* Seldom. */
static bool
looks_at_end(struct town_fetcher *it)
{
	struct place *place = &it->places[prng_below(fetcher_prng(it), (uint64_t)it->lasting_count)];

	if (place->leader == NULL || place->is_elsewhere || !prng_chance(fetcher_prng(it), 1, 12))
		return false;
	fetcher_list_offsets(it, place, true);
	return true;
}

static void
act(struct town_fetcher *it)
{
	bool knows = true;

	if (it->town->phase == TOWN_READING && !it->begins_again)
		begin_again(it);
	for (int i = 0; i < it->place_count; i++) {
		struct place *place = &it->places[i];

		place->leader = town_links_leader(&it->links, place->log->topic->name,
		    place->log->partition, &place->epoch);
		read_elsewhere(it, place);
	}
	for (int i = 0; i < it->place_count; i++) {
		knows = knows && !uuid_is_zero(it->places[i].log->topic->id);
		if (it->places[i].leader != NULL && it->places[i].is_lost && !it->places[i].log->topic->is_gone &&
		    !it->places[i].log->is_damaged) {
			fetcher_list_offsets(it, &it->places[i], false);
			return;
		}
	}
	if (it->town->is_cluster && it->town->phase == TOWN_WORKING && looks_at_end(it))
		return;
	if (!knows || prng_chance(fetcher_prng(it), 1, 40)) {
		fetcher_ask_metadata(it);
		return;
	}
	if (it->town->phase == TOWN_WORKING && prng_chance(fetcher_prng(it), 1, 15))
		look_elsewhere(it);
	fetch(it);
}

static void
keep_pace(struct timer *timer)
{
	struct town_fetcher *it = container_of(timer, struct town_fetcher, pace);

	town_links_refresh(&it->links);
	if (!it->is_busy && !it->town->sim->failed)
		act(it);
	/* A segment a fetch: the last reading of long logs has to end, too (seed 485543). */
	timer_start(it->loop, timer, clock_monotonic_us(it->process->world.clock) +
	    sim_delay(it->town->sim, SIM_WORKLOAD, 8000,
	    it->town->phase == TOWN_READING ? 20000 : 100000));
}

struct town_fetcher *
town_fetcher_new(struct broker_town *town, int number)
{
	static const char *const racks[] = { NULL, "r0", "r1" };
	struct town_fetcher *it = sim_memory_new(sizeof(*it));

	it->town = town;
	it->number = number;
	snprintf(it->name, sizeof(it->name), "fetcher%d", number);
	it->version = (int16_t)prng_between(fetcher_prng(it), 4, 17);
	for (int t = 0; t < TOWN_LASTING; t++) {
		struct ledger_topic *topic = &town->ledger.topics[t];

		for (int p = 0; p < topic->partitions && it->place_count < PLACES; p++)
			it->places[it->place_count++] =
			    (struct place){ .log = &topic->logs[p], .preferred = -1 };
	}
	if (town->is_cluster)
		it->rack = racks[prng_below(fetcher_prng(it), ARRAY_LENGTH(racks))];
	it->lasting_count = it->place_count;
	return it;
}

void
town_fetcher_start(struct town_fetcher *it, struct sim_process *process, struct loop *loop)
{
	it->process = process;
	it->loop = loop;
	timer_init(&it->pace, keep_pace);
	town_links_open(&it->links, it->town, process, loop, it->name, NULL, it);
	keep_pace(&it->pace);
}

bool
town_fetcher_is_parked(const struct town_fetcher *it)
{
	return it->is_busy && it->is_fetch &&
	    sim_now_us(it->town->sim) - it->request.asked_us > PARKED_US;
}

bool
town_fetcher_has_read_all(const struct town_fetcher *it)
{
	for (int i = 0; i < it->lasting_count; i++) {
		if (!it->places[i].was_read && !it->places[i].log->is_damaged)
			return false;
	}
	return it->begins_again;
}

void
town_fetcher_free(struct town_fetcher *it)
{
	free(it);
}
