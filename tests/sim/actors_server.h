/* tests/sim/actors_server.h: what the files of the bank's server share. */
#ifndef KLAMM_TESTS_SIM_ACTORS_SERVER_H
#define KLAMM_TESTS_SIM_ACTORS_SERVER_H

#include "base/buffer.h"
#include "tests/sim/actors.h"

struct server;

enum { RECORD_MAGIC = 0x6b6c616d };

enum event_type { EVENT_COMMAND, EVENT_RESUMED, EVENT_TICK, EVENT_FLUSH, EVENT_SYNCED, EVENT_COUNTED };

struct event {
	struct actor_event event;
	enum event_type type;
};

/* From the connection through the account and the journal, and back. */
struct command {
	struct event event;
	struct loop_message answer;
	struct server *server;
	struct account *account;
	struct loop *loop; /* of the session */
	uint64_t session;
	uint64_t sender, sequence;
	int64_t amount, balance;
	bool is_new;
	struct list link;
};

struct account {
	struct actor actor;
	struct server *server;
	uint64_t number;
	uint64_t last[ACTORS_SENDERS];
	int64_t balance;
	bool inside;
	struct event tick;
	bool tick_under_way;
};

struct journal {
	struct actor actor;
	struct disk_file *file;
	int64_t end;
	struct list unsynced, syncing; /* commands */
	struct event flush, synced;
	struct work sync;
	enum error sync_error;
	bool flush_posted, inside;
};

struct session {
	struct net_handler handler;
	struct net_connection *connection;
	struct server *server;
	struct loop *loop;
	uint64_t number;
	struct list link;
	uint8_t in[ACTORS_REQUEST_SIZE];
	size_t in_size;
	struct buffer out;
	size_t out_at;
};

struct server {
	struct sim_process *process;
	struct world *world;
	struct bank *bank;
	struct net_listener *listener;
	struct net_acceptor acceptor;
	struct list sessions;
	uint64_t next_session;
	struct account accounts[ACTORS_ACCOUNTS];
	struct journal journal;
	struct actor counter; /* pinned to the control loop */
	uint64_t counted, written;
	struct timer tick;
	struct disk_lock *lock;
};

/* The process kills itself: it cannot go on. */
void server_die(struct server *server, const char *why);

/* actors_session.c: connections, on whichever loop accepted them. */
void server_accepted(struct net_acceptor *acceptor, struct net_connection *connection);
void server_accept_failed(struct net_acceptor *acceptor, enum error error);
/* On the session's loop, where the session may be gone. */
void server_answer(struct loop_message *message);

/* actors_recovery.c: the journal's file, and what it says after a crash. */
uint32_t record_check(const uint8_t *bytes, size_t size);
NODISCARD enum error server_open_journal(struct server *server);
/* The accounts are what the bank knows of them. */
void server_check_accounts(struct server *server);

#endif
