#include <criterion/criterion.h>

#include "fake_zk.h"

struct seen {
	struct zk_watch watch;
	int fired;
	struct zk_watch *removes;
};

static struct fake_zk fake;
static struct zk_session *session;
static struct zk_call call;

static void
fired(struct zk_watch *watch, enum znode_event_type type)
{
	struct seen *seen = container_of(watch, struct seen, watch);

	(void)type;
	seen->fired++;
	if (seen->removes != NULL)
		zk_watch_remove(session, seen->removes);
}

static struct seen
watch_of(enum zk_watch_type type, const char *path)
{
	return (struct seen){ .watch = { .type = type, .path = slice_of_text(path),
		.fired = fired } };
}

static void
done(struct zk_call *made, const struct coord_answer *answer)
{
	(void)made;
	(void)answer;
}

static void
fire(enum znode_event_type type, const char *path)
{
	fake.session.handler->watch_fired(fake.session.handler, type, slice_of_text(path));
}

static bool
read_sets_watch(enum coord_call_type type, const char *path)
{
	bool sets;

	call = (struct zk_call){ .type = type, .path = slice_of_text(path), .done = done };
	zk_session_call(session, &call);
	sets = fake.calls[0]->watch;
	fake_zk_answer_error(&fake, ZNODE_NO_NODE);
	return sets;
}

static void
setup(void)
{
	fake_zk_init(&fake);
	session = fake_zk_session(&fake, true, 10);
}

static void
teardown(void)
{
	fake_zk_end(&fake, session);
	fake_zk_fini(&fake);
}

TestSuite(session_watches, .init = setup, .fini = teardown);

Test(session_watches, only_reads_of_a_watched_path_set_the_watch)
{
	struct seen node = watch_of(ZK_WATCH_NODE, "/n"), list = watch_of(ZK_WATCH_CHILDREN, "/l");

	zk_watch_add(session, &node.watch);
	zk_watch_add(session, &list.watch);
	cr_assert(read_sets_watch(COORD_EXISTS, "/n") && read_sets_watch(COORD_GET_DATA, "/n"));
	cr_assert(!read_sets_watch(COORD_GET_CHILDREN, "/n"));
	cr_assert(read_sets_watch(COORD_GET_CHILDREN, "/l"));
	cr_assert(!read_sets_watch(COORD_EXISTS, "/l") && !read_sets_watch(COORD_EXISTS, "/o"));
	zk_watch_remove(session, &node.watch);
	cr_assert(!read_sets_watch(COORD_EXISTS, "/n"));
	zk_watch_remove(session, &list.watch);
}

Test(session_watches, an_event_goes_to_the_watches_of_its_kind_and_path)
{
	struct seen node = watch_of(ZK_WATCH_NODE, "/n"), list = watch_of(ZK_WATCH_CHILDREN, "/n"),
		    other = watch_of(ZK_WATCH_NODE, "/"), twin = watch_of(ZK_WATCH_NODE, "/n");

	zk_watch_add(session, &node.watch);
	zk_watch_add(session, &list.watch);
	zk_watch_add(session, &other.watch);
	zk_watch_add(session, &twin.watch);
	fire(ZNODE_EVENT_DATA_CHANGED, "/r/n");
	fire(ZNODE_EVENT_DELETED, "/r/n");
	cr_assert(node.fired == 2 && twin.fired == 2 && list.fired == 0 && other.fired == 0);
	fire(ZNODE_EVENT_CHILDREN_CHANGED, "/r/n");
	cr_assert(list.fired == 1 && node.fired == 2);
	fire(ZNODE_EVENT_CREATED, "/r");
	cr_assert(other.fired == 1);
	zk_watch_remove(session, &node.watch);
	zk_watch_remove(session, &list.watch);
	zk_watch_remove(session, &other.watch);
	zk_watch_remove(session, &twin.watch);
}

Test(session_watches, one_that_is_removed_by_another_is_not_told)
{
	struct seen a = watch_of(ZK_WATCH_NODE, "/n"), b = watch_of(ZK_WATCH_NODE, "/n");

	a.removes = &b.watch;
	b.removes = &a.watch;
	zk_watch_add(session, &a.watch);
	zk_watch_add(session, &b.watch);
	fire(ZNODE_EVENT_CREATED, "/r/n");
	cr_assert(a.fired + b.fired == 1);
	fire(ZNODE_EVENT_CREATED, "/r/n");
	cr_assert(a.fired + b.fired == 2);
	zk_watch_remove(session, &a.watch);
	zk_watch_remove(session, &b.watch);
	zk_watch_remove(session, &b.watch);
}
