#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "tests/sim/control.h"
#include "wire/kafka_error.h"

enum { ASK_HIGH_US = 1500000, TIMEOUT_HIGH_MS = 8000, TEXT_SIZE = 256 };

struct client {
	struct town_broker *broker;
	struct timer timer;
	struct prng prng;
};

/* In the process' memory; one for each call. */
struct asked {
	struct controller_call call;
	struct town_broker *broker;
	struct arena arena;
	int name;
	int64_t asked_us;
	union {
		struct create_topics_request create;
		struct delete_topics_request delete;
		struct create_partitions_request grow;
		struct allocate_producer_ids_request ids;
	} request;
	union {
		struct create_topics_response create;
		struct delete_topics_response delete;
		struct create_partitions_response grow;
		struct allocate_producer_ids_response ids;
	} response;
};

static struct control *
control_by(struct asked *asked)
{
	return control_of(asked->broker->town);
}

/* ---------------------------------------------------------------- answers */

static int16_t
code_of(struct asked *asked)
{
	switch (asked->call.type) {
	case CONTROLLER_CREATE_TOPICS:
	case CONTROLLER_AUTO_CREATE:
		return asked->response.create.topics.items[0].error_code;
	case CONTROLLER_DELETE_TOPICS:
		return asked->response.delete.responses.items[0].error_code;
	case CONTROLLER_CREATE_PARTITIONS:
		return asked->response.grow.results.items[0].error_code;
	default:
		return asked->response.ids.error_code;
	}
}

/* It is there now, or somebody wanted it gone since. */
static void
was_created(struct asked *asked)
{
	struct control *control = control_by(asked);
	char path[TEXT_SIZE];

	sim_mark(control->town.sim, "topic created");
	if (control->names[asked->name].delete_asked_us >= asked->asked_us)
		return;
	for (int32_t i = 0; i < asked->request.create.topics.items[0].num_partitions; i++) {
		snprintf(path, sizeof(path), "/brokers/topics/%s/partitions/%d/state",
		    control_name(asked->name), (int)i);
		sim_check(control->town.sim, town_node(&control->town, path) != NULL,
		    "%s is created, but has no state for partition %d", control_name(asked->name),
		    (int)i);
	}
}

static void
was_allocated(struct asked *asked)
{
	struct control *control = control_by(asked);
	int64_t first = asked->response.ids.producer_id_start;

	sim_mark(control->town.sim, "producer ids allocated");
	sim_check(control->town.sim, asked->response.ids.producer_id_len == 1000 &&
	    first % 1000 == 0, "an odd block of producer ids");
	for (int i = 0; i < control->block_count; i++)
		sim_check(control->town.sim, control->blocks[i] != first,
		    "producer ids from %ld on are handed out twice", (long)first);
	if (control->block_count < CONTROL_BLOCKS_MAX)
		control->blocks[control->block_count++] = first;
}

static bool
is_expected(int16_t code)
{
	switch (code) {
	case KAFKA_ERROR_NONE:
	case KAFKA_ERROR_UNKNOWN_TOPIC_OR_PARTITION:
	case KAFKA_ERROR_REQUEST_TIMED_OUT:
	case KAFKA_ERROR_INVALID_TOPIC_EXCEPTION:
	case KAFKA_ERROR_TOPIC_ALREADY_EXISTS:
	case KAFKA_ERROR_INVALID_PARTITIONS:
	case KAFKA_ERROR_INVALID_REPLICATION_FACTOR:
	case KAFKA_ERROR_NOT_CONTROLLER:
	case KAFKA_ERROR_STALE_BROKER_EPOCH:
	case KAFKA_ERROR_BROKER_ID_NOT_REGISTERED:
		return true;
	default:
		return false;
	}
}

static void
on_done(struct controller_call *call)
{
	struct asked *asked = container_of(call, struct asked, call);
	struct control *control = control_by(asked);
	int16_t code = code_of(asked);

	control->answered++;
	sim_check(control->town.sim, is_expected(code), "call %d is answered %s", (int)call->type,
	    kafka_error_name(code));
	if (code == KAFKA_ERROR_NOT_CONTROLLER)
		sim_mark(control->town.sim, "call refused by another broker");
	if (code == KAFKA_ERROR_REQUEST_TIMED_OUT)
		sim_mark(control->town.sim, "call timed out");
	if (code == KAFKA_ERROR_NONE && call->type == CONTROLLER_CREATE_TOPICS)
		was_created(asked);
	if (code == KAFKA_ERROR_NONE && call->type == CONTROLLER_CREATE_PARTITIONS)
		sim_mark(control->town.sim, "partitions added");
	if (code == KAFKA_ERROR_NONE && call->type == CONTROLLER_DELETE_TOPICS)
		sim_mark(control->town.sim, "topic deleted");
	if (code == KAFKA_ERROR_NONE && call->type == CONTROLLER_ALLOCATE_PRODUCER_IDS)
		was_allocated(asked);
	arena_fini(&asked->arena);
	free(asked);
}

/* ------------------------------------------------------------------ calls */

static void
fill_create(struct client *it, struct asked *asked, struct slice name)
{
	struct create_topics_request *request = &asked->request.create;
	struct create_topics_request_creatable_topic *topic =
	    arena_new(&asked->arena, sizeof(*topic));

	*request = create_topics_request_defaults;
	asked->response.create = create_topics_response_defaults;
	*topic = create_topics_request_creatable_topic_defaults;
	topic->name = name;
	topic->num_partitions = (int32_t)prng_between(&it->prng, 1, 4);
	topic->replication_factor = (int16_t)prng_between(&it->prng, 1, CONTROL_BROKERS);
	request->topics.items = topic;
	request->topics.count = 1;
	request->timeout_ms = (int32_t)prng_between(&it->prng, 0, TIMEOUT_HIGH_MS);
}

static void
fill_delete(struct client *it, struct asked *asked, struct slice name)
{
	struct slice *names = arena_new(&asked->arena, sizeof(*names));

	asked->request.delete = delete_topics_request_defaults;
	asked->response.delete = delete_topics_response_defaults;
	names[0] = name;
	asked->request.delete.topic_names.items = names;
	asked->request.delete.topic_names.count = 1;
	asked->request.delete.timeout_ms = (int32_t)prng_between(&it->prng, 0, TIMEOUT_HIGH_MS);
	control_by(asked)->names[asked->name].delete_asked_us = control_by(asked)->town.sim->now_us;
}

static void
fill_grow(struct client *it, struct asked *asked, struct slice name)
{
	struct create_partitions_request_create_partitions_topic *topic =
	    arena_new(&asked->arena, sizeof(*topic));

	asked->request.grow = create_partitions_request_defaults;
	asked->response.grow = create_partitions_response_defaults;
	*topic = create_partitions_request_create_partitions_topic_defaults;
	topic->name = name;
	topic->count = (int32_t)prng_between(&it->prng, 1, CONTROL_PARTITIONS);
	topic->assignments.count = -1;
	asked->request.grow.topics.items = topic;
	asked->request.grow.topics.count = 1;
	asked->request.grow.timeout_ms = (int32_t)prng_between(&it->prng, 0, TIMEOUT_HIGH_MS);
}

static void
ask(struct client *it)
{
	static const enum controller_call_type types[] = { CONTROLLER_CREATE_TOPICS,
		CONTROLLER_CREATE_TOPICS, CONTROLLER_AUTO_CREATE, CONTROLLER_DELETE_TOPICS,
		CONTROLLER_CREATE_PARTITIONS, CONTROLLER_ALLOCATE_PRODUCER_IDS };
	struct asked *asked = memory_new(sizeof(*asked));
	struct slice name;

	asked->broker = it->broker;
	asked->asked_us = it->broker->town->sim->now_us;
	asked->name = (int)prng_below(&it->prng, CONTROL_NAMES);
	name = slice_of_text(control_name(asked->name));
	arena_init(&asked->arena, SIZE_MAX);
	asked->call = (struct controller_call){
		.type = types[prng_below(&it->prng, ARRAY_LENGTH(types))], .version = 5,
		.request = &asked->request, .response = &asked->response, .arena = &asked->arena,
		.loop = it->broker->process.world.control, .done = on_done };
	if (asked->call.type == CONTROLLER_CREATE_TOPICS ||
	    asked->call.type == CONTROLLER_AUTO_CREATE) {
		fill_create(it, asked, name);
	} else if (asked->call.type == CONTROLLER_DELETE_TOPICS) {
		fill_delete(it, asked, name);
	} else if (asked->call.type == CONTROLLER_CREATE_PARTITIONS) {
		fill_grow(it, asked, name);
	} else {
		asked->request.ids = allocate_producer_ids_request_defaults;
		asked->request.ids.broker_id = it->broker->town->first + it->broker->process.number;
		asked->request.ids.broker_epoch = it->broker->epoch;
		asked->response.ids = allocate_producer_ids_response_defaults;
	}
	control_by(asked)->asked++;
	controller_ask(town_controller(it->broker), &asked->call);
}

/* ------------------------------------------------------------------- tool */

struct tool_write {
	struct zk_write write;
	char path[TEXT_SIZE];
	char data[TEXT_SIZE];
};

static void
on_written(struct zk_call *call, const struct coord_answer *answer UNUSED)
{
	free(container_of(call, struct tool_write, write.call));
}

static void
write_operation(struct client *it, struct znode_operation operation, const char *path,
    const char *data)
{
	struct tool_write *write = memory_new(sizeof(*write));

	snprintf(write->path, sizeof(write->path), "%s", path);
	operation.path = slice_of_text(write->path);
	if (data != NULL) {
		snprintf(write->data, sizeof(write->data), "%s", data);
		operation.data = slice_of_text(write->data);
	}
	zk_write(town_session(it->broker), &write->write, &operation, on_written);
}

static void
write_node(struct client *it, enum znode_operation_type type, const char *path,
    const char *data)
{
	write_operation(it, (struct znode_operation){ .type = type, .version = -1 }, path, data);
}

static void
write_version(struct client *it, const char *path, const char *data, int32_t version)
{
	if (version >= 0)
		write_operation(it, (struct znode_operation){ .type = ZNODE_OP_SET_DATA,
		    .version = version }, path, data);
}

/* What people and old tools have been seen to do. */
static void
use_tool(struct client *it)
{
	struct control *control = control_of(it->broker->town);
	int number = (int)prng_below(&it->prng, CONTROL_NAMES);
	const char *name = control_name(number);
	char path[TEXT_SIZE], data[TEXT_SIZE];
	int first = control->town.first;

	switch (prng_below(&it->prng, 8)) {
	case 0:
	case 1:
		snprintf(path, sizeof(path), "/brokers/topics/%s", name);
		snprintf(data, sizeof(data), "{\"version\":1,\"partitions\":{\"0\":[%d],\"1\":[%d,%d]}}",
		    first, first + 1, first + 2);
		write_node(it, ZNODE_OP_CREATE, path, data);
		return;
	case 2:
		snprintf(path, sizeof(path), "/admin/delete_topics/%s", name);
		control->names[number].delete_asked_us = control->town.sim->now_us;
		write_node(it, ZNODE_OP_CREATE, path, NULL);
		return;
	case 3:
		write_node(it, ZNODE_OP_DELETE, "/controller", NULL);
		return;
	case 4:
		write_node(it, ZNODE_OP_CREATE, "/admin/preferred_replica_election",
		    "{\"version\":1,\"partitions\":[{\"topic\":\"t0\",\"partition\":0},"
		    "{\"topic\":\"t1\",\"partition\":1}]}");
		return;
	case 5:
		snprintf(path, sizeof(path), "/log_dir_event_notification/log_dir_event_%010d",
		    (int)prng_below(&it->prng, 1000000000));
		snprintf(data, sizeof(data), "{\"version\":1,\"broker\":%d,\"event\":1}", first);
		write_node(it, ZNODE_OP_CREATE, path, data);
		return;
	case 6: /* to what it is, but for its version */
		write_version(it, "/controller_epoch", town_node(&control->town, "/controller_epoch"),
		    town_version(&control->town, "/controller_epoch"));
		return;
	default:
		return;
	}
}

static void
again(struct client *it)
{
	struct loop *loop = it->broker->process.world.control;

	timer_start(loop, &it->timer, clock_monotonic_us(it->broker->process.world.clock) +
	    prng_between(&it->prng, 1000, ASK_HIGH_US));
}

static void
on_timer(struct timer *timer)
{
	struct client *it = container_of(timer, struct client, timer);

	if (control_of(it->broker->town)->quiet)
		return;
	if (it->broker->is_tool)
		use_tool(it);
	else
		ask(it);
	again(it);
}

void
control_client_begin(struct town_broker *broker)
{
	struct client *it = memory_new(sizeof(*it));

	it->broker = broker;
	it->prng = prng_fork(sim_stream(broker->town->sim, SIM_WORKLOAD),
	    broker->town->sim->event_count);
	timer_init(&it->timer, on_timer);
	again(it);
}
