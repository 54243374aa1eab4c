/* zk/server/requests_private.h: what the files of this machine share. */
#ifndef KLAMM_ZK_REQUESTS_PRIVATE_H
#define KLAMM_ZK_REQUESTS_PRIVATE_H

#include "zk/server/jute.h"
#include "zk/server/requests.h"
#include "zk/tree/watches.h"

enum opcode {
	OPCODE_CREATE = 1,
	OPCODE_DELETE = 2,
	OPCODE_EXISTS = 3,
	OPCODE_GET_DATA = 4,
	OPCODE_SET_DATA = 5,
	OPCODE_GET_ACL = 6,
	OPCODE_SET_ACL = 7,
	OPCODE_GET_CHILDREN = 8,
	OPCODE_SYNC = 9,
	OPCODE_PING = 11,
	OPCODE_GET_CHILDREN2 = 12,
	OPCODE_CHECK = 13,
	OPCODE_MULTI = 14,
	OPCODE_CREATE2 = 15,
	OPCODE_RECONFIG = 16,
	OPCODE_CHECK_WATCHES = 17,
	OPCODE_REMOVE_WATCHES = 18,
	OPCODE_CREATE_CONTAINER = 19,
	OPCODE_CREATE_TTL = 21,
	OPCODE_MULTI_READ = 22,
	OPCODE_AUTH = 100,
	OPCODE_SET_WATCHES = 101,
	OPCODE_GET_EPHEMERALS = 103,
	OPCODE_GET_ALL_CHILDREN_NUMBER = 104,
	OPCODE_SET_WATCHES2 = 105,
	OPCODE_ADD_WATCH = 106,
	OPCODE_WHO_AM_I = 107,
	OPCODE_CLOSE = -11,
	OPCODE_ERROR = -1,      /* in the answers of a multi */
};

struct session {
	struct hash_node link;
	int64_t id;
	uint8_t password[REQUESTS_PASSWORD_SIZE];
	int32_t timeout_ms;
	bool is_connected;
	struct znode_id *ids;    /* proven ones; schemes are constants, ids are owned */
	size_t id_count;
};

struct requests {
	struct tree *tree;
	struct hash_table sessions;
	struct requests_limits limits;
	struct requests_sink *sink;
	struct tree_watch_sink watch_sink;
	struct buffer event;
};

/* One request while it is answered. */
struct request {
	struct requests *requests;
	struct session *session;
	struct tree_caller caller;
	int64_t now_ms;
	int32_t opcode;
	struct reader in;
	struct arena arena;
	struct buffer reply;    /* the body; nothing of it is sent with an error */
};

/* sessions.c */
struct session *session_find(const struct requests *requests, int64_t id);
struct session *session_new(struct requests *requests, int64_t id,
    const uint8_t password[REQUESTS_PASSWORD_SIZE], int32_t timeout_ms);
void session_free(struct requests *requests, struct session *session);
void session_forget_ids(struct session *session);
/* `scheme` is a constant; an identity that is there already is not added. */
void session_add_id(struct session *session, const char *scheme, struct slice id);
/* ZNODE_AUTH_FAILED for a scheme that cannot be proven so. */
enum znode_error session_prove(struct session *session, struct slice scheme, struct slice proof);

/* request_read.c */
enum znode_error request_exists(struct request *request);
enum znode_error request_get_data(struct request *request);
enum znode_error request_get_acl(struct request *request);
enum znode_error request_get_children(struct request *request);
enum znode_error request_get_ephemerals(struct request *request);
enum znode_error request_count_below(struct request *request);
enum znode_error request_multi_read(struct request *request);
enum znode_error request_sync(struct request *request);
enum znode_error request_who_am_i(struct request *request);

/* request_watch.c */
enum znode_error request_add_watch(struct request *request);
enum znode_error request_check_watches(struct request *request);
enum znode_error request_remove_watches(struct request *request);
enum znode_error request_set_watches(struct request *request);
/* Nothing is sent to who may not read a node of that ACL; NULL lets everybody. */
void request_send_event(struct requests *requests, int64_t session, enum znode_event_type type,
    struct slice path, const struct znode_acl *acl);

/* request_write.c; each takes a zxid, also when it fails */
enum znode_error request_write(struct request *request);
enum znode_error request_multi(struct request *request);
enum znode_error request_create_ttl(struct request *request);

#endif
