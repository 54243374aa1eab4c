/*
 * zk/election.h: who is the controller. A machine: one event in, actions out,
 * to be carried out in order. At most one call is under way, and its answer
 * belongs to the state. (A lost connection is the session's business: it sends
 * again, and so a claim can meet its own earlier success.)
 *
 *            established         present
 *     IDLE -------------> READING --------------------> FOLLOWING
 *       ^                  ^    | absent                   |  ^
 *       | expired          |    v                          |  |
 *     (any)                |  READING_EPOCH <-> CREATING_EPOCH |
 *                          |    |                          |  |
 *                 RESIGNING|    v         taken            |  | not mine
 *                  ^  ^    |  CLAIMING ---------> RECHECKING -> RECHECKING_EPOCH
 *          CLEARING|  |    |    | ok                              | mine
 *                     |    |    v                                 |
 *              resign +------ LEADING <---------------------------+
 *
 * A node of our own session that we do not lead with (a claim or a resignation
 * whose outcome was not learned, a /controller_epoch that somebody else has
 * changed) would keep everybody from leading until the session ends: READING
 * that finds it goes to CLEARING, which reads the epoch anew and then deletes it,
 * fenced by that, as a resignation does.
 *
 * /controller deleted, created or changed, and a retry: READING from FOLLOWING,
 * CHECKING from LEADING; while a call is under way it is remembered. Fencing
 * uses the version of /controller_epoch, never the number that stands in it.
 */
#ifndef KLAMM_ZK_ELECTION_H
#define KLAMM_ZK_ELECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* X(state). Which moves are allowed stands in election.c. */
#define ELECTION_STATES(X) \
	X(IDLE) \
	X(READING) \
	X(READING_EPOCH) \
	X(CREATING_EPOCH) \
	X(CLAIMING) \
	X(RECHECKING) \
	X(RECHECKING_EPOCH) \
	X(FOLLOWING) \
	X(CLEARING) \
	X(LEADING) \
	X(CHECKING) \
	X(RESIGN_CHECKING) \
	X(RESIGNING)

#define ELECTION_ENUM_MEMBER(name) ELECTION_##name,
enum election_state { ELECTION_STATES(ELECTION_ENUM_MEMBER) ELECTION_STATE_COUNT };
#undef ELECTION_ENUM_MEMBER

enum election_event_type {
	ELECTION_SESSION_ESTABLISHED, /* a new one, and the broker has registered in it */
	ELECTION_SESSION_EXPIRED,     /* no answer comes any more */
	ELECTION_CONTROLLER_DELETED,  /* watches of /controller */
	ELECTION_CONTROLLER_CHANGED,  /* created too */
	ELECTION_RETRY,               /* a while after ELECTION_FAILED */
	ELECTION_RESIGN,              /* of the controller: it failed, or met another's epoch */
	ELECTION_ANSWERED,
};

enum election_answer {
	ELECTION_OK,
	ELECTION_ABSENT,  /* of a read: NO_NODE */
	ELECTION_TAKEN,   /* of a create: NODE_EXISTS; of a claim: BAD_VERSION too */
	ELECTION_REFUSED, /* any other code, or a payload that cannot be read */
};

struct election_event {
	enum election_event_type type;
	enum election_answer answer; /* of ANSWERED, as all below */
	int32_t broker;              /* read of /controller */
	bool is_ours;                /* its owner is our session */
	bool kraft;                  /* it is of KRaft: kraftControllerEpoch > 0 */
	int32_t epoch;               /* read of /controller_epoch */
	int32_t version;             /* the znode's, of that read; of a claim: the version it made */
};

enum election_action_type {
	ELECTION_READ_CONTROLLER,   /* getData with a watch; absent: exists with a watch */
	ELECTION_READ_EPOCH,
	ELECTION_CREATE_EPOCH,      /* persistent, "0" */
	ELECTION_CLAIM,             /* multi(create ephemeral /controller, set epoch at `version`) */
	ELECTION_WON,               /* begin the failover */
	ELECTION_CONTROLLER_KNOWN,  /* `broker`, -1: nobody that is known */
	ELECTION_STAND_DOWN,        /* forget all that a controller has */
	ELECTION_DELETE_CONTROLLER, /* multi(check epoch at `version`, delete /controller) */
	ELECTION_FAILED,            /* retry in a while */
};

struct election_action {
	enum election_action_type type;
	int32_t broker;
	bool kraft;
	int32_t epoch;   /* CLAIM: to be written; WON */
	int32_t version; /* of /controller_epoch: CLAIM: expected; WON, DELETE: for fencing */
};

enum { ELECTION_ACTIONS_MAX = 4 };

struct election_actions {
	struct election_action entries[ELECTION_ACTIONS_MAX];
	size_t count;
};

struct election {
	enum election_state state;
	int32_t broker;   /* who we are */
	int32_t epoch;    /* claimed, or held */
	int32_t version;  /* of /controller_epoch; see the actions */
	bool changed;     /* /controller was, while a call was under way */
};

void election_init(struct election *election, int32_t broker);
/* Replaces what stands in `actions`. */
void election_step(struct election *election, const struct election_event *event,
    struct election_actions *actions);
/* Whether this broker is the controller, as far as it knows. */
bool election_is_leading(const struct election *election);
const char *election_state_text(enum election_state state);

#endif
