/* wire/batch_validate_private.h: what the checks of v2 and of older formats share. */
#ifndef KLAMM_WIRE_BATCH_VALIDATE_PRIVATE_H
#define KLAMM_WIRE_BATCH_VALIDATE_PRIVATE_H

#include "wire/batch_builder.h"
#include "wire/batch_validate.h"

struct validation {
	const struct batch_rules *rules;
	struct batch_outcome *outcome;
	struct slice records;
};

/* Sets the verdict; false, for `return refuse(...)`. */
bool batch_validate_refuse(struct validation *validation, enum batch_verdict verdict,
    const char *text);
/* The same for the error of an iterator over the records inside. */
bool batch_validate_refuse_error(struct validation *validation, enum error error);
/* False, with the verdict, when doing that much is a worker's business. */
bool batch_validate_may_work(struct validation *validation, size_t bytes);
/* The limit of unpacking: the rules' one, or what may be done inline if less. */
struct decompression_limit batch_validate_limit(const struct validation *validation);
/* The same where records are unpacked to be written anew: less, when they stay unpacked. */
struct decompression_limit batch_validate_rebuild_limit(const struct validation *validation,
    int source_codec);
/* Notes what is wrong with the record; `producer_set_append_time` is its batch's bit. */
void batch_validate_record(struct validation *validation, int32_t index, int64_t timestamp,
    bool key_is_null, bool producer_set_append_time);
/* False, with the verdict, when a record was found wrong. */
bool batch_validate_records_are_right(struct validation *validation);
/* The codec that the batch will have. */
struct compression batch_validate_target(const struct validation *validation, int source_codec);
/* Takes the builder's batch as the outcome's and checks its size. */
bool batch_validate_finish_rebuilt(struct validation *validation,
    struct batch_builder *builder);

/* Sets of v0 and v1, converted to one v2 batch. */
void batch_validate_messages(struct validation *validation);

#endif
