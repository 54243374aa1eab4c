#include <criterion/criterion.h>

#include "tests/unit/zk/tree/fixture.h"

enum { MOST_OPERATIONS = 8 };

static struct fixture f;
static struct znode_result results[MOST_OPERATIONS];

static void
set_up(void)
{
	fixture_init(&f);
	cr_assert_eq(fixture_write(&f, fixture_create("/p", 0)).error, ZNODE_OK);
	cr_assert_eq(fixture_write(&f, fixture_create("/p/old", 0)).error, ZNODE_OK);
}

static void
tear_down(void)
{
	fixture_fini(&f);
}

TestSuite(multi, .init = set_up, .fini = tear_down);

static void
run(const struct znode_operation *operations, size_t count)
{
	cr_assert_eq(tree_write(f.tree, &f.caller, ++f.now_ms, operations, count, true, &f.arena,
	    results), ERROR_NONE);
}

Test(multi, does_all_with_one_zxid)
{
	struct znode_operation operations[] = { fixture_create("/p/a", 0), fixture_set_data("/p", "x", 0),
		fixture_check("/p", 1), fixture_delete("/p/old", 0) };

	run(operations, ARRAY_LENGTH(operations));
	for (size_t i = 0; i < ARRAY_LENGTH(operations); i++)
		cr_expect_eq(results[i].error, ZNODE_OK);
	cr_expect_eq(tree_zxid(f.tree), 3);
	cr_expect_eq(fixture_stat(&f, "/p/a").czxid, 3);
	cr_expect_eq(fixture_stat(&f, "/p").mzxid, 3);
	cr_expect_eq(fixture_stat(&f, "/p").pzxid, 3);
	cr_expect_not(fixture_exists(&f, "/p/old"));
}

Test(multi, of_nothing_takes_a_zxid)
{
	run(NULL, 0);
	cr_expect_eq(tree_zxid(f.tree), 3);
}

Test(multi, that_fails_says_where)
{
	struct znode_operation operations[] = { fixture_create("/p/a", 0), fixture_check("/p", 5),
		fixture_create("/p/b", 0), fixture_create("bad", 0) };

	run(operations, ARRAY_LENGTH(operations));
	cr_expect_eq(results[0].error, ZNODE_OK);
	cr_expect_eq(results[1].error, ZNODE_BAD_VERSION);
	cr_expect_eq(results[2].error, ZNODE_RUNTIME_INCONSISTENCY);
	cr_expect_eq(results[3].error, ZNODE_RUNTIME_INCONSISTENCY);
	cr_expect_eq(tree_zxid(f.tree), 3);
	cr_expect_not(fixture_exists(&f, "/p/a"));
}

/* What a failed multi must leave as it was. */
static void
expect_undone(const struct znode_operation *operations, size_t count)
{
	struct znode_operation all[MOST_OPERATIONS];
	struct znode_stat parent = fixture_stat(&f, "/p"), old = fixture_stat(&f, "/p/old"), after;
	struct znode_acl acl;
	struct slice data;

	memcpy(all, operations, count * sizeof(all[0]));
	all[count] = fixture_check("/none", 0);
	watches_add(tree_watches(f.tree), 7, slice_of_text("/"), WATCH_BOTH, WATCH_RECURSIVE);
	run(all, count + 1);
	cr_expect_eq(results[count].error, ZNODE_NO_NODE);
	after = fixture_stat(&f, "/p");
	cr_expect(fixture_stat_equal(&parent, &after));
	after = fixture_stat(&f, "/p/old");
	cr_expect(fixture_stat_equal(&old, &after));
	cr_expect_eq(tree_get_data(f.tree, &f.caller, slice_of_text("/p/old"), &data, &after), ZNODE_OK);
	cr_expect(slice_equal_text(data, "first"));
	cr_expect_eq(tree_get_acl(f.tree, &f.caller, slice_of_text("/p/old"), &f.arena, &acl, &after),
	    ZNODE_OK);
	cr_expect_eq(acl.entries[0].permissions, ZNODE_ALL);
	cr_expect_str_eq(fixture_events(&f), "");
}

Test(multi, undoes_a_creation)
{
	struct znode_operation operations[] = { fixture_create("/p/a", ZNODE_EPHEMERAL),
		fixture_create("/p/n", ZNODE_SEQUENTIAL) };
	struct slice *paths;
	size_t count;

	expect_undone(operations, ARRAY_LENGTH(operations));
	cr_expect_not(fixture_exists(&f, "/p/a"));
	cr_expect_eq(tree_get_ephemerals(f.tree, 7, slice_of_text(""), &f.arena, &paths, &count),
	    ZNODE_OK);
	cr_expect_eq(count, 0);
	cr_expect(slice_equal_text(fixture_write(&f, fixture_create("/p/n", ZNODE_SEQUENTIAL)).path,
	    "/p/n0000000001"), "the numbers are given again");
}

Test(multi, undoes_a_deletion)
{
	struct znode_operation operations[] = { fixture_delete("/p/old", 0) };

	expect_undone(operations, ARRAY_LENGTH(operations));
	cr_expect_eq(fixture_write(&f, fixture_delete("/p/old", 0)).error, ZNODE_OK);
}

Test(multi, undoes_a_deletion_of_an_ephemeral)
{
	struct znode_operation operation = fixture_delete("/p/e", 0);

	cr_expect_eq(fixture_write(&f, fixture_create("/p/e", ZNODE_EPHEMERAL)).error, ZNODE_OK);
	expect_undone(&operation, 1);
	tree_end_session(f.tree, FIXTURE_SESSION, 9);
	cr_expect_not(fixture_exists(&f, "/p/e"));
}

Test(multi, undoes_data_twice_set)
{
	struct znode_operation operations[] = { fixture_set_data("/p/old", "x", 0),
		fixture_set_data("/p/old", NULL, 1), fixture_set_data("/p", "y", -1) };

	expect_undone(operations, ARRAY_LENGTH(operations));
}

Test(multi, undoes_an_acl)
{
	struct znode_acl_entry entry = { ZNODE_READ, fixture_id("world", "anyone") };
	struct znode_acl acl = { &entry, 1 };
	struct znode_operation operations[] = { fixture_set_acl("/p/old", acl, 0) };

	expect_undone(operations, ARRAY_LENGTH(operations));
}

Test(multi, undoes_what_it_made_and_deleted_itself)
{
	struct znode_operation operations[] = { fixture_create("/p/a", 0), fixture_create("/p/a/b", 0),
		fixture_set_data("/p/a/b", "x", 0), fixture_delete("/p/a/b", 1), fixture_delete("/p/a", 0),
		fixture_delete("/p/old", -1), fixture_create("/p/old", 0) };

	expect_undone(operations, ARRAY_LENGTH(operations));
	cr_expect_not(fixture_exists(&f, "/p/a"));
}

Test(multi, may_delete_what_it_made)
{
	struct znode_operation operations[] = { fixture_create("/p/a", 0), fixture_create("/p/a/b", 0),
		fixture_set_data("/p/a/b", "x", 0), fixture_delete("/p/a/b", 1), fixture_delete("/p/a", 0) };

	watches_add(tree_watches(f.tree), 7, slice_of_text("/p"), WATCH_BOTH, WATCH_RECURSIVE);
	run(operations, ARRAY_LENGTH(operations));
	cr_expect_not(fixture_exists(&f, "/p/a"));
	cr_expect_eq(fixture_stat(&f, "/p").child_count, 1);
	cr_expect_eq(fixture_stat(&f, "/p").cversion, 2 * 2 - 1);
	cr_expect_str_eq(fixture_events(&f), "7 created /p/a; 7 created /p/a/b; 7 changed /p/a/b; "
	    "7 deleted /p/a/b; 7 deleted /p/a");
}

Test(multi, sees_its_own_changes)
{
	struct znode_operation operations[] = { fixture_delete("/p/old", 0), fixture_delete("/p", 0),
		fixture_create("/p", 0), fixture_create("/p/n", ZNODE_SEQUENTIAL) };

	run(operations, ARRAY_LENGTH(operations));
	cr_expect_eq(results[3].error, ZNODE_OK);
	cr_expect(slice_equal_text(results[3].path, "/p/n0000000000"), "of a parent that is new");
	cr_expect_eq(fixture_stat(&f, "/p").czxid, 3);
}
