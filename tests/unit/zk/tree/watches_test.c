#include "zk/tree/watches.h"

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

TestSuite(watches, .init = set_up, .fini = tear_down);

static void
add(int64_t session, const char *path, enum watch_table table, enum watch_mode mode)
{
	watches_add(tree_watches(f.tree), session, slice_of_text(path), table, mode);
}

static bool
drop(int64_t session, const char *path, enum watch_table table)
{
	return watches_remove(tree_watches(f.tree), session, slice_of_text(path), table);
}

static void
write(struct znode_operation operation)
{
	cr_expect_eq(fixture_write(&f, operation).error, ZNODE_OK);
}

static void
expect_events(const char *expected)
{
	cr_expect_str_eq(fixture_events(&f), expected);
}

Test(watches, of_data_are_told_once)
{
	add(7, "/a", WATCH_DATA, WATCH_ONCE);
	write(fixture_create("/a", 0));
	expect_events("7 created /a");
	write(fixture_set_data("/a", "x", -1));
	expect_events("");
	add(7, "/a", WATCH_DATA, WATCH_ONCE);
	write(fixture_set_data("/a", "y", -1));
	expect_events("7 changed /a");
	add(7, "/a", WATCH_DATA, WATCH_ONCE);
	write(fixture_delete("/a", -1));
	expect_events("7 deleted /a");
	cr_expect_eq(watches_count(tree_watches(f.tree)), 0);
}

Test(watches, of_children_are_told_of_creations_and_deletions_below)
{
	add(7, "/", WATCH_CHILDREN, WATCH_ONCE);
	write(fixture_set_data("/", "x", -1));
	expect_events("");
	write(fixture_create("/a", 0));
	expect_events("7 children /");
	add(7, "/a", WATCH_CHILDREN, WATCH_ONCE);
	write(fixture_create("/a/b", 0));
	expect_events("7 children /a");
	add(7, "/", WATCH_CHILDREN, WATCH_ONCE);
	write(fixture_create("/a/c", 0));
	expect_events("");
}

Test(watches, of_children_are_told_that_their_node_is_gone)
{
	write(fixture_create("/a", 0));
	add(7, "/a", WATCH_CHILDREN, WATCH_ONCE);
	add(7, "/", WATCH_CHILDREN, WATCH_ONCE);
	write(fixture_delete("/a", -1));
	expect_events("7 deleted /a; 7 children /");
}

Test(watches, tell_a_session_that_watches_both_of_one_deletion)
{
	write(fixture_create("/a", 0));
	add(7, "/a", WATCH_DATA, WATCH_ONCE);
	add(7, "/a", WATCH_CHILDREN, WATCH_ONCE);
	add(8, "/a", WATCH_CHILDREN, WATCH_ONCE);
	write(fixture_delete("/a", -1));
	expect_events("7 deleted /a; 8 deleted /a");
	cr_expect_eq(watches_count(tree_watches(f.tree)), 0);
}

Test(watches, set_twice_are_told_once)
{
	add(7, "/a", WATCH_DATA, WATCH_ONCE);
	add(7, "/a", WATCH_DATA, WATCH_ONCE);
	cr_expect_eq(watches_count(tree_watches(f.tree)), 1);
	write(fixture_create("/a", 0));
	expect_events("7 created /a");
}

Test(watches, of_several_sessions_are_told_in_the_order_they_came)
{
	add(9, "/a", WATCH_DATA, WATCH_ONCE);
	add(7, "/a", WATCH_DATA, WATCH_ONCE);
	add(8, "/a", WATCH_DATA, WATCH_ONCE);
	write(fixture_create("/a", 0));
	expect_events("9 created /a; 7 created /a; 8 created /a");
}

Test(watches, that_persist_are_told_again_and_again)
{
	add(7, "/a", WATCH_BOTH, WATCH_PERSISTENT);
	write(fixture_create("/a", 0));
	write(fixture_create("/a/b", 0));
	write(fixture_set_data("/a/b", "x", -1));
	write(fixture_set_data("/a", "x", -1));
	write(fixture_delete("/a/b", -1));
	write(fixture_delete("/a", -1));
	expect_events("7 created /a; 7 children /a; 7 changed /a; 7 children /a; 7 deleted /a");
}

Test(watches, that_reach_below_are_told_of_all_nodes_but_of_no_children)
{
	add(7, "/a", WATCH_BOTH, WATCH_RECURSIVE);
	write(fixture_create("/a", 0));
	write(fixture_create("/a/b", 0));
	write(fixture_create("/a/b/c", 0));
	write(fixture_set_data("/a/b/c", "x", -1));
	write(fixture_delete("/a/b/c", -1));
	write(fixture_create("/ab", 0));
	expect_events("7 created /a; 7 created /a/b; 7 created /a/b/c; 7 changed /a/b/c; "
	    "7 deleted /a/b/c");
}

Test(watches, that_reach_below_the_root_see_everything)
{
	add(7, "/", WATCH_BOTH, WATCH_RECURSIVE);
	write(fixture_create("/a", 0));
	write(fixture_create("/a/b", 0));
	expect_events("7 created /a; 7 created /a/b");
}

Test(watches, from_above_and_at_the_node_are_told_together_once)
{
	add(7, "/", WATCH_BOTH, WATCH_RECURSIVE);
	add(7, "/a", WATCH_BOTH, WATCH_PERSISTENT);
	write(fixture_create("/a", 0));
	expect_events("7 created /a");
	write(fixture_create("/a/b", 0));
	expect_events("7 created /a/b; 7 children /a");
}

Test(watches, take_the_mode_that_was_set_last)
{
	add(7, "/a", WATCH_BOTH, WATCH_PERSISTENT);
	add(7, "/a", WATCH_DATA, WATCH_ONCE);
	write(fixture_create("/a", 0));
	write(fixture_set_data("/a", "x", -1));
	expect_events("7 created /a");
	write(fixture_create("/a/b", 0));
	expect_events("7 children /a");
}

Test(watches, are_removed_by_kind)
{
	add(7, "/a", WATCH_BOTH, WATCH_PERSISTENT);
	cr_expect(drop(7, "/a", WATCH_DATA));
	cr_expect_not(drop(7, "/a", WATCH_DATA));
	cr_expect_not(watches_has(tree_watches(f.tree), slice_of_text("/a"), WATCH_DATA));
	cr_expect(watches_has(tree_watches(f.tree), slice_of_text("/a"), WATCH_BOTH));
	cr_expect(drop(7, "/a", WATCH_BOTH));
	write(fixture_create("/a", 0));
	expect_events("");
}

Test(watches, of_others_are_not_removed)
{
	add(7, "/a", WATCH_DATA, WATCH_ONCE);
	cr_expect_not(drop(8, "/a", WATCH_BOTH));
	cr_expect_not(drop(7, "/b", WATCH_BOTH));
	cr_expect_not(drop(7, "/a", WATCH_CHILDREN));
	write(fixture_create("/a", 0));
	expect_events("7 created /a");
}

Test(watches, go_with_their_session)
{
	add(7, "/a", WATCH_BOTH, WATCH_RECURSIVE);
	add(7, "/b", WATCH_DATA, WATCH_ONCE);
	add(8, "/a", WATCH_DATA, WATCH_ONCE);
	watches_end_session(tree_watches(f.tree), 7);
	cr_expect_eq(watches_count(tree_watches(f.tree)), 1);
	write(fixture_create("/a", 0));
	expect_events("8 created /a");
	watches_end_session(tree_watches(f.tree), 99);
}
