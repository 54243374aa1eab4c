/*
 * Replicas that move to another log dir (KIP-113): a copy (-future) follows the
 * replica on this broker as a follower follows its leader, by the same machine
 * (follower.h), and takes its place when it has caught up (log_swap.h).
 *
 *	CREATING -> copying: asked --fetch--> read, appended or cut (worker) -> ...
 *	  caught up -> announced (worker) -> swapped (partition) -> the old log is freed
 *
 * One step of a move is out at a time; the copy's log belongs to it. At most as
 * many moves as there are log dirs are at work, the others wait for their turn.
 */
#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "partition/replicas_move_private.h"

static void go_on(struct replica_move *it);

static int64_t
now_us(const struct replicas *it)
{
	return clock_monotonic_us(it->world->clock);
}

struct log_dir *
replica_move_target(const struct replica_move *it)
{
	return it->future->dir;
}

/* --------------------------------------------------------------------- steps */

void
move_begin_step(struct replica_move *it)
{
	assert(!it->is_out);
	it->is_out = true;
	replicas_begin(it->replicas);
}

/* Before what it leads to: a stop may only go on when that has been begun. */
void
move_end_step(struct replica_move *it)
{
	struct replicas *replicas = it->replicas;

	it->is_out = false;
	go_on(it);
	replicas_end(replicas);
}

void
move_submit(struct replica_move *it, void (*run)(struct work *work), void (*done)(struct work *work),
    void *queue)
{
	it->work = (struct work){ .loop = move_control(it), .run = run, .done = done, .queue = queue };
	workers_submit(it->replicas->world->workers, &it->work);
}

static void
rest(struct replica_move *it)
{
	it->replicas->moves_at_work -= it->is_at_work;
	it->is_at_work = false;
}

void
move_wait(struct replica_move *it, int64_t us)
{
	it->later_us = now_us(it->replicas) + us;
	rest(it);
	/* Others have their turn first. */
	list_remove(&it->link);
	list_append(&it->replicas->moves, &it->link);
}

/* ------------------------------------------------------------ begin and end */

static struct replica_move *
move_new(struct replicas *replicas, struct replica *replica, struct log_partition *future)
{
	struct replica_move *it = memory_new(sizeof(*it));

	it->replicas = replicas;
	it->replica = replica;
	it->future = future;
	list_init(&it->waiters);
	buffer_init(&it->bytes);
	follower_init(&it->follower, MOVE_LATER_US / 1000);
	follower_begin(&it->follower, MOVE_EPOCH);
	list_append(&replicas->moves, &it->link);
	assert(replica->move == NULL);
	replica->move = it;
	return it;
}

/* The replica has no move any more. */
static void
move_free(struct replica_move *it)
{
	struct list *link;
	struct list waiters;

	rest(it);
	list_remove(&it->link);
	it->replica->move = NULL;
	list_init(&waiters);
	while ((link = list_take_first(&it->waiters)) != NULL)
		list_append(&waiters, link);
	buffer_fini(&it->bytes);
	free(it);
	while ((link = list_take_first(&waiters)) != NULL) {
		struct move_waiter *waiter = container_of(link, struct move_waiter, link);

		waiter->ended(waiter);
	}
}

void
move_end(struct replica_move *it)
{
	struct replicas *replicas = it->replicas;

	move_free(it);
	replicas_go_on_moving(replicas);
}

void
move_tell(const struct replica_move *it, const char *format, ...)
{
	char text[256];
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	log_info(it->replicas->world->logger, "%s-%d: %s", it->replica->stored->topic,
	    it->replica->index, text);
}

static void
run_deletion(struct work *work)
{
	log_deletion_run(&move_of(work)->deletion);
}

static void
deleted(struct work *work)
{
	struct replica_move *it = move_of(work);
	struct replicas *replicas = it->replicas;
	struct log_dir *dir = it->deletion.dir;
	enum error error = log_deletion_done(replicas->dirs, &it->deletion);

	log_pulse_beat(&dir->pulse);
	move_free(it);
	if (error != ERROR_NONE)
		replicas_fail_dir(replicas, dir, error);
	replicas_go_on_moving(replicas);
	replicas_end(replicas);
}

static void
delete_copy(struct replica_move *it)
{
	move_tell(it, "it is not moved to %s any more", it->future->dir->path);
	log_deletion_prepare(it->replicas->dirs, it->future, move_now_ms(it), &it->deletion);
	it->future = NULL;
	move_begin_step(it);
	move_submit(it, run_deletion, deleted, it->deletion.dir);
}

void
replica_move_cancel(struct replica_move *it, struct move_waiter *waiter)
{
	list_init(&waiter->link);
	list_append(&it->waiters, &waiter->link);
	it->is_cancelled = true;
	if (!it->is_out)
		go_on(it);
}

/* No step is out. */
static void
go_on(struct replica_move *it)
{
	if (it->is_over)
		move_end(it);
	else if (it->is_cancelled && it->future->dir->state == ERROR_NONE)
		delete_copy(it);
	else if (it->is_cancelled)
		move_end(it);
	else if (it->is_at_work && !it->replicas->stopping)
		move_ask(it);
}

void
replicas_go_on_moving(struct replicas *it)
{
	if (it->stopping)
		return;
	LIST_FOREACH(link, &it->moves) {
		struct replica_move *move = container_of(link, struct replica_move, link);

		if (it->moves_at_work >= it->dirs->count)
			return;
		if (move->is_at_work || move->is_out || move->replica->is_leaving ||
		    now_us(it) < move->later_us)
			continue;
		move->is_at_work = true;
		it->moves_at_work++;
		move_ask(move);
	}
}

void
replicas_end_moves_of(struct replicas *it, const struct log_dir *dir)
{
	struct list over;
	struct list *link;

	list_init(&over);
	LIST_FOREACH(at, &it->moves) {
		struct replica_move *move = container_of(at, struct replica_move, link);

		if (move->future == NULL ||
		    (move->future->dir != dir && move->replica->stored->dir != dir))
			continue;
		move->is_over = true;
		if (move->is_out)
			continue;
		list_remove(at);
		list_append(&over, at);
	}
	while ((link = list_take_first(&over)) != NULL)
		move_free(container_of(link, struct replica_move, link));
}

/* ------------------------------------------------------------------ beginning */

static void
run_creation(struct work *work)
{
	log_load_run(&move_of(work)->load);
}

static void
created(struct work *work)
{
	struct replica_move *it = move_of(work);
	struct replicas *replicas = it->replicas;
	enum error error = log_load_done(&it->load);

	if (error != ERROR_NONE) {
		it->future = NULL; /* forgotten */
		it->is_over = true;
		replicas_fail_offline_dirs(replicas);
	}
	it->begun(it->context, error);
	move_end_step(it);
	replicas_go_on_moving(replicas);
}

void
replicas_begin_move(struct replicas *replicas, struct replica *replica, struct log_dir *dir,
    void (*begun)(void *context, enum error error), void *context)
{
	struct replica_move *it;
	struct log_load load;
	enum error error = log_dirs_create_future(replicas->dirs, dir, replica->topic->name,
	    replica->index, partition_topic_id(replica->partition),
	    clock_wall_ms(replicas->world->clock), &load);

	if (error != ERROR_NONE) {
		begun(context, error);
		return;
	}
	it = move_new(replicas, replica, load.partition);
	it->load = load;
	it->begun = begun;
	it->context = context;
	move_tell(it, "it is moved from %s to %s", replica->stored->dir->path, dir->path);
	move_begin_step(it);
	move_submit(it, run_creation, created, dir);
}

static bool
is_of_another_topic(const struct log_partition *future, const struct replica *replica)
{
	struct uuid id = partition_topic_id(replica->partition);

	return !uuid_is_zero(id) && !uuid_is_zero(future->topic_id) &&
	    !uuid_equal(id, future->topic_id);
}

/* Which of what a start has found is of no use: of an older topic, or of none here. */
static bool
is_orphan(const struct replicas *it, const struct log_partition *future,
    const struct replica *replica)
{
	if (replica == NULL)
		return log_dirs_online_count(it->dirs) == it->dirs->count;
	return !replica->is_offline &&
	    (replica->stored->dir == future->dir || is_of_another_topic(future, replica));
}

struct orphan {
	struct replicas *replicas;
	struct log_deletion deletion;
	struct work work;
};

static void
run_orphan(struct work *work)
{
	log_deletion_run(&container_of(work, struct orphan, work)->deletion);
}

static void
orphan_aside(struct work *work)
{
	struct orphan *it = container_of(work, struct orphan, work);
	struct replicas *replicas = it->replicas;
	struct log_dir *dir = it->deletion.dir;
	enum error error = log_deletion_done(replicas->dirs, &it->deletion);

	free(it);
	if (error != ERROR_NONE)
		replicas_fail_dir(replicas, dir, error);
	replicas_end(replicas);
}

static void
set_aside(struct replicas *replicas, struct log_partition *future)
{
	struct orphan *it = memory_new(sizeof(*it));

	it->replicas = replicas;
	log_warn(replicas->world->logger, "%s is a copy of a replica that is not here: it is set "
	    "aside", log_path(future->log));
	log_set_aside_prepare(replicas->dirs, future, &it->deletion);
	it->work = (struct work){ .loop = replicas->world->control, .run = run_orphan,
		.done = orphan_aside, .queue = it->deletion.dir };
	replicas_begin(replicas);
	workers_submit(replicas->world->workers, &it->work);
}

void
replicas_resume_moves(struct replicas *it)
{
	LOG_DIRS_FOREACH(link, it->dirs) {
		struct log_partition *future = log_partition_of(link);
		struct replica *replica;

		if (!future->is_future || future->log == NULL || future->dir->state != ERROR_NONE)
			continue;
		replica = replicas_find(it, slice_of_text(future->topic), future->partition);
		if (is_orphan(it, future, replica)) {
			set_aside(it, future);
		} else if (replica != NULL && !replica->is_offline) {
			struct replica_move *move = move_new(it, replica, future);

			move_tell(move, "its move to %s goes on", future->dir->path);
		}
	}
	replicas_go_on_moving(it);
}

void
replicas_moves_init(struct replicas *it)
{
	list_init(&it->moves);
}

void
replicas_forget_moves(struct replicas *it)
{
	struct list *link;

	while ((link = list_take_first(&it->moves)) != NULL) {
		struct replica_move *move = container_of(link, struct replica_move, link);

		assert(!move->is_out);
		list_init(link);
		move_free(move);
	}
}
