#include <criterion/criterion.h>

#include "tests/unit/config/given.h"

static struct given given;

static void
setup(void)
{
	given_init(&given);
}

static void
teardown(void)
{
	given_fini(&given);
}

TestSuite(broker_fill, .init = setup, .fini = teardown);

Test(broker_fill, defaults_are_kafkas)
{
	given_set(&given, "");
	const struct broker_config *config = given.config;
	cr_assert_not_null(config, "%s", given_print(&given));
	cr_expect_eq(config->identity.id, -1);
	cr_expect(config->identity.generate_id);
	cr_expect_eq(config->identity.reserved_max_id, 1000);
	cr_expect_null(config->identity.rack);
	cr_expect_eq(config->network.request_max_bytes, 104857600);
	cr_expect_eq(config->network.idle_ms, 600000);
	cr_expect_eq(config->network.queued_max_request_bytes, -1);
	cr_expect_eq(config->topics.partitions, 1);
	cr_expect(config->topics.auto_create);
	cr_expect_eq(config->logs.dir_count, 1);
	cr_expect_str_eq(config->logs.dirs[0], "/tmp/kafka-logs");
	cr_expect_eq(config->logs.retention_check_interval_ms, 300000);
	cr_expect_eq(config->groups.offsets_retention_ms, INT64_C(604800000));
	cr_expect_eq(config->groups.offsets_replication_factor, 3);
	cr_expect_eq(config->groups.initial_rebalance_delay_ms, 3000);
	cr_expect_eq(config->zookeeper.session_timeout_ms, 18000);
	cr_expect_eq(config->zookeeper.connection_timeout_ms, 18000);
	cr_expect_eq(config->zookeeper.max_in_flight, 0, "not given");
	cr_expect_eq(config->groups.silence_us, 3000000);
	cr_expect_eq(config->produce_in_flight, 16);
	cr_expect_eq(config->loops, 0);
	cr_expect_not(config->logs.flush_before_ack);
}

Test(broker_fill, consumers_are_sent_to_their_rack_by_that_class_alone)
{
	given_set(&given, "replica.selector.class="
	    "org.apache.kafka.common.replica.RackAwareReplicaSelector");
	cr_assert_not_null(given.config, "%s", given_print(&given));
	cr_expect(given.config->identity.nearest_replica);
	cr_expect_eq(given.problems.count, 0, "%s", given_print(&given));
	given_set(&given, "replica.selector.class=org.apache.kafka.common.replica.LeaderSelector");
	cr_expect_not(given.config->identity.nearest_replica);
	cr_expect_eq(given.problems.count, 0, "%s", given_print(&given));
	given_set(&given, "replica.selector.class=com.example.Mine");
	cr_assert_not_null(given.config);
	cr_expect_not(given.config->identity.nearest_replica);
	cr_expect_not_null(given_problem(&given, CONFIG_PROBLEM_HARMLESS, "replica.selector.class",
	    "no such class"));
}

Test(broker_fill, log_dirs_win_over_log_dir)
{
	given_set(&given, "log.dir=/a\nlog.dirs= /b , /c,");
	cr_assert_not_null(given.config, "%s", given_print(&given));
	cr_assert_eq(given.config->logs.dir_count, 2);
	cr_expect_str_eq(given.config->logs.dirs[0], "/b");
	cr_expect_str_eq(given.config->logs.dirs[1], "/c");
	given_set(&given, "log.dir=/a");
	cr_expect_str_eq(given.config->logs.dirs[0], "/a");
}

Test(broker_fill, a_directory_stands_there_once)
{
	given_set(&given, "log.dirs=/a,/b,/a");
	cr_expect_null(given.config);
	cr_expect_not_null(given_problem(&given, CONFIG_PROBLEM_INVALID, "log.dirs", "twice"));
}

Test(broker_fill, the_connection_timeout_may_be_its_own)
{
	given_set(&given, "zookeeper.session.timeout.ms=6000");
	cr_expect_eq(given.config->zookeeper.connection_timeout_ms, 6000);
	given_set(&given, "zookeeper.session.timeout.ms=6000\nzookeeper.connection.timeout.ms=1");
	cr_expect_eq(given.config->zookeeper.connection_timeout_ms, 1);
	given_set(&given, "zookeeper.session.timeout.ms=4000");
	cr_expect_eq(given.config->groups.silence_us, 2000000, "half a session");
	given_set(&given, "zookeeper.session.timeout.ms=4000\nreplica.fetch.wait.max.ms=900");
	cr_expect_eq(given.config->groups.silence_us, 2700000, "three fetches");
	given_set(&given, "zookeeper.max.in.flight.requests=10");
	cr_expect_eq(given.config->zookeeper.max_in_flight, 10);
}

Test(broker_fill, the_largest_retention_does_not_overflow)
{
	given_set(&given, "offsets.retention.minutes=2147483647\nlog.retention.hours=2147483647");
	cr_assert_not_null(given.config, "%s", given_print(&given));
	cr_expect_eq(given.config->groups.offsets_retention_ms, INT64_C(2147483647) * 60000);
	cr_expect_eq(given.config->topic_defaults.log.retention_ms, INT64_C(2147483647) * 3600000);
}

Test(broker_fill, sizes_of_sockets_are_the_systems_until_they_are_given)
{
	given_set(&given, "");
	cr_assert_not_null(given.config);
	cr_expect_eq(given.config->network.backlog, 0);
	cr_expect_eq(given.config->network.send_buffer_bytes, 0);
	given_set(&given, "socket.listen.backlog.size=50\nsocket.send.buffer.bytes=4096\n"
	    "socket.receive.buffer.bytes=-1");
	cr_assert_not_null(given.config);
	cr_expect_eq(given.config->network.backlog, 50);
	cr_expect_eq(given.config->network.send_buffer_bytes, 4096);
	cr_expect_eq(given.config->network.receive_buffer_bytes, 0);
}
