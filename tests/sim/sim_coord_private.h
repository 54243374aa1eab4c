/* tests/sim/sim_coord_private.h: what the files of the simulated ensemble share. */
#ifndef KLAMM_TESTS_SIM_SIM_COORD_PRIVATE_H
#define KLAMM_TESTS_SIM_SIM_COORD_PRIVATE_H

#include "base/arena.h"
#include "tests/sim/sim_coord.h"
#include "tests/sim/sim_net.h"
#include "zk/tree/watches.h"

/* One write, as all servers apply it; its zxid is its place, counted from 1. */
struct sim_coord_entry {
	enum { ENTRY_NEW_SESSION, ENTRY_WRITE, ENTRY_END_SESSION } type;
	int64_t session;
	int64_t now_ms;
	struct arena arena;                       /* of what follows */
	const struct znode_operation *operations;
	size_t count;
	bool multi;
	struct znode_id *ids;
	size_t id_count;
	bool leaves;                              /* END: ephemerals stay */
	uint64_t connection;                      /* that waits for it; 0: none */
};

/* A session as the ensemble knows it. */
struct sim_coord_member {
	struct list link;
	int64_t id;
	uint8_t password[COORD_PASSWORD_SIZE];
	int32_t timeout_ms;
	int64_t expires_at_us;
	int64_t ended_at_us;      /* INT64_MAX: lives */
	bool leftovers;
	uint64_t connection;      /* that owns it; others of this session have lost it */
	int server;               /* of that connection */
	char *digest;             /* id of the digest scheme; NULL: none */
};

struct sim_coord_server {
	struct sim_coord *ensemble;
	int number;
	bool is_up, isolated;
	bool serves;              /* else it looks for a leader and refuses clients */
	int64_t notices_at_us;    /* isolated: stops serving then */
	struct tree *tree;
	struct tree_watch_sink sink;
	uint64_t applied;         /* entries */
	struct sim_event apply;
	struct list connections;
};

enum sim_coord_message_type {
	/* up */
	MESSAGE_CONNECT,
	MESSAGE_REQUEST,
	MESSAGE_PING,
	MESSAGE_SET_WATCHES,
	MESSAGE_END_SESSION,
	MESSAGE_GONE,        /* the client has closed its end */
	/* down */
	MESSAGE_ESTABLISHED,
	MESSAGE_EXPIRED,
	MESSAGE_ANSWER,
	MESSAGE_EVENT,
	MESSAGE_PONG,
	MESSAGE_AWAY,        /* the server has closed its end */
};

enum sim_coord_watch_type { WATCHED_DATA, WATCHED_EXISTS, WATCHED_CHILDREN };

/* What a client watches; it says so again when it has reconnected. */
struct sim_coord_watch {
	struct list link;
	enum sim_coord_watch_type type;
	char *path;
};

struct sim_coord_message {
	struct list link;
	enum sim_coord_message_type type;
	int64_t due_us;
	struct arena arena;           /* of all that it points to */
	struct coord_credentials credentials; /* CONNECT, ESTABLISHED */
	int32_t timeout_ms;
	int64_t zxid;                 /* CONNECT, SET_WATCHES: seen; ANSWER: as of */
	struct slice digest;          /* CONNECT */
	struct coord_call call;       /* REQUEST */
	struct sim_coord_watch *watches; /* SET_WATCHES; an array */
	size_t watch_count;
	struct coord_answer answer;   /* ANSWER */
	bool is_write, is_create;     /* ANSWER: that succeeded */
	enum znode_event_type event;  /* EVENT */
	struct slice path;
	/* at the server */
	bool forwarded, taken, refused;
	uint64_t index;               /* to be applied before it is answered */
	struct sim_coord_message *reply; /* REQUEST: of a write, made when it was applied */
};

struct sim_coord_link {
	struct list messages;
	struct sim_event event;
	int64_t last_due_us;
};

struct sim_coord_client;

/* A stream between a client and a server; gone when both have closed it. */
struct sim_coord_connection {
	struct list link;                /* of the server */
	uint64_t number;
	struct sim_coord *ensemble;
	struct sim_coord_server *server;
	struct sim_process *process;
	struct sim_coord_client *client; /* NULL: has closed its end */
	bool server_open;
	int depth;
	struct sim_coord_link up, down;
	struct list requests;            /* at the server, unanswered */
	struct sim_event forward;
	struct sim_coord_member *member; /* NULL: not established */
	bool heard;                      /* since the last tick */
	int64_t heard_at_us;
};

/* A call that was made and not answered. */
struct sim_coord_outstanding {
	struct list link;
	struct coord_call *call;
	bool local;              /* answered without a server */
	enum znode_error error;
};

/* One life's port. */
struct sim_coord_port {
	struct coord coord;
	struct list link;
	struct sim_coord *ensemble;
	struct sim_process *process;
	uint64_t life;
};

/* A session as its client knows it. Nobody's memory, so it outlives a kill. */
struct sim_coord_client {
	struct coord_session session;
	struct list link;
	struct sim_coord_port *port;
	enum coord_state state;           /* as told */
	struct net_address *servers;
	size_t server_count, next_server;
	int32_t wanted_ms, timeout_ms;
	struct coord_credentials credentials;
	char *digest;
	size_t digest_size;
	struct sim_coord_connection *connection; /* NULL: none */
	int64_t attempt_at_us, attempt_until_us;
	int64_t sent_at_us, heard_at_us;
	int64_t zxid;                     /* seen */
	struct sim_event timer;
	struct list outstanding;
	struct list watches;
	int depth;
	bool closed;
};

struct sim_coord {
	struct sim *sim;
	struct sim_coord_options options;
	struct sim_coord_faults faults;
	struct sim_coord_server servers[SIM_COORD_SERVERS_MAX];
	int leader;                   /* -1: none */
	int last_leader;
	bool had_quorum;
	int64_t elect_at_us;          /* no leader: not before */
	uint64_t ticks;
	struct sim_event tick;
	struct sim_coord_entry **history;
	size_t history_count, history_capacity;
	uint64_t told;                /* entries that `committed` was told of */
	struct list members, ports, clients;
	int64_t next_session;
	uint64_t next_connection;
	bool blocked_up[SIM_MACHINES_MAX][SIM_COORD_SERVERS_MAX];
	bool blocked_down[SIM_MACHINES_MAX][SIM_COORD_SERVERS_MAX];
	uint64_t seen[SIM_COORD_SEEN_COUNT];
};

static inline int64_t
sim_coord_delay(struct sim_coord *ensemble, int64_t high_us)
{
	return sim_delay(ensemble->sim, SIM_COORD, MIN(high_us, 50), high_us);
}

static inline bool
sim_coord_chance(struct sim_coord *ensemble, int part)
{
	return sim_chance(ensemble->sim, SIM_COORD, part);
}

static inline void
sim_coord_saw(struct sim_coord *ensemble, enum sim_coord_seen what)
{
	ensemble->seen[what]++;
}

/* sim_coord_history.c: memory must be nobody's. */
struct sim_coord_member *sim_coord_find_member(const struct sim_coord *ensemble, int64_t id);
/* Commits, and the leader applies it. `message`: a write's, or NULL. */
uint64_t sim_coord_commit_write(struct sim_coord *ensemble, struct sim_coord_connection *connection,
    const struct sim_coord_message *message);
uint64_t sim_coord_commit_session(struct sim_coord *ensemble, struct sim_coord_member *member,
    bool is_end, uint64_t connection);
/* After one or more commits, when those who wait know their place. */
void sim_coord_committed(struct sim_coord *ensemble);
/* All that was committed. */
void sim_coord_catch_up(struct sim_coord_server *server);
void sim_coord_apply_due(struct sim *sim, struct sim_event *event);
void sim_coord_free_history(struct sim_coord *ensemble);
void sim_coord_copy_operations(struct arena *arena, const struct znode_operation *operations,
    size_t count, const struct znode_operation **copied);
struct slice sim_coord_copy_slice(struct arena *arena, struct slice slice);

/* sim_coord_link.c */
struct sim_coord_connection *sim_coord_connect(struct sim_coord_client *client, int server);
struct sim_coord_message *sim_coord_message_new(enum sim_coord_message_type type);
void sim_coord_message_free(struct sim_coord_message *message);
/* Takes the message. */
void sim_coord_send_up(struct sim_coord_connection *connection, struct sim_coord_message *message);
void sim_coord_send_down(struct sim_coord_connection *connection, struct sim_coord_message *message);
/* The client's end; with `loses` what it has sent may be lost. */
void sim_coord_client_close(struct sim_coord_connection *connection, bool loses);
/* The server's end; `silent`: the client is not told, `loses`: nor of what is under way to it. */
void sim_coord_server_close(struct sim_coord_connection *connection, bool loses, bool silent);
/* Frees it when both ends are closed and nobody is inside. */
void sim_coord_connection_reap(struct sim_coord_connection *connection);
void sim_coord_connection_free(struct sim_coord_connection *connection);

/* sim_coord_server.c */
/* Takes the message. */
void sim_coord_server_receive(struct sim_coord_connection *connection,
    struct sim_coord_message *message);
void sim_coord_forward_due(struct sim *sim, struct sim_event *event);
/* Answers what can be answered. */
void sim_coord_server_pump(struct sim_coord_connection *connection);
void sim_coord_server_pump_all(struct sim_coord_server *server);
void sim_coord_server_event(struct tree_watch_sink *sink, int64_t session,
    enum znode_event_type type, struct slice path, const struct znode_acl *acl);
/* An entry of this connection was applied by its server. */
void sim_coord_server_applied(struct sim_coord_server *server, const struct sim_coord_entry *entry,
    uint64_t index, const struct znode_result *results, enum znode_error error);
int sim_coord_ids(const struct sim_coord_member *member, struct znode_id ids[2]);

/* sim_coord_client.c */
extern const struct coord_ops sim_coord_client_ops;
bool sim_coord_client_is_dead(const struct sim_coord_client *client);
/* Takes the message; on the client's loop. */
void sim_coord_client_receive(struct sim_coord_client *client, struct sim_coord_message *message);
/* Code of the client begins and ends: false when the loop was not free. */
bool sim_coord_client_enter(struct sim_coord_client *client, struct sim_event *event);
void sim_coord_client_leave(struct sim_coord_client *client);
void sim_coord_client_free(struct sim_coord_client *client);

/* sim_coord_watch.c: the client's watches. */
void sim_coord_watch_add(struct sim_coord_client *client, enum sim_coord_watch_type type,
    struct slice path);
/* Takes out what the event is for; false when there was nothing. */
bool sim_coord_watch_take(struct sim_coord_client *client, enum znode_event_type event,
    struct slice path);
/* NULL when it watches nothing. */
struct sim_coord_message *sim_coord_watch_message(struct sim_coord_client *client);
void sim_coord_watch_free_all(struct sim_coord_client *client);
/* The server's half of a SET_WATCHES. */
void sim_coord_watch_set(struct sim_coord_connection *connection,
    const struct sim_coord_message *message);

#endif
