/*
 * cluster/broker_link.h: a connection to one endpoint of another broker, for
 * the requests that brokers send each other. Lives on one loop, any; every
 * call is for that loop's thread, and every call back comes on it.
 *
 * Requests go out in the order of asking, without waiting for answers, and are
 * answered in that order. It connects at the first request, and again after a
 * loss when there is something to ask; names are looked up on a worker.
 */
#ifndef KLAMM_CLUSTER_BROKER_LINK_H
#define KLAMM_CLUSTER_BROKER_LINK_H

#include "base/arena.h"
#include "base/counted.h"
#include "base/error.h"
#include "base/list.h"
#include "world/world.h"

struct broker_link;

/*
 * What one answer's structs and slices lie in: counted, since records in it
 * are handed on without a copy. May be held and released by any thread, also
 * after the link is gone.
 */
struct broker_link_answer {
	struct counted counted;
	struct arena arena;
	uint8_t *frame;    /* without its size */
	size_t frame_size;
};

static inline struct broker_link_answer *
broker_link_answer_hold(struct broker_link_answer *answer)
{
	counted_hold(&answer->counted);
	return answer;
}

static inline void
broker_link_answer_release(struct broker_link_answer *answer)
{
	counted_release(answer == NULL ? NULL : &answer->counted);
}

/* Its maker's again when `answered` is called; body and what it points to stay until then. */
struct broker_link_request {
	int16_t key;
	int16_t version;
	const void *body;   /* of that key, as messages.h has it */
	int64_t timeout_ms; /* from its sending; passed, the connection is dropped */
	/*
	 * Just before it is sent, each time once; NULL: nothing to be done. With
	 * options.negotiate it can set version and body by broker_link_version();
	 * a version of -1 is answered with ERROR_UNSUPPORTED. It calls nothing else
	 * of the link.
	 */
	void (*prepare)(struct broker_link_request *request, struct broker_link *link);
	/*
	 * Once, never inside a call of the link. On an error `response` and `answer`
	 * are NULL, and nobody knows what the other side did with the request:
	 * ERROR_CONNECTION_RESET, _CLOSED, _TIMED_OUT, _MALFORMED (also of others on
	 * the same connection), what connecting failed with, _CANCELLED (closed). Or
	 * it was not sent: ERROR_UNSUPPORTED, _INVALID_ARGUMENT, _TOO_LARGE, as
	 * message_encode has them. The response lies in the answer, which is gone
	 * when the call returns unless it is held. All of the link may be called.
	 */
	void (*answered)(struct broker_link_request *request, enum error error,
	    const void *response, struct broker_link_answer *answer);
	/* The link's. */
	struct list link;
	int32_t correlation_id;
	int64_t deadline_us;
	enum error error;
};

struct broker_link_options {
	struct world *world;
	struct loop *loop;
	const char *client_id; /* copied */
	const char *host;      /* a name, or an address; copied */
	uint16_t port;
	size_t largest_answer; /* bytes; a larger one is an error */
	/* Between attempts: doubled from the first to the second while they fail; 0: at once. */
	int64_t reconnect_backoff_ms;
	int64_t reconnect_backoff_max_ms;
	/* For the look-up, each address, and the first exchange of versions; 0: 10 s. */
	int64_t connect_timeout_ms;
	bool negotiate; /* ask for ApiVersions first */
};

/* Connects when something is asked. */
struct broker_link *broker_link_new(const struct broker_link_options *options);
/*
 * No bound on how many: that is the asker's. While it cannot connect, each
 * failed attempt answers all that were asked before.
 */
void broker_link_ask(struct broker_link *link, struct broker_link_request *request);
/*
 * Copied. Another address than before ends the connection: what was sent is
 * answered with ERROR_CONNECTION_RESET, the rest goes to the new one.
 */
void broker_link_set_address(struct broker_link *link, const char *host, uint16_t port);
/*
 * Nobody is to wait any longer for who is there: the connection ends, and all that is out
 * is answered with ERROR_CONNECTION_RESET. The next request connects anew.
 */
void broker_link_reset(struct broker_link *link);
/*
 * The newest version of the key that lies in first..last and that the other
 * side has too; -1 when there is none, or nothing was negotiated on the
 * connection at hand.
 */
int16_t broker_link_version(const struct broker_link *link, int16_t key, int16_t first,
    int16_t last);
/*
 * The connection ends at once and bodies are used no more; what is out is
 * answered with ERROR_CANCELLED. Then, soon, the link is freed and `closed`
 * called: never inside this call.
 */
void broker_link_close(struct broker_link *link, void (*closed)(void *context), void *context);

#endif
