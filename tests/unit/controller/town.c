#include "town.h"

#include <criterion/criterion.h>
#include <stdio.h>

void
town_begin_down(struct town_fixture *it, int brokers, const char *properties)
{
	memset(it, 0, sizeof(*it));
	sim_init(&it->sim, 7);
	it->town.first = 1;
	control_town_init(&it->town, &it->sim, &(struct sim_coord_options){ .servers = 1,
		.tick_us = 500000, .delay_high_us = 400, .lag_high_us = 100 }, brokers, properties);
}

void
town_begin(struct town_fixture *it, int brokers, const char *properties)
{
	town_begin_down(it, brokers, properties);
	for (int i = 0; i < brokers; i++)
		control_town_start(&it->town, i);
	town_run(it, 3 * TOWN_SECOND_US);
	cr_assert(town_active(&it->town) >= 0, "nobody is controller");
}

void
town_end(struct town_fixture *it)
{
	for (int i = 0; i < it->town.broker_count; i++)
		control_town_stop(&it->town, i);
	town_run(it, TOWN_SECOND_US);
	control_town_fini(&it->town);
	sim_fini(&it->sim);
}

void
town_run(struct town_fixture *it, int64_t us)
{
	sim_run(&it->sim, it->sim.now_us + us);
	cr_assert_not(it->sim.failed, "%s", it->sim.failure);
}

struct town_broker *
town_leader(struct town_fixture *it)
{
	int active = town_active(&it->town);

	cr_assert(active >= 0, "nobody is controller");
	return &it->town.brokers[active];
}

struct town_broker *
town_another(struct town_fixture *it, int more)
{
	return &it->town.brokers[(town_active(&it->town) + more) % it->town.broker_count];
}

int32_t
town_id(const struct town_broker *broker)
{
	return broker->town->first + broker->process.number;
}

/* ------------------------------------------------------------------ calls */

void
town_call_init(struct town_call *call, enum controller_call_type type, int16_t version)
{
	memset(call, 0, sizeof(*call));
	arena_init(&call->arena, SIZE_MAX);
	call->call = (struct controller_call){ .type = type, .version = version,
		.request = &call->request, .response = &call->response, .arena = &call->arena };
	switch (type) {
	case CONTROLLER_CREATE_TOPICS:
	case CONTROLLER_AUTO_CREATE:
		call->request.create = create_topics_request_defaults;
		call->response.create = create_topics_response_defaults;
		break;
	case CONTROLLER_DELETE_TOPICS:
		call->request.delete = delete_topics_request_defaults;
		call->request.delete.timeout_ms = 5000;
		call->response.delete = delete_topics_response_defaults;
		break;
	case CONTROLLER_CREATE_PARTITIONS:
		call->request.grow = create_partitions_request_defaults;
		call->request.grow.timeout_ms = 5000;
		call->response.grow = create_partitions_response_defaults;
		break;
	case CONTROLLER_ALLOCATE_PRODUCER_IDS:
		call->request.ids = allocate_producer_ids_request_defaults;
		call->response.ids = allocate_producer_ids_response_defaults;
		break;
	case CONTROLLER_ALTER_PARTITION:
		call->request.alter = alter_partition_request_defaults;
		call->response.alter = alter_partition_response_defaults;
		break;
	case CONTROLLER_CONTROLLED_SHUTDOWN:
		call->request.shutdown = controlled_shutdown_request_defaults;
		call->response.shutdown = controlled_shutdown_response_defaults;
		break;
	case CONTROLLER_ELECT_LEADERS:
		call->request.elect = elect_leaders_request_defaults;
		call->response.elect = elect_leaders_response_defaults;
		break;
	case CONTROLLER_ALTER_REASSIGNMENTS:
		call->request.move = alter_partition_reassignments_request_defaults;
		call->response.move = alter_partition_reassignments_response_defaults;
		break;
	case CONTROLLER_LIST_REASSIGNMENTS:
		call->request.list = list_partition_reassignments_request_defaults;
		call->response.list = list_partition_reassignments_response_defaults;
		break;
	}
}

void
town_call_fini(struct town_call *call)
{
	arena_fini(&call->arena);
}

static void
on_done(struct controller_call *call)
{
	struct town_call *it = container_of(call, struct town_call, call);

	cr_assert_not(it->is_answered, "a call is answered twice");
	cr_assert(loop_current() == call->loop);
	it->is_answered = true;
}

void
town_ask(struct town_broker *broker, struct town_call *call)
{
	call->call.loop = broker->process.world.control;
	call->call.done = on_done;
	town_enter(broker);
	controller_ask(town_controller(broker), &call->call);
	town_leave(broker);
}

void
town_ask_and_wait(struct town_fixture *it, struct town_call *call, int64_t us)
{
	int64_t until_us = it->sim.now_us + us;

	town_ask(town_leader(it), call);
	while (!call->is_answered && it->sim.now_us < until_us)
		town_run(it, TOWN_SECOND_US / 100);
	cr_assert(call->is_answered, "no answer");
}

/* --------------------------------------------------------------- requests */

struct create_topics_request_creatable_topic *
town_add_topic(struct town_call *call, const char *name, int32_t partitions, int16_t factor)
{
	struct create_topics_request *request = &call->request.create;
	struct create_topics_request_creatable_topic *topic;

	if (request->topics.items == NULL) {
		request->topics.items = arena_array(&call->arena, TOWN_TOPICS_MAX,
		    sizeof(request->topics.items[0]));
		request->topics.count = 0;
	}
	cr_assert(request->topics.count < TOWN_TOPICS_MAX);
	topic = &request->topics.items[request->topics.count++];
	*topic = create_topics_request_creatable_topic_defaults;
	topic->name = slice_of_text(name);
	topic->num_partitions = partitions;
	topic->replication_factor = factor;
	return topic;
}

void
town_add_assignment(struct town_call *call, struct create_topics_request_creatable_topic *topic,
    int32_t index, const int32_t *brokers)
{
	struct create_topics_request_creatable_replica_assignment *assignment;

	if (topic->assignments.items == NULL)
		topic->assignments.items = arena_array(&call->arena, TOWN_TOPICS_MAX,
		    sizeof(topic->assignments.items[0]));
	assignment = &topic->assignments.items[topic->assignments.count++];
	*assignment = create_topics_request_creatable_replica_assignment_defaults;
	assignment->partition_index = index;
	assignment->broker_ids.items = arena_array(&call->arena, TOWN_BROKERS_MAX + 1,
	    sizeof(int32_t));
	while (*brokers != -1)
		assignment->broker_ids.items[assignment->broker_ids.count++] = *brokers++;
}

void
town_add_config(struct town_call *call, struct create_topics_request_creatable_topic *topic,
    const char *name, const char *value)
{
	struct create_topics_request_creatable_topic_config *config;

	if (topic->configs.items == NULL)
		topic->configs.items = arena_array(&call->arena, TOWN_TOPICS_MAX,
		    sizeof(topic->configs.items[0]));
	config = &topic->configs.items[topic->configs.count++];
	*config = create_topics_request_creatable_topic_config_defaults;
	config->name = slice_of_text(name);
	config->value = slice_of_text(value);
}

int16_t
town_create(struct town_fixture *it, const char *name, int32_t partitions, int16_t factor)
{
	struct town_call call;
	int16_t code;

	town_call_init(&call, CONTROLLER_CREATE_TOPICS, 7);
	town_add_topic(&call, name, partitions, factor);
	call.request.create.timeout_ms = 5000;
	town_ask_and_wait(it, &call, 20 * TOWN_SECOND_US);
	cr_assert_eq(call.response.create.topics.count, 1);
	code = call.response.create.topics.items[0].error_code;
	town_call_fini(&call);
	return code;
}

int16_t
town_delete(struct town_fixture *it, const char *name)
{
	struct town_call call;
	int16_t code;

	town_call_init(&call, CONTROLLER_DELETE_TOPICS, 5);
	call.request.delete.topic_names.items = arena_array(&call.arena, 1, sizeof(struct slice));
	call.request.delete.topic_names.items[0] = slice_of_text(name);
	call.request.delete.topic_names.count = 1;
	town_ask_and_wait(it, &call, 20 * TOWN_SECOND_US);
	cr_assert_eq(call.response.delete.responses.count, 1);
	code = call.response.delete.responses.items[0].error_code;
	town_call_fini(&call);
	return code;
}

int16_t
town_grow(struct town_fixture *it, const char *name, int32_t count)
{
	struct town_call call;
	int16_t code;

	town_call_init(&call, CONTROLLER_CREATE_PARTITIONS, 3);
	call.request.grow.topics.items = arena_array(&call.arena, 1,
	    sizeof(call.request.grow.topics.items[0]));
	call.request.grow.topics.items[0] = create_partitions_request_create_partitions_topic_defaults;
	call.request.grow.topics.items[0].name = slice_of_text(name);
	call.request.grow.topics.items[0].count = count;
	call.request.grow.topics.items[0].assignments.count = -1;
	call.request.grow.topics.count = 1;
	town_ask_and_wait(it, &call, 20 * TOWN_SECOND_US);
	cr_assert_eq(call.response.grow.results.count, 1);
	code = call.response.grow.results.items[0].error_code;
	town_call_fini(&call);
	return code;
}

struct context_partition *
town_partition(struct town_fixture *it, const char *name, int32_t index)
{
	const struct context_topic *topic = context_topic_find(
	    &controller_reign(town_controller(town_leader(it)))->context, slice_of_text(name));
	struct context_partition *partition =
	    topic == NULL ? NULL : context_partition_find(topic, index);

	cr_assert_not_null(partition, "%s-%d is not there", name, (int)index);
	return partition;
}

int16_t
town_set_isr(struct town_fixture *it, const char *name, int32_t index, const int32_t *isr)
{
	const struct context_partition *partition = town_partition(it, name, index);
	struct alter_partition_request_topic_data topic = alter_partition_request_topic_data_defaults;
	struct alter_partition_request_partition_data asked =
	    alter_partition_request_partition_data_defaults;
	struct alter_partition_request_broker_state states[TOWN_BROKERS_MAX];
	struct town_call call;
	int16_t code;

	town_call_init(&call, CONTROLLER_ALTER_PARTITION, 3);
	asked.partition_index = index;
	asked.leader_epoch = partition->leadership.leader_epoch;
	asked.partition_epoch = partition->leadership.version;
	asked.new_isr_with_epochs.items = states;
	for (; *isr != -1; isr++)
		states[asked.new_isr_with_epochs.count++] =
		    (struct alter_partition_request_broker_state){ *isr,
			it->town.brokers[*isr - it->town.first].epoch };
	topic.topic_id = partition->topic->id;
	topic.partitions.items = &asked;
	topic.partitions.count = 1;
	call.request.alter.topics.items = &topic;
	call.request.alter.topics.count = 1;
	call.request.alter.broker_id = partition->leadership.leader;
	call.request.alter.broker_epoch =
	    it->town.brokers[partition->leadership.leader - it->town.first].epoch;
	town_ask_and_wait(it, &call, TOWN_SECOND_US);
	cr_assert_eq(call.response.alter.error_code, KAFKA_ERROR_NONE);
	code = call.response.alter.topics.items[0].partitions.items[0].error_code;
	town_call_fini(&call);
	town_run(it, TOWN_SECOND_US / 2);
	return code;
}

int16_t
town_reassign(struct town_fixture *it, const char *name, int32_t index, const int32_t *replicas)
{
	struct alter_partition_reassignments_request_reassignable_topic topic =
	    alter_partition_reassignments_request_reassignable_topic_defaults;
	struct alter_partition_reassignments_request_reassignable_partition asked =
	    alter_partition_reassignments_request_reassignable_partition_defaults;
	int32_t ids[TOWN_BROKERS_MAX + 1];
	struct town_call call;
	int16_t code;

	town_call_init(&call, CONTROLLER_ALTER_REASSIGNMENTS, 0);
	asked.partition_index = index;
	asked.replicas.items = ids;
	asked.replicas.count = replicas == NULL ? -1 : 0;
	for (; replicas != NULL && *replicas != -1; replicas++)
		ids[asked.replicas.count++] = *replicas;
	topic.name = slice_of_text(name);
	topic.partitions.items = &asked;
	topic.partitions.count = 1;
	call.request.move.topics.items = &topic;
	call.request.move.topics.count = 1;
	town_ask_and_wait(it, &call, TOWN_SECOND_US);
	cr_assert_eq(call.response.move.error_code, KAFKA_ERROR_NONE);
	code = call.response.move.responses.items[0].partitions.items[0].error_code;
	town_call_fini(&call);
	town_run(it, TOWN_SECOND_US / 2);
	return code;
}

const char *
town_text(struct slice slice)
{
	static char text[4096];

	snprintf(text, sizeof(text), "%.*s", (int)slice.size, (const char *)slice.bytes);
	return text;
}
