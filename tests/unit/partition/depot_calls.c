/* What a controller and clients ask of a depot. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/partition/depot.h"

static int32_t brokers[] = { DEPOT_BROKER, 2, 3 };
static int32_t brokers_backwards[] = { 3, 2, DEPOT_BROKER };

/* -------------------------------------------------------- the controller */

void
depot_answered(void *context)
{
	((struct depot *)context)->is_answered = true;
}

static struct uuid
id_of(const struct depot *depot, const struct depot_order *order)
{
	if (order->anonymous)
		return (struct uuid){ 0 };
	return uuid_is_zero(order->topic_id) ? depot->topic_id : order->topic_id;
}

static void
take_orders(struct depot *depot, const struct depot_order *orders, int count)
{
	cr_assert_leq(count, DEPOT_ORDERS_MAX);
	memcpy(depot->orders, orders, (size_t)count * sizeof(*orders));
	depot->order_count = count;
	depot->is_answered = false;
	arena_fini(&depot->arena);
	arena_init(&depot->arena, 1 << 20);
}

static void
fill_leader_state(struct leader_and_isr_request_leader_and_isr_partition_state *state,
    const struct depot_order *order)
{
	*state = leader_and_isr_request_leader_and_isr_partition_state_defaults;
	state->partition_index = order->index;
	state->controller_epoch = 1;
	state->leader = order->leader != 0 ? order->leader : DEPOT_BROKER;
	state->leader_epoch = order->leader_epoch;
	state->isr.items = state->replicas.items = brokers;
	state->isr.count = state->replicas.count = MAX(order->replicas, 1);
	if (order->isr > 0)
		state->isr.count = order->isr;
	if (order->first_in_isr > 0) {
		state->isr.items += order->first_in_isr - 1;
		state->isr.count -= order->first_in_isr - 1;
	}
	if (order->is_last) {
		state->isr.items = state->replicas.items = brokers_backwards;
		state->isr.count = state->replicas.count = 3;
	}
	state->is_new = !order->is_old;
	state->adding_replicas.items = brokers; /* the first one is this one */
	state->adding_replicas.count = order->is_added;
}

static void
tell_address(struct depot *depot, const struct depot_order *order)
{
	struct leader_and_isr_request *request = &depot->leader_and_isr;
	char host[32];

	if (depot->links == NULL || order->leader <= 0 || order->leader_is_dead)
		return;
	snprintf(host, sizeof(host), "host-%d", order->leader);
	request->live_leaders.items[request->live_leaders.count++] =
	    (struct leader_and_isr_request_leader_and_isr_live_leader){
		.broker_id = order->leader,
		.host_name = slice_of_text(arena_text(&depot->arena, host, strlen(host))),
		.port = depot->port_of_leaders + order->leader,
	};
}

/* Each order is a topic of its own, as a controller may send it. */
void
depot_send_leader_and_isr(struct depot *depot, const struct depot_order *orders, int count)
{
	struct leader_and_isr_request *request = &depot->leader_and_isr;

	take_orders(depot, orders, count);
	depot->is_leader_and_isr = true;
	*request = leader_and_isr_request_defaults;
	depot->led = leader_and_isr_response_defaults;
	request->topic_states.count = count;
	request->topic_states.items = arena_array(&depot->arena, (size_t)count,
	    sizeof(*request->topic_states.items));
	request->live_leaders.count = 0;
	request->live_leaders.items = arena_array(&depot->arena, (size_t)count,
	    sizeof(*request->live_leaders.items));
	for (int i = 0; i < count; i++) {
		struct leader_and_isr_request_leader_and_isr_topic_state *topic =
		    &request->topic_states.items[i];

		*topic = leader_and_isr_request_leader_and_isr_topic_state_defaults;
		topic->topic_name = slice_of_text(orders[i].topic);
		topic->topic_id = id_of(depot, &orders[i]);
		topic->partition_states.count = 1;
		topic->partition_states.items = arena_new(&depot->arena,
		    sizeof(*topic->partition_states.items));
		fill_leader_state(topic->partition_states.items, &orders[i]);
		tell_address(depot, &orders[i]);
	}
	depot_enter(depot);
	replicas_leader_and_isr(depot->replicas, request, &depot->arena, &depot->led,
	    depot_answered, depot);
	depot_leave(depot);
}

void
depot_send_stop_replica(struct depot *depot, const struct depot_order *orders, int count)
{
	struct stop_replica_request *request = &depot->stop;

	take_orders(depot, orders, count);
	depot->is_leader_and_isr = false;
	*request = stop_replica_request_defaults;
	depot->stopped = stop_replica_response_defaults;
	request->topic_states.count = count;
	request->topic_states.items = arena_array(&depot->arena, (size_t)count,
	    sizeof(*request->topic_states.items));
	for (int i = 0; i < count; i++) {
		struct stop_replica_request_stop_replica_topic_state *topic =
		    &request->topic_states.items[i];

		*topic = stop_replica_request_stop_replica_topic_state_defaults;
		topic->topic_name = slice_of_text(orders[i].topic);
		topic->partition_states.count = 1;
		topic->partition_states.items = arena_new(&depot->arena,
		    sizeof(*topic->partition_states.items));
		*topic->partition_states.items =
		    (struct stop_replica_request_stop_replica_partition_state){ orders[i].index,
			orders[i].leader_epoch, orders[i].deletes };
	}
	depot_enter(depot);
	replicas_stop_replica(depot->replicas, request, &depot->arena, &depot->stopped,
	    depot_answered, depot);
	depot_leave(depot);
}

/* By topic id, or by name where there is none. */
static int
led_code(const struct depot *depot, const struct depot_order *order)
{
	struct uuid id = id_of(depot, order);
	int code = -2;

	for (int32_t i = 0; i < depot->led.topics.count; i++) {
		const struct leader_and_isr_response_leader_and_isr_topic_error *topic =
		    &depot->led.topics.items[i];

		for (int32_t j = 0; j < topic->partition_errors.count; j++)
			if (uuid_equal(topic->topic_id, id) &&
			    topic->partition_errors.items[j].partition_index == order->index)
				code = topic->partition_errors.items[j].error_code;
	}
	for (int32_t i = 0; i < depot->led.partition_errors.count; i++)
		if (slice_equal_text(depot->led.partition_errors.items[i].topic_name, order->topic) &&
		    depot->led.partition_errors.items[i].partition_index == order->index)
			code = depot->led.partition_errors.items[i].error_code;
	return code;
}

static int
stopped_code(const struct depot *depot, const struct depot_order *order)
{
	for (int32_t i = 0; i < depot->stopped.partition_errors.count; i++)
		if (slice_equal_text(depot->stopped.partition_errors.items[i].topic_name,
		        order->topic) &&
		    depot->stopped.partition_errors.items[i].partition_index == order->index)
			return depot->stopped.partition_errors.items[i].error_code;
	return -2;
}

int
depot_code(struct depot *depot, const char *topic, int32_t index)
{
	depot_wait(depot, &depot->is_answered);
	for (int i = 0; i < depot->order_count; i++) {
		const struct depot_order *order = &depot->orders[i];

		if (strcmp(order->topic, topic) == 0 && order->index == index)
			return depot->is_leader_and_isr ? led_code(depot, order) :
			    stopped_code(depot, order);
	}
	return -2;
}

int
depot_answer_count(struct depot *depot)
{
	int count = depot->led.partition_errors.count;

	depot_wait(depot, &depot->is_answered);
	if (!depot->is_leader_and_isr)
		return depot->stopped.partition_errors.count;
	for (int32_t i = 0; i < depot->led.topics.count; i++)
		count += depot->led.topics.items[i].partition_errors.count;
	return count;
}

int
depot_lead(struct depot *depot, const char *topic, int32_t index, int32_t leader_epoch)
{
	struct depot_order order = { .topic = topic, .index = index,
		.leader_epoch = leader_epoch };

	depot_send_leader_and_isr(depot, &order, 1);
	return depot_code(depot, topic, index);
}

int
depot_delete(struct depot *depot, const char *topic, int32_t index)
{
	struct depot_order order = { .topic = topic, .index = index, .leader_epoch = -2,
		.deletes = true };

	depot_send_stop_replica(depot, &order, 1);
	return depot_code(depot, topic, index);
}

/* ------------------------------------------------------------ what is there */

const struct hosted_topic *
depot_hosted(const struct depot *depot, const char *topic)
{
	struct counted *found = persistent_map_find(depot->hosted, slice_of_text(topic));

	return found == NULL ? NULL : container_of(found, struct hosted_topic, counted);
}

struct partition *
depot_partition(const struct depot *depot, const char *topic, int32_t index)
{
	const struct hosted_topic *found = depot_hosted(depot, topic);

	return found == NULL || index >= found->partition_count ? NULL : found->partitions[index];
}

struct replica *
depot_replica(const struct depot *depot, const char *topic, int32_t index)
{
	return replicas_find(depot->replicas, slice_of_text(topic), index);
}

struct log_dir *
depot_dir(const struct depot *depot, int number)
{
	return &depot->dirs->dirs[number];
}

/* ---------------------------------------------------------------- clients */

struct asked {
	union {
		struct partition_operation operation;
		struct partition_append append;
		struct partition_fetch fetch;
		struct partition_list_offsets list;
	};
	bool is_answered;
};

static void
operation_answered(struct partition_operation *operation)
{
	container_of(operation, struct asked, operation)->is_answered = true;
}

static struct partition *
begin_asking(struct depot *depot, struct asked *asked, const char *topic, int32_t index)
{
	struct partition *partition = depot_partition(depot, topic, index);

	cr_assert_not_null(partition);
	asked->operation.loop = depot->process.world.control;
	asked->operation.answered = operation_answered;
	depot_enter(depot);
	return partition;
}

static enum partition_status
end_asking(struct depot *depot, struct asked *asked)
{
	depot_leave(depot);
	depot_wait(depot, &asked->is_answered);
	return asked->operation.status;
}

enum partition_status
depot_append_once(struct depot *depot, const char *topic, int32_t index,
    const struct log_sample *sample, int64_t *base_offset)
{
	struct asked asked = { .append = { .origin = LOG_FROM_CLIENT, .required_acks = -1,
		.required_leader_epoch = -1 } };
	struct partition *partition;
	struct buffer bytes;

	buffer_init(&bytes);
	log_sample_batch(&bytes, sample, 0);
	partition = begin_asking(depot, &asked, topic, index);
	asked.append.bytes = bytes.bytes;
	asked.append.size = bytes.size;
	asked.append.now_ms = clock_wall_ms(depot->process.world.clock);
	partition_append(partition, &asked.append);
	(void)end_asking(depot, &asked);
	buffer_fini(&bytes);
	if (base_offset != NULL)
		*base_offset = asked.append.base_offset;
	return asked.operation.status;
}

enum partition_status
depot_append(struct depot *depot, const char *topic, int32_t index, int records, int size)
{
	struct log_sample sample = { .records = 1, .value_size = size };
	enum partition_status status = PARTITION_OK;

	for (int i = 0; i < records && status == PARTITION_OK; i++)
		status = depot_append_once(depot, topic, index, &sample, NULL);
	return status;
}

static enum partition_status
fetch(struct depot *depot, struct asked *asked, const char *topic, int32_t index)
{
	struct partition *partition = begin_asking(depot, asked, topic, index);

	partition_fetch(partition, &asked->fetch);
	(void)end_asking(depot, asked);
	log_slice_release(&asked->fetch.slice);
	return asked->operation.status;
}

enum partition_status
depot_fetch(struct depot *depot, const char *topic, int32_t index, int64_t offset)
{
	struct asked asked = { .fetch = { .offset = offset, .max_bytes = 1 << 20,
		.at_least_one = true, .current_leader_epoch = -1, .last_fetched_epoch = -1 } };

	return fetch(depot, &asked, topic, index);
}

enum partition_status
depot_fetch_as(struct depot *depot, int32_t follower, const char *topic, int32_t index,
    int64_t offset)
{
	struct asked asked = { .fetch = { .is_follower = true, .replica_id = follower,
		.replica_epoch = -1, .replica_log_start = -1, .offset = offset,
		.max_bytes = 1 << 20, .at_least_one = true, .isolation = PARTITION_READ_LOG_END,
		.current_leader_epoch = -1, .last_fetched_epoch = -1 } };

	return fetch(depot, &asked, topic, index);
}

static int64_t
offset_at(struct depot *depot, const char *topic, int32_t index, int64_t timestamp)
{
	struct asked asked = { .list = { .timestamp = timestamp, .current_leader_epoch = -1 } };
	struct partition *partition = begin_asking(depot, &asked, topic, index);

	partition_list_offsets(partition, &asked.list);
	cr_assert_eq(end_asking(depot, &asked), PARTITION_OK);
	return asked.list.found_offset;
}

int64_t
depot_latest(struct depot *depot, const char *topic, int32_t index)
{
	return offset_at(depot, topic, index, PARTITION_LATEST);
}

int64_t
depot_earliest(struct depot *depot, const char *topic, int32_t index)
{
	return offset_at(depot, topic, index, PARTITION_EARLIEST);
}
