#include "cluster/life.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/memory.h"
#include "cluster/life_private.h"
#include "tests/unit/cluster/shore.h"
#include "tests/unit/config/given.h"

/* Two brokers, and what they were told. */
struct told {
	struct life_handler handler;
	int identified, registered, expired, failed;
	char cluster_id[64];
	int32_t broker_id;
	int64_t epoch;
	char reason[LIFE_REASON_SIZE];
};

static struct shore shore;
static struct given given;
static struct told told[2];

/* What list_doubts tells: orders-0, if any. */
static bool doubts_orders;

static size_t
list_doubts(void *context, struct arena *arena, const struct payload_doubtful_topic **topics)
{
	static const int32_t zero = 0;
	static const struct payload_doubtful_topic orders[] = {
		{ { (const uint8_t *)"orders", 6 }, { &zero, 1 } } };

	(void)context;
	(void)arena;
	*topics = orders;
	return doubts_orders ? 1 : 0;
}

static void
identified(struct life_handler *handler, const char *cluster_id, int32_t broker_id)
{
	struct told *to = container_of(handler, struct told, handler);

	to->identified++;
	snprintf(to->cluster_id, sizeof(to->cluster_id), "%s", cluster_id);
	to->broker_id = broker_id;
}

static void
registered(struct life_handler *handler, int64_t epoch)
{
	struct told *to = container_of(handler, struct told, handler);

	to->registered++;
	to->epoch = epoch;
}

static void
expired(struct life_handler *handler)
{
	container_of(handler, struct told, handler)->expired++;
}

static void
failed(struct life_handler *handler, const char *reason)
{
	struct told *to = container_of(handler, struct told, handler);

	to->failed++;
	snprintf(to->reason, sizeof(to->reason), "%s", reason);
}

static void
fini(struct shore_side *side)
{
	if (side->made != NULL)
		life_free(side->made);
}

static void
setup(void)
{
	given_init(&given);
	given_set(&given, "broker.id=1\nzookeeper.connection.timeout.ms=9000\nbroker.rack=r1\n");
	memset(told, 0, sizeof(told));
	shore_init(&shore, 1);
}

static void
teardown(void)
{
	shore_fini(&shore);
	given_fini(&given);
}

TestSuite(life, .init = setup, .fini = teardown);

/* In a process that was booted; `known` is what meta.properties say. */
static struct life *
begin(int side, int32_t known, const char *known_cluster)
{
	struct life_options options = { .session = shore.sides[side].session,
		.world = &shore.sides[side].process.world, .config = given.config,
		.handler = &told[side].handler, .known_broker_id = known,
		.known_cluster_id = known_cluster, .list_doubts = list_doubts };
	struct life *life;

	told[side].handler = (struct life_handler){ identified, registered, expired, failed };
	shore_enter(&shore, side);
	life = life_new(&options);
	life_identify(life);
	shore_leave(&shore, side);
	shore.sides[side].made = life;
	shore.sides[side].fini = fini;
	return life;
}

static struct life *
identify(int side, int32_t known, const char *known_cluster)
{
	shore_start(&shore, side);
	struct life *life = begin(side, known, known_cluster);

	shore_run(&shore, SHORE_SECOND_US);
	return life;
}

static void
enlist(int side, int32_t port)
{
	struct life_endpoint endpoints[] = { { "INSIDE", "PLAINTEXT", "h1", port },
		{ "OUTSIDE", "PLAINTEXT", "h2", port } };

	shore_enter(&shore, side);
	life_register(shore.sides[side].made, endpoints, 2);
	shore_leave(&shore, side);
	shore_run(&shore, SHORE_SECOND_US);
}

static void
expect_failed(int side, const char *words)
{
	cr_assert_eq(told[side].failed, 1);
	cr_expect_not_null(strstr(told[side].reason, words), "%s", told[side].reason);
	shore_run(&shore, 20 * SHORE_SECOND_US);
	cr_expect_eq(told[side].failed, 1, "once");
}

/* ------------------------------------------------------------- identify */

Test(life, makes_paths_and_a_cluster_id_at_the_first_start)
{
	char expected[128];

	identify(0, -1, "");
	cr_assert_eq(told[0].identified, 1, "%s", shore.sides[0].log);
	cr_expect_eq(told[0].broker_id, 1);
	cr_expect_eq(strlen(told[0].cluster_id), 22);
	snprintf(expected, sizeof(expected), "{\"version\":\"1\",\"id\":\"%s\"}",
	    told[0].cluster_id);
	cr_expect_str_eq(shore_data(&shore, "/cluster/id"), expected);
	for (int i = 0; i < PATHS_STARTUP_COUNT; i++)
		cr_expect(shore_exists(&shore, paths_text(paths_startup[i]), NULL));
}

Test(life, takes_the_cluster_id_that_is_there)
{
	shore_create(&shore, "/cluster", NULL, 0);
	shore_create(&shore, "/cluster/id", "{\"id\":\"any text\",\"version\":\"1\"}", 0);
	identify(0, 1, "any text");
	cr_expect_eq(told[0].identified, 1);
	cr_expect_str_eq(told[0].cluster_id, "any text");
}

Test(life, of_two_first_brokers_agree_on_a_cluster_id)
{
	shore_start(&shore, 0);
	shore_start(&shore, 1);
	begin(0, 1, "");
	begin(1, 1, "");
	shore_run(&shore, SHORE_SECOND_US);
	cr_expect_eq(told[0].identified, 1);
	cr_expect_str_eq(told[0].cluster_id, told[1].cluster_id);
}

Test(life, survives_lost_replies)
{
	sim_coord_faults(shore.ensemble)->lose_reply = 200;
	sim_coord_faults(shore.ensemble)->lose_request = 200;
	identify(0, -1, "");
	shore_run(&shore, 60 * SHORE_SECOND_US);
	cr_assert_eq(told[0].identified, 1);
	enlist(0, 9092);
	shore_run(&shore, 60 * SHORE_SECOND_US);
	cr_expect_eq(told[0].registered, 1);
	cr_expect_eq(told[0].failed, 0);
	cr_expect_gt(sim_coord_seen(shore.ensemble, SIM_COORD_SEEN_LOST_REPLY_OF_CREATE), 0);
	sim_coord_heal(shore.ensemble);
}

Test(life, survives_an_expiry_at_any_moment)
{
	for (int64_t at_us = 100; at_us < 16000; at_us += 300) {
		shore_start(&shore, 0);
		struct life *life = begin(0, -1, "");

		shore_run(&shore, at_us);
		shore_expire(&shore, 0);
		cr_assert_eq(told[0].identified, 1, "%" PRId64, at_us);
		enlist(0, 9092);
		cr_assert_eq(told[0].registered, 1);
		cr_assert_eq(told[0].failed, 0);
		cr_assert_not_null(life);
		shore_stop(&shore, 0);
		told[0] = (struct told){ .handler = told[0].handler };
		if (at_us > 12000)
			continue;
		shore_delete(&shore, "/cluster/id");
		shore_delete(&shore, "/brokers/seqid");
		shore_delete(&shore, "/brokers/topics");
	}
}

Test(life, refuses_another_cluster)
{
	shore_create(&shore, "/cluster", NULL, 0);
	shore_create(&shore, "/cluster/id", "{\"id\":\"theirs\",\"version\":\"1\"}", 0);
	identify(0, 1, "ours");
	expect_failed(0, "of cluster theirs, but meta.properties in the log dirs say ours");
	cr_expect_eq(told[0].identified, 0);
}

Test(life, never_overwrites_a_cluster_id_that_cannot_be_read)
{
	shore_create(&shore, "/cluster", NULL, 0);
	shore_create(&shore, "/cluster/id", "{junk", 0);
	identify(0, 1, "");
	expect_failed(0, "/cluster/id in ZooKeeper cannot be read");
	cr_expect_str_eq(shore_data(&shore, "/cluster/id"), "{junk");
}

Test(life, refuses_log_dirs_of_another_broker)
{
	identify(0, 7, "");
	expect_failed(0, "broker.id=1, but meta.properties in the log dirs say 7");
}

Test(life, takes_the_broker_id_of_its_log_dirs)
{
	given_set(&given, "zookeeper.connection.timeout.ms=9000\n");
	identify(0, 1004, "");
	cr_expect_eq(told[0].broker_id, 1004);
	cr_expect(!shore_exists(&shore, "/brokers/ids/1004", NULL));
}

Test(life, generates_broker_ids)
{
	given_set(&given, "reserved.broker.max.id=2000\n");
	identify(0, -1, "");
	identify(1, -1, "");
	cr_expect_eq(told[0].broker_id, 2001);
	cr_expect_eq(told[1].broker_id, 2002);
	cr_expect_str_eq(shore_data(&shore, "/brokers/seqid"), "");
}

Test(life, warns_of_acls_that_nobody_enforces)
{
	shore_create(&shore, "/kafka-acl", NULL, 0);
	shore_create(&shore, "/kafka-acl/Topic", NULL, 0);
	shore_create(&shore, "/kafka-acl/junk", NULL, 0);
	shore_create(&shore, "/kafka-acl/Topic/orders", "{}", 0);
	shore_create(&shore, "/kafka-acl-extended", NULL, 0);
	shore_create(&shore, "/kafka-acl-extended/prefixed", NULL, 0);
	shore_create(&shore, "/kafka-acl-extended/prefixed/Group", NULL, 0);
	shore_create(&shore, "/kafka-acl-extended/prefixed/Group/x", "{}", 0);
	identify(0, 1, "");
	cr_expect_eq(told[0].identified, 1);
	cr_expect(shore_has_logged(&shore, 0, "ACLs of 2 resources stand in ZooKeeper"));
}

Test(life, is_silent_about_empty_trees_of_acls)
{
	shore_create(&shore, "/kafka-acl", NULL, 0);
	shore_create(&shore, "/kafka-acl/Topic", NULL, 0);
	identify(0, 1, "");
	cr_expect_eq(told[0].identified, 1);
	cr_expect(!shore_has_logged(&shore, 0, "ACLs"));
	cr_expect(!shore_has_logged(&shore, 0, "migration"));
}

Test(life, warns_of_a_migration_to_kraft)
{
	shore_create(&shore, "/migration", "{\"version\":0}", 0);
	identify(0, 1, "");
	cr_expect_eq(told[0].identified, 1);
	cr_expect(shore_has_logged(&shore, 0, "migration of this cluster to KRaft has begun"));
}

/* ------------------------------------------------------------- the wait */

Test(life, waits_for_zookeeper_with_a_word_now_and_then_and_then_fails)
{
	sim_coord_server_down(shore.ensemble, 0);
	shore_boot(&shore, 0);
	begin(0, 1, "");
	shore_enter(&shore, 0);
	zk_session_start(shore.sides[0].session);
	shore_leave(&shore, 0);
	shore_run(&shore, 8500000);
	cr_expect_eq(told[0].failed, 0);
	cr_expect_eq(shore_log_count(&shore, 0, "waiting for ZooKeeper (localhost:2181): "), 2);
	cr_expect(shore_has_logged(&shore, 0, "6 s of 9"));
	shore_run(&shore, SHORE_SECOND_US);
	expect_failed(0, "no session with ZooKeeper (localhost:2181) after 9000 ms");
	sim_coord_heal(shore.ensemble);
	shore_run(&shore, 10 * SHORE_SECOND_US);
	cr_expect_eq(told[0].identified, 0);
}

Test(life, goes_on_when_zookeeper_comes_in_time)
{
	sim_coord_server_down(shore.ensemble, 0);
	shore_boot(&shore, 0);
	begin(0, 1, "");
	shore_enter(&shore, 0);
	zk_session_start(shore.sides[0].session);
	shore_leave(&shore, 0);
	shore_run(&shore, 4 * SHORE_SECOND_US);
	sim_coord_server_up(shore.ensemble, 0);
	shore_run(&shore, 4 * SHORE_SECOND_US);
	cr_expect_eq(told[0].identified, 1);
	shore_run(&shore, 10 * SHORE_SECOND_US);
	cr_expect_eq(told[0].failed, 0);
}

/* -------------------------------------------------------------- stopped */

Test(life, that_is_stopped_tells_nothing)
{
	shore_start(&shore, 0);
	struct life *life = begin(0, -1, "");

	shore_enter(&shore, 0);
	life_close(life);
	shore_leave(&shore, 0);
	shore_run(&shore, 20 * SHORE_SECOND_US);
	cr_expect_eq(told[0].identified + told[0].failed, 0);
}

/* ------------------------------------------------------------- register */

Test(life, registers_as_kafka_does)
{
	struct znode_stat stat;
	char expected[1024];
	int64_t timestamp_ms;
	const char *at;

	identify(0, 1, "");
	enlist(0, 9092);
	cr_assert_eq(told[0].registered, 1);
	cr_assert(shore_exists(&shore, "/brokers/ids/1", &stat));
	cr_expect_eq(told[0].epoch, stat.czxid);
	cr_expect_eq(stat.version, 1);
	cr_expect_eq(stat.ephemeral_owner, zk_session_id(shore.sides[0].session));
	at = strstr(shore_data(&shore, "/brokers/ids/1"), "\"timestamp\":\"");
	cr_assert_not_null(at);
	timestamp_ms = strtoll(at + strlen("\"timestamp\":\""), NULL, 10);
	cr_expect_gt(timestamp_ms, 0);
	snprintf(expected, sizeof(expected), "{\"features\":{},\"listener_security_protocol_map\":"
	    "{\"INSIDE\":\"PLAINTEXT\",\"OUTSIDE\":\"PLAINTEXT\"},\"endpoints\":["
	    "\"INSIDE://h1:9092\",\"OUTSIDE://h2:9092\"],\"rack\":\"r1\",\"jmx_port\":-1,"
	    "\"port\":9092,\"host\":\"h1\",\"version\":5,\"timestamp\":\"%" PRId64 "\"}",
	    timestamp_ms);
	cr_expect_str_eq(shore_data(&shore, "/brokers/ids/1"), expected);
}

static bool
tells_doubts(void)
{
	return strstr(shore_data(&shore, "/brokers/ids/1"),
	    "\"klamm_doubtful_partitions\":{\"orders\":[0]}") != NULL;
}

static void
change_doubts(bool has)
{
	shore_enter(&shore, 0);
	doubts_orders = has;
	life_doubts_changed(shore.sides[0].made);
	shore_leave(&shore, 0);
}

Test(life, tells_what_is_in_doubt_until_it_is_no_more)
{
	struct znode_stat stat;

	doubts_orders = true;
	identify(0, 1, "");
	enlist(0, 9092);
	cr_expect(tells_doubts());
	change_doubts(false);
	shore_run(&shore, SHORE_SECOND_US);
	cr_expect_not(tells_doubts());
	cr_assert(shore_exists(&shore, "/brokers/ids/1", &stat));
	cr_expect_eq(told[0].epoch, stat.czxid, "the same registration");
	cr_expect_eq(told[0].registered, 1);
	change_doubts(true);
	change_doubts(false);
	change_doubts(true);
	shore_run(&shore, SHORE_SECOND_US);
	cr_expect(tells_doubts());
	shore_expire(&shore, 0);
	cr_expect(tells_doubts(), "with the next registration too");
}

Test(life, tells_doubts_that_change_while_it_has_no_session)
{
	identify(0, 1, "");
	enlist(0, 9092);
	shore_cut(&shore, 0);
	change_doubts(true);
	shore_mend(&shore, 0);
	shore_run(&shore, 30 * SHORE_SECOND_US);
	cr_expect(tells_doubts());
}

Test(life, refuses_an_endpoint_that_another_broker_has)
{
	identify(0, 1, "");
	shore_create(&shore, "/brokers/ids/5", "{\"version\":4,\"host\":\"h2\",\"port\":9092,"
	    "\"jmx_port\":-1,\"timestamp\":\"1\",\"endpoints\":[\"PLAINTEXT://h2:9092\"],"
	    "\"listener_security_protocol_map\":{\"PLAINTEXT\":\"PLAINTEXT\"}}", 0);
	enlist(0, 9092);
	expect_failed(0, "h2:9092, advertised by listener OUTSIDE, is registered by broker 5");
	cr_expect(!shore_exists(&shore, "/brokers/ids/1", NULL));
}

Test(life, skips_brokers_that_cannot_be_read)
{
	identify(0, 1, "");
	shore_create(&shore, "/brokers/ids/5", "junk", 0);
	shore_create(&shore, "/brokers/ids/6", NULL, 0);
	shore_create(&shore, "/brokers/ids/007", "{}", 0);
	enlist(0, 9092);
	cr_expect_eq(told[0].registered, 1);
	cr_expect(shore_has_logged(&shore, 0, "/brokers/ids/5 cannot be read, and is skipped"));
	cr_expect(shore_has_logged(&shore, 0, "/brokers/ids/6 cannot be read, and is skipped"));
	cr_expect(shore_has_logged(&shore, 0, "/brokers/ids/007 is no broker, and is skipped"));
	cr_expect_str_eq(shore_data(&shore, "/brokers/ids/5"), "junk");
}

Test(life, makes_the_parent_of_its_node_again)
{
	identify(0, 1, "");
	shore_delete(&shore, "/brokers/ids");
	enlist(0, 9092);
	cr_expect_eq(told[0].registered, 1);
	cr_expect(shore_exists(&shore, "/brokers/ids/1", NULL));
}

Test(life, registers_again_after_an_expiry_with_a_new_epoch)
{
	struct znode_stat stat;

	identify(0, 1, "");
	enlist(0, 9092);
	int64_t first = told[0].epoch;

	shore_expire(&shore, 0);
	cr_expect_eq(told[0].expired, 1);
	cr_expect_eq(told[0].registered, 2);
	cr_expect_gt(told[0].epoch, first);
	cr_assert(shore_exists(&shore, "/brokers/ids/1", &stat));
	cr_expect_eq(told[0].epoch, stat.czxid);
	cr_expect_eq(stat.ephemeral_owner, zk_session_id(shore.sides[0].session));
	cr_expect_not_null(strstr(shore_data(&shore, "/brokers/ids/1"), "INSIDE://h1:9092"));
}

Test(life, waits_for_the_node_that_a_dead_process_has_left)
{
	identify(0, 1, "");
	enlist(0, 9092);
	shore_kill(&shore, 0);
	int64_t first = told[0].epoch;

	identify(0, 1, told[0].cluster_id);
	enlist(0, 9092);
	cr_expect_eq(told[0].registered, 1, "its session lives still");
	shore_run(&shore, 6 * SHORE_SECOND_US);
	cr_expect_eq(told[0].registered, 2);
	cr_expect_gt(told[0].epoch, first);
}

Test(life, gives_up_when_another_process_has_its_broker_id)
{
	identify(0, 1, "");
	enlist(0, 9092);
	identify(1, 1, "");
	enlist(1, 9093);
	shore_run(&shore, 4 * SHORE_SECOND_US);
	cr_expect_eq(told[1].failed, 0);
	shore_run(&shore, 4 * SHORE_SECOND_US);
	expect_failed(1, "broker 1 cannot register: another process is registered under this");
	cr_expect_eq(told[0].expired, 0);
}

Test(life, gives_up_when_its_node_is_no_ephemeral)
{
	identify(0, 1, "");
	shore_create(&shore, "/brokers/ids/1", "{}", 0);
	enlist(0, 9092);
	expect_failed(0, "/brokers/ids/1 is there, and no ephemeral node");
	cr_expect_str_eq(shore_data(&shore, "/brokers/ids/1"), "{}");
}

/* A broker that serves does not end because somebody took its name meanwhile. */
Test(life, that_serves_tries_for_ever_to_register_again)
{
	identify(0, 1, "");
	enlist(0, 9092);
	shore_cut(&shore, 0);
	shore_run(&shore, 10 * SHORE_SECOND_US);
	shore_create(&shore, "/brokers/ids/1", "{}", 0);
	shore_mend(&shore, 0);
	shore_run(&shore, 20 * SHORE_SECOND_US);
	cr_expect_eq(told[0].registered, 1);
	cr_expect_eq(told[0].failed, 0);
	cr_expect(shore_has_logged(&shore, 0, "broker 1 cannot register again"));
	shore_expire(&shore, 0);
	cr_expect_eq(told[0].expired, 1, "it was not registered");
	shore_delete(&shore, "/brokers/ids/1");
	shore_run(&shore, 10 * SHORE_SECOND_US);
	cr_expect_eq(told[0].registered, 2);
}

Test(life, whose_session_expires_while_it_waits_for_a_dead_one_registers_later)
{
	identify(0, 1, "");
	enlist(0, 9092);
	shore_kill(&shore, 0);
	identify(0, 1, "");
	enlist(0, 9092);
	shore_expire(&shore, 0);
	cr_expect_eq(told[0].registered, 2);
	cr_expect_eq(told[0].expired, 0);
	cr_expect_eq(told[0].failed, 0);
}
