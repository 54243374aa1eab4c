/* What a fetcher asks its leader, and what it makes of the answers. */
#include <stdlib.h>

#include "base/memory.h"
#include "partition/fetcher_private.h"
#include "wire/api_keys.h"
#include "wire/kafka_error.h"

enum {
	FETCH_VERSION_BY_NAME = 12,    /* from the next one on topics have ids */
	FETCH_VERSION_WITH_STATE = 15, /* of the replica, with its epoch (KIP-903) */
	LATEST = -1,
	EARLIEST = -2,
};

typedef struct fetch_request_fetch_topic fetch_topic;
typedef struct fetch_request_fetch_partition fetch_partition;
typedef struct list_offsets_request_list_offsets_topic bound_topic;
typedef struct list_offsets_request_list_offsets_partition bound_partition;
typedef struct fetch_response_partition_data partition_data;

static void fetch_answered(struct broker_link_request *request, enum error error,
    const void *response, struct broker_link_answer *answer);
static void list_offsets_answered(struct broker_link_request *request, enum error error,
    const void *response, struct broker_link_answer *answer);

/* ------------------------------------------------------------------ who is asked */

/* Of one topic, named as the request names it. */
struct key {
	struct slice topic;
	int32_t index;
	bool by_id;
};

static bool
matches(const struct hash_node *node, const void *wanted)
{
	const struct key *key = wanted;
	const struct fetcher_partition *it = container_of(node, const struct fetcher_partition,
	    node);

	if (partition_index(it->partition) != key->index)
		return false;
	if (!key->by_id)
		return slice_equal(partition_topic(it->partition), key->topic);
	struct uuid id = partition_topic_id(it->partition);
	return slice_equal(slice_of(id.bytes, sizeof(id.bytes)), key->topic);
}

static uint64_t
hash_of(const struct fetcher_exchange *it, const struct key *key)
{
	return hash_table_hash(&it->by_name, key->topic) + (uint64_t)(uint32_t)key->index;
}

static void
exchange_init(struct fetcher_exchange *it, struct fetcher *fetcher)
{
	it->fetcher = fetcher;
	list_init(&it->asked);
	hash_table_init(&it->by_name, fetcher->options.hash_seed, matches);
}

void
fetcher_exchanges_init(struct fetcher *fetcher)
{
	exchange_init(&fetcher->fetch, fetcher);
	exchange_init(&fetcher->list_offsets, fetcher);
	fetcher_session_init(&fetcher->session);
}

void
fetcher_exchanges_fini(struct fetcher *fetcher)
{
	hash_table_fini(&fetcher->fetch.by_name);
	hash_table_fini(&fetcher->list_offsets.by_name);
	fetcher_session_fini(&fetcher->session);
}

static void
add_asked(struct fetcher_exchange *it, struct fetcher_partition *asked)
{
	struct uuid id = partition_topic_id(asked->partition);
	struct key key = { partition_topic(asked->partition), partition_index(asked->partition),
		it->by_id };

	if (it->by_id)
		key.topic = slice_of(id.bytes, sizeof(id.bytes));
	list_remove(&asked->link);
	list_append(&it->asked, &asked->link);
	asked->state = FETCHER_ASKED;
	hash_table_insert(&it->by_name, &asked->node, hash_of(it, &key));
}

static struct hash_node *
find_asked(const struct fetcher_exchange *it, struct slice topic, struct uuid id, int32_t index)
{
	struct key key = { it->by_id ? slice_of(id.bytes, sizeof(id.bytes)) : topic, index,
		it->by_id };

	return hash_table_find(&it->by_name, hash_of(it, &key), &key);
}

bool
fetcher_exchange_has(const struct fetcher_exchange *it, struct slice topic, struct uuid id,
    int32_t index)
{
	return find_asked(it, topic, id, index) != NULL;
}

/* Out of it; NULL: it was not asked, or is answered already. */
static struct fetcher_partition *
take_asked(struct fetcher_exchange *it, struct slice topic, struct uuid id, int32_t index)
{
	struct hash_node *node = find_asked(it, topic, id, index);
	struct fetcher_partition *asked;

	if (node == NULL)
		return NULL;
	asked = container_of(node, struct fetcher_partition, node);
	hash_table_remove(&it->by_name, node);
	list_remove(&asked->link);
	return asked;
}

static void
ask(struct fetcher_exchange *it, int64_t timeout_ms)
{
	struct fetcher *fetcher = it->fetcher;

	it->is_out = true;
	it->asked_us = clock_monotonic_us(fetcher->world->clock);
	it->request.body = &it->body;
	it->request.timeout_ms = timeout_ms;
	fetcher->options.links->ask(fetcher->link, &it->request);
}

/* --------------------------------------------------------------------- answers */

static void
tell_trouble(struct fetcher *fetcher, const char *what)
{
	if (!fetcher->troubled && !fetcher->closing)
		log_warn(fetcher->world->logger, "broker %d, which leads partitions here, cannot be "
		    "fetched from: %s", fetcher->options.leader, what);
	fetcher->troubled = true;
}

/* Who is left without an answer asks again: at once, or after the pause. */
static void
end_asking(struct fetcher_exchange *it, bool at_once)
{
	struct list *link;

	while ((link = list_take_first(&it->asked)) != NULL) {
		struct fetcher_partition *asked = container_of(link, struct fetcher_partition, link);

		hash_table_remove(&it->by_name, &asked->node);
		if (at_once)
			fetcher_make_ready(asked);
		else
			fetcher_wait(asked, it->fetcher->options.settings->backoff_ms);
	}
}

/* True when the response may be read. */
static bool
begin_answer(struct fetcher_exchange *it, enum error error, int16_t code)
{
	struct fetcher *fetcher = it->fetcher;

	it->is_out = false;
	free(it->topics);
	free(it->partitions);
	it->topics = it->partitions = NULL;
	/* The first time alone: who cannot be reached for long is in no doubt. */
	if (error != ERROR_NONE && !fetcher->troubled && !fetcher->closing &&
	    fetcher->options.lost_leaders != NULL)
		lost_leaders_note(fetcher->options.lost_leaders, fetcher->options.leader,
		    clock_monotonic_us(fetcher->world->clock));
	if (error != ERROR_NONE || code != KAFKA_ERROR_NONE) {
		tell_trouble(fetcher, error != ERROR_NONE ? error_text(error) :
		    kafka_error_name(code));
		return false;
	}
	if (fetcher->troubled)
		log_info(fetcher->world->logger, "broker %d answers again", fetcher->options.leader);
	fetcher->troubled = false;
	return true;
}

/* The partition is given what is new to it; a removed one is forgotten. */
static void
give(struct fetcher_partition *asked, struct broker_link_answer *answer)
{
	if (asked->removed)
		fetcher_make_ready(asked); /* which frees it */
	else
		fetcher_give(asked, answer);
}

/* ----------------------------------------------------------------------- Fetch */

static bool
brings_nothing_new(const struct fetcher_partition *asked, const partition_data *data)
{
	return !partition_is_in_doubt(asked->partition) &&
	    data->error_code == KAFKA_ERROR_NONE && data->records.bytes.size == 0 &&
	    data->diverging_epoch.epoch < 0 &&
	    data->high_watermark == asked->told_high_watermark &&
	    data->log_start_offset == asked->told_log_start;
}

/* All that comes of a throttled replica counts, in sync or not (KIP-73). */
static void
count(const struct fetcher_partition *asked, const partition_data *data)
{
	const struct fetcher *fetcher = asked->fetcher;

	if (fetcher->options.quota != NULL && data->records.bytes.size > 0 &&
	    partition_is_throttled_follower(asked->partition))
		replication_quota_count(fetcher->options.quota, (int64_t)data->records.bytes.size,
		    clock_monotonic_us(fetcher->world->clock));
}

static void
take_data(struct fetcher_partition *asked, const partition_data *data,
    struct broker_link_answer *answer, struct list *with_records)
{
	bool is_good = data->error_code == KAFKA_ERROR_NONE && data->diverging_epoch.epoch < 0;

	count(asked, data);
	if (brings_nothing_new(asked, data)) {
		fetcher_make_ready(asked);
		return;
	}
	asked->told_high_watermark = is_good ? data->high_watermark : -1;
	asked->told_log_start = is_good ? data->log_start_offset : -1;
	asked->follow.answer = (struct follower_answer){
		.type = FOLLOWER_RECORDS,
		.asked_offset = asked->follow.next.offset,
		.code = data->error_code,
		.high_watermark = data->high_watermark,
		.log_start_offset = data->log_start_offset,
		.diverging_epoch = data->diverging_epoch.epoch,
		.diverging_end_offset = data->diverging_epoch.end_offset,
		.records = data->records.kind == WIRE_RECORDS_BYTES ? data->records.bytes :
		    (struct slice){ 0 },
		.room_left = asked->fetcher->fetch.room_left,
	};
	/* Who got records is asked for behind the others, so that nobody starves. */
	atomic_fetch_add_explicit(&asked->fetcher->bytes, asked->follow.answer.records.size,
	    memory_order_relaxed);
	if (asked->follow.answer.records.size > 0)
		list_append(with_records, &asked->link);
	else
		give(asked, answer);
}

/* How much more the leader could have sent; who sends nothing at all has no batch, however large. */
static int64_t
room_left(const struct fetcher *fetcher, const struct fetch_response *fetched)
{
	int64_t room = fetcher->options.settings->leader_max_bytes, whole = room;

	for (int32_t i = 0; i < fetched->responses.count; i++)
		for (int32_t j = 0; j < fetched->responses.items[i].partitions.count; j++)
			room -= (int64_t)fetched->responses.items[i].partitions.items[j].records.bytes.size;
	return room == whole ? INT64_MAX : room;
}

/* Who is in doubt hears that nothing has come, too. */
static void
tell_those_in_doubt(struct fetcher_exchange *it, struct broker_link_answer *answer)
{
	struct list *next;

	for (struct list *link = it->asked.next; link != &it->asked; link = next) {
		struct fetcher_partition *asked = container_of(link, struct fetcher_partition, link);

		next = link->next;
		if (asked->removed || !partition_is_in_doubt(asked->partition) ||
		    asked->told_high_watermark < 0)
			continue;
		hash_table_remove(&it->by_name, &asked->node);
		list_remove(&asked->link);
		asked->follow.answer = (struct follower_answer){
			.type = FOLLOWER_RECORDS,
			.asked_offset = asked->follow.next.offset,
			.high_watermark = asked->told_high_watermark,
			.log_start_offset = asked->told_log_start,
			.diverging_epoch = -1,
			.room_left = it->room_left,
		};
		give(asked, answer);
	}
}

static void
take_all_data(struct fetcher_exchange *it, const struct fetch_response *fetched,
    struct broker_link_answer *answer)
{
	struct list with_records;
	struct list *link;

	list_init(&with_records);
	it->room_left = room_left(it->fetcher, fetched);
	for (int32_t i = 0; i < fetched->responses.count; i++) {
		const struct fetch_response_fetchable_topic_response *topic =
		    &fetched->responses.items[i];

		for (int32_t j = 0; j < topic->partitions.count; j++) {
			const partition_data *data = &topic->partitions.items[j];
			struct fetcher_partition *asked = take_asked(it, topic->topic,
			    topic->topic_id, data->partition_index);

			if (asked != NULL)
				take_data(asked, data, answer, &with_records);
		}
	}
	while ((link = list_take_first(&with_records)) != NULL)
		give(container_of(link, struct fetcher_partition, link), answer);
}

static void
fetch_answered(struct broker_link_request *request, enum error error, const void *response,
    struct broker_link_answer *answer)
{
	struct fetcher_exchange *it = container_of(request, struct fetcher_exchange, request);
	const struct fetch_response *fetched = error == ERROR_NONE ? response : NULL;
	enum fetcher_session_result result = fetcher_session_answered(&it->fetcher->session,
	    fetched);
	int16_t code = fetched == NULL || result == FETCHER_SESSION_LOST ? KAFKA_ERROR_NONE :
	    fetched->error_code;

	if (fetched != NULL)
		fetcher_rate_add(&it->fetcher->rate,
		    clock_monotonic_us(it->fetcher->world->clock));
	if (begin_answer(it, error, code) && result != FETCHER_SESSION_LOST) {
		take_all_data(it, fetched, answer);
		if (result == FETCHER_SESSION_CHANGED)
			tell_those_in_doubt(it, answer);
	}
	end_asking(it, result == FETCHER_SESSION_CHANGED || result == FETCHER_SESSION_LOST);
	fetcher_go_on(it->fetcher);
}

static fetch_partition
fetch_of(const struct fetcher_partition *it)
{
	fetch_partition partition = fetch_request_fetch_partition_defaults;
	const struct follower_ask *next = &it->follow.next;

	partition.partition = partition_index(it->partition);
	partition.current_leader_epoch = next->leader_epoch;
	partition.fetch_offset = next->offset;
	partition.last_fetched_epoch = next->last_fetched_epoch;
	partition.log_start_offset = next->log_start_offset;
	partition.partition_max_bytes = it->fetcher->options.settings->partition_max_bytes;
	return partition;
}

/* Partitions keep their order; a topic is named again where another one lies between. */
static void
fill_fetch(struct fetcher_exchange *it)
{
	struct fetch_request *body = &it->body.fetch;
	fetch_topic *topic = NULL;
	size_t count = 0, used = 0;

	LIST_FOREACH(link, &it->asked)
		count++;
	/* Room for all; in a session few are named. */
	body->topics.items = it->topics = memory_array(count, sizeof(fetch_topic));
	body->topics.count = 0;
	it->partitions = memory_array(count, sizeof(fetch_partition));
	LIST_FOREACH(link, &it->asked) {
		struct fetcher_partition *asked = container_of(link, struct fetcher_partition, link);
		struct slice name = partition_topic(asked->partition);
		fetch_partition *partition = (fetch_partition *)it->partitions + used;

		if (!fetcher_session_names(&it->fetcher->session, asked))
			continue;
		used++;
		*partition = fetch_of(asked);
		if (topic == NULL || !slice_equal(topic->topic, name)) {
			topic = &body->topics.items[body->topics.count++];
			*topic = fetch_request_fetch_topic_defaults;
			topic->topic = name;
			topic->topic_id = partition_topic_id(asked->partition);
			topic->partitions.items = partition;
			topic->partitions.count = 0;
		}
		topic->partitions.count++;
	}
}

static bool
all_have_ids(const struct list *ready)
{
	for (const struct list *link = ready->next; link != ready; link = link->next)
		if (uuid_is_zero(partition_topic_id(
		        container_of(link, const struct fetcher_partition, link)->partition)))
			return false;
	return true;
}

void
fetcher_send_fetch(struct fetcher *fetcher, int32_t max_wait_ms)
{
	const struct fetcher_settings *settings = fetcher->options.settings;
	struct fetcher_exchange *it = &fetcher->fetch;
	struct fetch_request *body = &it->body.fetch;
	struct list *link;

	it->by_id = settings->fetch_version > FETCH_VERSION_BY_NAME && all_have_ids(&fetcher->ready);
	it->request.version = it->by_id ? settings->fetch_version : FETCH_VERSION_BY_NAME;
	while ((link = list_take_first(&fetcher->ready)) != NULL)
		add_asked(it, container_of(link, struct fetcher_partition, link));
	*body = fetch_request_defaults;
	if (it->request.version >= FETCH_VERSION_WITH_STATE) {
		body->replica_state.replica_id = fetcher->options.broker_id;
		body->replica_state.replica_epoch = atomic_load_explicit(
		    fetcher->options.broker_epoch, memory_order_relaxed);
	} else {
		body->replica_id = fetcher->options.broker_id;
	}
	body->max_wait_ms = max_wait_ms;
	body->min_bytes = settings->min_bytes;
	body->max_bytes = settings->response_max_bytes;
	fetcher_session_begin(&fetcher->session, it, body);
	fill_fetch(it);
	it->request.key = API_KEY_FETCH;
	it->request.answered = fetch_answered;
	ask(it, settings->timeout_ms);
}

/* ------------------------------------------------------------------ ListOffsets */

static void
take_bound(struct fetcher_partition *asked,
    const struct list_offsets_response_list_offsets_partition_response *bound)
{
	asked->told_high_watermark = asked->told_log_start = -1;
	asked->follow.answer = (struct follower_answer){
		.type = asked->follow.next.type == FOLLOWER_ASK_END ? FOLLOWER_END : FOLLOWER_START,
		.code = bound->error_code,
		.offset = bound->offset,
	};
	give(asked, NULL);
}

static void
list_offsets_answered(struct broker_link_request *request, enum error error, const void *response,
    struct broker_link_answer *answer UNUSED)
{
	struct fetcher_exchange *it = container_of(request, struct fetcher_exchange, request);
	const struct list_offsets_response *listed = response;

	if (begin_answer(it, error, KAFKA_ERROR_NONE)) {
		for (int32_t i = 0; i < listed->topics.count; i++) {
			const struct list_offsets_response_list_offsets_topic_response *topic =
			    &listed->topics.items[i];

			for (int32_t j = 0; j < topic->partitions.count; j++) {
				struct fetcher_partition *asked = take_asked(it, topic->name,
				    (struct uuid){ 0 }, topic->partitions.items[j].partition_index);

				if (asked != NULL)
					take_bound(asked, &topic->partitions.items[j]);
			}
		}
	}
	end_asking(it, false);
	fetcher_go_on(it->fetcher);
}

/* A topic an element: there are few who ask. */
void
fetcher_send_list_offsets(struct fetcher *fetcher)
{
	struct fetcher_exchange *it = &fetcher->list_offsets;
	struct list_offsets_request *body = &it->body.list_offsets;
	size_t count = 0;
	struct list *link;

	while ((link = list_take_first(&fetcher->bounds)) != NULL) {
		add_asked(it, container_of(link, struct fetcher_partition, link));
		count++;
	}
	*body = list_offsets_request_defaults;
	body->replica_id = fetcher->options.broker_id;
	body->topics.items = it->topics = memory_array(count, sizeof(bound_topic));
	body->topics.count = 0;
	it->partitions = memory_array(count, sizeof(bound_partition));
	LIST_FOREACH(at, &it->asked) {
		struct fetcher_partition *asked = container_of(at, struct fetcher_partition, link);
		int32_t number = body->topics.count++;
		bound_partition *partition = (bound_partition *)it->partitions + number;
		bound_topic *topic = &body->topics.items[number];

		*partition = list_offsets_request_list_offsets_partition_defaults;
		partition->partition_index = partition_index(asked->partition);
		partition->current_leader_epoch = asked->follow.next.leader_epoch;
		partition->timestamp = asked->follow.next.type == FOLLOWER_ASK_END ? LATEST : EARLIEST;
		*topic = list_offsets_request_list_offsets_topic_defaults;
		topic->name = partition_topic(asked->partition);
		topic->partitions.items = partition;
		topic->partitions.count = 1;
	}
	it->request.key = API_KEY_LIST_OFFSETS;
	it->request.version = fetcher->options.settings->list_offsets_version;
	it->request.answered = list_offsets_answered;
	ask(it, fetcher->options.settings->timeout_ms);
}
