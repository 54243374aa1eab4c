/*
 * controller/controller.h: the elected controller (zookeeper.md 5.2 to 5.9):
 * takes part in the election, and while it leads assigns partition leaders,
 * records them in ZooKeeper, fenced, and tells the brokers by LeaderAndIsr,
 * UpdateMetadata and StopReplica. Serves the requests that go to the active
 * controller. On the control loop.
 *
 * What it decides are plain functions over its context (elections of leaders,
 * placement, what a deletion needs next); the files that talk to ZooKeeper
 * carry it out, pipelined. Every step can be repeated by the next controller.
 */
#ifndef KLAMM_CONTROLLER_CONTROLLER_H
#define KLAMM_CONTROLLER_CONTROLLER_H

#include "config/broker_config.h"
#include "metrics/snapshot.h"
#include "wire/messages.h"
#include "zk/payload_broker.h"
#include "zk/session.h"

struct controller;

/*
 * A request to one broker, in the order of sending, one in flight a broker.
 * The channel calls `answered` once on the control loop: with the decoded
 * response (its arena lives until the call returns), or NULL when the channel
 * was closed. key is API_KEY_LEADER_AND_ISR, UPDATE_METADATA or STOP_REPLICA;
 * the version is the newest (7, 8, 4), and an older one is sent where
 * inter.broker.protocol.version wants that. Or LIST_OFFSETS and
 * FETCH, of any replica, in versions 6 and 12.
 */
struct controller_message {
	struct list link;
	int16_t key;
	int16_t version;
	void *request;      /* of that key; lies in `arena` */
	struct arena arena; /* the message's */
	void (*answered)(struct controller_message *message, const void *response);
};

/* How it reaches brokers, itself among them; on the control loop. */
struct controller_channels {
	/* The broker is alive, with this epoch; borrowed. */
	void (*open)(struct controller_channels *channels, int32_t broker, int64_t epoch,
	    const struct payload_broker *registration);
	/* It is gone; its unanswered messages are answered with NULL before this returns. */
	void (*close)(struct controller_channels *channels, int32_t broker);
	void (*send)(struct controller_channels *channels, int32_t broker,
	    struct controller_message *message);
	/*
	 * The same life of the broker has another registration, mostly other
	 * addresses; borrowed. What is out stays out. NULL: no matter.
	 */
	void (*change)(struct controller_channels *channels, int32_t broker,
	    const struct payload_broker *registration);
};

struct controller_options {
	struct zk_session *session;
	struct world *world;
	const struct broker_config *config; /* borrowed */
	int32_t broker_id;
	struct controller_channels *channels;
	/* Who is controller, as far as is known; -1: nobody. May be NULL. */
	void (*known)(void *context, int32_t broker);
	void *context;
};

struct controller *controller_new(const struct controller_options *options);
/* After controller_stop, and after the session was stopped. */
void controller_free(struct controller *controller);

/* The broker has registered in the session at hand: take part in the election. */
void controller_elect(struct controller *controller);
/* The session is gone, and with it whatever was led. */
void controller_expired(struct controller *controller);
/*
 * Calls are answered NOT_CONTROLLER from now on and nothing is written any
 * more. /controller goes with the session.
 */
void controller_stop(struct controller *controller);
bool controller_is_active(const struct controller *controller);
/* What it knows of the cluster, for the metrics; nothing while another is controller. */
void controller_snapshot(struct controller *controller, struct snapshot *snapshot);

/* ------------------------------------------------------------- its calls */

enum controller_call_type {
	CONTROLLER_CREATE_TOPICS,     /* create_topics_request, create_topics_response */
	CONTROLLER_DELETE_TOPICS,     /* delete_topics_... */
	CONTROLLER_CREATE_PARTITIONS, /* create_partitions_... */
	/*
	 * Topics that clients ask for: create_topics_request with partitions and
	 * factor -1. Names in flight are not made twice; nothing is waited for;
	 * the response's error codes say what became of each.
	 */
	CONTROLLER_AUTO_CREATE,
	CONTROLLER_ALLOCATE_PRODUCER_IDS, /* allocate_producer_ids_... */
	/* alter_partition_...: by `version` topics have names or ids, members epochs. */
	CONTROLLER_ALTER_PARTITION,
	/*
	 * controlled_shutdown_...: from now on the broker leads nothing that another
	 * can lead. On another broker than the controller: STALE_CONTROLLER_EPOCH.
	 */
	CONTROLLER_CONTROLLED_SHUTDOWN,
	/*
	 * elect_leaders_...: answered when our own broker knows the new leaders, or
	 * the time is over. Without a list of partitions: those that need it; on
	 * another broker NOT_CONTROLLER stands in the response then.
	 */
	CONTROLLER_ELECT_LEADERS,
	/*
	 * alter_partition_reassignments_..., list_partition_reassignments_... (KIP-455).
	 * Answered once it stands in ZooKeeper, whenever it ends. A move that would
	 * leave nobody who is in sync is refused, where Kafka loses what it has.
	 */
	CONTROLLER_ALTER_REASSIGNMENTS,
	CONTROLLER_LIST_REASSIGNMENTS,
};

/*
 * A request, decoded: its maker's until `done`, which is called once, on
 * `loop`. The response is filled in, with arrays and texts in the arena (or
 * static), codes as the newest version has them; on another broker than the
 * active controller each item says NOT_CONTROLLER, or the response itself does.
 */
struct controller_call {
	enum controller_call_type type;
	int16_t version;      /* of the request, where behaviour depends on it */
	const void *request;
	void *response;       /* set to defaults by the maker */
	struct arena *arena;
	struct loop *loop;
	void (*done)(struct controller_call *call);
	/* the controller's */
	struct controller *controller;
	struct loop_message message;
	struct list link;
	struct timer timer;
	void *work;
};

/* Any thread. */
void controller_ask(struct controller *controller, struct controller_call *call);

#endif
