/*
 * cluster/broker_link_private.h: what the files of the link share.
 *
 *	IDLE -> RESOLVING -> CONNECTING -> NEGOTIATING -> OPEN
 *	  ^         |            |             |           |
 *	  +---------+------------+-------------+-----------+   dropped
 *
 * From each to CLOSED. An address that is no name needs no RESOLVING, and
 * without options.negotiate there is no NEGOTIATING. What is asked only ever
 * joins `waiting`; the task at the end of the loop's turn does the rest, so
 * that nothing is called from inside the asker's call, and what was asked in
 * one turn goes out in one write.
 */
#ifndef KLAMM_CLUSTER_BROKER_LINK_PRIVATE_H
#define KLAMM_CLUSTER_BROKER_LINK_PRIVATE_H

#include "base/buffer_list.h"
#include "cluster/broker_link.h"
#include "wire/messages.h"

enum {
	BROKER_LINK_ADDRESSES = 8, /* of one name, tried in turn */
	BROKER_LINK_INPUT_BYTES = 16 * 1024,
};

enum broker_link_state {
	BROKER_LINK_IDLE,
	BROKER_LINK_RESOLVING,
	BROKER_LINK_CONNECTING,
	BROKER_LINK_NEGOTIATING,
	BROKER_LINK_OPEN,
	BROKER_LINK_CLOSED,
};

/* On a worker, and perhaps for long: a link that is closed meanwhile leaves it alone. */
struct broker_link_lookup {
	struct work work;
	struct broker_link *link; /* NULL: closed */
	struct net *net;
	char *host;
	enum error error;
	struct net_address addresses[BROKER_LINK_ADDRESSES];
	size_t count;
};

struct broker_link {
	struct world *world;
	struct loop *loop;
	char *client_id;
	char *host;
	uint16_t port;
	size_t largest_answer;
	int64_t backoff_low_us, backoff_high_us;
	int64_t connect_timeout_us;
	bool negotiate;

	enum broker_link_state state;
	struct list waiting; /* struct broker_link_request: not sent */
	struct list sent;    /* oldest first */
	struct list lost;    /* to be answered with their error */
	struct loop_task turn;
	/* IDLE: the next attempt; OPEN: not later than the first deadline of `sent`; else: gives up. */
	struct timer timer;
	int32_t next_correlation_id;

	/* The attempts. */
	int64_t backoff_us;      /* of the next failure */
	int64_t next_attempt_us;
	bool complained;         /* that it cannot connect, since it last could */
	struct broker_link_lookup *lookup; /* NULL: none is under way */
	struct net_address addresses[BROKER_LINK_ADDRESSES];
	size_t address_count;
	size_t address_at;       /* the next one to be tried */

	/* The connection. */
	struct net_handler handler;
	struct net_connection *net; /* NULL: none */
	struct buffer_list out;
	uint8_t *input;             /* what begins frames; NULL: nothing was ever read */
	size_t input_size;
	struct broker_link_answer *incoming; /* whose rest is awaited; NULL: none */
	size_t incoming_size;                /* bytes of it that have come */

	/* NEGOTIATING, and what came of it. */
	struct broker_link_request negotiation;
	struct api_versions_request negotiation_body;
	struct broker_link_answer *versions_answer; /* NULL: nothing is known */
	const struct api_versions_response *versions;

	/* CLOSED. */
	bool has_ended;
	struct loop_message end;
	void (*closed)(void *context);
	void *context;
};

/* broker_link.c */
/*
 * The connection, or the attempt, has failed. What was sent is lost with it;
 * what was not, if it did not come to a connection.
 */
void broker_link_drop(struct broker_link *link, enum error error);
/* Starts or stops the timer as the state needs it. */
void broker_link_arm(struct broker_link *link);
/* The task will run, soon. */
static inline void
broker_link_go_on(struct broker_link *link)
{
	loop_run_at_end(link->loop, &link->turn);
}
/* The connection is there. */
void broker_link_opened(struct broker_link *link);
/* One request, encoded and counted among those sent. */
NODISCARD enum error broker_link_send(struct broker_link *link,
    struct broker_link_request *request);
/* Bytes go out, as many as are taken. */
void broker_link_flush(struct broker_link *link);

/* broker_link_connect.c */
/* IDLE, and it is time. */
void broker_link_connect(struct broker_link *link);
/* The timer has fired before it was connected. */
void broker_link_connect_timed_out(struct broker_link *link);

/* broker_link_read.c */
void broker_link_readable(struct net_handler *handler);
/* What had come of a connection that is no more. */
void broker_link_forget_input(struct broker_link *link);

#endif
