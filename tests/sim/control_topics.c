#include <stdio.h>

#include "tests/sim/control_requests.h"
#include "wire/kafka_error.h"

enum { TIMEOUT_HIGH_MS = 8000, TEXT_SIZE = 256 };

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
	case KAFKA_ERROR_REASSIGNMENT_IN_PROGRESS:
		return true;
	default:
		return false;
	}
}

/* ----------------------------------------------------------------- create */

static bool
fill_create(struct control_asked *asked, struct prng *prng)
{
	struct create_topics_request *request = &asked->request.create;
	struct create_topics_request_creatable_topic *topic =
	    arena_new(&asked->arena, sizeof(*topic));

	*request = create_topics_request_defaults;
	asked->response.create = create_topics_response_defaults;
	*topic = create_topics_request_creatable_topic_defaults;
	topic->name = slice_of_text(control_name(asked->name));
	topic->num_partitions = (int32_t)prng_between(prng, 1, 4);
	topic->replication_factor = (int16_t)prng_between(prng, 1, CONTROL_BROKERS);
	request->topics.items = topic;
	request->topics.count = 1;
	request->timeout_ms = (int32_t)prng_between(prng, 0, TIMEOUT_HIGH_MS);
	return true;
}

static int16_t
created_code(const struct control_asked *asked)
{
	return asked->response.create.topics.items[0].error_code;
}

/* It is there now, or somebody wanted it gone since. */
static void
was_created(struct control_asked *asked, int16_t code)
{
	struct control *control = control_by(asked);
	char path[TEXT_SIZE];

	if (code != KAFKA_ERROR_NONE)
		return;
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

const struct control_kind control_create_topics = { CONTROLLER_CREATE_TOPICS, fill_create,
	created_code, is_expected, was_created };
const struct control_kind control_auto_create = { CONTROLLER_AUTO_CREATE, fill_create,
	created_code, is_expected, NULL };

/* ----------------------------------------------------------------- delete */

static bool
fill_delete(struct control_asked *asked, struct prng *prng)
{
	struct slice *names = arena_new(&asked->arena, sizeof(*names));

	asked->request.delete = delete_topics_request_defaults;
	asked->response.delete = delete_topics_response_defaults;
	names[0] = slice_of_text(control_name(asked->name));
	asked->request.delete.topic_names.items = names;
	asked->request.delete.topic_names.count = 1;
	asked->request.delete.timeout_ms = (int32_t)prng_between(prng, 0, TIMEOUT_HIGH_MS);
	control_by(asked)->names[asked->name].delete_asked_us = control_by(asked)->town.sim->now_us;
	return true;
}

static int16_t
deleted_code(const struct control_asked *asked)
{
	return asked->response.delete.responses.items[0].error_code;
}

static void
was_deleted(struct control_asked *asked, int16_t code)
{
	if (code == KAFKA_ERROR_NONE)
		sim_mark(control_by(asked)->town.sim, "topic deleted");
}

const struct control_kind control_delete_topics = { CONTROLLER_DELETE_TOPICS, fill_delete,
	deleted_code, is_expected, was_deleted };

/* ------------------------------------------------------------------- grow */

static bool
fill_grow(struct control_asked *asked, struct prng *prng)
{
	struct create_partitions_request_create_partitions_topic *topic =
	    arena_new(&asked->arena, sizeof(*topic));

	asked->request.grow = create_partitions_request_defaults;
	asked->response.grow = create_partitions_response_defaults;
	*topic = create_partitions_request_create_partitions_topic_defaults;
	topic->name = slice_of_text(control_name(asked->name));
	topic->count = (int32_t)prng_between(prng, 1, CONTROL_PARTITIONS);
	topic->assignments.count = -1;
	asked->request.grow.topics.items = topic;
	asked->request.grow.topics.count = 1;
	asked->request.grow.timeout_ms = (int32_t)prng_between(prng, 0, TIMEOUT_HIGH_MS);
	return true;
}

static int16_t
grown_code(const struct control_asked *asked)
{
	return asked->response.grow.results.items[0].error_code;
}

static void
was_grown(struct control_asked *asked, int16_t code)
{
	if (code == KAFKA_ERROR_NONE)
		sim_mark(control_by(asked)->town.sim, "partitions added");
}

const struct control_kind control_grow = { CONTROLLER_CREATE_PARTITIONS, fill_grow, grown_code,
	is_expected, was_grown };

/* ------------------------------------------------------------ producer ids */

static bool
fill_ids(struct control_asked *asked, struct prng *prng UNUSED)
{
	asked->request.ids = allocate_producer_ids_request_defaults;
	asked->request.ids.broker_id = asked->broker->town->first + asked->broker->process.number;
	asked->request.ids.broker_epoch = asked->broker->epoch;
	asked->response.ids = allocate_producer_ids_response_defaults;
	return true;
}

static int16_t
ids_code(const struct control_asked *asked)
{
	return asked->response.ids.error_code;
}

static bool
is_expected_of_ids(int16_t code)
{
	return code == KAFKA_ERROR_NONE || code == KAFKA_ERROR_NOT_CONTROLLER ||
	    code == KAFKA_ERROR_STALE_BROKER_EPOCH || code == KAFKA_ERROR_BROKER_ID_NOT_REGISTERED;
}

static void
was_allocated(struct control_asked *asked, int16_t code)
{
	struct control *control = control_by(asked);
	int64_t first = asked->response.ids.producer_id_start;

	if (code != KAFKA_ERROR_NONE)
		return;
	sim_mark(control->town.sim, "producer ids allocated");
	sim_check(control->town.sim, asked->response.ids.producer_id_len == 1000 &&
	    first % 1000 == 0, "an odd block of producer ids");
	for (int i = 0; i < control->block_count; i++)
		sim_check(control->town.sim, control->blocks[i] != first,
		    "producer ids from %ld on are handed out twice", (long)first);
	if (control->block_count < CONTROL_BLOCKS_MAX)
		control->blocks[control->block_count++] = first;
}

const struct control_kind control_allocate_ids = { CONTROLLER_ALLOCATE_PRODUCER_IDS, fill_ids,
	ids_code, is_expected_of_ids, was_allocated };
