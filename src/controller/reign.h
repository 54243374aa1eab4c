/*
 * controller/reign.h: one term of this broker as the controller: from the won
 * election to the resignation or the session's end. What happens is a queue of
 * jobs (job.h), one at a time, as in Kafka's controller thread. Private.
 *
 *     BEGUN --(context read, brokers told)--> ESTABLISHED --> OVER
 *
 * A reign that is over writes nothing and hears no watch; it lies in memory
 * until its last call to ZooKeeper has been answered.
 */
#ifndef KLAMM_CONTROLLER_REIGN_H
#define KLAMM_CONTROLLER_REIGN_H

#include "controller/context.h"
#include "controller/controller.h"
#include "controller/doubts.h"
#include "controller/outgoing.h"
#include "zk/operations.h"

struct job;
struct job_type;

/* X(name, type, path): what is watched as long as it reigns, but for topics and brokers. */
#define REIGN_WATCHES(X) \
	X(BROKERS, CHILDREN, BROKER_IDS) \
	X(TOPICS, CHILDREN, TOPICS) \
	X(DELETIONS, CHILDREN, DELETE_TOPICS) \
	X(LOG_DIR_EVENTS, CHILDREN, LOG_DIR_EVENTS) \
	X(CONFIG_CHANGES, CHILDREN, CONFIG_CHANGES) \
	X(ISR_CHANGES, CHILDREN, ISR_CHANGES) \
	X(PREFERRED_ELECTION, NODE, PREFERRED_ELECTION) \
	X(REASSIGNMENT, NODE, REASSIGNMENT)
#define REIGN_WATCH_MEMBER(name, type, path) REIGN_WATCH_##name,
enum reign_watch_kind { REIGN_WATCHES(REIGN_WATCH_MEMBER) REIGN_WATCH_COUNT };
#undef REIGN_WATCH_MEMBER

struct reign_watch {
	struct zk_watch watch;
	struct reign *reign;
};

struct reign {
	struct list link; /* of those that are over */
	struct controller *controller;
	const struct controller_options *options;
	int32_t epoch;
	struct zk_fence fence;
	bool is_begun, is_over;
	bool is_established;
	size_t calls_out;         /* to ZooKeeper, not answered yet */
	struct list jobs;         /* struct job that wait */
	struct job *job;          /* at work */
	bool is_running;          /* jobs are begun further up the stack */
	struct context context;
	struct outgoing outgoing;
	struct reign_watch watches[REIGN_WATCH_COUNT];
	struct list waiting;      /* struct waiter: calls that wait for topics to be made, or gone */
	uint64_t sent;            /* number of the last message to any broker */
	bool deletion_waits;      /* for brokers to hear of it */
	int32_t config_change;    /* the last one that was seen; -1: none */
	struct timer rebalance;
	struct doubts doubts;     /* partitions that nobody may lead yet */
	struct timer doubts_timer;
};

struct reign *reign_new(struct controller *controller, const struct controller_options *options,
    int32_t epoch, int32_t fence_version);
/* The failover is its first job; what comes meanwhile waits behind it. */
void reign_begin(struct reign *reign);
/* Watches, channels, jobs and waiters go; calls of clients are answered NOT_CONTROLLER. */
void reign_end(struct reign *reign);
/* It is over, and nothing of it is under way, or never will be answered. */
void reign_free(struct reign *reign);

/* A fence has failed, or this controller cannot do its work: resign. controller.c */
void controller_resign(struct controller *controller, struct reign *reign, const char *why);
/* The reign at hand; NULL: somebody else, or nobody, is controller. For tests. */
struct reign *controller_reign(struct controller *controller);
/* Somebody says that another is controller: look. */
void controller_look_again(struct controller *controller);
/* The last call of a reign that is over has been answered: it may be freed, soon. */
void controller_reign_is_quiet(struct controller *controller);

/* Watches of topics and brokers. */
void reign_watch_topic(struct reign *reign, struct context_topic *topic);
void reign_unwatch_topic(struct reign *reign, struct context_topic *topic);
void reign_watch_broker(struct reign *reign, struct context_broker *broker);
void reign_unwatch_broker(struct reign *reign, struct context_broker *broker);
/* Out of the context, with its watch. */
void reign_forget_topic(struct reign *reign, struct context_topic *topic);

/* The job waits at the end of the queue, unless nothing is at work. */
void reign_post(struct reign *reign, struct job *job);
/* The job at work has ended. */
void reign_run(struct reign *reign);
/* A new one, unless one of that type waits already. */
void reign_post_once(struct reign *reign, const struct job_type *type);

#endif
