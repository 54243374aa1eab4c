/*
 * Making a partition durable. One flush at a time, on a worker; whoever came
 * meanwhile shares the next one, which begins when this one ends (group commit).
 */
#include <stdlib.h>

#include "base/memory.h"
#include "partition/partition_private.h"

struct partition_flush {
	struct partition_event event;
	struct work work;
	struct log_flush flush;
	struct partition *partition;
	struct log_pulse *pulse;
};

static void
run(struct work *work)
{
	log_flush_run(&container_of(work, struct partition_flush, work)->flush);
}

static void
hand_back(struct work *work)
{
	struct partition_flush *flush = container_of(work, struct partition_flush, work);
	struct partition *partition = flush->partition;

	log_pulse_end(flush->pulse);
	actor_post(&partition->actor, &flush->event.event);
	partition_release(partition);
}

static void
start(struct partition *partition, enum log_flush_kind kind)
{
	struct partition_flush *flush = memory_new(sizeof(*flush));
	enum error error = log_flush_prepare(partition->log, &flush->flush, kind);

	if (error != ERROR_NONE) {
		/* Later again, unless the log is offline and nobody may wait for it. */
		free(flush);
		(void)partition_failed(partition, error, PARTITION_FAULT_WRITE);
		if (log_state(partition->log) != ERROR_NONE)
			partition_answer_all(partition, PARTITION_STORAGE);
		else
			partition_follow_later(partition);
		return;
	}
	flush->event.type = PARTITION_EVENT_FLUSHED;
	flush->partition = partition_hold(partition);
	flush->pulse = log_pulse(partition->log);
	flush->work = (struct work){
		.loop = partition->actor.home,
		.run = run,
		.done = hand_back,
	};
	partition->flush = flush;
	partition->jobs++;
	log_pulse_begin(flush->pulse);
	workers_submit(partition->home->world->workers, &flush->work);
}

static bool
acks_wait(const struct partition *partition)
{
	return partition->home->flush_before_ack &&
	    (leader_is_here(&partition->leader) || partition->follow != NULL) &&
	    log_flushed_offset(partition->log) < log_end_offset(partition->log);
}

void
partition_flush_if_due(struct partition *partition, int64_t now_ms)
{
	struct log *log = partition->log;

	if (log == NULL || partition->surrender != NULL || partition->flush != NULL ||
	    partition->truncation != NULL || partition->swap != NULL ||
	    log_state(log) != ERROR_NONE)
		return;
	if (log_flush_is_due(log, now_ms))
		start(partition, LOG_FLUSH_ALL);
	else if (acks_wait(partition) || partition_waits_for_sync(partition))
		start(partition, LOG_FLUSH_RECORDS);
}

/* A full disk keeps what is beside the records from being written, not the records. */
static void
flush_has_failed(struct partition *partition, enum error error, enum log_flush_kind kind)
{
	(void)partition_failed(partition, error, PARTITION_FAULT_WRITE);
	if (log_state(partition->log) != ERROR_NONE || kind == LOG_FLUSH_RECORDS)
		partition_answer_all(partition, PARTITION_STORAGE);
	else if ((acks_wait(partition) || partition_waits_for_sync(partition)) &&
	    partition->surrender == NULL && partition->truncation == NULL && partition->swap == NULL)
		start(partition, LOG_FLUSH_RECORDS);
}

void
partition_on_flushed(struct partition *partition, struct partition_event *event)
{
	struct partition_flush *flush = container_of(event, struct partition_flush, event);
	int64_t now_ms = clock_wall_ms(partition->home->world->clock);
	enum log_flush_kind kind = flush->flush.kind;
	enum error error = log_flush_done(partition->log, &flush->flush, now_ms);

	free(flush);
	partition->flush = NULL;
	if (error != ERROR_NONE) {
		flush_has_failed(partition, error, kind);
	} else {
		partition_advance(partition);
		partition_go_on_noting(partition);
		partition_follow_flushed(partition);
		partition_flush_if_due(partition, now_ms);
	}
	partition_job_done(partition);
}
