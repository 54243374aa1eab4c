/*
 * tests/sim/client_link.h: a client's connection to a broker: it speaks
 * klamm's own codec over the simulated network, and checks that each answer
 * belongs to the request that was asked first and is whole.
 */
#ifndef KLAMM_TESTS_SIM_CLIENT_LINK_H
#define KLAMM_TESTS_SIM_CLIENT_LINK_H

#include "tests/sim/sim_process.h"
#include "wire/messages.h"

struct client_link;

/* Embedded in what is asked; its maker's again when `answered` is called. */
struct client_request {
	struct list in_link;
	int16_t key, version;
	int32_t correlation_id;
	int32_t patience_ms; /* then the link is given up */
	int64_t asked_us;
	struct client_link *link; /* over which it was asked */
	int life;            /* of the broker that was asked */
	/*
	 * Once. `response` (in `arena`, both good until it returns) is NULL when the
	 * connection is lost: nobody knows what became of the request.
	 */
	void (*answered)(struct client_request *request, const void *response);
};

struct client_link {
	struct sim_process *process;
	struct loop *loop;
	const char *client_id;
	const struct sim_process *broker; /* that it is connected to */
	uint16_t port;
	/* On the loop; may be NULL. */
	void (*opened)(struct client_link *link);
	void (*lost)(struct client_link *link);
	void *context;
	uint64_t answered, losses;

	/* Private. */
	struct net_handler handler;
	struct net_connection *connection; /* NULL: none */
	bool is_open;
	int life;
	int32_t next_correlation_id;
	struct list waiting; /* requests, oldest first */
	struct timer timer;  /* gives up, or connects again */
	struct buffer in, out;
	size_t out_at;
};

/* On its loop; it connects at once, and again whenever it was lost. */
void client_link_open(struct client_link *link);
/* Sends it; the link must be open. `is_answered` false: the broker says nothing to it. */
void client_link_ask(struct client_link *link, struct client_request *request, const void *body,
    bool is_answered);
/* Everything that waits is lost; it connects again a little later. */
void client_link_drop(struct client_link *link);
static inline bool
client_link_is_open(const struct client_link *link)
{
	return link->is_open;
}
/* The broker that was asked is in another life now, or dead. */
static inline bool
client_request_outlived(const struct client_request *request)
{
	return request->life != (int)request->link->broker->lives;
}
/* How many requests wait for an answer. */
int client_link_waiting(const struct client_link *link);

#endif
