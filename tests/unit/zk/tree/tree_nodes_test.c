#include <criterion/criterion.h>

#include "tests/unit/zk/tree/fixture.h"
#include "zk/tree/tree_private.h"

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

TestSuite(tree_nodes, .init = set_up, .fini = tear_down);

Test(tree_nodes, of_zookeeper_are_there_from_the_beginning)
{
	struct znode_stat stat = fixture_stat(&f, "/");

	cr_expect_eq(tree_zxid(f.tree), 0);
	cr_expect_eq(stat.child_count, 1);
	cr_expect_eq(stat.cversion, -1);
	stat = fixture_stat(&f, "/zookeeper");
	cr_expect_eq(stat.child_count, 2);
	cr_expect_eq(stat.cversion, -2);
	cr_expect_eq(fixture_stat(&f, "/zookeeper/quota").child_count, 0);
	cr_expect_eq(fixture_stat(&f, "/zookeeper/config").aversion, -1);
}

Test(tree_nodes, are_found_by_path_and_the_root_also_by_nothing)
{
	cr_expect_eq(tree_find(f.tree, slice_of_text("")), f.tree->root);
	cr_expect_eq(tree_find(f.tree, slice_of_text("/")), f.tree->root);
	cr_expect_eq(tree_find(f.tree, slice_of_text("/zookeeper"))->parent, f.tree->root);
	cr_expect_eq(tree_find(f.tree, slice_of_text("/none")), NULL);
	cr_expect_eq(tree_find(f.tree, slice_of_text("zookeeper")), NULL);
}

Test(tree_nodes, keep_a_copy_of_their_data)
{
	char data[] = "data";
	struct node *node = node_new(slice_of_text("/a"), slice_of(data, 4), &fixture_open_acl);

	data[0] = 'x';
	cr_expect_eq(memcmp(node->data, "data", 4), 0);
	cr_expect_not(node->data_is_null);
	node_free(node);
	node = node_new(slice_of_text("/a"), slice_null(), &fixture_open_acl);
	cr_expect(node->data_is_null);
	cr_expect_eq(node->data_size, 0);
	node_free(node);
}

Test(tree_nodes, are_counted_by_their_parent_and_listed_by_their_owner)
{
	struct node *node = node_new(slice_of_text("/e"), slice_null(), &fixture_open_acl);

	node->ephemeral_owner = FIXTURE_SESSION;
	cr_expect_eq(tree_owner(f.tree, FIXTURE_SESSION), NULL);
	tree_link(f.tree, f.tree->root, node);
	cr_expect_eq(f.tree->root->child_count, 2);
	cr_assert_neq(tree_owner(f.tree, FIXTURE_SESSION), NULL);
	cr_expect_eq(tree_owner(f.tree, FIXTURE_OTHER), NULL);
	tree_unlink(f.tree, node);
	cr_expect_eq(f.tree->root->child_count, 1);
	cr_expect_eq(tree_owner(f.tree, FIXTURE_SESSION), NULL, "an owner of nothing is forgotten");
	node_free(node);
}

Test(tree_nodes, tell_creations_and_deletions_as_one_number)
{
	struct znode_stat stat;

	for (int i = 0; i < 3; i++)
		cr_expect_eq(fixture_write(&f, fixture_create("/n", ZNODE_SEQUENTIAL)).error, ZNODE_OK);
	cr_expect_eq(fixture_write(&f, fixture_delete("/n0000000001", -1)).error, ZNODE_OK);
	stat = fixture_stat(&f, "/");
	cr_expect_eq(stat.child_count, 3);
	cr_expect_eq(stat.cversion, 2 * 3 - 3, "three were created, three are there");
	cr_expect_eq(stat.pzxid, 4);
}

Test(tree_nodes, give_out_zxids_that_change_no_node)
{
	cr_expect_eq(tree_next_zxid(f.tree), 1);
	cr_expect_eq(tree_next_zxid(f.tree), 2);
	cr_expect_eq(tree_zxid(f.tree), 2);
	cr_expect_eq(fixture_write(&f, fixture_create("/a", 0)).stat.czxid, 3);
}

Test(tree_nodes, are_freed_with_their_watches)
{
	watches_add(tree_watches(f.tree), FIXTURE_SESSION, slice_of_text("/a"), WATCH_BOTH,
	    WATCH_RECURSIVE);
	cr_expect_eq(watches_count(tree_watches(f.tree)), 2);
	/* tear_down frees the tree, and the sanitizer sees what is left */
}
