#include "tests/unit/partition/far_leader.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "wire/batch.h"
#include "wire/frame.h"

static struct far_leader *here;

/* --------------------------------------------------------------- the links */

static struct broker_link *
open_link(const struct broker_link_options *options)
{
	struct far_link *link = &here->links[here->link_count++];

	cr_assert_leq(here->link_count, FAR_LINKS);
	cr_assert_eq(loop_current(), options->loop);
	*link = (struct far_link){ .port = options->port, .loop = options->loop };
	snprintf(link->host, sizeof(link->host), "%s", options->host);
	snprintf(link->client_id, sizeof(link->client_id), "%s", options->client_id);
	return (struct broker_link *)link;
}

/* What could not be sent is no request. */
static void
check_encoding(const struct broker_link_request *request)
{
	struct buffer_list bytes;

	buffer_list_init(&bytes);
	cr_assert_eq(message_encode(message_type_find(request->key, false), request->version,
	    request->body, &bytes), ERROR_NONE);
	buffer_list_fini(&bytes);
}

static void
ask(struct broker_link *broker_link, struct broker_link_request *request)
{
	struct far_link *link = (struct far_link *)broker_link;

	cr_assert_eq(loop_current(), link->loop);
	cr_assert_not(link->is_closed);
	check_encoding(request);
	link->asked++;
	if (request->key == API_KEY_FETCH) {
		cr_assert_null(link->fetch, "one at a time");
		link->fetch = request;
	} else {
		cr_assert_eq(request->key, API_KEY_LIST_OFFSETS);
		cr_assert_null(link->list_offsets, "one at a time");
		link->list_offsets = request;
	}
}

static void
set_address(struct broker_link *broker_link, const char *host, uint16_t port)
{
	struct far_link *link = (struct far_link *)broker_link;

	cr_assert_eq(loop_current(), link->loop);
	snprintf(link->host, sizeof(link->host), "%s", host);
	link->port = port;
}

static void
answer(struct broker_link_request **request, enum error error, const void *response,
    struct broker_link_answer *answer)
{
	struct broker_link_request *it = *request;

	*request = NULL;
	if (it != NULL)
		it->answered(it, error, response, answer);
}

/* As a link does both: what is out is answered, never inside the call. */
static void
finish_reset(struct loop_message *message)
{
	struct far_link *link = container_of(message, struct far_link, message);

	answer(&link->fetch, ERROR_CONNECTION_RESET, NULL, NULL);
	answer(&link->list_offsets, ERROR_CONNECTION_RESET, NULL, NULL);
}

static void
reset(struct broker_link *broker_link)
{
	struct far_link *link = (struct far_link *)broker_link;

	cr_assert_eq(loop_current(), link->loop);
	cr_assert_not(link->is_closed);
	link->resets++;
	link->message.run = finish_reset;
	loop_post(link->loop, &link->message);
}

struct closing {
	struct loop_message message;
	struct far_link *link;
	void (*closed)(void *context);
	void *context;
};

static void
finish_closing(struct loop_message *message)
{
	struct closing *closing = container_of(message, struct closing, message);

	answer(&closing->link->fetch, ERROR_CANCELLED, NULL, NULL);
	answer(&closing->link->list_offsets, ERROR_CANCELLED, NULL, NULL);
	closing->closed(closing->context);
	free(closing);
}

static void
close_link(struct broker_link *broker_link, void (*closed)(void *context), void *context)
{
	struct far_link *link = (struct far_link *)broker_link;
	struct closing *closing = memory_new(sizeof(*closing));

	cr_assert_eq(loop_current(), link->loop);
	cr_assert_not(link->is_closed);
	link->is_closed = true;
	*closing = (struct closing){ .link = link, .closed = closed, .context = context,
		.message.run = finish_closing };
	loop_post(link->loop, &closing->message);
}

const struct fetcher_link_port far_leader_links = { open_link, ask, set_address, reset,
	close_link };

/* -------------------------------------------------------------- begin, end */

static void
clear_answer(struct far_leader *far)
{
	for (int i = 0; i < FAR_PARTITIONS; i++) {
		buffer_fini(&far->records[i]);
		buffer_init(&far->records[i]);
	}
	far->fetched = fetch_response_defaults;
	far->fetched.responses.items = far->topics;
	far->fetched.responses.count = 0;
}

void
far_leader_init(struct far_leader *far, struct depot *depot)
{
	memset(far, 0, sizeof(*far));
	far->depot = depot;
	for (int i = 0; i < FAR_PARTITIONS; i++)
		buffer_init(&far->records[i]);
	clear_answer(far);
	here = far;
}

void
far_leader_fini(struct far_leader *far)
{
	cr_expect_eq(far->answers, 0, "an answer is still held");
	for (int i = 0; i < FAR_PARTITIONS; i++)
		buffer_fini(&far->records[i]);
}

/* ------------------------------------------------------------ what is asked */

const struct fetch_request *
far_leader_fetch(struct far_leader *far, int link)
{
	cr_assert_lt(link, far->link_count, "no such link");
	cr_assert_not_null(far->links[link].fetch, "nothing is asked");
	return far->links[link].fetch->body;
}

int
far_leader_fetch_count(struct far_leader *far, int link)
{
	const struct fetch_request *fetch = far_leader_fetch(far, link);
	int count = 0;

	for (int32_t i = 0; i < fetch->topics.count; i++)
		count += fetch->topics.items[i].partitions.count;
	return count;
}

const struct fetch_request_fetch_partition *
far_leader_asked(struct far_leader *far, int link, const char *topic, int32_t index)
{
	const struct fetch_request *fetch = far_leader_fetch(far, link);

	for (int32_t i = 0; i < fetch->topics.count; i++)
		for (int32_t j = 0; j < fetch->topics.items[i].partitions.count; j++)
			if (slice_equal_text(fetch->topics.items[i].topic, topic) &&
			    fetch->topics.items[i].partitions.items[j].partition == index)
				return &fetch->topics.items[i].partitions.items[j];
	return NULL;
}

const struct list_offsets_request *
far_leader_list(struct far_leader *far, int link)
{
	cr_assert_lt(link, far->link_count, "no such link");
	cr_assert_not_null(far->links[link].list_offsets, "no bound is asked for");
	return far->links[link].list_offsets->body;
}

/* ---------------------------------------------------------- what it answers */

struct fetch_response_partition_data *
far_leader_add(struct far_leader *far, const char *topic, int32_t index, int64_t high_watermark)
{
	int number = far->fetched.responses.count++;
	struct fetch_response_partition_data *data = &far->partitions[number];

	cr_assert_lt(number, FAR_PARTITIONS);
	*data = fetch_response_partition_data_defaults;
	data->partition_index = index;
	data->high_watermark = high_watermark;
	data->log_start_offset = 0;
	far->topics[number] = fetch_response_fetchable_topic_response_defaults;
	far->topics[number].topic = slice_of_text(topic);
	far->topics[number].topic_id = far->depot->topic_id;
	far->topics[number].partitions.items = data;
	far->topics[number].partitions.count = 1;
	return data;
}

void
far_leader_add_records(struct far_leader *far, int64_t base_offset, int count, int32_t epoch)
{
	int number = far->fetched.responses.count - 1;
	struct buffer *bytes = &far->records[number];
	size_t at = bytes->size;

	log_sample_batch(bytes, &(struct log_sample){ .records = count }, base_offset);
	batch_set_base_offset(bytes->bytes + at, base_offset);
	batch_set_partition_leader_epoch(bytes->bytes + at, epoch);
	far->partitions[number].records.kind = WIRE_RECORDS_BYTES;
	far->partitions[number].records.bytes = slice_of(bytes->bytes, bytes->size);
}

struct far_answer {
	struct broker_link_answer answer;
	struct buffer records[FAR_PARTITIONS];
};

static void
answer_free(struct counted *counted)
{
	struct far_answer *it = container_of(counted, struct far_answer, answer.counted);

	for (int i = 0; i < FAR_PARTITIONS; i++) {
		/* Who reads them now reads nonsense. */
		if (it->records[i].size > 0)
			memset(it->records[i].bytes, 0xee, it->records[i].size);
		buffer_fini(&it->records[i]);
	}
	here->answers--;
	free(it);
}

static void
enter(struct far_leader *far, int link)
{
	sim_process_enter(&far->depot->process);
	loop_enter(far->links[link].loop);
}

static void
leave(struct far_leader *far, int link)
{
	loop_leave(far->links[link].loop);
	sim_process_leave(&far->depot->process);
}

/* The records go with the answer. */
void
far_leader_send(struct far_leader *far, int link)
{
	struct far_answer *it = memory_new(sizeof(*it));

	counted_init(&it->answer.counted, answer_free);
	memcpy(it->records, far->records, sizeof(it->records));
	for (int i = 0; i < FAR_PARTITIONS; i++)
		buffer_init(&far->records[i]);
	far->answers++;
	cr_assert_not_null(far->links[link].fetch, "nothing is asked");
	enter(far, link);
	answer(&far->links[link].fetch, ERROR_NONE, &far->fetched, &it->answer);
	broker_link_answer_release(&it->answer);
	leave(far, link);
	depot_run(far->depot, 1000);
	clear_answer(far);
}

void
far_leader_fail(struct far_leader *far, int link, enum error error)
{
	enter(far, link);
	answer(&far->links[link].fetch, error, NULL, NULL);
	answer(&far->links[link].list_offsets, error, NULL, NULL);
	leave(far, link);
	depot_run(far->depot, 1000);
}

void
far_leader_send_offset(struct far_leader *far, int link, int16_t code, int64_t offset)
{
	const struct list_offsets_request *asked = far_leader_list(far, link);
	struct list_offsets_response response = list_offsets_response_defaults;
	struct list_offsets_response_list_offsets_topic_response topic =
	    list_offsets_response_list_offsets_topic_response_defaults;
	struct list_offsets_response_list_offsets_partition_response partition =
	    list_offsets_response_list_offsets_partition_response_defaults;

	cr_assert_eq(asked->topics.count, 1);
	topic.name = asked->topics.items[0].name;
	partition.partition_index = asked->topics.items[0].partitions.items[0].partition_index;
	partition.error_code = code;
	partition.offset = offset;
	topic.partitions.items = &partition;
	topic.partitions.count = 1;
	response.topics.items = &topic;
	response.topics.count = 1;
	enter(far, link);
	answer(&far->links[link].list_offsets, ERROR_NONE, &response, NULL);
	leave(far, link);
	depot_run(far->depot, 1000);
}
