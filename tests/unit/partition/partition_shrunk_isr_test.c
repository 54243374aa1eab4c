/* F17: an ISR below min.insync.replicas is asked for when the log and its entry are on disk. */
#include <criterion/criterion.h>

#include "partition/partition_follow.h"
#include "tests/unit/partition/yard.h"
#include "wire/kafka_error.h"

enum { LAG_US = 30 * 1000 * 1000 };

static struct yard yard;
static struct yard_fetch fetch;
static struct yard_append appends[2];
static int answers;

static void
set_up(void)
{
	yard_init(&yard);
	yard.max_lag_us = LAG_US;
	yard.protects = true;
	yard.config.min_insync_replicas = 2;
	yard_open(&yard);
}

static void
tear_down(void)
{
	yard_fini(&yard);
}

TestSuite(partition_shrunk_isr, .init = set_up, .fini = tear_down);

static void
follow(int32_t replica, int64_t offset)
{
	yard_prepare_follow(&yard, &fetch, replica, offset);
	yard_give_fetch(&fetch, 0);
	yard_run(&yard);
	cr_assert_eq(fetch.fetch.operation.status, PARTITION_OK);
	yard_forget_fetch(&fetch);
}

static void
produce(int records)
{
	cr_assert_geq(yard_produce(&yard, &(struct log_sample){ .records = records }), 0);
}

/* Broker 2 has fallen behind: the ISR is to be this broker alone. */
static void
fall_behind(void)
{
	yard_lead(&yard, 4, 2, 2);
	produce(3);
	yard_elapse(&yard, LAG_US + 1);
	yard_check_isr(&yard);
}

Test(partition_shrunk_isr, the_log_is_synced_and_the_entry_written_before_it_is_asked_for)
{
	yard.holds_work = true;
	fall_behind();
	cr_expect_eq(yard_wanted_isr(&yard), 0);
	cr_expect_eq(yard.note_count, 0);
	cr_expect_lt(log_flushed_offset(yard.log), 3);
	yard.holds_notes = true;
	yard.holds_work = false;
	yard_let_go(&yard);
	yard_run(&yard);
	cr_expect_eq(log_flushed_offset(yard.log), 3);
	cr_expect_eq(yard_wanted_isr(&yard), 0);
	yard_let_note(&yard);
	cr_expect(yard.has_entry);
	cr_expect_eq(yard.entry.leader_epoch, 4);
	cr_expect_eq(yard.entry.end_offset, 3);
	cr_expect_eq(yard_wanted_isr(&yard), 1);
}

Test(partition_shrunk_isr, one_that_is_large_enough_needs_none)
{
	yard_lead(&yard, 4, 3, 3);
	produce(3);
	follow(2, 3);
	yard_elapse(&yard, LAG_US + 1);
	follow(2, 3);
	yard_check_isr(&yard);
	cr_expect_eq(yard_wanted_isr(&yard), 12);
	cr_expect_eq(yard.note_count, 0);
}

Test(partition_shrunk_isr, without_protection_or_for_one_replica_there_is_none)
{
	yard.home->protects_last_replica = false;
	fall_behind();
	cr_expect_eq(yard_wanted_isr(&yard), 1);
	yard.home->protects_last_replica = true;
	yard_lead(&yard, 5, 1, 1);
	cr_expect_eq(yard.note_count, 0, "min.insync.replicas is one of one");
}

Test(partition_shrunk_isr, that_the_controller_makes_gets_an_entry_too)
{
	yard_lead(&yard, 4, 2, 2);
	produce(3);
	yard_lead(&yard, 5, 2, 1);
	cr_expect(yard.has_entry);
	cr_expect_eq(yard.entry.leader_epoch, 5);
	cr_expect_eq(yard.entry.end_offset, 3);
	cr_expect_eq(log_flushed_offset(yard.log), 3);
}

/* Else a log that reaches its entry could lack what was acknowledged. */
Test(partition_shrunk_isr, nothing_behind_the_entry_is_acknowledged_as_long_as_it_is_there)
{
	yard.holds_notes = true;
	fall_behind();
	yard_append(&yard, &appends[0], 1, -1);
	follow(2, 4);
	cr_expect_eq(log_high_watermark(yard.log), 3);
	cr_expect_eq(appends[0].tally.answers, 0);
	yard_let_note(&yard);
	cr_expect_eq(yard_wanted_isr(&yard), 1);
	yard_answer_isr(&yard, KAFKA_ERROR_INELIGIBLE_REPLICA);
	cr_expect_eq(log_high_watermark(yard.log), 3, "the entry is on its way out");
	yard_let_note(&yard);
	cr_expect_not(yard.has_entry);
	cr_expect_eq(log_high_watermark(yard.log), 4);
	cr_expect_eq(appends[0].append.operation.status, PARTITION_OK);
	yard_forget_append(&appends[0]);
}

Test(partition_shrunk_isr, the_entry_goes_when_the_isr_is_large_enough_again)
{
	fall_behind();
	yard_answer_isr(&yard, KAFKA_ERROR_NONE);
	cr_expect(yard.has_entry);
	produce(1);
	follow(2, 4);
	cr_expect_eq(yard_wanted_isr(&yard), 12);
	yard.holds_notes = true;
	yard_answer_isr(&yard, KAFKA_ERROR_NONE);
	cr_expect_eq(log_high_watermark(yard.log), 3);
	yard_let_note(&yard);
	cr_expect_not(yard.has_entry);
	cr_expect_eq(log_high_watermark(yard.log), 4);
}

Test(partition_shrunk_isr, an_entry_that_cannot_be_written_is_tried_again)
{
	yard.refuses_notes = true;
	fall_behind();
	cr_expect_eq(yard_wanted_isr(&yard), 0);
	cr_expect_eq(yard.note_count, 1);
	yard.refuses_notes = false;
	yard_check_isr(&yard);
	cr_expect_eq(yard_wanted_isr(&yard), 1);
}

Test(partition_shrunk_isr, who_follows_asks_for_nothing_until_its_entry_is_gone)
{
	fall_behind();
	yard.holds_notes = true;
	yard_follow(&yard, 2, 5);
	cr_assert_not_null(yard.note);
	cr_expect_eq(yard.note->mark.end_offset, SHRUNK_ISR_NONE);
	cr_expect_not(shrunk_isr_is_settled(&yard.partition->shrunk_isr));
	yard_let_note(&yard);
	cr_expect(shrunk_isr_is_settled(&yard.partition->shrunk_isr));
}

static void
followed(struct partition_operation *operation UNUSED)
{
	answers++;
}

static enum partition_status
begin_following(struct partition_follow *it)
{
	answers = 0;
	*it = (struct partition_follow){
		.operation = { .loop = yard.process.world.loops[0], .answered = followed },
		.answer = { .type = FOLLOWER_BEGINS, .leader_epoch = 5 },
	};
	yard_enter(&yard, 0);
	partition_follow(yard.partition, it);
	yard_leave(&yard);
	yard_run(&yard);
	cr_assert_eq(answers, 1, "it waits for the entry");
	return it->operation.status;
}

/* A broker that stops waits for whoever follows, and writes nothing any more. */
Test(partition_shrunk_isr, who_follows_is_not_kept_while_its_entry_cannot_go)
{
	struct partition_follow it;

	fall_behind();
	yard.refuses_notes = true;
	yard_follow(&yard, 2, 5);
	cr_expect_eq(begin_following(&it), PARTITION_STORAGE);
	yard.refuses_notes = false;
	cr_expect_eq(begin_following(&it), PARTITION_OK);
	cr_expect_not(yard.has_entry);
}

Test(partition_shrunk_isr, the_entry_stays_while_nobody_leads)
{
	fall_behind();
	yard_follow(&yard, LEADER_NONE, 5);
	cr_expect(yard.has_entry);
	cr_expect_eq(yard.note_count, 1);
}

Test(partition_shrunk_isr, a_change_of_leadership_makes_the_held_proposal_void)
{
	yard.holds_notes = true;
	fall_behind();
	yard_lead(&yard, 6, 2, 2);
	yard_let_note(&yard);
	cr_expect_eq(yard_wanted_isr(&yard), 0);
	yard_let_note(&yard);
	cr_expect_not(yard.has_entry);
}

Test(partition_shrunk_isr, a_raised_minimum_makes_one_and_a_lowered_one_removes_it)
{
	yard.config.min_insync_replicas = 1;
	yard_configure(&yard);
	yard_lead(&yard, 4, 2, 1);
	cr_expect_eq(yard.note_count, 0);
	yard.config.min_insync_replicas = 2;
	yard_configure(&yard);
	cr_expect(yard.has_entry);
	yard.config.min_insync_replicas = 1;
	yard_configure(&yard);
	cr_expect_not(yard.has_entry);
}
