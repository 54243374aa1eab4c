#include <criterion/criterion.h>
#include <stdio.h>

#include "klamm/move_plan.h"

/* t:0 goes from 1,2 to 1,3; it has 1000 bytes. */
static int32_t before[] = { 1, 2 }, between[] = { 1, 3, 2 }, after[] = { 1, 3 };
static int64_t old_bytes[] = { 1000, 1000 }, bytes[] = { 1000, 250, 1000 };
static struct view_partition partition;
static struct cluster_view view = { .partitions = &partition, .partition_count = 1 };
static struct move_plan plan;
static struct move_counts counts;

static void
set_up(void)
{
	partition = (struct view_partition){ .topic = slice_of_text("t"), .replicas = { before, 2 },
		.isr = { before, 2 }, .replica_bytes = old_bytes };
	view.partition_count = 1;
	move_plan_init(&plan);
	move_plan_add(&plan, slice_of_text("t"), 0, &partition, (struct view_ids){ after, 2 });
}

static void
tear_down(void)
{
	move_plan_fini(&plan);
}

static void
between_both(void)
{
	partition.replicas = (struct view_ids){ between, 3 };
	partition.adding = (struct view_ids){ between + 1, 1 };
	partition.removing = (struct view_ids){ between + 2, 1 };
	partition.is_reassigning = true;
	partition.replica_bytes = bytes;
}

static void
look(int64_t going_on, int64_t done, int64_t failed, int64_t bytes_done)
{
	move_plan_look(&plan, &view, &counts);
	cr_expect_eq(counts.moves, 1);
	cr_expect_eq(counts.going_on, going_on);
	cr_expect_eq(counts.done, done);
	cr_expect_eq(counts.failed, failed);
	cr_expect_eq(counts.bytes_done, bytes_done);
}

TestSuite(move_progress, .init = set_up, .fini = tear_down);

Test(move_progress, counts_the_bytes_of_what_is_added)
{
	between_both();
	look(1, 0, 0, 250);
	bytes[1] = 5000; /* a follower may have more than the leader's cleaned log */
	look(1, 0, 0, 1000);
	bytes[1] = 250;
	partition.isr = (struct view_ids){ between, 2 };
	look(1, 0, 0, 1000);
}

Test(move_progress, ends_with_the_replicas_that_were_asked_for)
{
	between_both();
	look(1, 0, 0, 250);
	partition = (struct view_partition){ .topic = slice_of_text("t"), .replicas = { after, 2 },
		.isr = { after, 2 }, .replica_bytes = bytes };
	look(0, 1, 0, 1000);
	partition.replicas = (struct view_ids){ before, 2 }; /* what comes later is another story */
	look(0, 1, 0, 1000);
}

Test(move_progress, of_what_ended_otherwise_fails_after_some_looks)
{
	for (int i = 0; i < 4; i++)
		look(1, 0, 0, 0);
	between_both();
	look(1, 0, 0, 250);
	partition.is_reassigning = false;
	for (int i = 0; i < 4; i++)
		look(1, 0, 0, 250);
	look(0, 0, 1, 1000);
}

Test(move_progress, of_a_topic_that_was_deleted_is_done)
{
	view.partition_count = 0;
	look(0, 1, 0, 1000);
}

Test(move_progress, does_not_count_what_was_refused)
{
	plan.moves[0].state = MOVE_REFUSED;
	move_plan_look(&plan, &view, &counts);
	cr_expect_eq(counts.moves, 0);
	cr_expect_eq(counts.going_on, 0);
}

static void
expect_line(struct move_counts now, struct move_counts first, int64_t elapsed_s, const char *expected)
{
	char line[MOVE_LINE_SIZE];

	move_progress_line(&now, &first, elapsed_s * 1000000, line);
	cr_expect_str_eq(line, expected);
}

Test(move_progress, is_a_line_with_the_time_that_is_left)
{
	const struct move_counts first = { .moves = 4, .going_on = 4, .bytes = 2000000000 },
	    half = { .moves = 4, .going_on = 3, .done = 1, .bytes = 2000000000, .bytes_done = 1000000000 },
	    all = { .moves = 4, .done = 4, .bytes = 2000000000, .bytes_done = 2000000000 };

	expect_line(half, first, 100, "[###############...............]  50 %  1 of 4 partitions  "
	    "1.0 GB of 2.0 GB  10 MB/s  ETA 2 min");
	expect_line(first, first, 0, "[..............................]   0 %  0 of 4 partitions  "
	    "0 B of 2.0 GB  0 B/s  ETA ?");
	expect_line(half, first, 7, "[###############...............]  50 %  1 of 4 partitions  "
	    "1.0 GB of 2.0 GB  143 MB/s  ETA 7 s");
	expect_line(half, first, 20000, "[###############...............]  50 %  1 of 4 partitions  "
	    "1.0 GB of 2.0 GB  50 kB/s  ETA 5.6 h");
	expect_line(all, first, 200, "[##############################] 100 %  4 of 4 partitions  "
	    "2.0 GB of 2.0 GB  10 MB/s  done");
}

Test(move_progress, counts_partitions_where_sizes_are_not_known)
{
	const struct move_counts first = { .moves = 4, .going_on = 4, .bytes = -1 },
	    one = { .moves = 4, .going_on = 3, .done = 1, .bytes = -1 };

	expect_line(one, first, 10, "[#######.......................]  25 %  1 of 4 partitions  "
	    "ETA 30 s");
}
