/* An operator who has leaders elected that are not in sync, mostly where nobody leads (F29). */
#include <stdlib.h>

#include "tests/sim/cluster_unclean.h"
#include "wire/kafka_error.h"

enum { PATIENCE_MS = 8000, TIMEOUT_MS = 3000, PACE_HIGH_US = 3000000, TYPE_UNCLEAN = 1 };

struct cluster_operator {
	struct broker_town *town;
	struct town_links links;
	struct sim_process *process;
	struct loop *loop;
	struct timer pace;
	struct prng prng;
	bool is_busy;
	struct client_request request;
};

/* Of a topic that lasts; NULL: there is none. */
static struct cluster_partition *
some_partition(struct cluster_operator *it)
{
	struct cluster *cluster = it->town->cluster;
	int from = cluster->count == 0 ? 0 : (int)prng_below(&it->prng, (uint64_t)cluster->count);
	bool any = prng_chance(&it->prng, 1, 4);

	for (int i = 0; i < cluster->count; i++) {
		struct cluster_partition *partition = &cluster->partitions[(from + i) % cluster->count];

		if (partition->state.exists && cluster_ledger_log(it->town, partition) != NULL &&
		    (any || partition->state.leader < 1))
			return partition;
	}
	return NULL;
}

static void
elected(struct client_request *request, const void *message)
{
	struct cluster_operator *it = container_of(request, struct cluster_operator, request);
	const struct elect_leaders_response *response = message;
	int16_t code;

	it->is_busy = false;
	if (response == NULL)
		return;
	code = response->error_code != KAFKA_ERROR_NONE ||
	    response->replica_election_results.count == 0 ? response->error_code :
	    response->replica_election_results.items[0].partition_result.items[0].error_code;
	switch (code) {
	case KAFKA_ERROR_NONE:
	case KAFKA_ERROR_ELECTION_NOT_NEEDED:
	case KAFKA_ERROR_ELIGIBLE_LEADERS_NOT_AVAILABLE:
	case KAFKA_ERROR_REQUEST_TIMED_OUT:
	case KAFKA_ERROR_UNKNOWN_TOPIC_OR_PARTITION: /* the controller does not know it yet */
	case KAFKA_ERROR_UNKNOWN_SERVER_ERROR:
		break;
	case KAFKA_ERROR_NOT_CONTROLLER:
		town_links_are_stale(&it->links);
		break;
	default:
		sim_fail(it->town->sim, "no unclean election: %s", kafka_error_name(code));
	}
}

static void
elect(struct cluster_operator *it, struct client_link *link, struct cluster_partition *partition)
{
	struct elect_leaders_request body = elect_leaders_request_defaults;
	struct elect_leaders_request_topic_partitions topic =
	    elect_leaders_request_topic_partitions_defaults;

	topic.topic = slice_of_text(partition->topic);
	topic.partitions.items = &partition->index;
	topic.partitions.count = 1;
	body.election_type = TYPE_UNCLEAN;
	body.topic_partitions.items = &topic;
	body.topic_partitions.count = 1;
	body.timeout_ms = TIMEOUT_MS;
	partition->by_hand_us = sim_now_us(it->town->sim);
	it->is_busy = true;
	it->request = (struct client_request){ .key = API_KEY_ELECT_LEADERS,
		.version = (int16_t)prng_between(&it->prng, 1, 2), .patience_ms = PATIENCE_MS,
		.answered = elected };
	client_link_ask(link, &it->request, &body, true);
}

static void
keep_pace(struct timer *timer)
{
	struct cluster_operator *it = container_of(timer, struct cluster_operator, pace);
	struct cluster_partition *partition;
	struct client_link *link;

	town_links_refresh(&it->links);
	link = town_links_controller(&it->links);
	if (link == NULL)
		town_links_are_stale(&it->links);
	partition = some_partition(it);
	if (link != NULL && !it->is_busy && partition != NULL && it->town->phase == TOWN_WORKING &&
	    !it->town->sim->failed)
		elect(it, link, partition);
	timer_start(it->loop, timer, clock_monotonic_us(it->process->world.clock) +
	    prng_between(&it->prng, 300000, PACE_HIGH_US));
}

struct cluster_operator *
cluster_operator_new(struct broker_town *town)
{
	struct cluster_operator *it = sim_memory_new(sizeof(*it));

	it->town = town;
	return it;
}

void
cluster_operator_start(struct cluster_operator *it, struct sim_process *process, struct loop *loop)
{
	if (!it->town->has_operator)
		return;
	it->process = process;
	it->loop = loop;
	prng_init(&it->prng, it->town->sim->seed ^ 0x6f70657261746fU);
	timer_init(&it->pace, keep_pace);
	town_links_open(&it->links, it->town, process, loop, "operator", NULL, it);
	keep_pace(&it->pace);
}

void
cluster_operator_free(struct cluster_operator *it)
{
	free(it);
}
