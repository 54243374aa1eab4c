/* world/coord_zookeeper_private.h: what the files of the real coordination end share. */
#ifndef KLAMM_WORLD_COORD_ZOOKEEPER_PRIVATE_H
#define KLAMM_WORLD_COORD_ZOOKEEPER_PRIVATE_H

#include <zookeeper/zookeeper.h>

#include "base/list.h"
#include "world/coord_zookeeper.h"
#include "world/loop_libev.h"

struct zookeeper_session {
	struct coord_session session;
	struct logger *logger;
	struct loop *loop;
	zhandle_t *handle;
	struct loop_watcher *watcher; /* of the library's socket; NULL: it has none */
	int fd;
	struct timer timer;       /* what the library asked for, or at once */
	bool hurried;             /* the timer is due at once */
	enum coord_state state;   /* as told */
	struct list calls;        /* struct zookeeper_call, in the order of the calls */
	int depth;                /* of calls into the library */
	bool closed;
	bool end_session;         /* when closed */
	bool stranded;            /* the library dropped its socket and told nobody */
	bool complained;          /* since the connection was lost */
	char *new_servers;        /* for the next time that there is no connection */
	size_t server_count;
	int32_t timeout_ms;       /* wanted */
	int64_t attempt_until_us; /* to connect to the server at hand */
};

struct zookeeper_call {
	struct list link;
	struct zookeeper_session *session;
	struct coord_call *call;
	bool local;              /* the library does not have it */
	enum znode_error error;  /* local: its answer */
	size_t count;            /* operations */
	zoo_op_result_t *results;
	struct Stat *stats;
	char **paths;            /* of creates, as ZooKeeper named them */
};

/* Gives the call to the library, or marks it as failed; never answers it. */
void zookeeper_call_begin(struct zookeeper_session *it, struct coord_call *call);
/* Answers the failed calls that have no unanswered one before them. */
void zookeeper_call_answer_failed(struct zookeeper_session *it);
/* Whether the library owes an answer. */
bool zookeeper_call_is_owed(const struct zookeeper_session *it);
/* Frees them, unanswered. */
void zookeeper_call_free_all(struct zookeeper_session *it);

/* Has the session looked after from the loop, soon. */
void zookeeper_session_hurry(struct zookeeper_session *it);
/* The library's socket is gone. */
void zookeeper_session_forget_socket(struct zookeeper_session *it);

/* The library's lines go to the session's logger while it is being called. */
void zookeeper_log_speaker(struct zookeeper_session *it);
void zookeeper_log_line(const char *line);
/* The place behind the library's own head of a line, and its level. */
const char *zookeeper_log_parse(const char *line, enum logger_level *level);

#endif
