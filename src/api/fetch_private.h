/*
 * api/fetch_private.h: what the files of Fetch share: fetch_pieces.c knows what
 * is asked, fetch.c reads and waits, fetch_response.c answers.
 */
#ifndef KLAMM_API_FETCH_PRIVATE_H
#define KLAMM_API_FETCH_PRIVATE_H

#include "api/fetch_session_cache.h"
#include "api/follower_waits.h"
#include "api/request.h"

struct fetch;

enum { FETCH_CONSUMER = -1, FETCH_READ_COMMITTED = 1, 
	FETCH_FIRST_VERSION_WITH_RACK = 11, FETCH_FIRST_VERSION_WITH_IDS = 13 };

/* One partition of the request, or of its session. */
struct fetch_piece {
	struct fetch *of;
	struct fetch_asked asked;
	struct slice topic;          /* its name, in the frame, the image or the session */
	struct uuid topic_id;        /* zero below version 13 */
	struct fetch_session_partition *cached; /* NULL: there is no session */
	struct partition *partition; /* NULL: `code` says why not */
	int16_t code;
	bool is_out;                 /* parked, or on the way back */
	int64_t known_high_watermark; /* a follower's; -1: not known here either */
	struct partition_fetch fetch;
};

struct fetch {
	struct request *request;
	const struct fetch_request *body;
	struct fetch_piece *pieces;
	int count;
	int readable;       /* of them: with a partition */
	int next;           /* of the round */
	int64_t bytes;      /* that the round has given */
	bool has_error;     /* that a client should know at once */
	bool has_news;      /* of this round: a follower hears of a high watermark at once */
	int32_t replica_id; /* -1: a consumer; -2: a tool; else a follower */
	int64_t replica_epoch;
	const int32_t *nearer; /* brokers that are nearer to a consumer than this one */
	size_t nearer_count;
	bool inside;        /* next_piece */
	int out;            /* parked pieces that are not back */
	bool unparking;
	bool is_over;
	struct fetch_session *session; /* that the request goes on with, in use; NULL: none */
	bool wants_session; /* a new one */
	int64_t deadline_us;
	struct timer timer;
	struct follower_wait wait; /* while it is parked, of a follower */
};

/* The response with its way back to the fetch. */
struct fetch_response_of {
	struct fetch_response response;
	struct fetch *fetch;
};

static inline bool
fetch_is_of_follower(const struct fetch *fetch)
{
	return fetch->replica_id >= 0;
}

/*
 * What is asked: of the request, or of the session that it goes on with. NONE,
 * or the error that the whole request is answered with; `*closes`: the
 * connection is closed instead, since there is no room for it.
 */
int16_t fetch_make_pieces(struct fetch *fetch, bool *closes);
void fetch_begin(struct fetch *fetch);
/* What it waits for: never more than it may give. */
int64_t fetch_min_bytes(const struct fetch *fetch);
/* The operation for the next read, under what is left of the limits. */
void fetch_piece_prepare(struct fetch_piece *piece, bool wait);
/* The slices go into the response; a session is made, or told what is told. */
void fetch_fill_response(struct fetch *fetch);

#endif
