/*
 * tests/unit/wire/samples.h: what several tests of batches need: golden
 * files, made-up records and batches, seeded bytes.
 */
#ifndef TESTS_UNIT_WIRE_SAMPLES_H
#define TESTS_UNIT_WIRE_SAMPLES_H

#include "base/prng.h"
#include "wire/batch_builder.h"
#include "wire/message_set.h"

/* The file below tests/, whole; the test fails when it cannot be read. */
void sample_file(struct buffer *out, const char *path);
/* `size` bytes that compress well (of a few letters) or not at all. */
void sample_bytes(struct buffer *out, struct prng *prng, size_t size, bool compressible);

/* Kafka's smallest ordinary record: a key and a value, no header. */
struct record sample_record(const char *key, const char *value, int64_t timestamp);
/* A batch of `count` records "key-N" = "value-N", created at 1000 + N. */
void sample_batch(struct buffer *out, const struct batch_builder_options *options,
    int32_t count);
/* The same with default options and a codec. */
void sample_batch_of(struct buffer *out, enum compression_codec codec, int32_t count);
/* One batch whose payload is `payload` as it is, with a right CRC. */
void sample_raw_batch(struct buffer *out, int16_t attributes, int32_t count,
    struct slice payload);

/*
 * A set of v0 or v1 messages "key-N" = "value-N", created at 1000 + N, with
 * offsets from `first_offset`; compressed: one wrapper.
 */
void sample_set(struct buffer *out, int8_t magic, enum compression_codec codec, int32_t count,
    int64_t first_offset);
/* A wrapper around `value` as it is. */
void sample_wrapper(struct buffer *out, int8_t magic, int codec, struct slice value,
    int64_t offset);

#endif
