#include "wire/control_record.h"

#include <assert.h>

#include "wire/batch_builder.h"

enum {
	VERSION = 0,
	KEY_BYTES = 4,   /* version and type */
	VALUE_BYTES = 6, /* version and coordinator epoch */
};

enum error
control_record_read(const struct record *record, struct control_record *control)
{
	struct reader key;
	struct reader value;

	*control = (struct control_record){ 0 };
	if (slice_is_null(record->key))
		return ERROR_MALFORMED;
	reader_init(&key, record->key);
	(void)reader_int16(&key);
	control->type = reader_int16(&key);
	if (reader_failed(&key))
		return ERROR_MALFORMED;
	if (control->type != CONTROL_RECORD_ABORT && control->type != CONTROL_RECORD_COMMIT)
		return ERROR_NONE;
	if (slice_is_null(record->value))
		return ERROR_MALFORMED;
	reader_init(&value, record->value);
	(void)reader_int16(&value);
	control->coordinator_epoch = reader_int32(&value);
	return reader_failed(&value) ? ERROR_MALFORMED : ERROR_NONE;
}

void
control_record_write_marker(struct buffer *out, const struct control_record_marker *marker)
{
	struct batch_builder_options options = batch_builder_options_default();
	uint8_t key[KEY_BYTES];
	uint8_t value[VALUE_BYTES];
	struct record record = {
		.timestamp = marker->timestamp,
		.key = slice_of(key, sizeof(key)),
		.value = slice_of(value, sizeof(value)),
		.headers = slice_of("", 0),
	};
	struct batch_builder builder;
	enum error error;

	store_int16(key, VERSION);
	store_int16(key + 2, (int16_t)marker->type);
	store_int16(value, VERSION);
	store_int32(value + 2, marker->coordinator_epoch);
	options.base_offset = marker->base_offset;
	options.partition_leader_epoch = marker->partition_leader_epoch;
	options.producer_id = marker->producer_id;
	options.producer_epoch = marker->producer_epoch;
	options.transactional = true;
	options.control = true;
	batch_builder_init(&builder, &options);
	error = batch_builder_add(&builder, &record);
	assert(error == ERROR_NONE);
	error = batch_builder_finish(&builder, out);
	assert(error == ERROR_NONE);
	batch_builder_fini(&builder);
}
