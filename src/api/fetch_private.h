/* api/fetch_private.h: what the two files of Fetch share: fetch.c waits, fetch_response.c knows the message. */
#ifndef KLAMM_API_FETCH_PRIVATE_H
#define KLAMM_API_FETCH_PRIVATE_H

#include "api/request.h"

struct fetch;

/* One partition of the request. */
struct fetch_piece {
	struct fetch *of;
	const struct fetch_request_fetch_partition *asked;
	struct slice topic;
	struct uuid topic_id;
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
	bool inside;        /* next_piece */
	int out;            /* parked pieces that are not back */
	bool unparking;
	bool is_over;
	int64_t deadline_us;
	struct timer timer;
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

void fetch_begin(struct fetch *fetch);
/* What it waits for: never more than it may give. */
int64_t fetch_min_bytes(const struct fetch *fetch);
/* The operation for the next read, under what is left of the limits. */
void fetch_piece_prepare(struct fetch_piece *piece, bool wait);
/* The slices go into the response. */
void fetch_fill_response(struct fetch *fetch);

#endif
