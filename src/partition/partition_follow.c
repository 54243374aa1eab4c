/*
 * A partition that follows: appends what its leader has sent, moves the high
 * watermark and the log start as it is told, and cuts its log where the leader's
 * differs.
 *
 * A truncation has the log alone: it begins when no job is out, and the actor is
 * busy until it is over: the recovery point falls, and the high watermark where it
 * has to, checkpoints say so on disk (on the control loop and a worker), and only then
 * the log is cut (log.h). Where its start has fallen with it another checkpoint says so.
 */
#include "partition/partition_follow.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "log/log_repair.h"
#include "partition/partition_private.h"
#include "wire/batch_run.h"

struct partition_truncation {
	struct partition_event event;
	struct partition *partition; /* held by the operation that waits */
	struct follower_step step;
	bool repairs; /* nothing is cut: records are written over a damage */
	bool appends; /* then the records that came */
	struct loop_message message;
	struct partition_checkpoint checkpoint;
	int64_t start_offset; /* of the log, before */
	bool is_cut;          /* below that: one more checkpoint says so */
	struct work work;
	enum error error;
};

static struct follower_log
view(const struct partition *partition)
{
	return (struct follower_log){
		.start_offset = log_start_offset(partition->log),
		.end_offset = log_end_offset(partition->log),
		.high_watermark = log_high_watermark(partition->log),
		.epochs = log_leader_epochs(partition->log),
	};
}

static int64_t
wall_ms(const struct partition *partition)
{
	return clock_wall_ms(partition->home->world->clock);
}

void
partition_follow(struct partition *partition, struct partition_follow *follow)
{
	follow->next = (struct follower_ask){ .type = FOLLOWER_ASK_NOTHING };
	partition_submit(partition, &follow->operation, PARTITION_EVENT_FOLLOW);
}

bool
partition_is_throttled_follower(const struct partition *partition)
{
	return atomic_load_explicit(&partition->follower_throttled, memory_order_relaxed);
}

bool
partition_is_in_doubt(const struct partition *partition)
{
	return atomic_load_explicit(&partition->is_in_doubt, memory_order_relaxed);
}

/* ------------------------------------------------------------------ answers */

/* Of a leadership of before an entry may stand on disk: it has to go before the log grows. */
static bool
has_to_note(const struct partition *partition)
{
	return log_state(partition->log) == ERROR_NONE &&
	    !shrunk_isr_is_settled(&partition->shrunk_isr);
}

/* Under flush before ack the leader is asked for what follows the synced records alone. */
static bool
has_to_flush(const struct partition *partition)
{
	return has_to_note(partition) ||
	    (partition->home->flush_before_ack && log_state(partition->log) == ERROR_NONE &&
	    log_flushed_offset(partition->log) < log_end_offset(partition->log));
}

static void
answer(struct partition *partition, struct partition_follow *follow)
{
	struct follower_log log = view(partition);

	follow->next = follower_next(&partition->follower, &log, follow->answer.leader_epoch);
	partition_ask_for_repair(partition, &follow->next);
	partition_answer(partition, &follow->operation, PARTITION_OK);
}

static void
answer_when_flushed(struct partition *partition, struct partition_follow *follow)
{
	if (has_to_flush(partition))
		partition->follow = follow;
	else
		answer(partition, follow);
	partition_flush_if_due(partition, wall_ms(partition));
	partition_go_on_noting(partition);
}

void
partition_follow_later(struct partition *partition)
{
	if (partition->truncation == NULL)
		partition_end_following(partition, PARTITION_STORAGE);
}

void
partition_follow_flushed(struct partition *partition)
{
	struct partition_follow *follow = partition->follow;

	if (follow == NULL || partition->truncation != NULL || has_to_flush(partition))
		return;
	partition->follow = NULL;
	answer(partition, follow);
}

void
partition_end_following(struct partition *partition, enum partition_status status)
{
	struct partition_follow *follow = partition->follow;

	if (follow == NULL)
		return;
	partition->follow = NULL;
	free(partition->truncation);
	partition->truncation = NULL;
	partition_answer(partition, &follow->operation, status);
}

/* ---------------------------------------------------------------- appending */

static void
learn(struct partition *partition, const struct follower_answer *leaders)
{
	struct follower_log log = view(partition);

	log_set_high_watermark(partition->log,
	    follower_high_watermark(&log, leaders->high_watermark));
	log = view(partition);
	/* Within the high watermark, so it is never out of range. */
	if (log_advance_start_offset(partition->log,
	        follower_log_start(&log, leaders->log_start_offset)) != ERROR_NONE)
		follower_step_failed(&partition->follower);
#ifndef CANARY_FOLLOWER_WAKES_NOBODY
	partition_wake_fetches(partition);
#endif
}

/* What is damaged, or not what comes next, is fetched again, and never appended. */
static void
refuse_records(struct partition *partition, const struct log_append *append)
{
	int times = follower_records_refused(&partition->follower);

	partition_count_all(METRIC_REPLICATION_REFUSED, 1);
	log_error(partition->home->world->logger, "%.*s-%d: %zu bytes that leader %d sent for "
	    "offset %lld are refused, the %d. time: %s", partition->topic_size, partition->topic,
	    partition->index, append->size, partition->leader.id,
	    (long long)log_end_offset(partition->log), times,
	    append->error != ERROR_NONE ? error_text(append->error) :
	        log_append_status_text(append->status));
}

static void
append(struct partition *partition, struct partition_follow *follow)
{
	struct slice records = follow->answer.records;
	struct log_append set = {
		.bytes = (uint8_t *)(uintptr_t)records.bytes,
		.size = records.size,
		.origin = LOG_FROM_LEADER,
	};
	int64_t before = log_end_offset(partition->log);
	enum error error = log_append_as_follower(partition->log, &set, wall_ms(partition));

	if (error != ERROR_NONE) {
		follower_step_failed(&partition->follower);
		(void)partition_failed(partition, error, PARTITION_FAULT_WRITE);
	} else if (set.status != LOG_APPEND_DONE || log_end_offset(partition->log) == before) {
		refuse_records(partition, &set);
	} else {
		partition_count_all(METRIC_REPLICATION_BYTES_IN, set.size);
		follower_records_taken(&partition->follower);
		learn(partition, &follow->answer);
	}
}

/*
 * A log start may lie within a batch: after DeleteRecords, or where an unclean election has
 * brought back a leader with larger batches. An empty log begins with that batch, as in Kafka.
 * -1: it does not; else where that is.
 */
static int64_t
batch_around_end(const struct partition *partition, struct slice records)
{
	int64_t end = log_end_offset(partition->log);
	struct batch_run run;
	enum error error;

	if (end > log_start_offset(partition->log))
		return -1;
	error = batch_run_check(records, &run);
	return (error == ERROR_NONE || error == ERROR_TRUNCATED) && run.count > 0 &&
	    run.first_offset < end && run.last_offset >= end ? run.first_offset : -1;
}

/* --------------------------------------------------------------- truncating */

static void
tell_truncation(const struct partition *partition, const struct follower_step *step)
{
	struct logger *logger = partition->home->world->logger;
	long long end = (long long)log_end_offset(partition->log);

	if (step->action == FOLLOWER_RESTART && step->offset <= end &&
	    end > log_start_offset(partition->log))
		log_warn(logger, "%.*s-%d: leader %d, epoch %d, begins at %lld, and knows nothing of what "
		    "is here before: the log of %lld to %lld begins anew", partition->topic_size,
		    partition->topic, partition->index, partition->leader.id, partition->leader.epoch,
		    (long long)step->offset, (long long)log_start_offset(partition->log), end);
	else if (step->action == FOLLOWER_RESTART && step->offset < end)
		log_info(logger, "%.*s-%d: the batch of leader %d at the log end %lld begins at %lld: "
		    "so does the log", partition->topic_size, partition->topic, partition->index,
		    partition->leader.id, end, (long long)step->offset);
	else if (step->action == FOLLOWER_RESTART)
		log_warn(logger, "%.*s-%d: leader %d begins at %lld, behind the log end %lld here: "
		    "the log begins anew", partition->topic_size, partition->topic,
		    partition->index, partition->leader.id, (long long)step->offset, end);
	else if (step->below_high_watermark)
		log_warn(logger, "%.*s-%d: truncated from %lld to %lld for leader %d, epoch %d, "
		    "below the high watermark %lld", partition->topic_size, partition->topic,
		    partition->index, end, (long long)step->offset, partition->leader.id,
		    partition->leader.epoch, (long long)log_high_watermark(partition->log));
	else
		log_info(logger, "%.*s-%d: truncated from %lld to %lld for leader %d, epoch %d",
		    partition->topic_size, partition->topic, partition->index, end,
		    (long long)step->offset, partition->leader.id, partition->leader.epoch);
}

static void
begin_truncation(struct partition *partition, struct partition_follow *follow,
    const struct follower_step *step)
{
	struct partition_truncation *it = memory_new(sizeof(*it));

	tell_truncation(partition, step);
	it->event.type = PARTITION_EVENT_TRUNCATED;
	it->partition = partition;
	it->step = *step;
	partition->truncation = it;
	partition->follow = follow;
}

static void
resume(struct partition_truncation *it)
{
	actor_resume(&it->partition->actor, &it->event.event);
}

static void
run_truncation(struct work *work)
{
	struct partition_truncation *it = container_of(work, struct partition_truncation, work);
	struct log *log = it->partition->log;
	int64_t now_ms = wall_ms(it->partition);

	if (it->repairs) {
		it->error = log_repair(log, it->partition->follow->answer.records);
		return;
	}
	it->error = it->step.action == FOLLOWER_RESTART ?
	    log_truncate_fully_and_start_at(log, it->step.offset, now_ms) :
	    log_truncate_to(log, it->step.offset, now_ms);
}

static void
truncation_run(struct work *work)
{
	resume(container_of(work, struct partition_truncation, work));
}

static void
begin_repair(struct partition *partition, struct partition_follow *follow)
{
	struct partition_truncation *it = memory_new(sizeof(*it));

	it->event.type = PARTITION_EVENT_TRUNCATED;
	it->partition = partition;
	it->repairs = true;
	partition->truncation = it;
	partition->follow = follow;
}

static void
submit(struct partition_truncation *it)
{
	it->work = (struct work){
		.loop = it->partition->actor.home,
		.run = run_truncation,
		.done = truncation_run,
	};
	workers_submit(it->partition->home->world->workers, &it->work);
}

static void
checkpoint_written(struct partition_checkpoint *checkpoint, enum error error)
{
	struct partition_truncation *it = container_of(checkpoint, struct partition_truncation,
	    checkpoint);

	if (error != ERROR_NONE || it->is_cut) {
		it->error = error;
		resume(it);
		return;
	}
	submit(it);
}

static void
write_checkpoint(struct loop_message *message)
{
	struct partition_truncation *it = container_of(message, struct partition_truncation,
	    message);
	struct partition_home *home = it->partition->home;

	it->checkpoint.written = checkpoint_written;
	list_init(&it->checkpoint.link);
	home->checkpoint(home->context, it->partition, &it->checkpoint);
}

static void
lower_offsets(struct partition_truncation *it)
{
	struct log *log = it->partition->log;
	int64_t offset;

	it->start_offset = log_start_offset(log);
	offset = it->step.action == FOLLOWER_RESTART ? MIN(it->start_offset, it->step.offset) :
	    it->step.offset;
	log_lower_recovery_point(log, offset);
	log_lower_high_watermark(log, offset);
}

bool
partition_truncate_alone(struct partition *partition)
{
	struct partition_truncation *it = partition->truncation;

	if (it == NULL || partition->jobs > 0)
		return false;
	if (it->repairs) {
		submit(it);
		return true;
	}
	if (!it->is_cut)
		lower_offsets(it);
	it->message.run = write_checkpoint;
	loop_post(partition->home->world->control, &it->message);
	return true;
}

void
partition_on_truncated(struct partition *partition, struct partition_event *event)
{
	struct partition_truncation *it = container_of(event, struct partition_truncation, event);
	struct partition_follow *follow = partition->follow;
	enum error error = it->error;
	bool repaired = it->repairs, appends = it->appends;

	assert(it == partition->truncation);
	if (error == ERROR_NONE && !repaired && !it->is_cut &&
	    log_start_offset(partition->log) < it->start_offset) {
		it->is_cut = true; /* partition_truncate_alone goes on */
		return;
	}
	partition->truncation = NULL;
	partition->follow = NULL;
	free(it);
	if (repaired)
		partition_repaired(partition, error);
	else if (error != ERROR_NONE) {
		follower_step_failed(&partition->follower);
		(void)partition_failed(partition, error, PARTITION_FAULT_WRITE);
	} else if (appends && follow->answer.leader_epoch == partition->follower.epoch) {
		append(partition, follow);
	}
	partition_wake_fetches(partition); /* of offsets that are gone now */
	answer_when_flushed(partition, follow);
}

/* -------------------------------------------------------------------- taking */

/* The epoch is looked at by the machine; here, whether there is a log to write to. */
static enum partition_status
status_of(const struct partition *partition)
{
	if (partition->log == NULL || partition->surrender != NULL)
		return partition->gone == PARTITION_STORAGE ? PARTITION_NOT_LEADER : partition->gone;
	return log_state(partition->log) == ERROR_NONE ? PARTITION_OK : PARTITION_STORAGE;
}

/*
 * Nothing came though there was room for it, or the newest record is of the epoch
 * in which it is led: so all that earlier leaders had is here, and what this one
 * has made known. A leader's high watermark alone may be older than that.
 */
static bool
has_all(const struct partition *partition, const struct follower_answer *answer)
{
	const struct leader_epoch *latest = leader_epochs_latest(log_leader_epochs(partition->log));

	if (!partition_is_in_doubt(partition))
		return false;
	if (answer->records.size == 0 &&
	    answer->room_left >= partition->settings->config.max_message_bytes)
		return true;
	return latest != NULL && latest->epoch == partition->follower.epoch &&
	    latest->start_offset < log_end_offset(partition->log) &&
	    log_end_offset(partition->log) >= answer->high_watermark;
}

void
partition_on_follow(struct partition *partition, struct partition_event *event)
{
	struct partition_follow *follow = container_of(partition_operation_of(event),
	    struct partition_follow, operation);
	enum partition_status status = status_of(partition);
	struct follower_step step;
	struct follower_log log;
	int64_t around;

	follow->operation.seen = true;
	if (status != PARTITION_OK) {
		partition_answer(partition, &follow->operation, status);
		return;
	}
	switch (partition_take_repair(partition, &follow->answer)) {
	case PARTITION_REPAIR_WRITE:
		begin_repair(partition, follow);
		return;
	case PARTITION_REPAIR_OVER:
		answer(partition, follow);
		return;
	default:
		break;
	}
	log = view(partition);
	step = follower_take(&partition->follower, &log, &follow->answer);
	around = step.action == FOLLOWER_APPEND ?
	    batch_around_end(partition, follow->answer.records) : -1;
	if (around >= 0)
		step = (struct follower_step){ FOLLOWER_RESTART, around, false, false };
	if (step.action == FOLLOWER_TRUNCATE || step.action == FOLLOWER_RESTART) {
		begin_truncation(partition, follow, &step);
		partition->truncation->appends = around >= 0;
		return;
	}
	if (step.action == FOLLOWER_APPEND)
		append(partition, follow);
	else if (step.learns)
		learn(partition, &follow->answer);
	if (step.learns && has_all(partition, &follow->answer))
		partition_caught_up(partition);
	if (step.learns || step.action == FOLLOWER_APPEND)
		partition_show_lag(partition, follow->answer.high_watermark);
	if (follow->answer.leader_epoch == partition->follower.epoch)
		answer_when_flushed(partition, follow);
	else
		answer(partition, follow);
}
