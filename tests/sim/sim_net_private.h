/* tests/sim/sim_net_private.h: what the files of the simulated network share. */
#ifndef KLAMM_TESTS_SIM_SIM_NET_PRIVATE_H
#define KLAMM_TESTS_SIM_SIM_NET_PRIVATE_H

#include "tests/sim/sim_net.h"
#include "tests/sim/sim_process.h"

struct sim_acceptor;
struct sim_tcp;

/* One direction. Positions count bytes since the beginning. */
struct sim_pipe {
	struct sim_tcp *stream;
	int writer; /* the side that writes it */
	uint8_t *ring;
	size_t capacity;
	uint64_t written, delivered, taken;
	uint64_t acknowledged; /* taken, as far as the writer knows */
	bool end, end_delivered;
	bool reset, reset_delivered;
	bool given_up; /* the writer's system has: it sends nothing more of itself */
	int64_t waiting_since_us; /* nothing arrives; -1: nothing waits */
	struct sim_event deliver;
};

enum sim_socket_state {
	SOCKET_CONNECTING,
	SOCKET_ANSWERED,  /* and the handler has not been told yet */
	SOCKET_ACCEPTING, /* on its way to an acceptor */
	SOCKET_OPEN,
};

struct sim_socket {
	struct net_connection connection;
	struct sim_net_end *end;
	struct list link;
	struct sim_tcp *stream; /* NULL: nothing goes out any more */
	int side;
	enum sim_socket_state state;
	enum error error; /* what a read or write gives; NONE: it works */
	bool want_read, want_write;
	bool in_handler, closed;
	struct sim_event notify;
	struct net_address local, peer;
	struct sim_acceptor *acceptor;
};

/* Side 0 has connected to side 1. */
struct sim_tcp {
	struct sim_net *net;
	struct list link;
	uint64_t number;
	int machines[2];
	struct sim_socket *sockets[2]; /* NULL: closed, or not there yet */
	struct sim_pipe pipes[2];      /* by writer */
	struct sim_event connect;
	struct net_address addresses[2];
	int64_t gives_up_us;
};

struct sim_acceptor {
	struct list link;
	struct loop *loop;
	struct net_acceptor *acceptor;
	bool failing;
};

struct sim_listener {
	struct net_listener listener;
	struct list link;
	struct sim_net_end *end;
	struct list acceptors;
	struct list backlog; /* sockets */
};

struct sim_net_end {
	struct net net;
	struct sim_net *owner;
	struct sim_process *process;
	struct list link;
	struct list sockets, listeners;
	bool dead;
};

/* sim_net_tcp.c */
struct sim_tcp *sim_tcp_new(struct sim_net *net, int from, int to);
void sim_tcp_free(struct sim_tcp *stream);
/* Frees it when nobody has it and nothing is on its way. */
void sim_tcp_settle(struct sim_tcp *stream);
/* Has the next bytes, end or reset delivered some time. */
void sim_pipe_kick(struct sim_pipe *pipe);
void sim_pipe_reset(struct sim_pipe *pipe);
size_t sim_pipe_space(const struct sim_pipe *pipe);
size_t sim_pipe_ready(const struct sim_pipe *pipe);
/* Up to two runs of memory for the next `size` bytes to write. */
int sim_pipe_parts(struct sim_pipe *pipe, uint64_t position, size_t size, struct iovec parts[2]);
/* The writer hears how much was taken, unless its way is blocked. */
void sim_pipe_acknowledge(struct sim_pipe *pipe);
/* A part of `size` now and then, at least 1. */
size_t sim_net_part(struct sim_net *net, size_t size);

/* sim_net.c */
struct sim_socket *sim_socket_new(struct sim_net_end *end, struct sim_tcp *stream, int side);
/* Has the handler called when it wants to be. */
void sim_socket_update(struct sim_socket *socket);
/* The answer to a connect. */
void sim_socket_answer(struct sim_socket *socket, enum error error);
void sim_socket_break(struct sim_socket *socket, enum error error);
/* Takes the socket away from its stream; `silent`: its peer will not hear of that. */
void sim_socket_detach(struct sim_socket *socket, bool reset, bool silent);
void sim_socket_free(struct sim_socket *socket);

/* sim_net_listener.c */
/* NULL when nobody listens there. */
struct sim_listener *sim_net_listener_at(struct sim_net *net, int machine, uint16_t port);
void sim_listener_offer(struct sim_listener *listener, struct sim_tcp *stream);
enum error sim_net_listen(struct net *port, const struct net_address *address,
    const struct net_sockets *sockets, struct net_listener **opened);
enum error sim_net_accept_on(struct net_listener *port, struct loop *loop,
    struct net_acceptor *acceptor);
void sim_net_stop_accepting(struct net_listener *port, struct loop *loop);
void sim_net_close_listener(struct net_listener *port);

#endif
