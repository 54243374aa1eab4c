/*
 * Moves between log dirs: what is copied, and how the copy takes its place. The
 * copy's log belongs to the step that is out; it is written to on workers.
 */
#include "log/log_flush.h"
#include "partition/replicas_move_private.h"
#include "wire/kafka_error.h"

enum {
	STEP_BYTES = 1 << 20,
	THROTTLED_US = 200 * 1000,
};

/* ------------------------------------------------------------------- swapping */

static void
free_old(struct work *work)
{
	log_free(move_of(work)->old);
}

static void
old_freed(struct work *work)
{
	struct replica_move *it = move_of(work);
	struct replicas *replicas = it->replicas;

	move_end(it);
	replicas_end(replicas);
}

/* Of the dirs that a failed swap has taken offline. */
static void
swap_failed(struct replica_move *it)
{
	struct replicas *replicas = it->replicas;

	if (it->log_swap.error != ERROR_NONE)
		log_error(replicas->world->logger, "%s-%d cannot take its place in %s: %s",
		    it->replica->stored->topic, it->replica->index, it->log_swap.to->path,
		    error_text(it->log_swap.error));
	move_wait(it, MOVE_LATER_US);
	replicas_fail_offline_dirs(replicas);
	move_end_step(it);
}

static void
swapped(struct partition_operation *operation)
{
	struct replica_move *it = container_of(operation, struct replica_move, swap.operation);
	struct replicas *replicas = it->replicas;

	if (operation->status == PARTITION_OK)
		log_swap_done(replicas->dirs, &it->log_swap);
	if (operation->status != PARTITION_OK || !it->log_swap.renamed) {
		log_swap_fini(&it->log_swap);
		swap_failed(it);
		return;
	}
	it->old = it->log_swap.old;
	it->replica->stored = it->future;
	move_tell(it, "moved from %s to %s", it->log_swap.from->path, it->log_swap.to->path);
	log_swap_fini(&it->log_swap);
	it->is_over = true;
	replicas_fail_offline_dirs(replicas);
	/* Also when it had failed before: now it has one replica more. */
	if (it->future->dir->state != ERROR_NONE)
		replicas_fail_dir(replicas, it->future->dir, it->future->dir->state);
	move_submit(it, free_old, old_freed, NULL);
}

static void
run_announcement(struct work *work)
{
	log_swap_announce(&move_of(work)->log_swap);
}

static void
announced(struct work *work)
{
	struct replica_move *it = move_of(work);
	enum error error = log_swap_announced(&it->log_swap);

	if (error == ERROR_NONE && !it->is_cancelled && !it->is_over &&
	    !it->replica->is_leaving && !it->replicas->stopping) {
		it->swap.log = &it->log_swap;
		it->swap.operation.loop = move_control(it);
		it->swap.operation.answered = swapped;
		partition_swap(it->replica->partition, &it->swap);
		return;
	}
	if (error != ERROR_NONE)
		log_swap_done(it->replicas->dirs, &it->log_swap); /* its dir may be offline now */
	log_swap_fini(&it->log_swap);
	swap_failed(it);
}

/* It has what the replica had a moment ago. */
static void
begin_swap(struct replica_move *it)
{
	log_swap_prepare(it->replicas->dirs, it->replica->stored, it->future, move_now_ms(it),
	    &it->log_swap);
	move_begin_step(it);
	move_submit(it, run_announcement, announced, it->future->dir);
}

/* -------------------------------------------------------------------- copying */

static struct follower_log
view(const struct replica_move *it)
{
	return (struct follower_log){
		.start_offset = log_start_offset(it->future->log),
		.end_offset = log_end_offset(it->future->log),
		.high_watermark = log_high_watermark(it->future->log),
		.epochs = log_leader_epochs(it->future->log),
	};
}

static enum error
learn(struct replica_move *it)
{
	struct follower_log log = view(it);

	log_set_high_watermark(it->future->log,
	    follower_high_watermark(&log, it->answer.high_watermark));
	log = view(it);
	return log_advance_start_offset(it->future->log,
	    follower_log_start(&log, it->answer.log_start_offset));
}

static enum error
carry_out(struct replica_move *it, const struct follower_step *step)
{
	struct log *log = it->future->log;
	enum error error = ERROR_NONE;

	switch (step->action) {
	case FOLLOWER_APPEND:
		error = log_copy_slice(log, &it->fetch.slice, &it->bytes, move_now_ms(it));
		break;
	case FOLLOWER_TRUNCATE:
		log_lower_recovery_point(log, step->offset);
		return log_truncate_to(log, step->offset, move_now_ms(it));
	case FOLLOWER_RESTART:
		log_lower_recovery_point(log, log_start_offset(log));
		return log_truncate_fully_and_start_at(log, step->offset, move_now_ms(it));
	default:
		break;
	}
	if (error == ERROR_NONE && step->learns)
		error = learn(it);
	if (error == ERROR_NONE && log_flush_is_due(log, move_now_ms(it)))
		error = log_flush_now(log, LOG_FLUSH_ALL, move_now_ms(it));
	return error;
}

/* A power cut has taken its first segments: a log never begins later than what it is copied from. */
static bool
lacks_its_beginning(const struct replica_move *it, const struct follower_log *log)
{
	return it->answer.type == FOLLOWER_RECORDS && it->answer.code == KAFKA_ERROR_NONE &&
	    it->answer.log_start_offset >= 0 && log->start_offset > it->answer.log_start_offset;
}

/* On a worker; the move's log is this step's. */
static void
run_step(struct work *work)
{
	struct replica_move *it = move_of(work);
	struct follower_log log = view(it);
	struct follower_step step = follower_take(&it->follower, &log, &it->answer);

	if (lacks_its_beginning(it, &log))
		step = (struct follower_step){ FOLLOWER_RESTART, it->answer.log_start_offset, false,
			false };
	it->error = carry_out(it, &step);
}

/* It has all that was there when it asked: what has come since is little. */
static bool
has_caught_up(const struct replica_move *it)
{
	return it->follower.state == FOLLOWER_FETCHING && it->answer.type == FOLLOWER_RECORDS &&
	    it->answer.code == KAFKA_ERROR_NONE && it->answer.diverging_epoch < 0 &&
	    log_end_offset(it->future->log) >= it->end_when_asked;
}

static void
step_failed(struct replica_move *it)
{
	enum error state = log_state(it->future->log);

	log_error(it->replicas->world->logger, "%s-%d cannot be copied to %s: %s",
	    it->replica->stored->topic, it->replica->index, it->future->dir->path,
	    error_text(it->error));
	follower_step_failed(&it->follower);
	if (state != ERROR_NONE && it->future->dir->state == ERROR_NONE)
		replicas_fail_dir(it->replicas, it->future->dir, it->error);
}

static void
step_run(struct work *work)
{
	struct replica_move *it = move_of(work);
	bool swaps = it->error == ERROR_NONE && has_caught_up(it);
	struct replicas *replicas = it->replicas;

	log_slice_release(&it->fetch.slice);
	it->fetch.slice = (struct log_slice){ 0 };
	if (it->error != ERROR_NONE)
		step_failed(it);
	if (!swaps || it->is_cancelled || it->is_over || replicas->stopping) {
		move_end_step(it);
		return;
	}
	it->is_out = false;
	begin_swap(it);
	replicas_end(replicas);
}

static void
take(struct replica_move *it)
{
	move_submit(it, run_step, step_run, NULL);
}

static void
fetched(struct partition_operation *operation)
{
	struct replica_move *it = container_of(operation, struct replica_move, fetch.operation);

	it->answer = (struct follower_answer){
		.type = FOLLOWER_RECORDS,
		.leader_epoch = MOVE_EPOCH,
		.asked_offset = it->fetch.offset,
		.code = partition_status_code(operation->status),
		.high_watermark = it->fetch.high_watermark,
		.log_start_offset = it->fetch.log_start_offset,
		.diverging_epoch = it->fetch.diverging_epoch,
		.diverging_end_offset = it->fetch.diverging_end_offset,
		/* Its bytes are read by the worker; that there are some is what counts. */
		.records = slice_of(it->bytes.bytes, (size_t)it->fetch.slice.size),
	};
	if (it->fetch.slice.size > 0)
		replication_quota_count(&it->replicas->home->quotas->log_dirs,
		    it->fetch.slice.size, clock_monotonic_us(it->replicas->world->clock));
	take(it);
}

static void
listed(struct partition_operation *operation)
{
	struct replica_move *it = container_of(operation, struct replica_move, list.operation);
	bool of_start = it->list.timestamp == PARTITION_EARLIEST;

	it->answer = (struct follower_answer){
		.type = of_start ? FOLLOWER_START : FOLLOWER_END,
		.leader_epoch = MOVE_EPOCH,
		.code = partition_status_code(operation->status),
		.offset = it->list.found_offset,
	};
	take(it);
}

/* The rate is that of all moves together; those that wait look again by turns. */
static bool
is_held_back(const struct replica_move *it)
{
	struct replicas *replicas = it->replicas;

	return replication_quota_is_exceeded(&replicas->home->quotas->log_dirs,
	    clock_monotonic_us(replicas->world->clock));
}

static void
ask_records(struct replica_move *it, const struct follower_ask *ask)
{
	it->end_when_asked = log_published(it->replica->stored->log).end_offset;
	it->fetch = (struct partition_fetch){
		.operation = { .loop = move_control(it), .answered = fetched },
		.replica_id = -1,
		.replica_epoch = -1,
		.offset = ask->offset,
		.max_bytes = STEP_BYTES,
		.at_least_one = true,
		.isolation = PARTITION_READ_LOG_END,
		.any_replica = true,
		.current_leader_epoch = -1,
		.last_fetched_epoch = ask->last_fetched_epoch,
	};
	partition_fetch(it->replica->partition, &it->fetch);
}

static void
ask_offset(struct replica_move *it, int64_t which)
{
	it->list = (struct partition_list_offsets){
		.operation = { .loop = move_control(it), .answered = listed },
		.timestamp = which,
		.isolation = PARTITION_READ_LOG_END,
		.any_replica = true,
		.current_leader_epoch = -1,
	};
	partition_list_offsets(it->replica->partition, &it->list);
}

void
move_ask(struct replica_move *it)
{
	struct follower_log log = view(it);
	struct follower_ask next = follower_next(&it->follower, &log, MOVE_EPOCH);

	if (it->follower.state == FOLLOWER_NEW) {
		it->answer = (struct follower_answer){ .type = FOLLOWER_BEGINS,
			.leader_epoch = MOVE_EPOCH };
		move_begin_step(it);
		take(it);
		return;
	}
	switch (next.type) {
	case FOLLOWER_ASK_RECORDS:
		if (is_held_back(it)) {
			move_wait(it, THROTTLED_US);
			return;
		}
		move_begin_step(it);
		ask_records(it, &next);
		return;
	case FOLLOWER_ASK_END:
		move_begin_step(it);
		ask_offset(it, PARTITION_LATEST);
		return;
	case FOLLOWER_ASK_START:
		move_begin_step(it);
		ask_offset(it, PARTITION_EARLIEST);
		return;
	default:
		/* Then it begins again, and is compared anew. */
		follower_begin(&it->follower, MOVE_EPOCH);
		move_wait(it, MOVE_LATER_US);
	}
}
