#include <criterion/criterion.h>

#include "partition/replicas_private.h"
#include "tests/unit/partition/far_leader.h"
#include "wire/kafka_error.h"

static struct depot depot;
static struct far_leader far;

static void
begin(const char *given)
{
	depot_init(&depot, 1, given);
	depot.links = &far_leader_links;
	far_leader_init(&far, &depot);
	depot_start(&depot);
}

static void
set_up(void)
{
	begin("");
}

static void
tear_down(void)
{
	depot_fini(&depot);
	far_leader_fini(&far);
	for (int i = 0; i < far.link_count; i++)
		cr_expect(far.links[i].is_closed, "link %d", i);
}

TestSuite(replicas_follow, .init = set_up, .fini = tear_down);

static void
send(struct depot_order order)
{
	depot_send_leader_and_isr(&depot, &order, 1);
	cr_assert_eq(depot_code(&depot, order.topic, order.index), KAFKA_ERROR_NONE);
	depot_run(&depot, 10000);
}

static void
follow(int32_t index, int32_t leader, int32_t epoch)
{
	send((struct depot_order){ .topic = "orders", .index = index, .leader = leader,
		.leader_epoch = epoch });
}

static struct log *
log_of(int32_t index)
{
	return depot_replica(&depot, "orders", index)->stored->log;
}

/* A record at offset 0, as its leader has it. */
static void
give_record(int link, int32_t index, int32_t epoch)
{
	far_leader_add(&far, "orders", index, 1);
	far_leader_add_records(&far, 0, 1, epoch);
	far_leader_send(&far, link);
}

/* ------------------------------------------------------------ LeaderAndIsr */

Test(replicas_follow, fetches_from_the_leader_that_it_is_told)
{
	follow(0, 2, 5);
	cr_assert_eq(far.link_count, 1);
	cr_expect_str_eq(far.links[0].host, "host-2");
	cr_expect_eq(far.links[0].port, 9002);
	cr_expect_eq(far_leader_asked(&far, 0, "orders", 0)->current_leader_epoch, 5);
	give_record(0, 0, 5);
	cr_expect_eq(log_end_offset(log_of(0)), 1);
}

Test(replicas_follow, partitions_of_one_leader_share_a_fetcher)
{
	follow(0, 2, 5);
	follow(1, 2, 5);
	follow(2, 3, 5);
	cr_expect_eq(far.link_count, 2);
	cr_expect_str_eq(far.links[1].host, "host-3");
	cr_expect_eq(far_leader_fetch_count(&far, 1), 1);
}

Test(replicas_follow, goes_to_a_newer_leader)
{
	follow(0, 2, 5);
	give_record(0, 0, 5);
	follow(0, 3, 6);
	cr_assert_eq(far.link_count, 2);
	cr_expect(far.links[0].is_closed, "nobody has it any more");
	cr_expect_eq(far_leader_asked(&far, 1, "orders", 0)->fetch_offset, 1);
	cr_expect_eq(far_leader_asked(&far, 1, "orders", 0)->current_leader_epoch, 6);
}

Test(replicas_follow, an_older_request_moves_nothing)
{
	struct depot_order order = { .topic = "orders", .leader = 3, .leader_epoch = 4 };

	follow(0, 2, 5);
	depot_send_leader_and_isr(&depot, &order, 1);
	cr_expect_eq(depot_code(&depot, "orders", 0), KAFKA_ERROR_STALE_CONTROLLER_EPOCH);
	depot_run(&depot, 10000);
	cr_expect_eq(far.link_count, 1);
	give_record(0, 0, 5);
	cr_expect_eq(log_end_offset(log_of(0)), 1);
}

Test(replicas_follow, the_same_leader_in_a_newer_epoch_is_asked_with_that)
{
	follow(0, 2, 5);
	follow(0, 2, 7);
	cr_assert_eq(far.link_count, 1);
	cr_expect_not(far.links[0].is_closed);
	give_record(0, 0, 5);
	cr_expect_eq(log_end_offset(log_of(0)), 0, "it was asked for epoch 5");
	cr_expect_eq(far_leader_asked(&far, 0, "orders", 0)->current_leader_epoch, 7);
}

/* It has one record of epoch 5, and follows in epoch 6 a leader whose log begins behind that. */
static void
follow_one_that_begins_there(int first_in_isr)
{
	follow(0, 2, 5);
	give_record(0, 0, 5);
	send((struct depot_order){ .topic = "orders", .leader = 3, .leader_epoch = 6, .replicas = 3,
		.first_in_isr = first_in_isr });
	far_leader_add(&far, "orders", 0, 1)->log_start_offset = 1;
	far_leader_send(&far, 1);
	depot_run(&depot, 10000);
	cr_expect_eq(log_end_offset(log_of(0)), 1);
}

/* Seed 621370 of scenario cluster; what it knows of producers is of records that may have parted. */
Test(replicas_follow, out_of_sync_keeps_nothing_where_its_leader_begins_at_its_end)
{
	follow_one_that_begins_there(2);
	cr_expect(depot_has_logged(&depot, "knows nothing of what is here before"));
}

Test(replicas_follow, in_sync_keeps_what_it_knows_where_its_leader_begins_at_its_end)
{
	follow_one_that_begins_there(0);
	cr_expect_not(depot_has_logged(&depot, "knows nothing of what is here before"));
	cr_expect_eq(leader_epochs_latest(log_leader_epochs(log_of(0)))->epoch, 5);
}

/* Kafka's broker would answer STALE_CONTROLLER_EPOCH, and follow nobody. */
Test(replicas_follow, who_follows_nobody_obeys_the_epoch_that_it_has)
{
	struct depot_order order = { .topic = "orders", .leader = 2, .leader_epoch = 5,
		.leader_is_dead = true };

	send(order);
	depot_send_leader_and_isr(&depot, &order, 1);
	cr_expect_eq(depot_code(&depot, "orders", 0), KAFKA_ERROR_STALE_CONTROLLER_EPOCH);
	order.leader_is_dead = false;
	send(order);
	cr_assert_eq(far.link_count, 1);
	cr_expect_eq(far_leader_asked(&far, 0, "orders", 0)->current_leader_epoch, 5);
	depot_send_leader_and_isr(&depot, &order, 1);
	cr_expect_eq(depot_code(&depot, "orders", 0), KAFKA_ERROR_STALE_CONTROLLER_EPOCH);
}

Test(replicas_follow, stays_idle_when_its_leader_is_not_among_the_living)
{
	send((struct depot_order){ .topic = "orders", .leader = 2, .leader_epoch = 5,
		.leader_is_dead = true });
	cr_expect_eq(far.link_count, 0);
	cr_expect(depot_has_logged(&depot, "orders-0 follows nobody: its leader 2"));
	follow(0, 2, 6);
	cr_expect_eq(far.link_count, 1);
}

Test(replicas_follow, takes_an_address_that_has_changed)
{
	follow(0, 2, 5);
	depot.port_of_leaders = 9100;
	follow(1, 2, 5);
	cr_assert_eq(far.link_count, 1);
	cr_expect_eq(far.links[0].port, 9102);
}

Test(replicas_follow, keeps_its_log_when_it_stops_leading)
{
	cr_assert_eq(depot_lead(&depot, "orders", 0, 4), KAFKA_ERROR_NONE);
	cr_assert_eq(depot_append(&depot, "orders", 0, 3, 10), PARTITION_OK);
	follow(0, 2, 5);
	cr_expect_eq(far_leader_asked(&far, 0, "orders", 0)->fetch_offset, 3);
	cr_expect_eq(far_leader_asked(&far, 0, "orders", 0)->last_fetched_epoch, 4);
	cr_expect_eq(depot_append(&depot, "orders", 0, 1, 10), PARTITION_NOT_LEADER);
}

Test(replicas_follow, a_new_leader_fetches_no_longer)
{
	follow(0, 2, 5);
	give_record(0, 0, 5);
	cr_assert_eq(depot_lead(&depot, "orders", 0, 6), KAFKA_ERROR_NONE);
	depot_run(&depot, 10000);
	cr_expect(far.links[0].is_closed);
	cr_expect_eq(depot_append(&depot, "orders", 0, 1, 10), PARTITION_OK);
	cr_expect_eq(log_end_offset(log_of(0)), 2);
}

Test(replicas_follow, num_replica_fetchers_divides_the_partitions)
{
	tear_down();
	begin("num.replica.fetchers=4");
	for (int32_t i = 0; i < 4; i++)
		follow(i, 2, 5);
	cr_expect_eq(far.link_count, 4);
	for (int i = 0; i < 4; i++)
		cr_expect_eq(far_leader_fetch_count(&far, i), 1);
}

/* ------------------------------------------------------------------ the ends */

Test(replicas_follow, stop_replica_ends_it)
{
	struct depot_order order = { .topic = "orders", .leader_epoch = 5 };

	follow(0, 2, 5);
	depot_send_stop_replica(&depot, &order, 1);
	cr_assert_eq(depot_code(&depot, "orders", 0), KAFKA_ERROR_NONE);
	depot_run(&depot, 10000);
	cr_expect(far.links[0].is_closed);
	follow(0, 2, 6);
	cr_expect_eq(far.link_count, 2);
}

Test(replicas_follow, deletion_ends_it)
{
	follow(0, 2, 5);
	follow(1, 2, 5);
	cr_assert_eq(depot_delete(&depot, "orders", 0), KAFKA_ERROR_NONE);
	depot_run(&depot, 10000);
	cr_expect_not(far.links[0].is_closed);
	give_record(0, 0, 5);
	cr_expect_eq(far_leader_fetch_count(&far, 0), 1);
	cr_expect_not_null(far_leader_asked(&far, 0, "orders", 1));
	cr_assert_eq(depot_delete(&depot, "orders", 1), KAFKA_ERROR_NONE);
	depot_run(&depot, 10000);
	cr_expect(far.links[0].is_closed);
}

Test(replicas_follow, a_topic_that_was_made_again_begins_with_an_empty_log)
{
	follow(0, 2, 5);
	give_record(0, 0, 5);
	send((struct depot_order){ .topic = "orders", .leader = 2, .leader_epoch = 0,
		.topic_id = { .bytes = { 9 } } });
	give_record(0, 0, 5); /* of the older one */
	cr_expect_eq(log_end_offset(log_of(0)), 0);
	cr_expect_eq(far_leader_asked(&far, 0, "orders", 0)->fetch_offset, 0);
	cr_expect_eq(far_leader_asked(&far, 0, "orders", 0)->current_leader_epoch, 0);
}

Test(replicas_follow, a_failed_dir_ends_it)
{
	follow(0, 2, 5);
	depot_enter(&depot);
	replicas_fail_dir(depot.replicas, depot_replica(&depot, "orders", 0)->stored->dir, ERROR_IO);
	depot_leave(&depot);
	depot_run(&depot, 10000);
	cr_expect(far.links[0].is_closed);
}

Test(replicas_follow, a_stop_ends_all_and_is_clean)
{
	for (int32_t i = 0; i < 4; i++)
		follow(i, 2 + i % 2, 5);
	give_record(0, 0, 5);
	depot_stop(&depot);
	cr_expect(depot.is_clean);
	cr_expect(far.links[0].is_closed);
	cr_expect(far.links[1].is_closed);
}

Test(replicas_follow, a_stop_waits_for_a_truncation)
{
	follow(0, 2, 5);
	far_leader_add(&far, "orders", 0, 0);
	far_leader_add_records(&far, 0, 1, 3);
	far_leader_add_records(&far, 1, 1, 4);
	far_leader_send(&far, 0);
	far_leader_add(&far, "orders", 0, 0)->diverging_epoch =
	    (struct fetch_response_epoch_end_offset){ 3, 1 };
	far_leader_send(&far, 0);
	depot_stop(&depot);
	cr_expect(depot.is_clean);
	depot_start(&depot);
	cr_expect_eq(log_end_offset(log_of(0)), 1);
}

/*
 * F17: who has led too small an ISR has an entry, which has to go before it fetches. A stop
 * writes none any more, and the fetchers that it waits for do not wait for one.
 */
Test(replicas_follow, a_stop_waits_for_no_entry_of_who_led_before)
{
	struct depot_order led = { .topic = "orders", .leader_epoch = 5, .replicas = 3 };
	struct depot_order follows = { .topic = "orders", .leader_epoch = 6, .leader = 2,
		.replicas = 3, .is_old = true };

	depot_stop(&depot);
	depot.settings->config.min_insync_replicas = 2;
	depot_start(&depot);
	send(led);
	depot.machine.disk->sync_us = DEPOT_SECOND_US; /* the entry is written all the time */
	led.isr = 1;
	led.leader_epoch++;
	led.is_old = true;
	follows.leader_epoch = led.leader_epoch + 1;
	send(led);
	send(follows);
	cr_assert(depot_partition(&depot, "orders", 0)->shrunk_isr.is_out);
	depot_stop(&depot);
	cr_expect(depot.is_clean);
}

/* The same where there is no room to take it away. */
Test(replicas_follow, F20_a_stop_on_a_full_disk_ends)
{
	struct depot_order led = { .topic = "orders", .leader_epoch = 5, .replicas = 3, .isr = 1 };

	depot.settings->config.min_insync_replicas = 2;
	send(led);
	depot_run(&depot, DEPOT_SECOND_US);
	cr_assert_str_eq(depot_text(&depot, "/a/klamm-shrunk-isr-checkpoint"), "0\n1\norders 0 5 0\n");
	depot.machine.disk->capacity = 0;
	follow(0, 2, 6);
	depot_run(&depot, DEPOT_SECOND_US);
	cr_expect(depot_has_logged(&depot, "klamm-shrunk-isr-checkpoint cannot be written"));
	cr_expect_eq(far.links[0].asked, 0, "it asks for nothing");
	depot_stop(&depot);
	depot.machine.disk->capacity = INT64_MAX;
}

/* --------------------------------------------- checkpoints before truncations */

static void
diverge(int32_t partitions)
{
	for (int32_t i = 0; i < partitions; i++)
		far_leader_add(&far, "orders", i, 0)->diverging_epoch =
		    (struct fetch_response_epoch_end_offset){ 3, 1 };
	far_leader_send(&far, 0);
	depot_run(&depot, DEPOT_SECOND_US);
}

/* Each partition gets a record of epoch 3 and one of epoch 4. */
static void
fill(int32_t partitions)
{
	for (int32_t i = 0; i < partitions; i++) {
		far_leader_add(&far, "orders", i, 0);
		far_leader_add_records(&far, 0, 1, 3);
		far_leader_add_records(&far, 1, 1, 4);
	}
	far_leader_send(&far, 0);
	cr_assert_eq(far_leader_fetch_count(&far, 0), partitions);
}

Test(replicas_follow, many_truncations_share_a_checkpoint)
{
	follow(0, 2, 5);
	for (int32_t i = 1; i < 6; i++)
		follow(i, 2, 5);
	far_leader_add(&far, "orders", 0, 0);
	far_leader_send(&far, 0);
	fill(6);
	diverge(6);
	for (int32_t i = 0; i < 6; i++) {
		cr_expect_eq(log_end_offset(log_of(i)), 1);
		cr_expect_eq(far_leader_asked(&far, 0, "orders", i)->fetch_offset, 1);
	}
}

/* Seed 100394 of the simulator's cluster: a kill would bring it back, and records below it. */
Test(replicas_follow, a_high_watermark_that_is_cut_away_is_not_left_on_disk)
{
	char path[256];

	follow(0, 2, 5);
	fill(1);
	far_leader_add(&far, "orders", 0, 2);
	far_leader_send(&far, 0);
	depot_run(&depot, 6 * DEPOT_SECOND_US);
	snprintf(path, sizeof(path), "%s/replication-offset-checkpoint",
	    depot_replica(&depot, "orders", 0)->stored->dir->path);
	cr_assert_str_eq(depot_text(&depot, path), "0\n1\norders 0 2\n");
	diverge(1);
	cr_expect_eq(log_end_offset(log_of(0)), 1);
	cr_expect_str_eq(depot_text(&depot, path), "0\n1\norders 0 1\n");
}

/* The batch that holds the log start goes as a whole: what comes to its place is not hidden by a kill. */
Test(replicas_follow, a_log_start_that_falls_with_a_cut_is_not_left_on_disk)
{
	char path[256];

	follow(0, 2, 5);
	far_leader_add(&far, "orders", 0, 4);
	far_leader_add_records(&far, 0, 4, 3);
	far_leader_send(&far, 0);
	depot_run(&depot, DEPOT_SECOND_US);
	far_leader_add(&far, "orders", 0, 4)->log_start_offset = 2;
	far_leader_send(&far, 0);
	depot_run(&depot, 70 * DEPOT_SECOND_US);
	snprintf(path, sizeof(path), "%s/log-start-offset-checkpoint",
	    depot_replica(&depot, "orders", 0)->stored->dir->path);
	cr_assert_str_eq(depot_text(&depot, path), "0\n1\norders 0 2\n");
	far_leader_add(&far, "orders", 0, 4)->diverging_epoch =
	    (struct fetch_response_epoch_end_offset){ 3, 3 };
	far_leader_send(&far, 0);
	depot_run(&depot, DEPOT_SECOND_US);
	cr_expect_eq(log_end_offset(log_of(0)), 0);
	cr_expect_str_eq(depot_text(&depot, path), "0\n0\n", "it begins with its first segment");
	cr_expect_eq(far_leader_asked(&far, 0, "orders", 0)->fetch_offset, 0, "it goes on");
}

Test(replicas_follow, nothing_is_cut_without_its_checkpoint)
{
	const char *checkpoint = "recovery-point-offset-checkpoint";
	char path[256];

	follow(0, 2, 5);
	fill(1);
	snprintf(path, sizeof(path), "%s/%s.tmp",
	    depot_replica(&depot, "orders", 0)->stored->dir->path, checkpoint);
	depot_write(&depot, path, "");
	depot_break(&depot, path, true);
	diverge(1);
	cr_expect_eq(log_end_offset(log_of(0)), 2);
	cr_expect_eq(depot_dir(&depot, 0)->state != ERROR_NONE ||
	    depot_dir(&depot, 1)->state != ERROR_NONE, true, "its dir has failed");
	cr_expect(depot_replica(&depot, "orders", 0)->is_offline);
}
