/*
 * zk/server/record.h: nodes and sessions as the embedded server keeps them,
 * and the keys that they are kept under. A machine.
 *
 * Keys in byte order bring sessions before nodes, and a node's parent before
 * the node. A path that is too long for a key goes by its SHA-256 behind all
 * others; the record has the whole path.
 */
#ifndef KLAMM_ZK_RECORD_H
#define KLAMM_ZK_RECORD_H

#include "zk/server/requests.h"

enum { RECORD_KEY_SIZE = 400 };

enum record_type {
	RECORD_STATE = 'a',     /* one: the format, and the last zxid */
	RECORD_SESSION = 'b',   /* behind it the id */
	RECORD_NODE = 'n',      /* behind it the path */
	RECORD_LONG_NODE = 'o', /* behind it the hash of the path */
};

/* Append to the buffer. */
void record_state_key(struct buffer *key);
void record_session_key(struct buffer *key, int64_t id);
void record_node_key(struct buffer *key, struct slice path);
void record_put_state(struct buffer *record, int64_t zxid);
void record_put_session(struct buffer *record, const struct requests_session *session);
void record_put_node(struct buffer *record, struct slice path, const struct tree_image *image);

/*
 * ERROR_CORRUPT for what is no such record, ERROR_UNSUPPORTED for a state of a
 * later format. Slices point into the record, ACL entries are in the arena.
 */
NODISCARD enum error record_get_state(struct slice record, int64_t *zxid);
NODISCARD enum error record_get_session(struct slice record, struct requests_session *session);
NODISCARD enum error record_get_node(struct slice record, struct arena *arena, struct slice *path,
    struct tree_image *image);

#endif
