/*
 * Requests of controllers that come late, as from a connection that was given up: of a deposed
 * controller, for an earlier life of the broker (KIP-380), about an earlier leader epoch (KIP-570).
 * No broker obeys them (I17).
 */
#include <stdlib.h>

#include "klammd/broker_private.h"
#include "partition/replicas_private.h"
#include "tests/sim/cluster.h"
#include "wire/kafka_error.h"

enum { PATIENCE_MS = 8000, PACE_HIGH_US = 2500000 };

enum lateness { OF_DEPOSED_CONTROLLER, FOR_EARLIER_LIFE, OF_OLD_LEADER_EPOCH, LATENESSES };

struct cluster_courier {
	struct broker_town *town;
	struct town_links links;
	struct sim_process *process;
	struct loop *loop;
	struct timer pace;
	bool is_busy;
	enum lateness lateness;
	const struct cluster_partition *partition; /* OF_OLD_LEADER_EPOCH */
	int broker;
	struct client_request request;
};

static struct prng *
prng(const struct cluster_courier *it)
{
	return sim_stream(it->town->sim, SIM_WORKLOAD);
}

/* It has a replica, and is to keep it: nothing moves. */
static bool
keeps_replica(const struct cluster_courier *it)
{
	const struct cluster_partition *partition = it->partition;

	for (int i = 0; i < TOWN_LASTING; i++)
		if (strcmp(partition->topic, it->town->ledger.topics[i].name) == 0)
			return partition->state.exists &&
			    brokers_of_has(&partition->replicas, it->broker) &&
			    partition->replicas.count == it->town->ledger.topics[i].replicas;
	return false;
}

static int16_t
code_of(const struct client_request *request, const void *message)
{
	const struct stop_replica_response *stopped = message;

	if (request->key == API_KEY_LEADER_AND_ISR)
		return ((const struct leader_and_isr_response *)message)->error_code;
	if (request->key == API_KEY_UPDATE_METADATA)
		return ((const struct update_metadata_response *)message)->error_code;
	return stopped->error_code == KAFKA_ERROR_NONE && stopped->partition_errors.count > 0 ?
	    stopped->partition_errors.items[0].error_code : stopped->error_code;
}

static void
answered(struct client_request *request, const void *response)
{
	struct cluster_courier *it = container_of(request, struct cluster_courier, request);

	it->is_busy = false;
	if (response == NULL || (it->lateness == OF_OLD_LEADER_EPOCH && !keeps_replica(it)))
		return;
	sim_check(it->town->sim, code_of(request, response) != KAFKA_ERROR_NONE,
	    "broker %d obeys a request %s", it->broker + 1,
	    it->lateness == OF_DEPOSED_CONTROLLER ? "of a deposed controller" :
	    it->lateness == FOR_EARLIER_LIFE ? "for an earlier life" : "of an old leader epoch");
	broker_town_mark(it->town, "a late request is refused");
}

static void
begin(struct cluster_courier *it, struct client_link *link, int16_t key, int16_t version,
    const void *body)
{
	it->is_busy = true;
	it->request = (struct client_request){ .key = key, .version = version,
		.patience_ms = PATIENCE_MS, .answered = answered };
	client_link_ask(link, &it->request, body, true);
}

/* ---------------------------------------------------------------- requests */

/* It says nothing of partitions: that it is obeyed is bad enough. */
static void
bring_empty(struct cluster_courier *it, struct client_link *link, int32_t controller_epoch,
    int64_t broker_epoch)
{
	struct leader_and_isr_request lead = leader_and_isr_request_defaults;
	struct update_metadata_request update = update_metadata_request_defaults;
	struct stop_replica_request stop = stop_replica_request_defaults;

	lead.controller_id = update.controller_id = stop.controller_id = CLUSTER_LATE_CONTROLLER;
	lead.controller_epoch = update.controller_epoch = stop.controller_epoch = controller_epoch;
	lead.broker_epoch = update.broker_epoch = stop.broker_epoch = broker_epoch;
	switch (prng_below(prng(it), 3)) {
	case 0:
		begin(it, link, API_KEY_LEADER_AND_ISR, (int16_t)prng_between(prng(it), 2, 7), &lead);
		break;
	case 1:
		begin(it, link, API_KEY_UPDATE_METADATA, (int16_t)prng_between(prng(it), 5, 8), &update);
		break;
	default:
		begin(it, link, API_KEY_STOP_REPLICA, (int16_t)prng_between(prng(it), 1, 4), &stop);
	}
}

static void
bring_stop(struct cluster_courier *it, struct client_link *link, const struct broker *host)
{
	struct stop_replica_request stop = stop_replica_request_defaults;
	struct stop_replica_request_stop_replica_topic_state topic =
	    stop_replica_request_stop_replica_topic_state_defaults;
	struct stop_replica_request_stop_replica_partition_state part =
	    stop_replica_request_stop_replica_partition_state_defaults;
	const struct cluster *cluster = it->town->cluster;
	const struct replica *replica;

	it->partition = &cluster->partitions[prng_below(prng(it), (uint64_t)cluster->count)];
	replica = replicas_find(host->replicas, slice_of_text(it->partition->topic),
	    it->partition->index);
	if (replica == NULL || replica->leader_epoch < 1 || !keeps_replica(it))
		return;
	part.partition_index = it->partition->index;
	part.leader_epoch = (int32_t)prng_between(prng(it), 0, replica->leader_epoch - 1);
	part.delete_partition = true;
	topic.topic_name = slice_of_text(it->partition->topic);
	topic.partition_states.items = &part;
	topic.partition_states.count = 1;
	stop.controller_id = CLUSTER_LATE_CONTROLLER;
	stop.controller_epoch = host->control.controller_epoch;
	stop.broker_epoch = host->control.broker_epoch;
	stop.topic_states.items = &topic;
	stop.topic_states.count = 1;
	begin(it, link, API_KEY_STOP_REPLICA, (int16_t)prng_between(prng(it), 3, 4), &stop);
}

static void
bring(struct cluster_courier *it)
{
	const struct broker *host;
	struct client_link *link;

	it->broker = (int)prng_below(prng(it), (uint64_t)it->town->broker_count);
	it->lateness = (enum lateness)prng_below(prng(it), LATENESSES);
	link = town_links_to(&it->links, it->broker);
	host = broker_host_broker(&it->town->processes[it->broker]);
	if (link == NULL || host == NULL || !host->control_made || host->replicas == NULL ||
	    host->control.broker_epoch < 1 || host->control.controller_epoch < 2 ||
	    it->town->cluster->count == 0)
		return;
	if (it->lateness == OF_DEPOSED_CONTROLLER)
		bring_empty(it, link, host->control.controller_epoch - 1, host->control.broker_epoch);
	else if (it->lateness == FOR_EARLIER_LIFE)
		bring_empty(it, link, host->control.controller_epoch, host->control.broker_epoch - 1);
	else
		bring_stop(it, link, host);
}

/* ---------------------------------------------------------------- its life */

static void
keep_pace(struct timer *timer)
{
	struct cluster_courier *it = container_of(timer, struct cluster_courier, pace);

	if (!it->is_busy && it->town->phase == TOWN_WORKING && !it->town->sim->failed)
		bring(it);
	timer_start(it->loop, timer, clock_monotonic_us(it->process->world.clock) +
	    sim_delay(it->town->sim, SIM_WORKLOAD, 200000, PACE_HIGH_US));
}

struct cluster_courier *
cluster_courier_new(struct broker_town *town)
{
	struct cluster_courier *it = sim_memory_new(sizeof(*it));

	it->town = town;
	return it;
}

void
cluster_courier_start(struct cluster_courier *it, struct sim_process *process, struct loop *loop)
{
	it->process = process;
	it->loop = loop;
	timer_init(&it->pace, keep_pace);
	town_links_open(&it->links, it->town, process, loop, "courier", NULL, it);
	keep_pace(&it->pace);
}

void
cluster_courier_free(struct cluster_courier *it)
{
	free(it);
}
