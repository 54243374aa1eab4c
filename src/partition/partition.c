#include "partition/partition.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "partition/partition_private.h"

int16_t
partition_status_code(enum partition_status status)
{
	static const int16_t codes[] = {
#define PARTITION_STATUS_CODE(name, code) [PARTITION_##name] = (code),
		PARTITION_STATUS_TABLE(PARTITION_STATUS_CODE)
#undef PARTITION_STATUS_CODE
	};

	return codes[status];
}

/* ------------------------------------------------------------- who it is */

struct slice
partition_topic(const struct partition *partition)
{
	return slice_of(partition->topic, partition->topic_size);
}

int32_t
partition_index(const struct partition *partition)
{
	return partition->index;
}

struct uuid
partition_topic_id(const struct partition *partition)
{
	if (!atomic_load_explicit(&partition->has_id, memory_order_acquire))
		return (struct uuid){ 0 };
	return partition->topic_id;
}

void
partition_set_topic_id(struct partition *partition, struct uuid topic_id)
{
	if (uuid_is_zero(topic_id))
		return;
	assert(!atomic_load_explicit(&partition->has_id, memory_order_relaxed));
	partition->topic_id = topic_id;
	atomic_store_explicit(&partition->has_id, true, memory_order_release);
}

/* ------------------------------------------------------------------- life */

void
partition_home_release(struct partition_home *home)
{
	counted_release(&home->counted);
}

/*
 * On the control loop. Without holders nobody can post, so once the actor is
 * idle nobody will touch it. Until then somebody is still on the way out of
 * its turn: ask again by way of the loop on which that would be.
 */
static void
free_when_idle(struct loop_message *message)
{
	struct partition *partition = container_of(message, struct partition, last_message);
	struct partition_home *home = partition->home;
	struct loop *control = home->world->control;

	if (atomic_load_explicit(&partition->actor.occupied, memory_order_acquire) != 0) {
		loop_post(loop_current() == control ? partition->actor.home : control, message);
		return;
	}
	actor_fini(&partition->actor);
	assert(partition->log == NULL);
	leader_fini(&partition->leader);
	topic_settings_release(partition->settings);
	free(partition->figures);
	free(partition);
	partition_home_release(home);
}

struct partition *
partition_hold(struct partition *partition)
{
	unsigned before = atomic_fetch_add_explicit(&partition->holders, 1, memory_order_relaxed);

	assert(before > 0);
	return partition;
}

void
partition_release(struct partition *partition)
{
	unsigned before = atomic_fetch_sub_explicit(&partition->holders, 1, memory_order_acq_rel);

	assert(before > 0);
	if (before == 1)
		loop_post(partition->home->world->control, &partition->last_message);
}

static void
tell_faults(struct loop_message *message)
{
	struct partition *partition = container_of(message, struct partition, fault_message);
	struct partition_home *home = partition->home;
	unsigned faults = atomic_exchange_explicit(&partition->faults, 0, memory_order_acq_rel);

	if (home->failed != NULL)
		home->failed(home->context, partition, faults);
	partition_release(partition);
}

static enum actor_result
step(struct actor *actor, struct actor_event *actor_event)
{
	static void (*const handlers[])(struct partition *, struct partition_event *) = {
#define PARTITION_EVENT_HANDLER(name, handler) \
	[PARTITION_EVENT_##name] = partition_on_##handler,
		PARTITION_EVENT_TABLE(PARTITION_EVENT_HANDLER)
#undef PARTITION_EVENT_HANDLER
	};
	struct partition *partition = container_of(actor, struct partition, actor);
	struct partition_event *event = container_of(actor_event, struct partition_event, event);

	assert(event->type >= 0 && event->type < PARTITION_EVENT_COUNT);
	if (event->type != PARTITION_EVENT_APPEND)
		partition_write_gathered(partition);
	handlers[event->type](partition, event);
	/* What can be taken now is gathered first; an append alone does not wait. */
	if (partition->gathered_count == LOG_APPEND_GATHER ||
	    mailbox_peek(&actor->mailbox) == NULL)
		partition_write_gathered(partition);
	partition_show(partition);
	partition_show_damage(partition);
	return partition_swap_alone(partition) || partition_read_alone(partition) || partition_truncate_alone(partition) ?
	    ACTOR_BUSY : ACTOR_DONE;
}

struct partition *
partition_new(const struct partition_options *options)
{
	size_t size = sizeof(struct partition) + options->topic.size;
	struct partition *partition = memory_new(size);

	counted_hold(&options->home->counted);
	partition->home = options->home;
	partition->index = options->index;
	partition->settings = topic_settings_hold(options->settings);
	partition->log = options->log;
	partition->figures = partition_figures_new(options->home->world);
	partition->topic_size = (uint16_t)options->topic.size;
	memcpy(partition->topic, options->topic.bytes, options->topic.size);
	atomic_init(&partition->holders, 1);
	atomic_init(&partition->faults, 0);
	atomic_init(&partition->has_id, false);
	atomic_init(&partition->isr_check_is_out, false);
	atomic_init(&partition->follower_throttled, false);
	atomic_init(&partition->is_in_doubt, false);
	atomic_init(&partition->heard_us, LEADER_ALWAYS);
	atomic_init(&partition->is_damaged, false);
	atomic_init(&partition->in_sync, 0);
	partition->isr_check.type = PARTITION_EVENT_ISR_CHECK;
	partition_set_topic_id(partition, options->topic_id);
	actor_init(&partition->actor, options->loop, false, step);
	leader_init(&partition->leader, options->home->broker_id, options->home->max_lag_us,
	    options->home->live);
	partition_take_settings(partition);
	follower_init(&partition->follower, options->home->fetch_backoff_ms);
	shrunk_isr_init(&partition->shrunk_isr, options->shrunk_isr);
	atomic_store_explicit(&partition->is_in_doubt,
	    shrunk_isr_is_doubt(&partition->shrunk_isr), memory_order_relaxed);
	list_init(&partition->gathered);
	list_init(&partition->unacknowledged);
	list_init(&partition->parked);
	list_init(&partition->deletions);
	list_init(&partition->exclusive);
	partition->fault_message.run = tell_faults;
	partition->last_message.run = free_when_idle;
	partition_show(partition);
	partition_show_damage(partition);
	partition_tell_damage(partition);
	return partition;
}

/* ------------------------------------------------------------- operations */

/*
 * OUT, until the actor has an answer (ANSWERED) or the maker does not want to
 * wait (CANCELLED), whichever is first. An operation that was cancelled is in
 * the mailbox, and is only given back when that event has come.
 */
enum { OUT, ANSWERED, CANCELLED };

static void
give_back(struct partition_operation *operation)
{
	struct partition *partition = operation->partition;

	operation->answered(operation);
	partition_release(partition);
}

static void
bring_answer(struct loop_message *message)
{
	give_back(container_of(message, struct partition_operation, message));
}

static void
deliver(struct partition_operation *operation)
{
	if (!operation->by_message && loop_current() == operation->loop)
		give_back(operation);
	else
		loop_post(operation->loop, &operation->message);
}

void
partition_submit(struct partition *partition, struct partition_operation *operation,
    enum partition_event_type type)
{
	operation->event.type = (int)type;
	operation->cancel.type = PARTITION_EVENT_CANCEL;
	operation->partition = partition_hold(partition);
	operation->status = PARTITION_OK;
	operation->leader = LEADER_NONE;
	operation->leader_epoch = -1;
	operation->message.run = bring_answer;
	list_init(&operation->waiting);
	atomic_init(&operation->state, OUT);
	operation->seen = false;
	operation->answer_held = false;
	operation->by_message = false;
	operation->was_told = false;
	operation->cancelled = false;
	operation->is_counted = false;
	actor_post(&partition->actor, &operation->event.event);
}

void
partition_answer(struct partition *partition, struct partition_operation *operation,
    enum partition_status status)
{
	unsigned expected = OUT;

	operation->status = status;
	operation->leader = partition->leader.id;
	operation->leader_epoch = partition->leader.epoch;
	list_remove(&operation->waiting);
	partition_count_answered(operation);
	if (atomic_compare_exchange_strong_explicit(&operation->state, &expected, ANSWERED,
	        memory_order_acq_rel, memory_order_acquire))
		deliver(operation);
	else
		operation->answer_held = true;
}

void
partition_tell(struct partition_operation *operation, void (*run)(struct loop_message *message))
{
	if (operation->was_told)
		return;
	operation->was_told = true;
	if (loop_current() == operation->loop) {
		run(&operation->told);
	} else {
		operation->by_message = true;
		operation->told.run = run;
		loop_post(operation->loop, &operation->told);
	}
}

void
partition_cancel(struct partition *partition, struct partition_operation *operation)
{
	unsigned expected = OUT;

	if (atomic_compare_exchange_strong_explicit(&operation->state, &expected, CANCELLED,
	        memory_order_acq_rel, memory_order_acquire))
		actor_post(&partition->actor, &operation->cancel.event);
}

/* In a list is what waits for something that may never come. */
void
partition_on_cancel(struct partition *partition, struct partition_event *event)
{
	struct partition_operation *operation = container_of(event, struct partition_operation,
	    cancel);

	if (operation->answer_held) {
		deliver(operation);
		return;
	}
	atomic_store_explicit(&operation->state, OUT, memory_order_release);
	operation->cancelled = true;
	if (operation->seen && !list_is_empty(&operation->waiting))
		partition_answer(partition, operation, PARTITION_TIMED_OUT);
}

/* ------------------------------------------------------------ what holds */

static bool
is_gone(const struct partition *partition)
{
	return partition->log == NULL || partition->surrender != NULL;
}

enum partition_status
partition_leads(const struct partition *partition)
{
	if (is_gone(partition))
		return partition->gone;
	return leader_is_here(&partition->leader) ? PARTITION_OK : PARTITION_NOT_LEADER;
}

enum partition_status
partition_check_epoch(const struct partition *partition, int32_t current_leader_epoch,
    bool any_replica)
{
#ifdef CANARY_FETCH_OF_ANY_EPOCH
	current_leader_epoch = partition->leader.epoch;
#endif
	if (current_leader_epoch >= 0 && current_leader_epoch < partition->leader.epoch)
		return PARTITION_FENCED_LEADER_EPOCH;
	if (current_leader_epoch > partition->leader.epoch)
		return PARTITION_UNKNOWN_LEADER_EPOCH;
	return any_replica && !is_gone(partition) ? PARTITION_OK : partition_leads(partition);
}

static enum partition_fault
kind_of(enum error error, enum partition_fault fault)
{
	if (error == ERROR_NO_SPACE || error == ERROR_TOO_MANY_FILES)
		return PARTITION_FAULT_FULL;
	return fault == PARTITION_FAULT_READ && error != ERROR_IO ? PARTITION_FAULT_DAMAGE : fault;
}

enum partition_status
partition_failed(struct partition *partition, enum error error, enum partition_fault fault)
{
	unsigned bit = kind_of(error, fault);
	unsigned before = atomic_fetch_or_explicit(&partition->faults, bit, memory_order_acq_rel);

	if (before == 0) {
		partition_hold(partition);
		loop_post(partition->home->world->control, &partition->fault_message);
	}
	return PARTITION_STORAGE;
}

int64_t
partition_visible_end(const struct partition *partition, enum partition_isolation isolation)
{
	switch (isolation) {
	case PARTITION_READ_UNCOMMITTED:
		return log_high_watermark(partition->log);
	case PARTITION_READ_COMMITTED:
		return log_last_stable_offset(partition->log);
	default:
		return log_end_offset(partition->log);
	}
}

void
partition_refuse_unacknowledged(struct partition *partition, enum partition_status status)
{
	struct list *link;

	while ((link = list_take_first(&partition->unacknowledged)) != NULL)
		partition_answer(partition, container_of(link, struct partition_operation, waiting),
		    status);
}

void
partition_answer_all(struct partition *partition, enum partition_status status)
{
	partition_refuse_unacknowledged(partition, status);
	partition_refuse_parked(partition, status);
	partition_refuse_deletions(partition, status);
	partition_end_following(partition, status);
}
