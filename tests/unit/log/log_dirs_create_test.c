/* New partitions, one or many at once, and what a crash leaves of them. */
#include <criterion/criterion.h>
#include <stdio.h>

#include "log/log_dirs.h"
#include "log/log_flush.h"
#include "log/partition_metadata.h"
#include "log_dirs_fixture.h"

enum { COUNT = 5 };

static const struct uuid topic_id = { .bytes = { 7, 7, 7 } };
static struct log_dirs_fixture fixture;
static struct log_dir *guilty;
static struct log_load loads[COUNT];

static void
setup(void)
{
	log_dirs_fixture_init(&fixture);
}

static void
teardown(void)
{
	log_dirs_fixture_fini(&fixture);
}

TestSuite(log_dirs_create, .init = setup, .fini = teardown);

/* All in /a. `many`: so many are synced together. */
static void
make(int many)
{
	struct log_load *pointers[COUNT];

	fixture.dirs->options.many = many;
	for (int i = 0; i < COUNT; i++) {
		cr_assert_eq(log_dirs_create_in(fixture.dirs, &fixture.dirs->dirs[0],
		    slice_of_text("orders"), i, topic_id, 1000, &loads[i]), ERROR_NONE);
		pointers[i] = &loads[i];
	}
	log_loads_make(pointers, COUNT);
}

static int
count_done(enum error expected)
{
	int done = 0;

	for (int i = 0; i < COUNT; i++)
		done += log_load_done(&loads[i]) == expected;
	return done;
}

static struct uuid
id_of(int partition)
{
	struct uuid id = { 0 };
	struct text_complaint complaint;
	char path[64];

	snprintf(path, sizeof(path), "/a/orders-%d/partition.metadata", partition);
	if (partition_metadata_read(fixture.port, path, &id, &complaint) != ERROR_NONE)
		return (struct uuid){ 0 };
	return id;
}

static void
cut_power(void)
{
	sim_disk_power_cut(fixture.disk, SIM_DISK_KEEP_NOTHING);
	log_dirs_fixture_stop(&fixture, false);
}

static void
all_survive_a_power_cut(int many)
{
	cr_assert_eq(log_dirs_fixture_start(&fixture, &guilty), ERROR_NONE);
	make(many);
	cr_assert_eq(count_done(ERROR_NONE), COUNT);
	log_dirs_fixture_fill(&fixture, loads[0].partition, 3);
	cr_assert_eq(log_flush_now(loads[0].partition->log, LOG_FLUSH_RECORDS, 1), ERROR_NONE);
	cut_power();
	cr_assert_eq(log_dirs_fixture_start(&fixture, &guilty), ERROR_NONE);
	for (int i = 0; i < COUNT; i++) {
		struct log_partition *partition =
		    log_dirs_find(fixture.dirs, slice_of_text("orders"), i);

		cr_assert_not_null(partition, "%d", i);
		cr_expect_eq(log_end_offset(partition->log), i == 0 ? 3 : 0, "%d", i);
		cr_expect(uuid_equal(id_of(i), topic_id), "%d", i);
	}
}

Test(log_dirs_create, few_survive_a_power_cut)
{
	all_survive_a_power_cut(COUNT + 1);
}

Test(log_dirs_create, many_survive_a_power_cut)
{
	all_survive_a_power_cut(COUNT);
}

static uint64_t
operations_of(int many)
{
	uint64_t before = fixture.disk->operations;

	make(many);
	cr_assert_eq(count_done(ERROR_NONE), COUNT);
	return fixture.disk->operations - before;
}

Test(log_dirs_create, many_share_one_sync)
{
	cr_assert_eq(log_dirs_fixture_start(&fixture, &guilty), ERROR_NONE);
	uint64_t few = operations_of(COUNT + 1);
	log_dirs_fixture_stop(&fixture, true);
	teardown();
	setup();
	cr_assert_eq(log_dirs_fixture_start(&fixture, &guilty), ERROR_NONE);
	cr_expect_eq(few - operations_of(COUNT), 2 * COUNT, "two for each, and one for all");
}

/* Whatever is left: the start goes well, nothing has records, and what is missing can be made. */
static bool
crash_at(uint64_t operation, int many, enum sim_disk_crash kept)
{
	cr_assert_eq(log_dirs_fixture_start(&fixture, &guilty), ERROR_NONE);
	fixture.disk->crash_at = fixture.disk->operations + operation;
	fixture.disk->crash_when = SIM_DISK_AFTER;
	make(many);
	bool is_over = fixture.disk->operations < fixture.disk->crash_at;
	fixture.disk->crash_at = 0;
	(void)count_done(ERROR_NONE);
	sim_disk_power_cut(fixture.disk, kept);
	log_dirs_fixture_stop(&fixture, false);
	cr_assert_eq(log_dirs_fixture_start(&fixture, &guilty), ERROR_NONE);
	cr_assert_eq(log_dirs_online_count(fixture.dirs), 2);
	for (int i = 0; i < COUNT; i++) {
		struct log_partition *partition =
		    log_dirs_find(fixture.dirs, slice_of_text("orders"), i);
		struct uuid id = id_of(i);

		cr_expect(uuid_is_zero(id) || uuid_equal(id, topic_id));
		cr_expect(partition == NULL || log_end_offset(partition->log) == 0);
		cr_expect(partition != NULL || log_dirs_fixture_create(&fixture, "orders", i) != NULL);
	}
	log_dirs_fixture_stop(&fixture, true);
	return is_over;
}

static void
crash_anywhere(int many)
{
	for (int kept = SIM_DISK_KEEP_NOTHING; kept <= SIM_DISK_KEEP_RANDOM; kept++) {
		uint64_t operation = 1;

		while (!crash_at(operation, many, (enum sim_disk_crash)kept)) {
			operation++;
			teardown();
			setup();
		}
		cr_expect_gt(operation, 3 * COUNT);
		teardown();
		setup();
	}
}

Test(log_dirs_create, a_crash_while_few_are_made_leaves_nothing_that_hurts)
{
	crash_anywhere(COUNT + 1);
}

Test(log_dirs_create, a_crash_while_many_are_made_leaves_nothing_that_hurts)
{
	crash_anywhere(COUNT);
}

static void
a_failed_sync_takes_the_dir_offline(int many)
{
	cr_assert_eq(log_dirs_fixture_start(&fixture, &guilty), ERROR_NONE);
	fixture.disk->sync_error = 1000;
	fixture.dirs->dirs[0].renewed = fixture.dirs->dirs[0].stale;
	make(many);
	fixture.disk->sync_error = 0;
	cr_expect_eq(count_done(ERROR_IO), COUNT);
	cr_expect_eq(fixture.dirs->dirs[0].state, ERROR_IO);
	cr_expect_eq(fixture.dirs->dirs[1].state, ERROR_NONE);
	for (int i = 0; i < COUNT; i++)
		cr_expect_null(log_dirs_find(fixture.dirs, slice_of_text("orders"), i));
}

Test(log_dirs_create, a_failed_sync_of_few_takes_the_dir_offline)
{
	a_failed_sync_takes_the_dir_offline(COUNT + 1);
}

Test(log_dirs_create, a_failed_sync_of_many_takes_the_dir_offline)
{
	a_failed_sync_takes_the_dir_offline(COUNT);
}

Test(log_dirs_create, one_that_cannot_be_made_does_not_hold_up_the_others)
{
	cr_assert_eq(log_dirs_fixture_start(&fixture, &guilty), ERROR_NONE);
	fixture.config.segment_bytes = 4096;
	cr_assert_eq(disk_make_directory(fixture.port, "/a/orders-2"), ERROR_NONE);
	cr_assert_eq(disk_make_directory(fixture.port, "/a/orders-2/partition.metadata"), ERROR_NONE);
	make(COUNT);
	for (int i = 0; i < COUNT; i++)
		cr_expect_eq(loads[i].error == ERROR_NONE, i != 2, "%d", i);
	for (int i = 0; i < COUNT; i++)
		cr_expect_eq(log_load_done(&loads[i]) == ERROR_NONE, i != 2, "%d", i);
}

/* A sync of all tells of old errors, too, of whichever file. */
Test(log_dirs_create, an_error_of_another_file_takes_no_dir_offline)
{
	cr_assert_eq(log_dirs_fixture_start(&fixture, &guilty), ERROR_NONE);
	log_dirs_fixture_write(&fixture, "/b/other", "text");
	fixture.disk->sync_error = 1000;
	cr_assert_eq(disk_sync_all(fixture.port, "/"), ERROR_IO);
	fixture.disk->sync_error = 0;
	fixture.disk->errors_told--;
	make(COUNT);
	cr_expect_eq(count_done(ERROR_NONE), COUNT);
	cut_power();
	cr_assert_eq(log_dirs_fixture_start(&fixture, &guilty), ERROR_NONE);
	cr_expect_eq(log_dirs_online_count(fixture.dirs), 2);
	for (int i = 0; i < COUNT; i++)
		cr_expect(uuid_equal(id_of(i), topic_id), "%d", i);
}
