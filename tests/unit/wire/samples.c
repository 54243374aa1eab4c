#include "tests/unit/wire/samples.h"

#include <criterion/criterion.h>
#include <stdio.h>

enum { TEXT_BYTES = 64, READ_BYTES = 4096 };

void
sample_file(struct buffer *out, const char *path)
{
	char whole[4096];
	size_t size;
	FILE *file;

	(void)snprintf(whole, sizeof(whole), "%s/%s", TESTS_DIR, path);
	file = fopen(whole, "rb");
	cr_assert_not_null(file, "%s", whole);
	do {
		uint8_t *into = buffer_extend(out, READ_BYTES);

		size = fread(into, 1, READ_BYTES, file);
		out->size -= READ_BYTES - size;
	} while (size > 0);
	(void)fclose(file);
}

void
sample_bytes(struct buffer *out, struct prng *prng, size_t size, bool compressible)
{
	uint8_t *into = buffer_extend(out, size);

	for (size_t i = 0; i < size; i++)
		into[i] = (uint8_t)(compressible ? 'a' + prng_below(prng, 3) : prng_next(prng));
}

struct record
sample_record(const char *key, const char *value, int64_t timestamp)
{
	return (struct record){
		.timestamp = timestamp,
		.key = slice_of_text(key),
		.value = slice_of_text(value),
		.headers = slice_of("", 0),
	};
}

void
sample_batch(struct buffer *out, const struct batch_builder_options *options, int32_t count)
{
	struct batch_builder builder;
	char key[TEXT_BYTES];
	char value[TEXT_BYTES];

	batch_builder_init(&builder, options);
	for (int32_t i = 0; i < count; i++) {
		struct record record;

		(void)snprintf(key, sizeof(key), "key-%d", i);
		(void)snprintf(value, sizeof(value), "value-%d", i);
		record = sample_record(key, value, 1000 + i);
		cr_assert_eq(batch_builder_add(&builder, &record), ERROR_NONE);
	}
	cr_assert_eq(batch_builder_finish(&builder, out), ERROR_NONE);
	batch_builder_fini(&builder);
}

void
sample_batch_of(struct buffer *out, enum compression_codec codec, int32_t count)
{
	struct batch_builder_options options = batch_builder_options_default();

	options.compression = compression_of(codec);
	sample_batch(out, &options, count);
}

void
sample_raw_batch(struct buffer *out, int16_t attributes, int32_t count, struct slice payload)
{
	size_t position = out->size;
	size_t length = BATCH_HEADER_BYTES - BATCH_OVERHEAD_BYTES + payload.size;

	buffer_int64(out, 0);
	buffer_int32(out, (int32_t)length);
	buffer_int32(out, BATCH_NO_PARTITION_LEADER_EPOCH);
	buffer_int8(out, BATCH_MAGIC_V2);
	buffer_int32(out, 0);
	buffer_int16(out, attributes);
	buffer_int32(out, count - 1);
	buffer_int64(out, 1000);
	buffer_int64(out, 1000 + count - 1);
	buffer_int64(out, BATCH_NO_PRODUCER_ID);
	buffer_int16(out, BATCH_NO_PRODUCER_EPOCH);
	buffer_int32(out, BATCH_NO_SEQUENCE);
	buffer_int32(out, count);
	buffer_append_slice(out, payload);
	batch_set_crc(out->bytes + position);
}

void
sample_wrapper(struct buffer *out, int8_t magic, int codec, struct slice value, int64_t offset)
{
	struct message_set_entry wrapper = {
		.magic = magic,
		.attributes = (int8_t)codec,
		.offset = offset,
		.timestamp = 1234,
		.value = value,
	};

	message_set_write(out, &wrapper);
}

void
sample_set(struct buffer *out, int8_t magic, enum compression_codec codec, int32_t count,
    int64_t first_offset)
{
	struct compression compression = compression_of(codec);
	bool relative = magic == BATCH_MAGIC_V1 && codec != COMPRESSION_NONE;
	struct buffer set;
	struct buffer packed;
	char key[TEXT_BYTES];
	char value[TEXT_BYTES];

	buffer_init(&set);
	buffer_init(&packed);
	for (int32_t i = 0; i < count; i++) {
		struct message_set_entry message = { .magic = magic, .timestamp = 1000 + i,
			.offset = relative ? i : first_offset + i };

		(void)snprintf(key, sizeof(key), "key-%d", i);
		(void)snprintf(value, sizeof(value), "value-%d", i);
		message.key = slice_of_text(key);
		message.value = slice_of_text(value);
		message_set_write(&set, &message);
	}
	if (magic == BATCH_MAGIC_V0)
		compression.dialect = COMPRESSION_DIALECT_MESSAGE_V0;
	compression_write(&packed, &compression, buffer_slice(&set));
	if (codec == COMPRESSION_NONE)
		buffer_append_slice(out, buffer_slice(&packed));
	else
		sample_wrapper(out, magic, codec, buffer_slice(&packed),
		    first_offset + count - 1);
	buffer_fini(&set);
	buffer_fini(&packed);
}
