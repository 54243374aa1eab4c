#include "log/whole_file.h"

#include <criterion/criterion.h>

#include "memory_disk.h"

static struct memory_disk memory;
static struct buffer contents;

static void
setup(void)
{
	memory_disk_init(&memory);
	buffer_init(&contents);
}

static void
teardown(void)
{
	buffer_fini(&contents);
	memory_disk_fini(&memory);
}

TestSuite(whole_file, .init = setup, .fini = teardown);

static enum error
replace(const char *text)
{
	return whole_file_replace(&memory.disk, "dir/name", slice_of_text(text));
}

static void
expect_file(const char *path, const char *text)
{
	cr_expect(slice_equal_text(memory_disk_get(&memory, path), text), "%s", path);
}

Test(whole_file, is_replaced_in_the_order_that_survives_a_crash)
{
	cr_assert_eq(replace("new"), ERROR_NONE);
	cr_expect_str_eq(memory_disk_trace(&memory),
	    "create dir/name.tmp\n"
	    "write dir/name.tmp 0+3\n"
	    "sync dir/name.tmp\n"
	    "rename dir/name.tmp dir/name\n"
	    "sync-directory dir\n");
	expect_file("dir/name", "new");
}

Test(whole_file, can_be_made_without_a_sync)
{
	cr_assert_eq(whole_file_make(&memory.disk, "dir/name", slice_of_text("new")), ERROR_NONE);
	cr_expect_str_eq(memory_disk_trace(&memory),
	    "create dir/name.tmp\n"
	    "write dir/name.tmp 0+3\n"
	    "rename dir/name.tmp dir/name\n");
	expect_file("dir/name", "new");
}

Test(whole_file, takes_over_a_temporary_file_that_a_crash_left)
{
	memory_disk_put(&memory, "dir/name.tmp", "longer than the new one", 23);
	cr_assert_eq(replace("new"), ERROR_NONE);
	expect_file("dir/name", "new");
}

Test(whole_file, keeps_the_old_one_when_a_step_fails)
{
	static const enum memory_disk_call steps[] = { MEMORY_DISK_OPEN, MEMORY_DISK_WRITE,
		MEMORY_DISK_SYNC, MEMORY_DISK_CLOSE, MEMORY_DISK_RENAME };

	memory_disk_put(&memory, "dir/name", "old", 3);
	for (size_t i = 0; i < ARRAY_LENGTH(steps); i++) {
		memory.fail_with[steps[i]] = ERROR_NO_SPACE;
		memory.short_write = 1;
		cr_expect_eq(replace("new"), ERROR_NO_SPACE, "step %zu", i);
		expect_file("dir/name", "old");
		cr_expect(slice_is_null(memory_disk_get(&memory, "dir/name.tmp")), "step %zu", i);
	}
}

Test(whole_file, tells_when_the_directory_could_not_be_synced)
{
	memory.fail_with[MEMORY_DISK_SYNC_DIRECTORY] = ERROR_IO;
	cr_expect_eq(replace("new"), ERROR_IO);
}

Test(whole_file, syncs_the_directory_of_a_bare_or_a_root_name)
{
	cr_assert_eq(whole_file_sync_directory(&memory.disk, "name"), ERROR_NONE);
	cr_assert_eq(whole_file_sync_directory(&memory.disk, "/name"), ERROR_NONE);
	cr_expect_str_eq(memory_disk_trace(&memory), "sync-directory .\nsync-directory /\n");
}

Test(whole_file, is_read_up_to_its_limit)
{
	memory_disk_put(&memory, "name", "12345", 5);
	cr_assert_eq(whole_file_read(&memory.disk, "name", 5, &contents), ERROR_NONE);
	cr_expect(slice_equal_text(buffer_slice(&contents), "12345"));
	cr_expect_eq(whole_file_read(&memory.disk, "name", 4, &contents), ERROR_TOO_LARGE);
	cr_expect_eq(contents.size, 5);
}

Test(whole_file, that_is_missing_or_unreadable_is_told_apart)
{
	cr_expect_eq(whole_file_read(&memory.disk, "name", 5, &contents), ERROR_NOT_FOUND);
	memory_disk_put(&memory, "name", "12345", 5);
	memory.fail_with[MEMORY_DISK_READ] = ERROR_IO;
	cr_expect_eq(whole_file_read(&memory.disk, "name", 5, &contents), ERROR_IO);
	cr_expect_eq(contents.size, 0);
}
