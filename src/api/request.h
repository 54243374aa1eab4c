/*
 * api/request.h: one request of a client, from its frame to its answer: what a
 * handler gets. It lives on the loop of its connection and may outlive the
 * connection; then its answer goes to nobody.
 *
 * A handler looks at `body`, asks rooms, fills in `response` and calls one of
 * the three ends below, once, now or later on the same loop. Everything it
 * makes lies in the arena; what must be undone otherwise is undone by `ended`.
 */
#ifndef KLAMM_API_REQUEST_H
#define KLAMM_API_REQUEST_H

#include "api/api.h"
#include "api/table.h"
#include "wire/kafka_error.h"

enum { REQUEST_CLIENT_HOST_SIZE = NET_HOST_SIZE + 1 };

/* As a replica id: of Kafka's tools that look at each replica by itself. */
enum { REQUEST_OF_TOOL = -2 };

struct request {
	const struct api_entry *entry;
	int16_t key;
	int16_t version;
	int32_t correlation_id;
	struct slice client_id;         /* in the frame; null or not */
	char client_host[REQUEST_CLIENT_HOST_SIZE]; /* "/127.0.0.1", as Kafka shows it */
	struct slice listener;          /* the name of the one it came in on */
	struct arena arena;
	void *body;                     /* decoded request of `entry`, version `version` */
	void *response;                 /* of `entry`, set to defaults */
	struct api_view *view;          /* held; of the moment when it was begun */
	struct api *api;
	struct loop *loop;
	void (*ended)(struct request *request); /* NULL: nothing; before the memory goes */
	struct request_connection *connection;  /* the server's own, as all that it embeds this in */
};

/* Encodes the response and sends it in its turn. */
void request_answer(struct request *request);
/* Produce with acks 0: there is no answer. */
void request_answer_nothing(struct request *request);
/* It sees from here on what its loop sees now; what it took from `view` may be gone. */
void request_renew_view(struct request *request);
/* The connection is closed, with one line that says who and why (static text). */
void request_close(struct request *request, const char *why);

/* Frees the frame early: nothing may point into it any more, client_id included (it is copied). */
void request_drop_frame(struct request *request);

const struct broker_config *request_config(const struct request *request);
const struct api_services *request_services(const struct request *request);
struct world *request_world(const struct request *request);
/* Of the loop at hand. */
struct fetch_session_cache *request_fetch_sessions(const struct request *request);
struct follower_waits *request_follower_waits(const struct request *request);
struct leader_waits *request_leader_waits(const struct request *request);
int32_t request_broker_id(const struct request *request);
struct slice request_cluster_id(const struct request *request);

/*
 * Memory of the arena; never NULL: at the arena's cap the request is answered
 * by closing its connection, once the handler has ended it, and what is given
 * meanwhile is memory of its own that goes with the request.
 */
void *request_new(struct request *request, size_t size);
void *request_array(struct request *request, size_t count, size_t size);
struct slice request_copy(struct request *request, struct slice text);
struct slice request_format(struct request *request, const char *format, ...) PRINTF_LIKE(2, 3);

/*
 * Whether the arena has room for so many more. Who makes an array of the size
 * that a request names asks before, and closes it for that reason otherwise.
 */
static inline bool
request_has_room(const struct request *request, size_t count, size_t size)
{
	size_t left = request->arena.cap - MIN(request->arena.used, request->arena.cap);

	return count <= left / size;
}
#define REQUEST_WITHOUT_ROOM "a request needs more memory than is allowed"

/* NULL: no such replica here. */
const struct hosted_topic *request_hosted_topic(const struct request *request, struct slice topic);
struct partition *request_partition(const struct request *request, struct slice topic,
    int32_t partition);

#endif
