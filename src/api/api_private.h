/*
 * api/api_private.h: what the files of the server share: loops, connections,
 * requests. A connection and its requests belong to one loop.
 */
#ifndef KLAMM_API_API_PRIVATE_H
#define KLAMM_API_API_PRIVATE_H

#include "api/api.h"
#include "api/connection_limits.h"
#include "api/fetch_session_cache.h"
#include "api/follower_waits.h"
#include "api/leader_waits.h"
#include "api/request.h"

enum {
	API_UNSENT_MAX = 1 << 20,       /* bytes of answers, beyond which nothing is read */
	API_ARENA_BYTES = 64 << 20,     /* what one request may need beside its frame */
	API_READ_BYTES = 64 * 1024,
	API_SEND_FILE_BYTES = 256 * 1024,
	API_SWEEP_US = 5 * 1000 * 1000, /* how often idle connections are looked for */
	API_STARVED_US = 20 * 1000,     /* how soon memory is asked for again */
	API_FRAME_STALL_US = 30 * 1000 * 1000, /* a frame that was begun must go on; favoured, end */
	API_SEND_STALL_US = 60 * 1000 * 1000,  /* a peer must take its answers */
};

struct api_listener {
	struct slice name;
	struct net_listener *net;
};

struct api_loop;

/* Any thread reads them; the loop's own writes. */
struct connection_counts {
	_Atomic(uint64_t) created, closed;
};

struct api_acceptor {
	struct net_acceptor acceptor;
	struct api_loop *loop;
	const struct api_listener *listener;
	bool accepting;
	int waiting; /* connections that have no place yet: nobody else is accepted meanwhile */
};

/* A data loop's part. */
struct api_loop {
	struct api *api;
	struct loop *loop;
	struct api_view *view;
	struct list connections;
	struct fetch_session_cache *fetch_sessions;
	struct follower_waits follower_waits;
	struct leader_waits leader_waits;
	struct api_acceptor *acceptors; /* one a listener */
	struct connection_counts *counts; /* of the same */
	int requests;                   /* that have not ended, also of closed connections */
	int reading;                    /* files that a worker reads for a connection */
	int tickets;                    /* places that connections have, wait for, or give back */
	bool accepts;                   /* between start and stop */
	bool admits_clients;            /* not what brokers ask alone */
	bool started, stopping, settling;
	int64_t patience_until_us;
	struct timer sweep;
	struct loop_message start, admit, stop, settle; /* a stop may come before the start has run */
	struct loop_message told;       /* back to the control loop */
	struct loop_message hurry;
	_Atomic(bool) hurries;          /* it is on its way */
};

struct api {
	struct api_options options;
	struct world *world;
	const struct broker_config *config;
	struct api_listener *listeners;
	size_t listener_count;
	struct api_loop *loops;
	int loop_count;
	int32_t broker_id;
	char *cluster_id;
	struct api_services services;
	struct connection_limits *limits;
	bool started, stopped;
	int64_t patience_ms;
	int left; /* loops that have not called back */
	void (*done)(void *context);
	void *context;
	/* Of all loops. */
	_Atomic(int) connections;
	_Atomic(int64_t) frame_bytes; /* held by requests and half frames */
	int64_t frame_bytes_max;
	/* The one whose frame may be read to its end though that is full, or half frames wait for each other. */
	_Atomic(struct request_connection *) favoured;
};

/* Monotonic; see request_times.h. 0: not yet. */
struct request_times {
	int64_t arrived_us, begun_us, handed_on_us, ended_us;
};

/* A request with what the server knows of it. */
struct api_request {
	struct request request; /* first */
	struct list link;       /* of its connection, in order; alone when that is closed */
	struct api_loop *loop;
	uint8_t *frame;         /* with its size before it */
	size_t frame_size;      /* without that */
	struct buffer_list answer;
	struct list slices;     /* struct file_slice of its answer */
	bool has_ended;         /* one of the three ends was called */
	bool overdrawn;         /* the arena's cap was passed */
	const char *close_why;
	struct list extra;      /* memory beyond the cap */
	struct metrics_request *counts; /* of its kind; NULL: nothing is counted */
	struct request_times times;
};

struct request_connection {
	struct net_handler handler;
	struct net_connection *net; /* NULL: closed, and a worker still reads for it */
	struct api_loop *loop;
	struct api_acceptor *acceptor;
	struct connection_ticket *ticket; /* NULL: given back */
	bool admitted;                    /* before, nothing is read */
	bool waits;                       /* for its place */
	struct list link;
	char host[REQUEST_CLIENT_HOST_SIZE];
	uint8_t *input;
	size_t input_at;            /* what is before it was taken already */
	size_t input_size, input_room; /* bytes from there on; of all of it */
	struct list requests;       /* struct api_request, in order */
	size_t unsent_bytes;        /* of their answers */
	struct loop_task send;      /* answers that have come in this turn go out together */
	int in_progress;
	int produces;               /* of them */
	struct list pinned;         /* file slices of answers that were sent */
	bool starved, sending, ending;
	bool pauses;                /* it reads nothing, for whatever reason */
	int64_t paused_us;          /* since when */
	int64_t read_us, sent_us;   /* when there was progress */
	int64_t arrived_us;         /* the last bytes that were read */
	int64_t sending_us;         /* since when the first answer is on its way; 0: it is not */
	int64_t favoured_us;        /* since when it is */
	struct work work;           /* reads a file ahead */
	bool working;
	struct disk_file *reads;    /* of a request that stays until it is done */
	int64_t read_offset;
	int64_t tried_offset;       /* that a worker has read ahead */
	size_t read_size;
};

/* Of the acceptor's listener on its loop. */
static inline struct connection_counts *
connection_counts_of(const struct api_acceptor *acceptor)
{
	return &acceptor->loop->counts[acceptor - acceptor->loop->acceptors];
}

static inline struct api_request *
api_request_of(struct request *request)
{
	return container_of(request, struct api_request, request);
}

/* client_connection_accept.c: from the listener to a connection that is read. */
void client_connection_new(struct api_acceptor *acceptor, struct net_connection *net);
/* It is closed: its place is for others. */
void client_connection_give_place_back(struct request_connection *connection);

/* client_connection.c */
/* It has its place; reading begins. */
void client_connection_begin(struct request_connection *connection);
/* Closes it, with one line in the log unless `why` is NULL. */
void client_connection_close(struct request_connection *connection, const char *why);
/* Begins what may be begun of what was received, reads on or waits. */
void client_connection_go_on(struct request_connection *connection);
/* True when it may be closed by a stop: nothing is under way. */
bool client_connection_is_quiet(const struct request_connection *connection);
/* It was closed, and nobody is inside any more. */
void client_connection_free(struct request_connection *connection);
void client_connection_sweep(struct request_connection *connection, int64_t now_us);

/* client_connection_send.c: sends answers of ended requests, in their order. */
void client_connection_send(struct request_connection *connection);
/* At the end of the loop's turn, once for all that have ended in it. */
void client_connection_send_soon(struct request_connection *connection);

/* request.c */
/* `size`: of the frame without the four bytes that say it, which stand before it. */
void api_request_begin(struct request_connection *connection, uint8_t *take_frame, size_t size);
/* Frees it; it was taken from its connection. */
void api_request_free(struct api_request *request);

/* api.c: a loop has one request, connection or ticket less. */
void api_loop_check(struct api_loop *loop);
/* One connection more, or less, waits for a place. */
void api_acceptor_pause(struct api_acceptor *acceptor);
void api_acceptor_resume(struct api_acceptor *acceptor);

#endif
