#include "tests/unit/zk/tree/fixture.h"

#include <criterion/criterion.h>
#include <stdio.h>

static const struct znode_acl_entry open_entry = { ZNODE_ALL,
	{ { (const uint8_t *)"world", 5 }, { (const uint8_t *)"anyone", 6 } } };
const struct znode_acl fixture_open_acl = { &open_entry, 1 };

static struct znode_id ids[3];

struct znode_id
fixture_id(const char *scheme, const char *id)
{
	return (struct znode_id){ slice_of_text(scheme), slice_of_text(id) };
}

static void
on_event(struct tree_watch_sink *sink, int64_t session, enum znode_event_type type,
    struct slice path, const struct znode_acl *acl)
{
	static const char *const names[] = { "", "created", "deleted", "changed", "children" };
	struct fixture *fixture = container_of(sink, struct fixture, sink);
	size_t used = strlen(fixture->events);

	cr_assert_neq(acl, NULL);
	snprintf(fixture->events + used, sizeof(fixture->events) - used, "%s%ld %s %.*s",
	    used == 0 ? "" : "; ", (long)session, names[type], (int)path.size,
	    (const char *)path.bytes);
}

void
fixture_init(struct fixture *fixture)
{
	static const uint64_t seed[2] = { 3, 4 };

	*fixture = (struct fixture){ .sink.event = on_event };
	ids[0] = fixture_id("ip", "10.1.2.3");
	ids[1] = fixture_id("digest", "alice:hash");
	fixture->caller = (struct tree_caller){ FIXTURE_SESSION, ids, 1 };
	fixture->alice = (struct tree_caller){ FIXTURE_SESSION, ids, 2 };
	fixture->other = (struct tree_caller){ FIXTURE_OTHER, ids, 1 };
	fixture->tree = tree_new(seed, &fixture->sink);
	arena_init(&fixture->arena, FIXTURE_ARENA_CAP);
}

void
fixture_fini(struct fixture *fixture)
{
	tree_free(fixture->tree);
	arena_fini(&fixture->arena);
}

struct znode_operation
fixture_create(const char *path, int32_t flags)
{
	return (struct znode_operation){ .type = ZNODE_OP_CREATE, .path = slice_of_text(path),
		.data = slice_of_text("first"), .acl = fixture_open_acl, .flags = flags };
}

struct znode_operation
fixture_delete(const char *path, int32_t version)
{
	return (struct znode_operation){ .type = ZNODE_OP_DELETE, .path = slice_of_text(path),
		.version = version };
}

struct znode_operation
fixture_set_data(const char *path, const char *data, int32_t version)
{
	return (struct znode_operation){ .type = ZNODE_OP_SET_DATA, .path = slice_of_text(path),
		.data = slice_of_text(data), .version = version };
}

struct znode_operation
fixture_set_acl(const char *path, struct znode_acl acl, int32_t version)
{
	return (struct znode_operation){ .type = ZNODE_OP_SET_ACL, .path = slice_of_text(path),
		.acl = acl, .version = version };
}

struct znode_operation
fixture_check(const char *path, int32_t version)
{
	return (struct znode_operation){ .type = ZNODE_OP_CHECK, .path = slice_of_text(path),
		.version = version };
}

struct znode_result
fixture_write_as(struct fixture *fixture, const struct tree_caller *caller,
    struct znode_operation operation)
{
	struct znode_result result;
	enum error error = tree_write(fixture->tree, caller, ++fixture->now_ms, &operation, 1, false,
	    &fixture->arena, &result);

	cr_assert_eq(error, ERROR_NONE);
	return result;
}

struct znode_result
fixture_write(struct fixture *fixture, struct znode_operation operation)
{
	return fixture_write_as(fixture, &fixture->caller, operation);
}

struct znode_stat
fixture_stat(struct fixture *fixture, const char *path)
{
	struct znode_stat stat;

	cr_assert_eq(tree_exists(fixture->tree, slice_of_text(path), &stat), ZNODE_OK, "%s", path);
	return stat;
}

bool
fixture_exists(struct fixture *fixture, const char *path)
{
	struct znode_stat stat;

	return tree_exists(fixture->tree, slice_of_text(path), &stat) == ZNODE_OK;
}

bool
fixture_stat_equal(const struct znode_stat *a, const struct znode_stat *b)
{
	return a->czxid == b->czxid && a->mzxid == b->mzxid && a->pzxid == b->pzxid &&
	    a->ctime_ms == b->ctime_ms && a->mtime_ms == b->mtime_ms &&
	    a->version == b->version && a->cversion == b->cversion &&
	    a->aversion == b->aversion && a->ephemeral_owner == b->ephemeral_owner &&
	    a->data_length == b->data_length && a->child_count == b->child_count;
}

const char *
fixture_events(struct fixture *fixture)
{
	static char told[sizeof(fixture->events)];

	memcpy(told, fixture->events, sizeof(told));
	fixture->events[0] = '\0';
	return told;
}
