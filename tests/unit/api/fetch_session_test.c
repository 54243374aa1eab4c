#include "api/fetch_session.h"

#include <criterion/criterion.h>
#include <stdio.h>

static const uint64_t seed[2] = { 3, 4 };
static struct fetch_session *session;

static void
set_up(void)
{
	session = fetch_session_new(seed, false, false);
}

static void
tear_down(void)
{
	fetch_session_free(session);
}

TestSuite(fetch_session, .init = set_up, .fini = tear_down);

static struct fetch_session_partition *
ask(const char *topic, int32_t index, int64_t offset)
{
	struct fetch_asked asked = { .index = index, .fetch_offset = offset };

	return fetch_session_ask(session, slice_of_text(topic), (struct uuid){ { 0 } }, &asked);
}

static void
forget(const char *topic, int32_t index)
{
	fetch_session_forget(session, slice_of_text(topic), (struct uuid){ { 0 } }, index);
}

/* Its partitions in their order: "a0 b1". */
static void
expect(const char *wanted)
{
	char text[100] = "";
	size_t used = 0;

	LIST_FOREACH(link, &session->order) {
		const struct fetch_session_partition *partition = container_of(link,
		    const struct fetch_session_partition, link);

		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%.*s%d",
		    used == 0 ? "" : " ", (int)partition->topic->name.size,
		    (const char *)partition->topic->name.bytes, partition->asked.index);
	}
	cr_expect_str_eq(text, wanted);
}

static bool
tell(struct fetch_session_partition *partition, int64_t high_watermark, int64_t log_start)
{
	return fetch_session_tell(session, partition, &(struct fetch_told){
		.high_watermark = high_watermark, .log_start_offset = log_start });
}

Test(fetch_session, keeps_the_order_in_which_partitions_came)
{
	ask("b", 1, 0);
	ask("a", 0, 0);
	ask("b", 0, 0);
	expect("b1 a0 b0");
	cr_expect_eq(fetch_session_count(session), 3);
}

Test(fetch_session, asks_for_a_partition_in_the_newest_way)
{
	struct fetch_session_partition *first = ask("a", 0, 10);

	ask("a", 1, 0);
	cr_expect_eq(ask("a", 0, 20), first);
	cr_expect_eq(first->asked.fetch_offset, 20);
	expect("a0 a1");
}

Test(fetch_session, forgets_partitions_and_topics)
{
	ask("a", 0, 0);
	ask("a", 1, 0);
	ask("b", 0, 0);
	forget("a", 0);
	forget("a", 7);
	forget("c", 0);
	expect("a1 b0");
	forget("a", 1);
	cr_expect_eq(session->topics.count, 1);
	forget("b", 0);
	cr_expect_eq(fetch_session_count(session), 0);
	cr_expect_eq(session->topics.count, 0);
	ask("a", 0, 0);
	expect("a0");
}

Test(fetch_session, keeps_names_of_its_own)
{
	char name[] = "orders";

	ask(name, 0, 0);
	name[0] = 'x';
	expect("orders0");
}

Test(fetch_session, may_know_topics_by_their_ids)
{
	struct uuid one = { { 1 } }, other = { { 2 } };
	struct fetch_asked asked = { .index = 5 };
	struct fetch_session *by_id = fetch_session_new(seed, true, false);
	struct fetch_session_partition *first = fetch_session_ask(by_id, slice_of_text("x"), one,
	    &asked);

	cr_expect_eq(fetch_session_ask(by_id, slice_of_text("y"), one, &asked), first);
	cr_expect_neq(fetch_session_ask(by_id, slice_of_text("x"), other, &asked), first);
	cr_expect_eq(fetch_session_count(by_id), 2);
	cr_expect_eq(first->topic->name.size, 0);
	fetch_session_forget(by_id, slice_of_text("x"), one, 5);
	cr_expect_eq(fetch_session_count(by_id), 1);
	fetch_session_free(by_id);
}

Test(fetch_session, counts_epochs_from_1_and_begins_anew_after_the_last)
{
	cr_expect_eq(session->epoch, 1);
	cr_expect_eq(fetch_session_next_epoch(1), 2);
	cr_expect_eq(fetch_session_next_epoch(INT32_MAX - 1), INT32_MAX);
	cr_expect_eq(fetch_session_next_epoch(INT32_MAX), 1);
}

/* ----------------------------------------------------------------------- news */

Test(fetch_session, a_new_partition_is_told)
{
	struct fetch_session_partition *partition = ask("a", 0, 0);

	cr_expect(tell(partition, 0, 0));
	cr_expect_not(tell(partition, 0, 0));
}

Test(fetch_session, offsets_that_have_changed_are_told)
{
	struct fetch_session_partition *partition = ask("a", 0, 0);

	(void)tell(partition, 5, 0);
	cr_expect(tell(partition, 6, 0));
	cr_expect(tell(partition, 6, 1));
	cr_expect_not(tell(partition, 6, 1));
	cr_expect(tell(partition, 5, 1), "also back, after an unclean election");
}

Test(fetch_session, records_are_told_and_put_a_partition_behind_the_others)
{
	struct fetch_session_partition *first = ask("a", 0, 0);
	struct fetch_told told = { .has_records = true, .high_watermark = 5 };

	ask("a", 1, 0);
	cr_expect(fetch_session_tell(session, first, &told));
	expect("a1 a0");
	cr_expect(fetch_session_tell(session, first, &told), "others than before");
	cr_expect(tell(first, 6, 0));
	expect("a1 a0");
}

Test(fetch_session, offsets_alone_leave_the_order_as_it_is)
{
	struct fetch_session_partition *first = ask("a", 0, 0);

	ask("a", 1, 0);
	cr_expect(tell(first, 6, 0));
	expect("a0 a1");
}

Test(fetch_session, a_parting_of_logs_is_told_each_time_and_everything_after_it)
{
	struct fetch_session_partition *partition = ask("a", 0, 0);
	struct fetch_told told = { .diverges = true, .high_watermark = 5 };

	cr_expect(fetch_session_tell(session, partition, &told));
	cr_expect(fetch_session_tell(session, partition, &told));
	cr_expect(tell(partition, 5, 0));
	cr_expect_not(tell(partition, 5, 0));
}

/* Checklist 28: its client has forgotten what it was told before. */
Test(fetch_session, errors_are_told_each_time_and_everything_after_them)
{
	struct fetch_session_partition *partition = ask("a", 0, 0);
	struct fetch_told error = { .has_error = true, .high_watermark = -1,
		.log_start_offset = -1 };

	(void)tell(partition, 5, 0);
	cr_expect(fetch_session_tell(session, partition, &error));
	cr_expect(fetch_session_tell(session, partition, &error));
	cr_expect_eq(partition->high_watermark, -1);
	cr_expect(tell(partition, 5, 0));
	cr_expect_not(tell(partition, 5, 0));
}

Test(fetch_session, has_no_more_than_so_many_partitions)
{
	for (int32_t i = 0; i < FETCH_SESSION_PARTITIONS_MAX; i++)
		cr_assert_not_null(ask("a", i, 0));
	cr_expect_null(ask("a", FETCH_SESSION_PARTITIONS_MAX, 0));
	cr_expect_null(ask("b", 0, 0));
	cr_expect_not_null(ask("a", 5, 1), "this one is known");
	cr_expect_eq(session->topics.count, 1);
}

Test(fetch_session, a_preferred_replica_is_news_each_time)
{
	struct fetch_session_partition *partition = ask("a", 0, 5);
	struct fetch_told told = { .high_watermark = 7, .log_start_offset = 0 };

	cr_expect(fetch_session_tell(session, partition, &told));
	cr_expect_not(fetch_session_tell(session, partition, &told));
	told.has_preferred = true;
	cr_expect(fetch_session_tell(session, partition, &told));
	cr_expect(fetch_session_tell(session, partition, &told));
}
