/*
 * partition/fetcher_session.h: the follower's half of an incremental fetch
 * session (KIP-227): which partitions the leader's session has, and how it asks
 * for them, so that a Fetch names only what is new. A Fetch that fails begins
 * anew: all are named then.
 */
#ifndef KLAMM_PARTITION_FETCHER_SESSION_H
#define KLAMM_PARTITION_FETCHER_SESSION_H

#include "base/list.h"
#include "partition/follower.h"
#include "wire/messages.h"

struct fetcher_partition;
struct fetcher_exchange;

struct fetcher_session {
	int32_t id;     /* 0: none */
	int32_t epoch;  /* of the next Fetch; 0: it is a full one */
	bool by_id;     /* topics; the leader does not let that change */
	struct list members;   /* struct fetcher_membership: what the leader's has */
	struct list forgotten; /* struct forgotten_partition: gone here, not there yet */
	/* Of the Fetch that is out. */
	struct list told;      /* the same, as its body points to them */
	bool is_full;
	void *topics;
};

/* In each struct fetcher_partition. */
struct fetcher_membership {
	struct list link;
	struct follower_ask ask; /* as the leader's session has it */
};

void fetcher_session_init(struct fetcher_session *session);
void fetcher_session_fini(struct fetcher_session *session);
/* The partition is fetched for no longer. Harmless when it is no member. */
void fetcher_session_leave(struct fetcher_session *session, struct fetcher_partition *partition);
/* For the Fetch of all in fetch->asked: the session, and what it is to forget. */
void fetcher_session_begin(struct fetcher_session *session, struct fetcher_exchange *fetch,
    struct fetch_request *body);
/* True: it is to be named in the Fetch that is being made, and counts as told then. */
bool fetcher_session_names(struct fetcher_session *session, struct fetcher_partition *partition);

enum fetcher_session_result {
	FETCHER_SESSION_ALL,     /* the answer names all that were asked for */
	FETCHER_SESSION_CHANGED, /* it names those for which there is something new */
	FETCHER_SESSION_LOST,    /* the leader has no such session any more: all are named at once */
	FETCHER_SESSION_FAILED,  /* the Fetch has failed */
};
/* `response` is NULL when there is none. */
enum fetcher_session_result fetcher_session_answered(struct fetcher_session *session,
    const struct fetch_response *response);

#endif
