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

TestSuite(request_write, .init = set_up, .fini = tear_down);

static void
put_set_data(const char *path, const char *data, int32_t version)
{
	server_put_path(&s, path);
	jute_bytes(&s.body, slice_of_text(data));
	buffer_int32(&s.body, version);
}

Test(request_write, answers_create_with_a_path_and_create2_with_a_stat_too)
{
	server_put_create(&s, "/a", 0);
	cr_expect_str_eq(server_ask(&s, 1, OPCODE_CREATE), "1: xid=1 zxid=3 error=0 '/a'");
	server_put_create(&s, "/e", ZNODE_EPHEMERAL | ZNODE_SEQUENTIAL);
	cr_expect_str_eq(server_ask(&s, 1, OPCODE_CREATE2), "1: xid=2 zxid=4 error=0 '/e0000000001'"
	    " {c=4 m=4 p=4 v=0 cv=0 av=0 owner=1 length=4 children=0}");
}

Test(request_write, answers_a_failure_with_nothing_behind_the_header)
{
	server_put_create(&s, "/a/b", 0);
	cr_expect_str_eq(server_ask(&s, 1, OPCODE_CREATE2), "1: xid=1 zxid=3 error=-101");
	put_set_data("/a", "x", -1);
	cr_expect_str_eq(server_ask(&s, 1, OPCODE_SET_DATA), "1: xid=2 zxid=4 error=-101");
}

Test(request_write, answers_changes_with_a_stat)
{
	struct znode_acl_entry entry = { 3, { slice_of_text("world"), slice_of_text("anyone") } };
	struct znode_acl acl = { &entry, 1 };

	server_make(&s, "/a");
	put_set_data("/a", NULL, 0);
	cr_expect_str_eq(server_ask(&s, 1, OPCODE_SET_DATA), "1: xid=2 zxid=4 error=0"
	    " {c=3 m=4 p=3 v=1 cv=0 av=0 owner=0 length=0 children=0}");
	server_put_path(&s, "/a");
	jute_acl(&s.body, &acl);
	buffer_int32(&s.body, 0);
	cr_expect_str_eq(server_ask(&s, 1, OPCODE_SET_ACL), "1: xid=3 zxid=5 error=0"
	    " {c=3 m=4 p=3 v=1 cv=0 av=1 owner=0 length=0 children=0}");
	server_put_path_and(&s, "/a", 7);
	cr_expect_str_eq(server_ask(&s, 1, OPCODE_CHECK), "1: xid=4 zxid=6 error=-103");
	server_put_path_and(&s, "/a", 1);
	cr_expect_str_eq(server_ask(&s, 1, OPCODE_CHECK), "1: xid=5 zxid=7 error=0");
	server_put_path_and(&s, "/a", 1);
	cr_expect_str_eq(server_ask(&s, 1, OPCODE_DELETE), "1: xid=6 zxid=8 error=0");
}

Test(request_write, answers_each_change_of_a_multi)
{
	server_put_multi_header(&s, OPCODE_CREATE2, false);
	server_put_create(&s, "/a", 0);
	server_put_multi_header(&s, OPCODE_SET_DATA, false);
	put_set_data("/a", "xy", 0);
	server_put_multi_header(&s, OPCODE_CHECK, false);
	server_put_path_and(&s, "/a", 1);
	server_put_multi_header(&s, OPCODE_DELETE, false);
	server_put_path_and(&s, "/a", 1);
	server_put_multi_header(&s, OPCODE_ERROR, true);
	cr_expect_str_eq(server_ask(&s, 1, OPCODE_MULTI), "1: xid=1 zxid=3 error=0"
	    "\n\t1 0 '/a'"
	    "\n\t5 0 {c=3 m=3 p=3 v=1 cv=0 av=0 owner=0 length=2 children=0}"
	    "\n\t13 0"
	    "\n\t2 0"
	    "\n\t-1 last -1");
}

Test(request_write, answers_a_failed_multi_with_the_error_of_each)
{
	server_put_multi_header(&s, OPCODE_CREATE, false);
	server_put_create(&s, "/a", 0);
	server_put_multi_header(&s, OPCODE_CHECK, false);
	server_put_path_and(&s, "/a", 9);
	server_put_multi_header(&s, OPCODE_CREATE, false);
	server_put_create(&s, "/b", 0);
	server_put_multi_header(&s, OPCODE_ERROR, true);
	cr_expect_str_eq(server_ask(&s, 1, OPCODE_MULTI), "1: xid=1 zxid=3 error=0"
	    "\n\t-1 0 error 0"
	    "\n\t-1 -103 error -103"
	    "\n\t-1 -2 error -2"
	    "\n\t-1 last -1");
}

Test(request_write, refuses_a_multi_that_cannot_be_read_and_does_nothing_of_it)
{
	server_put_multi_header(&s, OPCODE_CREATE, false);
	server_put_create(&s, "/a", 0);
	server_put_multi_header(&s, OPCODE_SET_ACL, false);
	cr_expect_str_eq(server_ask(&s, 1, OPCODE_MULTI), "1: xid=1 zxid=3 error=-5");
	server_put_multi_header(&s, OPCODE_CREATE, false);
	server_put_create(&s, "/a", 0);
	cr_expect_str_eq(server_ask(&s, 1, OPCODE_MULTI), "1: xid=2 zxid=4 error=-5", "no end");
	server_put_watched(&s, "/a", false);
	cr_expect_str_eq(server_ask(&s, 1, OPCODE_EXISTS), "1: xid=3 zxid=4 error=-101");
}

Test(request_write, refuses_every_cut_of_a_body)
{
	struct buffer whole;

	buffer_init(&whole);
	server_put_create(&s, "/a", 0);
	buffer_append(&whole, s.body.bytes, s.body.size);
	for (size_t size = 0; size < whole.size; size++) {
		buffer_clear(&s.body);
		buffer_append(&s.body, whole.bytes, size);
		cr_expect_neq(strstr(server_ask(&s, 1, OPCODE_CREATE), "error=-5"), NULL, "%zu", size);
	}
	cr_expect_eq(tree_zxid(requests_tree(s.requests)), 2 + (int64_t)whole.size, "each takes a zxid");
	buffer_append(&s.body, whole.bytes, whole.size);
	cr_expect_neq(strstr(server_ask(&s, 1, OPCODE_CREATE), "error=0 '/a'"), NULL);
	buffer_fini(&whole);
}

Test(request_write, does_not_pass_its_share_of_memory)
{
	for (int i = 0; i < 2000; i++) {
		server_put_multi_header(&s, OPCODE_DELETE, false);
		server_put_path_and(&s, "/a", -1);
	}
	server_put_multi_header(&s, OPCODE_ERROR, true);
	cr_expect_str_eq(server_ask(&s, 1, OPCODE_MULTI), "1: xid=1 zxid=3 error=-5");
}
