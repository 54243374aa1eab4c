/* cluster/life_private.h: what the files of life share. */
#ifndef KLAMM_CLUSTER_LIFE_PRIVATE_H
#define KLAMM_CLUSTER_LIFE_PRIVATE_H

#include "base/buffer.h"
#include "cluster/life.h"
#include "zk/ephemeral.h"
#include "zk/operations.h"
#include "zk/paths.h"
#include "zk/payload_broker.h"

/*
 *   IDLE -> CONNECTING -> PATHS -> CLUSTER_ID -> BROKER_ID -> LOOKING -> IDENTIFIED
 *
 *   IDENTIFIED -> OTHERS -> REGISTERING -> REGISTERED
 *                            ^   |   ^        | expired
 *                            |   v   +--------+-- WAITING (for a session, or a while)
 *                         PARENT
 * and from everywhere to STOPPED, of its own accord when it has failed.
 */
enum life_state {
	LIFE_IDLE,
	LIFE_CONNECTING,  /* the session is waited for, up to zookeeper.connection.timeout.ms */
	LIFE_PATHS,       /* start-up paths are made, all at once */
	LIFE_CLUSTER_ID,  /* read, or made and read */
	LIFE_BROKER_ID,   /* where it is generated */
	LIFE_LOOKING,     /* for what klamm does not serve, to warn of it */
	LIFE_IDENTIFIED,
	LIFE_OTHERS,      /* registrations of other brokers are read */
	LIFE_REGISTERING,
	LIFE_PARENT,      /* /brokers/ids has gone, and is made again */
	LIFE_REGISTERED,
	LIFE_WAITING,
	LIFE_STOPPED,
	LIFE_STATE_COUNT,
};

enum { LIFE_REASON_SIZE = 512 };

struct life_path {
	struct zk_create_path create;
	struct life *life;
};

/* One of several reads at once. */
struct life_read {
	struct zk_call call;
	struct life *life;
	char *path;
	int32_t broker; /* OTHERS */
};

struct life {
	struct life_options options;
	char *known_cluster_id;
	enum life_state state;
	struct zk_listener listener;
	struct timer timer; /* lines while waiting; then the next try */
	int64_t began_us;   /* waiting */
	char *cluster_id;
	int32_t broker_id;

	/* one call at a time */
	struct zk_call call;
	struct zk_write write;
	struct zk_create_path create;
	struct buffer data;

	/* several at once */
	struct life_path paths[PATHS_STARTUP_COUNT];
	struct life_read *reads;
	size_t read_count;
	size_t left; /* of either, not answered */
	struct {
		int acls;       /* resources that have some */
		bool migration;
	} seen;

	struct payload_endpoint *endpoints; /* slices of `life_endpoint` copies */
	size_t endpoint_count;
	struct zk_ephemeral ephemeral;
	struct buffer path;
	bool was_registered;
	/* Another set of doubts, into the znode that is there. */
	struct zk_write doubts;
	struct buffer doubts_data;
	bool doubts_are_out;   /* a write of them is under way */
	bool doubts_changed;   /* since they were encoded last */
};

void life_change_state(struct life *life, enum life_state state);
/* Tells the handler; nothing more happens. */
void life_fail(struct life *life, const char *format, ...) PRINTF_LIKE(2, 3);
/* `count` reads without paths; those of before are freed. */
void life_reads_init(struct life *life, size_t count);
void life_reads_fini(struct life *life);

/* life_identify.c: the session is there. */
void life_make_paths(struct life *life);
/* life_look.c: then identified. */
void life_look(struct life *life);
/* life_register.c: in the session at hand, with the endpoints of life_register. */
void life_register_now(struct life *life);
void life_endpoints_fini(struct life *life);
/* If they have changed, and our znode is there. */
void life_write_doubts(struct life *life);

#endif
