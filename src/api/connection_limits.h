/*
 * api/connection_limits.h: how many connections there may be: of one address
 * (max.connections.per.ip, with its overrides) and in all (max.connections).
 * One actor counts for all loops of the broker.
 *
 * As in Kafka, who comes when all places are taken waits for one, accepted but
 * unread, and who has too many of one address is refused. The listener of the
 * brokers, where clients have others, waits only until it has too many itself.
 */
#ifndef KLAMM_API_CONNECTION_LIMITS_H
#define KLAMM_API_CONNECTION_LIMITS_H

#include "api/client_host.h"
#include "base/hash_table.h"
#include "config/broker_config.h"
#include "world/actor.h"
#include "world/world.h"

struct connection_limits;

enum connection_verdict { CONNECTION_ADMITTED, CONNECTION_REFUSED, CONNECTION_WAITS };

struct connection_ticket;

struct connection_ticket_event {
	struct actor_event event;
	struct connection_ticket *ticket;
};

/* One connection's place; malloc()ed by its maker, who sets the first fields. */
struct connection_ticket {
	struct loop *loop;
	size_t listener;                /* its number in the configuration */
	char host[NET_HOST_SIZE];       /* numeric */
	/* On `loop`: once, but twice for one that waits first. */
	void (*judged)(struct connection_ticket *ticket, enum connection_verdict verdict);
	/* On `loop`, after connection_limits_leave: it is the maker's again. */
	void (*left)(struct connection_ticket *ticket);
	void *context;
	/* The actor's. */
	struct connection_limits *limits;
	struct connection_ticket_event enter, leave;
	struct loop_message waits, verdict, gone;
	struct list waiting;
	enum { TICKET_NEW, TICKET_WAITING, TICKET_ADMITTED, TICKET_REFUSED } state;
	struct address_count *address;
	bool has_left;                  /* the loop's: nothing is told any more */
};

/* Both borrowed; made and ended on the control loop, ended when all have left. */
struct connection_limits *connection_limits_new(struct world *world,
    const struct broker_config *config);
void connection_limits_free(struct connection_limits *limits);
/*
 * Blocks, on a worker, before anybody comes: looks up the names among the
 * overrides. `*complaint` is one that has no address.
 */
NODISCARD enum error connection_limits_resolve(struct connection_limits *limits, struct net *net,
    const char **complaint);

/* On the ticket's loop. */
void connection_limits_enter(struct connection_limits *limits, struct connection_ticket *ticket);
/* At any time after it, once; `judged` is not called any more. */
void connection_limits_leave(struct connection_ticket *ticket);

#endif
