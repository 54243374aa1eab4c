/*
 * zk/tree/watches.h: who wants to be told of which path. One-shot watches of
 * data and of children, persistent ones, and recursive ones (addWatch).
 */
#ifndef KLAMM_ZK_WATCHES_H
#define KLAMM_ZK_WATCHES_H

#include "zk/tree/tree.h"

enum watch_mode { WATCH_ONCE, WATCH_PERSISTENT, WATCH_RECURSIVE };

/* Which of the two tables; persistent modes stand in both. */
enum watch_table { WATCH_DATA = 1, WATCH_CHILDREN = 2, WATCH_BOTH = 3 };

struct watches;

struct watches *watches_new(const uint64_t seed[2]);
void watches_free(struct watches *watches);

/* A later mode of the same session and path replaces the earlier. */
void watches_add(struct watches *watches, int64_t session, struct slice path,
    enum watch_table table, enum watch_mode mode);
/* False when none of the tables had it. */
bool watches_remove(struct watches *watches, int64_t session, struct slice path,
    enum watch_table table);
/* Whether any session watches exactly this path there. */
bool watches_has(const struct watches *watches, struct slice path, enum watch_table table);
void watches_end_session(struct watches *watches, int64_t session);
size_t watches_count(const struct watches *watches);

/* A node that an event is about. */
struct watch_subject {
	struct slice path;
	const struct znode_acl *acl;
};

/* A change of the node; each session is told once. */
void watches_created(struct watches *watches, struct watch_subject node,
    struct watch_subject parent, struct tree_watch_sink *sink);
void watches_deleted(struct watches *watches, struct watch_subject node,
    struct watch_subject parent, struct tree_watch_sink *sink);
void watches_data_changed(struct watches *watches, struct watch_subject node,
    struct tree_watch_sink *sink);

#endif
