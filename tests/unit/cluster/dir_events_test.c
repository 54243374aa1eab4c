#include "cluster/dir_events.h"

#include <criterion/criterion.h>

#include "tests/unit/cluster/shore.h"

#define EVENTS "/log_dir_event_notification"

static struct shore shore;
static struct dir_events events;

static void
free_events(struct shore_side *side)
{
	(void)side;
	dir_events_fini(&events);
}

static void
set_up(void)
{
	shore_init(&shore, 1);
	shore_start(&shore, 0);
	shore_enter(&shore, 0);
	dir_events_init(&events, shore.sides[0].session, &shore.sides[0].process.world, 3);
	shore_leave(&shore, 0);
	shore.sides[0].fini = free_events;
}

static void
tear_down(void)
{
	shore_stop(&shore, 0);
	shore_fini(&shore);
}

TestSuite(dir_events, .init = set_up, .fini = tear_down);

static void
make_parent(void)
{
	cr_assert_eq(shore_create(&shore, EVENTS, NULL, 0), ZNODE_OK);
}

static void
tell(void)
{
	shore_enter(&shore, 0);
	dir_events_tell(&events);
	shore_leave(&shore, 0);
}

Test(dir_events, are_left_as_kafka_leaves_them)
{
	make_parent();
	tell();
	shore_run(&shore, SHORE_SECOND_US);
	cr_expect_eq(shore_child_count(&shore, EVENTS), 1);
	cr_expect_str_eq(shore_data(&shore, EVENTS "/log_dir_event_0000000000"),
	    "{\"version\":1,\"broker\":3,\"event\":1}");
}

/* The controller may have taken the first one away before the second happened. */
Test(dir_events, that_come_while_one_is_told_are_told_too)
{
	make_parent();
	for (int i = 0; i < 5; i++)
		tell();
	shore_run(&shore, SHORE_SECOND_US);
	cr_expect_eq(shore_child_count(&shore, EVENTS), 2);
}

Test(dir_events, are_told_after_an_expired_session)
{
	make_parent();
	shore_cut(&shore, 0);
	tell();
	shore_run(&shore, SHORE_SECOND_US);
	shore_mend(&shore, 0);
	shore_expire(&shore, 0);
	shore_run(&shore, 5 * SHORE_SECOND_US);
	cr_expect_geq(shore_child_count(&shore, EVENTS), 1);
	cr_expect_not(events.is_out);
}

Test(dir_events, that_cannot_be_told_stand_in_the_log)
{
	tell();
	shore_run(&shore, SHORE_SECOND_US);
	cr_expect(shore_has_logged(&shore, 0, "cannot be told of the log dirs"));
	make_parent();
	tell();
	shore_run(&shore, SHORE_SECOND_US);
	cr_expect_eq(shore_child_count(&shore, EVENTS), 1);
}
