#include "controller/waiter.h"

#include <stdlib.h>

#include "base/memory.h"
#include "controller/call_job.h"

struct waiter {
	struct list link;
	struct reign *reign;
	struct controller_call *call;
	enum waiter_kind kind;
	struct waiter_topic *topics;
	size_t count;
	bool is_there;
	uint64_t told; /* the last message, when it was */
	struct timer timer;
};

static bool
is_led(const struct context_topic *topic, int32_t from)
{
	for (int32_t i = 0; i < topic->partition_count; i++)
		if (topic->partitions[i]->index >= from &&
		    topic->partitions[i]->state != PARTITION_ONLINE)
			return false;
	return true;
}

bool
waiter_topic_is_there(const struct context *context, enum waiter_kind kind,
    const struct waiter_topic *waited)
{
	const struct context_topic *topic = context_topic_find(context, waited->name);

	if (kind == WAITER_GONE)
		return topic == NULL || !uuid_equal(topic->id, waited->id) ||
		    (topic->deletion_begun && topic->deletion_ineligible);
	return topic != NULL && !topic->to_delete && is_led(topic, waited->first_partition);
}

static void
end(struct waiter *waiter)
{
	list_remove(&waiter->link);
	timer_stop(waiter->reign->options->world->control, &waiter->timer);
	for (size_t i = 0; i < waiter->count; i++)
		free((void *)(uintptr_t)waiter->topics[i].name.bytes);
	free(waiter->topics);
	free(waiter);
}

static bool
all_are_there(const struct waiter *waiter)
{
	for (size_t i = 0; i < waiter->count; i++)
		if (!waiter_topic_is_there(&waiter->reign->context, waiter->kind, &waiter->topics[i]))
			return false;
	return true;
}

static void
check(struct waiter *waiter)
{
	struct reign *reign = waiter->reign;
	struct controller_call *call = waiter->call;

	if (!waiter->is_there && !all_are_there(waiter))
		return;
	if (!waiter->is_there) {
		waiter->is_there = true;
		waiter->told = reign->sent;
	}
	if (!context_broker_has_heard(&reign->context, reign->options->broker_id, waiter->told))
		return;
	end(waiter);
	call_answer(call);
}

static void
on_timer(struct timer *timer)
{
	struct waiter *waiter = container_of(timer, struct waiter, timer);
	struct controller_call *call = waiter->call;

	for (size_t i = 0; i < waiter->count; i++)
		if (!waiter_topic_is_there(&waiter->reign->context, waiter->kind, &waiter->topics[i]))
			call_fail_item(call, waiter->topics[i].index, KAFKA_ERROR_REQUEST_TIMED_OUT, NULL);
	end(waiter);
	call_answer(call);
}

void
waiter_begin(struct reign *reign, struct controller_call *call, enum waiter_kind kind,
    const struct waiter_topic *topics, size_t count, int64_t deadline_us)
{
	struct waiter *waiter = memory_new(sizeof(*waiter));

	waiter->reign = reign;
	waiter->call = call;
	waiter->kind = kind;
	waiter->topics = memory_array(count, sizeof(*topics));
	waiter->count = count;
	for (size_t i = 0; i < count; i++) {
		waiter->topics[i] = topics[i];
		waiter->topics[i].name = slice_of(memory_text(topics[i].name.bytes, topics[i].name.size),
		    topics[i].name.size);
	}
	timer_init(&waiter->timer, on_timer);
	timer_start(reign->options->world->control, &waiter->timer, deadline_us);
	list_append(&reign->waiting, &waiter->link);
	check(waiter);
}

void
waiters_check(struct reign *reign)
{
	LIST_FOREACH(link, &reign->waiting)
		check(container_of(link, struct waiter, link));
}

void
waiters_drop(struct reign *reign)
{
	LIST_FOREACH(link, &reign->waiting) {
		struct waiter *waiter = container_of(link, struct waiter, link);
		struct controller_call *call = waiter->call;

		end(waiter);
		call_refuse(call);
	}
}
