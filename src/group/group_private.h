/* group/group_private.h: what the files of the machine group.h share. */
#ifndef KLAMM_GROUP_GROUP_PRIVATE_H
#define KLAMM_GROUP_GROUP_PRIVATE_H

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "group/answer.h"
#include "group/group.h"

enum {
	GROUP_US_PER_MS = 1000,
	/* A member that was never answered cannot send heartbeats: its JoinGroup ends after this. */
	GROUP_NEW_MEMBER_TIMEOUT_MS = 5 * 60 * 1000,
};

/* Kinds of the deadlines in a group. */
enum { DEADLINE_SESSION, DEADLINE_PENDING, DEADLINE_REBALANCE, DEADLINE_SYNC };

/* An event while it is stepped, and where its actions go. */
struct group_turn {
	const struct group_event *event;
	struct group_outbox *outbox;
};

/* ------------------------------------------------------------------ texts */

/* A copy of one's own; null stays null. */
static inline struct slice
text_copy(struct slice text)
{
	return slice_is_null(text) ? text : slice_of(memory_text(text.bytes, text.size), text.size);
}

static inline void
text_free(struct slice *text)
{
	free((void *)(uintptr_t)text->bytes);
	*text = slice_null();
}

/* ---------------------------------------------------------------- members */

struct group_protocol {
	struct slice name;
	struct slice metadata;
};

/* What a member offers, in the order of its liking; one piece of memory. */
struct group_protocols {
	int32_t count;
	struct group_protocol items[];
};

struct group_member {
	struct hash_node by_id;
	struct hash_node by_instance;
	struct slice id;
	struct slice instance_id; /* null: a dynamic member */
	struct slice client_id;
	struct slice client_host;
	int32_t rebalance_timeout_ms;
	int32_t session_timeout_ms;
	struct group_protocols *protocols;
	struct slice assignment;  /* never null */
	struct slice proposed;    /* of the leader's SyncGroup, while that is being stored */
	struct group_call *joining; /* parked */
	struct group_call *syncing;
	struct group_append *storing; /* of its new id, for which `joining` waits */
	bool is_new;              /* its first JoinGroup has not been answered */
	bool is_unsynced;
	struct deadline session;
};

struct group_pending {
	struct hash_node by_id;
	struct slice id;
	struct deadline expiry;
};

void group_members_init(struct group *group, const uint64_t seed[2]);
void group_members_fini(struct group *group);

#define GROUP_FOREACH_MEMBER(link, group) HASH_TABLE_FOREACH(link, &(group)->members)
static inline struct group_member *
group_member_of(struct list *link)
{
	return container_of(hash_node_of(link), struct group_member, by_id);
}

struct group_member *group_find_member(const struct group *group, struct slice id);
struct group_member *group_find_instance(const struct group *group, struct slice instance_id);
struct group_pending *group_find_pending(const struct group *group, struct slice id);

/* `model`'s texts and protocols are taken over. The first one leads. */
struct group_member *group_add_member(struct group *group, const struct group_member *model);
/* Nothing of it may be parked. */
void group_drop_member(struct group *group, struct group_member *member);
/* Takes another id, leadership stays with it. */
void group_rename_member(struct group *group, struct group_member *member, struct slice id);
void group_add_pending(struct group *group, struct slice id, int64_t expires_us);
void group_drop_pending(struct group *group, struct group_pending *pending);
/* The longest of all members. */
int64_t group_rebalance_timeout_us(const struct group *group);
/* "PREFIX-UUID", its own. */
struct slice group_new_member_id(struct slice prefix, const uint8_t random[GROUP_RANDOM_BYTES]);

/* -------------------------------------------------------------- protocols */

struct group_protocols *group_protocols_copy(const struct join_group_request *request);
struct group_protocols *group_protocols_single(struct slice name, struct slice metadata);
bool group_protocols_match(const struct group_protocols *protocols,
    const struct join_group_request *request);
/* Takes `protocols`; what was there before is the caller's. */
struct group_protocols *group_take_protocols(struct group *group, struct group_member *member,
    struct group_protocols *protocols);
void group_count_protocols(struct group *group, const struct group_protocols *protocols, int by);
/* The metadata of that protocol; empty when the member does not know it. */
struct slice group_member_metadata(const struct group_member *member, struct slice protocol);
/* Whether a newcomer can be of the group. */
bool group_takes_protocols(const struct group *group, const struct join_group_request *request);
/* The one that most members vote for among those that all know; null: there is none. */
struct slice group_select_protocol(const struct group *group);

/* ----------------------------------------------------------------- actions */

void group_answer(struct group_turn *turn, struct group_call *call);
void group_decided(struct group_turn *turn, struct group_call *call);
/* The append is taken. */
void group_append(struct group_turn *turn, struct group *group, struct group_append *append);
void group_move(struct group_turn *turn, struct group *group, enum group_state to,
    const char *reason);

/* ---------------------------------------------------------------- sessions */

void group_restart_session(struct group_turn *turn, struct group *group,
    struct group_member *member);
void group_answer_join_error(struct group_turn *turn, struct group_call *call,
    struct slice member_id, int16_t error);
/* What is parked is answered, if anything is. */
bool group_end_join(struct group_turn *turn, struct group *group, struct group_member *member,
    struct slice member_id, int16_t error);
bool group_end_sync(struct group_turn *turn, struct group_member *member, int16_t error);
/* The current generation, for a member that has to sync next. */
void group_welcome(struct group_turn *turn, struct group *group, struct group_member *member,
    bool with_members);
void group_park_join(struct group_turn *turn, struct group *group, struct group_member *member,
    struct group_call *call);

/* FENCED_INSTANCE_ID, UNKNOWN_MEMBER_ID or none. */
int16_t group_check_member(const struct group *group, struct slice member_id,
    struct slice instance_id);
/* The same, then ILLEGAL_GENERATION. */
int16_t group_check_generation(const struct group *group, struct slice member_id,
    struct slice instance_id, int32_t generation);

static inline bool
group_is_dead(const struct group *group)
{
	return group->state == GROUP_DEAD || group->is_deleting;
}

/* --------------------------------------------------------------- rebalance */

void group_prepare_rebalance(struct group_turn *turn, struct group *group, const char *reason);
/* Unless it is being prepared already. */
void group_maybe_rebalance(struct group_turn *turn, struct group *group, const char *reason);
/* Ends the preparation when all have joined. */
void group_maybe_complete_join(struct group_turn *turn, struct group *group);
void group_rebalance_deadline(struct group_turn *turn, struct group *group);
void group_sync_deadline(struct group_turn *turn, struct group *group);
/* Out, with an answer to what is parked, and what follows for the group. */
void group_expel(struct group_turn *turn, struct group *group, struct group_member *member,
    const char *reason);
void group_expel_pending(struct group_turn *turn, struct group *group,
    struct group_pending *pending);
void group_member_synced(struct group *group, struct group_member *member);

/* ------------------------------------------------------------------- calls */

void group_join(struct group_turn *turn, struct group *group, struct group_call *call);
void group_sync(struct group_turn *turn, struct group *group, struct group_call *call);
void group_heartbeat(struct group_turn *turn, struct group *group, struct group_call *call);
void group_leave(struct group_turn *turn, struct group *group, struct group_call *call);
void group_commit(struct group_turn *turn, struct group *group, struct group_call *call);
void group_cleanup(struct group_turn *turn, struct group *group);
void group_delete_topics(struct group_turn *turn, struct group *group);
void group_delete(struct group_turn *turn, struct group *group);
void group_delete_offsets(struct group_turn *turn, struct group *group, struct group_call *call);

/* ----------------------------------------------------------------- appends */

struct group_append *group_append_new(enum group_append_kind kind, struct group *group);
void group_append_free(struct group_append *append);
/* The group's record as it is now, with each member's `proposed` or `assignment`. */
struct group_append *group_append_metadata(enum group_append_kind kind, struct group *group,
    bool proposed, int64_t now_ms);
void group_assignment_stored(struct group_turn *turn, struct group *group,
    struct group_append *append, int16_t error);
void group_static_stored(struct group_turn *turn, struct group *group,
    struct group_append *append, int16_t error);
void group_commit_stored(struct group_turn *turn, struct group *group,
    struct group_append *append, int16_t error);
void group_deletion_stored(struct group_turn *turn, struct group *group,
    struct group_append *append, int16_t error);
void group_offsets_deletion_stored(struct group_turn *turn, struct group *group,
    struct group_append *append, int16_t error);

#endif
