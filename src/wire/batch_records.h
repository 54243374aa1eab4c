/*
 * wire/batch_records.h: the records of one batch of any format, unpacked when
 * it is compressed. For readers of logs: coordinators, the cleaner, tools.
 */
#ifndef KLAMM_WIRE_BATCH_RECORDS_H
#define KLAMM_WIRE_BATCH_RECORDS_H

#include "wire/message_set.h"

struct batch_records {
	bool is_message; /* v0 or v1 */
	struct message_set_iterator messages;
	struct record_iterator records;
	struct buffer unpacked;
};

/*
 * Borrows the viewed bytes until _fini, which is due after an error too.
 * Errors of decompression; checksums are the caller's business in v2.
 */
NODISCARD enum error batch_records_open(struct batch_records *records,
    const struct batch_view *view, const struct decompression_limit *limit);
void batch_records_fini(struct batch_records *records);
/* Views are good until the next call. END_OF_STREAM; errors as of the two iterators. */
NODISCARD enum error batch_records_next(struct batch_records *records, struct record *record);

#endif
