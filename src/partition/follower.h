/*
 * partition/follower.h: a replica that follows: what it asks its leader next,
 * and what it makes of an answer. Pure: state of one partition; who has the log
 * carries out the steps, the fetcher (fetcher.h) the questions.
 *
 *	follower_take(answer) -> step    the log does it, if there is something
 *	follower_next()       -> ask     what the leader is asked then
 *
 * The rules: protocol.md 13; KIP-101, 279, 595 (where the logs part is told by
 * the Fetch itself), KIP-320 (every question and answer belongs to one leader
 * epoch: an answer of another one changes nothing).
 *
 *	NEW -> FETCHING <-> BACKING_OFF
 *	          |  ^           ^
 *	          v  |           |
 *	  LOOKING_FOR_END -> LOOKING_FOR_START     after OFFSET_OUT_OF_RANGE
 */
#ifndef KLAMM_PARTITION_FOLLOWER_H
#define KLAMM_PARTITION_FOLLOWER_H

#include "base/slice.h"
#include "log/leader_epochs.h"

enum follower_state {
	FOLLOWER_IDLE, /* it follows nobody */
	FOLLOWER_NEW,  /* nothing was asked yet */
	FOLLOWER_FETCHING,
	FOLLOWER_LOOKING_FOR_END,
	FOLLOWER_LOOKING_FOR_START,
	FOLLOWER_BACKING_OFF,
};

struct follower {
	enum follower_state state;
	int32_t epoch;     /* the leader's that is followed; -1: nobody is */
	int32_t backoff_ms; /* replica.fetch.backoff.ms */
	bool is_compared;  /* what is here may not be its leader's, which has answered nothing yet */
	int failures;      /* in a row, of a leader that has not heard of its election yet */
	int refusals;      /* in a row: what was sent could not be appended */
	int64_t wait_ms;   /* BACKING_OFF */
};

/* What the machine has to know of the log. */
struct follower_log {
	int64_t start_offset;
	int64_t end_offset;
	int64_t high_watermark;
	const struct leader_epochs *epochs;
};

enum follower_ask_type {
	FOLLOWER_ASK_NOTHING, /* this leadership is over */
	FOLLOWER_ASK_RECORDS, /* Fetch */
	FOLLOWER_ASK_END,     /* ListOffsets: the leader's log end */
	FOLLOWER_ASK_START,   /* ListOffsets: the leader's log start */
	FOLLOWER_ASK_LATER,   /* again in `wait_ms`, with FOLLOWER_BEGINS */
};

struct follower_ask {
	enum follower_ask_type type;
	int32_t leader_epoch;
	int64_t offset;
	int32_t last_fetched_epoch; /* LEADER_EPOCH_NONE: the log knows none */
	int64_t log_start_offset;
	int64_t wait_ms;
};

enum follower_answer_type {
	FOLLOWER_BEGINS,   /* nothing was asked (yet) */
	FOLLOWER_RECORDS,  /* of Fetch */
	FOLLOWER_END,      /* of ListOffsets: `offset` */
	FOLLOWER_START,
};

/* Numbers are the leader's: anything may come. */
struct follower_answer {
	enum follower_answer_type type;
	int32_t leader_epoch;  /* of the question */
	int64_t asked_offset;  /* the same; RECORDS */
	int16_t code;          /* enum kafka_error; with another than NONE the rest says nothing */
	int64_t offset;
	int64_t high_watermark;
	int64_t log_start_offset;
	int32_t diverging_epoch; /* below 0: the logs do not part */
	int64_t diverging_end_offset;
	struct slice records;
	int64_t room_left;     /* bytes that the answer could have held beside all it brought */
};

enum follower_action {
	FOLLOWER_KEEP,     /* nothing happens to the log's records */
	FOLLOWER_APPEND,
	FOLLOWER_TRUNCATE, /* to `offset` */
	FOLLOWER_RESTART,  /* everything goes, the log is empty at `offset` */
};

struct follower_step {
	enum follower_action action;
	int64_t offset;
	bool below_high_watermark; /* what was shown to be safe is cut */
	bool learns;               /* the answer's high watermark and log start count */
};

void follower_init(struct follower *follower, int32_t backoff_ms);
/* A leader of this epoch, or nobody (any more). */
void follower_begin(struct follower *follower, int32_t leader_epoch);
/* ... which was not in sync: where it ends there where its leader begins, nothing is kept. */
void follower_compares(struct follower *follower);
void follower_end(struct follower *follower);

struct follower_step follower_take(struct follower *follower, const struct follower_log *log,
    const struct follower_answer *answer);
/* The step could not be done: later again. */
void follower_step_failed(struct follower *follower);
/* What was to be appended is damaged: later again, and each time later. How often, in a row. */
int follower_records_refused(struct follower *follower);
void follower_records_taken(struct follower *follower);
/* For who asks on behalf of this leader epoch. */
struct follower_ask follower_next(const struct follower *follower, const struct follower_log *log,
    int32_t leader_epoch);

/* min(the leader's, the own log end); and the leader's start as far as it is applied. */
int64_t follower_high_watermark(const struct follower_log *log, int64_t leaders);
int64_t follower_log_start(const struct follower_log *log, int64_t leaders);

#endif
