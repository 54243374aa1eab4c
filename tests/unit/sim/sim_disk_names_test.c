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
make_file(const char *path)
{
	struct disk_file *file;

	cr_assert_eq(disk_open(port, path, DISK_WRITE | DISK_CREATE, &file), ERROR_NONE);
	cr_assert_eq(disk_close(file), ERROR_NONE);
}

static void
append_name(void *context, const char *name)
{
	strncat(context, name, 8);
	strncat(context, " ", 2);
}

TestSuite(sim_disk_names, .init = set_up, .fini = tear_down);

Test(sim_disk_names, are_listed_in_the_order_of_their_bytes)
{
	char names[64] = "";

	make_file("b");
	make_file("a");
	cr_assert_eq(disk_make_directory(port, "C"), ERROR_NONE);
	cr_assert_eq(disk_list(port, "/", append_name, names), ERROR_NONE);
	cr_assert_str_eq(names, "C a b ");
}

Test(sim_disk_names, that_are_missing_or_of_another_kind_are_errors)
{
	struct disk_file *file;

	make_file("file");
	cr_assert_eq(disk_make_directory(port, "folder"), ERROR_NONE);
	cr_assert_eq(disk_open(port, "none", DISK_READ, &file), ERROR_NOT_FOUND);
	cr_assert_eq(disk_open(port, "none/file", DISK_WRITE | DISK_CREATE, &file), ERROR_NOT_FOUND);
	cr_assert_eq(disk_open(port, "file/file", DISK_WRITE | DISK_CREATE, &file), ERROR_NOT_DIRECTORY);
	cr_assert_eq(disk_open(port, "folder", DISK_READ, &file), ERROR_IS_DIRECTORY);
	cr_assert_eq(disk_open(port, "file", DISK_WRITE | DISK_CREATE | DISK_EXCLUSIVE, &file), ERROR_EXISTS);
	cr_assert_eq(disk_make_directory(port, "file"), ERROR_EXISTS);
	cr_assert_eq(disk_unlink(port, "folder"), ERROR_IS_DIRECTORY);
	cr_assert_eq(disk_unlink(port, "none"), ERROR_NOT_FOUND);
	cr_assert_eq(disk_remove_directory(port, "file"), ERROR_NOT_DIRECTORY);
	cr_assert_eq(disk_rename(port, "none", "a"), ERROR_NOT_FOUND);
	cr_assert_eq(disk_rename(port, "file", "folder"), ERROR_IS_DIRECTORY);
	cr_assert_eq(disk_sync_directory(port, "file"), ERROR_NOT_DIRECTORY);
}

Test(sim_disk_names, longer_than_255_bytes_are_refused)
{
	char name[300];

	memset(name, 'n', sizeof(name));
	name[256] = '\0';
	cr_assert_eq(disk_make_directory(port, name), ERROR_NAME_TOO_LONG);
	name[255] = '\0';
	cr_assert_eq(disk_make_directory(port, name), ERROR_NONE);
}

Test(sim_disk_names, of_a_full_directory_cannot_go_with_it)
{
	cr_assert_eq(disk_make_directory(port, "folder"), ERROR_NONE);
	make_file("folder/file");
	cr_assert_eq(disk_remove_directory(port, "folder"), ERROR_NOT_EMPTY);
	cr_assert_eq(disk_unlink(port, "/folder//file"), ERROR_NONE);
	cr_assert_eq(disk_remove_directory(port, "folder/"), ERROR_NONE);
}

Test(sim_disk_names, move_with_their_directory)
{
	struct disk_status status;

	cr_assert_eq(disk_make_directory(port, "a"), ERROR_NONE);
	make_file("a/file");
	cr_assert_eq(disk_rename(port, "a", "b"), ERROR_NONE);
	cr_assert_eq(disk_status(port, "b/file", &status), ERROR_NONE);
	cr_assert_eq(status.type, DISK_FILE);
	cr_assert_eq(disk_status(port, "a", &status), ERROR_NOT_FOUND);
}

/* Syncing the folder that a file came to makes its leaving the other one durable too. */
Test(sim_disk_names, are_never_in_two_directories_after_a_power_cut)
{
	struct disk_status status;

	cr_assert_eq(disk_make_directory(port, "a"), ERROR_NONE);
	cr_assert_eq(disk_make_directory(port, "b"), ERROR_NONE);
	cr_assert_eq(disk_sync_directory(port, "/"), ERROR_NONE);
	make_file("a/file");
	cr_assert_eq(disk_rename(port, "a/file", "b/file"), ERROR_NONE);
	cr_assert_eq(disk_sync_directory(port, "b"), ERROR_NONE);
	cr_assert_eq(disk_sync_directory(port, "a"), ERROR_NONE);
	sim_disk_power_cut(disk, SIM_DISK_KEEP_NOTHING);
	sim_mount_free(mount);
	mount = sim_disk_mount(disk);
	port = sim_mount_port(mount);
	cr_assert_eq(disk_status(port, "a/file", &status), ERROR_NOT_FOUND);
	cr_assert_eq(disk_status(port, "b/file", &status), ERROR_NONE);
}

Test(sim_disk_names, are_not_durable_after_a_sync_of_their_directory_that_failed)
{
	struct disk_status status;

	make_file("/a");
	disk->sync_error_at = disk->operations + 1;
	cr_assert_eq(disk_sync_directory(port, "/"), ERROR_IO);
	cr_assert_eq(disk_status(port, "/a", &status), ERROR_NONE);
	sim_disk_power_cut(disk, SIM_DISK_KEEP_NOTHING);
	sim_mount_free(mount);
	mount = sim_disk_mount(disk);
	port = sim_mount_port(mount);
	cr_assert_eq(disk_status(port, "/a", &status), ERROR_NOT_FOUND);
}

/* ------------------------------------------------------------- all at once */

static void
write_file(const char *path)
{
	struct disk_file *file;
	size_t written;

	cr_assert_eq(disk_open(port, path, DISK_WRITE | DISK_CREATE, &file), ERROR_NONE);
	cr_assert_eq(disk_write(file, "text", 4, 0, &written), ERROR_NONE);
	cr_assert_eq(disk_close(file), ERROR_NONE);
}

Test(sim_disk_names, a_sync_of_all_is_of_every_file_and_name)
{
	struct disk_status status;

	cr_assert_eq(disk_make_directory(port, "a"), ERROR_NONE);
	cr_assert_eq(disk_make_directory(port, "a/b"), ERROR_NONE);
	write_file("a/b/file");
	cr_expect_eq(disk_sync_all(port, "none"), ERROR_NOT_FOUND);
	cr_assert_eq(disk_sync_all(port, "a"), ERROR_NONE);
	write_file("a/b/later");
	sim_disk_power_cut(disk, SIM_DISK_KEEP_NOTHING);
	sim_mount_free(mount);
	mount = sim_disk_mount(disk);
	port = sim_mount_port(mount);
	cr_assert_eq(disk_status(port, "a/b/file", &status), ERROR_NONE);
	cr_expect_eq(status.size, 4);
	cr_expect_eq(disk_status(port, "a/b/later", &status), ERROR_NOT_FOUND);
}

Test(sim_disk_names, a_sync_of_all_tells_once_of_what_failed_meanwhile)
{
	write_file("file");
	disk->sync_error = 1000;
	cr_expect_eq(disk_sync_all(port, "/"), ERROR_IO);
	disk->sync_error = 0;
	cr_expect_eq(disk_sync_all(port, "/"), ERROR_NONE);
	write_file("other");
	disk->write_back = disk->write_back_error = 1000;
	write_file("other");
	disk->write_back = disk->write_back_error = 0;
	cr_expect_eq(disk_sync_all(port, "/"), ERROR_IO);
	cr_expect_eq(disk_sync_all(port, "/"), ERROR_NONE);
}
