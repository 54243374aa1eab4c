/*
 * api/fetch_session.h: an incremental fetch session (KIP-227): the partitions
 * that a client fetches again and again, with what it has asked of each and
 * what it was told, so that requests and answers name only what is new. Pure.
 *
 * Its partitions have an order, in which they are read: one that gave records
 * goes behind the others.
 */
#ifndef KLAMM_API_FETCH_SESSION_H
#define KLAMM_API_FETCH_SESSION_H

#include "base/hash_table.h"
#include "base/uuid.h"

enum {
	FETCH_SESSION_NONE = 0,           /* as an id */
	FETCH_SESSION_INITIAL_EPOCH = 0,  /* all partitions are named, and a session is wanted */
	FETCH_SESSION_FINAL_EPOCH = -1,   /* all are named, and none is */
	FETCH_SESSION_PARTITIONS_MAX = 100 * 1000,
};

/* What a request says of a partition. */
struct fetch_asked {
	int32_t index;
	int32_t current_leader_epoch;
	int32_t last_fetched_epoch;
	int32_t max_bytes;
	int64_t fetch_offset;
	int64_t log_start_offset; /* of a follower; -1: unknown */
};

struct fetch_session_topic {
	struct hash_node node;
	struct slice name;   /* empty, where ids are used */
	struct uuid id;
	size_t count;        /* of its partitions */
};

struct fetch_session_partition {
	struct hash_node node;
	struct list link;    /* in the session's order */
	struct fetch_session_topic *topic;
	struct fetch_asked asked;
	int64_t high_watermark; /* as it was told; -1: not, or with an error */
	int64_t log_start_offset;
};

struct fetch_session {
	/* The cache's, as the session sees none of it. */
	struct list by_use;
	struct hash_node by_id;
	int64_t created_us, used_us;
	size_t cached_count;    /* of its partitions, when it was used the last time */
	bool is_cached;
	bool is_in_use;         /* a request that is in progress has it */
	/* Its own. */
	int32_t id;
	int32_t epoch;          /* that the next request must have */
	bool uses_ids;          /* of topics: all requests from version 13 on, or all below */
	bool is_privileged;     /* a follower's */
	struct hash_table topics;
	struct hash_table partitions;
	struct list order;      /* struct fetch_session_partition */
};

struct fetch_session *fetch_session_new(const uint64_t seed[2], bool uses_ids, bool is_privileged);
void fetch_session_free(struct fetch_session *session);
static inline size_t
fetch_session_count(const struct fetch_session *session)
{
	return session->partitions.count;
}

/* 1, 2, ..., 2^31 - 1, 1. */
int32_t fetch_session_next_epoch(int32_t epoch);

/*
 * A request names the partition: it is added at the end, or asked for in
 * another way from now on. The name or the id counts, whichever are used. NULL:
 * there would be too many.
 */
struct fetch_session_partition *fetch_session_ask(struct fetch_session *session,
    struct slice topic, struct uuid id, const struct fetch_asked *asked);
/* Harmless when it is not there. */
void fetch_session_forget(struct fetch_session *session, struct slice topic, struct uuid id,
    int32_t index);

/* What a partition has answered. */
struct fetch_told {
	bool has_records;
	bool has_error;
	bool diverges;       /* from the reader's log */
	bool has_preferred;  /* another replica to read from */
	int64_t high_watermark;
	int64_t log_start_offset;
};
/*
 * Whether that is news for the client, and so has to be told; it is taken for
 * told then. After an error everything is news (checklist 28). One that gives
 * records goes to the end of the order.
 */
bool fetch_session_tell(struct fetch_session *session,
    struct fetch_session_partition *partition, const struct fetch_told *told);

#endif
