#include <criterion/criterion.h>

#include "tests/unit/zk/server/fixture.h"
#include "zk/server/journal.h"
#include "zk/server/record.h"

enum { MOST_RECORDS = 64 };

/* A store in memory: records in the order of their keys. */
struct shelf {
	struct store store;
	struct {
		struct buffer key, value;
	} records[MOST_RECORDS];
	size_t count;
};

static const uint64_t seed[2] = { 5, 6 };
static struct server s;
static struct journal *journal;
static struct shelf shelf;
static char damage[200];

static enum error
shelf_load(struct store *store, struct store_visitor *visitor)
{
	struct shelf *it = container_of(store, struct shelf, store);
	enum error error = ERROR_NONE;

	for (size_t i = 0; i < it->count && error == ERROR_NONE; i++)
		error = visitor->visit(visitor, buffer_slice(&it->records[i].key),
		    buffer_slice(&it->records[i].value));
	return error;
}

static void
shelf_remove(struct shelf *it, size_t at)
{
	buffer_fini(&it->records[at].key);
	buffer_fini(&it->records[at].value);
	it->count--;
	memmove(&it->records[at], &it->records[at + 1], (it->count - at) * sizeof(it->records[0]));
}

static enum error
shelf_commit(struct store *store, const struct store_change *changes, size_t count)
{
	struct shelf *it = container_of(store, struct shelf, store);

	for (size_t i = 0; i < count; i++) {
		size_t at = 0;
		int order = 1;

		while (at < it->count && (order = slice_compare(buffer_slice(&it->records[at].key),
		    changes[i].key)) < 0)
			at++;
		if (at < it->count && order == 0)
			shelf_remove(it, at);
		if (slice_is_null(changes[i].value))
			continue;
		cr_assert_lt(it->count, MOST_RECORDS);
		memmove(&it->records[at + 1], &it->records[at],
		    (it->count - at) * sizeof(it->records[0]));
		memset(&it->records[at], 0, sizeof(it->records[0]));
		buffer_append_slice(&it->records[at].key, changes[i].key);
		buffer_append_slice(&it->records[at].value, changes[i].value);
		it->count++;
	}
	return ERROR_NONE;
}

static const struct store_ops shelf_ops = { shelf_load, shelf_commit };

static void
set_up(void)
{
	server_init(&s);
	journal = journal_new(seed, s.requests);
	shelf.store.ops = &shelf_ops;
}

static void
tear_down(void)
{
	journal_free(journal);
	server_fini(&s);
	while (shelf.count > 0)
		shelf_remove(&shelf, 0);
}

TestSuite(journal, .init = set_up, .fini = tear_down);

/* Takes all that has changed to the shelf; how many records that was. */
static size_t
keep(void)
{
	struct journal_bunch bunch;
	size_t count;

	journal_take(journal, &bunch);
	count = bunch.count;
	cr_assert_eq(store_commit(&shelf.store, bunch.changes, bunch.count), ERROR_NONE);
	journal_bunch_fini(&bunch);
	return count;
}

/* A new server from what is on the shelf. */
static enum error
start_again(struct requests **requests)
{
	static const struct requests_limits limits = { 4000, 40000, 1 << 20 };
	struct journal *again;
	enum error error;

	*requests = requests_new(seed, &limits, &s.sink);
	again = journal_new(seed, *requests);
	error = journal_load(again, &shelf.store, damage, sizeof(damage));
	if (error == ERROR_NONE)
		cr_expect_not(journal_is_dirty(again));
	journal_free(again);
	return error;
}

Test(journal, a_failed_write_is_kept_for_its_zxid)
{
	(void)keep();
	cr_expect_not(journal_is_dirty(journal));
	server_put_path_and(&s, "/none", -1);
	server_ask(&s, 1, OPCODE_DELETE);
	cr_expect(journal_is_dirty(journal));
	cr_expect_eq(keep(), 1);
	cr_expect_not(journal_is_dirty(journal));
}

Test(journal, a_read_changes_nothing)
{
	(void)keep();
	server_put_watched(&s, "/", true);
	server_ask(&s, 1, OPCODE_EXISTS);
	cr_expect_not(journal_is_dirty(journal));
}

Test(journal, a_node_that_changes_often_is_kept_once)
{
	server_make(&s, "/a");
	server_make(&s, "/b");
	server_put_path_and(&s, "/a", -1);
	server_ask(&s, 1, OPCODE_DELETE);
	server_make(&s, "/a");
	cr_expect_eq(keep(), 4); /* the state, "/", "/a", "/b" */
	server_put_path_and(&s, "/a", -1);
	server_ask(&s, 1, OPCODE_DELETE);
	cr_expect_eq(keep(), 3);
	cr_expect_eq(shelf.count, 3);
}

Test(journal, a_server_starts_again_where_it_was)
{
	struct requests *again;
	struct znode_stat before, after;

	journal_session_changed(journal, 1);
	server_put_create(&s, "/e", ZNODE_EPHEMERAL);
	server_ask(&s, 1, OPCODE_CREATE);
	server_make(&s, "/a");
	server_make(&s, "/a/b");
	(void)keep();
	cr_assert_eq(start_again(&again), ERROR_NONE, "%s", damage);
	cr_expect_eq(tree_zxid(requests_tree(again)), tree_zxid(requests_tree(s.requests)));
	cr_expect_eq(requests_timeout_ms(again, 1), requests_timeout_ms(s.requests, 1));
	cr_expect_eq(tree_exists(requests_tree(again), slice_of_text("/a/b"), &after), ZNODE_OK);
	cr_expect_eq(tree_exists(requests_tree(again), slice_of_text("/e"), &after), ZNODE_OK);
	cr_expect_eq(after.ephemeral_owner, 1);
	cr_expect_eq(tree_exists(requests_tree(again), slice_of_text("/"), &after), ZNODE_OK);
	cr_expect_eq(tree_exists(requests_tree(s.requests), slice_of_text("/"), &before), ZNODE_OK);
	cr_expect_eq(after.cversion, before.cversion);
	cr_expect_eq(after.pzxid, before.pzxid);
	requests_free(again);
}

Test(journal, a_session_that_ended_is_forgotten)
{
	struct requests *again;

	journal_session_changed(journal, 1);
	(void)keep();
	cr_expect_eq(shelf.count, 2);
	server_ask(&s, 1, OPCODE_CLOSE);
	journal_session_changed(journal, 1);
	(void)keep();
	cr_expect_eq(shelf.count, 1);
	cr_assert_eq(start_again(&again), ERROR_NONE);
	cr_expect_eq(requests_session_count(again), 0);
	requests_free(again);
}

Test(journal, names_too_long_for_a_key_come_back_too)
{
	char path[1600];
	struct requests *again;
	struct znode_stat stat;

	memset(path, 'y', sizeof(path));
	for (size_t at = 0; at < sizeof(path); at += 400)
		path[at] = '/';
	for (size_t at = 400; at < sizeof(path); at += 400) {
		path[at] = '\0';
		server_make(&s, path);
		path[at] = '/';
	}
	(void)keep();
	cr_assert_eq(start_again(&again), ERROR_NONE, "%s", damage);
	path[1200] = '\0';
	cr_expect_eq(tree_exists(requests_tree(again), slice_of_text(path), &stat), ZNODE_OK);
	requests_free(again);
}

/* Puts one record on the shelf. */
static void
put(const char *key, struct slice value)
{
	struct store_change change = { slice_of_text(key), value };

	cr_assert_eq(store_commit(&shelf.store, &change, 1), ERROR_NONE);
}

Test(journal, damage_is_told_by_name)
{
	struct requests *again;

	server_make(&s, "/a");
	server_make(&s, "/a/b");
	(void)keep();
	put("n/a", slice_null());
	cr_expect_eq(start_again(&again), ERROR_CORRUPT);
	cr_expect_str_eq(damage, "node /a/b: damaged");
	requests_free(again);
	put("z", slice_of_text("what is this"));
	put("n/a/b", slice_null());
	cr_expect_eq(start_again(&again), ERROR_CORRUPT);
	cr_expect_str_eq(damage, "a record of no known type: damaged");
	requests_free(again);
}

Test(journal, an_ephemeral_without_its_session_is_damage)
{
	struct requests *again;

	server_put_create(&s, "/e", ZNODE_EPHEMERAL);
	server_ask(&s, 1, OPCODE_CREATE);
	(void)keep(); /* nobody said that session 1 had changed */
	cr_expect_eq(start_again(&again), ERROR_CORRUPT);
	cr_expect_str_eq(damage, "node /e: damaged");
	requests_free(again);
}

Test(journal, a_later_format_is_not_read)
{
	struct requests *again;

	put("a", slice_of("\0\0\0\2\0\0\0\0\0\0\0\0", 12));
	cr_expect_eq(start_again(&again), ERROR_UNSUPPORTED);
	cr_expect_str_eq(damage, "the state: written by a later version");
	requests_free(again);
}
