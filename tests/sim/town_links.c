#include "tests/sim/town_links.h"

#include "tests/sim/broker_town.h"
#include "tests/sim/cluster.h"
#include "wire/kafka_error.h"

enum {
	PATIENCE_MS = 3000,
	SOON_US = 100000,
	SELDOM_US = 3000000,
};

static struct prng *
prng(const struct town_links *links)
{
	return sim_stream(links->town->sim, SIM_WORKLOAD);
}

/* Of the lasting and the passing topics; -1: another. */
static int
topic_number(const struct town_links *links, struct slice name)
{
	for (int i = 0; i < TOWN_LASTING; i++) {
		if (slice_equal_text(name, links->town->ledger.topics[i].name))
			return i;
	}
	for (int i = 0; i < TOWN_PASSING; i++) {
		if (slice_equal_text(name, town_passing[i]))
			return TOWN_LASTING + i;
	}
	return -1;
}

/* ---------------------------------------------------------------- metadata */

static int
broker_of(const struct town_links *links, int32_t id)
{
	return id >= 1 && id <= links->town->broker_count ? id - 1 : -1;
}

static void
take_topic(struct town_links *links, const struct metadata_response_metadata_response_topic *told)
{
	int topic = topic_number(links, told->name);

	if (topic < 0 || told->error_code != KAFKA_ERROR_NONE)
		return;
	for (int32_t i = 0; i < told->partitions.count; i++) {
		const struct metadata_response_metadata_response_partition *part =
		    &told->partitions.items[i];
		struct town_leader *known;

		if (part->partition_index >= LEDGER_PARTITIONS)
			continue;
		known = &links->leaders[topic][part->partition_index];
		/* A broker that lags knows less; but a topic that was made again begins anew. */
		if (topic >= TOWN_LASTING || part->leader_epoch >= known->epoch)
			*known = (struct town_leader){ broker_of(links, part->leader_id),
				part->leader_epoch };
	}
}

static void
came(struct client_request *request, const void *message)
{
	struct town_links *links = container_of(request, struct town_links, request);
	const struct metadata_response *response = message;

	links->is_busy = false;
	if (response == NULL) {
		town_links_are_stale(links);
		return;
	}
	links->controller = broker_of(links, response->controller_id);
	for (int32_t i = 0; i < response->topics.count; i++)
		take_topic(links, &response->topics.items[i]);
}

void
town_links_refresh(struct town_links *links)
{
	struct metadata_request body = metadata_request_defaults;
	int64_t now_us = sim_now_us(links->town->sim);
	struct client_link *link;

	if (!links->town->is_cluster || links->is_busy || now_us < links->next_us ||
	    links->town->sim->failed)
		return;
	link = town_links_any(links);
	if (link == NULL)
		return;
	links->is_busy = true;
	links->next_us = now_us + prng_between(prng(links), SELDOM_US / 4, SELDOM_US);
	links->request = (struct client_request){ .key = API_KEY_METADATA,
		.version = (int16_t)prng_between(prng(links), 9, 12), .patience_ms = PATIENCE_MS,
		.answered = came };
	body.topics.count = -1; /* all */
	client_link_ask(link, &links->request, &body, true);
}

void
town_links_are_stale(struct town_links *links)
{
	int64_t soon_us = sim_now_us(links->town->sim) + SOON_US;

	links->next_us = MIN(links->next_us, soon_us);
}

/* -------------------------------------------------------------- which link */

struct client_link *
town_links_to(struct town_links *links, int broker)
{
	if (broker < 0 || !client_link_is_open(&links->links[broker]))
		return NULL;
	return &links->links[broker];
}

struct client_link *
town_links_leader(struct town_links *links, const char *topic, int partition, int32_t *epoch)
{
	const struct town_leader *leader;

	*epoch = -1;
	if (!links->town->is_cluster)
		return town_links_to(links, 0);
	leader = &links->leaders[topic_number(links, slice_of_text(topic))][partition];
	*epoch = leader->epoch;
	if (town_links_to(links, leader->broker) == NULL)
		town_links_are_stale(links);
	return town_links_to(links, leader->broker);
}

struct client_link *
town_links_controller(struct town_links *links)
{
	return town_links_to(links, links->town->is_cluster ? links->controller : 0);
}

struct client_link *
town_links_any(struct town_links *links)
{
	int first = links->town->broker_count == 1 ? 0 :
	    (int)prng_below(prng(links), (uint64_t)links->town->broker_count);

	for (int i = 0; i < links->town->broker_count; i++) {
		int broker = (first + i) % links->town->broker_count;

		if (client_link_is_open(&links->links[broker]))
			return &links->links[broker];
	}
	return NULL;
}

int
town_links_broker(const struct town_links *links, const struct client_link *link)
{
	return (int)(link - links->links);
}

bool
town_links_are_deposed(struct town_links *links, const struct client_link *link,
    const char *topic, int partition)
{
	int32_t epoch;

	if (!links->town->is_cluster || town_links_broker(links, link) ==
	    cluster_leader(links->town, topic, partition, &epoch))
		return false;
	town_links_are_stale(links);
	return true;
}

int
town_links_find(const struct town_links *links, struct slice host, int32_t port)
{
	struct net_address address;

	for (int i = 0; i < links->town->broker_count; i++) {
		sim_net_address(i, TOWN_PORT, &address);
		if (slice_equal_text(host, address.host) && port == TOWN_PORT)
			return i;
	}
	return -1;
}

/* ------------------------------------------------------------------ opening */

void
town_links_open(struct town_links *links, struct broker_town *town, struct sim_process *process,
    struct loop *loop, const char *client_id, void (*opened)(struct client_link *link),
    void *context)
{
	links->town = town;
	links->controller = -1;
	for (int topic = 0; topic < TOWN_LASTING + TOWN_PASSING; topic++) {
		for (int p = 0; p < LEDGER_PARTITIONS; p++)
			links->leaders[topic][p] = (struct town_leader){ -1, -1 };
	}
	for (int i = 0; i < town->broker_count; i++) {
		links->links[i] = (struct client_link){ .process = process, .loop = loop,
			.client_id = client_id, .broker = &town->processes[i], .port = TOWN_PORT,
			.opened = opened, .context = context };
		client_link_open(&links->links[i]);
	}
}
