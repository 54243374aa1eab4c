#include <criterion/criterion.h>

#include "log/leader_epochs.h"
#include "log/producer_state.h"
#include "tests/unit/partition/yard.h"

static struct yard yard;
static struct yard_append append;
static struct yard_fetch fetch;
static struct yard_list list;
static struct partition_upkeep upkeep;

static void
set_up(void)
{
	yard_init(&yard);
	yard_open(&yard);
}

static void
tear_down(void)
{
	yard_fini(&yard);
}

TestSuite(partition_control, .init = set_up, .fini = tear_down);

static void
answered(struct partition_operation *operation)
{
	cr_expect_eq(loop_current(), operation->loop);
	operation->loop = NULL;
}

/* -------------------------------------------------------------- leadership */

static void
change_leader(struct partition_leader_change *change, int32_t leader, int32_t epoch)
{
	static const int32_t brokers[] = { 1, 2 };

	*change = (struct partition_leader_change){
		.operation = { .loop = yard.process.world.control, .answered = answered },
		.change = { .leader = leader, .leader_epoch = epoch, .replicas = brokers,
		    .replica_count = 2, .isr = brokers, .isr_count = 2 },
	};
	yard_enter(&yard, YARD_CONTROL);
	partition_change_leader(yard.partition, change);
	yard_leave(&yard);
	yard_run(&yard);
	cr_expect_null(change->operation.loop, "answered");
}

Test(partition_control, tells_who_led_and_who_leads)
{
	struct partition_leader_change change;

	change_leader(&change, 1, 4);
	cr_expect_not(change.led);
	cr_expect_eq(change.led_epoch, -1);
	cr_expect(change.leads);
	change_leader(&change, 1, 5);
	cr_expect(change.led);
	cr_expect_eq(change.led_epoch, 4);
	cr_expect(change.leads);
	change_leader(&change, 2, 6);
	cr_expect(change.led);
	cr_expect_not(change.leads);
	change_leader(&change, LEADER_NONE, 7);
	cr_expect_not(change.led);
	cr_expect_not(change.leads);
	cr_expect_eq(change.operation.leader, LEADER_NONE);
	cr_expect_eq(change.operation.leader_epoch, 7);
}

Test(partition_control, begins_an_epoch_of_the_log_where_it_becomes_leader)
{
	const struct leader_epoch *latest;

	yard_lead(&yard, 4, 1, 1);
	yard_fill(&yard, 3, 10);
	yard_follow(&yard, 2, 5);
	yard_lead(&yard, 6, 1, 1);
	latest = leader_epochs_latest(log_leader_epochs(yard.log));
	cr_assert_not_null(latest);
	cr_expect_eq(latest->epoch, 6);
	cr_expect_eq(latest->start_offset, 3);
	cr_expect_eq(log_leader_epochs(yard.log)->count, 2, "who follows begins none");
}

Test(partition_control, leads_no_log_that_is_offline)
{
	struct partition_leader_change change;

	log_set_offline(yard.log);
	change_leader(&change, 1, 4);
	cr_expect_eq(change.operation.status, PARTITION_STORAGE);
	cr_expect_not(change.leads);
}

/* ---------------------------------------------------------------- settings */

Test(partition_control, gives_new_settings_to_the_log)
{
	yard_lead(&yard, 4, 1, 1);
	yard.config.log.segment_bytes = 12345;
	yard_configure(&yard);
	cr_expect_eq(log_config(yard.log)->segment_bytes, 12345);
}

Test(partition_control, counts_replicas_by_its_new_settings)
{
	yard_lead(&yard, 4, 3, 2);
	yard.config.min_insync_replicas = 3;
	yard_configure(&yard);
	yard_append(&yard, &append, 1, -1);
	cr_expect_eq(append.append.operation.status, PARTITION_NOT_ENOUGH_REPLICAS);
	yard_forget_append(&append);
	yard.config.min_insync_replicas = 2;
	yard_configure(&yard);
	yard_append(&yard, &append, 1, -1);
	cr_expect_eq(append.tally.answers, 0);
	yard_follower_has(&yard, 2, 1);
	yard_forget_append(&append);
}

Test(partition_control, goes_on_when_fewer_replicas_are_enough)
{
	yard.config.min_insync_replicas = 2;
	yard_configure(&yard);
	yard_lead(&yard, 4, 3, 1);
	yard_append(&yard, &append, 1, 1);
	yard_wait_for(&yard, &fetch, 0);
	cr_expect_eq(fetch.tally.answers, 0);
	yard.config.min_insync_replicas = 1;
	yard_configure(&yard);
	cr_expect_eq(yard_count(&fetch, 0), 1);
	yard_forget_append(&append);
	yard_forget_fetch(&fetch);
}

/* ------------------------------------------------------------------ upkeep */

Test(partition_control, looks_after_its_size)
{
	yard_lead(&yard, 4, 1, 1);
	yard_fill(&yard, 30, 400);
	cr_expect_eq(yard_upkeep(&yard, &upkeep, PARTITION_RETAIN, 2000000), PARTITION_OK);
	cr_expect_eq(upkeep.removal.count, 0);
	cr_expect_eq(upkeep.log_size, log_size(yard.log));
	cr_expect_eq(upkeep.log_start_offset, 0);
}

Test(partition_control, removes_what_retention_asks_for)
{
	int64_t start;

	yard_lead(&yard, 4, 1, 1);
	yard_fill(&yard, 30, 400);
	start = yard_remove_oldest(&yard);
	cr_expect_gt(start, 0);
	yard_fetch(&yard, &fetch, start - 1);
	cr_expect_eq(fetch.fetch.operation.status, PARTITION_OFFSET_OUT_OF_RANGE);
	yard_forget_fetch(&fetch);
	yard_fetch(&yard, &fetch, start);
	cr_expect_eq(fetch.fetch.operation.status, PARTITION_OK);
	cr_expect_eq(fetch.fetch.log_start_offset, start);
	yard_forget_fetch(&fetch);
}

/* Retention that takes all has to begin a segment first. */
Test(partition_control, removes_nothing_when_there_is_no_room)
{
	yard_lead(&yard, 4, 1, 1);
	yard.config.log.flush_messages = 1;
	yard_configure(&yard);
	yard_fill(&yard, 3, 400);
	yard.config.log.retention_ms = 1;
	yard_configure(&yard);
	yard.disk->capacity = yard.disk->pages_used * SIM_PAGE_SIZE;
	yard_upkeep(&yard, &upkeep, PARTITION_RETAIN, YARD_RECORD_TIME * 2);
	cr_expect_eq(upkeep.error, ERROR_NO_SPACE);
	cr_expect_eq(upkeep.removal.count, 0);
	cr_expect_eq(upkeep.log_start_offset, 0);
	cr_expect_eq(yard.faults, PARTITION_FAULT_FULL);
	yard_fetch(&yard, &fetch, 0);
	cr_expect_eq(yard_count(&fetch, 0), 3);
	yard_forget_fetch(&fetch);
}

Test(partition_control, forgets_silent_producers)
{
	yard_lead(&yard, 4, 1, 1);
	cr_assert_eq(yard_produce(&yard, &(struct log_sample){ .records = 1, .producer_id = 77 }),
	    0);
	yard_upkeep(&yard, &upkeep, PARTITION_RETAIN, INT64_C(1) << 50);
	cr_expect_eq(producer_state_count(log_producer_state(yard.log)), 1);
	yard_upkeep(&yard, &upkeep, PARTITION_EXPIRE_PRODUCERS, INT64_C(1) << 50);
	cr_expect_eq(producer_state_count(log_producer_state(yard.log)), 0);
}

/* F27: by size it goes on. */
Test(partition_control, removes_nothing_by_age_while_the_clock_is_not_trusted)
{
	yard_lead(&yard, 4, 1, 1);
	cr_assert_eq(yard_produce(&yard, &(struct log_sample){ .records = 1, .producer_id = 77 }),
	    0);
	yard_fill(&yard, 30, 400);
	yard.config.log.retention_ms = 1;
	yard_configure(&yard);
	yard_upkeep(&yard, &upkeep,
	    PARTITION_RETAIN | PARTITION_EXPIRE_PRODUCERS | PARTITION_NOTHING_AGES, INT64_C(1) << 50);
	cr_expect_eq(upkeep.removal.count, 0);
	cr_expect_eq(producer_state_count(log_producer_state(yard.log)), 1);
	yard.config.log.retention_bytes = 5000;
	yard_configure(&yard);
	yard_upkeep(&yard, &upkeep, PARTITION_RETAIN | PARTITION_NOTHING_AGES, INT64_C(1) << 50);
	cr_expect_gt(upkeep.removal.retention.by_size, 0);
	cr_expect_eq(upkeep.removal.retention.by_time, 0);
	log_removal_rename(&upkeep.removal);
	upkeep.operation.loop = yard.process.world.control;
	yard_enter(&yard, YARD_CONTROL);
	partition_removed(yard.partition, &upkeep);
	yard_leave(&yard);
	yard_run(&yard);
	cr_expect_eq(upkeep.operation.status, PARTITION_OK);
	log_removal_fini(&upkeep.removal);
}

Test(partition_control, tells_of_a_removal_that_failed)
{
	yard_lead(&yard, 4, 1, 1);
	yard_fill(&yard, 30, 400);
	yard.config.log.retention_bytes = 5000;
	yard_configure(&yard);
	yard_upkeep(&yard, &upkeep, PARTITION_RETAIN, 2000000);
	cr_assert_gt(upkeep.removal.count, 0);
	yard.disk->offline = true;
	log_removal_rename(&upkeep.removal);
	yard.disk->offline = false;
	upkeep.operation.loop = yard.process.world.control;
	yard_enter(&yard, YARD_CONTROL);
	partition_removed(yard.partition, &upkeep);
	yard_leave(&yard);
	yard_run(&yard);
	cr_expect_eq(upkeep.error, ERROR_IO);
	cr_expect_eq(yard.faults, PARTITION_FAULT_WRITE);
	cr_expect_eq(log_state(yard.log), ERROR_OFFLINE);
	log_removal_fini(&upkeep.removal);
}

Test(partition_control, looks_after_no_log_that_is_offline)
{
	log_set_offline(yard.log);
	cr_expect_eq(yard_upkeep(&yard, &upkeep, PARTITION_RETAIN, 2000000), PARTITION_STORAGE);
	cr_expect_eq(upkeep.log_start_offset, -1);
}

/* ----------------------------------------------------------------- the end */

static void
surrender(struct partition_surrender *surrender, enum partition_status gone)
{
	*surrender = (struct partition_surrender){ .gone = gone,
		.operation = { .loop = yard.process.world.control, .answered = answered } };
	yard_enter(&yard, YARD_CONTROL);
	partition_surrender(yard.partition, surrender);
	yard_leave(&yard);
	yard_run(&yard);
}

Test(partition_control, gives_its_log_away_and_answers_all_that_waits)
{
	struct partition_surrender end;
	struct yard_append waiting;

	yard_lead(&yard, 4, 3, 2);
	yard_append(&yard, &waiting, 1, -1);
	yard_wait_for(&yard, &fetch, 0);
	surrender(&end, PARTITION_STORAGE);
	cr_expect_null(end.operation.loop);
	cr_expect_eq(end.log, yard.log);
	cr_expect_eq(waiting.append.operation.status, PARTITION_STORAGE);
	cr_expect_eq(fetch.fetch.operation.status, PARTITION_STORAGE);
	yard_forget_append(&waiting);
	yard_forget_fetch(&fetch);
	log_free(end.log);
}

Test(partition_control, answers_all_that_comes_when_the_log_is_gone)
{
	struct partition_surrender end;
	struct partition_leader_change change;

	yard_lead(&yard, 4, 1, 1);
	surrender(&end, PARTITION_STORAGE);
	log_free(end.log);
	yard_append(&yard, &append, 1, -1);
	cr_expect_eq(append.append.operation.status, PARTITION_STORAGE);
	yard_wait_for(&yard, &fetch, 0);
	cr_expect_eq(fetch.fetch.operation.status, PARTITION_STORAGE);
	yard_list(&yard, &list, PARTITION_EARLIEST);
	cr_expect_eq(list.list.operation.status, PARTITION_STORAGE);
	yard_configure(&yard);
	change_leader(&change, 1, 5);
	cr_expect_eq(change.operation.status, PARTITION_STORAGE);
	cr_expect_not(change.leads);
	upkeep = (struct partition_upkeep){ .work = PARTITION_RETAIN,
		.operation = { .loop = yard.process.world.control, .answered = answered } };
	yard_enter(&yard, YARD_CONTROL);
	partition_upkeep(yard.partition, &upkeep);
	yard_leave(&yard);
	yard_run(&yard);
	cr_expect_eq(upkeep.operation.status, PARTITION_STORAGE);
	yard_forget_append(&append);
	yard_forget_fetch(&fetch);
}

Test(partition_control, keeps_its_log_until_the_removal_is_over)
{
	struct partition_surrender end;

	yard_lead(&yard, 4, 1, 1);
	yard_fill(&yard, 30, 400);
	yard.config.log.retention_bytes = 5000;
	yard_configure(&yard);
	yard_upkeep(&yard, &upkeep, PARTITION_RETAIN, 2000000);
	cr_assert_gt(upkeep.removal.count, 0);
	surrender(&end, PARTITION_NOT_LEADER);
	cr_expect_not_null(end.operation.loop);
	log_removal_rename(&upkeep.removal);
	upkeep.operation = (struct partition_operation){ .loop = yard.process.world.control,
		.answered = answered };
	yard_enter(&yard, YARD_CONTROL);
	partition_removed(yard.partition, &upkeep);
	yard_leave(&yard);
	yard_run(&yard);
	cr_expect_null(upkeep.operation.loop);
	cr_expect_null(end.operation.loop);
	log_free(end.log);
	log_removal_fini(&upkeep.removal);
}

Test(partition_control, is_refused_while_a_job_keeps_the_log)
{
	struct partition_surrender end;

	yard_lead(&yard, 4, 1, 1);
	yard_fill(&yard, 3, 400);
	yard_go_cold(&yard);
	yard.holds_work = true;
	yard_fetch(&yard, &fetch, 0);
	surrender(&end, PARTITION_NOT_LEADER);
	cr_expect_not_null(end.operation.loop);
	yard_append(&yard, &append, 1, 0);
	cr_expect_eq(append.append.operation.status, PARTITION_NOT_LEADER);
	cr_expect_eq(yard_upkeep(&yard, &upkeep, PARTITION_RETAIN, 2000000), PARTITION_STORAGE);
	yard_let_go(&yard);
	cr_expect_null(end.operation.loop);
	cr_expect_eq(fetch.fetch.operation.status, PARTITION_NOT_LEADER);
	log_free(end.log);
	yard_forget_append(&append);
	yard_forget_fetch(&fetch);
}
