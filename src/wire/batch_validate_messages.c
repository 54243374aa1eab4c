#include "wire/batch_validate_private.h"
#include "wire/message_set.h"

/* Each entry by itself; finds the codec of the set. */
static bool
check_entries(struct validation *validation, struct slice set)
{
	const struct batch_rules *rules = validation->rules;
	struct batch_cursor cursor;
	struct batch_view view;
	size_t count = 0;

	batch_cursor_init(&cursor, set);
	while (batch_cursor_next(&cursor, &view) == ERROR_NONE) {
		int codec = view.attributes & BATCH_CODEC_MASK;

		count++;
		if (view.bytes.size > (size_t)rules->max_message_bytes)
			return batch_validate_refuse(validation,
			    BATCH_VERDICT_MESSAGE_TOO_LARGE,
			    "message is larger than max.message.bytes");
		if (!batch_view_check_crc(&view))
			return batch_validate_refuse(validation,
			    BATCH_VERDICT_CORRUPT_MESSAGE,
			    "checksum of a message does not match");
		if (codec != COMPRESSION_NONE)
			validation->outcome->source_codec = codec;
	}
	/* The codec is known, but not in these formats: that is another error in Kafka. */
	if (validation->outcome->source_codec == COMPRESSION_ZSTD)
		return batch_validate_refuse(validation, BATCH_VERDICT_INVALID_RECORD,
		    "zstd came after the old message formats");
	if (validation->outcome->source_codec > COMPRESSION_LZ4)
		return batch_validate_refuse(validation,
		    BATCH_VERDICT_UNSUPPORTED_COMPRESSION_TYPE,
		    "codec is not one of the old message formats");
	if (validation->outcome->source_codec != COMPRESSION_NONE && count > 1)
		return batch_validate_refuse(validation, BATCH_VERDICT_INVALID_RECORD,
		    "a compressed message must be the only one");
	return true;
}

static enum error
copy_messages(struct validation *validation, struct slice set, struct batch_builder *builder)
{
	struct decompression_limit limit = batch_validate_rebuild_limit(validation,
	    validation->outcome->source_codec);
	struct message_set_iterator iterator;
	struct record record;
	enum error error;

	message_set_iterator_init(&iterator, set, &limit);
	while ((error = message_set_iterator_next(&iterator, &record)) == ERROR_NONE) {
		/* Bit 3 meant nothing yet in v0. */
		bool append_time = iterator.entry.magic == BATCH_MAGIC_V1
		    && (iterator.entry.attributes & BATCH_LOG_APPEND_TIME) != 0;

		batch_validate_record(validation, builder->count, record.timestamp,
		    slice_is_null(record.key), append_time);
		/* Each entry of a plain set is judged by itself: the first wrong one decides. */
		if (validation->outcome->source_codec == COMPRESSION_NONE
		    && validation->outcome->record_errors_found > 0) {
			error = ERROR_END_OF_STREAM;
			break;
		}
		error = batch_builder_add(builder, &record);
		if (error != ERROR_NONE)
			break;
	}
	message_set_iterator_fini(&iterator);
	return error;
}

void
batch_validate_messages(struct validation *validation)
{
	struct slice set = validation->records;
	struct batch_builder_options options = batch_builder_options_default();
	struct batch_builder builder;
	enum error error;

	if (!check_entries(validation, set) || !batch_validate_may_work(validation, set.size))
		return;
	options.compression = batch_validate_target(validation,
	    validation->outcome->source_codec);
	options.log_append_time = validation->rules->log_append_time;
	options.append_time_ms = validation->rules->now_ms;
	validation->outcome->converted = true;
	batch_builder_init(&builder, &options);
	error = copy_messages(validation, set, &builder);
	if (error != ERROR_END_OF_STREAM)
		(void)batch_validate_refuse_error(validation, error);
	else if (batch_validate_records_are_right(validation))
		(void)batch_validate_finish_rebuilt(validation, &builder);
	batch_builder_fini(&builder);
}
