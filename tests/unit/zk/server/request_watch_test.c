#include <criterion/criterion.h>

#include "tests/unit/zk/server/fixture.h"

static struct server s;

static void
set_up(void)
{
	server_init(&s);
}

static void
tear_down(void)
{
	server_fini(&s);
}

TestSuite(request_watch, .init = set_up, .fini = tear_down);

enum { ONCE_CHILDREN = 1, ONCE_DATA = 2, ANY = 3, PERSISTENT = 0, RECURSIVE = 1 };

static const char *
ask_number(int64_t session, int32_t opcode, const char *path, int32_t number)
{
	server_put_path_and(&s, path, number);
	return server_ask(&s, session, opcode);
}

static const char *
create(const char *path)
{
	server_put_create(&s, path, 0);
	return server_ask(&s, 1, OPCODE_CREATE);
}

Test(request_watch, adds_watches_that_persist)
{
	cr_expect_str_eq(ask_number(2, OPCODE_ADD_WATCH, "/a", PERSISTENT), "2: xid=1 zxid=2 error=0 0");
	cr_expect_str_eq(create("/a"),
	    "2: xid=-1 zxid=-1 error=0 event 1 state 3 '/a'; 1: xid=2 zxid=3 error=0 '/a'");
	cr_expect_str_eq(create("/a/b"),
	    "2: xid=-1 zxid=-1 error=0 event 4 state 3 '/a'; 1: xid=3 zxid=4 error=0 '/a/b'");
}

Test(request_watch, adds_watches_of_all_that_is_below)
{
	cr_expect_str_eq(ask_number(2, OPCODE_ADD_WATCH, "/a", RECURSIVE), "2: xid=1 zxid=2 error=0 0");
	(void)create("/a");
	cr_expect_str_eq(create("/a/b"),
	    "2: xid=-1 zxid=-1 error=0 event 1 state 3 '/a/b'; 1: xid=3 zxid=4 error=0 '/a/b'");
}

Test(request_watch, removes_watches)
{
	(void)ask_number(2, OPCODE_ADD_WATCH, "/a", PERSISTENT);
	cr_expect_str_eq(ask_number(1, OPCODE_REMOVE_WATCHES, "/a", ANY), "1: xid=2 zxid=2 error=-121");
	cr_expect_str_eq(ask_number(1, OPCODE_CHECK_WATCHES, "/a", ANY), "1: xid=3 zxid=2 error=0");
	cr_expect_str_eq(ask_number(2, OPCODE_REMOVE_WATCHES, "/a", ONCE_DATA), "2: xid=4 zxid=2 error=0");
	cr_expect_str_eq(ask_number(2, OPCODE_REMOVE_WATCHES, "/a", ONCE_DATA),
	    "2: xid=5 zxid=2 error=-121");
	cr_expect_str_eq(ask_number(2, OPCODE_CHECK_WATCHES, "/a", ONCE_CHILDREN),
	    "2: xid=6 zxid=2 error=0");
	cr_expect_str_eq(ask_number(2, OPCODE_REMOVE_WATCHES, "/a", ANY), "2: xid=7 zxid=2 error=0");
	cr_expect_str_eq(ask_number(2, OPCODE_CHECK_WATCHES, "/a", ANY), "2: xid=8 zxid=2 error=-121");
}

Test(request_watch, refuses_kinds_and_modes_that_there_are_not)
{
	cr_expect_str_eq(ask_number(1, OPCODE_ADD_WATCH, "/a", 2), "1: xid=1 zxid=2 error=-5");
	cr_expect_str_eq(ask_number(1, OPCODE_ADD_WATCH, "/a", -1), "1: xid=2 zxid=2 error=-5");
	cr_expect_str_eq(ask_number(1, OPCODE_REMOVE_WATCHES, "/a", 0), "1: xid=3 zxid=2 error=-5");
	cr_expect_str_eq(ask_number(1, OPCODE_CHECK_WATCHES, "/a", 4), "1: xid=4 zxid=2 error=-5");
	cr_expect_str_eq(ask_number(1, OPCODE_ADD_WATCH, NULL, 0), "1: xid=5 zxid=2 error=-5");
	cr_expect_str_eq(server_ask(&s, 1, OPCODE_ADD_WATCH), "1: xid=6 zxid=2 error=-5");
}

/* The lists of a setWatches: one path each, or none. */
static void
put_lists(int64_t seen_zxid, const char *const *paths, size_t count)
{
	buffer_int64(&s.body, seen_zxid);
	for (size_t i = 0; i < count; i++) {
		buffer_int32(&s.body, paths[i] == NULL ? 0 : 1);
		if (paths[i] != NULL)
			server_put_path(&s, paths[i]);
	}
}

Test(request_watch, tells_at_once_what_was_missed)
{
	static const char *const gone[] = { "/gone", NULL, "/gone" }, *const there[] = { "/a", "/a", "/a" };

	(void)create("/a");
	put_lists(2, gone, 3);
	cr_expect_str_eq(server_ask(&s, 2, OPCODE_SET_WATCHES),
	    "2: xid=-1 zxid=-1 error=0 event 2 state 3 '/gone'; "
	    "2: xid=-1 zxid=-1 error=0 event 2 state 3 '/gone'; 2: xid=2 zxid=3 error=0");
	put_lists(2, there, 3);
	cr_expect_str_eq(server_ask(&s, 2, OPCODE_SET_WATCHES),
	    "2: xid=-1 zxid=-1 error=0 event 3 state 3 '/a'; "
	    "2: xid=-1 zxid=-1 error=0 event 1 state 3 '/a'; "
	    "2: xid=-1 zxid=-1 error=0 event 4 state 3 '/a'; 2: xid=3 zxid=3 error=0");
	cr_expect_eq(watches_count(tree_watches(requests_tree(s.requests))), 0);
}

Test(request_watch, watches_again_what_was_not_missed)
{
	static const char *const paths[] = { "/a", "/none", "/a", "/p", "/r" };

	(void)create("/a");
	put_lists(3, paths, 5);
	cr_expect_str_eq(server_ask(&s, 2, OPCODE_SET_WATCHES2), "2: xid=2 zxid=3 error=0");
	cr_expect_eq(watches_count(tree_watches(requests_tree(s.requests))), 3 + 2 + 2);
	cr_expect_str_eq(create("/none"),
	    "2: xid=-1 zxid=-1 error=0 event 1 state 3 '/none'; 1: xid=3 zxid=4 error=0 '/none'");
}

Test(request_watch, takes_lists_only_when_they_are_whole)
{
	static const char *const paths[] = { "/a", "/b" };

	put_lists(3, paths, 2);
	cr_expect_str_eq(server_ask(&s, 2, OPCODE_SET_WATCHES), "2: xid=1 zxid=2 error=-5");
	cr_expect_eq(watches_count(tree_watches(requests_tree(s.requests))), 0);
}

Test(request_watch, keeps_an_event_from_who_may_not_read_the_node)
{
	struct znode_acl_entry entry = { 31, { slice_of_text("ip"), slice_of_text("10.9.9.9") } };
	struct znode_acl acl = { &entry, 1 };

	(void)ask_number(2, OPCODE_ADD_WATCH, "/", RECURSIVE);
	server_put_path(&s, "/secret");
	jute_bytes(&s.body, slice_null());
	jute_acl(&s.body, &acl);
	buffer_int32(&s.body, 0);
	cr_expect_str_eq(server_ask(&s, 1, OPCODE_CREATE), "1: xid=2 zxid=3 error=0 '/secret'");
}
