/* Partitions move to other brokers and are led by their preferred leaders again, by hand. */
#include <stdlib.h>

#include "tests/sim/cluster.h"
#include "wire/kafka_error.h"

enum { PATIENCE_MS = 8000, TIMEOUT_MS = 3000, PACE_HIGH_US = 4000000 };

struct cluster_mover {
	struct broker_town *town;
	struct town_links links;
	struct client_link *link; /* to the controller, as far as it is known */
	struct sim_process *process;
	struct loop *loop;
	struct timer pace;
	bool is_busy;
	struct client_request request;
};

static struct prng *
prng(const struct cluster_mover *it)
{
	return sim_stream(it->town->sim, SIM_WORKLOAD);
}

static void
begin(struct cluster_mover *it, int16_t key, int16_t version,
    void (*came)(struct client_request *request, const void *response))
{
	it->is_busy = true;
	it->request = (struct client_request){ .key = key, .version = version,
		.patience_ms = PATIENCE_MS, .answered = came };
}

/* Who ends a reassignment before its time has its new replicas go: they may be the only good ones. */
static bool
may_move(const struct cluster_partition *partition)
{
	return partition->state.exists && partition->replicas.count > 0 &&
	    !(partition->has_adding_replicas && cluster_partition_rots(partition));
}

/* NULL: there is none now. */
static const struct cluster_partition *
some_partition(struct cluster_mover *it)
{
	const struct cluster *cluster = it->town->cluster;
	int from = cluster->count == 0 ? 0 : (int)prng_below(prng(it), (uint64_t)cluster->count);

	for (int i = 0; i < cluster->count; i++) {
		const struct cluster_partition *partition =
		    &cluster->partitions[(from + i) % cluster->count];

		if (may_move(partition))
			return partition;
	}
	return NULL;
}

/* ---------------------------------------------------------- reassignments */

static void
moved(struct client_request *request, const void *message)
{
	struct cluster_mover *it = container_of(request, struct cluster_mover, request);
	const struct alter_partition_reassignments_response *response = message;
	int16_t code;

	it->is_busy = false;
	if (response == NULL)
		return;
	code = response->error_code != KAFKA_ERROR_NONE || response->responses.count == 0 ?
	    response->error_code : response->responses.items[0].partitions.items[0].error_code;
	switch (code) {
	case KAFKA_ERROR_NONE:
	case KAFKA_ERROR_INVALID_REPLICA_ASSIGNMENT:
	case KAFKA_ERROR_NO_REASSIGNMENT_IN_PROGRESS:
	case KAFKA_ERROR_REQUEST_TIMED_OUT:
	case KAFKA_ERROR_UNKNOWN_TOPIC_OR_PARTITION: /* it is being deleted */
	case KAFKA_ERROR_UNKNOWN_SERVER_ERROR: /* ZooKeeper is not to be had */
		break;
	case KAFKA_ERROR_NOT_CONTROLLER:
		town_links_are_stale(&it->links);
		break;
	default:
		sim_fail(it->town->sim, "a partition cannot be moved: %s", kafka_error_name(code));
	}
}

/* As many replicas as it was made with: what is promised of it depends on them. */
static int
count_of(const struct cluster_mover *it, const struct cluster_partition *partition)
{
	for (int i = 0; i < TOWN_LASTING; i++)
		if (strcmp(partition->topic, it->town->ledger.topics[i].name) == 0)
			return it->town->ledger.topics[i].replicas;
	for (int i = 0; i < TOWN_PASSING; i++)
		if (strcmp(partition->topic, town_passing[i]) == 0)
			return MIN(broker_town_replicas(it->town), 2);
	return broker_town_replicas(it->town);
}

static void
move(struct cluster_mover *it, const struct cluster_partition *partition)
{
	struct alter_partition_reassignments_request body =
	    alter_partition_reassignments_request_defaults;
	struct alter_partition_reassignments_request_reassignable_topic topic =
	    alter_partition_reassignments_request_reassignable_topic_defaults;
	struct alter_partition_reassignments_request_reassignable_partition part =
	    alter_partition_reassignments_request_reassignable_partition_defaults;
	int32_t replicas[TOWN_REPLICAS];
	int brokers = it->town->broker_count, count = count_of(it, partition);
	int first = (int)prng_below(prng(it), (uint64_t)brokers);
	int step = prng_chance(prng(it), 1, 2) ? 1 : brokers - 1;

	for (int i = 0; i < count; i++)
		replicas[i] = (first + i * step) % brokers + 1;
	part.partition_index = partition->index;
	part.replicas.items = replicas;
	part.replicas.count = prng_chance(prng(it), 1, 6) ? -1 : count;
	topic.name = slice_of_text(partition->topic);
	topic.partitions.items = &part;
	topic.partitions.count = 1;
	body.timeout_ms = TIMEOUT_MS;
	body.topics.items = &topic;
	body.topics.count = 1;
	begin(it, API_KEY_ALTER_PARTITION_REASSIGNMENTS, 0, moved);
	client_link_ask(it->link, &it->request, &body, true);
}

/* -------------------------------------------------------------- elections */

static void
elected(struct client_request *request, const void *message UNUSED)
{
	container_of(request, struct cluster_mover, request)->is_busy = false;
}

/* The preferred leaders, of all partitions. */
static void
elect(struct cluster_mover *it)
{
	struct elect_leaders_request body = elect_leaders_request_defaults;

	body.topic_partitions.count = -1;
	body.timeout_ms = TIMEOUT_MS;
	begin(it, API_KEY_ELECT_LEADERS, (int16_t)prng_between(prng(it), 0, 2), elected);
	client_link_ask(it->link, &it->request, &body, true);
}

/* ---------------------------------------------------------------- its life */

static void
keep_pace(struct timer *timer)
{
	struct cluster_mover *it = container_of(timer, struct cluster_mover, pace);
	const struct cluster_partition *partition = some_partition(it);

	town_links_refresh(&it->links);
	it->link = town_links_controller(&it->links);
	if (it->link == NULL)
		town_links_are_stale(&it->links);
	if (it->link != NULL && !it->is_busy && partition != NULL &&
	    it->town->phase == TOWN_WORKING && !it->town->sim->failed) {
		if (prng_chance(prng(it), 1, 5))
			elect(it);
		else
			move(it, partition);
	}
	timer_start(it->loop, timer, clock_monotonic_us(it->process->world.clock) +
	    sim_delay(it->town->sim, SIM_WORKLOAD, 300000, PACE_HIGH_US));
}

struct cluster_mover *
cluster_mover_new(struct broker_town *town)
{
	struct cluster_mover *it = sim_memory_new(sizeof(*it));

	it->town = town;
	return it;
}

/* In two of three clusters. */
void
cluster_mover_start(struct cluster_mover *it, struct sim_process *process, struct loop *loop)
{
	if (it->town->broker_count == 1 || prng_chance(prng(it), 1, 3))
		return;
	it->process = process;
	it->loop = loop;
	timer_init(&it->pace, keep_pace);
	town_links_open(&it->links, it->town, process, loop, "mover", NULL, it);
	keep_pace(&it->pace);
}

bool
cluster_mover_waits(const struct cluster_mover *it)
{
	return it->is_busy;
}

void
cluster_mover_free(struct cluster_mover *it)
{
	free(it);
}
