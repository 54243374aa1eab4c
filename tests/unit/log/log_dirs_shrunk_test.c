/* F17: what log dirs keep, and what a start makes of it. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "log/log_dirs.h"
#include "log_dirs_fixture.h"

static struct log_dirs_fixture fixture;
static struct log_dir *guilty;

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

TestSuite(log_dirs_shrunk, .init = setup, .fini = teardown);

static void
start(const char *boot_id)
{
	(void)snprintf(fixture.boot_id.text, sizeof(fixture.boot_id.text), "%s", boot_id);
	cr_assert_eq(log_dirs_fixture_start(&fixture, &guilty), ERROR_NONE);
}

static void
create(const char *topic)
{
	struct log_load load;

	cr_assert_eq(log_dirs_create(fixture.dirs, slice_of_text(topic), 0, (struct uuid){ 0 }, 1,
	    &load), ERROR_NONE);
	log_load_run(&load);
	cr_assert_eq(log_load_done(&load), ERROR_NONE);
}

static enum error
keep(struct log_dir *dir)
{
	struct log_shrunk_job job;

	log_shrunk_prepare(fixture.dirs, dir, true, &job);
	log_shrunk_run(&job);
	return log_shrunk_done(fixture.dirs, &job);
}

static struct log_dir *
dir_of(const char *topic)
{
	return log_dirs_find(fixture.dirs, slice_of_text(topic), 0)->dir;
}

static void
set(const char *topic)
{
	shrunk_isr_checkpoint_set(&dir_of(topic)->shrunk_isrs, slice_of_text(topic), 0, 3, 0);
	cr_assert_eq(keep(dir_of(topic)), ERROR_NONE);
}

static bool
has(const char *topic)
{
	return shrunk_isr_checkpoint_find(&dir_of(topic)->shrunk_isrs, slice_of_text(topic), 0) != NULL;
}

Test(log_dirs_shrunk, entries_are_there_after_a_crash)
{
	start("one");
	create("orders");
	set("orders");
	cr_expect_not(log_dir_lacks_boot_id(fixture.dirs, dir_of("orders")));
	log_dirs_fixture_stop(&fixture, false);
	start("one");
	cr_expect(has("orders"));
	cr_expect(dir_of("orders")->pages_survived);
}

Test(log_dirs_shrunk, pages_survive_a_clean_stop_or_in_the_same_boot)
{
	start("one");
	create("orders");
	cr_assert_eq(keep(dir_of("orders")), ERROR_NONE);
	log_dirs_fixture_stop(&fixture, false);
	start("two");
	cr_expect_not(dir_of("orders")->pages_survived);
	cr_expect(log_dir_lacks_boot_id(fixture.dirs, dir_of("orders")));
	log_dirs_fixture_stop(&fixture, true);
	start("three");
	cr_expect(dir_of("orders")->pages_survived);
	log_dirs_fixture_stop(&fixture, false);
	start("");
	cr_expect_not(dir_of("orders")->pages_survived, "nobody knows");
}

/* Of a Kafka broker's dir nobody knows what was compacted, and where that left gaps. */
Test(log_dirs_shrunk, with_a_boot_id_the_dir_was_a_klammds)
{
	struct log_load load;

	for (int i = 0; i < 2; i++) {
		start("one");
		cr_assert_eq(log_dirs_create(fixture.dirs, slice_of_text(i == 0 ? "orders" : "bills"), 0,
		    (struct uuid){ 0 }, 1, &load), ERROR_NONE);
		log_load_run(&load);
		cr_assert_eq(log_load_done(&load), ERROR_NONE);
		cr_expect_eq(load.options.rolls_without_gaps, i == 1);
		for (int dir = 0; dir < fixture.dirs->count; dir++)
			cr_assert_eq(keep(&fixture.dirs->dirs[dir]), ERROR_NONE);
		log_dirs_fixture_stop(&fixture, false);
	}
}

Test(log_dirs_shrunk, a_damaged_file_vouches_for_nothing)
{
	struct disk_file *file;
	size_t written;

	start("one");
	create("orders");
	set("orders");
	const char *dir = dir_of("orders")->path;
	char path[64];
	(void)snprintf(path, sizeof(path), "%s/" SHRUNK_ISR_CHECKPOINT, dir);
	cr_assert_eq(disk_open(fixture.port, path, DISK_WRITE | DISK_TRUNCATE, &file), ERROR_NONE);
	cr_assert_eq(disk_write(file, "x", 1, 0, &written), ERROR_NONE);
	cr_assert_eq(disk_close(file), ERROR_NONE);
	log_dirs_fixture_stop(&fixture, true);
	start("one");
	cr_expect_not(dir_of("orders")->pages_survived);
	cr_expect_not(has("orders"));
	cr_expect_not_null(strstr(dir_of("orders")->complaint, "is in doubt"));
}

/* Else a new partition would be vouched for by what an older one of its name was. */
Test(log_dirs_shrunk, a_new_partition_does_not_get_its_namesakes_entry)
{
	struct log_deletion deletion;

	start("one");
	create("orders");
	create("other");
	set("orders");
	set("other");
	log_deletion_prepare(fixture.dirs, log_dirs_find(fixture.dirs, slice_of_text("orders"), 0), 1,
	    &deletion);
	log_deletion_run(&deletion);
	cr_assert_eq(log_deletion_done(fixture.dirs, &deletion), ERROR_NONE);
	create("orders");
	cr_expect_not(has("orders"));
	log_dirs_fixture_stop(&fixture, false);
	start("one");
	cr_expect_not(has("orders"));
	cr_expect(has("other"));
}

Test(log_dirs_shrunk, a_failed_write_takes_the_dir_offline_but_for_want_of_space)
{
	start("one");
	create("orders");
	fixture.disk->capacity = 0;
	cr_expect_eq(keep(dir_of("orders")), ERROR_NO_SPACE);
	cr_expect_eq(dir_of("orders")->state, ERROR_NONE);
	fixture.disk->capacity = INT64_MAX;
	fixture.disk->sync_error = 1000;
	cr_expect_eq(keep(dir_of("orders")), ERROR_IO);
	cr_expect_eq(dir_of("orders")->state, ERROR_IO);
}
