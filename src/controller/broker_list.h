/*
 * controller/broker_list.h: the brokers as they are registered in ZooKeeper,
 * and how they differ from those that the context has. Private.
 */
#ifndef KLAMM_CONTROLLER_BROKER_LIST_H
#define KLAMM_CONTROLLER_BROKER_LIST_H

#include "controller/job.h"

enum broker_news {
	BROKER_SAME,
	BROKER_NEW,
	BROKER_BOUNCED, /* registered anew: it died, and is back (KIP-380) */
	BROKER_CHANGED, /* other listeners or features */
	BROKER_GONE,    /* not in ZooKeeper */
	BROKER_UNKNOWN, /* its registration cannot be read: it is taken for what it was */
};

struct broker_list_entry {
	int32_t id;
	int64_t epoch;      /* czxid */
	int32_t version;
	struct slice bytes;
	enum broker_news news;
};

/* Ascending ids; those in ZooKeeper, and those that are gone from it. */
struct broker_list {
	struct broker_list_entry *entries;
	size_t count;
	size_t capacity;
};

/* Reads /brokers/ids, with the watch, and all nodes in it: job->broker_list. Ends the step. */
void broker_list_read(struct job *job);
/*
 * Of NEW, BOUNCED or CHANGED: into the context, with its watch; NEW and BOUNCED
 * get a channel, that of a CHANGED one is told. False, and told to the log, when
 * the registration is junk.
 */
bool broker_list_take(struct job *job, struct broker_list_entry *entry);

/* Pure: what is new of each, compared with the context; adds the GONE. */
void broker_list_compare(struct broker_list *list, const struct context *context,
    struct arena *arena);

#endif
