#include "klamm/cluster_view.h"

#include <criterion/criterion.h>

#include "tests/unit/klamm/fake_town.h"

static struct fake_cluster cluster;
static struct fake_town town;
static struct client client;
static struct cluster_view view;

static void
set_up(void)
{
	fake_cluster_init(&cluster);
	fake_town_fill(&town);
	fake_town_answer(&town, &cluster);
}

static void
tear_down(void)
{
	cluster_view_fini(&view);
	client_fini(&client);
	fake_cluster_fini(&cluster);
}

TestSuite(cluster_view, .init = set_up, .fini = tear_down);

Test(cluster_view, knows_brokers_that_are_there_and_those_that_replicas_are_on)
{
	cr_assert_eq(fake_town_view(&cluster, &client, &view, 0), ERROR_NONE);
	cr_expect_eq(view.controller_id, 1);
	cr_assert_eq(view.broker_count, 3);
	cr_expect(cluster_view_broker(&view, 1)->is_there);
	cr_expect(slice_equal_text(cluster_view_broker(&view, 2)->rack, "west"));
	cr_expect_not(cluster_view_broker(&view, 3)->is_there);
	cr_expect(slice_is_null(cluster_view_broker(&view, 3)->host));
	cr_expect_null(cluster_view_broker(&view, 4));
}

Test(cluster_view, finds_partitions_by_topic_and_number)
{
	cr_assert_eq(fake_town_view(&cluster, &client, &view, 0), ERROR_NONE);
	cr_assert_eq(view.partition_count, 6);
	struct view_partition *partition =
	    cluster_view_partition(&view, slice_of_text("well"), 1);
	cr_assert_not_null(partition);
	cr_expect_eq(partition->replicas.items[0], 2);
	cr_expect_eq(partition->leader, 1);
	cr_expect_eq(cluster_view_topic(&view, slice_of_text("well")), partition - 1);
	cr_expect_null(cluster_view_partition(&view, slice_of_text("well"), 2));
	cr_expect_null(cluster_view_topic(&view, slice_of_text("wel")));
	cr_expect_null(cluster_view_topic(&view, slice_of_text("zz")));
}

Test(cluster_view, has_who_is_away_by_its_broker_or_by_its_log_dir)
{
	static int32_t two = 2;

	town.partitions[1][0].offline_replicas.items = &two;
	town.partitions[1][0].offline_replicas.count = 1;
	cr_assert_eq(fake_town_view(&cluster, &client, &view, 0), ERROR_NONE);
	struct view_partition *ill = cluster_view_topic(&view, slice_of_text("ill"));
	cr_assert_eq(ill->away.count, 2);
	cr_expect_eq(ill->away.items[0], 3);
	cr_expect_eq(ill->away.items[1], 2);
	cr_expect_eq(cluster_view_topic(&view, slice_of_text("well"))->away.count, 0);
}

Test(cluster_view, asks_the_controller_for_what_it_shows)
{
	cr_assert_eq(fake_town_view(&cluster, &client, &view, 0), ERROR_NONE);
	cr_expect(fake_cluster_saw(&cluster, "Metadata 12 b1:1 {\"topics\":null"));
	cr_expect_not(fake_cluster_saw(&cluster, "ListPartitionReassignments"));
	cr_expect_not(fake_cluster_saw(&cluster, "DescribeConfigs"));
	cr_expect_not(fake_cluster_saw(&cluster, "DescribeLogDirs"));
}

Test(cluster_view, asks_another_where_the_controller_does_not_answer)
{
	fake_cluster_host(&cluster, "b1:1", FAKE_SAYS_NOTHING);
	cr_assert_eq(fake_town_view(&cluster, &client, &view, VIEW_REASSIGNMENTS), ERROR_NONE);
	cr_expect(fake_cluster_saw(&cluster, "Metadata 12 a:1 {\"topics\":null"));
	cr_expect_eq(view.partition_count, 6);
	cr_expect_eq(view.controller_id, -1);
	cr_expect_not(fake_cluster_saw(&cluster, "ListPartitionReassignments"));
}

Test(cluster_view, has_min_isr_and_reassignments_when_asked)
{
	cr_assert_eq(fake_town_view(&cluster, &client, &view, VIEW_MIN_ISR | VIEW_REASSIGNMENTS),
	    ERROR_NONE);
	cr_expect_eq(cluster_view_topic(&view, slice_of_text("poor"))->min_isr, 2);
	struct view_partition *grows = cluster_view_topic(&view, slice_of_text("grows"));
	cr_expect(grows->is_reassigning);
	cr_expect(view_ids_have(grows->adding, 2));
	cr_expect_eq(view_partition_factor(grows), 1);
	cr_expect_not(cluster_view_topic(&view, slice_of_text("poor"))->is_reassigning);
	cr_expect_eq(fake_cluster_count(&cluster, "DescribeConfigs"), 1);
}

Test(cluster_view, leaves_min_isr_open_that_is_refused_or_no_number)
{
	town.results[0].error_code = KAFKA_ERROR_TOPIC_AUTHORIZATION_FAILED;
	town.entries[1].value = slice_of_text("x");
	town.entries[2].value = slice_of_text("99999999999");
	cr_assert_eq(fake_town_view(&cluster, &client, &view, VIEW_MIN_ISR), ERROR_NONE);
	cr_expect_eq(cluster_view_topic(&view, slice_of_text("well"))->min_isr, -1);
	cr_expect_eq(cluster_view_topic(&view, slice_of_text("ill"))->min_isr, -1);
	cr_expect_eq(cluster_view_topic(&view, slice_of_text("poor"))->min_isr, -1);
}

Test(cluster_view, without_a_controller_asks_nobody_for_reassignments)
{
	town.metadata.controller_id = -1;
	cr_assert_eq(fake_town_view(&cluster, &client, &view, VIEW_REASSIGNMENTS), ERROR_NONE);
	cr_expect_not(fake_cluster_saw(&cluster, "ListPartitionReassignments"));
	cr_expect(fake_cluster_saw(&cluster, "Metadata 12 a:1 {\"topics\":null"));
}

Test(cluster_view, tells_why_reassignments_are_refused)
{
	town.reassignments.error_code = KAFKA_ERROR_CLUSTER_AUTHORIZATION_FAILED;
	cr_expect_neq(fake_town_view(&cluster, &client, &view, VIEW_REASSIGNMENTS), ERROR_NONE);
	cr_expect_eq(strncmp(client.complaint, "reassignments: CLUSTER_AUTHORIZATION_FAILED", 43), 0);
}
