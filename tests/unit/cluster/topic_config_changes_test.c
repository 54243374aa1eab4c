#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "tests/unit/cluster/configured.h"

#define RETENTION(ms) "{\"version\":1,\"config\":{\"retention.ms\":\"" #ms "\"}}"

static struct configured it;

static void
setup(void)
{
	configured_init(&it, "broker.id=1\nlog.retention.ms=1000\n");
	configured_topic(&it, "orders", RETENTION(7));
	configured_topic(&it, "parts", RETENTION(8));
}

static void
teardown(void)
{
	configured_fini(&it);
}

TestSuite(config_changes, .init = setup, .fini = teardown);

static void
settle(void)
{
	shore_run(&it.shore, SHORE_SECOND_US);
}

Test(config_changes, make_other_settings)
{
	configured_start(&it);
	configured_change(&it, "topics/orders", RETENTION(9));
	configured_change(&it, "topics/parts", RETENTION(10));
	settle();
	cr_expect_eq(configured_retention_ms(&it, "orders"), 9);
	cr_expect_eq(configured_retention_ms(&it, "parts"), 10);
	cr_expect_str_eq(it.changes, "orders parts ");
}

Test(config_changes, of_version_1_are_obeyed_too)
{
	configured_start(&it);
	shore_set(&it.shore, "/config/topics/orders", RETENTION(9));
	configured_notify(&it,
	    "{\"version\":1,\"entity_type\":\"topics\",\"entity_name\":\"orders\"}");
	settle();
	cr_expect_eq(configured_retention_ms(&it, "orders"), 9);
}

Test(config_changes, of_a_topic_that_lost_its_znode_give_the_defaults)
{
	configured_start(&it);
	shore_delete(&it.shore, "/config/topics/orders");
	configured_notify(&it, "{\"version\":2,\"entity_path\":\"topics/orders\"}");
	settle();
	cr_expect_eq(configured_retention_ms(&it, "orders"), 1000);
}

Test(config_changes, of_before_the_start_are_read_by_the_start_itself)
{
	configured_change(&it, "topics/orders", RETENTION(9));
	configured_start(&it);
	settle();
	cr_expect_eq(it.changed, 0);
	cr_expect_eq(configured_retention_ms(&it, "orders"), 9);
}

Test(config_changes, of_a_topic_that_nobody_asked_for_are_ignored)
{
	configured_start(&it);
	configured_change(&it, "topics/unknown", RETENTION(9));
	settle();
	cr_expect_eq(it.changed, 0);
}

Test(config_changes, that_cannot_be_read_are_skipped_and_the_next_is_obeyed)
{
	configured_start(&it);
	configured_notify(&it, "{junk");
	configured_notify(&it, "{\"version\":77,\"entity_path\":\"topics/orders\"}");
	configured_notify(&it, "{\"version\":2,\"entity_path\":\"planets/mars\"}");
	configured_notify(&it, NULL);
	shore_create(&it.shore, "/config/changes/junk", "x", 0);
	configured_change(&it, "topics/orders", RETENTION(9));
	settle();
	cr_expect_eq(configured_retention_ms(&it, "orders"), 9);
	cr_expect_eq(shore_log_count(&it.shore, 0, "cannot be read, and is skipped"), 4, "%s",
	    it.shore.sides[0].log);
	cr_expect(shore_exists(&it.shore, "/config/changes/junk", NULL));
}

enum { BURST = 12 };

struct burst {
	struct zk_write writes[2 * BURST];
	char configs[BURST][96];
};

static void
written(struct zk_call *call, const struct coord_answer *answer)
{
	(void)call;
	cr_assert_eq(answer->error, ZNODE_OK);
}

/* Changes of one entity as fast as they go; the last one says `last`. */
static void
change_in_a_burst(const char *path, const char *notice, const char *key, int last)
{
	struct burst *burst = memory_new(sizeof(*burst));

	shore_enter(&it.shore, SHORE_OPERATOR);
	for (int i = 0; i < BURST; i++) {
		snprintf(burst->configs[i], sizeof(burst->configs[i]),
		    "{\"version\":1,\"config\":{\"%s\":\"%d\"}}", key, last - BURST + 1 + i);
		zk_write(it.shore.sides[SHORE_OPERATOR].session, &burst->writes[2 * i],
		    &(struct znode_operation){ .type = ZNODE_OP_SET_DATA,
		    .path = slice_of_text(path), .data = slice_of_text(burst->configs[i]),
		    .version = -1 }, written);
		zk_write(it.shore.sides[SHORE_OPERATOR].session, &burst->writes[2 * i + 1],
		    &(struct znode_operation){ .type = ZNODE_OP_CREATE,
		    .path = slice_of_text("/config/changes/config_change_"),
		    .data = slice_of_text(notice), .flags = ZNODE_SEQUENTIAL }, written);
	}
	shore_leave(&it.shore, SHORE_OPERATOR);
	settle();
	free(burst);
}

Test(config_changes, that_come_while_others_are_read_are_not_missed)
{
	configured_start(&it);
	configured_change(&it, "brokers/<default>", "{\"version\":1,\"config\":{}}");
	for (int round = 1; round <= 20; round++) {
		change_in_a_burst("/config/topics/orders",
		    "{\"version\":2,\"entity_path\":\"topics/orders\"}", "retention.ms", round * 100);
		cr_assert_eq(configured_retention_ms(&it, "orders"), round * 100);
		change_in_a_burst("/config/brokers/<default>",
		    "{\"version\":2,\"entity_path\":\"brokers/<default>\"}", "log.retention.ms",
		    round * 1000);
		cr_assert_eq(configured_retention_ms(&it, "unknown"), round * 1000);
	}
}

Test(config_changes, survive_lost_connections)
{
	configured_start(&it);
	for (int i = 0; i < 10; i++) {
		sim_coord_reset(it.shore.ensemble, 0);
		configured_change(&it, "topics/orders", i % 2 == 0 ? RETENTION(20) : RETENTION(21));
		sim_coord_reset(it.shore.ensemble, 0);
		shore_run(&it.shore, 3 * SHORE_SECOND_US);
		cr_assert_eq(configured_retention_ms(&it, "orders"), i % 2 == 0 ? 20 : 21);
	}
}

Test(config_changes, older_than_a_quarter_of_an_hour_are_removed_by_the_next_one)
{
	configured_start(&it);
	configured_change(&it, "topics/orders", RETENTION(9));
	configured_change(&it, "topics/orders", RETENTION(10));
	cr_expect_eq(shore_child_count(&it.shore, "/config/changes"), 2);
	shore_run(&it.shore, INT64_C(14) * 60 * SHORE_SECOND_US);
	configured_change(&it, "topics/orders", RETENTION(11));
	settle();
	cr_expect_eq(shore_child_count(&it.shore, "/config/changes"), 3, "they are young still");
	shore_run(&it.shore, INT64_C(2) * 60 * SHORE_SECOND_US);
	configured_change(&it, "topics/orders", RETENTION(12));
	settle();
	cr_expect_eq(shore_child_count(&it.shore, "/config/changes"), 2);
	cr_expect_eq(configured_retention_ms(&it, "orders"), 12);
}

Test(config_changes, whose_node_was_taken_away_are_watched_again_in_the_next_session)
{
	configured_start(&it);
	configured_change(&it, "topics/orders", RETENTION(9));
	settle();
	shore_delete(&it.shore, "/config/changes/config_change_0000000000");
	shore_delete(&it.shore, "/config/changes");
	shore_expire(&it.shore, 0);
	cr_expect(shore_exists(&it.shore, "/config/changes", NULL));
	configured_change(&it, "topics/orders", RETENTION(10));
	settle();
	cr_expect_eq(configured_retention_ms(&it, "orders"), 10, "though numbers begin anew");
}
