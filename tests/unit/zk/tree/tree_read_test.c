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

TestSuite(tree_read, .init = set_up, .fini = tear_down);

static void
make(const char *path, int32_t flags)
{
	cr_assert_eq(fixture_write(&f, fixture_create(path, flags)).error, ZNODE_OK, "%s", path);
}

/* A node that only this entry opens. */
static void
make_for(const char *path, int32_t permissions, const char *scheme, const char *id)
{
	struct znode_acl_entry entry = { permissions, fixture_id(scheme, id) };
	struct znode_operation operation = fixture_create(path, 0);

	operation.acl = (struct znode_acl){ &entry, 1 };
	cr_assert_eq(fixture_write(&f, operation).error, ZNODE_OK, "%s", path);
}

static enum znode_error
get_data(const char *path, struct slice *data)
{
	struct znode_stat stat;

	return tree_get_data(f.tree, &f.caller, slice_of_text(path), data, &stat);
}

static enum znode_error
get_children(const char *path, struct slice **names, size_t *count)
{
	struct znode_stat stat;

	return tree_get_children(f.tree, &f.caller, slice_of_text(path), &f.arena, names, count, &stat);
}

Test(tree_read, gives_the_stat_of_a_creation)
{
	struct znode_stat stat;

	make("/a", ZNODE_EPHEMERAL);
	stat = fixture_stat(&f, "/a");
	cr_expect_eq(stat.czxid, 1);
	cr_expect_eq(stat.mzxid, 1);
	cr_expect_eq(stat.pzxid, 1);
	cr_expect_eq(stat.ctime_ms, 1);
	cr_expect_eq(stat.mtime_ms, 1);
	cr_expect_eq(stat.version, 0);
	cr_expect_eq(stat.cversion, 0);
	cr_expect_eq(stat.aversion, 0);
	cr_expect_eq(stat.ephemeral_owner, FIXTURE_SESSION);
	cr_expect_eq(stat.data_length, 5);
	cr_expect_eq(stat.child_count, 0);
}

Test(tree_read, tells_null_data_from_empty)
{
	struct slice data;

	make("/a", 0);
	cr_expect_eq(fixture_write(&f, fixture_set_data("/a", NULL, -1)).error, ZNODE_OK);
	cr_expect_eq(get_data("/a", &data), ZNODE_OK);
	cr_expect(slice_is_null(data));
	cr_expect_eq(fixture_write(&f, fixture_set_data("/a", "", -1)).error, ZNODE_OK);
	cr_expect_eq(get_data("/a", &data), ZNODE_OK);
	cr_expect_not(slice_is_null(data));
	cr_expect_eq(data.size, 0);
}

Test(tree_read, finds_no_node_under_a_path_that_is_not_well_formed)
{
	struct znode_stat stat;
	struct slice data;

	make("/a", 0);
	cr_expect_eq(get_data("/a/", &data), ZNODE_NO_NODE);
	cr_expect_eq(get_data("a", &data), ZNODE_NO_NODE);
	cr_expect_eq(get_data("//a", &data), ZNODE_NO_NODE);
	cr_expect_eq(get_data("", &data), ZNODE_OK, "another name of the root");
	cr_expect_eq(tree_exists(f.tree, slice_of("/a\0b", 4), &stat), ZNODE_BAD_ARGUMENTS);
	cr_expect_eq(tree_exists(f.tree, slice_of_text("/b"), &stat), ZNODE_NO_NODE);
}

Test(tree_read, needs_the_permission_to_read)
{
	struct znode_stat stat;
	struct slice data, *names;
	size_t number;
	int32_t count;

	make_for("/w", ZNODE_WRITE, "world", "anyone");
	cr_expect_eq(get_data("/w", &data), ZNODE_NO_AUTH);
	cr_expect_eq(get_children("/w", &names, &number), ZNODE_NO_AUTH);
	cr_expect_eq(tree_count_below(f.tree, &f.caller, slice_of_text("/w"), &count), ZNODE_NO_AUTH);
	cr_expect_eq(tree_exists(f.tree, slice_of_text("/w"), &stat), ZNODE_OK, "that needs none");
}

Test(tree_read, gives_children_in_the_order_of_their_bytes)
{
	struct slice *names;
	size_t count;

	make("/p", 0);
	make("/p/c", 0);
	make("/p/a", 0);
	make("/p/ab", 0);
	make("/p/a/deep", 0);
	cr_assert_eq(get_children("/p", &names, &count), ZNODE_OK);
	cr_assert_eq(count, 3);
	cr_expect(slice_equal_text(names[0], "a"));
	cr_expect(slice_equal_text(names[1], "ab"));
	cr_expect(slice_equal_text(names[2], "c"));
	cr_assert_eq(get_children("/", &names, &count), ZNODE_OK);
	cr_assert_eq(count, 2);
	cr_expect(slice_equal_text(names[0], "p"));
	cr_expect(slice_equal_text(names[1], "zookeeper"));
	cr_assert_eq(get_children("/p/c", &names, &count), ZNODE_OK);
	cr_expect_eq(count, 0);
	cr_expect_eq(get_children("/none", &names, &count), ZNODE_NO_NODE);
}

Test(tree_read, counts_all_nodes_below)
{
	int32_t count;

	make("/p", 0);
	make("/p/a", 0);
	make("/p/a/b", 0);
	make("/p/a/c", 0);
	make("/p/d", 0);
	make("/pp", 0);
	cr_expect_eq(tree_count_below(f.tree, &f.caller, slice_of_text("/p"), &count), ZNODE_OK);
	cr_expect_eq(count, 4);
	cr_expect_eq(tree_count_below(f.tree, &f.caller, slice_of_text("/p/d"), &count), ZNODE_OK);
	cr_expect_eq(count, 0);
	cr_expect_eq(tree_count_below(f.tree, &f.caller, slice_of_text("/"), &count), ZNODE_OK);
	cr_expect_eq(count, 9);
	cr_expect_eq(tree_count_below(f.tree, &f.caller, slice_of_text("/x"), &count), ZNODE_NO_NODE);
}

Test(tree_read, gives_the_ephemerals_of_one_session_by_prefix)
{
	struct slice *paths;
	size_t count;

	make("/p", 0);
	make("/p/b", ZNODE_EPHEMERAL);
	make("/p/a", ZNODE_EPHEMERAL);
	make("/q", ZNODE_EPHEMERAL);
	cr_expect_eq(fixture_write_as(&f, &f.other, fixture_create("/p/o", ZNODE_EPHEMERAL)).error,
	    ZNODE_OK);
	cr_assert_eq(tree_get_ephemerals(f.tree, FIXTURE_SESSION, slice_of_text("/p"), &f.arena,
	    &paths, &count), ZNODE_OK);
	cr_assert_eq(count, 2);
	cr_expect(slice_equal_text(paths[0], "/p/a"));
	cr_expect(slice_equal_text(paths[1], "/p/b"));
	cr_assert_eq(tree_get_ephemerals(f.tree, FIXTURE_SESSION, slice_of_text(""), &f.arena, &paths,
	    &count), ZNODE_OK);
	cr_expect_eq(count, 3);
	cr_assert_eq(tree_get_ephemerals(f.tree, 99, slice_of_text(""), &f.arena, &paths, &count),
	    ZNODE_OK);
	cr_expect_eq(count, 0);
}

static void
expect_acl_id(const struct tree_caller *caller, const char *path, const char *id)
{
	struct znode_stat stat;
	struct znode_acl acl;

	cr_assert_eq(tree_get_acl(f.tree, caller, slice_of_text(path), &f.arena, &acl, &stat), ZNODE_OK);
	cr_assert_eq(acl.count, 2);
	cr_expect(slice_equal_text(acl.entries[0].id.id, id), "%.*s", (int)acl.entries[0].id.id.size,
	    (const char *)acl.entries[0].id.id.bytes);
	cr_expect(slice_equal_text(acl.entries[1].id.id, "anyone"));
}

Test(tree_read, hides_the_hash_of_a_digest_from_who_may_not_admin)
{
	struct znode_acl_entry entries[] = { { ZNODE_ALL, fixture_id("digest", "alice:hash") },
		{ ZNODE_READ, fixture_id("world", "anyone") } };
	struct znode_operation operation = fixture_create("/a", 0);

	operation.acl = (struct znode_acl){ entries, 2 };
	cr_assert_eq(fixture_write(&f, operation).error, ZNODE_OK);
	expect_acl_id(&f.alice, "/a", "alice:hash");
	expect_acl_id(&f.caller, "/a", "alice:x");
	expect_acl_id(&f.alice, "/a", "alice:hash");
}

Test(tree_read, shows_an_acl_to_who_may_read_or_admin)
{
	struct znode_stat stat;
	struct znode_acl acl;

	make_for("/admin", ZNODE_ADMIN, "world", "anyone");
	make_for("/create", ZNODE_CREATE, "world", "anyone");
	cr_expect_eq(tree_get_acl(f.tree, &f.caller, slice_of_text("/admin"), &f.arena, &acl, &stat),
	    ZNODE_OK);
	cr_expect_eq(tree_get_acl(f.tree, &f.caller, slice_of_text("/create"), &f.arena, &acl, &stat),
	    ZNODE_NO_AUTH);
	cr_expect_eq(tree_get_acl(f.tree, &f.caller, slice_of_text("/none"), &f.arena, &acl, &stat),
	    ZNODE_NO_NODE);
	cr_assert_eq(tree_get_acl(f.tree, &f.caller, slice_of_text("/zookeeper/config"), &f.arena, &acl,
	    &stat), ZNODE_OK);
	cr_expect_eq(acl.entries[0].permissions, ZNODE_READ);
}

Test(tree_read, fails_when_the_arena_is_full)
{
	struct znode_stat stat;
	struct arena small;
	struct slice *names;
	struct znode_acl acl;
	size_t count;

	make("/p", ZNODE_EPHEMERAL);
	make_for("/d", ZNODE_READ, "digest", "alice:hash");
	cr_assert_eq(fixture_write_as(&f, &f.alice, fixture_create("/d2", 0)).error, ZNODE_OK);
	arena_init(&small, 8);
	cr_expect_eq(tree_get_children(f.tree, &f.caller, slice_of_text("/"), &small, &names, &count,
	    &stat), ZNODE_RUNTIME_INCONSISTENCY);
	cr_expect_eq(tree_get_acl(f.tree, &f.alice, slice_of_text("/d"), &small, &acl, &stat),
	    ZNODE_RUNTIME_INCONSISTENCY, "the hidden form needs memory");
	cr_expect_eq(tree_get_ephemerals(f.tree, FIXTURE_SESSION, slice_of_text(""), &small, &names,
	    &count), ZNODE_RUNTIME_INCONSISTENCY);
	arena_fini(&small);
}
