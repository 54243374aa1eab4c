/*
 * tests/unit/zk/tree/fixture.h: a tree for a test, short ways to ask it, and
 * the events that it told as text: "7 created /a; 7 children /".
 */
#ifndef KLAMM_TESTS_UNIT_ZK_TREE_FIXTURE_H
#define KLAMM_TESTS_UNIT_ZK_TREE_FIXTURE_H

#include "zk/tree/tree.h"
#include "zk/tree/watches.h"

enum { FIXTURE_SESSION = 7, FIXTURE_OTHER = 8, FIXTURE_ARENA_CAP = 1 << 16 };

struct fixture {
	struct tree_watch_sink sink;
	struct tree *tree;
	struct arena arena;
	int64_t now_ms;           /* one more with each write */
	char events[1024];
	struct tree_caller caller; /* FIXTURE_SESSION at 10.1.2.3 */
	struct tree_caller alice;  /* the same, and proven "digest" "alice:hash" */
	struct tree_caller other;  /* FIXTURE_OTHER */
};

extern const struct znode_acl fixture_open_acl;

struct znode_id fixture_id(const char *scheme, const char *id);

void fixture_init(struct fixture *fixture);
void fixture_fini(struct fixture *fixture);

struct znode_operation fixture_create(const char *path, int32_t flags);
struct znode_operation fixture_delete(const char *path, int32_t version);
struct znode_operation fixture_set_data(const char *path, const char *data, int32_t version);
struct znode_operation fixture_set_acl(const char *path, struct znode_acl acl, int32_t version);
struct znode_operation fixture_check(const char *path, int32_t version);

/* One operation by itself, for `caller`, or for the fixture's own. */
struct znode_result fixture_write_as(struct fixture *fixture, const struct tree_caller *caller,
    struct znode_operation operation);
struct znode_result fixture_write(struct fixture *fixture, struct znode_operation operation);
/* The node must be there. */
struct znode_stat fixture_stat(struct fixture *fixture, const char *path);
bool fixture_exists(struct fixture *fixture, const char *path);
/* Field by field: what lies between them is not compared. */
bool fixture_stat_equal(const struct znode_stat *a, const struct znode_stat *b);
/* Forgets the events and gives them; they stay until the next call. */
const char *fixture_events(struct fixture *fixture);

#endif
