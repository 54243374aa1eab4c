/*
 * tests/unit/cluster/bridge.h: a broker link from machine 0 to machine 1, with
 * a scripted broker there. What is asked are Heartbeats, told apart by the
 * error code of their answers.
 */
#ifndef KLAMM_TESTS_UNIT_CLUSTER_BRIDGE_H
#define KLAMM_TESTS_UNIT_CLUSTER_BRIDGE_H

#include "cluster/broker_link.h"
#include "tests/sim/sim_net.h"
#include "tests/sim/sim_process.h"
#include "wire/messages.h"

enum {
	BRIDGE_PORT = 9092,
	BRIDGE_SECOND_US = 1000000,
	BRIDGE_REQUESTS = 16,
	BRIDGE_LARGEST = 200000,
};

struct bridge_asked {
	struct broker_link_request request;
	struct heartbeat_request body;
	int answers;
	int order;            /* its place among all answers, from 1 */
	enum error error;
	int16_t code;         /* of the response */
	int64_t answered_us;
	bool asks_again;      /* when it is answered, once */
	bool closes;          /* when it is answered */
	bool holds;           /* the answer */
	struct broker_link_answer *held;
	const void *response; /* in the held one */
};

struct bridge_received {
	int16_t key, version;
	int32_t correlation_id;
	int connection;     /* on which, from 1 */
	int32_t controller; /* where the key has it */
};

struct bridge {
	struct sim sim;
	struct sim_net net;
	struct sim_machine machines[3];
	struct sim_process near, far, other; /* other: a second broker, at machine 2 */
	/* Near. */
	struct broker_link_options options;
	struct broker_link *link;
	bool closed;
	int64_t closed_us;
	int answer_count;
	struct bridge_asked asked[BRIDGE_REQUESTS];
	/* How often each name was looked up; what "broker" is. */
	int lookups;
	enum error lookup_error;
	struct net_address names[4];
	size_t name_count;
	/* Far: what has come and what goes out. */
	struct bridge_received received[BRIDGE_REQUESTS];
	int received_count;
	int connections;
	bool answers_at_once;
	int16_t api_versions_error;
	int16_t heartbeat_max_version; /* what it says it has */
	int16_t alter_partition_max_version;
	const char *log_text;
	int logged_count;              /* lines that have `log_text` */
};

extern struct bridge bridge;

void bridge_set_up(void);
void bridge_tear_down(void);
/* Both are up; the link is made as options say. */
void bridge_open(void);
/* The broker there, or that at machine 2, listens. */
void bridge_start_far(void);
void bridge_start_other(void);
void bridge_run(int64_t us);
/* Asks request number `index`, version `version`; several in one turn. */
void bridge_ask(int index, int16_t version);
void bridge_ask_many(int first, int count);
void bridge_close(void);
/* Code that runs on the link's loop. */
void bridge_enter(void);
void bridge_leave(void);

/* The broker there: answers what it received as number `index` with the code. */
void bridge_answer(int index, int16_t code);
/* The same with another correlation id, and bytes behind the message. */
void bridge_answer_wrongly(int index, int32_t correlation_id, int surplus_bytes);
/* Any key: nothing is set in the answer. */
void bridge_answer_defaults(int index);
/* An AlterPartition. */
void bridge_answer_code(int index, int16_t code);
/* Any bytes. */
void bridge_send(const void *bytes, size_t size);
/* A Fetch answer, version 4, whose records are `size` bytes counting up. */
void bridge_answer_fetch(int index, size_t size);
void bridge_hang_up(void);

void bridge_expect(int index, enum error error);

#endif
