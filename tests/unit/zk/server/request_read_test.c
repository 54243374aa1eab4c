#include <criterion/criterion.h>

#include "tests/unit/zk/server/fixture.h"

static struct server s;

static void
set_up(void)
{
	server_init(&s);
	server_make(&s, "/p");
	server_make(&s, "/p/a");
	s.xid = 0;
}

static void
tear_down(void)
{
	server_fini(&s);
}

TestSuite(request_read, .init = set_up, .fini = tear_down);

#define STAT_OF_P "{c=3 m=3 p=4 v=0 cv=1 av=0 owner=0 length=4 children=1}"
#define STAT_OF_A "{c=4 m=4 p=4 v=0 cv=0 av=0 owner=0 length=4 children=0}"

Test(request_read, answers_exists)
{
	server_put_watched(&s, "/p", false);
	cr_expect_str_eq(server_ask(&s, 1, OPCODE_EXISTS), "1: xid=1 zxid=4 error=0 " STAT_OF_P);
	server_put_watched(&s, "/none", false);
	cr_expect_str_eq(server_ask(&s, 1, OPCODE_EXISTS), "1: xid=2 zxid=4 error=-101");
}

Test(request_read, answers_get_data)
{
	server_put_watched(&s, "/p/a", false);
	cr_expect_str_eq(server_ask(&s, 1, OPCODE_GET_DATA), "1: xid=1 zxid=4 error=0 'data' " STAT_OF_A);
}

Test(request_read, answers_get_acl)
{
	server_put_path(&s, "/p/a");
	cr_expect_str_eq(server_ask(&s, 1, OPCODE_GET_ACL),
	    "1: xid=1 zxid=4 error=0 1[ 31 'world' 'anyone' ] " STAT_OF_A);
}

Test(request_read, answers_get_children_with_or_without_a_stat)
{
	server_put_watched(&s, "/p", false);
	cr_expect_str_eq(server_ask(&s, 1, OPCODE_GET_CHILDREN), "1: xid=1 zxid=4 error=0 1[ 'a' ]");
	server_put_watched(&s, "/p", false);
	cr_expect_str_eq(server_ask(&s, 1, OPCODE_GET_CHILDREN2),
	    "1: xid=2 zxid=4 error=0 1[ 'a' ] " STAT_OF_P);
}

Test(request_read, sets_a_watch_only_on_what_it_finds_but_for_exists)
{
	server_put_watched(&s, "/n", true);
	(void)server_ask(&s, 2, OPCODE_GET_DATA);
	server_put_watched(&s, "/n", true);
	(void)server_ask(&s, 2, OPCODE_GET_CHILDREN2);
	cr_expect_eq(watches_count(tree_watches(requests_tree(s.requests))), 0);
	server_put_watched(&s, "/n", true);
	(void)server_ask(&s, 2, OPCODE_EXISTS);
	server_put_create(&s, "/n", 0);
	cr_expect_str_eq(server_ask(&s, 1, OPCODE_CREATE),
	    "2: xid=-1 zxid=-1 error=0 event 1 state 3 '/n'; 1: xid=4 zxid=5 error=0 '/n'");
}

Test(request_read, tells_of_children_once)
{
	server_put_watched(&s, "/p", true);
	(void)server_ask(&s, 1, OPCODE_GET_CHILDREN);
	server_put_create(&s, "/p/b", 0);
	cr_expect_str_eq(server_ask(&s, 1, OPCODE_CREATE),
	    "1: xid=-1 zxid=-1 error=0 event 4 state 3 '/p'; 1: xid=2 zxid=5 error=0 '/p/b'");
	server_put_create(&s, "/p/c", 0);
	cr_expect_str_eq(server_ask(&s, 1, OPCODE_CREATE), "1: xid=3 zxid=6 error=0 '/p/c'");
}

Test(request_read, answers_a_list_of_reads_each_for_itself)
{
	server_put_multi_header(&s, OPCODE_GET_DATA, false);
	server_put_watched(&s, "/p/a", true);
	server_put_multi_header(&s, OPCODE_GET_DATA, false);
	server_put_watched(&s, "/none", false);
	server_put_multi_header(&s, OPCODE_GET_CHILDREN, false);
	server_put_watched(&s, "/p", false);
	server_put_multi_header(&s, OPCODE_ERROR, true);
	cr_expect_str_eq(server_ask(&s, 1, OPCODE_MULTI_READ),
	    "1: xid=1 zxid=4 error=0"
	    "\n\t4 0 'data' " STAT_OF_A
	    "\n\t-1 -101 error -101"
	    "\n\t8 0 1[ 'a' ]"
	    "\n\t-1 last -1");
	cr_expect_eq(watches_count(tree_watches(requests_tree(s.requests))), 0);
}

Test(request_read, takes_only_reads_in_a_list_of_reads)
{
	server_put_multi_header(&s, OPCODE_DELETE, false);
	server_put_path_and(&s, "/p/a", -1);
	server_put_multi_header(&s, OPCODE_ERROR, true);
	cr_expect_str_eq(server_ask(&s, 1, OPCODE_MULTI_READ), "1: xid=1 zxid=4 error=-5");
}

Test(request_read, answers_get_ephemerals)
{
	server_put_create(&s, "/p/e", ZNODE_EPHEMERAL);
	(void)server_ask(&s, 1, OPCODE_CREATE);
	server_put_path(&s, "/p");
	cr_expect_str_eq(server_ask(&s, 1, OPCODE_GET_EPHEMERALS), "1: xid=2 zxid=5 error=0 1[ '/p/e' ]");
	server_put_path(&s, " / ");
	cr_expect_str_eq(server_ask(&s, 1, OPCODE_GET_EPHEMERALS), "1: xid=3 zxid=5 error=0 1[ '/p/e' ]");
	server_put_path(&s, NULL);
	cr_expect_str_eq(server_ask(&s, 1, OPCODE_GET_EPHEMERALS), "1: xid=4 zxid=5 error=0 1[ '/p/e' ]");
	server_put_path(&s, "/q");
	cr_expect_str_eq(server_ask(&s, 1, OPCODE_GET_EPHEMERALS), "1: xid=5 zxid=5 error=0 0[ ]");
	server_put_path(&s, "/");
	cr_expect_str_eq(server_ask(&s, 2, OPCODE_GET_EPHEMERALS), "2: xid=6 zxid=5 error=0 0[ ]");
}

Test(request_read, answers_the_number_of_all_nodes_below)
{
	server_put_path(&s, "/");
	cr_expect_str_eq(server_ask(&s, 1, OPCODE_GET_ALL_CHILDREN_NUMBER), "1: xid=1 zxid=4 error=0 5");
}

Test(request_read, answers_sync_with_its_path)
{
	server_put_path(&s, "/none");
	cr_expect_str_eq(server_ask(&s, 1, OPCODE_SYNC), "1: xid=1 zxid=4 error=0 '/none'");
}

Test(request_read, refuses_a_body_that_is_cut_or_has_no_path)
{
	static const int32_t opcodes[] = { OPCODE_EXISTS, OPCODE_GET_DATA, OPCODE_GET_ACL,
		OPCODE_GET_CHILDREN, OPCODE_GET_CHILDREN2, OPCODE_GET_ALL_CHILDREN_NUMBER };

	for (size_t i = 0; i < ARRAY_LENGTH(opcodes); i++) {
		cr_expect_neq(strstr(server_ask(&s, 1, opcodes[i]), "error=-5"), NULL, "%d", opcodes[i]);
		server_put_watched(&s, NULL, false);
		cr_expect_neq(strstr(server_ask(&s, 1, opcodes[i]), "error=-5"), NULL, "%d", opcodes[i]);
	}
	cr_expect_neq(strstr(server_ask(&s, 1, OPCODE_SYNC), "error=-5"), NULL);
	cr_expect_neq(strstr(server_ask(&s, 1, OPCODE_GET_EPHEMERALS), "error=-5"), NULL);
	cr_expect_neq(strstr(server_ask(&s, 1, OPCODE_MULTI_READ), "error=-5"), NULL);
	cr_expect_eq(tree_zxid(requests_tree(s.requests)), 4, "reads take no zxid");
}
