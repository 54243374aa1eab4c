#include "config/dev.h"

#include <criterion/criterion.h>

#include "config/broker_config.h"

static struct config_map map;
static struct config_problems problems;
static struct broker_config *config;

static void
setup(void)
{
	config_map_init(&map);
	config_problems_init(&problems);
	config_dev(&map, "/data");
}

static void
teardown(void)
{
	broker_config_free(config);
	config_problems_fini(&problems);
	config_map_fini(&map);
}

TestSuite(dev, .init = setup, .fini = teardown);

Test(dev, is_a_whole_cluster_on_the_loopback)
{
	config = broker_config_new(&map, &problems);
	cr_assert_not_null(config);
	cr_expect_eq(problems.count, 0);
	cr_expect_str_eq(config->logs.dirs[0], "/data/logs");
	cr_expect_str_eq(config->zookeeper.embedded_dir, "/data/zookeeper");
	cr_expect_not_null(config->zookeeper.embedded);
	cr_expect_null(config->zookeeper.connect);
	cr_expect_str_eq(config->listeners.bound.items[0].host, "127.0.0.1");
	cr_expect_eq(config->groups.offsets_replication_factor, 1);
	cr_expect_eq(config->groups.initial_rebalance_delay_ms, 0);
}

Test(dev, may_be_overridden)
{
	config_map_override(&map, "listeners=PLAINTEXT://127.0.0.1:0", &problems);
	config = broker_config_new(&map, &problems);
	cr_assert_not_null(config);
	cr_expect_eq(config->listeners.bound.items[0].port, 0);
}

Test(dev, a_bad_override_is_still_an_error)
{
	config_map_override(&map, "broker.id=one", &problems);
	config = broker_config_new(&map, &problems);
	cr_expect_null(config);
	cr_expect_eq(problems.items[0].line, 0);
}
