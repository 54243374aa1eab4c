#include "tests/bench/load.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "wire/batch.h"
#include "wire/batch_builder.h"
#include "wire/messages.h"

enum { PRODUCE_VERSION = 8, FETCH_VERSION = 11, CORRELATION_AT = 8, FETCH_BYTES = 1 << 20 };

static void
die(const char *what, int code)
{
	fprintf(stderr, "load: %s: %d\n", what, code);
	exit(1);
}

static void
make_batch(struct buffer *batch, const struct load_options *options)
{
	struct batch_builder_options builder_options = batch_builder_options_default();
	struct batch_builder builder;
	uint8_t *value = memory_new((size_t)options->record_bytes);

	for (int i = 0; i < options->record_bytes; i++)
		value[i] = (uint8_t)('a' + (i * 7 + i / 64) % 26);
	batch_builder_init(&builder, &builder_options);
	for (int i = 0; i < options->batch_records; i++) {
		struct record record = { .timestamp = 1700000000000 + i,
			.value = slice_of(value, (size_t)options->record_bytes) };

		if (batch_builder_add(&builder, &record) != ERROR_NONE)
			die("a batch is too large", options->batch_records);
	}
	if (batch_builder_finish(&builder, batch) != ERROR_NONE)
		die("a batch cannot be made", options->batch_records);
	batch_builder_fini(&builder);
	free(value);
}

static void
make_frame(struct buffer *out, const struct message_type *type, int16_t version,
    const void *message)
{
	struct request_header header = request_header_defaults;
	struct buffer_list list;
	struct frame frame;
	const struct buffer_part *part;

	header.request_api_key = type->key;
	header.request_api_version = version;
	header.client_id = slice_of_text("load");
	buffer_list_init(&list);
	if (request_begin(&list, &header, &frame) != ERROR_NONE ||
	    message_encode(type, version, message, &list) != ERROR_NONE ||
	    frame_finish(&list, &frame) != ERROR_NONE)
		die("a request cannot be encoded", type->key);
	while ((part = buffer_list_front(&list)) != NULL) {
		buffer_append(out, part->bytes, part->length);
		buffer_list_consume(&list, part->length);
	}
	buffer_list_fini(&list);
}

void
load_frame_produce(struct buffer *out, const struct load_options *options, int32_t partition)
{
	struct produce_request request = produce_request_defaults;
	struct produce_request_topic_produce_data topic = produce_request_topic_produce_data_defaults;
	struct produce_request_partition_produce_data data =
	    produce_request_partition_produce_data_defaults;
	struct buffer batch;

	buffer_init(&batch);
	make_batch(&batch, options);
	data.index = partition;
	data.records = (struct wire_records){ .kind = WIRE_RECORDS_BYTES,
		.bytes = buffer_slice(&batch) };
	topic.name = slice_of_text(options->topic);
	topic.partition_data.items = &data;
	topic.partition_data.count = 1;
	request.acks = (int16_t)options->acks;
	request.timeout_ms = 30000;
	request.topic_data.items = &topic;
	request.topic_data.count = 1;
	make_frame(out, &produce_request_type, PRODUCE_VERSION, &request);
	buffer_fini(&batch);
}

void
load_frame_fetch(struct buffer *out, const struct load_options *options, int32_t partition,
    int64_t offset)
{
	struct fetch_request request = fetch_request_defaults;
	struct fetch_request_fetch_topic topic = fetch_request_fetch_topic_defaults;
	struct fetch_request_fetch_partition wanted = fetch_request_fetch_partition_defaults;

	wanted.partition = partition;
	wanted.fetch_offset = offset;
	wanted.partition_max_bytes = FETCH_BYTES;
	topic.topic = slice_of_text(options->topic);
	topic.partitions.items = &wanted;
	topic.partitions.count = 1;
	request.max_wait_ms = 500;
	request.min_bytes = 1;
	request.max_bytes = FETCH_BYTES;
	request.session_epoch = -1;
	request.topics.items = &topic;
	request.topics.count = 1;
	make_frame(out, &fetch_request_type, FETCH_VERSION, &request);
}

void
load_frame_set_correlation(uint8_t *frame, int32_t correlation)
{
	store_int32(frame + CORRELATION_AT, correlation);
}

/* --------------------------------------------------------------- answers */

/* Headers of batches alone are looked at: the client's cost is not what is measured. */
static int64_t
after_last_batch(struct slice records)
{
	struct batch_cursor cursor;
	struct batch_view view;
	int64_t next = -1;

	batch_cursor_init(&cursor, records);
	while (batch_cursor_next(&cursor, &view) == ERROR_NONE)
		next = view.last_offset + 1;
	return next;
}

struct load_answer
load_answer_read(struct slice frame, bool fetch)
{
	const struct message_type *type = fetch ? &fetch_response_type : &produce_response_type;
	int16_t version = fetch ? FETCH_VERSION : PRODUCE_VERSION;
	union {
		struct fetch_response fetch;
		struct produce_response produce;
	} message;
	struct response_header header;
	struct load_answer answer = { .next_offset = -1 };
	struct reader reader;
	struct arena arena;

	arena_init(&arena, 1 << 20);
	reader_init(&reader, frame);
	if (response_header_decode(&reader, type, version, &header) != ERROR_NONE ||
	    message_decode(type, version, &reader, &arena, &message) != ERROR_NONE)
		die("an answer cannot be decoded, of bytes", (int)frame.size);
	answer.correlation = header.correlation_id;
	if (fetch) {
		if (message.fetch.error_code != 0)
			die("Fetch answers", message.fetch.error_code);
		if (message.fetch.responses.items[0].partitions.items[0].error_code != 0)
			die("Fetch answers",
			    message.fetch.responses.items[0].partitions.items[0].error_code);
		answer.bytes = (int64_t)
		    message.fetch.responses.items[0].partitions.items[0].records.bytes.size;
		answer.next_offset = after_last_batch(
		    message.fetch.responses.items[0].partitions.items[0].records.bytes);
	} else if (message.produce.responses.items[0].partition_responses.items[0].error_code != 0) {
		die("Produce answers",
		    message.produce.responses.items[0].partition_responses.items[0].error_code);
	}
	arena_fini(&arena);
	return answer;
}
