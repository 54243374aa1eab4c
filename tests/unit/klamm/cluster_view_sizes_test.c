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
}

static void
tear_down(void)
{
	cluster_view_fini(&view);
	client_fini(&client);
	fake_cluster_fini(&cluster);
}

static void
load(void)
{
	fake_town_answer(&town, &cluster);
	cr_assert_eq(fake_town_view(&cluster, &client, &view, VIEW_SIZES), ERROR_NONE);
}

TestSuite(cluster_view_sizes, .init = set_up, .fini = tear_down);

Test(cluster_view_sizes, are_those_of_each_brokers_replicas)
{
	load();
	cr_expect(view.has_sizes);
	struct view_partition *well = cluster_view_topic(&view, slice_of_text("well"));
	cr_expect_eq(well->replica_bytes[0], 1000);
	cr_expect_eq(well->replica_bytes[1], 900);
	cr_expect_eq(view_partition_bytes(well), 1000);
	cr_expect_eq(well[1].replica_bytes[0], -1);
	cr_expect_eq(well[1].replica_bytes[1], 500);
	cr_expect_eq(cluster_view_broker(&view, 1)->bytes, 2001500);
	cr_expect_eq(cluster_view_broker(&view, 2)->bytes, 1350); /* with what is left over */
	cr_expect_eq(cluster_view_broker(&view, 3)->bytes, -1);
	cr_expect_eq(view_partition_bytes(cluster_view_topic(&view, slice_of_text("poor"))), -1);
}

Test(cluster_view_sizes, leave_out_what_is_on_its_way_to_another_dir)
{
	town.dir_partitions[0][0].is_future_key = true;
	load();
	cr_expect_eq(cluster_view_broker(&view, 1)->bytes, 2000500);
	cr_expect_eq(cluster_view_topic(&view, slice_of_text("well"))->replica_bytes[0], -1);
}

Test(cluster_view_sizes, are_not_known_of_a_broker_with_an_offline_dir)
{
	town.dir_results[1].error_code = KAFKA_ERROR_KAFKA_STORAGE_ERROR;
	load();
	cr_expect_not(view.has_sizes);
	cr_expect_eq(cluster_view_broker(&view, 2)->bytes, -1);
	cr_expect_eq(cluster_view_broker(&view, 1)->bytes, 2001500);
}

Test(cluster_view_sizes, are_not_known_where_brokers_do_not_serve_them)
{
	cluster.limited_key = 35;
	cluster.limited_first = 1;
	cluster.limited_last = 0;
	load();
	cr_expect_not(view.has_sizes);
	cr_expect_eq(cluster_view_broker(&view, 1)->bytes, -1);
}
