/*
 * log/transaction_index.h: `.txnindex` of a segment: the aborted transactions
 * whose abort marker is in it (KIP-98), 34 bytes each, in order of the
 * markers. The file appears with the first entry.
 */
#ifndef KLAMM_LOG_TRANSACTION_INDEX_H
#define KLAMM_LOG_TRANSACTION_INDEX_H

#include "log/index_file.h"

enum { TRANSACTION_INDEX_ENTRY_SIZE = 34, TRANSACTION_INDEX_VERSION = 0 };

struct aborted_transaction {
	int64_t producer_id;
	int64_t first_offset;
	int64_t last_offset;        /* of the abort marker */
	int64_t last_stable_offset; /* once this transaction was over */
};

struct transaction_index {
	struct index_file file;
	int64_t last_offset; /* of the last entry; -1 when empty */
};

/* ERROR_UNSUPPORTED for a version above 0. */
NODISCARD enum error aborted_transaction_decode(
    const uint8_t bytes[TRANSACTION_INDEX_ENTRY_SIZE], struct aborted_transaction *transaction);
void aborted_transaction_encode(const struct aborted_transaction *transaction,
    uint8_t bytes[TRANSACTION_INDEX_ENTRY_SIZE]);

/*
 * A missing file is an empty index; CREATE removes one that is there.
 * ERROR_CORRUPT when the last entry cannot be one: recover the segment.
 */
NODISCARD enum error transaction_index_open(struct transaction_index *index,
    const struct index_place *place, const char *path, enum index_file_mode mode);
void transaction_index_close(struct transaction_index *index);

static inline uint32_t
transaction_index_count(const struct transaction_index *index)
{
	return index->file.count;
}

/*
 * Offsets in order (0 <= first <= last): asserted. Entries whose marker is not
 * below the new one's are damage and are dropped.
 */
NODISCARD enum error transaction_index_append(struct transaction_index *index,
    const struct aborted_transaction *transaction);

/*
 * Calls `add` for each transaction with a record in [fetch_offset,
 * upper_bound). `*complete` true: later segments hold none. With
 * `resident_only` and ERROR_WOULD_BLOCK some may have been added already:
 * begin again.
 */
NODISCARD enum error transaction_index_collect(struct transaction_index *index,
    int64_t fetch_offset, int64_t upper_bound, bool resident_only,
    void (*add)(void *context, const struct aborted_transaction *transaction), void *context,
    bool *complete);
NODISCARD enum error transaction_index_entry(struct transaction_index *index, uint32_t at,
    struct aborted_transaction *transaction);

/* Drops entries whose marker is at or after `offset`. */
NODISCARD enum error transaction_index_truncate_to(struct transaction_index *index,
    int64_t offset);
/* Drops all; the file becomes empty. */
NODISCARD enum error transaction_index_clear(struct transaction_index *index);
/* Reads all entries: versions, order, none below the segment's base offset. */
NODISCARD enum error transaction_index_check(struct transaction_index *index, int64_t base_offset);

#endif
