/*
 * tests/unit/group/club.h: one group and its clients, without a
 * broker: calls are made, appends completed and time passed by hand. Each call
 * is answered once, or the test fails.
 */
#ifndef KLAMM_TESTS_UNIT_GROUP_CLUB_H
#define KLAMM_TESTS_UNIT_GROUP_CLUB_H

#include "group/group.h"

enum { CLUB_APPENDS_MAX = 512 };

/* A request with its response. */
struct test_call {
	struct group_call call;
	struct test_call *next;
	struct arena arena;
	bool answered;
	bool decided;
	int16_t result;
	union {
		struct join_group_request join;
		struct sync_group_request sync;
		struct heartbeat_request heartbeat;
		struct leave_group_request leave;
		struct offset_commit_request commit;
		struct offset_delete_request deletion;
	} request;
	union {
		struct join_group_response join;
		struct sync_group_response sync;
		struct heartbeat_response heartbeat;
		struct leave_group_response leave;
		struct offset_commit_response commit;
		struct offset_delete_response deletion;
	} response;
};

struct club {
	struct broker_groups config;
	struct group *group;
	struct group_outbox outbox;
	struct group_append *appends[CLUB_APPENDS_MAX]; /* under way, in order */
	size_t append_count;
	struct buffer last_batch; /* of the last append that was made */
	int64_t next_offset;
	int64_t now_us;
	int64_t now_ms;
	uint8_t next_random;
	bool random_is_given;
	uint8_t random[GROUP_RANDOM_BYTES];
	struct test_call *calls;  /* all that were made */
};

/* A group that is empty; no delay before its first rebalance. */
void club_init(struct club *club);
void club_init_named(struct club *club, const char *group);
/* Fails the test when a timer is left in the dead group, or a call without an answer. */
void club_fini(struct club *club);

void club_step(struct club *club, struct group_event event);
struct test_call *club_call(struct club *club, int16_t key, int16_t version);
/* Gives the call to the group. */
void club_ask(struct club *club, struct test_call *call);

/* Protocols "name name ..." with metadata "NAME of CLIENT", protocol type "consumer". */
struct test_call *club_join_call(struct club *club, int16_t version,
    const char *member_id, const char *client, const char *protocols);
/* Version 3, without an id: the member is added at once. */
struct test_call *club_join(struct club *club, const char *client);
struct test_call *club_rejoin(struct club *club, struct slice member_id,
    const char *client);
struct test_call *club_join_static(struct club *club, int16_t version,
    const char *instance, const char *protocols);
/* The next random bytes; else they are 01 01 01..., 02 02 02... */
void club_random(struct club *club, const uint8_t random[GROUP_RANDOM_BYTES]);
/* Assigns "for CLIENT..." to each member of `joined` when that leads, else nothing. */
struct test_call *club_sync_call(struct club *club, const struct test_call *joined);
struct test_call *club_sync(struct club *club, const struct test_call *joined);
int16_t club_heartbeat(struct club *club, struct slice member_id,
    int32_t generation);
int16_t club_leave(struct club *club, struct slice member_id);
struct test_call *club_commit(struct club *club, struct slice member_id,
    int32_t generation, const char *topic, int32_t partition, int64_t offset);
int16_t club_commit_error(const struct test_call *commit);
int64_t club_offset(const struct club *club, const char *topic, int32_t partition);

/* The oldest append ends with this code. */
void club_complete(struct club *club, int16_t error);
void club_complete_all(struct club *club);
/* Time passes, in steps that stop at each deadline. */
void club_elapse(struct club *club, int64_t ms);
/* Members join and sync until the group is stable; their last JoinGroup calls. */
void club_stabilize(struct club *club, const char *const *clients,
    struct test_call **joined, size_t count);

struct slice club_text(const char *text);
#define assert_text(slice, text) \
	cr_assert(slice_equal_text(slice, text), "'%.*s' is not '%s'", (int)(slice).size, \
	    (const char *)(slice).bytes, text)

#endif
