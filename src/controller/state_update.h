/*
 * controller/state_update.h: changes of partitions' state znodes: what stands
 * there is known or read, somebody decides, it is written on the condition that
 * it still stands there. Who meets another version reads; who finds the
 * very bytes that it wanted to write had written them (F6). Private.
 */
#ifndef KLAMM_CONTROLLER_STATE_UPDATE_H
#define KLAMM_CONTROLLER_STATE_UPDATE_H

#include "controller/job.h"

enum state_update_progress {
	STATE_UPDATE_TO_CREATE, /* `next` */
	STATE_UPDATE_TO_READ,
	STATE_UPDATE_READ,      /* `current`, `version`: to be decided */
	STATE_UPDATE_TO_WRITE,  /* `next` */
	STATE_UPDATE_WRITTEN,   /* and in the context */
	STATE_UPDATE_UNCHANGED, /* nothing was to be written; `current` is in the context */
	STATE_UPDATE_FAILED,    /* told to the log; nothing has changed */
};

struct state_update {
	struct context_partition *partition;
	enum state_update_progress progress;
	struct payload_partition_state current, next;
	int32_t version;
	struct slice data;  /* what was to be written last */
	bool was_created;   /* by us */
	bool was_there;     /* where it was to be created, another one */
	struct slice config; /* of its topic, where that was asked for; else null */
};

struct state_updates {
	struct state_update *items;
	size_t count;
};

struct state_updates state_updates_new(struct job *job, size_t count);
bool state_updates_any(const struct state_updates *updates, enum state_update_progress progress);
/* Of all that are at that point; the calls are waited for by the caller. */
void state_updates_create(struct job *job, struct state_updates *updates);
/* Those that the context knows are READ at once, but after a write that has met another version. */
void state_updates_read(struct job *job, struct state_updates *updates);
void state_updates_write(struct job *job, struct state_updates *updates);
/* Of one that was READ. */
void state_update_leave(struct state_update *update);
/*
 * Where the leader is withheld from the brokers, what is to be written has none either:
 * the next controller would tell them of one in an epoch that they know already.
 */
void state_update_withhold(struct state_update *update);
/* A line for the log: TOPIC-NUMBER, and why. */
void state_update_fail(struct job *job, struct state_update *update, const char *why);

#endif
