/*
 * klamm/transport.h: how the tool reaches brokers: streams that block, each
 * call until its deadline. A port, so that tests can play the cluster.
 */
#ifndef KLAMM_KLAMM_TRANSPORT_H
#define KLAMM_KLAMM_TRANSPORT_H

#include "base/error.h"
#include "base/slice.h"
#include "world/clock.h"

struct transport;

/* An open stream; ends embed it. */
struct transport_stream {
	struct transport *transport;
};

/* Deadlines are of the transport's monotonic clock; past one it is ERROR_TIMED_OUT. */
struct transport_ops {
	/* ERROR_NOT_FOUND: the host has no address. */
	enum error (*connect)(struct transport *transport, const char *host, uint16_t port,
	    int64_t deadline_us, struct transport_stream **stream);
	/* All of the bytes. */
	enum error (*send)(struct transport_stream *stream, struct slice bytes,
	    int64_t deadline_us);
	/* Exactly `size` bytes; ERROR_CONNECTION_CLOSED when the peer sends no more. */
	enum error (*receive)(struct transport_stream *stream, void *bytes, size_t size,
	    int64_t deadline_us);
	void (*close)(struct transport_stream *stream);
	void (*pause)(struct transport *transport, int64_t pause_us);
};

struct transport {
	const struct transport_ops *ops;
	struct clock *clock;
};

NODISCARD static inline enum error
transport_connect(struct transport *transport, const char *host, uint16_t port,
    int64_t deadline_us, struct transport_stream **stream)
{
	return transport->ops->connect(transport, host, port, deadline_us, stream);
}

NODISCARD static inline enum error
transport_send(struct transport_stream *stream, struct slice bytes, int64_t deadline_us)
{
	return stream->transport->ops->send(stream, bytes, deadline_us);
}

NODISCARD static inline enum error
transport_receive(struct transport_stream *stream, void *bytes, size_t size, int64_t deadline_us)
{
	return stream->transport->ops->receive(stream, bytes, size, deadline_us);
}

static inline void
transport_close(struct transport_stream *stream)
{
	stream->transport->ops->close(stream);
}

static inline void
transport_pause(struct transport *transport, int64_t pause_us)
{
	transport->ops->pause(transport, pause_us);
}

static inline int64_t
transport_now_us(struct transport *transport)
{
	return clock_monotonic_us(transport->clock);
}

#endif
