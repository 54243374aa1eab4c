#include <criterion/criterion.h>

#include "fake_zk.h"
#include "zk/operations.h"

static struct fake_zk fake;
static struct zk_session *session;
static int answered;
static enum znode_error last_error;
static bool last_fenced;

static void
setup(void)
{
	answered = 0;
	fake_zk_init(&fake);
	session = fake_zk_session(&fake, false, 10);
}

static void
teardown(void)
{
	fake_zk_end(&fake, session);
	fake_zk_fini(&fake);
}

TestSuite(operations, .init = setup, .fini = teardown);

static const struct zk_fence fence = { { (const uint8_t *)"/controller_epoch", 17 }, 5 };

static const char *
written(void)
{
	const struct coord_call *call = fake.calls[0];

	cr_assert(fake.call_count == 1 && call->type == COORD_WRITE);
	return fake_zk_text(call->operations[call->operation_count - 1].path);
}

/* ----------------------------------------------------------------- fenced */

static void
on_fenced(struct zk_fenced_write *write, enum znode_error error, bool fenced,
    const struct znode_result *result)
{
	(void)write;
	answered++;
	last_error = error;
	last_fenced = fenced;
	cr_assert(error != ZNODE_OK || result->stat.version == 3);
}

static void
answer_two(enum znode_error first, enum znode_error second)
{
	struct znode_result results[2] = { { .error = first },
		{ .error = second, .stat = { .version = 3 } } };

	fake_zk_answer(&fake, &(struct coord_answer){
		.error = first != ZNODE_OK ? first : second, .results = results });
}

static void
write_fenced(struct zk_fenced_write *write)
{
	struct znode_operation operation = { .type = ZNODE_OP_SET_DATA,
		.path = slice_of_text("/state"), .data = slice_of_text(""), .version = 2 };

	zk_fenced_write(session, write, &fence, &operation, on_fenced);
	cr_assert(fake.calls[0]->operations[0].type == ZNODE_OP_CHECK &&
	    fake.calls[0]->operations[0].version == 5 && fake.calls[0]->multi);
}

Test(operations, a_fenced_write_tells_the_fences_bad_version_from_its_own)
{
	struct zk_fenced_write write;

	write_fenced(&write);
	answer_two(ZNODE_OK, ZNODE_OK);
	cr_assert(last_error == ZNODE_OK && !last_fenced);
	write_fenced(&write);
	answer_two(ZNODE_BAD_VERSION, ZNODE_RUNTIME_INCONSISTENCY);
	cr_assert(last_error == ZNODE_BAD_VERSION && last_fenced);
	write_fenced(&write);
	answer_two(ZNODE_OK, ZNODE_BAD_VERSION);
	cr_assert(last_error == ZNODE_BAD_VERSION && !last_fenced && answered == 3);
}

/* ----------------------------------------------------------------- create */

static void
on_created(struct zk_create_path *create, enum znode_error error)
{
	(void)create;
	answered++;
	last_error = error;
}

Test(operations, missing_parents_are_made_from_the_first_that_lacks)
{
	struct zk_create_path create;

	zk_create_path(session, &create, slice_of_text("/a/b/c"), slice_of_text("d"), on_created);
	cr_assert_str_eq(written(), "/a/b/c");
	fake_zk_answer_error(&fake, ZNODE_NO_NODE);
	cr_assert_str_eq(written(), "/a/b");
	fake_zk_answer_error(&fake, ZNODE_NO_NODE);
	cr_assert_str_eq(written(), "/a");
	cr_assert(slice_is_null(fake.calls[0]->operations[0].data));
	fake_zk_answer_error(&fake, ZNODE_OK);
	cr_assert_str_eq(written(), "/a/b");
	fake_zk_answer_error(&fake, ZNODE_NODE_EXISTS);
	cr_assert_str_eq(written(), "/a/b/c");
	cr_assert(slice_equal_text(fake.calls[0]->operations[0].data, "d"));
	fake_zk_answer_error(&fake, ZNODE_OK);
	cr_assert(answered == 1 && last_error == ZNODE_OK);
}

Test(operations, a_parent_that_may_not_be_made_ends_it)
{
	struct zk_create_path create;

	zk_create_path(session, &create, slice_of_text("/a/b"), slice_null(), on_created);
	fake_zk_answer_error(&fake, ZNODE_NO_NODE);
	fake_zk_answer_error(&fake, ZNODE_NO_AUTH);
	cr_assert(answered == 1 && last_error == ZNODE_NO_AUTH && fake.call_count == 0);
}

/* ----------------------------------------------------------------- delete */

static void
on_deleted(struct zk_delete_tree *deletion, enum znode_error error, bool fenced)
{
	(void)deletion;
	answered++;
	last_error = error;
	last_fenced = fenced;
}

static void
answer_children(const char *path, const char *child)
{
	struct slice name = slice_of_text(child);

	cr_assert(fake.calls[0]->type == COORD_GET_CHILDREN);
	cr_assert_str_eq(fake_zk_text(fake.calls[0]->path), path);
	fake_zk_answer(&fake, &(struct coord_answer){ .children = &name,
		.child_count = child != NULL });
}

Test(operations, a_tree_goes_from_its_leaves_and_looks_again_when_it_grew)
{
	struct zk_delete_tree deletion;

	zk_delete_tree(session, &deletion, &fence, slice_of_text("/t"), on_deleted);
	answer_children("/t", "p");
	answer_children("/t/p", NULL);
	cr_assert_str_eq(written(), "/t/p");
	cr_assert(fake.calls[0]->operation_count == 2);
	answer_two(ZNODE_OK, ZNODE_OK);
	answer_children("/t", NULL);
	answer_two(ZNODE_OK, ZNODE_NOT_EMPTY);
	answer_children("/t", "q");
	fake_zk_answer_error(&fake, ZNODE_NO_NODE);
	answer_children("/t", NULL);
	answer_two(ZNODE_OK, ZNODE_OK);
	cr_assert(answered == 1 && last_error == ZNODE_OK);
}

Test(operations, a_deletion_stops_when_somebody_else_is_controller)
{
	struct zk_delete_tree deletion;

	zk_delete_tree(session, &deletion, &fence, slice_of_text("/t"), on_deleted);
	answer_children("/t", "p");
	answer_children("/t/p", NULL);
	answer_two(ZNODE_BAD_VERSION, ZNODE_RUNTIME_INCONSISTENCY);
	cr_assert(answered == 1 && last_error == ZNODE_BAD_VERSION && last_fenced);
}

Test(operations, a_deletion_whose_fence_is_gone_has_deleted_nothing)
{
	struct zk_delete_tree deletion;

	zk_delete_tree(session, &deletion, &fence, slice_of_text("/t"), on_deleted);
	answer_children("/t", NULL);
	answer_two(ZNODE_NO_NODE, ZNODE_RUNTIME_INCONSISTENCY);
	cr_assert(answered == 1 && last_error == ZNODE_NO_NODE && !last_fenced);
	zk_delete_tree(session, &deletion, &fence, slice_of_text("/t"), on_deleted);
	answer_children("/t", NULL);
	answer_two(ZNODE_OK, ZNODE_NO_NODE);
	cr_assert(answered == 2 && last_error == ZNODE_OK);
}
