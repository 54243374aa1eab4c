/* Leaders and replicas are moved by hand. */
#include "tests/sim/control_requests.h"
#include "wire/kafka_error.h"

enum { TIMEOUT_HIGH_MS = 8000 };

/* -------------------------------------------------------------- elections */

static bool
fill_elect(struct control_asked *asked, struct prng *prng)
{
	struct elect_leaders_request *request = &asked->request.elect;
	struct elect_leaders_request_topic_partitions *topic =
	    arena_new(&asked->arena, sizeof(*topic));

	*request = elect_leaders_request_defaults;
	asked->response.elect = elect_leaders_response_defaults;
	request->election_type = prng_chance(prng, 1, 3);
	request->timeout_ms = (int32_t)prng_between(prng, 0, TIMEOUT_HIGH_MS);
	if (prng_chance(prng, 1, 3)) {
		request->topic_partitions.count = -1;
		return true;
	}
	topic->topic = slice_of_text(control_name(asked->name));
	topic->partitions.items =
	    arena_array(&asked->arena, CONTROL_PARTITIONS, sizeof(*topic->partitions.items));
	for (int32_t i = 0; i < CONTROL_PARTITIONS; i++)
		if (prng_chance(prng, 1, 2))
			topic->partitions.items[topic->partitions.count++] = i;
	request->topic_partitions.items = topic;
	request->topic_partitions.count = 1;
	return true;
}

static int16_t
elect_code(const struct control_asked *asked)
{
	const struct elect_leaders_response *response = &asked->response.elect;

	return response->error_code != KAFKA_ERROR_NONE ||
	    response->replica_election_results.count == 0 ||
	    response->replica_election_results.items[0].partition_result.count == 0 ?
	    response->error_code :
	    response->replica_election_results.items[0].partition_result.items[0].error_code;
}

static bool
is_expected_of_elect(int16_t code)
{
	switch (code) {
	case KAFKA_ERROR_NONE:
	case KAFKA_ERROR_NOT_CONTROLLER:
	case KAFKA_ERROR_ELECTION_NOT_NEEDED:
	case KAFKA_ERROR_PREFERRED_LEADER_NOT_AVAILABLE:
	case KAFKA_ERROR_ELIGIBLE_LEADERS_NOT_AVAILABLE:
	case KAFKA_ERROR_UNKNOWN_TOPIC_OR_PARTITION:
	case KAFKA_ERROR_INVALID_TOPIC_EXCEPTION:
		return true;
	default:
		return false;
	}
}

static void
was_elected(struct control_asked *asked, int16_t code)
{
	const struct elect_leaders_response *response = &asked->response.elect;

	if (code == KAFKA_ERROR_NONE && response->replica_election_results.count > 0 &&
	    response->replica_election_results.items[0].partition_result.count > 0)
		sim_mark(asked->broker->town->sim, asked->request.elect.election_type == 0 ?
		    "preferred leader elected by hand" : "unclean election by hand");
}

const struct control_kind control_elect = { CONTROLLER_ELECT_LEADERS, fill_elect, elect_code,
	is_expected_of_elect, was_elected };

/* ---------------------------------------------------------- reassignments */

/* Some brokers in some order. */
static void
draw_target(struct control_asked *asked, struct prng *prng,
    struct alter_partition_reassignments_request_reassignable_partition *partition)
{
	int32_t count = (int32_t)prng_between(prng, 1, CONTROL_BROKERS);
	int32_t from = (int32_t)prng_below(prng, CONTROL_BROKERS);
	int32_t step = prng_chance(prng, 1, 2) ? 1 : CONTROL_BROKERS - 1;

	partition->replicas.items = arena_array(&asked->arena, CONTROL_BROKERS, sizeof(int32_t));
	for (int32_t i = 0; i < count; i++)
		partition->replicas.items[i] =
		    asked->broker->town->first + (from + i * step) % CONTROL_BROKERS;
	partition->replicas.count = prng_chance(prng, 1, 4) ? -1 : count;
}

static bool
fill_move(struct control_asked *asked, struct prng *prng)
{
	struct alter_partition_reassignments_request_reassignable_topic *topic =
	    arena_new(&asked->arena, sizeof(*topic));

	asked->request.move = alter_partition_reassignments_request_defaults;
	asked->response.move = alter_partition_reassignments_response_defaults;
	*topic = alter_partition_reassignments_request_reassignable_topic_defaults;
	topic->name = slice_of_text(control_name(asked->name));
	topic->partitions.items =
	    arena_array(&asked->arena, CONTROL_PARTITIONS, sizeof(topic->partitions.items[0]));
	topic->partitions.count = (int32_t)prng_between(prng, 1, 3);
	for (int32_t i = 0; i < topic->partitions.count; i++) {
		topic->partitions.items[i].partition_index = i;
		draw_target(asked, prng, &topic->partitions.items[i]);
	}
	asked->request.move.topics.items = topic;
	asked->request.move.topics.count = 1;
	return true;
}

static int16_t
move_code(const struct control_asked *asked)
{
	const struct alter_partition_reassignments_response *response = &asked->response.move;

	return response->error_code != KAFKA_ERROR_NONE ? response->error_code :
	    response->responses.items[0].partitions.items[0].error_code;
}

static bool
is_expected_of_move(int16_t code)
{
	switch (code) {
	case KAFKA_ERROR_NONE:
	case KAFKA_ERROR_NOT_CONTROLLER:
	case KAFKA_ERROR_INVALID_REPLICA_ASSIGNMENT:
	case KAFKA_ERROR_NO_REASSIGNMENT_IN_PROGRESS:
	case KAFKA_ERROR_UNKNOWN_TOPIC_OR_PARTITION:
	case KAFKA_ERROR_UNKNOWN_SERVER_ERROR: /* it never had a leader */
		return true;
	default:
		return false;
	}
}

static void
was_moved(struct control_asked *asked, int16_t code)
{
	if (code == KAFKA_ERROR_NONE)
		sim_mark(asked->broker->town->sim,
		    asked->request.move.topics.items[0].partitions.items[0].replicas.count < 0 ?
		    "reassignment cancelled" : "reassignment begun");
}

const struct control_kind control_move = { CONTROLLER_ALTER_REASSIGNMENTS, fill_move, move_code,
	is_expected_of_move, was_moved };

static bool
fill_list(struct control_asked *asked, struct prng *prng UNUSED)
{
	asked->request.list = list_partition_reassignments_request_defaults;
	asked->request.list.topics.count = -1;
	asked->response.list = list_partition_reassignments_response_defaults;
	return true;
}

static int16_t
list_code(const struct control_asked *asked)
{
	return asked->response.list.error_code;
}

static bool
is_expected_of_list(int16_t code)
{
	return code == KAFKA_ERROR_NONE || code == KAFKA_ERROR_NOT_CONTROLLER;
}

static void
was_listed(struct control_asked *asked, int16_t code)
{
	const struct list_partition_reassignments_response *response = &asked->response.list;
	struct sim *sim = asked->broker->town->sim;

	for (int32_t i = 0; code == KAFKA_ERROR_NONE && i < response->topics.count; i++)
		for (int32_t j = 0; j < response->topics.items[i].partitions.count; j++) {
			const struct list_partition_reassignments_response_ongoing_partition_reassignment
			    *told = &response->topics.items[i].partitions.items[j];

			sim_mark(sim, "reassignment listed");
			sim_check(sim, told->adding_replicas.count + told->removing_replicas.count > 0 &&
			    told->replicas.count > told->adding_replicas.count,
			    "an odd reassignment is listed");
		}
}

const struct control_kind control_list_moves = { CONTROLLER_LIST_REASSIGNMENTS, fill_list,
	list_code, is_expected_of_list, was_listed };
