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
	request->election_type = prng_chance(prng, 1, 8);
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
