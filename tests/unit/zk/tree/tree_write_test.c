#include <criterion/criterion.h>

#include "tests/unit/zk/tree/fixture.h"

static struct fixture f;

static void
set_up(void)
{
	fixture_init(&f);
}

static void
tear_down(void)
{
	fixture_fini(&f);
}

TestSuite(tree_write, .init = set_up, .fini = tear_down);

static enum znode_error
try(struct znode_operation operation)
{
	return fixture_write(&f, operation).error;
}

static enum znode_error
create(const char *path, int32_t flags)
{
	return try(fixture_create(path, flags));
}

/* A node that only this entry opens. */
static void
make_for(const char *path, int32_t permissions, const char *scheme, const char *id)
{
	struct znode_acl_entry entry = { permissions, fixture_id(scheme, id) };
	struct znode_operation operation = fixture_create(path, 0);

	operation.acl = (struct znode_acl){ &entry, 1 };
	cr_assert_eq(try(operation), ZNODE_OK, "%s", path);
}

static enum znode_error
create_with(const char *path, int32_t flags, struct znode_acl acl)
{
	struct znode_operation operation = fixture_create(path, flags);

	operation.acl = acl;
	return try(operation);
}

Test(tree_write, creates_and_answers_with_path_and_stat)
{
	struct znode_result result = fixture_write(&f, fixture_create("/a", 0));

	cr_expect_eq(result.error, ZNODE_OK);
	cr_expect(slice_equal_text(result.path, "/a"));
	cr_expect_eq(result.stat.czxid, 1);
	cr_expect_eq(fixture_stat(&f, "/").pzxid, 1);
	cr_expect_eq(fixture_stat(&f, "/").mzxid, 0);
}

Test(tree_write, takes_a_zxid_also_when_it_fails)
{
	cr_expect_eq(create("/a/b", 0), ZNODE_NO_NODE);
	cr_expect_eq(tree_zxid(f.tree), 1);
	cr_expect_eq(try(fixture_set_data("/a", "x", -1)), ZNODE_NO_NODE);
	cr_expect_eq(tree_zxid(f.tree), 2);
	cr_expect_eq(create("/a", 0), ZNODE_OK);
	cr_expect_eq(fixture_stat(&f, "/a").czxid, 3);
}

Test(tree_write, refuses_a_creation_in_the_order_of_zookeepers_checks)
{
	struct znode_acl none = { NULL, 0 };

	make_for("/closed", ZNODE_READ, "world", "anyone");
	cr_expect_eq(create("/e", ZNODE_EPHEMERAL), ZNODE_OK);
	cr_expect_eq(create_with("none", 9, none), ZNODE_BAD_ARGUMENTS, "flags");
	cr_expect_eq(create_with("/none/x", 5, none), ZNODE_UNIMPLEMENTED, "TTL, before the path");
	cr_expect_eq(create_with("/none/x", 4, none), ZNODE_UNIMPLEMENTED, "containers");
	cr_expect_eq(create_with("none", 0, none), ZNODE_BAD_ARGUMENTS, "no slash, before the ACL");
	cr_expect_eq(create_with("/none/x", 0, none), ZNODE_INVALID_ACL, "before the parent");
	cr_expect_eq(create("/none//", 0), ZNODE_NO_NODE, "before the path's form");
	cr_expect_eq(create("/closed/.", 0), ZNODE_NO_AUTH, "before the path's form");
	cr_expect_eq(create("/e/.", 0), ZNODE_BAD_ARGUMENTS, "the path's form, before the parent's kind");
	cr_expect_eq(create("/e/x", 0), ZNODE_NO_CHILDREN_FOR_EPHEMERALS);
	cr_expect_eq(create("/e", 0), ZNODE_NODE_EXISTS);
	cr_expect_eq(create("/", 0), ZNODE_NODE_EXISTS);
	cr_expect_eq(create("", 0), ZNODE_BAD_ARGUMENTS);
}

Test(tree_write, refuses_a_path_with_a_zero_byte)
{
	struct znode_operation operation = fixture_create("/a", 0);

	operation.path = slice_of("/a\0b", 4);
	cr_expect_eq(try(operation), ZNODE_BAD_ARGUMENTS);
	operation = fixture_delete("/a", -1);
	operation.path = slice_of("/a\0b", 4);
	cr_expect_eq(try(operation), ZNODE_BAD_ARGUMENTS);
}

Test(tree_write, numbers_sequential_nodes_by_all_creations_below_the_parent)
{
	cr_expect_eq(create("/p", 0), ZNODE_OK);
	cr_expect(slice_equal_text(fixture_write(&f, fixture_create("/p/n-", ZNODE_SEQUENTIAL)).path,
	    "/p/n-0000000000"));
	cr_expect_eq(create("/p/other", 0), ZNODE_OK);
	cr_expect_eq(try(fixture_delete("/p/other", -1)), ZNODE_OK);
	cr_expect(slice_equal_text(fixture_write(&f, fixture_create("/p/", ZNODE_SEQUENTIAL)).path,
	    "/p/0000000002"));
	cr_expect_eq(create("/p/n-0000000000", 0), ZNODE_NODE_EXISTS);
	cr_expect(slice_equal_text(fixture_write(&f, fixture_create("/p/e", 3)).path,
	    "/p/e0000000003"), "a failed creation is not counted");
	cr_expect_eq(fixture_stat(&f, "/p/e0000000003").ephemeral_owner, FIXTURE_SESSION);
}

Test(tree_write, deletes)
{
	cr_expect_eq(create("/a", 0), ZNODE_OK);
	cr_expect_eq(try(fixture_delete("/a", 0)), ZNODE_OK);
	cr_expect_not(fixture_exists(&f, "/a"));
	cr_expect_eq(fixture_stat(&f, "/").pzxid, 2);
}

Test(tree_write, refuses_a_deletion_in_the_order_of_zookeepers_checks)
{
	cr_expect_eq(try(fixture_delete("/", -1)), ZNODE_BAD_ARGUMENTS);
	cr_expect_eq(try(fixture_delete("/zookeeper/config", -1)), ZNODE_BAD_ARGUMENTS);
	cr_expect_eq(try(fixture_delete("a", -1)), ZNODE_BAD_ARGUMENTS);
	cr_expect_eq(try(fixture_delete("/none/a", -1)), ZNODE_NO_NODE);
	make_for("/p", ZNODE_CREATE, "world", "anyone");
	cr_expect_eq(try(fixture_delete("/p/none", -1)), ZNODE_NO_AUTH, "the parent's ACL, before the node");
	cr_expect_eq(create("/q", 0), ZNODE_OK);
	cr_expect_eq(create("/q/r", 0), ZNODE_OK);
	cr_expect_eq(try(fixture_delete("/q/none", -1)), ZNODE_NO_NODE);
	cr_expect_eq(try(fixture_delete("/q", 3)), ZNODE_BAD_VERSION, "before the children");
	cr_expect_eq(try(fixture_delete("/q", 0)), ZNODE_NOT_EMPTY);
}

Test(tree_write, sets_data_and_its_version)
{
	struct znode_result result;

	cr_expect_eq(create("/a", 0), ZNODE_OK);
	result = fixture_write(&f, fixture_set_data("/a", "longer", 0));
	cr_expect_eq(result.error, ZNODE_OK);
	cr_expect_eq(result.stat.version, 1);
	cr_expect_eq(result.stat.mzxid, 2);
	cr_expect_eq(result.stat.mtime_ms, 2);
	cr_expect_eq(result.stat.czxid, 1);
	cr_expect_eq(result.stat.ctime_ms, 1);
	cr_expect_eq(result.stat.data_length, 6);
	cr_expect_eq(fixture_write(&f, fixture_set_data("/a", "x", -1)).stat.version, 2);
}

Test(tree_write, refuses_data_in_the_order_of_zookeepers_checks)
{
	make_for("/closed", ZNODE_READ, "world", "anyone");
	cr_expect_eq(try(fixture_set_data("/a/", "x", -1)), ZNODE_BAD_ARGUMENTS);
	cr_expect_eq(try(fixture_set_data("/a", "x", -1)), ZNODE_NO_NODE);
	cr_expect_eq(try(fixture_set_data("/closed", "x", 5)), ZNODE_NO_AUTH);
	cr_expect_eq(create("/a", 0), ZNODE_OK);
	cr_expect_eq(try(fixture_set_data("/a", "x", 5)), ZNODE_BAD_VERSION);
	cr_expect_eq(try(fixture_set_data("/a", "x", -2)), ZNODE_BAD_VERSION);
}

Test(tree_write, sets_acls_with_a_version_of_their_own)
{
	struct znode_acl_entry entry = { ZNODE_READ, fixture_id("digest", "alice:hash") };
	struct znode_acl acl = { &entry, 1 };
	struct znode_result result;
	struct znode_stat stat;
	struct slice data;

	cr_expect_eq(create("/a", 0), ZNODE_OK);
	cr_expect_eq(try(fixture_set_acl("/a", acl, 1)), ZNODE_BAD_VERSION);
	result = fixture_write(&f, fixture_set_acl("/a", acl, 0));
	cr_expect_eq(result.error, ZNODE_OK);
	cr_expect_eq(result.stat.aversion, 1);
	cr_expect_eq(result.stat.version, 0);
	cr_expect_eq(result.stat.mzxid, 1);
	cr_expect_eq(tree_get_data(f.tree, &f.caller, slice_of_text("/a"), &data, &stat), ZNODE_NO_AUTH);
	cr_expect_eq(tree_get_data(f.tree, &f.alice, slice_of_text("/a"), &data, &stat), ZNODE_OK);
	cr_expect_eq(try(fixture_set_acl("/a", fixture_open_acl, -1)), ZNODE_NO_AUTH);
}

Test(tree_write, refuses_an_acl_in_the_order_of_zookeepers_checks)
{
	struct znode_acl none = { NULL, 0 };

	cr_expect_eq(try(fixture_set_acl("/a/", none, 0)), ZNODE_BAD_ARGUMENTS);
	cr_expect_eq(try(fixture_set_acl("/a", none, 0)), ZNODE_INVALID_ACL);
	cr_expect_eq(try(fixture_set_acl("/a", fixture_open_acl, 0)), ZNODE_NO_NODE);
}

Test(tree_write, checks_a_version)
{
	make_for("/closed", ZNODE_WRITE, "world", "anyone");
	cr_expect_eq(create("/a", 0), ZNODE_OK);
	cr_expect_eq(try(fixture_check("/a", 0)), ZNODE_OK);
	cr_expect_eq(try(fixture_check("/a", -1)), ZNODE_OK);
	cr_expect_eq(try(fixture_check("/a", 1)), ZNODE_BAD_VERSION);
	cr_expect_eq(try(fixture_check("/none", 0)), ZNODE_NO_NODE);
	cr_expect_eq(try(fixture_check("/closed", 0)), ZNODE_NO_AUTH);
	cr_expect_eq(try(fixture_check("a", 0)), ZNODE_BAD_ARGUMENTS);
}

Test(tree_write, ends_a_session_with_its_ephemerals_and_tells_also_the_session_itself)
{
	cr_expect_eq(create("/p", 0), ZNODE_OK);
	cr_expect_eq(create("/p/b", ZNODE_EPHEMERAL), ZNODE_OK);
	cr_expect_eq(create("/p/a", ZNODE_EPHEMERAL), ZNODE_OK);
	cr_expect_eq(create("/p/stays", 0), ZNODE_OK);
	cr_expect_eq(fixture_write_as(&f, &f.other, fixture_create("/p/o", 1)).error, ZNODE_OK);
	watches_add(tree_watches(f.tree), FIXTURE_SESSION, slice_of_text("/p/a"), WATCH_DATA, WATCH_ONCE);
	watches_add(tree_watches(f.tree), FIXTURE_OTHER, slice_of_text("/p"), WATCH_CHILDREN, WATCH_ONCE);
	watches_add(tree_watches(f.tree), FIXTURE_SESSION, slice_of_text("/x"), WATCH_DATA, WATCH_ONCE);
	tree_end_session(f.tree, FIXTURE_SESSION, 9);
	cr_expect_str_eq(fixture_events(&f), "7 deleted /p/a; 8 children /p");
	cr_expect_eq(watches_count(tree_watches(f.tree)), 0);
	cr_expect_not(fixture_exists(&f, "/p/a"));
	cr_expect_not(fixture_exists(&f, "/p/b"));
	cr_expect(fixture_exists(&f, "/p/stays"));
	cr_expect(fixture_exists(&f, "/p/o"));
	cr_expect_eq(tree_zxid(f.tree), 6);
	cr_expect_eq(fixture_stat(&f, "/p").pzxid, 6);
	cr_expect_eq(fixture_stat(&f, "/p").cversion, 2 * 4 - 2);
}

Test(tree_write, ends_a_session_without_ephemerals)
{
	watches_add(tree_watches(f.tree), FIXTURE_SESSION, slice_of_text("/x"), WATCH_DATA, WATCH_ONCE);
	tree_end_session(f.tree, FIXTURE_SESSION, 9);
	cr_expect_eq(watches_count(tree_watches(f.tree)), 0);
	cr_expect_eq(tree_zxid(f.tree), 1);
}

Test(tree_write, does_nothing_when_the_arena_is_full)
{
	struct znode_operation operations[] = { fixture_set_data("/", "x", -1),
		fixture_create("/long-name", 0) };
	struct znode_result results[2];
	struct arena small;

	arena_init(&small, 4);
	cr_expect_eq(tree_write(f.tree, &f.caller, 1, operations, 2, true, &small, results),
	    ERROR_NO_MEMORY);
	cr_expect_not(fixture_exists(&f, "/long-name"));
	cr_expect_eq(fixture_stat(&f, "/").version, 0);
	cr_expect_eq(tree_zxid(f.tree), 0);
	arena_fini(&small);
}
