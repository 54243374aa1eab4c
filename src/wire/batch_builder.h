/*
 * wire/batch_builder.h: makes one v2 batch of records. Used wherever the
 * broker itself writes: recompression, conversion up, coordinators, tools.
 */
#ifndef KLAMM_WIRE_BATCH_BUILDER_H
#define KLAMM_WIRE_BATCH_BUILDER_H

#include "wire/compression.h"
#include "wire/record.h"

struct batch_builder_options {
	struct compression compression;
	int64_t base_offset;
	int32_t partition_leader_epoch;
	bool log_append_time; /* then the batch's time is append_time_ms */
	int64_t append_time_ms;
	int64_t producer_id;
	int16_t producer_epoch;
	int32_t base_sequence;
	bool transactional;
	bool control;
};

/* Base offset 0, uncompressed, create time, no epoch, no producer. */
struct batch_builder_options batch_builder_options_default(void);

struct batch_builder {
	struct batch_builder_options options;
	struct buffer records; /* encoded, not compressed */
	int32_t count;
	int32_t last_offset_delta; /* -1 before the first */
	int64_t base_timestamp;    /* the first record's */
	int64_t max_timestamp;
};

void batch_builder_init(struct batch_builder *builder,
    const struct batch_builder_options *options);
void batch_builder_fini(struct batch_builder *builder);
/*
 * Adds a record with the next offset (record->offset is not looked at).
 * TOO_LARGE, and nothing added, when the batch would outgrow its length field.
 */
NODISCARD enum error batch_builder_add(struct batch_builder *builder,
    const struct record *record);
/* The same with an offset delta of one's own, larger than those before. */
NODISCARD enum error batch_builder_add_at(struct batch_builder *builder, int32_t offset_delta,
    const struct record *record);
/* Of the batch so far, before compression. */
size_t batch_builder_size(const struct batch_builder *builder);
/*
 * Appends the batch, which has at least one record, and empties the builder.
 * TOO_LARGE, and nothing appended, when compression made it outgrow its
 * length field.
 */
NODISCARD enum error batch_builder_finish(struct batch_builder *builder, struct buffer *out);

#endif
