/*
 * log/producer_state.h: what a partition knows of its idempotent and
 * transactional producers (KIP-98): which batches it has seen, which
 * transactions are open. Pure; every partition has one, owned by its actor.
 *
 * An append goes in this order:
 *	producer_state_begin(state)
 *	for each batch: producer_state_check(); if accepted producer_state_apply()
 *	the bytes are written
 *	producer_state_commit(state), or producer_state_rollback(state) when
 *	nothing of it was written: all is as it was at begin
 * Replay (recovery, loading) uses producer_state_apply() alone, without begin.
 */
#ifndef KLAMM_LOG_PRODUCER_STATE_H
#define KLAMM_LOG_PRODUCER_STATE_H

#include "base/error.h"
#include "base/hash_table.h"
#include "log/transaction_index.h"

enum {
	PRODUCER_ID_NONE = -1,
	PRODUCER_EPOCH_NONE = -1,
	PRODUCER_SEQUENCE_NONE = -1,
	PRODUCER_BATCHES_KEPT = 5,
	COORDINATOR_EPOCH_NONE = -1,
};

struct producer_batch {
	int64_t last_offset;
	int64_t timestamp_ms; /* largest of the batch */
	int32_t last_sequence;
	int32_t offset_delta; /* last - first offset; also of the sequences */
};

/* One producer id. Small, since there may be very many. */
struct producer_entry {
	struct hash_node node;
	struct list in_open;             /* of producer_state.open; empty without open transaction */
	int64_t producer_id;
	int64_t last_timestamp_ms;       /* of the last batch or marker */
	int64_t transaction_first_offset; /* of the open transaction; -1 none */
	int32_t coordinator_epoch;
	int16_t epoch;
	uint8_t batch_count;             /* oldest first, at most PRODUCER_BATCHES_KEPT */
	bool saved;                      /* the undo list has its old contents */
	struct producer_batch *batches;
};

struct producer_state {
	struct hash_table entries;
	struct list open;      /* entries with an open transaction, by first offset */
	struct list completed; /* transactions ended but with a marker not below the high watermark */
	struct list undo;      /* since begin */
	bool appending;        /* between begin and commit or rollback */
	int64_t end_offset;    /* every batch below it was applied */
	int64_t saved_end_offset;
};

enum append_origin {
	APPEND_CLIENT,      /* Produce */
	APPEND_COORDINATOR, /* group and transaction coordinators, markers */
	APPEND_REPLICATION, /* fetched from a leader, or replayed */
};

enum producer_batch_type { PRODUCER_DATA, PRODUCER_COMMIT_MARKER, PRODUCER_ABORT_MARKER };

/*
 * What the state needs to know of a batch. Asserted: producer id >= 0 (others
 * do not come here), 0 <= last - first offset <= int32 max.
 */
struct producer_append {
	enum producer_batch_type type;
	enum append_origin origin;
	int64_t producer_id;
	int16_t epoch;
	bool transactional;
	int32_t first_sequence; /* data only */
	int32_t last_sequence;
	int64_t first_offset;
	int64_t last_offset;
	int64_t timestamp_ms;   /* largest */
	int32_t coordinator_epoch; /* markers only */
};

/* api/ knows Kafka's code of each. */
enum producer_verdict {
	PRODUCER_ACCEPTED,
	PRODUCER_DUPLICATE, /* answered as a success with the old offset */
	PRODUCER_OUT_OF_ORDER_SEQUENCE,
	PRODUCER_INVALID_EPOCH,
	PRODUCER_INVALID_TRANSACTION_STATE,
	PRODUCER_COORDINATOR_FENCED,
};

struct producer_duplicate {
	int64_t first_offset;
	int64_t last_offset;
	int64_t timestamp_ms;
};

/* A transaction that a marker ended. */
struct completed_transaction {
	bool aborted; /* with `transaction` for the transaction index */
	struct aborted_transaction transaction;
};

void producer_state_init(struct producer_state *state, const uint64_t seed[2]);
void producer_state_fini(struct producer_state *state);
/* Forgets all; the end offset is as given. Not between begin and commit. */
void producer_state_reset(struct producer_state *state, int64_t end_offset);

/* Changes nothing. Offsets and timestamp of `append` are not looked at. */
enum producer_verdict producer_state_check(const struct producer_state *state,
    const struct producer_append *append, struct producer_duplicate *duplicate);

void producer_state_begin(struct producer_state *state);
/*
 * Takes the batch in without asking whether it may (replicas never refuse).
 * True when it is a marker that ended a transaction with records: then
 * `*completed` is set (its last stable offset is that of this moment).
 */
bool producer_state_apply(struct producer_state *state, const struct producer_append *append,
    struct completed_transaction *completed);
/* All batches below it were applied, also those without a producer. */
void producer_state_set_end(struct producer_state *state, int64_t end_offset);
void producer_state_commit(struct producer_state *state);
void producer_state_rollback(struct producer_state *state);

/*
 * Smallest first offset of a transaction that is open or whose marker is not
 * below the high watermark; -1 when there is none. The last stable offset is
 * the smaller of this and the high watermark.
 */
int64_t producer_state_first_unstable_offset(const struct producer_state *state);
/* The same of open transactions alone. */
int64_t producer_state_first_undecided_offset(const struct producer_state *state);
/* Forgets completed transactions with a marker below it. */
void producer_state_high_watermark_moved(struct producer_state *state, int64_t high_watermark);
/* The same, for a log start that was raised; the end offset follows it. */
void producer_state_log_start_moved(struct producer_state *state, int64_t log_start_offset);

/*
 * Forgets producers without open transaction whose last batch is at least
 * `expiration_ms` old; returns how many.
 */
size_t producer_state_expire(struct producer_state *state, int64_t now_ms, int64_t expiration_ms);
bool producer_entry_is_expired(const struct producer_entry *entry, int64_t now_ms,
    int64_t expiration_ms);

size_t producer_state_count(const struct producer_state *state);
/* NULL when the id is not known. */
const struct producer_entry *producer_state_find(const struct producer_state *state,
    int64_t producer_id);
/* The newest batch; NULL when none is remembered. */
const struct producer_batch *producer_entry_last_batch(const struct producer_entry *entry);
/* First sequence of a remembered batch; wraps below 0 to 2^31 - 1. */
int32_t producer_batch_first_sequence(const struct producer_batch *batch);

/* Entries in order of insertion; producer_entry_of(link) is the entry. */
#define PRODUCER_STATE_FOREACH(link, state) HASH_TABLE_FOREACH(link, &(state)->entries)
static inline struct producer_entry *
producer_entry_of(struct list *link)
{
	return container_of(hash_node_of(link), struct producer_entry, node);
}

/* What a snapshot tells of a producer; the id must not be there yet. `batch` may be NULL. */
void producer_state_load(struct producer_state *state, const struct producer_entry *fields,
    const struct producer_batch *batch);
/*
 * And the batches before that, oldest first, fewer than PRODUCER_BATCHES_KEPT. False when
 * they do not lie before it. A producer that is not there has expired: true.
 */
bool producer_state_load_earlier(struct producer_state *state, int64_t producer_id,
    const struct producer_batch *batches, uint8_t count);

/* Whether no producer of `other` is unknown to `state`. */
bool producer_state_has_all_of(const struct producer_state *state,
    const struct producer_state *other);
/* Takes in the producers of `other` that `state` does not know at all. */
void producer_state_add_unknown(struct producer_state *state, const struct producer_state *other);
/* Forgets all, and knows what `from` knows. Neither between begin and commit. */
void producer_state_copy(struct producer_state *into, const struct producer_state *from);

#endif
