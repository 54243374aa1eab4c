/*
 * klamm/client.h: requests to a cluster: to any broker, to the controller, to
 * a group's coordinator. Everything is done before one deadline, set at the
 * start. What went wrong is told in `complaint`, one line for the user.
 */
#ifndef KLAMM_KLAMM_CLIENT_H
#define KLAMM_KLAMM_CLIENT_H

#include "klamm/bootstrap.h"
#include "klamm/connection.h"
#include "wire/messages.h"

enum { CLIENT_ANY_BROKER = -1, CLIENT_COMPLAINT_SIZE = 512 };

struct client_broker {
	int32_t node_id; /* CLIENT_ANY_BROKER: one of the bootstrap list */
	char host[BOOTSTRAP_HOST_SIZE];
	uint16_t port;
	struct connection connection;
};

struct client {
	struct transport *transport;
	struct bootstrap bootstrap;
	int64_t timeout_ms;
	int64_t deadline_us;
	struct client_broker *brokers; /* the bootstrap's first, once connected */
	size_t broker_count;
	int32_t controller_id;         /* -1: not known */
	bool may_be_sent;              /* the last call's request: it got as far as to a connection */
	char complaint[CLIENT_COMPLAINT_SIZE];
};

/* The deadline is `timeout_ms` from now. `transport` is borrowed. */
void client_init(struct client *client, struct transport *transport,
    const struct bootstrap *bootstrap, int64_t timeout_ms);
void client_fini(struct client *client);
/* For who asks again and again: the timeout counts from now on. */
void client_begin_again(struct client *client);

/*
 * One request to one broker, whose node the client has to have met (by
 * client_controller, client_coordinator, client_learn), or to any. What
 * `response` points into is the answer's, until its next use. On an error, of
 * whatever kind, `complaint` says what happened.
 */
NODISCARD enum error client_call(struct client *client, int32_t node_id,
    const struct request_kind *kind, const void *request, struct answer *answer, void *response);

/* Meets the brokers of the cluster, and its controller if it has one. */
NODISCARD enum error client_learn(struct client *client);
/* The controller's node id; waits for one to be elected. */
NODISCARD enum error client_controller(struct client *client, int32_t *node_id);
/*
 * client_call to the controller. One that cannot be connected to is no longer
 * it: the next is waited for.
 */
NODISCARD enum error client_call_controller(struct client *client, const struct request_kind *kind,
    const void *request, struct answer *answer, void *response);
/* The node id of a group's coordinator; waits for it to be there. */
NODISCARD enum error client_coordinator(struct client *client, const char *group, int32_t *node_id);

/*
 * After a Kafka error code of an answer: should the same be asked again, from
 * looking up the broker on? True after a short pause, false when the code is
 * no reason for it or time is up.
 */
bool client_again(struct client *client, int16_t code);

/* What a request may be given to say of how long the broker takes, in ms. */
int32_t client_request_timeout_ms(struct client *client);

/* "NAME: the broker's message", or our text where it sent none. Into `complaint`. */
void client_refused(struct client *client, const char *what, int16_t code, struct slice message);

#endif
