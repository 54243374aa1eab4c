/* F18: logs that were made without their records, by a broker that had not said so before. */
#include <criterion/criterion.h>

#include "partition/replicas_ends.h"
#include "partition/replicas_private.h"
#include "tests/unit/partition/depot.h"
#include "wire/kafka_error.h"

#define SECONDS * (int64_t)DEPOT_SECOND_US
#define ENTRIES "/a/klamm-shrunk-isr-checkpoint"

static struct depot depot;

/* Its log dirs are not empty. */
static void
set_up(void)
{
	struct depot_order others[] = { { .topic = "others", .leader_epoch = 1, .replicas = 3 },
		{ .topic = "others", .index = 1, .leader_epoch = 1, .replicas = 3 } };

	depot_init(&depot, 7, "zookeeper.session.timeout.ms=18000\n");
	depot.settings->config.min_insync_replicas = 2;
	depot_start(&depot);
	depot_send_leader_and_isr(&depot, others, 2);
	depot_wait(&depot, &depot.is_answered);
	depot_run(&depot, 1 SECONDS);
	(void)depot_told(&depot);
}

static void
tear_down(void)
{
	depot_fini(&depot);
}

TestSuite(replicas_unasked, .init = set_up, .fini = tear_down);

static int
say(int32_t leader, int32_t epoch)
{
	struct depot_order order = { .topic = "orders", .leader_epoch = epoch, .leader = leader,
		.replicas = 3, .is_old = true, .leader_is_dead = true };

	depot_send_leader_and_isr(&depot, &order, 1);
	return depot_code(&depot, "orders", 0);
}

static void
asked(void *context)
{
	*(bool *)context = true;
}

/* By a controller, where the log ends. */
static void
ask(void)
{
	struct list_offsets_request_list_offsets_partition partition =
	    list_offsets_request_list_offsets_partition_defaults;
	struct list_offsets_request_list_offsets_topic topic =
	    list_offsets_request_list_offsets_topic_defaults;
	struct list_offsets_request request = list_offsets_request_defaults;
	struct list_offsets_response response = list_offsets_response_defaults;
	bool is_done = false;

	topic.name = slice_of_text("orders");
	topic.partitions.items = &partition;
	topic.partitions.count = 1;
	request.topics.items = &topic;
	request.topics.count = 1;
	depot_enter(&depot);
	replicas_log_ends(depot.replicas, &request, &depot.arena, &response, asked, &is_done);
	depot_leave(&depot);
	depot_wait(&depot, &is_done);
}

static void
expect_it_refuses(int32_t epoch)
{
	cr_expect_eq(say(0, epoch), KAFKA_ERROR_NOT_LEADER_OR_FOLLOWER);
	cr_expect_eq(depot_fetch(&depot, "orders", 0, 0), PARTITION_NOT_LEADER);
}

Test(replicas_unasked, F18_refuse_to_lead_however_often_they_are_told)
{
	for (int i = 0; i < 3; i++)
		expect_it_refuses(7);
	ask();
	cr_expect_eq(say(0, 8), KAFKA_ERROR_NONE, "of all that were asked it has most");
	cr_expect_eq(depot.replicas->unasked, 0);
	depot_run(&depot, 1 SECONDS);
	cr_expect_not(depot_replica(&depot, "orders", 0)->is_doubtful);
}

/* Its registration named no doubt, so the controller elects it before it hears of that. */
Test(replicas_unasked, F18_refuse_who_elects_them_in_the_same_turn)
{
	cr_expect_eq(say(-1, 7), KAFKA_ERROR_NONE);
	expect_it_refuses(8);
	ask();
	cr_expect_eq(say(0, 9), KAFKA_ERROR_NONE);
}

/* Seed 630808 of scenario cluster: others have logs, this one's was deleted by hand, and its leader epoch is 0. */
Test(replicas_unasked, F18_what_a_start_is_told_first_may_be_lacking_in_epoch_0)
{
	depot_kill(&depot);
	depot_start(&depot);
	cr_expect_eq(say(-1, 0), KAFKA_ERROR_NONE);
	expect_it_refuses(1);
}

/* A controller of Kafka says it once, and asks nobody (F18: as Kafka does, with a warning). */
Test(replicas_unasked, F18_ask_to_be_told_again_when_nobody_has_asked_them)
{
	expect_it_refuses(7);
	(void)depot_asks(&depot);
	depot_run(&depot, 18 SECONDS);
	expect_it_refuses(7);
	cr_expect_eq(depot_asks(&depot), 0, "as long as its session may last");
	depot_run(&depot, 16 SECONDS);
	cr_expect_geq(depot_asks(&depot), 1);
	cr_expect(depot_has_logged(&depot, "nobody has asked"));
	cr_expect_eq(say(0, 7), KAFKA_ERROR_NONE);
	(void)depot_asks(&depot);
	depot_run(&depot, 400 SECONDS);
	cr_expect_eq(depot_asks(&depot), 0);
}

Test(replicas_unasked, F18_that_nobody_elects_ask_nothing)
{
	cr_expect_eq(say(2, 7), KAFKA_ERROR_NONE);
	depot_run(&depot, 400 SECONDS);
	cr_expect_eq(depot_asks(&depot), 0);
	expect_it_refuses(8);
}

/* The question was put to who could not be made, and was in doubt by name. */
Test(replicas_unasked, F18_that_were_asked_before_they_could_be_made_lead)
{
	depot.machine.disk->capacity = 0;
	depot_run(&depot, 2 SECONDS);
	cr_expect_eq(say(-1, 7), KAFKA_ERROR_KAFKA_STORAGE_ERROR);
	ask();
	depot.machine.disk->capacity = INT64_MAX;
	depot_run(&depot, 2 SECONDS);
	cr_expect_eq(say(0, 8), KAFKA_ERROR_NONE);
}

/* Out of sync, and full, so that it is in no doubt yet; it is asked all the same. */
static void
be_asked_too_soon(void)
{
	struct depot_order order = { .topic = "orders", .leader_epoch = 7, .leader = 2, .replicas = 3,
		.first_in_isr = 2, .is_old = true, .leader_is_dead = true };

	depot.machine.disk->capacity = 0;
	depot_run(&depot, 2 SECONDS);
	depot_send_leader_and_isr(&depot, &order, 1);
	cr_expect_eq(depot_code(&depot, "orders", 0), KAFKA_ERROR_KAFKA_STORAGE_ERROR);
	ask();
}

static void
make_room(void)
{
	depot.machine.disk->capacity = INT64_MAX;
	depot_run(&depot, 2 SECONDS);
}

Test(replicas_unasked, F18_that_were_asked_before_anybody_knew_refuse)
{
	be_asked_too_soon();
	cr_expect_eq(say(2, 8), KAFKA_ERROR_KAFKA_STORAGE_ERROR);
	make_room();
	expect_it_refuses(9);
}

Test(replicas_unasked, F18_that_were_asked_before_they_lacked_anything_refuse)
{
	be_asked_too_soon();
	make_room();
	cr_expect_eq(say(-1, 8), KAFKA_ERROR_NONE);
	expect_it_refuses(9);
}

Test(replicas_unasked, F18_that_are_deleted_or_whose_dir_fails_are_forgotten)
{
	expect_it_refuses(7);
	cr_expect_eq(depot.replicas->unasked, 1);
	cr_expect_eq(depot_delete(&depot, "orders", 0), KAFKA_ERROR_NONE);
	cr_expect_eq(depot.replicas->unasked, 0);
	expect_it_refuses(8);
	depot_enter(&depot);
	replicas_fail_dir(depot.replicas, depot_replica(&depot, "orders", 0)->stored->dir, ERROR_IO);
	depot_leave(&depot);
	cr_expect_eq(depot.replicas->unasked, 0);
}

/* A controller of Kafka says so of an added one that has joined: its log is in the dir that is offline. */
Test(replicas_unasked, F24_who_is_added_and_has_joined_is_not_new)
{
	struct depot_order order = { .topic = "orders", .leader_epoch = 7, .leader = 2, .replicas = 3,
		.is_added = true, .leader_is_dead = true };

	depot_enter(&depot);
	replicas_fail_dir(depot.replicas, depot_dir(&depot, 1), ERROR_IO);
	depot_leave(&depot);
	depot_send_leader_and_isr(&depot, &order, 1);
	cr_expect_eq(depot_code(&depot, "orders", 0), KAFKA_ERROR_KAFKA_STORAGE_ERROR);
	order.first_in_isr = 2;
	depot_send_leader_and_isr(&depot, &order, 1);
	cr_expect_eq(depot_code(&depot, "orders", 0), KAFKA_ERROR_NONE, "it has not joined yet");
}

/* Who has nothing at all says so at a start, until each of it is made, or not wanted. */
Test(replicas_unasked, F18_that_could_not_be_made_are_missing_at_the_next_start_too)
{
	struct depot_order order = { .topic = "orders", .leader = -1, .replicas = 3, .is_old = true };

	depot_kill(&depot);
	depot_write(&depot, ENTRIES, "0\n1\n* 0 -1 9223372036854775807\n");
	depot_start(&depot);
	depot.machine.disk->capacity = 0;
	depot_run(&depot, 2 SECONDS);
	depot_send_leader_and_isr(&depot, &order, 1);
	cr_expect_eq(depot_code(&depot, "orders", 0), KAFKA_ERROR_KAFKA_STORAGE_ERROR);
	depot.machine.disk->capacity = INT64_MAX;
	depot_run(&depot, 1 SECONDS);
	cr_expect_not_null(strstr(depot_text(&depot, ENTRIES), "* 0 -1 "));
	cr_expect_eq(depot_delete(&depot, "orders", 0), KAFKA_ERROR_NONE);
	depot_run(&depot, 1 SECONDS);
	cr_expect_null(strstr(depot_text(&depot, ENTRIES), "* 0 -1 "));
}
