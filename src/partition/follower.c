#include "partition/follower.h"

#include <assert.h>

#include "base/macros.h"
#include "wire/kafka_error.h"

/* A leader that has not heard of its election yet will soon: the first pause is short. */
enum { FIRST_WAIT_MS = 20, DOUBLINGS_MAX = 16 };

void
follower_init(struct follower *follower, int32_t backoff_ms)
{
	*follower = (struct follower){ .epoch = -1, .backoff_ms = backoff_ms };
}

void
follower_begin(struct follower *follower, int32_t leader_epoch)
{
	assert(leader_epoch >= 0);
	follower->state = FOLLOWER_NEW;
	follower->epoch = leader_epoch;
	follower->is_compared = false;
	follower->failures = 0;
	follower->refusals = 0;
}

void
follower_compares(struct follower *follower)
{
	follower->is_compared = true;
}

void
follower_end(struct follower *follower)
{
	follower->state = FOLLOWER_IDLE;
	follower->epoch = -1;
}

/* ------------------------------------------------------------------ errors */

static void
back_off(struct follower *follower, int64_t wait_ms)
{
	follower->state = FOLLOWER_BACKING_OFF;
	follower->wait_ms = wait_ms;
}

void
follower_step_failed(struct follower *follower)
{
	back_off(follower, follower->backoff_ms);
}

/* Its leader may find out meanwhile, and another one lead (F15). */
int
follower_records_refused(struct follower *follower)
{
	enum { REFUSALS_MAX = 6 };
	int doublings = MIN(follower->refusals, (int)REFUSALS_MAX);

	back_off(follower, (int64_t)follower->backoff_ms << doublings);
	return ++follower->refusals;
}

void
follower_records_taken(struct follower *follower)
{
	follower->refusals = 0;
}

/* Of a leader that has not been told yet what this broker was. */
static bool
comes_too_early(int16_t code)
{
	return code == KAFKA_ERROR_UNKNOWN_LEADER_EPOCH ||
	    code == KAFKA_ERROR_NOT_LEADER_OR_FOLLOWER ||
	    code == KAFKA_ERROR_UNKNOWN_TOPIC_OR_PARTITION ||
	    code == KAFKA_ERROR_UNKNOWN_TOPIC_ID;
}

static void
take_error(struct follower *follower, const struct follower_answer *answer)
{
	if (answer->code == KAFKA_ERROR_OFFSET_OUT_OF_RANGE && answer->type == FOLLOWER_RECORDS) {
		follower->state = FOLLOWER_LOOKING_FOR_END;
		return;
	}
	if (!comes_too_early(answer->code)) {
		back_off(follower, follower->backoff_ms);
		return;
	}
	back_off(follower, MIN((int64_t)FIRST_WAIT_MS << follower->failures, follower->backoff_ms));
	follower->failures = MIN(follower->failures + 1, DOUBLINGS_MAX);
}

/* ------------------------------------------------------------------- steps */

static const struct follower_step keep = { FOLLOWER_KEEP, -1, false, false };

static struct follower_step
cut(const struct follower_log *log, enum follower_action action, int64_t offset)
{
#ifdef CANARY_NEVER_CUTS_BELOW_HIGH_WATERMARK
	if (action == FOLLOWER_TRUNCATE)
		offset = MAX(offset, log->high_watermark);
#endif
	return (struct follower_step){ action, offset,
		action == FOLLOWER_TRUNCATE && offset < log->high_watermark, false };
}

/* An epoch that begins at the log end has no record here; another leader may lack it. */
static bool
has_empty_epoch(const struct follower_log *log)
{
	const struct leader_epoch *latest = leader_epochs_latest(log->epochs);

	return latest != NULL && latest->start_offset >= log->end_offset;
}

/*
 * Where the logs part (KIP-101, KIP-279): the leader's end of the largest epoch
 * it has that is not above the asked one. When it is known here, the shorter of
 * both ends; else the own end of the next lower one, and then it is asked again.
 * Where that is at the leader's log start, or before it, nothing that would be left is known
 * to be the leader's: its retention has removed what would tell. All of it goes.
 */
static struct follower_step
truncate_for(struct follower *follower, const struct follower_log *log,
    const struct follower_answer *answer)
{
	struct leader_epoch_end own = leader_epochs_end_offset(log->epochs,
	    answer->diverging_epoch, log->end_offset);
	int64_t offset = MIN(answer->diverging_end_offset, log->end_offset);

#ifdef CANARY_OWN_EPOCHS_UNASKED
	own.epoch = -1;
#endif
	if (own.epoch >= 0 && own.epoch != answer->diverging_epoch)
		offset = MIN(own.end_offset, log->end_offset);
	else if (own.epoch >= 0)
		offset = MIN(offset, own.end_offset);
	if (answer->diverging_end_offset < 0 ||
	    (offset >= log->end_offset && !has_empty_epoch(log))) {
		/* A leader that says so nevertheless makes no sense. */
		back_off(follower, follower->backoff_ms);
		return keep;
	}
	if (offset > log->start_offset && offset <= answer->log_start_offset)
		return cut(log, FOLLOWER_RESTART, answer->log_start_offset);
	return cut(log, FOLLOWER_TRUNCATE, offset);
}

/*
 * Its log begins where this one ends: of what an earlier leader has left here it can tell nothing,
 * and answers as if it was its own. What that says of producers may be of batches that were
 * never committed, and a repetition of one would be acknowledged (seed 621370 of scenario cluster).
 */
static bool
has_nothing_in_common(const struct follower *follower, const struct follower_log *log,
    const struct follower_answer *answer)
{
	const struct leader_epoch *latest = leader_epochs_latest(log->epochs);

	return follower->is_compared && log->end_offset > log->start_offset &&
	    answer->log_start_offset == log->end_offset &&
	    (latest == NULL || latest->epoch < follower->epoch);
}

static struct follower_step
take_records(struct follower *follower, const struct follower_log *log,
    const struct follower_answer *answer)
{
	follower->state = FOLLOWER_FETCHING;
	follower->failures = 0;
	if (answer->asked_offset != log->end_offset)
		return keep;
	if (answer->diverging_epoch >= 0)
		return truncate_for(follower, log, answer);
	if (has_nothing_in_common(follower, log, answer))
		return cut(log, FOLLOWER_RESTART, log->end_offset);
	follower->is_compared = false;
	return (struct follower_step){
		.action = answer->records.size > 0 ? FOLLOWER_APPEND : FOLLOWER_KEEP,
		.offset = log->end_offset,
		.learns = true,
	};
}

/* The leader's log is shorter: an unclean election, or it has lost its end. */
static struct follower_step
take_end(struct follower *follower, const struct follower_log *log, int64_t offset)
{
	if (offset < 0) {
		back_off(follower, follower->backoff_ms);
		return keep;
	}
	if (offset >= log->end_offset) {
		follower->state = FOLLOWER_LOOKING_FOR_START;
		return keep;
	}
	follower->state = FOLLOWER_FETCHING;
	return cut(log, FOLLOWER_TRUNCATE, offset);
}

/* What the leader begins with is above all that is here; or it was right after all. */
static struct follower_step
take_start(struct follower *follower, const struct follower_log *log, int64_t offset)
{
	if (offset <= log->end_offset) {
		back_off(follower, follower->backoff_ms);
		return keep;
	}
	follower->state = FOLLOWER_FETCHING;
	return cut(log, FOLLOWER_RESTART, offset);
}

/* Without any epoch the high watermark is all that is known to be the leader's, too. */
static struct follower_step
take_begin(struct follower *follower, const struct follower_log *log)
{
	bool is_new = follower->state == FOLLOWER_NEW;

	follower->state = FOLLOWER_FETCHING;
#ifdef CANARY_TRUNCATES_TO_HIGH_WATERMARK
	if (is_new && log->high_watermark < log->end_offset)
		return cut(log, FOLLOWER_TRUNCATE, log->high_watermark);
#endif
	if (is_new && leader_epochs_latest(log->epochs) == NULL &&
	    log->high_watermark < log->end_offset)
		return cut(log, FOLLOWER_TRUNCATE, log->high_watermark);
	return keep;
}

struct follower_step
follower_take(struct follower *follower, const struct follower_log *log,
    const struct follower_answer *answer)
{
	if (follower->epoch < 0 || answer->leader_epoch != follower->epoch)
		return keep;
	if (answer->type == FOLLOWER_BEGINS)
		return take_begin(follower, log);
	if (answer->code != KAFKA_ERROR_NONE) {
		take_error(follower, answer);
		return keep;
	}
	switch (answer->type) {
	case FOLLOWER_RECORDS:
		return take_records(follower, log, answer);
	case FOLLOWER_END:
		return take_end(follower, log, answer->offset);
	default:
		return take_start(follower, log, answer->offset);
	}
}

struct follower_ask
follower_next(const struct follower *follower, const struct follower_log *log,
    int32_t leader_epoch)
{
	const struct leader_epoch *latest = leader_epochs_latest(log->epochs);
	struct follower_ask ask = {
		.leader_epoch = leader_epoch,
		.offset = log->end_offset,
		.last_fetched_epoch = latest != NULL ? latest->epoch : LEADER_EPOCH_NONE,
		.log_start_offset = log->start_offset,
	};

	if (follower->epoch < 0 || leader_epoch != follower->epoch) {
		ask.type = FOLLOWER_ASK_NOTHING;
	} else if (follower->state == FOLLOWER_BACKING_OFF) {
		ask.type = FOLLOWER_ASK_LATER;
		ask.wait_ms = follower->wait_ms;
	} else if (follower->state == FOLLOWER_LOOKING_FOR_END) {
		ask.type = FOLLOWER_ASK_END;
	} else if (follower->state == FOLLOWER_LOOKING_FOR_START) {
		ask.type = FOLLOWER_ASK_START;
	} else {
		ask.type = FOLLOWER_ASK_RECORDS;
	}
	return ask;
}

int64_t
follower_high_watermark(const struct follower_log *log, int64_t leaders)
{
#ifdef CANARY_FOLLOWER_SHOWS_ALL_IT_HAS
	leaders = log->end_offset;
#endif
#ifdef CANARY_FOLLOWER_BELIEVES_HIGH_WATERMARK
	return leaders;
#endif
	return MIN(leaders, log->end_offset);
}

int64_t
follower_log_start(const struct follower_log *log, int64_t leaders)
{
#ifdef CANARY_FOLLOWER_KEEPS_ITS_START
	return log->start_offset;
#endif
	return MIN(leaders, log->high_watermark);
}
