/*
 * tests/sim/town_links.h: a client's connections, one to each broker, and what
 * it knows of who leads. In a town of one broker that is always known; in a
 * cluster Metadata tells it, now and then and after each refusal.
 */
#ifndef KLAMM_TESTS_SIM_TOWN_LINKS_H
#define KLAMM_TESTS_SIM_TOWN_LINKS_H

#include "tests/sim/client_link.h"
#include "tests/sim/ledger.h"

struct broker_town;

enum {
	TOWN_BROKERS = 5, /* at most */
	TOWN_LASTING = 2, /* topics that are made once */
	TOWN_PASSING = 2, /* names of topics that are made and deleted */
};

struct town_leader {
	int broker;    /* -1: unknown */
	int32_t epoch; /* -1: unknown */
};

struct town_links {
	struct broker_town *town;
	struct client_link links[TOWN_BROKERS];
	/* By topic, the passing ones after the lasting ones, and partition. */
	struct town_leader leaders[TOWN_LASTING + TOWN_PASSING][LEDGER_PARTITIONS];
	int controller; /* -1: unknown */
	bool is_busy;
	int64_t next_us; /* when Metadata is asked again */
	struct client_request request;
};

/* Each connects at once. `opened` (may be NULL) is told of each; its link's context is the given one. */
void town_links_open(struct town_links *links, struct broker_town *town,
    struct sim_process *process, struct loop *loop, const char *client_id,
    void (*opened)(struct client_link *link), void *context);
/* From time to time: asks Metadata when that is due. */
void town_links_refresh(struct town_links *links);
/* What was known has led astray. */
void town_links_are_stale(struct town_links *links);

/* Open ones; NULL: unknown, or not connected. `epoch`: that the leader has; -1: unknown. */
struct client_link *town_links_leader(struct town_links *links, const char *topic,
    int partition, int32_t *epoch);
struct client_link *town_links_controller(struct town_links *links);
/* One of all, drawn. */
struct client_link *town_links_any(struct town_links *links);
struct client_link *town_links_to(struct town_links *links, int broker);
/* Which broker it goes to. */
int town_links_broker(const struct town_links *links, const struct client_link *link);
/*
 * In a cluster: the broker does not lead the partition by what stands in
 * ZooKeeper. It may not know that yet, and lacks what the leader has taken.
 */
bool town_links_are_deposed(struct town_links *links, const struct client_link *link,
    const char *topic, int partition);
/* The broker that has this address; -1: none. */
int town_links_find(const struct town_links *links, struct slice host, int32_t port);

#endif
