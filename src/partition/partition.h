/*
 * partition/partition.h: one replica that this broker hosts: an actor over a
 * log (log/log.h). It appends what producers send and answers when the ISR has
 * it, reads for consumers and lets them wait, looks up offsets, flushes.
 *
 * Everything is asked by an operation: a struct that is its maker's, given to
 * the partition by partition_NAME() on any thread, and given back exactly once
 * by `answered`, on the loop `loop` (at once inside the call when that is the
 * running loop and nobody is in the partition; else by a message). What it
 * points to stays until then. The partition is held meanwhile.
 *
 * Statuses are Kafka's cases; `partition_status_code` has the protocol's codes.
 */
#ifndef KLAMM_PARTITION_PARTITION_H
#define KLAMM_PARTITION_PARTITION_H

#include <stdatomic.h>

#include "config/topic_settings.h"
#include "log/log_lookup.h"
#include "log/log_read.h"
#include "log/transaction_index.h"
#include "wire/kafka_error.h"
#include "world/actor.h"
#include "world/world.h"

struct partition;

/* X(name, Kafka's code) */
#define PARTITION_STATUS_TABLE(X) \
	X(OK, KAFKA_ERROR_NONE) \
	X(NOT_LEADER, KAFKA_ERROR_NOT_LEADER_OR_FOLLOWER) \
	X(FENCED_LEADER_EPOCH, KAFKA_ERROR_FENCED_LEADER_EPOCH) \
	X(UNKNOWN_LEADER_EPOCH, KAFKA_ERROR_UNKNOWN_LEADER_EPOCH) \
	X(OFFSET_OUT_OF_RANGE, KAFKA_ERROR_OFFSET_OUT_OF_RANGE) \
	X(OFFSET_NOT_AVAILABLE, KAFKA_ERROR_OFFSET_NOT_AVAILABLE) \
	X(NOT_ENOUGH_REPLICAS, KAFKA_ERROR_NOT_ENOUGH_REPLICAS) \
	X(NOT_ENOUGH_REPLICAS_AFTER_APPEND, KAFKA_ERROR_NOT_ENOUGH_REPLICAS_AFTER_APPEND) \
	X(RECORD_LIST_TOO_LARGE, KAFKA_ERROR_RECORD_LIST_TOO_LARGE) \
	X(CORRUPT_MESSAGE, KAFKA_ERROR_CORRUPT_MESSAGE) \
	X(OUT_OF_ORDER_SEQUENCE, KAFKA_ERROR_OUT_OF_ORDER_SEQUENCE_NUMBER) \
	X(INVALID_PRODUCER_EPOCH, KAFKA_ERROR_INVALID_PRODUCER_EPOCH) \
	X(INVALID_TXN_STATE, KAFKA_ERROR_INVALID_TXN_STATE) \
	X(COORDINATOR_FENCED, KAFKA_ERROR_TRANSACTION_COORDINATOR_FENCED) \
	X(POLICY_VIOLATION, KAFKA_ERROR_POLICY_VIOLATION) \
	X(STORAGE, KAFKA_ERROR_KAFKA_STORAGE_ERROR) \
	X(TIMED_OUT, KAFKA_ERROR_REQUEST_TIMED_OUT) \
	X(UNKNOWN, KAFKA_ERROR_UNKNOWN_SERVER_ERROR)
#define PARTITION_STATUS_MEMBER(name, code) PARTITION_##name,
enum partition_status { PARTITION_STATUS_TABLE(PARTITION_STATUS_MEMBER) };
#undef PARTITION_STATUS_MEMBER

int16_t partition_status_code(enum partition_status status);

/* ------------------------------------------------------------- who it is */

struct slice partition_topic(const struct partition *partition);
int32_t partition_index(const struct partition *partition);
/* leader_heard_us (leader.h), of the leader that is here. Any thread. */
int64_t partition_heard_us(const struct partition *partition);
struct uuid partition_topic_id(const struct partition *partition);
struct partition *partition_hold(struct partition *partition);
/* On any thread, also inside `answered`. */
void partition_release(struct partition *partition);

/* What the actor is told; the partition's. */
struct partition_event {
	struct actor_event event;
	int type;
};

/*
 * What all operations begin with. `loop`, `answered` and the type's own fields
 * are set by the maker, the rest is the partition's.
 */
struct partition_operation {
	struct partition_event event;
	struct loop *loop;
	void (*answered)(struct partition_operation *operation);
	enum partition_status status;
	/* Of the leader, told with every answer; -1 and -1 when there is none here. */
	int32_t leader;
	int32_t leader_epoch;
	struct partition *partition;
	struct partition_event cancel;
	struct loop_message message;   /* brings the answer */
	struct loop_message told;      /* brings `appended` */
	struct list waiting;
	_Atomic(unsigned) state;
	bool seen;        /* by the actor, as all below */
	bool answer_held; /* until the cancellation that is on its way has come */
	bool by_message;  /* one was sent: what follows may not overtake it */
	bool was_told;
	bool cancelled;
	bool is_counted; /* among those that wait (partition_figures.h) */
	enum metric_level counted_as;
};

/* -------------------------------------------------------------- produce */

enum partition_append_stage { PARTITION_APPENDING, PARTITION_APPENDED, PARTITION_ACKNOWLEDGED };

struct partition_append {
	struct partition_operation operation;
	/* Validated batches, offsets from 0 (wire/batch_validate.h); written to. */
	uint8_t *bytes;
	size_t size;
	enum log_append_origin origin;
	int16_t required_acks;        /* -1, 0, 1 */
	int32_t required_leader_epoch; /* -1: any; coordinators: of their election */
	int64_t now_ms;
	bool log_append_time;         /* the partition stamps the time with which it appends */
	/*
	 * With acks -1, on `loop`: the records are in the log (`bytes` may go) and
	 * the operation waits for the high watermark. NULL: nobody wants to know.
	 * Not called when there is nothing to wait for.
	 */
	void (*appended)(struct partition_append *append);
	/* The result. */
	int64_t base_offset;      /* -1 after an error */
	int64_t last_offset;
	int64_t log_append_time_ms; /* -1 unless log append time */
	int64_t log_start_offset;
};

/*
 * On a loop, for the metrics: its records were refused with this code before
 * they were given to it.
 */
void partition_count_refused(struct partition *partition, int16_t code);

/* `status` DUPLICATE batches are OK with the old offsets. */
void partition_append(struct partition *partition, struct partition_append *append);

/* ---------------------------------------------------------------- fetch */

enum partition_isolation {
	PARTITION_READ_UNCOMMITTED, /* up to the high watermark */
	PARTITION_READ_COMMITTED,   /* up to the last stable offset */
	PARTITION_READ_LOG_END,     /* followers, coordinators, tools */
};

struct partition_fetch {
	struct partition_operation operation;
	/*
	 * Of a follower: who it is, with its broker's epoch (-1: unknown). It is told
	 * of a high watermark above `known_high_watermark` without waiting; -1: of one
	 * that rises from now on, filled in.
	 */
	bool is_follower;
	int32_t replica_id;
	int64_t replica_epoch;
	int64_t replica_log_start;     /* -1: unknown */
	int64_t known_high_watermark;
	/*
	 * Of a consumer: brokers that are nearer to it than this one (KIP-392). Where one
	 * of them has what it asks for, the answer is who that is, without records.
	 */
	const int32_t *nearer;
	size_t nearer_count;
	int64_t offset;
	int64_t max_bytes;
	bool at_least_one;             /* the first batch even when it is larger; else nothing then */
	enum partition_isolation isolation;
	bool any_replica;              /* also one that does not lead, but follows, or of a tool */
	int32_t current_leader_epoch;  /* -1: not checked */
	int32_t last_fetched_epoch;    /* -1: not checked (KIP-595) */
	/*
	 * Nothing there to read: stay in the partition until there is something, an
	 * error, a change of leader, or partition_cancel, which gives it back with
	 * the offsets below as of when it began to wait.
	 */
	bool wait;
	/* The result. */
	struct log_slice slice;        /* the maker's to release; of whole batches */
	int64_t high_watermark;        /* -1 after an error */
	int64_t last_stable_offset;
	int64_t log_start_offset;
	int32_t diverging_epoch;       /* with its end offset, where the logs part; -1: they do not */
	int64_t diverging_end_offset;
	int32_t preferred_replica;     /* -1: read on here */
	/* CORRUPT_MESSAGE, or STORAGE: where the damage at the offset ends; -1: there is none. */
	int64_t damage_end;
	/* READ_COMMITTED: malloc()ed, the maker's to free. */
	struct aborted_transaction *aborted;
	int32_t aborted_count;
	bool is_throttled;             /* of a follower: see partition_sent */
	struct log_read read;          /* the partition's, as all below */
	struct work work;
	enum error error;
	int64_t bound;
};

void partition_fetch(struct partition *partition, struct partition_fetch *fetch);
/* Any thread: the slice of a fetch that is throttled goes to the follower, and counts (KIP-73). */
void partition_sent(struct partition *partition, const struct partition_fetch *fetch);

/* --------------------------------------------------------- list offsets */

enum {
	PARTITION_LATEST = -1,
	PARTITION_EARLIEST = -2,
	PARTITION_MAX_TIMESTAMP = -3,
	PARTITION_EARLIEST_LOCAL = -4,
	PARTITION_LATEST_TIERED = -5,
};

struct partition_list_offsets {
	struct partition_operation operation;
	int64_t timestamp;             /* or one of the above */
	enum partition_isolation isolation; /* what LATEST means, and the bound of look-ups */
	/* Also one that does not lead; the epoch of LATEST is that of its last record then. */
	bool any_replica;
	int32_t current_leader_epoch;
	/*
	 * As version 0 of ListOffsets asks (log/log_offsets_before.h): the answer is
	 * `offsets`, at most `max_offsets` (not negative), and none below.
	 */
	bool before;
	int32_t max_offsets;
	int64_t now_ms;
	int64_t *offsets;              /* malloc()ed, the maker's to free */
	int32_t offset_count;
	/* The result; -1 and -1: no such record. */
	int64_t found_offset;
	int64_t found_timestamp;
	int32_t found_leader_epoch;
	struct work work;              /* the partition's, as all below */
	enum error error;
	struct log_lookup *lookup;
};

void partition_list_offsets(struct partition *partition, struct partition_list_offsets *list);

/* --------------------------------------------------- ends of leader epochs */

/* Where the log of a leader epoch ends, or of the one before it that has records (KIP-101, 279). */
struct partition_epoch_end {
	struct partition_operation operation;
	bool any_replica;              /* also one that does not lead */
	int32_t current_leader_epoch;  /* -1: not checked */
	int32_t leader_epoch;
	/* The result; -1 and -1: nothing is known of it. */
	int32_t found_epoch;
	int64_t found_end_offset;
};

void partition_epoch_end(struct partition *partition, struct partition_epoch_end *end);

/* -------------------------------------------------------- delete records */

enum { PARTITION_HIGH_WATERMARK = -1 }; /* as an offset to delete up to */

/* Records below an offset go; answered when they have at all replicas that are alive. */
struct partition_delete_records {
	struct partition_operation operation;
	int64_t offset;                /* or PARTITION_HIGH_WATERMARK */
	/* The result: the lowest log start of these; with TIMED_OUT too. -1 after an error. */
	int64_t low_watermark;
};

void partition_delete_records(struct partition *partition,
    struct partition_delete_records *deletion);

/* --------------------------------------------------------------- waiting */

/*
 * On `loop`: the maker waits no longer for an operation that is still out. It
 * is answered soon: with TIMED_OUT when the partition had it parked or
 * unacknowledged, or with what it would have got. Once at most for each
 * operation; the canceller is the operation itself, no memory is needed.
 */
void partition_cancel(struct partition *partition, struct partition_operation *operation);

#endif
