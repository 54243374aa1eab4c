/*
 * controller/candidate.h: the edge of zk/election.h: its actions as calls to
 * ZooKeeper, their answers, the watch of /controller and time as its events.
 * Private.
 */
#ifndef KLAMM_CONTROLLER_CANDIDATE_H
#define KLAMM_CONTROLLER_CANDIDATE_H

#include "base/buffer.h"
#include "zk/election.h"
#include "zk/session.h"

struct candidate;

struct candidate_handler {
	void (*won)(struct candidate_handler *handler, int32_t epoch, int32_t version);
	void (*known)(struct candidate_handler *handler, int32_t broker);
	void (*stand_down)(struct candidate_handler *handler);
};

struct candidate {
	struct zk_session *session;
	struct world *world;
	struct candidate_handler *handler;
	struct election election;
	struct zk_watch watch;
	struct zk_call call; /* one at a time */
	struct znode_operation operations[2];
	struct buffer data[2];
	struct timer retry;
	bool is_stopped;
};

void candidate_init(struct candidate *candidate, struct zk_session *session,
    struct world *world, int32_t broker, struct candidate_handler *handler);
/* No answer comes any more. */
void candidate_fini(struct candidate *candidate);

/* The broker has registered in the session at hand. */
void candidate_stand(struct candidate *candidate);
void candidate_expired(struct candidate *candidate);
/* Nothing is sent any more, and nobody is told. */
void candidate_stop(struct candidate *candidate);
void candidate_resign(struct candidate *candidate);
/* Read /controller again. */
void candidate_look(struct candidate *candidate);
bool candidate_is_leading(const struct candidate *candidate);

#endif
