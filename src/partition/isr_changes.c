#include "partition/isr_changes.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/memory.h"

typedef struct alter_partition_request_topic_data asked_topic;
typedef struct alter_partition_request_partition_data asked_partition;
typedef struct alter_partition_response_partition_data told_partition;

enum { ISR_TEXT_SIZE = 200 };

/* A request that is out; it frees itself when it is answered. */
struct isr_flight {
	struct isr_alteration alteration;
	struct isr_changes *of;       /* NULL: closed meanwhile */
	struct partition_isr_change **changes; /* by topic and index, as in the request; NULL: answered */
	size_t count;
	struct arena arena;
};

static struct partition_isr_change *
change_of(struct list *link)
{
	return container_of(link, struct partition_isr_change, link);
}

/* ----------------------------------------------------------------- the request */

static int
compare(const void *a, const void *b)
{
	const struct partition_isr_change *one = *(struct partition_isr_change *const *)a;
	const struct partition_isr_change *other = *(struct partition_isr_change *const *)b;
	struct uuid id = partition_topic_id(one->partition);
	struct uuid other_id = partition_topic_id(other->partition);
	int order = slice_compare(partition_topic(one->partition),
	    partition_topic(other->partition));

	if (order == 0)
		order = memcmp(&id, &other_id, sizeof(id));
	if (order == 0)
		order = (one->partition->index > other->partition->index) -
		    (one->partition->index < other->partition->index);
	if (order == 0)
		order = (one->proposal > other->proposal) - (one->proposal < other->proposal);
	return order;
}

/* What was proposed before, and is void by now. */
static void
drop_older(struct isr_flight *it)
{
	size_t count = 0;

	for (size_t i = 0; i < it->count; i++) {
		if (i + 1 < it->count &&
		    it->changes[i]->partition == it->changes[i + 1]->partition)
			partition_isr_drop(it->changes[i]);
		else
			it->changes[count++] = it->changes[i];
	}
	it->count = count;
}

static void
gather(struct isr_flight *it, struct list *waiting)
{
	struct list *link;
	size_t room = 0;

	LIST_FOREACH(each, waiting)
		room++;
	room = MIN(room, (size_t)ISR_CHANGES_MAX);
	it->changes = memory_array(room, sizeof(struct partition_isr_change *));
	while (it->count < room && (link = list_take_first(waiting)) != NULL)
		it->changes[it->count++] = change_of(link);
	qsort(it->changes, it->count, sizeof(struct partition_isr_change *), compare);
	drop_older(it);
}

static void *
array(struct arena *arena, size_t count, size_t size)
{
	void *items = arena_array(arena, count, size);

	assert(items != NULL); /* its cap is none */
	return items;
}

/* Both forms of the ISR; isr_alteration_fit chooses. */
static void
fill_partition(struct isr_flight *it, asked_partition *asked,
    const struct partition_isr_change *change)
{
	size_t count = change->isr_count;

	*asked = alter_partition_request_partition_data_defaults;
	asked->partition_index = change->partition->index;
	asked->leader_epoch = change->leader_epoch;
	asked->partition_epoch = change->partition_epoch;
	asked->new_isr.items = array(&it->arena, count, sizeof(*asked->new_isr.items));
	asked->new_isr_with_epochs.items = array(&it->arena, count,
	    sizeof(*asked->new_isr_with_epochs.items));
	asked->new_isr.count = asked->new_isr_with_epochs.count = (int32_t)count;
	for (size_t i = 0; i < count; i++) {
		asked->new_isr.items[i] = change->isr[i].replica;
		asked->new_isr_with_epochs.items[i] =
		    alter_partition_request_broker_state_defaults;
		asked->new_isr_with_epochs.items[i].broker_id = change->isr[i].replica;
		asked->new_isr_with_epochs.items[i].broker_epoch = change->isr[i].broker_epoch;
	}
}

static void
fill_request(struct isr_flight *it, int32_t broker_id)
{
	struct alter_partition_request *request = &it->alteration.request;
	asked_partition *partitions = array(&it->arena, it->count, sizeof(*partitions));
	asked_topic *topic = NULL;

	*request = alter_partition_request_defaults;
	request->broker_id = broker_id;
	request->topics.items = array(&it->arena, it->count, sizeof(*request->topics.items));
	for (size_t i = 0; i < it->count; i++) {
		struct partition *partition = it->changes[i]->partition;

		if (topic == NULL || !slice_equal(topic->topic_name, partition_topic(partition)) ||
		    !uuid_equal(topic->topic_id, partition_topic_id(partition))) {
			topic = &request->topics.items[request->topics.count++];
			*topic = alter_partition_request_topic_data_defaults;
			topic->topic_name = partition_topic(partition);
			topic->topic_id = partition_topic_id(partition);
			topic->partitions.items = &partitions[i];
			it->alteration.needs_names = it->alteration.needs_names ||
			    uuid_is_zero(topic->topic_id);
		}
		fill_partition(it, &partitions[i], it->changes[i]);
		topic->partitions.count++;
	}
}

void
isr_alteration_fit(struct isr_alteration *alteration, int16_t version)
{
	for (int32_t i = 0; i < alteration->request.topics.count; i++) {
		asked_topic *topic = &alteration->request.topics.items[i];

		for (int32_t j = 0; j < topic->partitions.count; j++) {
			asked_partition *asked = &topic->partitions.items[j];
			int32_t count = MAX(asked->new_isr.count, asked->new_isr_with_epochs.count);
			bool has_epochs = version >= ISR_VERSION_WITH_EPOCHS;

			asked->new_isr.count = has_epochs ? 0 : count;
			asked->new_isr_with_epochs.count = has_epochs ? count : 0;
		}
	}
}

/* ------------------------------------------------------------------ the answer */

static void
put_isr(char *text, size_t room, const told_partition *told)
{
	size_t used = 0;

	text[0] = '\0';
	for (int32_t i = 0; i < told->isr.count && used < room; i++)
		used += (size_t)snprintf(text + used, room - used, "%s%d", i == 0 ? "" : ",",
		    told->isr.items[i]);
}

static void
log_answer(const struct isr_changes *it, const struct partition_isr_change *change,
    const told_partition *told)
{
	struct slice topic = partition_topic(change->partition);
	char text[ISR_TEXT_SIZE];

	put_isr(text, sizeof(text), told);
	if (told->error_code == KAFKA_ERROR_NONE)
		log_info(it->world->logger, "%.*s-%d: the ISR is %s in leader epoch %d, partition "
		    "epoch %d", (int)topic.size, (const char *)topic.bytes,
		    change->partition->index, text, told->leader_epoch, told->partition_epoch);
	else
		log_info(it->world->logger, "%.*s-%d: another ISR is refused in leader epoch %d: %s",
		    (int)topic.size, (const char *)topic.bytes, change->partition->index,
		    change->leader_epoch, kafka_error_name(told->error_code));
}

static void
answer(struct isr_changes *it, struct partition_isr_change *change, const told_partition *told)
{
	log_answer(it, change, told);
	change->answer = (struct leader_isr_answer){
		.code = told->error_code,
		.leader = told->leader_id,
		.leader_epoch = told->leader_epoch,
		.partition_epoch = told->partition_epoch,
		.isr = told->isr.items,
		.isr_count = (size_t)MAX(told->isr.count, 0),
	};
	partition_isr_answered(change);
}

/* Answers come in the order of the request, as a rule: `*at` is where the last one was. */
static bool
find(const struct isr_flight *it, const struct alter_partition_response_topic_data *topic,
    int32_t index, size_t *at)
{
	bool by_id = !uuid_is_zero(topic->topic_id);

	for (size_t i = 0; i < it->count; i++) {
		size_t place = (*at + i) % it->count;
		const struct partition_isr_change *change = it->changes[place];

		if (change == NULL || change->partition->index != index ||
		    (by_id ? !uuid_equal(topic->topic_id, partition_topic_id(change->partition)) :
		             !slice_equal(topic->topic_name, partition_topic(change->partition))))
			continue;
		*at = place;
		return true;
	}
	return false;
}

/* True when the next request need not wait. */
static bool
take_answers(struct isr_flight *it, const struct alter_partition_response *response)
{
	bool went_well = true;
	size_t at = 0;

	for (int32_t i = 0; i < response->topics.count; i++) {
		const struct alter_partition_response_topic_data *topic =
		    &response->topics.items[i];

		for (int32_t j = 0; j < topic->partitions.count; j++) {
			const told_partition *told = &topic->partitions.items[j];

			if (!find(it, topic, told->partition_index, &at))
				continue; /* it was not asked for */
			went_well = went_well && told->error_code == KAFKA_ERROR_NONE;
			answer(it->of, it->changes[at], told);
			it->changes[at] = NULL;
		}
	}
	return went_well;
}

/* What was not answered is asked again, before what came later. */
static bool
put_back(struct isr_flight *it)
{
	bool any = false;

	for (size_t i = it->count; i > 0; i--) {
		if (it->changes[i - 1] == NULL)
			continue;
		list_prepend(&it->of->waiting, &it->changes[i - 1]->link);
		any = true;
	}
	return any;
}

static void
flight_free(struct isr_flight *it)
{
	arena_fini(&it->arena);
	free(it->changes);
	free(it);
}

/* One that lasts is told ever more seldom: a broker that ZooKeeper has given up is refused until it is registered again. */
static void
log_failure(struct isr_changes *it, enum error error,
    const struct alter_partition_response *response)
{
	it->failures++;
	if ((it->failures & (it->failures - 1)) != 0)
		return;
	log_warn(it->world->logger, "changes of ISRs are asked for again: %s", response == NULL ?
	    error_text(error) : kafka_error_name(response->error_code));
}

static void
back_off(struct isr_changes *it)
{
	it->is_backing_off = true;
	timer_start(it->world->control, &it->back_off,
	    clock_monotonic_us(it->world->clock) + ISR_CHANGES_BACK_OFF_US);
}

static void
done(struct isr_alteration *alteration, enum error error,
    const struct alter_partition_response *response)
{
	struct isr_flight *flight = container_of(alteration, struct isr_flight, alteration);
	struct isr_changes *it = flight->of;
	bool went_well = false;

	if (it == NULL) {
		flight_free(flight);
		return;
	}
	it->flight = NULL;
	if (response != NULL && response->error_code == KAFKA_ERROR_NONE) {
		it->failures = 0;
		went_well = take_answers(flight, response);
	} else {
		log_failure(it, error, response);
	}
	if (put_back(flight))
		went_well = false;
	flight_free(flight);
	if (!went_well)
		back_off(it);
	else if (!list_is_empty(&it->waiting))
		loop_run_at_end(it->world->control, &it->send);
}

/* -------------------------------------------------------------------- sending */

static void
send_waiting(struct loop_task *task)
{
	struct isr_changes *it = container_of(task, struct isr_changes, send);
	struct isr_flight *flight;

	if (it->flight != NULL || it->is_backing_off || list_is_empty(&it->waiting))
		return;
	flight = memory_new(sizeof(*flight));
	flight->of = it;
	flight->alteration.done = done;
	arena_init(&flight->arena, SIZE_MAX);
	gather(flight, &it->waiting);
	fill_request(flight, it->broker_id);
	it->flight = flight;
	it->port->alter(it->port, &flight->alteration);
}

static void
backed_off(struct timer *timer)
{
	struct isr_changes *it = container_of(timer, struct isr_changes, back_off);

	it->is_backing_off = false;
	loop_run_at_end(it->world->control, &it->send);
}

void
isr_changes_init(struct isr_changes *it, struct world *world, struct isr_port *port,
    int32_t broker_id)
{
	*it = (struct isr_changes){ .world = world, .port = port, .broker_id = broker_id };
	list_init(&it->waiting);
	list_init(&it->send.link);
	it->send.run = send_waiting;
	timer_init(&it->back_off, backed_off);
}

void
isr_changes_add(struct isr_changes *it, struct partition_isr_change *change)
{
	if (it->is_closed) {
		partition_isr_drop(change);
		return;
	}
	list_append(&it->waiting, &change->link);
	loop_run_at_end(it->world->control, &it->send);
}

void
isr_changes_close(struct isr_changes *it)
{
	struct list *link;

	if (it->is_closed)
		return;
	it->is_closed = true;
	timer_stop(it->world->control, &it->back_off);
	loop_task_cancel(&it->send);
	while ((link = list_take_first(&it->waiting)) != NULL)
		partition_isr_drop(change_of(link));
	if (it->flight == NULL)
		return;
	for (size_t i = 0; i < it->flight->count; i++)
		partition_isr_drop(it->flight->changes[i]);
	it->flight->count = 0;
	it->flight->of = NULL;
	it->flight = NULL;
}
