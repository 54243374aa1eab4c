/*
 * api/broker_control.h: requests to this broker about what it hosts. Whoever is
 * above api obeys them on the control loop: those of a controller (LeaderAndIsr,
 * UpdateMetadata, StopReplica) one at a time and in the order of their arrival,
 * those of tools about the log dirs (DescribeLogDirs, AlterReplicaLogDirs) as they come, at another
 * port.
 */
#ifndef KLAMM_API_BROKER_CONTROL_H
#define KLAMM_API_BROKER_CONTROL_H

#include "base/arena.h"
#include "world/loop.h"

struct broker_control_port;

/* Its maker's until `done`, which is called once, on `loop`. */
struct broker_control_call {
	int16_t key;         /* of the api, API_KEY_... */
	const void *request; /* decoded */
	void *response;      /* of that key; what it names lies in the arena or in the request */
	struct arena *arena; /* the port's meanwhile */
	struct loop *loop;
	void (*done)(struct broker_control_call *call);
	/* the port's */
	struct broker_control_port *port;
	struct loop_message message;
	struct list link;
};

struct broker_control_port {
	/* Any loop. `done` may be called before it returns when that is the control loop. */
	void (*obey)(struct broker_control_port *port, struct broker_control_call *call);
};

#endif
