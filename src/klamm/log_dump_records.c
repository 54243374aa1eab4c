#include <stdio.h>

#include "base/arena.h"
#include "klamm/log_dump_private.h"
#include "wire/batch_records.h"
#include "wire/control_record.h"
#include "wire/message.h"
#include "wire/messages.h"

enum {
	UNPACKED_BYTES_MAX = 256 * 1024 * 1024,
	WINDOW_BYTES_MAX = 128 * 1024 * 1024,
	DECODED_BYTES_MAX = 64 * 1024 * 1024,
};

static void
print_headers(struct output *output, const struct record *record)
{
	struct record_header_iterator iterator;
	struct record_header header;

	if (record->header_count == 0)
		return;
	output_list_begin(output, "headers");
	record_header_iterator_init(&iterator, record);
	while (record_header_iterator_next(&iterator, &header)) {
		output_list_next(output);
		output_bytes(output, "key", header.key);
		output_bytes(output, "value", header.value);
		output_list_done(output);
	}
	output_list_end(output);
}

static void
print_control(struct output *output, const struct record *record)
{
	struct control_record control;
	enum error error = control_record_read(record, &control);

	if (error != ERROR_NONE) {
		output_text(output, "control", error_text(error));
		return;
	}
	if (control.type != CONTROL_RECORD_ABORT && control.type != CONTROL_RECORD_COMMIT) {
		output_int(output, "control", control.type);
		return;
	}
	output_word(output, "control", control.type == CONTROL_RECORD_ABORT ? "ABORT" : "COMMIT");
	output_int(output, "coordinatorEpoch", control.coordinator_epoch);
}

static void
print_record(struct log_dump *dump, const struct scanned_batch *batch, const struct record *record)
{
	struct output *output = dump->output;
	bool is_control = scanned_batch_has(batch, BATCH_CONTROL);

	log_dump_begin(dump, "record");
	output_int(output, "offset", record->offset);
	if (batch->magic != BATCH_MAGIC_V0)
		output_int(output, "timestamp", record->timestamp);
	if (is_control)
		print_control(output, record);
	if (dump->decode != LOG_DUMP_PLAIN && !is_control)
		log_dump_decoded(dump, record);
	else {
		output_bytes(output, "key", record->key);
		output_bytes(output, "value", record->value);
	}
	print_headers(output, record);
	output_end(output);
}

void
log_dump_batch_records(struct log_dump *dump, const struct scanned_batch *batch,
    struct slice bytes)
{
	const struct decompression_limit limit = { UNPACKED_BYTES_MAX, WINDOW_BYTES_MAX };
	struct batch_cursor cursor;
	struct batch_view view;
	struct batch_records records;
	struct record record;

	batch_cursor_init(&cursor, bytes);
	enum error error = batch_cursor_next(&cursor, &view);
	if (error != ERROR_NONE) {
		log_dump_damage(dump, batch->position, "no records can be read: %s",
		    error_text(error));
		return;
	}
	error = batch_records_open(&records, &view, &limit);
	while (error == ERROR_NONE && dump->output->error == ERROR_NONE) {
		error = batch_records_next(&records, &record);
		if (error == ERROR_NONE)
			print_record(dump, batch, &record);
	}
	if (error != ERROR_NONE && error != ERROR_END_OF_STREAM)
		log_dump_damage(dump, batch->position, "the records: %s", error_text(error));
	batch_records_fini(&records);
}

/* A type of message, and where it is decoded to. */
union stored {
	struct offset_commit_key offset_commit_key;
	struct offset_commit_value offset_commit_value;
	struct group_metadata_key group_metadata_key;
	struct group_metadata_value group_metadata_value;
	struct transaction_log_key transaction_log_key;
	struct transaction_log_value transaction_log_value;
};

/* `field` holds {"type":...,"version":...,"data":{...}}, or the bytes if they are not that. */
static void
print_stored(struct log_dump *dump, const char *field, const char *type_name, struct slice bytes)
{
	const struct message_type *type = message_type_find_name(slice_of_text(type_name));
	char head[96];
	struct reader reader;
	struct arena arena;
	struct buffer json;
	union stored stored;
	int16_t version;

	arena_init(&arena, DECODED_BYTES_MAX);
	buffer_init(&json);
	reader_init(&reader, bytes);
	enum error error = data_decode(type, &reader, &arena, &stored, &version);
	if (error == ERROR_NONE && reader_remaining(&reader) > 0)
		error = ERROR_MALFORMED;
	if (error == ERROR_NONE) {
		int size = snprintf(head, sizeof(head), "{\"type\":\"%s\",\"version\":%d,\"data\":",
		    type_name, version);
		buffer_append(&json, head, (size_t)size);
		message_print(type, version, &stored, &json);
		buffer_append(&json, "}", 1);
		output_json(dump->output, field, buffer_slice(&json));
	} else {
		output_bytes(dump->output, field, bytes);
		output_text(dump->output, "undecoded", error_text(error));
		dump->wrong = true;
	}
	buffer_fini(&json);
	arena_fini(&arena);
}

/* The version of the key tells what it is a key of. */
static int16_t
version_of(struct slice key)
{
	struct reader reader;

	reader_init(&reader, key);
	int16_t version = reader_int16(&reader);
	return reader_failed(&reader) ? -1 : version;
}

void
log_dump_decoded(struct log_dump *dump, const struct record *record)
{
	enum { GROUP_METADATA_KEY_VERSION = 2 };
	const char *key_type = "OffsetCommitKey", *value_type = "OffsetCommitValue";

	if (dump->decode == LOG_DUMP_TRANSACTIONS) {
		key_type = "TransactionLogKey";
		value_type = "TransactionLogValue";
	} else if (version_of(record->key) == GROUP_METADATA_KEY_VERSION) {
		key_type = "GroupMetadataKey";
		value_type = "GroupMetadataValue";
	}
	print_stored(dump, "key", key_type, record->key);
	if (slice_is_null(record->value))
		output_bytes(dump->output, "value", record->value); /* a tombstone */
	else
		print_stored(dump, "value", value_type, record->value);
}
