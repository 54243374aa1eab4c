#include "controller/deletion.h"

#include <criterion/criterion.h>

#include "town.h"

static struct town_fixture it;

static void
tear_down(void)
{
	town_end(&it);
}

TestSuite(deletion_marks, .fini = tear_down);

static void
mark(const char *path)
{
	town_write(town_leader(&it), ZNODE_OP_CREATE, path, NULL);
	town_run(&it, TOWN_SECOND_US);
}

Test(deletion_marks, of_an_old_tool_are_obeyed)
{
	town_begin(&it, 1, NULL);
	cr_assert_eq(town_create(&it, "gone", 2, 1), KAFKA_ERROR_NONE);
	mark("/admin/delete_topics/gone");
	cr_assert_null(town_node(&it.town, "/admin/delete_topics/gone"));
	cr_assert_null(town_node(&it.town, "/brokers/topics/gone"));
	cr_assert_null(town_node(&it.town, "/config/topics/gone"));
}

Test(deletion_marks, of_no_topic_are_taken_away_with_what_a_dead_controller_left)
{
	town_begin(&it, 1, NULL);
	town_write(town_leader(&it), ZNODE_OP_CREATE, "/config/topics/half",
	    "{\"version\":1,\"config\":{}}");
	mark("/admin/delete_topics/half");
	cr_assert_null(town_node(&it.town, "/admin/delete_topics/half"));
	cr_assert_null(town_node(&it.town, "/config/topics/half"));
}

Test(deletion_marks, are_taken_away_where_deletion_is_forbidden)
{
	town_begin(&it, 1, "delete.topic.enable=false\n");
	cr_assert_eq(town_create(&it, "stays", 1, 1), KAFKA_ERROR_NONE);
	mark("/admin/delete_topics/stays");
	cr_assert_null(town_node(&it.town, "/admin/delete_topics/stays"));
	cr_assert_not_null(town_node(&it.town, "/brokers/topics/stays"));
	cr_assert_eq(town_delete(&it, "stays"), KAFKA_ERROR_TOPIC_DELETION_DISABLED);
}

Test(deletion_marks, of_a_topic_that_cannot_be_read_are_left_alone)
{
	town_begin(&it, 1, NULL);
	town_write(town_leader(&it), ZNODE_OP_CREATE, "/brokers/topics/junk", "not JSON");
	town_run(&it, TOWN_SECOND_US);
	mark("/admin/delete_topics/junk");
	cr_assert_str_eq(town_node(&it.town, "/brokers/topics/junk"), "not JSON");
	cr_assert_not_null(town_node(&it.town, "/admin/delete_topics/junk"));
}

Test(deletion_marks, are_found_by_the_next_controller)
{
	town_begin(&it, 2, NULL);
	cr_assert_eq(town_create(&it, "gone", 3, 2), KAFKA_ERROR_NONE);
	int first = town_active(&it.town);
	struct town_broker *other = &it.town.brokers[1 - first];
	/* the broker that leads hears nothing more of it: it is stopped in the same moment */
	control_town_stop(&it.town, first);
	town_write(other, ZNODE_OP_CREATE, "/admin/delete_topics/gone", NULL);
	town_run(&it, 3 * TOWN_SECOND_US);
	cr_assert_eq(town_active(&it.town), 1 - first);
	cr_assert_not_null(town_node(&it.town, "/admin/delete_topics/gone"));
	control_town_start(&it.town, first);
	town_run(&it, 3 * TOWN_SECOND_US);
	cr_assert_null(town_node(&it.town, "/admin/delete_topics/gone"));
	cr_assert_null(town_node(&it.town, "/brokers/topics/gone"));
}
