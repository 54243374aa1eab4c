#include <criterion/criterion.h>
#include <stdio.h>

#include "tests/unit/zk/tree/fixture.h"

static struct fixture f;
static struct tree_change_sink sink;
static char changes[256];

static void
on_change(struct tree_change_sink *of UNUSED, struct slice path)
{
	size_t used = strlen(changes);

	snprintf(changes + used, sizeof(changes) - used, "%s%.*s", used == 0 ? "" : " ",
	    (int)path.size, (const char *)path.bytes);
}

/* What was told since it was asked last. */
static const char *
told(void)
{
	static char last[sizeof(changes)];

	memcpy(last, changes, sizeof(last));
	changes[0] = '\0';
	return last;
}

static void
set_up(void)
{
	fixture_init(&f);
	changes[0] = '\0';
	sink.changed = on_change;
	tree_set_change_sink(f.tree, &sink);
}

static void
tear_down(void)
{
	fixture_fini(&f);
}

TestSuite(tree_image, .init = set_up, .fini = tear_down);

Test(tree_image, a_creation_changes_the_node_and_its_parent)
{
	fixture_write(&f, fixture_create("/a", 0));
	cr_expect_str_eq(told(), "/a /");
	fixture_write(&f, fixture_set_data("/a", "x", -1));
	cr_expect_str_eq(told(), "/a");
	fixture_write(&f, fixture_set_acl("/a", fixture_open_acl, -1));
	cr_expect_str_eq(told(), "/a");
	fixture_write(&f, fixture_delete("/a", -1));
	cr_expect_str_eq(told(), "/a /");
}

Test(tree_image, what_did_not_happen_is_not_told)
{
	struct znode_operation operations[2] = { fixture_create("/a", 0), fixture_delete("/none", -1) };
	struct znode_result results[2];

	fixture_write(&f, fixture_delete("/none", -1));
	fixture_write(&f, fixture_check("/", -1));
	cr_assert_eq(tree_write(f.tree, &f.caller, 1, operations, 2, true, &f.arena, results),
	    ERROR_NONE);
	cr_expect_str_eq(told(), "");
}

Test(tree_image, ephemerals_of_an_ended_session_are_told)
{
	fixture_write(&f, fixture_create("/b", ZNODE_EPHEMERAL));
	fixture_write(&f, fixture_create("/a", ZNODE_EPHEMERAL));
	(void)told();
	tree_end_session(f.tree, FIXTURE_SESSION, 9);
	cr_expect_str_eq(told(), "/a / /b /");
}

Test(tree_image, nobody_has_to_listen)
{
	tree_set_change_sink(f.tree, NULL);
	fixture_write(&f, fixture_create("/a", 0));
	cr_expect_str_eq(told(), "");
}

Test(tree_image, of_no_node_is_none)
{
	struct tree_image image;

	cr_expect_not(tree_image(f.tree, slice_of_text("/none"), &image));
	cr_expect(tree_image(f.tree, slice_of_text("/"), &image));
}

/* Copies a node into another tree. */
static enum error
copy(struct tree *into, const char *path)
{
	struct tree_image image;

	cr_assert(tree_image(f.tree, slice_of_text(path), &image));
	return tree_restore(into, slice_of_text(path), &image);
}

Test(tree_image, makes_the_same_node_again)
{
	struct fixture other;
	struct znode_stat a, b;
	struct slice data;

	fixture_write(&f, fixture_create("/a", 0));
	fixture_write(&f, fixture_create("/a/e", ZNODE_EPHEMERAL));
	fixture_write(&f, fixture_create("/a/gone", 0));
	fixture_write(&f, fixture_delete("/a/gone", -1));
	fixture_write(&f, fixture_set_data("/a", "two", -1));
	fixture_init(&other);
	cr_assert_eq(copy(other.tree, "/"), ERROR_NONE);
	cr_assert_eq(copy(other.tree, "/a"), ERROR_NONE);
	cr_assert_eq(copy(other.tree, "/a/e"), ERROR_NONE);
	tree_restore_zxid(other.tree, tree_zxid(f.tree));
	for (size_t i = 0; i < 3; i++) {
		static const char *const paths[] = { "/", "/a", "/a/e" };

		a = fixture_stat(&f, paths[i]);
		b = fixture_stat(&other, paths[i]);
		cr_expect(fixture_stat_equal(&a, &b), "%s", paths[i]);
	}
	cr_expect_eq(tree_get_data(other.tree, &f.caller, slice_of_text("/a"), &data, &b), ZNODE_OK);
	cr_expect(slice_equal_text(data, "two"));
	cr_expect_eq(tree_zxid(other.tree), 5);
	cr_expect(slice_equal_text(fixture_write(&other, fixture_create("/a/s", ZNODE_SEQUENTIAL)).path,
	    "/a/s0000000002"));
	tree_end_session(other.tree, FIXTURE_SESSION, 9);
	cr_expect_not(fixture_exists(&other, "/a/e"));
	fixture_fini(&other);
}

Test(tree_image, keeps_null_data_apart_from_empty)
{
	struct znode_operation create = fixture_create("/a", 0);
	struct tree_image image;

	create.data = slice_null();
	fixture_write(&f, create);
	cr_assert(tree_image(f.tree, slice_of_text("/a"), &image));
	cr_expect(slice_is_null(image.data));
	cr_assert_eq(tree_restore(f.tree, slice_of_text("/a"), &image), ERROR_NONE);
	cr_assert(tree_image(f.tree, slice_of_text("/a"), &image));
	cr_expect(slice_is_null(image.data));
}

Test(tree_image, of_a_node_without_its_parent_is_damage)
{
	struct tree_image image;

	cr_assert(tree_image(f.tree, slice_of_text("/"), &image));
	cr_expect_eq(tree_restore(f.tree, slice_of_text("/a/b"), &image), ERROR_CORRUPT);
	cr_expect_eq(tree_restore(f.tree, slice_of_text("a"), &image), ERROR_CORRUPT);
	cr_expect_eq(tree_restore(f.tree, slice_of_text(""), &image), ERROR_CORRUPT);
	cr_expect_eq(tree_restore(f.tree, slice_of_text("/a/"), &image), ERROR_CORRUPT);
	image.stat.ephemeral_owner = 3;
	cr_assert_eq(tree_restore(f.tree, slice_of_text("/e"), &image), ERROR_NONE);
	cr_expect_eq(tree_restore(f.tree, slice_of_text("/e/child"), &image), ERROR_CORRUPT);
}

Test(tree_image, a_zxid_never_goes_back)
{
	tree_restore_zxid(f.tree, 7);
	tree_restore_zxid(f.tree, 3);
	cr_expect_eq(tree_zxid(f.tree), 7);
}

Test(tree_image, counts_nodes_ephemerals_and_bytes)
{
	struct tree_census before, after;

	tree_count(f.tree, &before);
	cr_expect_eq(before.nodes, 4);
	fixture_write(&f, fixture_create("/a", ZNODE_EPHEMERAL));
	tree_count(f.tree, &after);
	cr_expect_eq(after.nodes, 5);
	cr_expect_eq(after.ephemerals, 1);
	cr_expect_eq(after.bytes, before.bytes + 7);
}
