/*
 * klamm/connection.h: requests and answers on one stream to a broker. Opening
 * asks for the versions that it serves (ApiVersions); each call then uses the
 * newest that both sides know. One request at a time, so an answer with
 * another correlation id is an error.
 */
#ifndef KLAMM_KLAMM_CONNECTION_H
#define KLAMM_KLAMM_CONNECTION_H

#include "klamm/transport.h"
#include "wire/message.h"

enum {
	CONNECTION_KEYS = 128,                         /* of higher keys nothing is asked */
	CONNECTION_FRAME_BYTES_MAX = 64 * 1024 * 1024, /* of one answer */
	CONNECTION_ARENA_BYTES_MAX = 256 * 1024 * 1024,
};

struct connection {
	struct transport_stream *stream; /* NULL: closed */
	int32_t correlation_id;
	/* By key; first > last for one that the broker does not serve. */
	struct { int16_t first, last; } served[CONNECTION_KEYS];
};

/* Which versions of a request the caller can fill in and whose answer it can read. */
struct request_kind {
	const struct message_type *type;
	int16_t first_version;
	int16_t last_version;
};

/* What an answer's slices and arrays point into. */
struct answer {
	struct buffer frame;
	struct arena arena;
	int16_t version;
};

void answer_init(struct answer *answer);
void answer_fini(struct answer *answer);

/*
 * After an error it is closed. ERROR_UNSUPPORTED: the broker does not know
 * ApiVersions; else what the transport and the codec say.
 */
NODISCARD enum error connection_open(struct connection *connection, struct transport *transport,
    const char *host, uint16_t port, int64_t deadline_us);
void connection_close(struct connection *connection);

/*
 * Sends `request` and decodes what comes back into `response`, which borrows
 * from `answer` until that is used again. ERROR_UNSUPPORTED: no version is
 * common, the connection stays; after any other error it is closed.
 */
NODISCARD enum error connection_call(struct connection *connection, const struct request_kind *kind,
    const void *request, int64_t deadline_us, struct answer *answer, void *response);

#endif
