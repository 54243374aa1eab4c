#include <criterion/criterion.h>

#include "zk/server/record.h"

enum { ARENA_CAP = 1 << 16 };

static struct buffer bytes;
static struct arena arena;

static void
set_up(void)
{
	buffer_init(&bytes);
	arena_init(&arena, ARENA_CAP);
}

static void
tear_down(void)
{
	buffer_fini(&bytes);
	arena_fini(&arena);
}

TestSuite(record, .init = set_up, .fini = tear_down);

static struct tree_image
an_image(void)
{
	static const struct znode_acl_entry entry = { ZNODE_READ,
		{ { (const uint8_t *)"world", 5 }, { (const uint8_t *)"anyone", 6 } } };

	return (struct tree_image){ .data = slice_of_text("data"), .acl = { &entry, 1 },
		.stat = { .czxid = 1, .mzxid = 2, .ctime_ms = 3, .mtime_ms = 4, .version = 5,
		    .aversion = 6, .ephemeral_owner = 7, .pzxid = 8 }, .creations = 9 };
}

Test(record, of_a_node_comes_back_as_it_was)
{
	struct tree_image image = an_image(), again;
	struct slice path;

	record_put_node(&bytes, slice_of_text("/a"), &image);
	cr_assert_eq(record_get_node(buffer_slice(&bytes), &arena, &path, &again), ERROR_NONE);
	cr_expect(slice_equal_text(path, "/a"));
	cr_expect(slice_equal_text(again.data, "data"));
	cr_expect_eq(again.acl.count, 1);
	cr_expect_eq(again.acl.entries[0].permissions, ZNODE_READ);
	cr_expect(slice_equal_text(again.acl.entries[0].id.id, "anyone"));
	cr_expect_eq(again.stat.ephemeral_owner, 7);
	cr_expect_eq(again.stat.pzxid, 8);
	cr_expect_eq(again.creations, 9);
}

Test(record, of_a_session_comes_back_as_it_was)
{
	struct requests_session session = { .id = 5, .timeout_ms = 6, .password = "0123456789abcde" };
	struct requests_session again;

	record_put_session(&bytes, &session);
	cr_assert_eq(record_get_session(buffer_slice(&bytes), &again), ERROR_NONE);
	cr_expect_eq(again.id, 5);
	cr_expect_eq(again.timeout_ms, 6);
	cr_expect_arr_eq(again.password, session.password, REQUESTS_PASSWORD_SIZE);
}

Test(record, that_is_cut_or_too_long_is_damaged)
{
	struct tree_image image = an_image(), again;
	struct requests_session session = { .id = 5, .timeout_ms = 6 };
	struct slice path;
	int64_t zxid;

	record_put_node(&bytes, slice_of_text("/a"), &image);
	for (size_t size = 0; size < bytes.size; size++)
		cr_expect_eq(record_get_node(slice_of(bytes.bytes, size), &arena, &path, &again),
		    ERROR_CORRUPT);
	buffer_int8(&bytes, 0);
	cr_expect_eq(record_get_node(buffer_slice(&bytes), &arena, &path, &again), ERROR_CORRUPT);
	buffer_clear(&bytes);
	record_put_session(&bytes, &session);
	for (size_t size = 0; size < bytes.size; size++)
		cr_expect_eq(record_get_session(slice_of(bytes.bytes, size), &session), ERROR_CORRUPT);
	buffer_clear(&bytes);
	record_put_state(&bytes, 3);
	for (size_t size = 0; size < bytes.size; size++)
		cr_expect_eq(record_get_state(slice_of(bytes.bytes, size), &zxid), ERROR_CORRUPT);
	cr_expect_eq(record_get_state(buffer_slice(&bytes), &zxid), ERROR_NONE);
	cr_expect_eq(zxid, 3);
}

Test(record, of_a_later_format_is_not_understood)
{
	int64_t zxid;

	buffer_int32(&bytes, 2);
	buffer_int64(&bytes, 3);
	buffer_int64(&bytes, 4);
	cr_expect_eq(record_get_state(buffer_slice(&bytes), &zxid), ERROR_UNSUPPORTED);
}

Test(record, that_nothing_writes_is_damaged)
{
	struct requests_session none = { .id = 0, .timeout_ms = 6 }, timeless = { .id = 1 };
	int64_t zxid;

	record_put_session(&bytes, &none);
	cr_expect_eq(record_get_session(buffer_slice(&bytes), &none), ERROR_CORRUPT);
	buffer_clear(&bytes);
	record_put_session(&bytes, &timeless);
	cr_expect_eq(record_get_session(buffer_slice(&bytes), &timeless), ERROR_CORRUPT);
	buffer_clear(&bytes);
	record_put_state(&bytes, -1);
	cr_expect_eq(record_get_state(buffer_slice(&bytes), &zxid), ERROR_CORRUPT);
}

Test(record, keys_bring_sessions_first_and_parents_before_children)
{
	char path[2000];
	struct buffer state = { 0 }, session = { 0 }, parent = { 0 }, child = { 0 }, longer = { 0 };

	memset(path, 'x', sizeof(path));
	path[0] = '/';
	record_state_key(&state);
	record_session_key(&session, -1);
	record_node_key(&parent, slice_of_text("/"));
	record_node_key(&child, slice_of(path, RECORD_KEY_SIZE - 1));
	record_node_key(&longer, slice_of(path, RECORD_KEY_SIZE));
	cr_expect_lt(slice_compare(buffer_slice(&state), buffer_slice(&session)), 0);
	cr_expect_lt(slice_compare(buffer_slice(&session), buffer_slice(&parent)), 0);
	cr_expect_lt(slice_compare(buffer_slice(&parent), buffer_slice(&child)), 0);
	cr_expect_lt(slice_compare(buffer_slice(&child), buffer_slice(&longer)), 0);
	cr_expect_eq(child.size, RECORD_KEY_SIZE);
	record_node_key(&bytes, slice_of(path, sizeof(path)));
	cr_expect_eq(bytes.size, longer.size);
	cr_expect_neq(slice_compare(buffer_slice(&bytes), buffer_slice(&longer)), 0);
	buffer_fini(&state);
	buffer_fini(&session);
	buffer_fini(&parent);
	buffer_fini(&child);
	buffer_fini(&longer);
}
