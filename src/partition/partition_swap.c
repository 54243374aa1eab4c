/*
 * A replica moves to another log dir: at the end of it the partition is held up
 * for as long as it takes to copy the last records, to sync and to rename. No job
 * of the old log may be out; what a connection still sends of it is pinned.
 */
#include <assert.h>

#include "partition/partition_private.h"

void
partition_swap(struct partition *partition, struct partition_swap *swap)
{
	partition_submit(partition, &swap->operation, PARTITION_EVENT_SWAP);
}

static enum partition_status
status_of(const struct partition *partition)
{
	if (partition->log == NULL || partition->surrender != NULL)
		return partition->gone;
	return log_state(partition->log) == ERROR_NONE ? PARTITION_OK : PARTITION_STORAGE;
}

void
partition_on_swap(struct partition *partition, struct partition_event *event)
{
	struct partition_swap *swap = container_of(partition_operation_of(event),
	    struct partition_swap, operation);
	enum partition_status status = status_of(partition);

	assert(partition->swap == NULL);
	swap->operation.seen = true;
	swap->partition = partition;
	if (status != PARTITION_OK)
		partition_answer(partition, &swap->operation, status);
	else
		partition->swap = swap;
}

/* What has waited for it goes on. */
static void
go_on(struct partition *partition)
{
	partition_go_on_noting(partition);
	partition_advance(partition);
	partition_wake_fetches(partition);
	partition_follow_flushed(partition); /* all of the new log is on disk */
	partition_flush_if_due(partition, clock_wall_ms(partition->home->world->clock));
}

void
partition_end_swap(struct partition *partition, enum partition_status status)
{
	struct partition_swap *swap = partition->swap;

	if (swap == NULL)
		return;
	partition->swap = NULL;
	partition_answer(partition, &swap->operation, status);
}

static void
run(struct work *work)
{
	log_swap_run(container_of(work, struct partition_swap, work)->log);
}

static void
resume(struct work *work)
{
	struct partition_swap *swap = container_of(work, struct partition_swap, work);

	actor_resume(&swap->partition->actor, &swap->swapped.event);
}

bool
partition_swap_alone(struct partition *partition)
{
	struct partition_swap *swap = partition->swap;

	if (swap == NULL || partition->jobs > 0 || partition->truncation != NULL)
		return false;
	if (log_state(partition->log) != ERROR_NONE || !log_is_prefix(swap->log->new, partition->log)) {
		partition_end_swap(partition, log_state(partition->log) != ERROR_NONE ?
		    PARTITION_STORAGE : PARTITION_OFFSET_NOT_AVAILABLE);
		go_on(partition);
		return false;
	}
	swap->log->leader_epoch = leader_is_here(&partition->leader) ? partition->leader.epoch : -1;
	swap->swapped.type = PARTITION_EVENT_SWAPPED;
	swap->work = (struct work){
		.loop = partition->actor.home,
		.run = run,
		.done = resume,
	};
	workers_submit(partition->home->world->workers, &swap->work);
	return true;
}

void
partition_on_swapped(struct partition *partition, struct partition_event *event)
{
	struct partition_swap *swap = container_of(event, struct partition_swap, swapped);

	assert(partition->swap == swap);
	partition->swap = NULL;
	if (swap->log->renamed) {
		partition->log = swap->log->new;
		shrunk_isr_moved(&partition->shrunk_isr);
		log_set_config(partition->log, &partition->settings->config.log);
	}
	partition_answer(partition, &swap->operation, PARTITION_OK);
	/* Of a dir that has failed just now nothing is acknowledged any more. */
	if (log_state(partition->log) != ERROR_NONE)
		partition_answer_all(partition, PARTITION_STORAGE);
	else
		go_on(partition);
}
