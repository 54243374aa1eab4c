/*
 * world/net.h: streams. Every call on a connection is for the loop that it
 * lives on (asserted). Handlers are called on that loop, level-triggered, for
 * what net_want() asked. Nothing blocks.
 */
#ifndef KLAMM_WORLD_NET_H
#define KLAMM_WORLD_NET_H

#include "world/disk.h"
#include "world/loop.h"

enum { NET_HOST_SIZE = 64 }; /* a numeric IPv4 or IPv6 address, scope included */

struct net_address {
	char host[NET_HOST_SIZE]; /* numeric; "" is every address of the machine */
	uint16_t port;            /* 0 when listening: any free one */
};

struct net;
struct net_connection;
struct net_listener;

/* What a connection tells its owner. */
struct net_handler {
	/* Outgoing ones only, once; on an error the connection must still be closed. */
	void (*connected)(struct net_handler *handler, enum error error);
	void (*readable)(struct net_handler *handler);
	void (*writable)(struct net_handler *handler);
};

/* Of a listener and what it accepts; 0 each: as the system does. */
struct net_sockets {
	int backlog; /* connections that wait to be accepted */
	int send_buffer_bytes;
	int receive_buffer_bytes;
};

struct net_acceptor {
	/* The acceptor's to keep; it sets a handler and closes it in the end. */
	void (*accepted)(struct net_acceptor *acceptor, struct net_connection *connection);
	/* Accepting failed (F25: no file descriptors): told once until it works again. */
	void (*failed)(struct net_acceptor *acceptor, enum error error);
};

struct net_ops {
	enum error (*listen)(struct net *net, const struct net_address *address,
	    const struct net_sockets *sockets, struct net_listener **listener);
	enum error (*accept_on)(struct net_listener *listener, struct loop *loop,
	    struct net_acceptor *acceptor);
	void (*stop_accepting)(struct net_listener *listener, struct loop *loop);
	void (*close_listener)(struct net_listener *listener);
	enum error (*connect)(struct net *net, struct loop *loop, const struct net_address *address,
	    struct net_handler *handler, struct net_connection **connection);
	enum error (*resolve)(struct net *net, const char *name, struct net_address *addresses,
	    size_t capacity, size_t *count);

	void (*set_handler)(struct net_connection *connection, struct net_handler *handler);
	void (*want)(struct net_connection *connection, bool read, bool write);
	enum error (*read)(struct net_connection *connection, void *bytes, size_t size, size_t *got);
	enum error (*write)(struct net_connection *connection, const struct iovec *parts, int count,
	    size_t *written);
	enum error (*send_file)(struct net_connection *connection, struct disk_file *file,
	    int64_t offset, size_t size, size_t *sent);
	void (*peer)(struct net_connection *connection, struct net_address *address);
	void (*local)(struct net_connection *connection, struct net_address *address);
	void (*close)(struct net_connection *connection, bool reset);
};

struct net {
	const struct net_ops *ops;
	size_t copied_bytes; /* so many bytes of a file cost less in a net_write than in a net_send_file of their own */
};

/* Real and simulated ends embed these as their first members. */
struct net_listener {
	struct net *net;
	struct net_address address; /* with the port that it got */
};

struct net_connection {
	struct net *net;
	struct loop *loop;
	struct net_handler *handler;
};

/* Bound and queueing; nobody is accepted before net_accept_on. Any thread. */
NODISCARD enum error net_listen(struct net *net, const struct net_address *address,
    struct net_listener **listener);
NODISCARD enum error net_listen_with(struct net *net, const struct net_address *address,
    const struct net_sockets *sockets, struct net_listener **listener);
/* On the loop's thread: take connections of the listener; several loops may. */
NODISCARD enum error net_accept_on(struct net_listener *listener, struct loop *loop,
    struct net_acceptor *acceptor);
/* On the loop's thread. */
void net_stop_accepting(struct net_listener *listener, struct loop *loop);
/* After every loop has stopped accepting. */
void net_close_listener(struct net_listener *listener);

/* On the loop's thread; the answer comes to handler->connected. */
NODISCARD enum error net_connect(struct net *net, struct loop *loop,
    const struct net_address *address, struct net_handler *handler,
    struct net_connection **connection);
/* Workers only, it may take long. ERROR_NOT_FOUND when the name has no address. */
NODISCARD enum error net_resolve(struct net *net, const char *name, struct net_address *addresses,
    size_t capacity, size_t *count);

void net_set_handler(struct net_connection *connection, struct net_handler *handler);
/* Which of readable and writable the handler is called for from now on. */
void net_want(struct net_connection *connection, bool read, bool write);
/* ERROR_WOULD_BLOCK, ERROR_END_OF_STREAM (the peer will send no more), ERROR_CONNECTION_RESET. */
NODISCARD enum error net_read(struct net_connection *connection, void *bytes, size_t size,
    size_t *got);
/* May be short; ERROR_WOULD_BLOCK when nothing could be taken. At most 1,024 parts. */
NODISCARD enum error net_write(struct net_connection *connection, const struct iovec *parts,
    int count, size_t *written);
/* Bytes of a file, without a copy where the system can; ERROR_END_OF_STREAM past its end. */
NODISCARD enum error net_send_file(struct net_connection *connection, struct disk_file *file,
    int64_t offset, size_t size, size_t *sent);
void net_peer(struct net_connection *connection, struct net_address *address);
void net_local(struct net_connection *connection, struct net_address *address);
/*
 * Unsent bytes in the system's buffer still go out, unless bytes of the peer
 * are left unread: then it is a reset. No handler is called any more.
 */
void net_close(struct net_connection *connection);
/* Unsent bytes are dropped, the peer sees a reset. */
void net_reset(struct net_connection *connection);

#endif
