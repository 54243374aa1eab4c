/* The first job of a reign; what it finds was left by old tools, Kafka, or a dead controller. */
#include <criterion/criterion.h>

#include "controller/jobs.h"
#include "town.h"

static struct town_fixture it;

static void
set_up(void)
{
	town_begin_down(&it, 3, "auto.leader.rebalance.enable=false\n");
	it.town.brokers[2].is_tool = true;
	control_town_start(&it.town, 2);
	town_run(&it, TOWN_SECOND_US);
	cr_assert(town_active(&it.town) < 0);
}

static void
tear_down(void)
{
	town_end(&it);
}

TestSuite(failover, .init = set_up, .fini = tear_down);

static void
put(const char *path, const char *data)
{
	town_write(&it.town.brokers[2], ZNODE_OP_CREATE, path, data);
}

static void
put_start_up_paths(void)
{
	put("/brokers", NULL);
	put("/brokers/topics", NULL);
	put("/admin", NULL);
	put("/admin/delete_topics", NULL);
	put("/config", NULL);
	put("/config/topics", NULL);
	put("/log_dir_event_notification", NULL);
	put("/isr_change_notification", NULL);
}

static void
put_state(const char *topic, const char *state)
{
	char path[128];

	snprintf(path, sizeof(path), "/brokers/topics/%s/partitions", topic);
	put(path, NULL);
	snprintf(path, sizeof(path), "/brokers/topics/%s/partitions/0", topic);
	put(path, NULL);
	snprintf(path, sizeof(path), "/brokers/topics/%s/partitions/0/state", topic);
	put(path, state);
}

static void
begin(void)
{
	town_run(&it, TOWN_SECOND_US);
	control_town_start(&it.town, 0);
	town_run(&it, 3 * TOWN_SECOND_US);
	cr_assert_eq(town_active(&it.town), 0);
}

static struct town_entry *
replica(const char *topic)
{
	return town_find(&it.town.brokers[0].replicas, topic, 0);
}

Test(failover, tells_brokers_of_what_is_there_before_it_elects)
{
	put_start_up_paths();
	put("/brokers/topics/old", "{\"partitions\":{\"0\":[1]},"
	    "\"topic_id\":\"zk5XhYlPS_eDO34NK6wYXw\",\"adding_replicas\":{},\"removing_replicas\":{},"
	    "\"version\":3}");
	put_state("old", "{\"controller_epoch\":7,\"leader\":1,\"version\":1,\"leader_epoch\":4,"
	    "\"isr\":[1]}");
	put("/controller_epoch", "7");
	begin();
	cr_assert_str_eq(town_node(&it.town, "/controller_epoch"), "8");
	cr_assert_eq(replica("old")->leader_epoch, 4);
	cr_assert_not(replica("old")->was_new);
	cr_assert_eq(town_find(&it.town.brokers[0].metadata, "old", 0)->leader, 1);
	cr_assert_eq(town_version(&it.town, "/brokers/topics/old/partitions/0/state"), 0);
	cr_assert_eq(town_version(&it.town, "/brokers/topics/old"), 0);
}

Test(failover, finishes_what_a_dead_controller_began)
{
	put_start_up_paths();
	put("/brokers/topics/half", "{\"partitions\":{\"0\":[1],\"1\":[1]},"
	    "\"topic_id\":\"zk5XhYlPS_eDO34NK6wYXw\",\"adding_replicas\":{},\"removing_replicas\":{},"
	    "\"version\":3}");
	put("/brokers/topics/half/partitions", NULL);
	put("/brokers/topics/half/partitions/0", NULL);
	begin();
	cr_assert_not_null(town_node(&it.town, "/brokers/topics/half/partitions/0/state"));
	cr_assert_not_null(town_node(&it.town, "/brokers/topics/half/partitions/1/state"));
	cr_assert(replica("half")->was_new);
}

Test(failover, elects_where_the_leader_is_gone)
{
	put_start_up_paths();
	put("/brokers/topics/t", "{\"version\":2,\"partitions\":{\"0\":[2,1]},"
	    "\"adding_replicas\":{},\"removing_replicas\":{}}");
	put_state("t", "{\"controller_epoch\":0,\"leader\":2,\"version\":1,\"leader_epoch\":4,"
	    "\"isr\":[2,1]}");
	begin();
	/* twice, as Kafka: without its dead leader, then with a new one */
	cr_assert_str_eq(town_node(&it.town, "/brokers/topics/t/partitions/0/state"),
	    "{\"controller_epoch\":1,\"leader\":1,\"version\":1,\"leader_epoch\":6,\"isr\":[1]}");
	cr_assert_not_null(strstr(town_node(&it.town, "/brokers/topics/t"), "\"topic_id\":\""));
}

/* It may have been away, and have lost the end of its log. */
Test(failover, gives_a_new_epoch_to_a_leader_that_is_registered_anew)
{
	put_start_up_paths();
	put("/brokers/topics/t", "{\"partitions\":{\"0\":[1,2]},"
	    "\"topic_id\":\"zk5XhYlPS_eDO34NK6wYXw\",\"adding_replicas\":{},\"removing_replicas\":{},"
	    "\"version\":3}");
	put_state("t", "{\"controller_epoch\":7,\"leader\":1,\"version\":1,\"leader_epoch\":4,"
	    "\"isr\":[1]}");
	put("/controller_epoch", "7");
	begin();
	cr_assert_str_eq(town_node(&it.town, "/brokers/topics/t/partitions/0/state"),
	    "{\"controller_epoch\":8,\"leader\":1,\"version\":1,\"leader_epoch\":5,\"isr\":[1]}");
	cr_assert_eq(replica("t")->leader_epoch, 5);
	cr_assert_eq(replica("t")->leaderships, 1, "in the epoch of before it never leads");
}

/* The ISR that has lost who is not there is told before anybody is elected. */
Test(failover, tells_of_no_leader_before_one_that_is_registered_anew_is_elected)
{
	put_start_up_paths();
	put("/brokers/topics/t", "{\"partitions\":{\"0\":[1,2]},"
	    "\"topic_id\":\"zk5XhYlPS_eDO34NK6wYXw\",\"adding_replicas\":{},\"removing_replicas\":{},"
	    "\"version\":3}");
	put_state("t", "{\"controller_epoch\":7,\"leader\":1,\"version\":1,\"leader_epoch\":4,"
	    "\"isr\":[1,2]}");
	put("/controller_epoch", "7");
	begin();
	cr_assert_str_eq(town_node(&it.town, "/brokers/topics/t/partitions/0/state"),
	    "{\"controller_epoch\":8,\"leader\":1,\"version\":1,\"leader_epoch\":6,\"isr\":[1]}");
	cr_assert_eq(replica("t")->leader_epoch, 6);
	cr_assert_eq(replica("t")->leaderships, 1);
}

/* The ISR is written before the election: a controller that dies between them leaves no leader. */
Test(failover, writes_no_leader_that_it_does_not_tell)
{
	struct town_entry *told;

	put_start_up_paths();
	put("/brokers/topics/t", "{\"partitions\":{\"0\":[1,2]},"
	    "\"topic_id\":\"zk5XhYlPS_eDO34NK6wYXw\",\"adding_replicas\":{},\"removing_replicas\":{},"
	    "\"version\":3}");
	put_state("t", "{\"controller_epoch\":7,\"leader\":1,\"version\":1,\"leader_epoch\":4,"
	    "\"isr\":[1,2]}");
	put("/controller_epoch", "7");
	town_run(&it, TOWN_SECOND_US);
	control_town_start(&it.town, 0);
	for (int i = 0; i < 3000 && town_version(&it.town, "/brokers/topics/t/partitions/0/state") < 1; i++)
		town_run(&it, TOWN_SECOND_US / 10000);
	cr_assert_str_eq(town_node(&it.town, "/brokers/topics/t/partitions/0/state"),
	    "{\"controller_epoch\":8,\"leader\":-1,\"version\":1,\"leader_epoch\":5,\"isr\":[1]}");
	town_run(&it, 3 * TOWN_SECOND_US);
	told = replica("t");
	cr_assert(told->leader == 1 && told->leader_epoch == 6 && told->leaderships == 1);
}

Test(failover, leaves_junk_alone_and_serves_the_rest)
{
	put_start_up_paths();
	put("/brokers/topics/junk", "{\"partitions\":");
	put("/brokers/topics/twice", "{\"version\":1,\"partitions\":{\"0\":[1,1]}}");
	put("/brokers/topics/empty", NULL);
	put("/brokers/topics/bad", "{\"version\":1,\"partitions\":{\"0\":[1]}}");
	put_state("bad", "what?");
	put("/brokers/topics/good", "{\"version\":1,\"partitions\":{\"0\":[1]}}");
	put("/brokers/ids", NULL);
	put("/brokers/ids/77", "no registration");
	put("/brokers/ids/x", NULL);
	begin();
	cr_assert_str_eq(town_node(&it.town, "/brokers/topics/junk"), "{\"partitions\":");
	cr_assert_str_eq(town_node(&it.town, "/brokers/topics/twice"),
	    "{\"version\":1,\"partitions\":{\"0\":[1,1]}}");
	cr_assert_str_eq(town_node(&it.town, "/brokers/topics/bad/partitions/0/state"), "what?");
	cr_assert_not_null(town_node(&it.town, "/brokers/topics/good/partitions/0/state"));
	cr_assert_eq(town_create(&it, "junk", 1, 1), KAFKA_ERROR_TOPIC_ALREADY_EXISTS);
	cr_assert_eq(town_delete(&it, "junk"), KAFKA_ERROR_UNKNOWN_SERVER_ERROR);
	cr_assert_eq(town_grow(&it, "junk", 2), KAFKA_ERROR_UNKNOWN_TOPIC_OR_PARTITION);
	cr_assert_eq(town_create(&it, "new", 1, 1), KAFKA_ERROR_NONE);
	cr_assert_eq(it.town.brokers[0].alive_count, 1);
}

Test(failover, serves_what_was_mended)
{
	put_start_up_paths();
	put("/brokers/topics/junk", "{\"partitions\":");
	begin();
	town_write(&it.town.brokers[2], ZNODE_OP_SET_DATA, "/brokers/topics/junk",
	    "{\"version\":1,\"partitions\":{\"0\":[1]}}");
	town_run(&it, TOWN_SECOND_US);
	cr_assert_not_null(town_node(&it.town, "/brokers/topics/junk/partitions/0/state"));
	cr_assert_not_null(replica("junk"));
}

Test(failover, clears_old_notifications)
{
	put_start_up_paths();
	put("/log_dir_event_notification/log_dir_event_0000000001",
	    "{\"version\":1,\"broker\":1,\"event\":1}");
	put("/isr_change_notification/isr_change_0000000001", "{\"version\":1,\"partitions\":[]}");
	begin();
	cr_assert_null(town_node(&it.town,
	    "/log_dir_event_notification/log_dir_event_0000000001"));
	cr_assert_null(town_node(&it.town, "/isr_change_notification/isr_change_0000000001"));
}

Test(failover, switches_features_on_and_keeps_those_that_are)
{
	put("/feature", "{\"features\":{},\"version\":2,\"status\":0}");
	begin();
	cr_assert_str_eq(town_node(&it.town, "/feature"),
	    "{\"features\":{},\"version\":2,\"status\":1}");
}

Test(failover, leaves_features_that_it_cannot_read)
{
	put("/feature", "junk");
	begin();
	cr_assert_str_eq(town_node(&it.town, "/feature"), "junk");
	cr_assert_eq(town_create(&it, "t", 1, 1), KAFKA_ERROR_NONE);
}

Test(failover, is_done_again_by_the_next_controller)
{
	begin();
	cr_assert_eq(town_create(&it, "t", 3, 1), KAFKA_ERROR_NONE);
	control_town_start(&it.town, 1);
	town_run(&it, 2 * TOWN_SECOND_US);
	control_town_stop(&it.town, 0);
	town_run(&it, 3 * TOWN_SECOND_US);
	cr_assert_eq(town_active(&it.town), 1);
	cr_assert_str_eq(town_node(&it.town, "/brokers/topics/t/partitions/2/state"),
	    "{\"controller_epoch\":2,\"leader\":-1,\"version\":1,\"leader_epoch\":1,\"isr\":[1]}");
	control_town_start(&it.town, 0);
	town_run(&it, 3 * TOWN_SECOND_US);
	cr_assert_str_eq(town_node(&it.town, "/brokers/topics/t/partitions/2/state"),
	    "{\"controller_epoch\":2,\"leader\":1,\"version\":1,\"leader_epoch\":2,\"isr\":[1]}");
}
