/* F17, F18: what a start has to doubt, and until when. */
#include <criterion/criterion.h>

#include "tests/unit/partition/mover.h"
#include "wire/kafka_error.h"

#define ENTRIES "/a/klamm-shrunk-isr-checkpoint"

static struct depot depot;

static void
protect(struct depot *it, int min_isr)
{
	it->settings->config.min_insync_replicas = min_isr;
}

static void
set_up(void)
{
	depot_init(&depot, 7, "");
	protect(&depot, 2);
	depot_start(&depot);
	cr_assert_eq(depot.error, ERROR_NONE);
}

static void
tear_down(void)
{
	depot_fini(&depot);
}

TestSuite(replicas_doubts, .init = set_up, .fini = tear_down);

static int
say(int32_t leader, int32_t epoch, int replicas, bool is_old)
{
	struct depot_order order = { .topic = "orders", .leader_epoch = epoch, .leader = leader,
		.replicas = replicas, .is_old = is_old, .leader_is_dead = true };

	depot_send_leader_and_isr(&depot, &order, 1);
	depot_wait(&depot, &depot.is_answered);
	return depot_code(&depot, "orders", 0);
}

/* Three replicas in sync. */
static void
fill(void)
{
	cr_assert_eq(say(0, 1, 3, false), KAFKA_ERROR_NONE);
	depot_run(&depot, DEPOT_SECOND_US);
}

static void
start(void)
{
	depot_start(&depot);
	cr_assert_eq(depot.error, ERROR_NONE, "%s", depot.complaint);
}

/* "orders:0 " for each that has a name. */
static const char *
doubts(void)
{
	static char text[256];
	const struct payload_doubtful_topic *topics;
	struct arena arena;
	size_t count, size = 0;

	arena_init(&arena, SIZE_MAX);
	text[0] = '\0';
	count = replicas_list_doubts(depot.replicas, &arena, &topics);
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < topics[i].partitions.count; j++)
			size += (size_t)snprintf(text + size, sizeof(text) - size, "%.*s:%d ",
			    (int)topics[i].topic.size, (const char *)topics[i].topic.bytes,
			    (int)topics[i].partitions.values[j]);
	arena_fini(&arena);
	return text;
}

/* A log dir was empty, and nobody has said what should be there. */
static bool
doubts_all(void)
{
	const struct payload_doubtful_topic *topics;
	struct arena arena;
	bool found = false;

	arena_init(&arena, SIZE_MAX);
	for (size_t i = 0; i < replicas_list_doubts(depot.replicas, &arena, &topics); i++)
		found = found || slice_equal(topics[i].topic, slice_of_text("*"));
	arena_fini(&arena);
	return found;
}

Test(replicas_doubts, a_clean_stop_and_a_kill_leave_none)
{
	fill();
	depot_kill(&depot);
	start();
	cr_expect_str_eq(doubts(), "");
	depot_stop(&depot);
	depot.machine.boots++;
	start();
	cr_expect_str_eq(doubts(), "", "all was closed before the machine went down");
}

Test(replicas_doubts, F17_a_power_cut_leaves_what_is_not_noted_in_doubt)
{
	fill();
	depot_power_cut(&depot, SIM_DISK_KEEP_NOTHING);
	start();
	cr_expect_str_eq(doubts(), "orders:0 ");
	cr_expect(depot_has_logged(&depot, "1 partitions may lack acknowledged records"));
	cr_expect_str_eq(depot_text(&depot, ENTRIES), "0\n1\norders 0 -1 9223372036854775807\n");
}

Test(replicas_doubts, F17_they_outlive_a_kill_and_a_clean_stop)
{
	fill();
	depot_power_cut(&depot, SIM_DISK_KEEP_NOTHING);
	start();
	depot_kill(&depot);
	start();
	cr_expect_str_eq(doubts(), "orders:0 ");
	depot_stop(&depot);
	start();
	cr_expect_str_eq(doubts(), "orders:0 ");
}

/* Seed 501017 of scenario cluster: they could not be written, and the stop was in order. */
Test(replicas_doubts, F17_they_outlive_a_stop_in_order_on_a_full_disk)
{
	struct sim_disk *disk = depot.machine.disk;

	for (int full = 0; full < 2; full++) {
		fill();
		depot_power_cut(&depot, SIM_DISK_KEEP_NOTHING);
		depot_begin(&depot);
		disk->capacity = disk->pages_used * SIM_PAGE_SIZE;
		depot_run(&depot, 2 * DEPOT_SECOND_US);
		cr_expect(depot_has_logged(&depot, "what is in doubt cannot be written"));
		if (full == 0)
			disk->capacity = INT64_MAX;
		depot_stop(&depot);
		disk->capacity = INT64_MAX;
		start();
		cr_expect_str_eq(doubts(), "orders:0 ", "full %d", full);
	}
}

Test(replicas_doubts, F17_who_reaches_its_entry_lacks_nothing)
{
	struct depot_order order = { .topic = "orders", .leader_epoch = 2, .replicas = 3,
		.isr = 1 };

	fill();
	depot_send_leader_and_isr(&depot, &order, 1);
	depot_wait(&depot, &depot.is_answered);
	depot_run(&depot, DEPOT_SECOND_US);
	cr_expect_str_eq(depot_text(&depot, ENTRIES), "0\n1\norders 0 2 0\n");
	depot_power_cut(&depot, SIM_DISK_KEEP_NOTHING);
	start();
	cr_expect_str_eq(doubts(), "");
}

Test(replicas_doubts, F17_who_does_not_reach_its_entry_is_in_doubt_whatever_the_boot_id)
{
	fill();
	depot_kill(&depot);
	depot_write(&depot, ENTRIES, "0\n1\norders 0 1 5\n");
	start();
	cr_expect_str_eq(doubts(), "orders:0 ");
}

/* -------------------------------------------- while a log dir is away (F24) */

static void
stop_and_lose(const char *dir)
{
	depot_stop(&depot);
	depot_break(&depot, dir, true);
}

Test(replicas_doubts, F24_what_is_left_may_be_older_than_what_a_dir_has_that_is_away)
{
	fill();
	cr_assert(depot_exists(&depot, "/a/orders-0"));
	stop_and_lose("/b");
	start();
	cr_expect_str_eq(doubts(), "orders:0 ");
	cr_expect(depot_has_logged(&depot, "as a log dir is away, or new, that may have had newer ones"));
	depot_stop(&depot);
	depot_break(&depot, "/b", false);
	start();
	cr_expect_str_eq(doubts(), "orders:0 ", "nobody has led since");
}

/* A partition that was made in /b while /a was away, and in /a from before. */
Test(replicas_doubts, F24_each_time_that_dirs_take_turns)
{
	fill();
	for (int i = 0; i < 3; i++) {
		stop_and_lose(i % 2 == 0 ? "/a" : "/b");
		depot_break(&depot, i % 2 == 0 ? "/b" : "/a", false);
		start();
		replicas_set_broker_epoch(depot.replicas, 30 + i);
		if (i > 0)
			cr_expect_str_eq(doubts(), "orders:0 ", "turn %d", i);
		cr_expect_eq(say(0, 2 + i, 3, i > 0), KAFKA_ERROR_NONE);
		depot_run(&depot, DEPOT_SECOND_US);
		cr_expect_str_eq(doubts(), "", "turn %d", i);
	}
}

/* The disk of the newer one is gone for good. */
Test(replicas_doubts, F24_also_where_a_dir_is_new)
{
	fill();
	depot_stop(&depot);
	cr_assert_eq(disk_unlink(depot.disk, "/b/meta.properties"), ERROR_NONE);
	cr_assert_eq(disk_unlink(depot.disk, "/b/klamm-boot-id"), ERROR_NONE);
	start();
	cr_expect(doubts_all());
	cr_expect_str_eq(doubts(), "orders:0 ");
	cr_expect_eq(say(2, 2, 3, true), KAFKA_ERROR_NONE);
	depot_run(&depot, DEPOT_SECOND_US);
	cr_expect_not(doubts_all());
	cr_expect_str_eq(doubts(), "orders:0 ");
	cr_expect_eq(say(0, 3, 3, true), KAFKA_ERROR_NONE);
	depot_run(&depot, DEPOT_SECOND_US);
	depot_stop(&depot);
	start();
	cr_expect_str_eq(doubts(), "", "it is known to be empty");
}

/* Who was alone in sync need not wait for the others: nothing came behind the entry. */
Test(replicas_doubts, F24_who_reaches_its_entry_lacks_nothing)
{
	struct depot_order order = { .topic = "orders", .leader_epoch = 2, .replicas = 3,
		.isr = 1 };

	fill();
	depot_send_leader_and_isr(&depot, &order, 1);
	depot_wait(&depot, &depot.is_answered);
	depot_run(&depot, DEPOT_SECOND_US);
	stop_and_lose("/b");
	start();
	cr_expect_str_eq(doubts(), "");
}

/* --------------------------------------------------------------- their end */

/* Whom it follows may be dead: it has to catch up before (partition_follow). */
Test(replicas_doubts, F17_end_when_it_leads_and_not_when_it_begins_to_follow)
{
	fill();
	depot_power_cut(&depot, SIM_DISK_KEEP_NOTHING);
	start();
	(void)depot_told(&depot);
	cr_expect_eq(say(0, 5, 3, true), KAFKA_ERROR_NONE);
	depot_run(&depot, DEPOT_SECOND_US);
	cr_expect_str_eq(doubts(), "");
	cr_expect_not_null(strstr(depot_told(&depot), "other doubts\n"));
	cr_expect_str_eq(depot_text(&depot, ENTRIES), "0\n0\n");
	depot_power_cut(&depot, SIM_DISK_KEEP_NOTHING);
	start();
	cr_expect_eq(say(2, 6, 3, true), KAFKA_ERROR_NONE);
	depot_run(&depot, DEPOT_SECOND_US);
	cr_expect_str_eq(doubts(), "orders:0 ");
}

Test(replicas_doubts, F17_stay_while_nobody_leads)
{
	fill();
	depot_power_cut(&depot, SIM_DISK_KEEP_NOTHING);
	start();
	cr_expect_eq(say(-1, 5, 3, true), KAFKA_ERROR_NONE);
	depot_run(&depot, DEPOT_SECOND_US);
	cr_expect_str_eq(doubts(), "orders:0 ");
}

Test(replicas_doubts, F19_one_in_sync_is_enough_for_whom_nothing_is_promised)
{
	protect(&depot, 1);
	depot_stop(&depot);
	start();
	fill();
	depot_power_cut(&depot, SIM_DISK_KEEP_NOTHING);
	start();
	cr_expect_str_eq(doubts(), "");
}

Test(replicas_doubts, F18_who_is_to_lead_and_has_no_log_waits_in_doubt)
{
	(void)depot_told(&depot);
	cr_expect_eq(say(0, 7, 3, true), KAFKA_ERROR_NOT_LEADER_OR_FOLLOWER);
	cr_expect_str_eq(doubts(), "orders:0 ");
	cr_expect_not_null(strstr(depot_told(&depot), "other doubts\n"));
	cr_expect_eq(depot_fetch(&depot, "orders", 0, 0), PARTITION_NOT_LEADER);
	depot_kill(&depot);
	protect(&depot, 1);
	start();
	cr_expect_str_eq(doubts(), "orders:0 ", "whatever min.insync.replicas is");
	cr_expect_eq(say(0, 8, 3, true), KAFKA_ERROR_NONE);
	depot_run(&depot, DEPOT_SECOND_US);
	cr_expect_str_eq(doubts(), "");
}

/* A controller that died has made it, and the next one does not know that it is new. */
Test(replicas_doubts, F18_in_epoch_0_there_is_nothing_to_lack)
{
	struct depot_order order = { .topic = "others", .leader_epoch = 1, .replicas = 3 };

	depot_send_leader_and_isr(&depot, &order, 1);
	depot_wait(&depot, &depot.is_answered);
	cr_expect_eq(say(0, 0, 3, true), KAFKA_ERROR_NONE);
	cr_expect_str_eq(doubts(), "");
}

/* Its controller has told nobody of another epoch, as it waits for all to say what they have. */
Test(replicas_doubts, F18_after_a_start_without_logs_there_is_in_epoch_0_too)
{
	cr_expect_eq(say(-1, 0, 3, true), KAFKA_ERROR_NONE);
	cr_expect_str_eq(doubts(), "orders:0 ");
}

/* All may have been killed, and this one is the first to be back: it must not be elected. */
Test(replicas_doubts, F18_a_dir_without_logs_is_told_before_a_controller_has_said_what_was_there)
{
	cr_expect(doubts_all());
	cr_expect_str_eq(depot_text(&depot, ENTRIES), "0\n1\n* 0 -1 9223372036854775807\n");
	(void)depot_told(&depot);
	cr_expect_eq(say(-1, 7, 3, true), KAFKA_ERROR_NONE);
	cr_expect_not(doubts_all());
	cr_expect_str_eq(doubts(), "orders:0 ", "by name now");
	cr_expect_not_null(strstr(depot_told(&depot), "other doubts\n"));
	depot_run(&depot, DEPOT_SECOND_US);
	cr_expect_str_eq(depot_text(&depot, ENTRIES), "0\n1\norders 0 -1 9223372036854775807\n");
}

/* Of several partitions some were made, and then it died. */
Test(replicas_doubts, F18_it_is_told_until_then_however_often_it_starts)
{
	fill();
	depot_kill(&depot);
	depot_write(&depot, ENTRIES, "0\n1\n* 0 -1 9223372036854775807\n");
	for (int i = 0; i < 2; i++) {
		start();
		cr_expect(doubts_all());
		depot_kill(&depot);
	}
	start();
	cr_expect_eq(say(0, 2, 3, true), KAFKA_ERROR_NONE);
	depot_run(&depot, DEPOT_SECOND_US);
	cr_expect_str_eq(depot_text(&depot, ENTRIES), "0\n0\n");
}

Test(replicas_doubts, F18_nothing_of_it_without_the_protection)
{
	depot_kill(&depot);
	depot_fini(&depot);
	depot_init(&depot, 7, "klamm.last.replica.protection=false\n");
	start();
	cr_expect_not(doubts_all());
}

Test(replicas_doubts, F18_who_is_to_follow_and_has_no_log_follows)
{
	struct depot_order order = { .topic = "orders", .leader_epoch = 7, .leader = 2,
		.replicas = 3, .first_in_isr = 2, .is_old = true, .leader_is_dead = true };

	depot_send_leader_and_isr(&depot, &order, 1);
	depot_wait(&depot, &depot.is_answered);
	cr_expect_eq(depot_code(&depot, "orders", 0), KAFKA_ERROR_NONE);
	cr_expect_str_eq(doubts(), "");
}

/* Its leader may die before it has fetched anything, or nobody leads: it would be elected. */
Test(replicas_doubts, F18_who_is_in_sync_and_has_no_log_is_in_doubt)
{
	(void)depot_told(&depot);
	cr_expect_eq(say(2, 7, 3, true), KAFKA_ERROR_NONE);
	cr_expect_str_eq(doubts(), "orders:0 ");
	cr_expect_not_null(strstr(depot_told(&depot), "other doubts\n"));
}

Test(replicas_doubts, F18_who_is_in_sync_and_has_no_log_is_in_doubt_while_nobody_leads)
{
	cr_expect_eq(say(-1, 7, 3, true), KAFKA_ERROR_NONE);
	cr_expect_str_eq(doubts(), "orders:0 ");
}

/* Seed 501392 of scenario cluster: killed before that was on disk it was trusted, empty. */
Test(replicas_doubts, F18_who_has_no_log_is_in_doubt_wherever_it_is_killed)
{
	/* One in each dir, so that the files of both have been written since the start. */
	struct depot_order others[] = { { .topic = "others", .leader_epoch = 1, .replicas = 3 },
		{ .topic = "others", .index = 1, .leader_epoch = 1, .replicas = 3 } };
	struct depot_order order = { .topic = "orders", .leader_epoch = 7, .leader = 2,
		.replicas = 3, .leader_is_dead = true, .is_old = true };
	bool is_dead = true, was_there = false;

	for (uint64_t at = 1; is_dead; at++) {
		struct sim_disk *disk;

		tear_down();
		set_up();
		disk = depot.machine.disk;
		depot_send_leader_and_isr(&depot, others, 2);
		depot_wait(&depot, &depot.is_answered);
		depot_run(&depot, DEPOT_SECOND_US);
		disk->crash_at = disk->operations + at;
		depot_send_leader_and_isr(&depot, &order, 1);
		depot_run(&depot, DEPOT_SECOND_US / 4);
		is_dead = sim_mount_is_dead(depot.process.mount);
		disk->crash_at = 0;
		depot_kill(&depot);
		start();
		if (depot_exists(&depot, "/a/orders-0") || depot_exists(&depot, "/b/orders-0"))
			cr_expect_str_eq(doubts(), "orders:0 ", "killed at %d", (int)at);
		else
			cr_expect_not(was_there);
		was_there |= is_dead && strcmp(doubts(), "") != 0;
	}
	cr_expect(was_there);
}

Test(replicas_doubts, F18_who_cannot_be_said_to_have_no_log_is_not_made)
{
	struct depot_order others = { .topic = "others", .leader_epoch = 1, .replicas = 3 };

	depot_send_leader_and_isr(&depot, &others, 1);
	depot_wait(&depot, &depot.is_answered);
	depot_run(&depot, DEPOT_SECOND_US);
	depot.machine.disk->files_max = sim_mount_open_files(depot.process.mount);
	cr_expect_eq(say(2, 7, 3, true), KAFKA_ERROR_KAFKA_STORAGE_ERROR);
	depot.machine.disk->files_max = INT32_MAX;
	cr_expect_str_eq(doubts(), "orders:0 ");
	cr_expect_not(depot_exists(&depot, "/a/orders-0") || depot_exists(&depot, "/b/orders-0"));
}

/* Seed 320732 of scenario cluster: it was elected before the controller had heard that it could not be made. */
Test(replicas_doubts, F18_who_could_not_be_made_for_want_of_space_is_in_doubt_by_name)
{
	depot.machine.disk->capacity = 0;
	depot_run(&depot, 2 * (int64_t)DEPOT_SECOND_US);
	(void)depot_told(&depot);
	cr_expect_eq(say(-1, 0, 3, true), KAFKA_ERROR_KAFKA_STORAGE_ERROR);
	cr_expect_not(doubts_all());
	cr_expect_str_eq(doubts(), "orders:0 ");
	cr_expect_not_null(strstr(depot_told(&depot), "other doubts\n"));
	depot.machine.disk->capacity = INT64_MAX;
	depot_run(&depot, 2 * (int64_t)DEPOT_SECOND_US);
	cr_expect_eq(say(-1, 0, 3, true), KAFKA_ERROR_NONE);
	cr_expect_str_eq(doubts(), "orders:0 ", "it is there, without its records");
}

/* It may be in the dir that is offline; its controller waits until that is known. */
Test(replicas_doubts, F18_who_may_be_in_a_dir_that_is_offline_is_in_doubt_until_it_is_deleted)
{
	depot_enter(&depot);
	replicas_fail_dir(depot.replicas, depot_dir(&depot, 1), ERROR_IO);
	depot_leave(&depot);
	cr_expect_eq(say(-1, 7, 3, true), KAFKA_ERROR_KAFKA_STORAGE_ERROR);
	cr_expect_str_eq(doubts(), "orders:0 ");
	depot_run(&depot, 2000 * (int64_t)DEPOT_SECOND_US);
	cr_expect_eq(depot_asks(&depot), 0, "there is room");
	cr_expect_str_eq(doubts(), "orders:0 ");
	cr_expect_eq(depot_delete(&depot, "orders", 0), KAFKA_ERROR_NONE);
	cr_expect_str_eq(doubts(), "");
}

Test(replicas_doubts, F18_who_could_not_be_made_stands_among_the_others_of_its_topic)
{
	struct depot_order order = { .topic = "orders", .index = 1, .leader_epoch = 7,
		.leader = -1, .replicas = 3, .is_old = true };

	cr_expect_eq(say(-1, 7, 3, true), KAFKA_ERROR_NONE);
	depot.machine.disk->capacity = 0;
	depot_run(&depot, 2 * (int64_t)DEPOT_SECOND_US);
	depot_send_leader_and_isr(&depot, &order, 1);
	depot_wait(&depot, &depot.is_answered);
	cr_expect_str_eq(doubts(), "orders:0 orders:1 ");
}

/* What its znode says of it, after these. */
static char told[256];
static bool was_told_none;

static void
write_told(struct replicas_listener *listener UNUSED)
{
	snprintf(told, sizeof(told), "%s", doubts());
	was_told_none |= told[0] == '\0';
}

/* In sync, and full. */
static void
fail_to_make(void)
{
	depot.listener.doubts_changed = write_told;
	depot.machine.disk->capacity = 0;
	depot_run(&depot, 2 * (int64_t)DEPOT_SECOND_US);
	cr_assert_eq(say(2, 7, 3, true), KAFKA_ERROR_KAFKA_STORAGE_ERROR);
	cr_assert_str_eq(told, "orders:0 ");
}

static int
say_it_is_not_in_sync(void)
{
	struct depot_order order = { .topic = "orders", .leader_epoch = 8, .leader = 2, .replicas = 3,
		.first_in_isr = 2, .is_old = true, .leader_is_dead = true };

	depot_send_leader_and_isr(&depot, &order, 1);
	depot_wait(&depot, &depot.is_answered);
	return depot_code(&depot, "orders", 0);
}

Test(replicas_doubts, F18_who_can_be_made_at_last_and_is_in_sync_is_in_doubt_all_the_time)
{
	fail_to_make();
	depot.machine.disk->capacity = INT64_MAX;
	depot_run(&depot, 2 * (int64_t)DEPOT_SECOND_US);
	cr_expect_eq(say(2, 7, 3, true), KAFKA_ERROR_NONE);
	cr_expect_str_eq(told, "orders:0 ");
	cr_expect_not(was_told_none);
}

Test(replicas_doubts, F18_who_can_be_made_at_last_and_is_not_in_sync_is_in_doubt_no_longer)
{
	fail_to_make();
	depot.machine.disk->capacity = INT64_MAX;
	depot_run(&depot, 2 * (int64_t)DEPOT_SECOND_US);
	cr_expect_eq(say_it_is_not_in_sync(), KAFKA_ERROR_NONE);
	cr_expect_str_eq(told, "");
}

Test(replicas_doubts, F18_who_cannot_be_made_and_is_in_sync_no_longer_lacks_nothing)
{
	fail_to_make();
	cr_expect_eq(say_it_is_not_in_sync(), KAFKA_ERROR_KAFKA_STORAGE_ERROR);
	cr_expect_str_eq(told, "");
}

Test(replicas_doubts, F18_who_could_not_be_made_and_is_deleted_is_in_doubt_no_longer)
{
	fail_to_make();
	cr_expect_eq(depot_delete(&depot, "orders", 0), KAFKA_ERROR_NONE);
	cr_expect_str_eq(told, "");
}

Test(replicas_doubts, F18_who_may_be_in_a_dir_that_is_offline_and_is_in_sync_no_longer_lacks_nothing)
{
	depot.listener.doubts_changed = write_told;
	depot_enter(&depot);
	replicas_fail_dir(depot.replicas, depot_dir(&depot, 1), ERROR_IO);
	depot_leave(&depot);
	cr_expect_eq(say(2, 7, 3, true), KAFKA_ERROR_KAFKA_STORAGE_ERROR);
	cr_expect_str_eq(told, "orders:0 ");
	cr_expect_eq(say_it_is_not_in_sync(), KAFKA_ERROR_KAFKA_STORAGE_ERROR);
	cr_expect_str_eq(told, "");
}

Test(replicas_doubts, a_deleted_partition_has_none)
{
	fill();
	depot_power_cut(&depot, SIM_DISK_KEEP_NOTHING);
	start();
	(void)depot_told(&depot);
	cr_expect_eq(depot_delete(&depot, "orders", 0), KAFKA_ERROR_NONE);
	cr_expect_str_eq(doubts(), "");
	cr_expect_not_null(strstr(depot_told(&depot), "other doubts\n"));
}

/* Of two dirs; the partition is in the first one. */
Test(replicas_doubts, F17_a_log_that_moves_has_its_entry_where_it_is)
{
	struct depot_order order = { .topic = "orders", .leader_epoch = 2, .replicas = 3,
		.isr = 1 };

	fill();
	depot_send_leader_and_isr(&depot, &order, 1);
	depot_wait(&depot, &depot.is_answered);
	depot_run(&depot, DEPOT_SECOND_US);
	cr_expect_eq(mover_ask(&depot, "orders", 0, "/b"), KAFKA_ERROR_NONE);
	mover_wait(&depot, "orders", 0);
	depot_run(&depot, DEPOT_SECOND_US);
	cr_expect_str_eq(depot_text(&depot, "/b/klamm-shrunk-isr-checkpoint"), "0\n1\norders 0 2 0\n");
	depot_power_cut(&depot, SIM_DISK_KEEP_NOTHING);
	start();
	cr_expect_str_eq(doubts(), "");
}
