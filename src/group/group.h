/*
 * group/group.h: one group of the classic protocol, as a machine: members,
 * generations, the exchange of assignments, and its committed offsets
 * (protocol.md 11; KIP-345 for static members, KIP-394 for pending ones,
 * KIP-814 for leaders that skip the assignment).
 *
 * Time and random bytes come in events. A call is answered by an action, once;
 * its response was filled in then. Records go out by an action, and what
 * became of them comes back as an event: what an append makes known (a commit,
 * an assignment) is answered after that. Actions are carried out in order.
 *
 *	EMPTY -> PREPARING -> COMPLETING -> STABLE, back to PREPARING at any
 *	change; PREPARING -> EMPTY when nobody is left; all -> DEAD
 */
#ifndef KLAMM_GROUP_GROUP_H
#define KLAMM_GROUP_GROUP_H

#include "base/hash_table.h"
#include "group/deadline.h"
#include "group/groups.h"
#include "group/offsets.h"

/* X(name, as Kafka spells it) */
#define GROUP_STATE_TABLE(X) \
	X(EMPTY, "Empty") \
	X(PREPARING_REBALANCE, "PreparingRebalance") \
	X(COMPLETING_REBALANCE, "CompletingRebalance") \
	X(STABLE, "Stable") \
	X(DEAD, "Dead")
#define GROUP_STATE_MEMBER(name, text) GROUP_##name,
enum group_state { GROUP_STATE_TABLE(GROUP_STATE_MEMBER) GROUP_STATE_COUNT };
#undef GROUP_STATE_MEMBER

const char *group_state_name(enum group_state state);

enum { GROUP_RANDOM_BYTES = 16 };

struct group_member;

/* How many members know a protocol. */
struct group_protocol_support {
	struct slice name; /* its own */
	size_t members;
};

struct group {
	struct hash_node node;           /* the table's, as the next two */
	bool is_listed;
	struct deadline due;
	struct slice id;                 /* its own, as all texts here */
	const struct broker_groups *config;
	enum group_state state;
	int64_t state_ms;                /* when it came into that state; -1: not known */
	struct slice protocol_type;      /* null: none, offsets only */
	struct slice protocol_name;      /* null before the first generation */
	int32_t generation;
	struct group_member *leader;
	struct hash_table members;       /* by id, in the order in which they came */
	struct hash_table instances;     /* the static ones, by instance id */
	struct hash_table pending;       /* ids that were given out (MEMBER_ID_REQUIRED) */
	struct group_protocol_support *protocols;
	size_t protocol_count;
	size_t joined;                   /* members with a parked JoinGroup */
	size_t unsynced;                 /* members of the generation whose SyncGroup is awaited */
	struct heap deadlines;           /* of what is in the group */
	struct deadline rebalance;       /* while PREPARING */
	struct deadline sync;
	bool is_initial;                 /* the rebalance gathers members, it ends by its deadline only */
	bool member_was_added;           /* since the initial delay began */
	int64_t initial_left_us;         /* how much longer it may be prolonged */
	bool is_storing;                 /* this generation's assignment is being appended */
	bool is_deleting;                /* its tombstones are being appended: as good as dead */
	struct offsets offsets;
	int32_t appends;                 /* under way; a dead group is kept until there are none */
};

/* What is to be appended, and who waits for it. */
struct group_append {
	enum group_append_kind {
		GROUP_APPEND_ASSIGNMENT, /* of a generation */
		GROUP_APPEND_STATIC,     /* a static member has another id */
		GROUP_APPEND_EMPTY,      /* the last member has left */
		GROUP_APPEND_COMMIT,
		GROUP_APPEND_TOMBSTONES, /* nobody waits */
		GROUP_APPEND_DELETION,
		GROUP_APPEND_OFFSETS_DELETION, /* of offsets that a client names */
	} kind;
	struct group *group;
	struct buffer batch;          /* one record batch, offsets from 0 */
	int16_t required_acks;
	/* The machine's. */
	struct group_call *call;      /* NULL: nobody waits */
	int32_t generation;
	struct slice old_id;          /* STATIC: of the member that was replaced; its own */
	struct slice new_id;
	void *old_protocols;
	int32_t old_rebalance_timeout_ms;
	int32_t old_session_timeout_ms;
	struct kept_offset **entries; /* COMMIT, OFFSETS_DELETION: held, with the values appended for them */
	struct committed_offset *values;
	size_t entry_count;
	int16_t *result;              /* DELETION: where the code goes */
};

struct group_event {
	enum group_event_type {
		GROUP_CALLED,         /* `call`: JoinGroup, SyncGroup, Heartbeat, LeaveGroup, OffsetCommit, OffsetDelete */
		GROUP_TIME_PASSED,
		GROUP_APPENDED,       /* `append`, which the machine frees */
		GROUP_LOADED,         /* once, before anything else */
		GROUP_UNLOADED,       /* `error` for what is parked; dead afterwards */
		GROUP_CLEANED_UP,     /* offsets that have expired go, and so does an empty group */
		GROUP_TOPICS_DELETED, /* `topics`, ascending */
		GROUP_DELETED,        /* `call` waits for `*result` */
	} type;
	int64_t now_us;       /* monotonic */
	int64_t now_ms;       /* wall clock */
	uint8_t random[GROUP_RANDOM_BYTES]; /* with GROUP_CALLED */
	struct group_call *call;
	struct group_append *append;
	int16_t error;        /* of the append, as the partition gave it */
	int64_t base_offset;  /* of the append */
	const struct slice *topics;
	size_t topic_count;
	int16_t *result;
};

struct group_action {
	enum group_action_type {
		GROUP_ANSWER,  /* `call`, whose response is complete */
		GROUP_APPEND,  /* `append`; comes back with GROUP_APPENDED */
		GROUP_DECIDED, /* `call` has the `*result` that it waited for */
		GROUP_MOVED,   /* for the log of the daemon: `from` one state to another, and why */
	} type;
	struct group_call *call;
	struct group_append *append;
	enum group_state from, to;
	int32_t generation;
	const char *reason;
};

struct group_outbox {
	struct group_action *actions;
	size_t count;
	size_t capacity;
};

void group_outbox_init(struct group_outbox *outbox);
void group_outbox_fini(struct group_outbox *outbox);

/* Empty, of generation 0. `id` is copied, `config` borrowed. */
struct group *group_new(struct slice id, const uint64_t seed[2],
    const struct broker_groups *config, int64_t now_ms);
/*
 * What a record says of it: Stable with these members, or Empty. Replaces what
 * it was before; its offsets stay. Not once it has seen an event.
 */
void group_restore(struct group *group, const struct group_metadata_value *value);
/* Dead or never used, and without appends under way. */
void group_free(struct group *group);

void group_step(struct group *group, const struct group_event *event,
    struct group_outbox *outbox);
/* A JoinGroup with another one does not even make its group. */
bool group_session_timeout_is_valid(const struct broker_groups *config,
    const struct join_group_request *request);
/* When GROUP_TIME_PASSED is wanted next, in microseconds; INT64_MAX: never. */
int64_t group_next_deadline_us(const struct group *group);

/* ------------------------------------------------------- what can be seen */

/* Fills in all but the error; into the arena. NO_MEMORY at its cap. */
NODISCARD enum error group_describe(const struct group *group, struct arena *arena,
    struct describe_groups_response_described_group *described);

/* One group's part of an OffsetFetch; a group that is not known is NULL. */
struct group_offset {
	int64_t offset; /* -1: none */
	int32_t leader_epoch;
	struct slice metadata; /* borrowed from the group */
	int16_t error;
};
struct group_offset group_fetch_offset(const struct group *group, struct slice topic,
    int32_t partition, bool require_stable);

#endif
