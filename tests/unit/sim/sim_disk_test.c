#include <criterion/criterion.h>
#include <string.h>

#include "tests/sim/sim_disk.h"

static struct sim_disk *disk;
static struct sim_mount *mount;
static struct disk *port;

static void
set_up(void)
{
	disk = sim_disk_new(1, NULL);
	mount = sim_disk_mount(disk);
	port = sim_mount_port(mount);
}

static void
tear_down(void)
{
	sim_mount_free(mount);
	sim_disk_free(disk);
}

static void
mount_again(void)
{
	sim_mount_free(mount);
	mount = sim_disk_mount(disk);
	port = sim_mount_port(mount);
}

static void
cut_power(enum sim_disk_crash crash)
{
	sim_disk_power_cut(disk, crash);
	mount_again();
}

static struct disk_file *
open_it(const char *path, int flags)
{
	struct disk_file *file = NULL;

	cr_assert_eq(disk_open(port, path, DISK_READ | DISK_WRITE | flags, &file), ERROR_NONE);
	return file;
}

static void
close_it(struct disk_file *file)
{
	cr_assert_eq(disk_close(file), ERROR_NONE);
}

static void
put(struct disk_file *file, const char *text, int64_t offset)
{
	size_t written;

	cr_assert_eq(disk_write(file, text, strlen(text), offset, &written), ERROR_NONE);
	cr_assert_eq(written, strlen(text));
}

/* A file with this text, synced, and its name too. */
static struct disk_file *
durable(const char *path, const char *text)
{
	struct disk_file *file = open_it(path, DISK_CREATE);

	put(file, text, 0);
	cr_assert_eq(disk_sync(file), ERROR_NONE);
	cr_assert_eq(disk_sync_directory(port, "/"), ERROR_NONE);
	return file;
}

static void
expect_text(struct disk_file *file, const char *text)
{
	char bytes[8192] = { 0 };
	size_t got;

	cr_assert_eq(disk_read(file, bytes, sizeof(bytes), 0, &got), ERROR_NONE);
	cr_assert_eq(got, strlen(text));
	cr_assert_arr_eq(bytes, text, got);
}

static void
expect_file(const char *path, const char *text)
{
	struct disk_file *file = open_it(path, 0);

	expect_text(file, text);
	close_it(file);
}

static bool
exists(const char *path)
{
	struct disk_status status;

	return disk_status(port, path, &status) == ERROR_NONE;
}

TestSuite(sim_disk, .init = set_up, .fini = tear_down);

Test(sim_disk, a_kill_loses_nothing_that_was_written)
{
	put(open_it("a", DISK_CREATE), "text", 0);
	sim_mount_kill(mount);
	mount_again();
	expect_file("a", "text");
}

Test(sim_disk, a_power_cut_loses_what_was_not_synced)
{
	put(durable("a", "old"), "new", 0);
	cut_power(SIM_DISK_KEEP_NOTHING);
	expect_file("a", "old");
}

Test(sim_disk, a_power_cut_may_keep_everything)
{
	put(durable("a", "old"), "newer", 0);
	cut_power(SIM_DISK_KEEP_ALL);
	expect_file("a", "newer");
}

Test(sim_disk, a_name_is_lost_until_its_directory_is_synced)
{
	struct disk_file *file = open_it("a", DISK_CREATE);

	put(file, "text", 0);
	cr_assert_eq(disk_sync(file), ERROR_NONE);
	cut_power(SIM_DISK_KEEP_NOTHING);
	cr_assert_not(exists("a"));
}

Test(sim_disk, an_ordered_journal_makes_names_durable_with_any_sync)
{
	disk->ordered_journal = true;
	close_it(open_it("a", DISK_CREATE));
	cr_assert_eq(disk_sync(open_it("b", DISK_CREATE)), ERROR_NONE);
	cut_power(SIM_DISK_KEEP_NOTHING);
	cr_assert(exists("a"));
	cr_assert(exists("b"));
}

Test(sim_disk, an_unlinked_name_comes_back_until_the_directory_is_synced)
{
	close_it(durable("a", "text"));
	cr_assert_eq(disk_unlink(port, "a"), ERROR_NONE);
	cut_power(SIM_DISK_KEEP_NOTHING);
	expect_file("a", "text");
	cr_assert_eq(disk_unlink(port, "a"), ERROR_NONE);
	cr_assert_eq(disk_sync_directory(port, "/"), ERROR_NONE);
	cut_power(SIM_DISK_KEEP_NOTHING);
	cr_assert_not(exists("a"));
}

Test(sim_disk, a_rename_is_whole_or_not_at_all)
{
	for (uint64_t seed = 0; seed < 32; seed++) {
		struct sim_disk *copy;
		struct disk_status status;
		struct sim_mount *other;

		close_it(durable("a", "old"));
		close_it(durable("b", "new"));
		cr_assert_eq(disk_rename(port, "b", "a"), ERROR_NONE);
		copy = sim_disk_fork(disk, seed);
		sim_disk_power_cut(copy, SIM_DISK_KEEP_RANDOM);
		other = sim_disk_mount(copy);
		cr_assert_eq(disk_status(sim_mount_port(other), "a", &status), ERROR_NONE);
		sim_mount_free(other);
		sim_disk_free(copy);
	}
}

Test(sim_disk, a_write_is_torn_at_sectors)
{
	uint8_t bytes[8 * SIM_SECTOR_SIZE], found[sizeof(bytes)];
	struct disk_file *file = open_it("a", DISK_CREATE);
	int torn = 0;
	size_t size;

	memset(bytes, 'o', sizeof(bytes));
	cr_assert_eq(disk_write(file, bytes, sizeof(bytes), 0, &size), ERROR_NONE);
	sim_disk_sync_all(disk);
	memset(bytes, 'n', sizeof(bytes));
	cr_assert_eq(disk_write(file, bytes, sizeof(bytes), 0, &size), ERROR_NONE);
	for (uint64_t seed = 0; seed < 50; seed++) {
		struct sim_disk *copy = sim_disk_fork(disk, seed);
		struct sim_mount *other;
		struct disk_file *after;
		int news = 0;

		sim_disk_power_cut(copy, SIM_DISK_KEEP_RANDOM);
		other = sim_disk_mount(copy);
		cr_assert_eq(disk_open(sim_mount_port(other), "a", DISK_READ, &after), ERROR_NONE);
		cr_assert_eq(disk_read_all(after, found, sizeof(found), 0), ERROR_NONE);
		for (size_t i = 0; i < sizeof(found); i++) {
			cr_assert_eq(found[i], found[i - i % SIM_SECTOR_SIZE]);
			news += found[i] == 'n';
		}
		torn += news > 0 && news < (int)sizeof(found);
		sim_mount_free(other);
		sim_disk_free(copy);
	}
	cr_assert_gt(torn, 5);
}

Test(sim_disk, a_truncation_is_undone_until_it_is_synced)
{
	struct disk_file *file = durable("a", "long text");

	cr_assert_eq(disk_truncate(file, 4), ERROR_NONE);
	expect_text(file, "long");
	cut_power(SIM_DISK_KEEP_NOTHING);
	expect_file("a", "long text");
	file = open_it("a", 0);
	cr_assert_eq(disk_truncate(file, 4), ERROR_NONE);
	cr_assert_eq(disk_sync(file), ERROR_NONE);
	cut_power(SIM_DISK_KEEP_NOTHING);
	expect_file("a", "long");
}

Test(sim_disk, what_a_truncation_took_away_reads_as_zeros_later)
{
	struct disk_file *file = durable("a", "secret");
	char bytes[6];

	cr_assert_eq(disk_truncate(file, 1), ERROR_NONE);
	cr_assert_eq(disk_truncate(file, 6), ERROR_NONE);
	cr_assert_eq(disk_read_all(file, bytes, sizeof(bytes), 0), ERROR_NONE);
	cr_assert_arr_eq(bytes, "s\0\0\0\0\0", 6);
}

Test(sim_disk, a_failed_sync_is_told_once_and_the_data_stay_in_the_cache)
{
	struct disk_file *file = durable("a", "old");

	put(file, "new", 0);
	disk->sync_error_at = disk->operations + 1;
	cr_assert_eq(disk_sync(file), ERROR_IO);
	cr_assert_eq(disk_sync(file), ERROR_NONE);
	expect_text(file, "new");
	cut_power(SIM_DISK_KEEP_ALL);
	expect_file("a", "old");
}

Test(sim_disk, a_failed_sync_can_drop_the_data_too)
{
	struct disk_file *file = durable("a", "old");

	disk->failed_sync_drops = true;
	put(file, "new", 0);
	disk->sync_error_at = disk->operations + 1;
	cr_assert_eq(disk_sync(file), ERROR_IO);
	expect_text(file, "old");
}

Test(sim_disk, each_open_file_hears_of_a_failed_sync_once)
{
	struct disk_file *one = durable("a", "old"), *two = open_it("a", 0), *late;

	put(one, "new", 0);
	disk->sync_error_at = disk->operations + 1;
	cr_assert_eq(disk_sync(one), ERROR_IO);
	late = open_it("a", 0);
	cr_assert_eq(disk_sync(two), ERROR_IO);
	cr_assert_eq(disk_sync(two), ERROR_NONE);
	cr_assert_eq(disk_sync(late), ERROR_NONE);
}

Test(sim_disk, a_direct_read_sees_the_disk_after_a_failed_sync)
{
	struct disk_file *file = durable("a", "old"), *direct;
	char bytes[3];

	put(file, "new", 0);
	disk->sync_error_at = disk->operations + 1;
	cr_assert_eq(disk_sync(file), ERROR_IO);
	cr_assert_eq(disk_open(port, "a", DISK_READ | DISK_DIRECT, &direct), ERROR_NONE);
	cr_assert_eq(disk_read_all(direct, bytes, 3, 0), ERROR_NONE);
	cr_assert_arr_eq(bytes, "old", 3);
	expect_text(file, "new");
}

Test(sim_disk, a_direct_read_writes_back_what_is_dirty)
{
	struct disk_file *file = durable("a", "old"), *direct;
	char bytes[3];

	put(file, "new", 0);
	cr_assert_eq(disk_open(port, "a", DISK_READ | DISK_DIRECT, &direct), ERROR_NONE);
	cr_assert_eq(disk_read_all(direct, bytes, 3, 0), ERROR_NONE);
	cr_assert_arr_eq(bytes, "new", 3);
}

Test(sim_disk, a_broken_directory_takes_no_change_below_it)
{
	struct disk_file *file, *other = open_it("b", DISK_CREATE);
	size_t written;

	cr_assert_eq(disk_make_directory(port, "/d"), ERROR_NONE);
	file = durable("/d/a", "old");
	cr_assert_eq(sim_disk_break_write(disk, "/d", true), ERROR_NONE);
	cr_assert_eq(disk_write(file, "new", 3, 0, &written), ERROR_IO);
	cr_assert_eq(disk_sync(file), ERROR_IO);
	cr_assert_eq(disk_rename(port, "/d/a", "/c"), ERROR_IO);
	cr_assert_eq(disk_rename(port, "b", "/d/b"), ERROR_IO);
	cr_assert_eq(disk_unlink(port, "/d/a"), ERROR_IO);
	cr_assert_eq(disk_make_directory(port, "/d/e"), ERROR_IO);
	cr_assert_eq(disk_sync_directory(port, "/d"), ERROR_IO);
	expect_text(file, "old");
	put(other, "new", 0);
	cr_assert_eq(sim_disk_break_write(disk, "/d", false), ERROR_NONE);
	put(file, "new", 0);
}

Test(sim_disk, knows_how_many_files_are_open)
{
	struct disk_file *file = open_it("a", DISK_CREATE), *other;

	cr_assert_eq(sim_mount_open_files(mount), 1);
	disk->files_max = 1;
	cr_assert_eq(disk_open(port, "b", DISK_WRITE | DISK_CREATE, &other), ERROR_TOO_MANY_FILES);
	close_it(file);
	cr_assert_eq(sim_mount_open_files(mount), 0);
}

Test(sim_disk, a_full_disk_takes_a_part_and_then_nothing)
{
	struct disk_file *file = open_it("a", DISK_CREATE);
	uint8_t bytes[3 * SIM_PAGE_SIZE] = { 0 };
	struct disk_space space;
	size_t written;

	disk->capacity = 2 * SIM_PAGE_SIZE;
	cr_assert_eq(disk_write(file, bytes, sizeof(bytes), 0, &written), ERROR_NO_SPACE);
	cr_assert_eq(written, 2 * SIM_PAGE_SIZE);
	cr_assert_eq(disk_space(port, "/", &space), ERROR_NONE);
	cr_assert_eq(space.free, 0);
	cr_assert_eq(disk_allocate(file, 0, 3 * SIM_PAGE_SIZE), ERROR_NO_SPACE);
	cr_assert_eq(disk_truncate(file, SIM_PAGE_SIZE), ERROR_NONE);
	cr_assert_eq(disk_space(port, "/", &space), ERROR_NONE);
	cr_assert_eq(space.free, SIM_PAGE_SIZE);
	/* What is there can be written over. */
	cr_assert_eq(disk_write(file, bytes, SIM_PAGE_SIZE, 0, &written), ERROR_NONE);
}

Test(sim_disk, space_comes_back_when_the_last_user_of_a_file_is_gone)
{
	struct disk_file *file = durable("a", "text");
	struct disk_space space;

	disk->capacity = SIM_PAGE_SIZE;
	cr_assert_eq(disk_unlink(port, "a"), ERROR_NONE);
	cr_assert_eq(disk_sync_directory(port, "/"), ERROR_NONE);
	expect_text(file, "text");
	cr_assert_eq(disk_space(port, "/", &space), ERROR_NONE);
	cr_assert_eq(space.free, 0);
	close_it(file);
	cr_assert_eq(disk_space(port, "/", &space), ERROR_NONE);
	cr_assert_eq(space.free, SIM_PAGE_SIZE);
}

Test(sim_disk, allocated_space_is_there_to_be_written)
{
	struct disk_file *file = open_it("a", DISK_CREATE);
	uint8_t bytes[SIM_PAGE_SIZE] = { 0 };
	int64_t size;
	size_t written;

	disk->capacity = 2 * SIM_PAGE_SIZE;
	cr_assert_eq(disk_allocate(file, 0, 2 * SIM_PAGE_SIZE), ERROR_NONE);
	cr_assert_eq(disk_size(file, &size), ERROR_NONE);
	cr_assert_eq(size, 2 * SIM_PAGE_SIZE);
	cr_assert_eq(disk_write(file, bytes, sizeof(bytes), SIM_PAGE_SIZE, &written), ERROR_NONE);
}

Test(sim_disk, the_process_dies_before_the_operation_that_was_named)
{
	struct disk_file *file = durable("a", "old");
	size_t written;

	disk->crash_at = disk->operations + 1;
	cr_assert_eq(disk_write(file, "new", 3, 0, &written), ERROR_OFFLINE);
	cr_assert_eq(disk_sync(file), ERROR_OFFLINE);
	cr_assert_eq(disk_unlink(port, "a"), ERROR_OFFLINE);
	cr_assert(sim_mount_is_dead(mount));
	mount_again();
	expect_file("a", "old");
}

Test(sim_disk, the_process_dies_after_the_operation_that_was_named)
{
	struct disk_file *file = durable("a", "old");
	size_t written;

	disk->crash_at = disk->operations + 1;
	disk->crash_when = SIM_DISK_AFTER;
	cr_assert_eq(disk_write(file, "new", 3, 0, &written), ERROR_OFFLINE);
	mount_again();
	expect_file("a", "new");
}

Test(sim_disk, the_process_dies_in_the_middle_of_a_write)
{
	struct disk_file *file = open_it("a", DISK_CREATE);
	uint8_t bytes[1000] = { 0 };
	struct disk_status status;
	size_t written;

	disk->crash_at = disk->operations + 1;
	disk->crash_when = SIM_DISK_PARTLY;
	cr_assert_eq(disk_write(file, bytes, sizeof(bytes), 0, &written), ERROR_OFFLINE);
	cr_assert_eq(written, 0);
	mount_again();
	cr_assert_eq(disk_status(port, "a", &status), ERROR_NONE);
	cr_assert_gt(status.size, 0);
	cr_assert_lt(status.size, 1000);
}

Test(sim_disk, a_short_write_can_be_ordered)
{
	struct disk_file *file = open_it("a", DISK_CREATE);
	struct iovec part = { (char[]){ "text" }, 4 };
	size_t written;

	disk->short_at = disk->operations + 1;
	cr_assert_eq(port->ops->write_at(file, &part, 1, 0, &written), ERROR_NONE);
	cr_assert_lt(written, 4);
	cr_assert_gt(written, 0);
}

Test(sim_disk, clean_pages_that_were_dropped_are_not_resident)
{
	struct disk_file *file = durable("a", "text");
	char bytes[4];
	size_t got;

	cr_assert_eq(disk_read_resident(file, bytes, 4, 0, &got), ERROR_NONE);
	sim_disk_drop_cache(disk);
	cr_assert_eq(disk_read_resident(file, bytes, 4, 0, &got), ERROR_WOULD_BLOCK);
	disk_prefetch(file, 0, 4);
	cr_assert_eq(disk_read_resident(file, bytes, 4, 0, &got), ERROR_NONE);
	cr_assert_eq(got, 4);
}

Test(sim_disk, dirty_pages_stay_in_the_cache)
{
	struct disk_file *file = durable("a", "old");

	put(file, "new", 0);
	sim_disk_drop_cache(disk);
	expect_text(file, "new");
}

Test(sim_disk, a_lock_is_held_until_its_process_ends)
{
	struct sim_mount *other = sim_disk_mount(disk);
	struct disk_lock *lock;

	cr_assert_eq(disk_lock(port, ".lock", &lock), ERROR_NONE);
	cr_assert_eq(disk_lock(sim_mount_port(other), ".lock", &lock), ERROR_BUSY);
	sim_mount_kill(mount);
	cr_assert_eq(disk_lock(sim_mount_port(other), ".lock", &lock), ERROR_NONE);
	disk_unlock(sim_mount_port(other), lock);
	cr_assert_eq(disk_lock(sim_mount_port(other), ".lock", &lock), ERROR_NONE);
	sim_mount_free(other);
}

Test(sim_disk, a_copy_and_its_original_go_their_own_ways)
{
	struct disk_file *file = durable("a", "text");
	struct sim_disk *copy = sim_disk_fork(disk, 2);
	uint64_t before, after;

	cr_assert_eq(sim_disk_digest(copy, "/", &before), ERROR_NONE);
	put(file, "else", 0);
	cr_assert_eq(disk_unlink(port, "a"), ERROR_NONE);
	cr_assert_eq(sim_disk_digest(copy, "/", &after), ERROR_NONE);
	cr_assert_eq(before, after);
	cr_assert_eq(sim_disk_digest(disk, "/", &after), ERROR_NONE);
	cr_assert_neq(before, after);
	sim_disk_free(copy);
}

Test(sim_disk, a_peek_sees_what_a_program_sees_and_nothing_past_the_end)
{
	struct disk_file *file = durable("a", "text");
	uint8_t bytes[4];

	put(file, "else", 0);
	cr_assert(sim_disk_peek_at(sim_disk_peek(disk, "a"), 0, bytes, 4));
	cr_assert_arr_eq(bytes, "else", 4);
	cr_assert_not(sim_disk_peek_at(sim_disk_peek(disk, "a"), 1, bytes, 4));
	cr_assert_not(sim_disk_peek_at(sim_disk_peek(disk, "b"), 0, bytes, 1));
}

Test(sim_disk, broken_bytes_cannot_be_read_and_others_can)
{
	struct disk_file *file = durable("a", "text");
	char bytes[4];
	size_t got;

	cr_assert_eq(sim_disk_break_read(disk, "a", 2, 1), ERROR_NONE);
	cr_assert_eq(disk_read_all(file, bytes, 2, 0), ERROR_NONE);
	cr_assert_eq(disk_read(file, bytes, 4, 2, &got), ERROR_IO);
	cr_assert_eq(sim_disk_break_read(disk, "a", 0, 0), ERROR_NONE);
	expect_text(file, "text");
}

Test(sim_disk, bits_rot)
{
	struct disk_file *file = durable("a", "text");

	cr_assert_eq(sim_disk_flip(disk, "a", 1, 'e' ^ 'a'), ERROR_NONE);
	expect_text(file, "taxt");
	cr_assert_eq(sim_disk_flip(disk, "a", 4, 1), ERROR_OUT_OF_RANGE);
	cut_power(SIM_DISK_KEEP_NOTHING);
	expect_file("a", "taxt");
}

Test(sim_disk, a_lost_write_shows_after_the_cache_is_gone)
{
	struct disk_file *file = durable("a", "old");

	disk->lost_write = 1000;
	put(file, "new", 0);
	cr_assert_eq(disk_sync(file), ERROR_NONE);
	expect_text(file, "new");
	sim_disk_drop_cache(disk);
	expect_text(file, "old");
}

Test(sim_disk, a_disk_that_is_offline_answers_with_errors)
{
	struct disk_file *file = durable("a", "text");
	char bytes[4];
	size_t got;

	disk->offline = true;
	cr_assert_eq(disk_read(file, bytes, 4, 0, &got), ERROR_IO);
	cr_assert_eq(disk_sync(file), ERROR_IO);
	cr_assert_eq(disk_open(port, "a", DISK_READ, &file), ERROR_IO);
}
