#include "wire/batch_validate_private.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "wire/batch_records.h"
#include "wire/record_walk.h"

enum {
	FIRST_VERSION_OF_V2 = 3,
	FIRST_VERSION_OF_ZSTD = 7,
	DEFAULT_MAX_MESSAGE_BYTES = 1048588,
	DEFAULT_SEGMENT_BYTES = 1 << 30,
	/* What zstd takes up to level 19; larger windows are for a worker. */
	INLINE_WINDOW_BYTES = 8 << 20,
	/* A v1 message of 34 bytes becomes a record of 7; other savings are smaller. */
	LARGEST_SHRINKING = 8,
};

struct batch_rules
batch_rules_default(void)
{
	return (struct batch_rules){
		.origin = BATCH_ORIGIN_CLIENT,
		.produce_version = INT16_MAX,
		.keep_codec = true,
		.target = compression_of(COMPRESSION_NONE),
		.timestamp_before_max_ms = INT64_MAX,
		.timestamp_after_max_ms = INT64_MAX,
		.max_message_bytes = DEFAULT_MAX_MESSAGE_BYTES,
		.segment_bytes = DEFAULT_SEGMENT_BYTES,
		.limit = decompression_limit_default(),
	};
}

bool
batch_validate_refuse(struct validation *validation, enum batch_verdict verdict, const char *text)
{
	validation->outcome->verdict = verdict;
	validation->outcome->text = text;
	return false;
}

bool
batch_validate_refuse_error(struct validation *validation, enum error error)
{
	const struct batch_rules *rules = validation->rules;

	/* What was noted before is no longer why. */
	validation->outcome->record_errors_kept = 0;
	validation->outcome->record_errors_found = 0;
	switch (error) {
	case ERROR_TOO_LARGE:
		if (rules->inline_bytes > 0)
			return batch_validate_refuse(validation, BATCH_VERDICT_NEEDS_WORKER,
			    "more to unpack than may be done here");
		return batch_validate_refuse(validation, BATCH_VERDICT_MESSAGE_TOO_LARGE,
		    "records unpack to more than the broker's limit");
	case ERROR_NO_MEMORY:
		return batch_validate_refuse(validation, BATCH_VERDICT_NO_MEMORY,
		    "no memory to unpack the records");
	case ERROR_UNSUPPORTED:
		return batch_validate_refuse(validation,
		    BATCH_VERDICT_UNSUPPORTED_COMPRESSION_TYPE,
		    "compression codec or format is not supported");
	case ERROR_CORRUPT:
		return batch_validate_refuse(validation, BATCH_VERDICT_CORRUPT_MESSAGE,
		    "checksum inside a compressed message does not match");
	default:
		return batch_validate_refuse(validation, BATCH_VERDICT_INVALID_RECORD,
		    "records do not fit their batch");
	}
}

bool
batch_validate_may_work(struct validation *validation, size_t bytes)
{
	size_t inline_bytes = validation->rules->inline_bytes;

	return inline_bytes == 0 || bytes <= inline_bytes
	    || batch_validate_refuse_error(validation, ERROR_TOO_LARGE);
}

struct decompression_limit
batch_validate_limit(const struct validation *validation)
{
	struct decompression_limit limit = validation->rules->limit;
	size_t inline_bytes = validation->rules->inline_bytes;

	if (inline_bytes > 0) {
		limit.bytes = MIN(limit.bytes, inline_bytes);
		limit.window_bytes = MIN(limit.window_bytes, (size_t)INLINE_WINDOW_BYTES);
	}
	return limit;
}

struct decompression_limit
batch_validate_rebuild_limit(const struct validation *validation, int source_codec)
{
	struct decompression_limit limit = batch_validate_limit(validation);
	struct compression target = batch_validate_target(validation, source_codec);
	size_t largest = (size_t)validation->rules->max_message_bytes;

	if (target.codec == COMPRESSION_NONE)
		limit.bytes = MIN(limit.bytes, largest * LARGEST_SHRINKING);
	return limit;
}

const char *
batch_record_fault_text(enum batch_record_fault fault)
{
	switch (fault) {
	case BATCH_RECORD_WITHOUT_KEY:
		return "a record of a compacted topic needs a key";
	case BATCH_RECORD_TIMESTAMP_RANGE:
		return "timestamp is too far from the broker's time";
	case BATCH_RECORD_TIMESTAMP_TYPE:
		return "a producer may not set log append time";
	}
	return "unknown fault";
}

static void
note(struct validation *validation, int32_t index, enum batch_record_fault fault)
{
	struct batch_outcome *outcome = validation->outcome;

	outcome->record_errors_found++;
	outcome->timestamps_found |= fault != BATCH_RECORD_WITHOUT_KEY;
	if (outcome->record_errors_kept == BATCH_RECORD_ERRORS_KEPT)
		return;
	if (outcome->record_errors == NULL)
		outcome->record_errors = memory_array(BATCH_RECORD_ERRORS_KEPT,
		    sizeof(*outcome->record_errors));
	outcome->record_errors[outcome->record_errors_kept++] =
	    (struct batch_record_error){ index, fault };
}

static bool
is_in_range(const struct batch_rules *rules, int64_t timestamp)
{
	int64_t age;

	if (__builtin_sub_overflow(rules->now_ms, timestamp, &age))
		age = timestamp < 0 ? INT64_MAX : -INT64_MAX;
	return age <= rules->timestamp_before_max_ms
	    && (age >= 0 || -age <= rules->timestamp_after_max_ms);
}

void
batch_validate_record(struct validation *validation, int32_t index, int64_t timestamp,
    bool key_is_null, bool producer_set_append_time)
{
	const struct batch_rules *rules = validation->rules;

	if (rules->compacted && key_is_null) {
		note(validation, index, BATCH_RECORD_WITHOUT_KEY);
		return;
	}
	if (!rules->log_append_time && timestamp != BATCH_NO_TIMESTAMP) {
		if (!is_in_range(rules, timestamp))
			note(validation, index, BATCH_RECORD_TIMESTAMP_RANGE);
	} else if (producer_set_append_time) {
		note(validation, index, BATCH_RECORD_TIMESTAMP_TYPE);
	}
}

bool
batch_validate_records_are_right(struct validation *validation)
{
	const struct batch_outcome *outcome = validation->outcome;

	if (outcome->record_errors_found == 0)
		return true;
	/* As in Kafka one wrong timestamp, wherever it is, names the error. */
	if (outcome->timestamps_found)
		return batch_validate_refuse(validation, BATCH_VERDICT_INVALID_TIMESTAMP,
		    "some records were refused for their timestamps");
	return batch_validate_refuse(validation, BATCH_VERDICT_INVALID_RECORD,
	    "some records were refused");
}

struct compression
batch_validate_target(const struct validation *validation, int source_codec)
{
	if (validation->rules->keep_codec)
		return compression_of((enum compression_codec)source_codec);
	return validation->rules->target;
}

static bool
check_message_size(struct validation *validation, size_t size)
{
	if (size > (size_t)validation->rules->max_message_bytes)
		return batch_validate_refuse(validation, BATCH_VERDICT_MESSAGE_TOO_LARGE,
		    "batch is larger than max.message.bytes");
	return true;
}

static bool
check_segment_size(struct validation *validation, size_t size)
{
	if (size > (size_t)validation->rules->segment_bytes)
		return batch_validate_refuse(validation, BATCH_VERDICT_RECORD_LIST_TOO_LARGE,
		    "batch is larger than segment.bytes");
	validation->outcome->size = size;
	return true;
}

bool
batch_validate_finish_rebuilt(struct validation *validation, struct batch_builder *builder)
{
	struct batch_outcome *outcome = validation->outcome;
	enum error error;

	outcome->rebuilt = true;
	outcome->count = builder->count;
	outcome->max_timestamp = builder->max_timestamp;
	outcome->codec = (int)builder->options.compression.codec;
	error = batch_builder_finish(builder, &outcome->batch);
	if (error != ERROR_NONE)
		return batch_validate_refuse(validation, BATCH_VERDICT_MESSAGE_TOO_LARGE,
		    "batch cannot be rebuilt within its length field");
	return check_message_size(validation, outcome->batch.size)
	    && check_segment_size(validation, outcome->batch.size);
}

/* What only clients may not do. */
static bool
check_client_header(struct validation *validation, const struct batch_header *header)
{
	if (header->last_offset_delta < 0 || header->count <= 0
	    || header->last_offset_delta != header->count - 1)
		return batch_validate_refuse(validation, BATCH_VERDICT_INVALID_RECORD,
		    "count of records and last offset do not agree");
	if (batch_has(header, BATCH_CONTROL))
		return batch_validate_refuse(validation, BATCH_VERDICT_INVALID_RECORD,
		    "a client may not write control records");
	if (batch_has_producer_id(header) && header->base_sequence < 0)
		return batch_validate_refuse(validation, BATCH_VERDICT_INVALID_RECORD,
		    "a batch with a producer id needs a sequence number");
	if (!batch_has_producer_id(header) && batch_has(header, BATCH_TRANSACTIONAL))
		return batch_validate_refuse(validation, BATCH_VERDICT_INVALID_RECORD,
		    "a transactional batch needs a producer id");
	return true;
}

static bool
check_header(struct validation *validation, const struct batch_header *header)
{
	bool client = validation->rules->origin == BATCH_ORIGIN_CLIENT;

	if (client && header->base_offset != 0)
		return batch_validate_refuse(validation, BATCH_VERDICT_INVALID_RECORD,
		    "a produced batch must begin at offset 0");
	if (!check_message_size(validation, batch_size(header)))
		return false;
	if (!batch_check_crc(header, validation->records))
		return batch_validate_refuse(validation, BATCH_VERDICT_CORRUPT_MESSAGE,
		    "checksum of the batch does not match");
	if (batch_codec(header) >= COMPRESSION_CODEC_COUNT)
		return batch_validate_refuse(validation,
		    BATCH_VERDICT_UNSUPPORTED_COMPRESSION_TYPE, "unknown compression codec");
	return !client || check_client_header(validation, header);
}

static void
take_header(struct batch_outcome *outcome, const struct batch_header *header)
{
	outcome->count = header->count;
	outcome->producer_id = header->producer_id;
	outcome->producer_epoch = header->producer_epoch;
	outcome->base_sequence = header->base_sequence;
	outcome->last_sequence = batch_last_sequence(header);
	outcome->transactional = batch_has(header, BATCH_TRANSACTIONAL);
	outcome->control = batch_has(header, BATCH_CONTROL);
	outcome->source_codec = batch_codec(header);
	outcome->codec = batch_codec(header);
}

/* Over all records; whether they are right. `in_place` is cleared when offsets are not 0..n-1. */
static bool
walk_records(struct validation *validation, const struct batch_header *header, bool *in_place)
{
	struct decompression_limit limit = batch_validate_limit(validation);
	bool append_time = batch_has(header, BATCH_LOG_APPEND_TIME);
	struct batch_outcome *outcome = validation->outcome;
	struct record_walk walk;
	struct record_shape shape;
	enum error error;

	record_walk_init(&walk, header, validation->records, &limit);
	for (int32_t i = 0; (error = record_walk_next(&walk, &shape)) == ERROR_NONE; i++) {
		int64_t timestamp = append_time ? header->max_timestamp
		    : (int64_t)((uint64_t)header->base_timestamp
		          + (uint64_t)shape.timestamp_delta);

		if (shape.offset_delta != i)
			*in_place = false;
		outcome->max_timestamp = MAX(outcome->max_timestamp, timestamp);
		batch_validate_record(validation, i, timestamp, shape.key_is_null, append_time);
	}
	record_walk_fini(&walk);
	if (error != ERROR_END_OF_STREAM)
		return batch_validate_refuse_error(validation, error);
	return batch_validate_records_are_right(validation);
}

/* The rebuilt batch's header, as far as it follows the client's. */
static struct batch_builder_options
rebuilt_options(const struct validation *validation, const struct batch_header *header)
{
	struct batch_builder_options options = batch_builder_options_default();

	options.compression = batch_validate_target(validation, batch_codec(header));
	options.log_append_time = validation->rules->log_append_time;
	options.append_time_ms = validation->rules->now_ms;
	options.producer_id = header->producer_id;
	options.producer_epoch = header->producer_epoch;
	options.base_sequence = header->base_sequence;
	options.transactional = batch_has(header, BATCH_TRANSACTIONAL);
	options.control = batch_has(header, BATCH_CONTROL);
	return options;
}

static enum error
copy_records(struct validation *validation, struct batch_builder *builder)
{
	struct decompression_limit limit = batch_validate_rebuild_limit(validation,
	    validation->outcome->source_codec);
	struct batch_cursor cursor;
	struct batch_view view;
	struct batch_records records;
	struct record record;
	enum error error;

	batch_cursor_init(&cursor, validation->records);
	error = batch_cursor_next(&cursor, &view);
	assert(error == ERROR_NONE);
	error = batch_records_open(&records, &view, &limit);
	while (error == ERROR_NONE) {
		error = batch_records_next(&records, &record);
		if (error == ERROR_NONE)
			error = batch_builder_add(builder, &record);
	}
	batch_records_fini(&records);
	return error;
}

static bool
rebuild(struct validation *validation, const struct batch_header *header)
{
	struct batch_builder_options options = rebuilt_options(validation, header);
	struct batch_builder builder;
	enum error error;
	bool right;

	if (!batch_validate_may_work(validation, batch_size(header)))
		return false;
	batch_builder_init(&builder, &options);
	error = copy_records(validation, &builder);
	right = error == ERROR_END_OF_STREAM
	    ? batch_validate_finish_rebuilt(validation, &builder)
	    : batch_validate_refuse_error(validation, error);
	batch_builder_fini(&builder);
	return right;
}

static void
validate_batch(struct validation *validation)
{
	struct batch_header header;
	enum error error = batch_header_read(validation->records, &header);
	bool in_place;

	assert(error == ERROR_NONE);
	if (!check_header(validation, &header))
		return;
	take_header(validation->outcome, &header);
	in_place = (int)batch_validate_target(validation, batch_codec(&header)).codec
	    == batch_codec(&header);
	/* Markers stay as their coordinator wrote them. */
	if (batch_has(&header, BATCH_CONTROL) && batch_codec(&header) == COMPRESSION_NONE)
		in_place = true;
	if (!walk_records(validation, &header, &in_place))
		return;
	if (in_place)
		(void)check_segment_size(validation, batch_size(&header));
	else
		(void)rebuild(validation, &header);
}

static bool
check_version(struct validation *validation, const struct batch_view *first)
{
	const struct batch_rules *rules = validation->rules;

	if (rules->origin != BATCH_ORIGIN_CLIENT || rules->produce_version < FIRST_VERSION_OF_V2)
		return true;
	if (first->magic != BATCH_MAGIC_V2)
		return batch_validate_refuse(validation, BATCH_VERDICT_INVALID_RECORD,
		    "this version of Produce takes record batches of format 2");
	if (rules->produce_version < FIRST_VERSION_OF_ZSTD
	    && (first->attributes & BATCH_CODEC_MASK) == COMPRESSION_ZSTD)
		return batch_validate_refuse(validation,
		    BATCH_VERDICT_UNSUPPORTED_COMPRESSION_TYPE,
		    "zstd needs version 7 of Produce");
	return true;
}

/* Structure of the run, before anything is computed over it. `first` is its first batch. */
static bool
check_run(struct validation *validation, struct batch_view *first)
{
	struct batch_cursor cursor;
	struct batch_view view;
	enum error error;
	size_t count;

	batch_cursor_init(&cursor, validation->records);
	for (count = 0; (error = batch_cursor_next(&cursor, &view)) == ERROR_NONE; count++) {
		if (count == 0)
			*first = view;
		else if (view.magic != first->magic)
			return batch_validate_refuse(validation, BATCH_VERDICT_INVALID_RECORD,
			    "batches of different formats in one request");
	}
	if (error == ERROR_CORRUPT)
		return batch_validate_refuse(validation, BATCH_VERDICT_CORRUPT_MESSAGE,
		    "impossible size or format of a batch");
	if (count == 0)
		return batch_validate_refuse(validation, BATCH_VERDICT_INVALID_RECORD,
		    "not one whole batch");
	/* Kafka drops the tail and acknowledges: a damaged size would lose records. */
	if (error == ERROR_TRUNCATED)
		return batch_validate_refuse(validation, BATCH_VERDICT_CORRUPT_MESSAGE,
		    "the last batch is not whole");
	if (!check_version(validation, first))
		return false;
	if (first->magic == BATCH_MAGIC_V2 && count > 1)
		return batch_validate_refuse(validation, BATCH_VERDICT_INVALID_RECORD,
		    "more than one record batch");
	return true;
}

static bool
may_be_empty(const struct batch_rules *rules)
{
	return rules->origin == BATCH_ORIGIN_CLIENT
	    && rules->produce_version < FIRST_VERSION_OF_V2;
}

enum batch_verdict
batch_validate(struct slice records, const struct batch_rules *rules,
    struct batch_outcome *outcome)
{
	struct validation validation = { .rules = rules, .outcome = outcome, .records = records };
	struct batch_view first = { 0 };

	*outcome = (struct batch_outcome){
		.verdict = BATCH_VERDICT_ACCEPTED,
		.text = "",
		.log_append_time = rules->log_append_time,
		.max_timestamp = BATCH_NO_TIMESTAMP,
		.producer_id = BATCH_NO_PRODUCER_ID,
		.producer_epoch = BATCH_NO_PRODUCER_EPOCH,
		.base_sequence = BATCH_NO_SEQUENCE,
		.last_sequence = BATCH_NO_SEQUENCE,
	};
	buffer_init(&outcome->batch);
	if (slice_is_null(records)) {
		(void)batch_validate_refuse(&validation, BATCH_VERDICT_INVALID_RECORD,
		    "no records");
	} else if (records.size > 0 || !may_be_empty(rules)) {
		if (!check_run(&validation, &first))
			return outcome->verdict;
		if (first.magic == BATCH_MAGIC_V2)
			validate_batch(&validation);
		else
			batch_validate_messages(&validation);
	}
	if (outcome->log_append_time)
		outcome->max_timestamp = rules->now_ms;
	return outcome->verdict;
}

void
batch_outcome_fini(struct batch_outcome *outcome)
{
	free(outcome->record_errors);
	outcome->record_errors = NULL;
	buffer_fini(&outcome->batch);
}

void
batch_outcome_stamp(const struct batch_outcome *outcome, uint8_t *batch, int64_t base_offset,
    int32_t partition_leader_epoch, int64_t append_time_ms)
{
	assert(outcome->verdict == BATCH_VERDICT_ACCEPTED && outcome->size > 0);
	batch_set_base_offset(batch, base_offset);
	batch_set_partition_leader_epoch(batch, partition_leader_epoch);
	batch_set_max_timestamp(batch, outcome->log_append_time,
	    outcome->log_append_time ? append_time_ms : outcome->max_timestamp);
}
